"""What a patient's build, age and sex do to depths: measured slopes, held to one side.

A slope takes depth off without end where the patient is thinner than those measured,
and adds it only as far as people were measured. Below some body mass and age no depth
can be relied on at all.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.mesh.arrays import FloatArray
from anatomy.store import cached
from zones.knowledge.habitus import habitus_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zones.fields.model import BodyFields


#: What slopes are measured by, in the order of the columns of a build.
PER = ("bmi", "age", "weight_kg", "sex_male")


def build_of(facts: Mapping[str, Any]) -> FloatArray:
    """Return the figures of a patient that slopes are measured by, (4,); NaN unknown.

    Examples
    --------
    >>> build_of({"bmi": 21.0, "sex": "male"}).tolist()
    [21.0, nan, nan, 1.0]
    """
    sex = {"male": 1.0, "female": 0.0}.get(str(facts.get("sex")), np.nan)
    known = [facts.get(name) for name in PER[:3]]
    plain = [float(v) if isinstance(v, (int, float)) else np.nan for v in known]
    return np.array([*plain, sex])


@functools.lru_cache(maxsize=8)
def slopes_of(fields: BodyFields) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return slope in mm a unit and the range observed, (4, R) each, of every row."""
    slope, low, high = np.zeros((3, len(PER), len(fields.rows)))
    for number, row in enumerate(fields.rows):
        for entry in row.zone.build:
            at = PER.index(entry.per)
            slope[at, number] = entry.mm_per_unit
            low[at, number], high[at, number] = entry.range
    return slope, low, high


@functools.lru_cache(maxsize=8)
def built_rows(fields: BodyFields) -> NDArray[np.bool_]:
    """Return for which rows body mass was measured to change depths, (R,)."""
    return np.array([bool(row.zone.bmi_rule) for row in fields.rows], dtype=bool)


@functools.lru_cache(maxsize=8)
def hanging_rows(fields: BodyFields) -> NDArray[np.bool_]:
    """Return on which rows' depths the patient's build bears at all, (R,)."""
    return np.asarray(slopes_of(fields)[0].any(axis=0) | built_rows(fields))


def shift_of(
    fields: BodyFields, row: NDArray[np.integer[Any]], build: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return what build adds to depths, and where no depth can be relied on.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    row : (M,) int
        Rows of ``fields.rows``.
    build : (M, 4) float64
        The patient's figures for each (`PER`); NaN where not known.

    Returns
    -------
    shift_mm : (M,) float64
    warned : (M,) bool
    """
    own = np.ascontiguousarray(build).view(np.int64)  # as bits: NaN is like NaN
    if len(own) and (own == own[0]).all():  # one patient, as nearly always
        shift, warned = _of_one(fields, build[0].tobytes())
        return shift.take(row), warned.take(row)
    return _of_each(fields, row, build)


@cached(maxsize=64)
def _of_one(fields: BodyFields, build: bytes) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return `shift_of` of all rows in one patient, (R,) each."""
    rows = np.arange(len(fields.rows))
    builds = np.tile(np.frombuffer(build), (len(rows), 1))
    return _of_each(fields, rows, builds)


def _of_each(
    fields: BodyFields, row: NDArray[np.integer[Any]], build: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return `shift_of` of rows in patients of their own."""
    rule = habitus_rule()
    slope, low, high = slopes_of(fields)
    shift = np.zeros(len(row))
    for at, name in enumerate(PER):
        value, by = build[:, at], slope[at][row]
        known = np.flatnonzero(~np.isnan(value) & (by != 0.0))
        if not len(known):
            continue
        value, by, mine = value[known], by[known], row[known]
        ordinary = rule.ordinary[name]
        # no more than was seen on the side that adds depth
        up = by > 0.0
        value = np.where(up, np.minimum(value, high[at][mine]), value)
        value = np.where(up, value, np.maximum(value, low[at][mine]))
        beyond = np.minimum(value - ordinary[0], 0.0)
        beyond += np.maximum(value - ordinary[1], 0.0)
        shift[known] += by * beyond
    warned = build[:, 1] < rule.warn_below_age
    warned |= build[:, 0] < rule.warn_below_bmi
    return shift, warned & built_rows(fields)[row]
