"""How phones reach a course: address in the room, and the same as a QR code."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from viewer.service.access import is_local

if TYPE_CHECKING:
    from viewer.service.access import Access

#: Seconds for which an address of this machine is taken to stay the same.
KEPT_S = 30.0
#: Seconds to wait for an answer of this machine to itself.
KNOCK_S = 0.5
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
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    scheme = scheme if scheme in ("http", "https") else "http"
    host = urlsplit(f"//{request.host}").hostname or "127.0.0.1"
    own = f"{scheme}://{request.host}"
    learners = access.class_password is not None
    if not access.required:
        return Reach(own, False, ONLY_HERE)
    if not is_local(host):
        return Reach(own, True, class_password=learners)
    here = own_address(int(time.monotonic() / KEPT_S))
    if here is None:
        return Reach(own, False, NOT_FOUND, learners)
    port = urlsplit(f"//{request.host}").port or (443 if scheme == "https" else 80)
    if not heard(here, port, int(time.monotonic() / KEPT_S)):
        return Reach(own, False, NOT_HEARD, learners)
    return Reach(f"{scheme}://{here}:{port}", True, class_password=learners)


@lru_cache(maxsize=4)
def own_address(_when: int) -> str | None:
    """Return this machine's address in its network; None when it has none.

    Nothing is sent: a datagram's socket that is connected only chooses the way.
    """
    for family, far in (
        (socket.AF_INET, "192.0.2.1"),
        (socket.AF_INET6, "2001:db8::1"),
    ):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as one:
                one.connect((far, 9))
                found = str(one.getsockname()[0])
        except OSError:
            continue
        if not is_local(found):
            return f"[{found}]" if family == socket.AF_INET6 else found
    try:
        # a network without a way to others, as a room's own often is
        found = socket.gethostbyname(socket.gethostname())
    except OSError:
        return None
    return None if is_local(found) else found


@lru_cache(maxsize=16)
def heard(host: str, port: int, _when: int) -> bool:
    """Return whether this service answers at an address of this machine."""
    try:
        socket.create_connection((host.strip("[]"), port), timeout=KNOCK_S).close()
    except OSError:
        return False
    return True


@lru_cache(maxsize=64)
def qr_svg(text: str) -> str:
    """Return a text as a QR code, an SVG element.

    Parameters
    ----------
    text : str
        Such as the address of a course.

    Examples
    --------
    >>> qr_svg("http://192.0.2.7:8050/learn/join?code=K7QX4M")[:4]
    '<svg'
    """
    import segno

    cells = segno.make_qr(text, error="m").matrix
    path = "".join(
        f"M{column} {row}h1v1h-1z"
        for row, line in enumerate(cells)
        for column, dark in enumerate(line)
        if dark
    )
    quiet = 4
    whole = len(cells) + 2 * quiet
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-quiet} {-quiet} {whole} '
        f'{whole}" shape-rendering="crispEdges" role="img" aria-label="QR code of the '
        f'link"><path d="M{-quiet} {-quiet}h{whole}v{whole}h{-whole}z" fill="#fff"/>'
        f'<path d="{path}" fill="#000"/></svg>'
    )
