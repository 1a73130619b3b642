"""The sites of a session as numbers on bodies, for paper and for small pictures."""

from __future__ import annotations

from typing import Any

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.record.page.words import site_place
from viewer.record.storage.models import Record
from viewer.sheets.bodies import Figure, Spot, figures


def spots(record: Record) -> list[Spot]:
    """Return the listed sites of a record with their numbers, in their order."""
    return [
        Spot(str(number), site.answer.site.body, site.answer.site.xyz_mm)
        for number, site in enumerate(record.listed, start=1)
    ]


def record_figures(
    record: Record, tall: float, *, picture: bool = True
) -> list[Figure]:
    """Return the bodies that show a record's sites; see `viewer.sheets.bodies`.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> record_figures(Record(id="record-1", started=now()), 60.0)
    []
    """
    return figures(spots(record), tall, picture=picture)


def numbered_bodies(record: Record, tall: float) -> list[dict[str, Any]]:
    """Return the bodies as a template takes them, with what they show in words."""
    where = joined(
        [
            _("{number}: {place}", number=number, place=site_place(site))
            for number, site in enumerate(record.listed, start=1)
        ],
        "; ",
    )
    return [
        {
            "svg": figure.svg,
            "title": figure.title,
            "wide": figure.wide,
            "alt": joined([figure.title, where], ": "),
        }
        for figure in record_figures(record, tall)
    ]
