"""The numbered bodies of a session as templates take them."""

from __future__ import annotations

from typing import Any

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.record.numbered import record_figures
from viewer.record.page.words import site_place
from viewer.record.storage.models import Record


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
