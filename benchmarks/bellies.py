"""How long it takes to make the muscles of a chart, in processor time.

Run ``python benchmarks/bellies.py`` from the checkout. Each chart is told for the first
time in a fresh body (schemes read from the data, outlines made) and for the second.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Print milliseconds per chart, the slowest first."""
    from anatomy.body import load_body
    from anatomy.body.section import axial_plane
    from anatomy.muscles.bellies import bellies_on, belly, cut, solid
    from anatomy.muscles.catalogue import muscle_names

    body = load_body("male")
    start = time.process_time()
    muscles = [belly(body, name, "left") for name in muscle_names()]
    print(f"all schemes of one side: {1000 * (time.process_time() - start):.0f} ms")
    rows = []
    for name, chart in body.charts.items():
        chart.visible_vertices, body.skin.vertex_normals  # noqa: B018
        times = []
        for _ in range(2):
            start = time.process_time()
            count = len(bellies_on(body, name))
            times.append(1000 * (time.process_time() - start))
        rows.append((times[0], times[1], count, name))
    for first, again, count, name in sorted(rows, reverse=True)[:12]:
        print(
            f"{name:28s} {count:4d} bellies  first {first:6.0f} ms  again {again:5.1f}"
        )
    level = axial_plane(body, body.landmarks.get("T7 spinous process").skin)
    start = time.process_time()
    bands = sum(len(cut(muscle, level)) for muscle in muscles)
    print(
        f"section at T7: {bands} bands, {1000 * (time.process_time() - start):.0f} ms"
    )
    start = time.process_time()
    faces = sum(len(solid(muscle).faces) for muscle in muscles)
    print(f"3D, {faces} faces: {1000 * (time.process_time() - start):.0f} ms")


if __name__ == "__main__":
    main()
