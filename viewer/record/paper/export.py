"""A record as a file for other programs: JSON (all of it) and CSV (a row a site)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError
from viewer.record.outcomes import outcome_words
from viewer.record.storage.upgrade import read_record
from zones.sentences.figures import direction_words, seen_words
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from viewer.record.storage.models import FollowUp, Record
    from viewer.record.storage.store import Event

FORMAT = "needlemap session record"
COLUMNS = (
    "reference",
    "record",
    "started",
    "closed",
    "site",
    "added",
    "side",
    "region",
    "name",
    "place",
    "chart",
    "x_mm",
    "y_mm",
    "needle_length_mm",
    "needle_depth_mm",
    "needle_direction",
    "grip",
    "fold_mm",
    "bone",
    "posture",
    "arm",
    "depths_seen",
    "current",
    "left_in",
    "technique",
    "twitch",
    "reaction",
    "result",
    "site_needles_in",
    "site_needles_out",
    "verdict",
    "headline",
    "max_depth_mm",
    "policy",
    "policy_looser",
    "findings",
    "override_reason",
    "override_text",
    "data_version",
    "needles_in",
    "needles_out",
    "consent",
    "signed",
    "follow_up",
    "follow_up_found",
    "follow_up_text",
    "notes",
    "needle_diameter_mm",
    "planned_technique",
    "planned_technique_source",
    "planned_technique_changed",
)


def as_json(record: Record, history: Sequence[Event] = ()) -> str:
    """Return all of a record, and its log, as JSON.

    Parameters
    ----------
    record : Record
        The record.
    history : sequence of Event
        Its log.
    """
    data = {
        "format": FORMAT,
        "note": load_words().disclaimer,
        "record": record.as_dict(),
        "history": [
            {
                "at": event.at.isoformat(),
                "revision": event.revision,
                "what": event.what,
                "detail": event.detail,
            }
            for event in history
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def from_json(text: str) -> Record:
    """Return the record of a file that `as_json` made, also of an older version.

    Raises
    ------
    InputError
        When it is not such a file.
    NewerError, DamagedError
        When its record cannot be read.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError(f"The file must be JSON: {error}.") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f"The file must be a {FORMAT}.")
    return read_record(json.dumps(data.get("record")))[0]


def as_csv(record: Record) -> str:
    """Return the sites of a record as a table, what concerns the session in each row.

    The text of a cell never begins as a formula does, so that a spreadsheet shows it
    and does not run it.
    """
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    needles_in, needles_out = record.counted
    after = record.follow_up
    session = {
        "reference": record.reference,
        "record": record.id,
        "started": record.started.isoformat(),
        "closed": record.closed.isoformat() if record.closed else "",
        "needles_in": needles_in,
        "needles_out": needles_out,
        "consent": "; ".join(record.consent),
        "signed": record.signature.at.isoformat() if record.signature else "",
        "follow_up": after.at.isoformat() if after else "",
        "follow_up_found": follow_up_found(after),
        "follow_up_text": after.text if after else "",
        "notes": record.notes,
    }
    rows: list[dict[str, Any]] = []
    for number, site in enumerate(record.listed, start=1):
        needle, answer = site.request.get("needle", {}), site.answer
        plan = site.followed
        rows.append(
            {
                "site": number,
                "added": site.added.isoformat(),
                "side": answer.site.side,
                "region": answer.site.region,
                "name": site.name,
                "place": answer.site.description,
                "chart": answer.site.chart,
                "x_mm": answer.site.x_mm,
                "y_mm": answer.site.y_mm,
                "needle_length_mm": needle.get("length_mm"),
                "needle_depth_mm": needle.get("depth_mm"),
                "needle_direction": direction_words(needle),
                "grip": needle.get("grip", "flat"),
                **{name: needle.get(name) for name in ("fold_mm", "bone")},
                **{name: needle.get(name) for name in ("posture", "arm")},
                "depths_seen": "; ".join(map(seen_words, needle.get("measured") or ())),
                "current": yes_no(needle.get("electrical")),
                "left_in": yes_no(site.left_in),
                "technique": site.technique,
                "twitch": yes_no(site.twitch),
                "reaction": outcome_words("reaction", site.reaction),
                "result": outcome_words("result", site.result),
                "site_needles_in": site.needles_in,
                "site_needles_out": site.needles_out,
                "verdict": answer.verdict.value,
                "headline": answer.headline,
                "max_depth_mm": answer.max_depth_mm,
                "policy": answer.policy,
                "policy_looser": yes_no(answer.policy_looser),
                "findings": "; ".join(f.id for f in answer.findings),
                "override_reason": site.override.label if site.override else "",
                "override_text": site.override.text if site.override else "",
                "data_version": answer.data_version,
                "needle_diameter_mm": needle.get("diameter_mm"),
                "planned_technique": plan.id if plan else "",
                "planned_technique_source": plan.name if plan else "",
                "planned_technique_changed": "; ".join(plan.changed) if plan else "",
            }
        )
    for row in rows or [{}]:
        table.writerow({name: cell(v) for name, v in (session | row).items()})
    return out.getvalue()


def follow_up_found(kept: FollowUp | None) -> str:
    """Return the symptoms of a follow-up by id; empty when none was entered.

    Examples
    --------
    >>> follow_up_found(None)
    ''
    """
    if kept is None:
        return ""
    return "; ".join(kept.found) if kept.reached else "not reached"


def cell(value: Any) -> Any:
    """Return a value as a cell that no spreadsheet takes for a formula.

    Examples
    --------
    >>> cell("=1+1"), cell(-3.5), cell(None), cell(" @x")
    ("'=1+1", -3.5, '', "' @x")
    """
    if value is None:
        return ""
    if isinstance(value, str) and re.match(r"\s*[=+\-@\t\r|＝＋－＠]", value):
        return f"'{value}"
    return value


def yes_no(value: bool | None) -> str:
    """Return an answer in words; what was not said is empty.

    Examples
    --------
    >>> yes_no(True), yes_no(None)
    ('yes', '')
    """
    return "" if value is None else "yes" if value else "no"


def file_name(record: Record, ending: str) -> str:
    """Return a name for a file: the day and the reference, plain letters only.

    Examples
    --------
    >>> from viewer.record.storage.models import Record
    >>> day = "2026-03-02T09:00:00Z"
    >>> file_name(Record(id="record-1", started=day, reference="A/17 b"), "record.csv")
    '2026-03-02-A-17-b-record.csv'
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", record.reference).strip("-")[:40]
    return "-".join(part for part in (day(record), plain, ending) if part)


def day(record: Record) -> str:
    """Return the day on which a session began, by this machine's clock."""
    return record.started.astimezone().strftime("%Y-%m-%d")
