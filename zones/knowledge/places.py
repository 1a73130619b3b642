"""Names of places on the body: regions, groups of them, sides, joints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.store.references import ZoneId
from zones.knowledge.records.sources import Record

if TYPE_CHECKING:
    from collections.abc import Collection

#: Name of the place that takes in all others.
EVERYWHERE = "whole body"


class RegionGroup(Record):
    """A part of the body made of skin regions, such as the arm."""

    name: str
    regions: tuple[str, ...]
    #: A limb: what is wrong in one part of it is held against all of it.
    limb: bool = False
    #: The quarter of the trunk that drains to the same lymph nodes as the limb.
    quarter: tuple[str, ...] = ()


class Joint(Record):
    """A joint that can be replaced: how it is named, and the skin near it."""

    name: str
    #: Parts of the body by which somebody may say where it is.
    named: tuple[str, ...]
    #: Zones in whose skin a needle comes near the joint.
    zones: tuple[ZoneId, ...]


class PlaceNames(Record):
    """Regions of the skin, what they are grouped to, and joints.

    Examples
    --------
    >>> from zones.knowledge.facts import load_facts
    >>> "left" in load_facts().places(), "arm" in load_facts().places()
    (False, True)
    """

    region_names: tuple[str, ...]
    region_groups: tuple[RegionGroup, ...]
    joints: tuple[Joint, ...]

    def places(self) -> tuple[str, ...]:
        """Return every name that a place fact may carry, sides left out."""
        return (*self.region_names, *(group.name for group in self.region_groups))

    def covers(
        self,
        place: str,
        region: str,
        side: str,
        *,
        widen_limbs: bool = False,
        with_quarter: bool = False,
    ) -> bool:
        """Return whether a named place takes in a region of skin.

        Parameters
        ----------
        place : str
            A region or group of regions, ``left`` or ``right`` before it at will.
        region : str
            Name of the skin region of the site.
        side : str
            Side of the site. A midline site belongs to both sides.
        widen_limbs : bool
            Whether a part of a limb stands for the whole limb.
        with_quarter : bool
            Whether a part of a limb stands for its quarter of the trunk too.

        Examples
        --------
        >>> from zones.knowledge.facts import load_facts
        >>> load_facts().covers("left forearm", "hand", "left", widen_limbs=True)
        True
        >>> load_facts().covers("left hand", "thorax", "left", with_quarter=True)
        True
        >>> load_facts().covers("left arm", "hand", "right")
        False
        """
        wanted, name = split_side(place)
        if not _same_side(wanted, side):
            return False
        own = set(self._regions(name))
        limbs = [g for g in self.region_groups if g.limb and own & set(g.regions)]
        if widen_limbs:
            own.update(*(group.regions for group in limbs))
        if with_quarter:
            own.update(*(group.quarter for group in limbs))
        return region in own

    def near_joint(self, place: str, zones: Collection[str], side: str) -> bool | None:
        """Return whether a site lies near the joint that a place names.

        Parameters
        ----------
        place : str
            Where the joint is said to be, ``left`` or ``right`` before it at will.
        zones : collection of str
            Zones that the site lies in.
        side : str
            Side of the site.

        Returns
        -------
        bool or None
            None when the place names no joint, so that its region must do.

        Examples
        --------
        >>> from zones.knowledge.facts import load_facts
        >>> load_facts().near_joint("left knee", {"near-knee-joint"}, "left")
        True
        >>> load_facts().near_joint("abdomen", set(), "left") is None
        True
        """
        wanted, name = split_side(place)
        meant = [j for j in self.joints if name == EVERYWHERE or name in j.named]
        if not meant:
            return None
        return _same_side(wanted, side) and any(
            zone in zones for joint in meant for zone in joint.zones
        )

    def _regions(self, name: str) -> tuple[str, ...]:
        for group in self.region_groups:
            if group.name == name:
                return group.regions
        return (name,)


def _same_side(wanted: str | None, side: str) -> bool:
    """Return whether a side that is meant takes in that of a site."""
    return wanted is None or side not in {"left", "right"} or side == wanted


def split_side(place: str) -> tuple[str | None, str]:
    """Return the side in front of a place's name, if any, and the name without it.

    Examples
    --------
    >>> split_side("left upper arm")
    ('left', 'upper arm')
    """
    first, _, rest = place.partition(" ")
    return (first, rest) if first in {"left", "right"} and rest else (None, place)
