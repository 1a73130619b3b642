"""Draw the enlarged charts: ``python -m tools.bodies.enlargements``.

They are drawn from the committed bodies, so that adding a chart needs neither the
input packages nor a new build of the bodies. Of a pair only the left one is drawn.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anatomy.body import BODIES, DATA, ENLARGEMENTS, Body
from anatomy.charts import AXES, ChartSpec, chart_specs
from tools.bodies.charts import (
    Layers,
    draw_pictures,
    raster,
    skin_mesh,
    visible,
    whole_sky,
)

log = logging.getLogger("tools.bodies")

Array = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

#: Size of a raster cell, mm: the skin's own vertices lie further apart.
CELL_MM = 1.2


def layers_of(body: Body) -> Layers:
    """Return the meshes of a built body that charts are drawn from."""
    segment_of: dict[str, str] = {}
    for row in body.meta["bones"]:
        if row["paired"]:
            segment_of[f"{row['name']} left"] = row["segment"]
            mirrored = row["segment"].replace("left_", "right_")
            segment_of[f"{row['name']} right"] = mirrored
        else:
            segment_of[row["name"]] = row["segment"]
    return Layers(
        surface=body.skin,
        segment=body.segment_labels,
        segment_names=body.segment_names,
        bones={n: (p, f.astype(np.int64)) for n, (p, f) in body.bones.items()},
        bone_segment=segment_of,
        thorax=(0.0, 0.0),  # these charts say their window themselves
        ankle_z=float(body.meta["joints"]["ankle"][2]),
    )


def limit(body: Body, given: object, axis: int) -> float | None:
    """Return a limit of a window along an axis of the frame, mm."""
    if given is None:
        return None
    if isinstance(given, Mapping):
        name = given["landmark"]
        side = "left" if body.landmarks.is_paired(name) else None
        mark = body.landmarks.get(name, side)
        return float(mark.xyz[axis]) + float(given["mm"])
    return float(given)  # type: ignore[arg-type]


def window_of(body: Body, spec: ChartSpec) -> Bounds:
    """Return the bounds (xmin, xmax, ymin, ymax) of an enlargement, mm."""
    names = np.array(body.segment_names)[body.segment_labels]
    points = body.skin.vertices
    chosen = np.ones(len(points), bool)
    if spec.frame != ("all",):
        chosen &= np.isin(names, spec.frame)
    given: dict[int, tuple[float | None, float | None]] = {}
    for letter, ends in spec.window.items():
        axis = AXES[letter]
        low, high = (limit(body, ends.get(end), axis) for end in ("low", "high"))
        given[axis] = low, high
        chosen &= points[:, axis] >= (-np.inf if low is None else low)
        chosen &= points[:, axis] <= (np.inf if high is None else high)
    found: list[float] = []
    for letter in (spec.x, spec.y):
        axis = AXES[letter]
        own = points[chosen, axis]
        ends = own.min() - spec.border_mm, own.max() + spec.border_mm
        for set_to, drawn in zip(given.get(axis, (None, None)), ends, strict=True):
            found.append(float(np.round(drawn if set_to is None else set_to)))
    if spec.x == "x" and spec.side is None:  # the midline in the middle
        reach = max(-found[0], found[1])
        if "x" in spec.window:
            reach = found[1]
        found[:2] = -reach, reach
    return found[0], found[1], found[2], found[3]


def draw_enlargements(folder: Path, out: Path, pictures: Container[str]) -> None:
    """Write rasters and pictures of all enlargements of one body.

    Parameters
    ----------
    folder : Path
        Folder of the built body.
    out : Path
        Folder of the enlargements; they go to one folder for each body in it.
    pictures : container of str
        Charts whose pictures are drawn; of the others they stay as they are.
    """
    body = Body(folder)
    layers = layers_of(body)
    own = out / body.name
    (own / "pictures").mkdir(parents=True, exist_ok=True)
    sky: Array | None = None
    rasters: dict[str, NDArray[Any]] = {}
    extents: dict[str, dict[str, object]] = {}
    for name, spec in chart_specs().items():
        if not spec.enlargement or spec.mirror_of is not None:
            continue
        bounds = window_of(body, spec)
        mesh = skin_mesh(spec, layers)
        if spec.above is not None:
            floor = limit(body, spec.above, AXES["z"])
            mesh.update_faces((mesh.triangles[:, :, 2] > floor).all(axis=1))
        cell = spec.cell_mm or CELL_MM
        extents[name] = {"bounds": list(bounds), "cell_mm": cell}
        rows = raster(spec, mesh, bounds, cell)
        rasters[name] = np.diff(rows, axis=0, prepend=np.int16(0))
        rasters[f"{name}.seen"] = np.packbits(visible(spec, mesh, layers, bounds))
        if name in pictures:
            log.info("%s: %s", body.name, name)
            sky = whole_sky(layers) if sky is None else sky
            draw_pictures(spec, mesh, bounds, layers, sky, own / "pictures")
    np.savez_compressed(own / "charts.npz", **rasters)  # type: ignore[arg-type]
    (own / "charts.json").write_text(json.dumps({"charts": extents}, indent=1) + "\n")


def main() -> None:
    """Draw the enlargements of both bodies."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bodies.enlargements", description=__doc__
    )
    parser.add_argument("--bodies", type=Path, default=DATA, help="built bodies")
    parser.add_argument("--out", type=Path, default=ENLARGEMENTS)
    parser.add_argument("--body", choices=BODIES, help="only this one")
    parser.add_argument(
        "--pictures",
        nargs="*",
        metavar="CHART",
        help="draw only these charts, or none; all by default",
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    wanted = list(chart_specs()) if options.pictures is None else options.pictures
    for name in (options.body,) if options.body else BODIES:
        draw_enlargements(options.bodies / name, options.out, wanted)


if __name__ == "__main__":
    main()
