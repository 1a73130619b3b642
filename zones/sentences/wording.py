"""Sentences of an assessment: what a finding says and what the headline says."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from zones.contract.models import Finding, Tolerance, Verdict
from zones.knowledge.firmness import FIRMNESSES, firmest
from zones.sentences.limits import given_mm, whole_mm
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Largest error of angle that is looked at, degrees.
MOST_DEG = 45

FAILED = "The check could not be computed here, so nothing can be said."
NOT_MAPPED = (
    "Nothing has been mapped yet in this region ({region}): that no danger is shown "
    "means nothing."
)
DEEPER_NOT_MAPPED = (
    "Nothing has been mapped here deeper than {depth} ({region}): what the needle may "
    "reach there is not known."
)
ELSEWHERE = "Choose another site, or refer to someone who can needle under ultrasound."
WITHOUT_CURRENT = "Without current, this reason no longer applies."


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
        return "a needle of unstated depth"
    if length_only:
        return f"a needle {given_mm(planned_mm)} long, depth not stated"
    return f"a needle {given_mm(planned_mm)} deep"


def depth_change(limit_mm: float, structures: str) -> str:
    """Return why a shallower plan would do."""
    return f"At {mm(limit_mm)} or less, the needle stays short of the {structures}."


def too_shallow(least_mm: float) -> str:
    """Return that a limit lies in front of the muscle.

    Examples
    --------
    >>> too_shallow(8.0)  # doctest: +NORMALIZE_WHITESPACE
    'The muscle is needled from 8 mm, so this does not reach it:
    choose another approach.'
    """
    return (
        f"The muscle is needled from {given_mm(least_mm)}, so this does not reach it: "
        "choose another approach."
    )


def to_bone(bone: str, from_mm: float, to_mm: float) -> str:
    """Return why to aim at bone.

    Examples
    --------
    >>> to_bone("scapula", 27.2, 39.6)[:60]
    'Aim at the scapula, expected at 27 to 39 mm; stop when you f'
    """
    name = bone if bone[-1:].isdigit() else f"the {bone}"
    return (
        f"Aim at {name}, expected at {mm(from_mm).removesuffix(' mm')} to "
        f"{mm(to_mm)}; stop when you feel it, or at {mm(to_mm)} if you do not."
    )


def in_a_fold(fold_mm: float, structures: str) -> str:
    """Return why to lift the muscle.

    Examples
    --------
    >>> in_a_fold(30.0, "lung")[:52]
    'With the muscle lifted in a fold of 30 mm or more, t'
    """
    return (
        f"With the muscle lifted in a fold of {given_mm(fold_mm)} or more, the needle "
        f"stays in the fold and clear of the {structures}."
    )


ARM_AT_SIDE = "With the arm at the side, the scapula lies in front."


def seen_first(structure: str, depth_mm: float) -> str:
    """Return at which depth a structure must be seen.

    Examples
    --------
    >>> seen_first("lung", 35.0)
    'Scan first: if ultrasound shows the lung at 35 mm or deeper, the plan holds.'
    """
    return (
        f"Scan first: if ultrasound shows the {structure} at {given_mm(depth_mm)} or "
        "deeper, the plan holds."
    )


def length_change(length_mm: float) -> str:
    """Return why a shorter needle would do."""
    return (
        f"A needle of {mm(length_mm)} or less cannot reach it even if fully inserted."
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
    same = f"the same {given_mm(planned_mm)} stays short of the {structures}"
    return f"Tilted {tilt_deg:g} degrees {toward}, {same}."


def site_change(muscle: str, label: str) -> str:
    """Return why another site of the same muscle would do."""
    return f"Another site of {muscle} ({label}) stays below danger with the same plan."


def join_words(words: Sequence[str]) -> str:
    """Return a list in words.

    Examples
    --------
    >>> join_words(["lung", "heart", "liver"])
    'lung, heart and liver'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def beside(*, away_mm: float, toward: str, verdict: Verdict, structure: str) -> str:
    """Return that a place of the search area is graver than its middle.

    Examples
    --------
    >>> beside(away_mm=9.6, toward="medial", verdict=Verdict.DANGER, structure="lung")
    '10 mm farther medial: DANGER (lung). The answer is for the centre of the area.'
    """
    word = load_words().verdict[verdict].word
    return (
        f"{max(1, round(away_mm)):d} mm farther {toward}: {word} "
        f"({structure}). The answer is for the centre of the area."
    )


def measure_again(structure: str, seen_mm: float, usual_mm: float) -> str:
    """Return that a depth seen in the patient is too far from what is usual.

    Examples
    --------
    >>> measure_again("lung", 80.0, 23.0)[:54]
    'The lung was seen at 80 mm, far from the 23 mm usual h'
    """
    return (
        f"The {structure} was seen at {given_mm(seen_mm)}, far from the "
        f"{given_mm(round(usual_mm))} usual here: measure again before relying on it."
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
    depth = "any error" if bears.mm is None else mm(bears.mm)
    deg = 0.0 if bears.deg is None else bears.deg
    most = "at least " if deg >= MOST_DEG else ""
    return (
        f"The plan tolerates an error of {depth} in depth or {most}{deg:g} degrees in "
        f"angle, each alone: {compared}."
    )


def first_sentence(text: str) -> str:
    """Return the first sentence of a message.

    Examples
    --------
    >>> first_sentence("Short of it, e.g. by 3 mm. The plan stays clear.")
    'Short of it, e.g. by 3 mm.'
    """
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", text, maxsplit=1)[0]


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
    leading = [f for f in findings if f.verdict == verdict]
    top = min(
        leading, key=lambda f: FIRMNESSES.index(firmest([f.firmness])), default=None
    )
    if verdict == Verdict.NOT_ASSESSABLE:
        why = first_sentence(top.message) if top else "nothing is known here."
        return f"Cannot be assessed: {why}"
    if verdict == Verdict.NO_KNOWN_DANGER or top is None:
        return f"No known danger zone here at this depth ({where})."
    said = first_sentence(top.message)
    if top.kind == "zone" and top.consequence and top.status == "known":
        risk = f"Risk of {top.consequence}: "
        text = said[0].lower() + said[1:]
        return risk + text if verdict >= Verdict.DANGER else said
    if top.status == "unknown" and unanswered:
        count = "1 question is" if unanswered == 1 else f"{unanswered} questions are"
        return f"Not clear yet: {count} unanswered that could change the answer."
    return said


def capital(text: str) -> str:
    """Return a text with its first letter capital."""
    return text[:1].upper() + text[1:]
