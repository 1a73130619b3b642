"""Chances in words: natural frequencies, which are read more rightly than percent."""

from __future__ import annotations

import math

from anatomy.messages import message as _

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
        return _("nearly all")
    if chance >= 0.345:
        return _("about {n:d} in 100", n=math.ceil(chance * 100 - 1e-9))
    if chance >= 0.145:
        return _("about {n:d} in 10", n=math.ceil(chance * 10 - 1e-9))
    if chance < LEAST:
        return _("fewer than 1 in {n:,d}", n=round(1 / LEAST))
    many = 1.0 / chance
    step = 10.0 ** (math.floor(math.log10(many)) - 1)
    if many < 100.0:
        step = 5.0 if many >= 20.0 else 1.0
    return _("about 1 in {n:,.0f}", n=math.floor(many / step + 1e-9) * step)
