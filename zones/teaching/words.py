"""Patients and sites of exercises, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anatomy.muscles.catalogue import get_muscle, get_point, muscle_site
from zones.knowledge.facts import load_facts
from zones.sentences.wording import capital
from zones.teaching.pool import BODIES, ask
from zones.teaching.settings import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def patient_words(
    patient: Mapping[str, Any],
    *,
    body: str | None = None,
    missing: Sequence[str] = (),
) -> str:
    """Return a patient in words: who, what stands against needling, what is unasked.

    Examples
    --------
    >>> from zones.patients.request import unremarkable
    >>> patient_words(unremarkable({"sex": "male", "age": 40, "bmi": 22.0}))[:52]
    'A man of 40, body mass index 22. All other questions'
    """
    facts = load_facts()
    who = say("body", patient.get("sex") or body or BODIES[0])
    if patient.get("bmi") is None:
        first = say("words", "patient_unasked", body=who, age=patient["age"])
    else:
        values = {"age": patient["age"], "bmi": patient["bmi"]}
        first = say("words", "patient", body=who, **values)
    risks = [
        say("words", "yes" if value else "no", label=facts[name].label)
        for name, value in patient.items()
        if isinstance(value, bool)
        and isinstance(facts[name].favourable, bool)
        and value != facts[name].favourable
    ]
    labels = ", ".join(facts[name].label for name in missing)
    rest = []
    if missing:
        if risks:
            rest.append("; ".join(risks) + ".")
        rest.append(say("words", "not_asked", facts=labels))
    elif risks:
        rest.append(say("words", "some_else", risks=capital("; ".join(risks))))
    else:
        rest.append(say("words", "nothing_else"))
    return " ".join([first, *rest])


def site_words(site: Mapping[str, Any]) -> str:
    """Return a site in words.

    Examples
    --------
    >>> site_words({"landmark": "acromion", "side": "left"})
    'acromion, left'
    """
    if "text" in site:
        return str(site["text"])
    side = site.get("side") or say("words", "midline")
    if "muscle" in site:
        muscle = get_muscle(site["muscle"])
        label = muscle_site(muscle, site.get("site")).label
        return say("words", "muscle", muscle=muscle.name, label=label, side=side)
    if "point" in site:
        point = get_point(site["point"])
        return say("words", "point", point=point.id, name=point.name, side=side)
    if "landmark" in site and not any(key.endswith(("_mm", "_cun")) for key in site):
        return say("words", "at_landmark", landmark=site["landmark"], side=side)
    return ask(site, {"length_mm": 1.0, "depth_mm": 0.0}, {}).site.description


def plain(site: Mapping[str, Any]) -> dict[str, Any]:
    """Return a site with its fields in a fixed order, empty ones left out."""
    return {key: site[key] for key in sorted(site) if site[key] is not None}
