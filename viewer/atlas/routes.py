"""Pictures and hand-outs of the atlas over HTTP, asked for only when they are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anatomy.errors import NeedlemapError
from anatomy.messages import joined
from anatomy.names import unknown
from anatomy.store import cached
from viewer.atlas.link import parse_side, request_of
from viewer.atlas.touch import AREAS, drawn
from viewer.look.night import with_night
from viewer.sheets import svg as drawing
from viewer.sheets.pen import Page
from viewer.state.language import asked_language
from viewer.state.localised import localised
from viewer.text.structures import content, telling

if TYPE_CHECKING:
    from flask import Flask

TILE, FIGURE = "/_atlas/tile.svg", "/_atlas/figure"
KINDS = ("zone", "view", "poster", "pocket", "section")
#: Size of a tile, in its own millimetres, and of a large one.
SMALL, BIG = (62.0, 62.0), (124.0, 104.0)


def tile_svg(body: str, zone: str, chart: str, *, big: bool = False) -> str:
    """Return the piece of a chart that shows a zone, as an SVG of its own.

    Raises
    ------
    UnknownNameError
        When there is no such body or zone, or the chart does not show it.
    """
    return _tile_svg(body, zone, chart, big, asked_language())


@cached(maxsize=256)
def _tile_svg(body: str, zone: str, chart: str, big: bool, language: str) -> str:
    del language  # pictures in different languages are kept apart
    shown = content.shown_zone(content.get_zone(zone))
    charts = content.charts_of(content.parse_body(body), zone)
    if chart not in charts:
        raise unknown("chart of this zone", chart, charts, field="chart")
    wide, tall = BIG if big else SMALL
    page = Page(wide, tall, joined([shown.label, chart], ", "))
    window = drawing.round_shape(body, chart, zone, wide / tall)
    piece = drawing.tile(
        body,
        chart,
        [shown],
        (0.0, 0.0, wide, tall),
        window=window,
        most_px=1300 if big else 520,
        letter=4.0 if big else 3.6,
        clear=True,
    )
    page.add(piece.svg)
    return with_night(page.svg())


def add_routes(server: Flask) -> None:
    """Add the addresses of pictures and hand-outs to a server."""
    from flask import Response, jsonify, request

    @server.get(TILE)
    def atlas_tile() -> Any:
        given = request.args
        try:
            svg = tile_svg(
                given.get("body", "female"),
                given.get("zone", ""),
                given.get("chart", ""),
                big=given.get("big") == "1",
            )
        except NeedlemapError as error:
            return Response(str(error), 422, mimetype="text/plain")
        return Response(svg, mimetype="image/svg+xml")

    @server.get(AREAS)
    def atlas_areas() -> Any:
        given = request.args
        try:
            found = drawn(
                given.get("body", "female"),
                given.get("chart", ""),
                given.get("region", ""),
            )
        except NeedlemapError as error:
            return Response(str(error), 422, mimetype="text/plain")
        return jsonify(localised(found, asked_language()))

    @server.get(FIGURE)
    def atlas_figure() -> Any:
        try:
            data, name, mime = figure_file(request.args)
        except NeedlemapError as error:
            return Response(str(error), 422, mimetype="text/plain")
        return Response(
            data,
            mimetype=mime,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def figure_file(given: Any) -> tuple[bytes, str, str]:
    """Return a hand-out as data, file name and MIME type.

    Parameters
    ----------
    given : mapping of str to str
        ``kind`` (zone, view, poster, pocket or section), ``format``, ``body``,
        ``date`` and what the kind needs: ``zone``, ``chart``, ``part``, ``size``, or
        ``site`` with ``side`` as in a link of a comparison.

    Raises
    ------
    NeedlemapError
        When something is missing or wrong.

    Examples
    --------
    >>> figure_file({"kind": "zone", "zone": "kidney", "format": "pdf"})[1:]
    ('needlemap-zone-kidney.pdf', 'application/pdf')
    """
    from viewer.sheets import sheets
    from viewer.sheets.export import bundled, parse_date, rendered

    kind, form = given.get("kind", ""), given.get("format", "pdf")
    body = given.get("body", "female")
    date = parse_date(given.get("date")) or sheets.today()
    if kind not in KINDS:
        raise unknown("kind of figure", kind, KINDS, field="kind")
    name = kind
    if kind == "zone":
        pages = sheets.zone_figure(given.get("zone", ""), body=body, date=date)
        name = f"zone-{given['zone']}"
    elif kind == "view":
        pages = sheets.view_figure(given.get("chart", ""), body=body, date=date)
        name = f"view-{given['chart']}"
    elif kind == "poster":
        size = given.get("size", "A2")
        pages = sheets.poster_figure(body=body, size=size, date=date)
    elif kind == "pocket":
        part, size = given.get("part", ""), given.get("size", "A6")
        pages = sheets.pocket_figure(part, body=body, size=size, date=date)
        name = f"pocket-{part}"
    else:
        side, _ = parse_side(given.get("side", ""))
        needle, patient = request_of(side)
        site: dict[str, Any] = {"text": given.get("site", ""), "body": body}
        if not given.get("site") and given.get("zone"):
            zone = content.get_zone(given["zone"])
            place = telling.telling_site(content.parse_body(body), zone.id)
            site = {"xyz_mm": list(place), "body": body}
        pages = sheets.section_figure(site, needle, patient, date=date)
    return bundled(rendered(pages, form, date=date), f"needlemap-{name}", form)
