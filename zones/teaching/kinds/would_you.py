"""Would you? A site, a needle and a patient: the verdict and the reason."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from zones.contract.models import Verdict
from zones.sentences.figures import needle_words
from zones.teaching.items import Item, Question
from zones.teaching.needles import deepest_plan_mm, draw_needle, with_arm
from zones.teaching.pool import (
    ask,
    draw_patient,
    risks_of,
    stopping,
    tried,
    zones_of_region,
)
from zones.teaching.reasons import (
    VERDICTS,
    false_reasons,
    holds,
    reason_question,
    right_reason,
    true_anywhere,
    verdict_question,
)
from zones.teaching.settings import drawing, say
from zones.teaching.words import patient_words, plain, site_words

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from zones.contract.models import Assessment
    from zones.teaching.pool import Draw


def make(draw: Draw) -> Item | None:
    """Return an exercise, or None when none came out of the tries.

    A verdict is drawn first, so that a class does not learn that DANGER is mostly
    right; the plan is then bent toward it, and what the check says counts.
    """
    wanted = draw.rng.choice(VERDICTS)
    spare: Item | None = None
    for number in range(drawing().sites.tries):
        item = _one(draw, wanted)
        if item is not None:
            if item.questions[0].right == wanted.value:
                return item
            spare = spare or item
        if spare is not None and number >= drawing().sites.tries // 8:
            break
    return spare


def _one(draw: Draw, wanted: Verdict) -> Item | None:
    """Return an exercise at the next site; None when it would not be fair."""
    site = draw.site()
    needle = draw_needle(draw, site)
    if wanted == Verdict.NO_KNOWN_DANGER:
        # a long needle that can be pushed home holds at CAUTION
        rule = drawing().needle
        needle |= {"length_mm": min(rule.lengths_mm), "depth_mm": rule.depth_step_mm}
    risk = None
    if wanted == Verdict.STOP:
        risk = draw.rng.choice(stopping(draw))
    elif (
        wanted != Verdict.NO_KNOWN_DANGER
        and draw.rng.random() < drawing().patient.share_with_risk
    ):
        risk = draw.rng.choice(risks_of(draw))
    patient = draw_patient(draw, risk=risk)
    needle = with_arm(draw, site, needle, patient)
    answer = tried(site, needle, patient)
    if answer is None:
        return None
    bent = _bent(needle, answer, wanted, deepest_plan_mm(site, draw.body))
    if bent is not None:
        needle, answer = bent, tried(site, bent, patient)
    if answer is None:
        return None
    return build(draw.rng, site, needle, patient, answer, wanted_zones=draw.zones)


def _bent(
    needle: Mapping[str, Any], answer: Assessment, wanted: Verdict, deepest: float
) -> dict[str, Any] | None:
    """Return the plan made deeper or shallower toward a verdict; None to leave it.

    Never deeper than anyone would plan there, mm.
    """
    limit, step = answer.max_depth_mm, drawing().needle.depth_step_mm
    if limit is None or not limit or wanted == Verdict.STOP:
        return None
    if wanted == Verdict.DANGER and answer.verdict < Verdict.DANGER:
        depth = step * (math.floor(limit / step) + 1)
        return {**needle, "depth_mm": min(depth, deepest)}
    if wanted <= Verdict.CAUTION and answer.verdict == Verdict.DANGER:
        depth = step * math.floor(limit / step)
        return {**needle, "depth_mm": depth} if depth > 0 else None
    return None


def build(
    rng: random.Random,
    site: Mapping[str, Any],
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
    answer: Assessment,
    *,
    wanted_zones: tuple[str, ...] = (),
    prompt: str | None = None,
) -> Item | None:
    """Return the exercise about a checked plan; None when it would not be fair.

    Parameters
    ----------
    rng : random.Random
        Draws wrong reasons and the order of choices.
    site, needle, patient : mapping
        The request (mm).
    answer : Assessment
        What the check says of it.
    wanted_zones : tuple of str
        Zones one of which the exercise must be about.
    prompt : str, optional
        What is asked; made from the request by default.

    Returns
    -------
    Item or None
        None where questions are open, nothing was mapped, or fewer than three wrong
        reasons can be told from the right one.
    """
    if answer.verdict not in VERDICTS or not answer.complete:
        return None
    right = right_reason(answer)
    if right is None:
        return None
    about = [f.id for f in answer.findings if f.kind == "zone"]
    if wanted_zones and set(wanted_zones).isdisjoint(about):
        return None
    near = [
        name
        for name in zones_of_region(answer.site.body, answer.site.region)
        if name not in about
    ]
    wrong = false_reasons(rng, answer, patient, right, near=near)
    if len(wrong) < 3:
        return None
    led = next((f for f in answer.findings if f.id == right.id), None)
    words = say(
        "prompts",
        "would_you",
        site=site_words(site),
        plan=needle_words(needle),
        patient=patient_words(patient),
    )
    return Item(
        id="drawn",
        kind="would_you",
        body=answer.site.body,
        chart=answer.site.chart,
        prompt=prompt or words,
        site=plain(site),
        needle=dict(needle),
        patient=dict(patient),
        questions=(
            Question(
                skill="verdict",
                text=say("questions", "verdict"),
                choices=verdict_question(),
                right=answer.verdict.value,
            ),
            reason_question(rng, right, wrong),
        ),
        reason=led.message if led else answer.headline,
        sources=tuple(led.sources if led else answer.sources),
        zones=tuple(dict.fromkeys(about)),
        skills=("verdict", "reason"),
        hide=("zones", "depth", "zone-labels", "section", "limit"),
        data_version=answer.data_version,
    )


def problems(item: Item) -> list[str]:
    """Return what is wrong with an exercise by the check; empty when it is fair."""
    if item.site is None or item.needle is None:
        return ["no plan"]
    answer = ask(item.site, item.needle, item.patient)
    found: list[str] = []
    verdict, reason = item.question("verdict"), item.question("reason")
    if verdict is None or reason is None:
        return ["verdict and reason must be asked"]
    if verdict.right != answer.verdict.value:
        found.append(f"the check says {answer.verdict.value}, not {verdict.right}")
    if not answer.complete:
        found.append("questions are open")
    for choice in reason.choices:
        right = choice.id == reason.right
        if right and not holds(choice.claim, answer):
            found.append(f"the reason does not hold: {choice.text}")
        if not right and (
            holds(choice.claim, answer)
            or true_anywhere(choice.claim, answer, item.patient)
        ):
            found.append(f"a wrong reason holds: {choice.text}")
    return found
