"""What a learner answers, and what comes back at once: score, words, cross-section."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from anatomy.body import load_body
from anatomy.errors import InputError
from anatomy.names import unknown
from anatomy.words.sites import resolve_site
from zones.contract.models import Assessment, Verdict
from zones.contract.sites import parse_site
from zones.contract.validation import StrictModel, parse
from zones.teaching.items import Item, Question, Skill
from zones.teaching.kinds import place_it
from zones.teaching.kinds.make_acceptable import solve
from zones.teaching.pool import ACCEPTABLE, ask
from zones.teaching.score import (
    angle_between,
    angle_score,
    composite,
    depth_score,
    placement_score,
    time_score,
)
from zones.teaching.settings import say, scoring
from zones.teaching.words import plain

#: What of a plan is never to be changed, and how it is called.
KEPT = {
    "grip": "grip",
    "fold_mm": "fold",
    "bone": "bone",
    "posture": "posture",
    "arm": "position of the arm",
    "measured": "depth seen in the patient",
}


class Response(StrictModel):
    """What a learner answered.

    ``site`` and ``needle`` in the forms of the contract (mm), ``choices`` by the skill
    of each question, ``seconds`` the time taken.
    """

    where: ClassVar[str] = "response"

    site: dict[str, Any] | None = None
    needle: dict[str, Any] | None = None
    choices: dict[str, str] = Field(default_factory=dict)
    seconds: Annotated[float, Field(ge=0)] | None = None


class Misplaced(BaseModel):
    """Where a needle was put, for a map of a class; mm on the chart and off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    body: str
    chart: str
    x_mm: float
    y_mm: float
    distance_mm: float


class Feedback(BaseModel):
    """What comes back on an answer.

    Attributes
    ----------
    item_id, kind : str
        The exercise.
    right : bool
        Whether all of it was right.
    score : float
        From 0 to 1.
    parts : dict
        Score of each skill, from 0 to 1.
    errors : tuple of str
        Skills in which the answer was wrong: the kinds of error.
    words : tuple of str
        What is said, the most important first.
    right_answer : dict
        The right answer in words, by skill.
    request : dict
        Site, needle and patient that the assessment is of, to draw the cross-section.
    assessment : Assessment
        What the check says of it.
    reason : str
        Why the right answer is right.
    sources : tuple of str
        Ids of the sources; ``citation`` and ``url`` for a published injury.
    zones : tuple of str
        Zones that the exercise is about.
    misplaced : Misplaced or None
        Where the needle was put, when it was to be placed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: str
    kind: str
    right: bool
    score: Annotated[float, Field(ge=0, le=1)]
    parts: dict[str, float]
    errors: tuple[Skill, ...] = ()
    words: tuple[str, ...]
    right_answer: dict[str, str]
    request: dict[str, Any]
    assessment: Assessment
    reason: str
    sources: tuple[str, ...]
    citation: str | None = None
    url: str | None = None
    zones: tuple[str, ...]
    misplaced: Misplaced | None = None


def answer(
    item: Item, response: object, *, time_limit_s: float | None = None
) -> Feedback:
    """Return what comes back on an answer.

    Parameters
    ----------
    item : Item
        The exercise.
    response : mapping or Response
        ``site`` and ``needle`` for what is placed or changed, ``choices`` (by skill)
        for what is chosen, ``seconds`` at will.
    time_limit_s : float, optional
        Time allowed, s; with ``seconds`` it takes part in the score of a placement.

    Returns
    -------
    Feedback
        Right or wrong, score, words, the assessment to show, sources.

    Raises
    ------
    NeedlemapError
        Of the kind that says what is missing or not known; nothing is scored then.

    Examples
    --------
    >>> from zones.teaching.generating import generate
    >>> item = generate("would_you", 7)
    >>> right = {q.skill: q.right for q in item.questions}
    >>> answer(item, {"choices": right}).score
    1.0
    """
    given = parse(Response, response, field="response")
    if item.kind == "place_it":
        return _placed(item, given, time_limit_s)
    if item.kind == "make_acceptable":
        return _changed(item, given)
    return _chosen(item, given)


def _placed(item: Item, given: Response, limit_s: float | None) -> Feedback:
    """Score a placement, and the depth and angle where they were asked."""
    target = item.target
    assert target is not None  # the item's own model sees to it
    if given.site is None:
        raise InputError(
            "response.site must say where the needle goes.", field="response.site"
        )
    body = load_body(item.body)
    site = _on_body(given.site, item.body)
    there = resolve_site(
        body, {k: v for k, v in site.items() if k != "body"}, field="response.site"
    )
    off = place_it.distance_off(item, there.point.xyz)
    near = placement_score(off, target.spread_mm)
    words: list[str] = []
    scores = {"distance": near}
    errors: list[Skill] = [] if off <= target.spread_mm else ["place"]
    parts = {"place": near}
    opposite = {"left": "right", "right": "left"}.get(target.side)
    if there.side == opposite:
        words.append(say("feedback", "wrong_side"))
    words.append(
        say(
            "feedback",
            "placed",
            distance=off,
            spread=target.spread_mm,
            basis=target.basis,
        )
    )
    needle = dict(item.needle or {})
    if target.depth_mm is not None:
        needle = _plan(item, given.needle)
        depth, limit = float(needle["depth_mm"]), target.depth_mm
        past = depth > limit
        scores["depth"] = (
            0.0 if past else depth_score(limit - depth, sd_mm=target.depth_sd_mm)
        )
        name = "depth_past" if past else "depth_short"
        words.append(say("feedback", name, depth=depth, limit=limit))
        scores["angle"] = _upright_score(item, site, needle)
        parts["depth"] = min(scores["depth"], scores["angle"])
        if parts["depth"] < scoring().hand.at_untrained:
            errors.append("depth")
    if given.seconds is not None and limit_s is not None:
        scores["time"] = time_score(given.seconds, limit_s)
    x_mm, y_mm = (
        float(v) for v in body.charts[item.chart].project(there.point.xyz[None])[0]
    )
    right_answer = {"place": target.name}
    if target.depth_mm is not None:
        right_answer["depth"] = f"{target.depth_mm:g} mm"
    return _feedback(
        item,
        scores=composite(scores),
        parts=parts,
        errors=errors,
        words=words,
        right_answer=right_answer,
        request=(site, needle),
        misplaced=Misplaced(
            body=item.body,
            chart=item.chart,
            x_mm=round(x_mm, 1),
            y_mm=round(y_mm, 1),
            distance_mm=round(off, 1),
        ),
    )


def _on_body(site: dict[str, Any], body: str) -> dict[str, Any]:
    """Return a site of a response on the body of the exercise, its form checked."""
    form = parse_site({**site, "body": body}, field="response.site")
    return plain(form.model_dump(mode="json", exclude_none=True))


def _plan(item: Item, needle: dict[str, Any] | None) -> dict[str, Any]:
    """Return the plan of a response: the exercise's needle with what was changed."""
    if needle is None or needle.get("depth_mm") is None:
        raise InputError(
            "response.needle.depth_mm must say how deep.",
            field="response.needle.depth_mm",
        )
    return {**(item.needle or {}), **needle}


def _upright_score(item: Item, site: dict[str, Any], needle: dict[str, Any]) -> float:
    """Return the score of the angle of a needle that was to be upright."""
    lean = needle.get("direction")
    if not isinstance(lean, dict):
        return 1.0
    if "tilt_deg" in lean:
        return angle_score(float(lean["tilt_deg"]))
    body = load_body(item.body)
    there = resolve_site(body, {k: v for k, v in site.items() if k != "body"})
    inward = -body.skin.normal(there.point)
    return angle_score(angle_between(lean["vector"], inward.tolist()))


def _changed(item: Item, given: Response) -> Feedback:
    """Judge a changed plan: whether it is permitted and what the check says."""
    freedom, before = item.freedom, item.needle or {}
    assert freedom is not None and item.site is not None  # the item's model sees to it
    site = item.site if given.site is None else _on_body(given.site, item.body)
    needle = {**before, **(given.needle or {})}
    if given.site is None and given.needle is None:
        raise InputError(
            "response must change something: give a site or a needle.",
            field="response.needle",
        )
    result = ask(site, needle, item.patient)
    words: list[str] = []
    refused: list[str] = []
    if needle["depth_mm"] != before["depth_mm"] and "depth" not in freedom.changes:
        refused.append(say("feedback", "not_allowed", what="depth"))
    if _way(needle) != _way(before) and "direction" not in freedom.changes:
        refused.append(say("feedback", "not_allowed", what="direction"))
    if needle["length_mm"] != before["length_mm"]:
        refused.append(say("feedback", "not_allowed", what="length"))
    refused += [
        say("feedback", "not_allowed", what=words)
        for name, words in KEPT.items()
        if needle.get(name) != before.get(name)
    ]
    here = ask(item.site, before, item.patient).site.xyz_mm
    off = float(np.linalg.norm(np.subtract(result.site.xyz_mm, here)))
    if off > place_it.ROUNDING_MM:
        same = "muscle" in item.site and all(
            site.get(key) == item.site.get(key) for key in ("muscle", "side")
        )
        if "site" not in freedom.changes:
            refused.append(say("feedback", "not_allowed", what="site"))
        elif off > freedom.nearby_mm and not same:
            refused.append(
                say("feedback", "too_far", distance=off, nearby=freedom.nearby_mm)
            )
    least = freedom.least_depth_mm
    if needle["depth_mm"] < least:
        refused.append(
            say("feedback", "shallow", depth=needle["depth_mm"], least=least)
        )
    below = result.verdict in ACCEPTABLE
    name = "acceptable" if below else "not_acceptable"
    words = [
        *refused,
        say("feedback", name, verdict=result.verdict.value, headline=result.headline),
    ]
    right = below and not refused
    solution = item.solution or solve(item)
    one = solution.why if solution else ""
    if not right:
        words.append(say("feedback", "instead", change=one))
    return _feedback(
        item,
        scores=1.0 if right else 0.0,
        parts={"change": 1.0 if right else 0.0},
        errors=[] if right else ["change"],
        words=words,
        right_answer={"change": one},
        request=(site, needle),
    )


def _way(needle: dict[str, Any]) -> str:
    """Return the direction of a plan as a text that can be compared."""
    lean = needle.get("direction") or "perpendicular"
    return json.dumps(lean, sort_keys=True)


def _chosen(item: Item, given: Response) -> Feedback:
    """Judge choices; each question counts the same."""
    assert item.site is not None and item.needle is not None
    known = [question.skill for question in item.questions]
    for skill in given.choices:
        if skill not in known:
            raise unknown("question", skill, known, field="response.choices")
    words: list[str] = []
    parts: dict[str, float] = {}
    errors: list[Skill] = []
    for question in item.questions:
        chosen = _choice(question, given)
        right = chosen == question.right
        parts[question.skill] = 1.0 if right else 0.0
        if right:
            continue
        errors.append(question.skill)
        if question.skill == "verdict":
            name = "milder" if Verdict(chosen) < question.right else "stricter"
            words.append(
                say(
                    "feedback",
                    name,
                    right=question.choice().text,
                    given=question.choice(chosen).text,
                )
            )
        else:
            words.append(say("feedback", "right_choice", text=question.choice().text))
    if item.case is not None:
        words.append(item.case.happened)
    return _feedback(
        item,
        scores=sum(parts.values()) / len(parts),
        parts=parts,
        errors=errors,
        words=words,
        right_answer={q.skill: q.choice().text for q in item.questions},
        request=(item.site, item.needle),
    )


def _choice(question: Question, given: Response) -> str:
    """Return the choice of a response to a question."""
    field = f"response.choices.{question.skill}"
    chosen = given.choices.get(question.skill)
    names = [choice.id for choice in question.choices]
    if chosen is None:
        raise InputError(
            f"{field} must be one of {', '.join(names)}.",
            field=field,
            suggestions=names,
        )
    if chosen not in names:
        raise unknown("choice", chosen, names, field=field)
    return chosen


def _feedback(
    item: Item,
    *,
    scores: float,
    parts: dict[str, float],
    errors: list[Skill],
    words: list[str],
    right_answer: dict[str, str],
    request: tuple[dict[str, Any], dict[str, Any]],
    misplaced: Misplaced | None = None,
) -> Feedback:
    """Return the feedback with the check's answer to what is to be shown."""
    site, needle = request
    result = ask(site, needle, item.patient)
    right = not errors
    partly = not right and scores > 0.0
    first = say("feedback", "right" if right else "partly" if partly else "wrong")
    said = say(
        "feedback", "verdict", verdict=result.verdict.value, headline=result.headline
    )
    return Feedback(
        item_id=item.id,
        kind=item.kind,
        right=right,
        score=min(1.0, max(0.0, scores)),
        parts=parts,
        errors=tuple(errors),
        words=(first, *words, said, item.reason),
        right_answer=right_answer,
        request={"site": site, "needle": needle, "patient": item.patient},
        assessment=result,
        reason=item.reason,
        sources=item.sources,
        citation=item.case.citation if item.case else None,
        url=item.case.url if item.case else None,
        zones=item.zones,
        misplaced=misplaced,
    )
