"""One answer in words: what the card, terminal, paper and lessons lay out.

Everything that is read of an answer is composed here once. A renderer chooses parts and
lays them out; it writes no sentence of its own about the answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from anatomy.messages import changed, joined, named
from anatomy.messages import message as _
from anatomy.places.said import bone_name
from zones.contract.models import Suggestion, Verdict
from zones.knowledge.facts import load_facts
from zones.sentences.citations import short_name
from zones.sentences.figures import (
    basis_words,
    bone_words,
    chance_words,
    depth_words,
    from_words,
    interval_words,
    policy_words,
)
from zones.sentences.frequency import one_in
from zones.sentences.limits import LimitWords, limit_of
from zones.sentences.wording import capital, leading_finding
from zones.sentences.words import Register, load_words

if TYPE_CHECKING:
    from zones.contract.models import BoneAhead, Coverage, SiteAnswer


class Answered(Protocol):
    """An `Assessment`, or what a record keeps of one."""

    verdict: Verdict
    headline: str
    open_questions: Any
    max_depth_mm: float | None
    bone: BoneAhead | None
    policy: str
    policy_looser: bool
    site: SiteAnswer
    findings: Any
    coverage: Coverage
    advice: Any
    sources: Any


@dataclass(frozen=True)
class FindingWords:
    """One finding in words; a part is empty where there is nothing to say.

    Attributes
    ----------
    id, kind, verdict, sources
        As in the finding.
    name : str
        Structure, else consequence, else id, without "(not asked)".
    word : str
        Short word of the verdict.
    asked : bool
        False where it holds only because a question was not asked.
    message, consequence : str
        What it says, and what may follow for a structure.
    counts, depths : str
        From which length of needle it counts; that and how deep people have it.
    chance, basis, interval : str
        How many needles meet it, what the depth rests on, the chance's interval.
    how : str
        How the figure came about.
    advice : tuple of str
        What to do about it.
    other_views : tuple of str
        What sources say that were not followed, each with its citations.
    """

    id: str
    kind: str
    verdict: Verdict
    name: str
    word: str
    asked: bool
    message: str
    consequence: str
    counts: str
    depths: str
    chance: str
    basis: str
    interval: str
    how: str
    advice: tuple[str, ...]
    other_views: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def title(self) -> str:
        """The name, and that it was not asked."""
        return self.name if self.asked else _("{name} (not asked)", name=self.name)


@dataclass(frozen=True)
class SuggestionWords:
    """One change of the plan: label of its button, its verdict and why."""

    item: Suggestion
    label: str
    then: str
    why: str


@dataclass(frozen=True)
class QuestionWords:
    """An open question: its name in a list, and as it is asked of a plan."""

    name: str
    label: str
    question: str


@dataclass(frozen=True)
class Presentation:
    """One answer in words.

    Attributes
    ----------
    verdict, word, short, shape, meaning
        The verdict, its words, its shape and what it means.
    headline : str
        Its main reason, with what it rests on.
    reason : str
        The same at a glance: what may be injured, and how often a needle like this
        meets it.
    limit : LimitWords
        The depth limit.
    region, place, body : str
        Where the site is.
    bone, policy : str
        The bone expected and the policy followed, as sentences; else empty.
    findings, suggestions, questions
        Reasons, changes of the plan, open questions.
    mapped : str
        What is mapped there, so that silence is not taken for safety.
    tell : tuple of str
        Advice beyond that of the findings.
    note : str
        The line that no answer goes without.
    """

    verdict: Verdict
    word: str
    short: str
    shape: str
    meaning: str
    headline: str
    reason: str
    limit: LimitWords
    region: str
    place: str
    body: str
    bone: str
    policy: str
    findings: tuple[FindingWords, ...]
    suggestions: tuple[SuggestionWords, ...]
    questions: tuple[QuestionWords, ...]
    mapped: str
    tell: tuple[str, ...]
    note: str


def present(answer: Answered, register: Register = "professional") -> Presentation:
    """Return an answer in words.

    Parameters
    ----------
    answer : Assessment or what a record keeps of one
        The answer.
    register : {"professional", "plain"}
        For those who needle, or for the patient.

    Examples
    --------
    >>> from zones import check_site
    >>> said = present(check_site({"text": "6 cm left of T4"}, {"depth_mm": 30}))
    >>> said.word, said.findings[0].name, said.findings[0].word
    ('DANGER', 'Pleura and lung', 'Danger')
    """
    words = load_words()
    verdict = words.verdict[answer.verdict]
    known = answer.sources
    own = {text for finding in answer.findings for text in finding.advice}
    safe = answer.verdict == Verdict.NO_KNOWN_DANGER
    return Presentation(
        verdict=answer.verdict,
        word=verdict.word,
        short=verdict.short,
        shape=verdict.shape,
        meaning=verdict.to(register),
        headline=answer.headline,
        reason=reason_words(answer),
        limit=limit_of(answer),
        region=words.region_words(answer.site.region, register),
        place=capital(answer.site.description),
        body=_body_words(answer.site.body),
        bone=_sentence(bone_words(answer.bone)) if answer.bone else "",
        policy=policy_words(answer.policy, looser=answer.policy_looser),
        findings=tuple(finding_words(f, known) for f in answer.findings),
        suggestions=tuple(map(suggestion_words, getattr(answer, "suggestions", ()))),
        questions=tuple(map(question_words, answer.open_questions)),
        mapped=mapped_words(answer.coverage),
        tell=tuple(text for text in answer.advice if text not in own),
        note=words.not_a_promise if safe else words.disclaimer,
    )


def reason_words(answer: Answered) -> str:
    """Return the main reason of an answer at a glance, with its chance.

    It is the headline where the reason is no structure, holds only because something
    was not asked, or rests on no known depth: a chance alone would say too much there.

    Examples
    --------
    >>> from zones import check_site
    >>> reason_words(check_site({"text": "6 cm left of T4"}, {"depth_mm": 25}))
    'Risk of pneumothorax: about 1 in 13 needles like this reach the pleura and lung.'
    """
    top = leading_finding(answer.verdict, answer.findings)
    if (
        top is None
        or answer.verdict not in (Verdict.CAUTION, Verdict.DANGER)
        or top.kind != "zone"
        or top.status != "known"
        or not top.consequence
        or top.p_meet is None
        or top.basis == "unknown"
    ):
        return answer.headline
    if top.p_meet_arm_away is not None:
        return _(
            "Risk of {consequence} unless the arm is at the side: otherwise {many} "
            "needles like this reach the {structure}.",
            consequence=top.consequence,
            many=one_in(top.p_meet_arm_away),
            structure=top.structure,
        )
    return _(
        "Risk of {consequence}: {many} needles like this reach the {structure}.",
        consequence=top.consequence,
        many=one_in(top.p_meet),
        structure=top.structure,
    )


def _body_words(body: str) -> str:
    """Return a reference body as it is said."""
    if body == "female":
        return _("female reference body")
    return _("male reference body")


def _sentence(text: str) -> str:
    """Return words as a sentence."""
    return joined([capital(text), "."], "")


def finding_words(
    finding: Any, sources: Mapping[str, Any] | None = None
) -> FindingWords:
    """Return a finding in words.

    Parameters
    ----------
    finding : Finding or what a record keeps of one
        The finding.
    sources : mapping
        Records of the sources by id, to cite other views by authors and year.
    """
    verdict = Verdict(finding.verdict)
    zone = finding.kind == "zone"
    name = finding.structure or finding.consequence or finding.id.replace("_", " ")
    how = getattr(finding, "how", None) if zone else finding.basis
    views = []
    for view in getattr(finding, "other_views", ()):
        cited = [short_name(key, (sources or {}).get(key, {})) for key in view.sources]
        text: str = view.text
        if cited:
            text = _("{text} ({source})", text=text, source=", ".join(cited))
        views.append(text)
    return FindingWords(
        id=finding.id,
        kind=finding.kind,
        verdict=verdict,
        name=capital(name),
        word=load_words().verdict[verdict].short,
        asked=finding.status != "unknown",
        message=finding.message,
        consequence=(finding.consequence or "") if finding.structure else "",
        counts=from_words(finding),
        depths=depth_words(finding),
        chance=chance_words(finding) if zone else "",
        basis=basis_words(finding) if zone else "",
        interval=interval_words(finding) if zone else "",
        how=how if how and how != "source" else "",
        advice=tuple(finding.advice),
        other_views=tuple(views),
        sources=tuple(finding.sources),
    )


def suggestion_words(item: Suggestion) -> SuggestionWords:
    """Return a change of the plan in words.

    A depth or a length is offered in whole millimetres, rounded down.

    Examples
    --------
    >>> why = "No deeper than 9 mm."
    >>> depth = Suggestion(change="depth_mm", to=9.7, verdict="CAUTION", why=why)
    >>> suggestion_words(depth).label, suggestion_words(depth).then
    ('Depth 9 mm', 'then caution')
    """
    short = load_words().verdict[Verdict(item.verdict)].short
    then = _("then {verdict}", verdict=changed(short, "lower first"))
    return SuggestionWords(item, _change_label(item), then, item.why)


def _change_label(item: Suggestion) -> str:
    """Return what the button of a change says; empty where no value is offered."""
    to = item.to
    if item.change == "electrical" and isinstance(to, bool):
        return _("With current") if to else _("Without current")
    if item.change == "depth_mm" and isinstance(to, (int, float)):
        return _("Depth {mm:d} mm", mm=math.floor(to))
    if item.change == "length_mm" and isinstance(to, (int, float)):
        return _("Needle {mm:d} mm", mm=math.floor(to))
    if item.change == "arm":
        return _("Arm {position}", position=named(str(to)))
    if not isinstance(to, dict):
        return ""
    if item.change == "grip" and to.get("fold_mm"):
        return _("Pincer, fold {mm:g} mm", mm=to["fold_mm"])
    if item.change == "grip":
        return _("To bone ({bone})", bone=bone_name(str(to.get("bone"))))
    if item.change == "direction" and "tilt_deg" in to:
        return _(
            "Tilt {tilt:g}° {toward}", tilt=to["tilt_deg"], toward=named(to["toward"])
        )
    if item.change == "site" and to.get("site"):
        return _("Place there: {site}", site=named(str(to["site"])))
    if item.change == "site":
        return _("Place there: other site")
    return ""


def question_words(name: str) -> QuestionWords:
    """Return an open question in words.

    Examples
    --------
    >>> question_words("depth_mm").label
    'planned depth'
    """
    asked = load_words().plan.get(name)
    if asked is not None:
        return QuestionWords(name, asked.label, asked.question)
    fact = load_facts().by_name().get(name)
    label = fact.label if fact else name.replace("_", " ")
    return QuestionWords(name, label, fact.question if fact else label)


def mapped_words(coverage: Coverage) -> str:
    """Return what is mapped in a region, as a sentence."""
    if coverage.level == "none":
        return _("Nothing has been mapped in this region.")
    what = joined(coverage.mapped, ", ") if coverage.mapped else _("no structure named")
    if coverage.level == "full":
        return _("Mapped in this region: {structures}.", structures=what)
    return _("Mapped in this region (in part): {structures}.", structures=what)
