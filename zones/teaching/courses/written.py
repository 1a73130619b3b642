"""Exercises that a trainer writes: the request is theirs, the answer is the check's."""

from __future__ import annotations

import hashlib
import random
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from anatomy.errors import NeedlemapError
from zones.knowledge.records.sources import Record, Text
from zones.patients.request import unremarkable
from zones.quality.replay import load_cases
from zones.teaching.generating import problems_of
from zones.teaching.items import Item, Kind, UnfairItemError
from zones.teaching.kinds import (
    ask_right,
    make_acceptable,
    place_it,
    what_went_wrong,
    would_you,
)
from zones.teaching.pool import ask

#: What each kind of exercise must and may say of itself.
NEEDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "place_it": (
        frozenset(),
        frozenset({"site", "zones", "side", "spread_mm", "patient"}),
    ),
    "would_you": (frozenset({"site", "needle"}), frozenset({"patient"})),
    "make_acceptable": (
        frozenset({"site", "needle"}),
        frozenset({"patient", "change"}),
    ),
    "ask_right": (frozenset({"site", "needle", "ask"}), frozenset({"patient"})),
    "what_went_wrong": (frozenset({"case"}), frozenset()),
}


class Written(Record):
    """An exercise written by hand; what is right is left to the check.

    Attributes
    ----------
    kind : str
        The kind of exercise.
    prompt : str or None
        Words of the trainer's own.
    site, needle : dict or None
        Request of the contract, mm.
    patient : dict
        What is remarkable; all else was asked and clears.
    zones, side
        To place the needle on the edge of one zone.
    spread_mm : float or None
        Radius within which a placement is right; by default the place's own.
    change : tuple of str
        What may be changed to make the plan acceptable.
    ask : tuple of str
        Facts to choose from; exactly one must be able to change the verdict.
    case : str or None
        Id of a published injury.
    body : str or None
        The body; by default from the patient's sex, else the male.
    """

    kind: Kind
    prompt: Text | None = None
    site: dict[str, Any] | None = None
    needle: dict[str, Any] | None = None
    patient: dict[str, Any] = Field(default_factory=dict)
    zones: Annotated[tuple[Text, ...], Field(max_length=200)] = ()
    side: Literal["left", "right", "midline"] | None = None
    spread_mm: Annotated[float, Field(gt=0, le=200)] | None = None
    change: tuple[Literal["depth", "direction", "site"], ...] = ()
    ask: Annotated[tuple[Text, ...], Field(max_length=200)] = ()
    case: Text | None = None
    body: Literal["male", "female"] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Written:
        must, may = NEEDS[self.kind]
        given = {
            name
            for name in self.model_fields_set
            if getattr(self, name) not in (None, (), {})
        } - {"kind", "prompt", "body"}
        if must - given:
            raise ValueError(f"{self.kind} needs {', '.join(sorted(must - given))}")
        if given - must - may:
            extra = ", ".join(sorted(given - must - may))
            raise ValueError(f"{extra} does not belong with {self.kind}")
        if self.kind == "place_it" and (self.site is None) == (len(self.zones) != 1):
            raise ValueError("place_it needs either a site or exactly one zone")
        return self

    @property
    def on_body(self) -> str:
        """The body that the exercise is set on."""
        sex = self.patient.get("sex")
        return self.body or (sex if sex in ("male", "female") else "male")


def written_item(entry: Written, *, number: int = 0) -> Item:
    """Return the exercise that a trainer wrote, proven by the check.

    Parameters
    ----------
    entry : Written
        What was written.
    number : int
        Its place in the course, from 0, for messages.

    Returns
    -------
    Item
        With the answer of the check, a reason and sources.

    Raises
    ------
    UnfairItemError
        When it has not exactly one right answer, or no way out.
    NeedlemapError
        When site, needle or patient cannot be read.

    Examples
    --------
    >>> entry = Written(kind="place_it", site={"landmark": "acromion", "side": "left"})
    >>> written_item(entry).target.name
    'acromion, left'
    """
    content = entry.model_dump_json()
    digest = hashlib.sha256(content.encode()).hexdigest()[:10]
    rng = random.Random(f"needlemap written {content}")
    item = _built(entry, rng)
    field = f"items[{number}]"
    if item is None:
        raise UnfairItemError(_WHY[entry.kind], field=field, given=entry.kind)
    item = item.model_copy(
        update={"id": f"written:{entry.kind}:{digest}:{item.body}:{item.chart}"}
    )
    found = problems_of(item)
    if found:
        raise UnfairItemError("; ".join(found), field=field, given=entry.kind)
    return item


_WHY = {
    "place_it": "the place is not on this body, or no chart shows enough of the edge.",
    "would_you": (
        "the check gives no single verdict with a reason here: not all is answered, "
        "or nothing was mapped."
    ),
    "make_acceptable": (
        "the check must answer DANGER because of a structure, and at least one of the "
        "changes allowed must keep the plan below it."
    ),
    "ask_right": (
        "exactly one of at least four questions must be able to change the verdict."
    ),
    "what_went_wrong": (
        "the case has no place to check, or the check does not name what was injured."
    ),
}


def _built(entry: Written, rng: random.Random) -> Item | None:
    """Return the exercise; None when the check lets none be made of it."""
    body = entry.on_body
    if entry.kind == "what_went_wrong":
        case = next((c for c in load_cases() if c["id"] == entry.case), None)
        if case is None or not case["site"] or not case["zones"]:
            return None
        return what_went_wrong.build(rng, case, body, prompt=entry.prompt)
    if entry.kind == "place_it" and entry.site is None:
        side = entry.side or "midline"
        return place_it.build_edge(rng, entry.zones[0], side, body, prompt=entry.prompt)
    site = {**(entry.site or {}), "body": body}
    if entry.kind == "place_it":
        given = {"sex": body, **entry.patient} if entry.patient else None
        ask(site, {}, {})  # what cannot be read is said in the check's own words
        return place_it.build(
            site,
            body,
            patient=unremarkable(given) if given else None,
            spread_mm=entry.spread_mm,
            prompt=entry.prompt,
        )
    patient = unremarkable({"sex": body, "age": 40, "bmi": 22.0, **entry.patient})
    needle = dict(entry.needle or {})
    for name in ("length_mm", "depth_mm"):
        if needle.get(name) is None:
            raise NeedlemapError(
                f"needle.{name} must be given.", field=f"needle.{name}"
            )
    answer = ask(site, needle, patient)
    if entry.kind == "would_you":
        return would_you.build(rng, site, needle, patient, answer, prompt=entry.prompt)
    if entry.kind == "make_acceptable":
        changes = entry.change or make_acceptable.CHANGES
        return make_acceptable.build(
            site, needle, patient, answer, changes, prompt=entry.prompt
        )
    item = ask_right.build(rng, site, needle, patient, entry.ask, prompt=entry.prompt)
    if item is None:
        found = ask_right.deciding(site, needle, patient, entry.ask)
        raise UnfairItemError(
            f"{_WHY['ask_right'].removesuffix('.')}; those that can: "
            f"{', '.join(found) or 'none'}.",
            field="ask",
        )
    return item
