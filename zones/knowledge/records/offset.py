"""A place by landmarks, as zone files and evidence records hold it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from anatomy.store.references import Ref
from zones.knowledge.records.sources import Record, Text

Landmark = Annotated[Text, Ref("landmark")]


class Offset(Record):
    """A place by a landmark and how far from it, measured as a tape lies.

    The tape starts at ``landmark``, or at ``fraction`` of the straight line between
    two landmarks (``between``), brought to the skin; with ``tape``, at that fraction
    of a tape laid along the skin. ``superior`` goes first, along the sagittal plane (in
    a limb along its axis, toward the trunk); then ``anterior``; then ``lateral``, in
    the transverse plane away from the midline (in a limb round it, toward the radial
    or fibular side). Lengths in mm or cun. ``side`` is left out where the zone's own
    side is meant. The meaning is that of `anatomy.places.grammar.place`.
    """

    landmark: Landmark | None = None
    between: tuple[Landmark, Landmark] | None = None
    fraction: Annotated[float, Field(ge=0, le=1)] | None = None
    tape: bool = False
    side: Literal["left", "right"] | None = None
    superior_mm: Annotated[float, Field(ge=-600, le=600)] | None = None
    superior_cun: Annotated[float, Field(ge=-25, le=25)] | None = None
    anterior_mm: Annotated[float, Field(ge=-400, le=400)] | None = None
    anterior_cun: Annotated[float, Field(ge=-15, le=15)] | None = None
    lateral_mm: Annotated[float, Field(ge=-400, le=400)] | None = None
    lateral_cun: Annotated[float, Field(ge=-15, le=15)] | None = None
    chart: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Offset:
        if (self.landmark is None) == (self.between is None):
            raise ValueError("give a landmark, or two landmarks as between")
        if self.fraction is not None and self.between is None:
            raise ValueError("fraction goes with between")
        if self.tape and self.between is None:
            raise ValueError("tape goes with between")
        for way in ("lateral", "superior", "anterior"):
            if None not in (getattr(self, f"{way}_mm"), getattr(self, f"{way}_cun")):
                raise ValueError(f"give {way}_mm or {way}_cun, not both")
        return self

    @property
    def landmarks(self) -> tuple[str, ...]:
        """The landmarks that the place depends on."""
        return self.between or (self.landmark or "",)

    def as_dict(self) -> dict[str, Any]:
        """Return the place alone, as plain data that `anatomy.places.grammar` reads.

        Examples
        --------
        >>> Offset(landmark="T4 spinous process", lateral_cun=3).as_dict()
        {'landmark': 'T4 spinous process', 'lateral_cun': 3.0}
        """
        values = {name: getattr(self, name) for name in Offset.model_fields}
        return {
            name: value for name, value in values.items() if value not in (None, False)
        }
