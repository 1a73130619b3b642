"""``needlemap learn``: exercises and courses on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from viewer.command.main import main
from zones.teaching.generating import check_item
from zones.teaching.items import Item


def test_items_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "items", "--kind", "would_you", "--seed", "7"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("would_you, seed 7\n")
    assert out.count("    * ") == 2 and "Sources: " in out


def test_items_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--kind", "place_it", "--seed", "3", "--count", "2", "--json"]
    assert main(["learn", "items", *given]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["seed"] for row in rows] == [3, 4]
    check_item(Item.model_validate(rows[0]))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--kind", "would_yu"], "would_you"),
        (["--kind", "would_you", "--zone", "plura"], "pleura"),
        (["--kind", "would_you", "--count", "0"], "from 1 to"),
    ],
)
def test_bad_input_is_said(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["learn", "items", *given]) == 2
    assert said in capsys.readouterr().err


def test_a_course_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "course.yaml"
    file.write_text("title: Chest\nitems:\n- {kind: place_it, count: 2}\n", "utf-8")
    assert main(["learn", "check", str(file)]) == 0
    assert "Chest: 2 exercises, pass mark 70 %." in capsys.readouterr().out
    file.write_text("title: A\npass_mark: 130\nitems:\n- {kind: plce_it}\n", "utf-8")
    assert main(["learn", "check", str(file)]) == 2
    said = capsys.readouterr().err
    assert "course.yaml, line 2, pass_mark" in said
    assert "course.yaml, line 4, items[0].kind" in said and "place_it" in said
    assert main(["learn", "check", str(tmp_path / "none.yaml")]) == 2
