"""Whether the bodies' own bones lie where bone was measured in people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from anatomy.body import load_body
from anatomy.store import read_toml
from anatomy.words.sites import resolve_site
from zones.fields.loading import body_fields
from zones.knowledge.records.evidence import load_evidence
from zones.risk.place import entry_vertex


@dataclass(frozen=True)
class BoneCheck:
    """One published depth of bone beside that of one body.

    Attributes
    ----------
    record, body, bone : str
        Evidence record, body, and the bone that most rays meet there; empty for none.
    share : float
        Share of rays that meet bone.
    ours_mm : float
        Median depth that is reckoned with, mm; NaN for none.
    low_mm, high_mm : float
        Published: two SD about the mean, or the least and the most, mm.
    people : int
        How many were measured.
    off : str
        Why ours lies outside, where it is known to; empty for within.
    """

    record: str
    body: str
    bone: str
    share: float
    ours_mm: float
    low_mm: float
    high_mm: float
    people: int
    off: str = ""

    @property
    def within(self) -> bool:
        """Whether ours lies within what was published."""
        return self.low_mm <= self.ours_mm <= self.high_mm


def bone_checks() -> list[BoneCheck]:
    """Return all published depths of bone that can be placed, on both bodies.

    Examples
    --------
    >>> {check.body for check in bone_checks()} == {"male", "female"}
    True
    """
    data = read_toml("bone_checks.toml")
    return [
        _check(name, entry["record"], entry["site"], entry.get("off", {}).get(name, ""))
        for entry in data["check"]
        for name in ("male", "female")
    ]


def _check(body_name: str, record_id: str, site: dict[str, Any], off: str) -> BoneCheck:
    record = load_evidence()[record_id]
    fields = body_fields(body_name)
    point = resolve_site(load_body(body_name), site).point  # type: ignore[arg-type,unused-ignore]
    vertex = int(entry_vertex(fields.body.skin, point.face, point.bary)[0])
    number = int(fields.floor.bone[vertex])
    middle = record.mean_mm if record.mean_mm is not None else record.median_mm
    low, high = record.min_mm, record.max_mm
    if middle is not None and record.sd_mm is not None:
        low, high = middle - 2.0 * record.sd_mm, middle + 2.0 * record.sd_mm
    elif middle is not None and (low is None or high is None):
        # one person: as far off as people differ elsewhere
        low, high = 0.6 * middle, 1.4 * middle
    return BoneCheck(
        record=record_id,
        body=body_name,
        bone=[*fields.body.bones][number] if number >= 0 else "",
        share=float(fields.floor.share[vertex]),
        ours_mm=float(np.exp(fields.floor.bone_log[vertex])),
        low_mm=float(low or 0.0),
        high_mm=float(high or np.inf),
        people=record.people or int(record.n or 1),
        off=off,
    )
