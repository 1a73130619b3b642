"""Where other machines of the network reach this service."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from viewer.service.access.access import is_local

if TYPE_CHECKING:
    from viewer.service.access.access import Access

#: Seconds for which an address of this machine is taken to stay the same.
KEPT_S = 30.0
#: Seconds to wait for an answer of this machine to itself.
KNOCK_S = 0.5


class Closed(StrEnum):
    """Why no other machine can reach the service."""

    NO_LOGIN = "no log-in"
    NO_NETWORK = "no network"
    NOT_HEARD = "not heard"


@dataclass(frozen=True)
class Base:
    """Where the service is reached.

    Attributes
    ----------
    base : str
        Such as ``http://192.0.2.7:8050``.
    why : Closed or None
        Why no other machine can reach it, as far as is known; None when one can.
    """

    base: str
    why: Closed | None = None


def own_base(request: Any, access: Access) -> Base:
    """Return where other machines reach this service.

    Parameters
    ----------
    request : flask.Request
        The caller's; an address by which it came from elsewhere will do for others.
    access : Access
        Who gets in.
    """
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    scheme = scheme if scheme in ("http", "https") else "http"
    host = urlsplit(f"//{request.host}").hostname or "127.0.0.1"
    own = f"{scheme}://{request.host}"
    if not access.required:
        return Base(own, Closed.NO_LOGIN)
    if not is_local(host):
        return Base(own)
    here = own_address(int(time.monotonic() / KEPT_S))
    if here is None:
        return Base(own, Closed.NO_NETWORK)
    port = urlsplit(f"//{request.host}").port or (443 if scheme == "https" else 80)
    if not heard(here, port, int(time.monotonic() / KEPT_S)):
        return Base(own, Closed.NOT_HEARD)
    return Base(f"{scheme}://{here}:{port}")


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
