"""The cross-section at a site: skin, bones, zones and the needle in one plane.

What the check says and what is drawn come from one place: the zones' depths are those
of the compiled fields, corrected for the patient as the check corrects them, and where
the needle meets a structure is taken from the findings of the assessment.

A band is not segmented anatomy. Published depths are hung under the skin of a reference
body: at each place of the picture the skin next to it decides, as for the check.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.names import unknown
from anatomy.section import (
    Outline,
    Plane,
    axial_plane,
    body_outlines,
    direction_word,
    level_lines,
    plane_through,
)
from zones.check import zone_applies
from zones.engine import zone_verdict
from zones.fields import BodyFields, body_fields
from zones.models import Assessment, Finding, Needle, Tilt, Verdict, parse_needle
from zones.needle import FOLD_COSINE, direction_vector, habitus_rule, toward_vector
from zones.patient import parse_patient
from zones.rows import band_near
from zones.surfaces import row_area, row_depths

if TYPE_CHECKING:
    from anatomy.names import Side
    from anatomy.skin import SkinPoint

Array = NDArray[np.float64]
View = Literal["needle", "axial"]

#: Distance of the places at which a picture's bands are worked out, mm.
GRID_MM = 1.5
#: Vertices of the skin that are mixed at each place, so that bands have no steps.
MIXED = 4
#: Spread of the smoothing over the picture, in places of its grid.
SMOOTH_CELLS = 1.0
#: Gaps in a band up to this wide are filled, mm.
SLIT_MM = 9.0
#: A zone farther than this from the needle's line is left out of the picture, mm.
NEAR_MM = 30.0
#: Most zones in one picture; what is left out is counted.
MOST_BANDS = 6
#: Height of the picture, mm: what is seen under the skin, at least and at most.
LEAST_DEEP_MM, MOST_DEEP_MM = 58.0, 140.0
#: An axial picture of the trunk is at least so high, mm.
LEAST_AXIAL_MM = 110.0
#: What is seen above the skin at the entry, mm.
ABOVE_MM = 20.0
#: A limb up to this wide is shown whole in the axial picture, mm.
WHOLE_LIMB_MM = 190.0
#: A needle that leaves the plane by less than this lies in it, degrees.
IN_PLANE_DEG = 3.0
#: Least share along the skin of a direction that names a plane.
LEAST_LEAN = 0.6
#: Needle drawn when neither its length nor its depth is stated, mm.
UNSTATED_MM = 40.0

OPPOSITE: Mapping[str, str] = {
    "medial": "lateral",
    "lateral": "medial",
    "cranial": "caudal",
    "caudal": "cranial",
    "proximal": "distal",
    "distal": "proximal",
    "anterior": "posterior",
    "posterior": "anterior",
}


@dataclass(frozen=True, eq=False)
class Band:
    """One zone in the picture.

    Attributes
    ----------
    zone_id, structure : str
        Which zone, and what it holds.
    side : {"left", "right", "midline"}
        The patient's side.
    verdict : Verdict
        What reaching it comes to.
    known : bool
        False when a fact that was not asked decides whether it counts.
    region : tuple of (K, 2) float64
        Closed lines round all that counts as the structure: from the earliest depth
        on, the placement tolerance to each side included.
    beyond : tuple of (K, 2) float64
        Closed lines round what lies past the typical depth (of a vessel or nerve,
        without the tolerance to each side); empty when no typical depth is known.
    earliest, typical : tuple of (K, 2) float64
        Open lines along the two depths, mm.
    typical_known : bool
        Whether a typical depth is known here.
    label : (2,) float64
        A place in the band for a leader line to point at.
    away_mm : float
        Least distance from the needle's line, to its full length, in this plane.
    """

    zone_id: str
    structure: str
    side: str
    verdict: Verdict
    known: bool
    region: tuple[Array, ...]
    beyond: tuple[Array, ...]
    earliest: tuple[Array, ...]
    typical: tuple[Array, ...]
    typical_known: bool
    label: Array
    away_mm: float


@dataclass(frozen=True, eq=False)
class Line:
    """The needle in the picture.

    Attributes
    ----------
    entry, tip, end : (2,) float64
        Skin, tip at the planned depth (None when no depth is known), and where the
        tip would be if the needle were pushed home.
    way : (2,) float64
        Direction of the needle in the picture, shortened by what leaves the plane.
    planned_mm, length_mm : float or None
        Depth that the check reckons with and the needle's length.
    off_plane_deg : float
        Angle by which it leaves the plane; then the picture shows its shadow.
    """

    entry: Array
    tip: Array | None
    end: Array
    way: Array
    planned_mm: float | None
    length_mm: float | None
    off_plane_deg: float

    def at(self, along_mm: float) -> Array:
        """Return the place (2,) of the needle at a length in the body, mm."""
        return self.entry + along_mm * self.way


@dataclass(frozen=True, eq=False)
class Meeting:
    """Where the needle first may meet what a finding speaks of.

    Attributes
    ----------
    finding : Finding
        Of the assessment.
    uv : (2,) float64
        Place on the needle, ``finding.reached_at_mm`` from the entry.
    """

    finding: Finding
    uv: Array


@dataclass(frozen=True, eq=False)
class Section:
    """A cross-section, ready to be drawn; all coordinates are mm of its plane.

    Attributes
    ----------
    view : {"needle", "axial"}
        Which plane.
    title : str
        What is seen, and from where.
    plane : Plane
        The plane; (0, 0) is the entry.
    window : tuple of float
        Left, right, bottom and top of the picture, mm.
    edges : tuple of str
        What lies to the left, right, bottom and top.
    outlines : tuple of Outline
        The skin first, then the bones in the window.
    bands : tuple of Band
        Zones near the needle, the gravest first.
    left_out : int
        Zones near the needle that are not drawn.
    needle : Line
        The needle.
    meetings : tuple of Meeting
        Where it may first meet each structure, nearest to the skin first.
    limit_mm : float or None
        Deepest plan below DANGER, along the needle.
    spread_mm : float
        Radius of the search area that the site stands for.
    lean : str
        Direction of the patient that a tilt in this plane leans to.
    lean_uv : (2,) float64
        That direction in the picture, along the skin at the entry.
    inward_uv : (2,) float64
        Into the body, perpendicular to the skin.
    turns : bool
        Whether moving the tip within the picture is a tilt toward `lean` or away.
    assessment : Assessment
        What the check said.
    blank : str
        Why the picture may not be read as clear; empty when there is no such reason.
    """

    view: View
    title: str
    plane: Plane
    window: tuple[float, float, float, float]
    edges: tuple[str, str, str, str]
    outlines: tuple[Outline, ...]
    bands: tuple[Band, ...]
    left_out: int
    needle: Line
    meetings: tuple[Meeting, ...]
    limit_mm: float | None
    spread_mm: float
    lean: str
    lean_uv: Array
    inward_uv: Array
    turns: bool
    assessment: Assessment
    blank: str


def site_section(
    assessment: Assessment,
    needle: object = None,
    patient: object = None,
    *,
    view: View = "needle",
    toward: str | None = None,
    aspect: float = 1.0,
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

    Returns
    -------
    Section

    Raises
    ------
    UnknownNameError
        When there is no such view.
    NeedlemapError
        When the needle or the patient can not be read.

    Examples
    --------
    >>> from zones.check import check_site
    >>> needle = {"length_mm": 40, "depth_mm": 25}
    >>> answer = check_site({"text": "6 cm left of T4"}, needle)
    >>> picture = site_section(answer, needle)
    >>> picture.bands[0].structure, picture.edges[3]
    ('pleura and lung', 'posterior')
    """
    if view not in get_args(View):
        raise unknown("view", view, get_args(View), field="view")
    plan = parse_needle(needle)
    facts = parse_patient(patient).facts()
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
    deep = _deep(assessment, line)
    key = (tuple(map(float, point.xyz)), *map(tuple, (plane.right, plane.up)))
    cut = _cut(body.name, key, view, deep, round(aspect, 3))
    upright = tilt < habitus_rule().warn_within_deg
    bands, left_out = _bands(cut, line, assessment, facts, upright=upright)
    normal = plane.normal
    turns = max(abs(float(inward @ normal)), abs(float(lean_xyz @ normal))) < 0.06
    return Section(
        view=view,
        title=_title(view, lean),
        plane=plane,
        window=cut.window,
        edges=_edges(body, point, plane, side, cut.window),
        outlines=cut.outlines,
        bands=bands,
        left_out=left_out,
        needle=line,
        meetings=_meetings(assessment, line),
        limit_mm=assessment.max_depth_mm,
        spread_mm=assessment.site.spread_mm,
        lean=lean,
        lean_uv=_flat(plane, lean_xyz),
        inward_uv=_flat(plane, inward),
        turns=turns and line.off_plane_deg < IN_PLANE_DEG,
        assessment=assessment,
        blank=_blank(assessment, bands),
    )


def _flat(plane: Plane, vector: Array) -> Array:
    """Return the part of a direction that lies in a plane, (2,)."""
    return np.array([vector @ plane.right, vector @ plane.up])


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
    named = plan.direction
    wanted = [toward] if toward else []
    if isinstance(named, Tilt):
        wanted = [named.toward, *wanted]
    aside = direction - (direction @ inward) * inward
    if not isinstance(named, Tilt) and np.linalg.norm(aside) > 0.05:
        word = direction_word(fields.body, point, aside, side=side)
        return word, aside / np.linalg.norm(aside)
    first = "cranial" if side == "midline" else "medial"
    # a needle that stands upright is shown in a plane whose name fits its direction
    least = 0.1 if isinstance(named, Tilt) else LEAST_LEAN
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
    way = _flat(plane, direction)
    planned = plan.planned_mm if math.isfinite(plan.planned_mm) else None
    longest = max(v for v in (plan.length_mm, planned, 0.0) if v is not None)
    off = math.degrees(math.asin(min(1.0, abs(float(direction @ plane.normal)))))
    entry = np.zeros(2)
    return Line(
        entry=entry,
        tip=None if planned is None else planned * way,
        end=(longest or UNSTATED_MM) * way,
        way=way,
        planned_mm=planned,
        length_mm=plan.length_mm,
        off_plane_deg=off,
    )


def _deep(assessment: Assessment, line: Line) -> float:
    """Return how deep the picture goes, mm; it does not hang on depth or tilt."""
    reach = line.length_mm or line.planned_mm or UNSTATED_MM
    wanted = [reach + 18.0]
    for finding in assessment.findings[:3]:
        if finding.kind == "zone" and finding.typical_mm is not None:
            wanted.append(min(finding.typical_mm + 15.0, reach + 45.0))
    deep = min(max(*wanted, LEAST_DEEP_MM), MOST_DEEP_MM)
    return 10.0 * math.ceil(deep / 10.0)


@dataclass(frozen=True, eq=False)
class _Cut:
    """What a picture shows whatever the needle and the patient: skin, bones, grid."""

    fields: BodyFields
    plane: Plane
    window: tuple[float, float, float, float]
    outlines: tuple[Outline, ...]
    right: Array
    up: Array
    vertices: NDArray[np.intp]
    which: NDArray[np.intp]
    weight: Array
    under: Array
    covers: NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return len(self.up), len(self.right)


@functools.lru_cache(maxsize=48)
def _cut(
    body_name: str, key: tuple[Any, ...], view: View, deep: float, aspect: float
) -> _Cut:
    """Return the slice of a body by a plane (given by place, right and up)."""
    body, fields = load_body(body_name), body_fields(body_name)
    plane = Plane(*(np.array(v) for v in key))
    everything = body_outlines(body, plane, within_mm=320.0)
    window = _window(everything[0], plane, body, view, deep, aspect)
    outlines = tuple(o for o in everything if o.name == "skin" or _inside(o, window))
    right = np.arange(window[0] - GRID_MM, window[1] + 2 * GRID_MM, GRID_MM)
    up = np.arange(window[2] - GRID_MM, window[3] + 2 * GRID_MM, GRID_MM)
    grid = np.stack(np.meshgrid(right, up), axis=-1).reshape(-1, 2)
    places = plane.lift(grid)
    away, near = body.skin.tree.query(places, k=MIXED)
    vertices, which = np.unique(near, return_inverse=True)
    which = which.reshape(near.shape)
    offset = body.skin.vertices[near] - places[:, None, :]
    under = np.einsum("nki,nki->nk", offset, body.skin.vertex_normals[near])
    weight = 1.0 / (away**2 + 1.0)
    weight /= weight.sum(axis=1)[:, None]
    covers = under >= FOLD_COSINE * away
    vertices = vertices.astype(np.intp)
    return _Cut(
        fields, plane, window, outlines, right, up, vertices, which, weight, under,
        covers,
    )  # fmt: skip


def _inside(outline: Outline, window: tuple[float, float, float, float]) -> bool:
    """Return whether any part of an outline may lie in the window."""
    for line in outline.lines:
        low, high = line.min(axis=0), line.max(axis=0)
        if (
            low[0] < window[1]
            and high[0] > window[0]
            and low[1] < window[3]
            and high[1] > window[2]
        ):
            return True
    return False


def _window(
    skin: Outline, plane: Plane, body: Any, view: View, deep: float, aspect: float
) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a picture, mm."""
    low, high = np.array([0.0, -deep]), np.array([0.0, ABOVE_MM])
    if view == "axial":
        point = body.skin.nearest(plane.origin)
        middle = _flat(plane, -body.skin.normal(point)) * 0.5 * (deep - ABOVE_MM)
        half = max(0.6 * (deep + ABOVE_MM), 0.5 * LEAST_AXIAL_MM)
        low, high = middle - half, middle + half
        round_it = [line for line in skin.lines if _distance(line) < 1.0]
        if round_it:
            least, most = round_it[0].min(axis=0), round_it[0].max(axis=0)
            if float((most - least).max()) <= WHOLE_LIMB_MM:
                low, high = least - 10.0, most + 10.0
                if not np.all((low < -ABOVE_MM) | (high > ABOVE_MM)):
                    low, high = np.minimum(low, -ABOVE_MM), np.maximum(high, ABOVE_MM)
    centre, size = 0.5 * (low + high), high - low
    height = max(float(size[1]), float(size[0]) / aspect)
    width = height * aspect
    return (
        float(centre[0] - width / 2),
        float(centre[0] + width / 2),
        float(centre[1] - height / 2),
        float(centre[1] + height / 2),
    )


def _distance(line: Array) -> float:
    """Return how near a line comes to the entry, mm."""
    return float(np.linalg.norm(line, axis=1).min())


def _bands(
    cut: _Cut,
    line: Line,
    assessment: Assessment,
    facts: Mapping[str, Any],
    *,
    upright: bool,
) -> tuple[tuple[Band, ...], int]:
    """Return the zones of a picture, the gravest first, and how many are left out."""
    rows, _, _ = band_near(cut.fields, cut.vertices)
    found: list[tuple[tuple[Any, ...], Band]] = []
    rank = {f.id: n for n, f in enumerate(assessment.findings)}
    for row in rows.tolist():
        zone = cut.fields.rows[row].zone
        holds = zone_applies(zone, facts)
        if holds is False:
            continue
        band = _band(cut, row, line, facts, known=holds is True, upright=upright)
        if band is None or band.away_mm > NEAR_MM:
            continue
        order = (
            -band.verdict.rank,
            rank.get(zone.id, len(rank)),
            band.away_mm,
            zone.id,
        )
        found.append((order, band))
    found.sort(key=lambda item: item[0])
    bands: list[Band] = []
    for _, band in found[:MOST_BANDS]:
        taken = np.array([other.label for other in bands]).reshape(-1, 2)
        bands.append(replace(band, label=_label(band, cut.window, taken)))
    return tuple(bands), max(0, len(found) - MOST_BANDS)


def _band(
    cut: _Cut,
    row: int,
    line: Line,
    facts: Mapping[str, Any],
    *,
    known: bool,
    upright: bool,
) -> Band | None:
    """Return one row of the fields in a picture; None when it does not cross it."""
    figures: dict[str, Any] = {
        "bmi": facts.get("bmi"),
        "age": facts.get("age"),
        "upright": upright,
        "at": cut.vertices,
    }
    early, typical, here = row_depths(cut.fields, row, depth="typical", **figures)
    late = row_depths(cut.fields, row, depth="latest", **figures)[1]
    # the skin does not cross a picture between places of its grid
    covers = cut.covers & here[cut.which]
    if not covers.any():
        return None
    shape = cut.shape
    share = _smooth((cut.weight * covers).sum(axis=1).reshape(shape))
    sides = (share - 0.5) * 12.0
    depth = _mixed(cut, covers, early)
    ends = _mixed(cut, covers & np.isfinite(late)[cut.which], late)
    if np.isnan(ends).all():
        back = np.full(shape, np.inf)
    else:
        back = np.where(np.isnan(ends), np.inf, -ends)
    inner = np.where(np.isnan(depth), -99.0, depth)
    field = np.minimum(np.minimum(sides, inner), np.minimum(back, 99.0))
    # deep down the skin that is nearest changes to and fro: slits are no gaps
    field = np.maximum(field, _filled(field))
    region = level_lines(_padded(field), *_axes(cut))
    inside = field > 0
    if not region or not inside.any():
        return None
    where = (share > 0.5) & ~np.isnan(depth) & (back > 0)
    earliest = level_lines(
        np.nan_to_num(depth, nan=-99.0), cut.right, cut.up, where=where
    )
    known_here = covers & np.isfinite(typical)[cut.which]
    beyond: list[Array] = []
    usual: list[Array] = []
    if known_here.any():
        middle = _mixed(cut, known_here, typical)
        mine = share
        if np.isfinite(late).any():  # of a vessel or nerve, its own width only
            own = covers & row_area(cut.fields, row, cut.vertices)[cut.which]
            mine = _smooth((cut.weight * own).sum(axis=1).reshape(shape))
        deeper = np.where(np.isnan(middle), -99.0, middle)
        past = _filled(np.minimum((mine - 0.5) * 12.0, deeper))
        past = np.minimum(past, field)
        beyond = level_lines(_padded(past), *_axes(cut))
        usual = level_lines(
            deeper, cut.right, cut.up, where=(share > 0.5) & (back > 0) & (deeper > -99)
        )
    place = cut.fields.rows[row]
    across, high = np.meshgrid(cut.right, cut.up)
    spots = np.stack([across[inside], high[inside]], axis=1)
    return Band(
        zone_id=place.zone.id,
        structure=place.zone.structure,
        side=place.side,
        verdict=zone_verdict(place.zone.category, reached=True),
        known=known,
        region=tuple(region),
        beyond=tuple(beyond),
        earliest=tuple(earliest),
        typical=tuple(usual),
        typical_known=bool(known_here.any()),
        label=spots[int(field[inside].argmax())],
        away_mm=_away(spots, line),
    )


def _mixed(cut: _Cut, use: NDArray[np.bool_], depth: Array) -> Array:
    """Return how far each place lies past a depth, smoothed; NaN where it has none."""
    weight = np.where(use, cut.weight, 0.0)
    past = np.where(
        use, cut.under - np.where(np.isfinite(depth), depth, 0.0)[cut.which], 0.0
    )
    total = weight.sum(axis=1).reshape(cut.shape)
    value = (weight * past).sum(axis=1).reshape(cut.shape)
    smooth, spread = _smooth(value), _smooth(total)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread > 0.02, smooth / spread, np.nan)


def _smooth(values: Array) -> Array:
    return np.asarray(ndimage.gaussian_filter(values, SMOOTH_CELLS, mode="nearest"))


def _filled(field: Array) -> Array:
    """Return a field with slits up to `SLIT_MM` wide filled."""
    cells = round(SLIT_MM / GRID_MM) + 1
    # a rim keeps the closing from spreading along the edge of the picture
    wide = np.pad(field, cells, mode="edge")
    closed = ndimage.grey_closing(wide, size=(cells, cells))
    return np.asarray(closed[cells:-cells, cells:-cells])


def _padded(field: Array) -> Array:
    """Return a field whose rim lies outside, so that its lines close."""
    return np.pad(field, 1, constant_values=-1.0)


def _axes(cut: _Cut) -> tuple[Array, Array]:
    """Return the axes of a padded grid."""
    right = np.concatenate([[cut.right[0] - 0.1], cut.right, [cut.right[-1] + 0.1]])
    up = np.concatenate([[cut.up[0] - 0.1], cut.up, [cut.up[-1] + 0.1]])
    return right, up


def _label(
    band: Band, window: tuple[float, float, float, float], taken: Array
) -> Array:
    """Return the place for a leader line: on the earliest depth, apart from others."""
    left, right, low, high = window
    spots = np.concatenate([*band.earliest, *band.region])
    on_line = np.arange(len(spots)) < sum(len(line) for line in band.earliest)
    rim = 4.0
    seen = (
        (spots[:, 0] > left + rim)
        & (spots[:, 0] < right - rim)
        & (spots[:, 1] > low + rim)
        & (spots[:, 1] < high - rim)
    )
    if not seen.any():
        return band.label
    spots, on_line = spots[seen], on_line[seen]
    score = 6.0 * on_line - 0.15 * np.abs(spots[:, 0] - (0.15 * left + 0.85 * right))
    score -= 0.03 * np.abs(spots[:, 1])
    score -= 8.0 * (np.abs(spots[:, 0]) < 0.22 * (right - left))
    if len(taken):
        apart = np.linalg.norm(spots[:, None] - taken[None], axis=2).min(axis=1)
        score += np.minimum(apart, 14.0)
    return np.asarray(spots[int(score.argmax())])


def _away(spots: Array, line: Line) -> float:
    """Return the least distance of places from the needle's line, mm."""
    length = float(line.end @ line.end)
    share = (spots @ line.end) / length if length > 0 else np.zeros(len(spots))
    foot = np.clip(share, 0.0, 1.0)[:, None] * line.end
    return float(np.linalg.norm(spots - foot, axis=1).min())


def _meetings(assessment: Assessment, line: Line) -> tuple[Meeting, ...]:
    """Return where the needle may first meet each structure of the findings."""
    longest = max(float(np.linalg.norm(line.end)), line.length_mm or 0.0)
    met = [
        Meeting(finding, line.at(finding.reached_at_mm))
        for finding in assessment.findings
        if finding.kind == "zone"
        and finding.reached_at_mm is not None
        and finding.reached_at_mm <= longest + 15.0
    ]
    return tuple(sorted(met, key=lambda m: m.finding.reached_at_mm or 0.0))


def _title(view: View, lean: str) -> str:
    """Return what a picture shows and from where it is seen."""
    if view == "axial":
        return "Across the body, seen from below as on a scan"
    other = OPPOSITE.get(lean)
    plane = f"{other}–{lean}" if other else lean
    return f"In the plane of the needle ({plane}), skin on top"


def _edges(
    body: Any,
    point: SkinPoint,
    plane: Plane,
    side: Side,
    window: tuple[float, float, float, float],
) -> tuple[str, str, str, str]:
    """Return the words for left, right, bottom and top of a picture."""
    # a picture that goes past the midline names the patient's sides
    ends = plane.lift(
        [[window[0], 0.0], [window[1], 0.0], [0, window[2]], [0, window[3]]]
    )
    crosses = float(ends[:, 0].min()) < -5.0 and float(ends[:, 0].max()) > 5.0
    which = "midline" if crosses else side
    words = [
        direction_word(body, point, way, side=which)
        for way in (-plane.right, plane.right, -plane.up, plane.up)
    ]
    return words[0], words[1], words[2], words[3]


def _blank(assessment: Assessment, bands: tuple[Band, ...]) -> str:
    """Return why a picture may not be read as clear."""
    worst = assessment.verdict
    others = [f for f in assessment.findings if f.kind != "zone" and f.verdict == worst]
    if worst == Verdict.STOP and others:
        return f"STOP: {others[0].consequence or others[0].message}"
    if worst == Verdict.NOT_ASSESSABLE or assessment.coverage.level == "none":
        return "Not assessable here: what is not drawn was not mapped."
    if not bands:
        return "No mapped structure crosses this picture. That is not a promise."
    return ""
