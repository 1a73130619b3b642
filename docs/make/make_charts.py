"""Draw the contact sheets of all charts, with skeleton and zones on.

Run ``python docs/make/make_charts.py`` from the checkout (Pillow must be installed).
Writes ``docs/pictures/charts_<body>.webp``. Charts of the right side are the mirror
images of the left ones and are left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import shapely

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from PIL import Image, ImageFont

    from anatomy.charts import Chart

FOLDER = ROOT / "docs" / "pictures"
TILE, GAP, WORDS, COLUMNS = 200, 8, 34, 8
#: Opacity of a zone's area and of its outline.
AREA, LINE = 70, 255
FONTS = ("DejaVuSans.ttf", "Arial.ttf")


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a font that the machine has."""
    from PIL import ImageFont

    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def drawn(body: str, chart: Chart, size: int = TILE) -> Image.Image:
    """Return one chart with skeleton and zones, as large as fits a square."""
    from PIL import Image, ImageColor, ImageDraw

    from viewer.look.look import LOOKS
    from viewer.map.charts.chart_pictures import opened
    from viewer.map.zones.zone_images import on_chart, shown_zones, zone_shape

    xmin, xmax, ymin, ymax = chart.bounds
    scale = size / max(xmax - xmin, ymax - ymin)
    whole = round((xmax - xmin) * scale), round((ymax - ymin) * scale)
    paper = Image.new("RGBA", whole, "white")
    for layer in ("skin", "skeleton"):
        picture = opened(chart, layer)
        paper.alpha_composite(picture.resize(whole, Image.Resampling.LANCZOS))
    for zone in on_chart(body, chart.name, shown_zones({})):
        colour = ImageColor.getrgb(LOOKS[zone.verdict].line)
        over = Image.new("RGBA", whole, (0, 0, 0, 0))
        pen = ImageDraw.Draw(over)
        for part in shapely.get_parts(zone_shape(body, chart.name, zone.key)):
            xy = shapely.get_coordinates(part.exterior)
            points = [tuple(p) for p in (chart.to_picture(xy) * scale).tolist()]
            pen.polygon(
                points,
                fill=(*colour, AREA) if zone.known else None,
                outline=(*colour, LINE),
            )
        paper.alpha_composite(over)
    return paper


def tile(body: str, chart: Chart, size: int = TILE) -> Image.Image:
    """Return one chart with its title and the words at its edges."""
    from PIL import Image, ImageDraw

    from viewer.map.charts.chart_menu import edge_words
    from viewer.map.charts.frames import title

    paper = Image.new("RGB", (size, size + WORDS), "white")
    picture = drawn(body, chart, size)
    paper.paste(picture, ((size - picture.width) // 2, WORDS))
    pen = ImageDraw.Draw(paper)
    pen.text((2, 1), title(chart), fill="#1c2733", font=font(10))
    left, right = edge_words(chart.spec)
    pen.text((2, WORDS - 18), left, fill="#1c2733", font=font(12))
    pen.text((size - 2, WORDS - 18), right, fill="#1c2733", font=font(12), anchor="ra")
    pen.rectangle((0, 0, size - 1, size + WORDS - 1), outline="#d5dde4")
    return paper


def sheet(body: str, names: list[str], *, size: int = TILE) -> Image.Image:
    """Return charts side by side."""
    from PIL import Image

    from anatomy.body import load_body

    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    wide, tall = size + GAP, size + WORDS + GAP
    paper = Image.new("RGB", (columns * wide + GAP, rows * tall + GAP), "#e9eef3")
    charts = load_body(body).charts
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        at = GAP + column * wide, GAP + row * tall
        paper.paste(tile(body, charts[name], size), at)
    return paper


def main() -> None:
    """Write the sheets of both bodies."""
    from anatomy.body import BODIES
    from anatomy.charts import chart_specs

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charts", nargs="*", help="only these, right ones too")
    parser.add_argument("--size", type=int, default=TILE, help="edge of a chart, px")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    names = options.charts or [
        name for name, spec in chart_specs().items() if spec.side != "right"
    ]
    for body in BODIES:
        path = options.out / f"charts_{body}.webp"
        sheet(body, names, size=options.size).save(path, "WEBP", quality=60, method=6)
        print(f"{path.name}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
