"""How deep a place is known: down to what was mapped, to bone, or to a limb's middle.

A limit never lies deeper than this. Bone comes from the reference body itself: rays
from each place of the skin, set a little beside it and leant a little, tell in what
share of them a bone is met and how deep. Where it is met in nearly all, a needle ends
there.
"""

from __future__ import annotations

from statistics import NormalDist, median
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import DataError, NeedlemapError
from anatomy.mesh.arrays import FloatArray
from zones.fields.areas import compile_pieces
from zones.fields.bones import open_at
from zones.fields.model import Floor, Why
from zones.fields.rays import STEP_MM, Cells, among_neighbours
from zones.knowledge.structures.pooling import TAIL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anatomy.body import Body
    from zones.fields.model import BodyFields
    from zones.fields.rays import Rays
    from zones.knowledge.records.evidence import Evidence


#: Bone ends a needle where at least this share of rays meets it (risk model, 4).
BONE_SHARE = 0.9
#: How far a limb is followed through, mm, and what rays leave before skin is met.
LEAVES_MM = 8.0
THROUGH_MM = 300.0
#: A tilted needle is reckoned with as leant no more than this, degrees.
MOST_TILT_DEG = 60.0
#: Parts of the body that have no middle a needle could come near.
THICK = ("trunk", "head", "neck")


def along(floor_mm: Any, tilt_deg: Any) -> Any:
    """Return the length of a needle at which a depth under its entry is reached.

    Parameters
    ----------
    floor_mm, tilt_deg : float or (N,) array
        Depth under the skin in mm; angle from the normal in degrees.

    Examples
    --------
    >>> round(float(along(20.0, 60.0)), 6), float(along(20.0, 0.0))
    (40.0, 20.0)
    """
    tilt = np.minimum(np.asarray(tilt_deg, dtype=float), MOST_TILT_DEG)
    return np.asarray(floor_mm, dtype=float) / np.cos(np.radians(tilt))


def floor_at(fields: BodyFields, vertices: Any) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return how deep is known under vertices of the skin, and what ends it.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    vertices : (N,) int
        Vertices of its skin.

    Returns
    -------
    floor_mm : (N,) float64
        mm; inf where nothing is mapped.
    why : (N,) int
        A `Why`; where two tie, what was mapped comes first.
    """
    floor = fields.floor
    at = np.asarray(vertices)
    parts = np.stack(
        [
            values[at].astype(float)
            for values in (floor.mapped_mm, floor.bone_mm, floor.middle_mm)
        ]
    )
    known = np.isfinite(parts[0])
    least = np.where(known, parts.min(axis=0), np.inf)
    return least, np.where(known, parts.argmin(axis=0) + 1, int(Why.NOTHING))


def bone_under(fields: BodyFields, vertex: int) -> str | None:
    """Return the name of the bone that is met under a vertex of the skin, if any."""
    number = int(fields.floor.bone[vertex])
    return [*fields.body.bones][number] if number >= 0 else None


def tenths(floor_mm: Any) -> FloatArray:
    """Return depths rounded down to 0.1 mm; inf stays.

    Examples
    --------
    >>> tenths([9.47, float("inf")]).tolist()
    [9.4, inf]
    """
    return np.asarray(np.floor(np.asarray(floor_mm, dtype=float) * 10.0 + 1e-6) / 10.0)


def unmapped(floor_mm: Any, why: Any, planned_mm: Any) -> Any:
    """Return whether plans go deeper than their place was mapped.

    Past bone or the middle of a limb nothing is unmapped: what lies there was looked
    at, from this side or the other. A plan without a depth is asked for it instead.

    Parameters
    ----------
    floor_mm, why : (N,) array
        As `floor_at`, along the needle.
    planned_mm : (N,) array
        Depth planned, mm; inf for none.
    """
    planned = np.asarray(planned_mm, dtype=float)
    deeper = np.isfinite(planned) & (planned > floor_mm)
    return deeper & (np.asarray(why) == Why.MAPPED)


def compile_floor(body: Body, evidence: Iterable[Evidence], rays: Rays) -> Floor:
    """Work out how deep is known under each vertex of a body (some seconds).

    Parameters
    ----------
    body : Body
        The body.
    evidence : iterable of Evidence
        Records; those of kind ``bone`` tell how much the depth of bone differs
        between people.
    rays : Rays
        What rays from every vertex meet of the bones.

    Raises
    ------
    DataError
        When a place of the coverage file cannot be drawn.
    """
    bones = _bones(body, bone_spread(evidence), rays)
    mirror = body.skin.mirror
    # the halves of a body are images of each other, cells of space are not
    least = {
        name: np.fmin(bones[name], bones[name][mirror])
        for name in ("bone_mm", "bone_log", "stop", "stop_fixed")
    }
    most = {
        name: np.fmax(bones[name], bones[name][mirror])
        for name in ("share", "bone_sd", "opened", "entry_open")
    }
    middle = _middle(body)
    middle = np.round(np.minimum(middle, middle[mirror]), 1).astype(np.float32)
    which = bones["which"]
    which = np.where(which >= 0, which, _other_side(body)[which[mirror]])
    # told to a tenth of a millimetre, so that the file packs small
    return Floor(
        mapped_mm=_mapped(body),
        bone_mm=np.round(least["bone_mm"], 1).astype(np.float32),
        middle_mm=middle,
        far=_far(body, middle),
        bone=which.astype(np.int16),
        **{
            name: np.round(values, 3).astype(np.float32)
            for name, values in {**least, **most}.items()
            if name != "bone_mm"
        },
    )


def _other_side(body: Body) -> NDArray[np.int16]:
    """Return the number of the same bone on the other side, for -1 to the last."""
    names = [*body.bones]
    found = []
    for name in names:
        other = name
        if name.endswith(" left"):
            other = name.removesuffix(" left") + " right"
        elif name.endswith(" right"):
            other = name.removesuffix(" right") + " left"
        found.append(names.index(other))
    return np.array([*found, -1], dtype=np.int16)


def bone_spread(evidence: Iterable[Evidence]) -> float:
    """Return the usual SD of the logarithm of a bone's depth between people."""
    from zones.knowledge.structures.pooling import log_spread, printed_spread

    found = [
        log_spread(record.mean_mm, spread)
        for record in evidence
        if record.kind == "bone"
        and record.mean_mm is not None
        and record.mean_mm > 0
        and (spread := printed_spread(record))
    ]
    return median(found) if found else 0.0


def _mapped(body: Body) -> NDArray[np.float32]:
    """Return how deep each vertex is mapped; places win over their region."""
    from zones.knowledge.structures.zone_files import load_coverage, load_place_coverage

    coverage = load_coverage()
    found = np.full(len(body.skin.vertices), np.inf, dtype=np.float32)
    for label, name in enumerate(body.region_names):
        entry = coverage.get(name)
        if entry is not None and entry.mapped_to_mm is not None:
            found[body.region_labels == label] = entry.mapped_to_mm
    for place in load_place_coverage():
        one = place.side in ("left", "right")
        side = place.side if one else "right"
        try:
            piece = compile_pieces(body, [place.area], side)[0]  # type: ignore[arg-type]
        except NeedlemapError as error:
            raise DataError(
                f"coverage.toml, place {place.name!r} on the {body.name} body: {error}"
            ) from error
        # both sides of a paired place are images of each other
        member = piece.member if one else piece.member | piece.member[body.skin.mirror]
        found[member & np.isfinite(found)] = place.mapped_to_mm
    return found


def _bones(body: Body, spread: float, rays: Rays) -> dict[str, NDArray[Any]]:
    """Return how bones end needles under every vertex, (V,) each; see `Floor`.

    An opening only takes away: the bone beside it counts as though there were none, so
    that no limit there lies deeper for it.
    """
    shut = rays.shut or rays
    found, passed = (_bone(body, spread, one) for one in (shut, rays))
    past = open_at(body)
    bone, place = (np.asarray(past.any(axis=axis)) for axis in (1, 0))
    of_these = np.where(bone[shut.number], shut.stop_fixed, 0.0)
    return found | {
        "share": passed["share"],
        "bone_mm": np.where(place, passed["bone_mm"], found["bone_mm"]),
        "opened": among_neighbours(body.skin, shut.weight @ of_these),
        "entry_open": shut.weight @ place[shut.start],
    }


def _bone(body: Body, spread: float, rays: Rays) -> dict[str, NDArray[Any]]:
    """Return what rays from every vertex meet of the bones, (V,) each; see `Floor`."""
    skin = body.skin
    depth, number = rays.depth_mm.astype(float), rays.number
    # where a hand sets the needle, and how people differ: both are in the spread
    met = np.isfinite(depth)
    weight = rays.weight[:, None] * met
    share = weight.sum(axis=0)
    weight = weight / np.maximum(share, 1e-9)
    logs = np.log(np.where(met, depth, 1.0))
    middle = (weight * logs).sum(axis=0)
    varied = (weight * (logs - middle) ** 2).sum(axis=0)
    total = np.sqrt(varied + spread**2)
    tail = NormalDist().inv_cdf(1.0 - TAIL) * total
    far = np.where(met.any(axis=0), np.exp(middle + tail), 0.0)
    share, far = among_neighbours(skin, share), among_neighbours(skin, far)
    stop, fixed = (
        among_neighbours(skin, rays.weight @ values.astype(float))
        for values in (rays.stop, rays.stop_fixed)
    )
    known = (share >= BONE_SHARE) & (far > 0.0)
    there = share > 0.0
    ranked = np.sort(number, axis=0)
    usual = ranked[len(ranked) // 2]
    first = np.where(usual > 0, usual, number.max(axis=0))
    # bone under the very place: by the rays that go in there and meet the usual one
    own = rays.weight[:, None] * (met & (number == first))
    here = own * (rays.start == rays.start[0])
    own = np.where(here.sum(axis=0) > 0.0, here, own)
    own = np.where(own.sum(axis=0) > 0.0, own, weight)
    own /= np.maximum(own.sum(axis=0), 1e-9)
    here = (own * logs).sum(axis=0)
    vary = (own * (logs - here) ** 2).sum(axis=0)
    log = among_neighbours(skin, np.where(met.any(axis=0), here, np.inf))
    return {
        "bone_mm": np.where(known, far, np.inf),
        "bone_log": np.where(there & np.isfinite(log), log, np.nan),
        "bone_sd": np.where(there, np.sqrt(vary + spread**2), np.nan),
        "stop": stop,
        "stop_fixed": fixed,
        "share": share,
        "which": np.where(there, first.astype(np.int16) - 1, -1).astype(np.int16),
    }


def _middle(body: Body) -> NDArray[np.float32]:
    """Return half the way through a limb under every vertex, (V,); inf elsewhere."""
    skin = body.skin
    cells = Cells(skin.vertices.min(axis=0), skin.vertices.max(axis=0))
    cells.draw(skin.vertices, skin.faces, 1)
    thin = [n for n, name in enumerate(body.segment_names) if name not in THICK]
    open_ = np.flatnonzero(np.isin(body.segment_labels, thin))
    found = np.full(len(skin.vertices), np.inf, dtype=np.float32)
    for t in np.arange(LEAVES_MM, THROUGH_MM, STEP_MM):
        met = cells.at(skin.vertices[open_] - t * skin.vertex_normals[open_]) > 0
        found[open_[met]] = 0.5 * t
        open_ = open_[~met]
    smooth = among_neighbours(skin, found.astype(float)).astype(np.float32)
    return np.where(np.isin(body.segment_labels, thin), smooth, np.float32(np.inf))


def _far(body: Body, middle_mm: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the vertex on the far side of a limb under each, (V,); -1 for none.

    Skin that does not face the other way is no far side, as in a web or a fold.
    """
    skin = body.skin
    found = np.full(len(skin.vertices), -1, dtype=np.int32)
    at = np.flatnonzero(np.isfinite(middle_mm))
    way = 2.0 * middle_mm[at, None] * skin.vertex_normals[at]
    other = skin.tree.query(skin.vertices[at] - way)[1]
    facing = np.einsum("ij,ij->i", skin.vertex_normals[at], skin.vertex_normals[other])
    found[at] = np.where(facing < 0.0, other, -1)
    # the halves of a body are images of each other
    left = skin.vertices[:, 0] > 0.0
    across = found[skin.mirror]
    image = np.where(across >= 0, skin.mirror[across], -1)
    return np.where(left, image, found).astype(np.int32)
