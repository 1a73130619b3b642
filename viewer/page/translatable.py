"""Texts of the page's own data files, for those who translate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from anatomy.body import load_body
from anatomy.messages import Message, message
from viewer.atlas.general import load_topics
from viewer.atlas.link import presets
from viewer.atlas.regions import load_regions
from viewer.map.charts.frames import title
from viewer.record.outcomes import Kind, load_outcomes
from viewer.record.reasons import load_reasons
from zones.knowledge.structures.zone_files import load_coverage


def texts() -> Iterator[Message]:
    """Yield what people read of reasons, of the atlas and over the charts.

    Examples
    --------
    >>> "Woman / man" in list(texts())
    True
    """
    for reason in load_reasons():
        yield message(reason.label)
    for kind in get_args(Kind):
        for outcome in load_outcomes(kind).values():
            yield message(outcome.label)
    for topic in load_topics():
        yield message(topic.title)
        for paragraph in topic.text:
            yield message(paragraph.text)
        for risk in topic.risk:
            yield message(risk.title)
    for region in load_regions():
        yield message(region.title)
    for entry in load_coverage().values():
        yield message(entry.region)
        yield from map(message, filter(None, (*entry.missing, entry.note)))
    for name, _a, _b in presets():
        yield message(name)
    for chart in load_body("female").charts.values():
        shown = title(chart)
        if isinstance(shown, Message):
            yield shown
