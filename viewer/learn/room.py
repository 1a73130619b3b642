"""How phones reach a course: its address in the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from viewer.service.access.reach import Closed, own_base

if TYPE_CHECKING:
    from viewer.service.access.access import Access

ONLY_HERE = (
    "Only this machine can open it. For learners' phones start needlemap with --host "
    "0.0.0.0, a password and a class password; see the documentation."
)
NOT_FOUND = (
    "This machine is not on a network now. Join the room's network and reload this "
    "page."
)
NOT_HEARD = (
    "needlemap listens for this machine only. For learners' phones start it with "
    "--host 0.0.0.0."
)
NOTES = {
    Closed.NO_LOGIN: ONLY_HERE,
    Closed.NO_NETWORK: NOT_FOUND,
    Closed.NOT_HEARD: NOT_HEARD,
}


@dataclass(frozen=True)
class Reach:
    """Where learners open a course.

    Attributes
    ----------
    base : str
        Such as ``http://192.0.2.7:8050``.
    open : bool
        Whether other machines can reach it, as far as is known.
    note : str
        What is to be said of it; empty when nothing is.
    class_password : bool
        Whether learners have a password of their own.
    """

    base: str
    open: bool
    note: str = ""
    class_password: bool = False

    def link(self, code: str) -> str:
        """Return the address at which learners join a course."""
        return f"{self.base}/learn/join?code={code}"


def reach(request: Any, access: Access) -> Reach:
    """Return where learners reach this service.

    Parameters
    ----------
    request : flask.Request
        The trainer's; an address by which the trainer came from elsewhere will do for
        learners too.
    access : Access
        Who gets in.
    """
    found = own_base(request, access)
    learners = found.why is not Closed.NO_LOGIN and access.class_password is not None
    note = "" if found.why is None else NOTES[found.why]
    return Reach(found.base, found.why is None, note, learners)
