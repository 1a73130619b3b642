"""Tables of any kind in and out: pandas, Polars, Arrow, DuckDB, dicts, record arrays.

What comes in comes out in kind, with its own columns beside the answers. Frames are
read and made by narwhals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from anatomy.errors import InputError
from anatomy.names import unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A name so like a known one is a slip of the pen rather than a column of one's own.
SLIP = 0.8


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it was given.

    Attributes
    ----------
    columns : dict
        Columns by name, as they are.
    frame : narwhals.DataFrame or None
        The frame that they come from; None for a dict or a record array.
    relation : module or None
        The module whose relation the frame was read from, which answers go back to.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    frame: Any = None
    relation: Any = None


def table_of(data: Any, *, what: str) -> Table:
    """Return a table of any kind.

    Parameters
    ----------
    data : mapping, data frame, Arrow table, relation, record array or None
        Names and columns; of a mapping a column may be a single value.
    what : str
        What the table holds, for messages.

    Raises
    ------
    InputError
        When it is no table.

    Examples
    --------
    >>> table_of({"text": ["T4"]}, what="sites").columns
    {'text': ['T4']}
    """
    if data is None:
        return Table()
    if isinstance(data, Mapping):
        return Table({str(k): v for k, v in data.items()})
    names = getattr(getattr(data, "dtype", None), "names", None)
    if names:
        return Table({str(n): data[n] for n in names})
    read = nw.from_native(data, pass_through=True)
    relation = None
    if isinstance(read, nw.LazyFrame):
        relation = nw.get_native_namespace(read)
        read = read.collect()
    if not isinstance(read, nw.DataFrame):
        raise InputError(
            f"{what} must be a table: columns by name, a data frame, an Arrow table or "
            f"a relation; got {type(data).__name__}.",
            field=what,
        )
    columns = {str(name): _values(read[name]) for name in read.columns}
    return Table(columns, read, relation)


def _values(series: Any) -> NDArray[Any]:
    """Return a column of a frame as an array: numbers, or objects with None."""
    if series.dtype.is_float() or (
        series.dtype.is_integer() and not series.null_count()
    ):
        return np.asarray(series.to_numpy())
    found = np.empty(len(series), dtype=object)
    found[:] = series.to_list()
    return found


def aligned(table: Table, sites: Table, *, what: str) -> Table:
    """Return a table with its rows in the order of those of the sites.

    Only frames with an index have one; others are paired by position.

    Raises
    ------
    InputError
        When both have an index and the rows cannot be paired by it.
    """
    index, wanted = (_index(one.frame) for one in (table, sites))
    if index is None or wanted is None or index.equals(wanted):
        return table
    if len(index) == 1 or len(wanted) == 1:
        return table  # one row stands for all
    pairs = index.is_unique and wanted.is_unique and len(index) == len(wanted)
    if not (pairs and set(index) == set(wanted)):
        raise InputError(
            f"{what} and sites have different indexes, so their rows cannot be "
            "paired; "
            "give both the same index, or reset both.",
            field=what,
        )
    native = nw.to_native(table.frame).loc[wanted]
    return table_of(native, what=what)


def _index(frame: Any) -> Any:
    """Return the index of a frame that has one."""
    return None if frame is None else getattr(nw.to_native(frame), "index", None)


def own_columns(
    names: Sequence[str], known: Sequence[str], *, what: str
) -> tuple[str, ...]:
    """Return which columns are somebody's own, to be passed through.

    Raises
    ------
    UnknownNameError
        For one that is so like a known name that it must be a slip.

    Examples
    --------
    >>> own_columns(["depth_mm", "clinic"], ["depth_mm"], what="needles")
    ('clinic',)
    """
    from rapidfuzz import fuzz

    own = [name for name in names if name not in known]
    for name in own:
        if any(fuzz.ratio(name.casefold(), one) >= 100 * SLIP for one in known):
            raise unknown(f"column of {what}", name, known, field=name)
    return tuple(own)


def in_kind(sites: Table, answers: Mapping[str, NDArray[Any]]) -> Any:
    """Return answers in the kind of table that the sites came in, own columns kept.

    Parameters
    ----------
    sites : Table
        What was given.
    answers : mapping of str to (N,) array
        Answers by name.

    Raises
    ------
    InputError
        When a column of the sites has the name of an answer.
    """
    frame = sites.frame
    clash = sorted(set(answers) & set(frame.columns))
    if clash:
        raise InputError(
            f"column {clash[0]!r} of sites has the name of an answer; rename it.",
            field=clash[0],
        )
    backend = frame.implementation
    series = [
        nw.new_series(name, values.tolist(), _dtype(values), backend=backend)
        for name, values in answers.items()
    ]
    native = nw.to_native(frame.with_columns(*series))
    if sites.relation is not None:
        return sites.relation.from_arrow(native)
    return native


def _dtype(values: NDArray[Any]) -> Any:
    """Return the type of an answer's column."""
    if values.dtype == np.int8:
        return nw.Int8
    return {"b": nw.Boolean, "f": nw.Float64}.get(values.dtype.kind, nw.String)
