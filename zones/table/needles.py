"""Needles of a table: plans read for many rows at once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.mesh.arrays import FloatArray, IntArray
from zones.check.entry import arm_code
from zones.contract.needle import LONGEST_NEEDLE_MM, Needle, parse_needle
from zones.risk.cells import grouped
from zones.risk.meet import NOT_SAID
from zones.table.columns import HELD, NEEDLE_NUMBERS, NOTED, VECTOR, Columns


@dataclass(eq=False)
class Needles:
    """The needles of a table, N rows.

    Attributes
    ----------
    depth_mm, length_mm, tilt_deg : (N,) float64
        NaN where not given; a tilt of 0 is perpendicular.
    vector : (N, 3) float64
        Directions given as vectors; NaN for others.
    toward : (N,) int
        Place in ``names`` of the direction that a needle leans to; -1 for none.
    names : list of str
    fold_mm : (N,) float64
        Thickness of the lifted fold; NaN for none.
    bone : mapping of int to str
        Bone that is aimed at, by row.
    arm : (N,) int
        Position of the arm, as `zones.risk.meet` has it.
    errors : mapping of int to str
        Why a needle cannot be, by row.
    """

    depth_mm: FloatArray
    length_mm: FloatArray
    tilt_deg: FloatArray
    vector: FloatArray
    toward: IntArray
    names: list[str]
    fold_mm: FloatArray
    bone: dict[int, str]
    arm: IntArray
    errors: dict[int, str]

    @functools.cached_property
    def has_vector(self) -> bool:
        """Whether any direction is given as a vector."""
        return not bool(np.isnan(self.vector).all())


def figures_of(columns: Columns, name: str, count: int) -> FloatArray:
    """Return a column as numbers, (N,); NaN where there are none."""
    if name in columns:
        return columns[name].number
    return np.broadcast_to(np.full(1, np.nan), count)


def needle_at(columns: Columns, row: int) -> dict[str, Any]:
    """Return one row's needle in the form of the contract."""
    plain = {name: c.at(row) for name, c in columns.items()}
    given = {name: v for name, v in plain.items() if v is not None}
    vector = [given.pop(name, None) for name in VECTOR]
    lean: dict[str, Any] = {
        n: given.pop(n) for n in ("tilt_deg", "toward") if n in given
    }
    if any(v is not None for v in vector):
        lean["vector"] = vector
    if lean and given.get("direction") in (None, "perpendicular"):
        given["direction"] = lean
    elif lean:
        given["direction"] = {"direction": given["direction"], **lean}
    return given


def needles_of(columns: Columns, count: int) -> Needles:
    """Return the needles of a table; rows that cannot be are named, not raised.

    Parameters
    ----------
    columns : mapping of str to Column
        Needle columns by name.
    count : int
        Rows.
    """
    depth, length = (figures_of(columns, n, count) for n in ("depth_mm", "length_mm"))
    tilt = figures_of(columns, "tilt_deg", count).copy()
    vectors = any(name in columns for name in VECTOR)
    vector = np.full((count, 3), np.nan)
    if vectors:
        vector = np.stack([figures_of(columns, n, count) for n in VECTOR], axis=1)
    odd = (depth < 0) | (depth > LONGEST_NEEDLE_MM) | (depth > length)
    odd |= (length < 1) | (length > LONGEST_NEEDLE_MM)
    for name in (*NEEDLE_NUMBERS, "tilt_deg", *VECTOR):
        if name in columns:
            odd |= columns[name].not_number
    # anything but plain numbers is read one by one, each distinct needle once
    words = [columns[n] for n in ("direction", "toward", "electrical") if n in columns]
    simple, kind = grouped([c.codes for c in words], count)
    told = np.full(count, 3)
    odd |= (tilt < 0) | (tilt > 90)
    if vectors:
        told = np.isnan(vector).sum(axis=1)
        odd |= (told > 0) & (told < 3)
        odd |= (np.abs(vector) > 3000).any(axis=1)
        with np.errstate(invalid="ignore"):
            odd |= (told == 0) & (np.linalg.norm(vector, axis=1) < 1e-6)
    names: list[str] = []
    lean = np.full(len(simple), -1, dtype=np.intp)
    strange = np.zeros(len(simple), dtype=bool)
    for number, row in enumerate(simple.tolist()):
        plain = {
            n: columns[n].at(row)
            for n in ("direction", "toward", "electrical")
            if n in columns
        }
        strange[number] = plain.get("direction") not in (None, "perpendicular")
        strange[number] |= not isinstance(plain.get("electrical"), (bool, type(None)))
        word = plain.get("toward")
        if word is not None:
            try:
                parse_needle({"direction": {"tilt_deg": 0.0, "toward": word}})
                if word not in names:
                    names.append(word)
                lean[number] = names.index(word)
            except NeedlemapError:
                strange[number] = True
    toward = lean[kind]
    odd |= strange[kind]
    leans = ~np.isnan(tilt)
    odd |= leans != (toward >= 0)
    odd |= (told == 0) & leans
    for name in (*HELD, *NOTED):
        if name in columns:
            odd |= columns[name].given
    errors: dict[int, str] = {}
    needles = Needles(
        depth, length, tilt, vector, toward, names,
        fold_mm=np.full(count, np.nan), bone={},
        arm=np.full(count, NOT_SAID, dtype=np.intp), errors=errors,
    )  # fmt: skip
    rows = np.flatnonzero(odd)
    if len(rows):
        alike = [c.codes[rows] for c in columns.values()]
        first, which = grouped(alike, len(rows))
        found = [_read_needle(columns, int(rows[f])) for f in first]
        for row, number in zip(rows.tolist(), which.tolist(), strict=True):
            _take(needles, row, found[number])
    return needles


def _read_needle(columns: Columns, row: int) -> Needle | str:
    """Return the needle of a row, or why it cannot be."""
    try:
        return parse_needle(needle_at(columns, row))
    except NeedlemapError as error:
        return str(error)


def _take(needles: Needles, row: int, found: Needle | str) -> None:
    """Put a needle read by itself into its row."""
    if isinstance(found, str):
        needles.errors[row] = found
        return
    needles.vector[row] = getattr(found.direction, "vector", (np.nan,) * 3)
    needles.tilt_deg[row] = getattr(found.direction, "tilt_deg", np.nan)
    word = getattr(found.direction, "toward", None)
    if word is not None and word not in needles.names:
        needles.names.append(word)
    needles.toward[row] = -1 if word is None else needles.names.index(word)
    needles.fold_mm[row] = np.nan if found.fold_mm is None else found.fold_mm
    if found.bone is not None:
        needles.bone[row] = found.bone
    needles.arm[row] = arm_code(found.arm)
