"""The zones in the plane of a cross-section, as bands.

At each place of a grid over the picture the skin next to it decides, as it does for the
check: how deep the place lies under that skin, and from which depth on the zone begins
there. Four vertices of the skin are mixed, so that the bands have no steps.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from anatomy.body import load_body
from anatomy.section import Outline, Plane, body_outlines, level_lines, slice_mesh
from zones.check import zone_applies
from zones.engine import zone_verdict
from zones.fields import BodyFields, body_fields
from zones.models import Assessment
from zones.rows import band_near
from zones.sectionmodels import Array, Band, Line, View, Window
from zones.steps import FOLD_COSINE
from zones.surfaces import row_area, row_depths, zone_surface

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
#: Nearer than this to the picture's edge nothing is pointed at, mm.
RIM_MM = 4.0
#: Zones kept with a slice, each for a patient's build.
MOST_KNOWN = 200
#: An axial picture of the trunk is at least so high, mm.
LEAST_AXIAL_MM = 110.0
#: What is seen above the skin at the entry, mm.
ABOVE_MM = 20.0
#: A limb up to this wide is shown whole in the axial picture, mm.
WHOLE_LIMB_MM = 190.0


@dataclass(frozen=True, eq=False)
class Cut:
    """What a picture shows whatever the needle and the patient: skin, bones, grid.

    See `cut_at`; the grid's places are mixed from the vertices of skin near them.
    """

    fields: BodyFields
    plane: Plane
    window: Window
    outlines: tuple[Outline, ...]
    right: Array
    up: Array
    vertices: NDArray[np.intp]
    which: NDArray[np.intp]
    weight: Array
    under: Array
    covers: NDArray[np.bool_]
    known: dict[tuple[Any, ...], tuple[Band, Array] | None] = field(
        default_factory=dict
    )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return len(self.up), len(self.right)


@functools.lru_cache(maxsize=48)
def cut_at(
    body_name: str, key: tuple[Any, ...], view: View, deep: float, aspect: float
) -> Cut:
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
    return Cut(
        fields, plane, window, outlines, right, up, vertices, which, weight, under,
        covers,
    )  # fmt: skip


def _inside(outline: Outline, window: Window) -> bool:
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
) -> Window:
    """Return left, right, bottom and top of a picture, mm."""
    low, high = np.array([0.0, -deep]), np.array([0.0, ABOVE_MM])
    if view == "axial":
        point = body.skin.nearest(plane.origin)
        half = max(0.6 * (deep + ABOVE_MM), 0.5 * LEAST_AXIAL_MM)
        middle = plane.along(-body.skin.normal(point)) * (half - ABOVE_MM)
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


def bands_of(
    cut: Cut,
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
        figures = (facts.get("bmi"), facts.get("age"), upright, holds is True)
        key = (row, *figures)
        if key not in cut.known:
            if len(cut.known) >= MOST_KNOWN:
                cut.known.clear()
            cut.known[key] = _band(cut, row, *figures)
        drawn = cut.known[key]
        if drawn is None:
            continue
        away = _away(drawn[1], line)
        if away > NEAR_MM:
            continue
        band = replace(drawn[0], away_mm=away)
        order = (
            -band.verdict.rank,
            rank.get(zone.id, len(rank)),
            band.away_mm,
            zone.id,
        )
        found.append((order, band))
    shown = {band.zone_id for _, band in found}
    for finding in assessment.findings:
        if finding.kind != "zone" or finding.id in shown:
            continue
        sheet = _sheet(cut, finding.id, line, facts, upright=upright)
        if sheet is not None:
            found.append(((-sheet.verdict.rank, rank[finding.id], 0.0, ""), sheet))
    found.sort(key=lambda item: item[0])
    bands: list[Band] = []
    said = {f.id: f for f in assessment.findings if f.kind == "zone"}
    left_out = 0
    for _, band in found:
        taken = np.array([other.label for other in bands]).reshape(-1, 2)
        label = _label(band, cut.window, taken)
        if label is None:  # it only touches the picture's rim
            continue
        if len(bands) == MOST_BANDS:
            left_out += 1
            continue
        first = band.zone_id not in {other.zone_id for other in bands}
        own = said.get(band.zone_id) if first or band.away_mm < GRID_MM else None
        bands.append(replace(band, label=label, finding=own))
    return tuple(bands), left_out


def _band(
    cut: Cut, row: int, bmi: Any, age: Any, upright: bool, known: bool
) -> tuple[Band, Array] | None:
    """Return one row of the fields in a picture and the places it takes up there.

    None when it does not cross the picture.
    """
    figures: dict[str, Any] = {
        "bmi": bmi,
        "age": age,
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
    within = np.minimum(np.minimum(sides, inner), np.minimum(back, 99.0))
    # deep down the skin that is nearest changes to and fro: slits are no gaps
    within = np.maximum(within, _filled(within))
    region = level_lines(_padded(within), *_axes(cut))
    inside = within > 0
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
        past = np.minimum(past, within)
        beyond = level_lines(_padded(past), *_axes(cut))
        usual = level_lines(
            deeper, cut.right, cut.up, where=(share > 0.5) & (back > 0) & (deeper > -99)
        )
    place = cut.fields.rows[row]
    across, high = np.meshgrid(cut.right, cut.up)
    spots = np.stack([across[inside], high[inside]], axis=1)
    band = Band(
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
        label=spots[int(within[inside].argmax())],
        away_mm=np.inf,
    )
    return band, spots


def _sheet(
    cut: Cut, zone_id: str, line: Line, facts: Mapping[str, Any], *, upright: bool
) -> Band | None:
    """Return a zone that a finding names though no place of the picture lies in it.

    Deep under a narrow area the skin next to a place is no longer the area's. Then the
    area hung at its depth is cut instead, a line without what lies behind it.
    """
    for place in cut.fields.rows:
        if place.zone.id != zone_id:
            continue
        options: dict[str, Any] = {
            "bmi": facts.get("bmi"),
            "age": facts.get("age"),
            "upright": upright,
        }
        lines = {}
        for depth in ("earliest", "typical"):
            sheet = zone_surface(
                cut.fields, zone_id, place.side, depth=depth, **options
            )
            lines[depth] = slice_mesh(sheet.vertices, sheet.faces, cut.plane)
        if not lines["earliest"]:
            continue
        spots = np.concatenate(lines["earliest"])
        away = _away(spots, line)
        if away > NEAR_MM:
            continue
        return Band(
            zone_id=zone_id,
            structure=place.zone.structure,
            side=place.side,
            verdict=zone_verdict(place.zone.category, reached=True),
            known=zone_applies(place.zone, facts) is True,
            region=(),
            beyond=(),
            earliest=tuple(lines["earliest"]),
            typical=tuple(lines["typical"]),
            typical_known=bool(lines["typical"]),
            label=spots[int(np.linalg.norm(spots, axis=1).argmin())],
            away_mm=away,
        )
    return None


def _mixed(cut: Cut, use: NDArray[np.bool_], depth: Array) -> Array:
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
    steps = np.arange(cells) - (cells - 1) / 2
    disc = np.hypot(steps[:, None], steps[None, :]) <= cells / 2
    # a rim keeps the closing from spreading along the edge of the picture
    wide = np.pad(field, cells, mode="edge")
    closed = ndimage.grey_closing(wide, footprint=disc)
    return np.asarray(closed[cells:-cells, cells:-cells])


def _padded(field: Array) -> Array:
    """Return a field whose rim lies outside, so that its lines close."""
    return np.pad(field, 1, constant_values=-1.0)


def _axes(cut: Cut) -> tuple[Array, Array]:
    """Return the axes of a padded grid."""
    right = np.concatenate([[cut.right[0] - 0.1], cut.right, [cut.right[-1] + 0.1]])
    up = np.concatenate([[cut.up[0] - 0.1], cut.up, [cut.up[-1] + 0.1]])
    return right, up


def _label(band: Band, window: Window, taken: Array) -> Array | None:
    """Return the place for a leader line: on the earliest depth, apart from others.

    None when no part of the band is well inside the picture.
    """
    left, right, low, high = window
    spots = np.concatenate([*band.earliest, *band.region])
    on_line = np.arange(len(spots)) < sum(len(line) for line in band.earliest)
    rim = RIM_MM
    seen = (
        (spots[:, 0] > left + rim)
        & (spots[:, 0] < right - rim)
        & (spots[:, 1] > low + rim)
        & (spots[:, 1] < high - rim)
    )
    if not seen.any():
        return None
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
