"""Chances in words: natural frequencies, which are read more rightly than percent."""

from __future__ import annotations

import math

#: Chances below this are told as fewer than it: no figure holds so far out.
LEAST = 1e-5


def one_in(chance: float) -> str:
    """Return a chance as a natural frequency.

    Parameters
    ----------
    chance : float
        0 to 1.

    Notes
    -----
    Rounded so that the chance told is never less than the chance.

    Examples
    --------
    >>> one_in(0.011), one_in(0.62), one_in(0.3), one_in(1e-7)
    ('about 1 in 90', 'about 62 in 100', 'about 3 in 10', 'fewer than 1 in 100,000')
    >>> one_in(0.9999)
    'nearly all'
    """
    if chance >= 0.995:
        return "nearly all"
    if chance >= 0.345:
        return f"about {math.ceil(chance * 100 - 1e-9):d} in 100"
    if chance >= 0.145:
        return f"about {math.ceil(chance * 10 - 1e-9):d} in 10"
    if chance < LEAST:
        return f"fewer than 1 in {round(1 / LEAST):,d}"
    many = 1.0 / chance
    step = 10.0 ** (math.floor(math.log10(many)) - 1)
    if many < 100.0:
        step = 5.0 if many >= 20.0 else 1.0
    return f"about 1 in {math.floor(many / step + 1e-9) * step:,.0f}"
