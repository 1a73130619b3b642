"""A technique as the needle's controls show it, and how far they have left it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anatomy.errors import NeedlemapError
from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.muscles.technique_choices import (
    Asked,
    Choice,
    technique_choices,
    usual_choice,
)
from zones.knowledge.cited import cited_briefly

Data = dict[str, Any]

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
