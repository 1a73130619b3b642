"""Sentences of an assessment: what a finding says and what the headline says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from anatomy.messages import changed, joined, named, plural
from anatomy.messages import message as _
from anatomy.places.said import bone_name
from zones.contract.models import Finding, Tolerance, Verdict
from zones.knowledge.firmness import FIRMNESSES, firmest
from zones.sentences.limits import given_mm, nearest_mm, span_mm, whole_mm
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Largest error of angle that is looked at, degrees.
MOST_DEG = 45

FAILED = _("The check could not be computed here, so nothing can be said.")
ELSEWHERE = _(
    "Choose another site, or refer to someone who can needle under ultrasound."
)
WITHOUT_CURRENT = _("Without current, this reason no longer applies.")


def not_mapped(region: str) -> str:
    """Return that nothing was mapped in a region.

    Examples
    --------
    >>> not_mapped("foot")[:50]
    'Nothing has been mapped yet in this region (foot):'
    """
    return _(
        "Nothing has been mapped yet in this region ({region}): that no danger is "
        "shown means nothing.",
        region=load_words().region_words(region),
    )


def deeper_not_mapped(depth_mm: float, region: str) -> str:
    """Return that a plan goes deeper than its place was mapped.

    Examples
    --------
    >>> deeper_not_mapped(20.0, "scalp")[:51]
    'Nothing has been mapped here deeper than 20 mm (sca'
    """
    return _(
        "Nothing has been mapped here deeper than {depth} ({region}): what the needle "
        "may reach there is not known.",
        depth=mm(depth_mm),
        region=load_words().region_words(region),
    )


#: What a needle comes out of.
FOLD_SIDE = _("far side of the lifted fold")
LIMB_SIDE = _("far side of the limb")


def other_side(
    through_mm: float, *, planned_mm: float, pushed_home: bool, fold: bool
) -> str:
    """Return that a needle comes out on the other side, or could.

    Parameters
    ----------
    through_mm : float
        Length of needle at which it does.
    planned_mm : float
        Depth planned, or the needle's length if it is pushed home; inf for unknown.
    pushed_home : bool
        Whether it does so only if it is pushed home.
    fold : bool
        Whether it is a lifted fold; else a limb.

    Examples
    --------
    >>> other_side(30.0, planned_mm=40.0, pushed_home=False, fold=True)[:52]
    '40 mm deep, the needle comes out on the other side. '
    """
    if pushed_home:
        first = _(
            "Pushed home, a needle of {length} comes out on the other side.",
            length=given_mm(planned_mm),
        )
    elif math.isfinite(planned_mm):
        first = _(
            "{depth} deep, the needle comes out on the other side.",
            depth=given_mm(planned_mm),
        )
    else:
        first = _("With no depth given, the needle may come out on the other side.")
    if fold:
        second = _(
            "The fold is {thickness} thick; behind it are your own fingers, or what "
            "lies under the fold.",
            thickness=given_mm(through_mm),
        )
    else:
        second = _(
            "The limb is about {thickness} thick here along the needle, less in a slim "
            "patient.",
            thickness=nearest_mm(through_mm),
        )
    return joined([first, second])


def mm(value: float) -> str:
    """Return a depth that must not be passed, rounded down to whole millimetres.

    Examples
    --------
    >>> mm(9.0), mm(9.94)
    ('9 mm', '9 mm')
    """
    return whole_mm(value)


def plan_words(planned_mm: float, *, length_only: bool) -> str:
    """Return the plan in words.

    Examples
    --------
    >>> plan_words(25.0, length_only=False)
    'a needle 25 mm deep'
    """
    if not math.isfinite(planned_mm):
        return _("a needle of unstated depth")
    length = given_mm(planned_mm)
    if length_only:
        return _("a needle {length} long, depth not stated", length=length)
    return _("a needle {depth} deep", depth=length)


def depth_change(limit_mm: float, structures: str) -> str:
    """Return why a shallower plan would do."""
    return _(
        "At {depth} or less, the needle stays short of the {structures}.",
        depth=mm(limit_mm),
        structures=structures,
    )


def too_shallow(least_mm: float) -> str:
    """Return that a limit lies in front of the muscle.

    Examples
    --------
    >>> too_shallow(8.0)  # doctest: +NORMALIZE_WHITESPACE
    'The muscle is needled from 8 mm, so this does not reach it:
    choose another approach.'
    """
    return _(
        "The muscle is needled from {depth}, so this does not reach it: choose another "
        "approach.",
        depth=given_mm(least_mm),
    )


def to_bone(bone: str, from_mm: float, to_mm: float) -> str:
    """Return why to aim at bone.

    Examples
    --------
    >>> to_bone("scapula", 27.2, 39.6)[:60]
    'Aim at the scapula, expected at 27 to 39 mm; stop when you f'
    """
    return _(
        "Aim at {bone}, expected at {span}; stop when you feel it, or at {most} if you "
        "do not.",
        bone=the_bone(bone),
        span=span_mm(from_mm, to_mm),
        most=mm(to_mm),
    )


def the_bone(name: str) -> str:
    """Return a bone as it stands in a sentence.

    Examples
    --------
    >>> the_bone("scapula"), the_bone("L4"), the_bone("rib 5")
    ('the scapula', 'L4', 'rib 5')
    """
    said = bone_name(name)
    return said if name[-1:].isdigit() else _("the {bone}", bone=said)


def in_a_fold(fold_mm: float, structures: str) -> str:
    """Return why to lift the muscle.

    Examples
    --------
    >>> in_a_fold(30.0, "lung")[:52]
    'With the muscle lifted in a fold of 30 mm or more, t'
    """
    return _(
        "With the muscle lifted in a fold of {thickness} or more, the needle stays in "
        "the fold and clear of the {structures}.",
        thickness=given_mm(fold_mm),
        structures=structures,
    )


ARM_AT_SIDE = _("With the arm at the side, the scapula lies in front.")


def seen_first(structure: str, depth_mm: float) -> str:
    """Return at which depth a structure must be seen.

    Examples
    --------
    >>> seen_first("lung", 35.0)
    'Scan first: if ultrasound shows the lung at 35 mm or deeper, the plan holds.'
    """
    return _(
        "Scan first: if ultrasound shows the {structure} at {depth} or deeper, the "
        "plan holds.",
        structure=structure,
        depth=given_mm(depth_mm),
    )


def length_change(length_mm: float) -> str:
    """Return why a shorter needle would do."""
    return _(
        "A needle of {length} or less cannot reach it even if fully inserted.",
        length=mm(length_mm),
    )


def tilt_change(
    tilt_deg: float, toward: str, planned_mm: float, structures: str
) -> str:
    """Return why another direction would do.

    Examples
    --------
    >>> tilt_change(30.0, "caudal", 25.0, "lung")
    'Tilted 30 degrees caudal, the same 25 mm stays short of the lung.'
    """
    return _(
        "Tilted {tilt:g} degrees {toward}, the same {depth} stays short of the "
        "{structures}.",
        tilt=tilt_deg,
        toward=toward,
        depth=given_mm(planned_mm),
        structures=structures,
    )


def site_change(muscle: str, label: str) -> str:
    """Return why another site of the same muscle would do."""
    return _(
        "Another site of {muscle} ({site}) stays below danger with the same plan.",
        muscle=named(muscle),
        site=named(label),
    )


def join_words(words: Sequence[str]) -> str:
    """Return a list in words.

    Examples
    --------
    >>> join_words(["lung", "heart", "liver"])
    'lung, heart and liver'
    """
    if len(words) < 2:
        return words[0] if words else ""
    *most, last = words
    return _("{first} and {second}", first=joined(most, ", "), second=last)


def beside(*, away_mm: float, toward: str, verdict: Verdict, structure: str) -> str:
    """Return that a place of the search area is graver than its middle.

    Examples
    --------
    >>> beside(away_mm=9.6, toward="medial", verdict=Verdict.DANGER, structure="lung")
    '10 mm farther medial: DANGER (lung). The answer is for the centre of the area.'
    """
    word = load_words().verdict[verdict].word
    return _(
        "{mm:d} mm farther {toward}: {verdict} ({structure}). The answer is for the "
        "centre of the area.",
        mm=max(1, round(away_mm)),
        toward=named(toward),
        verdict=word,
        structure=structure,
    )


def measure_again(structure: str, seen_mm: float, usual_mm: float) -> str:
    """Return that a depth seen in the patient is too far from what is usual.

    Examples
    --------
    >>> measure_again("lung", 80.0, 23.0)[:54]
    'The lung was seen at 80 mm, far from the 23 mm usual h'
    """
    return _(
        "The {structure} was seen at {seen}, far from the {usual} usual here: measure "
        "again before relying on it.",
        structure=structure,
        seen=given_mm(seen_mm),
        usual=given_mm(round(usual_mm)),
    )


def tolerance_words(bears: Tolerance, compared: str) -> str:
    """Return how much error a plan bears, as one sentence.

    Parameters
    ----------
    bears : Tolerance
        With an error of angle.
    compared : str
        How that compares with the usual error of the hand.

    Examples
    --------
    >>> tolerance_words(Tolerance(mm=8.4, deg=12.0), "less than usual")[:62]
    'The plan tolerates an error of 8 mm in depth or 12 degrees in '
    """
    depth = _("any error") if bears.mm is None else mm(bears.mm)
    deg = 0.0 if bears.deg is None else bears.deg
    if deg >= MOST_DEG:
        return _(
            "The plan tolerates an error of {depth} in depth or at least {deg:g} "
            "degrees in angle, each alone: {compared}.",
            depth=depth,
            deg=deg,
            compared=compared,
        )
    return _(
        "The plan tolerates an error of {depth} in depth or {deg:g} degrees in angle, "
        "each alone: {compared}.",
        depth=depth,
        deg=deg,
        compared=compared,
    )


def first_sentence(text: str) -> str:
    """Return the first sentence of a message.

    Examples
    --------
    >>> first_sentence("Short of it, e.g. by 3 mm. The plan stays clear.")
    'Short of it, e.g. by 3 mm.'
    """
    return changed(text, "first sentence")


def leading_finding(verdict: Verdict, findings: Sequence[Finding]) -> Finding | None:
    """Return the finding that an answer is about: the firmest of the gravest.

    Parameters
    ----------
    verdict : Verdict
        Verdict of the whole assessment.
    findings : sequence of Finding
        Sorted, gravest first.
    """
    leading = [f for f in findings if f.verdict == verdict]
    return min(
        leading, key=lambda f: FIRMNESSES.index(firmest([f.firmness])), default=None
    )


def headline(
    verdict: Verdict,
    findings: Sequence[Finding],
    *,
    region: str,
    unanswered: int,
) -> str:
    """Return the one sentence that a reader sees first.

    Parameters
    ----------
    verdict : Verdict
        Verdict of the whole assessment.
    findings : sequence of Finding
        Sorted, gravest first.
    region : str
        Region of the site.
    unanswered : int
        Number of open questions.
    """
    where = load_words().region_words(region)
    top = leading_finding(verdict, findings)
    if verdict == Verdict.NOT_ASSESSABLE:
        if top is None:
            return _("Cannot be assessed: nothing is known here.")
        return _("Cannot be assessed: {why}", why=first_sentence(top.message))
    if verdict == Verdict.NO_KNOWN_DANGER or top is None:
        return _("No known danger zone here at this depth ({region}).", region=where)
    said = first_sentence(top.message)
    if top.kind == "zone" and top.consequence and top.status == "known":
        if verdict < Verdict.DANGER:
            return said
        return _(
            "Risk of {consequence}: {why}",
            consequence=top.consequence,
            why=changed(said, "lower first"),
        )
    if top.status == "unknown" and unanswered:
        return plural(
            "Not clear yet: {n} question is unanswered that could change the answer.",
            "Not clear yet: {n} questions are unanswered that could change the answer.",
            unanswered,
        )
    return said


def capital(text: str) -> str:
    """Return a text with its first letter capital."""
    return changed(text, "capital")
