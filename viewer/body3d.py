"""The 3D body as a figure: skin, skeleton, danger structures and the needle.

A picture of what the check answered, made of plain data. Meshes are sent once; the
needle, its marks and the camera's places are small and change with every plan.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.display import display_body
from viewer.body3d_needle import Mark, Plan, label_text
from viewer.body3d_views import UNIT_MM, frame, standard_views
from viewer.look import FONT, INK, LOOKS, NEEDLE
from zones.fields import body_fields
from zones.models import Verdict
from zones.surfaces import zone_surface

if TYPE_CHECKING:
    from viewer.zone_images import Shown

#: Traces of the scene in their order; callbacks address them by number.
SKIN, BONES, DANGER, CAUTION, SHAFT, HANDLE, BEYOND, ENDS, MARKS, FLOOR = range(10)
#: Traces that change with the plan; all others are meshes and stay.
MOVING = (SHAFT, HANDLE, BEYOND, ENDS, MARKS)
STRUCTURES = {DANGER: Verdict.DANGER, CAUTION: Verdict.CAUTION}

#: Cells in which what is not near is thinned, mm.
COARSE_MM = 6.0
#: A structure that comes this near to the entry is shown unasked, mm.
NEAR_MM = 70.0
SKIN_COLOUR, BONE_COLOUR = "#dfa98a", "#efe5cd"
SKIN_OPACITY = {"solid": 1.0, "glass": 0.3}
SKINS = ("solid", "glass", "off")
START_SKIN = "glass"
NO_NEEDLE = "No needle placed: click on the skin or name a site."
#: Labels written beside the marks; the others show their name under the cursor.
LABELS = 3

Array = NDArray[Any]
#: A structure that is shown: zone, side, and whether it lies near the entry.
Part = tuple[str, str, bool]


def packed(values: Array, kind: str) -> dict[str, str]:
    """Return numbers as Plotly reads them from a page: typed, in base 64.

    Examples
    --------
    >>> packed(np.array([1, 2]), "u2")
    {'dtype': 'u2', 'bdata': 'AQACAA=='}
    """
    data = np.ascontiguousarray(values, dtype=f"<{kind}").tobytes()
    return {"dtype": kind, "bdata": b64encode(data).decode()}


def unpacked(spec: Mapping[str, str]) -> Array:
    """Return the numbers of `packed`."""
    return np.frombuffer(b64decode(spec["bdata"]), dtype=f"<{spec['dtype']}")


def _coordinates(points: Array, faces: Array) -> dict[str, Any]:
    """Return the places and corners of a mesh trace."""
    kind = "u2" if len(points) <= 65536 else "u4"
    return {
        **{axis: packed(points[:, k], "f4") for k, axis in enumerate("xyz")},
        **{corner: packed(faces[:, k], kind) for k, corner in enumerate("ijk")},
    }


def _mesh(
    points: Array,
    faces: Array,
    *,
    colour: str,
    key: str,
    names: Sequence[str] = (),
    starts: Iterable[int] = (),
    opacity: float = 1.0,
    visible: bool = True,
    light: Mapping[str, float],
) -> dict[str, Any]:
    """Return a mesh trace. ``meta`` says which points bear which name."""
    return {
        "type": "mesh3d",
        **_coordinates(points, faces),
        "color": colour,
        "opacity": opacity,
        "visible": visible,
        "flatshading": False,
        "lighting": {
            "vertexnormalsepsilon": 1e-12,
            "facenormalsepsilon": 1e-12,
            **light,
        },
        # from above on the right of the picture; the page moves it toward the eye
        "lightposition": {"x": 1e5, "y": 1e5, "z": 0},
        "hoverinfo": "none",
        "showscale": False,
        "meta": {
            "key": key,
            "names": list(names),
            "starts": [int(start) for start in starts],
        },
    }


_SOFT = {
    "ambient": 0.4,
    "diffuse": 0.75,
    "specular": 0.08,
    "roughness": 0.7,
    "fresnel": 0.15,
}
_IVORY = {
    "ambient": 0.36,
    "diffuse": 0.78,
    "specular": 0.15,
    "roughness": 0.45,
    "fresnel": 0.1,
}
_ORGAN = {
    "ambient": 0.42,
    "diffuse": 0.72,
    "specular": 0.2,
    "roughness": 0.4,
    "fresnel": 0.3,
}


# -- danger structures ---------------------------------------------------------------


@lru_cache(maxsize=1024)
def structure(
    body_name: str,
    zone_id: str,
    side: str,
    bmi: float | None = None,
    age: float | None = None,
    *,
    upright: bool = True,
    coarse: bool = False,
) -> tuple[Array, Array]:
    """Return where a structure may begin, on one side: points (N, 3) and faces (M, 3).

    At the earliest depth for this patient, as the check reckons. Empty where the
    zone is not or has no depth. Its rim is smoothed; ``coarse`` thins it for drawing
    from afar.
    """
    surface = zone_surface(
        body_fields(body_name),
        zone_id,
        side,  # type: ignore[arg-type]
        bmi=bmi,
        age=age,
        upright=upright,
    )
    points, faces = surface.vertices, surface.faces.astype(np.int32)
    points = smooth_rim(points, faces)
    if coarse:
        points, faces = clustered(points, faces, COARSE_MM)
    return points.astype(np.float32), faces


@lru_cache(maxsize=8)
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
    fields = body_fields(body_name)
    near: set[tuple[str, str]] = set()
    if xyz is not None:
        around = np.array(fields.body.skin.tree.query_ball_point(xyz, NEAR_MM), int)
        begins, _ = fields.band_at(around)
        under = np.flatnonzero(np.isfinite(begins).any(axis=1))
        near = {(fields.rows[r].zone.id, fields.rows[r].side) for r in under}
    return tuple(
        (zone_id, side, (zone_id, side) in near)
        for zone_id, side in zone_sides(body_name)
        if zone_id in counts and (everything or (zone_id, side) in near)
    )


def structure_key(
    shown: Iterable[Part], zones: Iterable[Shown], **build: Any
) -> list[Any]:
    """Return, as plain data, all that the drawn structures depend on."""
    ids = {zone_id for zone_id, _, _ in shown}
    return [
        [list(part) for part in shown],
        [[z.key, z.verdict.value, z.known] for z in zones if z.key in ids],
        [build.get(name) for name in ("bmi", "age", "upright")],
    ]


def structure_meshes(
    body_name: str,
    shown: Iterable[Part],
    zones: Iterable[Shown],
    *,
    bmi: float | None = None,
    age: float | None = None,
    upright: bool = True,
) -> dict[int, dict[str, Any]]:
    """Return the structures as one mesh for each level, by number of trace.

    Parameters
    ----------
    body_name : {"male", "female"}
        Which body.
    shown : iterable of (zone id, side, near)
        From `shown_structures`.
    zones : iterable of Shown
        Their labels and levels.
    bmi, age : float or None
        The patient's, when known.
    upright : bool
        Whether the needle is about perpendicular.

    Returns
    -------
    dict
        Coordinates, corners and ``meta`` of the traces `DANGER` and `CAUTION`.
    """
    labels = {zone.key: zone for zone in zones}
    wanted = list(shown)
    build = {"bmi": bmi, "age": age, "upright": upright}
    said = json.dumps(structure_key(wanted, labels.values(), **build))
    key = hashlib.sha256(said.encode()).hexdigest()[:12]
    made = {}
    for number, verdict in STRUCTURES.items():
        points: list[Array] = [np.empty((0, 3), np.float32)]
        faces: list[Array] = [np.empty((0, 3), np.int32)]
        names, starts = [], []
        at = 0
        for zone_id, side, near in wanted:
            zone = labels.get(zone_id)
            if zone is None or zone.verdict != verdict:
                continue
            own, index = structure(
                body_name, zone_id, side, bmi, age, upright=upright, coarse=not near
            )
            points.append(own)
            faces.append(index + at)
            names.append(_named(zone, side))
            starts.append(at)
            at += len(own)
        made[number] = {
            **_coordinates(np.concatenate(points), np.concatenate(faces)),
            "meta": {
                "key": f"{body_name}/{verdict.value}/{key}",
                "names": names,
                "starts": starts,
            },
        }
    return made


def smooth_rim(points: Array, faces: Array, times: int = 4) -> Array:
    """Return the points with the rim of a sheet smoothed, (N, 3).

    Each point of the rim moves to the middle between itself and its neighbours on the
    rim; the skin's triangles would leave it toothed.
    """
    if not len(faces):
        return points
    ends = np.sort(
        np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1
    )
    edges, count = np.unique(ends, axis=0, return_counts=True)
    rim = edges[count == 1]
    points = np.array(points, dtype=float)
    both = np.concatenate([rim, rim[:, ::-1]])
    on, degree = np.unique(both[:, 0], return_counts=True)
    for _ in range(times):
        total = np.zeros_like(points)
        np.add.at(total, both[:, 0], points[both[:, 1]])
        points[on] = (points[on] + total[on] / degree[:, None]) / 2.0
    return points


def clustered(points: Array, faces: Array, cell_mm: float) -> tuple[Array, Array]:
    """Return a mesh with all points of a cell drawn together: points and faces.

    Parameters
    ----------
    points : (N, 3) array
        Places, mm.
    faces : (M, 3) int array
        Corners.
    cell_mm : float
        Edge of a cell.

    Examples
    --------
    >>> xyz = np.array([[0.0, 0, 0], [9, 0, 0], [0, 9, 0], [1, 0, 0]])
    >>> few, index = clustered(xyz, np.array([[0, 1, 2], [3, 1, 2], [0, 3, 2]]), 5.0)
    >>> len(few), len(index)
    (3, 1)
    """
    if not len(points):
        return points, faces
    cells = np.floor(points / cell_mm).astype(int)
    _, own, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    own = own.reshape(-1)
    few = np.zeros((len(count), 3))
    np.add.at(few, own, points)
    few /= count[:, None]
    index = own[faces]
    apart = (index != np.roll(index, 1, axis=1)).all(axis=1)
    index = index[apart]
    _, first = np.unique(np.sort(index, axis=1), axis=0, return_index=True)
    return few, index[np.sort(first)].astype(np.int32)


def _named(zone: Shown, side: str) -> str:
    """Return what the cursor reads on a structure."""
    where = "" if side == "midline" else f", {side.upper()}"
    unsure = "" if zone.known else " (depends on a fact not asked)"
    return f"{LOOKS[zone.verdict].short}: {zone.label}{where}{unsure}"


# -- the needle ----------------------------------------------------------------------


def moving_traces(plan: Plan | None) -> dict[int, dict[str, Any]]:
    """Return what of the needle's traces changes with the plan, by number of trace.

    Parameters
    ----------
    plan : Plan or None
        The needle; None draws nothing.
    """
    if plan is None:
        nothing: dict[str, Any] = {"x": [], "y": [], "z": []}
        return {number: dict(nothing) for number in MOVING}
    ends = [plan.entry] if plan.tip is None else [plan.entry, plan.tip]
    entry = ["the needle goes in here", f"tip, {plan.depth_mm or 0:g} mm deep"]
    return {
        SHAFT: _line([plan.outside, plan.tip or plan.entry]),
        HANDLE: _line([plan.outside, plan.handle]),
        BEYOND: _line([plan.entry, *plan.beyond[-1:]] if plan.beyond else ends),
        ENDS: {**_line(ends), "meta": {"texts": entry[: len(ends)]}},
        MARKS: {
            **_line([mark.xyz for mark in plan.marks]),
            "marker.color": [LOOKS[mark.verdict].line for mark in plan.marks],
            "marker.symbol": [
                "diamond" if mark.on_line else "diamond-open" for mark in plan.marks
            ],
            "meta": {"texts": [label_text(mark) for mark in plan.marks]},
        },
    }


def _line(places: Sequence[Sequence[float]]) -> dict[str, list[float]]:
    return {
        axis: [round(float(place[k]), 2) for place in places]
        for k, axis in enumerate("xyz")
    }


def labels_of(plan: Plan | None) -> list[dict[str, Any]]:
    """Return the labels beside the marks, the gravest first, and that of the tip."""
    if plan is None:
        return []
    found = []
    told = sorted(plan.marks[:LABELS], key=lambda mark: mark.depth_mm)
    # above and below in turn: beside it they would leave a narrow picture
    far = {-1: 34.0, 1: 34.0}
    for number, mark in enumerate(told):
        text, way = _wrapped(mark), 1 if number % 2 else -1
        high = 17.0 * (text.count("<br>") + 1) + 12.0
        shift = (16.0, way * (far[way] + high / 2.0))
        found.append(
            _annotation(mark.xyz, text, shift=shift, colour=LOOKS[mark.verdict].line)
        )
        far[way] += high + 4.0
    found.reverse()  # what is drawn later covers the lines to labels further off
    if plan.tip is not None:
        found.append(
            _annotation(
                plan.tip,
                f"tip {plan.depth_mm:g} mm",
                shift=(-96.0, 46.0),
                colour=NEEDLE,
            )
        )
    return found


def _wrapped(mark: Mark) -> str:
    """Return a label in short lines, its name cut where it is long."""
    name = textwrap.shorten(mark.name, 44, placeholder=" …")
    lines = textwrap.wrap(name, 20)
    where = f"from {mark.depth_mm:g} mm"
    if not mark.on_line:
        where = f"{mark.depth_mm:g} mm from the tip"
    return "<br>".join([f"<b>{LOOKS[mark.verdict].short}</b> {where}", *lines])


def _annotation(
    xyz: Sequence[float], text: str, *, shift: tuple[float, float], colour: str
) -> dict[str, Any]:
    return {
        **{axis: round(float(xyz[k]), 2) for k, axis in enumerate("xyz")},
        "text": text,
        "ax": shift[0],
        "ay": shift[1],
        "align": "left",
        "font": {"size": 12.5, "color": INK, "family": FONT},
        "bgcolor": "rgba(255,255,255,0.94)",
        "bordercolor": colour,
        "borderwidth": 1.5,
        "borderpad": 3,
        "arrowcolor": colour,
        "arrowwidth": 1.4,
        "arrowhead": 0,
        "captureevents": False,
    }


# -- the scene -----------------------------------------------------------------------


def scene_figure(
    body_name: str,
    structures: Mapping[int, Mapping[str, Any]],
    plan: Plan | None,
    *,
    skin: str = START_SKIN,
    bones: bool = True,
    words: str = "",
) -> dict[str, Any]:
    """Return the whole scene as plain data for ``dcc.Graph``.

    Parameters
    ----------
    body_name : {"male", "female"}
        Which body.
    structures : mapping
        From `structure_meshes`.
    plan : Plan or None
        The needle.
    skin : {"solid", "glass", "off"}
        How the skin is drawn.
    bones : bool
        Whether the skeleton is drawn.
    words : str
        The scene in words, for those who do not see it.

    Returns
    -------
    dict
        Places in the body frame, millimetres; nothing is scaled.
    """
    drawn = display_body(body_name)
    traces: list[dict[str, Any]] = [{}] * 10
    traces[SKIN] = _mesh(
        drawn.skin.points,
        drawn.skin.faces,
        colour=SKIN_COLOUR,
        key=f"{body_name}/skin",
        opacity=SKIN_OPACITY.get(skin, 1.0),
        visible=skin != "off",
        light=_SOFT,
    )
    traces[BONES] = _mesh(
        drawn.bones.points,
        drawn.bones.faces,
        colour=BONE_COLOUR,
        key=f"{body_name}/bones",
        names=drawn.bone_names,
        starts=drawn.bone_starts.tolist(),
        visible=bones,
        light=_IVORY,
    )
    for number, verdict in STRUCTURES.items():
        look = LOOKS[verdict]
        traces[number] = {
            **_mesh(
                np.empty((0, 3)),
                np.empty((0, 3)),
                colour=look.line if verdict == Verdict.DANGER else look.fill,
                key="",
                opacity=0.45,
                light=_ORGAN,
            ),
            **structures[number],
        }
    moving = moving_traces(plan)
    styles = {
        SHAFT: {"mode": "lines", "line": {"color": NEEDLE, "width": 7}},
        HANDLE: {"mode": "lines", "line": {"color": "#47525c", "width": 16}},
        BEYOND: {
            "mode": "lines",
            "line": {"color": NEEDLE, "width": 3, "dash": "dot"},
        },
        ENDS: {
            "mode": "markers",
            "marker": {
                "size": [7, 5],
                "color": ["#ffffff", NEEDLE],
                "line": {"color": NEEDLE, "width": 2},
            },
        },
        MARKS: {"mode": "markers", "marker": {"size": 8}},
    }
    for number, style in styles.items():
        traces[number] = {
            "type": "scatter3d",
            "hoverinfo": "none",
            "showlegend": False,
            **style,
        }
        for name, value in moving[number].items():
            put(traces[number], name, value)
    traces[FLOOR] = _floor(body_name)
    return {"data": traces, "layout": _layout(body_name, plan, words)}


def put(target: Any, name: str, value: Any) -> None:
    """Set a dotted name in nested data: a figure's dictionary or a Patch."""
    *path, last = name.split(".")
    for step in path:
        target = target[step]
    target[last] = value


def _floor(body_name: str) -> dict[str, Any]:
    """Return the words on the floor: the patient's sides, front and back."""
    points = display_body(body_name).skin.points
    low, high = points.min(axis=0), points.max(axis=0)
    feet = points[points[:, 2] < 120.0]
    wide = float(np.abs(feet[:, 0]).max()) + 110.0
    middle = float(low[1] + high[1]) / 2.0
    deep = float(high[1] - low[1]) / 2.0 + 80.0
    turn = np.arange(49) * (2.0 * np.pi / 48)
    words = {0: "<b>L</b>", 12: "back", 24: "<b>R</b>", 36: "front"}
    return {
        "type": "scatter3d",
        "mode": "lines+text",
        "x": (wide * np.cos(turn)).round(1).tolist(),
        "y": (middle + deep * np.sin(turn)).round(1).tolist(),
        "z": [0.0] * len(turn),
        "line": {"color": "#b6c1cb", "width": 3},
        "text": [words.get(number, "") for number in range(len(turn))],
        "textfont": {
            "size": [24 if n in (0, 24) else 14 for n in range(len(turn))],
            "color": INK,
            "family": FONT,
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _layout(body_name: str, plan: Plan | None, words: str) -> dict[str, Any]:
    """Return the layout: no axes, equal scale, soft background."""
    low, high = frame(body_name)
    hidden = {
        "visible": False,
        "showspikes": False,
        "showbackground": False,
        "autorange": False,
    }
    views = standard_views(body_name, plan)
    axes = {
        f"{axis}axis": {**hidden, "range": [float(low[k]), float(high[k])]}
        for k, axis in enumerate("xyz")
    }
    return {
        "scene": {
            **axes,
            "aspectmode": "manual",
            "aspectratio": {
                axis: float((high - low)[k] / UNIT_MM) for k, axis in enumerate("xyz")
            },
            "camera": {
                **views[start_view(plan)],
                "projection": {"type": "perspective"},
            },
            "dragmode": "turntable",
            "annotations": labels_of(plan),
            "uirevision": "camera",
            "hovermode": "closest",
        },
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "showlegend": False,
        "uirevision": "3d",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "meta": {
            "views": views,
            "words": words,
            "note": note_of(plan),
        },
    }


def note_of(plan: Plan | None) -> str:
    """Return what the picture leaves to say."""
    return NO_NEEDLE if plan is None else plan.note


def start_view(plan: Plan | None) -> str:
    """Return the view that a scene opens with: round the site, else from behind."""
    return "back" if plan is None else "site"
