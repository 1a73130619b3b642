"""What a learner knows, in words and bars: the weakest first, and when it is due."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from zones.teaching.courses.schedule import progress
from zones.teaching.pool import zone_table
from zones.teaching.settings import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zones.teaching.courses.schedule import Progress

#: Rows that are shown at once; the rest is folded.
SHOWN = 12
DAY_S, HOUR_S = 86400.0, 3600.0
#: Days from which weeks and months are told.
FEW_DAYS, MANY_DAYS = 14, 60
#: From which share something counts as known well, or fairly.
WELL, FAIR = 0.65, 0.5


def due_words(due: datetime, now: datetime) -> str:
    """Return when something is due, in words.

    Parameters
    ----------
    due, now : datetime
        With time zone.

    Examples
    --------
    >>> from datetime import timedelta
    >>> now = datetime(2026, 5, 4, 9, tzinfo=UTC)
    >>> due_words(now, now), due_words(now + timedelta(days=3), now)
    ('now', 'in 3 days')
    >>> due_words(now + timedelta(minutes=9), now)
    'within the hour'
    """
    left = (due - now).total_seconds()
    if left <= 0:
        return "now"
    if left < HOUR_S:
        return "within the hour"
    days = round(left / DAY_S)
    if left < DAY_S or days < 1:
        hours = round(left / HOUR_S)
        return "in an hour" if hours <= 1 else f"in {hours} hours"
    if days == 1:
        return "tomorrow"
    if days < FEW_DAYS:
        return f"in {days} days"
    if days < MANY_DAYS:
        return f"in {round(days / 7)} weeks"
    return f"in {round(days / 30.4)} months"


def progress_view(
    state: Mapping[str, Any], *, now: datetime | None = None
) -> dict[str, Any]:
    """Return what the page of a learner's progress shows.

    Parameters
    ----------
    state : mapping
        Of `zones.teaching.courses.schedule`.
    now : datetime, optional
        With time zone; this moment by default.

    Returns
    -------
    dict
        ``rows`` (the weakest first), ``zones`` met and how many there are, ``answers``,
        ``right``, ``due`` now, and ``next`` in words.

    Examples
    --------
    >>> from zones.teaching.courses.schedule import new_state, review
    >>> shown = progress_view(review(new_state(), {"verdict": 0.0}, zones=["pleura"]))
    >>> shown["rows"][0]["zone"], shown["rows"][0]["skill"], shown["answers"]
    ('pleura and lung', 'giving the verdict', 1)
    """
    moment = now or datetime.now(UTC)
    rows = progress(state, now=moment)
    table = zone_table()
    total = [z for z in table.values() if z.kind == "structure" and not z.applies_when]
    later = sorted(row.due for row in rows if not row.is_due)
    first = datetime.fromisoformat(later[0]) if later else None
    return {
        "rows": [_row(row, moment) for row in rows],
        "shown": SHOWN,
        "zones": len({row.zone for row in rows}),
        "of": len(total),
        "answers": sum(row.count for row in rows),
        "right": sum(row.right for row in rows),
        "due": sum(row.is_due for row in rows),
        "next": due_words(first, moment) if first else "",
    }


def _row(row: Progress, now: datetime) -> dict[str, Any]:
    """Return one line: what, how well, how often, when again."""
    known = (row.right + 1) / (row.count + 2) * row.recall
    level = "well" if known >= WELL else "fair" if known >= FAIR else "weak"
    return {
        "id": row.zone,
        "zone": table_words(row.zone),
        "skill": say("skills", row.skill),
        "known": round(100 * known),
        "level": level,
        "count": row.count,
        "right": row.right,
        "due": due_words(datetime.fromisoformat(row.due), now),
        "is_due": row.is_due,
    }


def table_words(zone: str) -> str:
    """Return what a zone is called.

    Examples
    --------
    >>> table_words("pleura")
    'pleura and lung'
    """
    return zone_table()[zone].structure
