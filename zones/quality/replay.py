"""Replay of published injuries and safe sites through the check.

A case is a question that the anatomy answers; no zone is fitted to a case. Cases whose
place is only our estimate say so, and their needle, when the source does not state it,
is taken as 40 mm long at a depth of 30 mm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from anatomy.errors import NeedlemapError
from anatomy.store import cached, read_jsonl
from zones.contract.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


#: Needle taken when a source states none, mm.
USUAL_LENGTH_MM = 40.0
USUAL_DEPTH_MM = 30.0


@dataclass(frozen=True)
class Replayed:
    """One case on one side, and what the check says of it.

    Attributes
    ----------
    case : dict
        The case as in ``cases.jsonl``.
    side : str
        Side that was checked.
    needle : str
        The needle that was checked, in words.
    verdict : Verdict or None
        None when the place could not be found on the body.
    reason : str
        Id of the gravest finding, or the error.
    max_depth_mm : float or None
        Deepest plan below DANGER.
    hit : bool
        An injury answered with DANGER or STOP, or a safe site answered with less.
    named : bool
        Whether the structure that was injured is among the findings of DANGER.
    """

    case: dict[str, Any]
    side: str
    needle: str
    verdict: Verdict | None
    reason: str
    max_depth_mm: float | None
    hit: bool
    named: bool


class _Case(BaseModel):
    """What every case must have; the rest of it is passed on."""

    model_config = ConfigDict(extra="allow")

    id: str
    site: dict[str, Any] | None
    side: str | None


@dataclass(frozen=True)
class Total:
    """How many of a group were hit, with a 95 % Wilson interval."""

    name: str
    hits: int
    count: int
    low: float
    high: float


@cached
def load_cases() -> tuple[dict[str, Any], ...]:
    """Return all published cases, placed or not.

    Raises
    ------
    DataError
        When a line is not an object with an id.

    Examples
    --------
    >>> any(case["site"] for case in load_cases())
    True
    """
    return tuple(case.model_dump() for case in read_jsonl("cases.jsonl", _Case))


def replay(cases: Iterable[dict[str, Any]] | None = None) -> list[Replayed]:
    """Put every case that has a place through the check.

    Parameters
    ----------
    cases : iterable of dict, optional
        Cases; all of ``cases.jsonl`` by default.

    Returns
    -------
    list of Replayed
        A case with side "either" is checked, and counted, on both sides; one without
        a place is left out.
    """
    done: list[Replayed] = []
    for case in load_cases() if cases is None else cases:
        if case["site"] is None:
            continue
        sides = ("left", "right") if case["side"] == "either" else (case["side"],)
        done.extend(_replay_one(case, side) for side in sides)
    return done


def _replay_one(case: dict[str, Any], side: str) -> Replayed:
    """Check one case on one side."""
    from zones.check.site import check_site

    needle = case_needle(case)
    patient = {
        name: case["patient"][name]
        for name in ("sex", "age", "bmi")
        if case["patient"].get(name) is not None
    }
    words = f"{needle['depth_mm']:g}/{needle['length_mm']:g}"
    try:
        site = case["site"] if side == "midline" else {**case["site"], "side": side}
        answer = check_site(site, needle, patient)
    except NeedlemapError as error:
        return Replayed(
            case, side, words, None, str(error), None, hit=False, named=False
        )
    alarmed = answer.verdict >= Verdict.DANGER
    expected = case["expected"] == "danger"
    top = next((f.id for f in answer.findings if f.verdict == answer.verdict), "")
    reached = {f.id for f in answer.findings if f.verdict >= Verdict.DANGER}
    return Replayed(
        case=case,
        side=side,
        needle=words,
        verdict=answer.verdict,
        reason=top,
        max_depth_mm=answer.max_depth_mm,
        hit=alarmed == expected,
        named=not reached.isdisjoint(case["zones"]),
    )


def case_needle(case: dict[str, Any]) -> dict[str, float]:
    """Return the needle of a case: as stated, else the usual one.

    Examples
    --------
    >>> case_needle({"needle": {"length_mm": None, "depth_mm": None}})
    {'length_mm': 40.0, 'depth_mm': 30.0}
    """
    stated = case["needle"]
    depth = stated["depth_mm"]
    length = stated["length_mm"]
    if depth is None:
        depth = USUAL_DEPTH_MM if length is None else min(USUAL_DEPTH_MM, length)
    if length is None:
        length = max(USUAL_LENGTH_MM, depth)
    return {"length_mm": float(length), "depth_mm": float(depth)}


def totals(done: Sequence[Replayed]) -> list[Total]:
    """Return hits with intervals, for injuries and for the other records.

    Returns
    -------
    list of Total
        A case counts as hit when every side of it is.

    Examples
    --------
    >>> totals([])
    []
    """
    groups: list[tuple[str, list[bool]]] = []
    injuries = [row for row in done if row.case["kind"] == "case"]
    others = [row for row in done if row.case["kind"] != "case"]
    for name, rows in (("injuries", injuries), ("other records", others)):
        by_case: dict[str, bool] = {}
        for row in rows:
            by_case[row.case["id"]] = by_case.get(row.case["id"], True) and row.hit
        if rows:
            groups.append((f"{name}, cases", list(by_case.values())))
            groups.append((f"{name}, sides", [row.hit for row in rows]))
    if injuries:
        named = [row.named for row in injuries]
        groups.append(("injuries, sides, with the injured structure named", named))
    return [
        Total(name, sum(hits), len(hits), *wilson(sum(hits), len(hits)))
        for name, hits in groups
    ]


def wilson(hits: int, count: int, *, z: float = 1.959964) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    Parameters
    ----------
    hits, count : int
        Successes and trials.
    z : float
        Normal quantile.

    Returns
    -------
    low, high : float
        Bounds between 0 and 1; (0, 1) for no trials.

    Examples
    --------
    >>> [round(bound, 3) for bound in wilson(9, 10)]
    [0.596, 0.982]
    """
    if count == 0:
        return 0.0, 1.0
    share = hits / count
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    middle = share + z * z / (2 * count)
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
