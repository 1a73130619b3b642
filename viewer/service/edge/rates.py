"""How often one caller may call: a bucket for each that fills up as time goes by."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from viewer.service.access import network
from viewer.service.errors import TooManyError

if TYPE_CHECKING:
    from flask import Flask

_KEY = "needlemap_rates"


class Rates:
    """Counts the requests of each caller.

    Parameters
    ----------
    per_minute : int
        Requests that a caller may make in a minute; as many may come at once.
    most : int
        Callers remembered; the one that called longest ago goes first.
    clock : callable
        Seconds that only go up.

    Examples
    --------
    >>> rates = Rates(2, clock=lambda: 0.0)
    >>> [rates.take("a") for _ in range(3)], rates.take("b")
    ([0.0, 0.0, 30.0], 0.0)
    """

    def __init__(
        self,
        per_minute: int,
        *,
        most: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._full, self._most, self._clock = float(per_minute), most, clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, caller: str, cost: float = 1.0, *, force: bool = False) -> float:
        """Count a call; return the seconds until it may come, 0 when it counts.

        ``force`` counts it whatever is left: a batch has been let in as one call, and
        what it costs beyond that has to be waited for afterwards.
        """
        a_second = self._full / 60.0
        now = self._clock()
        with self._lock:
            left, at = self._left.pop(caller, (self._full, now))
            left = min(self._full, left + (now - at) * a_second)
            short = 0.0 if force else max(0.0, 1.0 - left)
            self._left[caller] = (left if short else left - cost, now)
            while len(self._left) > self._most:
                del self._left[next(iter(self._left))]
        return short / a_second


def add_rates(server: Flask, per_minute: int | None) -> None:
    """Bound how often each caller may call; None sets no bound.

    Parameters
    ----------
    server : Flask
        The application; to be called after the gate is added, which says who calls.
    per_minute : int or None
        Requests in a minute.
    """
    from flask import request

    if per_minute is None:
        return
    rates = Rates(per_minute)
    server.extensions[_KEY] = rates

    @server.before_request
    def bound() -> None:
        if request.path.startswith("/health/"):
            return
        wait = rates.take(_caller())
        if wait > 0:
            seconds = int(wait) + 1
            error = TooManyError(
                f"at most {per_minute} requests a minute are answered; try again in "
                f"{seconds} seconds."
            )
            error.given = seconds
            raise error


def charge(more: int) -> None:
    """Count the requests of a batch beyond the first."""
    from flask import current_app

    rates = current_app.extensions.get(_KEY)
    if rates is not None and more > 0:
        rates.take(_caller(), more, force=True)


def _caller() -> str:
    from flask import g, request

    return f"{g.get('caller', '')} {network(request.remote_addr)}"
