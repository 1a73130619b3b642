"""The check of a patient alone: what stands against needling before a site is chosen.

``check_patient`` asks the rules of `zones.patients.rules` that count all over the body,
and lists those that count at certain places only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from anatomy.messages import Words, plural
from anatomy.messages import message as _
from zones.check import engine
from zones.check.patient_findings import known_patient, rule_finding, source_records
from zones.contract.models import Finding, Verdict
from zones.contract.validation import AnswerModel
from zones.knowledge.facts import load_facts
from zones.knowledge.rule_files import load_rules
from zones.patients import rules
from zones.patients.patient import parse_patient
from zones.patients.rules import SiteContext
from zones.sentences.wording import first_sentence, leading_finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zones.patients.patient import PatientLike


class PlaceFinding(AnswerModel):
    """A rule that holds for the patient, but at certain places of the body only."""

    finding: Finding
    """What it says there."""
    regions: list[str] = Field(default_factory=list)
    """Skin regions where it counts."""
    zones: list[str] = Field(default_factory=list)
    """Ids of the zones where it counts."""
    muscles: list[str] = Field(default_factory=list)
    """Muscles where it counts."""
    fact: str | None = None
    """The fact that says where it counts, as the regions of an implant."""


class PatientAssessment(AnswerModel):
    """What stands against needling a patient, wherever the needle goes in.

    It says nothing of structures under the skin: no site has been chosen. A site's own
    verdict, for the same facts, is this one or a graver one.

    Examples
    --------
    >>> check_patient({"consent_given": False}).verdict.value
    'STOP'
    """

    verdict: Verdict
    """The gravest of the findings that hold all over the body."""
    headline: Words
    """The verdict's main reason, in one sentence."""
    complete: bool
    """Whether no open question could change the verdict."""
    open_questions: list[str]
    """Facts that were not given and could change the verdict, the weightiest first."""
    findings: list[Finding]
    """What holds, or may hold for want of an answer, wherever the needle goes in."""
    at_places: list[PlaceFinding]
    """What holds at certain places only; the verdict leaves it out."""
    advice: list[Words]
    """What the practitioner should do."""
    sources: dict[str, dict[str, Any]]
    """Records of all sources that the answer cites, by id."""
    data_version: str
    """Version of the data behind the answer."""

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as plain data, every key present."""
        return self.model_dump(mode="json")

    def __repr__(self) -> str:
        """Verdict and headline."""
        return f"<PatientAssessment {self.verdict}: {self.headline}>"

    __str__ = __repr__


def check_patient(patient: PatientLike | None = None) -> PatientAssessment:
    """Return what stands against needling a patient, before a site is chosen.

    Parameters
    ----------
    patient : mapping or Patient, optional
        Facts known; a fact left out was not asked, which is not the same as "no".

    Returns
    -------
    PatientAssessment
        Findings that hold all over the body, findings that hold at certain places,
        open questions. The verdict is never graver than that of any site for the same
        facts, and says nothing of what lies under the skin.

    Raises
    ------
    NeedlemapError
        When the facts cannot be read or contradict each other.

    Examples
    --------
    >>> answer = check_patient({"sex": "female", "pregnant": True})
    >>> answer.verdict.value, answer.findings[0].id
    ('STOP', 'pregnancy-weeks-not-given')
    >>> any("abdomen" in place.finding.id for place in answer.at_places)
    True
    """
    from zones.check.site import data_version

    given = parse_patient(known_patient(patient)).facts()
    everywhere = [rule for rule in load_rules() if rule.where.scope == "whole_body"]
    outcome = rules.apply(everywhere, given, SiteContext(""))
    findings = engine.sort_findings([rule_finding(hit) for hit in outcome.hits])
    definite = engine.worst([f for f in findings if f.status == "known"])
    questions = [q.fact for q in outcome.questions if q.matters(definite)]
    held = {hit.rule.id for hit in outcome.hits if hit.status == "yes"}
    places = _at_places(given, held)
    verdict = engine.worst(findings)
    both = [*findings, *(place.finding for place in places)]
    cited = [s for f in both for s in f.sources]
    cited += [s for f in both for view in f.other_views for s in view.sources]
    return PatientAssessment.model_construct(
        verdict=verdict,
        headline=_headline(verdict, findings, len(questions)),
        complete=not questions,
        open_questions=questions,
        findings=findings,
        at_places=places,
        advice=list(dict.fromkeys(text for f in findings for text in f.advice)),
        sources=source_records(dict.fromkeys(cited)),
        data_version=data_version(),
    )


def _at_places(facts: Mapping[str, Any], held: set[str]) -> list[PlaceFinding]:
    """Return the rules that hold for a patient at certain places, gravest first.

    Left out are those that hold for everybody, and those that a rule which holds all
    over the body makes superfluous.
    """
    out = {name for rule in load_rules() if rule.id in held for name in rule.supersedes}
    found = [
        PlaceFinding.model_construct(
            finding=rule_finding(
                rules.RuleHit(rule, "yes", rule.verdict, rules.held_words(rule))
            ),
            regions=list(rule.where.regions),
            zones=list(rule.where.zones),
            muscles=list(rule.where.muscles),
            fact=rule.where.fact,
        )
        for rule in rules.holding(load_rules(), load_facts().complete(facts))
        if rule.where.scope != "whole_body" and rule.facts() and rule.id not in out
    ]
    return sorted(found, key=lambda place: -place.finding.verdict.rank)


def _headline(verdict: Verdict, findings: list[Finding], unanswered: int) -> str:
    """Return the one sentence that a reader sees first."""
    top = leading_finding(verdict, findings)
    if verdict == Verdict.NO_KNOWN_DANGER or top is None:
        return _(
            "Nothing known of this patient rules needling out everywhere; the site "
            "still has to be checked."
        )
    if top.status == "unknown" and unanswered:
        return plural(
            "Not clear yet: {n} question is unanswered that could change the answer.",
            "Not clear yet: {n} questions are unanswered that could change the answer.",
            unanswered,
        )
    return first_sentence(top.message)
