"""The sites of a session as numbers on bodies."""

from __future__ import annotations

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
