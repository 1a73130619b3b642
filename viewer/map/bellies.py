"""Muscles on the map: their bellies as outlines with fibres, from the deepest up.

They are schematic (`anatomy.muscles.bellies`), and the layer's name says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from anatomy.body import load_body
from anatomy.messages import joined
from anatomy.muscles.bellies import bellies_on, belly, fibres, outline
from anatomy.store import cached
from viewer.map.charts.frames import get_chart
from viewer.map.zones.zone_images import svg_path
from viewer.state.page_state import named_muscle
from viewer.state.terms import SIDES, term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from anatomy.charts import Chart


@cached(maxsize=4096)
def belly_shape(
    body_name: str, chart_name: str, muscle: str, side: str
) -> dict[str, Any] | None:
    """Return how the map draws one muscle; None where the chart does not show it.

    Returns
    -------
    dict or None
        ``muscle`` and ``side``; ``short``, what is written on it at ``x``, ``y`` (the
        chart's mm), and how ``wide`` it is there; ``title`` and ``request``, the site
        that a tap on it stands for; ``d`` and ``fibres``, outline and lines as SVG path
        data in mm of the picture.

    Examples
    --------
    >>> belly_shape("male", "anterior", "gluteus maximus", "left")
    """
    body, chart = load_body(body_name), get_chart(body_name, chart_name)
    one = belly(body, muscle, side)
    shape = outline(body, one, chart_name)
    if shape is None:
        return None
    middle = shape.representative_point()
    return {
        "muscle": muscle,
        "side": side,
        "short": term(muscle),
        "title": joined([term(muscle), SIDES[side]], ", "),
        "request": {"muscle": muscle, "side": side},
        "x": round(float(middle.x), 1),
        "y": round(float(middle.y), 1),
        "wide": round(float(shape.bounds[2] - shape.bounds[0]), 1),
        "d": svg_path(shape, chart),
        "fibres": "".join(_line(f, chart) for f in fibres(body, one, chart_name)),
    }


@cached(maxsize=64)
def belly_shapes(body_name: str, chart_name: str) -> list[dict[str, Any]]:
    """Return the muscles that a chart shows, the deepest first, as `belly_shape` does.

    Examples
    --------
    >>> names = [m["muscle"] for m in belly_shapes("male", "left_buttock_posterior")]
    >>> names.index("piriformis") < names.index("gluteus maximus")
    True
    """
    shown = bellies_on(load_body(body_name), chart_name).values()
    found = [belly_shape(body_name, chart_name, one.name, one.side) for one, _ in shown]
    return [shape for shape in found if shape is not None]


def chosen_belly(
    body_name: str, chart_name: str, site: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return the muscle that a site was named by, as the map draws it; None for none.

    Only that muscle is made: a tap does not wait for all others of the chart.

    Examples
    --------
    >>> site = {"origin": {"muscle": "gluteus maximus", "side": "left"}}
    >>> chosen_belly("male", "posterior", site)["side"]
    'left'
    >>> chosen_belly("male", "posterior", {"origin": None})
    """
    chosen = named_muscle(site)
    return None if chosen is None else belly_shape(body_name, chart_name, *chosen)


def _line(line: NDArray[Any], chart: Chart) -> str:
    """Return a line as SVG path data in mm of the picture; nothing for a speck."""
    places = chart.to_picture(line).tolist()
    if len(places) < 2:
        return ""
    return f"M{' '.join(f'{x:.1f} {y:.1f}' for x, y in places)}"
