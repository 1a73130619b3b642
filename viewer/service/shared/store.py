"""Short-lived entries that may be read and changed by name; here in memory."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from viewer.service.protocol.errors import TooManyError

Told = TypeVar("Told")
#: Seconds to wait when there is no room for another entry.
FULL_S = 60


@dataclass(frozen=True)
class Kind:
    """One kind of entry.

    Attributes
    ----------
    name : str
        Its name.
    most : int
        Entries at once.
    evicted : bool
        Whether a new entry beyond ``most`` takes the place of the one that would end
        first; else it is refused.
    exact : bool
        Whether every change outlasts a crash of the database.
    """

    name: str
    most: int
    evicted: bool = True
    exact: bool = True


@dataclass(frozen=True)
class Turn(Generic[Told]):
    """What becomes of an entry, and what its caller is told.

    Attributes
    ----------
    told : object
        For the caller.
    value : object, optional
        The entry's new value, plain data; None leaves the entry as it is.
    lasts_s : float
        Seconds after which the new value ends.
    over : bool
        Whether the entry ends now.
    """

    told: Told
    value: Any = None
    lasts_s: float = 0.0
    over: bool = False


class Shared(ABC):
    """Entries by kind and key; each ends by itself."""

    @abstractmethod
    def now(self) -> float:
        """Return the time that entries end by, in seconds; its start does not matter.

        Raises
        ------
        UnavailableError
        """

    @abstractmethod
    def epoch(self) -> float:
        """Return the seconds since 1970 by the clock that all processes share.

        Raises
        ------
        UnavailableError
        """

    @abstractmethod
    def read(self, kind: Kind, key: str) -> Any:
        """Return the value of an entry; None for one that ended or never was.

        Raises
        ------
        UnavailableError
        """

    @abstractmethod
    def change(
        self, kind: Kind, key: str, turn: Callable[[Any, float], Turn[Told]]
    ) -> Told:
        """Change an entry, with nobody between the reading and the writing.

        Parameters
        ----------
        kind : Kind
            Its kind.
        key : str
            Its key.
        turn : callable
            Gets the value, None where there is none, and the time; may be called again
            when another process was first.

        Raises
        ------
        UnavailableError, TooManyError
            When it cannot be kept, or there is no room; nothing is changed then.
        """

    @abstractmethod
    def check(self) -> None:
        """Raise when entries cannot be read or kept now.

        Raises
        ------
        UnavailableError
        """

    def put(self, kind: Kind, key: str, value: Any, *, lasts_s: float) -> None:
        """Keep a value in place of what was there.

        Raises
        ------
        UnavailableError
        """
        self.change(kind, key, lambda *_: Turn(None, value, lasts_s))

    def drop(self, kind: Kind, key: str) -> None:
        """End an entry.

        Raises
        ------
        UnavailableError
        """
        self.change(kind, key, lambda *_: Turn(None, over=True))


class Memory(Shared):
    """Entries of a single process; they end with it.

    Parameters
    ----------
    clock : callable
        Seconds that only go up.
    epoch : callable
        Seconds since 1970.

    Examples
    --------
    >>> now = [0.0]
    >>> kept, links = Memory(clock=lambda: now[0]), Kind("link", most=10)
    >>> kept.put(links, "a", {"pages": 2}, lasts_s=60)
    >>> kept.read(links, "a")
    {'pages': 2}
    >>> now[0] = 60.0
    >>> kept.read(links, "a") is None
    True
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        epoch: Callable[[], float] = time.time,
    ) -> None:
        self._clock, self._epoch = clock, epoch
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, tuple[Any, float]]] = {}

    def now(self) -> float:
        """Return the seconds of the clock that only goes up."""
        return self._clock()

    def epoch(self) -> float:
        """Return the seconds since 1970 by this machine."""
        return self._epoch()

    def read(self, kind: Kind, key: str) -> Any:
        """Return the value of an entry; None for one that ended or never was."""
        with self._lock:
            value, ends = self._kept.get(kind.name, {}).get(key, (None, 0.0))
        return value if self.now() < ends else None

    def change(
        self, kind: Kind, key: str, turn: Callable[[Any, float], Turn[Told]]
    ) -> Told:
        """Change an entry, with nobody between the reading and the writing."""
        now = self.now()
        with self._lock:
            rows = self._kept.setdefault(kind.name, {})
            value, ends = rows.get(key, (None, 0.0))
            made = turn(value if now < ends else None, now)
            if made.over:
                rows.pop(key, None)
            elif made.value is not None:
                if key not in rows:
                    self._make_room(kind, now)
                rows[key] = (made.value, now + made.lasts_s)
        return made.told

    def check(self) -> None:
        """Do nothing: memory is there."""

    def _make_room(self, kind: Kind, now: float) -> None:
        """Take out what has ended once a kind is full; let one more entry fit in."""
        rows = self._kept[kind.name]
        if len(rows) < kind.most:
            return
        for every in self._kept.values():
            for key in [key for key, (_, ends) in every.items() if ends <= now]:
                del every[key]
        if len(rows) >= kind.most:
            if not kind.evicted:
                raise full()
            del rows[min(rows, key=lambda key: rows[key][1])]


def full() -> TooManyError:
    """Return the error that there is no room for another entry."""
    error = TooManyError("too many callers at once; try again later.")
    error.given = FULL_S
    return error
