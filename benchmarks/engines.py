"""What a row costs in the recipes of ``tables.md``: processor time and memory.

Run ``python benchmarks/engines.py`` from the checkout, with the engines installed that
are to be measured; it needs Linux. Each recipe runs in a process of its own on a table
of ``benchmarks/batch.py``, once small and once large: what lies between the two is what
rows cost, the rest is the start. Processor time is that of all processes the recipe
began, so that it holds whatever else runs; memory is the most that they had together,
shared pages once.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from batch import mixed, write_table

ROOT = Path(__file__).resolve().parents[1]
RECIPE = re.compile(r"### (.+?)\n(?:(?!###).)*?```python\n(.*?)```", re.S)
#: In the environment of all that a recipe begins.
MARK = "NEEDLEMAP_ENGINE"
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass
class Used:
    """Processor seconds and most memory in MB."""

    seconds: float
    peak_mb: float


def begun(mark: str) -> list[Path]:
    """Return the processes that have a mark in their environment."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if mark.encode() in (process / "environ").read_bytes():
                    found.append(process)
            except OSError:
                continue
    return found


def run(block: str, folder: Path) -> Used:
    """Run a recipe and look at its processes four times a second."""
    mark = uuid.uuid4().hex
    environment = {**os.environ, MARK: mark, "PYTHONPATH": str(ROOT)}
    seconds: dict[tuple[str, str], float] = {}
    peak = 0.0
    whole = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", block],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while whole.poll() is None:
        memory = 0
        for process in begun(mark):
            try:
                words = (process / "stat").read_text().rpartition(")")[2].split()
                rollup = (process / "smaps_rollup").read_text()
            except OSError:
                continue
            key = (process.name, words[19])
            seconds[key] = (int(words[11]) + int(words[12])) * TICK_S
            memory += int(re.findall(r"^Pss:\s+(\d+)", rollup, re.M)[0])
        peak = max(peak, memory / 1024)
        time.sleep(0.25)
    if whole.returncode:
        raise SystemExit(f"a recipe ended with {whole.returncode}")
    return Used(sum(seconds.values()), peak)


def main() -> None:
    """Print a row of the table for each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", default=["pandas", "Ray", "Spark"])
    parser.add_argument("--sizes", type=int, nargs=2, default=[100_000, 400_000])
    arguments = parser.parse_args()
    blocks = dict(
        RECIPE.findall((ROOT / "docs" / "programmers" / "tables.md").read_text("utf-8"))
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for engine in arguments.engines:
            used = []
            for rows in arguments.sizes:
                write_table(mixed(rows), folder / "sites.parquet")
                used.append(run(blocks[engine], folder))
            small, large = arguments.sizes
            row = (used[1].seconds - used[0].seconds) / (large - small)
            start = used[0].seconds - row * small
            print(
                f"| {engine} | {1 / row:,.0f} | {start:.0f} s | "
                f"{used[1].peak_mb:,.0f} MB | {row * 1e9 / 3600:,.0f} core-hours |",
                flush=True,
            )


if __name__ == "__main__":
    main()
