"""A site in any of its forms to one place on a body.

Forms: landmark offset, chart coordinates, muscle, acupoint, ``xyz_mm`` and free text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.charts import main_specs
from anatomy.errors import InputError, OffBodyError, SideError
from anatomy.muscles.catalogue import (
    get_muscle,
    get_point,
    muscle_site,
    place_muscle,
    place_point,
)
from anatomy.names import Side, finite, parse_side, unknown
from anatomy.places.describe import side_of
from anatomy.places.grammar import KEYS as OFFSET_KEYS
from anatomy.places.grammar import place
from anatomy.store import cached
from anatomy.words.text import parse_text

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.mesh.skin import SkinPoint

#: A place in space may be this far from the skin, mm.
OFF_SKIN_MM = 15.0
#: No coordinate of a body is further out than this, mm.
FURTHEST_MM = 2500.0

FORMS: dict[str, frozenset[str]] = {
    "landmark": OFFSET_KEYS,
    "between": OFFSET_KEYS,
    "chart": frozenset({"chart", "x_mm", "y_mm", "side"}),
    "muscle": frozenset({"muscle", "site", "side"}),
    "point": frozenset({"point", "side"}),
    "xyz_mm": frozenset({"xyz_mm", "side"}),
    "text": frozenset({"text", "side"}),
}
#: Order in which a site's form is told from its fields.
MARKS = ("landmark", "between", "muscle", "point", "xyz_mm", "text", "chart")


@dataclass(frozen=True)
class Placement:
    """A site on a body.

    Attributes
    ----------
    point : SkinPoint
    side : {"left", "right", "midline"}
        The patient's side that the place is on.
    region, segment : str
        Region of the skin and segment of the body.
    spread_mm : float
        Radius of the search area of a named site; 0 for a place that was measured.
    chart : str
        The chart that shows the place best, and the place on it:
    x_mm, y_mm : float
    form : str
        ``"landmark"``, ``"chart"``, ``"muscle"``, ``"point"``, ``"xyz"`` or ``"text"``.
    name : str or None
        Muscle or point that was named.
    """

    point: SkinPoint
    side: Side
    region: str
    segment: str
    spread_mm: float
    chart: str
    x_mm: float
    y_mm: float
    form: str
    name: str | None = None


def resolve_site(
    body: Body,
    site: Mapping[str, Any],
    *,
    field: str = "site",
    default_side: str | None = None,
) -> Placement:
    """Return where a site lies on a body.

    Parameters
    ----------
    body : Body
    site : mapping
        One form of site (see the module). A ``body`` field is left to the caller
        and not looked at here.
    field : str
        Where the site stands in the input, for messages.
    default_side : {"left", "right"}, optional
        Side for a site without one, as in a zone that is authored once for both.

    Returns
    -------
    Placement

    Raises
    ------
    InputError, UnknownNameError, SideError, OutOfRangeError, OffBodyError
        Saying what was wrong and what would be right.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> placed = resolve_site(body, {"text": "6 cm left of T4"})
    >>> placed.side, placed.region, placed.chart
    ('left', 'upper back', 'posterior')
    """
    if not isinstance(site, Mapping):
        raise InputError(
            f"{field} must be an object with named fields; got {site!r}.",
            field=field,
            given=site,
        )
    given = {k: v for k, v in site.items() if k != "body" and v is not None}
    form = _form(given, field)
    side = given.get("side")
    wanted = None if side is None else parse_side(side, field=f"{field}.side")
    point, spread, chart, name = _placed(body, given, form, wanted, default_side, field)
    found = side_of(point)
    if wanted is not None and found != wanted:
        raise SideError(
            f"{field}.side says {wanted}, but the place is "
            f"{'on the midline' if found == 'midline' else f'on the {found}'} "
            f"(the patient's own sides).",
            field=f"{field}.side",
            given=side,
            suggestions=(found,),
        )
    chart = chart or home_chart(body, point)
    x_mm, y_mm = (float(v) for v in body.charts[chart].project(point.xyz[None])[0])
    return Placement(
        point=point,
        side=found,
        region=str(body.region_at(point)),
        segment=str(body.segment_at(point)),
        spread_mm=spread,
        chart=chart,
        x_mm=x_mm,
        y_mm=y_mm,
        form={"xyz_mm": "xyz", "between": "landmark"}.get(form, form),
        name=name,
    )


def _form(given: Mapping[str, Any], field: str) -> str:
    """Return which form of site was given; refuse what belongs to none."""
    known = sorted(set().union(*FORMS.values()))
    for key in given:
        if key not in known:
            raise unknown("field", str(key), known, field=f"{field}.{key}")
    marks = [m for m in MARKS if m in given]
    if "chart" in marks and len(marks) > 1:
        marks.remove("chart")  # there it only says which face is meant
    if not marks:
        raise InputError(
            f"{field} must have one of: landmark, chart with x_mm and y_mm, muscle, "
            f"point, xyz_mm, text.",
            field=field,
        )
    if len(marks) > 1:
        raise InputError(
            f"{field} must be given in one way; got {' and '.join(marks)}.",
            field=field,
        )
    for key in ("chart", "muscle", "site", "point"):
        if key in given and not isinstance(given[key], str):
            raise InputError(
                f"{field}.{key} must be a name; got {given[key]!r}.",
                field=f"{field}.{key}",
                given=given[key],
            )
    for key in given:
        if key not in FORMS[marks[0]]:
            raise InputError(
                f"{field}.{key} does not belong with {marks[0]!r}; that form takes "
                f"{', '.join(sorted(FORMS[marks[0]]))}.",
                field=f"{field}.{key}",
                given=key,
            )
    return marks[0]


def _placed(
    body: Body,
    given: Mapping[str, Any],
    form: str,
    side: Side | None,
    default: str | None,
    field: str,
) -> tuple[SkinPoint, float, str | None, str | None]:
    """Return the point, its spread, the chart it was given on, and its name."""
    if form == "text":
        read = parse_text(body, given["text"], field=f"{field}.text")
        if side is not None and read.get("side", side) != side:
            raise SideError(
                f"{field}.side says {side}, the text {read['side']}.",
                field=f"{field}.side",
                given=side,
                suggestions=(str(read["side"]),),
            )
        if side is not None and not _is_midline(body, read):
            read["side"] = side
        inner = _form(read, field)
        inner_side = read.get("side")
        known = None if inner_side is None else parse_side(inner_side)
        return _placed(body, read, inner, known, default, field)
    if form in ("landmark", "between"):
        return place(body, given, default, field=field), 0.0, None, None
    if form == "muscle":
        muscle = get_muscle(given["muscle"], field=f"{field}.muscle")
        spot = muscle_site(muscle, given.get("site"), field=f"{field}.site")
        point = place_muscle(
            body, muscle.name, side or default, site=spot.label, field=field
        )
        return point, spot.spread_mm, None, muscle.name
    if form == "point":
        acupoint = get_point(given["point"], field=f"{field}.point")
        if acupoint.side == "midline" and side in ("left", "right"):
            raise SideError(
                f"{acupoint.id} is on the midline; leave the side out.",
                field=f"{field}.side",
                given=side,
                suggestions=("midline",),
            )
        point = place_point(body, acupoint.id, side or default, field=field)
        return point, acupoint.spread_mm, None, acupoint.id
    if form == "xyz_mm":
        return _from_xyz(body, given["xyz_mm"], field), 0.0, None, None
    name = given["chart"]
    if name not in body.charts:
        raise unknown("chart", str(name), body.charts, field=f"{field}.chart")
    if "x_mm" not in given or "y_mm" not in given:
        raise InputError(
            f"{field} on a chart needs x_mm and y_mm.", field=f"{field}.x_mm"
        )
    x_mm, y_mm = (_coordinate(given[k], f"{field}.{k}") for k in ("x_mm", "y_mm"))
    return body.charts[name].to_skin(x_mm, y_mm), 0.0, str(name), None


def _is_midline(body: Body, read: Mapping[str, Any]) -> bool:
    """Say whether a text named a midline place, to which a side cannot be added."""
    if "point" in read:
        return get_point(read["point"]).side == "midline"
    if "landmark" in read:
        sideways = any(k.startswith("lateral") for k in read)
        return not sideways and not body.landmarks.is_paired(read["landmark"])
    return False


def _from_xyz(body: Body, value: object, field: str) -> SkinPoint:
    """Return the skin point beside a place in space."""
    where = f"{field}.xyz_mm"
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 3:
        raise InputError(
            f"{where} must be three numbers in mm (left, back, up); got {value!r}.",
            field=where,
            given=value,
        )
    place_xyz = np.array([_coordinate(v, where) for v in value])
    point = body.skin.nearest(place_xyz)
    distance = float(np.linalg.norm(point.xyz - place_xyz))
    if distance > OFF_SKIN_MM:
        raise OffBodyError(
            f"{where} must be within {OFF_SKIN_MM:g} mm of the skin; it is "
            f"{distance:.0f} mm off.",
            field=where,
            given=value,
        )
    return point


def _coordinate(value: object, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise InputError(
            f"{field} must be a number; got {value!r}.", field=field, given=value
        )
    number = float(value)
    return finite(number, field=field, low=-FURTHEST_MM, high=FURTHEST_MM, unit="mm")


def home_chart(body: Body, point: SkinPoint) -> str:
    """Return the chart that shows a skin point most squarely.

    Whole-body charts come first; the others where those do not show the place, and
    enlargements never.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> home_chart(body, body.landmarks.get("T4").skin)
    'posterior'
    """
    segment = str(body.segment_at(point))
    names, views = _main_views()
    squarely = (-(views @ body.skin.normal(point))).tolist()
    score = [
        value - _rank(name, segment)
        for name, value in zip(names, squarely, strict=True)
    ]
    ranked = sorted(range(len(names)), key=score.__getitem__, reverse=True)
    for at in ranked:
        if squarely[at] > 0.05 and body.charts[names[at]].visible(point):
            return names[at]
    return names[ranked[0]]


@cached
def _main_views() -> tuple[list[str], NDArray[np.float64]]:
    """Return the charts that a place may be at home on and their views, (C, 3)."""
    specs = main_specs()
    return list(specs), np.array([spec.view for spec in specs.values()])


@cached
def _rank(chart: str, segment: str) -> float:
    """Return how far behind a chart comes for a segment (less is better)."""
    side, _, part = segment.partition("_")
    if part in ("hand", "foot"):
        return 0.0 if chart.startswith(f"{side}_{part}") else 1.0
    if chart in ("anterior", "posterior"):
        return 0.0
    if chart in ("left_lateral", "right_lateral"):
        return 0.15
    if part and chart.startswith(f"{side}_") and ("leg_" in chart or "arm_" in chart):
        return 0.15
    return 1.0
