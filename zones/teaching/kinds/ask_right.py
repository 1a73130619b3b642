"""Ask the right question: which fact that is missing can change the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anatomy.errors import NeedlemapError
from zones.knowledge.facts import load_facts
from zones.sentences.figures import needle_words
from zones.teaching.items import Choice, Claim, Item, Question
from zones.teaching.needles import draw_needle
from zones.teaching.pool import (
    ask,
    draw_patient,
    risks_of,
    stopping,
    tried,
    verdict_tried,
)
from zones.teaching.reasons import CHOICES, VERDICTS
from zones.teaching.settings import drawing, say
from zones.teaching.words import patient_words, plain, site_words

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence

    from zones.contract.models import Assessment, Verdict
    from zones.teaching.pool import Draw


def make(draw: Draw) -> Item | None:
    """Return an exercise, or None when none came out of the tries."""
    risky, grave = list(risks_of(draw)), list(stopping(draw))
    numbers = [trial.fact for trial in drawing().number]
    for _ in range(drawing().sites.tries):
        site = draw.site()
        needle, patient = draw_needle(draw, site), draw_patient(draw)
        others = draw.rng.sample(risky, min(12, len(risky)))
        # any may decide: often one that stops, at times a number
        first = draw.rng.choice(grave if draw.rng.random() < 0.5 else risky)
        pool = [first, *(o for o in others if o != first)]
        if draw.rng.random() < 0.3:
            pool.insert(1, draw.rng.choice(numbers))
        item = build(
            draw.rng, site, needle, patient, pool, wanted_zones=draw.zones, narrow=True
        )
        if item is not None:
            return item
    return None


def answers_to(name: str) -> tuple[Any, ...]:
    """Return the answers that a question is tried with: either, or all the values.

    Examples
    --------
    >>> answers_to("epilepsy")
    (False, True)
    """
    for trial in drawing().number:
        if trial.fact == name:
            return trial.values
    return (False, True)


def effect(
    site: Mapping[str, Any],
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
    name: str,
) -> set[Verdict] | None:
    """Return the verdicts that the answers to one question lead to.

    Parameters
    ----------
    site, needle, patient : mapping
        The request, the fact left out (mm).
    name : str
        The fact.

    Returns
    -------
    set of Verdict or None
        None when some answer contradicts what is known, so that it cannot be asked.
    """
    found: set[Verdict] = set()
    for value in answers_to(name):
        verdict = verdict_tried(site, needle, {**patient, name: value})
        if verdict is None or verdict not in VERDICTS:
            return None
        found.add(verdict)
    return found


def build(
    rng: random.Random,
    site: Mapping[str, Any],
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
    pool: Sequence[str],
    *,
    wanted_zones: tuple[str, ...] = (),
    narrow: bool = False,
    prompt: str | None = None,
) -> Item | None:
    """Return the exercise with exactly one question that can change the verdict.

    Parameters
    ----------
    rng : random.Random
        Draws the order of choices.
    site, needle, patient : mapping
        The request with all facts answered (mm).
    pool : sequence of str
        Facts that may be asked for.
    wanted_zones : tuple of str
        Zones one of which the plan must have to do with.
    narrow : bool
        Choose four out of the pool; else all of it must serve as it stands.
    prompt : str, optional
        What is asked; made from the request by default.

    Returns
    -------
    Item or None
        None when not exactly one does, or fewer than three do not.
    """
    chosen = _chosen(site, needle, patient, pool) if narrow else list(pool)
    if chosen is None:
        return None
    bare = {k: v for k, v in patient.items() if k not in chosen}
    answer = tried(site, needle, bare)
    if answer is None or answer.verdict not in VERDICTS:
        return None
    about = [f.id for f in answer.findings if f.kind == "zone"]
    if wanted_zones and set(wanted_zones).isdisjoint(about):
        return None
    found = _deciding(site, needle, bare, chosen, answer)
    if found is None or len(found) != 1 or len(chosen) < CHOICES:
        return None
    right = found[0]
    facts = load_facts()
    order = sorted(chosen)
    rng.shuffle(order)
    if len({facts[name].question for name in order}) != len(order):
        return None
    changed = _worst_change(site, needle, bare, right, answer)
    words = say(
        "prompts",
        "ask_right",
        site=site_words(site),
        plan=needle_words(needle),
        patient=patient_words(bare, body=answer.site.body, missing=sorted(order)),
    )
    led = [f for f in changed.findings if f.verdict == changed.verdict]
    return Item(
        id="drawn",
        kind="ask_right",
        body=answer.site.body,
        chart=answer.site.chart,
        prompt=prompt or words,
        site=plain(site),
        needle=dict(needle),
        patient=bare,
        facts=tuple(sorted(order)),
        questions=(
            Question(
                skill="question",
                text=say("questions", "question"),
                choices=tuple(
                    Choice(
                        id=name,
                        text=facts[name].question,
                        claim=Claim(what="fact", id=name),
                    )
                    for name in order
                ),
                right=right,
            ),
        ),
        reason=led[0].message if led else changed.headline,
        sources=tuple(led[0].sources if led else changed.sources),
        zones=tuple(dict.fromkeys(about)),
        skills=("question",),
        hide=("limit",),
        data_version=answer.data_version,
    )


def deciding(
    site: Mapping[str, Any],
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
    names: Sequence[str],
) -> list[str]:
    """Return the questions some answer to which changes the verdict.

    Parameters
    ----------
    site, needle, patient : mapping
        The request (mm); the facts named are left out of it.
    names : sequence of str
        Facts, all missing while each is tried.

    Returns
    -------
    list of str
        Empty too when the check cannot say, or one of them cannot be asked.

    Examples
    --------
    >>> from zones.patients.request import unremarkable
    >>> healthy = unremarkable({"sex": "male", "age": 40, "bmi": 22.0})
    >>> plan = {"length_mm": 25.0, "depth_mm": 10.0}
    >>> site = {"point": "LI4", "side": "left"}
    >>> deciding(site, plan, healthy, ["medical_emergency", "easy_bruising"])
    ['medical_emergency']
    """
    bare = {k: v for k, v in patient.items() if k not in names}
    answer = tried(site, needle, bare)
    if answer is None:
        return []
    return _deciding(site, needle, bare, names, answer) or []


def _chosen(
    site: Mapping[str, Any],
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
    pool: Sequence[str],
) -> list[str] | None:
    """Return four facts of which, one by one, only one seems to matter.

    Each is tried alone here; that it holds with all four missing is proven after.
    """
    base = verdict_tried(site, needle, patient)
    if base is None or base not in VERDICTS:
        return None
    mild: list[str] = []
    strong: str | None = None
    for name in pool:
        rest = {k: v for k, v in patient.items() if k != name}
        found = effect(site, needle, rest, name)
        if found is None:
            continue
        if found == {base}:
            mild.append(name)
        elif strong is None and max(found) > base:
            strong = name
        if strong is not None and len(mild) >= CHOICES - 1:
            break
    if strong is None or len(mild) < CHOICES - 1:
        return None
    return [strong, *mild[: CHOICES - 1]]


def _deciding(
    site: Mapping[str, Any],
    needle: Mapping[str, Any],
    bare: Mapping[str, Any],
    names: Iterable[str],
    answer: Assessment,
) -> list[str] | None:
    """Return the facts some answer to which changes the verdict; None if unaskable."""
    found: list[str] = []
    for name in names:
        verdicts = effect(site, needle, bare, name)
        if verdicts is None:
            return None
        if verdicts != {answer.verdict}:
            found.append(name)
    return found


def _worst_change(
    site: Mapping[str, Any],
    needle: Mapping[str, Any],
    bare: Mapping[str, Any],
    name: str,
    answer: Assessment,
) -> Assessment:
    """Return the check's answer with the answer to a question that changes it most."""
    tried_all = [tried(site, needle, {**bare, name: v}) for v in answers_to(name)]
    changed = [a for a in tried_all if a is not None and a.verdict != answer.verdict]
    return max(changed, key=lambda a: a.verdict.rank, default=answer)


def problems(item: Item) -> list[str]:
    """Return what is wrong with an exercise by the check; empty when it is fair."""
    question = item.question("question")
    if item.site is None or item.needle is None or question is None:
        return ["no plan, or nothing asked"]
    names = [choice.claim.id for choice in question.choices]
    found: list[str] = []
    if set(names) & set(item.patient):
        found.append("a fact that is asked for is known")
    try:
        answer = ask(item.site, item.needle, item.patient)
    except NeedlemapError as error:
        return [str(error)]
    decide = _deciding(item.site, item.needle, item.patient, names, answer)
    if decide != [question.choice().claim.id]:
        found.append(f"questions that can change the verdict: {decide}")
    return found
