"""The bands of a cross-section: nested shades for how many people have a structure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from anatomy.messages import message as _
from viewer.look import FONT, GREY, LOOKS
from viewer.section.muscles import muscle_key
from viewer.section.pen import Array, Scale, Size, paths
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
SHADES = (0.14, 0.2, 0.26, 0.3)
#: Over so many mm what fills the body fades, down to a share of its shade.
FADE_MM, FADED = 40.0, 0.35
#: Share from which a structure is hatched and its near side a full line.
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


def band_fills(section: Section, scale: Scale) -> list[str]:
    """Return the bands as nested shades, the gravest on top.

    Those of one level are shaded together, so that where two overlap a shade still
    stands for as many people. Hatched is where half of people have it; of what few have
    anywhere, such as a nerve as narrow as the error of placing, where most have it.
    """
    parts = []
    for verdict in sorted({band.verdict for band in section.bands}):
        mine = [band for band in section.bands if band.verdict == verdict]
        for fading in (True, False):
            some = [band for band in mine if _fading(band) == fading]
            body = "".join(
                [_shaded([b for b in some if _plain(b)], scale)]
                + [_dashed(band, scale) for band in some if not _plain(band)]
            )
            if body:
                parts.append(f'<g mask="url(#fade)">{body}</g>' if fading else body)
    return parts


def _plain(band: Band) -> bool:
    """Return whether a band counts for sure and its depth is known."""
    return band.known and band.depth_known


def _shaded(bands: Sequence[Band], scale: Scale) -> str:
    """Return the shades of bands of one level."""
    if not bands:
        return ""
    verdict = bands[0].verdict
    line = LOOKS[verdict].line
    shapes = [
        "".join(
            paths(contour.region, scale)
            for band in bands
            for contour in band.contours
            if contour.share == share
        )
        for share in SHARES
    ]
    most = "".join(paths(band.contours[_usual(band)].region, scale) for band in bands)
    parts = [f'<path d="{shapes[0]}" fill="#fff7ef" fill-opacity=".45"/>']
    parts += [
        f'<path d="{shape}" fill="{line}" fill-opacity="{shade}"/>'
        for shape, shade in zip(shapes, SHADES, strict=True)
        if shape
    ]
    parts.append(f'<path d="{most}" fill="url(#p{verdict.value})" fill-opacity=".42"/>')
    return "".join(parts)


def _dashed(band: Band, scale: Scale) -> str:
    """Return a band that may not count, or whose depth nobody knows."""
    return (
        f'<path d="{paths(band.region, scale)}" fill="#fff" fill-opacity=".4" '
        f'stroke="{LOOKS[band.verdict].line}" stroke-width="1.3" '
        f'stroke-dasharray="5 4"/>'
    )


def _usual(band: Band) -> int:
    """Return which contour stands for where the structure mostly is."""
    for number, contour in enumerate(band.contours):
        if contour.share >= USUAL:
            return number
    return len(band.contours) - 1


def band_lines(band: Band, scale: Scale) -> str:
    """Return the near sides: dotted for 1 in 40 people, full where half have it.

    Where less than half have it anywhere, the most who do is a dashed line.
    """
    if not band.depth_known:
        return ""
    line = LOOKS[band.verdict].line
    usual = band.contours[_usual(band)]
    parts = [_line(band.contours[0].front, scale, line, 1.0, "1.5 2.5")]
    if usual.share >= USUAL:
        parts = [*parts, _line(usual.front, scale, "#fff", 3.4, "")]
        parts.append(_line(usual.front, scale, line, 1.9, "" if band.known else "5 4"))
    else:
        parts.append(_line(usual.front, scale, line, 1.3, "5 3"))
    return "".join(parts)


def _line(
    lines: Sequence[Array], scale: Scale, colour: str, width: float, dash: str
) -> str:
    drawn = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="{paths(lines, scale)}" fill="none" stroke="{colour}" '
        f'stroke-width="{width:g}"{drawn}/>'
    )


def key_of(section: Section, size: Size) -> tuple[str, float]:
    """Return what the shades mean, for the foot of the column of names; its height."""
    bands = [b for b in section.bands if b.known and b.depth_known and b.region]
    letter = size.letter - 1.5
    left, wide = size.picture + 12, size.names - 18
    muscles = muscle_key(section, left, size.height - 8, letter)
    foot = 1.9 * letter if muscles else 0.0
    if not bands:
        return (f"<g>{muscles}</g>", foot + 8) if muscles else ("", 0.0)
    look = LOOKS[bands[0].verdict]
    high = 2.4 * letter
    rows = 2 if wide < 26 * letter else 1
    top = size.height - 6 - foot - rows * high - 1.3 * letter
    title = (
        _("People who have it:") if rows > 1 else _("How many people have it there:")
    )
    parts = [muscles, _text(left, top + letter, title, letter)]
    each = wide / (len(SHARES) / rows)
    opacity = 0.0
    for number, (share, shade) in enumerate(zip(SHARES, SHADES, strict=True)):
        opacity = 1.0 - (1.0 - opacity) * (1.0 - shade)
        row, column = divmod(number, len(SHARES) // rows)
        x = left + column * each
        y = top + 1.7 * letter + row * high
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{1.3 * letter:.1f}" '
            f'height="{1.3 * letter:.1f}" fill="{look.line}" '
            f'fill-opacity="{opacity:.2f}" stroke="{look.line}" stroke-width=".7"/>'
        )
        parts.append(
            _text(x + 1.6 * letter, y + 1.05 * letter, SHARE_WORDS[share], letter)
        )
    return f"<g>{''.join(parts)}</g>", size.height - top + 4


def _text(x: float, y: float, text: str, letter: float) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{letter:g}" fill="{GREY}" '
        f'font-family="{FONT}">{escape(said(text))}</text>'
    )
