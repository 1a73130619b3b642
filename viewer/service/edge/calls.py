"""The id of each call and its line in the log, which holds nothing about a patient."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask, Request, Response

HEADER = "X-Request-ID"
#: What a caller may give as the id of a call.
_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: Methods that are written down; any other is the caller's own word.
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_LOG = logging.getLogger("needlemap.calls")


class JsonLines(logging.Formatter):
    """A log line as one JSON object.

    What was filled into a message, and what an exception says, may be about a patient:
    of a message only its pattern is written, of an exception its kind and the places
    in the code that it came through.

    Examples
    --------
    >>> record = logging.LogRecord("x", 40, "x.py", 1, "failed at %s", ("T4",), None)
    >>> json.loads(JsonLines().format(record))["event"]
    'failed at %s'
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line of JSON."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": str(record.msg),
        }
        line |= getattr(record, "call", {})
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            line["error"] = record.exc_info[0].__name__
            line["at"] = [f"{f.filename}:{f.lineno} {f.name}" for f in frames]
        return json.dumps(line, ensure_ascii=False, allow_nan=False)


def log_as_json(stream: Any = None) -> None:
    """Write every log line of this process as JSON, to standard error by default."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _LOG.setLevel(logging.INFO)


def call_id() -> str:
    """Return the id of the call that is being answered; empty for a server without."""
    from flask import g

    return str(g.get("call_id", ""))


def route_of(request: Request) -> str:
    """Return the address of a call as it is described: no name or id that was given."""
    return request.url_rule.rule if request.url_rule is not None else "none"


def add_calls(server: Flask) -> None:
    """Give each call an id, send it back, and write one line for each.

    Parameters
    ----------
    server : Flask
        The application; to be called before anything that may refuse a call.
    """
    from flask import g, request

    @server.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.call_id = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
        g.begun = time.perf_counter()

    @server.after_request
    def end(response: Response) -> Response:
        response.headers[HEADER] = call_id()
        seconds = time.perf_counter() - g.get("begun", time.perf_counter())
        call = {
            "id": call_id(),
            "method": request.method if request.method in _METHODS else "other",
            "route": route_of(request),
            "status": response.status_code,
            "ms": round(1000 * seconds, 1),
            "caller": g.get("caller", ""),
        }
        _LOG.info("call", extra={"call": call})
        for observe in server.extensions.get("needlemap_observers", ()):
            observe(call)
        return response
