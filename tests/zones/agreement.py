"""Whether table, single check and depth map give the same answers to random requests.

Run ``python -m tests.zones.agreement`` from the checkout; ``--rows`` and ``--seed`` say
how many requests and which. The tests do the same for fewer.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import Any

import numpy as np

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from tests.strategies import BODIES, healthy_patient
from zones import check_site
from zones.pictures.depth_map import depth_map
from zones.table.columns import NEEDLE, column_of, patient_columns, site_columns
from zones.table.needles import needle_at
from zones.table.places import site_at
from zones.table.sites import check_sites

CHARTS = ("anterior", "posterior", "left_lateral", "right_arm_medial")
TOWARD = ("medial", "lateral", "cranial", "caudal", "anterior", "posterior")
BONES = ("scapula", "rib", "ilium", "femur", "L4", "tibia", "sternum")
ARMS = ("at side", "overhead", "behind back")
T4 = {"landmark": "T4 spinous process", "lateral_mm": 60.0, "side": "left"}
#: One request in so many is compared with the map too, the requests of one patient.
MAP_PATIENTS = 20

Rows = list[dict[str, Any]]


def random_site(rng: np.random.Generator) -> dict[str, Any]:
    """Return a site in one of the forms, now and then a wrong one."""
    side = str(rng.choice(["left", "right"]))
    form = rng.integers(12)
    site: dict[str, Any]
    if form < 4:
        name = str(rng.choice(BODIES))
        vertices = load_body(name).skin.vertices
        place = vertices[rng.integers(len(vertices))] + rng.normal(0, 2.0, 3)
        site = dict(zip(("xyz_x_mm", "xyz_y_mm", "xyz_z_mm"), place, strict=True))
        if rng.random() < 0.8:
            site["body"] = name
    elif form < 8:
        chart = str(rng.choice(CHARTS))
        low_x, high_x, low_y, high_y = load_body("male").charts[chart].bounds
        spread = 0.35 if chart in ("anterior", "posterior") else 1.0
        site = {
            "chart": chart,
            "x_mm": float(rng.uniform(low_x, high_x) * spread),
            "y_mm": float(rng.uniform(low_y, high_y)),
        }
    elif form == 8:
        level = int(rng.integers(1, 13))
        site = {
            "landmark": f"T{level} spinous process",
            "lateral_mm": float(rng.integers(0, 12) * 10),
            "superior_mm": float(rng.integers(-2, 3) * 5),
            "side": side,
        }
    elif form == 9:
        muscle = str(rng.choice(["rhomboid major", "vastus lateralis", "piriformis"]))
        site = {"muscle": muscle, "side": side}
    elif form == 10:
        point = str(rng.choice(["GB21", "LI4", "SP6", "ST36", "GB999"]))
        site = {"point": point, "side": side}
    else:
        words = ("6 cm left of T4", "3 cm right of L3", "6 furlongs left of T4")
        site = {"text": str(rng.choice(words))}
    if rng.random() < 0.02:
        site["lateral_mm"] = 4000.0
    return site


def random_needle(rng: np.random.Generator) -> dict[str, Any]:
    """Return a needle, now and then one that cannot be."""
    needle: dict[str, Any] = {}
    if rng.random() < 0.85:
        needle["depth_mm"] = float(np.round(rng.uniform(0, 60), 1))
    if rng.random() < 0.6:
        needle["length_mm"] = float(rng.choice([25.0, 40.0, 50.0, 75.0]))
    if rng.random() < 0.95 and "depth_mm" in needle and "length_mm" in needle:
        needle["depth_mm"] = min(needle["depth_mm"], needle["length_mm"])
    kind = rng.random()
    if kind < 0.3:
        needle["tilt_deg"] = float(rng.integers(0, 90))
        needle["toward"] = str(rng.choice(TOWARD))
    elif kind < 0.4:
        names = ("vector_x", "vector_y", "vector_z")
        vector = [float(v) for v in rng.normal((0.0, -0.7, 0.0), 0.7)]
        needle.update(zip(names, vector, strict=True))
    elif kind < 0.5:
        needle["direction"] = "perpendicular"
    if rng.random() < 0.3:
        needle["electrical"] = bool(rng.random() < 0.5)
    if rng.random() < 0.02:
        needle[str(rng.choice(["depth_mm", "tilt_deg", "toward"]))] = "deep"
    return {**needle, **random_hold(rng)}


def random_hold(rng: np.random.Generator) -> dict[str, Any]:
    """Return how muscle and patient are held, now and then what cannot be."""
    held: dict[str, Any] = {}
    kind = rng.random()
    if kind < 0.15:
        held = {"grip": "pincer", "fold_mm": float(np.round(rng.uniform(5, 60), 1))}
    elif kind < 0.25:
        held = {"grip": "bone", "bone": str(rng.choice(BONES))}
    elif kind < 0.27:
        held = {"grip": "pincer"}
    if rng.random() < 0.3:
        held["arm"] = str(rng.choice(ARMS))
    return held


def random_patient(rng: np.random.Generator) -> dict[str, Any]:
    """Return a patient, from one nothing is known of to one fully answered."""
    kind = rng.random()
    if kind < 0.2:
        return {}
    patient: dict[str, Any] = {}
    if kind < 0.6:
        patient = healthy_patient(sex=str(rng.choice(BODIES)))
    changes: list[dict[str, Any]] = [
        {"age": float(np.round(rng.uniform(8, 90)))},
        {"bmi": float(np.round(rng.uniform(13, 45), 1))},
        {"height_cm": 170.0, "weight_kg": float(np.round(rng.uniform(40, 130)))},
        {"sex": "female", "pregnant": True, "gestation_weeks": float(rng.integers(41))},
        {"anticoagulant": "warfarin", "inr": float(np.round(rng.uniform(1, 6), 1))},
        {"anticoagulant": "apixaban"},
        {"implants": [{"kind": "metalwork", "region": "left thigh"}]},
        {"lymphoedema": ["left arm"]},
        {"local_skin_infection": [{"site": T4, "radius_mm": 40.0}]},
        {"consent_given": False},
        {"sex": "male"},
    ]
    for change in changes:
        if rng.random() < 0.12:
            if "bmi" in change or "height_cm" in change:
                for name in ("bmi", "height_cm", "weight_kg"):
                    patient.pop(name, None)
            patient.update(change)
    return {name: v for name, v in patient.items() if v is not None}


def random_rows(count: int, seed: int) -> Rows:
    """Return random rows."""
    rng = np.random.default_rng(seed)
    return [
        {**random_site(rng), **random_needle(rng), **random_patient(rng)}
        for _ in range(count)
    ]


def as_table(rows: Rows) -> dict[str, list[Any]]:
    """Return rows as columns."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def one_by_one(row: dict[str, Any]) -> dict[str, Any]:
    """Return what `check_site` says of a row."""
    columns = {n: column_of([v]) for n, v in row.items()}
    parts = [
        {n: c for n, c in columns.items() if n in names}
        for names in (site_columns(), NEEDLE, patient_columns())
    ]
    patient = {n: c.at(0) for n, c in parts[2].items()}
    try:
        answer = check_site(site_at(parts[0], 0), needle_at(parts[1], 0), patient)
    except NeedlemapError as error:
        return {"verdict": "", "error": str(error)}
    return {
        "verdict": answer.verdict.value,
        "max_depth_mm": answer.max_depth_mm,
        "finding": answer.findings[0].id if answer.findings else "",
        "complete": answer.complete,
        "error": "",
    }


def differences(rows: Rows) -> list[str]:
    """Return the rows of which the table says something else than the check."""
    table = check_sites(as_table(rows), plausible=False)
    found = []
    for i, row in enumerate(rows):
        single = one_by_one(row)
        for name, wanted in list(single.items()):
            got = table[name][i]
            if name == "max_depth_mm" and isinstance(got, float) and math.isnan(got):
                got = None
            if name == "error" and got != wanted and got and wanted:
                # of a row with two faults either may be named
                facts = patient_columns()
                rest = {n: v for n, v in row.items() if n not in facts}
                single["error"] = one_by_one(rest)["error"]
            if got != single[name]:
                told = json.dumps(row, default=str)
                found.append(f"{name}: {got!r}, not {wanted!r}: {told}")
    return found


def map_differences(count: int, seed: int) -> list[str]:
    """Return the vertices at which the map has another limit than table or check.

    Parameters
    ----------
    count : int
        Requests: places of both bodies, upright, for random patients, held in random
        ways, some with a lung that was seen. A table takes no depths seen.
    seed : int
        Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    found = []
    people = max(1, min(MAP_PATIENTS, count // 20))
    for _ in range(people):
        body = str(rng.choice(BODIES))
        patient = random_patient(rng)
        if patient.get("sex") not in (None, body):
            patient = {**healthy_patient(sex=body), "bmi": patient.get("bmi", 22.0)}
            patient.pop("height_cm", None), patient.pop("weight_kg", None)
        needle: dict[str, Any] = random_hold(rng)
        if needle.get("grip") == "bone" or "fold_mm" not in needle:
            needle = {n: v for n, v in needle.items() if n == "arm"}
        columns = {n: [v] * (count // people) for n, v in needle.items()}
        if rng.random() < 0.4:
            depth = float(np.round(rng.uniform(15, 45), 1))
            seen = {"structure": "pleura", "depth_mm": depth, "site": T4}
            needle["measured"] = [seen]
        try:
            limit = depth_map(body, patient, needle)
        except NeedlemapError:
            continue
        skin = load_body(body).skin
        at = rng.choice(len(skin.vertices), count // people, replace=False)
        sites = {"xyz_mm": skin.vertices[at], "body": body}
        single = {n: [v] * len(at) for n, v in patient.items()}
        table = limit[at]
        if "measured" not in needle:
            found_here = check_sites(sites, columns or None, single)
            table = np.asarray(found_here["max_depth_mm"])
        for place, vertex in enumerate(at.tolist()):
            site = {"xyz_mm": skin.vertices[vertex].tolist(), "body": body}
            one = check_site(site, needle, patient).max_depth_mm
            figures = [math.nan if one is None else one, table[place], limit[vertex]]
            if np.isnan(figures[2]):  # a map shows no limit where nothing is mapped
                continue
            if not np.array_equal(figures, [figures[0]] * 3):
                told = json.dumps([needle, patient])
                found.append(f"{body} {vertex}: {figures}: {told}")
    return found


def main() -> int:
    """Print what differs; return 1 when anything does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=11)
    told = parser.parse_args()
    wrong = []
    for begin in range(0, told.rows, 1000):
        rows = random_rows(min(1000, told.rows - begin), told.seed + begin)
        wrong += differences(rows)
    wrong += map_differences(told.rows // 10, told.seed)
    for line in wrong[:40]:
        print(line)
    asked = f"{told.rows} requests, {told.rows // 10} of the map"
    print(f"{asked}: {len(wrong)} differences")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
