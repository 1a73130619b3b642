"""The cross-section as a picture, and the same in words.

Drawn like a plate of a sectional atlas: flesh within the skin, ivory bones, structures
as patterned bands. Colours and patterns are those of `viewer.look`; each structure is
named by a leader line, so that nothing hangs on colour.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from dash import html
from numpy.typing import NDArray

from viewer.look import FONT, GREY, INK, LOOKS, NEEDLE, icon_uri, svg_uri
from zones.models import Finding, Verdict
from zones.section import IN_PLANE_DEG, OPPOSITE, Band, Section

Array = NDArray[np.float64]

FLESH, FIBRE, RIND, SKIN = "#dba692", "#c98c77", "#f2d3bd", "#6b4433"
BONE, BONE_LINE, BONE_INK = "#f6efdc", "#8d7c56", "#4f4222"
AIR, FRAME = "#fbfaf8", "#b9c2ca"
#: Thickness of the line that stands for the skin, mm.
RIND_MM = 1.8
#: Outlines of bones with fewer corners than this are drawn rounded.
FEW_CORNERS = 48
#: Shortest scale bar, as a share of the picture's width.
SCALE_SHARE = 0.16


@dataclass(frozen=True)
class Size:
    """Size of a drawing, px: all of it, the column for names, and the letters."""

    width: float
    height: float
    names: float
    letter: float

    @property
    def picture(self) -> float:
        """Width of the picture itself, px."""
        return self.width - self.names

    @property
    def aspect(self) -> float:
        """Width of the picture over its height."""
        return self.picture / self.height


SMALL = Size(366, 292, 108, 10.0)
LARGE = Size(1120, 660, 250, 14.0)


@dataclass(frozen=True)
class Scale:
    """From the millimetres of a section to the pixels of its picture."""

    left: float
    top: float
    per_mm: float

    def xy(self, uv: Array) -> Array:
        """Return picture places (..., 2) of section coordinates."""
        flat = np.asarray(uv, dtype=float)
        return np.stack(
            [
                (flat[..., 0] - self.left) * self.per_mm,
                (self.top - flat[..., 1]) * self.per_mm,
            ],
            axis=-1,
        )


def scale_of(section: Section, size: Size) -> Scale:
    """Return how a section is laid on a picture of this size."""
    left, right, low, high = section.window
    per_mm = min(size.picture / (right - left), size.height / (high - low))
    return Scale(left, high, per_mm)


def section_uri(section: Section, size: Size = SMALL) -> str:
    """Return the drawing as an image address."""
    return svg_uri(section_svg(section, size))


def section_svg(section: Section, size: Size = SMALL) -> str:
    """Return the drawing of a section as SVG.

    Parameters
    ----------
    section : Section
        What to draw.
    size : Size
        How large.
    """
    scale = scale_of(section, size)
    skin = "".join(_path(line, scale) for line in section.outlines[0].lines)
    boxes: list[tuple[float, float, float, float]] = []
    inside = [
        f'<rect width="{size.picture:g}" height="{size.height:g}" fill="{AIR}"/>',
        f'<path d="{skin}" fill="{FLESH}" fill-rule="evenodd"/>',
        f'<path d="{skin}" fill="url(#fibre)" fill-rule="evenodd"/>',
        '<g clip-path="url(#flesh)">',
        *(_band_fill(band, scale) for band in reversed(section.bands)),
        f'<path d="{skin}" fill="none" stroke="{RIND}" '
        f'stroke-width="{2 * RIND_MM * scale.per_mm:.2f}"/>',
        *_bones(section, scale),
        *(_band_lines(band, scale) for band in reversed(section.bands)),
        "</g>",
        f'<path d="{skin}" fill="none" stroke="{SKIN}" stroke-width="1.5"/>',
        *_search_area(section, scale),
        *_needle(section, scale, size, boxes),
        *_bone_names(section, scale, size, boxes),
        *_blank(section, size, boxes),
        *_frame(section, scale, size),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size.width:g} '
        f'{size.height:g}" width="{size.width:g}" height="{size.height:g}">'
        f"{_defs(skin, size)}"
        f'<g clip-path="url(#frame)">{"".join(inside)}</g>'
        f'<rect x="0.5" y="0.5" width="{size.picture - 1:g}" '
        f'height="{size.height - 1:g}" fill="none" stroke="{FRAME}"/>'
        f"{''.join(_names(section, scale, size))}</svg>"
    )


def _defs(skin: str, size: Size) -> str:
    """Return clips and patterns."""
    step = size.letter * 0.68
    parts = [
        f'<clipPath id="frame"><rect width="{size.picture:g}" '
        f'height="{size.height:g}"/></clipPath>',
        f'<clipPath id="flesh"><path d="{skin}" clip-rule="evenodd"/></clipPath>',
        f'<pattern id="fibre" width="26" height="11" patternUnits="userSpaceOnUse">'
        f'<path d="M1 3q6 2 11 0M14 8.5q5-2 11 0" fill="none" stroke="{FIBRE}" '
        f'stroke-width=".7" stroke-opacity=".5"/></pattern>',
    ]
    for verdict, look in LOOKS.items():
        key, line = verdict.value, look.line
        if verdict == Verdict.CAUTION:
            mark = (
                f'<circle cx="{step / 2:.2f}" cy="{step / 2:.2f}" '
                f'r="{step * 0.19:.2f}" fill="{line}"/>'
            )
            turn = ""
        else:
            mark = (
                f'<path d="M0 0V{step:.2f}" stroke="{line}" '
                f'stroke-width="{step * 0.36:.2f}"/>'
            )
            turn = ' patternTransform="rotate(45)"'
            if verdict == Verdict.STOP:
                mark += (
                    f'<path d="M0 0H{step:.2f}" stroke="{line}" '
                    f'stroke-width="{step * 0.3:.2f}"/>'
                )
        parts.append(
            f'<pattern id="p{key}" width="{step:.2f}" height="{step:.2f}" '
            f'patternUnits="userSpaceOnUse"{turn}>{mark}</pattern>'
        )
    return f"<defs>{''.join(parts)}</defs>"


def _path(line: Array, scale: Scale) -> str:
    """Return a line as path data, closed when it ends where it began."""
    xy = np.round(scale.xy(line), 1)
    keep = np.concatenate([[True], np.abs(np.diff(xy, axis=0)).sum(axis=1) > 0.25])
    keep[-1] = True
    text = "L".join(f"{x:g} {y:g}" for x, y in xy[keep].tolist())
    end = "Z" if len(line) > 2 and (line[0] == line[-1]).all() else ""
    return f"M{text}{end}"


def _paths(lines: Sequence[Array], scale: Scale) -> str:
    return "".join(_path(line, scale) for line in lines if len(line) > 1)


def _band_fill(band: Band, scale: Scale) -> str:
    """Return a band: hatched from the earliest depth on, fuller past the typical."""
    look = LOOKS[band.verdict]
    region = _paths(band.region, scale)
    if not band.known:
        return (
            f'<path d="{region}" fill="#fff" fill-opacity=".4" stroke="{look.line}" '
            f'stroke-width="1.6" stroke-dasharray="5 4"/>'
        )
    parts = [
        f'<path d="{region}" fill="#fff7ef" fill-opacity=".62" fill-rule="evenodd"/>',
    ]
    if band.beyond:
        deep = _paths(band.beyond, scale)
        parts.append(
            f'<path d="{deep}" fill="{look.line}" fill-opacity=".34" '
            f'fill-rule="evenodd"/>'
        )
    parts.append(
        f'<path d="{region}" fill="url(#p{band.verdict.value})" fill-opacity=".62" '
        f'fill-rule="evenodd"/><path d="{region}" fill="none" stroke="{look.line}" '
        f'stroke-width=".8" stroke-dasharray="1.5 2.5"/>'
    )
    return "".join(parts)


def _band_lines(band: Band, scale: Scale) -> str:
    """Return the earliest depth as a solid line and the typical as a dashed one."""
    look = LOOKS[band.verdict]
    dash = "" if band.known else ' stroke-dasharray="5 4"'
    early, usual = _paths(band.earliest, scale), _paths(band.typical, scale)
    return (
        f'<path d="{early}" fill="none" stroke="#fff" stroke-opacity=".75" '
        f'stroke-width="4"/><path d="{early}" fill="none" stroke="{look.line}" '
        f'stroke-width="2.3"{dash}/>'
        f'<path d="{usual}" fill="none" stroke="{look.line}" stroke-width="1.5" '
        f'stroke-dasharray="6 3.5"/>'
    )


def _bones(section: Section, scale: Scale) -> list[str]:
    """Return the bones: ivory, with an outline and a paler marrow."""
    parts = []
    for outline in section.outlines[1:]:
        shape = _paths([rounded(line) for line in outline.lines], scale)
        parts.append(
            f'<path d="{shape}" fill="{BONE}" fill-rule="evenodd" '
            f'stroke="{BONE_LINE}" stroke-width="1.3" stroke-linejoin="round"/>'
        )
    return parts


def rounded(line: Array) -> Array:
    """Return a closed line of few corners with its corners cut, twice.

    Examples
    --------
    >>> square = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0.0]])
    >>> len(rounded(square)), bool((rounded(square)[0] == rounded(square)[-1]).all())
    (17, True)
    """
    if len(line) > FEW_CORNERS:
        return line
    for _ in range(2):
        ahead = line[1:]
        cut = np.stack(
            [0.75 * line[:-1] + 0.25 * ahead, 0.25 * line[:-1] + 0.75 * ahead]
        )
        line = cut.transpose(1, 0, 2).reshape(-1, 2)
        line = np.concatenate([line, line[:1]])
    return line


def _search_area(section: Section, scale: Scale) -> list[str]:
    """Return the search area of the site as a bracket over the skin."""
    if section.spread_mm < 1.0:
        return []
    across = np.array([-section.inward_uv[1], section.inward_uv[0]])
    size = float(np.linalg.norm(across))
    if size < 0.3:
        return []
    across /= size
    over = -section.inward_uv / size * 3.0
    ends = [over + s * section.spread_mm * across for s in (-1.0, 1.0)]
    low = [end - over * 0.6 for end in ends]
    line = np.array([low[0], ends[0], ends[1], low[1]])
    return [
        f'<path d="{_path(line, scale)}" fill="none" stroke="{INK}" '
        f'stroke-width="1.2" stroke-dasharray="3 2"/>'
    ]


def _needle(
    section: Section,
    scale: Scale,
    size: Size,
    boxes: list[tuple[float, float, float, float]],
) -> list[str]:
    """Return the needle: shaft outside, solid to the tip, dashed on to its length."""
    needle = section.needle
    entry, end = scale.xy(needle.entry), scale.xy(needle.end)
    parts = [
        _stroke(entry, end, "#fff", 3.4, opacity=0.8),
        _stroke(entry, end, NEEDLE, 1.5, dash="4 3"),
    ]
    planned = needle.planned_mm
    if planned is not None and needle.tip is not None:
        out = max(6.0, (needle.length_mm or planned) - planned)
        top, grip = scale.xy(needle.at(-out)), scale.xy(needle.at(-out - 14.0))
        tip = scale.xy(needle.tip)
        parts += [
            _stroke(top, tip, "#fff", 5.2, opacity=0.9),
            _stroke(top, tip, NEEDLE, 2.8),
            _stroke(grip, top, NEEDLE, 6.0),
            f'<circle cx="{tip[0]:.1f}" cy="{tip[1]:.1f}" r="3.4" fill="{NEEDLE}" '
            f'stroke="#fff" stroke-width="1.4"/>',
        ]
    way = needle.way * scale.per_mm
    length = float(np.linalg.norm(way))
    if length < 0.15 * scale.per_mm:
        return parts  # it stands on end in this plane
    along = np.array([way[0], -way[1]]) / length
    aside = np.array([along[1], -along[0]])
    if aside[0] > 0:
        aside = -aside
    longest = needle.length_mm or planned or 0.0
    for mm in range(5, int(longest) + 1, 5):
        at = scale.xy(needle.at(float(mm)))
        long = 7.0 if mm % 10 == 0 else 4.0
        parts.append(_stroke(at + aside * 1.5, at + aside * long, NEEDLE, 1.1))
        if mm % 10 == 0 and 10 * length >= 1.5 * size.letter:
            spot = at + aside * 9.0
            parts.append(
                _halo(spot[0], spot[1] + 0.36 * size.letter, f"{mm}", size.letter - 1)
            )
            boxes.append(_box(spot, f"{mm}", size.letter, anchor="end"))
    for meeting in section.meetings:
        look = LOOKS[_reaching(meeting.finding)]
        x, y = scale.xy(meeting.uv)
        parts.append(
            f'<path d="M{x:.1f} {y - 5.6:.1f}l5.6 5.6l-5.6 5.6l-5.6-5.6z" '
            f'fill="{look.line}" stroke="#fff" stroke-width="1.5"/>'
        )
    parts += _limit(section, scale, size, aside, boxes)
    for mm in np.arange(-20.0, longest + 1.0, 4.0):
        x, y = scale.xy(needle.at(float(mm)))
        boxes.append((x - 5, y - 5, x + 5, y + 5))
    return parts


def _limit(
    section: Section,
    scale: Scale,
    size: Size,
    aside: Array,
    boxes: list[tuple[float, float, float, float]],
) -> list[str]:
    """Return the mark of the deepest plan below DANGER."""
    limit = section.limit_mm
    longest = section.needle.length_mm or section.needle.planned_mm or 0.0
    if limit is None or limit > longest + 15.0:
        return []
    at = scale.xy(section.needle.at(limit))
    other = -aside
    end = at + other * 15.0
    text = f"limit {limit:g}" if limit > 0 else "no depth"
    spot = at + other * 18.0
    boxes.append(_box(spot, text, size.letter, anchor="start"))
    return [
        _stroke(at - other * 7.0, end, "#fff", 4.4, opacity=0.85),
        _stroke(at - other * 7.0, end, INK, 2.4),
        _halo(
            spot[0],
            spot[1] + 0.36 * size.letter,
            text,
            size.letter,
            anchor="start",
            weight=700,
        ),
    ]


def _reaching(finding: Finding) -> Verdict:
    """Return the verdict that reaching a finding's structure comes to."""
    critical = finding.verdict >= Verdict.DANGER or (
        finding.verdict == Verdict.CAUTION
        and finding.tolerance is not None
        and (finding.tolerance.mm or 0.0) > 0.0
    )
    return Verdict.DANGER if critical else Verdict.CAUTION


def _stroke(
    a: Array, b: Array, colour: str, width: float, *, dash: str = "", opacity: float = 1
) -> str:
    extra = f' stroke-dasharray="{dash}"' if dash else ""
    if opacity < 1:
        extra += f' stroke-opacity="{opacity:g}"'
    return (
        f'<path d="M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}" stroke-linecap="round" fill="none"{extra}/>'
    )


def _halo(
    x: float,
    y: float,
    text: str,
    letter: float,
    *,
    anchor: str = "end",
    fill: str = INK,
    weight: int = 500,
    style: str = "",
) -> str:
    """Return a word that can be read on any ground."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{letter:g}" fill="{fill}" '
        f'text-anchor="{anchor}" font-weight="{weight}" font-family="{FONT}" '
        f'{style}paint-order="stroke" stroke="#fff" stroke-width="3" '
        f'stroke-opacity=".85" stroke-linejoin="round">{escape(text)}</text>'
    )


def _box(
    spot: Array, text: str, letter: float, *, anchor: str
) -> tuple[float, float, float, float]:
    """Return the rectangle that a word takes up."""
    wide = 0.6 * letter * len(text)
    left = {"end": spot[0] - wide, "start": spot[0], "middle": spot[0] - wide / 2}
    x = float(left[anchor])
    return (
        x - 2,
        float(spot[1]) - 0.7 * letter,
        x + wide + 2,
        float(spot[1]) + 0.7 * letter,
    )


def _clear(
    box: tuple[float, float, float, float],
    boxes: Sequence[tuple[float, float, float, float]],
) -> bool:
    return not any(
        box[0] < o[2] and o[0] < box[2] and box[1] < o[3] and o[1] < box[3]
        for o in boxes
    )


def bone_word(name: str) -> str:
    """Return a bone's name without its side and its longest part.

    Examples
    --------
    >>> bone_word("proximal phalanx of finger 1 left")
    'phalanx'
    >>> bone_word("sternum and costal cartilages")
    'sternum, cartilage'
    """
    if name == "sternum and costal cartilages":
        return "sternum, cartilage"
    plain = name.removesuffix(" left").removesuffix(" right")
    return "phalanx" if "phalanx" in plain else plain


def _bone_names(
    section: Section,
    scale: Scale,
    size: Size,
    boxes: list[tuple[float, float, float, float]],
) -> list[str]:
    """Return the names of the bones, as many as fit without touching anything."""
    parts = []
    rim = (
        (-99, -99, 3, 9999),
        (size.picture - 3, -99, 9999, 9999),
        (-99, -99, 9999, size.letter * 1.7),
        (-99, size.height - size.letter * 1.7, 9999, 9999),
    )
    taken = [*boxes, *rim]
    letter = size.letter - 0.5
    for outline in section.outlines[1:]:
        xy = scale.xy(np.concatenate(outline.lines))
        seen = (
            (xy[:, 0] > 0)
            & (xy[:, 0] < size.picture)
            & (xy[:, 1] > 0)
            & (xy[:, 1] < size.height)
        )
        if seen.sum() < 3:
            continue
        low, high = xy[seen].min(axis=0), xy[seen].max(axis=0)
        middle = (low + high) / 2
        word = bone_word(outline.name)
        tries = [
            middle,
            np.array([middle[0], high[1] + letter]),
            np.array([middle[0], low[1] - letter]),
            np.array([high[0] + 0.33 * letter * len(word) + 5, middle[1]]),
            np.array([low[0] - 0.33 * letter * len(word) - 5, middle[1]]),
        ]
        for spot in tries:
            box = _box(spot, word, letter, anchor="middle")
            if _clear(box, taken):
                taken.append(box)
                parts.append(
                    _halo(
                        spot[0],
                        spot[1] + 0.36 * letter,
                        word,
                        letter,
                        anchor="middle",
                        fill=BONE_INK,
                        style='font-style="italic" ',
                    )
                )
                break
    return parts


def _blank(
    section: Section, size: Size, boxes: list[tuple[float, float, float, float]]
) -> list[str]:
    """Return what keeps an empty picture from looking clear."""
    if not section.blank:
        return []
    worst = section.assessment.verdict
    parts = []
    if worst in (Verdict.STOP, Verdict.NOT_ASSESSABLE):
        shape = f'width="{size.picture:g}" height="{size.height:g}"'
        parts.append(
            f'<rect {shape} fill="url(#p{worst.value})" fill-opacity=".2" '
            f'clip-path="url(#flesh)"/>'
        )
    lines = textwrap.wrap(section.blank, int(size.picture / (0.56 * size.letter)) - 6)
    high = len(lines) * size.letter * 1.3 + 8
    top = size.height - high - size.letter * 2.6
    parts.append(
        f'<rect x="10" y="{top:.1f}" width="{size.picture - 20:g}" height="{high:.1f}" '
        f'rx="4" fill="#fff" fill-opacity=".93" stroke="{LOOKS[worst].line}" '
        f'stroke-width="1.5"/>'
    )
    for number, line in enumerate(lines):
        parts.append(
            f'<text x="{size.picture / 2:g}" y="'
            f'{top + 4 + (number + 0.85) * size.letter * 1.3:.1f}" '
            f'font-size="{size.letter:g}" text-anchor="middle" font-weight="600" '
            f'fill="{INK}" font-family="{FONT}">{escape(line)}</text>'
        )
    boxes.append((10, top, size.picture - 10, top + high))
    return parts


def _frame(section: Section, scale: Scale, size: Size) -> list[str]:
    """Return the words on the edges and the scale bar."""
    left, right, low, high = section.edges
    letter = size.letter
    wide, tall = size.picture, size.height
    words = [
        _halo(wide / 2, letter * 1.15, high, letter, anchor="middle", fill=GREY),
        _halo(wide / 2, tall - 5, low, letter, anchor="middle", fill=GREY),
    ]
    for x, turn, word in ((letter, -90, left), (wide - letter * 0.6, -90, right)):
        words.append(
            f'<g transform="rotate({turn} {x:.1f} {tall / 2:g})">'
            f"{_halo(x, tall / 2, word, letter, anchor='middle', fill=GREY)}</g>"
        )
    for step in (5, 10, 20, 50):
        if step * scale.per_mm >= SCALE_SHARE * wide:
            break
    long = step * scale.per_mm
    x, y = wide - long - 10, tall - 9
    words += [
        f'<path d="M{x:.1f} {y - 3:.1f}v6M{x:.1f} {y:g}h{long:.1f}M{x + long:.1f} '
        f'{y - 3:.1f}v6" stroke="{INK}" stroke-width="1.5"/>',
        _halo(x + long / 2, y - 5, f"{step} mm", letter - 0.5, anchor="middle"),
    ]
    return words


def _names(section: Section, scale: Scale, size: Size) -> list[str]:
    """Return the column of names, each with a leader line to its band."""
    letter = size.letter
    row = letter * 1.22
    wide = int((size.names - 14) / (0.62 * letter))
    most = 4 if len(section.bands) <= 3 else 3
    items = []
    met = {f.id: f for f in section.assessment.findings if f.kind == "zone"}
    for band in section.bands:
        lines = textwrap.wrap(
            band_name(section, band), wide, max_lines=most, placeholder=" …"
        )
        note = _note(band, met.get(band.zone_id))
        high = (len(lines) + len(note)) * row + 7
        items.append((scale.xy(band.label), high, lines, note, band))
    room = size.height - 4
    while sum(item[1] for item in items) > room:
        items.pop()  # the mildest; it is named in the words below
    items.sort(key=lambda item: float(item[0][1]))
    tops = _stacked(
        [float(i[0][1]) - i[1] / 2 for i in items], [i[1] for i in items], room
    )
    parts = []
    x = size.picture + 12
    for (spot, _, lines, note, band), top in zip(items, tops, strict=True):
        look = LOOKS[band.verdict]
        knee = top + row * 0.75
        parts.append(
            f'<path d="M{x - 3:.1f} {knee:.1f}H{size.picture + 3:.1f}L{spot[0]:.1f} '
            f'{spot[1]:.1f}" fill="none" stroke="#fff" stroke-opacity=".8" '
            f'stroke-width="3"/><path d="M{x - 3:.1f} {knee:.1f}H'
            f'{size.picture + 3:.1f}L{spot[0]:.1f} {spot[1]:.1f}" fill="none" '
            f'stroke="{INK}" stroke-width=".9"/><circle cx="{spot[0]:.1f}" '
            f'cy="{spot[1]:.1f}" r="2.6" fill="{look.line}" stroke="#fff" '
            f'stroke-width="1"/>'
        )
        for number, line in enumerate([*lines, *note]):
            own = number < len(lines)
            parts.append(
                f'<text x="{x:g}" y="{top + (number + 1) * row:.1f}" font-size="'
                f'{letter if own else letter - 0.5:g}" font-family="{FONT}" '
                f'fill="{INK if own else GREY}" font-weight="{650 if own else 400}">'
                f"{escape(line)}</text>"
            )
    return parts


def band_name(section: Section, band: Band) -> str:
    """Return a band's structure, with its side where both sides are in the picture."""
    both = sum(other.zone_id == band.zone_id for other in section.bands) > 1
    return f"{band.side} {band.structure}" if both else band.structure


def _note(band: Band, finding: Finding | None) -> list[str]:
    """Return the short lines under a name."""
    lines = []
    if not band.known:
        lines.append("if it applies")
    if finding is not None and finding.reached_at_mm is not None:
        lines.append(f"met at {finding.reached_at_mm:g} mm")
    else:
        lines.append(f"{band.away_mm:.0f} mm off line")
    return lines


def _stacked(tops: list[float], highs: list[float], room: float) -> list[float]:
    """Return tops of boxes moved so that none overlaps and all are in the room.

    Examples
    --------
    >>> _stacked([10.0, 12.0, 90.0], [20.0, 20.0, 20.0], 100.0)
    [10.0, 30.0, 80.0]
    """
    found, at = [], 0.0
    for top, high in zip(tops, highs, strict=True):
        at = max(at, top)
        found.append(at)
        at += high
    end = room
    for number in range(len(found) - 1, -1, -1):
        found[number] = min(found[number], end - highs[number])
        end = found[number]
    return found


def frame_data(section: Section, size: Size) -> dict[str, Any]:
    """Return what the browser needs to move the tip in the picture."""
    scale = scale_of(section, size)
    entry = scale.xy(section.needle.entry)
    tip = None if section.needle.tip is None else scale.xy(section.needle.tip)
    turns = section.turns and section.lean in OPPOSITE
    return {
        "width": size.width,
        "height": size.height,
        "entry": entry.round(2).tolist(),
        "tip": None if tip is None else tip.round(2).tolist(),
        "per_mm": scale.per_mm,
        "inward": section.inward_uv.tolist(),
        "lean": section.lean_uv.tolist(),
        "way": section.needle.way.tolist(),
        "turns": turns,
        "toward": section.lean,
        "away": OPPOSITE.get(section.lean),
    }


def alternative(section: Section) -> str:
    """Return what the picture shows, in words."""
    needle = section.needle
    plan = "" if needle.planned_mm is None else f" {needle.planned_mm:g} mm deep"
    parts = [f"Cross-section. {section.title}.", f"The needle lies{plan}."]
    parts += [_sentence(section, band) for band in section.bands]
    if section.blank:
        parts.append(section.blank)
    return " ".join(parts)


def _sentence(section: Section, band: Band) -> str:
    side = f"{band.side} " if band.side != "midline" else ""
    return f"{side}{band.structure}: {_where(section, band)}."


def _where(section: Section, band: Band) -> str:
    """Return where a band lies, in the figures of the finding where there is one."""
    finding = next(
        (
            f
            for f in section.assessment.findings
            if f.kind == "zone" and f.id == band.zone_id
        ),
        None,
    )
    parts = []
    if finding is not None and finding.reached_at_mm is not None:
        parts.append(f"may be met {finding.reached_at_mm:g} mm along this needle")
    else:
        parts.append(f"{band.away_mm:.0f} mm or more from the needle's line")
    if finding is not None and finding.typical_mm is not None:
        parts.append(f"typically {finding.typical_mm:g} mm deep")
    elif not band.typical_known:
        parts.append("no usual depth known")
    if not band.known:
        parts.append("counts only if a fact that was not asked holds")
    return ", ".join(parts)


def in_words(section: Section) -> list[Any]:
    """Return the picture as a list: what is met where, the gravest first."""
    rows = [
        html.Li(
            [
                html.Img(
                    src=icon_uri(band.verdict),
                    width=16,
                    height=16,
                    alt=LOOKS[band.verdict].short,
                ),
                html.Span(
                    [
                        html.B(
                            f"{band.side} {band.structure}"
                            if band.side != "midline"
                            else band.structure
                        ),
                        f": {_where(section, band)}",
                    ]
                ),
            ]
        )
        for band in section.bands
    ]
    found: list[Any] = []
    if section.blank:
        found.append(html.P(section.blank, className="section-blank"))
    if rows:
        found.append(html.Ul(rows, className="section-list"))
    drawn = {band.zone_id for band in section.bands}
    elsewhere = [
        m.finding.structure or m.finding.id
        for m in section.meetings
        if m.finding.id not in drawn
    ]
    if elsewhere:
        found.append(
            html.P(f"Met outside this plane or by misplacing: {'; '.join(elsewhere)}.")
        )
    if section.needle.off_plane_deg >= IN_PLANE_DEG:
        found.append(
            html.P(
                f"The needle leaves this plane by {section.needle.off_plane_deg:.0f}°: "
                "its shadow is drawn, shorter than it is."
            )
        )
    if section.spread_mm >= 1.0:
        found.append(
            html.P(
                f"Bracket: the search area, {section.spread_mm:.0f} mm to each side. "
                "What lies under any place of it counts as met from its earliest "
                "depth there."
            )
        )
    if section.left_out:
        found.append(html.P(f"{section.left_out} more nearby are not drawn."))
    found.append(html.P(NOTE, className="help shown"))
    return found


NOTE = (
    "Solid line: earliest depth found. Hatched: on to the typical depth (dashed). "
    "Fuller: beyond it. Depths from studies hung under an average skin, with the "
    "margin for placing by hand; not this patient's anatomy. Muscles, and vessels and "
    "nerves without a zone, are not drawn."
)
