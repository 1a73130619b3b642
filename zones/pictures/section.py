"""The cross-section at a site: skin, bones, zones and the needle in one plane.

What the check says and what is drawn come from one place: where people have a structure
is what the check reckons with, for this patient, and where the needle meets it is taken
from the findings of the assessment.

A band is not segmented anatomy. Measured depths are hung under the skin of a reference
body: at each place of the picture the skin next to it decides, as for the check. It
shows in how many people a place is the structure's, not where this patient has it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

import numpy as np
import shapely

from anatomy.body import load_body
from anatomy.body.section import (
    Outline,
    Plane,
    axial_plane,
    direction_word,
    plane_through,
)
from anatomy.errors import NeedlemapError
from anatomy.messages import changed, joined, named
from anatomy.messages import message as _
from anatomy.muscles.catalogue import get_muscle
from anatomy.names import unknown
from zones.check.entry import Entry, arm_code, seen_in
from zones.contract.direction import direction_vector, toward_vector
from zones.contract.models import Assessment, BoneAhead, Verdict
from zones.contract.needle import Needle, Tilt, parse_needle
from zones.fields.bones import kind_of
from zones.fields.floor import along
from zones.fields.loading import body_fields
from zones.fields.model import BodyFields
from zones.knowledge.structures.tissues import hollow_bones
from zones.patients.frozen import frozen
from zones.patients.patient import parse_patient
from zones.pictures.bands import ABOVE_MM, bands_of, cut_at, person_of
from zones.pictures.muscle_bands import filled_rings, muscles_of
from zones.pictures.search_area import area_in_section
from zones.pictures.section_models import (
    IN_PLANE_DEG,
    OPPOSITE,
    Array,
    Band,
    Hollow,
    Line,
    Meeting,
    Section,
    View,
    Window,
)
from zones.risk.meet import AWAY
from zones.risk.terms import terms_of
from zones.sentences.limits import whole_mm
from zones.sentences.wording import the_bone
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.mesh.skin import SkinPoint
    from anatomy.names import Side

#: Height of the picture, mm: what is seen under the skin, at least and at most.
LEAST_DEEP_MM, MOST_DEEP_MM = 58.0, 140.0
#: Smaller spaces within a bone are not drawn, mm2.
LEAST_SPACE_MM2 = 900.0
#: Least share along the skin of a direction that names a plane.
LEAST_LEAN = 0.6
#: A needle that leaves the plane by more cannot be followed in it, degrees.
ON_END_DEG = 60.0
#: A needle whose line is shorter than this share of it stands on end in the picture.
LEAST_WAY = 0.15
#: Needle drawn when neither its length nor its depth is stated, mm.
UNSTATED_MM = 40.0


def site_section(
    assessment: Assessment,
    needle: object = None,
    patient: object = None,
    *,
    view: View = "needle",
    toward: str | None = None,
    aspect: float = 1.0,
    muscle: tuple[str, str] | None = None,
) -> Section:
    """Return the cross-section of an assessed site.

    Parameters
    ----------
    assessment : Assessment
        What `zones.check_site` answered for this site, needle and patient.
    needle : mapping or Needle, optional
        The plan that was assessed.
    patient : mapping or Patient, optional
        The facts that were given.
    view : {"needle", "axial"}
        ``needle``: the plane in which the needle tilts, which holds the skin's normal
        and the direction of the tilt; the skin is on top, as on an ultrasound screen.
        ``axial``: across the trunk or the limb, as on a scan.
    toward : str, optional
        Direction of tilt that sets the plane of a needle that stands perpendicular;
        by default cranial on the midline, else medial.
    aspect : float
        Width of the picture over its height.
    muscle : (str, str), optional
        Name and side of the muscle that the site was named by.

    Returns
    -------
    Section

    Raises
    ------
    UnknownNameError
        When there is no such view.
    NeedlemapError
        When the needle or the patient cannot be read.

    Examples
    --------
    >>> from zones.check.site import check_site
    >>> needle = {"length_mm": 40, "depth_mm": 25}
    >>> answer = check_site({"text": "6 cm left of T4"}, needle)
    >>> picture = site_section(answer, needle)
    >>> picture.bands[0].structure, picture.edges[3]
    ('pleura and lung', 'posterior')
    """
    if view not in get_args(View):
        raise unknown("view", view, get_args(View), field="view")
    plan = parse_needle(needle)
    facts = frozen(parse_patient(patient).facts())
    body = load_body(assessment.site.body)
    fields = body_fields(assessment.site.body)
    side: Side = assessment.site.side
    point = body.skin.nearest(assessment.site.xyz_mm)
    inward = -np.asarray(body.skin.normal(point), dtype=float)
    direction, tilt = direction_vector(body, point, plan, side=side)
    lean, lean_xyz = _lean(fields, point, plan, inward, direction, side, toward)
    if view == "axial":
        plane = axial_plane(body, point)
    else:
        plane = _needle_plane(point, inward, lean_xyz)
    line = _line(plane, direction, plan)
    deep = _deep(line)
    key = (tuple(map(float, point.xyz)), *map(tuple, (plane.right, plane.up)))
    vertex = Entry(fields, point, side).vertex
    above = ABOVE_MM + line.fold_mm
    cut = cut_at(body.name, key, view, deep, above, round(aspect, 3))
    person = person_of(
        facts,
        terms_of(fields, facts),
        vertex=vertex,
        inward=inward,
        seen=seen_in(fields, plan, vertex),
        arm_away=arm_code(plan.arm) == AWAY,
    )
    bands, left_out = bands_of(cut, line, assessment, person)
    met_bone = _drawn_bone(cut.outlines[1:], line)
    hollows = _hollows(cut.outlines[1:])
    chosen = None if muscle is None else (get_muscle(muscle[0]).name, muscle[1])
    normal = plane.normal
    turns = max(abs(float(inward @ normal)), abs(float(lean_xyz @ normal))) < 0.06
    return Section(
        view=view,
        title=_title(view, lean),
        plane=plane,
        window=cut.window,
        edges=_edges(body, point, plane, side, cut.window),
        outlines=cut.outlines,
        hollows=hollows,
        muscles=muscles_of(cut.muscles, chosen),
        bands=bands,
        left_out=left_out,
        needle=line,
        meetings=_meetings(assessment, line),
        limit_mm=assessment.max_depth_mm,
        bone=_bone(assessment, tilt),
        drawn_bone_mm=met_bone,
        spread_mm=assessment.site.spread_mm,
        area=area_in_section(
            body,
            point,
            assessment.site.spread_mm,
            plane=plane,
            skin=cut.outlines[0].lines,
        ),
        lean=lean,
        lean_uv=plane.along(lean_xyz),
        inward_uv=plane.along(inward),
        turns=turns and line.off_plane_deg < IN_PLANE_DEG,
        assessment=assessment,
        blank=_blank(assessment, bands, line),
        notes=(*_notes(plan), *_bone_note(met_bone), *_wall_notes(hollows)),
    )


def _lean(
    fields: BodyFields,
    point: SkinPoint,
    plan: Needle,
    inward: Array,
    direction: Array,
    side: Side,
    toward: str | None,
) -> tuple[str, Array]:
    """Return the direction of tilt in words and as a unit vector along the skin."""
    planned = plan.direction
    wanted = [toward] if toward else []
    if isinstance(planned, Tilt):
        wanted = [planned.toward, *wanted]
    aside = direction - (direction @ inward) * inward
    if not isinstance(planned, Tilt) and np.linalg.norm(aside) > 0.05:
        word = direction_word(fields.body, point, aside, side=side)
        return word, aside / np.linalg.norm(aside)
    first = "cranial" if side == "midline" else "medial"
    # a needle that stands upright is shown in a plane whose name fits its direction
    least = 0.1 if isinstance(planned, Tilt) else LEAST_LEAN
    for name in [*wanted, first, "cranial", "anterior"]:
        try:
            way = toward_vector(fields.body, point, name, side)
        except NeedlemapError:
            continue
        way = way - (way @ inward) * inward
        if np.linalg.norm(way) >= least:
            return name, way / np.linalg.norm(way)
    raise unknown("direction", str(toward), OPPOSITE, field="toward")


def _needle_plane(point: SkinPoint, inward: Array, lean: Array) -> Plane:
    """Return the plane in which the needle tilts, the skin on top.

    The patient's right is on the picture's left, or cranial where the plane runs
    along the body: both as sonographers hold their probe.
    """
    right = lean
    share = np.abs(right)
    if share[0] >= 0.5 * share[2]:
        right = right if right[0] > 0 else -right
    elif right[2] > 0:
        right = -right
    return plane_through(point.xyz, np.cross(right, -inward), -inward)


def _line(plane: Plane, direction: Array, plan: Needle) -> Line:
    """Return the needle in a plane."""
    way = plane.along(direction)
    planned = plan.planned_mm if math.isfinite(plan.planned_mm) else None
    longest = max(v for v in (plan.length_mm, planned, 0.0) if v is not None)
    off = math.degrees(math.asin(min(1.0, abs(float(direction @ plane.normal)))))
    fold = plan.fold_mm or 0.0
    entry = -fold * way
    return Line(
        entry=entry,
        tip=None if planned is None else entry + planned * way,
        end=entry + (longest or UNSTATED_MM) * way,
        way=way,
        planned_mm=planned,
        length_mm=plan.length_mm,
        off_plane_deg=off,
        fold_mm=fold,
    )


def _deep(line: Line) -> float:
    """Return how deep the picture goes, mm; it does not depend on depth or tilt."""
    reach = line.length_mm or line.planned_mm or UNSTATED_MM
    deep = min(max(reach + 18.0, LEAST_DEEP_MM), MOST_DEEP_MM)
    return 10.0 * math.ceil(deep / 10.0)


def _bone(assessment: Assessment, tilt: float) -> BoneAhead | None:
    """Return the bone that is expected, at lengths of this needle."""
    bone = assessment.bone
    if bone is None:
        return None
    low, high = (round(float(along(v, tilt)), 1) for v in (bone.from_mm, bone.to_mm))
    return bone.model_copy(update={"from_mm": low, "to_mm": high})


def _meetings(assessment: Assessment, line: Line) -> tuple[Meeting, ...]:
    """Return from where on the needle warns or is refused for each finding."""
    longest = line.length_mm or line.planned_mm or UNSTATED_MM
    met = [
        Meeting(
            finding,
            line.at(finding.reached_at_mm),
            max(finding.verdict, Verdict.CAUTION),
        )
        for finding in assessment.findings
        if finding.kind == "zone"
        and finding.reached_at_mm is not None
        and finding.reached_at_mm <= longest + 15.0
    ]
    return tuple(sorted(met, key=lambda m: m.finding.reached_at_mm or 0.0))


def _title(view: View, lean: str) -> str:
    """Return what a picture shows and from where it is seen."""
    if view == "axial":
        return _("Across the body, seen from below as on a scan")
    other = OPPOSITE.get(lean)
    plane = joined([named(n) for n in (other, lean) if n], "–")
    return _("In the plane of the needle ({plane}), skin on top", plane=plane)


def _edges(
    body: Body,
    point: SkinPoint,
    plane: Plane,
    side: Side,
    window: Window,
) -> tuple[str, str, str, str]:
    """Return the words for left, right, bottom and top of a picture."""
    # a picture that goes past the midline names the patient's sides
    ends = plane.lift(
        [[window[0], 0.0], [window[1], 0.0], [0, window[2]], [0, window[3]]]
    )
    crosses = float(ends[:, 0].min()) < -5.0 and float(ends[:, 0].max()) > 5.0
    which = "midline" if crosses else side
    words = [
        named(direction_word(body, point, way, side=which))
        for way in (-plane.right, plane.right, -plane.up, plane.up)
    ]
    return words[0], words[1], words[2], words[3]


def _drawn_bone(bones: Sequence[Outline], line: Line) -> float | None:
    """Return at which length the needle's line meets a bone that is drawn."""
    if line.tip is None or not np.linalg.norm(line.way) > LEAST_WAY:
        return None
    shaft = shapely.LineString([line.entry, line.tip])
    met = [filled_rings(bone.lines).intersection(shaft) for bone in bones]
    places = [shapely.get_coordinates(part) for part in met if not part.is_empty]
    if not places:
        return None
    away = np.linalg.norm(np.concatenate(places) - line.entry, axis=1)
    return float(away.min() / np.linalg.norm(line.way))


def _bone_note(met_mm: float | None) -> tuple[str, ...]:
    """Return what is said of a needle that would go through a drawn bone."""
    if met_mm is None:
        return ()
    return (
        _(
            "The bone of the reference body lies {depth} along this needle. Past it "
            "the needle is drawn pale: how deep bone lies in people is written beside "
            "it.",
            depth=whole_mm(met_mm),
        ),
    )


def _hollows(outlines: Sequence[Outline]) -> tuple[Hollow, ...]:
    """Return the spaces within bones that the bodies have as solids."""
    found = []
    for outline in outlines:
        bone = hollow_bones().get(kind_of(outline.name))
        if bone is None:
            continue
        inner = filled_rings(outline.lines).buffer(-(bone.record.mean_mm or 0.0))
        lines = tuple(
            np.asarray(part.exterior.coords)
            for part in shapely.get_parts(inner)
            if part.area >= LEAST_SPACE_MM2
        )
        if lines:
            found.append(Hollow(bone, lines))
    return tuple(found)


def _wall_notes(hollows: Sequence[Hollow]) -> tuple[str, ...]:
    """Return what is said of walls whose thickness is drawn for the eye."""
    return tuple(
        joined(
            [
                _(
                    "{bone} is drawn as a wall {mm:.0f} mm thick, the mean of {n} in "
                    "one series.",
                    bone=changed(the_bone(hollow.bone.bone), "capital"),
                    mm=hollow.bone.record.mean_mm,
                    n=hollow.bone.record.n,
                ),
                hollow.bone.note,
            ]
        )
        for hollow in hollows
    )


def _notes(plan: Needle) -> tuple[str, ...]:
    """Return what of a plan the picture cannot show."""
    found = []
    if plan.fold_mm is not None:
        found.append(
            _(
                "The needle is held in a lifted fold of {mm:g} mm, drawn as a dashed "
                "bow: what lies under the fold is met only past it.",
                mm=plan.fold_mm,
            )
        )
    if arm_code(plan.arm) == AWAY:
        found.append(
            _(
                "Bones are drawn with the arm at the side. Moved away, it takes the "
                "shoulder blade with it, and what that uncovers is drawn uncovered."
            )
        )
    return tuple(found)


def _blank(assessment: Assessment, bands: tuple[Band, ...], line: Line) -> str:
    """Return why a picture may not be read as clear."""
    worst = assessment.verdict
    others = [f for f in assessment.findings if f.kind != "zone" and f.verdict == worst]
    if worst == Verdict.STOP and others:
        why = others[0].consequence or others[0].message
        return joined([load_words().verdict[Verdict.STOP].word, why], ": ")
    if worst == Verdict.NOT_ASSESSABLE or assessment.coverage.level == "none":
        return _("Not assessable here: what is not drawn was not mapped.")
    if line.off_plane_deg >= ON_END_DEG:
        return _(
            "The needle stands on end in this plane: look along the needle instead."
        )
    met = [f for f in assessment.findings if f.kind == "zone" and f.structure]
    if not bands and met:
        return _(
            "Not in this plane, but near the needle: {structure}.",
            structure=met[0].structure,
        )
    if not bands:
        return _("No mapped structure crosses this picture. That is not a promise.")
    return ""
