"""What a finding of a structure says: chances as natural frequencies, their basis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.special import ndtr, ndtri

from anatomy.messages import changed, joined, plural
from anatomy.messages import message as _
from zones.contract.models import Verdict
from zones.knowledge.records.sources import load_sources
from zones.sentences.frequency import one_in
from zones.sentences.limits import nearest_mm
from zones.sentences.wording import mm, plan_words, the_bone
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from zones.knowledge.structures.zone_models import Anchor, Depth


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
    return _(
        "{basis}: {people}, {studies}",
        basis=load_words().basis[anchor.basis],
        people=_people(anchor),
        studies=_studies(anchor, 1),
    )


def depth_basis(depth: Depth) -> str:
    """Return in words what a depth rests on, with its records.

    Examples
    --------
    >>> from zones.knowledge.structures.zone_models import Depth
    >>> depth_basis(Depth(id="all", basis="unknown", why="no study was found."))
    'no depth was found in the literature: no study was found.'
    """
    anchor = depth.anchor
    if anchor is None:
        return _("no depth was found in the literature: {why}", why=depth.why)
    first = {
        "measured": _("measured here"),
        "pooled": _("pooled from {n} studies", n=len(anchor.studies)),
        "carried": _("carried over from another site"),
        "layer": _("estimated from the layers in front of it"),
    }[anchor.basis]
    text: str = _(
        "{basis} ({people}; {studies})",
        basis=first,
        people=_people(anchor),
        studies=_studies(anchor, 3),
    )
    if depth.why:
        text = joined([text, depth.why], ": ")
    if anchor.conflicts:
        records = ", ".join(anchor.conflicts)
        text = joined([text, _("Conflicting: {records}.", records=records)])
    return text


def _people(anchor: Anchor) -> str:
    return plural("{n} person", "{n} people", anchor.people)


def _studies(anchor: Anchor, most: int) -> str:
    """Return the largest studies behind a depth, and how many more there are."""
    known = load_sources()
    names = ", ".join(known[name].short for name in anchor.studies[:most])
    more = len(anchor.studies) - most
    return _("{studies} and {n} more", studies=names, n=more) if more > 0 else names


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
    raised: float | None,
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
    raised : float or None
        The same with the arm overhead or behind the back, where that is what warns.
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
    ...     raised=None, at_mm=20.0, low_mm=18.0, median_mm=30.0, over=True,
    ...     by_length=False, covered="", hidden=False, past=False)[:62]
    'A needle 25 mm deep reaches the lung in about 1 in 90 adults l'
    """
    plan = plan_words(planned_mm, length_only=length_only)
    if basis == "unknown":
        return _(
            "{structure}: {many} needles placed here cross its course; no depth was "
            "found in the literature, so no depth can be called short of it.",
            structure=changed(structure, "capital"),
            many=one_in(p_meet),
        )
    why = _usual(low_mm, median_mm, covered, hidden=hidden)
    if behind:
        why = _("{text} ({source})", text=why, source=behind)
    if verdict > Verdict.NO_KNOWN_DANGER and by_length and at_mm > planned_mm:
        return _(
            "Short of the {structure} as planned, but the needle is long enough to "
            "reach it if fully inserted: {why}.",
            structure=structure,
            why=why,
        )
    if verdict > Verdict.NO_KNOWN_DANGER:
        told = {"plan": changed(plan, "capital"), "structure": structure}
        told |= {"many": one_in(p_meet), "why": why}
        if raised is not None:
            return _(
                "{plan} reaches the {structure} in {raised} adults like this one with "
                "the arm overhead or behind the back, and in {many} with the arm at "
                "the side: {why}.",
                raised=one_in(raised),
                **told,
            )
        if over:
            return _(
                "{plan} reaches the {structure} in {many} adults like this one: {why}.",
                **told,
            )
        return _(
            "{plan} reaches the {structure} in {many} adults like this one, although "
            "it lies to one side: {why}.",
            **told,
        )
    if over and math.isfinite(at_mm):
        return _(
            "The {structure} lies deeper than this plan: {why}.",
            structure=structure,
            why=why,
        )
    if over:
        return _("The {structure} lies here: {why}.", structure=structure, why=why)
    return _(
        "The {structure} lies beside this needle or farther along it: {why}.",
        structure=structure,
        why=why,
    )


def _usual(low_mm: float, median_mm: float, covered: str, *, hidden: bool) -> str:
    """Return how deep people have a structure, and the bone in front of it."""
    front = ""
    if covered:
        front = _("{bone} lies in front of it in most people", bone=the_bone(covered))
    # how deep it would lie without a bone that hides it would only mislead
    if covered and hidden:
        return front
    usual = _(
        "it lies within {low} in 1 in 40 and within {median} in half",
        low=mm(low_mm),
        median=nearest_mm(median_mm),
    )
    return joined([usual, front], "; ") if front else usual
