"""The cross-section as a picture.

Drawn like a plate of a sectional atlas: flesh within the skin, ivory bones, structures
in the colour of their tissue. How grave it is to reach one is said by its outline
(`viewer.look.palette`) and the shape at its leader line, so that nothing depends on
colour.
"""

from __future__ import annotations

import textwrap
from html import escape

import numpy as np

from anatomy.messages import message as _
from viewer.look.look import FONT, GREY, INK, LOOKS, NEEDLE, svg_uri
from viewer.look.palette import fill_of, palette
from viewer.section.bands import band_fills, band_lines, fades, key_of
from viewer.section.bones import bone_ahead, bone_names, bones, spaces
from viewer.section.muscles import muscle_fills, muscle_names
from viewer.section.pen import (
    SMALL,
    Array,
    Box,
    Scale,
    Size,
    box,
    clear,
    halo,
    path,
    paths,
    rounded,
    scale_of,
    sign,
    stroke,
    uncrossed,
)
from viewer.section.words import band_name, longest
from viewer.state.language import said
from zones.contract.models import Verdict
from zones.pictures.section_models import Band, Section
from zones.sentences.limits import whole_mm

_TISSUE = palette().tissue
FLESH, FIBRE = _TISSUE["flesh"].fill, _TISSUE["flesh"].line
RIND, SKIN = _TISSUE["fat"].fill, _TISSUE["skin"].line
AIR, FRAME = _TISSUE["air"].fill, _TISSUE["air"].line
#: Thickness of the line that stands for the skin, mm.
RIND_MM = 1.8

#: Shortest scale bar, as a share of the picture's width.
SCALE_SHARE = 0.16


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
    skin = paths([rounded(line) for line in section.outlines[0].lines], scale)
    boxes: list[Box] = []
    key, foot = key_of(section, size)
    lines: list[Box] = []
    leaders, names = _names(section, scale, size, foot, lines)
    needle = _needle(section, scale, size, boxes, lines)
    # no word of the picture is written over a leader line
    boxes += lines
    inside = [
        f'<rect width="{size.picture:g}" height="{size.height:g}" fill="{AIR}"/>',
        f'<use href="#skin" fill="{FLESH}" fill-rule="evenodd"/>',
        '<use href="#skin" fill="url(#fibre)" fill-rule="evenodd"/>',
        '<g clip-path="url(#flesh)">',
        *muscle_fills(section, scale),
        *band_fills(section, scale, size),
        f'<use href="#skin" fill="none" stroke="{RIND}" '
        f'stroke-width="{2 * RIND_MM * scale.per_mm:.2f}"/>',
        *(band_lines(band, scale, size) for band in reversed(section.bands)),
        *spaces(section, scale, size),
        *bones(section, scale),
        "</g>",
        f'<use href="#skin" fill="none" stroke="{SKIN}" stroke-width="1.5"/>',
        *leaders,
        *_search_area(section, scale),
        *_fold(section, scale),
        *needle,
        *bone_names(section, scale, size, boxes),
        *muscle_names(section, scale, size, boxes),
        *_blank(section, size, boxes),
        *_frame(section, scale, size, boxes),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size.width:g} '
        f'{size.height:g}" width="{size.width:g}" height="{size.height:g}">'
        f"<defs>{_defs(section, scale, skin, size)}{fades(section, scale)}</defs>"
        f'<g clip-path="url(#frame)">{"".join(inside)}</g>'
        f'<rect x="0.5" y="0.5" width="{size.picture - 1:g}" '
        f'height="{size.height - 1:g}" fill="none" stroke="{FRAME}"/>'
        f"{''.join(names)}{key}</svg>"
    )


def _defs(section: Section, scale: Scale, skin: str, size: Size) -> str:
    """Return clips and patterns."""
    step = size.letter * 0.68
    parts = [
        f'<clipPath id="frame"><rect width="{size.picture:g}" '
        f'height="{size.height:g}"/></clipPath>',
        f'<path id="skin" d="{skin}"/>',
        '<clipPath id="flesh"><use href="#skin" clip-rule="evenodd"/></clipPath>',
        f'<pattern id="fibre" width="26" height="11" patternUnits="userSpaceOnUse">'
        f'<path d="M1 3q6 2 11 0M14 8.5q5-2 11 0" fill="none" stroke="{FIBRE}" '
        f'stroke-width=".7" stroke-opacity=".5"/></pattern>',
    ]
    if section.hollows:
        d = "".join(paths(hollow.lines, scale) for hollow in section.hollows)
        parts.append(f'<clipPath id="spaces"><path d="{d}"/></clipPath>')
    # of the whole picture where nothing can be assessed, or no needle may go in
    for verdict in (Verdict.STOP, Verdict.NOT_ASSESSABLE):
        line = LOOKS[verdict].line
        mark = (
            f'<path d="M0 0V{step:.2f}" stroke="{line}" '
            f'stroke-width="{step * 0.36:.2f}"/>'
        )
        if verdict == Verdict.STOP:
            mark += (
                f'<path d="M0 0H{step:.2f}" stroke="{line}" '
                f'stroke-width="{step * 0.3:.2f}"/>'
            )
        parts.append(
            f'<pattern id="p{verdict.value}" width="{step:.2f}" height="{step:.2f}" '
            f'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">{mark}'
            f"</pattern>"
        )
    return "".join(parts)


def _search_area(section: Section, scale: Scale) -> list[str]:
    """Return the skin of the search area: a dashed line along it, a tick at each end.

    The line lies on the skin itself, so that it ends where the area that was tested
    ends.
    """
    parts = []
    for line in section.area:
        ticks = [(a, a - b) for a, b in ((line[0], line[1]), (line[-1], line[-2]))]
        parts.append(
            f'<path d="{path(line, scale)}" class="search-area" fill="none" '
            f'stroke="{INK}" stroke-width="2.2" stroke-dasharray="4 3"/>'
        )
        for spot, way in ticks:
            across = np.array([-way[1], way[0]]) / (np.linalg.norm(way) + 1e-9) * 2.4
            parts.append(
                stroke(scale.xy(spot - across), scale.xy(spot + across), INK, 1.6)
            )
    return parts


def _fold(section: Section, scale: Scale) -> list[str]:
    """Return the lifted fold as a dashed bow over the skin, as high as it is thick."""
    high = section.needle.fold_mm
    if high <= 0.0:
        return []
    way = section.needle.way
    turn = np.linspace(0.0, np.pi, 33)[:, None]
    across = np.array([way[1], -way[0]])
    bow = high * (np.cos(turn) * across - np.sin(turn) * way)
    return [
        f'<path d="{path(bow, scale)}" class="fold" fill="{FLESH}" fill-opacity=".45" '
        f'stroke="{SKIN}" stroke-width="1.5" stroke-dasharray="5 4"/>'
    ]


def _needle(
    section: Section,
    scale: Scale,
    size: Size,
    boxes: list[Box],
    lines: list[Box],
) -> list[str]:
    """Return the needle: shaft outside, solid to the tip, dashed on to its length."""
    needle = section.needle
    thick = size.letter / SMALL.letter
    entry, end = scale.xy(needle.entry), scale.xy(needle.end)
    parts = [
        stroke(entry, end, "#fff", 3.4 * thick, opacity=0.8),
        stroke(entry, end, NEEDLE, 1.5 * thick, dash="4 3", name="line"),
    ]
    planned = needle.planned_mm
    if planned is not None and needle.tip is not None:
        out = max(6.0, (needle.length_mm or planned) - planned)
        top, grip = scale.xy(needle.at(-out)), scale.xy(needle.at(-out - 14.0))
        tip = scale.xy(needle.tip)
        met = section.drawn_bone_mm
        solid = tip if met is None else scale.xy(needle.at(met))
        ground, edge = (NEEDLE, "#fff") if met is None else ("#fff", NEEDLE)
        parts += [
            stroke(top, solid, "#fff", 5.2 * thick, opacity=0.9),
            stroke(top, solid, NEEDLE, 2.8 * thick),
            stroke(grip, top, NEEDLE, 6.0 * thick),
            f'<circle class="tip" cx="{tip[0]:.1f}" cy="{tip[1]:.1f}" r="3.4" '
            f'fill="{ground}" stroke="{edge}" stroke-width="1.4"/>',
        ]
    way = needle.way * scale.per_mm
    length = float(np.linalg.norm(way))
    if length < 0.15 * scale.per_mm:
        return parts  # it stands on end in this plane
    along = np.array([way[0], -way[1]]) / length
    aside = np.array([along[1], -along[0]])
    if aside[0] > 0:
        aside = -aside
    home = needle.length_mm or planned or 0.0
    for mm in range(5, int(home) + 1, 5):
        at = scale.xy(needle.at(float(mm)))
        long = 7.0 if mm % 10 == 0 else 4.0
        parts.append(stroke(at + aside * 1.5, at + aside * long, NEEDLE, 1.1))
        if mm % 10 == 0 and 10 * length >= 1.5 * size.letter:
            spot = at + aside * 9.0
            parts.append(
                halo(spot[0], spot[1] + 0.36 * size.letter, f"{mm}", size.letter - 1)
            )
            boxes.append(box(spot, f"{mm}", size.letter, anchor="end"))
    for meeting in section.meetings:
        look = LOOKS[meeting.verdict]
        x, y = scale.xy(meeting.uv).tolist()
        parts.append(
            f'<path d="M{x:.1f} {y - 5.6:.1f}l5.6 5.6l-5.6 5.6l-5.6-5.6z" '
            f'class="meeting" data-zone="{escape(meeting.finding.id)}" '
            f'fill="{look.line}" stroke="#fff" stroke-width="1.5"/>'
        )
    parts += _limit(section, scale, size, aside, boxes)
    parts += bone_ahead(section, scale, size, aside, boxes, lines)
    for step in np.arange(-20.0, home + 1.0, 4.0):
        x, y = scale.xy(needle.at(float(step))).tolist()
        boxes.append((x - 5, y - 5, x + 5, y + 5))
    return parts


def _limit(
    section: Section,
    scale: Scale,
    size: Size,
    aside: Array,
    boxes: list[Box],
) -> list[str]:
    """Return the mark of the deepest plan below DANGER."""
    limit = section.limit_mm
    if limit is None or limit > longest(section) + 15.0:
        return []
    at = scale.xy(section.needle.at(limit))
    other = -aside
    end = at + other * 15.0
    text = said(
        _("limit {limit}", limit=whole_mm(limit)) if limit > 0 else _("no depth")
    )
    spot, anchor = at + other * 18.0, "start"
    if box(spot, text, size.letter, anchor=anchor)[2] > size.picture - size.letter:
        spot = np.array([size.picture - 1.5 * size.letter, spot[1] + 1.4 * size.letter])
        anchor = "end"
    boxes.append(box(spot, text, size.letter, anchor=anchor))
    return [
        stroke(at - other * 7.0, end, "#fff", 4.4, opacity=0.85),
        stroke(at - other * 7.0, end, INK, 2.4, name="limit"),
        halo(
            spot[0],
            spot[1] + 0.36 * size.letter,
            text,
            size.letter,
            anchor=anchor,
            weight=700,
        ),
    ]


def _blank(section: Section, size: Size, boxes: list[Box]) -> list[str]:
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


def _frame(section: Section, scale: Scale, size: Size, boxes: list[Box]) -> list[str]:
    """Return the words on the edges, clear of leader lines, and the scale bar."""
    left, right, low, high = section.edges
    letter = size.letter
    wide, tall = size.picture, size.height
    words = [
        halo(wide / 2, letter * 1.15, high, letter, anchor="middle", fill=GREY),
        halo(wide / 2, tall - 5, low, letter, anchor="middle", fill=GREY),
    ]
    for x, word in ((letter, left), (wide - letter * 0.6, right)):
        half = 0.3 * letter * len(said(word))
        rooms = [
            (y, (x - letter, y - half, x + 0.3 * letter, y + half))
            for y in sorted(
                np.linspace(0.15, 0.85, 15) * tall, key=lambda y: abs(y - tall / 2)
            )
        ]
        y, _room = next((r for r in rooms if clear(r[1], boxes)), rooms[0])
        words.append(
            f'<g transform="rotate(-90 {x:.1f} {y:.1f})">'
            f"{halo(x, y, word, letter, anchor='middle', fill=GREY)}</g>"
        )
    for step in (5, 10, 20, 50):
        if step * scale.per_mm >= SCALE_SHARE * wide:
            break
    long = step * scale.per_mm
    x, y = wide - long - 10, tall - 9
    words += [
        f'<path d="M{x:.1f} {y - 3:.1f}v6M{x:.1f} {y:g}h{long:.1f}M{x + long:.1f} '
        f'{y - 3:.1f}v6" stroke="{INK}" stroke-width="1.5"/>',
        halo(
            x + long / 2,
            y - 5,
            _("{step} mm", step=step),
            letter - 0.5,
            anchor="middle",
        ),
    ]
    return words


def _names(
    section: Section, scale: Scale, size: Size, foot: float, taken: list[Box]
) -> tuple[list[str], list[str]]:
    """Return the leader lines in the picture, and the column of names beside it.

    What the lines take up of the picture is added to the boxes that are taken.
    """
    letter = size.letter
    row = letter * 1.22
    wide = int((size.names - 14) / (0.62 * letter))
    most = 4 if len(section.bands) <= 3 else 3
    items = []
    for band in section.bands:
        lines = textwrap.wrap(
            said(band_name(section, band)),
            wide,
            max_lines=most,
            placeholder=" …",
            break_long_words=False,
        )
        across = int((size.names - 14) / (0.53 * letter))
        note = [
            part
            for line in _note(section, band)
            for part in textwrap.wrap(said(line), across) or [line]
        ]
        high = (len(lines) + len(note)) * row + 7
        items.append((scale.xy(band.label), high, lines, note, band))
    room = size.height - 4 - foot
    while sum(item[1] for item in items) > room:
        items.pop()  # the mildest; it is named in the words below
    x = size.picture + 3
    laid = uncrossed(
        [item[0] for item in items],
        [item[1] for item in items],
        room,
        lambda _number, top: np.array([x, top + row * 0.75]),
    )
    leaders, names = [], []
    x = size.picture + 12
    for number, top in laid:
        spot, _high, lines, note, band = items[number]
        rim = np.array([size.picture + 3, top + row * 0.75])
        leaders += [
            stroke(rim, spot, "#fff", 3.0, opacity=0.8),
            stroke(rim, spot, INK, 0.9, name="leader"),
            sign(band.verdict, spot, 0.95 * letter),
        ]
        steps = max(2, int(np.linalg.norm(rim - spot) / 5.0))
        taken += [
            (u - 3, v - 3, u + 3, v + 3)
            for u, v in np.linspace(spot, rim, steps).tolist()
        ]
        edge = rim - np.array([3.0, 0.0])
        names.append(stroke(edge, rim, INK, 0.9))
        names.append(
            f'<rect x="{rim[0]:.1f}" y="{rim[1] - 3.2:.1f}" width="6.4" height="6.4" '
            f'fill="{fill_of(band.zone_id)}" stroke="{INK}" stroke-width=".7"/>'
        )
        for at, line in enumerate([*lines, *note]):
            own = at < len(lines)
            names.append(
                f'<text x="{x:g}" y="{top + (at + 1) * row:.1f}" font-size="'
                f'{letter if own else letter - 0.5:g}" font-family="{FONT}" '
                f'fill="{INK if own else GREY}" font-weight="{650 if own else 400}">'
                f"{escape(said(line))}</text>"
            )
    return leaders, names


def _note(section: Section, band: Band) -> list[str]:
    """Return the short lines under a name."""
    lines: list[str] = []
    if not band.known:
        lines.append(_("if it applies"))
    if not band.depth_known:
        lines.append(_("depth not known"))
    finding = band.finding
    if finding is not None and finding.reached_at_mm is not None:
        past = finding.reached_at_mm > longest(section)
        at = whole_mm(finding.reached_at_mm)
        lines += [
            _("limit {limit}", limit=at)
            if finding.verdict >= Verdict.DANGER
            else _("counts from {depth}", depth=at),
            *([_("past its end")] if past else []),
        ]
    else:
        lines.append(_("{away_mm:.0f} mm off line", away_mm=band.away_mm))
    return lines
