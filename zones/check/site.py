"""The check: whether a needle may go in here, this deep, in this patient.

``check_site`` is the one entry; the command, the page and other programs call it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.digest import content
from anatomy.errors import NeedlemapError
from anatomy.store import ZONES, cached, current
from zones.check import engine
from zones.check.entry import AIMED_SHARE, Entry, bone_depths
from zones.check.patient_findings import (
    coverage_of,
    general_texts,
    known_patient,
    load_data,
    patient_findings,
    source_records,
)
from zones.check.suggest import suggest
from zones.contract.direction import direction_vector, just_short
from zones.contract.models import (
    Assessment,
    BoneAhead,
    Coverage,
    Finding,
    SiteAnswer,
    Suggestion,
    Verdict,
)
from zones.contract.needle import Needle
from zones.contract.sites import Site
from zones.fields.bones import kind_of
from zones.fields.floor import along, bone_under, floor_at, tenths, unmapped
from zones.fields.loading import body_fields, data_key
from zones.fields.model import BodyFields, Why
from zones.knowledge.habitus import habitus_rule
from zones.patients.frozen import Facts, frozen
from zones.patients.practice import practitioner_findings
from zones.patients.request import Parsed, parse_parts, parse_request
from zones.patients.rules import asked_zones
from zones.risk.meet import ComputationError
from zones.risk.place import zones_of
from zones.risk.policy import in_force, is_looser
from zones.sentences import wording
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from anatomy.words.sites import Placement
    from zones.contract.needle import NeedleLike
    from zones.contract.sites import SiteLike
    from zones.patients.patient import PatientLike, PractitionerLike

BODIES = ("male", "female")
#: Id of the finding that a plan goes deeper than its place was mapped.
TOO_DEEP = "coverage-depth"

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


@dataclass
class Draft:
    """The answer of one body before it is put into words.

    Attributes
    ----------
    placement : Placement
        The site on this body.
    findings : list of Finding
        Unsorted.
    limit_mm : float
        Length of needle at which the risk first refuses it; inf for never.
    floor_mm : float
        Length of needle down to which the place is known; inf where nothing is mapped.
    floor_why : Why
        What ends it.
    questions : list of str
        Facts not given that could change the verdict, the weightiest first.
    coverage : Coverage
        What was mapped here.
    """

    fields: BodyFields
    placement: Placement
    findings: list[Finding] = field(default_factory=list)
    limit_mm: float = math.inf
    floor_mm: float = math.inf
    floor_why: Why = Why.NOTHING
    questions: list[str] = field(default_factory=list)
    coverage: Coverage = field(
        default_factory=lambda: Coverage(level="none", mapped=[])
    )
    over_zone: bool = False
    entry: Entry | None = None

    @property
    def verdict(self) -> Verdict:
        """Verdict of all findings together."""
        return engine.worst(self.findings)

    @property
    def max_depth_mm(self) -> float | None:
        """Deepest plan below DANGER and within what is known, mm.

        None where nothing is mapped, 0 when no depth will do.
        """
        return self._limit[0]

    @property
    def limit_set_by(self) -> str | None:
        """What sets `max_depth_mm`: risk, bone, middle or mapped."""
        return self._limit[1]

    @property
    def limit_structure(self) -> str | None:
        """The bone that sets the limit, without its side."""
        if self.limit_set_by != "bone" or self.entry is None:
            return None
        name = bone_under(self.fields, self.entry.vertex)
        return kind_of(name) if name else None

    @property
    def bone(self) -> BoneAhead | None:
        """The bone that is expected under the site, where most needles meet one."""
        if self.entry is None:
            return None
        fields, vertex = self.fields, self.entry.vertex
        name = bone_under(fields, vertex)
        share = float(fields.floor.share[vertex])
        low, high = bone_depths(fields, vertex)
        if name is None or not share >= AIMED_SHARE or not low > 0.0:
            return None
        return BoneAhead(
            name=kind_of(name),
            share=round(share, 2),
            from_mm=round(float(low), 1),
            to_mm=round(float(high), 1),
        )

    @property
    def _limit(self) -> tuple[float | None, str | None]:
        zones = ("zone", "region")
        if any(
            f.verdict >= Verdict.DANGER and f.kind not in zones for f in self.findings
        ):
            return 0.0, "risk"
        risk = just_short(self.limit_mm) if math.isfinite(self.limit_mm) else math.inf
        known = float(tenths(self.floor_mm))
        if known < risk:
            return known, self.floor_why.name.lower()
        return (risk, "risk") if math.isfinite(risk) else (None, None)


def _check(request: Parsed) -> Assessment:
    """Check a request on the bodies that it may mean and answer with the stricter."""
    facts = request.patient.facts()
    if request.needle.electrical is not None:
        facts["electrical"] = request.needle.electrical
    known = frozen(facts)
    return _answer(_drafts(request, known), request, known)


def _drafts(request: Parsed, facts: Facts, *, explain: bool = True) -> list[Draft]:
    """Return the drafts of the bodies that a request may mean.

    Raises
    ------
    NeedlemapError
        When it has no meaning on any of them.
    """
    drafts: list[Draft] = []
    errors: list[NeedlemapError] = []
    for name in _bodies(request, facts):
        try:
            drafts.append(_on_body(name, request, facts, explain=explain))
        except NeedlemapError as error:
            errors.append(error)
    if not drafts:
        raise errors[0]
    return drafts


def _bodies(request: Parsed, facts: Facts) -> tuple[str, ...]:
    """Return the bodies that a request may mean."""
    named = request.site.body or facts.get("sex")
    return (named,) if named in BODIES else BODIES


def _on_body(
    name: str, request: Parsed, facts: Facts, *, explain: bool = True
) -> Draft:
    """Check a request on one body; what fails inside answers NOT_ASSESSABLE."""
    fields = body_fields(name)
    plain = request.site.model_dump_json(exclude_none=True, exclude={"body"})
    placement = _placement(name, plain)
    draft = Draft(fields, placement)
    load_data()
    try:
        _fill(draft, request, facts, explain=explain)
    except NeedlemapError:
        raise
    except Exception:  # nothing that fails may come out as clear
        _LOG.exception("the check failed at %s", plain)
        draft.findings.append(_not_assessable("computation", wording.FAILED))
        draft.limit_mm = 0.0
    return draft


def _floor_along(draft: Draft, needle: Needle) -> float:
    """Return how far along another needle at a draft's entry the place is known, mm."""
    if draft.floor_why == Why.NOTHING or draft.entry is None:
        return math.inf
    placement = draft.placement
    body = draft.fields.body
    _, tilt = direction_vector(body, placement.point, needle, side=placement.side)
    depth, _ = floor_at(draft.fields, [draft.entry.vertex])
    return float(_floor_of(needle, depth[0], tilt))


@cached(maxsize=1024)
def _placement(body_name: str, site: str) -> Placement:
    """Return a site, given as JSON, on a body."""
    from anatomy.body import load_body
    from anatomy.words.sites import resolve_site

    return resolve_site(load_body(body_name), json.loads(site))


def _fill(draft: Draft, request: Parsed, facts: Facts, *, explain: bool) -> None:
    """Add the findings of zones, region and patient to a draft."""
    fields, placement = draft.fields, draft.placement
    entry = Entry(fields, placement.point, placement.side, float(placement.spread_mm))
    if not np.isfinite(np.asarray(placement.point.xyz)).all():
        raise ComputationError("the site did not resolve to a place")
    draft.entry = entry
    answer = engine.assess_zones(entry, request.needle, facts, explain=explain)
    draft.limit_mm = answer.limit_mm
    draft.findings = engine.merge_rows(answer.findings)
    draft.over_zone = bool(answer.findings)
    region = placement.region
    draft.coverage = coverage_of(region)
    if draft.coverage.level == "none":
        text = wording.NOT_MAPPED.format(region=load_words().region_words(region))
        draft.findings.append(_not_assessable("coverage", text))
    depth, why = floor_at(fields, [entry.vertex])
    draft.floor_mm = float(_floor_of(request.needle, depth[0], answer.tilt_deg))
    draft.floor_why = Why(int(why[0]))
    deeper = _too_deep(draft, request.needle)
    if deeper is not None:
        draft.findings.append(deeper)
    hits, questions = patient_findings(
        fields.body, placement, facts, region=region, within=_within(entry)
    )
    draft.findings.extend(hits)
    draft.findings.extend(practitioner_findings(request.practitioner, region))
    definite = engine.worst([f for f in draft.findings if f.status == "known"])
    own: list[str] = []
    if request.needle.depth_mm is None and draft.over_zone:
        own.append("depth_mm")
    if definite < Verdict.DANGER:
        own += answer.unknown
        own += [n for n in ("bmi", "age") if answer.corrected and n not in facts]
    asked = [q.fact for q in questions if q.matters(definite)]
    draft.questions = _unique([*own[:1], *asked, *own[1:]])


def _within(entry: Entry) -> frozenset[str]:
    """Return the zones that rules ask for and a site lies in, its search area too."""
    return zones_of(entry.fields, asked_zones(), entry.area)


def _floor_of(needle: Needle, depth_mm: float, tilt_deg: float) -> Any:
    """Return the length of a needle at which a depth under its entry is reached."""
    if needle.fold_mm is not None:
        return depth_mm + needle.fold_mm
    return along(depth_mm, tilt_deg)


def _too_deep(draft: Draft, needle: Needle) -> Finding | None:
    """Return the finding that a plan goes deeper than its place was mapped."""
    if not unmapped(draft.floor_mm, draft.floor_why, needle.planned_mm):
        return None
    text = wording.DEEPER_NOT_MAPPED.format(
        depth=wording.mm(math.floor(draft.floor_mm)),
        region=load_words().region_words(draft.placement.region),
    )
    return _not_assessable(TOO_DEEP, text)


def _not_assessable(name: str, message: str) -> Finding:
    """Return the finding that nothing can be said."""
    return Finding(
        id=name, kind="region", verdict=Verdict.NOT_ASSESSABLE, message=message
    )


def _answer(drafts: Sequence[Draft], request: Parsed, facts: Facts) -> Assessment:
    """Put the drafts of the bodies into one assessment, the stricter one leading."""
    lead = max(drafts, key=_strictness)
    findings = engine.sort_findings(
        engine.merge_rows([f for draft in (lead, *drafts) for f in draft.findings])
    )
    verdict = engine.worst(findings)
    limits = [(d.max_depth_mm, d) for d in drafts if d.max_depth_mm is not None]
    limit, least = min(limits, key=lambda pair: pair[0], default=(None, lead))
    questions = _unique([q for d in (lead, *drafts) for q in d.questions])
    region = lead.placement.region
    suggestions = _suggestions(Trial(lead, drafts, request, facts), findings, limit)
    texts = general_texts(region, facts, findings)
    cited = _unique(
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


@dataclass(frozen=True)
class Trial:
    """Answers what a changed plan would get, by the same reckoning as the check.

    Attributes
    ----------
    lead : Draft
        The stricter body.
    drafts : sequence of Draft
        All bodies that the request may mean.
    request : Parsed
        The plan as asked.
    facts : Facts
        Known facts.
    """

    lead: Draft
    drafts: Sequence[Draft]
    request: Parsed
    facts: Facts

    @property
    def entry(self) -> Entry | None:
        """Where the needle goes in on the stricter body."""
        return self.lead.entry

    @property
    def bone(self) -> BoneAhead | None:
        """The bone that is expected under the site on the stricter body."""
        return self.lead.bone

    def with_needle(self, needle: Needle) -> Verdict:
        """Return the verdict of another needle at the same site.

        What the patient's findings say does not depend on the needle's way.
        """
        verdicts: list[Verdict] = []
        for draft in self.drafts:
            if draft.entry is None:
                verdicts.append(draft.verdict)
                continue
            verdict = engine.zones_verdict(draft.entry, needle, self.facts)
            others = [
                f
                for f in draft.findings
                if f.kind != "zone" and f.id not in (TOO_DEEP, engine.AREA)
            ]
            tried = replace(draft, floor_mm=_floor_along(draft, needle))
            deeper = _too_deep(tried, needle)
            verdicts.append(
                max(verdict, engine.worst([*others, *([deeper] if deeper else [])]))
            )
        return max(verdicts)

    def without_current(self) -> Verdict:
        """Return the verdict of the same needle at the same site worked by hand."""
        by_hand = self.request.needle.model_copy(update={"electrical": False})
        drafts = _drafts(
            replace(self.request, needle=by_hand),
            frozen({**self.facts, "electrical": False}),
            explain=False,
        )
        return max(draft.verdict for draft in drafts)

    def at_site(self, site: Site) -> Verdict:
        """Return the verdict of the same needle at another site."""
        changed = replace(self.request, site=site)
        drafts = _drafts(changed, self.facts, explain=False)
        return max(draft.verdict for draft in drafts)


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


def _unique(items: Iterable[str]) -> list[str]:
    """Return items without repeats, in their order."""
    return list(dict.fromkeys(items))


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
