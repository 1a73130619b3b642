"""An answer on a card: one line, how grave, the details, what could be done instead."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from anatomy.messages import message as _
from viewer.record.reasons import reasons_for
from viewer.service.hooks.orders import NeedlingOrder, changed
from zones.contract.models import Verdict
from zones.sentences.limits import limit_of
from zones.sentences.presentation import (
    finding_words,
    question_words,
    suggestion_words,
)
from zones.sentences.short import cut, short
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from anatomy.errors import NeedlemapError
    from viewer.service.hooks.facts import Known
    from zones.check.patient_check import PatientAssessment
    from zones.contract.models import Assessment, Finding

#: How urgent a verdict is.
INDICATORS = {
    Verdict.NO_KNOWN_DANGER: "info",
    Verdict.CAUTION: "warning",
    Verdict.NOT_ASSESSABLE: "warning",
    Verdict.DANGER: "critical",
    Verdict.STOP: "critical",
}
#: The system of the reasons for going on against a card.
REASONS = "urn:needlemap:override-reasons"
#: Most findings, questions, places and suggestions on a card.
MOST_FINDINGS, MOST_QUESTIONS, MOST_SUGGESTIONS = 6, 10, 4
_SOURCE = {"label": "needlemap"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")

Card = dict[str, Any]


def site_card(order: NeedlingOrder, answer: Assessment, known: Known) -> Card:
    """Return the card for one site of an order.

    Parameters
    ----------
    order : NeedlingOrder
        The order.
    answer : Assessment
        What the check says of the site.
    known : Known
        What the record states.
    """
    detail = [
        f"**{plain(answer.site.description)}**",
        plain(answer.headline),
        plain(limit_of(answer).sentence),
        *_findings(answer.findings, answer.sources),
        *_open(answer.open_questions, known),
    ]
    card = _card(answer, INDICATORS[answer.verdict], detail)
    suggestions = _suggestions(order, answer)
    if suggestions:
        card |= {"suggestions": suggestions, "selectionBehavior": "at-most-one"}
    return card


def patient_card(answer: PatientAssessment, known: Known, *, urgent: bool) -> Card:
    """Return the card for a patient alone.

    Parameters
    ----------
    answer : PatientAssessment
        What the check says.
    known : Known
        What the record states.
    urgent : bool
        A needle has been ordered. When none has, open questions alone are no warning.
    """
    definite = any(f.status == "known" for f in answer.findings)
    indicator = INDICATORS[answer.verdict] if urgent or definite else "info"
    places = [place.finding for place in answer.at_places]
    detail = [
        plain(answer.headline),
        *_findings(answer.findings, answer.sources),
        *([_("At certain sites:")] if places else []),
        *_findings(places, answer.sources),
        *_open(answer.open_questions, known),
    ]
    return _card(answer, indicator, detail)


def unread_card(
    order: NeedlingOrder,
    answer: PatientAssessment,
    known: Known,
    error: NeedlemapError | None,
) -> Card:
    """Return the card for an order whose site or needle cannot be read.

    It is about the patient alone, says so, and is never milder than a warning.
    """
    card = patient_card(answer, known, urgent=True)
    why = (
        _("The order names no site, so what lies under it was not checked.")
        if error is None
        else _("The order could not be checked: {why}", why=error.as_dict()["message"])
    )
    card["detail"] = f"**{plain(why)}**\n\n{card['detail']}"
    if answer.verdict < Verdict.NOT_ASSESSABLE:
        word = load_words().verdict[Verdict.NOT_ASSESSABLE].word
        card["summary"] = cut(f"{word}: {why}")
        card["indicator"] = INDICATORS[Verdict.NOT_ASSESSABLE]
        card["overrideReasons"] = _reasons(Verdict.NOT_ASSESSABLE)
    return card


def _card(answer: Any, indicator: str, detail: Iterable[str]) -> Card:
    """Return a card; its last line is the one that no answer goes without."""
    words = load_words()
    clear = answer.verdict == Verdict.NO_KNOWN_DANGER
    note = words.not_a_promise if clear else words.disclaimer
    card: Card = {
        "uuid": str(uuid.uuid4()),
        "summary": short(answer),
        "indicator": indicator,
        "detail": "\n\n".join([*filter(None, map(str, detail)), f"*{plain(note)}*"]),
        "source": dict(_SOURCE),
    }
    reasons = _reasons(answer.verdict)
    if reasons:
        card["overrideReasons"] = reasons
    return card


def _reasons(verdict: Verdict) -> list[dict[str, str]]:
    """Return the reasons that may be given for going on, as codes."""
    return [
        {"system": REASONS, "code": reason.id, "display": reason.label}
        for reason in reasons_for(verdict)
    ]


def _findings(findings: Iterable[Finding], sources: Any) -> list[str]:
    """Return findings as one list, the gravest first, without open questions."""
    known = [f for f in findings if f.status == "known" or f.kind != "patient"]
    lines = []
    for finding in known[:MOST_FINDINGS]:
        said = finding_words(finding, sources)
        lines.append(
            f"- **{plain(said.word)}**: {plain(said.name)}. {plain(finding.message)}"
        )
    return ["\n".join(lines)] if lines else []


def _open(questions: Iterable[str], known: Known) -> list[str]:
    """Return what is not known, and what stands in the record and may be meant."""
    asked = [plain(question_words(name).label) for name in questions]
    lines = []
    if asked:
        more = len(asked) - MOST_QUESTIONS
        told = "; ".join(asked[:MOST_QUESTIONS]) + (
            f"; … (+{more})" if more > 0 else ""
        )
        lines.append(_("Not known: {what}.", what=told))
    if known.unclear:
        told = "; ".join(plain(word) for word in known.unclear[:MOST_QUESTIONS])
        lines.append(_("On record, and to be clarified: {what}.", what=told))
    return [str(line) for line in lines]


def _suggestions(order: NeedlingOrder, answer: Assessment) -> list[Card]:
    """Return what could be done instead; a STOP offers to take the order back."""
    found = []
    for item in answer.suggestions[:MOST_SUGGESTIONS]:
        said = suggestion_words(item)
        label = f"{said.label}, {said.then}" if said.label else str(said.why)
        suggestion: Card = {"label": label, "uuid": str(uuid.uuid4())}
        resource = changed(order, item.change, item.to)
        if resource is not None:
            action = {"type": "update", "description": str(said.why)}
            suggestion["actions"] = [{**action, "resource": resource}]
        found.append(suggestion)
    if answer.verdict == Verdict.STOP and order.reference:
        label = str(_("Take the order back"))
        action = {"type": "delete", "description": label, "resourceId": order.reference}
        found.append(
            {"label": label, "uuid": str(uuid.uuid4()), "actions": [action]},
        )
    return found


def plain(text: str) -> str:
    r"""Return a text that Markdown shows as it is, on one line.

    Examples
    --------
    >>> print(plain("<b>*T4*"))
    \<b\>\*T4\*
    """
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
