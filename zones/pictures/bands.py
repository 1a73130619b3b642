"""The zones in the plane of a cross-section, as bands: where people have them.

At each place of a grid over the picture the skin next to it decides, as it does for the
check: how deep the place lies under that skin, and which share of people has the
structure there. Four vertices of the skin are mixed, so that the bands have no steps.
What lies behind bone is not drawn in front of it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import ndtri

from anatomy.body import load_body
from anatomy.body.section import (
    UPRIGHT,
    Outline,
    Plane,
    body_outlines,
    level_lines,
    slice_mesh,
)
from anatomy.store import cached
from zones.contract.models import Assessment, Verdict
from zones.fields.loading import body_fields
from zones.fields.model import BodyFields
from zones.pictures.bone_fronts import Fronts, bone_fronts
from zones.pictures.drawn_bones import drawn_bones
from zones.pictures.muscle_bands import muscle_bands
from zones.pictures.presence import Build, Presence, build_key, presence_of
from zones.pictures.section_models import (
    SHARES,
    Array,
    Band,
    Contour,
    Line,
    MuscleBand,
    View,
    Window,
)
from zones.pictures.surfaces import zone_surface
from zones.risk.lines import FOLD_COSINE
from zones.risk.terms import DANGER, Terms

if TYPE_CHECKING:
    from zones.risk.measured import Seen

#: Distance of the places at which a picture's bands are worked out, mm.
GRID_MM = 1.5
#: Vertices of the skin that are mixed at each place, so that bands have no steps.
MIXED = 4
#: Vertices that a place lies so far aside of count half of one that it lies under, mm.
ASIDE_MM = 2.5
#: Spread of the smoothing over the picture, in places of its grid: near the skin, and
#: far below it, where the skin that is nearest changes to and fro.
SMOOTH_CELLS, SMOOTH_DEEP_CELLS = 1.0, 4.0
#: Between these depths one goes over into the other, mm.
NEAR_DEEP_MM = (30.0, 75.0)
#: So near to the line straight under the entry a band is the check's own, and from
#: so far on the picture's mixture of what lies round about, mm.
CHECKED_MM, EASED_MM = 1.6, 7.0
#: Gaps in a band up to this wide are filled, mm.
SLIT_MM = 9.0
#: Shares are kept within what so many SD of a normal stand for.
MOST_SD = 4.0
#: A zone farther than this from the needle's line is left out of the picture, mm.
NEAR_MM = 30.0
#: Most zones in one picture; what is left out is counted.
MOST_BANDS = 6
#: Nearer than this to the picture's edge nothing is pointed at, mm.
RIM_MM = 4.0
#: Bands kept in memory, each of a slice and for a patient's build.
MOST_KNOWN = 400
#: An axial picture of the trunk is at least so high, mm.
LEAST_AXIAL_MM = 110.0
#: What is seen above the skin at the entry, mm.
ABOVE_MM = 20.0
#: A limb up to this wide is shown whole in the axial picture, mm.
WHOLE_LIMB_MM = 190.0
#: What fills the body fades from so far behind where half of people have it, mm.
FADES_AFTER_MM = 22.0


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
    fronts: Fronts
    muscles: tuple[MuscleBand, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return len(self.up), len(self.right)


@dataclass(frozen=True, eq=False)
class Person:
    """What of a patient and a plan the bands depend on.

    Attributes
    ----------
    terms : Terms
        From which chance each row refuses.
    build : tuple
        Figures that depths depend on.
    seen : Seen or None
        Depths measured in this patient.
    arm_away : bool
        Whether the bones that move with the arm are out of the way.
    vertex : int
        Vertex of the skin that stands for the needle's entry.
    inward : (3,) float64
        Into the body there, perpendicular to the skin.
    """

    terms: Terms
    build: Build
    seen: Seen | None
    arm_away: bool
    vertex: int
    inward: Array


def person_of(
    facts: Mapping[str, Any],
    terms: Terms,
    *,
    vertex: int,
    inward: Array,
    seen: Seen | None = None,
    arm_away: bool = False,
) -> Person:
    """Return what the bands depend on."""
    return Person(terms, build_key(facts), seen, arm_away, vertex, inward)


@cached(maxsize=48)
def cut_at(
    body_name: str,
    key: tuple[Any, ...],
    view: View,
    deep: float,
    above: float,
    aspect: float,
) -> Cut:
    """Return the slice of a body by a plane (given by place, right and up)."""
    body, fields = load_body(body_name), body_fields(body_name)
    plane = Plane(*(np.array(v) for v in key))
    bones = drawn_bones(body_name)
    everything = body_outlines(body, plane, within_mm=320.0, bones=bones)
    window = _window(everything[0], plane, body, view, (deep, above), aspect)
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
    # deep down it counts whose inward normal passes by, not which vertex is nearest
    aside = away**2 - np.clip(under, 0.0, away) ** 2
    weight = 1.0 / (aside + ASIDE_MM**2)
    weight /= weight.sum(axis=1)[:, None]
    covers = under >= FOLD_COSINE * away
    vertices = vertices.astype(np.intp)
    fronts = bone_fronts(fields, everything, right, up, near[:, 0].astype(np.intp))
    return Cut(
        fields, plane, window, outlines, right, up, vertices, which, weight, under,
        covers, fronts, muscle_bands(body, plane, window, everything),
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
    skin: Outline,
    plane: Plane,
    body: Any,
    view: View,
    seen: tuple[float, float],
    aspect: float,
) -> Window:
    """Return left, right, bottom and top of a picture, mm.

    ``seen`` is how deep under and how far above the skin at the entry it goes.
    """
    deep, above = seen
    low, high = np.array([0.0, -deep]), np.array([0.0, above])
    if view == "axial":
        point = body.skin.nearest(plane.origin)
        half = max(0.6 * (deep + above), 0.5 * LEAST_AXIAL_MM)
        middle = plane.along(-body.skin.normal(point)) * (half - above)
        low, high = middle - half, middle + half
        round_it = [line for line in skin.lines if _distance(line) < 1.0]
        if body.segment_at(point) in UPRIGHT:
            # not the rim of an eye or of the mouth
            round_it = [line for line in round_it if np.ptp(line, axis=0).max() > 80.0]
        if round_it:
            least, most = round_it[0].min(axis=0), round_it[0].max(axis=0)
            if float((most - least).max()) <= WHOLE_LIMB_MM:
                low, high = least - 10.0, most + 10.0
                if not np.all((low < -above) | (high > above)):
                    low, high = np.minimum(low, -above), np.maximum(high, above)
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
    cut: Cut, line: Line, assessment: Assessment, person: Person
) -> tuple[tuple[Band, ...], int]:
    """Return the zones of a picture, the gravest first, and how many are left out."""
    _, items = cut.fields.under.of(cut.vertices)
    rows = np.unique(cut.fields.under.row[items])
    found: list[tuple[tuple[Any, ...], Band]] = []
    rank = {f.id: n for n, f in enumerate(assessment.findings)}
    for row in rows.tolist():
        zone = cut.fields.rows[row].zone
        if zone.kind != "structure" or person.terms.holds[row] == 0:
            continue
        drawn = _band(
            cut, row, person, _verdict(person, row),
            known=bool(person.terms.holds[row] > 0),
        )  # fmt: skip
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
        sheet = _sheet(cut, finding.id, line, person)
        if sheet is not None:
            found.append(((-sheet.verdict.rank, rank[finding.id], 0.0, ""), sheet))
    found.sort(key=lambda item: item[0])
    bands: list[Band] = []
    said = {f.id: f for f in assessment.findings if f.kind == "zone"}
    left_out = 0
    for _, band in found:
        taken = np.array([other.label for other in bands]).reshape(-1, 2)
        label = _label(cut, band, taken, named=band.zone_id in said)
        if label is None:  # it only touches the picture's rim
            continue
        if len(bands) == MOST_BANDS:
            left_out += 1
            continue
        first = band.zone_id not in {other.zone_id for other in bands}
        own = said.get(band.zone_id) if first or band.away_mm < GRID_MM else None
        bands.append(replace(band, label=label, finding=own))
    return tuple(bands), left_out


def _verdict(person: Person, row: int) -> Verdict:
    """Return what reaching a row can come to: DANGER where that is possible at all."""
    refuses = float(person.terms.p[DANGER, row]) <= 1.0
    return Verdict.DANGER if refuses else Verdict.CAUTION


@functools.lru_cache(maxsize=MOST_KNOWN)
def _band(
    cut: Cut,
    row: int,
    person: Person,
    verdict: Verdict,
    *,
    known: bool,
) -> tuple[Band, Array] | None:
    """Return one row of the fields in a picture and the places it takes up there.

    None when it does not cross the picture.
    """
    fields = cut.fields
    under = fields.under
    run, item = under.of(cut.vertices)
    mine = under.row[item] == row
    run, item = run[mine], item[mine]
    place = np.full(len(cut.vertices), -1, dtype=np.intp)
    place[run] = np.arange(len(run))
    of = place[cut.which]
    spot, corner = np.nonzero(cut.covers & (of >= 0))
    if not len(spot):
        return None
    of = of[spot, corner]
    people = _people(fields, item[of], person)
    weight = cut.weight[spot, corner]
    shares = weight * people.share(cut.under[spot, corner])
    covering = np.where(cut.covers, cut.weight, 0.0).sum(axis=1)
    total = np.bincount(spot, shares, minlength=len(cut.weight))
    hidden = np.bincount(spot, weight * people.covered, minlength=len(cut.weight))
    chance = np.bincount(spot, weight * people.chance, minlength=len(cut.weight))
    share = (total / np.maximum(covering, 1e-9)).reshape(cut.shape)
    value = _sd(share)
    # slits deep down are no gaps
    value = np.maximum(value, _filled(value))
    endless = bool(np.isinf(people.thick_mm).any())
    value = _smooth_by_depth(cut, value) if endless else _smooth(value)
    value = _as_checked(cut, value, row, person)
    zone = fields.rows[row].zone
    behind = np.full(cut.shape, zone.bones != "by depth")
    behind |= (hidden > 0.5 * chance).reshape(cut.shape)
    ahead = cut.fronts.ahead(arm_away=person.arm_away) & behind
    # a soft rim, so that the edge has no steps
    value = np.minimum(value, MOST_SD * (1.0 - 2.0 * _smooth(ahead.astype(float))))
    contours = _contours(cut, value, ahead)
    if not contours:
        return None
    inside = value > float(ndtri(SHARES[0]))
    across, high = np.meshgrid(cut.right, cut.up)
    spots = np.stack([across[inside], high[inside]], axis=1)
    deep = cut.under[spot, corner]
    median = people.depth(0.5 * float(people.chance.max()))
    usual = median[np.isfinite(median) & (people.chance > 0.0)]
    band = Band(
        zone_id=zone.id,
        structure=zone.structure,
        side=fields.rows[row].side,
        verdict=verdict,
        known=known,
        contours=contours,
        depth_known=not bool(np.isnan(under.mu[item]).all()),
        endless=endless,
        fades_mm=float(np.median(usual) if len(usual) else deep.min()) + FADES_AFTER_MM,
        label=spots[int(value[inside].argmax())],
        away_mm=np.inf,
    )
    return band, spots


def _people(fields: BodyFields, item: NDArray[np.intp], person: Person) -> Presence:
    """Return where people like the patient have items of ``fields.under``."""
    return presence_of(
        fields, item, person.build, seen=person.seen, arm_away=person.arm_away
    )


def _as_checked(cut: Cut, value: Array, row: int, person: Person) -> Array:
    """Return the SD of shares with those under the entry as the check has them.

    Round about several vertices are mixed and smoothed, so that bands have no steps.
    Straight under the entry the one vertex counts from which the check reads: there
    the picture says what card and ruler say.
    """
    across, high = np.meshgrid(cut.right, cut.up)
    places = cut.plane.lift(np.stack([across, high], axis=-1)) - cut.plane.origin
    deep = places @ person.inward
    aside = np.linalg.norm(places - deep[..., None] * person.inward, axis=-1)
    ease = np.clip((EASED_MM - aside) / (EASED_MM - CHECKED_MM), 0.0, 1.0)
    weight = np.where(deep > 0.0, ease * ease * (3.0 - 2.0 * ease), 0.0)
    near = weight > 0.0
    if not near.any():
        return value
    under = cut.fields.under
    _, item = under.of(np.array([person.vertex], dtype=np.intp))
    item = item[under.row[item] == row]
    exact = np.full(int(near.sum()), -MOST_SD)
    for one in item.tolist():
        of = np.full(len(exact), one, dtype=np.intp)
        people = _people(cut.fields, of, person)
        exact = np.maximum(exact, _sd(people.share(deep[near])))
    mixed = value.copy()
    mixed[near] = (1.0 - weight[near]) * value[near] + weight[near] * exact
    return mixed


def _contours(cut: Cut, value: Array, ahead: NDArray[np.bool_]) -> tuple[Contour, ...]:
    """Return where at least each share of people has it, as far as so many do."""
    found = []
    for share in SHARES:
        over = value - float(ndtri(share))
        region = level_lines(_padded(over), *_axes(cut))
        if not region or not (over > 0.0).any():
            break
        # the near side: where the share grows into the body
        front = level_lines(over, cut.right, cut.up, where=_grows(cut, value) & ~ahead)
        found.append(Contour(share, tuple(region), tuple(front)))
    return tuple(found)


def _grows(cut: Cut, value: Array) -> NDArray[np.bool_]:
    """Return where a share grows with depth rather than along the skin."""
    depth = cut.fronts.depth_mm
    up, right = np.gradient(value)
    deeper_up, deeper_right = np.gradient(_smooth(depth))
    size = np.hypot(up, right) * np.hypot(deeper_up, deeper_right)
    along = up * deeper_up + right * deeper_right
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((depth > 0.0) & (along > 0.3 * size))


def _sheet(cut: Cut, zone_id: str, line: Line, person: Person) -> Band | None:
    """Return a zone that a finding names though no place of the picture lies in it.

    Deep under a narrow area the skin next to a place is no longer the area's. Then the
    area hung at its depth is cut instead, a line without what lies behind it.
    """
    for row, place in enumerate(cut.fields.rows):
        if place.zone.id != zone_id:
            continue
        contours = []
        for share in SHARES:
            sheet = zone_surface(
                cut.fields,
                zone_id,
                place.side,
                share=share,
                build=person.build,
                seen=person.seen,
                arm_away=person.arm_away,
            )
            lines = slice_mesh(sheet.vertices, sheet.faces, cut.plane)
            if not lines:
                break
            contours.append(Contour(share, (), tuple(lines)))
        if not contours:
            continue
        spots = np.concatenate(contours[0].front)
        away = _away(spots, line)
        if away > NEAR_MM:
            continue
        return Band(
            zone_id=zone_id,
            structure=place.zone.structure,
            side=place.side,
            verdict=_verdict(person, row),
            known=bool(person.terms.holds[row] > 0),
            contours=tuple(contours),
            depth_known=True,
            endless=False,
            fades_mm=np.inf,
            label=spots[int(np.linalg.norm(spots, axis=1).argmin())],
            away_mm=away,
        )
    return None


def _sd(share: Array) -> Array:
    """Return shares as SD of a normal, in which they grow evenly with depth."""
    least = 3.2e-5
    found = ndtri(np.clip(share, least, 1.0 - least))
    return np.asarray(np.clip(found, -MOST_SD, MOST_SD))


def _smooth_by_depth(cut: Cut, values: Array) -> Array:
    """Return values over the picture smoothed, the more the deeper they lie."""
    low, high = NEAR_DEEP_MM
    deep = np.clip((cut.fronts.depth_mm - low) / (high - low), 0.0, 1.0)
    much = ndimage.gaussian_filter(values, SMOOTH_DEEP_CELLS, mode="nearest")
    mixed: Array = (1.0 - deep) * _smooth(values) + deep * np.asarray(much)
    return mixed


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


def _label(cut: Cut, band: Band, taken: Array, *, named: bool) -> Array | None:
    """Return the place for a leader line: where most people have it, apart from others.

    None when no part of the band is well inside the picture, or when bone covers all
    of it and no finding names it.
    """
    left, right, low, high = cut.window
    inner = band.contours[-1]
    fronts = [*(inner.front or band.contours[0].front)]
    spots = np.concatenate([*fronts, *band.region, *inner.region])
    on_line = np.arange(len(spots)) < sum(len(line) for line in fronts)
    rim = RIM_MM
    seen = (
        (spots[:, 0] > left + rim)
        & (spots[:, 0] < right - rim)
        & (spots[:, 1] > low + rim)
        & (spots[:, 1] < high - rim)
    )
    row = np.clip((spots[:, 1] - cut.up[0]) / GRID_MM, 0, len(cut.up) - 1)
    column = np.clip((spots[:, 0] - cut.right[0]) / GRID_MM, 0, len(cut.right) - 1)
    bare = ~cut.fronts.bone[np.rint(row).astype(int), np.rint(column).astype(int)]
    seen &= bare | (named and not (seen & bare).any())
    if not seen.any():
        return None
    spots, on_line = spots[seen], on_line[seen]
    score = 14.0 * on_line - 0.15 * np.abs(spots[:, 0] - (0.15 * left + 0.85 * right))
    score -= 0.03 * np.abs(spots[:, 1])
    score -= 8.0 * (np.abs(spots[:, 0]) < 0.22 * (right - left))
    if len(taken):
        apart = np.linalg.norm(spots[:, None] - taken[None], axis=2).min(axis=1)
        score += np.minimum(apart, 14.0)
    return np.asarray(spots[int(score.argmax())])


def _away(spots: Array, line: Line) -> float:
    """Return the least distance of places from the needle's line, mm."""
    way = line.end - line.entry
    from_entry = spots - line.entry
    length = float(way @ way)
    share = (from_entry @ way) / length if length > 0 else np.zeros(len(spots))
    foot = np.clip(share, 0.0, 1.0)[:, None] * way
    return float(np.linalg.norm(from_entry - foot, axis=1).min())
