"""Where a needle goes in on one body, and its plan as arrays."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import InputError
from anatomy.names import unknown
from zones.contract.direction import direction_vector
from zones.contract.needle import Needle
from zones.fields.areas import ball
from zones.fields.bones import gap_of
from zones.risk.body_build import build_of
from zones.risk.measured import Reading, Seen, prior_at, readings
from zones.risk.meet import AT_SIDE, AWAY, NOT_SAID, Plans
from zones.risk.place import entry_vertex
from zones.risk.terms import Terms, terms_of

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.mesh.skin import SkinPoint
    from anatomy.names import Side
    from zones.fields.model import BodyFields
    from zones.patients.frozen import Facts

#: Bone must be met by at least this share of needles to be aimed at.
AIMED_SHARE = 0.5
#: Two-sided 95 % in SD.
NORMAL_95 = 1.96


@dataclass(frozen=True, eq=False)
class Entry:
    """Where a needle goes in on one body.

    Attributes
    ----------
    fields : BodyFields
        Compiled zones of the body.
    point : SkinPoint
        The entry.
    side : {"left", "right", "midline"}
        The patient's side.
    spread_mm : float
        Radius of the search area that the site stands for.
    """

    fields: BodyFields
    point: SkinPoint
    side: Side
    spread_mm: float = 0.0

    @functools.cached_property
    def vertex(self) -> int:
        """Vertex of the skin that stands for the entry."""
        skin = self.fields.body.skin
        return int(entry_vertex(skin, self.point.face, self.point.bary)[0])

    @functools.cached_property
    def inward(self) -> NDArray[np.float64]:
        """Inward unit normal of the skin, (3,)."""
        return -np.asarray(self.fields.body.skin.normal(self.point), dtype=float)

    @functools.cached_property
    def area(self) -> NDArray[np.intp]:
        """Vertices of the search area, the entry's own among them, (K,)."""
        if self.spread_mm <= 0.0:
            return np.array([self.vertex], dtype=np.intp)
        around = ball(self.fields.body, self.point, self.spread_mm)
        return np.union1d(around, [self.vertex]).astype(np.intp)


@dataclass(frozen=True, eq=False)
class Planned:
    """One needle ready for `meet`."""

    plans: Plans
    terms: Terms
    seen: Seen | None
    direction: NDArray[np.float64]
    tilt_deg: float


def planned(entry: Entry, needle: Needle, facts: Facts) -> Planned:
    """Return one needle as arrays.

    Raises
    ------
    NeedlemapError
        When its direction, bone or measured depth has no meaning here.
    """
    fields = entry.fields
    direction, tilt = direction_vector(
        fields.body, entry.point, needle, side=entry.side
    )
    plans = Plans(
        vertex=np.array([entry.vertex], dtype=np.intp),
        depth_mm=np.array([_number(needle.depth_mm)]),
        length_mm=np.array([_number(needle.length_mm)]),
        patient=np.zeros(1, dtype=np.intp),
        build=build_of(facts)[None],
        xyz=np.asarray(entry.point.xyz, dtype=float)[None],
        direction=direction[None],
        tilt_deg=np.array([tilt]),
        fold_mm=np.array([_number(needle.fold_mm)]),
        stop_mm=np.array([bone_stop(fields, entry.vertex, needle.bone)]),
        arm=np.array([arm_code(needle.arm)], dtype=np.intp),
    )
    seen = seen_in(fields, needle, entry.vertex)
    return Planned(plans, terms_of(fields, facts), seen, direction, tilt)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def arm_code(arm: str | None) -> int:
    """Return the position of the arm as `zones.risk.meet` has it.

    Examples
    --------
    >>> arm_code(None), arm_code("at side"), arm_code("overhead")
    (2, 0, 1)
    """
    if arm is None:
        return NOT_SAID
    return AT_SIDE if arm == "at side" else AWAY


def bone_depths(
    fields: BodyFields, vertex: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return between which depths bone is met in 95 of 100 people, mm; NaN for none.

    Parameters
    ----------
    fields : BodyFields
        Of the body.
    vertex : (N,) int
        Vertices of the skin.
    """
    log = fields.floor.bone_log[vertex].astype(float)
    sd = NORMAL_95 * fields.floor.bone_sd[vertex].astype(float)
    return np.exp(log - sd), np.exp(log + sd)


def bone_stop(fields: BodyFields, vertex: int, bone: str | None) -> float:
    """Return the depth at which a needle aimed at bone is given up, mm; inf for none.

    Raises
    ------
    InputError
        When that bone is not under the vertex, or too seldom to be aimed at.
    """
    if bone is None:
        return math.inf
    share = float(fields.floor.share[vertex])
    number = int(fields.floor.bone[vertex])
    names = [*fields.body.bones]
    here = names[number] if number >= 0 else None
    if here is None or bone.casefold() not in here.casefold():
        raise InputError(
            f"needle.bone must be a bone under the site; {bone!r} given, "
            + (f"{here} is expected here." if here else "no bone is expected here."),
            field="needle.bone",
            given=bone,
            suggestions=[here] if here else [],
        )
    if not gap_of(here).aimed:
        raise InputError(
            f"needle.bone: a {here} is too narrow to aim at; what lies beside it "
            "is lung.",
            field="needle.bone",
            given=bone,
        )
    if share < AIMED_SHARE:
        raise InputError(
            f"needle.bone: only {share:.0%} of needles set here meet the {here}; it "
            "cannot be relied on to stop one.",
            field="needle.bone",
            given=bone,
        )
    return float(bone_depths(fields, vertex)[1])


@functools.lru_cache(maxsize=8)
def rows_by_id(fields: BodyFields) -> dict[str, list[int]]:
    """Return the rows of each zone."""
    found: dict[str, list[int]] = {}
    for number, row in enumerate(fields.rows):
        found.setdefault(row.zone.id, []).append(number)
    return found


def seen_in(
    fields: BodyFields, needle: Needle, own_vertex: int | None = None
) -> Seen | None:
    """Return the depths seen in the patient.

    Parameters
    ----------
    fields : BodyFields
        Of the body.
    needle : Needle
        The plan that holds them.
    own_vertex : int, optional
        Where those were seen that name no site; without it each has to name one.

    Raises
    ------
    InputError
        For a structure that is not there, or a place that is not said.
    """
    if not needle.measured:
        return None
    found: list[Reading] = []
    ids = rows_by_id(fields)
    for number, told in enumerate(needle.measured):
        where = f"needle.measured.{number}.structure"
        if told.structure not in ids:
            raise unknown("structure", told.structure, ids, field=where)
        vertex = _measured_at(fields.body, told.site, own_vertex)
        error = told.error_mm or readings().error_of(told.method, told.depth_mm)
        here = [
            Reading(number, vertex, told.depth_mm, error)
            for number in ids[told.structure]
        ]
        here = [reading for reading in here if prior_at(fields, reading) is not None]
        if not here:
            raise InputError(
                f"needle.measured: no depth of {told.structure!r} is known at that "
                "place, so one seen there cannot be used.",
                field=where,
                given=told.structure,
            )
        found += here
    return Seen(tuple(found))


def _measured_at(
    body: Body, site: Mapping[str, Any] | None, own_vertex: int | None
) -> int:
    """Return the vertex where a depth was seen."""
    if site is None:
        if own_vertex is None:
            raise InputError(
                "needle.measured: say at which site the depth was seen.",
                field="needle.measured.0.site",
            )
        return own_vertex
    from anatomy.words.sites import resolve_site

    placed = resolve_site(body, {k: v for k, v in site.items() if k != "body"})
    return int(entry_vertex(body.skin, placed.point.face, placed.point.bary)[0])
