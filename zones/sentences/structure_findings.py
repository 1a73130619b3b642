"""What a finding of a structure says: chances as natural frequencies, their basis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.special import ndtr, ndtri

from zones.contract.models import Verdict
from zones.knowledge.sources import load_sources
from zones.sentences.frequency import one_in
from zones.sentences.limits import nearest_mm
from zones.sentences.wording import capital, mm, plan_words
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from zones.knowledge.zone_models import Depth


def behind(depth: Depth | None) -> str:
    """Return what stands behind a depth: basis, people and the largest study.

    Examples
    --------
    >>> behind(None)
    ''
    """
    anchor = depth.anchor if depth else None
    if anchor is None:
        return ""
    known = load_sources()
    people = "1 person" if anchor.people == 1 else f"{anchor.people} people"
    first = known[anchor.studies[0]].short
    more = len(anchor.studies) - 1
    studies = first + (f" and {more} more" if more else "")
    return f"{load_words().basis[anchor.basis]}: {people}, {studies}"


def interval_of(
    depth: Depth | None, p_meet: float, median_mm: float, sd_mm: float
) -> tuple[float, float] | None:
    """Return the 95 % interval of a chance, from the studies behind the depth.

    Parameters
    ----------
    depth : Depth or None
        The depth that decides.
    p_meet : float
        The chance.
    median_mm, sd_mm : float
        The depth's distribution in this patient.

    Notes
    -----
    The mean of the logarithm is known to sqrt(between^2 / studies + within^2 / people);
    the chance is moved by as much on its normal scale. None where no depth is known.

    Examples
    --------
    >>> interval_of(None, 0.1, 20.0, 5.0) is None
    True
    """
    anchor = depth.anchor if depth else None
    if anchor is None or not 0.0 < p_meet < 1.0 or not sd_mm > 0.0:
        return None
    within = max(anchor.sigma**2 - anchor.between**2, 0.0)
    error = math.sqrt(anchor.between**2 / len(anchor.studies) + within / anchor.people)
    move = 1.96 * error / anchor.sigma
    middle = float(ndtri(p_meet))
    return float(ndtr(middle - move)), float(ndtr(middle + move))


def zone_message(
    structure: str,
    *,
    basis: str,
    behind: str,
    verdict: Verdict,
    planned_mm: float,
    length_only: bool,
    p_meet: float,
    at_mm: float,
    low_mm: float,
    median_mm: float,
    over: bool,
    by_length: bool,
    covered: str,
    hidden: bool,
    past: bool,
) -> str:
    """Return what a finding of a structure says, in one or two plain sentences.

    Parameters
    ----------
    structure : str
        Its name.
    basis : str
        What its depth rests on.
    behind : str
        People and studies behind that.
    verdict : Verdict
        Of the finding.
    planned_mm : float
        Planned depth, mm; inf for none.
    length_only : bool
        Whether that is the needle's length.
    p_meet : float
        Chance that the plan meets it.
    at_mm : float
        Length of needle from which the plan would warn, or refuse; inf for never.
    low_mm, median_mm : float
        2.5 % quantile and median of its depth, mm.
    over, by_length, past : bool
        Whether it lies under the entry; whether the needle is long enough for it if
        pushed home; whether only a fact that was not given keeps it from refusing.
    covered : str
        Bone that stops most needles before it; empty for none.
    hidden : bool
        Whether that bone stops nearly all.

    Examples
    --------
    >>> zone_message("lung", basis="pooled", behind="pooled: 90 people, A 2001",
    ...     verdict=Verdict.DANGER, planned_mm=25.0, length_only=False, p_meet=0.011,
    ...     at_mm=20.0, low_mm=18.0, median_mm=30.0, over=True, by_length=False,
    ...     covered="", hidden=False, past=False)[:62]
    'A needle 25 mm deep reaches the lung in about 1 in 90 adults l'
    """
    plan = plan_words(planned_mm, length_only=length_only)
    if basis == "unknown":
        return (
            f"{capital(structure)}: {one_in(p_meet)} needles placed here cross its "
            "course; no depth was found in the literature, so no depth can be called "
            "short of it."
        )
    source = f" ({behind})" if behind else ""
    usual = (
        f"it lies within {mm(low_mm)} in 1 in 40 and within {nearest_mm(median_mm)} in "
        "half"
    )
    if covered:
        front = f"{the_bone(covered)} lies in front of it in most people"
        # how deep it would lie without a bone that hides it would only mislead
        usual = front if hidden else f"{usual}; {front}"
    if verdict > Verdict.NO_KNOWN_DANGER and by_length and at_mm > planned_mm:
        return (
            f"Short of the {structure} as planned, but the needle is long enough to "
            f"reach it if fully inserted: {usual}{source}."
        )
    if verdict > Verdict.NO_KNOWN_DANGER:
        where = "adults like this one"
        where += "" if over else ", although it lies to one side"
        return (
            f"{capital(plan)} reaches the {structure} in {one_in(p_meet)} {where}: "
            f"{usual}{source}."
        )
    if over and math.isfinite(at_mm):
        lies = "lies deeper than this plan"
    else:
        lies = "lies here" if over else "lies beside this needle or farther along it"
    return f"The {structure} {lies}: {usual}{source}."


def the_bone(name: str) -> str:
    """Return a bone as it stands in a sentence.

    Examples
    --------
    >>> the_bone("scapula"), the_bone("L4"), the_bone("rib 5")
    ('the scapula', 'L4', 'rib 5')
    """
    return name if name[-1:].isdigit() else f"the {name}"
