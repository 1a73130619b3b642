"""Wrong credentials, counted by address in all processes together."""

from __future__ import annotations

from typing import Any

from viewer.service.shared.store import Kind, Memory, Shared, Turn


class Attempts:
    """Counts wrong credentials by address and makes the next try wait.

    The first few cost nothing, since people mistype; then the wait doubles with each
    failure. Nothing sleeps: a try that comes too early is refused, right or wrong.

    Parameters
    ----------
    shared : Shared, optional
        Where they are kept; in the memory of this process by default.
    free : int
        Failures without a wait.
    longest_s : float
        Longest wait, in seconds.
    most : int
        Addresses remembered.

    Examples
    --------
    >>> attempts = Attempts(Memory(clock=lambda: 0.0), free=1)
    >>> [attempts.try_one("192.0.2.7", right=False) for _ in range(3)]
    [0.0, 0.0, 1.0]
    >>> attempts.try_one("192.0.2.7", right=True) > 0
    True
    """

    def __init__(
        self,
        shared: Shared | None = None,
        *,
        free: int = 5,
        longest_s: float = 300.0,
        most: int = 10_000,
    ) -> None:
        self._shared = shared or Memory()
        self._free, self._longest_s = free, longest_s
        self._kind = Kind("attempt", most=most)

    def try_one(self, address: str, *, right: bool) -> float:
        """Count a try; return the seconds it came too early, 0 when it counts.

        Raises
        ------
        UnavailableError
        """
        if right and self._shared.read(self._kind, address) is None:
            return 0.0

        def turn(found: Any, now: float) -> Turn[float]:
            count, until = found or (0, 0.0)
            if now < until:
                return Turn(until - now)
            if right:
                return Turn(0.0, over=True)
            count += 1
            over = count - self._free
            wait = min(2.0 ** min(over - 1, 30), self._longest_s) if over > 0 else 0.0
            # without a wait no time is kept: processes differ by milliseconds
            until = now + wait if wait else 0.0
            # a failure is forgotten once nothing came for the longest wait
            return Turn(0.0, (count, until), wait + self._longest_s)

        return self._shared.change(self._kind, address, turn)
