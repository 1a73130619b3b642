"""The check: whether a needle may go in here, this deep, in this patient.

``check_site`` is the one entry; the command, the page and other programs call it.
"""

from __future__ import annotations

import hashlib
import logging
import math
from typing import TYPE_CHECKING

from anatomy.errors import NeedlemapError
from anatomy.store import ZONES, cached, current
from anatomy.store.digest import content
from zones.check import engine
from zones.check.draft import BODIES, Draft, drafts_of, unique
from zones.check.patient_findings import general_texts, known_patient, source_records
from zones.check.suggest import suggest
from zones.check.trying import Trial
from zones.check.turns import TURNS
from zones.contract.models import (
    Assessment,
    Finding,
    SiteAnswer,
    Suggestion,
    Verdict,
)
from zones.fields.loading import data_key
from zones.knowledge.habitus import habitus_rule
from zones.patients.frozen import Facts, frozen
from zones.patients.request import Parsed, parse_parts, parse_request
from zones.risk.policy import in_force, is_looser
from zones.sentences import wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zones.contract.needle import NeedleLike
    from zones.contract.sites import SiteLike
    from zones.patients.patient import PatientLike, PractitionerLike

_LOG = logging.getLogger(__name__)


def check_site(
    site: SiteLike,
    needle: NeedleLike | None = None,
    patient: PatientLike | None = None,
    practitioner: PractitionerLike | None = None,
) -> Assessment:
    """Return what a needle at a site can hit and whether it may go ahead.

    Parameters
    ----------
    site : mapping or Site
        One of the forms of the contract, such as ``{"landmark": "T4 spinous
        process", "lateral_mm": 60, "side": "left"}``; lengths in mm along the skin.
    needle : mapping or Needle, optional
        Length, planned depth (mm) and direction. A depth not given is the needle's
        length; with neither, no depth is short of anything.
    patient : mapping or Patient, optional
        Facts known; a fact left out was not asked, which is not the same as "no".
    practitioner : mapping or Practitioner, optional
        Who needles.

    Returns
    -------
    Assessment
        Verdict, deepest plan below DANGER (mm), findings with sources, open
        questions. The best verdict is that no danger zone is known.

    Raises
    ------
    NeedlemapError
        One of its kinds, when the request cannot be read: unknown names, a site off
        the body, numbers out of range, facts that contradict each other.

    Notes
    -----
    With neither a body nor the patient's sex given, both reference bodies are asked
    and the stricter answer is given. A computation that fails answers
    ``NOT_ASSESSABLE``.

    Examples
    --------
    >>> answer = check_site({"text": "6 cm left of T4"}, {"depth_mm": 30})
    >>> answer.verdict.value
    'DANGER'
    """
    return _check(parse_parts(site, needle, known_patient(patient), practitioner))


def check_request(request: Mapping[str, object]) -> Assessment:
    """Return the answer to a request given as one mapping (the JSON contract).

    Parameters
    ----------
    request : mapping
        ``site`` and optionally ``needle``, ``patient`` and ``practitioner``, as
        `check_site` takes them.

    Returns
    -------
    Assessment
        That of `check_site`.

    Raises
    ------
    NeedlemapError
        As `check_site`.

    Examples
    --------
    >>> site = {"point": "GB21", "side": "right"}
    >>> check_request({"site": site, "needle": {"depth_mm": 40}}).verdict.value
    'DANGER'
    """
    return _check(parse_request(request))


def verdict_of(
    site: SiteLike,
    needle: NeedleLike | None = None,
    patient: PatientLike | None = None,
    practitioner: PractitionerLike | None = None,
) -> Verdict:
    """Return the verdict of `check_site` alone, in less than half the time.

    Parameters, errors and notes as there.

    Examples
    --------
    >>> verdict_of({"text": "6 cm left of T4"}, {"depth_mm": 30}).value
    'DANGER'
    """
    request = parse_parts(site, needle, known_patient(patient), practitioner)
    facts = _facts_of(request)
    with TURNS.turn():
        return max(d.verdict for d in drafts_of(request, facts, explain=False))


def check_requests(
    requests: Iterable[Mapping[str, object]],
) -> list[Assessment | NeedlemapError]:
    """Return the answers to many requests in their order, errors in their place.

    Parameters
    ----------
    requests : iterable of mapping
        Each as `check_request` takes it.

    Returns
    -------
    list of Assessment or NeedlemapError
        A request that cannot be checked has its error; the others are answered.

    See Also
    --------
    zones.check_sites : many rows at once, much faster, with fewer figures for each.

    Examples
    --------
    >>> answers = check_requests([{"site": {"text": "6 cm left of T4"}}, {}])
    >>> [type(answer).__name__ for answer in answers]
    ['Assessment', 'InputError']
    """
    answers: list[Assessment | NeedlemapError] = []
    for request in requests:
        try:
            answers.append(check_request(request))
        except NeedlemapError as error:
            answers.append(error)
    return answers


def _check(request: Parsed) -> Assessment:
    """Check a request on the bodies that it may mean and answer with the stricter."""
    known = _facts_of(request)
    with TURNS.turn():
        return _answer(drafts_of(request, known), request, known)


def _facts_of(request: Parsed) -> Facts:
    """Return the known facts of a request."""
    facts = request.patient.facts()
    if request.needle.electrical is not None:
        facts["electrical"] = request.needle.electrical
    return frozen(facts)


def _answer(drafts: Sequence[Draft], request: Parsed, facts: Facts) -> Assessment:
    """Put the drafts of the bodies into one assessment, the stricter one leading."""
    lead = max(drafts, key=_strictness)
    findings = engine.sort_findings(
        engine.merge_rows([f for draft in (lead, *drafts) for f in draft.findings])
    )
    verdict = engine.worst(findings)
    limits = [(d.max_depth_mm, d) for d in drafts if d.max_depth_mm is not None]
    limit, least = min(limits, key=lambda pair: pair[0], default=(None, lead))
    questions = unique([q for d in (lead, *drafts) for q in d.questions])
    region = lead.placement.region
    suggestions = _suggestions(Trial(lead, drafts, request, facts), findings, limit)
    texts = general_texts(region, facts, findings)
    cited = unique(
        [
            *(s for f in findings for s in f.sources),
            *(s for f in findings for v in f.other_views for s in v.sources),
            *texts.sources,
            *(habitus_rule().sources if any(d.over_zone for d in drafts) else ()),
        ]
    )
    return Assessment.model_construct(
        verdict=verdict,
        headline=wording.headline(
            verdict, findings, region=region, unanswered=len(questions)
        ),
        complete=not questions,
        open_questions=questions,
        site=site_answer(lead),
        max_depth_mm=limit,
        limit_set_by=least.limit_set_by,
        limit_structure=least.limit_structure,
        bone=lead.bone,
        policy=in_force().name,
        policy_looser=is_looser(in_force()),
        findings=findings,
        suggestions=suggestions,
        coverage=lead.coverage,
        advice=texts.advice,
        aftercare=texts.aftercare,
        red_flags=texts.red_flags,
        sources=source_records(cited),
        data_version=data_version(),
    )


def _strictness(draft: Draft) -> tuple[int, float, int]:
    """Return how strict a draft is, for choosing the leading body."""
    limit = draft.max_depth_mm
    return (
        draft.verdict.rank,
        -(math.inf if limit is None else limit),
        len(draft.findings),
    )


def _suggestions(
    trial: Trial, findings: Sequence[Finding], limit: float | None
) -> list[Suggestion]:
    """Return what could be done instead; what fails here leaves the answer as it is."""
    try:
        return suggest(trial, findings, limit)
    except Exception:
        _LOG.exception("no suggestions could be worked out")
        return []


def site_answer(draft: Draft) -> SiteAnswer:
    """Return the site in all forms: chart, frame, region and words."""
    body, placement = draft.fields.body, draft.placement
    return SiteAnswer.model_construct(
        chart=placement.chart,
        x_mm=round(placement.x_mm, 1),
        y_mm=round(placement.y_mm, 1),
        xyz_mm=tuple(round(float(v), 1) for v in placement.point.xyz),
        region=placement.region,
        description=_described(
            body.name, placement.point.face, tuple(map(float, placement.point.bary))
        ),
        body=body.name,
        side=placement.side,
        spread_mm=float(placement.spread_mm),
    )


@cached(maxsize=4096)
def _described(body_name: str, face: int, bary: tuple[float, ...]) -> str:
    """Return a place on a face of a body's skin in words."""
    from anatomy.body import load_body
    from anatomy.places.describe import describe

    body = load_body(body_name)
    return describe(body, body.skin.point_on(face, bary)).text


@cached
def data_version() -> str:
    """Return the version of all data an answer rests on: a short hash.

    Examples
    --------
    >>> len(data_version())
    12
    """
    digest = hashlib.sha256()
    files = [p for p in ZONES.rglob("*") if p.suffix in {".toml", ".jsonl"}]
    for path in sorted(files):
        digest.update(path.relative_to(ZONES).as_posix().encode())
        digest.update(content(path))
    here = current()
    for path in here.own_files():
        digest.update(f"own {path.relative_to(here.own or path).as_posix()}".encode())
        digest.update(content(path))
    for name in BODIES:
        digest.update(data_key(name).encode())
    return digest.hexdigest()[:12]
