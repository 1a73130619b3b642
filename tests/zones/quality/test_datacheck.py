"""The data check: all shipped data pass, and broken data are named exactly."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from anatomy.store import ANATOMY
from anatomy.store import ZONES as DATA
from viewer.command.data_text import data_check_main, data_check_text
from zones.quality import check_body
from zones.quality.data_check import Result, check_ids, run_checks


@pytest.fixture(scope="module", autouse=True)
def compiled_once() -> Iterator[None]:
    """Compile a zone once that is the same in several copies of the data."""
    kept: dict[Any, list[SimpleNamespace]] = {}
    compile_area = check_body.compile_area

    def once(body: Any, zone: Any, side: Any) -> list[SimpleNamespace]:
        key = (body.name, zone.model_dump_json(), side)
        if key not in kept:
            pieces = compile_area(body, zone, side)
            # the distances beside it would fill the memory
            kept[key] = [SimpleNamespace(member=piece.member) for piece in pieces]
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check_body, "compile_area", once)
        yield


@pytest.fixture(scope="module")
def shipped() -> dict[str, Result]:
    return {result.id: result for result in run_checks()}


@pytest.mark.parametrize("name", check_ids())
def test_shipped_data_pass(name: str, shipped: dict[str, Result]) -> None:
    result = shipped[name]
    assert result.purpose
    assert result.ok, "\n".join(result.problems)


class Copy:
    """A copy of all data files, to be broken."""

    def __init__(self, folder: Path) -> None:
        self.data, self.anatomy = folder / "zones", folder / "anatomy"
        shutil.copytree(DATA, self.data, ignore=shutil.ignore_patterns("compiled"))
        shutil.copytree(ANATOMY, self.anatomy, ignore=shutil.ignore_patterns("bodies"))

    def change(self, file: str, old: str, new: str) -> None:
        (path,) = [
            p for root in (self.data, self.anatomy) for p in root.rglob(Path(file).name)
        ]
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    def problems(self, *ids: str) -> list[str]:
        results = run_checks(ids, data=self.data, anatomy=self.anatomy)
        return [text for result in results for text in result.problems]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


#: check: file, what stands there, what is put in its place, what the report must say
BROKEN = {
    "a zone without a tissue": (
        "tissues",
        "tissues.toml",
        '  { id = "sciatic", tissue = "nerve" },\n',
        "",
        ("hip_thigh.toml, zone 'sciatic': tissues.toml states no tissue",),
    ),
    "a tissue of no zone": (
        "tissues",
        "tissues.toml",
        '{ id = "sciatic", tissue = "nerve" }',
        '{ id = "sciatica", tissue = "nerve" }',
        ("structure 'sciatica': unknown zone 'sciatica'", "Nearest: sciatic"),
    ),
    "zone cites a missing source": (
        "source-ids",
        "pleura.toml",
        '"hayashi-2011",',
        '"hayashi-2012",',
        ("pleura.toml, zone 'pleura': unknown source id 'hayashi-2012'", "hayashi"),
    ),
    "rule cites a missing source": (
        "source-ids",
        "10_consent.toml",
        '"sa-bn121"',
        '"sa-bn12"',
        ("10_consent.toml, rule 'no-consent'", "Nearest: sa-bn121"),
    ),
    "evidence cites a missing source": (
        "source-ids",
        "evidence/thorax.jsonl",
        '"source": "kim-2002"',
        '"source": "kim-2099"',
        ("thorax.jsonl, 'DT002': unknown source id 'kim-2099'",),
    ),
    "a harm that the policy has not": (
        "harms",
        "pleura.toml",
        'harm = "pneumothorax"',
        'harm = "pneumothrax"',
        ("pleura.toml, zone 'pleura': unknown harm 'pneumothrax'", "pneumothorax"),
    ),
    "a harm judged by risk without its figure": (
        "harms",
        "policy.toml",
        'p2 = 0.26\ninterval = [0.15, 0.33]\nbasis = "stand-in"\n',
        "",
        ("zone 'pleura': critical harm is judged by risk", "'pneumothorax'"),
    ),
    "a chance of harm outside its interval": (
        "policy",
        "policy.toml",
        "p2 = 0.26",
        "p2 = 0.36",
        ("harm 'pneumothorax': p2 0.36 is outside 0.15 to 0.33",),
    ),
    "a gap in a bone that no body has": (
        "bone-gaps",
        "bone_gaps.toml",
        'name = "scapula"',
        'name = "scapulla"',
        ("unknown bone 'scapulla'", "scapula"),
    ),
    "a way to see a depth without its error": (
        "readings",
        "readings.toml",
        'name = "CT"',
        'name = "CAT"',
        ("method 'CT' must stand there once", "unknown method 'CAT'"),
    ),
    "a reading without its people": (
        "files",
        "readings.toml",
        "people = 30\n",
        "",
        ("readings.toml", "people"),
    ),
    "source that nothing uses": (
        "sources-used",
        "sources.jsonl",
        "\n",
        '\n{"id": "nobody-1999", "title": "T", "read": "memory"}\n',
        ("'nobody-1999': nothing uses it",),
    ),
    "one work twice": (
        "source-records",
        "sources.jsonl",
        "\n",
        '\n{"id": "a-1", "title": "T", "doi": "10.1136/BMJOPEN-2015-007819", '
        '"read": "memory"}\n',
        ("has the DOI of", "one record is enough"),
    ),
    "missing evidence record": (
        "evidence-ids",
        "pleura.toml",
        'records = ["DT162", ',
        'records = ["DT1620", ',
        ("pleura.toml, zone 'pleura', depth", "unknown evidence id 'DT1620'"),
    ),
    "bone offered as a depth": (
        "evidence-ids",
        "pleura.toml",
        'records = ["DT162", ',
        'records = ["DT144", ',
        ("pleura.toml, zone 'pleura', depth", "'DT144' is of kind 'bone'"),
    ),
    "a figure without people behind it": (
        "evidence-ids",
        "evidence/thorax.jsonl",
        '"n": 50, "sex": "both", "bmi_mean": 21.1',
        '"sex": "both", "bmi_mean": 21.1',
        ("'DT002' must say how many people stand behind it",),
    ),
    "a record corrected without pooling again": (
        "anchors",
        "evidence/thorax.jsonl",
        '"mean_mm": 37, "sd_mm": 7, "n": 50',
        '"mean_mm": 27, "sd_mm": 7, "n": 50',
        ("anchors.jsonl: does not match", "needlemap zones build"),
    ),
    "a record without its kind": (
        "files",
        "evidence/thorax.jsonl",
        '"kind": "depth", ',
        "",
        ("thorax.jsonl, line 1, kind",),
    ),
    "missing landmark in a zone": (
        "landmarks",
        "pleura.toml",
        '"T8 spinous process"',
        '"T8 spinos process"',
        ("pleura.toml, zone 'pleura': unknown landmark", "Nearest: T8 spinous process"),
    ),
    "missing landmark in the catalogue": (
        "landmarks",
        "muscles.toml",
        '"C7 spinous process"',
        '"C8 spinous process"',
        ("muscles.toml, muscle 'upper trapezius': unknown landmark",),
    ),
    "newer schema": (
        "files",
        "hand.toml",
        "schema = 2",
        "schema = 3",
        ("hand.toml: schema must be at most 2; 3 given", "update needlemap"),
    ),
    "newer schema of rules": (
        "schema",
        "40_bleeding.toml",
        "schema = 1",
        "schema = 7",
        ("40_bleeding.toml: schema must be 1; got 7", "newer than this program"),
    ),
    "file cut in the middle": (
        "files",
        "evidence/thorax.jsonl",
        '"kind": "depth"',
        '"kind": "dep\n',
        ("thorax.jsonl, line 1: ",),
    ),
    "metres for millimetres": (
        "ranges",
        "foot.toml",
        "diameter_mm = ",
        "diameter_mm = 0.00",
        ("foot.toml, zone ", "diameter_mm must be between 0.3 and 120"),
    ),
    "centimetres for millimetres": (
        "ranges",
        "evidence/thorax.jsonl",
        '"mean_mm": 37,',
        '"mean_mm": 0.037,',
        ("thorax.jsonl, 'DT002': mean_mm must be between 0.3 and 200",),
    ),
    "number without a unit": (
        "units",
        "rates.jsonl",
        '"event": "bruising"',
        '"event": "bruising", "depth": 4',
        ("rates.jsonl, 'brady2014-02': depth = 4 says no unit",),
    ),
    "interval without its mean": (
        "orders",
        "evidence/thorax.jsonl",
        '"ci95_mm": [38.78, 46.81]',
        '"ci95_mm": [48.78, 56.81]',
        ("evidence, 'DT115': ci95_mm does not hold 42.79",),
    ),
    "unknown fact": (
        "facts",
        "10_consent.toml",
        'fact = "consent_given"',
        'fact = "consent_gven"',
        ("10_consent.toml, rule 'no-consent': unknown fact", "consent_given"),
    ),
    "unknown fact in a joined condition": (
        "facts",
        "10_consent.toml",
        'all = [{ fact = "age"',
        'all = [{ fact = "agee"',
        ("10_consent.toml, rule ", "unknown fact 'agee'", "Nearest: age"),
    ),
    "unknown region where places are marked": (
        "regions",
        "pooling.toml",
        'regions = ["face"]',
        'regions = ["fase"]',
        ("pooling.toml, placing 1: unknown region 'fase'. Nearest: face",),
    ),
    "unknown zone in a case": (
        "rule-names",
        "cases.jsonl",
        '"kidney"',
        '"kidny"',
        ("cases.jsonl, ", "unknown zone 'kidny'", "Nearest: kidney"),
    ),
    "unknown zone in a rule": (
        "rule-names",
        "30_pregnancy.toml",
        '"pregnancy-li4"',
        '"pregnancy-li5"',
        ("rule 'pregnancy-listed-points': unknown zone", "Nearest: pregnancy-li4"),
    ),
    "unknown region": (
        "regions",
        "coverage.toml",
        'region = "scalp"',
        'region = "scalpe"',
        ("coverage.toml: unknown region 'scalpe'. Nearest: scalp",),
    ),
    "zone without its reason": (
        "zone-basics",
        "thorax.toml",
        "why = ",
        'why = "" #',
        ("thorax.toml, zone ", "why must say what it rests on"),
    ),
    "heart on the right": (
        "sides",
        "thorax.toml",
        'side = "left"',
        'side = "right"',
        ("thorax.toml, zone 'heart': side must be left, not right",),
    ),
    "part of a source called the whole": (
        "source-reading",
        "sources.jsonl",
        '"read": "excerpt", "kind": "guideline", "note": "Professional guideline; '
        "seen: front matter",
        '"read": "fulltext", "kind": "guideline", "note": "Professional guideline; '
        "seen: front matter",
        ("'aacp2012': read cannot be 'fulltext'", "'excerpt' is meant"),
    ),
    "rule better read than its source": (
        "rule-reading",
        "80_nerves.toml",
        'evidence = ["neu-06"]\nread = "excerpt"',
        'evidence = ["neu-06"]\nread = "fulltext"',
        ("80_nerves.toml, rule 'unexplained-syncope': read is 'fulltext'",),
    ),
    "refusal on one page": (
        "stop-sources",
        "10_consent.toml",
        'sources = ["acupoints-org", "ma-book"]',
        'sources = ["acupoints-org"]',
        ("10_consent.toml, rule 'intoxicated': a STOP needs", "got 1"),
    ),
    "refusal on two pages that repeat one list": (
        "stop-sources",
        "10_consent.toml",
        'sources = ["acupoints-org", "ma-book"]',
        'sources = ["physioman", "blogfisio"]',
        ("10_consent.toml, rule 'intoxicated': a STOP needs", "got 1"),
    ),
    "refusal on pages alone": (
        "stop-sources",
        "10_consent.toml",
        'sources = ["acupoints-org", "ma-book"]',
        'sources = ["acupoints-org", "advantage"]',
        ("rule 'intoxicated': a STOP needs more than pages",),
    ),
    "refusal of a session on one page": (
        "stop-sources",
        "rules_session.toml",
        'sources = ["acutoday-ptx", "hdc18"]\nevidence = ["pr-17"]\nread = "excerpt"\n'
        'supersedes = ["left-in-over-lung", "left-alone"]',
        'sources = ["acutoday-ptx"]\nevidence = ["pr-17"]\nread = "excerpt"\n'
        'supersedes = ["left-in-over-lung", "left-alone"]',
        ("rules_session.toml, rule 'left-alone-over-lung': a STOP needs",),
    ),
    "source of a refusal without its kind": (
        "stop-sources",
        "sources.jsonl",
        ', "kind": "textbook"',
        "",
        ("a STOP rests on it; kind is missing",),
    ),
    "pregnancy point without a rule": (
        "pregnancy",
        "30_pregnancy.toml",
        '"pregnancy-gb21", ',
        "",
        ("no rule of pregnancy flags GB21 (left, male body)",),
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_data_is_named(case: str, copy: Copy) -> None:
    name, file, old, new, says = BROKEN[case]
    copy.change(file, old, new)
    found = copy.problems(name)
    assert found
    for words in says:
        assert any(words in text for text in found), found


def test_polygon_that_crosses_itself(copy: Copy) -> None:
    second = '  { landmark = "umbilicus", lateral_cun = 4 },\n'
    fourth = '  { landmark = "inguinal ligament midpoint" },\n'
    third = '  { landmark = "ASIS" },\n'
    copy.change(
        "zones/pregnancy.toml", second + third + fourth, fourth + second + third
    )
    where = "pregnancy.toml, zone 'pregnancy-lower-abdomen', area 1, male body: "
    assert any(text.startswith(where) for text in copy.problems("polygons"))
    assert any("must not cross itself" in text for text in copy.problems("areas"))


def test_corner_off_the_body(copy: Copy) -> None:
    copy.change(
        "zones/pregnancy.toml",
        '  { landmark = "umbilicus", lateral_cun = 4 },\n',
        '  { landmark = "umbilicus", lateral_mm = 390 },\n',
    )
    found = copy.problems("polygons", "areas")
    assert any("pregnancy-lower-abdomen" in text for text in found)


def test_one_broken_file_hides_nothing_else(copy: Copy) -> None:
    copy.change("zones/foot.toml", "[[zone]]", "[[zone")
    copy.change("zones/pleura.toml", '"hayashi-2011",', '"hayashi-2012",')
    found = copy.problems("files", "source-ids")
    assert any(text.startswith("foot.toml: not valid TOML") for text in found)
    assert any("hayashi-2012" in text for text in found)


def test_sources_of_a_broken_entry_are_used(copy: Copy) -> None:
    copy.change("zones/pleura.toml", 'severity = "', 'severity = "very ')
    assert any(
        "pleura.toml, zone 'pleura', severity" in t for t in copy.problems("files")
    )
    assert copy.problems("sources-used") == []


def test_unknown_check() -> None:
    with pytest.raises(KeyError):
        run_checks(["no-such-check"])


def test_table_and_exit_status(
    shipped: dict[str, Result], capsys: pytest.CaptureFixture[str]
) -> None:
    text = data_check_text([shipped["files"], Result("x", False, ("a.toml: b",))])
    assert "x      1 wrong" in text
    assert "  - a.toml: b" in text
    assert text.endswith("1 check passed, 1 failed.")
    assert data_check_main(["files", "evidence-ids"]) == 0
    assert "2 checks passed, none failed." in capsys.readouterr().out
