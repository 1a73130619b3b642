"""What a cross-section holds: the picture of `zones.section` as plain figures.

All coordinates are millimetres of the section's plane; (0, 0) is the needle's entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from anatomy.section import Outline, Plane
    from zones.models import Assessment, Finding, Verdict

Array = NDArray[np.float64]
Window = tuple[float, float, float, float]
View = Literal["needle", "axial"]

#: A needle that leaves the plane by less than this lies in it, degrees.
IN_PLANE_DEG = 3.0

OPPOSITE: Mapping[str, str] = {
    "medial": "lateral",
    "lateral": "medial",
    "cranial": "caudal",
    "caudal": "cranial",
    "proximal": "distal",
    "distal": "proximal",
    "anterior": "posterior",
    "posterior": "anterior",
}


@dataclass(frozen=True, eq=False)
class Band:
    """One zone in the picture.

    Attributes
    ----------
    zone_id, structure : str
        Which zone, and what it holds.
    side : {"left", "right", "midline"}
        The patient's side.
    verdict : Verdict
        What reaching it comes to.
    known : bool
        False when a fact that was not asked decides whether it counts.
    region : tuple of (K, 2) float64
        Closed lines round all that counts as the structure: from the earliest depth
        on, the placement tolerance to each side included. Empty for a narrow structure
        so deep that other skin is next to it: then only its lines are drawn.
    beyond : tuple of (K, 2) float64
        Closed lines round what lies past the typical depth (of a vessel or nerve,
        without the tolerance to each side); empty when no typical depth is known.
    earliest, typical : tuple of (K, 2) float64
        Open lines along the two depths, mm.
    typical_known : bool
        Whether a typical depth is known here.
    label : (2,) float64
        A place in the band for a leader line to point at.
    away_mm : float
        Least distance from the needle's line, to its full length, in this plane.
    finding : Finding or None
        What the check said of the zone; of two sides, to the one on the needle.
    """

    zone_id: str
    structure: str
    side: str
    verdict: Verdict
    known: bool
    region: tuple[Array, ...]
    beyond: tuple[Array, ...]
    earliest: tuple[Array, ...]
    typical: tuple[Array, ...]
    typical_known: bool
    label: Array
    away_mm: float
    finding: Finding | None = None


@dataclass(frozen=True, eq=False)
class Line:
    """The needle in the picture.

    Attributes
    ----------
    entry, tip, end : (2,) float64
        Skin, tip at the planned depth (None when no depth is known), and where the
        tip would be if the needle were pushed home.
    way : (2,) float64
        Direction of the needle in the picture, shortened by what leaves the plane.
    planned_mm, length_mm : float or None
        Depth that the check reckons with and the needle's length.
    off_plane_deg : float
        Angle by which it leaves the plane; then the picture shows its shadow.
    """

    entry: Array
    tip: Array | None
    end: Array
    way: Array
    planned_mm: float | None
    length_mm: float | None
    off_plane_deg: float

    def at(self, along_mm: float) -> Array:
        """Return the place (2,) of the needle at a length in the body, mm."""
        return self.entry + along_mm * self.way


@dataclass(frozen=True, eq=False)
class Meeting:
    """Where the needle first may meet what a finding speaks of.

    Attributes
    ----------
    finding : Finding
        Of the assessment.
    uv : (2,) float64
        Place on the needle, ``finding.reached_at_mm`` from the entry.
    verdict : Verdict
        What reaching it comes to.
    """

    finding: Finding
    uv: Array
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Section:
    """A cross-section, ready to be drawn; all coordinates are mm of its plane.

    Attributes
    ----------
    view : {"needle", "axial"}
        Which plane.
    title : str
        What is seen, and from where.
    plane : Plane
        The plane; (0, 0) is the entry.
    window : tuple of float
        Left, right, bottom and top of the picture, mm.
    edges : tuple of str
        What lies to the left, right, bottom and top.
    outlines : tuple of Outline
        The skin first, then the bones in the window.
    bands : tuple of Band
        Zones near the needle, the gravest first.
    left_out : int
        Zones near the needle that are not drawn.
    needle : Line
        The needle.
    meetings : tuple of Meeting
        Where it may first meet each structure, nearest to the skin first.
    limit_mm : float or None
        Deepest plan below DANGER, along the needle.
    spread_mm : float
        Radius of the search area that the site stands for.
    lean : str
        Direction of the patient that a tilt in this plane leans to.
    lean_uv : (2,) float64
        That direction in the picture, along the skin at the entry.
    inward_uv : (2,) float64
        Into the body, perpendicular to the skin.
    turns : bool
        Whether moving the tip within the picture is a tilt toward `lean` or away.
    assessment : Assessment
        What the check said.
    blank : str
        Why the picture may not be read as clear; empty when there is no such reason.
    """

    view: View
    title: str
    plane: Plane
    window: Window
    edges: tuple[str, str, str, str]
    outlines: tuple[Outline, ...]
    bands: tuple[Band, ...]
    left_out: int
    needle: Line
    meetings: tuple[Meeting, ...]
    limit_mm: float | None
    spread_mm: float
    lean: str
    lean_uv: Array
    inward_uv: Array
    turns: bool
    assessment: Assessment
    blank: str
