"""Write ``docs/decisions/calibration.md``: how well the stated depths hold.

Studies left out one at a time, published injuries, usual techniques, sweeps over the skin,
and real CTs.
Run from the checkout: ``python -m docs.make.make_calibration``.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anatomy.body import load_body
from docs.make import make_false_alarms
from tests import scans
from tests.zones.quality import test_scans as measured
from zones.fields.floor import floor_at
from zones.fields.loading import body_fields
from zones.fields.model import BodyFields, Why
from zones.knowledge.records.evidence import load_evidence
from zones.knowledge.structures.zone_files import load_zones
from zones.patients.request import unremarkable
from zones.quality.calibration import (
    QUANTILES,
    LeftOut,
    catalogue_sites,
    leave_one_out,
    random_places,
    reliability,
)
from zones.quality.field_cases import answer_case, complaints, load_field_cases
from zones.quality.replay import replay, totals
from zones.risk.place import entry_vertex
from zones.table.sites import check_sites

FILE = Path(__file__).parents[1] / "decisions" / "calibration.md"
#: Targets for the 2.5 % quantile over all studies of a group.
LEAST, MOST = 0.005, 0.05
#: Random places of each body at which limits are asked for.
COUNT = 2000


def percent(value: float) -> str:
    """Return a share as people write it."""
    return f"{100 * value:.1f} %"


def basis_table() -> list[str]:
    """Return how many depths rest on what."""
    zones = [zone for zone in load_zones() if zone.kind == "structure"]
    counts = Counter(depth.kind for zone in zones for depth in zone.depth)
    total = sum(counts.values())
    lines = [
        "## What the depths rest on",
        "",
        "Before this form of the data 66 of 198 depths were guesses, 63 carried from"
        " elsewhere, 22 had an invented spread and 47 were measured near the place."
        " Now there is no guess: what nobody measured is unknown and sets no limit.",
        "",
        "| basis | depths | share |",
        "| --- | ---: | ---: |",
    ]
    for basis in ("measured", "pooled", "carried", "layer", "unknown"):
        lines.append(
            f"| {basis} | {counts[basis]} | {percent(counts[basis] / total)} |"
        )
    grave = ("catastrophic", "critical")
    driving = [z.id for z in zones if z.unknown and z.severity in grave]
    lines += [
        "",
        "An unknown depth never refuses a plan. Catastrophic or critical structures of"
        f" unknown depth: {len(driving)}.",
    ]
    return lines


def diagram(rows: list[Any]) -> list[str]:
    """Return the reliability table: stated quantile against the share seen."""
    head = " | ".join(f"{100 * q:g} %" for q in QUANTILES)
    lines = [
        "| class | studies | people | " + head + " | 2.5 % within bounds |",
        "| --- | ---: | ---: |" + " ---: |" * len(QUANTILES) + " --- |",
    ]
    for row in rows:
        shares = " | ".join(percent(row.shares[q]) for q in QUANTILES)
        low = row.shares[QUANTILES[0]]
        verdict = "yes" if LEAST <= low <= MOST else "**no**"
        lines.append(
            f"| {row.group} | {row.studies} | {row.people} | {shares} | {verdict} |"
        )
    return lines


def left_out() -> list[str]:
    """Return part 1: one study left out at a time."""
    found = leave_one_out(load_zones(), load_evidence(), load_body("male"))
    worst = sorted(found, key=lambda item: -item.shares[QUANTILES[0]])[:12]
    lines = [
        "## 1. One study left out at a time",
        "",
        "For each study of a place the depths are pooled again without it (from the other"
        " studies of the place, or from other places of the structure with the spread"
        " that grows with distance). The table shows which share of the people of the"
        " study left out lies below each stated quantile; the target for the 2.5 %"
        f" quantile is {percent(LEAST)} to {percent(MOST)}. A study's people are taken as"
        " a lognormal with its mean and SD.",
        "",
        *diagram(reliability(found)),
        "",
        "Where a study left out lies most often below what the others say:",
        "",
        "| zone | place | study | people | below 2.5 % | below the median |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {i.zone} | {i.depth} | {i.source} | {i.people} |"
        f" {percent(i.shares[QUANTILES[0]])} | {percent(i.shares[0.5])} |"
        for i in worst
    ]
    return [*lines, "", *reasons(found)]


def reasons(found: list[LeftOut]) -> list[str]:
    """Return why the bounds are missed where they are."""
    missed = [
        row.group
        for row in reliability(found)
        if not LEAST <= row.shares[QUANTILES[0]] <= MOST
    ]
    if not missed:
        return ["All classes are within the bounds."]
    return [
        f"Outside the bounds: {', '.join(missed)}. With few studies a class is judged by"
        " one or two papers that contradict the rest, or are predicted from another"
        " place of the structure alone; the spread between studies is then known from"
        " other classes only.",
    ]


def injuries() -> list[str]:
    """Return part 2: published injuries, safe techniques and questions."""
    lines = ["## 2. Published injuries and questions", ""]
    for total in totals(replay()):
        lines.append(
            f"- {total.name}: {total.hits} of {total.count}"
            f" (95 % {percent(total.low)} to {percent(total.high)})"
        )
    lines += [
        "",
        "Field cases (`zones/data/cases/field_cases.jsonl`), with what the answer must be:",
        "",
        "| case | kind | verdict | limit, mm | as wanted | open |",
        "| --- | --- | --- | ---: | --- | --- |",
    ]
    right = 0
    for case in load_field_cases():
        answer = answer_case(case)
        wrong = list(complaints(case.expected, answer))
        right += not wrong
        limit = "" if answer.max_depth_mm is None else f"{answer.max_depth_mm:g}"
        lines.append(
            f"| {case.id} | {case.kind} | {answer.verdict.value} | {limit} |"
            f" {'; '.join(wrong) or 'yes'} | {case.expected.open} |"
        )
    lines += ["", f"{right} of {len(load_field_cases())} are answered as wanted."]
    return lines


def techniques() -> list[str]:
    """Return part 3: how usual techniques are answered."""
    rows, _ = make_false_alarms.check_all()
    flat = [row for row in rows if not row.lifted]
    alarms = [row for row in flat if make_false_alarms.is_alarm(row)]
    clear = [row for row in flat if row.verdict == "NO_KNOWN_DANGER"]
    lines = [
        "## 3. Usual techniques",
        "",
        "Every muscle site of the catalogue by its usual technique, in an adult of whom"
        " everything was asked and nothing found; the strictest of both bodies and"
        " sides. Pincers are left out: no source gives the thickness of the fold. Each"
        " alarm with its reason stands in [false_alarms.md](false_alarms.md).",
        "",
        f"- DANGER or STOP: {len(alarms)} of {len(flat)}"
        f" ({percent(len(alarms) / len(flat))}; target: no more than 15 %).",
        f"- No known danger: {len(clear)} of {len(flat)}"
        f" ({percent(len(clear) / len(flat))}; target: a third).",
    ]
    assumed = sum("depth" in row.assumed for row in alarms)
    lines.append(f"- Of the alarms {assumed} are at a depth that no source gives.")
    return lines


def limits(fields: BodyFields, xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the limits of upright needles in a healthy adult at places, (N,) mm."""
    sites = {"xyz_mm": xyz, "body": [fields.body.name] * len(xyz)}
    patient = unremarkable({"sex": fields.body.name, "age": 35, "bmi": 23})
    answers = check_sites(sites, {"depth_mm": 5.0, "arm": "at side"}, patient)
    return np.asarray(answers["max_depth_mm"], dtype=float)


def sweeps() -> list[str]:
    """Return part 4: limits over the skin and at all catalogue sites."""
    lines = [
        "## 4. Sweeps",
        "",
        f"Limits of upright needles at {COUNT} random places of each body and at every"
        " catalogue site, in a healthy, fully answered adult (`tests/zones/check/test_sweeps.py`"
        " holds them: none missing, none past bone, a limb's middle or the mapped depth).",
        "",
        "| body | places | least | quartiles, mm | set by risk | bone | middle | mapped |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for name in ("male", "female"):
        fields = body_fields(name)
        xyz = random_places(fields, COUNT, seed=10)
        found = limits(fields, xyz)
        skin = fields.body.skin
        points = [skin.nearest(place) for place in xyz]
        faces = np.array([point.face for point in points])
        bary = np.array([point.bary for point in points])
        floor, why = floor_at(fields, entry_vertex(skin, faces, bary))
        known = np.isfinite(found)
        by_floor = found >= floor - 0.2
        counts = [int((known & ~by_floor).sum())]
        for kind in (Why.BONE, Why.MIDDLE, Why.MAPPED):
            counts.append(int((known & by_floor & (why == kind)).sum()))
        quarter = ", ".join(
            f"{v:.0f}" for v in np.percentile(found[known], [25, 50, 75])
        )
        lines.append(
            f"| {name} | {int(known.sum())} | {found[known].min():.1f} | {quarter} | "
            + " | ".join(map(str, counts))
            + " |"
        )
    lines += ["", f"Catalogue sites: {len(list(catalogue_sites()))} on each body."]
    return lines


def cts() -> list[str]:
    """Return part 5: real CTs."""
    lines = [
        "## 5. Real CTs",
        "",
        "One chest (1.5 mm) and one abdomen (3 mm) of the source distribution of"
        " `totalsegmentator` (Apache-2.0); nothing was fitted to them. The real depth is"
        " straight in from the skin of the back to lung or kidney; levels are counted from"
        " T12 in the chest and from the labels in the abdomen.",
        "",
        "| scan | places | below the 2.5 % quantile | within | above 97.5 % | real median,"
        " mm | stated median, mm |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    if scans.missing():
        return [*lines, f"| ({scans.missing()}) | | | | | | |"]
    fields = body_fields("male")
    for name, pairs in (
        ("lung, chest", measured.chest_pairs(fields)),
        ("kidney, abdomen", measured.kidney_pairs(fields)),
    ):
        below, above = measured.shares(pairs)
        real = float(np.median([p[1] for p in pairs]))
        stated = float(np.median([p[2][1] for p in pairs]))
        lines.append(
            f"| {name} | {len(pairs)} | {percent(below)} | {percent(1 - below - above)} |"
            f" {percent(above)} | {real:.0f} | {stated:.0f} |"
        )
    return lines


def main() -> int:
    """Write the page."""
    parts = [
        [
            "# Calibration",
            "",
            "Written by `docs/make/make_calibration.py` from the data as it is.",
        ],
        basis_table(),
        left_out(),
        injuries(),
        techniques(),
        sweeps(),
        cts(),
    ]
    text = "\n\n".join("\n".join(part) for part in parts)
    FILE.write_text(text + "\n", encoding="utf-8")
    print(f"{FILE.name} written")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
