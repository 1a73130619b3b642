"""How often one caller may call: a bucket for each that fills up as time goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewer.service.access.access import network
from viewer.service.protocol.errors import TooManyError
from viewer.service.shared.store import Kind, Memory, Shared, Turn

if TYPE_CHECKING:
    from flask import Flask

_KEY = "needlemap_rates"


#: Callers remembered.
RATES = Kind("rate", most=10_000, exact=False)


class Rates:
    """Counts the requests of each caller.

    Parameters
    ----------
    per_minute : int
        Requests that a caller may make in a minute; as many may come at once.
    shared : Shared, optional
        Where they are counted; in the memory of this process by default.

    Examples
    --------
    >>> rates = Rates(2, Memory(clock=lambda: 0.0))
    >>> [rates.take("a") for _ in range(3)], rates.take("b")
    ([0.0, 0.0, 30.0], 0.0)
    """

    def __init__(self, per_minute: int, shared: Shared | None = None) -> None:
        self._full, self._shared = float(per_minute), shared or Memory()

    def take(self, caller: str, cost: float = 1.0, *, force: bool = False) -> float:
        """Count a call; return the seconds until it may come, 0 when it counts.

        ``force`` counts it whatever is left: a batch has been let in as one call, and
        what it costs beyond that has to be waited for afterwards.

        Raises
        ------
        UnavailableError
        """
        a_second = self._full / 60.0

        def turn(found: Any, now: float) -> Turn[float]:
            left, at = found or (self._full, now)
            # a clock that was set back takes nothing away
            left = min(self._full, left + max(0.0, now - at) * a_second)
            short = 0.0 if force else max(0.0, 1.0 - left)
            left -= 0.0 if short else cost
            # a full bucket need not be remembered
            fills = (self._full - left) / a_second
            return Turn(short / a_second, (left, now), fills)

        return self._shared.change(RATES, caller, turn)


def add_rates(
    server: Flask, per_minute: int | None, shared: Shared | None = None
) -> None:
    """Bound how often each caller may call; None sets no bound.

    Parameters
    ----------
    server : Flask
        The application; to be called after the gate is added, which says who calls.
    per_minute : int or None
        Requests in a minute.
    shared : Shared, optional
        Where they are counted; in memory by default.
    """
    from flask import request

    if per_minute is None:
        return
    rates = Rates(per_minute, shared)
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
