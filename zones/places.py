"""What lies under every place of a skin, packed for many upright needles at once.

A place is the part of a face nearest to one of its corners (`zones.upright`); corner k
of face f is place ``3 * f + k``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zones.rows import row_rules
from zones.table_patients import asked_zones
from zones.table_space import grouped, spread_out
from zones.upright import (
    depths_at_steps,
    level_lines,
    level_of,
    places_of,
    rows_of_images,
)

if TYPE_CHECKING:
    from zones.fields import BodyFields

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

#: Zones that rules ask for are told apart in whole numbers of so many bits.
BITS = 60


class Items(NamedTuple):
    """Zones that upright needles meet, K of them.

    Attributes
    ----------
    which : (K,) int
        Needle, or place asked for, ascending within either half.
    row : (K,) int
        Row of ``fields.rows``.
    begins : (K,) float64
        Depth of a zone under the entry, mm; NaN for one met elsewhere.
    line : (K,) int
        Item of ``fields.upright`` that tells where it is met; -1 under the entry.
    near, over : (K,) bool
        Whether the zone lies under the entry or its search area; under the entry.
    """

    which: IntArray
    row: IntArray
    begins: FloatArray
    line: IntArray
    near: BoolArray
    over: BoolArray

    def take(self, at: IntArray) -> Items:
        """Return some of the zones, in the order of their numbers (M,)."""
        return Items(
            self.which[at],
            self.row[at],
            self.begins[at],
            self.line[at],
            self.near[at],
            self.over[at],
        )


@dataclass(frozen=True, eq=False)
class Ground:
    """What lies under every face and place of one body.

    Attributes
    ----------
    fields : BodyFields
    start, size : (F,) int
        Zones under each face, in ``row`` and ``begins``.
    row : (K,) int
    begins : (K,) float64
        Least depth under the face's corners, mm.
    line_row : (2, L) int
        Row of each item of ``fields.upright`` for its place and for the mirror image.
    line_near : (L,) bool
        Whether the zone lies under the face as well.
    kind : (3 * F,) int
        Kind of site of each place: all that rules ask of it but its side.
    kinds : list of (str, frozenset of str)
        Region, and zones that rules ask for, of each kind.
    """

    fields: BodyFields
    start: IntArray
    size: IntArray
    row: IntArray
    begins: FloatArray
    line_row: IntArray
    line_near: BoolArray
    kind: IntArray
    kinds: list[tuple[str, frozenset[str]]]

    def items(self, places: IntArray) -> Items:
        """Return the zones met from places, (P,) int."""
        face, corner = np.divmod(places, 3)
        run, item = spread_out(self.start[face], self.size[face])
        stand = places_of(self.fields.body.skin)
        half = stand.half[face, corner]
        table = self.fields.upright
        which, line = spread_out(table.start[half], table.size[half].astype(np.intp))
        row = self.line_row[stand.mirrored[face[which]].astype(np.intp), line]
        kept = row >= 0
        which, line, row = which[kept], line[kept], row[kept]
        under, aside = np.ones(len(run), dtype=bool), self.line_near[line]
        return Items(
            which=np.concatenate([run, which]),
            row=np.concatenate([self.row[item], row]),
            begins=np.concatenate([self.begins[item], np.full(len(line), np.nan)]),
            line=np.concatenate([np.full(len(run), -1), line]),
            near=np.concatenate([under, aside]),
            over=np.concatenate([under, aside]),
        )

    def reached(
        self, items: Items, shift_mm: FloatArray, warns: BoolArray
    ) -> FloatArray:
        """Return where items are met in patients.

        Parameters
        ----------
        items : Items
            K zones.
        shift_mm : (K,) float64
            What the patient's build adds to depths, mm.
        warns : (K,) bool
            Whether no depth can be relied on.

        Returns
        -------
        (K,) float64
            Length of needle, mm; inf for never.
        """
        floor, built = row_rules(self.fields)
        lowest = np.minimum(items.begins, floor[items.row])
        shifted = np.maximum(items.begins + shift_mm, lowest)
        shifted[warns] = 0.0
        reached = np.where(built[items.row], shifted, items.begins)
        at = np.flatnonzero(items.line >= 0)
        line, table = items.line[at], self.fields.upright
        step, column = table.step[line], level_lines(self.fields)[line]
        own = np.flatnonzero(column >= 0)
        level = level_of(shift_mm[at[own]], warns[at[own]])
        step[own] = table.levels[level, column[own]]
        reached[at] = depths_at_steps()[step]
        return reached


@functools.lru_cache(maxsize=4)
def ground_of(fields: BodyFields) -> Ground:
    """Return what lies under every place of a body, worked out once.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.
    """
    start, size, row, begins = _under_faces(fields)
    rows = rows_of_images(fields)
    image = fields.upright.image.astype(np.intp)
    half = np.repeat(
        np.arange(len(fields.upright.size)), fields.upright.size.astype(np.intp)
    )
    total = len(fields.rows)
    known = np.repeat(np.arange(len(size)), size) * total + row
    wanted = (half // 3) * total + rows[0, image]
    at = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    # a zone of one side may be met in the mirror image only
    seen = np.asarray(rows[0, image] >= 0)
    near = seen & (known[at] == wanted) if len(known) else seen & False
    other = np.flatnonzero(~seen)
    if len(other) and len(known):
        across = _mirror_faces(fields)[half[other] // 3]
        wanted = across * total + rows[1, image[other]]
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        near[other] = known[at] == wanted
    kind, kinds = _kinds(fields)
    return Ground(fields, start, size, row, begins, rows[:, image], near, kind, kinds)


def _mirror_faces(fields: BodyFields) -> IntArray:
    """Return the mirror image of each face of the first half, (F,); else itself."""
    stand = places_of(fields.body.skin)
    found = np.arange(len(stand.mirrored))
    mirrored = np.flatnonzero(stand.mirrored)
    found[stand.half[mirrored, 0] // 3] = mirrored
    return found


def _under_faces(fields: BodyFields) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Return the zones under each face: where they begin, how many, rows and depths."""
    slots, column = np.nonzero(np.isfinite(fields.earliest))
    depth = np.round(fields.earliest[slots, column].astype(float), 3)
    size = np.bincount(slots, minlength=len(fields.earliest))
    start = np.cumsum(size) - size
    total = len(fields.rows)
    number = np.full((len(fields.zones), 2), -1, dtype=np.intp)
    for place, item in enumerate(fields.rows):
        number[item.column, int(item.mirrored)] = place
    skin = fields.body.skin
    corners = skin.faces.ravel()
    keys, depths = [], []
    for through, vertex in enumerate((corners, skin.mirror[corners])):
        slot = fields.slot[vertex]
        run, at = spread_out(start[slot], size[slot])
        row_at = number[column[at], through]
        kept = row_at >= 0
        keys.append((run[kept] // 3) * total + row_at[kept])
        depths.append(depth[at[kept]])
    key, found = np.concatenate(keys), np.concatenate(depths)
    order = np.argsort(key, kind="stable")
    key, found = key[order], found[order]
    first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]][: len(key)])
    begins = np.minimum.reduceat(found, first) if len(first) else found
    face, row = np.divmod(key[first], total)
    size = np.bincount(face, minlength=len(skin.faces))
    return np.cumsum(size) - size, size, row, begins


def _kinds(
    fields: BodyFields,
) -> tuple[IntArray, list[tuple[str, frozenset[str]]]]:
    """Return the kind of site of each place, and what each kind is."""
    body, skin = fields.body, fields.body.skin
    asked = [i for i, zone in enumerate(fields.zones) if zone.id in asked_zones()]
    there = np.isfinite(fields.earliest[:, asked]) | fields.member[:, asked]
    paired = np.array([fields.zones[i].side == "paired" for i in asked], dtype=bool)
    slot, across = fields.slot, fields.slot[skin.mirror]
    words = []
    for begin in range(0, len(asked), BITS):
        part = slice(begin, begin + BITS)
        weight = np.int64(1) << np.arange(len(asked[part]), dtype=np.int64)
        own = there[:, part] @ weight
        image = (there[:, part] & paired[part]) @ weight
        corners = (own[slot] | image[across])[skin.faces]
        words.append(np.bitwise_or.reduce(corners, axis=1))
    first, sets = grouped_words(words, len(skin.faces))
    key = sets[:, None] * (len(body.region_names) + 1) + body.region_labels[skin.faces]
    used, kind = np.unique(key.ravel(), return_inverse=True)
    ids = []
    for at in first.tolist():
        bits = [int(w[at]) >> k & 1 for w in words for k in range(BITS)]
        ids.append(
            frozenset(
                fields.zones[i].id for i, bit in zip(asked, bits, strict=False) if bit
            )
        )
    each = [divmod(int(k), len(body.region_names) + 1) for k in used]
    kinds = [(body.region_names[region], ids[number]) for number, region in each]
    return kind, kinds


def grouped_words(words: list[IntArray], count: int) -> tuple[IntArray, IntArray]:
    """Return one of each group of alike rows of whole numbers, and each row's group."""
    codes = [np.unique(word, return_inverse=True)[1] for word in words]
    return grouped(codes, count)
