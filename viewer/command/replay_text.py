"""Replayed cases as text and data, for ``needlemap replay``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewer.text.terminal.text import table
from zones.quality.replay import Replayed, Total, load_cases, totals

if TYPE_CHECKING:
    from collections.abc import Sequence


def replay_text(done: Sequence[Replayed]) -> str:
    """Return replayed cases as a table with totals and their 95 % intervals."""
    rows = []
    for row in done:
        limit = "-" if row.max_depth_mm is None else f"{row.max_depth_mm:g}"
        rows.append(
            [
                row.case["id"],
                row.side,
                row.needle,
                row.case["event"][:30],
                row.verdict.value if row.verdict else "error",
                row.reason[:22],
                limit,
                "hit" if row.hit else "MISS",
                "yes" if row.named else "no",
            ]
        )
    head = ["case", "side", "mm", "what happened", "check", "why", "limit", "", "named"]
    unplaced = sum(1 for case in load_cases() if case["site"] is None)
    lines = [
        "Needle: depth/length in mm, as stated in the source, else 30/40.",
        "named: the structure that was injured is among those said to be reached.",
        "Places are our own estimates from the source's words, never the source's.",
        "",
        table(head, rows),
        "",
    ]
    lines += [_total_line(total) for total in totals(done)]
    lines.append(f"{unplaced} further published cases give no place to check.")
    return "\n".join(lines)


def _total_line(total: Total) -> str:
    """Return one total in words."""
    return (
        f"{total.name}: {total.hits} of {total.count} hit, "
        f"{100 * total.hits / total.count:.0f} % "
        f"(95 % interval {100 * total.low:.0f} to {100 * total.high:.0f} %)"
    )


def replay_data(done: Sequence[Replayed]) -> dict[str, Any]:
    """Return replayed cases as plain data."""
    return {
        "cases": [
            {
                "id": row.case["id"],
                "side": row.side,
                "needle": row.needle,
                "event": row.case["event"],
                "expected": row.case["expected"],
                "verdict": row.verdict.value if row.verdict else None,
                "reason": row.reason,
                "max_depth_mm": row.max_depth_mm,
                "hit": row.hit,
                "named": row.named,
            }
            for row in done
        ],
        "totals": [
            {
                "name": total.name,
                "hits": total.hits,
                "count": total.count,
                "low": round(total.low, 4),
                "high": round(total.high, 4),
            }
            for total in totals(done)
        ],
    }
