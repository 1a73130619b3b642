"""The answer of one body to a request, before it is put into words."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.store import cached
from zones.check import engine
from zones.check.entry import AIMED_SHARE, Entry, bone_depths
from zones.check.patient_findings import coverage_of, load_data, patient_findings
from zones.contract.direction import direction_vector, just_short
from zones.contract.models import BoneAhead, Coverage, Finding, Verdict
from zones.contract.needle import Needle
from zones.fields.bones import kind_of
from zones.fields.floor import along, bone_under, floor_at, tenths, unmapped
from zones.fields.loading import body_fields
from zones.fields.model import BodyFields, Why
from zones.patients.frozen import Facts
from zones.patients.practice import practitioner_findings
from zones.patients.request import Parsed
from zones.patients.rules import asked_zones
from zones.risk.meet import ComputationError
from zones.risk.place import zones_of
from zones.risk.through import comes_out, through_mm
from zones.sentences import wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anatomy.words.sites import Placement

BODIES = ("male", "female")
#: Id of the finding that a plan goes deeper than its place was mapped.
TOO_DEEP = "coverage-depth"
#: Id of the finding that a needle comes out on the other side.
OTHER_SIDE = "other-side"

_LOG = logging.getLogger(__name__)


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


def drafts_of(request: Parsed, facts: Facts, *, explain: bool = True) -> list[Draft]:
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


def floor_along(draft: Draft, needle: Needle) -> float:
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
        text = wording.not_mapped(region)
        draft.findings.append(_not_assessable("coverage", text))
    depth, why = floor_at(fields, [entry.vertex])
    draft.floor_mm = float(_floor_of(request.needle, depth[0], answer.tilt_deg))
    draft.floor_why = Why(int(why[0]))
    found = (too_deep(draft, request.needle), other_side(draft, request.needle))
    draft.findings.extend(finding for finding in found if finding is not None)
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
    draft.questions = unique([*own[:1], *asked, *own[1:]])


def _within(entry: Entry) -> frozenset[str]:
    """Return the zones that rules ask for and a site lies in, its search area too."""
    return zones_of(entry.fields, asked_zones(), entry.area)


def _floor_of(needle: Needle, depth_mm: float, tilt_deg: float) -> Any:
    """Return the length of a needle at which a depth under its entry is reached."""
    if needle.fold_mm is not None:
        return depth_mm + needle.fold_mm
    return along(depth_mm, tilt_deg)


def too_deep(draft: Draft, needle: Needle) -> Finding | None:
    """Return the finding that a plan goes deeper than its place was mapped."""
    if not unmapped(draft.floor_mm, draft.floor_why, needle.planned_mm):
        return None
    text = wording.deeper_not_mapped(math.floor(draft.floor_mm), draft.placement.region)
    return _not_assessable(TOO_DEEP, text)


def other_side(draft: Draft, needle: Needle) -> Finding | None:
    """Return the finding that a needle comes out on the other side, or could.

    As planned it is a CAUTION; a needle that would only if it were pushed home is said
    and holds nothing back.
    """
    if draft.entry is None:
        return None
    placement = draft.placement
    _, tilt = direction_vector(
        draft.fields.body, placement.point, needle, side=placement.side
    )
    fold = math.nan if needle.fold_mm is None else needle.fold_mm
    far = through_mm(
        draft.fields, [draft.entry.vertex], tilt_deg=[tilt], fold_mm=[fold]
    )
    planned = bool(comes_out(far, [needle.planned_mm])[0])
    if not planned and not comes_out(far, [needle.length_mm or 0.0])[0]:
        return None
    fold_said = needle.fold_mm is not None
    return Finding(
        id=OTHER_SIDE,
        kind="region",
        verdict=Verdict.CAUTION if planned else Verdict.NO_KNOWN_DANGER,
        structure=wording.FOLD_SIDE if fold_said else wording.LIMB_SIDE,
        message=wording.other_side(
            float(far[0]),
            planned_mm=needle.planned_mm if planned else needle.length_mm or math.inf,
            pushed_home=not planned,
            fold=fold_said,
        ),
    )


def _not_assessable(name: str, message: str) -> Finding:
    """Return the finding that nothing can be said."""
    return Finding(
        id=name, kind="region", verdict=Verdict.NOT_ASSESSABLE, message=message
    )


def unique(items: Iterable[str]) -> list[str]:
    """Return items without repeats, in their order."""
    return list(dict.fromkeys(items))
