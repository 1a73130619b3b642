"""Reading ahead what every check needs."""

from __future__ import annotations

import gc
from collections.abc import Iterable

from anatomy.body import BODIES
from zones.check.site import check_site
from zones.table.sites import check_sites


def preload(bodies: Iterable[str] = BODIES) -> None:
    """Read bodies, zones and rules now, so that no answer has to wait for them.

    For programs that answer many requests, and for those that make processes of
    themselves: what is read before, the processes share.

    Parameters
    ----------
    bodies : iterable of {"male", "female"}
        Bodies that will be asked about; both unless given.

    Raises
    ------
    NeedlemapError
        For a body that is not known, or a data file that is wrong.

    Examples
    --------
    >>> preload(["male"])
    """
    for body in bodies:
        site = {"text": "6 cm left of T4", "body": body}
        check_site(site, {"depth_mm": 25})
        check_sites({**{name: [value] for name, value in site.items()}, "depth_mm": 25})
    # for good: a search for garbage in it would copy what processes share
    gc.collect()
    gc.freeze()
