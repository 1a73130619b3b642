"""Names, sides and units: the words that the rest of the library shares."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal, get_args

from anatomy.errors import OutOfRangeError, SideError, UnknownNameError

Side = Literal["left", "right", "midline"]
SIDES: tuple[Side, ...] = get_args(Side)


def closest(name: str, known: Iterable[str], *, count: int = 4) -> list[str]:
    """Return the known names nearest to a mistyped one, best first.

    Examples
    --------
    >>> closest("acromium", ["acromion", "olecranon", "C7 spinous process"])
    ['acromion']
    """
    from rapidfuzz import fuzz, process  # loaded when something is misspelt

    lowered = {k.lower(): k for k in known}
    alike = process.extract(
        name.lower(), lowered.keys(), scorer=fuzz.ratio, limit=count, score_cutoff=55
    )
    hits = [found for found, *_ in alike]
    inside = [k for k in lowered if name.lower() in k and k not in hits]
    return [lowered[h] for h in (hits + inside)[:count]]


def unknown(
    kind: str, name: str, known: Iterable[str], *, field: str | None = None
) -> UnknownNameError:
    """Return the error for a name that is not known, with the nearest valid ones.

    Examples
    --------
    >>> str(unknown("body", "mael", ["male", "female"]))
    "Unknown body 'mael'. Nearest: male, female."
    """
    names = list(known)
    near = closest(name, names) or names[:6]
    return UnknownNameError(
        f"Unknown {kind} {name!r}.", field=field, given=name, suggestions=near
    )


def parse_side(value: object, *, field: str | None = None) -> Side:
    """Return a typed side; sides are always the patient's own.

    Examples
    --------
    >>> parse_side("Left")
    'left'
    """
    text = value.strip().lower() if isinstance(value, str) else value
    for side in SIDES:
        if text == side:
            return side
    raise SideError(
        f"side must be one of left, right, midline (the patient's); got {value!r}.",
        field=field,
        given=value,
        suggestions=SIDES,
    )


def finite(value: float, *, field: str, low: float, high: float, unit: str) -> float:
    """Return a number that is finite and inside its range, else raise.

    Examples
    --------
    >>> finite(12, field="needle.depth_mm", low=0, high=300, unit="mm")
    12.0
    """
    number = float(value)
    if not math.isfinite(number) or not low <= number <= high:
        raise OutOfRangeError(
            f"{field} must be a number from {low:g} to {high:g} {unit}; got {value!r}.",
            field=field,
            given=value,
        )
    return number
