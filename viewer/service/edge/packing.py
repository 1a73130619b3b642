"""Answers compressed with gzip for callers who take it."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flask import Flask, Response

#: Shorter answers are sent as they are, bytes.
SHORTEST = 1_000
_LEVEL = 5
#: Kinds of answer that are worth it; pictures are compressed already.
_KINDS = ("json", "text/", "octet-stream", "openmetrics")


def add_packing(server: Flask) -> None:
    """Compress what a server answers, for callers who take gzip.

    Parameters
    ----------
    server : Flask
        The application.
    """
    from flask import request

    @server.after_request
    def packed(response: Response) -> Response:
        if not any(kind in (response.mimetype or "") for kind in _KINDS):
            return response
        response.vary.add("Accept-Encoding")
        if (
            response.status_code in (204, 304)
            or "Content-Encoding" in response.headers
            or request.accept_encodings["gzip"] <= 0
            or request.method == "HEAD"
        ):
            return response
        if response.is_streamed:
            response.response = _stream(response.iter_encoded())
            response.headers.pop("Content-Length", None)
        else:
            body = response.get_data()
            if len(body) < SHORTEST:
                return response
            response.set_data(gzip.compress(body, _LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        return response


def _stream(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the parts of an answer compressed."""
    packer = zlib.compressobj(_LEVEL, wbits=zlib.MAX_WBITS | 16)
    for part in parts:
        packed = packer.compress(part)
        if packed:
            yield packed
    yield packer.flush()
