"""Upright needles worked out beforehand: where each zone is first met under each place.

What lies under an upright needle's own entry is known from the fields. What else it
meets (the far side of a limb, a fold, skin beside it that comes nearer as it goes in)
shows only when it is followed as a line. That is done here once, for every place: a
place is the part of a face that is nearest to one of its corners, and what is kept is
the least over lines from its corner, its middle and its rim.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zones.habitus import habitus_rule
from zones.steps import FOLD_COSINE, STEP_MM, UPRIGHT_END_MM, line_steps
from zones.table_space import Cells, spread_out

if TYPE_CHECKING:
    from anatomy.skin import SkinSurface
    from zones.fields import BodyFields
    from zones.zonefile import Zone

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

#: Step of a zone that is never met.
NEVER = 255
#: Shares of two corners that differ by no more are equal: a point on the edge of two
#: places belongs to both.
TIE = 1e-6
#: Share of its corner in the line that stands for the middle of a place.
INNER = 0.6
#: Lines followed together, and places put together at once.
LINES_AT_ONCE, PLACES_AT_ONCE = 4096, 24_576


@functools.cache
def depths_at_steps() -> FloatArray:
    """Return the length of needle at each step, mm; inf for `NEVER`, (256,).

    Examples
    --------
    >>> depths_at_steps()[[0, 9, NEVER]].tolist()
    [1.0, 10.0, inf]
    """
    along = line_steps(UPRIGHT_END_MM, 2.0 * STEP_MM)
    return np.append(along, np.full(NEVER + 1 - len(along), np.inf))


@functools.cache
def levels() -> IntArray:
    """Return the corrections for build that are worked out, whole mm, ascending.

    Before them all comes the patient for whom no depth can be relied on.
    """
    rule = habitus_rule()
    thinnest = float(np.floor(rule.shift(rule.warn_below_bmi)))
    return np.arange(int(thinnest), int(np.ceil(rule.heavy_most_mm)) + 1)


def level_of(shift_mm: Any, warns: Any) -> IntArray:
    """Return which level stands for a patient: the next one that is not deeper.

    Parameters
    ----------
    shift_mm : (N,) float64
        What the patient's build adds to depths, mm.
    warns : (N,) bool
        Whether no depth can be relied on.

    Returns
    -------
    (N,) int
        0 where none can be; else one more than the place in `levels`.

    Examples
    --------
    >>> int(levels()[level_of(-0.3, False) - 1]), int(level_of(0.0, True))
    (-1, 0)
    """
    known = levels()
    place = np.floor(np.asarray(shift_mm, dtype=float)).astype(np.intp) - known[0] + 1
    return np.where(warns, 0, np.clip(place, 0, len(known)))


@dataclass(frozen=True, eq=False)
class Upright:
    """Where upright needles meet zones that the depth under their entry does not tell.

    Kept for one half of the faces; the other half is their mirror image. A zone's
    *image* is its column twice over, plus one where it is read through the mirror.

    Attributes
    ----------
    size : (3 * F,) uint8
        Zones met from each place: corner k of face f is place ``3 * f + k``. None for
        faces of the other half.
    image : (K,) uint16
        Image of each zone met, place by place.
    step : (K,) uint8
        Step (`depths_at_steps`) at which it is met in a patient of ordinary build.
    begins : (K,) uint16
        Depth of the zone under the skin that decides, tenths of a mm, rounded down.
    levels : (L, C) uint8
        The same steps for each patient (`level_of`), for the zones that build bears on.
    """

    size: Bytes
    image: NDArray[np.uint16]
    step: Bytes
    begins: NDArray[np.uint16]
    levels: Bytes

    @functools.cached_property
    def start(self) -> IntArray:
        """Where the zones of each place begin, (3 * F,)."""
        size = self.size.astype(np.intp)
        return np.cumsum(size) - size


@dataclass(frozen=True, eq=False)
class Places:
    """How the places of a whole skin stand for those of its first half.

    Attributes
    ----------
    half : (F, 3) int32
        Place of `Upright` that each corner of each face has.
    mirrored : (F,) bool
        Whether it is its mirror image.
    """

    half: NDArray[np.int32]
    mirrored: BoolArray

    @classmethod
    def of(cls, skin: SkinSurface) -> Places:
        """Return the places of a skin whose faces are mirror images in pairs."""
        count = len(skin.faces)
        across = skin.mirror[skin.faces]
        other = _mirrored_faces(skin.faces, across, len(skin.vertices))
        face = np.minimum(np.arange(count), other)
        mirrored = face != np.arange(count)
        corner = np.where(mirrored[:, None], across, skin.faces)
        which = (corner[:, :, None] == skin.faces[face][:, None, :]).argmax(axis=2)
        return cls((3 * face[:, None] + which).astype(np.int32), mirrored)


def _mirrored_faces(
    faces: NDArray[np.int32], across: NDArray[np.int32], vertices: int
) -> IntArray:
    """Return the mirror image of each face, (F,), given by its corners' images."""
    count, half = len(faces), len(faces) // 2
    own, image = np.sort(faces, axis=1), np.sort(across, axis=1)
    if count == 2 * half and np.array_equal(own[:half], image[half:]):
        # the two halves of the skin in the same order, as reference bodies are built
        return np.roll(np.arange(count), half)
    key = np.array([vertices * vertices, vertices, 1], dtype=np.int64)
    known, wanted = own.astype(np.int64) @ key, image.astype(np.int64) @ key
    order = np.argsort(known)
    return order[np.minimum(np.searchsorted(known[order], wanted), count - 1)]


@functools.lru_cache(maxsize=4)
def places_of(skin: SkinSurface) -> Places:
    """Return the places of a skin, worked out once."""
    return Places.of(skin)


@functools.lru_cache(maxsize=8)
def rows_of_images(fields: BodyFields) -> NDArray[np.intp]:
    """Return the row of ``fields.rows`` of each image, -1 for none, (2, 2 * Z).

    The first line is for places of the first half of the faces, the second for their
    mirror images.
    """
    row = {(r.column, r.mirrored): number for number, r in enumerate(fields.rows)}
    found = np.full((2, 2 * len(fields.zones)), -1, dtype=np.intp)
    for column in range(len(fields.zones)):
        for through in (False, True):
            for side in (False, True):
                at = 2 * column + through
                found[int(side), at] = row.get((column, through != side), -1)
    return found


@functools.lru_cache(maxsize=8)
def level_lines(fields: BodyFields) -> IntArray:
    """Return the column of ``fields.upright.levels`` of each zone met, -1 for none."""
    built = _built(fields.zones)[fields.upright.image // 2]
    return np.where(built, np.cumsum(built) - 1, -1)


def nearest_corners(bary: FloatArray) -> BoolArray:
    """Return which corners of its face a point is nearest to: one, or all that tie.

    Parameters
    ----------
    bary : (..., 3) float64
        Place in the face.

    Examples
    --------
    >>> nearest_corners(np.array([0.4, 0.4, 0.2])).tolist()
    [True, True, False]
    """
    return np.asarray(bary >= bary.max(axis=-1, keepdims=True) - TIE)


def met_from(
    fields: BodyFields, face: int, bary: FloatArray, *, shift_mm: float, warns: bool
) -> tuple[FloatArray, FloatArray]:
    """Return what an upright needle meets beside what lies under its entry.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.
    face : int
        Face of the skin.
    bary : (3,) float64
        Place in the face.
    shift_mm : float
        What the patient's build adds to depths, mm.
    warns : bool
        Whether no depth can be relied on.

    Returns
    -------
    reached_mm : (R,) float64
        Length of needle at which each row of ``fields.rows`` is met; inf for never.
    begins_mm : (R,) float64
        Depth of each under the skin that decides.
    """
    table, places = fields.upright, places_of(fields.body.skin)
    reached, begins = np.full((2, len(fields.rows)), np.inf)
    rows = rows_of_images(fields)[int(places.mirrored[face])]
    for place in places.half[face, nearest_corners(bary)].tolist():
        begin = int(table.start[place])
        part = slice(begin, begin + int(table.size[place]))
        step, line = table.step[part], level_lines(fields)[part]
        if (line >= 0).any():
            level = int(level_of(shift_mm, warns))
            step = np.where(line >= 0, table.levels[level, line], step)
        row = rows[table.image[part]]
        along = depths_at_steps()[step]
        sooner = (row >= 0) & (along < reached[row])
        row = row[sooner]
        reached[row] = along[sooner]
        begins[row] = table.begins[part][sooner] / 10.0
    return reached, begins


@dataclass(frozen=True, eq=False)
class _Packed:
    """Zones under the slots of the fields, slot by slot."""

    start: IntArray
    size: IntArray
    column: IntArray
    begins: FloatArray
    ends: FloatArray


def _packed(fields: BodyFields) -> _Packed:
    slot, column = np.nonzero(np.isfinite(fields.earliest))
    size = np.bincount(slot, minlength=len(fields.earliest))
    begins, ends = (
        np.round(values[slot, column].astype(float), 3)
        for values in (fields.earliest, fields.latest)
    )
    ends += habitus_rule().heavy_most_mm
    return _Packed(np.cumsum(size) - size, size, column, begins, ends)


def _built(zones: tuple[Zone, ...]) -> BoolArray:
    """Return which zones the patient's build bears on, (Z,)."""
    return np.array([bool(zone.bmi_rule) for zone in zones], dtype=bool)


class _Compiler:
    """Follows the lines of the first half of a skin's faces."""

    def __init__(self, fields: BodyFields) -> None:
        self.fields, self.skin = fields, fields.body.skin
        self.cells = Cells.of(self.skin)
        self.packed = _packed(fields)
        self.built = _built(fields.zones)
        self.floor = np.array([z.floor_mm for z in fields.zones], dtype=float)
        self.along = line_steps(UPRIGHT_END_MM, 2.0 * STEP_MM)
        slot = fields.slot.astype(np.intp)
        self.slots = (slot, slot[self.skin.mirror])
        self.images = 2 * len(fields.zones)
        self.most = len(levels())

    def images_at(self, vertex: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Return the zones under vertices: run, image and item of the packed."""
        parts = []
        for through, slots in enumerate(self.slots):
            at = slots[vertex]
            run, item = spread_out(self.packed.start[at], self.packed.size[at])
            image = 2 * self.packed.column[item] + through
            parts.append((run, image, item))
        run, image, item = (np.concatenate(p) for p in zip(*parts, strict=True))
        return run, image, item

    def followed(
        self, xyz: FloatArray, way: FloatArray
    ) -> tuple[IntArray, IntArray, IntArray]:
        """Return line, step and nearest vertex wherever some zone is near."""
        line = np.arange(len(xyz))
        step = np.zeros(len(xyz), dtype=np.intp)
        vertex = np.asarray(
            self.skin.tree.query(xyz + self.along[0] * way)[1], dtype=np.intp
        )
        zoned = (self.slots[0] > 0) | (self.slots[1] > 0)
        out = []
        while len(line):
            leave, onward = self.cells.leave(vertex, xyz[line], way[line])
            after = np.searchsorted(self.along, leave, side="right")
            after = np.clip(after, step, len(self.along))
            here = np.flatnonzero(zoned[vertex] & (after > step))
            run, k = spread_out(step[here], (after - step)[here])
            out.append((line[here[run]], k, vertex[here[run]]))
            step = np.where(onward < 0, len(self.along), after)
            going = step < len(self.along)
            line, step, vertex = line[going], step[going], onward[going]
        found = (np.concatenate(p) for p in zip(*out, strict=True))
        return tuple(found)  # type: ignore[return-value]

    def lines(self, xyz: FloatArray, way: FloatArray) -> tuple[IntArray, Any, Any]:
        """Return what lines meet.

        Returns
        -------
        key : (K,) int
            Line times the number of images, plus the image; ascending.
        step : (K, L) uint8
            Step at which it is met, for each patient.
        code : (K,) uint32
            Step and begin of the zone where it is met first in ordinary build.
        """
        line, k, vertex = self.followed(xyz, way)
        offset = self.skin.vertices[vertex] - xyz[line]
        offset -= self.along[k][:, None] * way[line]
        under = np.einsum("ij,ij->i", offset, self.skin.vertex_normals[vertex])
        away = np.sqrt(np.einsum("ij,ij->i", offset, offset))
        covered = np.flatnonzero(under >= FOLD_COSINE * away)
        run, image, item = self.images_at(vertex[covered])
        run = covered[run]
        under = under[run]
        kept = under <= self.packed.ends[item]
        run, image, item, under = run[kept], image[kept], item[kept], under[kept]
        begins, column = self.packed.begins[item], image // 2
        level = np.where(
            self.built[column],
            self._level(under, begins, column),
            np.where(under >= begins, self.most, -1),
        )
        kept = level >= 0
        run, image, level, begins = run[kept], image[kept], level[kept], begins[kept]
        keys, which = np.unique(line[run] * self.images + image, return_inverse=True)
        step = np.full((len(keys), self.most + 1), NEVER, dtype=np.uint8)
        np.minimum.at(step, (which, level), k[run].astype(np.uint8))
        step = np.minimum.accumulate(step[:, ::-1], axis=1)[:, ::-1]
        told = np.minimum(np.floor(begins * 10.0 + 1e-6), 65535).astype(np.uint32)
        # met later than in ordinary build counts only where that never happens
        later = (level < level_of(0.0, False)).astype(np.uint32)
        code = np.full(len(keys), 2**32 - 1, dtype=np.uint32)
        np.minimum.at(
            code, which, (later << 24) | (k[run].astype(np.uint32) << 16) | told
        )
        return keys, step, code

    def _level(
        self, under: FloatArray, begins: FloatArray, column: IntArray
    ) -> IntArray:
        """Return the greatest level at which zones that build bears on are met."""
        least = np.minimum(begins, self.floor[column])
        slack = np.clip(under - begins, levels()[0] - 1.0, levels()[-1])
        level = np.floor(slack).astype(np.intp) - levels()[0] + 1
        return np.where((slack < 0.0) & (under < least), 0, level)


def compile_upright(fields: BodyFields) -> Upright:
    """Follow the lines of all upright needles of a body (some seconds).

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.

    Returns
    -------
    Upright
        What the depth under the entry does not tell sooner.
    """
    work = _Compiler(fields)
    faces = fields.body.skin.faces
    half = np.flatnonzero(~places_of(fields.body.skin).mirrored)
    corners = faces[half].astype(np.intp)
    xyz, way, sample = _samples(fields.body.skin, corners)
    keys, steps, codes = [], [], []
    for begin in range(0, len(xyz), LINES_AT_ONCE):
        part = slice(begin, begin + LINES_AT_ONCE)
        key, step, code = work.lines(xyz[part], way[part])
        keys.append(key + begin * work.images)
        steps.append(step)
        codes.append(code)
    line, image = np.divmod(np.concatenate(keys), work.images)
    step, code = np.concatenate(steps), np.concatenate(codes)
    size = np.bincount(line, minlength=len(xyz))
    start = np.cumsum(size) - size
    column = _columns(work, corners)
    count = 3 * len(faces)
    parts = []
    for begin in range(0, len(sample), PLACES_AT_ONCE):
        mine = sample[begin : begin + PLACES_AT_ONCE]
        run, item = spread_out(start[mine.ravel()], size[mine.ravel()])
        place = begin + run // sample.shape[1]
        order = np.argsort(place * work.images + image[item], kind="stable")
        key = (place * work.images + image[item])[order]
        first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
        if len(key):
            least = np.minimum.reduceat(step[item[order]], first, axis=0)
            told = np.minimum.reduceat(code[item[order]], first)
            parts.append(_sooner(work, column, key[first], least, told))
    key, step, code = (np.concatenate(p) for p in zip(*parts, strict=True))
    place, image = np.divmod(key, work.images)
    # places are numbered by the faces of the whole skin, of which these come first
    place = 3 * half[place // 3] + place % 3
    built = work.built[image // 2]
    return Upright(
        size=np.bincount(place, minlength=count)[:count].astype(np.uint8),
        image=image.astype(np.uint16),
        step=step[:, level_of(0.0, False)],
        begins=(code & 0xFFFF).astype(np.uint16),
        levels=np.ascontiguousarray(step[built].T),
    )


def _samples(
    skin: SkinSurface, corners: IntArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return where lines begin, their ways, and the five lines of each place."""
    count, vertices = len(corners), len(skin.vertices)
    used, at = np.unique(corners, return_inverse=True)
    at = at.reshape(-1, 3)
    after = np.roll(corners, -1, axis=1)
    low, high = np.minimum(corners, after), np.maximum(corners, after)
    edge, which = np.unique(low * vertices + high, return_inverse=True)
    which = which.reshape(-1, 3)
    one, two = np.divmod(edge, vertices)
    inner = np.full((3, 3), (1.0 - INNER) / 2.0)
    np.fill_diagonal(inner, INNER)
    both = []
    for values in (skin.vertices, skin.vertex_normals):
        middle = values[corners].mean(axis=1)
        within = np.einsum("kc,fcj->fkj", inner, values[corners]).reshape(-1, 3)
        both.append(
            np.concatenate([values[used], 0.5 * (values[one] + values[two]), middle])
        )
        both[-1] = np.concatenate([both[-1], within])
    xyz, normal = both
    length = np.linalg.norm(normal, axis=1)
    flat = length < 1e-6  # a fold so sharp that its normals cancel
    way = -normal / np.maximum(length, 1e-9)[:, None]
    way[flat] = np.array([0.0, 0.0, -1.0])
    first, second = len(used), len(used) + len(edge)
    face = np.arange(count)[:, None]
    sample = np.stack(
        [
            at,
            first + which,
            first + np.roll(which, 1, axis=1),
            np.broadcast_to(second + face, (count, 3)),
            second + count + 3 * face + np.arange(3),
        ],
        axis=2,
    )
    return xyz, way, sample.reshape(-1, 5)


def _columns(work: _Compiler, corners: IntArray) -> tuple[IntArray, FloatArray]:
    """Return the images under each face, as keys, and their least depth."""
    run, image, item = work.images_at(corners.ravel())
    keys, which = np.unique((run // 3) * work.images + image, return_inverse=True)
    begins = np.full(len(keys), np.inf)
    np.minimum.at(begins, which, work.packed.begins[item])
    return keys, begins


def _sooner(
    work: _Compiler,
    column: tuple[IntArray, FloatArray],
    key: IntArray,
    step: Bytes,
    code: NDArray[np.uint32],
) -> tuple[IntArray, Bytes, NDArray[np.uint32]]:
    """Return what is met sooner than the depth under the entry tells."""
    keys, begins = column
    place, image = np.divmod(key, work.images)
    wanted = (place // 3) * work.images + image
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    under = np.where(keys[at] == wanted, begins[at], np.inf)
    zone = image // 2
    least = np.minimum(under, work.floor[zone])
    # a level stands for corrections of up to one mm more
    tells = np.maximum(under[:, None] + levels() + 1.0, least[:, None])
    tells = np.concatenate(
        [np.where(np.isfinite(under), 0.0, np.inf)[:, None], tells], 1
    )
    tells = np.where(work.built[zone][:, None], tells, under[:, None])
    step = np.where(depths_at_steps()[step] < tells, step, NEVER).astype(np.uint8)
    kept = (step != NEVER).any(axis=1)
    return key[kept], step[kept], code[kept]
