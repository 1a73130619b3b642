"""Drawing tools of the cross-section: size, scale, lines, words, room for labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from viewer.look.look import FONT, INK, icon_svg
from viewer.state.language import said
from zones.contract.models import Verdict
from zones.pictures.section_models import OPPOSITE, Section

Array = NDArray[np.float64]
Box = tuple[float, float, float, float]

#: Outlines with no more corners than this are rounded twice.
FEW_CORNERS = 48


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


SMALL = Size(366, 264, 108, 10.0)
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


def path(line: Array, scale: Scale) -> str:
    """Return a line as path data, closed when it ends where it began."""
    xy = np.round(scale.xy(line), 1)
    keep = np.concatenate([[True], np.abs(np.diff(xy, axis=0)).sum(axis=1) > 0.25])
    keep[-1] = True
    text = "L".join(f"{x:g} {y:g}" for x, y in xy[keep].tolist())
    end = "Z" if len(line) > 2 and (line[0] == line[-1]).all() else ""
    return f"M{text}{end}"


def paths(lines: Sequence[Array], scale: Scale) -> str:
    """Return several lines as path data."""
    return "".join(path(line, scale) for line in lines if len(line) > 1)


def rounded(line: Array) -> Array:
    """Return a closed line with its corners cut, twice if it has few.

    Examples
    --------
    >>> square = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0.0]])
    >>> len(rounded(square)), bool((rounded(square)[0] == rounded(square)[-1]).all())
    (17, True)
    """
    for _ in range(2 if len(line) <= FEW_CORNERS else 1):
        ahead = line[1:]
        cut = np.stack(
            [0.75 * line[:-1] + 0.25 * ahead, 0.25 * line[:-1] + 0.75 * ahead]
        )
        line = cut.transpose(1, 0, 2).reshape(-1, 2)
        line = np.concatenate([line, line[:1]])
    return line


def stroke(
    a: Array,
    b: Array,
    colour: str,
    width: float,
    *,
    dash: str = "",
    opacity: float = 1,
    name: str = "",
) -> str:
    """Return a straight line; ``name`` says what it stands for."""
    named = f'class="{name}" ' if name else ""
    extra = f' stroke-dasharray="{dash}"' if dash else ""
    if opacity < 1:
        extra += f' stroke-opacity="{opacity:g}"'
    return (
        f'<path {named}d="M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}" '
        f'stroke="{colour}" stroke-width="{width:g}" stroke-linecap="round" '
        f'fill="none"{extra}/>'
    )


def sign(verdict: Verdict, spot: Array, wide: float) -> str:
    """Return the shape of a verdict, its middle at a place of the picture."""
    inside = re.sub(r"^<svg[^>]*>|</svg>$", "", icon_svg(verdict))
    x, y = spot - wide / 2
    return (
        f'<g class="sign" data-severity="{verdict.value}" transform="'
        f'translate({x:.1f} {y:.1f}) scale({wide / 28:.3f})">{inside}</g>'
    )


def halo(
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
        f'stroke-opacity=".85" stroke-linejoin="round">{escape(said(text))}</text>'
    )


def box(spot: Array, text: str, letter: float, *, anchor: str) -> Box:
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


def clear(
    box: Box,
    boxes: Sequence[Box],
) -> bool:
    """Return whether a rectangle touches none of others."""
    return not any(
        box[0] < o[2] and o[0] < box[2] and box[1] < o[3] and o[1] < box[3]
        for o in boxes
    )


def stacked(tops: list[float], highs: list[float], room: float) -> list[float]:
    """Return tops of boxes moved so that none overlaps and all are in the room.

    Examples
    --------
    >>> stacked([10.0, 12.0, 90.0], [20.0, 20.0, 20.0], 100.0)
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


def uncrossed(
    spots: Sequence[Array],
    highs: Sequence[float],
    room: float,
    rim: Callable[..., Array],
) -> list[tuple[int, float]]:
    """Return the order and the tops of labels whose leader lines do not cross.

    Parameters
    ----------
    spots : sequence of (2,) array
        Where each leader line points.
    highs : sequence of float
        Height of each label.
    room : float
        Height of the column.
    rim : callable
        Where the line of a label begins: of its number and its top.

    Returns
    -------
    list of (int, float)
        Number and top of each label, from above. Lines still cross where no exchange
        of two labels parts them.

    Examples
    --------
    >>> spots = [np.array([0.0, 0.0]), np.array([9.0, 4.0])]
    >>> rim = lambda number, top: np.array([10.0, top])
    >>> [number for number, _ in uncrossed(spots, [9.0, 9.0], 30.0, rim)]
    [0, 1]
    """
    order = sorted(range(len(spots)), key=lambda n: float(spots[n][1]))
    for turn in range(len(order) ** 2 + 1):
        tall = [highs[n] for n in order]
        tops = stacked([float(spots[n][1]) - highs[n] / 2 for n in order], tall, room)
        found = list(zip(order, tops, strict=True))
        lines = shapely.linestrings(
            np.array([[spots[n], rim(n, top)] for n, top in found]).reshape(-1, 2, 2)
        )
        crossed = shapely.crosses(lines[:, None], lines[None, :])
        pairs = np.argwhere(np.triu(crossed, 1))
        if not len(pairs) or turn == len(order) ** 2:
            break
        one, two = pairs[turn % len(pairs)]
        order[one], order[two] = order[two], order[one]
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
