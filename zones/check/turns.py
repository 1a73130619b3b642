"""One check after another in a process whose threads cannot run side by side.

A check is some thousand small steps, and numpy lets other threads in at many of them:
threads that check at the same time hand the interpreter to and fro and need twice as
long for all together as one after another.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import AbstractContextManager, nullcontext


class Turns:
    """What a thread holds while it checks; nothing where threads run side by side.

    Attributes
    ----------
    side_by_side : bool
        Whether this Python lets threads run at the same time.

    Examples
    --------
    >>> turns = Turns()
    >>> with turns.turn(), turns.turn():
    ...     print("a check within a check is let through")
    a check within a check is let through
    """

    def __init__(self) -> None:
        self.side_by_side = not getattr(sys, "_is_gil_enabled", lambda: True)()
        self._renew()
        if hasattr(os, "register_at_fork"):
            # a thread that held it does not exist in the new process
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._lock = threading.RLock()

    def turn(self) -> AbstractContextManager[object]:
        """Return what is to be held during a check."""
        return nullcontext() if self.side_by_side else self._lock


#: The turns of this process.
TURNS = Turns()
