"""Rows a second of ``check_sites``, beside ``geopandas.sjoin`` of the same points.

Run ``python benchmarks/batch.py`` from the checkout; ``--rows`` for the size of the
tables and ``--write`` to keep the figures in ``docs/figures_batch.md``. Times are of
the processor, so that one core is what is measured whatever else runs; geopandas is
compared when it is installed, on the same points and the polygons of the same zones as
the chart shows them. Each timed table has points of its own; what is worked out once
for a body and a chart is worked out before.
"""

from __future__ import annotations

import argparse
import functools
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
READ = """\
How to read it. All rows are places on the posterior chart of the female body, taken at
its vertices with 1 mm of spread, so that many lie at outlines and edges; the patient is
one adult without risks, the needle 40 mm long and 5 to 40 mm deep. Each row gets the
full answer (verdict, its rank, deepest plan, gravest finding, completeness, error).
`geopandas.sjoin` joins the same points with the zones' polygons on the same chart and
says only which polygons hold each point: no depth, no patient, no row for the skin.
Another build in every row means that no two rows share their judged zones.
"""
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


def slim(whole: Any, count: int) -> Any:
    """Return the fields of a body with so many of its zones."""
    from zones import fields
    from zones.upright import Upright

    cut = {
        name: getattr(whole, name)[:, :count]
        for name in ("member", "earliest", "latest")
    }
    cut |= {n: getattr(whole, n).first(count) for n in ("typical", "sd", "lead")}
    zones, all_ = whole.zones[:count], whole.upright
    kept = all_.image < 2 * count
    built = np.array([bool(zone.bmi_rule) for zone in whole.zones])[all_.image // 2]
    place = np.repeat(np.arange(len(all_.size)), all_.size.astype(np.intp))[kept]
    upright = Upright(
        size=np.bincount(place, minlength=len(all_.size)).astype(np.uint8),
        image=all_.image[kept],
        step=all_.step[kept],
        begins=all_.begins[kept],
        levels=all_.levels[:, kept[built]],
    )
    return replace(
        whole, zones=zones, rows=fields._rows(zones), compiled_upright=upright, **cut
    )


def zone_count(count: int) -> None:
    """Leave so many zones in the fields of the bodies."""
    from zones import fields, table

    table.zone_table.cache_clear()
    table._order.cache_clear()
    parts = {name: slim(fields.body_fields(name), count) for name in table.BODIES}
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
    out: list[tuple[str, str]] = []
    start = time.process_time()
    table = zone_table("female")
    table.cells.append(Cells.of(table.fields.body.skin))
    out.append(("cells of one body, once", f"{time.process_time() - start:.1f} s"))
    start = time.process_time()
    check_sites(points(100), needles(100, oblique=False), facts)
    out.append(
        ("first table of a body, 100 rows", f"{time.process_time() - start:.1f} s")
    )

    def rates(
        count: int, *, oblique: bool = False, patients: Any = facts, times: int = 3
    ) -> list[float]:
        plan = needles(count, oblique=oblique)
        found = []
        for seed in range(times):
            run = functools.partial(check_sites, points(count, seed), plan, patients)
            found.append(count / timed(run, 1))
        return found

    def told(found: list[float]) -> str:
        middle = sorted(found)[len(found) // 2]
        return f"{middle:,.0f} rows/s ({min(found):,.0f} to {max(found):,.0f})"

    upright = rates(rows, times=5)
    out.append(("perpendicular, all zones", told(upright)))
    builds = np.random.default_rng(3).uniform(17.0, 40.0, rows)
    bare = {n: v for n, v in facts.items() if n not in ("height_cm", "weight_kg")}
    found = rates(rows, patients={**bare, "bmi": builds})
    out.append(("perpendicular, another build in every row", told(found)))
    found = rates(min(rows, 50_000), oblique=True)
    out.append(("oblique, all zones", told(found)))
    seconds = [joined(points(rows, seed)) for seed in range(3)]
    if None in seconds:
        out.append(("geopandas.sjoin", "not installed"))
    else:
        joins = sorted(rows / float(s or 0.0) for s in seconds)
        out.append(("geopandas.sjoin, same points", told(joins)))
        ratio = sorted(upright)[len(upright) // 2] / joins[1]
        out.append(("perpendicular / sjoin", f"{ratio:.2f} times"))
    for share in (16, 4, 1):
        count = rows // share
        taken = count / max(rates(count))
        out.append((f"growth in rows: {count:,}", f"{taken:.2f} s"))
    zones = len(table.fields.zones)
    for share in (8, 4, 2, 1):
        zone_count(zones // share)
        rates(1000, times=1)
        taken = rows / max(rates(rows))
        out.append((f"growth in zones: {zones // share}", f"{taken:.2f} s"))
    return out


def main() -> None:
    """Print the figures, and write them when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
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
            "one core; median, least and most. Wanted: 500,000 rows/s and 10 times "
            "sjoin perpendicular, 20,000 rows/s oblique.\n\n"
            f"| figure | measured |\n| --- | --- |\n{body}\n\n{READ}",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
