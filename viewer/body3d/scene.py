"""The 3D body as a figure: skin, skeleton, danger structures and the needle.

A picture of what the check answered, made of plain data. Meshes are sent once; the
needle, its marks and the camera's places are small and change with every plan.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anatomy.body.display import display_body
from anatomy.messages import message as _
from viewer.body3d.muscles import MUSCLE_OPACITY, muscle_meshes
from viewer.body3d.needle import Mark, Plan, label_text
from viewer.body3d.traces import (
    BEYOND,
    BONES,
    ENDS,
    FLOOR,
    FOLD,
    HANDLE,
    LAST_FILL,
    LIMIT,
    MARKS,
    MOVING,
    OUTLINES,
    SHAFT,
    SKIN,
    STRUCTURES,
    TRACES,
    mesh,
    tissue_scale,
)
from viewer.body3d.views import UNIT_MM, frame, standard_views
from viewer.look.look import FONT, INK, LOOKS, NEEDLE
from viewer.look.night import at_night
from viewer.look.palette import dashes, outline_px, palette, shade
from viewer.state.language import said
from zones.pictures.drawn_bones import drawn_skeleton
from zones.sentences.limits import whole_mm

_TISSUE = palette().tissue
SKIN_COLOUR, SKIN_LINE = _TISSUE["skin"].fill, _TISSUE["skin"].line
BONE_COLOUR, MUSCLE_COLOUR = _TISSUE["bone"].fill, _TISSUE["muscle"].fill
SKIN_OPACITY = {"solid": 1.0, "glass": 0.3}
START_SKIN = "glass"
#: Width of a line of the scene for each px of the palette's weights.
LINE_3D = 1.6
NO_NEEDLE = _("No needle placed: click on the skin or name a site.")
#: Labels written beside the marks; the others show their name under the cursor.
LABELS = 3


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
_FLESH = {
    "ambient": 0.45,
    "diffuse": 0.7,
    "specular": 0.06,
    "roughness": 0.8,
    "fresnel": 0.1,
}
_ORGAN = {
    "ambient": 0.42,
    "diffuse": 0.72,
    "specular": 0.2,
    "roughness": 0.4,
    "fresnel": 0.3,
}


def moving_traces(
    plan: Plan | None, *, night: bool = False
) -> dict[int, dict[str, Any]]:
    """Return what of the needle's traces changes with the plan, by number of trace.

    Parameters
    ----------
    plan : Plan or None
        The needle; None draws nothing.
    night : bool
        Whether the scene stands on a dark ground.
    """
    if plan is None:
        nothing: dict[str, Any] = {"x": [], "y": [], "z": []}
        return {number: dict(nothing) for number in MOVING}
    ends = [plan.entry] if plan.tip is None else [plan.entry, plan.tip]
    entry = [
        _("the needle goes in here"),
        _("tip, {depth:g} mm deep", depth=plan.depth_mm or 0),
    ]
    return {
        SHAFT: _line([plan.outside, plan.tip or plan.entry]),
        HANDLE: _line([plan.outside, plan.handle]),
        BEYOND: _line([plan.entry, *plan.beyond[-1:]] if plan.beyond else ends),
        ENDS: {**_line(ends), "meta": {"texts": entry[: len(ends)]}},
        MARKS: {
            **_line([mark.xyz for mark in plan.marks]),
            "marker.color": [
                at_night(LOOKS[mark.verdict].line, night=night) for mark in plan.marks
            ],
            "marker.symbol": [
                "diamond" if mark.on_line else "diamond-open" for mark in plan.marks
            ],
            "meta": {"texts": [label_text(mark) for mark in plan.marks]},
        },
        LIMIT: _line(plan.limit),
        FOLD: _line(plan.fold),
    }


def _line(places: Sequence[Sequence[float]]) -> dict[str, list[float]]:
    return {
        axis: [round(float(place[k]), 2) for place in places]
        for k, axis in enumerate("xyz")
    }


def labels_of(plan: Plan | None, *, night: bool = False) -> list[dict[str, Any]]:
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
        colour = LOOKS[mark.verdict].line
        found.append(
            _annotation(mark.xyz, text, shift=shift, colour=colour, night=night)
        )
        far[way] += high + 4.0
    if plan.limit:
        found.append(
            _annotation(
                plan.limit[0],
                _("limit {limit}", limit=whole_mm(plan.limit_mm or 0.0))
                if plan.limit_mm
                else _("no depth"),
                shift=(-118.0, -26.0),
                colour=INK,
                night=night,
            )
        )
    found.reverse()  # what is drawn later covers the lines to labels further off
    if plan.tip is not None:
        found.append(
            _annotation(
                plan.tip,
                _("tip {depth_mm:g} mm", depth_mm=plan.depth_mm),
                shift=(-118.0, 26.0),
                colour=NEEDLE,
                night=night,
            )
        )
    return found


def annotations_of(
    body_name: str, plan: Plan | None, *, night: bool = False
) -> list[dict[str, Any]]:
    """Return all words over the scene: of the floor, and beside the marks."""
    return [*floor_words(body_name, night=night), *labels_of(plan, night=night)]


def _wrapped(mark: Mark) -> str:
    """Return a label in short lines, its name cut where it is long."""
    name = textwrap.shorten(said(mark.name), 44, placeholder=" …")
    lines = textwrap.wrap(name, 20)
    where = _("from {depth}", depth=whole_mm(mark.depth_mm))
    if not mark.on_line:
        where = _("{depth} from the tip", depth=whole_mm(mark.depth_mm))
    return "<br>".join(
        [f"<b>{said(LOOKS[mark.verdict].short)}</b> {said(where)}", *lines]
    )


def _annotation(
    xyz: Sequence[float],
    text: str,
    *,
    shift: tuple[float, float],
    colour: str,
    night: bool,
) -> dict[str, Any]:
    edge, ground = (at_night(c, night=night) for c in (colour, shade("paper")))
    return {
        **{axis: round(float(xyz[k]), 2) for k, axis in enumerate("xyz")},
        "text": text,
        "ax": shift[0],
        "ay": shift[1],
        "align": "left",
        "font": {"size": 12.5, "color": at_night(INK, night=night), "family": FONT},
        # nearly opaque: two more digits of eight
        "bgcolor": f"{ground}f0",
        "bordercolor": edge,
        "borderwidth": 1.5,
        "borderpad": 3,
        "arrowcolor": edge,
        "arrowwidth": 1.4,
        "arrowhead": 0,
        "captureevents": False,
    }


def scene_figure(
    body_name: str,
    structures: Mapping[int, Mapping[str, Any]],
    plan: Plan | None,
    *,
    muscles: Mapping[int, Mapping[str, Any]] | None = None,
    skin: str = START_SKIN,
    bones: bool = True,
    words: str = "",
    night: bool = False,
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
    muscles : mapping, optional
        From `muscle_meshes`; none are drawn without.
    skin : {"solid", "glass", "off"}
        How the skin is drawn.
    bones : bool
        Whether the skeleton is drawn.
    words : str
        The scene in words, for those who do not see it.
    night : bool
        Whether it stands on a dark ground.

    Returns
    -------
    dict
        Places in the body frame, millimetres; nothing is scaled.
    """
    drawn = display_body(body_name)

    def lit(colour: str) -> str:
        return at_night(colour, night=night)

    traces: list[dict[str, Any]] = [{}] * TRACES
    traces[SKIN] = mesh(
        drawn.skin.points,
        drawn.skin.faces,
        colour=lit(SKIN_COLOUR),
        key=f"{body_name}/skin",
        opacity=SKIN_OPACITY.get(skin, 1.0),
        visible=skin != "off",
        light=_SOFT,
    )
    traces[BONES] = mesh(
        drawn_skeleton(body_name),
        drawn.bones.faces,
        colour=lit(BONE_COLOUR),
        key=f"{body_name}/bones",
        names=drawn.bone_names,
        starts=drawn.bone_starts.tolist(),
        visible=bones,
        light=_IVORY,
    )
    for number in STRUCTURES:
        traces[number] = {
            **mesh(
                np.empty((0, 3)),
                np.empty((0, 3)),
                colour=SKIN_COLOUR,
                key="",
                opacity=0.5,
                light=_ORGAN,
            ),
            "colorscale": tissue_scale(night=night),
            "cmin": 0,
            "cmax": LAST_FILL,
            **structures[number],
        }
    for (verdict, near), number in OUTLINES.items():
        traces[number] = {
            "type": "scatter3d",
            "mode": "lines",
            "line": {
                "color": lit(LOOKS[verdict].line),
                "width": LINE_3D * outline_px(verdict, near),
                "dash": "dot" if dashes(verdict) else "solid",
            },
            "connectgaps": False,
            "hoverinfo": "skip",
            "showlegend": False,
            **structures[number],
        }
    drawn_muscles = muscles or muscle_meshes(body_name, None, ())
    for number, opacity in MUSCLE_OPACITY.items():
        traces[number] = {
            **mesh(
                np.empty((0, 3)),
                np.empty((0, 3)),
                colour=lit(MUSCLE_COLOUR),
                key="",
                opacity=opacity,
                light=_FLESH,
            ),
            **drawn_muscles[number],
        }
    moving = moving_traces(plan, night=night)
    needle = lit(NEEDLE)
    styles = {
        SHAFT: {"mode": "lines", "line": {"color": needle, "width": 7}},
        HANDLE: {"mode": "lines", "line": {"color": lit(shade("handle")), "width": 16}},
        BEYOND: {
            "mode": "lines",
            "line": {"color": needle, "width": 3, "dash": "dot"},
        },
        ENDS: {
            "mode": "markers",
            "marker": {
                "size": [7, 5],
                "color": [lit(shade("paper")), needle],
                "line": {"color": needle, "width": 2},
            },
        },
        MARKS: {"mode": "markers", "marker": {"size": 8}},
        LIMIT: {"mode": "lines", "line": {"color": lit(INK), "width": 7}},
        FOLD: {
            "mode": "lines",
            "line": {"color": lit(SKIN_LINE), "width": 4, "dash": "dash"},
        },
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
    traces[FLOOR] = _floor(body_name, night=night)
    return {"data": traces, "layout": _layout(body_name, plan, words, night=night)}


def put(target: Any, name: str, value: Any) -> None:
    """Set a dotted name in nested data: a figure's dictionary or a Patch."""
    *path, last = name.split(".")
    for step in path:
        target = target[step]
    target[last] = value


def _ring(body_name: str) -> NDArray[np.float64]:
    """Return the ring on the floor round the feet, (49, 3), from the patient's left."""
    points = display_body(body_name).skin.points
    low, high = points.min(axis=0), points.max(axis=0)
    feet = points[points[:, 2] < 120.0]
    wide = float(np.abs(feet[:, 0]).max()) + 110.0
    middle = float(low[1] + high[1]) / 2.0
    deep = float(high[1] - low[1]) / 2.0 + 80.0
    turn = np.arange(49) * (2.0 * np.pi / 48)
    ring = (wide * np.cos(turn), middle + deep * np.sin(turn), np.zeros(len(turn)))
    return np.stack(ring, axis=1)


def _floor(body_name: str, *, night: bool) -> dict[str, Any]:
    """Return the ring on the floor."""
    return {
        "type": "scatter3d",
        "mode": "lines",
        **_line(_ring(body_name).tolist()),
        "line": {"color": at_night(shade("floor"), night=night), "width": 3},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def floor_words(body_name: str, *, night: bool = False) -> list[dict[str, Any]]:
    """Return the words on the floor's ring: the patient's sides, front and back.

    Labels over the scene, because words within it would have to be cut into triangles
    before its first view: a third of the time to it.
    """
    ring = _ring(body_name)
    words = {0: _("L"), 12: _("back"), 24: _("R"), 36: _("front")}
    return [
        {
            **{axis: round(float(ring[at][k]), 1) for k, axis in enumerate("xyz")},
            "text": word,
            "showarrow": False,
            "font": {
                "size": 20 if at in (0, 24) else 13,
                "color": at_night(INK, night=night),
                "family": FONT,
            },
            "captureevents": False,
        }
        for at, word in words.items()
    ]


def _layout(
    body_name: str, plan: Plan | None, words: str, *, night: bool
) -> dict[str, Any]:
    """Return the layout: no axes, equal scale, soft background."""
    low, high = frame(body_name)
    hidden = {
        "showspikes": False,
        "showbackground": False,
        "autorange": False,
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        # an axis that is not visible has its numbers cut into triangles all the same,
        # which costs the first view a third of its time; one without numbers has none
        "title": {"text": ""},
        "tickmode": "array",
        "tickvals": [],
        "showticklabels": False,
        "ticks": "",
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
            "annotations": annotations_of(body_name, plan, night=night),
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
