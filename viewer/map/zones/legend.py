"""The legend of a chart: tissues and outlines in words, names one click away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dash import html

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.look.look import LOOKS, MEANS, svg_uri
from viewer.look.palette import fill_of, outline, palette, shade, tissues_of
from viewer.map.zones.zone_images import UNMAPPED, Shown
from zones.contract.models import Verdict
from zones.knowledge.structures.tissues import tissue_words

#: What pictures say by colour, by line and by weight.
LANGUAGE = _(
    "Colour: the tissue, as in anatomy atlases. Outline: what reaching it can come to; "
    "heavier where the needle meets it, lighter far from it."
)
_HATCH = (
    '<path d="M3 15 15 3M3 9 9 3M9 15 15 9" stroke="{line}" stroke-width="1.2"/><text '
    'x="9" y="13" font-size="11" font-weight="700" text-anchor="middle" '
    'font-family="sans-serif" fill="' + shade("unmapped-ink") + '">?</text>'
)


def swatch(verdict: Verdict, *, known: bool = True, zone: str = "") -> html.Img:
    """Return the outline of a verdict round a small square.

    Parameters
    ----------
    verdict : Verdict
        Which outline.
    known : bool
        False for what may not apply.
    zone : str
        Id of the structure in whose colour it is filled; an empty square by default.
    """
    look = LOOKS[verdict]
    grey = verdict == Verdict.NOT_ASSESSABLE and known
    inside = _HATCH.format(line=look.line) if grey else ""
    filled = ""
    if zone:
        filled = f'<rect x="3" y="3" width="12" height="12" fill="{fill_of(zone)}"/>'
    square = outline("M3 3H15V15H3Z", verdict, known=known, near="here")
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18" width="18" '
        f'height="18"><rect width="18" height="18" fill="'
        f'{shade("unmapped-ground" if grey else "paper")}"/>'
        f"{filled}{inside}{square}</svg>"
    )
    return html.Img(src=svg_uri(svg), width=18, height=18, alt=look.pattern)


def tissue_swatch(tissue: str) -> html.Img:
    """Return the fill of a tissue as a small square."""
    look = palette().tissue[tissue]
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" '
        f'height="16"><rect x="1" y="1" width="14" height="14" rx="2" '
        f'fill="{look.fill}" stroke="{shade("swatch-edge")}"/></svg>'
    )
    return html.Img(src=svg_uri(svg), width=14, height=14, alt="")


def tissue_keys(keys: Iterable[str]) -> list[html.Span]:
    """Return what the fills of structures mean, one key for each tissue.

    Parameters
    ----------
    keys : iterable of str
        Ids of zones.
    """
    words = tissue_words()
    return [
        html.Span([tissue_swatch(name), " ", words[name].word], className="key tissue")
        for name in tissues_of(keys)
    ]


def legend(zones: tuple[Shown, ...]) -> list[Any]:
    """Return the legend of a chart: tissues and outlines, names one click away.

    Parameters
    ----------
    zones : tuple of Shown
        Zones that the chart shows.
    """
    keys: list[Any] = []
    unasked = False
    names: list[Any] = []
    for verdict in (
        Verdict.STOP,
        Verdict.DANGER,
        Verdict.CAUTION,
        Verdict.NOT_ASSESSABLE,
    ):
        own = [z for z in zones if z.verdict == verdict]
        for known in (True, False):
            part = list(dict.fromkeys(z.label for z in own if z.known is known))
            if not part:
                continue
            means = MEANS[verdict] if known else _("may apply (not asked)")
            if known or not unasked:
                unasked = unasked or not known
                keys.append(
                    html.Span(
                        [swatch(verdict, known=known), " ", means], className="key"
                    )
                )
            names.append(
                html.Li(
                    [
                        swatch(verdict, known=known),
                        " ",
                        html.B([means, ": "]),
                        joined(part, "; "),
                    ]
                )
            )
    if not keys:
        return [html.Span(_("No zone in this view."), className="key")]
    filled = [z.key for z in zones if z.known and z.group != UNMAPPED]
    # a phone shows the tissues with the names only
    names.insert(0, html.Li(tissue_keys(filled), className="keys"))
    names.insert(0, html.Li(LANGUAGE))
    return [
        html.Div([*keys, *tissue_keys(filled)], className="keys"),
        html.Details(
            [html.Summary(_("Names")), html.Ul(names, tabIndex="0")],
            className="legend-names",
        ),
    ]
