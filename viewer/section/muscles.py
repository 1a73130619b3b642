"""The muscles of a cross-section: red-brown bands under skin and fat, with names."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from anatomy.messages import message as _
from viewer.look.look import GREY
from viewer.look.palette import palette
from viewer.section.pen import Box, Scale, Size, box, clear, halo, path
from viewer.state.language import said
from viewer.state.terms import term
from zones.pictures.section_models import MuscleBand, Section

_MUSCLE, _WEIGHT = palette().tissue["muscle"], palette().weight
MUSCLE, MUSCLE_LINE, MUSCLE_INK = _MUSCLE.fill, _MUSCLE.line, _MUSCLE.ink
#: Room that a name needs in its muscle, as a share of its own width.
ROOMY = 0.8
#: Places along a muscle at which its name is tried.
TRIED = 5
#: Names keep clear of the words on the picture's edges, in heights of a letter.
RIM = 1.7


def muscle_fills(section: Section, scale: Scale) -> list[str]:
    """Return the muscles, the deepest first, the chosen one with a strong outline."""
    parts = []
    for band in section.muscles:
        name = f'data-muscle="{band.name}" data-side="{band.side}"'
        line = _WEIGHT.needle if band.chosen else _WEIGHT.far
        parts.append(
            f'<path class="muscle" {name} d="{shape_path(band.shape, scale)}" '
            f'fill="{MUSCLE}" fill-opacity="{0.95 if band.chosen else 0.8}" '
            f'fill-rule="evenodd" stroke="{MUSCLE_LINE}" stroke-width="{line}" '
            f'stroke-linejoin="round"/>'
        )
    return parts


def shape_path(shape: BaseGeometry, scale: Scale) -> str:
    """Return a shape of the section as path data."""
    rings = [
        shapely.get_coordinates(ring)
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]
    return "".join(path(ring, scale) for ring in rings if len(ring) > 3)


def muscle_names(
    section: Section, scale: Scale, size: Size, boxes: list[Box]
) -> list[str]:
    """Return the names of the chosen muscle and of those that are wide enough.

    What a muscle shows above those over it counts, and no name touches another.
    """
    parts = []
    letter = size.letter - 0.5
    wide, tall = size.picture / scale.per_mm, size.height / scale.per_mm
    rim = RIM * size.letter / scale.per_mm
    frame = shapely.box(
        *(scale.left + rim, scale.top - tall + rim),
        *(scale.left + wide - rim, scale.top - rim),
    )
    # no name runs out of the picture
    sides = [(-1e4, -1e4, 2.0, 1e4), (size.picture - 2.0, -1e4, 1e4, 1e4)]
    over: BaseGeometry = shapely.MultiPolygon()
    shown = []
    for band in reversed(section.muscles):
        shown.append((band, band.shape.difference(over).intersection(frame)))
        over = over.union(band.shape)
    for band, seen in sorted(shown, key=lambda item: not item[0].chosen):
        spot = _placed(band, seen, scale, letter, [*boxes, *sides])
        if spot is None:
            continue
        word = said(term(band.name))
        boxes.append(box(spot, word, letter, anchor="middle"))
        parts.append(
            halo(
                spot[0],
                spot[1] + 0.36 * letter,
                word,
                letter,
                anchor="middle",
                fill=MUSCLE_INK,
                weight=700 if band.chosen else 500,
            )
        )
    return parts


def _placed(
    band: MuscleBand, seen: BaseGeometry, scale: Scale, letter: float, boxes: list[Box]
) -> np.ndarray | None:
    """Return where a muscle's name is written, in pixels; None for no room."""
    word = said(term(band.name))
    wide = 0.56 * letter * len(word)
    for part in sorted(shapely.get_parts(seen), key=lambda p: -p.area)[:3]:
        if part.geom_type != "Polygon" or part.area < 4.0:
            continue
        left, low, right, high = part.bounds
        roomy = (right - left) * scale.per_mm >= ROOMY * wide
        roomy &= (high - low) * scale.per_mm >= 0.7 * letter
        if not (roomy or band.chosen):
            continue
        middle = part.representative_point()
        spots = [(middle.x, middle.y)]
        for share in np.linspace(0.2, 0.8, TRIED):
            x = left + share * (right - left)
            line = shapely.LineString([(x, low - 1), (x, high + 1)]).intersection(part)
            for piece in shapely.get_parts(line):
                at = piece.interpolate(0.5, normalized=True)
                spots.append((at.x, at.y))
        for spot in spots:
            xy = scale.xy(np.array(spot))
            if clear(box(xy, word, letter, anchor="middle"), boxes):
                return xy
    return None


def muscle_key(section: Section, x: float, y: float, letter: float) -> str:
    """Return the line of the key that says what a red-brown band is."""
    if not section.muscles:
        return ""
    high = 1.1 * letter
    word = said(_("muscle, schematic"))
    return (
        f'<rect x="{x:.1f}" y="{y - high:.1f}" width="{1.3 * letter:.1f}" '
        f'height="{high:.1f}" fill="{MUSCLE}" fill-opacity=".85" '
        f'stroke="{MUSCLE_LINE}" stroke-width=".8"/>'
        + halo(
            x + 1.6 * letter, y - 0.1 * letter, word, letter, anchor="start", fill=GREY
        )
    )
