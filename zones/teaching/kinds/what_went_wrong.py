"""What went wrong? A published injury to take apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from zones.contract.models import Verdict
from zones.quality.replay import case_needle, load_cases
from zones.sentences.figures import needle_words
from zones.teaching.items import CaseStory, Choice, Claim, Item, Question
from zones.teaching.pool import ACCEPTABLE, ask, tried, zones_of_region
from zones.teaching.reasons import CHOICES, may_meet, structure_of
from zones.teaching.settings import drawing, say
from zones.teaching.words import plain, site_words

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from zones.contract.models import Assessment
    from zones.teaching.pool import Draw

#: Leans tried as ways out that are none, degrees and directions.
TOWARD = ("cranial", "caudal", "medial", "lateral")


def usable_cases() -> tuple[dict[str, Any], ...]:
    """Return the published injuries that have a place and can be cited.

    Examples
    --------
    >>> all(case["site"] for case in usable_cases())
    True
    """
    return tuple(
        case
        for case in load_cases()
        if case["kind"] == "case"
        and case["site"]
        and case["zones"]
        and case["source"].get("journal")
        and case["source"].get("year")
        and (case["source"].get("doi") or case["source"].get("url"))
    )


def make(draw: Draw) -> Item | None:
    """Return an exercise, or None when no case fits."""
    cases = [case for case in usable_cases() if draw.about(case["zones"])]
    draw.rng.shuffle(cases)
    for case in cases:
        item = build(draw.rng, case, draw.body, wanted_zones=draw.zones)
        if item is not None:
            return item
    return None


def _patient(case: Mapping[str, Any], body: str) -> dict[str, Any]:
    """Return what was published of the patient, in the terms of the check."""
    known = {
        name: case["patient"][name]
        for name in ("sex", "age", "bmi")
        if case["patient"].get(name) is not None
    }
    return {"sex": body, **known}


def build(
    rng: random.Random,
    case: Mapping[str, Any],
    body: str,
    *,
    wanted_zones: tuple[str, ...] = (),
    prompt: str | None = None,
) -> Item | None:
    """Return the exercise about a case; None when it would not be fair.

    Parameters
    ----------
    rng : random.Random
        Draws the side where the case has none, wrong choices and their order.
    case : mapping
        A record of ``cases.jsonl`` with a place.
    body : str
        Body on which it is shown when the patient's sex was not published.
    wanted_zones : tuple of str
        Zones one of which must have been injured.
    prompt : str, optional
        What is asked; made from the case by default.
    """
    side = rng.choice(("left", "right")) if case["side"] == "either" else case["side"]
    patient = _patient(case, body)
    site = {**case["site"], "body": patient["sex"]}
    if side != "midline":
        site["side"] = side
    needle: dict[str, Any] = dict(case_needle(dict(case)))
    answer = tried(site, needle, patient)
    if answer is None or answer.verdict != Verdict.DANGER:
        return None
    reached = [
        f.id
        for f in answer.findings
        if f.kind == "zone" and f.verdict >= Verdict.DANGER
    ]
    injured = [name for name in reached if name in case["zones"]]
    if not injured or (wanted_zones and set(wanted_zones).isdisjoint(injured)):
        return None
    questions = (
        _structure(rng, injured[0], answer),
        _prevention(rng, site, needle, patient, answer),
    )
    if None in questions:
        return None
    led = next(f for f in answer.findings if f.id == injured[0])
    story = _story(case)
    words = say(
        "prompts",
        "what_went_wrong",
        technique=str(case["technique"]).capitalize(),
        site=site_words(site),
        plan=needle_words(needle),
        patient=patient_of(case),
    )
    return Item(
        id="drawn",
        kind="what_went_wrong",
        body=answer.site.body,
        chart=answer.site.chart,
        prompt=prompt or " ".join([words, *story.estimates]),
        site=plain(site),
        needle=needle,
        patient=patient,
        questions=tuple(q for q in questions if q is not None),
        case=story,
        reason=led.message,
        sources=tuple(led.sources),
        zones=tuple(injured),
        skills=("structure", "prevention"),
        hide=("zones", "depth", "zone-labels", "section", "limit"),
        data_version=answer.data_version,
    )


def patient_of(case: Mapping[str, Any]) -> str:
    """Return the patient of a case in words: all that was published, and no more.

    Examples
    --------
    >>> patient_of({"patient": {"sex": "male", "age": None, "age_text": "60s"}})
    'A man, age given as 60s.'
    """
    told = case["patient"]
    parts = [
        say("case", "patient_unknown")
        if told.get("sex") is None
        else say("case", "patient", body=say("body", told["sex"]))
    ]
    if told.get("age") is not None:
        parts.append(say("case", "age", age=told["age"]))
    elif told.get("age_text"):
        parts.append(say("case", "age_text", text=told["age_text"]))
    else:
        parts.append(say("case", "age_unknown"))
    if told.get("bmi") is not None:
        parts.append(say("case", "bmi", bmi=told["bmi"]))
    also = [told[name] for name in ("habitus", "conditions") if told.get(name)]
    words = f"{', '.join(parts)}."
    return f"{words} {say('case', 'also', text='; '.join(also))}" if also else words


def _story(case: Mapping[str, Any]) -> CaseStory:
    """Return what happened, with the citation and what is our estimate."""
    source, stated = case["source"], case["needle"]
    estimates = [say("case", "estimate")] if case.get("site_basis") else []
    taken = case_needle(dict(case))
    for name, what in (("depth_mm", "depth"), ("length_mm", "length")):
        if stated.get(name) is None:
            words, text = f"{taken[name]:g} mm", stated.get(f"{what}_text")
            if text:
                found = say("case", "needle_text", what=what, text=text, taken=words)
            else:
                found = say("case", "needle", what=what, taken=words)
            estimates.append(found)
    citation = say(
        "case",
        "citation",
        authors=source.get("authors") or source["journal"],
        year=source["year"],
        title=str(source["title"]).removeprefix("[descriptive] "),
        journal=source["journal"],
    )
    happened = say(
        "case", "what_happened", event=case["event"], outcome=case.get("outcome") or ""
    )
    return CaseStory(
        id=case["id"],
        happened=happened,
        citation=citation,
        url=source.get("url"),
        doi=source.get("doi"),
        read=case["read"],
        estimates=tuple(estimates),
    )


def _structure(rng: random.Random, injured: str, answer: Assessment) -> Question | None:
    """Return the question for the structure; wrong ones cannot be reached here."""
    hit = may_meet(answer)
    named = {structure_of(f.id) for f in answer.findings if f.kind == "zone"}
    beside = [
        name
        for name in zones_of_region(answer.site.body, answer.site.region)
        if structure_of(name) not in hit
    ]
    # first those that lie here and are not reached, then neighbours
    beside.sort(key=lambda name: (structure_of(name) not in named, name))
    rng.shuffle(beside)
    words: dict[str, str] = {}
    for name in beside:
        words.setdefault(structure_of(name), name)
    wrong = list(words.values())[: CHOICES - 1]
    if len(wrong) < CHOICES - 1:
        return None
    order = [injured, *wrong]
    rng.shuffle(order)
    choices = tuple(
        Choice(id=name, text=structure_of(name), claim=Claim(what="structure", id=name))
        for name in order
    )
    return Question(
        skill="structure",
        text=say("questions", "structure"),
        choices=choices,
        right=injured,
    )


def _prevention(
    rng: random.Random,
    site: Mapping[str, Any],
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
    answer: Assessment,
) -> Question | None:
    """Return the question for what would have kept the plan below DANGER."""
    good = [c for c in _ways_out(answer, needle) if _below(site, c, patient)]
    if not good:
        return None
    right = rng.choice(good)
    wrong: list[dict[str, Any]] = []
    texts = {change_words(needle, right)}
    for change in _no_ways_out(rng, needle, answer):
        if len(wrong) >= CHOICES - 1:
            break
        after = tried(site, change, patient)
        text = change_words(needle, change)
        if text in texts or after is None or after.verdict < Verdict.DANGER:
            continue
        texts.add(text)
        wrong.append(change)
    if len(wrong) < CHOICES - 1:
        return None
    changes = [right, *wrong]
    order = list(range(CHOICES))
    rng.shuffle(order)
    choices = tuple(
        Choice(
            id=f"p{place + 1}",
            text=change_words(needle, changes[number]),
            claim=Claim(what="change", needle=changes[number]),
        )
        for place, number in enumerate(order)
    )
    return Question(
        skill="prevention",
        text=say("questions", "prevention"),
        choices=choices,
        right=f"p{order.index(0) + 1}",
    )


def _ways_out(answer: Assessment, needle: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return needles that the check suggests, in whole millimetres."""
    found: list[dict[str, Any]] = []
    for hint in answer.suggestions:
        if hint.change == "depth_mm" and isinstance(hint.to, float):
            depth = float(math.floor(hint.to))
            if depth >= drawing().needle.least_depth_mm:
                found.append({**needle, "depth_mm": depth})
        named = isinstance(hint.to, dict) and "toward" in hint.to
        if hint.change == "direction" and named:
            found.append({**needle, "direction": hint.to})
    return found


def _below(
    site: Mapping[str, Any], needle: Mapping[str, Any], patient: Mapping[str, Any]
) -> bool:
    """Return whether the check lets a plan stay below DANGER."""
    answer = tried(site, needle, patient)
    return answer is not None and answer.verdict in ACCEPTABLE


def _no_ways_out(
    rng: random.Random, needle: Mapping[str, Any], answer: Assessment
) -> list[dict[str, Any]]:
    """Return changes that look like a way out; the check decides whether they are."""
    depth = needle["depth_mm"]
    limit = answer.max_depth_mm or 0.0
    between = sorted({math.ceil(limit + (depth - limit) * f) for f in (0.4, 0.6, 0.8)})
    shallower = [{**needle, "depth_mm": float(d)} for d in between if d < depth]
    shorter = [{**needle, "length_mm": depth}] if needle["length_mm"] > depth else []
    leans = [
        {**needle, "direction": {"tilt_deg": tilt, "toward": toward}}
        for tilt in drawing().needle.tilts_deg
        for toward in TOWARD
    ]
    for group in (shallower, leans):
        rng.shuffle(group)
    return [*shorter, *shallower[:1], *leans, *shallower[1:]]


def change_words(needle: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
    """Return how one needle differs from another, in words.

    Examples
    --------
    >>> plan = {"length_mm": 40.0, "depth_mm": 30.0}
    >>> change_words(plan, {"length_mm": 40.0, "depth_mm": 9.0})
    'The same needle no deeper than 9 mm'
    """
    if changed["depth_mm"] != needle["depth_mm"]:
        return say("prevention", "depth", depth=changed["depth_mm"])
    if changed["length_mm"] != needle["length_mm"]:
        return say("prevention", "length", length=changed["length_mm"])
    lean = changed["direction"]
    return say("prevention", "direction", tilt=lean["tilt_deg"], toward=lean["toward"])


def problems(item: Item) -> list[str]:
    """Return what is wrong with an exercise by the check; empty when it is fair."""
    structure, prevention = item.question("structure"), item.question("prevention")
    if item.site is None or item.needle is None or item.case is None:
        return ["no case"]
    if structure is None or prevention is None:
        return ["structure and prevention must be asked"]
    answer = ask(item.site, item.needle, item.patient)
    found: list[str] = []
    if answer.verdict != Verdict.DANGER:
        found.append(f"the check says {answer.verdict.value}, not DANGER")
    hit = may_meet(answer)
    case = next((c for c in load_cases() if c["id"] == item.case.id), None)
    if case is None or structure.choice().claim.id not in case["zones"]:
        found.append("the structure is not the one that was injured")
    for choice in structure.choices:
        if (structure_of(choice.claim.id) in hit) != (choice.id == structure.right):
            found.append(f"reached or not: {choice.text}")
    for choice in prevention.choices:
        changed = choice.claim.needle or {}
        if choice.id == prevention.right:
            if not _below(item.site, changed, item.patient):
                found.append(f"not below DANGER: {choice.text}")
        else:
            after = tried(item.site, changed, item.patient)
            if after is None or after.verdict < Verdict.DANGER:
                found.append(f"a wrong way out is one: {choice.text}")
    return found
