"""The sites of a session as a table: what was done at each, and what came of it."""

from __future__ import annotations

from typing import Any

from anatomy.messages import changed, joined
from anatomy.messages import message as _
from viewer.look.look import LOOKS
from viewer.map.site_words import side_words
from viewer.record.outcomes import outcome_words
from viewer.record.page.words import left_in_words, plan_words
from viewer.record.storage.models import Record, SiteEntry
from viewer.state.terms import term


def site_table(record: Record) -> dict[str, Any]:
    """Return heads and rows of the table; a row has its verdict beside its cells.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> site_table(Record(id="record-1", started=now()))["rows"]
    []
    """
    heads = [
        _("Site"),
        _("Verdict"),
        _("Needle"),
        _("In / out"),
        _("Twitch"),
        _("Reaction"),
        _("Result"),
    ]
    rows = [
        {"verdict": site.answer.verdict.value, "cells": _cells(number, site)}
        for number, site in enumerate(record.listed, start=1)
    ]
    return {"heads": heads, "rows": rows, "none": _("No site.")}


def _cells(number: int, site: SiteEntry) -> list[str]:
    needle = [plan_words(site), left_in_words(site)]
    if site.override is not None:
        against = LOOKS[site.override.verdict].word
        label = term(site.override.label)
        needle.append(_("against {word}: {reason}", word=against, reason=label))
    name = term(site.part) if site.part else site.answer.site.description
    side = side_words(site.answer.site.side)
    return [
        str(number),
        joined([name, side], ", "),
        LOOKS[site.answer.verdict].short,
        changed(joined([*filter(None, [site.technique]), *needle], "; "), "capital"),
        f"{_known(site.needles_in)} / {_known(site.needles_out)}",
        {True: _("yes"), False: _("no"), None: "–"}[site.twitch],
        outcome_words("reaction", site.reaction) or "–",
        outcome_words("result", site.result) or "–",
    ]


def _known(count: int | None) -> str:
    return "–" if count is None else str(count)
