"""The danger structures of the 3D body: which are shown, and their meshes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import numpy as np
import shapely

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.store import cached
from viewer.body3d.closing import closing
from viewer.body3d.traces import (
    FILLS,
    OUTLINES,
    PALE,
    STRUCTURES,
    Array,
    coordinates,
    packed,
)
from viewer.look.look import LOOKS
from viewer.look.palette import Nearness, nearness, palette, tissue_name
from viewer.state.terms import SIDES
from zones.check.entry import arm_code, seen_in
from zones.contract.needle import parse_needle
from zones.fields.loading import body_fields
from zones.knowledge.structures.pooling import TAIL
from zones.pictures.presence import NO_BUILD, Build, build_key
from zones.pictures.surfaces import smooth_normals, zone_surface
from zones.risk.meet import AWAY
from zones.risk.place import entry_vertex

if TYPE_CHECKING:
    from viewer.map.zones.zone_images import Shown
    from zones.pictures.surfaces import Surface
    from zones.risk.measured import Seen

#: Cells in which what is not near is thinned, mm.
COARSE_MM = 6.0
#: A structure that comes this near to the entry is shown unasked, mm.
NEAR_MM = 70.0

#: What the cursor reads on the side of an organ that is drawn for the eye.
CLOSED = _("far side not measured; drawn closed for the eye")

#: Without a needle every structure is here.
NOWHERE: Mapping[tuple[str, str], Nearness] = MappingProxyType({})
#: A structure that is shown: zone, side, and whether it lies near the entry.
Part = tuple[str, str, bool]


class Person(NamedTuple):
    """What of a patient and a plan decides where structures lie.

    Attributes
    ----------
    build : tuple
        The patient's figures, from `zones.pictures.presence.build_key`.
    arm_away : bool
        Whether the bones that move with the arm are out of the way.
    seen : str
        Depths measured in the patient, as JSON; empty for none.
    at : tuple or None
        Where those were seen that name no place, mm.
    """

    build: Build = NO_BUILD
    arm_away: bool = False
    seen: str = ""
    at: tuple[float, ...] | None = None


ANYBODY = Person()


def person_of(
    facts: Mapping[str, Any], needle: Mapping[str, Any], xyz: Any | None
) -> Person:
    """Return what of a patient and a plan decides where structures lie.

    Examples
    --------
    >>> person_of({"bmi": 21}, {"arm": "overhead"}, None).arm_away
    True
    """
    try:
        plan = parse_needle(dict(needle))
    except NeedlemapError:
        plan = parse_needle(None)
    seen = json.dumps([m.model_dump(exclude_none=True) for m in plan.measured])
    measured = bool(plan.measured) and xyz is not None
    return Person(
        build_key(facts),
        arm_code(plan.arm) == AWAY,
        seen if measured else "",
        tuple(float(v) for v in xyz) if measured and xyz is not None else None,
    )


def _seen(body_name: str, person: Person) -> Seen | None:
    """Return the depths measured in a patient as the check reads them."""
    if not person.seen:
        return None
    fields, body = body_fields(body_name), load_body(body_name)
    point = body.skin.nearest(np.array(person.at))
    vertex = int(entry_vertex(body.skin, point.face, point.bary)[0])
    plan = parse_needle({"measured": json.loads(person.seen)})
    try:
        return seen_in(fields, plan, vertex)
    except NeedlemapError:
        return None  # the card says what is wrong with it


@cached(maxsize=1024)
def structure(
    body_name: str,
    zone_id: str,
    side: str,
    person: Person = ANYBODY,
    *,
    coarse: bool = False,
) -> tuple[Array, Array]:
    """Return where a structure may begin, on one side: points (N, 3) and faces (M, 3).

    Where 1 in 40 people like this patient have it, as the check reckons. Empty where
    the zone is not or has no depth. Its rim is smoothed; ``coarse`` thins it for
    drawing from afar. What has a thickness, a vessel or a nerve say, is a closed body
    from its near to its far side; of what fills the body behind it only the near side
    is known, and `far_side` closes the picture.
    """
    surface, points, faces = _sheet(body_name, zone_id, side, person)
    far = None
    if len(faces) and np.isfinite(surface.far_mm).all():
        inward = -smooth_normals(load_body(body_name))[surface.skin]
        thick = (surface.far_mm - surface.depth_mm)[:, None]
        far = points + thick * inward
        if side != "midline":
            far = _own_side(points, far)
    if coarse and len(points):
        own = cells_of(points, COARSE_MM)
        far = None if far is None else means_of(far, own)
        points, faces = means_of(points, own), thinned(faces, own)
    if far is not None:
        points, faces = closed_body(points, faces, far)
    return points.astype(np.float32), faces


@cached(maxsize=1024)
def far_side(
    body_name: str,
    zone_id: str,
    side: str,
    person: Person = ANYBODY,
    *,
    coarse: bool = False,
) -> tuple[Array, Array]:
    """Return what closes a structure whose far side nobody measured: points and faces.

    For the eye alone (`viewer.body3d.closing`); empty for what is closed already.
    """
    points, faces = structure(body_name, zone_id, side, person, coarse=coarse)
    # of the very places that are sent, so that no gap is left between the two
    closed, index = closing(points.astype(float), faces)
    return closed.astype(np.float32), index


@cached(maxsize=1024)
def _sheet(
    body_name: str, zone_id: str, side: str, person: Person
) -> tuple[Surface, Array, Array]:
    """Return the near side of a structure: its surface, and that with a smooth rim."""
    surface = zone_surface(
        body_fields(body_name),
        zone_id,
        side,  # type: ignore[arg-type]
        build=person.build,
        seen=_seen(body_name, person),
        arm_away=person.arm_away,
    )
    faces = surface.faces.astype(np.int32)
    return surface, smooth_rim(surface.vertices, faces), faces


@cached(maxsize=1024)
def rim_line(
    body_name: str, zone_id: str, side: str, person: Person = ANYBODY
) -> Array:
    """Return the outline of a structure's near side, (N, 3); NaN between its pieces.

    Examples
    --------
    >>> line = rim_line("male", "pleura", "left")
    >>> line.shape[1], bool(np.isnan(line[-1]).all())
    (3, True)
    """
    _surface, points, faces = _sheet(body_name, zone_id, side, person)
    rim = rim_edges(faces)
    if not len(rim):
        return np.empty((0, 3))
    ends = np.stack([rim, rim.astype(float) ** 2], axis=-1)
    lines = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(ends)))
    # lines were merged over numbers of points (on a parabola, where no two overlap)
    gap = np.full((1, 3), np.nan)
    parts = []
    for line in shapely.get_parts(lines):
        numbers = shapely.get_coordinates(line)[:, 0].astype(int)
        parts += [points[numbers], gap]
    return np.concatenate(parts)


@cached(maxsize=8)
def zone_sides(body_name: str) -> tuple[tuple[str, str], ...]:
    """Return the zones of a body that have a depth, with each of their sides."""
    rows = body_fields(body_name).rows
    return tuple((r.zone.id, r.side) for r in rows if r.zone.kind == "structure")


def shown_structures(
    body_name: str, xyz: Any | None, zones: Iterable[Shown], *, everything: bool = False
) -> tuple[Part, ...]:
    """Return which structures the scene shows.

    Parameters
    ----------
    body_name : {"male", "female"}
        Which body.
    xyz : (3,) array or None
        The entry, mm; nothing is near without one.
    zones : iterable of Shown
        Zones that can count for the patient.
    everything : bool
        Whether all are asked for.

    Returns
    -------
    tuple of (zone id, side, near)
        In the order of the zones. What does not lie near the entry is drawn coarser.
    """
    counts = {zone.key for zone in zones}
    near = set() if xyz is None else _within(body_name, xyz, NEAR_MM)
    return tuple(
        (zone_id, side, (zone_id, side) in near)
        for zone_id, side in zone_sides(body_name)
        if zone_id in counts and (everything or (zone_id, side) in near)
    )


def _within(body_name: str, xyz: Any, reach_mm: float) -> set[tuple[str, str]]:
    """Return the zones and sides that lie under skin within a reach of a place."""
    fields = body_fields(body_name)
    around = np.array(fields.body.skin.tree.query_ball_point(xyz, reach_mm), int)
    around = np.append(around, fields.body.skin.tree.query(xyz)[1])
    _, items = fields.under.of(around)
    under = np.unique(fields.under.row[items[fields.under.chance[items] >= TAIL]])
    return {(fields.rows[r].zone.id, fields.rows[r].side) for r in under.tolist()}


def near_entry(
    body_name: str, xyz: Any | None, shown: Iterable[Part]
) -> dict[tuple[str, str], Nearness]:
    """Return how near the needle's entry each structure lies: the weight of its line.

    Examples
    --------
    >>> near_entry("male", None, [("pleura", "left", False)])
    {('pleura', 'left'): 'here'}
    """
    parts = [(zone, side) for zone, side, _ in shown]
    if xyz is None:
        return dict.fromkeys(parts, nearness(None))
    rule = palette().near
    at, here = (_within(body_name, xyz, mm) for mm in (rule.needle_mm, rule.here_mm))
    return {p: "needle" if p in at else "here" if p in here else "far" for p in parts}


def structure_key(
    shown: Iterable[Part],
    zones: Iterable[Shown],
    person: Person = ANYBODY,
    near: Mapping[tuple[str, str], Nearness] = NOWHERE,
) -> list[Any]:
    """Return, as plain data, all that the drawn structures depend on."""
    shown = list(shown)
    ids = {zone_id for zone_id, _, _ in shown}
    return [
        [[*part, near.get(part[:2], "here")] for part in shown],
        [[z.key, z.verdict.value, z.known] for z in zones if z.key in ids],
        [list(person.build), person.arm_away, person.seen, person.at and [*person.at]],
    ]


def structure_meshes(
    body_name: str,
    shown: Iterable[Part],
    zones: Iterable[Shown],
    person: Person = ANYBODY,
    near: Mapping[tuple[str, str], Nearness] = NOWHERE,
) -> dict[int, dict[str, Any]]:
    """Return the structures as one mesh for each level, and their outlines, by trace.

    Each point of a mesh has the number of its tissue (`viewer.body3d.traces.FILLS`).

    Parameters
    ----------
    body_name : {"male", "female"}
        Which body.
    shown : iterable of (zone id, side, near)
        From `shown_structures`.
    zones : iterable of Shown
        Their labels and levels.
    person : Person
        From `person_of`.
    near : mapping
        From `near_entry`.

    Returns
    -------
    dict
        Coordinates, corners, tissues and ``meta`` of the traces `DANGER` and
        `CAUTION`; coordinates of the lines `OUTLINES`.
    """
    labels = {zone.key: zone for zone in zones}
    wanted = list(shown)
    said = json.dumps(structure_key(wanted, labels.values(), person, near))
    key = hashlib.sha256(said.encode()).hexdigest()[:12]
    made: dict[int, dict[str, Any]] = {}
    for number, verdict in STRUCTURES.items():
        fills: list[Array] = [np.empty(0, np.uint8)]
        lines: dict[str, list[Array]] = {}
        points: list[Array] = [np.empty((0, 3), np.float32)]
        faces: list[Array] = [np.empty((0, 3), np.int32)]
        names, starts = [], []
        at = 0
        for zone_id, side, fine in wanted:
            zone = labels.get(zone_id)
            if zone is None or zone.verdict != verdict:
                continue
            tissue = FILLS.index(tissue_name(zone_id))
            named = _named(zone, side)
            for make, fill, words in (
                (structure, tissue, named),
                (far_side, tissue + PALE, joined([named, " (", CLOSED, ")"], "")),
            ):
                own, index = make(body_name, zone_id, side, person, coarse=not fine)
                if fill >= PALE and not len(own):
                    continue
                fills.append(np.full(len(own), fill, np.uint8))
                points.append(own)
                faces.append(index + at)
                names.append(words)
                starts.append(at)
                at += len(own)
            lines.setdefault(near.get((zone_id, side), "here"), []).append(
                rim_line(body_name, zone_id, side, person)
            )
        made[number] = {
            **coordinates(np.concatenate(points), np.concatenate(faces)),
            "intensity": packed(np.concatenate(fills), "u1"),
            "meta": {
                "key": f"{body_name}/{verdict.value}/{key}",
                "names": names,
                "starts": starts,
            },
        }
        for where in get_args(Nearness):
            parts = [np.empty((0, 3)), *lines.get(where, ())]
            line = np.concatenate(parts)
            made[OUTLINES[verdict, where]] = {
                axis: packed(line[:, k], "f4") for k, axis in enumerate("xyz")
            }
    return made


def rim_edges(faces: Array) -> Array:
    """Return the edges of a sheet that belong to one face only, (N, 2).

    Examples
    --------
    >>> rim_edges(np.array([[0, 1, 2], [1, 2, 3]])).tolist()
    [[0, 1], [0, 2], [1, 3], [2, 3]]
    """
    ends = np.sort(
        np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1
    )
    edges, count = np.unique(ends, axis=0, return_counts=True)
    return np.asarray(edges[count == 1])


def smooth_rim(points: Array, faces: Array, times: int = 4) -> Array:
    """Return the points with the rim of a sheet smoothed, (N, 3).

    Each point of the rim moves to the middle between itself and its neighbours on the
    rim; the skin's triangles would leave it toothed.
    """
    if not len(faces):
        return points
    rim = rim_edges(faces)
    points = np.array(points, dtype=float)
    both = np.concatenate([rim, rim[:, ::-1]])
    on, degree = np.unique(both[:, 0], return_counts=True)
    for _turn in range(times):
        total = np.zeros_like(points)
        np.add.at(total, both[:, 0], points[both[:, 1]])
        points[on] = (points[on] + total[on] / degree[:, None]) / 2.0
    return points


def _own_side(near: Array, far: Array) -> Array:
    """Return far places moved back to the midline where they lie past it.

    Deep under the skin of a flank its normals run past the midline, where a structure
    of one side is not.
    """
    past = near[:, 0] * far[:, 0] < 0.0
    share = np.ones(len(near))
    share[past] = near[past, 0] / (near[past, 0] - far[past, 0])
    return np.asarray(near + share[:, None] * (far - near))


def closed_body(near: Array, faces: Array, far: Array) -> tuple[Array, Array]:
    """Return the closed mesh between two sheets of the same faces.

    Parameters
    ----------
    near, far : (N, 3) array
        Corners of the sheets, toward the skin and away from it, mm.
    faces : (M, 3) int array
        Of the near one, counter-clockwise seen from the skin.

    Examples
    --------
    >>> sheet = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    >>> points, index = closed_body(sheet, np.array([[0, 1, 2]]), sheet - [0, 0, 1])
    >>> len(points), len(index)
    (6, 8)
    """
    count = len(near)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    _, place, often = np.unique(
        np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True
    )
    a, b = edges[place[often % 2 == 1]].T
    walls = np.concatenate(
        [np.stack([b, a, a + count], 1), np.stack([b, a + count, b + count], 1)]
    )
    index = np.concatenate([faces, faces[:, ::-1] + count, walls])
    return np.concatenate([near, far]), index.astype(np.int32)


def cells_of(points: Array, cell_mm: float) -> Array:
    """Return for each point the number of the cell that it lies in, (N,).

    Parameters
    ----------
    points : (N, 3) array
        Places, mm.
    cell_mm : float
        Edge of a cell.

    Examples
    --------
    >>> cells_of(np.array([[0.0, 0, 0], [9, 0, 0], [1, 0, 0]]), 5.0).tolist()
    [0, 1, 0]
    """
    cells = np.floor(points / cell_mm).astype(int)
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)


def means_of(points: Array, own: Array) -> Array:
    """Return the middle of the points of each cell, (K, 3).

    Examples
    --------
    >>> means_of(np.array([[0.0, 0, 0], [9, 0, 0], [1, 0, 0]]), np.array([0, 1, 0]))
    array([[0.5, 0. , 0. ],
           [9. , 0. , 0. ]])
    """
    count = np.bincount(own)
    few = np.zeros((len(count), 3))
    np.add.at(few, own, points)
    return np.asarray(few / count[:, None])


def thinned(faces: Array, own: Array) -> Array:
    """Return the faces between cells, each once and none that has collapsed, (K, 3).

    Parameters
    ----------
    faces : (M, 3) int array
        Corners.
    own : (N,) int array
        The cell of each point, from `cells_of`.

    Examples
    --------
    >>> faces = np.array([[0, 1, 2], [3, 1, 2], [0, 3, 2]])
    >>> thinned(faces, np.array([0, 1, 2, 0])).tolist()
    [[0, 1, 2]]
    """
    index = own[faces]
    apart = (index != np.roll(index, 1, axis=1)).all(axis=1)
    index = index[apart]
    _, first = np.unique(np.sort(index, axis=1), axis=0, return_index=True)
    return np.asarray(index[np.sort(first)].astype(np.int32))


def _named(zone: Shown, side: str) -> str:
    """Return what the cursor reads on a structure."""
    parts = [LOOKS[zone.verdict].short, ": ", zone.label]
    if side != "midline":
        parts += [", ", SIDES[side]]
    if not zone.known:
        parts += [" ", _("(depends on something not asked)")]
    return joined(parts, "")
