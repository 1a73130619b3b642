"""The bands of a cross-section: nested shades for how many people have a structure."""

from __future__ import annotations

from html import escape

import numpy as np

from viewer.look import FONT, GREY, LOOKS
from viewer.section_pen import Scale, Size, paths
from zones.sectionmodels import SHARES, Band, Section

#: How a share of people is called in the key.
SHARE_WORDS = {0.025: "1 in 40", 0.1: "1 in 10", 0.5: "half", 0.9: "9 in 10"}
#: Opacity that each next share adds.
SHADES = (0.14, 0.2, 0.26, 0.3)
#: Over so many mm what fills the body fades, down to a share of its shade.
FADE_MM, FADED = 40.0, 0.12
#: Share from which a structure is hatched and its near side a full line.
USUAL = 0.5


def fades(section: Section, scale: Scale) -> str:
    """Return masks under which bands fade whose far side is not known."""
    parts = []
    entry = section.needle.entry
    inward = section.inward_uv / (float(np.linalg.norm(section.inward_uv)) or 1.0)
    for number, band in enumerate(section.bands):
        if not _fading(band):
            continue
        a = scale.xy(entry + band.fades_mm * inward)
        b = scale.xy(entry + (band.fades_mm + FADE_MM) * inward)
        end = round(255 * FADED)
        parts.append(
            f'<linearGradient id="g{number}" gradientUnits="userSpaceOnUse" '
            f'x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}">'
            f'<stop offset="0" stop-color="#fff"/><stop offset="1" '
            f'stop-color="rgb({end},{end},{end})"/></linearGradient>'
            f'<mask id="m{number}" maskUnits="userSpaceOnUse" x="-9999" y="-9999" '
            f'width="29999" height="29999"><rect x="-9999" y="-9999" width="29999" '
            f'height="29999" fill="url(#g{number})"/></mask>'
        )
    return "".join(parts)


def _fading(band: Band) -> bool:
    return (band.endless or not band.depth_known) and np.isfinite(band.fades_mm)


def band_fill(band: Band, number: int, scale: Scale) -> str:
    """Return a band as nested shades, hatched where half of people have it.

    A band that few have anywhere, such as a nerve as narrow as the error of placing, is
    hatched where most of them have it.
    """
    look = LOOKS[band.verdict]
    if not band.known or not band.depth_known:
        line = paths(band.region, scale)
        body = (
            f'<path d="{line}" fill="#fff" fill-opacity=".4" stroke="{look.line}" '
            f'stroke-width="1.3" stroke-dasharray="5 4" fill-rule="evenodd"/>'
        )
    else:
        shapes = [paths(contour.region, scale) for contour in band.contours]
        body = f'<path d="{shapes[0]}" fill="#fff7ef" fill-opacity=".45" {_EVEN}/>'
        for shape, shade in zip(shapes, SHADES, strict=False):
            body += f'<path d="{shape}" fill="{look.line}" fill-opacity="{shade}" {_EVEN}/>'
        body += (
            f'<path d="{shapes[_usual(band)]}" fill="url(#p{band.verdict.value})" '
            f'fill-opacity=".5" {_EVEN}/>'
        )
    return f'<g mask="url(#m{number})">{body}</g>' if _fading(band) else body


_EVEN = 'fill-rule="evenodd"'


def _usual(band: Band) -> int:
    """Return which contour stands for where the structure mostly is."""
    for number, contour in enumerate(band.contours):
        if contour.share >= USUAL:
            return number
    return len(band.contours) - 1


def band_lines(band: Band, scale: Scale) -> str:
    """Return the near sides: thin for few people, full where half of them have it."""
    if not band.depth_known:
        return ""
    look = LOOKS[band.verdict]
    usual = _usual(band)
    parts = []
    for number, contour in enumerate(band.contours):
        line = paths(contour.front, scale)
        if number == usual:
            dash = "" if band.known else ' stroke-dasharray="5 4"'
            parts.append(
                f'<path d="{line}" fill="none" stroke="#fff" stroke-opacity=".7" '
                f'stroke-width="3.4"/><path d="{line}" fill="none" '
                f'stroke="{look.line}" stroke-width="1.9"{dash}/>'
            )
        elif number == 0:
            parts.append(
                f'<path d="{line}" fill="none" stroke="{look.line}" stroke-width="1" '
                f'stroke-dasharray="1.5 2.5"/>'
            )
    return "".join(parts)


def key_of(section: Section, size: Size) -> tuple[str, float]:
    """Return what the shades mean, for the foot of the column of names; its height."""
    bands = [b for b in section.bands if b.known and b.depth_known and b.region]
    if not bands:
        return "", 0.0
    look = LOOKS[bands[0].verdict]
    letter = size.letter - 1.5
    left, wide = size.picture + 12, size.names - 18
    high = 2.4 * letter
    rows = 2 if wide < 30 * letter else 1
    top = size.height - 6 - rows * high - 1.3 * letter
    parts = [_text(left, top + letter, "How many people have it there:", letter)]
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
            _text(x + 1.7 * letter, y + 1.05 * letter, SHARE_WORDS[share], letter)
        )
    return f"<g>{''.join(parts)}</g>", size.height - top + 4


def _text(x: float, y: float, text: str, letter: float) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{letter:g}" fill="{GREY}" '
        f'font-family="{FONT}">{escape(text)}</text>'
    )
