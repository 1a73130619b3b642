"""Make it acceptable: a plan at DANGER, and what may be changed to stay below it."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.muscles.catalogue import get_muscle, muscle_site
from zones.contract.models import Verdict
from zones.sentences.figures import needle_words
from zones.teaching.items import Change, Freedom, Item
from zones.teaching.needles import deepest_plan_mm, draw_needle, with_arm
from zones.teaching.pool import (
    ACCEPTABLE,
    ask,
    draw_patient,
    placed,
    top_findings,
    tried,
    verdict_tried,
)
from zones.teaching.settings import drawing, say
from zones.teaching.words import patient_words, plain, site_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zones.contract.models import Assessment
    from zones.teaching.pool import Draw

CHANGES = ("depth", "direction", "site")


def make(draw: Draw) -> Item | None:
    """Return an exercise that can be solved, or None when none came out."""
    for _ in range(drawing().sites.tries):
        site = draw.site()
        needle, patient = draw_needle(draw, site), draw_patient(draw)
        needle = with_arm(draw, site, needle, patient)
        answer = tried(site, needle, patient)
        if answer is None:
            continue
        if answer.verdict < Verdict.DANGER and answer.max_depth_mm:
            step = drawing().needle.depth_step_mm
            depth = step * (math.floor(answer.max_depth_mm / step) + 1)
            if depth > deepest_plan_mm(site, draw.body):
                continue
            needle["depth_mm"] = depth
            answer = tried(site, needle, patient)
        if answer is None or not draw.about(f.id for f in top_findings(answer)):
            continue
        # one way is left out at times, so that the usual one is not always open
        kept = [c for c in CHANGES if draw.rng.random() < 0.7] or list(CHANGES)
        item = build(site, needle, patient, answer, tuple(kept))
        if item is not None:
            return item
    return None


def build(
    site: Mapping[str, Any],
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
    answer: Assessment,
    changes: tuple[str, ...],
    *,
    prompt: str | None = None,
) -> Item | None:
    """Return the exercise about a plan; None when not at DANGER or without a way out.

    Parameters
    ----------
    site, needle, patient : mapping
        The request (mm).
    answer : Assessment
        What the check says of it.
    changes : tuple of str
        What may be changed: ``depth``, ``direction``, ``site``.
    prompt : str, optional
        What is asked; made from the request by default.
    """
    top = top_findings(answer)
    if answer.verdict != Verdict.DANGER or any(f.kind != "zone" for f in top):
        return None
    if not answer.complete:
        return None
    rule = drawing()
    freedom = Freedom.model_validate(
        {
            "changes": changes,
            "least_depth_mm": rule.needle.least_depth_mm,
            "nearby_mm": rule.sites.nearby_mm,
        }
    )
    solution = next(_ways(site, needle, patient, answer, freedom), None)
    if solution is None:
        return None
    allowed = " or ".join(
        say("changes", c, least=freedom.least_depth_mm, nearby=freedom.nearby_mm)
        for c in freedom.changes
    )
    words = say(
        "prompts",
        "make_acceptable",
        site=site_words(site),
        plan=needle_words(needle),
        patient=patient_words(patient),
        changes=allowed,
    )
    return Item(
        id="drawn",
        kind="make_acceptable",
        body=answer.site.body,
        chart=answer.site.chart,
        prompt=prompt or words,
        site=plain(site),
        needle=dict(needle),
        patient=dict(patient),
        freedom=freedom,
        solution=solution,
        reason=f"{top[0].message} {solution.why}",
        sources=tuple(top[0].sources),
        zones=tuple(dict.fromkeys(f.id for f in top)),
        skills=("change",),
        hide=("limit",),
        data_version=answer.data_version,
    )


def solve(item: Item) -> Change | None:
    """Return a permitted change that keeps the plan below DANGER.

    Parameters
    ----------
    item : Item
        An exercise of kind ``make_acceptable``.

    Returns
    -------
    Change or None
        The first of the check's own suggestions that is permitted, tried by the
        check as a plan of its own; then sites nearby. None when there is none.

    Examples
    --------
    >>> from zones.teaching.generating import generate
    >>> solve(generate("make_acceptable", 3)).verdict in ("CAUTION", "NO_KNOWN_DANGER")
    True
    """
    if item.site is None or item.needle is None or item.freedom is None:
        return None
    answer = ask(item.site, item.needle, item.patient)
    ways = _ways(item.site, item.needle, item.patient, answer, item.freedom)
    return next(ways, None)


def _ways(
    site: Mapping[str, Any],
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
    answer: Assessment,
    freedom: Freedom,
) -> Iterator[Change]:
    """Yield permitted changes that stay below DANGER, each proven by the check."""
    for hint in answer.suggestions:
        change = hint.change.removesuffix("_mm")
        if hint.to is None or change not in freedom.changes:
            continue
        if change == "depth":
            # whole millimetres, as they are set by hand
            depth = float(math.floor(float(hint.to)))  # type: ignore[arg-type]
            if depth < freedom.least_depth_mm:
                continue
            new = dict(site), {**needle, "depth_mm": depth}
        elif change == "direction":
            new = dict(site), {**needle, "direction": hint.to}
        else:
            new = plain({**hint.to, "body": site.get("body")}), dict(needle)  # type: ignore[dict-item]
        done = _proven(change, *new, patient, hint.why)
        if done is not None:
            yield done
    if "site" in freedom.changes and "muscle" in site:
        for other in _sites_beside(site, answer, freedom.nearby_mm):
            done = _proven("site", other, dict(needle), patient, site_words(other))
            if done is not None:
                yield done


def _sites_beside(
    site: Mapping[str, Any], answer: Assessment, nearby_mm: float
) -> Iterator[dict[str, Any]]:
    """Yield the other named sites of the muscle that lie near."""
    here = np.array(answer.site.xyz_mm)
    muscle = get_muscle(site["muscle"])
    own = muscle_site(muscle, site.get("site")).label
    for spot in muscle.site:
        other = plain({**site, "site": spot.label})
        there = placed(answer.site.body, json.dumps(other, sort_keys=True))
        if spot.label == own or there is None:
            continue
        if float(np.linalg.norm(there.point.xyz - here)) <= nearby_mm:
            yield other


def _proven(
    change: str,
    site: dict[str, Any],
    needle: dict[str, Any],
    patient: Mapping[str, Any],
    why: str,
) -> Change | None:
    """Return a change when the check says that the plan so changed is below DANGER."""
    verdict = verdict_tried(site, needle, patient)
    if verdict is None or verdict not in ACCEPTABLE:
        return None
    return Change.model_validate(
        {
            "change": change,
            "site": site,
            "needle": needle,
            "verdict": verdict.value,
            "why": why,
        }
    )


def problems(item: Item) -> list[str]:
    """Return what is wrong with an exercise by the check; empty when it is fair."""
    if item.site is None or item.needle is None or item.freedom is None:
        return ["no plan, or nothing that may be changed"]
    answer = ask(item.site, item.needle, item.patient)
    found: list[str] = []
    if answer.verdict != Verdict.DANGER:
        found.append(f"the check says {answer.verdict.value}, not DANGER")
    solution = item.solution
    if solution is None:
        return [*found, "no way out is known"]
    if solution.change not in item.freedom.changes:
        found.append(f"the {solution.change} may not be changed")
    after = verdict_tried(solution.site, solution.needle, item.patient)
    if after is None or after not in ACCEPTABLE:
        found.append("the way out is not below DANGER")
    if solution.needle["depth_mm"] < item.freedom.least_depth_mm:
        found.append("the way out is too shallow")
    return found
