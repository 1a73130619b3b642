"""The general part of the atlas: texts, rates with their spread, hours and laws."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import Field, model_validator

from anatomy.errors import DataError
from anatomy.messages import message as _
from anatomy.names import closest
from anatomy.store import cached, entries_of, read_toml
from zones.check.patient_findings import all_sources
from zones.knowledge.records.sources import (
    Record,
    Slug,
    Source,
    Text,
    check_sources,
)
from zones.knowledge.records.sources import load_sources as read_sources
from zones.patients.practice import hours_text
from zones.sentences.texts import Rate, load_rates, percent

DATA = Path(__file__).parent / "data"
TEXTS_FILE = DATA / "general.toml"
SOURCES_FILE = DATA / "sources.jsonl"
#: A rate below this is told as one in so many, a share.
RARE = 0.001


class Paragraph(Record):
    """One paragraph and the sources it rests on; a figure needs one."""

    text: Text
    sources: tuple[Slug, ...]

    @model_validator(mode="after")
    def _grounded(self) -> Paragraph:
        # names of acupoints such as GB21 are no figures
        plain = re.sub(r"\b[A-Z]{2}\d+\b", "", self.text)
        if re.search(r"\d", plain) and not self.sources:
            raise ValueError("a text with a figure must name its sources")
        return self


class Risk(Record):
    """A kind of event and the records of its rate."""

    title: Text
    rates: Annotated[tuple[Text, ...], Field(min_length=1)]


class Topic(Record):
    """A part of the page."""

    id: Slug
    title: Text
    text: tuple[Paragraph, ...] = ()
    risk: tuple[Risk, ...] = ()
    hours: bool = False


@cached
def load_topics(path: Path = TEXTS_FILE) -> tuple[Topic, ...]:
    """Return the topics of the general part.

    Raises
    ------
    DataError
        For a broken file, an unknown source or an unknown rate; names the entry.

    Examples
    --------
    >>> [topic.id for topic in load_topics()][:2]
    ['what', 'acupuncture']
    """
    topics = entries_of(Topic, read_toml(path), "topic", path)
    for topic in topics:
        name = f"{path.name}, topic {topic.id!r}"
        for text in topic.text:
            check_sources(text.sources, known_sources(), entry=name)
        for risk in topic.risk:
            for key in risk.rates:
                if key not in load_rates():
                    raise DataError(
                        f"{name}, {risk.title!r}: unknown rate {key!r}.",
                        suggestions=closest(key, load_rates()),
                    )
    return tuple(topics)


@cached
def known_sources() -> MappingProxyType[str, Source]:
    """Return the sources that the texts may name: those of the zones and their own."""
    shipped = {key: Source.model_validate(row) for key, row in all_sources().items()}
    return MappingProxyType({**shipped, **read_sources(SOURCES_FILE)})


@dataclass(frozen=True)
class Spread:
    """How often one kind of event was found, over all studies held.

    Attributes
    ----------
    title : str
        The event.
    words : str
        From the least to the most, or that there is one study only.
    rows : tuple of Rate
        The studies.
    """

    title: str
    words: str
    rows: tuple[Rate, ...]


def spread(risk: Risk) -> Spread:
    """Return a kind of event with the spread of its rates.

    Examples
    --------
    >>> risk = Risk(title="Bruising", rates=("brady2014-02", "boyce2020-03"))
    >>> spread(risk).words
    '7.5 % to 7.7 % (2 figures)'
    """
    rows = tuple(load_rates()[key] for key in risk.rates)
    figures = sorted(row.rate for row in rows)
    if len(rows) == 1:
        words = _("{share} (one figure only)", share=share_words(figures[0]))
    else:
        low, high = share_words(figures[0]), share_words(figures[-1])
        words = _("{low} to {high} ({n} figures)", low=low, high=high, n=len(rows))
    if len({row.unit for row in rows}) > 1:
        words = _("{rates}, counted in different units", rates=words)
    return Spread(risk.title, words, rows)


def share_words(share: float) -> str:
    """Return a rate in words.

    Examples
    --------
    >>> share_words(0.16), share_words(0.000977), share_words(0.0)
    ('16 %', '1 in 1 000', 'none seen')
    """
    if share == 0:
        return _("none seen")
    if share >= RARE:
        return percent(share)
    number = 1 / share
    digits = len(str(int(number))) - 2
    rounded = f"{round(number, -digits):,.0f}".replace(",", " ")
    return _("1 in {people}", people=rounded)


def interval_words(rate: Rate) -> str:
    """Return the interval of a rate in words; empty when none is held."""
    if rate.ci is None:
        return ""
    low, high = rate.ci
    return _("{low} to {high}", low=share_words(low), high=share_words(high))


def study_words(rows: Sequence[Rate]) -> str:
    """Return the sources of rates in words, each once."""
    return ", ".join(dict.fromkeys(row.source for row in rows))


__all__ = [
    "Spread",
    "Topic",
    "hours_text",
    "interval_words",
    "known_sources",
    "load_topics",
    "share_words",
    "spread",
    "study_words",
]
