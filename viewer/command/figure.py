"""``needlemap figure``: hand-outs from the command line, to be remade at any time."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from viewer.sheets.pen import Page


def add_figure(commands: Any) -> None:
    """Add ``needlemap figure`` to the commands.

    Parameters
    ----------
    commands : argparse subparsers
        Where it is added.
    """
    from viewer.command import request

    figure = commands.add_parser(
        "figure",
        help="make a hand-out as SVG, PNG or PDF",
        description="Make a hand-out with legend, sources and date. The same data and "
        "the same --date give the same file.",
    )
    kinds = figure.add_subparsers(title="figures", metavar="KIND", required=True)
    zone = kinds.add_parser("zone", help="one zone: area, section, depths, sources")
    zone.add_argument("zone", metavar="ID", help="such as pleura; see needlemap zones")
    view = kinds.add_parser("view", help="one chart with all its zones named")
    view.add_argument("chart", metavar="CHART", help="such as posterior")
    poster = kinds.add_parser("poster", help="the whole body on one sheet")
    poster.add_argument("--size", default="A2", metavar="A2|A1")
    pocket = kinds.add_parser("pocket", help="a pocket sheet of a part of the body")
    pocket.add_argument("part", metavar="PART", help="such as hand or chest-back")
    pocket.add_argument("--size", default="A6", metavar="A6|A5")
    section = kinds.add_parser("section", help="a cross-section at a site")
    request.add_request(section)
    section.add_argument("--view", default="needle", metavar="needle|axial")
    for kind in (zone, view, poster, pocket, section):
        if kind is not section:
            kind.add_argument("--body", default="female", metavar="female|male")
        kind.add_argument(
            "--out", type=Path, metavar="FILE", help="by default named for the figure"
        )
        kind.add_argument(
            "--format", metavar="pdf|svg|png", help="by default from the file's name"
        )
        kind.add_argument("--date", metavar="YYYY-MM-DD", help="by default today")
        kind.add_argument("--dpi", type=float, default=150, help="of a PNG")
    for parser, make in (
        (zone, _zone),
        (view, _view),
        (poster, _poster),
        (pocket, _pocket),
        (section, _section),
    ):
        parser.set_defaults(run=_run, make=make)


def _run(arguments: argparse.Namespace) -> int:
    """Make a figure, write it and say where it is."""
    from viewer.sheets.export import parse_date, rendered, write
    from viewer.sheets.sheets import today

    date = parse_date(arguments.date) or today()
    form = arguments.format
    if form is None:
        form = arguments.out.suffix.lstrip(".").lower() if arguments.out else "pdf"
    name, pages = arguments.make(arguments, date)
    target = arguments.out or Path(f"{name}.{form}")
    files = rendered(pages, form, date=date, dpi=arguments.dpi)
    for path in write(files, target):
        print(path)
    return 0


_Made = tuple[str, "list[Page]"]


def _zone(arguments: argparse.Namespace, date: datetime.date) -> _Made:
    from viewer.sheets.sheets import zone_figure

    name = f"zone-{arguments.zone}"
    return name, zone_figure(arguments.zone, body=arguments.body, date=date)


def _view(arguments: argparse.Namespace, date: datetime.date) -> _Made:
    from viewer.sheets.sheets import view_figure

    name = f"view-{arguments.chart}"
    return name, view_figure(arguments.chart, body=arguments.body, date=date)


def _poster(arguments: argparse.Namespace, date: datetime.date) -> _Made:
    from viewer.sheets.sheets import poster_figure

    pages = poster_figure(body=arguments.body, size=arguments.size, date=date)
    return f"poster-{arguments.size}", pages


def _pocket(arguments: argparse.Namespace, date: datetime.date) -> _Made:
    from viewer.sheets.sheets import pocket_figure

    pages = pocket_figure(
        arguments.part, body=arguments.body, size=arguments.size, date=date
    )
    return f"pocket-{arguments.part}", pages


def _section(arguments: argparse.Namespace, date: datetime.date) -> _Made:
    from viewer.command.request import request_given
    from viewer.sheets.sheets import section_figure

    site, needle, patient = request_given(arguments)
    pages = section_figure(site, needle, patient, view=arguments.view, date=date)
    return "section", pages
