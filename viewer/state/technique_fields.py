"""A technique as the needle's controls show it, and how far they have left it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from anatomy.errors import NeedlemapError
from anatomy.messages import joined, named
from anatomy.messages import message as _
from anatomy.muscles.technique_choices import (
    ASKED_WORDS,
    KIND_WORDS,
    Asked,
    Choice,
    Kind,
    technique_choices,
    usual_choice,
)
from zones.knowledge.records.cited import cited_briefly

Data = dict[str, Any]


class Followed(BaseModel):
    """The technique on record that a plan follows, as it was called then.

    Attributes
    ----------
    id : str
    kind : str or None
        One of the kinds of technique, or None where its record does not say.
    name : str
        Its source by authors and year.
    changed : tuple of str
        Figures of the record that the plan leaves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Kind | None = None
    name: str
    changed: tuple[Asked, ...] = ()


#: The control that keeps which technique was chosen, by the id of its record.
CONTROL = "technique"
#: Controls that a technique sets, and what of a choice each shows.
FIGURES: dict[Asked, str] = {
    "length": "length_mm",
    "depth": "depth_mm",
    "tilt": "tilt_deg",
    "toward": "toward",
    "grip": "grip",
}
_NUMBERS = ("length", "depth", "tilt")


def choice_fields(choice: Choice) -> Data:
    """Return what the controls show of a technique; what is asked for is empty.

    Examples
    --------
    >>> shown = choice_fields(usual_choice("supinator"))
    >>> shown["length"], shown["depth"], shown["tilt"], shown["grip"]
    (30.0, 16.4, 0.0, None)
    """
    found: Data = {name: getattr(choice, given) for name, given in FIGURES.items()}
    found |= {name: "" for name in _NUMBERS if found[name] is None}
    if choice.diameter_mm is not None:
        found["diameter"] = choice.diameter_mm
    return found | {"fold": "", "bone": None, CONTROL: choice.technique.id}


def choices_at(site: Mapping[str, Any] | None) -> tuple[Choice, ...]:
    """Return the techniques for a site as the page keeps it; none without a muscle.

    Examples
    --------
    >>> site = {"origin": {"muscle": "supinator", "side": "left"}}
    >>> [choice.technique.id for choice in choices_at(site)]
    ['sup-fdlp2021']
    """
    origin = (site or {}).get("origin") or {}
    if "muscle" not in origin:
        return ()
    try:
        return technique_choices(str(origin["muscle"]), origin.get("site"))
    except NeedlemapError:
        return ()


def usual_needle(request: Mapping[str, Any]) -> Data:
    """Return what the controls begin with at a named site: its usual technique.

    Empty where none is on record.

    Parameters
    ----------
    request : mapping
        A site of the contract that names a muscle.

    Examples
    --------
    >>> usual_needle({"muscle": "no such muscle"}), usual_needle({"point": "GB21"})
    ({}, {})
    >>> usual_needle({"muscle": "supinator"})["technique"]
    'sup-fdlp2021'
    """
    if not request.get("muscle"):
        return {}
    try:
        choice = usual_choice(str(request["muscle"]), request.get("site"))
    except NeedlemapError:
        return {}
    return choice_fields(choice) if choice else {}


def changed_figures(choice: Choice, values: Mapping[str, Any]) -> list[Asked]:
    """Return which figures that a technique gives the controls show otherwise.

    Parameters
    ----------
    choice : Choice
    values : mapping
        Values of the controls, by their ids.

    Examples
    --------
    >>> choice = usual_choice("supinator")
    >>> changed_figures(choice, {**choice_fields(choice), "depth": 20})
    ['depth']
    """
    found: list[Asked] = []
    for name, given in FIGURES.items():
        wanted, now = getattr(choice, given), values.get(name)
        if name == "toward" and not values.get("tilt"):
            continue  # a needle that does not lean leans nowhere
        if wanted is not None and now != wanted:
            found.append(name)
    return found


def still_asked(choice: Choice, values: Mapping[str, Any]) -> list[Asked]:
    """Return what a technique does not give and the controls do not say either.

    Examples
    --------
    >>> choice = usual_choice("upper trapezius")
    >>> still_asked(choice, {**choice_fields(choice), "fold": 30})
    ['tilt']
    """
    found: list[Asked] = []
    for name in choice.asked:
        if name == "toward" and not values.get("tilt"):
            continue
        if name == "fold" and values.get("grip") != "pincer":
            continue
        if values.get(name) in (None, ""):
            found.append(name)
    return found


def name_of(choice: Choice) -> str:
    """Return what a technique is called: its source by authors and year.

    Examples
    --------
    >>> name_of(technique_choices("supinator")[0])
    'Fernandez-de-las-Penas et al. 2021'
    """
    technique = choice.technique
    if technique.basis == "memory" or not technique.sources:
        return _("From memory")
    return joined(map(cited_briefly, technique.sources), "; ")


def own_technique(site: Mapping[str, Any] | None, chosen: str | None) -> Data:
    """Return what a request says of a technique; nothing for one of another site.

    Examples
    --------
    >>> site = {"origin": {"muscle": "supinator", "side": "left"}}
    >>> own_technique(site, "sup-fdlp2021"), own_technique(site, "ut-nct03375229")
    ({'technique': 'sup-fdlp2021'}, {})
    """
    own = any(_is(choice, chosen) for choice in choices_at(site))
    return {CONTROL: chosen} if own else {}


def followed(
    site: Mapping[str, Any] | None, chosen: str | None, values: Mapping[str, Any]
) -> Followed | None:
    """Return which technique a plan follows, as it is kept; None for none on record.

    Parameters
    ----------
    site : mapping or None
        As the page keeps it.
    chosen : str or None
        Id of the technique.
    values : mapping
        Values of the needle's controls, by their ids.

    Examples
    --------
    >>> site = {"origin": {"muscle": "supinator", "side": "left"}}
    >>> values = choice_fields(usual_choice("supinator")) | {"depth": 20.0}
    >>> kept = followed(site, "sup-fdlp2021", values)
    >>> kept.kind, kept.changed
    ('straight', ('depth',))
    """
    choice = next((c for c in choices_at(site) if _is(c, chosen)), None)
    if choice is None:
        return None
    return Followed(
        id=choice.technique.id,
        kind=choice.kind,
        name=str(name_of(choice)),
        changed=tuple(changed_figures(choice, values)),
    )


def _is(choice: Choice, chosen: str | None) -> bool:
    return choice.technique.id == chosen


def followed_words(kept: Followed | None) -> str:
    """Return which technique a plan follows, in words; empty for none.

    Examples
    --------
    >>> kept = Followed(id="a", kind="bone", name="Miri M et al. 2020")
    >>> followed_words(kept)
    'technique: To bone (Miri M et al. 2020)'
    >>> followed_words(kept.model_copy(update={"changed": ("depth", "tilt")}))
    'technique: To bone (Miri M et al. 2020), changed: the depth, the angle'
    >>> followed_words(None)
    ''
    """
    if kept is None:
        return ""
    name = named(kept.name)
    if kept.kind is not None:
        name = _("{kind} ({source})", kind=KIND_WORDS[kept.kind], source=name)
    if not kept.changed:
        return _("technique: {technique}", technique=name)
    figures = joined([ASKED_WORDS[figure] for figure in kept.changed], ", ")
    return _(
        "technique: {technique}, changed: {figures}", technique=name, figures=figures
    )
