"""The counts of the last days as a table for other programs."""

from __future__ import annotations

import csv
import io

from viewer.record.paper.export import cell
from viewer.record.tally import Tally

COLUMNS = (
    "from",
    "until",
    "what",
    "verdict",
    "reason",
    "recorded",
    "against_the_verdict",
    "taken_off",
)


def counts_csv(found: Tally) -> str:
    """Return the counts as a table; no cell begins as a formula does.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> from viewer.record.tally import tally
    >>> counts_csv(tally([], now(), now())).split(",")[:3]
    ['from', 'until', 'what']
    """
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    table.writeheader()
    span = {"from": found.since.isoformat(), "until": found.until.isoformat()}
    rows: list[dict[str, object]] = [
        {
            "what": "sites",
            "verdict": row.verdict.value,
            "recorded": row.recorded,
            "against_the_verdict": row.against,
            "taken_off": row.taken_off,
        }
        for row in found.verdicts
    ]
    rows += [
        {
            "what": "reason",
            "verdict": verdict.value,
            "reason": reason.label,
            "against_the_verdict": times,
        }
        for reason in found.reasons
        for verdict, times in sorted(reason.times.items(), reverse=True)
    ]
    rows.append(
        {
            "what": "sessions closed",
            "recorded": found.closed,
            "against_the_verdict": found.closed_against,
        }
    )
    for row in rows:
        table.writerow({name: cell(value) for name, value in (span | row).items()})
    return out.getvalue()
