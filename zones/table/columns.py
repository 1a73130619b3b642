"""Columns of a table of any kind, as arrays, and the names that columns may have."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anatomy.mesh.arrays import BoolArray, IntArray
from anatomy.names import unknown
from anatomy.store import cached
from zones.contract.sites import (
    BetweenSite,
    ChartSite,
    LandmarkSite,
    MuscleSite,
    PointSite,
    TextSite,
)
from zones.knowledge.facts import load_facts

#: Columns that hold the parts of a place, of a direction and of a pair of names.
XYZ = ("xyz_x_mm", "xyz_y_mm", "xyz_z_mm")
VECTOR = ("vector_x", "vector_y", "vector_z")
BETWEEN = ("between_from", "between_to")
NEEDLE_NUMBERS = ("length_mm", "depth_mm")
#: How the muscle and the patient are held.
HELD = ("grip", "fold_mm", "bone", "posture", "arm")
#: What is noted of a needle; no answer depends on it.
NOTED = ("diameter_mm", "technique")
NEEDLE = (
    *(*NEEDLE_NUMBERS, "direction", "tilt_deg", "toward", *VECTOR, "electrical"),
    *HELD,
    *NOTED,
)
#: What `check_sites` adds to a table.
ANSWERS = ("verdict", "verdict_code", "max_depth_mm", "finding", "complete", "error")

_FORMS = (LandmarkSite, BetweenSite, ChartSite, MuscleSite, PointSite, TextSite)
#: Kinds of number; yes and no are none.
_NUMERIC = (Real, Decimal)
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}
_NUMBERS = (
    *("lateral_mm", "superior_mm", "anterior_mm", "fraction", "x_mm", "y_mm"),
    *("lateral_cun", "superior_cun", "anterior_cun"),
    *XYZ,
    *VECTOR,
    *NEEDLE_NUMBERS,
    "tilt_deg",
    "fold_mm",
    "diameter_mm",
)


@cached
def site_columns() -> tuple[str, ...]:
    """Return the names that columns of sites may have.

    Examples
    --------
    >>> "landmark" in site_columns(), "xyz_x_mm" in site_columns()
    (True, True)
    """
    names = dict.fromkeys(name for form in _FORMS for name in form.model_fields)
    names.pop("between")
    return (*names, "xyz_mm", *XYZ, *BETWEEN)


@cached
def patient_columns() -> tuple[str, ...]:
    """Return the names that columns of patients may have.

    Examples
    --------
    >>> "pregnant" in patient_columns()
    True
    """
    return tuple(f.name for f in load_facts().facts if f.source == "patient")


@dataclass(frozen=True, eq=False)
class Column:
    """One column, N rows.

    Attributes
    ----------
    values : (N,) array
        float64 where all that is given are numbers, else objects.
    given : (N,) bool
        Whether a row has a value: not None, not NaN, not empty text.
    single : bool
        Whether all rows have the same value.
    """

    values: NDArray[Any]
    given: BoolArray
    single: bool = False

    @functools.cached_property
    def number(self) -> NDArray[np.float64]:
        """The values as numbers, (N,); NaN where there is none."""
        if self.values.dtype == float:
            return np.asarray(self.values, dtype=float)
        if self.single and len(self.values) > 1:
            return np.broadcast_to(self.first.number, self.values.shape)
        out = np.full(len(self.values), np.nan)
        for i in np.flatnonzero(self.given):
            value = self.values[i]
            if isinstance(value, (Real, Decimal)) and not isinstance(
                value, (bool, np.bool_)
            ):
                out[i] = float(value)
        return out

    @functools.cached_property
    def first(self) -> Column:
        """The first row alone."""
        return Column(self.values[:1], self.given[:1], self.single)

    @functools.cached_property
    def not_number(self) -> BoolArray:
        """Which rows have a value that is no finite number, (N,)."""
        if self.single and len(self.values) > 1:
            return np.broadcast_to(self.first.not_number, self.values.shape)
        return np.asarray(self.given & ~np.isfinite(self.number))

    @functools.cached_property
    def codes(self) -> IntArray:
        """A number for each distinct value, (N,); 0 where there is none."""
        if self.single:
            own = self.given[:1].astype(np.intp)
            return np.broadcast_to(own, self.given.shape)
        if self.values.dtype == float:
            found = np.unique(self.values, return_inverse=True)[1] + 1
            return np.where(self.given, found, 0).astype(np.intp)
        known: dict[Any, int] = {}
        out = np.zeros(len(self.values), dtype=np.intp)
        for i in np.flatnonzero(self.given).tolist():
            out[i] = known.setdefault(_hashed(self.values[i]), len(known) + 1)
        return out

    def at(self, row: int) -> Any:
        """Return a row's value as plain Python, None when there is none."""
        if not self.given[row]:
            return None
        value = self.values[row]
        convert = getattr(value, "tolist", None)
        return convert() if callable(convert) else value


def _hashed(value: Any) -> Any:
    """Return what tells a value from others; yes is not the number one."""
    try:
        hash(value)
    except TypeError:
        return json.dumps(value, sort_keys=True, default=repr)
    return type(value).__name__, value


Columns = dict[str, Column]


def column_of(values: Any) -> Column:
    """Return a column from an array of any kind.

    Missing are None, NaN, an empty text and, of an Arrow array, null.

    Examples
    --------
    >>> column_of(["a", None, ""]).given.tolist()
    [True, False, False]
    """
    array = _as_array(values)
    if array.dtype.kind in "iuf":
        number = array.astype(float)
        return Column(number, ~np.isnan(number))
    if array.dtype.kind == "b":
        return Column(array.astype(object), np.ones(len(array), dtype=bool))
    items = array.astype(object)
    given = np.array([not _missing(v) for v in items], dtype=bool)
    plain = {type(v) for v in items[given]}
    if (
        plain
        and all(issubclass(kind, _NUMERIC) for kind in plain)
        and bool not in plain
    ):
        number = np.full(len(items), np.nan)
        number[given] = items[given].astype(float)
        return Column(number, given)
    return Column(items, given)


def _missing(value: Any) -> bool:
    """Return whether a value says nothing."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    if isinstance(value, (float, np.floating, Decimal)):
        return math.isnan(value)
    return type(value).__name__ in {"NAType", "NaTType"}


def _as_array(values: Any) -> NDArray[Any]:
    """Return any one-dimensional array-like as a numpy array."""
    if hasattr(values, "to_pylist"):  # an Arrow array by itself
        return objects(values.to_pylist())
    if hasattr(values, "to_numpy"):
        return np.asarray(values.to_numpy())
    if isinstance(values, (list, tuple)):
        return objects(list(values))
    return np.asarray(values)


def objects(items: list[Any]) -> NDArray[Any]:
    """Return items as an array of objects, whatever they are."""
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def check_names(names: Iterable[str], known: Sequence[str], *, what: str) -> None:
    """Raise for the first column whose name is not known, with the nearest names.

    Raises
    ------
    UnknownNameError
        Naming the column.
    """
    for name in names:
        if name not in known:
            raise unknown(f"column of {what}", name, known, field=name)


def from_text(name: str, text: str | None) -> Any:
    """Return what a cell of a text file says, for a column.

    Numbers, yes and no, and JSON (for lists of areas or implants) are read where the
    column holds such; what cannot be read stays text, and its row says so later.

    Examples
    --------
    >>> from_text("depth_mm", "25"), from_text("pregnant", "no")
    (25.0, False)
    >>> from_text("depth_mm", "deep"), from_text("landmark", "") is None
    ('deep', True)
    """
    if text is None or not text.strip():
        return None
    word = text.strip()
    fact = load_facts().by_name().get(name)
    kind = fact.type if fact is not None else None
    if name in _NUMBERS or kind == "number":
        try:
            return float(word)
        except ValueError:
            return word
    if name == "tape":
        return _YES_NO.get(word.lower(), word)
    if kind is None or kind == "choice":
        return word
    if word.lower() in _YES_NO:
        return _YES_NO[word.lower()]
    if word[0] in "[{":
        try:
            return json.loads(word)
        except json.JSONDecodeError:
            return word
    if kind == "regions":
        return [part.strip() for part in word.split(";")]
    return word
