"""Words, shapes and colours of the page: one place for how a verdict looks.

Shapes and colours follow the severity ladder of ANSI Z535 and ISO 22324; every level
differs in word, shape and pattern as well as in colour, and none is green.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from anatomy.messages import message as _
from viewer.look.night import with_night
from viewer.look.palette import palette, shade
from viewer.state.language import said
from zones.contract.models import Verdict
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from dash import html

INK, GREY, NEEDLE = shade("ink"), shade("grey"), shade("needle")
#: What an outline means.
MEANS = {
    Verdict.STOP: _("do not needle"),
    Verdict.DANGER: _("grave or lasting harm"),
    Verdict.CAUTION: _("temporary harm, or depth unknown"),
    Verdict.NOT_ASSESSABLE: _("not mapped"),
}
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Arial, sans-serif"


@dataclass(frozen=True)
class Look:
    """How one verdict is shown.

    Attributes
    ----------
    fill, ink : str
        Background and text colour of the card's head (contrast 4.5:1 or better).
    line : str
        Colour of outlines in pictures, from ``palette.toml``.
    shape : str
        Key into the shapes of `icon`.
    pattern : str
        How that outline is drawn, in words.
    verdict : Verdict
        Which verdict.
    """

    fill: str
    ink: str
    line: str
    shape: str
    pattern: str
    verdict: Verdict

    @property
    def word(self) -> str:
        """The word on the card."""
        return load_words().verdict[self.verdict].word

    @property
    def short(self) -> str:
        """The word in a list of findings."""
        return load_words().verdict[self.verdict].short


_LOOKS = (
    ("#8b1220", "#ffffff", "octagon", _("double line"), Verdict.STOP),
    ("#c2410c", "#ffffff", "triangle", _("full line"), Verdict.DANGER),
    ("#ffd84d", "#2b2200", "open-triangle", _("dotted line"), Verdict.CAUTION),
    ("#e8f1fa", "#0b4f8a", "circle", _("no line"), Verdict.NO_KNOWN_DANGER),
    ("#e3e6e9", "#2c343b", "hatch", _("grey hatch with ?"), Verdict.NOT_ASSESSABLE),
)
LOOKS: dict[Verdict, Look] = {
    verdict: Look(fill, ink, palette().severity[verdict].line, shape, pattern, verdict)
    for fill, ink, shape, pattern, verdict in _LOOKS
}


#: The shape of a verdict as one sign, before a name on a picture.
SIGNS = {
    Verdict.STOP: "⬣",
    Verdict.DANGER: "▲",
    Verdict.CAUTION: "△",
    Verdict.NO_KNOWN_DANGER: "○",
    Verdict.NOT_ASSESSABLE: "?",
}


def edge_style(verdict: Verdict) -> dict[str, str]:
    """Return the colour of a verdict as an edge, by day and on the dark page.

    Examples
    --------
    >>> sorted(edge_style(Verdict.STOP))
    ['--verdict-line', '--verdict-night']
    """
    edge = palette().severity[verdict]
    return {"--verdict-line": edge.line, "--verdict-night": edge.night}


_OUTLINES = {
    "octagon": '<path d="M9.2 2.5h9.6L25.5 9.2v9.6L18.8 25.5H9.2L2.5 18.8V9.2Z" '
    'fill="{line}" stroke="{ring}" stroke-width="1.6"/>'
    '<path d="M8 14h12" stroke="{ring}" stroke-width="3.4"/>',
    "triangle": '<path d="M14 3 26 24.5H2Z" fill="{line}" stroke="{ring}" '
    'stroke-width="1.6" stroke-linejoin="round"/>'
    '<path d="M14 10v7.4M14 19.6v2.4" stroke="{ring}" stroke-width="2.4"/>',
    "open-triangle": '<path d="M14 3.5 25.4 24H2.6Z" fill="{open}" '
    'stroke="{line}" stroke-width="2.6" stroke-linejoin="round"/>'
    '<path d="M14 10.4v6.6M14 19v2.2" stroke="{line}" stroke-width="2.2"/>',
    "circle": '<circle cx="14" cy="14" r="10" fill="none" stroke="{line}" '
    'stroke-width="3"/>',
    "hatch": '<defs><pattern id="h" width="5" height="5" patternTransform='
    '"rotate(45)" patternUnits="userSpaceOnUse"><path d="M0 0V5" stroke="{lines}" '
    'stroke-width="2.2"/></pattern></defs><rect x="2.5" y="2.5" width="23" '
    'height="23" rx="3" fill="{ground}"/><rect x="2.5" y="2.5" width="23" height="23" '
    'rx="3" fill="url(#h)" stroke="{line}" stroke-width="1.8"/><circle cx="14" '
    'cy="14" r="8" fill="{ground}"/><text x="14" y="19.2" font-size="15" '
    'font-weight="700" text-anchor="middle" font-family="sans-serif" '
    'fill="{query}">?</text>',
}


def svg_uri(svg: str, *, night: bool = True) -> str:
    """Return an SVG as a data URI, so that a page shows it without a request.

    Parameters
    ----------
    svg : str
        An SVG document.
    night : bool
        Whether it is dark on a dark screen; False for what keeps its ground.

    Examples
    --------
    >>> svg_uri("<svg/>")[:26]
    'data:image/svg+xml;base64,'
    """
    drawn = with_night(svg) if night else svg
    return "data:image/svg+xml;base64," + b64encode(drawn.encode()).decode()


def icon_svg(verdict: Verdict | str, *, on_head: bool = False) -> str:
    """Return the shape of a verdict as an SVG document.

    Parameters
    ----------
    verdict : Verdict
        Which shape.
    on_head : bool
        Whether it stands on the filled head of the card, where STOP and DANGER are
        drawn in white.
    """
    look = LOOKS[Verdict(verdict)]
    line, ring = look.line, "#ffffff"
    if on_head and look.shape in ("octagon", "triangle"):
        line, ring = "#ffffff", look.fill
    if on_head and look.shape == "open-triangle":
        line = look.ink
    body = _OUTLINES[look.shape].format(
        line=line,
        ring=ring,
        open=shade("open-sign"),
        ground=shade("unmapped-sign"),
        lines=shade("unmapped-lines"),
        query=shade("unmapped-ink"),
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28" width="28" '
        f'height="28">{body}</svg>'
    )


def icon_uri(verdict: Verdict | str, *, on_head: bool = False) -> str:
    """Return the shape of a verdict as an image address, as `icon_svg` draws it."""
    # the head of the card has its colour by day and by night
    return svg_uri(icon_svg(verdict, on_head=on_head), night=not on_head)


def text_svg(
    x: float,
    y: float,
    text: str,
    *,
    size: float = 11,
    anchor: str = "middle",
    fill: str = INK,
    weight: int = 400,
) -> str:
    """Return one line of SVG text, in the reader's language."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" '
        f'fill="{fill}" font-weight="{weight}" font-family="{FONT}">'
        f"{escape(said(text))}</text>"
    )


def icon(verdict: Verdict, *, on_head: bool = False, size: int = 22) -> html.Img:
    """Return the shape of a verdict as an image."""
    from dash import html

    return html.Img(
        src=icon_uri(verdict, on_head=on_head),
        width=size,
        height=size,
        alt=LOOKS[verdict].word,
        className="icon",
    )
