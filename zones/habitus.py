"""What a patient's build and age do to the depths of the zones.

Depths in the zone fields are of an adult whose body mass index is between 18.5 and 25.
`HabitusRule` corrects them for a patient, in one direction more than in the other, so
that the correction can not invent safety.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import DataError

FloatArray = NDArray[np.float64]

HABITUS_FILE = Path(__file__).parent / "data" / "habitus.toml"


@dataclass(frozen=True)
class HabitusRule:
    """Correction of depths for build and age, read from ``data/habitus.toml``.

    Attributes
    ----------
    thin_below, thin_mm_per_unit : float
        Below this body mass index, mm taken off for each unit.
    heavy_from, heavy_mm_per_unit, heavy_most_mm : float
        From this body mass index, mm added for each unit, and the most in all.
    warn_below_bmi, warn_below_age : float
        Below either there is no depth to rely on: any needle over the zone warns.
    warn_within_deg : float
        A needle tilted less than this from the normal counts as perpendicular.
    sources : tuple of str
        Ids of the sources of the figures.
    """

    thin_below: float
    thin_mm_per_unit: float
    heavy_from: float
    heavy_mm_per_unit: float
    heavy_most_mm: float
    warn_below_bmi: float
    warn_below_age: float
    warn_within_deg: float
    text_thin: str
    text_warn: str
    sources: tuple[str, ...]

    def shift(self, bmi: float | None) -> float:
        """Return the mm to add to a depth for a body mass index (None: nothing).

        Examples
        --------
        >>> habitus_rule().shift(22.0)
        0.0
        >>> habitus_rule().shift(40.0)
        5.0
        """
        if bmi is None:
            return 0.0
        if bmi < self.thin_below:
            return -self.thin_mm_per_unit * (self.thin_below - bmi)
        if bmi >= self.heavy_from:
            added = self.heavy_mm_per_unit * (bmi - self.heavy_from)
            return min(added, self.heavy_most_mm)
        return 0.0

    def warns(self, bmi: float | None, age: float | None) -> bool:
        """Return whether the patient is outside what depths were measured on."""
        young = age is not None and age < self.warn_below_age
        return young or (bmi is not None and bmi < self.warn_below_bmi)


@functools.cache
def habitus_rule() -> HabitusRule:
    """Return the correction for build and age (read once).

    Raises
    ------
    DataError
        When the file does not hold the rule.
    """
    try:
        data = tomllib.loads(HABITUS_FILE.read_text("utf-8"))
        values = {k: v for k, v in data.items() if k != "schema"}
        values["sources"] = tuple(values["sources"])
        return HabitusRule(**values)
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{HABITUS_FILE.name}: {error}") from error


def effective(
    earliest: FloatArray,
    floor: FloatArray,
    corrected: NDArray[np.bool_],
    *,
    bmi: float | None,
    age: float | None,
    upright: bool,
) -> FloatArray:
    """Return earliest depths for a patient.

    Parameters
    ----------
    earliest : (R, ...) float64
        Earliest depth of each row, mm; inf where a zone is not.
    floor : (R,) float64
        Depth that the correction for build does not go under, mm. It never raises a
        depth that is less by itself.
    corrected : (R,) bool
        Rows to which the correction applies.
    bmi, age : float or None
        The patient's, when known.
    upright : bool
        Whether the needle is about perpendicular to the skin.

    Returns
    -------
    (R, ...) float64
        Depth at or past which the structure counts as reached, mm.

    Notes
    -----
    Design section 6: 3.8 mm are taken off for a unit under 18.5, at most 5 mm are
    added from 25 up; a child or a very thin patient is warned of any needle.

    Examples
    --------
    >>> import numpy as np
    >>> effective(np.array([20.0]), np.array([5.0]), np.array([True]),
    ...           bmi=17.5, age=30, upright=True).round(1).tolist()
    [16.2]
    """
    rule = habitus_rule()
    extra = (1,) * (earliest.ndim - 1)
    lowest = np.minimum(earliest, floor.reshape(-1, *extra))
    shifted = np.maximum(earliest + rule.shift(bmi), lowest)
    if rule.warns(bmi, age):
        shifted = np.zeros_like(earliest) if upright else lowest
    applies = corrected.reshape(-1, *extra) & np.isfinite(earliest)
    return np.where(applies, shifted, earliest)
