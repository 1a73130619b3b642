"""The command for whole files: nothing lost, resumable, refused when changed."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from anatomy.errors import InputError, NeedlemapError
from viewer.command import batch, batch_files
from viewer.command.batch import Bar, counts_text, run_batch

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    ("a", "6 cm left of T4", "30"),
    ("b", "6 cm left of T4", "5"),
    ("c", "6 cm left of nowhere", "5"),
    ("d", "T12", "deep"),
    ("e", "T9", ""),
]


def write(path: Path, rows: list[tuple[str, ...]] = ROWS) -> Path:
    """Write a table as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "text", "depth_mm"), *rows])
    return path


def read(path: Path) -> list[dict[str, str]]:
    """Read a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_row_comes_out(tmp_path: Path) -> None:
    """Rows keep order and cells; those not checked say why and are counted."""
    counts = run_batch(write(tmp_path / "in.csv"), tmp_path / "out.csv")
    rows = read(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == list("abcde")
    assert [row["verdict"] for row in rows[:2]] == ["DANGER", "CAUTION"]
    assert "nowhere" in rows[2]["error"]
    assert "deep" in rows[3]["error"]
    assert rows[0]["error"] == ""
    assert counts["error"] == 2
    assert sum(counts.values()) == len(ROWS)
    assert not list(tmp_path.glob("*.state.json"))
    assert "could not be checked" in counts_text(counts)


def test_stopped_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run stopped in the middle, its last write torn, ends as if it never was."""
    source = write(tmp_path / "in.csv")
    run_batch(source, tmp_path / "whole.csv", chunk_rows=2)
    target = tmp_path / "out.csv"
    check = batch.check_chunk
    seen: list[int] = []

    def fails_at_third(chunk: batch_files.Chunk) -> dict[str, list[Any]]:
        seen.append(len(chunk))
        if len(seen) == 2:
            raise KeyboardInterrupt
        return check(chunk)

    monkeypatch.setattr(batch, "check_chunk", fails_at_third)
    with pytest.raises(KeyboardInterrupt):
        run_batch(source, target, chunk_rows=2)
    with target.open("a", encoding="utf-8") as file:
        file.write("torn,row")
    counts = run_batch(source, target, chunk_rows=2)
    assert target.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert sum(counts.values()) == len(ROWS)
    assert seen == [2, 2, 2, 1]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    """Ended at once, with no chance to tidy up: no row is lost or doubled."""
    source = write(tmp_path / "in.csv", ROWS * 60)
    run_batch(source, tmp_path / "whole.csv")
    target = tmp_path / "out.csv"
    code = (
        "import sys; from pathlib import Path; from viewer.command.batch import *\n"
        "run_batch(Path(sys.argv[1]), Path(sys.argv[2]), chunk_rows=3)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, source, target])
    state = batch_files.state_file(target)
    while process.poll() is None and not (
        state.exists() and json.loads(state.read_text() or "{}").get("rows", 0) > 20
    ):
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it was over before it was killed"
    done = len(read(target))
    assert 20 < done < len(ROWS) * 60
    counts = run_batch(source, target)
    assert target.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert sum(counts.values()) == len(ROWS) * 60


def test_changed_input_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run does not go on with another input; --force begins anew."""
    source, target = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    check = batch.check_chunk

    def fails(chunk: batch_files.Chunk) -> dict[str, list[Any]]:
        if chunk.columns["id"][0] == "c":
            raise KeyboardInterrupt
        return check(chunk)

    monkeypatch.setattr(batch, "check_chunk", fails)
    with pytest.raises(KeyboardInterrupt):
        run_batch(source, target, chunk_rows=2)
    monkeypatch.setattr(batch, "check_chunk", check)
    write(source, ROWS[:-1])
    with pytest.raises(InputError, match="changed"):
        run_batch(source, target)
    assert sum(run_batch(source, target, force=True).values()) == len(ROWS) - 1


def test_output_is_not_overwritten(tmp_path: Path) -> None:
    """An output that is already exists is left alone."""
    source = write(tmp_path / "in.csv")
    run_batch(source, tmp_path / "out.csv")
    with pytest.raises(InputError, match="already exists"):
        run_batch(source, tmp_path / "out.csv")


def test_file_cut_in_the_middle(tmp_path: Path) -> None:
    """The row that was cut says so; the rows before it are checked."""
    source = write(tmp_path / "in.csv")
    source.write_bytes(source.read_bytes()[:-12])
    with source.open("a", encoding="utf-8") as file:
        file.write("\nx")
    counts = run_batch(source, tmp_path / "out.csv")
    rows = read(tmp_path / "out.csv")
    assert "the row has 1 cells" in rows[-1]["error"]
    assert sum(counts.values()) == len(rows)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("id,txt,depth_mm", "text"),
        ("id,text,note", "--keep note"),
        ("id,text,verdict", "rename"),
        ("text,text", "2 times"),
        ("id,depth_mm", "landmark"),
        ("", "header"),
    ],
)
def test_bad_columns_are_refused(tmp_path: Path, header: str, says: str) -> None:
    """Unknown, double and missing columns are named before anything is done."""
    source = tmp_path / "in.csv"
    source.write_text(header + "\n" + ",".join("1" for _ in header.split(",")) + "\n")
    with pytest.raises(NeedlemapError) as caught:
        run_batch(source, tmp_path / "out.csv")
    assert says in str(caught.value)


def test_kept_columns_are_passed_on(tmp_path: Path) -> None:
    """A column of one's own is passed on when asked for."""
    source = tmp_path / "in.csv"
    source.write_text("text,note,pregnant\nT4,mine,no\n", encoding="utf-8")
    run_batch(source, tmp_path / "out.csv", keep=["note"])
    assert read(tmp_path / "out.csv")[0]["note"] == "mine"


def test_bar_is_drawn_on_a_terminal_only() -> None:
    """Without a stream nothing is drawn."""
    stream = io.StringIO()
    bar = Bar(stream)
    bar.draw(0.5, 1000)
    bar.done()
    assert " 50%" in stream.getvalue()
    Bar(None).draw(1.0, 1)


def test_broken_state_is_refused(tmp_path: Path) -> None:
    """A state file that cannot be read does not pass for a fresh start."""
    source = write(tmp_path / "in.csv")
    (tmp_path / "out.csv.state.json").write_text(json.dumps({"rows": 1}))
    with pytest.raises(InputError, match="force"):
        run_batch(source, tmp_path / "out.csv")


def test_parquet_there_and_back(tmp_path: Path) -> None:
    """Parquet in and out gives the same answers as CSV."""
    pytest.importorskip("pyarrow")
    source = write(tmp_path / "in.csv")
    run_batch(source, tmp_path / "mid.parquet", chunk_rows=2)
    table = batch_files.arrow().read_table(tmp_path / "mid.parquet")
    assert table.num_rows == len(ROWS)
    plain = table.select(["id", "text", "depth_mm"])
    batch_files.arrow().write_table(plain, tmp_path / "in.parquet")
    run_batch(tmp_path / "in.parquet", tmp_path / "out.csv", chunk_rows=2)
    run_batch(source, tmp_path / "whole.csv")
    names = ("verdict", "finding")
    for one, two in zip(
        read(tmp_path / "out.csv"), read(tmp_path / "whole.csv"), strict=True
    ):
        assert [one[n] for n in names] == [two[n] for n in names]
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "in.parquet").read_bytes()[:-20])
    with pytest.raises(InputError, match="complete"):
        run_batch(tmp_path / "cut.parquet", tmp_path / "never.csv")
