"""The bands of a cross-section: nested shades for how many people have a structure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from anatomy.messages import message as _
from viewer.look.look import FONT, GREY, INK, LOOKS
from viewer.look.palette import (
    drawing_order,
    fill_of,
    nearness,
    outline,
    palette,
    shade,
    tissue_name,
)
from viewer.section.muscles import muscle_key
from viewer.section.pen import SMALL, Scale, Size, paths, sign
from viewer.state.language import said
from zones.pictures.section_models import SHARES, Band, Section

#: How a share of people is called in the key.
SHARE_WORDS = {
    0.025: _("1 in 40"),
    0.1: _("1 in 10"),
    0.5: _("half"),
    0.9: _("9 in 10"),
}
#: Opacity that each next share adds.
SHADES = (0.14, 0.24, 0.34, 0.45)
#: Opacity of what is there at an unknown depth.
ANYWHERE = 0.3
#: Over so many mm what fills the body fades, down to a share of its shade.
FADE_MM, FADED = 40.0, 0.35
#: Share from which the near side of a structure has its outline.
USUAL = 0.5


def fades(section: Section, scale: Scale) -> str:
    """Return the mask under which bands fade whose far side is not known."""
    deep = [band.fades_mm for band in section.bands if _fading(band)]
    if not deep:
        return ""
    inward = section.inward_uv / (float(np.linalg.norm(section.inward_uv)) or 1.0)
    a = scale.xy(max(deep) * inward)
    b = scale.xy((max(deep) + FADE_MM) * inward)
    end = round(255 * FADED)
    whole = 'x="-9999" y="-9999" width="29999" height="29999"'
    return (
        f'<linearGradient id="fading" gradientUnits="userSpaceOnUse" x1="{a[0]:.1f}" '
        f'y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}"><stop offset="0" '
        f'stop-color="#fff"/><stop offset="1" stop-color="rgb({end},{end},{end})"/>'
        f'</linearGradient><mask id="fade" maskUnits="userSpaceOnUse" {whole}>'
        f'<rect {whole} fill="url(#fading)"/></mask>'
    )


def _fading(band: Band) -> bool:
    return (band.endless or not band.depth_known) and bool(np.isfinite(band.fades_mm))


def band_fills(section: Section, scale: Scale, size: Size) -> list[str]:
    """Return the bands as nested shades of their tissues, narrow ones on top.

    Those of one tissue are shaded together, so that where two overlap a shade still
    stands for as many people.
    """
    parts = []
    for order in sorted({drawing_order(band.zone_id) for band in section.bands}):
        mine = [b for b in section.bands if drawing_order(b.zone_id) == order]
        for fading in (True, False):
            some = [band for band in mine if _fading(band) == fading]
            body = "".join(
                [_shaded([b for b in some if _plain(b)], scale)]
                + [_anywhere(band, scale, size) for band in some if not _plain(band)]
            )
            if body:
                parts.append(f'<g mask="url(#fade)">{body}</g>' if fading else body)
    return parts


def _plain(band: Band) -> bool:
    """Return whether a band counts for sure and its depth is known."""
    return band.known and band.depth_known


def _shaded(bands: Sequence[Band], scale: Scale) -> str:
    """Return the shades of bands of one tissue."""
    if not bands:
        return ""
    shapes = [
        "".join(
            paths(contour.region, scale)
            for band in bands
            for contour in band.contours
            if contour.share == share
        )
        for share in SHARES
    ]
    parts = [f'<path d="{shapes[0]}" fill="{shade("wash")}" fill-opacity=".3"/>']
    parts += [
        f'<path d="{shape}" fill-opacity="{shade}" {_named(*bands)}/>'
        for shape, shade in zip(shapes, SHADES, strict=True)
        if shape
    ]
    return "".join(parts)


def _named(*bands: Band) -> str:
    """Return the fill of bands of one tissue, and which they are."""
    zone = bands[0].zone_id
    names = " ".join(dict.fromkeys(band.zone_id for band in bands))
    return (
        f'fill="{fill_of(zone)}" data-tissue="{tissue_name(zone)}" data-zones="{names}"'
    )


def _anywhere(band: Band, scale: Scale, size: Size) -> str:
    """Return a band that may not count, or whose depth nobody knows: dashed."""
    d = paths(band.region, scale)
    ground = f'<path d="{d}" fill="#fff" fill-opacity=".4"/>'
    if band.known:
        ground += f'<path d="{d}" fill-opacity="{ANYWHERE}" {_named(band)}/>'
    near = nearness(band.away_mm)
    unit = size.letter / SMALL.letter
    return ground + outline(d, band.verdict, near=near, known=False, unit=unit)


def _usual(band: Band) -> int:
    """Return which contour stands for where the structure mostly is."""
    for number, contour in enumerate(band.contours):
        if contour.share >= USUAL:
            return number
    return len(band.contours) - 1


def band_lines(band: Band, scale: Scale, size: Size) -> str:
    """Return the near sides: thin for 1 in 40 people, the outline where half have it.

    Where less than half have it anywhere, the most who do is a thin line too.
    """
    if not band.depth_known:
        return ""
    usual = band.contours[_usual(band)]
    thin = _thin(paths(band.contours[0].front, scale), band)
    d = paths(usual.front, scale)
    if usual.share < USUAL:
        return thin + _thin(d, band)
    near = nearness(band.away_mm)
    unit = size.letter / SMALL.letter
    return thin + outline(d, band.verdict, near=near, known=band.known, unit=unit)


def _thin(d: str, band: Band) -> str:
    look = palette().severity[band.verdict]
    return (
        f'<path d="{d}" fill="none" stroke="{look.line}" class="thin" '
        f'stroke-width="{palette().weight.far:g}"/>'
    )


def key_of(section: Section, size: Size) -> tuple[str, float]:
    """Return what the shades mean, for the foot of the column of names; its height."""
    bands = [b for b in section.bands if b.known and b.depth_known and b.region]
    letter = size.letter - 1.5
    left, wide = size.picture + 12, size.names - 18
    muscles = muscle_key(section, left, size.height - 8, letter)
    foot = 1.9 * letter if muscles else 0.0
    signs, high = _severity_key(section, left, size.height - 6 - foot, letter, wide)
    foot += high
    muscles += signs
    if not bands:
        return (f"<g>{muscles}</g>", foot + 8) if muscles else ("", 0.0)
    fill = fill_of(bands[0].zone_id)
    high = 1.8 * letter
    rows = 2 if wide < 26 * letter else 1
    top = size.height - 6 - foot - rows * high - 1.3 * letter
    title = (
        _("People who have it:") if rows > 1 else _("How many people have it there:")
    )
    parts = [muscles, _text(left, top + letter, title, letter)]
    each = wide / (len(SHARES) / rows)
    opacity = 0.0
    for number, (share, adds) in enumerate(zip(SHARES, SHADES, strict=True)):
        opacity = 1.0 - (1.0 - opacity) * (1.0 - adds)
        row, column = divmod(number, len(SHARES) // rows)
        x = left + column * each
        y = top + 1.7 * letter + row * high
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{1.3 * letter:.1f}" '
            f'height="{1.3 * letter:.1f}" fill="{fill}" '
            f'fill-opacity="{opacity:.2f}" stroke="{INK}" stroke-width=".7"/>'
        )
        parts.append(
            _text(x + 1.6 * letter, y + 1.05 * letter, SHARE_WORDS[share], letter)
        )
    return f"<g>{''.join(parts)}</g>", size.height - top + 4


def _severity_key(
    section: Section, left: float, low: float, letter: float, wide: float
) -> tuple[str, float]:
    """Return what the shapes and outlines mean, the gravest first; and its height."""
    parts = []
    each, row = 8.5 * letter, 1.75 * letter
    verdicts = sorted({band.verdict for band in section.bands})
    columns = max(1, min(len(verdicts), int(wide / each)))
    rows = -(-len(verdicts) // columns)
    for number, verdict in enumerate(reversed(verdicts)):
        down, across = divmod(number, columns)
        x, y = left + across * each, low - (rows - 1 - down) * row
        parts.append(
            sign(verdict, np.array([x + 0.7 * letter, y - 0.4 * letter]), 1.4 * letter)
        )
        sample = f"M{x + 1.8 * letter:.1f} {y - 0.4 * letter:.1f}h{1.9 * letter:.1f}"
        parts.append(outline(sample, verdict, unit=letter / SMALL.letter))
        parts.append(_text(x + 4.1 * letter, y, LOOKS[verdict].short, letter))
    return "".join(parts), rows * row


def _text(x: float, y: float, text: str, letter: float) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{letter:g}" fill="{GREY}" '
        f'font-family="{FONT}">{escape(said(text))}</text>'
    )
