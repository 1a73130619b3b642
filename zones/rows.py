"""What is the same for all sites: figures of each row, and which rows lie where."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zones.fields import Depths

if TYPE_CHECKING:
    from zones.fields import BodyFields

FloatArray = NDArray[np.float64]


def band_near(
    fields: BodyFields, vertices: NDArray[np.intp]
) -> tuple[NDArray[np.intp], FloatArray, FloatArray]:
    """Return the rows that lie under any of some vertices, and from where to where.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.
    vertices : (N,) int
        Vertices of the skin.

    Returns
    -------
    rows : (K,) int
        Rows of ``fields.rows`` that have a depth under at least one of them.
    earliest, latest : (K, N) float64
        As `BodyFields.band_at`, for those rows only. Most of the skin has few zones
        under it, so this is several times faster than all rows.
    """
    direct = fields.slot[vertices]
    across = fields.slot[fields.body.skin.mirror[vertices]]
    rows, _ = _rows_at(fields, direct, across)
    return rows, *_bands(fields, rows, direct, across)


def least_near(
    fields: BodyFields, vertices: NDArray[np.intp]
) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the rows under any of some vertices and their least depth there, (K,)."""
    across = fields.slot[fields.body.skin.mirror[vertices]]
    return _rows_at(fields, fields.slot[vertices], across)


def _rows_at(
    fields: BodyFields, direct: NDArray[np.int32], across: NDArray[np.int32]
) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the rows at any of some slots and their mirror images, and how deep."""
    column, mirrored = _row_columns(fields)
    if not direct.any() and not across.any():
        return np.empty(0, dtype=np.intp), np.empty(0)
    here, there = (
        fields.earliest.take(np.unique(slots), axis=0).min(axis=0)
        for slots in (direct, across)
    )
    least = np.where(mirrored, there.take(column), here.take(column))
    rows = np.flatnonzero(np.isfinite(least))
    return rows, np.asarray(np.round(least[rows].astype(float), 3))


def depths_near(fields: BodyFields, around: NDArray[np.intp]) -> Depths:
    """Return what `BodyFields.at` says of one site, several times faster.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.
    around : (A,) int
        The vertices of the site.

    Returns
    -------
    Depths
        R rows by one site.
    """
    return _depths_near(fields, tuple(around.tolist()))


@functools.lru_cache(maxsize=64)
def _depths_near(fields: BodyFields, sites: tuple[int, ...]) -> Depths:
    """Return what several needles at one site have in common, read only."""
    around = np.array(sites, dtype=np.intp)
    column, mirrored = _row_columns(fields)
    count = len(column)
    found = Depths(
        earliest=np.full((count, 1), np.inf),
        typical=np.full((count, 1), np.nan),
        sd=np.full((count, 1), np.nan),
        lead=np.full((count, 1), -1, dtype=np.intp),
        inside=np.zeros((count, 1), dtype=bool),
    )
    for flag, vertices in ((False, around), (True, fields.body.skin.mirror[around])):
        slots = np.unique(fields.slot[vertices])
        if not slots[-1]:
            continue
        depth = fields.earliest[slots]
        least = depth.min(axis=0)
        near = np.isfinite(least) | fields.member[slots].any(axis=0)
        rows = np.flatnonzero(near[column] & (mirrored == flag))
        if not len(rows):
            continue
        mine = column[rows]
        # the first of the vertices, in the order given, that has the least depth
        given = fields.slot[vertices]
        best = given[fields.earliest[given[:, None], mine[None, :]].argmin(axis=0)]
        at = fields.lead.places(best, mine)
        found.earliest[rows, 0] = np.round(least[mine].astype(float), 3)
        found.typical[rows, 0] = np.round(fields.typical.take(at).astype(float), 3)
        found.sd[rows, 0] = np.round(fields.sd.take(at).astype(float), 3)
        found.lead[rows, 0] = fields.lead.take(at)
        found.inside[rows, 0] = fields.member[slots[:, None], mine].any(axis=0)
    for values in vars(found).values():
        values.flags.writeable = False
    return found


@functools.lru_cache(maxsize=64)
def under_face(fields: BodyFields, face: int) -> NDArray[np.bool_]:
    """Return which rows lie under any corner of a face of the skin, (R,), read only."""
    own = np.zeros(len(fields.rows), dtype=bool)
    own[least_near(fields, fields.body.skin.faces[face])[0]] = True
    own.flags.writeable = False
    return own


def band_of(
    fields: BodyFields, rows: NDArray[np.intp], vertices: NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Return from where to where some rows lie under single vertices.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.
    rows : (K,) int
        Rows of ``fields.rows``.
    vertices : (N,) int
        Vertices of the skin.

    Returns
    -------
    earliest, latest : (K, N) float64
        As `BodyFields.band_at`, mm.
    """
    across = fields.slot[fields.body.skin.mirror[vertices]]
    return _bands(fields, rows, fields.slot[vertices], across)


def least_of(
    fields: BodyFields, rows: NDArray[np.intp], vertices: NDArray[np.intp]
) -> FloatArray:
    """Return the least depth of some rows under any of some vertices, (K,) mm."""
    across = fields.slot[fields.body.skin.mirror[vertices]]
    cells = _cells(fields, rows, fields.slot[vertices], across)
    least = fields.earliest[cells].min(axis=1, initial=np.inf)
    return np.asarray(np.round(least.astype(float), 3))


def _bands(
    fields: BodyFields,
    rows: NDArray[np.intp],
    direct: NDArray[np.int32],
    across: NDArray[np.int32],
) -> tuple[FloatArray, FloatArray]:
    """Return where rows begin and end at slots and at their mirror images, (K, N)."""
    cells = _cells(fields, rows, direct, across)
    begins = np.round(fields.earliest[cells].astype(float), 3)
    return begins, np.round(fields.latest[cells].astype(float), 3)


def _cells(
    fields: BodyFields,
    rows: NDArray[np.intp],
    direct: NDArray[np.int32],
    across: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Return where rows stand in the fields at slots and their mirror images."""
    column, mirrored = _row_columns(fields)
    return np.where(mirrored[rows, None], across, direct), column[rows, None]


@functools.lru_cache(maxsize=8)
def _row_columns(fields: BodyFields) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the column of each row and whether it is read through the mirror."""
    return (
        np.array([row.column for row in fields.rows], dtype=np.intp),
        np.array([row.mirrored for row in fields.rows], dtype=bool),
    )


@functools.lru_cache(maxsize=8)
def row_rules(fields: BodyFields) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return floor depth and whether the build rule applies, for each row."""
    zones = [row.zone for row in fields.rows]
    return (
        np.array([zone.floor_mm for zone in zones], dtype=float),
        np.array([bool(zone.bmi_rule) for zone in zones], dtype=bool),
    )


@functools.lru_cache(maxsize=8)
def placement_of(fields: BodyFields) -> FloatArray:
    """Return the placement tolerance of each row, mm."""
    return np.array([row.zone.placement_mm for row in fields.rows], dtype=float)
