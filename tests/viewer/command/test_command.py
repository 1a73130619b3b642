"""The command: flags, JSON in and out, exit status."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from viewer.command.main import main

if TYPE_CHECKING:
    from pathlib import Path

T4 = ["--landmark", "T4 spinous process", "--lateral-mm", "60", "--side", "left"]
REQUEST = {
    "site": {"landmark": "T4 spinous process", "lateral_mm": 60, "side": "left"},
    "needle": {"length_mm": 40, "depth_mm": 25},
}


def test_check_by_flags(capsys: pytest.CaptureFixture[str]) -> None:
    """The text names verdict, shape, limit and reason, in 80 columns."""
    assert main(["check", *T4, "--depth", "25", "--length", "40"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("▲ DANGER")
    assert "pneumothorax" in out
    assert max(map(len, out.splitlines())) <= 80


def test_check_by_text_and_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    """A fully answered patient leaves nothing open."""
    assert (
        main(["check", "--text", "6 cm left of T4", "--depth", "5", "--healthy"]) == 0
    )
    out = capsys.readouterr().out
    # 5 mm deep is short of all that lies here
    assert out.startswith("○ NO KNOWN DANGER")
    assert "Not asked" not in out


def test_json_output_for_flags(capsys: pytest.CaptureFixture[str]) -> None:
    """--json without a file prints the contract."""
    assert main(["check", *T4, "--depth", "25", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "DANGER"


def test_json_requests_in_kind(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request gives one answer, an array an array with errors in place."""
    file = tmp_path / "request.json"
    file.write_text(json.dumps(REQUEST))
    assert main(["check", "--json", str(file)]) == 0
    one = json.loads(capsys.readouterr().out)
    assert one["verdict"] == "DANGER"
    many = [REQUEST, {"site": {"landmark": "T44"}}, REQUEST]
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(many)))
    assert main(["check", "--json", "-"]) == 2
    answers = json.loads(capsys.readouterr().out)
    assert [("error" in answer) for answer in answers] == [False, True, False]
    assert answers[1]["error"]["code"] == "unknown_name"
    assert answers[0] == answers[2] == one


@pytest.mark.parametrize(
    "flags",
    [
        ["--landmark", "akromyon", "--side", "left"],
        [],
        [*T4, "--depth", "nan"],
        [*T4, "--depth", "41", "--length", "40"],
        [*T4, "--pregnant", "perhaps"],
        [*T4, "--fact", "anticoagulnt=yes"],
        [*T4, "--tilt", "30"],
        ["--json", "no-such-file.json"],
        [*T4, "--json", "also.json"],
    ],
)
def test_bad_input_exits_with_2(
    flags: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bad input is a line on standard error, nothing on standard output."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["check", *flags]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("needlemap: ")
    assert "Traceback" not in captured.err


def test_facts_by_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """Any fact can be given by name."""
    flags = ["--healthy", "--fact", "acute_systemic_infection=yes", "--json"]
    assert main(["check", *T4, "--depth", "5", *flags]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "STOP"


def test_locate_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    """Words become a place, and the place becomes words again."""
    assert main(["locate", "6 cm left of T4", "--body", "male", "--json"]) == 0
    (place,) = json.loads(capsys.readouterr().out)
    assert place["side"] == "left"
    x, y = place["charts"]["posterior"]
    flags = ["--chart", "posterior", "--x", str(x), "--y", str(y), "--body", "male"]
    assert main(["locate", *flags]) == 0
    out = capsys.readouterr().out
    assert "left" in out
    assert "T4" in out


def test_zones_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    """Zones are listed, and one is shown with its sources."""
    assert main(["zones", "list", "--json"]) == 0
    zones = json.loads(capsys.readouterr().out)
    assert main(["zones", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(zones) + 2
    assert main(["zones", "show", zones[0]["id"]]) == 0
    assert "Sources" in capsys.readouterr().out
    assert main(["zones", "show", "no-such-zone"]) == 2


def test_schema_is_valid_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """The schema describes request and response."""
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert "verdict" in schema["response"]["properties"]
    assert "site" in schema["request"]["required"]


def test_replay_prints_totals(capsys: pytest.CaptureFixture[str]) -> None:
    """The table ends with totals and their intervals."""
    assert main(["replay"]) == 0
    assert "95 % interval" in capsys.readouterr().out


def test_a_check_imports_no_page() -> None:
    """Checking needs neither Dash nor Plotly."""
    code = (
        "import sys; from zones import check_site; check_site({'text': '6 cm left of "
        "T4'}); print([m for m in ('dash', 'plotly') if m in sys.modules])"
    )
    run: Any = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert run.stdout.strip() == "[]"
