"""Fit report: every figure that says how well bones and skin belong together."""

from __future__ import annotations

import itertools
import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from anatomy.body import BODIES, Body

Array = NDArray[np.float64]
EXPECTED = Path(__file__).parents[1] / "data" / "fit_expectations.toml"
DOCS = Path(__file__).parents[2] / "docs" / "data" / "fit_report.md"
#: Allowed difference of a length from its expectation.
LENGTH_SHARE = 0.05
INSIDE_SHARE = 0.995


class _Fit:
    """Measures one body."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.mesh = trimesh.Trimesh(body.skin.vertices, body.skin.faces, process=False)
        self.bones = {name: mesh[0] for name, mesh in body.bones.items()}

    def inside(self, points: Array) -> NDArray[np.bool_]:
        """Whether points lie within the skin, by most of fourteen rays."""
        from tools.bodies.bones.fit import VOTE_DIRECTIONS

        votes = np.zeros(len(points))
        for direction in VOTE_DIRECTIONS:
            face = self.mesh.ray.intersects_first(
                points, np.tile(direction, (len(points), 1))
            )
            out = self.mesh.face_normals[face] @ direction > 0
            votes += np.where(face >= 0, out, False)
        return np.asarray(votes > len(VOTE_DIRECTIONS) * 0.6)

    def cover(self, points: Array) -> Array:
        """Distance from points to the nearest skin, mm."""
        return np.asarray(self.body.skin.nearest_many(points)[3])

    def bone_at(self, name: str) -> Array:
        """Bony place of a landmark, left or midline."""
        paired = self.body.landmarks.is_paired(name)
        mark = self.body.landmarks.get(name, "left" if paired else None)
        assert mark.bone_xyz is not None
        return np.asarray(mark.bone_xyz)

    def skin_at(self, name: str) -> Array:
        """Skin place of a landmark, left or midline."""
        paired = self.body.landmarks.is_paired(name)
        mark = self.body.landmarks.get(name, "left" if paired else None)
        return np.asarray(mark.skin.xyz)

    def slices(self, name: str, axis: int, front: Array, count: int = 9) -> Array:
        """Least cover in each slice along a bone, over the part facing `front`."""
        points = self.bones[name]
        cover = self.cover(points)
        edges = np.linspace(points[:, axis].min(), points[:, axis].max(), count + 3)[
            1:-1
        ]
        found = []
        for low, high in itertools.pairwise(edges):
            row = (points[:, axis] >= low) & (points[:, axis] <= high)
            if row.any():
                along = points[row] @ front
                facing = along >= along.max() - 8.0
                found.append(cover[row][facing].min())
        return np.array(found)

    def subcutaneous(self) -> dict[str, Array]:
        """Cover of each bone that can be felt, mm."""
        forward = np.array([0.0, -1.0, 0.0])
        spine = ["C7 spinous process"] + [f"T{n} spinous process" for n in range(1, 13)]
        spine += [f"L{n} spinous process" for n in range(1, 6)]
        tips = np.array([self.bone_at(n) for n in spine])
        sternum = self.bones["sternum and costal cartilages"]
        middle = sternum[np.abs(sternum[:, 0]) < 12]
        low, high = middle[:, 2].min() + 25, middle[:, 2].max()
        bands = np.linspace(low, high, 8)
        front = []
        for a, b in itertools.pairwise(bands):
            row = middle[(middle[:, 2] >= a) & (middle[:, 2] <= b)]
            if len(row):
                front.append(row[row[:, 1].argmin()])
        patella = self.bones["patella left"]
        face = patella[patella[:, 1] < patella[:, 1].min() + 6]
        ulna = self.bones["ulna left"]
        elbow = ulna[ulna[:, 2] > ulna[:, 2].max() - 25]
        return {
            "shin (anterior border of the tibia)": self.slices(
                "tibia left", 2, forward
            )[1:-1],
            "clavicle": self.slices("clavicle left", 0, np.array([0, -0.7, 0.7])),
            "spinous processes C7-L5": self.cover(tips),
            "sternum": self.cover(np.array(front)),
            "olecranon": self.cover(elbow[elbow[:, 1].argsort()[-4:]]),
            "patella": np.array([np.median(self.cover(face))]),
            "malleoli": np.array(
                [
                    self.cover(
                        self.bones["tibia left"][_low(self.bones["tibia left"], 25)]
                    ).min(),
                    self.cover(
                        self.bones["fibula left"][_low(self.bones["fibula left"], 25)]
                    ).min(),
                ]
            ),
        }

    def level(self, name: str, by: str) -> str:
        """Vertebral level of a landmark."""
        names = [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)]
        if by == "spinous":
            z = float(self.skin_at(name)[2])
            heights = [self.skin_at(f"{n} spinous process")[2] for n in names]
        elif by == "sacral":
            z = float(self.skin_at(name)[2])
            names = ["L5", "S1", "S2", "S3", "S4"]
            heights = [self.skin_at("L5 spinous process")[2]]
            heights += [self.skin_at(f"{n} level")[2] for n in names[1:]]
        else:
            z = float(self.bone_at(name)[2])
            heights = []
            for n in names:
                points = self.bones[n]
                front = points[points[:, 1] < np.percentile(points[:, 1], 40)]
                heights.append(float((front[:, 2].min() + front[:, 2].max()) / 2))
        return names[int(np.abs(np.array(heights) - z).argmin())]

    def lengths(self) -> dict[str, float]:
        """Lengths compared with anthropometric means, mm."""
        feet = self.body.skin.vertices[
            self.body.segment_labels == self.body.segment_names.index("left_foot")
        ]
        tibia = self.bones["tibia left"]
        top = np.percentile(tibia[:, 2], 97)  # the plateau, without the spines
        low = tibia[tibia[:, 2].argmin()]
        plateau = tibia[np.abs(tibia[:, 2] - top) < 4].mean(axis=0)
        crease = self.skin_at("distal wrist crease midpoint")
        return {
            "biacromial breadth": 2 * float(self.bones["scapula left"][:, 0].max()),
            "bi-iliac breadth": 2 * float(self.bones["hip bone left"][:, 0].max()),
            "femur, greatest length": _longest(self.bones["femur left"]),
            "tibia, condyle to malleolus": float(np.linalg.norm(plateau - low)),
            "humerus, greatest length": _longest(self.bones["humerus left"]),
            "hand length": float(
                np.linalg.norm(self.skin_at("tip of finger 3") - crease)
            ),
            "foot length": float(np.ptp(feet[feet[:, 2] < 45][:, 1])),
        }


def _low(points: Array, within: float) -> NDArray[np.bool_]:
    return np.asarray(points[:, 2] < points[:, 2].min() + within)


def _longest(points: Array) -> float:
    ends = np.concatenate(
        [points[points[:, 2].argsort()[:60]], points[points[:, 2].argsort()[-60:]]]
    )
    return float(cdist(ends, ends).max())


def measure(body: Body) -> dict[str, Any]:
    """Return the fit figures of a body with what was expected and whether it holds."""
    wanted = tomllib.loads(EXPECTED.read_text())
    fit = _Fit(body)
    points = np.concatenate(list(fit.bones.values()))
    inside = fit.inside(points)
    cover = fit.cover(points)
    subcutaneous = []
    found = fit.subcutaneous()
    for row in wanted["subcutaneous"]:
        values = found[row["place"]]
        subcutaneous.append(
            {
                "place": row["place"],
                "min_mm": _round(values.min()),
                "median_mm": _round(np.median(values)),
                "max_mm": _round(values.max()),
                "expected_mm": [row["low_mm"], row["high_mm"]],
                "holds": bool(
                    row["low_mm"] - 0.05 <= values.min()
                    and values.max() <= row["high_mm"] + 0.05
                ),
            }
        )
    levels = []
    for row in wanted["level"]:
        level = fit.level(row["place"], row["by"])
        levels.append(
            {
                "place": row["place"],
                "by": row["by"],
                "found": level,
                "expected": row["expected"],
                "holds": level in row["expected"],
            }
        )
    marks = body.landmarks
    at_line = {
        n: marks.get(f"rib {n} at midaxillary line", "left").skin.xyz[2]
        for n in range(4, 13)
        if f"rib {n} at midaxillary line" in marks
    }
    lowest = min(at_line, key=lambda n: at_line[n])
    levels.append(
        {
            "place": "lowest rib in the midaxillary line",
            "by": "rib",
            "found": f"rib {lowest}",
            "expected": ["rib 10"],
            "holds": lowest == 10,
        }
    )
    lengths = []
    measured = fit.lengths()
    for row in wanted["length"]:
        goal = _goal(row, body)
        share = measured[row["name"]] / goal - 1
        lengths.append(
            {
                "name": row["name"],
                "found_mm": _round(measured[row["name"]]),
                "expected_mm": _round(goal),
                "difference_percent": _round(100 * share),
                "source": row["source"],
                "read": row["read"],
                "holds": bool(abs(share) <= LENGTH_SHARE),
            }
        )
    symmetry = _symmetry(body)
    return {
        "body": body.name,
        "height_mm": body.height_mm,
        "bone_vertices": len(points),
        "inside_share": _round(float(inside.mean()), 5),
        "inside_holds": bool(inside.mean() >= INSIDE_SHARE),
        "furthest_outside_mm": _round(float(cover[~inside].max(initial=0.0))),
        "largest_push_mm": _round(body.meta["fit"]["largest_push_mm"]),
        "symmetry_mm": symmetry,
        "symmetry_holds": bool(max(symmetry.values()) <= 1.0),
        "subcutaneous": subcutaneous,
        "levels": levels,
        "lengths": lengths,
    }


def _goal(row: dict[str, Any], body: Body) -> float:
    if "mm" in row:
        return float(row["mm"][body.name])
    if "share" in row:
        return float(row["share"][body.name]) * body.height_mm
    slope, base = row["regression"][body.name]
    return (body.height_mm / 10 - base) / slope * 10


def _symmetry(body: Body) -> dict[str, float]:
    flip = np.array([-1.0, 1.0, 1.0])
    skin = body.skin
    own = float(np.abs(skin.vertices[skin.mirror] - skin.vertices * flip).max())
    bones = max(
        float(np.abs(v - body.bones[n.replace(" left", " right")][0] * flip).max())
        for n, (v, _) in body.bones.items()
        if n.endswith(" left")
    )
    pairs: dict[str, list[Array]] = {}
    for mark in body.landmarks:
        if mark.side != "midline":
            pairs.setdefault(mark.name, []).append(np.asarray(mark.skin.xyz))
    marks = max(float(np.abs(a - b * flip).max()) for a, b in pairs.values())
    return {
        "skin": _round(own, 3),
        "bones": _round(bones, 3),
        "landmarks": _round(marks, 3),
    }


def _round(value: float, digits: int = 1) -> float:
    return round(float(value), digits)


def write_reports(out: Path, docs: Path = DOCS) -> None:
    """Measure both bodies and write the report as data and as a page."""
    reports = [measure(Body(out / name)) for name in BODIES]
    (out.parent / "fit_report.json").write_text(json.dumps(reports, indent=1) + "\n")
    docs.parent.mkdir(exist_ok=True)
    docs.write_text(_page(reports))


def _page(reports: list[dict[str, Any]]) -> str:
    lines = [
        "# Fit of bones and skin",
        "",
        "Written by `python -m tools.bodies`; the same figures are in "
        "`anatomy/data/fit_report.json`. Expectations and their sources: "
        "`anatomy/data/fit_expectations.toml`.",
        "",
    ]
    for report in reports:
        lines += [
            f"## {report['body'].capitalize()}, {report['height_mm']:.0f} mm",
            "",
            "| figure | found | expected | holds |",
            "| --- | --- | --- | --- |",
        ]
        rows = [
            (
                "bone vertices inside the skin",
                f"{100 * report['inside_share']:.2f} % of {report['bone_vertices']}",
                ">= 99.5 %",
                report["inside_holds"],
            ),
            (
                "left-right symmetry (skin, bones, landmarks)",
                ", ".join(f"{v:g} mm" for v in report["symmetry_mm"].values()),
                "<= 1 mm",
                report["symmetry_holds"],
            ),
        ]
        rows += [
            (
                f"skin over {r['place']}",
                f"{r['min_mm']}-{r['max_mm']} mm (median {r['median_mm']})",
                "{}-{} mm".format(*r["expected_mm"]),
                r["holds"],
            )
            for r in report["subcutaneous"]
        ]
        rows += [
            (
                f"level of {r['place']}",
                f"{r['found']} ({r['by']})",
                ", ".join(r["expected"]),
                r["holds"],
            )
            for r in report["levels"]
        ]
        rows += [
            (
                r["name"],
                f"{r['found_mm']} mm ({r['difference_percent']:+.1f} %)",
                f"{r['expected_mm']} mm +- 5 %",
                r["holds"],
            )
            for r in report["lengths"]
        ]
        lines += [
            f"| {a} | {b} | {c} | {'yes' if d else 'NO'} |" for a, b, c, d in rows
        ]
        lines += [
            "",
            f"Largest correction of a bone vertex that lay too near the skin: "
            f"{report['largest_push_mm']} mm.",
            "",
        ]
    return "\n".join(lines)
