"""``needlemap batch IN OUT``: check every row of a CSV or Parquet file.

Rows are read, checked and written in chunks, so memory does not grow with the file. A
state file beside the output says how far it is whole: a run that was stopped goes on
from there, and is refused when the input or the data has changed.
"""

from __future__ import annotations

import math
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from anatomy.errors import DataError, InputError
from viewer.command.batch_files import (
    Chunk,
    Sink,
    State,
    chunks_of,
    names_of,
    resumed,
    save_state,
    sha256_of,
    state_file,
)
from viewer.command.batch_jobs import in_order, jobs_given
from zones.risk.policy import in_force, is_looser
from zones.sentences.figures import policy_words
from zones.table.columns import (
    ANSWERS,
    NEEDLE,
    check_names,
    from_text,
    objects,
    patient_columns,
    site_columns,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

#: Rows checked together.
CHUNK_ROWS = 50_000
#: Columns that are always passed on unread.
KEPT = ("id", "row")
FORMATS = (".csv", ".parquet")
OK, SOME_ROWS_FAILED = 0, 2


def run_batch(
    source: Path,
    target: Path,
    *,
    keep: Sequence[str] = (),
    force: bool = False,
    chunk_rows: int = CHUNK_ROWS,
    jobs: int = 1,
    progress: TextIO | None = None,
) -> dict[str, int]:
    r"""Check every row of a file and write it with the answers beside it.

    Parameters
    ----------
    source, target : Path
        ``.csv`` (UTF-8, with a header) or ``.parquet``; columns as those of
        `zones.table.sites.check_sites`.
    keep : sequence of str
        Other columns to pass on unread; ``id`` and ``row`` always are.
    force : bool
        Begin afresh, whatever output is there.
    chunk_rows : int
        Rows held in memory at a time, by each process.
    jobs : int
        Processes that answer; 0 for one for each core. The output is the same.
    progress : text stream, optional
        Where to draw a bar.

    Returns
    -------
    dict of str to int
        Rows by verdict, and ``error`` for those that could not be checked. Their
        reason stands in the column ``error``; no row is left out.

    Raises
    ------
    InputError, UnknownNameError
        For a file that cannot be read, a column that is not known, an output that is
        there already, or an input that changed since a run was stopped.
    DataError
        When one of the processes was ended from outside; what was written is whole.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "in.csv").write_text("text,depth_mm\n6 cm left of T4,30\n")
    >>> run_batch(folder / "in.csv", folder / "out.csv")["DANGER"]
    1
    """
    from zones.check.site import data_version

    jobs = jobs_given(jobs)
    for path in (source, target):
        if path.suffix.lower() not in FORMATS:
            raise InputError(
                f"{path.name}: files must end in {' or '.join(FORMATS)}.",
                given=path.suffix,
            )
    if not source.exists():
        raise InputError(f"{source}: no such file.", given=str(source))
    if target.resolve() == source.resolve():
        raise InputError("IN and OUT must be two files.", given=str(target))
    names = names_of(source)
    _check_columns(names, keep)
    fresh = State(sha256_of(source), data_version(), sorted(keep))
    state = resumed(source, target, fresh, force=force)
    sink = Sink(target, names, state)
    bar = Bar(progress)
    chunks = chunks_of(source, names, chunk_rows, state.rows)
    for chunk, answers in in_order(check_chunk, chunks, jobs):
        sink.write(chunk, answers)
        counts = Counter(v or "error" for v in answers["verdict"])
        state.counts = dict(Counter(state.counts) + counts)
        state.rows += len(chunk)
        save_state(state, target)
        bar.draw(chunk.share, state.rows)
    sink.finish()
    state_file(target).unlink(missing_ok=True)
    bar.done()
    return state.counts


def check_chunk(chunk: Chunk) -> dict[str, list[Any]]:
    """Return the answers of some rows, as plain values; None where there is none."""
    from zones.table.sites import check_sites

    known = {*site_columns(), *NEEDLE, *patient_columns()}
    table = {n: _read(n, v) for n, v in chunk.columns.items() if n in known}
    found = check_sites(table)
    answers = {name: found[name].tolist() for name in ANSWERS}
    answers["max_depth_mm"] = [
        None if math.isnan(v) else v for v in answers["max_depth_mm"]
    ]
    for row, why in chunk.faults.items():
        bare = ("", -1, None, "", False, why)
        for name, value in zip(ANSWERS, bare, strict=True):
            answers[name][row] = value
    return answers


def _read(name: str, cells: list[Any]) -> Any:
    """Return the values of one column; cells of text are read."""
    texts = [isinstance(c, str) for c in cells]
    if not any(texts):
        return objects(cells)
    if all(texts) and name.endswith(("_mm", "_deg", "_x", "_y", "_z")):
        try:
            return np.array([c or "nan" for c in cells], dtype=float)
        except ValueError:
            pass
    known: dict[str, Any] = {}
    out = []
    for cell, is_text in zip(cells, texts, strict=True):
        if is_text and cell not in known:
            known[cell] = from_text(name, cell)
        out.append(known[cell] if is_text else cell)
    return objects(out)


def _check_columns(names: Sequence[str], keep: Sequence[str]) -> None:
    """Raise for columns that are not known, stand twice or would be overwritten."""
    for name, count in Counter(names).items():
        if count > 1:
            raise InputError(f"column {name!r} appears {count} times.", field=name)
        if name in ANSWERS:
            raise InputError(
                f"column {name!r} is one that batch writes; rename it.", field=name
            )
    known = (*site_columns(), *NEEDLE, *patient_columns())
    check_names(keep, names, what="the input (--keep)")
    try:
        check_names(names, (*known, *KEPT, *keep), what="the input")
    except InputError:
        raise
    except Exception as error:
        name = str(getattr(error, "field", ""))
        error.args = (f"{error} To pass it on unread, give --keep {name}.",)
        if hasattr(error, "message"):
            error.message = f"{error.message} (--keep {name} passes it on unread.)"
        raise


class Bar:
    """A progress bar of one line; draws nothing without a stream."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream, self.start = stream, time.monotonic()

    def draw(self, share: float, rows: int) -> None:
        """Draw how far it is."""
        if self.stream is None:
            return
        full = round(30 * min(share, 1.0))
        speed = rows / max(time.monotonic() - self.start, 1e-9)
        line = f"[{'#' * full}{'.' * (30 - full)}] {share:4.0%}"
        self.stream.write(f"\r{line} {rows:,} rows, {speed:,.0f} a second ")
        self.stream.flush()

    def done(self) -> None:
        """End the line."""
        if self.stream is not None:
            self.stream.write("\n")


def batch_command(arguments: argparse.Namespace) -> int:
    """Run ``needlemap batch``."""
    try:
        counts = run_batch(
            arguments.source,
            arguments.target,
            keep=arguments.keep,
            force=arguments.force,
            jobs=arguments.jobs,
            progress=sys.stderr if sys.stderr.isatty() else None,
        )
    except OSError as error:
        raise DataError(f"{error.filename}: {error.strerror}.") from error
    print(counts_text(counts))
    policy = in_force()
    words = policy_words(policy.name, looser=is_looser(policy))
    if words:
        print(words)
    return SOME_ROWS_FAILED if counts.get("error") else OK


def counts_text(counts: dict[str, int]) -> str:
    """Return the counts at the end of a run as text.

    Examples
    --------
    >>> print(counts_text({"DANGER": 2, "error": 1}))
           3 rows
           2 DANGER
           1 could not be checked: see the column 'error'
    """
    from zones.contract.models import Verdict

    lines = [f"{sum(counts.values()):8,} rows"]
    for verdict in sorted(Verdict, key=lambda v: -v.rank):
        if counts.get(verdict.value):
            lines.append(f"{counts[verdict.value]:8,} {verdict.value}")
    if counts.get("error"):
        told = "could not be checked: see the column 'error'"
        lines.append(f"{counts['error']:8,} {told}")
    return "\n".join(lines)
