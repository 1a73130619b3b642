"""Repeating the last session: its sites and needles as plans, checked anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import html

from anatomy.errors import NeedlemapError
from anatomy.messages import message as _
from viewer.look.look import LOOKS, icon
from viewer.map.site_words import side_words
from viewer.record.page.words import moment, plan_words, site_place
from viewer.record.storage.models import Record, SiteEntry
from viewer.record.storage.store import RecordStore
from viewer.state import needle_fields, page_state
from zones.contract.models import Assessment

NO_REFERENCE = _("Enter the reference of this patient first.")


@dataclass(frozen=True)
class Plan:
    """One site of an earlier session with its needle, checked with today's answers.

    Attributes
    ----------
    entry : SiteEntry
        As it was recorded.
    site : dict
        The site as the page places it; empty when it cannot be placed any more.
    needle : dict
        The needle without depths seen: those were measured on that day.
    answer : Assessment or None
        Today's; None when there is none.
    message : str
        Why there is none.
    """

    entry: SiteEntry
    site: dict[str, Any]
    needle: dict[str, Any]
    answer: Assessment | None
    message: str = ""


def last_record(store: RecordStore, record: Record) -> Record | None:
    """Return the latest earlier record with the same reference; None without one.

    Raises
    ------
    StoreError
        When the records, or the one that is meant, cannot be read.
    """
    found = earlier_records(store, record, most=1)
    return found[0] if found else None


def earlier_records(store: RecordStore, record: Record, *, most: int) -> list[Record]:
    """Return earlier records with exactly the same reference, the latest first.

    A record without a reference has none: another patient's could be meant.

    Raises
    ------
    StoreError
        When the records, or one that is meant, cannot be read.
    """
    code = record.reference.strip().casefold()
    if not code:
        return []
    earlier = [
        row
        for row in store.search(record.reference)
        if row.reference.strip().casefold() == code
        and row.id != record.id
        and row.started <= record.started
        and row.sites
    ]
    earlier.sort(key=lambda row: row.started, reverse=True)
    return [store.read(row.id).record for row in earlier[:most]]


def plans(past: Record, patient: Mapping[str, Any]) -> list[Plan]:
    """Return the sites of an earlier session as plans for the patient of today.

    Nothing of the earlier patient's answers, consent or reasons is used.

    Parameters
    ----------
    past : Record
        The earlier session.
    patient : mapping
        Today's answers.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> plans(Record(id="record-1", started=now()), {})
    []
    """
    return [_plan(entry, patient) for entry in past.listed]


def _plan(entry: SiteEntry, patient: Mapping[str, Any]) -> Plan:
    needle = {
        name: value
        for name, value in entry.request.get("needle", {}).items()
        if name != "measured"
    }
    try:
        site = page_state.place(entry.answer.site.body, entry.request["site"])
        site = page_state.with_origin(site, entry.request.get("origin"))
    except NeedlemapError as error:
        return Plan(entry, {}, needle, None, page_state.error_words(error))
    found = page_state.assess(site, needle, patient)
    return Plan(entry, site, needle, found.assessment, found.message)


def panel(past: Record | None, found: list[Plan], reference: str) -> list[Any]:
    """Return the plans as rows, each with today's verdict and the way to its check."""
    if past is None:
        words = (
            _("No earlier record has the reference {reference}.", reference=reference)
            if reference.strip()
            else NO_REFERENCE
        )
        return [html.P(words, className="muted")]
    intro = _(
        "Sites of the session of {when}, checked anew with the answers given today. "
        "Answers, consent, reasons and depths seen are not taken over.",
        when=moment(past.started),
    )
    return [html.P(intro), *(_row(plan) for plan in found)]


def _row(plan: Plan) -> html.Div:
    """Return one plan."""
    side = side_words(plan.entry.answer.site.side)
    line = None
    verdict: list[Any] = [html.Span(plan.message, className="error")]
    if plan.answer is not None:
        look = LOOKS[plan.answer.verdict]
        line = {"borderLeftColor": look.line}
        verdict = [
            icon(plan.answer.verdict, size=18),
            " ",
            html.B(_("Today: {word}.", word=look.word)),
            " ",
            plan.answer.headline,
        ]
    use = html.Button(
        _("Check this plan"),
        type="button",
        className="small-button",
        **{"data-record": "plan", "data-plan": json.dumps(shown(plan))},
    )
    return html.Div(
        [
            html.Div([html.Strong(side), " · ", site_place(plan.entry)]),
            html.Div(plan_words(plan.entry, plan.needle), className="muted"),
            html.P(verdict),
            use if plan.site else None,
        ],
        className="site",
        style=line,
    )


def shown(plan: Plan) -> dict[str, Any]:
    """Return a plan as the page of the check is led to it: site, view, controls."""
    site = {k: plan.site[k] for k in ("request", "body", "origin") if k in plan.site}
    view = {"body": plan.site.get("body"), "chart": plan.site.get("chart")}
    needle = needle_fields.fields_of(plan.needle)
    return {"site": site, "view": view, "needle": needle}
