"""Every alarm at the usual technique of a muscle is explained, and none is new."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))

import make_false_alarms  # noqa: E402


def test_every_alarm_is_defended() -> None:
    rows, left_out = make_false_alarms.check_all()
    assert len(rows) + left_out >= 150
    notes = make_false_alarms.load_notes()
    alarms = [row for row in rows if make_false_alarms.is_alarm(row)]
    silent = [
        f"{row.muscle}: {row.site} ({row.zone})"
        for row in alarms
        if not make_false_alarms.note_of(row, notes)
    ]
    assert not silent, "docs/false_alarms.toml says nothing of: " + "; ".join(silent)
    page = make_false_alarms.page(rows, left_out)
    assert make_false_alarms.PAGE.read_text("utf-8") == page, (
        "the page is older than the data: run python docs/make_false_alarms.py"
    )
