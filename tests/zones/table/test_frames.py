"""Tables of other kinds: what comes in comes out in kind, rows never paired wrongly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from anatomy.errors import InputError, UnknownNameError
from zones.check.site import check_site
from zones.table.columns import ANSWERS
from zones.table.sites import check_sites

ROWS: dict[str, list[Any]] = {
    "text": ["6 cm left of T4", "6 cm left of T4", None],
    "depth_mm": [5.0, 30.0, 5.0],
    "clinic": ["a", "b", "c"],
}


def kinds() -> list[Any]:
    """Return the same table in every kind."""
    arrow = pa.table(ROWS)
    return [pd.DataFrame(ROWS), pl.DataFrame(ROWS), arrow, duckdb.from_arrow(arrow)]


@pytest.mark.parametrize("table", kinds(), ids=["pandas", "polars", "arrow", "duckdb"])
def test_what_comes_in_comes_out_in_kind(table: Any) -> None:
    answer = check_sites(table)
    assert type(answer) is type(table)
    columns = list(getattr(answer, "column_names", answer.columns))
    assert columns == [*ROWS, *ANSWERS]
    rows = answer.arrow().read_all() if hasattr(answer, "arrow") else answer
    rows = pa.table(rows) if isinstance(rows, pa.Table) else rows
    plain = (
        rows.to_pylist()
        if isinstance(rows, pa.Table)
        else (
            rows.to_dicts()
            if isinstance(rows, pl.DataFrame)
            else rows.to_dict("records")
        )
    )
    assert [row["clinic"] for row in plain] == ["a", "b", "c"]
    single = check_site({"text": "6 cm left of T4"}, {"depth_mm": 30.0})
    assert plain[1]["verdict"] == single.verdict.value
    assert plain[1]["max_depth_mm"] == single.max_depth_mm
    assert plain[2]["error"]


def test_the_rank_is_a_small_whole_number_everywhere() -> None:
    frame, polars, arrow, relation = (check_sites(table) for table in kinds())
    assert frame["verdict_code"].dtype == np.int8
    assert polars["verdict_code"].dtype == pl.Int8
    assert arrow.schema.field("verdict_code").type == pa.int8()
    assert str(relation.types[relation.columns.index("verdict_code")]) == "TINYINT"
    assert check_sites(ROWS)["verdict_code"].dtype == np.int8


@pytest.mark.parametrize(
    "depth",
    [
        [Decimal("5"), Decimal("30")],
        [Fraction(5), Fraction(30)],
        np.array([5, 30], dtype=np.uint8),
        np.array([5, 30], dtype=np.float16),
        [np.int64(5), np.float32(30)],
        pd.array([5, 30], dtype="Int64"),
        pa.array([Decimal("5"), Decimal("30")]),
        pl.Series([5, 30], dtype=pl.Int16),
    ],
    ids=lambda value: type(value).__name__ + str(getattr(value, "dtype", "")),
)
def test_every_kind_of_number_is_read(depth: Any) -> None:
    answer = check_sites({"text": "6 cm left of T4"}, {"depth_mm": depth})
    assert list(answer["verdict"]) == ["CAUTION", "DANGER"]
    assert list(answer["error"]) == ["", ""]


def test_a_truth_value_is_no_number() -> None:
    answer = check_sites({"text": "6 cm left of T4"}, {"depth_mm": [True, True]})
    assert all(answer["error"])


def test_frames_are_paired_by_their_index() -> None:
    sites = pd.DataFrame({"text": ["6 cm left of T4"] * 2}, index=["x", "y"])
    needles = pd.DataFrame({"depth_mm": [30.0, 5.0]}, index=["y", "x"])
    answer = check_sites(sites, needles)
    assert answer.loc["y", "verdict"] == "DANGER"
    assert answer.loc["x", "verdict"] == "CAUTION"


def test_frames_that_can_not_be_paired_are_refused() -> None:
    sites = pd.DataFrame({"text": ["T4", "T6"]}, index=["x", "y"])
    for index in (["y", "z"], ["x", "x"]):
        with pytest.raises(InputError, match="index"):
            check_sites(sites, pd.DataFrame({"depth_mm": [30.0, 5.0]}, index=index))


def test_a_slip_of_the_pen_is_no_column_of_ones_own() -> None:
    with pytest.raises(UnknownNameError, match="depth_mm"):
        check_sites({"text": ["T4"], "dept_mm": [5.0]})


def test_an_answer_never_hides_a_column() -> None:
    for table in (pd.DataFrame({"text": ["T4"], "verdict": ["mine"]}),
                  {"text": ["T4"], "verdict": ["mine"]}):  # fmt: skip
        with pytest.raises(InputError, match="verdict"):
            check_sites(table)


def test_own_columns_of_a_dict_come_back() -> None:
    answer = check_sites({"text": ["T4"], "clinic": ["a"]}, {"depth_mm": 5.0})
    assert answer["clinic"] == ["a"]
