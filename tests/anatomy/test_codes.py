"""Codes of muscles and landmarks, and what a row of codes may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from anatomy.codes import anatomy_codes, codes_of, read_codes, systems
from anatomy.errors import DataError, UnknownNameError

ROW = (
    '{"what": ["soleus"], "system": "ta2", "code": "2660", "display": "Soleus muscle",'
    ' "relation": "equal", "source": "z-anatomy-ta2"}\n'
)


def test_equal_codes_come_first_in_the_order_of_systems() -> None:
    order = list(systems())
    for known in (anatomy_codes("muscle"), anatomy_codes("landmark")):
        for codes in known.values():
            keys = [(order.index(c.system), c.relation != "equal") for c in codes]
            assert keys == sorted(keys)


def test_part_of_a_muscle_has_the_whole_as_broader_code() -> None:
    [uberon] = [
        c for c in anatomy_codes("muscle")["lower trapezius"] if c.system == "uberon"
    ]
    assert (uberon.display, uberon.relation) == ("trapezius muscle", "broader")


def test_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="soleus"):
        codes_of(anatomy_codes("muscle"), "muscle", "soleuss")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"equal"', '"same"'),
        ('["soleus"]', "[]"),
        ('"Soleus muscle"', '""'),
        ('"source"', '"sauce"'),
    ],
)
def test_row_that_does_not_fit_is_named(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "muscles.jsonl"
    file.write_text(ROW, "utf-8")
    assert read_codes(file)[0].code == "2660"
    file.write_text(ROW.replace(old, new), "utf-8")
    with pytest.raises(DataError, match=r"muscles\.jsonl, line 1"):
        read_codes(file)


def test_code_given_in_two_rows_alike_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "muscles.jsonl"
    file.write_text(ROW + ROW.replace("soleus", "gastrocnemius"), "utf-8")
    with pytest.raises(DataError, match="already used on line 1"):
        read_codes(file)


@pytest.mark.parametrize(
    ("system", "good", "bad"),
    [
        ("uberon", "UBERON:0001322", "UBERON:1322"),
        ("fma", "FMA:19034", "FMA19034"),
        ("ta2", "6569", "0569"),
        ("icd10", "E10-E14", "E10-14"),
        ("icd10", "Z92.1", "Z921"),
        ("loinc", "8302-2", "8302-22"),
        ("atc", "B01AA", "B01A1"),
        ("snomed", "123456", "12345"),
    ],
)
def test_pattern_of_a_system_holds_for_all_of_a_code(
    system: str, good: str, bad: str
) -> None:
    assert systems()[system].fits(good)
    assert not systems()[system].fits(bad)
    assert not systems()[system].fits(good + " ")
