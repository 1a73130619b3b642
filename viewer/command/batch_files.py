"""Files of ``needlemap batch``: read in chunks, written whole, and where a run was."""

from __future__ import annotations

import csv
import hashlib
import importlib
import io
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError
from zones.table.columns import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

STATE_SCHEMA = 1


@dataclass
class State:
    """How far an output is whole.

    Attributes
    ----------
    input_sha256, data_version : str
        What the output rests on.
    keep : list of str
        Columns passed on unread.
    rows, bytes, parts : int
        Rows done, bytes of a CSV output that are whole, parts of a Parquet output.
    counts : dict of str to int
        Rows by verdict, and ``error``.
    """

    input_sha256: str
    data_version: str
    keep: list[str]
    schema: int = STATE_SCHEMA
    rows: int = 0
    bytes: int = 0
    parts: int = 0
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk:
    """Some rows of the input.

    Attributes
    ----------
    columns : dict of str to list
        Every column as read.
    faults : dict of int to str
        Rows that are not whole, and why.
    share : float
        How much of the input is read, 0 to 1.
    """

    columns: dict[str, list[Any]]
    faults: dict[int, str]
    share: float

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))


def sha256_of(path: Path) -> str:
    """Return the hash of a whole file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def state_file(target: Path) -> Path:
    """Return the file that says how far an output is whole."""
    return target.with_name(target.name + ".state.json")


def _parts(target: Path) -> Path:
    return target.with_name(target.name + ".parts")


def save_state(state: State, target: Path) -> None:
    """Write the state so that it is either the old or the new one, never half."""
    path = state_file(target)
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(asdict(state)), encoding="utf-8")
    os.replace(draft, path)


def resumed(source: Path, target: Path, fresh: State, *, force: bool) -> State:
    """Return where to begin: a state file that fits, or the beginning."""
    path = state_file(target)
    if force:
        path.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        shutil.rmtree(_parts(target), ignore_errors=True)
    if not path.exists():
        if target.exists():
            raise InputError(
                f"{target.name} already exists; give another name, or --force to "
                "overwrite it.",
                given=str(target),
            )
        return fresh
    try:
        state = State(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise InputError(
            f"{path.name} cannot be read; give --force to start again.",
            given=str(path),
        ) from None
    there = target.stat().st_size if target.exists() else 0
    if there < state.bytes:
        raise InputError(
            f"{target.name} is shorter than it was when its run was stopped; give "
            "--force to begin anew.",
            given=str(target),
        )
    for name, what in (
        ("schema", "the version of needlemap"),
        ("input_sha256", f"the input {source.name}"),
        ("data_version", "the zones or rules"),
        ("keep", "--keep"),
    ):
        if getattr(state, name) != getattr(fresh, name):
            raise InputError(
                f"{what} changed since {target.name} was started ({state.rows} rows "
                "done); give --force to start again.",
                field=name,
            )
    return state


def names_of(source: Path) -> list[str]:
    """Return the names of the input's columns."""
    if source.suffix.lower() == ".parquet":
        return list(_parquet(source).schema_arrow.names)
    with _open(source) as (_, reader):
        names = [name.strip() for name in next(reader, [])]
    if not names:
        raise InputError(f"{source.name} must have a header with column names.")
    return names


def arrow(name: str = "pyarrow.parquet") -> Any:
    """Return pyarrow's Parquet module, or another of its modules.

    Raises
    ------
    InputError
        When it is not installed; it comes with the extra ``tables``.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(
            "Parquet files need pyarrow: pip install 'needlemap[tables]'."
        ) from None


def _parquet(source: Path) -> Any:
    try:
        return arrow().ParquetFile(source)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{source.name} is not a complete Parquet file ({error}).",
            given=str(source),
        ) from None


class _open:
    """A CSV file as its bytes and a reader of its rows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> tuple[Any, Any]:
        self.raw = self.path.open("rb")
        text = io.TextIOWrapper(
            self.raw, encoding="utf-8-sig", errors="replace", newline=""
        )
        return self.raw, csv.reader(text)

    def __exit__(self, *_: object) -> None:
        self.raw.close()


def chunks_of(source: Path, names: list[str], count: int, done: int) -> Iterator[Chunk]:
    """Return the rows of the input after those done, some at a time."""
    if source.suffix.lower() == ".parquet":
        yield from _parquetchunks_of(source, count, done)
        return
    size = max(source.stat().st_size, 1)
    with _open(source) as (raw, reader):
        next(reader, None)
        rows: list[list[str]] = []
        seen = 0
        try:
            for row in reader:
                if not row:
                    continue
                seen += 1
                if seen <= done:
                    continue
                rows.append(row)
                if len(rows) == count:
                    yield _csv_chunk(rows, names, raw.tell() / size)
                    rows = []
        except csv.Error as error:
            raise InputError(
                f"{source.name}, row {seen + 1}: {error}.", given=seen + 1
            ) from None
        if rows:
            yield _csv_chunk(rows, names, 1.0)


def _csv_chunk(rows: list[list[str]], names: list[str], share: float) -> Chunk:
    """Return rows of text as columns; rows of another length are faults."""
    width = len(names)
    faults = {}
    for i, row in enumerate(rows):
        if len(row) != width:
            faults[i] = f"the row has {len(row)} cells; the header has {width}."
            rows[i] = (row + [""] * width)[:width]
    columns = zip(*rows, strict=True)
    return Chunk(
        {name: list(cells) for name, cells in zip(names, columns, strict=True)},
        faults,
        share,
    )


def _parquetchunks_of(source: Path, count: int, done: int) -> Iterator[Chunk]:
    file = _parquet(source)
    total = max(file.metadata.num_rows, 1)
    seen = 0
    for batch in file.iter_batches(batch_size=count):
        begin = max(done - seen, 0)
        seen += batch.num_rows
        if begin >= batch.num_rows:
            continue
        rest = batch.slice(begin)
        columns = {n: rest.column(n).to_pylist() for n in rest.schema.names}
        yield Chunk(columns, {}, seen / total)


class Sink:
    """The output: grown by whole chunks."""

    def __init__(self, target: Path, names: list[str], state: State) -> None:
        self.target, self.names, self.state = target, [*names, *ANSWERS], state
        self.parquet = target.suffix.lower() == ".parquet"
        if self.parquet:
            arrow()
            _parts(target).mkdir(exist_ok=True)
            return
        with target.open("ab") as file:
            file.truncate(state.bytes)
        if state.bytes == 0:
            self._append([self.names])

    def write(self, chunk: Chunk, answers: dict[str, list[Any]]) -> None:
        """Write some rows with their answers."""
        columns = {**chunk.columns, **answers}
        if self.parquet:
            self._part(columns)
            return
        columns["complete"] = [str(v).lower() for v in columns["complete"]]
        cells = [[_cell(v) for v in columns[name]] for name in self.names]
        self._append(list(zip(*cells, strict=True)))

    def _append(self, rows: Sequence[Sequence[Any]]) -> None:
        with self.target.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        self.state.bytes = self.target.stat().st_size

    def _part(self, columns: dict[str, list[Any]]) -> None:
        pyarrow = arrow("pyarrow")
        kinds = {
            "verdict_code": pyarrow.int8(),
            "max_depth_mm": pyarrow.float64(),
            "complete": pyarrow.bool_(),
            **dict.fromkeys(("verdict", "finding", "error"), pyarrow.string()),
        }
        table = pyarrow.table(
            {n: pyarrow.array(columns[n], type=kinds.get(n)) for n in self.names}
        )
        path = _parts(self.target) / f"{self.state.parts:06d}.parquet"
        arrow().write_table(table, path)
        self.state.parts += 1

    def finish(self) -> None:
        """Join the parts of a Parquet output."""
        if not self.parquet:
            return
        pyarrow = arrow("pyarrow")
        module, folder = arrow(), _parts(self.target)
        paths = sorted(folder.glob("*.parquet"))[: self.state.parts]
        if paths:
            schemas = [module.read_schema(path) for path in paths]
            whole = pyarrow.unify_schemas(schemas, promote_options="permissive")
            with module.ParquetWriter(self.target, whole) as writer:
                for path in paths:
                    writer.write_table(module.read_table(path).cast(whole))
        shutil.rmtree(folder)


def _cell(value: Any) -> str:
    """Return a value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    return str(value)
