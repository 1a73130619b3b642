"""The traces of the 3D body: their numbers, and meshes as Plotly reads them."""

from __future__ import annotations

import itertools
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from viewer.look.night import at_night
from viewer.look.palette import Nearness, palette, shade
from zones.contract.models import Verdict
from zones.knowledge.structures.tissues import TISSUES

#: Traces of the scene in their order; callbacks address them by number.
SKIN, BONES, DANGER, CAUTION, SHAFT, HANDLE, BEYOND, ENDS, MARKS, FLOOR = range(10)
LIMIT, FOLD, MUSCLE, MUSCLES = 10, 11, 12, 13
#: Traces that change with the plan; all others are meshes and stay.
MOVING = (SHAFT, HANDLE, BEYOND, ENDS, MARKS, LIMIT, FOLD)
STRUCTURES = {DANGER: Verdict.DANGER, CAUTION: Verdict.CAUTION}
#: The lines round the structures, by what reaching them can come to, and how near the
#: needle they lie.
OUTLINES: dict[tuple[Verdict, Nearness], int] = {
    pair: number
    for number, pair in enumerate(
        itertools.product(STRUCTURES.values(), get_args(Nearness)), start=14
    )
}
TRACES = 14 + len(OUTLINES)
#: Tissues by the number that a mesh gives each of its points.
FILLS = ("flesh", *TISSUES)
#: What is added to that number where a body is drawn closed for the eye: it is paler.
PALE = len(FILLS)
#: The last of these numbers.
LAST_FILL = 2 * len(FILLS) - 1
#: How much of the ground a paler colour has.
PALER = 0.55

Array = NDArray[Any]


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


def tissue_scale(*, night: bool = False) -> list[list[Any]]:
    """Return the colours of `FILLS` as the scale of a mesh whose points have numbers.

    Parameters
    ----------
    night : bool
        Whether the scene stands on a dark ground.

    Examples
    --------
    >>> tissue_scale()[0], tissue_scale()[-1][0]
    ([0.0, '#dba692'], 1.0)
    """
    ground = at_night(shade("paper"), night=night)
    fills = [at_night(palette().tissue[name].fill, night=night) for name in FILLS]
    scale: list[list[Any]] = []
    for n, colour in enumerate([*fills, *(_mixed(c, ground) for c in fills)]):
        # level about its number: between two numbers nothing is drawn
        scale += [[(n + step) / LAST_FILL, colour] for step in (-0.4, 0.0, 0.4)]
    return scale[1:-1]


def _mixed(colour: str, ground: str) -> str:
    """Return a colour that is `PALER` on its way to another."""
    parts = (
        round(
            (1.0 - PALER) * int(colour[k : k + 2], 16)
            + PALER * int(ground[k : k + 2], 16)
        )
        for k in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def coordinates(points: Array, faces: Array) -> dict[str, Any]:
    """Return the places and corners of a mesh trace."""
    kind = "u2" if len(points) <= 65536 else "u4"
    return {
        **{axis: packed(points[:, k], "f4") for k, axis in enumerate("xyz")},
        **{corner: packed(faces[:, k], kind) for k, corner in enumerate("ijk")},
    }


def mesh(
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
        **coordinates(points, faces),
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
