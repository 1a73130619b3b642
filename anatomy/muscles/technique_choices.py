"""Ways to needle a muscle at a site, each as the figures that its record gives.

What a record does not give is not filled in: `Choice.asked` names it, for the
practitioner to say. A tilt that is our own reading of a source's words is no figure of
that source either, unless the words begin with "perpendicular" or "straight".
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

from anatomy.messages import joined, named
from anatomy.messages import message as _
from anatomy.muscles.catalogue import MuscleSite, get_muscle, muscle_site
from anatomy.muscles.technique_models import Technique, Way
from anatomy.muscles.technique_words import BASIS_WORDS, people_words
from anatomy.muscles.techniques import techniques_of
from anatomy.muscles.usual_plan import plan_of, usual_plan

Kind = Literal["straight", "bone", "angled", "flat", "pincer"]
Asked = Literal["length", "depth", "tilt", "toward", "grip", "fold"]

#: Words of a source that are "straight in", whoever put the 0 degrees to them.
STRAIGHT = re.compile(r"(perpendicular|straight)\b")
#: What the kinds of technique are called, in the order in which they are offered.
KIND_WORDS: dict[Kind, str] = {
    "straight": _("Straight in"),
    "bone": _("To bone"),
    "angled": _("Angled"),
    "flat": _("Flat palpation"),
    "pincer": _("Pincer, in a fold"),
}
#: What is asked for, in words.
ASKED_WORDS: dict[Asked, str] = {
    "length": _("the needle's length"),
    "depth": _("the depth"),
    "tilt": _("the angle"),
    "toward": _("which way it leans"),
    "grip": _("the grip"),
    "fold": _("the thickness of the fold"),
}


class Choice(BaseModel):
    """A technique at a site, as it can be chosen.

    Attributes
    ----------
    technique : Technique
        The record.
    kind : str or None
        What is most particular about it; None where the record says nothing of how
        the needle goes.
    length_mm, depth_mm, tilt_deg : float or None
        None where it is asked for.
    site_length : bool
        Whether the length is the catalogue's for the site and not the record's.
    diameter_mm : float or None
        Where the record names one and no other; it is never asked for.
    toward : str or None
        Which way the needle leans.
    grip : {"flat", "pincer", "bone"} or None
        As in a request; ``"bone"`` when the record says that the needle stops there.
    asked : tuple of str
        What the record does not give.
    """

    model_config = ConfigDict(frozen=True)

    technique: Technique
    kind: Kind | None
    length_mm: float | None
    site_length: bool
    diameter_mm: float | None
    depth_mm: float | None
    tilt_deg: float | None
    toward: Way | None
    grip: Literal["flat", "pincer", "bone"] | None
    asked: tuple[Asked, ...]


def technique_choices(muscle: str, site: str | None = None) -> tuple[Choice, ...]:
    """Return the ways to needle a muscle at a site, the one to plan by first.

    Those that are no usual way, such as a place to leave out, are among them, last.

    Parameters
    ----------
    muscle : str
        Name or alias.
    site : str, optional
        Label of the site; the muscle's first by default.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> choice = technique_choices("supinator")[0]
    >>> choice.kind, choice.length_mm, choice.depth_mm, choice.asked
    ('straight', 30.0, 16.4, ('grip',))
    """
    found = get_muscle(muscle)
    spot = muscle_site(found, site)
    return tuple(_choice(one, spot) for one in techniques_of(found.name, spot.label))


def usual_choice(muscle: str, site: str | None = None) -> Choice | None:
    """Return the way in which a site is usually needled; None where there is none.

    Examples
    --------
    >>> usual_choice("upper trapezius").asked
    ('tilt', 'fold')
    >>> usual_choice("intercostals")
    """
    plan = usual_plan(muscle, site)
    if plan is None:
        return None
    return _choice(plan.technique, muscle_site(get_muscle(muscle), site))


def _choice(technique: Technique, spot: MuscleSite) -> Choice:
    plan = plan_of(technique, spot)
    length = None if plan.length_basis == "ours" else plan.length_mm
    own = technique.needle is not None and technique.needle.length_mm is not None
    way = technique.direction
    tilt, toward = None, None
    if way is not None and way.basis != "ours":
        tilt, toward = way.tilt_deg, way.toward
    elif way is not None and way.tilt_deg == 0 and STRAIGHT.match(way.words):
        tilt = 0.0
    grip = _grip(technique)
    missing: dict[Asked, bool] = {
        "length": length is None,
        "depth": plan.depth_mm is None,
        "tilt": tilt is None,
        "toward": bool(tilt) and toward is None,
        "grip": grip is None,
        "fold": grip == "pincer",
    }
    return Choice(
        technique=technique,
        kind=_kind(technique, grip, tilt),
        length_mm=length,
        site_length=length is not None and not own,
        diameter_mm=_diameter(technique),
        depth_mm=plan.depth_mm,
        tilt_deg=tilt,
        toward=toward,
        grip=grip,
        asked=tuple(name for name, open_ in missing.items() if open_),
    )


def _diameter(technique: Technique) -> float | None:
    """Return the one diameter that a record names; None for none or several."""
    needle = technique.needle
    if needle is None or needle.basis == "ours":
        return None
    named_mm = set(needle.gauge_mm or ())
    return named_mm.pop() if len(named_mm) == 1 else None


def _grip(technique: Technique) -> Literal["flat", "pincer", "bone"] | None:
    """Return the grip of a request that a record stands for, if it says one."""
    given = None if "grip" in technique.ours else technique.grip
    if given == "pincer":
        return "pincer"
    if technique.end_point and technique.end_point.kind == "bone":
        return None if technique.end_point.basis == "ours" else "bone"
    # held flat against a bone, the needle ends in the muscle
    return "flat" if given in ("flat", "bone") else None


def _kind(technique: Technique, grip: str | None, tilt: float | None) -> Kind | None:
    way = technique.direction
    if grip == "pincer":
        return "pincer"
    if grip == "bone":
        return "bone"
    if tilt == 0:
        return "straight"
    if technique.grip == "tangential" or (way and (way.tilt_deg or way.toward)):
        return "angled"
    return "flat" if grip == "flat" else None


def choice_words(choice: Choice) -> str:
    """Return what a choice sets, in words.

    Examples
    --------
    >>> choice_words(technique_choices("supinator")[0])
    'straight in, 16.4 mm deep, 30 mm needle, stops in the muscle'
    """
    parts: list[str] = []
    if choice.grip == "pincer":
        parts.append(_("pincer, in a fold"))
    if choice.tilt_deg == 0:
        parts.append(_("straight in"))
    elif choice.tilt_deg is not None:
        lean = _("{tilt:g}° from straight in", tilt=choice.tilt_deg)
        if choice.toward:
            lean = _(
                "{tilt:g}° {toward}", tilt=choice.tilt_deg, toward=named(choice.toward)
            )
        parts.append(lean)
    elif _way(choice):
        parts.append(_("“{words}”", words=_way(choice)))
    if choice.depth_mm is not None:
        parts.append(_("{mm:g} mm deep", mm=choice.depth_mm))
    if choice.length_mm is not None:
        length = _("{mm:g} mm needle", mm=choice.length_mm)
        if choice.site_length:
            length = _("{mm:g} mm needle (usual at this site)", mm=choice.length_mm)
        parts.append(length)
    if end := end_words(choice.technique):
        parts.append(end)
    return joined(parts, ", ")


def _way(choice: Choice) -> str:
    return choice.technique.direction.words if choice.technique.direction else ""


def end_words(technique: Technique) -> str:
    """Return where a technique's needle stops; empty when the record does not say.

    Examples
    --------
    >>> from anatomy.muscles.techniques import techniques_of
    >>> end_words(techniques_of("lumbar multifidus")[0])[:13]
    'stops at bone'
    """
    end = technique.end_point
    if end is None or end.kind == "other":
        return _("stops at: {what}", what=end.what) if end and end.what else ""
    words = {
        "bone": _("stops at bone"),
        "muscle": _("stops in the muscle"),
        "fold": _("stops inside the fold"),
    }[end.kind]
    if end.what:
        return _("{stops} ({what})", stops=words, what=end.what)
    return words


def asked_words(choice: Choice) -> str:
    """Return what a record does not give, in words; empty when it gives all.

    Examples
    --------
    >>> asked_words(technique_choices("supinator")[0])
    'the grip'
    """
    return joined([ASKED_WORDS[name] for name in choice.asked], ", ")


def basis_and_people(technique: Technique) -> str:
    """Return what a technique rests on, and on how many people as far as is known.

    Examples
    --------
    >>> from anatomy.muscles.techniques import techniques_of
    >>> basis_and_people(techniques_of("supinator")[0])
    'published, 10 limbs'
    """
    words = BASIS_WORDS[technique.basis]
    people = technique.people
    return joined([words, people_words(people)], ", ") if people else words
