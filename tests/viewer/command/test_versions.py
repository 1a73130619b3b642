"""``needlemap verify`` and ``needlemap data diff``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.zones.versions.test_diff import NAME, REQUESTS, own
from viewer.command.main import main

__all__ = ["own"]


def test_by_the_command(own: Path, tmp_path: Path, capsys: Any) -> None:
    """``data diff`` with requests, then ``verify`` of an answer that was changed."""
    file = tmp_path / "requests.jsonl"
    file.write_text("\n".join(json.dumps(r) for r in REQUESTS[:1]), "utf-8")
    assert main(["data", "diff", "shipped", str(own), "--requests", str(file)]) == 0
    out = capsys.readouterr().out
    assert "1 difference in the data" in out and "1 answer differs" in out
    assert f"policy: needlemap -> {NAME}" in out

    one = tmp_path / "request.json"
    one.write_text(json.dumps(REQUESTS[0]), "utf-8")
    assert main(["check", "--json", str(one), "--proof"]) == 0
    answer = json.loads(capsys.readouterr().out)
    kept = tmp_path / "answer.json"
    kept.write_text(json.dumps(answer), "utf-8")
    assert main(["verify", str(kept)]) == 0
    out = capsys.readouterr().out
    assert "unchanged." in out and "today" not in out
    kept.write_text(json.dumps({**answer, "verdict": "CAUTION"}), "utf-8")
    assert main(["verify", str(kept)]) == 1
    out = capsys.readouterr().out
    assert "CHANGED" in out and "today verdict: DANGER (was CAUTION)" in out
    assert main(["check", "--point", "LI4", "--side", "left", "--proof"]) == 2
