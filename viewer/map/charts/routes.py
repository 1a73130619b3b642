"""The pictures of charts, which every page shows: the check, the lessons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anatomy.errors import UnknownNameError
from anatomy.store import cached
from viewer.map.charts.chart_pictures import PICTURES, webp
from viewer.map.charts.frames import get_chart

if TYPE_CHECKING:
    from flask import Flask

#: A picture's address changes with the picture.
KEEP = "private, max-age=31536000, immutable"


@cached(maxsize=64)
def picture(body: str, chart: str, layer: str = "skin") -> bytes | None:
    """Return a picture of a chart as WebP, the right way round; None for no such one.

    Parameters
    ----------
    body, chart : str
        Names of the body and of one of its charts.
    layer : {"skin", "skeleton"}
        Which picture; both are clear beside the body.

    Examples
    --------
    >>> picture("male", "right_thigh_anterior")[8:12]
    b'WEBP'
    >>> picture("male", "from_within") is None
    True
    """
    try:
        drawn = get_chart(body, chart)
    except UnknownNameError:
        return None
    return webp(drawn, layer) if layer in PICTURES else None


def add_charts(server: Flask) -> None:
    """Add the pictures of charts to a server."""
    from flask import Response, abort, request

    @server.get("/charts/<body>/<chart>.webp")
    def chart_picture(body: str, chart: str) -> Any:
        data = picture(body, chart, request.args.get("layer", "skin"))
        if data is None:
            abort(404)
        answer = Response(data, mimetype="image/webp")
        answer.headers["Cache-Control"] = KEEP
        return answer
