"""What lies under every vertex of a skin: chance and depth of each structure."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zones.fields.model import Under

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zones.fields.compiling import ZoneField
    from zones.fields.model import Row


def packed(
    rows: Sequence[Row],
    compiled: Sequence[ZoneField],
    mirror: NDArray[np.int32],
) -> Under:
    """Return the compiled zones of a body packed by vertex, both sides.

    Parameters
    ----------
    rows : sequence of Row
        Zone and side of each row.
    compiled : sequence of ZoneField
        By column.
    mirror : (V,) int
        Mirror image of each vertex.
    """
    names = [item.name for item in fields(Under) if item.name not in ("start", "row")]
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("v", "row", *names)}
    for number, row in enumerate(rows):
        field = compiled[row.column]
        parts["v"].append(mirror[field.reach] if row.mirrored else field.reach)
        parts["row"].append(np.full(len(field.reach), number, dtype=np.int16))
        for name in names:
            parts[name].append(getattr(field, name))
    whole = {name: np.concatenate(some) for name, some in parts.items()}
    order = np.lexsort((whole["row"], whole["v"]))
    vertex = whole.pop("v")[order].astype(np.intp)
    arrays = {name: values[order] for name, values in whole.items()}
    start = np.zeros(len(mirror) + 1, dtype=np.int32)
    np.cumsum(np.bincount(vertex, minlength=len(mirror)), out=start[1:])
    return Under(start=start, **arrays)
