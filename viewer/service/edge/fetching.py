"""Fetching from an address on a list: no redirect is followed, nothing is endless."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seconds that an answer may take.
PATIENCE_S = 10


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it may lead off the list."""

    def redirect_request(self, *_: object) -> None:
        return None


def fetch(
    address: str,
    *,
    largest: int,
    data: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = PATIENCE_S,
) -> bytes:
    """Return what an address answers.

    Parameters
    ----------
    address : str
        With ``http:`` or ``https:``.
    largest : int
        Most bytes; of a longer answer no more is read, which then cannot be parsed.
    data : bytes, optional
        Sent by POST.
    headers : mapping, optional
        Sent along.
    timeout : float
        Seconds.

    Raises
    ------
    OSError
        When it cannot be reached, answers an error or a redirect.
    """
    if not address.startswith(("http://", "https://")):
        raise OSError("no address of the web")
    call = urllib.request.Request(address, data=data, headers=dict(headers or {}))
    opener = urllib.request.build_opener(_Stay)
    with opener.open(call, timeout=timeout) as answer:
        found: bytes = answer.read(largest)
    return found
