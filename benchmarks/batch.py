"""Rows a second of ``check_sites``, beside ``geopandas.sjoin`` of the same points.

Run ``python benchmarks/batch.py`` from the checkout; ``--rows`` for the size of the
tables and ``--write`` to keep the figures in ``docs/figures_batch.md``. Times are of
the processor, so that one core is what is measured whatever else runs; geopandas is
compared when it is installed.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PAGE = ROOT / "docs" / "figures_batch.md"


def points(count: int, seed: int = 1) -> dict[str, Any]:
    """Return places on the posterior and anterior charts of the female body."""
    from anatomy.body import load_body

    rng = np.random.default_rng(seed)
    skin = load_body("female").skin
    chart = load_body("female").charts["posterior"]
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


def zone_count(count: int | None) -> None:
    """Leave so many zones in the fields of the bodies; None for all."""
    from zones import fields, table
    from zones.compiling import ZoneField

    fields.body_fields.cache_clear()
    table.zone_table.cache_clear()
    table._order.cache_clear()
    if count is None:
        return
    del ZoneField
    whole = {name: fields.body_fields(name) for name in table.BODIES}

    def some(name: str) -> Any:
        all_ = whole[name]
        kept = slice(0, count)
        columns = ("member", "earliest", "typical", "sd", "latest", "lead")
        cut = {c: getattr(all_, c)[:, kept] for c in columns}
        zones = all_.zones[kept]
        return replace(all_, zones=zones, rows=fields._rows(zones), **cut)

    parts = {name: some(name) for name in table.BODIES}
    table.body_fields = parts.__getitem__  # type: ignore[assignment]


def joined(table: dict[str, Any]) -> float | None:
    """Return the seconds of geopandas joining the points with the zones' polygons."""
    try:
        import geopandas
    except ImportError:
        return None
    import shapely

    from zones.fields import body_fields

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
    from zones.request import unremarkable
    from zones.table import check_sites, zone_table
    from zones.table_space import Cells

    facts = unremarkable({"sex": "female"})
    sites = points(rows)
    out: list[tuple[str, str]] = []
    start = time.process_time()
    table = zone_table("female")
    table.cells.append(Cells.of(table.fields.body.skin))
    out.append(("cells of one body, once", f"{time.process_time() - start:.1f} s"))

    def rate(count: int, *, oblique: bool = False) -> float:
        part = {n: v if isinstance(v, str) else v[:count] for n, v in sites.items()}
        plan = needles(count, oblique=oblique)
        check_sites(part, plan, facts)
        return count / timed(lambda: check_sites(part, plan, facts), 2)

    speed = rate(rows)
    out.append(("perpendicular, all zones", f"{speed:,.0f} rows/s"))
    out.append(("oblique, all zones", f"{rate(rows, oblique=True):,.0f} rows/s"))
    seconds = joined(sites)
    if seconds is None:
        out.append(("geopandas.sjoin", "not installed"))
    else:
        out.append(("geopandas.sjoin, same points", f"{rows / seconds:,.0f} rows/s"))
        out.append(("perpendicular / sjoin", f"{speed * seconds / rows:.3f} times"))
    for share in (16, 4, 1):
        count = rows // share
        seconds = count / rate(count)
        out.append((f"growth in rows: {count:,}", f"{seconds:.2f} s"))
    zones = len(table.fields.zones)
    for share in (8, 4, 2, 1):
        zone_count(zones // share)
        slim = zone_table("female")
        slim.cells.append(table.cells[0])
        seconds = rows / rate(rows)
        out.append((f"growth in zones: {zones // share}", f"{seconds:.2f} s"))
    return out


def main() -> None:
    """Print the figures, and write them when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    arguments = parser.parse_args()
    found = measure(arguments.rows)
    wide = max(len(name) for name, _ in found)
    for name, value in found:
        print(f"{name:{wide}}  {value:>16}")
    if arguments.write:
        body = "\n".join(f"| {name} | {value} |" for name, value in found)
        PAGE.write_text(
            "# Tables at speed\n\n"
            f"`python benchmarks/batch.py --rows {arguments.rows} --write`, Python "
            f"{platform.python_version()} on {platform.machine()}; processor time, "
            "one core. Wanted: 500,000 rows/s and 10 times sjoin perpendicular, "
            "20,000 rows/s oblique.\n\n| figure | measured |\n| --- | --- |\n"
            f"{body}\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
