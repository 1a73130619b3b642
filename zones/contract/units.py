"""Feet, inches and pounds: exact conversion from and to centimetres and kilograms."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Literal, NamedTuple

from anatomy.errors import InputError
from anatomy.messages import message
from anatomy.messages import message as _

System = Literal["metric", "imperial"]
#: International inch and pound, exact by definition.
CM_PER_INCH = Fraction("2.54")
KG_PER_POUND = Fraction("0.45359237")
INCHES_PER_FOOT = 12


class FeetInches(NamedTuple):
    """A height in whole feet and the inches left over."""

    feet: int
    inches: float

    def __str__(self) -> str:
        """Return the height as it is said, such as ``5 ft 9 in``."""
        return f"{self.feet} ft {self.inches:g} in"


def _exact(value: object, what: str) -> Fraction:
    """Return a finite number as a fraction of the decimal that was written."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"{what} must be a number; got {value!r}.", given=value)
    if not math.isfinite(value):
        raise InputError(f"{what} must be finite; got {value!r}.", given=value)
    return Fraction(repr(value))


def cm_from_feet(feet: float | None, inches: float | None) -> float:
    """Return a height in centimetres.

    Parameters
    ----------
    feet, inches : float or None
        Either may be left out, not both.

    Raises
    ------
    InputError
        When both are missing, or one is no finite number.

    Examples
    --------
    >>> cm_from_feet(5, 9), cm_from_feet(None, 70)
    (175.26, 177.8)
    """
    if feet is None and inches is None:
        raise InputError("a height must have feet or inches; got neither.")
    whole = _exact(0 if feet is None else feet, "feet") * INCHES_PER_FOOT
    return float(
        (whole + _exact(0 if inches is None else inches, "inches")) * CM_PER_INCH
    )


def feet_from_cm(cm: float, *, digits: int = 1) -> FeetInches:
    """Return a height in feet and inches, the inches rounded.

    Parameters
    ----------
    cm : float
        Centimetres.
    digits : int
        Decimals of the inches; twelve inches never stand there.

    Examples
    --------
    >>> feet_from_cm(175.26), str(feet_from_cm(182.87))
    (FeetInches(feet=5, inches=9.0), '6 ft 0 in')
    """
    total = round(_exact(cm, "height") / CM_PER_INCH, digits)
    feet = math.floor(total / INCHES_PER_FOOT)
    return FeetInches(feet, float(total - feet * INCHES_PER_FOOT))


def kg_from_pounds(pounds: float) -> float:
    """Return a weight in kilograms.

    Examples
    --------
    >>> kg_from_pounds(100)
    45.359237
    """
    return float(_exact(pounds, "weight") * KG_PER_POUND)


def pounds_from_kg(kg: float, *, digits: int = 1) -> float:
    """Return a weight in pounds, rounded.

    Examples
    --------
    >>> pounds_from_kg(70)
    154.3
    """
    return float(round(_exact(kg, "weight") / KG_PER_POUND, digits))


def quantity_words(value: float, unit: str | None, system: System = "metric") -> str:
    """Return a figure with its unit, in the system that the reader uses.

    Parameters
    ----------
    value : float
        In ``unit``.
    unit : str or None
        Unit of the facts file; only cm and kg have another system.
    system : {"metric", "imperial"}

    Examples
    --------
    >>> quantity_words(250, "cm", "imperial"), quantity_words(2, "kg")
    ('8 ft 2.4 in', '2 kg')
    """
    if system == "imperial" and unit == "cm":
        height = feet_from_cm(value)
        return _("{feet:d} ft {inches:g} in", feet=height.feet, inches=height.inches)
    if system == "imperial" and unit == "kg":
        return _("{pounds:g} lb", pounds=pounds_from_kg(value))
    if unit:
        return message("{value:g} {unit}", value=value, unit=unit)
    return message("{value:g}", value=value)
