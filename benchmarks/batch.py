"""Rows a second of ``check_sites``, beside ``geopandas.sjoin`` of the same points.

Run ``python benchmarks/batch.py`` from the checkout; ``--rows`` for the size of the
tables and ``--write`` to keep the figures in ``docs/programmers/figures_batch.md``.
Times are of the processor, so that one core is what is measured whatever else runs;
geopandas is compared when it is installed, on the same points and the polygons of the
same zones as the chart shows them. Each timed table has points of its own; what is
worked out once for a body and a chart is worked out before.

``--files`` measures ``needlemap batch`` instead: rows a second and most memory for
whole files of 100,000 to 1,000,000 rows (``--sizes`` for others), and whether all rows
came out, also when the run is killed in its middle and taken up again.
"""

from __future__ import annotations

import argparse
import csv
import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
READ = """\
How to read it. All rows are places on the posterior chart of the female body: evenly
over the skin in the picture, or, harder, at the vertices of the skin with 1 mm of
spread, so that many lie at outlines and where faces meet. The patient is one adult
without risks, the needle 40 mm long and 5 to 40 mm deep. Each row gets the full answer
(verdict, its rank, deepest plan, gravest finding, completeness, error).
`geopandas.sjoin` joins the same points with the zones' polygons on the same chart and
says only which polygons hold each point: no depth, no patient, no row for the skin. Its
points are made before; made of the columns that `check_sites` reads they take about as
long again. Another build in every row means that no two rows share their judged zones.

At vertices fewer rows are answered than sjoin joins: one in fifteen of these places
lies beside the picture's outline, where the nearest skin is looked for, and those on
limbs are followed to the far side. The least is what an answer from a table worked out
beforehand would cost in numpy: to read three columns, reckon one cell, look up its
limit, verdict and finding, compare the depth, and give the three columns of words
(verdict, finding, error) that an answer has. Such a table was tried for this chart:
cells of a quarter of a millimetre, each with its place of the skin, or the line between
its two places. It answered 93 rows in 100 at 70 ns a row; finding the skin under the
others took another 70 ns for each row of the table, so that six times sjoin was the
most. It took ten seconds and 100 MB to make for each chart, which it would win back
only after more than ten million rows of one patient. It is not kept.
"""
READ_FILES = """\
Nine rows in ten are places on a chart with a needle of 5 to 40 mm, of these one in nine
oblique; one in twenty is a landmark with a tape; the others can not be checked (deeper
than the needle, a depth in words, a landmark that does not exist). The places are of
the female body: for men, every other patient, some lie in the air and say so. Sex, age,
build and pregnancy differ from row to row. Memory is the most that the process had
resident, mapped files included; seconds are of the processor and of the whole process,
with its start and the hash of the file. Memory grows once, where so many oblique
needles have come that the cells of the skins' vertices are worked out, and not with the
rows. The run that was cut was killed when half of its rows were done.
"""
PAGE = ROOT / "docs" / "programmers" / "figures_batch.md"
#: How places are spread, and the words for it.
SPREAD = {True: "evenly", False: "at vertices"}
#: What begins the part of the page on whole files.
FILES = "## Whole files"
#: The command, which tells at its end the most memory that it had, kB. What the system
#: tells of a child counts the memory of the process that began it.
COMMAND = """\
import re, sys
from viewer.command.main import main
status = main(sys.argv[1:])
with open("/proc/self/status") as file:
    print(re.search(r"VmHWM:\\s*(\\d+)", file.read())[1])
sys.exit(status)
"""


def points(count: int, seed: int = 1, *, even: bool = False) -> dict[str, Any]:
    """Return places on the posterior chart of the female body.

    They are spread evenly over the skin in the picture, or lie round its vertices.
    """
    from anatomy.body import load_body

    rng = np.random.default_rng(seed)
    skin = load_body("female").skin
    chart = load_body("female").charts["posterior"]
    if even:
        row, column = np.nonzero(np.isfinite(chart.depth))
        cell = rng.integers(0, len(row), count)
        x, y = rng.random((2, count)) + np.stack([column[cell], row[cell]])
        return {
            "chart": "posterior",
            "x_mm": chart.bounds[0] + chart.cell_mm * x,
            "y_mm": chart.bounds[2] + chart.cell_mm * y,
        }
    seen = np.flatnonzero(chart.visible_vertices)
    xyz = skin.vertices[rng.choice(seen, count)] + rng.normal(0, 1.0, (count, 3))
    xy = chart.project(xyz)
    return {"chart": "posterior", "x_mm": xy[:, 0], "y_mm": xy[:, 1]}


def needles(count: int, *, oblique: bool) -> dict[str, Any]:
    """Return plans of 5 to 40 mm."""
    rng = np.random.default_rng(2)
    plan: dict[str, Any] = {"depth_mm": rng.uniform(5, 40, count), "length_mm": 40.0}
    if oblique:
        plan["tilt_deg"] = rng.uniform(10, 70, count)
        plan["toward"] = rng.choice(np.array(["cranial", "caudal"]), count)
    return plan


def timed(run: Callable[[], object], times: int = 3) -> float:
    """Return the least processor seconds of some runs."""
    found = []
    for _ in range(times):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def slim(whole: Any, count: int) -> Any:
    """Return the fields of a body with so many of its zones."""
    from zones.fields import loading as fields

    zones = whole.zones[:count]
    rows = fields._rows(zones)
    all_ = whole.under
    kept = all_.row < len(rows)
    size = np.bincount(all_.vertex[kept], minlength=len(all_.start) - 1)
    cut = {
        item.name: getattr(all_, item.name)[kept]
        for item in dataclass_fields(all_)
        if item.name != "start"
    }
    start = np.r_[0, np.cumsum(size)].astype(np.int32)
    under = replace(all_, start=start, **cut)
    return replace(
        whole, zones=zones, rows=rows, members=whole.members[:count], under=under
    )


def zone_count(count: int) -> None:
    """Leave so many zones in the fields of the bodies."""
    from zones.fields import loading as fields
    from zones.table import on_body, sites

    parts = {name: slim(fields.body_fields(name), count) for name in on_body.BODIES}
    for module in (on_body, sites):
        module.body_fields = parts.__getitem__  # type: ignore[attr-defined]


def least(count: int) -> tuple[float, float]:
    """Return the seconds of the least that rows need, and those of its words alone."""
    rng = np.random.default_rng(4)
    cells, kinds = 1000, 60_000
    x, y = rng.uniform(0, cells, (2, count))
    depth = rng.uniform(5, 40, count)
    kind = rng.integers(0, kinds, cells * cells).astype(np.int32)
    limit, rank = rng.uniform(0, 40, kinds), rng.integers(0, 4, kinds)
    finding = rng.integers(0, 100, kinds)
    verdicts, ids = (
        np.array([str(i) for i in range(n)], dtype=object) for n in (4, 99)
    )

    def words(ranks: list[Any], findings: list[Any]) -> list[Any]:
        told = [verdicts.take(part) for part in ranks]
        found = [ids.take(part, mode="clip") for part in findings]
        errors = [np.full(len(part), "", dtype=object) for part in ranks]
        return [np.concatenate(parts) for parts in (told, found, errors)]

    def looked_up() -> tuple[list[Any], list[Any]]:
        ranks, findings = [], []
        for begin in range(0, count, 50_000):
            rows = slice(begin, begin + 50_000)
            given = ~np.isnan(x[rows]) & ~np.isnan(y[rows]) & ~np.isnan(depth[rows])
            cell = y[rows].astype(np.int32) * cells + x[rows].astype(np.int32)
            here = kind.take(cell)
            code = rank.take(here)
            code[given & (depth[rows] >= limit.take(here))] = 3
            ranks.append(code)
            findings.append(finding.take(here))
        return ranks, findings

    known = looked_up()
    own = timed(lambda: words(*known), 5)
    return timed(looked_up, 5) + own, own


def joined(table: dict[str, Any]) -> float | None:
    """Return the seconds of geopandas joining the points with the zones' polygons."""
    try:
        import geopandas
    except ImportError:
        return None
    import shapely

    from zones.fields.loading import body_fields

    whole = body_fields("female")
    chart = whole.body.charts["posterior"]
    vertices = chart.raster_vertices()
    shapes = []
    for row in whole.rows:
        member = whole.mask(row.zone.id, row.side) & chart.visible_vertices
        raster = np.where(vertices >= 0, member[vertices], False)
        if raster.any():
            shapes.append(chart.traced(raster))
    zones = geopandas.GeoDataFrame(geometry=shapes)
    xy = shapely.points(table["x_mm"], table["y_mm"])
    places = geopandas.GeoDataFrame(geometry=xy)
    return timed(lambda: geopandas.sjoin(places, zones, predicate="intersects"))


def measure(rows: int) -> list[tuple[str, str]]:
    """Return the figures as rows of a table."""
    from zones.fields.loading import body_fields
    from zones.patients.request import unremarkable
    from zones.risk.lines import _cells
    from zones.table.sites import check_sites

    facts = unremarkable({"sex": "female"})
    out: list[tuple[str, str]] = []
    start = time.process_time()
    whole = body_fields("female")
    _cells(whole.body.skin)
    out.append(("cells of one body, once", f"{time.process_time() - start:.1f} s"))
    start = time.process_time()
    check_sites(points(100, even=True), needles(100, oblique=False), facts)
    out.append(
        ("first table of a body, 100 rows", f"{time.process_time() - start:.1f} s")
    )

    def rates(
        count: int,
        *,
        even: bool = True,
        oblique: bool = False,
        patients: Any = facts,
        times: int = 3,
    ) -> list[float]:
        plan = needles(count, oblique=oblique)
        found = []
        for seed in range(times):
            sites = points(count, seed, even=even)
            run = functools.partial(check_sites, sites, plan, patients)
            found.append(count / timed(run, 1))
        return found

    def told(found: list[float]) -> str:
        middle = sorted(found)[len(found) // 2]
        return f"{middle:,.0f} rows/s ({min(found):,.0f} to {max(found):,.0f})"

    upright = {even: rates(rows, even=even, times=5) for even in SPREAD}
    for even, where in SPREAD.items():
        out.append((f"perpendicular, all zones, {where}", told(upright[even])))
    builds = np.random.default_rng(3).uniform(17.0, 40.0, rows)
    bare = {n: v for n, v in facts.items() if n not in ("height_cm", "weight_kg")}
    found = rates(rows, patients={**bare, "bmi": builds})
    out.append(("perpendicular, another build in every row", told(found)))
    for even, where in SPREAD.items():
        found = rates(min(rows, 50_000), even=even, oblique=True)
        out.append((f"oblique, all zones, {where}", told(found)))
    for even, where in SPREAD.items():
        seconds = [joined(points(rows, seed, even=even)) for seed in range(3)]
        if None in seconds:
            out.append(("geopandas.sjoin", "not installed"))
            break
        joins = [rows / float(s or 0.0) for s in seconds]
        out.append((f"geopandas.sjoin, same points, {where}", told(joins)))
        ratio = float(np.median(upright[even]) / np.median(joins))
        out.append((f"perpendicular / sjoin, {where}", f"{ratio:.2f} times"))
    least_of, words = (1e9 * seconds / rows for seconds in least(rows))
    out.append(("the least, of it words", f"{least_of:.0f} ns/row, {words:.0f} ns/row"))
    for share in (16, 4, 1):
        count = rows // share
        taken = count / max(rates(count))
        out.append((f"growth in rows: {count:,}", f"{taken:.2f} s"))
    zones = len(whole.zones)
    for share in (8, 4, 2, 1):
        zone_count(zones // share)
        rates(1000, times=1)
        taken = rows / max(rates(rows))
        out.append((f"growth in zones: {zones // share}", f"{taken:.2f} s"))
    return out


def mixed(count: int, seed: int = 5) -> dict[str, list[Any]]:
    """Return a table of places of all kinds, some of which can not be checked."""
    rng = np.random.default_rng(seed)
    place = points(count, seed)
    kind = rng.choice(5, count, p=[0.8, 0.1, 0.05, 0.025, 0.025])
    chart, tape, odd = kind < 2, kind == 2, kind == 3
    thoracic = rng.integers(1, 13, count)
    words = [
        f"{10 * k} mm left of T{t}" for k, t in zip(thoracic, thoracic, strict=True)
    ]
    text = np.where(tape, words, np.where(odd, "T99", ""))
    depth = rng.uniform(5, 40, count).round(1)
    told = np.where(kind == 4, rng.choice(["90", "deep"], count), depth.astype(str))
    on = chart | (kind == 4)
    air = on & (rng.random(count) < 0.005)
    x_mm = np.where(air, 900.0, place["x_mm"]).round(2)

    def only(values: Any, kept: Any) -> list[str]:
        found: list[str] = np.where(kept, np.asarray(values).astype(str), "").tolist()
        return found

    return {
        "id": [str(row) for row in range(count)],
        "chart": only(np.full(count, "posterior"), on),
        "x_mm": only(x_mm, on),
        "y_mm": only(place["y_mm"].round(2), on),
        "text": text.tolist(),
        "depth_mm": told.tolist(),
        "length_mm": ["40"] * count,
        "tilt_deg": only(rng.integers(10, 70, count), kind == 1),
        "toward": only(rng.choice(["cranial", "caudal"], count), kind == 1),
        "sex": rng.choice(["male", "female"], count).tolist(),
        "age": rng.integers(18, 90, count).astype(str).tolist(),
        "bmi": rng.uniform(17, 38, count).round(1).astype(str).tolist(),
        "pregnant": rng.choice(["no", ""], count).tolist(),
    }


def write_table(table: dict[str, list[Any]], path: Path) -> None:
    """Write a table as CSV or Parquet; text stays text, as files of others have it."""
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(table)
            csv.writer(file).writerows(zip(*table.values(), strict=True))
        return
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(table), path)


@dataclass(frozen=True)
class Ran:
    """A process that ended: processor seconds, most memory in MB, and how it ended."""

    seconds: float
    peak_mb: float
    status: int


def batch(source: Path, target: Path, *, kill_after: int = 0) -> Ran:
    """Run ``needlemap batch``; kill it once its state says so many rows are done."""
    words = [sys.executable, "-c", COMMAND, "batch", str(source), str(target)]
    state = target.with_name(target.name + ".state.json")
    run = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    while kill_after and run.returncode is None:
        done, status, used = os.wait4(run.pid, os.WNOHANG)
        if done:
            break
        if state.exists() and json.loads(state.read_text())["rows"] >= kill_after:
            run.kill()
            _, status, used = os.wait4(run.pid, 0)
            break
        time.sleep(0.2)
    else:
        _, status, used = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    told = run.stdout.read().split() if run.stdout else []
    taken = used.ru_utime + used.ru_stime
    peak_mb = float(told[-1]) / 1024.0 if run.returncode >= 0 else float("nan")
    return Ran(taken, peak_mb, run.returncode)


def rows_in(path: Path) -> tuple[int, int]:
    """Return how many rows a file of answers has, and how many were not checked."""
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            codes = [row["verdict_code"] for row in csv.DictReader(file)]
        return len(codes), codes.count("-1")
    from pyarrow import parquet

    found = parquet.read_table(path, columns=["verdict_code"])["verdict_code"]
    return len(found), found.to_pylist().count(-1)


def same(one: Path, two: Path) -> bool:
    """Return whether two files of answers say the same."""
    if one.suffix == ".csv":
        return one.read_bytes() == two.read_bytes()
    from pyarrow import parquet

    return bool(parquet.read_table(one).equals(parquet.read_table(two)))


def measure_files(sizes: list[int]) -> list[tuple[str, str]]:
    """Return the figures of whole files as rows of a table.

    Raises
    ------
    RuntimeError
        When rows are lost, or a run that was cut ends otherwise than a whole one.
    """
    from viewer.command.batch import CHUNK_ROWS

    out: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in sizes:
            table = mixed(count)
            for ending in (".csv", ".parquet"):
                source = folder / f"in{ending}"
                target, again = folder / f"out{ending}", folder / f"again{ending}"
                write_table(table, source)
                ran = batch(source, target)
                rows, wrong = rows_in(target)
                if rows != count:
                    raise RuntimeError(f"{rows} of {count} rows came out ({ending}).")
                what = f"{ending[1:]}, {count:,} rows"
                speed = f"{count / ran.seconds:,.0f} rows/s, {ran.seconds:.0f} s"
                out.append((f"{what}: speed", speed))
                out.append((f"{what}: most memory", f"{ran.peak_mb:,.0f} MB"))
                out.append(
                    (f"{what}: came out", f"{rows:,}, of them {wrong:,} not checked")
                )
                if count == max(sizes) and count > 2 * CHUNK_ROWS:
                    cut = batch(source, again, kill_after=count // 2)
                    if cut.status >= 0:
                        raise RuntimeError("The run ended before it was cut.")
                    batch(source, again)
                    if not same(target, again):
                        raise RuntimeError("The run that was cut ended otherwise.")
                    out.append((f"{what}: cut and taken up again", "the same file"))
                for path in (source, target, again):
                    path.unlink(missing_ok=True)
    return out


def write_page(part: str, found: list[tuple[str, str]], arguments: str) -> None:
    """Write one part of the page of figures; the other stays as it is."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    cells, mark, files = page.partition(FILES)
    body = "\n".join(f"| {name} | {value} |" for name, value in found)
    table = f"| figure | measured |\n| --- | --- |\n{body}\n\n"
    run = (
        f"`python benchmarks/batch.py {arguments} --write`, Python "
        f"{platform.python_version()} on {platform.machine()}; processor time, one core"
    )
    if part == FILES:
        mark, files = FILES, f"\n\n{run}.\n\n{table}{READ_FILES}"
        cells = cells.rstrip("\n") + "\n\n"
    else:
        cells = (
            f"# Tables at speed\n\n{run}; median, least and most. Wanted: 500,000 "
            "rows/s and as many as sjoin perpendicular, 20,000 rows/s oblique.\n\n"
            f"{table}{READ}" + ("\n" if mark else "")
        )
    PAGE.write_text(cells + mark + files, encoding="utf-8")


def main() -> None:
    """Print the figures, and write them when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--files", action="store_true", help="measure whole files")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[100_000, 500_000, 1_000_000]
    )
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    arguments = parser.parse_args()
    if arguments.files:
        sizes = " ".join(str(size) for size in arguments.sizes)
        part, told = FILES, f"--files --sizes {sizes}"
        found = measure_files(arguments.sizes)
    else:
        part, told = "", f"--rows {arguments.rows}"
        found = measure(arguments.rows)
    wide = max(len(name) for name, _ in found)
    for name, value in found:
        print(f"{name:{wide}}  {value:>16}")
    if arguments.write:
        write_page(part, found, told)


if __name__ == "__main__":
    main()
