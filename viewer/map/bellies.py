"""Muscles on the map: their bellies as outlines with fibres, from the deepest up.

They are schematic (`anatomy.muscles.bellies`), and the layer's name says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from anatomy.body import load_body
from anatomy.muscles.bellies import bellies_on, fibres
from anatomy.store import cached
from viewer.map.frames import get_chart
from viewer.map.zone_images import svg_path
from viewer.state.terms import term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from anatomy.charts import Chart


@cached(maxsize=64)
def belly_shapes(body_name: str, chart_name: str) -> list[dict[str, Any]]:
    """Return the muscles that a chart shows, the deepest first.

    Returns
    -------
    list of dict
        ``muscle`` and ``side``; ``short``, what is written on it at ``x``, ``y`` (the
        chart's mm), and how ``wide`` it is there; ``d`` and ``fibres``, outline and
        lines as SVG path data in mm of the picture.

    Examples
    --------
    >>> names = [m["muscle"] for m in belly_shapes("male", "left_buttock_posterior")]
    >>> names.index("piriformis") < names.index("gluteus maximus")
    True
    """
    body, chart = load_body(body_name), get_chart(body_name, chart_name)
    found = []
    for belly, shape in bellies_on(body, chart_name).values():
        middle = shape.representative_point()
        lines = fibres(body, belly, chart_name)
        found.append(
            {
                "muscle": belly.name,
                "side": belly.side,
                "short": term(belly.name),
                "x": round(float(middle.x), 1),
                "y": round(float(middle.y), 1),
                "wide": round(float(shape.bounds[2] - shape.bounds[0]), 1),
                "d": svg_path(shape, chart),
                "fibres": "".join(_line(line, chart) for line in lines),
            }
        )
    return found


def chosen_belly(
    body_name: str, chart_name: str, site: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return the muscle that a site was named by, as the map draws it; None for none.

    Examples
    --------
    >>> site = {"origin": {"muscle": "gluteus maximus", "side": "left"}}
    >>> chosen_belly("male", "posterior", site)["side"]
    'left'
    >>> chosen_belly("male", "posterior", {"origin": None})
    """
    origin = (site or {}).get("origin") or {}
    for shape in belly_shapes(body_name, chart_name) if "muscle" in origin else ():
        if (shape["muscle"], shape["side"]) == (origin["muscle"], origin.get("side")):
            return shape
    return None


def _line(line: NDArray[Any], chart: Chart) -> str:
    """Return a line as SVG path data in mm of the picture; nothing for a speck."""
    places = chart.to_picture(line).tolist()
    if len(places) < 2:
        return ""
    return f"M{' '.join(f'{x:.1f} {y:.1f}' for x, y in places)}"
