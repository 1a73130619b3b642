"""Reasons for a verdict as claims that the check's findings prove or refute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zones.contract.models import Verdict
from zones.sentences.words import load_words
from zones.teaching.items import Choice, Claim, Question
from zones.teaching.pool import rule_facts, rule_table, top_findings, zone_table
from zones.teaching.settings import say

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from zones.contract.models import Assessment, Finding

#: Choices of a question, the right one included.
CHOICES = 4
#: A structure met more often than this is no wrong answer to "which may be reached".
POSSIBLE = 0.001
#: One met less often than this is no wrong answer to "which does it stay short of".
SELDOM = 0.05
VERDICTS = (
    Verdict.NO_KNOWN_DANGER,
    Verdict.CAUTION,
    Verdict.DANGER,
    Verdict.STOP,
)


def claim_of(finding: Finding) -> Claim:
    """Return what a finding says, as a claim."""
    if finding.kind != "zone":
        return Claim(what="patient", id=finding.id)
    return Claim(what="reach" if is_reached(finding) else "short", id=finding.id)


def is_reached(finding: Finding) -> bool:
    """Return whether a zone finding says that the plan itself may reach the structure.

    Not so where only a needle pushed home would: it warns, and the plan stays short.
    """
    if finding.verdict == Verdict.NO_KNOWN_DANGER:
        return False
    return finding.nearest is None or finding.nearest.distance_mm == 0.0


def structure_of(zone_id: str) -> str:
    """Return the structure of a zone, in words."""
    return zone_table()[zone_id].structure


def holds(claim: Claim, answer: Assessment) -> bool:
    """Return whether a reason holds for the verdict of an assessment.

    Parameters
    ----------
    claim : Claim
        A reason: ``reach``, ``short``, ``patient`` or ``nothing``.
    answer : Assessment
        The check's answer.

    Returns
    -------
    bool
        True when a finding that carries the verdict says so; for ``nothing`` when
        none is graver than no known danger.
    """
    if claim.what == "nothing":
        return answer.verdict == Verdict.NO_KNOWN_DANGER
    if answer.verdict == Verdict.NO_KNOWN_DANGER:
        return False
    return any(_says_same(claim, f) for f in top_findings(answer))


def _says_same(claim: Claim, finding: Finding) -> bool:
    """Return whether a finding says what a claim does, in words that a reader sees."""
    own = claim_of(finding)
    if own.what != claim.what:
        return False
    if claim.what == "patient":
        return own.id == claim.id
    return structure_of(own.id) == structure_of(claim.id)


def true_anywhere(claim: Claim, answer: Assessment, patient: Mapping[str, Any]) -> bool:
    """Return whether a reason is true of the plan, whether or not it decides.

    A choice that is wrong must be false, not merely less weighty.
    """
    if claim.what == "nothing":
        return not any(f.verdict > Verdict.NO_KNOWN_DANGER for f in answer.findings)
    if claim.what == "patient":
        if any(f.id == claim.id for f in answer.findings):
            return True
        # a milder rule that a graver one makes superfluous is true and not shown
        return not rule_facts(claim.id).isdisjoint(unfavourable_facts(patient))
    named = [
        finding
        for finding in answer.findings
        if finding.kind == "zone" and structure_of(finding.id) == structure_of(claim.id)
    ]
    if claim.what == "short":
        # what is met once in thousands of people is short of in nearly all of them
        return any(not is_reached(f) or _chance(f) < SELDOM for f in named)
    return any(is_reached(f) or _chance(f) > POSSIBLE for f in named)


def _chance(finding: Finding) -> float:
    """Return the chance that the plan meets the structure of a finding."""
    return finding.p_meet or 0.0


def may_meet(answer: Assessment) -> set[str]:
    """Return the structures that the plan may meet, in words."""
    return {
        structure_of(finding.id)
        for finding in answer.findings
        if finding.kind == "zone"
        and (is_reached(finding) or _chance(finding) > POSSIBLE)
    }


def unfavourable_facts(patient: Mapping[str, Any]) -> set[str]:
    """Return the facts of a patient that are not at the answer that clears."""
    from zones.knowledge.facts import load_facts

    known = load_facts().by_name()
    return {
        name for name, value in patient.items() if value != known[name].favourable
    } | {"sex", "age", "bmi"}


def reason_words(claim: Claim) -> str:
    """Return a reason in words.

    Examples
    --------
    >>> reason_words(Claim(what="reach", id="pleura"))
    'As planned, the needle may reach the pleura and lung.'
    """
    if claim.what == "nothing":
        return say("reasons", "nothing")
    if claim.what == "patient":
        return say("reasons", "patient", title=rule_table()[claim.id].title)
    return say("reasons", claim.what, structure=structure_of(claim.id))


def verdict_question() -> tuple[Choice, ...]:
    """Return the four verdicts as choices, the mildest first."""
    return tuple(
        Choice(
            id=verdict.value,
            text=load_words().verdict[verdict].word,
            claim=Claim(what="verdict", id=verdict.value),
        )
        for verdict in VERDICTS
    )


def right_reason(answer: Assessment) -> Claim | None:
    """Return the reason of the finding that leads; None when there is none to give."""
    if answer.verdict == Verdict.NO_KNOWN_DANGER:
        return Claim(what="nothing")
    top = top_findings(answer)
    if not top or top[0].status != "known":
        return None
    if top[0].kind == "zone" or (
        top[0].kind == "patient" and top[0].id in rule_table()
    ):
        return claim_of(top[0])
    return None


def false_reasons(
    rng: random.Random,
    answer: Assessment,
    patient: Mapping[str, Any],
    right: Claim,
    *,
    near: Sequence[str] = (),
) -> list[Claim]:
    """Return reasons that do not hold, the most tempting first.

    Parameters
    ----------
    rng : random.Random
        Chooses among equals.
    answer : Assessment
        The check's answer.
    patient : mapping
        Facts of the patient.
    right : Claim
        The right reason.
    near : sequence of str
        Zones of the same part of the body, tried before others.

    Returns
    -------
    list of Claim
        Up to three, each false of the plan by the check's own findings.
    """
    found: list[Claim] = []
    words = {reason_words(right)}

    def take(claims: Iterable[Claim], most: int) -> None:
        for claim in claims:
            if len(found) >= most:
                return
            text = reason_words(claim)
            if text in words or true_anywhere(claim, answer, patient):
                continue
            words.add(text)
            found.append(claim)

    if right.what == "reach":
        take([Claim(what="short", id=right.id)], 1)
    elif right.what == "short":
        take([Claim(what="reach", id=right.id)], 1)
    if right.what != "nothing" and rng.random() < 0.5:
        take([Claim(what="nothing")], 2)
    close = list(near)
    rng.shuffle(close)
    far = sorted(z.id for z in zone_table().values() if z.kind == "structure")
    rng.shuffle(far)
    take((Claim(what="reach", id=name) for name in close), 2)
    rules = sorted(rule_table())
    rng.shuffle(rules)
    ruled = (Claim(what="patient", id=name) for name in rules if rule_facts(name))
    if rng.random() < 0.6:
        take(ruled, 3)
    take((Claim(what="reach", id=name) for name in [*close, *far]), CHOICES - 1)
    return found


def reason_question(
    rng: random.Random, right: Claim, wrong: Sequence[Claim]
) -> Question:
    """Return the question for the reason, its choices in a drawn order."""
    claims = [right, *wrong]
    order = list(range(len(claims)))
    rng.shuffle(order)
    choices = tuple(
        Choice(
            id=f"r{place + 1}", text=reason_words(claims[number]), claim=claims[number]
        )
        for place, number in enumerate(order)
    )
    return Question(
        skill="reason",
        text=say("questions", "reason"),
        choices=choices,
        right=f"r{order.index(0) + 1}",
    )
