"""Bones in a cross-section: shapes, spaces within them, names, where one is met."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from anatomy.body.section import Outline
from anatomy.messages import message as _
from anatomy.places.said import bone_name
from viewer.look.palette import palette
from viewer.section.bands import band_fills, band_lines
from viewer.section.pen import (
    Array,
    Box,
    Scale,
    Size,
    box,
    clear,
    halo,
    paths,
    rounded,
    stroke,
)
from viewer.state.language import said
from zones.fields.bones import kind_of
from zones.pictures.bone_fronts import filled
from zones.pictures.section_models import Section
from zones.sentences.figures import bone_span

_TISSUE = palette().tissue
FLESH, _BONE = _TISSUE["flesh"].fill, _TISSUE["bone"]
BONE, BONE_LINE, BONE_INK = _BONE.fill, _BONE.line, _BONE.ink


def spaces(section: Section, scale: Scale, size: Size) -> list[str]:
    """Return the spaces within bones, and in them what has a known depth there.

    What is drawn from the skin on because nobody knows its depth ends at the bone.
    """
    if not section.hollows:
        return []
    parts = []
    for hollow in section.hollows:
        d, held = paths(hollow.lines, scale), _TISSUE[hollow.bone.holds].fill
        parts += [
            f'<path d="{d}" fill="{FLESH}"/>',
            f'<path d="{d}" class="space" fill="{held}" fill-opacity=".55"/>',
        ]
    known = tuple(band for band in section.bands if band.depth_known)
    within = [
        *band_fills(replace(section, bands=known), scale, size),
        *(band_lines(band, scale, size) for band in reversed(known)),
    ]
    return [*parts, f'<g clip-path="url(#spaces)">{"".join(within)}</g>']


def bones(section: Section, scale: Scale) -> list[str]:
    """Return the bones: ivory, with an outline; some as a wall round a space."""
    parts = []
    held = {hollow.bone.bone: hollow.lines for hollow in section.hollows}
    for outline in section.outlines[1:]:
        rings = [rounded(line) for line in outline.lines]
        shape = paths([*rings, *held.get(kind_of(outline.name), ())], scale)
        parts.append(
            f'<path d="{shape}" fill="{BONE}" fill-rule="evenodd" '
            f'stroke="{BONE_LINE}" stroke-width="1.3" stroke-linejoin="round"/>'
        )
    return parts


def bone_ahead(
    section: Section,
    scale: Scale,
    size: Size,
    aside: Array,
    boxes: list[Box],
    lines: list[Box],
) -> list[str]:
    """Return between which lengths of the needle bone is met in most people."""
    bone = section.bone
    if bone is None:
        return []
    other = -aside * 6.5
    left, _right, low, _high = section.window
    deep = min(bone.to_mm, float(np.hypot(left, low)))
    top = scale.xy(section.needle.at(bone.from_mm)) + other
    end = scale.xy(section.needle.at(deep)) + other
    end[1] = min(end[1], size.height - 2.0 * size.letter)
    if end[1] < top[1] + 2.0:
        return []
    parts = [
        stroke(top, end, BONE_LINE, 6.0),
        stroke(top, end, BONE, 3.8),
    ]
    span = said(bone_span(bone)).replace(" to ", "–")
    short = f"{said(bone_name(bone.name))} {span}"
    # rather over a leader line than not at all
    tries = [
        (text, part, over)
        for text in (
            said(_("{name} expected {span}", name=bone_name(bone.name), span=span)),
            short,
        )
        for over in (False, True)
        for part in (0.5, 0.9, 0.1, 1.2, -0.2, 1.5)
    ]
    for text, part, over in tries:
        spot = top + part * (end - top) - aside * 8.0
        room = box(spot, text, size.letter, anchor="start")
        if room[2] < size.picture - 4 and clear(
            room, boxes if over else [*boxes, *lines]
        ):
            boxes.append(room)
            parts.append(
                halo(
                    spot[0],
                    spot[1] + 0.36 * size.letter,
                    text,
                    size.letter,
                    anchor="start",
                    fill=BONE_INK,
                )
            )
            break
    return parts


def bone_word(name: str) -> str:
    """Return the short name of a bone, without its side and number.

    Examples
    --------
    >>> bone_word("proximal phalanx of finger 1 left")
    'phalanx'
    >>> bone_word("metacarpal 2 right")
    'metacarpal 2'
    """
    plain = name.removesuffix(" left").removesuffix(" right")
    return _("phalanx") if "phalanx of" in plain else bone_name(plain)


def _on_bone(middle: Array, seen: Array, outline: Outline, scale: Scale) -> Array:
    """Return the middle of a bone, or its nearest place where the bone is bent."""
    lines = [scale.xy(line) for line in outline.lines]
    if filled(lines, middle[:1], middle[1:])[0, 0]:
        return middle
    return np.asarray(seen[int(np.linalg.norm(seen - middle, axis=1).argmin())])


def bone_names(
    section: Section,
    scale: Scale,
    size: Size,
    boxes: list[Box],
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
    before = len(taken)
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
        middle = _on_bone((low + high) / 2, xy[seen], outline, scale)
        word = said(bone_word(outline.name))
        tries = [
            middle,
            np.array([middle[0], high[1] + letter]),
            np.array([middle[0], low[1] - letter]),
            np.array([high[0] + 0.33 * letter * len(word) + 5, middle[1]]),
            np.array([low[0] - 0.33 * letter * len(word) - 5, middle[1]]),
        ]
        for spot in tries:
            room = box(spot, word, letter, anchor="middle")
            if clear(room, taken):
                taken.append(room)
                parts.append(
                    halo(
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
    boxes += taken[before:]
    return parts
