"""The landmark offset: its fields, and reading it from plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anatomy.charts import chart_specs
from anatomy.errors import InputError, OutOfRangeError
from anatomy.names import Side, finite, parse_side, unknown
from anatomy.store import cached

if TYPE_CHECKING:
    from anatomy.places.cun import Axis

AXES: tuple[Axis, ...] = ("superior", "anterior", "lateral")

#: Longest offset that may be asked for, mm and cun.
LONGEST_MM = 600.0
LONGEST_CUN = 30.0

KEYS = frozenset(
    {"landmark", "between", "fraction", "tape", "side", "chart"}
    | {f"{axis}_{unit}" for axis in AXES for unit in ("mm", "cun")}
)


@dataclass(frozen=True)
class Offset:
    """A place relative to landmarks.

    Attributes
    ----------
    landmark : str
        Landmark to start from; empty when `between` is given.
    between : tuple of str
        Two landmarks; the start lies on the straight line between them, brought to
        the skin.
    fraction : float
        How far from the first to the second, 0 to 1.
    tape : bool
        Whether the fraction is of a tape on the skin instead of the straight line.
    side : {"left", "right"} or None
        The patient's side.
    superior, anterior, lateral : float
        Distances along the skin; lateral is away from the midline (on a limb to the
        radial or fibular side).
    cun : tuple of str
        The axes whose distance is in cun; the others are in mm.
    chart : str or None
        The chart that tells which face is meant where that is not plain.
    """

    landmark: str
    between: tuple[str, ...] = ()
    fraction: float = 0.5
    tape: bool = False
    side: Side | None = None
    superior: float = 0.0
    anterior: float = 0.0
    lateral: float = 0.0
    cun: tuple[str, ...] = ()
    chart: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the offset as plain data, without what is zero or absent."""
        out: dict[str, Any] = {}
        if self.between:
            out["between"], out["fraction"] = list(self.between), self.fraction
            if self.tape:
                out["tape"] = True
        else:
            out["landmark"] = self.landmark
        for axis in AXES:
            value = getattr(self, axis)
            if value:
                out[f"{axis}_{'cun' if axis in self.cun else 'mm'}"] = value
        if self.side is not None:
            out["side"] = self.side
        if self.chart is not None:
            out["chart"] = self.chart
        return out


@cached
def chart_names() -> frozenset[str]:
    """Return the charts' names, those of one side also without the side.

    Examples
    --------
    >>> {"posterior", "left_hand_dorsal", "hand_dorsal"} <= chart_names()
    True
    """
    names = set(chart_specs())
    for name in tuple(names):
        side, _, rest = name.partition("_")
        if side in ("left", "right") and "_" in rest:
            names.add(rest)
    return frozenset(names)


def read_offset(data: Mapping[str, Any] | Offset, *, field: str = "site") -> Offset:
    """Return an offset from plain data, every value checked.

    Parameters
    ----------
    data : mapping or Offset
        ``landmark`` (or ``between``, ``fraction`` and ``tape``), ``side``, ``chart``,
        ``superior_mm``, ``anterior_mm``, ``lateral_mm`` (or the same in ``_cun``).
    field : str
        Where the data stands in the input, for messages.

    Raises
    ------
    InputError, OutOfRangeError, SideError, UnknownNameError

    Examples
    --------
    >>> read_offset({"landmark": "T4", "lateral_mm": 60, "side": "left"}).lateral
    60.0
    >>> read_offset({"landmark": "T4", "laterl_mm": 60})
    Traceback (most recent call last):
    anatomy.errors.UnknownNameError: Unknown field 'laterl_mm'. Nearest: lateral_mm...
    """
    if isinstance(data, Offset):
        return data
    for key in data:
        if key not in KEYS:
            raise unknown("field", str(key), sorted(KEYS), field=f"{field}.{key}")
    if ("landmark" in data) == ("between" in data):
        raise InputError(
            f"{field} must name a landmark, or two landmarks as 'between'.", field=field
        )
    between: tuple[str, ...] = ()
    landmark = data.get("landmark", "")
    if "between" in data:
        names = data["between"]
        good = isinstance(names, Sequence) and not isinstance(names, str)
        if not good or len(names) != 2 or not all(isinstance(n, str) for n in names):
            raise InputError(
                f"{field}.between must be a list of two landmark names.", field=field
            )
        between = tuple(names)
    elif not isinstance(landmark, str) or not landmark.strip():
        raise InputError(
            f"{field}.landmark must be a landmark's name; got {landmark!r}.",
            field=f"{field}.landmark",
            given=landmark,
        )
    values: dict[str, float] = {}
    cun: list[str] = []
    for axis in AXES:
        given = [u for u in ("mm", "cun") if data.get(f"{axis}_{u}") is not None]
        if len(given) == 2:
            raise InputError(
                f"{field} must give {axis}_mm or {axis}_cun, not both.", field=field
            )
        for unit in given:
            limit = LONGEST_MM if unit == "mm" else LONGEST_CUN
            key = f"{axis}_{unit}"
            values[axis] = _number(data[key], f"{field}.{key}", limit, unit)
            if unit == "cun":
                cun.append(axis)
    fraction = data.get("fraction", 0.5)
    tape = data.get("tape", False)
    if not isinstance(tape, bool):
        raise InputError(
            f"{field}.tape must be true or false; got {tape!r}.",
            field=f"{field}.tape",
            given=tape,
        )
    if tape and not between:
        raise InputError(
            f"{field}.tape needs two landmarks as 'between'.", field=f"{field}.tape"
        )
    side = data.get("side")
    chart = data.get("chart")
    if chart is not None and not isinstance(chart, str):
        raise InputError(f"{field}.chart must be a chart's name.", field=field)
    return Offset(
        landmark=str(landmark),
        between=between,
        fraction=_share(fraction, f"{field}.fraction"),
        tape=tape,
        side=None if side is None else parse_side(side, field=f"{field}.side"),
        superior=values.get("superior", 0.0),
        anterior=values.get("anterior", 0.0),
        lateral=values.get("lateral", 0.0),
        cun=tuple(cun),
        chart=chart,
    )


def _number(value: object, field: str, limit: float, unit: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(
            f"{field} must be a number; got {value!r}.", field=field, given=value
        )
    return finite(value, field=field, low=-limit, high=limit, unit=unit)


def _share(value: object, field: str) -> float:
    number = _number(value, field, 1.0, "")
    if number < 0:
        raise OutOfRangeError(f"{field} must be from 0 to 1; got {value!r}.")
    return number
