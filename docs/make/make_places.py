"""Draw the plates of all acupoints and muscle sites on both bodies.

Run ``python docs/make/make_places.py`` from the checkout (Pillow must be installed).
Writes ``docs/places/<part>_<kind>_<body>.webp`` and ``docs/practitioners/places.md``,
which shows them. The left side is drawn, the right one is its mirror image; a place is
drawn on every chart that shows it squarely enough.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from anatomy.body import Body
    from anatomy.charts import Chart
    from anatomy.mesh.skin import SkinPoint

FOLDER, PAGE = ROOT / "docs" / "places", ROOT / "docs" / "practitioners" / "places.md"
#: Parts of the body and the charts that show them.
PARTS: dict[str, tuple[str, ...]] = {
    "head": ("head_neck_anterior", "head_neck_left_lateral", "head_neck_posterior"),
    "shoulder": (
        "left_shoulder_anterior",
        "left_shoulder_posterior",
        "left_shoulder_lateral",
        "left_shoulder_superior",
    ),
    "trunk_front": ("thorax_anterior", "thorax_left_lateral", "abdomen_anterior"),
    "trunk_back": ("thorax_posterior", "low_back_posterior"),
    "hip": (
        "pelvis_anterior",
        "left_pelvis_lateral",
        "left_buttock_posterior",
    ),
    "upper_arm": tuple(
        f"left_upper_arm_{v}" for v in ("anterior", "lateral", "posterior", "medial")
    ),
    "forearm": tuple(
        f"left_forearm_{v}" for v in ("anterior", "lateral", "posterior", "medial")
    ),
    "hand": ("left_hand_palmar", "left_hand_dorsal"),
    "thigh": tuple(
        f"left_thigh_{v}" for v in ("anterior", "lateral", "posterior", "medial")
    ),
    "leg": tuple(
        f"left_lower_leg_{v}" for v in ("anterior", "lateral", "posterior", "medial")
    ),
    "foot": tuple(f"left_foot_{v}" for v in ("dorsal", "plantar", "medial", "lateral")),
}
KINDS = {"points": "acupoints", "muscles": "muscle sites"}
#: Height of a tile and its edge, px.
TALL, EDGE, HEAD = 700, 70, 20
#: A plate is no wider than this, px.
WIDEST = 2200
#: Skin turned further away from the viewer than this (cosine) is left to other charts.
SQUARELY = 0.2
INK, DOT, LEADER = "#101820", "#c22f10", "#5c6b78"


def places(body: Body, kind: str) -> list[tuple[str, SkinPoint]]:
    """Return the names and the places of one kind, on the left and the midline."""
    from anatomy.muscles.catalogue import (
        get_muscle,
        get_point,
        muscle_names,
        place_muscle,
        place_point,
        point_names,
    )

    if kind == "points":
        middle = {c for c in point_names() if get_point(c).side == "midline"}
        return [
            (code, place_point(body, code, None if code in middle else "left"))
            for code in point_names()
        ]
    found = []
    for name in muscle_names():
        sites = get_muscle(name).site
        for number, site in enumerate(sites, 1):
            title = name if len(sites) == 1 else f"{name} {number}"
            found.append((title, place_muscle(body, name, "left", site=site.label)))
    return found


def views(
    body: Body, spots: list[tuple[str, SkinPoint]]
) -> dict[str, list[tuple[str, float, float]]]:
    """Return what each chart shows: names and chart places, mm.

    A place that no chart shows squarely is on the one that shows it best.
    """
    found: dict[str, list[tuple[str, float, float]]] = {}
    names = dict.fromkeys(name for part in PARTS.values() for name in part)
    for title, point in spots:
        facing: dict[str, float] = {}
        for name in names:
            chart = body.charts[name]
            squarely = -float(chart.skin.normal(point) @ chart.view)
            if squarely > 0 and chart.visible(point):
                facing[name] = squarely
        best = max(facing.values(), default=0.0)
        for name, squarely in facing.items():
            if squarely >= min(SQUARELY, best):
                at = body.charts[name].project(point.xyz[None])[0]
                found.setdefault(name, []).append((title, float(at[0]), float(at[1])))
    return found


class Labels:
    """Labels that keep clear of each other and of the dots."""

    def __init__(self, pen: ImageDraw.ImageDraw, size: tuple[int, int]) -> None:
        from make_charts import font

        self.pen, self.size, self.font = pen, size, font(11)
        self.taken: list[tuple[float, float, float, float]] = []

    def dot(self, x: float, y: float) -> None:
        """Draw a dot and keep labels off it."""
        self.pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=DOT, outline="white")
        self.taken.append((x - 3, y - 3, x + 3, y + 3))

    def label(self, text: str, x: float, y: float) -> None:
        """Write a label as near to its dot as there is room."""
        left, top, right, bottom = self.pen.textbbox((0, 0), text, font=self.font)
        wide, tall = right - left + 2, bottom - top + 2
        for far in (6, 12, 20, 30, 42, 56, 72, 90, 110, 135, 160, 200):
            for turn in np.arange(16) * (np.pi / 8):
                cx = x + np.cos(turn) * (far + wide / 2)
                cy = y + np.sin(turn) * (far + tall / 2 - 4)
                box = (cx - wide / 2, cy - tall / 2, cx + wide / 2, cy + tall / 2)
                if self._free(box):
                    self._write(text, box, (x, y), far > 6)
                    return
        self._write(text, (x, y, x + wide, y + tall), (x, y), False)

    def _free(self, box: tuple[float, float, float, float]) -> bool:
        a, b, c, d = box
        inside = a >= 1 and b >= HEAD and c < self.size[0] - 1 and d < self.size[1] - 1
        return inside and not any(
            a < r and c > p and b < s and d > q for p, q, r, s in self.taken
        )

    def _write(
        self,
        text: str,
        box: tuple[float, float, float, float],
        dot: tuple[float, float],
        led: bool,
    ) -> None:
        if led:
            x = min(max(dot[0], box[0]), box[2])
            y = min(max(dot[1], box[1]), box[3])
            self.pen.line((*dot, x, y), fill=LEADER)
        self.taken.append(box)
        corner = (box[0] + 1, box[1] + 1)
        self.pen.text(
            corner,
            text,
            fill=INK,
            font=self.font,
            stroke_width=2,
            stroke_fill="white",
            anchor="lt",
        )


def tile(chart: Chart, seen: list[tuple[str, float, float]]) -> Image.Image:
    """Return one chart with the places that it shows."""
    from make_charts import font
    from PIL import Image, ImageDraw

    from viewer.map.charts.chart_pictures import opened
    from viewer.map.charts.frames import title

    xmin, xmax, ymin, ymax = chart.bounds
    scale = TALL / (ymax - ymin)
    whole = round((xmax - xmin) * scale), TALL
    size = whole[0] + 2 * EDGE, TALL + HEAD
    paper = Image.new("RGBA", size, "white")
    for layer in ("skin", "skeleton"):
        picture = opened(chart, layer).resize(whole, Image.Resampling.LANCZOS)
        paper.alpha_composite(picture, (EDGE, HEAD))
    paper.alpha_composite(Image.new("RGBA", size, (255, 255, 255, 90)))
    pen = ImageDraw.Draw(paper)
    pen.text((3, 3), title(chart), fill=INK, font=font(12))
    labels = Labels(pen, size)
    at = []
    for name, x_mm, y_mm in seen:
        ((x, y),) = chart.to_picture((x_mm, y_mm))
        at.append((name, EDGE + x * scale, HEAD + y * scale))
    for _, x, y in at:
        labels.dot(x, y)
    for name, x, y in sorted(at, key=lambda row: (row[2], row[1])):
        labels.label(name, x, y)
    return paper.convert("RGB")


def plate(
    body: Body, part: str, seen: dict[str, list[tuple[str, float, float]]]
) -> Image.Image:
    """Return the charts of one part of the body side by side."""
    from PIL import Image

    drawn = [
        tile(body.charts[name], seen[name]) for name in PARTS[part] if name in seen
    ]
    rows: list[list[Image.Image]] = []
    for picture in drawn:
        if not rows or sum(p.width + 6 for p in (*rows[-1], picture)) > WIDEST:
            rows.append([])
        rows[-1].append(picture)
    wide = max(sum(p.width + 6 for p in row) for row in rows)
    paper = Image.new("RGB", (wide, len(rows) * (TALL + HEAD + 6)), "#e9eef3")
    for number, row in enumerate(rows):
        x = 3
        for picture in row:
            paper.paste(picture, (x, number * (TALL + HEAD + 6)))
            x += picture.width + 6
    return paper


def page(hidden: dict[str, list[str]]) -> str:
    """Return the page that shows the plates."""
    lines = [
        "# Where every acupoint and muscle site lies",
        "",
        "Made by `python docs/make/make_places.py` from the catalogue"
        " (`anatomy/data/catalogue`) and the charts of both bodies. A dot is the"
        " middle of a place; its search area is a circle of the entry's `spread_mm`"
        " round it. The left side is drawn, the right one is its mirror image. Muscles"
        " with several sites are numbered in the order of `muscles.toml`.",
        "",
    ]
    for words, names in hidden.items():
        if names:
            told = ", ".join(names)
            lines += [f"In folds that no chart shows, {words}: {told}.", ""]
    for part in PARTS:
        lines += [f"## {part.replace('_', ' ').capitalize()}", ""]
        for kind, words in KINDS.items():
            for body in ("male", "female"):
                said = f"{words.capitalize()}, {body}"
                lines += [
                    f"{said}:",
                    "",
                    f"![{said}](../places/{part}_{kind}_{body}.webp)",
                ]
                lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Write the plates and the page."""
    from anatomy.body import BODIES, load_body

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="only this part")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    whole = 0
    unseen: dict[str, list[str]] = {}
    for body in BODIES:
        for kind, words in KINDS.items():
            spots = places(load_body(body), kind)
            seen = views(load_body(body), spots)
            hidden = {n for n, _ in spots} - {n for v in seen.values() for n, *_ in v}
            for part in (options.part,) if options.part else PARTS:
                path = options.out / f"{part}_{kind}_{body}.webp"
                picture = plate(load_body(body), part, seen)
                picture.save(path, "WEBP", quality=50, method=6)
                whole += path.stat().st_size
            unseen[f"{words}, {body}"] = sorted(hidden)
    if options.part is None:
        PAGE.write_text(page(unseen), encoding="utf-8")
    print(f"{whole // 1024} kB")


if __name__ == "__main__":
    main()
