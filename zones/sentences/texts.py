"""What to tell the patient: risks with figures, aftercare, warning signs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from anatomy.errors import DataError
from anatomy.messages import DataWords, message
from anatomy.messages import message as _
from anatomy.names import closest
from anatomy.store import cached, entries_of, label, read_jsonl, read_toml
from anatomy.store.references import RegionName, RowId, SourceId, check_references
from zones.knowledge.conditions import Condition, Facts, evaluate
from zones.knowledge.facts import load_facts
from zones.knowledge.records.sources import (
    Read,
    load_sources,
)
from zones.knowledge.rule_files import known_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path


_PLACE = re.compile(r"\{([a-z0-9-]+)(?: ([a-z0-9]+))?\}")
_FORMS = ("", "ci", "per", "count100", "n")

Kind = Literal["advice", "aftercare", "red_flag"]


class Text(NamedTuple):
    """One thing to say, with the sources it rests on.

    ``patient`` is how it is said to the patient in writing; empty when it is for the
    practitioner alone.
    """

    text: str
    sources: tuple[str, ...]
    patient: str = ""


class Rate(BaseModel):
    """How often something happened in one study.

    ``rate`` is a share (0.16 = 16 %) in ``unit``; ``ci`` its 95 % interval, whose
    origin ``ci_basis`` tells (as published, or computed here).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    id: str
    event: str
    severity: Literal["minor", "serious", "pneumothorax", "faint", "any"]
    rate: float
    unit: str
    ci: tuple[float, float] | None
    ci_basis: str | None
    n: int | None
    count: int | None
    setting: str
    source: SourceId
    read: Read
    note: str = ""


class _Entry(BaseModel):
    """One text of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Kind
    text: str
    sources: tuple[SourceId, ...]
    #: Rows of ``rule_evidence.jsonl`` that the text carries out.
    evidence: tuple[RowId, ...] = ()
    regions: tuple[RegionName, ...] = ()
    not_regions: tuple[RegionName, ...] = ()
    when: Condition | None = None
    order: int = 0
    #: For whom it is; and how the patient reads it, where that is not the text itself.
    to: Literal["patient", "practitioner"] = "patient"
    plain: DataWords | None = None

    @property
    def patient(self) -> str:
        """How it is said to the patient; empty when it is not for patients."""
        return "" if self.to == "practitioner" else self.plain or self.text


def advice(region: str, facts: Facts) -> list[Text]:
    """Return what to tell the patient beforehand, and how to go about it.

    Parameters
    ----------
    region : str
        Name of the skin region of the site.
    facts : mapping
        Known facts; a text tied to a fact appears only when that is known to hold.

    Returns
    -------
    list of Text
        Texts with source ids, in the order in which they are to be said. Figures
        come from ``rates.jsonl``.

    Examples
    --------
    >>> any("100 treatments" in t.text for t in advice("thigh", {}))
    True
    """
    return _select("advice", region, facts)


def aftercare(region: str, facts: Facts) -> list[Text]:
    """Return what to do and mind after the treatment.

    Parameters and result as in :func:`advice`.

    Examples
    --------
    >>> len(aftercare("thorax", {})) > len(aftercare("thigh", {}))
    True
    """
    return _select("aftercare", region, facts)


def red_flags(region: str, facts: Facts) -> list[Text]:
    """Return the warning signs and where to go with them, the gravest first.

    Parameters and result as in :func:`advice`.

    Examples
    --------
    >>> "collapsed lung" in red_flags("upper back", {})[0].text
    True
    """
    return _select("red_flag", region, facts)


def for_patient(kind: Kind, regions: Iterable[str], facts: Facts) -> list[Text]:
    """Return what a patient is told in writing about several places at once.

    Parameters
    ----------
    kind : {"advice", "aftercare", "red_flag"}
        Which texts.
    regions : iterable of str
        Skin regions that were needled; none for what is true of every place.
    facts : mapping
        Known facts.

    Returns
    -------
    list of Text
        Each once, in order, as a patient reads it. A text for all but some places is
        left out when one of those was needled too: they have a sterner one.

    Examples
    --------
    >>> both = [t.text for t in for_patient("red_flag", ["thigh", "thorax"], {})]
    >>> sum("chest pain" in text.lower() for text in both)
    1
    """
    found = patient_texts(kind, regions, facts)
    return [Text(entry.patient, entry.sources, entry.patient) for entry in found]


def patient_texts(
    kind: Kind,
    regions: Iterable[str],
    facts: Facts,
    *,
    also: Collection[str] = (),
) -> list[_Entry]:
    """Return the entries behind `for_patient`, in order.

    Parameters
    ----------
    kind, regions, facts
        As in `for_patient`.
    also : collection of str
        Ids of texts that belong wherever the needles were, as far as the facts hold.

    Examples
    --------
    >>> found = patient_texts("red_flag", ["thigh"], {}, also=["abdominal-signs"])
    >>> [entry.id for entry in found][:2]
    ['compartment', 'abdominal-signs']
    """
    places = list(regions)
    complete = load_facts().complete(facts)
    chosen = [
        entry
        for entry in load_texts()
        if entry.kind == kind
        and entry.patient
        and (entry.id in also or _needled(entry, places))
        and (entry.when is None or evaluate(entry.when, complete) is True)
    ]
    return sorted(chosen, key=lambda entry: entry.order)


def _needled(entry: _Entry, places: list[str]) -> bool:
    """Return whether a text belongs to places that were needled."""
    wanted = not entry.regions or any(_in(entry.regions, r) for r in places)
    return wanted and not any(_in(entry.not_regions, r) for r in places)


def _select(kind: Kind, region: str, facts: Facts) -> list[Text]:
    """Return the texts of a kind that belong to a region and a patient."""
    complete = load_facts().complete(facts)
    chosen = [
        entry
        for entry in load_texts()
        if entry.kind == kind
        and (not entry.regions or _in(entry.regions, region))
        and not _in(entry.not_regions, region)
        and (entry.when is None or evaluate(entry.when, complete) is True)
    ]
    chosen.sort(key=lambda entry: entry.order)
    return [Text(entry.text, entry.sources, entry.patient) for entry in chosen]


def _in(places: tuple[str, ...], region: str) -> bool:
    """Return whether a region belongs to one of the named places."""
    return any(load_facts().covers(place, region, "midline") for place in places)


@cached
def load_rates(path: Path | str = "rates.jsonl") -> Mapping[str, Rate]:
    """Return the rates by id.

    Raises
    ------
    DataError
        Naming file and line, or the source that does not exist.

    Examples
    --------
    >>> load_rates()["boyce2020-02"].rate
    0.16
    """
    rates = {rate.id: rate for rate in read_jsonl(path, Rate)}
    for rate in rates.values():
        entry = f"{label(path)}, {rate.id!r}"
        check_references(rate, {"source id": load_sources()}, entry=entry)
    return rates


@cached
def load_texts(path: Path | str = "texts.toml") -> tuple[_Entry, ...]:
    """Return all texts with their figures filled in, validated.

    Raises
    ------
    DataError
        Naming file and entry: a rate, source, region or fact that does not exist.
    """
    entries: list[_Entry] = []
    known = known_names(load_facts())
    for entry in entries_of(_Entry, read_toml(path), "text", path):
        name = f"{label(path)}, text {entry.id!r}"
        check_references(entry, known, entry=name)
        filled = _fill(entry.text, entry=name)
        entries.append(entry.model_copy(update={"text": filled}))
    return tuple(entries)


def _fill(text: str, *, entry: str) -> str:
    """Return a text with its figures put in; what stands for them is as in the file."""
    figures: dict[str, str] = {}
    for match in _PLACE.finditer(text):
        name, form = match.group(1), match.group(2) or ""
        rates = load_rates()
        if name not in rates or form not in _FORMS:
            raise DataError(
                f"{entry}: {match.group(0)} must name a rate, and a form out of "
                f"{', '.join(filter(None, _FORMS))}.",
                given=match.group(0),
                suggestions=closest(name, rates),
            )
        figures[match.group(0)[1:-1]] = _figure(rates[name], form, entry=entry)
    return message(text, **figures)


def _figure(rate: Rate, form: str, *, entry: str) -> str:
    """Return a rate in words: percent, interval, one in so many, or the number."""
    if form == "ci":
        if rate.ci is None:
            raise DataError(f"{entry}: rate {rate.id!r} has no interval.")
        low, high = rate.ci
        if high < 1e-3:
            return _(
                "{low:.2g} to {high:.2g} in a million", low=low * 1e6, high=high * 1e6
            )
        return _("{low} to {high}", low=percent(low), high=percent(high))
    if form == "per":
        return _("1 in {many}", many=_thousands(1.0 / rate.rate))
    if form == "count100":
        return message("{count:.3g}", count=rate.rate * 100)
    if form == "n":
        return f"{rate.n:,}".replace(",", " ")
    return percent(rate.rate)


def percent(share: float) -> str:
    """Return a share as percent with two significant figures, three above 10 %.

    Examples
    --------
    >>> percent(0.16), percent(0.1918), percent(0.000977)
    ('16 %', '19.2 %', '0.098 %')
    """
    if share >= 0.1:
        return _("{percent:.3g} %", percent=share * 100)
    return _("{percent:.2g} %", percent=share * 100)


def _thousands(number: float) -> str:
    """Return a large number to two figures, with thin groups of three."""
    digits = max(0, len(str(int(number))) - 2)
    rounded = int(round(number, -digits))
    return f"{rounded:,}".replace(",", " ")
