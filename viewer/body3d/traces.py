"""The traces of the 3D body: their numbers, and meshes as Plotly reads them."""

from __future__ import annotations

import itertools
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from viewer.look.palette import Nearness, palette
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


def tissue_scale() -> list[list[Any]]:
    """Return the colours of `FILLS` as the scale of a mesh whose points have numbers.

    Examples
    --------
    >>> tissue_scale()[0], tissue_scale()[-1][0]
    ([0.0, '#dba692'], 1.0)
    """
    last = len(FILLS) - 1
    return [[n / last, palette().tissue[name].fill] for n, name in enumerate(FILLS)]


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
