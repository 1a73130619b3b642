"""Needles as arrays, and what they meet as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.mesh.arrays import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Position of the arm, with which some bones move.
AT_SIDE, AWAY, NOT_SAID = 0, 1, 2
#: Chance from which a structure lies under a place rather than near it.
OVER_CHANCE = 0.05
#: In a part of what is met: no needle that failed.
NONE_FAILED = np.zeros(0, dtype=bool)


class ComputationError(ArithmeticError):
    """Raised when a figure that must be a number is not."""


@dataclass(frozen=True, eq=False)
class Plans:
    """Needles on one body, N rows.

    Attributes
    ----------
    vertex : (N,) int
        Vertex of the skin that stands for the entry.
    depth_mm, length_mm : (N,) float64
        As planned; NaN when not given.
    patient : (N,) int
        Which of the terms holds.
    build : (N, 4) float64
        The patient's figures that slopes are measured by (`zones.risk.body_build.PER`).
    xyz, direction : (N, 3) float64, optional
        Where each goes in and its unit vector; not needed where all stand upright.
    tilt_deg : (N,) float64, optional
        Angle from the inward normal; all upright when not given.
    fold_mm : (N,) float64, optional
        Thickness of the lifted fold that holds the needle; NaN for none.
    stop_mm : (N,) float64, optional
        Depth at which a needle aimed at bone is given up at the latest; inf for none.
    arm : (N,) int, optional
        `AT_SIDE`, `AWAY` or `NOT_SAID`.
    """

    vertex: IntArray
    depth_mm: FloatArray
    length_mm: FloatArray
    patient: IntArray
    build: FloatArray
    xyz: FloatArray | None = None
    direction: FloatArray | None = None
    tilt_deg: FloatArray | None = None
    fold_mm: FloatArray | None = None
    stop_mm: FloatArray | None = None
    arm: IntArray | None = None

    def __len__(self) -> int:
        return len(self.vertex)

    @property
    def planned_mm(self) -> FloatArray:
        """Depth reckoned with: as planned, else the length, else endless, (N,)."""
        told = np.where(np.isnan(self.depth_mm), self.length_mm, self.depth_mm)
        return np.where(np.isnan(told), np.inf, told)

    def some(self, at: IntArray) -> Plans:
        """Return some of the plans."""
        some: dict[str, Any] = {
            name: None if values is None else values[at]
            for name, values in vars(self).items()
        }
        return Plans(**some)

    @classmethod
    def each(cls, lots: Sequence[Plans]) -> Plans:
        """Return lots of plans as one, in their order; all say the same things."""
        parts = [vars(lot) for lot in lots]
        all_: dict[str, Any] = {
            name: None if values is None else np.concatenate([p[name] for p in parts])
            for name, values in parts[0].items()
        }
        return cls(**all_)

    def repeated(self, vertices: IntArray) -> Plans:
        """Return the first plan upright at many vertices, (K,)."""
        return self._first_as(len(vertices), vertex=vertices)

    def leant(self, directions: FloatArray) -> Plans:
        """Return the first plan in many directions, (D, 3), each followed as a line."""
        many = len(directions)
        xyz = None if self.xyz is None else np.repeat(self.xyz[:1], many, axis=0)
        return self._first_as(
            many, xyz=xyz, direction=directions, tilt_deg=np.full(many, 90.0)
        )

    def pushed(self, depths_mm: FloatArray) -> Plans:
        """Return the first plan pushed to many depths, (D,) mm."""
        many: dict[str, Any] = {
            name: None if values is None else np.repeat(values[:1], len(depths_mm), 0)
            for name, values in vars(self).items()
        }
        return Plans(**{**many, "depth_mm": np.asarray(depths_mm, dtype=float)})

    def _first_as(self, count: int, **other: Any) -> Plans:
        """Return the first plan so many times, with some arrays of their own."""
        kept = ("vertex", "depth_mm", "length_mm", "patient", "build", "stop_mm", "arm")
        same = {
            name: np.repeat(values[:1], count, axis=0)
            for name in (*kept, "fold_mm")
            if (values := getattr(self, name)) is not None
        }
        if "direction" in other:
            same.pop("fold_mm", None)  # a needle in a fold has no lean
        return Plans(**{**same, **other})


@dataclass(frozen=True, eq=False)
class Met:
    """Structures that needles have to do with, M of them.

    Attributes
    ----------
    which, row : (M,) int
        Needle, and row of ``fields.rows``.
    p_meet : (M,) float64
        Chance that the planned needle meets it.
    caution_mm, danger_mm : (M,) float64
        Length of needle in the body from which it warns and refuses; inf for never.
        What refuses warns as well, so it never warns from deeper than it refuses.
    item : (M,) int
        Item of ``fields.under`` that decides: of the entry where there is one.
    over : (M,) bool
        Whether it lies under the entry itself.
    failed : (N,) bool
        Needles for which a figure came out as no number, or could not be worked out.
    """

    which: IntArray
    row: IntArray
    p_meet: FloatArray
    caution_mm: FloatArray
    danger_mm: FloatArray
    item: IntArray
    over: BoolArray
    failed: BoolArray

    def take(self, at: Any) -> Met:
        """Return some of them, by place or by a mask."""
        found = {name: values[at] for name, values in vars(self).items()
                 if name != "failed"}  # fmt: skip
        return Met(**found, failed=self.failed)


def longest_of(plans: Plans) -> FloatArray:
    """Return how far needles go or could be pushed, (N,) mm; 0 when neither is told."""
    return np.fmax(_finite(plans.planned_mm), np.nan_to_num(plans.length_mm))


def _finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, 0.0)


def stopped(plans: Plans, needle: IntArray) -> FloatArray:
    """Return the depth at which needles end at the latest, (M,)."""
    if plans.stop_mm is None:
        return np.full(len(needle), np.inf)
    return plans.stop_mm[needle]


def nothing(count: int, *, failed: bool = False) -> Met:
    """Return that so many needles meet nothing, or that they failed."""
    none = np.zeros(0)
    whole = none.astype(np.intp)
    return Met(
        whole, whole, none, none, none, whole, none.astype(bool),
        np.full(count, failed),
    )  # fmt: skip


def after_each_other(parts: list[Met]) -> Met:
    """Return what several lots of needles meet as that of one, in their order."""
    start = np.cumsum([0, *(len(part.failed) for part in parts)])
    moved = [
        replace(part, which=part.which + begin)
        for part, begin in zip(parts, start, strict=False)
    ]
    return Met(
        **{
            name: np.concatenate([vars(p)[name] for p in moved])
            for name in vars(moved[0])
        }
    )


def joined(parts: list[Met], *, twice: bool) -> Met:
    """Return parts as one; where a structure was met two ways the graver figures."""
    if not parts:
        return nothing(0)
    met = parts[0]
    if len(parts) > 1:
        met = Met(
            **{n: np.concatenate([vars(p)[n] for p in parts]) for n in vars(parts[0])}
        )
    if not twice:
        return met
    key = met.which * (int(met.row.max(initial=0)) + 1) + met.row
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    if len(first) == len(key):
        return met
    found = {
        name: values[first].copy()
        for name, values in vars(met).items()
        if name != "failed"
    }
    np.maximum.at(found["p_meet"], which, met.p_meet)
    for name in ("caution_mm", "danger_mm"):
        np.minimum.at(found[name], which, vars(met)[name])
    return Met(**found, failed=met.failed)
