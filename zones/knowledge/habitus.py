"""For whom the depths of the zones hold, and below which build and age none does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from anatomy.messages import message
from anatomy.store import cached, reading


@dataclass(frozen=True)
class HabitusRule:
    """For whom depths hold, read from ``data/habitus.toml``.

    Attributes
    ----------
    ordinary : mapping of str to (float, float)
        Range of each figure of a patient in which depths hold as they stand.
    warn_below_bmi, warn_below_age : float
        Below either there is no depth to rely on.
    text_thin, text_warn : str
        What is said of a thin patient, and of one below those.
    sources : tuple of str
        Ids of the sources of the figures.
    """

    ordinary: Mapping[str, tuple[float, float]]
    warn_below_bmi: float
    warn_below_age: float
    text_thin: str
    text_warn: str
    sources: tuple[str, ...]

    def warns(self, bmi: float | None, age: float | None) -> bool:
        """Return whether the patient is outside what depths were measured on.

        Examples
        --------
        >>> habitus_rule().warns(15.0, 40.0), habitus_rule().warns(22.0, None)
        (True, False)
        """
        young = age is not None and age < self.warn_below_age
        return young or (bmi is not None and bmi < self.warn_below_bmi)


@cached
def habitus_rule() -> HabitusRule:
    """Return for whom depths hold (read once).

    Raises
    ------
    DataError
        When the file does not say it.
    """
    with reading("habitus.toml", schema=2) as data:
        ordinary = {k: (float(v[0]), float(v[1])) for k, v in data["ordinary"].items()}
        return HabitusRule(
            ordinary=MappingProxyType(ordinary),
            warn_below_bmi=float(data["warn"]["below_bmi"]),
            warn_below_age=float(data["warn"]["below_age"]),
            text_thin=message(data["texts"]["thin"]),
            text_warn=message(data["texts"]["warn"]),
            sources=tuple(data["sources"]["ids"]),
        )
