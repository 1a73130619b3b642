"""What a cross-section holds: the picture of `zones.pictures.section` as plain figures.

All coordinates are millimetres of the section's plane; (0, 0) is the needle's entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from anatomy.body.section import Outline, Plane
    from zones.contract.models import Assessment, BoneAhead, Finding, Verdict
    from zones.knowledge.structures.tissues import HollowBone

Array = NDArray[np.float64]
Window = tuple[float, float, float, float]
View = Literal["needle", "axial"]

#: Shares of all people at which pictures draw a structure: 1 in 40, 1 in 10, half and
#: 9 in 10.
SHARES = (0.025, 0.1, 0.5, 0.9)

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
class Hollow:
    """The space within a bone that pictures draw as a wall.

    Attributes
    ----------
    bone : HollowBone
        The bone, and what is known of its wall.
    lines : tuple of (K, 2) float64
        Closed lines round the space, mm.
    """

    bone: HollowBone
    lines: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class Contour:
    """Where at least a share of all people has a structure.

    Attributes
    ----------
    share : float
        The share: one of `SHARES`.
    region : tuple of (K, 2) float64
        Closed lines round it. Empty where only a sheet is known (see `Band.region`).
    front : tuple of (K, 2) float64
        Open lines along its near side.
    """

    share: float
    region: tuple[Array, ...]
    front: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class Band:
    """One zone in the picture: where people have it, not where this patient has it.

    Attributes
    ----------
    zone_id, structure : str
        Which zone, and what it holds.
    side : {"left", "right", "midline"}
        The patient's side.
    verdict : Verdict
        What reaching it can come to.
    known : bool
        False when a fact that was not asked decides whether it counts.
    contours : tuple of Contour
        The widest first: where 1 in 40 has it, 1 in 10, and so on as far as so many do.
    depth_known : bool
        Whether its depth is known; else it is drawn from the skin on.
    endless : bool
        Whether it fills the body behind its near side: how far is not known.
    fades_mm : float
        Depth under the entry from which an endless one fades.
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
    contours: tuple[Contour, ...]
    depth_known: bool
    endless: bool
    fades_mm: float
    label: Array
    away_mm: float
    finding: Finding | None = None

    @property
    def region(self) -> tuple[Array, ...]:
        """Closed lines round all that counts as the structure.

        Empty for a narrow structure so deep that other skin is next to it: then only
        its near sides are drawn, as lines.
        """
        return self.contours[0].region


@dataclass(frozen=True, eq=False)
class MuscleBand:
    """A muscle in the picture: a scheme made from its attachments.

    Attributes
    ----------
    name : str
        The catalogue's name.
    side : {"left", "right"}
        The patient's side.
    shape : shapely geometry
        Where it is drawn, mm: within the skin and out of all bones.
    depth : float
        From 0 (under the skin) to 1 (on the bone): the deeper is drawn first.
    measured : bool
        Whether the thickness of each of its parts was measured; else it is drawn thin.
    chosen : bool
        Whether the site is named by it.
    """

    name: str
    side: str
    shape: BaseGeometry
    depth: float
    measured: bool
    chosen: bool = False


@dataclass(frozen=True, eq=False)
class Line:
    """The needle in the picture.

    Attributes
    ----------
    entry, tip, end : (2,) float64
        Skin (of a lifted fold its near side), tip at the planned depth (None when no
        depth is known), and where the tip would be if the needle were pushed home.
    way : (2,) float64
        Direction of the needle in the picture, shortened by what leaves the plane.
    planned_mm, length_mm : float or None
        Depth that the check reckons with and the needle's length.
    off_plane_deg : float
        Angle by which it leaves the plane; then the picture shows its shadow.
    fold_mm : float
        Thickness of the lifted fold that it goes through before it comes to the skin
        as it lies; 0 for none.
    """

    entry: Array
    tip: Array | None
    end: Array
    way: Array
    planned_mm: float | None
    length_mm: float | None
    off_plane_deg: float
    fold_mm: float = 0.0

    def at(self, along_mm: float) -> Array:
        """Return the place (2,) of the needle at a length in the body, mm."""
        return self.entry + along_mm * self.way


@dataclass(frozen=True, eq=False)
class Meeting:
    """From where on a needle warns, or is refused, for what a finding speaks of.

    Attributes
    ----------
    finding : Finding
        Of the assessment.
    uv : (2,) float64
        Place on the needle, ``finding.reached_at_mm`` from the entry.
    verdict : Verdict
        What reaching that place comes to.
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
    hollows : tuple of Hollow
        Spaces within these bones, in their order.
    muscles : tuple of MuscleBand
        Muscles in the window as a scheme, the deepest first.
    bands : tuple of Band
        Zones near the needle, the gravest first.
    left_out : int
        Zones near the needle that are not drawn.
    needle : Line
        The needle.
    meetings : tuple of Meeting
        From where on it warns or is refused for each, nearest to the skin first.
    limit_mm : float or None
        Deepest plan below DANGER, along the needle.
    bone : BoneAhead or None
        The bone that most needles meet here, its depths taken along this needle.
    drawn_bone_mm : float or None
        Length of the needle at which its line meets a bone of the picture; None where
        it meets none before the planned tip.
    spread_mm : float
        Radius of the search area that the site stands for.
    area : tuple of (K, 2) float64
        The skin of the search area, as lines along it.
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
    notes : tuple of str
        What of the plan the picture cannot show.
    """

    view: View
    title: str
    plane: Plane
    window: Window
    edges: tuple[str, str, str, str]
    outlines: tuple[Outline, ...]
    hollows: tuple[Hollow, ...]
    muscles: tuple[MuscleBand, ...]
    bands: tuple[Band, ...]
    left_out: int
    needle: Line
    meetings: tuple[Meeting, ...]
    limit_mm: float | None
    bone: BoneAhead | None
    drawn_bone_mm: float | None
    spread_mm: float
    area: tuple[Array, ...]
    lean: str
    lean_uv: Array
    inward_uv: Array
    turns: bool
    assessment: Assessment
    blank: str
    notes: tuple[str, ...] = ()
