"""The depth ruler: how deep may go, against the needle, as one small picture."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.look.look import GREY, INK, LOOKS, NEEDLE, svg_uri, text_svg
from viewer.look.palette import shade
from viewer.state.language import said
from zones.check.chances import chances_along
from zones.contract.models import Assessment, Finding, Verdict
from zones.sentences.limits import whole_mm
from zones.sentences.presentation import finding_words, present

WIDTH, HEIGHT = 380.0, 118.0
LEFT, RIGHT, TOP, BAR = 12.0, 12.0, 36.0, 22.0
#: Top and height of the strip below the bar: how many needles meet the structure.
STRIP_TOP, STRIP = TOP + BAR + 27.0, 13.0
#: Places at which it is worked out, and the shares from which it is shaded, darker
#: each time, with their names.
PLACES = 121
SHADED = (
    (0.001, 0.14, _("1 in 1,000")),
    (0.01, 0.22, _("1 in 100")),
    (0.1, 0.28, _("1 in 10")),
    (0.5, 0.34, _("half")),
)
#: Where the structure counts though fewer meet it than the least of these.
FAINT = 0.08

_LOG = logging.getLogger(__name__)


def scale_end(assessment: Assessment, needle: Mapping[str, Any]) -> float:
    """Return the depth at the right end of the ruler, mm: a round number."""
    given = [needle.get("length_mm"), needle.get("depth_mm"), assessment.max_depth_mm]
    given += [f.reached_at_mm for f in assessment.findings[:3]]
    first = limiting(assessment)
    given += [first.typical_mm] if first is not None else []
    finite = [
        float(v) for v in given if isinstance(v, (int, float)) and math.isfinite(v)
    ]
    longest = min(max([20.0, *finite]) * 1.06, 310.0)
    step = tick_step(longest)
    return math.ceil(longest / step) * step


def limiting(assessment: Assessment) -> Finding | None:
    """Return the structure that sets the depth limit.

    Where bone or what is mapped sets it, the gravest that is met at all.
    """
    met = [f for f in assessment.findings if f.reached_at_mm is not None]
    limit = assessment.max_depth_mm
    if limit is not None and limit <= 0:
        # what forbids every depth is then a rule, unless a structure lies at the skin
        met = [f for f in met if (f.reached_at_mm or 0.0) < 1.0]
    if assessment.limit_set_by == "risk":
        return min(met, key=_refused_in, default=None)
    return met[0] if met else None


def _refused_in(finding: Finding) -> float:
    """Return how much deeper than planned a finding refuses, mm; below 0 it does."""
    if finding.verdict >= Verdict.DANGER:
        return (finding.reached_at_mm or 0.0) - 1000.0
    left = finding.tolerance.mm if finding.tolerance is not None else None
    return math.inf if left is None else left


def straight(finding: Finding) -> bool:
    """Return whether depth along the needle is depth under the skin."""
    reached, earliest = finding.reached_at_mm, finding.earliest_mm
    return reached is None or earliest is None or abs(reached - earliest) <= 0.1


def tick_step(longest: float) -> float:
    """Return a tick distance that leaves at most eight ticks.

    Examples
    --------
    >>> tick_step(42), tick_step(130)
    (10.0, 20.0)
    """
    for step in (5.0, 10.0, 20.0, 50.0):
        if longest / step <= 8:
            return step
    return 100.0


def words(assessment: Assessment, needle: Mapping[str, Any]) -> str:
    """Return what the ruler shows, in words."""
    first = present(assessment).limit.sentence
    depth, length = needle.get("depth_mm"), needle.get("length_mm")
    parts = [first]
    if isinstance(depth, (int, float)):
        parts.append(_("Planned depth {depth:g} mm.", depth=depth))
    if isinstance(length, (int, float)):
        parts.append(_("Needle {length:g} mm.", length=length))
    return joined(parts)


def key_words(assessment: Assessment) -> str:
    """Return what the marks below the bar mean; empty without any."""
    first = limiting(assessment)
    if first is None or first.reached_at_mm is None:
        return ""
    said = finding_words(first)
    return _(
        "{name}: ▼ {counts}; shaded: how many needles like this meet it",
        name=said.name,
        counts=said.counts,
    )


def ruler_uri(
    assessment: Assessment,
    needle: Mapping[str, Any],
    patient: Mapping[str, Any] | None = None,
) -> str:
    """Return the ruler as an image address."""
    return svg_uri(ruler_svg(assessment, needle, patient))


def ruler_svg(
    assessment: Assessment,
    needle: Mapping[str, Any],
    patient: Mapping[str, Any] | None = None,
) -> str:
    """Return the ruler as SVG.

    Parameters
    ----------
    assessment : Assessment
        What the check said.
    needle, patient : mapping
        What it was asked.

    Notes
    -----
    The skin is at the left. The clear part ends at the deepest allowed depth; behind
    it the bar is hatched. The needle lies on the bar to its planned depth, dashed to
    its full length. Below, for the structure that sets the limit: how many of such
    needles meet it at each depth, and from where on it counts.
    """
    end = scale_end(assessment, needle)
    per_mm = (WIDTH - LEFT - RIGHT) / end

    def at(depth_mm: float) -> float:
        return LEFT + min(max(depth_mm, 0.0), end) * per_mm

    limit = assessment.max_depth_mm
    danger = LOOKS[Verdict.DANGER].line
    edge = at(end if limit is None else limit)
    parts = [
        f'<defs><pattern id="d" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="7" height="7" '
        f'fill="{shade("ruler-past")}"/>'
        f'<path d="M0 0V7" stroke="{danger}" stroke-width="2.4"/></pattern></defs>',
        f'<rect x="{LEFT}" y="{TOP}" width="{edge - LEFT:.1f}" height="{BAR}" '
        f'fill="{shade("ruler-clear")}" stroke="{shade("ruler-edge")}"/>',
    ]
    if limit is not None:
        parts.append(
            f'<rect x="{edge:.1f}" y="{TOP}" width="{WIDTH - RIGHT - edge:.1f}" '
            f'height="{BAR}" fill="url(#d)" stroke="{danger}"/>'
        )
    parts += _ticks(end, at)
    parts += _needle(needle, at)
    if limit is not None:
        parts.append(
            f'<path class="limit" d="M{edge:.1f} {TOP - 7}V{TOP + BAR + 5}" '
            f'stroke="{INK}" '
            f'stroke-width="2.4"/>'
        )
        anchor = "start" if edge < 60 else "end" if edge > WIDTH - 60 else "middle"
        label = (
            _("limit {limit}", limit=whole_mm(limit)) if limit > 0 else _("no depth")
        )
        parts.append(
            text_svg(edge, TOP - 22, label, size=13, weight=700, anchor=anchor)
        )
    parts += _structure(assessment, needle, patient, end, at)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" '
        f'width="{WIDTH:g}" height="{HEIGHT:g}">{"".join(parts)}</svg>'
    )


def _ticks(end: float, at: Any) -> list[str]:
    """Return the tick marks and their numbers."""
    step = tick_step(end)
    parts = []
    for index in range(int(end / step) + 1):
        x, depth = at(index * step), index * step
        parts.append(
            f'<path class="tick" data-mm="{depth:g}" d="M{x:.1f} {TOP + BAR}v4" '
            f'stroke="{GREY}" stroke-width="1"/>'
        )
        parts.append(text_svg(x, TOP + BAR + 15, f"{depth:g}", size=10.5, fill=GREY))
    parts.append(
        text_svg(LEFT, TOP - 6, _("skin"), size=10.5, fill=GREY, anchor="start")
    )
    return parts


def _needle(needle: Mapping[str, Any], at: Any) -> list[str]:
    """Return the needle: solid to the planned depth, dashed to its length."""
    y = TOP + BAR / 2
    depth, length = needle.get("depth_mm"), needle.get("length_mm")
    parts = []
    if isinstance(length, (int, float)):
        parts.append(
            f'<path d="M{at(0):.1f} {y}H{at(length):.1f}" stroke="{NEEDLE}" '
            f'stroke-width="2" stroke-dasharray="3 3"/>'
        )
    if isinstance(depth, (int, float)):
        tip = at(depth)
        parts.append(
            f'<path d="M{at(0):.1f} {y}H{tip:.1f}" stroke="#ffffff" stroke-width="7"/>'
            f'<path d="M{at(0):.1f} {y}H{tip - 5:.1f}" stroke="{NEEDLE}" '
            f'stroke-width="4"/><path class="tip" d="M{tip:.1f} {y}l-8 -4.5v9z" '
            f'fill="{NEEDLE}"/>'
        )
    return parts


def _structure(
    assessment: Assessment,
    needle: Mapping[str, Any],
    patient: Mapping[str, Any] | None,
    end: float,
    at: Any,
) -> list[str]:
    """Return the shades and the mark of the structure that sets the limit."""
    first = limiting(assessment)
    if first is None:
        return []
    parts = []
    lengths = np.linspace(0.0, end, PLACES)
    chance = _chances(assessment, needle, patient, first.id, lengths)
    if chance is not None:
        parts += _shaded(first, lengths, chance, at)
    if first.reached_at_mm is not None:
        x = at(first.reached_at_mm)
        colour = LOOKS[max(first.verdict, Verdict.CAUTION)].line
        parts.append(
            f'<path class="meeting" data-zone="{first.id}" '
            f'd="M{x:.1f} {STRIP_TOP - 1:g}l4.5 -7h-9z" fill="{colour}"/>'
        )
    return parts


def _shaded(
    first: Finding,
    lengths: np.ndarray[Any, Any],
    chance: np.ndarray[Any, Any],
    at: Any,
) -> list[str]:
    """Return the strip: shaded the darker, the more needles so deep meet it."""
    colour = LOOKS[max(first.verdict, Verdict.CAUTION)].line
    end, foot = at(float(lengths[-1])), STRIP_TOP + STRIP
    parts, free = [], -99.0
    if first.reached_at_mm is not None:
        # what counts from fewer than the least share is shaded from its mark on
        mark = at(first.reached_at_mm)
        parts.append(
            f'<rect x="{mark:.1f}" y="{STRIP_TOP}" width="{end - mark:.1f}" '
            f'height="{STRIP}" fill="{colour}" fill-opacity="{FAINT}"/>'
        )
    for share, opacity, word in SHADED:
        over = np.flatnonzero(chance >= share)
        if not len(over):
            break
        x = at(float(lengths[over[0]]))
        parts.append(
            f'<rect class="share" data-share="{share:g}" x="{x:.1f}" y="{STRIP_TOP}" '
            f'width="{end - x:.1f}" height="{STRIP}" fill="{colour}" '
            f'fill-opacity="{opacity}"/>'
            f'<path d="M{x:.1f} {foot}v4" stroke="{GREY}" stroke-width="1"/>'
        )
        half = 2.7 * len(said(word))
        middle = min(max(x, half + 2.0), WIDTH - half - 2.0)
        if middle - half < free:
            continue  # no room beside the one before
        free = middle + half + 6.0
        parts.append(text_svg(middle, foot + 15, word, size=10.5, fill=GREY))
    frame = (
        f'<rect x="{at(0):.1f}" y="{STRIP_TOP}" width="{end - at(0):.1f}" '
        f'height="{STRIP}" fill="none" stroke="{shade("ruler-frame")}" '
        'stroke-width=".8"/>'
    )
    return [*parts, frame]


def _chances(
    assessment: Assessment,
    needle: Mapping[str, Any],
    patient: Mapping[str, Any] | None,
    zone_id: str,
    lengths: np.ndarray[Any, Any],
) -> np.ndarray[Any, Any] | None:
    """Return how many needles meet a zone at each length; None where that failed.

    The answer stands without the strip, so a failure here takes nothing else away.
    """
    try:
        found = chances_along(
            assessment, dict(needle), dict(patient or {}), lengths_mm=lengths
        )
    except Exception:
        _LOG.exception("the ruler's strip could not be worked out")
        return None
    return found.get(zone_id)
