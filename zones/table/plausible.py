"""Columns whose figures look like another unit than millimetres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import NeedlemapError
from anatomy.words.sites import resolve_site
from zones.table.columns import Columns

if TYPE_CHECKING:
    from zones.table.places import Sites

#: So few figures tell nothing of a column.
FEWEST = 5
#: All of a column below these, mm: it is in that unit. Needles of 13 to 75 mm are
#: sold and inserted some millimetres at least; offsets are centimetres.
_SMALL: dict[str, tuple[tuple[float, str], ...]] = {
    "depth_mm": ((0.2, "metres"), (2.0, "inches or centimetres")),
    "length_mm": ((0.31, "metres"), (6.0, "inches or centimetres")),
    "lateral_mm": ((0.4, "metres"),),
    "superior_mm": ((0.4, "metres"),),
    "anterior_mm": ((0.4, "metres"),),
}
_SCALES = ((1000.0, "metres"), (25.4, "inches"), (10.0, "centimetres"))


def slips(columns: Columns, count: int) -> dict[int, str]:
    """Return the rows of columns that look like metres or inches, with why.

    Parameters
    ----------
    columns : mapping of str to Column
        Columns of sites and needles.
    count : int
        Rows.

    Examples
    --------
    >>> from zones.table.columns import column_of
    >>> found = slips({"depth_mm": column_of([0.02, 0.025, 0.03, 0.02, 0.03])}, 5)
    >>> found[0].split(";")[0]
    'depth_mm looks like metres'
    """
    found: dict[int, str] = {}
    for name, limits in _SMALL.items():
        if name not in columns:
            continue
        figures = np.abs(columns[name].number)
        told = figures[np.isfinite(figures) & (figures > 0)]
        if len(told) < FEWEST:
            continue
        for most, unit in limits:
            if told.max() < most:
                text = (
                    f"{name} looks like {unit}; it must be millimetres, and the "
                    f"largest figure given is {told.max():g}."
                )
                rows = np.flatnonzero(np.isfinite(figures)).tolist()
                found.update(dict.fromkeys(rows, text))
                break
    del count
    return found


def wrong_scale(sites: Sites, lost: dict[int, str]) -> dict[int, str]:
    """Return the errors of rows off the body, with the unit they may be in.

    Parameters
    ----------
    sites : Sites
        The sites of the table.
    lost : mapping of int to str
        Rows that have no place on any body, and why.
    """
    for given in (sites.on_chart, sites.in_space):
        rows = [row for row in lost if given[row]]
        share = len(rows) / max(int(given.sum()), 1)
        if len(rows) < FEWEST or share < 0.5:
            continue
        for factor, unit in _SCALES:
            tried = rows[:: max(len(rows) // 20, 1)][:20]
            fits = sum(_lands(sites, row, factor) for row in tried)
            if fits >= 0.8 * len(tried):
                hint = f" The figures look like {unit}; they must be millimetres."
                lost = {r: t + hint if given[r] else t for r, t in lost.items()}
                break
    return lost


def _lands(sites: Sites, row: int, factor: float) -> bool:
    """Return whether a place is on a body when its figures are multiplied."""
    from anatomy.body import load_body

    site: dict[str, Any]
    if sites.on_chart[row]:
        x_mm, y_mm = _scaled(sites.xy[row], factor)
        name = sites.chart[sites.chart_of[row]]
        site = {"chart": name, "x_mm": x_mm, "y_mm": y_mm}
    else:
        site = {"xyz_mm": _scaled(sites.xyz[row], factor)}
    for name in ("male", "female"):
        try:
            resolve_site(load_body(name), site)
        except NeedlemapError:
            continue
        return True
    return False


def _scaled(values: NDArray[np.float64], factor: float) -> list[float]:
    return [float(v) * factor for v in values]
