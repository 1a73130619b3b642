"""Draw all muscles as schemes on the charts of both bodies, to be looked at.

Run ``python docs/make/make_bellies.py --out FOLDER`` from the checkout (Pillow must be
installed). Writes ``<part>_<depth>_<body>.png``: the muscles of a part of the body in
three depths, with their fibres, their names and the places where they are needled.
"""

from __future__ import annotations

import argparse
import colorsys
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from PIL import Image

    from anatomy.body import Body
    from anatomy.charts import Chart
    from anatomy.muscles.bellies import Belly

#: Least and greatest depth (`Belly.depth`) of what a plate shows.
DEPTHS = {"superficial": (0.0, 0.3), "middle": (0.3, 0.95), "deep": (0.95, 1.0)}
INK, SITE = "#101820", "#d01010"


def colour(name: str) -> tuple[int, int, int]:
    """Return a muscle's colour, always the same one."""
    hue = zlib.crc32(name.encode()) % 997 / 997
    r, g, b = colorsys.hls_to_rgb(hue, 0.42, 0.75)
    return round(255 * r), round(255 * g), round(255 * b)


def tile(body: Body, chart: Chart, shown: dict[str, tuple[Belly, Any]]) -> Image.Image:
    """Return one chart with bellies of the left side, fibres, names and sites."""
    import shapely
    from make_charts import font
    from make_places import EDGE, HEAD, TALL, Labels
    from PIL import Image, ImageDraw
    from viewer.map.figure import title

    from anatomy.muscles.bellies import fibres
    from anatomy.muscles.catalogue import get_muscle, place_muscle
    from viewer.map.charts.chart_pictures import opened

    xmin, xmax, ymin, ymax = chart.bounds
    scale = TALL / (ymax - ymin)
    whole = round((xmax - xmin) * scale), TALL
    size = whole[0] + 2 * EDGE, TALL + HEAD
    paper = Image.new("RGBA", size, "white")
    for layer in ("skin", "skeleton"):
        picture = opened(chart, layer).resize(whole, Image.Resampling.LANCZOS)
        paper.alpha_composite(picture, (EDGE, HEAD))
    paper.alpha_composite(Image.new("RGBA", size, (255, 255, 255, 60)))

    def at(places: Any) -> list[tuple[float, float]]:
        spots = chart.to_picture(places) * scale + (EDGE, HEAD)
        return [(float(x), float(y)) for x, y in spots]

    labels = []
    for name, (muscle, shape) in shown.items():
        sheet = Image.new("RGBA", size)
        pen = ImageDraw.Draw(sheet)
        tint = colour(muscle.name)
        for polygon in shapely.get_parts(shape):
            ring = at(np.asarray(polygon.exterior.coords))
            pen.polygon(ring, fill=(*tint, 90), outline=(*tint, 255))
        for line in fibres(body, muscle, chart.name):
            pen.line(at(line), fill=(*tint, 200))
        paper.alpha_composite(sheet)
        middle = shape.representative_point()
        labels.append((name.removeprefix("left "), at([(middle.x, middle.y)])[0]))
    pen = ImageDraw.Draw(paper)
    for muscle, _ in shown.values():
        for site in get_muscle(muscle.name).site:
            point = place_muscle(body, muscle.name, muscle.side, site=site.label)
            if chart.visible(point):
                ((x, y),) = at(chart.project(point.xyz[None]))
                pen.ellipse((x - 4, y - 4, x + 4, y + 4), fill=colour(muscle.name))
                pen.ellipse((x - 4, y - 4, x + 4, y + 4), outline=SITE, width=2)
    pen.text((3, 3), title(chart), fill=INK, font=font(12))
    writer = Labels(pen, size)
    for name, (x, y) in labels:
        writer.label(name, x, y)
    return paper.convert("RGB")


def plate(body: Body, part: str, depth: str) -> Image.Image | None:
    """Return the charts of one part of the body with the muscles of one depth."""
    from make_places import PARTS, WIDEST
    from PIL import Image

    from anatomy.muscles.bellies import bellies_on

    low, high = DEPTHS[depth]
    tiles = []
    for name in PARTS[part]:
        shown = {
            title: found
            for title, found in bellies_on(body, name).items()
            if found[0].side == "left"
            and (low <= found[0].depth < high or found[0].depth == high == 1)
        }
        if shown:
            tiles.append(tile(body, body.charts[name], shown))
    if not tiles:
        return None
    rows: list[list[Image.Image]] = [[]]
    for picture in tiles:
        if rows[-1] and sum(p.width for p in (*rows[-1], picture)) > WIDEST:
            rows.append([])
        rows[-1].append(picture)
    wide = max(sum(p.width for p in row) for row in rows)
    paper = Image.new("RGB", (wide, sum(row[0].height for row in rows)), "white")
    y = 0
    for row in rows:
        x = 0
        for picture in row:
            paper.paste(picture, (x, y))
            x += picture.width
        y += row[0].height
    return paper


def main() -> None:
    """Write the plates."""
    from make_places import PARTS

    from anatomy.body import BODIES, load_body

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--body", choices=BODIES, action="append")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for body in options.body or BODIES:
        for part in options.part or PARTS:
            for depth in DEPTHS:
                picture = plate(load_body(body), part, depth)
                if picture is not None:
                    picture.save(options.out / f"{part}_{depth}_{body}.png")


if __name__ == "__main__":
    main()
