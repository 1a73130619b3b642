"""The leaflet that the patient takes home: one page, plain, warning signs in front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anatomy.messages import changed, joined
from anatomy.messages import message as _
from viewer.look.look import NEEDLE
from viewer.record.clinic import Clinic, emergency_words
from viewer.record.page.change import known_facts
from viewer.record.page.words import moment
from viewer.record.paper.export import day
from viewer.record.paper.numbered import numbered_bodies
from viewer.record.paper.pdf import runs
from viewer.record.storage.models import Record, SiteEntry
from viewer.sheets.typeset import typeset
from viewer.state.language import notice
from viewer.state.terms import term
from zones.sentences.words import load_words
from zones.sessions.leaflet import Needled, expected, watch_for

SIDES = {
    "left": _("your left"),
    "right": _("your right"),
    "midline": _("in the middle"),
}
#: Height of the bodies on the leaflet, mm.
BODY_MM = 66.0
#: So many sites stand below one another; more run on in lines.
FEW_SITES = 8


@dataclass(frozen=True)
class Link:
    """An address at which the leaflet can be opened for a while.

    Attributes
    ----------
    qr : str
        The address as a QR code, an SVG element.
    until : datetime
        When it ends.
    """

    qr: str
    until: datetime


def leaflet_pdf(
    record: Record, clinic: Clinic | None = None, *, link: Link | None = None
) -> bytes:
    """Return the leaflet of a session, as a PDF.

    It shows where the needles were, names the warning signs of what lies there and
    where to go with them, what is normal, and whom to call. Of the patient it says
    nothing else: neither reference nor answers.

    Parameters
    ----------
    record : Record
        The session; without a site the leaflet holds what is true of every place.
    clinic : Clinic, optional
        What is known of the clinic; lines to write on stand for what is not.
    link : Link, optional
        Where it can be opened on a telephone, printed as a QR code.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> leaflet_pdf(Record(id="record-1", started=now()))[:5]
    b'%PDF-'
    """
    clinic = clinic or Clinic()
    needled = [needled_site(site) for site in record.listed]
    facts = known_facts(record)
    data = {
        **_edges(record, clinic),
        "title": _("After-care leaflet"),
        "subject": _("Warning signs and what to mind after dry needling"),
        "heading": _("After your dry needling"),
        "when": _("Treated on {when}.", when=moment(record.started)),
        "blue": NEEDLE,
        "figures": numbered_bodies(record, BODY_MM),
        "sites": {
            "heading": _("Where the needles were, and in which muscle"),
            "rows": _sites(record),
            "many": len(needled) > FEW_SITES,
        },
        "signs": {
            "heading": _("Get help if you notice"),
            "call": _(
                "In an emergency call {number}",
                number=emergency_words(clinic.country),
            ),
            "rows": [
                {"about": row.about, "at": _at(row.sites), "texts": list(row.texts)}
                for row in watch_for(needled, facts)
            ],
        },
        "after": {
            "heading": _("What is normal, and what to mind"),
            "rows": expected(needled, facts),
        },
        "contact": {"heading": _("Questions?"), "rows": _contact(clinic)},
        "link": _link(link),
    }
    return typeset("leaflet", data, typed=True)


def needled_site(site: SiteEntry) -> Needled:
    """Return a recorded site as a leaflet looks at it."""
    found = site.answer.findings
    near = {f.id for f in found} | {f.structure for f in found if f.structure}
    return Needled(site.answer.site.region, frozenset(near))


def _edges(record: Record, clinic: Clinic) -> dict[str, str]:
    """Return head and foot of the page; no reference, since anybody may see it."""
    who = [clinic.name] if clinic.name else []
    return {
        "head": joined([*who, day(record)], " · "),
        "foot": joined(filter(None, ["needlemap.", load_words().disclaimer, notice()])),
        "page": _("Page {n} of {m}"),
    }


def _sites(record: Record) -> list[dict[str, Any]]:
    """Return the places in plain words, each with its muscles and their numbers."""
    words = load_words()
    places: dict[tuple[str, str], dict[str, list[str]]] = {}
    for number, site in enumerate(record.listed, start=1):
        there = site.answer.site
        key = (there.region, there.side)
        muscles = places.setdefault(key, {})
        muscles.setdefault(site.part, []).append(str(number))
    return [
        {
            "place": changed(
                joined([words.region_words(region, "plain"), SIDES[side]], ", "),
                "capital",
            ),
            "muscles": [
                {
                    "numbers": numbers,
                    "name": term(name) if name else _("as marked in the picture"),
                }
                for name, numbers in muscles.items()
            ],
        }
        for (region, side), muscles in places.items()
    ]


def _at(sites: Sequence[int]) -> str:
    """Return for which sites a sign is; empty for all."""
    if not sites:
        return ""
    at = runs([i + 1 for i in sites])
    return _("needle {at}", at=at) if len(sites) == 1 else _("needles {at}", at=at)


def _contact(clinic: Clinic) -> list[dict[str, str]]:
    """Return whom to call; an empty value is a line to write on."""
    rows = [
        (_("Where I was treated"), clinic.name),
        (_("Telephone"), clinic.phone),
        (_("Address"), clinic.address),
    ]
    return [{"name": name, "value": value} for name, value in rows]


def _link(link: Link | None) -> dict[str, str] | None:
    if link is None:
        return None
    until = link.until.astimezone().strftime("%H:%M")
    return {
        "qr": link.qr,
        "alt": _("QR code of this leaflet"),
        "words": _(
            "This leaflet on your telephone, in the clinic's network until {time}.",
            time=until,
        ),
    }
