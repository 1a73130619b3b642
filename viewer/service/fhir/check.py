"""``$check``: what a needle can hit at a site, in this patient, as resources."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from viewer.fhir.made import Made, quantity
from viewer.fhir.provenance import provenance
from viewer.fhir.responses import response_of
from viewer.fhir.risk import detected_issues, risk_assessment
from viewer.fhir.structures import structure_of
from viewer.fhir.versions import Version
from viewer.service.fhir.reading import Asked, read_parameters
from zones.check.site import check_site
from zones.sentences.words import load_words


def answer(sent: Any, version: Version, wanted: Version) -> Made:
    """Return the answer to the Parameters of a check, as Parameters.

    Parameters
    ----------
    sent : mapping
        What is asked, see `viewer.service.fhir.reading`.
    version, wanted : Version
        What it is written in, and what the answer is to be written in.

    Raises
    ------
    NeedlemapError
        Saying what is wrong; there is no verdict then.

    Examples
    --------
    >>> site = {"name": "site", "valueString": "6 cm left of T4"}
    >>> found = answer({"resourceType": "Parameters", "parameter": [site]},
    ...                Version.R4, Version.R5)
    >>> found["parameter"][0]
    {'name': 'verdict', 'valueCode': 'DANGER'}
    """
    asked = read_parameters(sent, version)
    found = check_site(
        asked.site, asked.needle, asked.patient, practitioner=asked.practitioner
    )
    when = datetime.now(UTC).replace(microsecond=0).isoformat()
    site = _named(structure_of(asked.site, found.site, wanted, patient=asked.subject))
    about: dict[str, Any] = {"subject": asked.subject, "when": when}
    risk = _named(risk_assessment(found, wanted, basis=[_to(site)], **about))
    issues = [
        _named(one)
        for one in detected_issues(found, wanted, implicated=[_to(site)], **about)
    ]
    made = [risk, *issues, site]
    rests = provenance(
        map(_to, made),
        [found.data_version],
        wanted,
        recorded=when,
        activity="check of a needle at a site",
    )
    answers = response_of(asked.patient, wanted, subject=asked.subject, authored=when)
    limit = found.max_depth_mm
    rows: list[Made] = [
        {"name": "verdict", "valueCode": found.verdict.value},
        {"name": "headline", "valueString": str(found.headline)},
        {"name": "complete", "valueBoolean": found.complete},
        *({"name": "openQuestion", "valueCode": n} for n in found.open_questions),
    ]
    if limit is not None:
        rows.append({"name": "maxDepth", "valueQuantity": quantity(limit, "mm")})
    rows += [
        *_unread(asked),
        {"name": "risk", "resource": risk},
        *({"name": "issue", "resource": one} for one in issues),
        {"name": "site", "resource": site},
        {"name": "answers", "resource": answers},
        {"name": "provenance", "resource": _named(rests)},
        {"name": "note", "valueString": str(load_words().disclaimer)},
    ]
    return {"resourceType": "Parameters", "parameter": rows}


def _unread(asked: Asked) -> list[Made]:
    """Return what of the record may mean something, and what is not read at all."""
    unclear = [{"name": "unclear", "valueString": str(one)} for one in asked.unclear]
    passed = [{"name": "passedOver", "valueCode": one} for one in asked.passed_over]
    return [*unclear, *passed]


def _named(resource: Made) -> Made:
    """Return a resource with an id, so that others can refer to it."""
    kind = resource.pop("resourceType")
    return {"resourceType": kind, "id": str(uuid.uuid4()), **resource}


def _to(resource: Made) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
