"""A batch by several processes: the same file, and nothing lost with a process."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from anatomy.errors import DataError, OutOfRangeError
from tests.viewer.command.test_batch import ROWS, read, write
from tests.viewer.helpers.policies import looser_policy
from viewer.command.batch import run_batch
from viewer.command.batch_jobs import MOST_JOBS, can_share, in_order, jobs_given
from viewer.command.main import main

needs_fork = pytest.mark.skipif(not can_share(), reason="processes share no memory")
#: A process of a fork may not be made while threads run, says later Python; here none
#: of those that run holds anything that an answer needs.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def slow(number: int) -> int:
    """Take the longer, the earlier it is asked."""
    time.sleep(0.02 * (5 - number))
    return number * number


def killed(number: int) -> int:
    """End the process at the third."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def own_mb(_: int) -> tuple[int, float]:
    """Return the process and the memory that it alone has, MB."""
    run_small()
    rows = Path("/proc/self/smaps_rollup").read_text().splitlines()
    mine = sum(int(r.split()[1]) for r in rows if r.startswith("Private_"))
    time.sleep(0.5)  # so that both take one
    return os.getpid(), mine / 1024


def run_small() -> None:
    """Answer what a process of a batch answers."""
    from zones import check_sites

    table = {"text": ["6 cm left of T4", "L3", "T9"] * 300, "depth_mm": 20.0}
    assert "DANGER" in set(check_sites(table)["verdict"])


@needs_fork
def test_they_come_in_order() -> None:
    assert list(in_order(slow, range(6), 3)) == [(n, n * n) for n in range(6)]


@needs_fork
@pytest.mark.parametrize("end", [".csv", ".parquet"])
def test_the_file_is_the_same(tmp_path: Path, end: str) -> None:
    many = [(f"{name}{n}", *rest) for n in range(40) for name, *rest in ROWS]
    source = write(tmp_path / "in.csv", many)
    one, two = tmp_path / f"one{end}", tmp_path / f"two{end}"
    counts = run_batch(source, one, chunk_rows=16)
    assert run_batch(source, two, chunk_rows=16, jobs=2) == counts
    assert one.read_bytes() == two.read_bytes()


@needs_fork
def test_a_policy_reaches_them(tmp_path: Path) -> None:
    """A looser policy answers in every process, as it does in one."""
    source = write(tmp_path / "in.csv", ROWS[:2] * 20)
    policy = ["--policy", str(looser_policy(tmp_path)), "--allow-looser"]
    for jobs in ("1", "2"):
        target = str(tmp_path / f"out{jobs}.csv")
        assert main(["batch", str(source), target, "--jobs", jobs, *policy]) == 0
    found = read(tmp_path / "out1.csv")
    assert read(tmp_path / "out2.csv") == found
    run_batch(source, tmp_path / "strict.csv")
    assert read(tmp_path / "strict.csv")[0]["verdict"] != found[0]["verdict"]


@needs_fork
def test_a_process_that_is_killed_is_said() -> None:
    done = []
    with pytest.raises(DataError, match="run the same command again"):
        for item, _ in in_order(killed, range(9), 2):
            done.append(item)
    assert done == list(range(len(done))) and len(done) <= 3


@needs_fork
@pytest.mark.skipif(sys.platform != "linux", reason="memory is told by Linux")
def test_what_is_read_is_shared() -> None:
    """A process of its own memory takes less than a quarter of what was read."""
    found = [result for _, result in in_order(own_mb, range(2), 2)]
    assert len({pid for pid, _ in found}) == 2
    assert max(mb for _, mb in found) < 60.0


@pytest.mark.parametrize("jobs", [-1, MOST_JOBS + 1])
def test_a_slip_of_the_keyboard_is_refused(jobs: int) -> None:
    with pytest.raises(OutOfRangeError, match="--jobs"):
        jobs_given(jobs)


def test_where_memory_is_not_shared_one_is_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.command.batch_jobs.can_share", lambda: False)
    assert jobs_given(1) == 1
    with pytest.raises(OutOfRangeError, match="must be 1"):
        jobs_given(2)
