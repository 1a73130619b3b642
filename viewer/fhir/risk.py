"""An assessment as a RiskAssessment, and what stands against needling as DetectedIssue.

Structures under the skin are predictions of the RiskAssessment, each with the chance
that the needle as planned meets it. Rules about the patient, the region and who needles
are one DetectedIssue each, and so is a structure without a chance; what is not known is
a preliminary one, never left out. The verdict itself is an extension and a note:
a prediction without a probability is refused by servers that read ras-2 strictly.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from viewer.fhir.made import (
    OWN,
    VERDICT,
    Made,
    concept,
    extension,
    identifier,
    number,
    reference,
)
from viewer.fhir.versions import Version
from zones.contract.models import Verdict
from zones.sentences.limits import limit_of
from zones.sentences.words import load_words
from zones.versions.proof import software_version

#: What FHIR calls how grave an issue is, by verdict.
SEVERITY = {
    Verdict.NO_KNOWN_DANGER: "low",
    Verdict.CAUTION: "moderate",
    Verdict.NOT_ASSESSABLE: "moderate",
    Verdict.DANGER: "high",
    Verdict.STOP: "high",
}
#: The extension with what an assessment says beside its verdict.
ANSWER = f"{OWN}:assessment"
FINDING = f"{OWN}:finding"


def risk_assessment(
    answer: Any,
    version: Version,
    *,
    subject: Made,
    when: str | None = None,
    basis: Iterable[str] = (),
    key: tuple[str, str] | None = None,
) -> Made:
    """Return an assessment as a RiskAssessment.

    A chance is given in percent, as FHIR has it.

    Parameters
    ----------
    answer : Assessment
        Or what a record keeps of one.
    version : Version
        Of FHIR.
    subject : dict
        Reference to the patient.
    when : str, optional
        When it was made.
    basis : iterable of str
        Addresses of what it rests on.
    key : (str, str), optional
        System and value of its identifier.

    Examples
    --------
    >>> from zones import check_site
    >>> answer = check_site({"text": "6 cm left of T4"}, {"depth_mm": 30})
    >>> made = risk_assessment(answer, Version.R4, subject={})
    >>> made["note"][0]["text"].partition(".")[0]
    'DANGER'
    >>> made["prediction"][0]["qualitativeRisk"]["coding"][0]["code"]
    'DANGER'
    """
    words = load_words()
    clear = answer.verdict == Verdict.NO_KNOWN_DANGER
    notes = [
        f"{words.verdict[answer.verdict].word}. {answer.headline}",
        limit_of(answer).sentence,
        words.not_a_promise if clear else words.disclaimer,
    ]
    made: Made = {
        "resourceType": "RiskAssessment",
        "extension": [_beside(answer)],
        "status": "final",
        "method": concept(
            f"needlemap {software_version()}, data {answer.data_version}, policy "
            f"{answer.policy}{' (warns or refuses later)' * answer.policy_looser}"
        ),
        "code": concept("danger zones of dry needling"),
        "subject": subject,
        "note": [{"text": str(note)} for note in notes],
    }
    if key is not None:
        made["identifier"] = [identifier(*key)]
    if when is not None:
        made["occurrenceDateTime"] = when
    predictions = [_prediction(one) for one in answer.findings if _predicted(one)]
    if predictions:
        made["prediction"] = predictions
    rests = [reference(to) for to in basis]
    if rests:
        made["basis"] = rests
    advice = [str(text) for text in getattr(answer, "advice", ())]
    return made | ({"mitigation": "\n".join(advice)} if advice else {})


def _verdict(verdict: Verdict) -> Made:
    word = load_words().verdict[verdict].word
    return concept(str(word), code=verdict.value, system=VERDICT)


def _beside(answer: Any) -> Made:
    """Return what else programs need: whether it is complete, what is not known."""
    return extension(
        ANSWER,
        {
            "verdict": answer.verdict.value,
            "complete": answer.complete,
            "open_question": list(answer.open_questions),
            "max_depth_mm": answer.max_depth_mm,
        },
    )


def _predicted(finding: Any) -> bool:
    """Return whether a finding is a structure that is met by some chance."""
    return finding.kind == "zone" and finding.p_meet is not None


def _prediction(finding: Any) -> Made:
    """Return a structure with the chance that the needle meets it."""
    what = str(finding.structure or finding.id)
    told = {
        "id": finding.id,
        "interval": finding.p_meet_interval,
        "p_meet_arm_away": finding.p_meet_arm_away,
    }
    return {
        "extension": [extension(FINDING, told)],
        "outcome": concept(f"needle meets: {what}"),
        "probabilityDecimal": number(round(100.0 * finding.p_meet, 6)),
        "qualitativeRisk": _verdict(finding.verdict),
        "rationale": str(finding.message),
    }


def detected_issues(
    answer: Any,
    version: Version,
    *,
    subject: Made,
    when: str | None = None,
    implicated: Iterable[str] = (),
    key: tuple[str, str] | None = None,
) -> list[Made]:
    """Return the rules that an assessment names, one DetectedIssue each.

    Parameters
    ----------
    answer : Assessment
        Or what a record keeps of one; also a `PatientAssessment`.
    version : Version
        Of FHIR.
    subject : dict
        Reference to the patient.
    when : str, optional
        When they were found.
    implicated : iterable of str
        Addresses of what they are about.
    key : (str, str), optional
        System and beginning of their identifiers.

    Examples
    --------
    >>> from zones import check_site
    >>> patient = {"consent_given": False}
    >>> answer = check_site({"text": "6 cm left of T4"}, None, patient)
    >>> found = detected_issues(answer, Version.R5, subject={})
    >>> found[0]["severity"], found[0]["status"]
    ('high', 'final')
    """
    about = [reference(to) for to in implicated]
    found = []
    for finding in answer.findings:
        if _predicted(finding):
            continue
        made: Made = {
            "resourceType": "DetectedIssue",
            "extension": [extension(FINDING, {"id": finding.id})],
            "status": "final" if finding.status == "known" else "preliminary",
            "code": concept(str(finding.structure or finding.id.replace("-", " "))),
            "severity": SEVERITY[finding.verdict],
            "detail": str(finding.message),
            "subject" if version is Version.R5 else "patient": subject,
        }
        if key is not None:
            made["identifier"] = [identifier(key[0], f"{key[1]}/{finding.id}")]
        if when is not None:
            made["identifiedDateTime"] = when
        if about:
            made["implicated"] = about
        if finding.advice:
            made["mitigation"] = [
                {"action": concept(str(advice))} for advice in finding.advice
            ]
        found.append(made)
    return found
