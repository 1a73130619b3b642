"""What the file of everyday phrases holds, and the place that each means."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from anatomy.errors import DataError
from anatomy.muscles.catalogue import Words, get_muscle, muscle_site

FILE = "phrases.toml"
#: The vertebrae, from above.
LEVELS = tuple(
    f"{letter}{n}" for letter, last in (("C", 7), ("T", 12), ("L", 5))
    for n in range(1, last + 1)
)  # fmt: skip
OFFSETS = tuple(f"{a}_{u}" for a in ("superior", "lateral", "anterior")
                for u in ("mm", "cun"))  # fmt: skip


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(_Entry):
    """One place that a phrase may mean.

    Attributes
    ----------
    muscle, site : str or None
        A muscle, and a part of the label of the site that is meant.
    point : str or None
        Code of an acupoint.
    landmark : str or None
    between : tuple of str or None
        Two landmarks; the middle is meant.
    region : str or None
        A region of the skin: to be looked at, not a place for a needle.
    superior_mm, ... : float or None
        Offset from the landmark.
    """

    muscle: Words | None = None
    site: Words | None = None
    point: Words | None = None
    landmark: Words | None = None
    between: tuple[Words, Words] | None = None
    region: Words | None = None
    superior_mm: float | None = None
    lateral_mm: float | None = None
    anterior_mm: float | None = None
    superior_cun: float | None = None
    lateral_cun: float | None = None
    anterior_cun: float | None = None

    @model_validator(mode="after")
    def _checked(self) -> Target:
        given = (self.muscle, self.point, self.landmark, self.between, self.region)
        if sum(v is not None for v in given) != 1:
            raise ValueError("one of muscle, point, landmark, between or region")
        if self.site is not None and self.muscle is None:
            raise ValueError("a site belongs to a muscle")
        return self

    def request(self) -> dict[str, Any]:
        """Return the site of the contract, without a side; empty for a region.

        Examples
        --------
        >>> Target(muscle="gastrocnemius", site="medial head").request()
        {'muscle': 'gastrocnemius', 'site': 'medial head mid calf'}
        """
        if self.region is not None:
            return {}
        if self.muscle is not None:
            muscle = get_muscle(self.muscle)
            label = {} if self.site is None else {
                "site": muscle_site(muscle, self.site).label
            }  # fmt: skip
            return {"muscle": muscle.name} | label
        found: dict[str, Any] = self.model_dump(exclude_none=True)
        if self.between is not None:
            found |= {"between": list(self.between), "fraction": 0.5}
        return found

    def spoken(self, side: str = "") -> str:
        """Return words that the text form understands as this place.

        Examples
        --------
        >>> Target(landmark="crown", lateral_cun=1).spoken()
        '1 cun lateral to crown'
        """
        ways = {
            "superior": ("above", "below"),
            "lateral": ("lateral to", "medial to"),
            "anterior": ("in front of", "behind"),
        }
        offsets = []
        for key in OFFSETS:
            value = getattr(self, key)
            if value:
                axis, unit = key.split("_")
                offsets.append(f"{abs(value):g} {unit} {ways[axis][value < 0]}")
        name = self.point or self.landmark or self.region or self.muscle or ""
        if self.between is not None:
            name = f"the midpoint between {self.between[0]} and {self.between[1]}"
        if self.site is not None:
            name = f"{name}: {self.request()['site']}"
        return " ".join(p for p in (" and ".join(offsets), side, name) if p)


class Phrase(_Entry):
    """What people say, and what it means: one place, or several."""

    say: Annotated[tuple[Words, ...], Field(min_length=1)]
    means: Target | None = None
    which: tuple[Target, ...] = ()

    @model_validator(mode="after")
    def _checked(self) -> Phrase:
        if (self.means is None) == (not self.which):
            raise ValueError("either means or which")
        if self.means is not None and self.means.region is not None:
            raise ValueError("a region is no place: list it in which")
        return self

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every place that may be meant."""
        return self.which if self.means is None else (self.means,)


class LevelRange(_Entry):
    """Vertebrae, and how a muscle or point family lies beside each of them."""

    levels: tuple[Words, Words]
    muscle: Words | None = None
    site: Words | None = None
    superior_mm: float = 0.0
    lateral_cun: float | None = None

    @model_validator(mode="after")
    def _checked(self) -> LevelRange:
        if not set(self.levels) <= set(LEVELS):
            raise ValueError(f"levels must be two of {LEVELS}")
        if (self.muscle is None) == (self.lateral_cun is None):
            raise ValueError("either a muscle's site or an offset")
        return self

    def holds(self, level: str) -> bool:
        """Say whether a level lies in the range."""
        first, last = (LEVELS.index(e) for e in self.levels)
        return level in LEVELS and first <= LEVELS.index(level) <= last

    def offset(self) -> dict[str, float]:
        """Return the offset from the spinous process."""
        if self.muscle is None:
            found = {"superior_mm": self.superior_mm, "lateral_cun": self.lateral_cun}
        else:
            at = muscle_site(get_muscle(self.muscle), self.site).at
            if not str(at.get("landmark", "")).endswith("spinous process"):
                raise DataError(
                    f"{FILE}: {self.muscle}, {self.site}: not placed "
                    f"from a spinous process"
                )
            found = {"lateral_mm": at.get("lateral_mm")}
        return {k: float(v) for k, v in found.items() if v}


class Levelled(_Entry):
    """A muscle or point family that takes a level: "multifidus L5"."""

    say: Annotated[tuple[Words, ...], Field(min_length=1)]
    at: Annotated[tuple[LevelRange, ...], Field(min_length=1)]


class Extent(_Entry):
    """A bone whose edge is meant: the way of the distance says which."""

    say: Annotated[tuple[Words, ...], Field(min_length=1)]
    above: Words | None = None
    below: Words | None = None
    lateral: Words | None = None
    medial: Words | None = None


class Phrases(_Entry):
    """The content of ``phrases.toml``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    phrase: tuple[Phrase, ...]
    levelled: tuple[Levelled, ...]
    extent: tuple[Extent, ...]
