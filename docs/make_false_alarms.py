"""Check every catalogued muscle site as it is usually needled, and list the alarms.

Run ``python docs/make_false_alarms.py`` from the checkout; it writes
``docs/false_alarms.md``. What is said of each alarm stands in
``docs/false_alarms.toml``; an alarm about which nothing is said fails the test.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

NOTES = ROOT / "docs" / "false_alarms.toml"
PAGE = ROOT / "docs" / "false_alarms.md"

#: The shortest usual needle is not pushed home: this much stays outside, mm.
HANDLE_MM = 10.0
#: Tilt from the perpendicular that words without an angle stand for, degrees.
OBLIQUE_DEG, FLAT_DEG = 30.0, 60.0

_WAYS = (
    ("caudal", r"caud|inferior(?!-to-superior)|downward|distal"),
    ("cranial", r"cranial|cephal|superior|upward|proximal"),
    ("medial", r"medial|inward|midline"),
    ("lateral", r"lateral|outward"),
)


@dataclass(frozen=True)
class Row:
    """What the check answers for one site, the strictest of bodies and sides."""

    muscle: str
    site: str
    plan: str
    depth_mm: float
    verdict: str
    zone: str
    structure: str
    earliest_mm: float | None
    limit_mm: float | None
    where: str
    lifted: bool
    middle: str


def direction_of(technique: str) -> Any:
    """Return the direction that a technique in words stands for.

    Examples
    --------
    >>> direction_of("paramedian, 22 deg medial, needle 50 mm")
    {'tilt_deg': 22.0, 'toward': 'medial'}
    >>> direction_of("perpendicular to the bone")
    'perpendicular'
    """
    words = technique.lower()
    angle = re.search(r"(\d+)\s*deg\w*\s+(\w+)", words)
    if angle and (way := _way(angle[2])) and 0 < float(angle[1]) < 90:
        return {"tilt_deg": float(angle[1]), "toward": way}
    for pattern, tilt in (
        (r"(?:tangential|parallel|flat oblique|horizontal)[^;,.]*", FLAT_DEG),
        (r"oblique[^;,.]*", OBLIQUE_DEG),
    ):
        if (
            "perpendicular" not in words
            and (found := re.search(pattern, words))
            and (way := _way(found[0]))
        ):
            return {"tilt_deg": tilt, "toward": way}
    return "perpendicular"


def _way(words: str) -> str | None:
    """Return the first way that words name."""
    hits = [(m.start(), way) for way, p in _WAYS if (m := re.search(p, words))]
    return min(hits)[1] if hits else None


def plans() -> Iterator[tuple[Any, Any, dict[str, Any] | None]]:
    """Yield each muscle, site and its usual needle; None where no length is known."""
    from anatomy.catalogue import get_muscle, muscle_names

    for name in muscle_names():
        muscle = get_muscle(name)
        for site in muscle.site:
            if site.needle_length_mm is None:
                yield muscle, site, None
                continue
            shortest = float(min(site.needle_length_mm))
            yield (
                muscle,
                site,
                {
                    "length_mm": shortest,
                    "depth_mm": max(shortest - HANDLE_MM, 5.0),
                    "direction": direction_of(site.technique),
                    "electrical": False,
                },
            )


def check_all() -> tuple[list[Row], int]:
    """Return a row for each site that can be checked, and how many can not.

    Each is checked on both bodies and both sides in an adult of whom everything was
    asked and nothing found; the strictest answer counts.
    """
    from zones import check_site
    from zones.request import unremarkable

    rows, left_out = [], 0
    for muscle, site, needle in plans():
        if needle is None:
            left_out += 1
            continue
        answers, middles = [], []
        for sex in ("male", "female"):
            for side in ("left", "right"):
                place = {"muscle": muscle.name, "site": site.label, "side": side}
                patient = unremarkable({"sex": sex})
                answer = check_site(place, needle, patient)
                answers.append((answer, f"{sex} {side}"))
                point = {"xyz_mm": list(answer.site.xyz_mm), "body": sex}
                middles.append(check_site(point, needle, patient).verdict)
        worst = max(answers, key=lambda item: item[0].verdict.rank)[0].verdict
        same = [(a, w) for a, w in answers if a.verdict == worst]
        answer = min(same, key=lambda item: item[0].max_depth_mm or 999.0)[0]
        top = answer.findings[0] if answer.findings else None
        rows.append(
            Row(
                muscle.name,
                site.label,
                plan_text(needle),
                needle["depth_mm"],
                worst.value,
                top.id if top else "",
                (top.structure or top.id) if top else "",
                top.earliest_mm if top else None,
                answer.max_depth_mm,
                "all" if len(same) == len(answers) else ", ".join(w for _, w in same),
                bool(re.search(r"pincer|pinch|lift", site.technique.lower())),
                max(middles, key=lambda verdict: verdict.rank).value,
            )
        )
    return rows, left_out


def plan_text(needle: Mapping[str, Any]) -> str:
    """Return a plan in words."""
    way = needle["direction"]
    tilt = (
        "straight"
        if isinstance(way, str)
        else f"{way['tilt_deg']:.0f}° {way['toward']}"
    )
    return f"{needle['depth_mm']:.0f} of {needle['length_mm']:.0f} mm, {tilt}"


def load_notes() -> dict[str, dict[str, str]]:
    """Return what is said of alarms, by zone and by site (muscle: label)."""
    with NOTES.open("rb") as file:
        data = tomllib.load(file)
    return {
        "zone": {entry["zone"]: entry["text"] for entry in data.get("zone", [])},
        "site": {
            f"{entry['muscle']}: {entry['site']}": entry["text"]
            for entry in data.get("site", [])
        },
    }


def note_of(row: Row, notes: Mapping[str, Mapping[str, str]]) -> str:
    """Return what is said of an alarm; empty when nothing is."""
    own = notes["site"].get(f"{row.muscle}: {row.site}")
    return own or notes["zone"].get(row.zone, "")


def is_alarm(row: Row) -> bool:
    """Return whether a row answers DANGER or STOP."""
    return row.verdict in {"DANGER", "STOP"}


def page(rows: list[Row], left_out: int) -> str:
    """Return the page as Markdown."""
    notes = load_notes()
    alarms = [row for row in rows if is_alarm(row)]
    count = Counter(row.verdict for row in rows)
    lifted = sum(row.lifted for row in alarms)
    total = len(rows)
    middle = sum(row.middle in {"DANGER", "STOP"} for row in rows)
    lines = [
        "# Alarms at the usual technique",
        "",
        "Written by `docs/make_false_alarms.py`. Every muscle site of the catalogue, as"
        " it is usually needled, in an adult of whom everything was asked and nothing"
        " found; both bodies, both sides, the strictest answer counts.",
        "",
        "How the plan is made: the catalogue holds needle lengths and techniques in"
        " words, no depths. The depth is the shortest usual needle less"
        f" {HANDLE_MM:.0f} mm (at least 5 mm). Direction: an angle where the words give"
        f" one, {OBLIQUE_DEG:.0f}° for *oblique* and {FLAT_DEG:.0f}° for *flat*,"
        " *parallel* or *tangential* with a way named, else straight in. A muscle"
        " lifted in a pincer can not be drawn on a body at rest: it is checked as"
        " unlifted skin, straight in, and marked.",
        "",
        "| answer | sites | share |",
        "| --- | ---: | ---: |",
    ]
    for verdict, number in count.most_common():
        lines.append(f"| {verdict} | {number} | {100 * number / total:.0f} % |")
    lines += [
        f"| *all* | {total} | |",
        "",
        f"{share(len(alarms), total)} answer DANGER or STOP; {lifted} of these are"
        " pincer techniques checked unlifted, which leaves"
        f" {share(len(alarms) - lifted, total)}. {left_out} sites name no needle"
        " length and are not checked.",
        "",
        "A site of a muscle is a search area (mostly 25 mm round), and the answer is"
        f" that of its worst place. At the middle of the area {share(middle, total)}"
        " answer DANGER or STOP.",
        "",
        "| zone | alarms |",
        "| --- | ---: |",
    ]
    by_zone = Counter(row.zone for row in alarms)
    lines += [f"| {zone} | {number} |" for zone, number in by_zone.most_common()]
    lines += [
        "",
        "## Each alarm",
        "",
        "| muscle, site | plan | meets | from | limit | where | middle | pincer |"
        " why |",
        "| --- | --- | --- | ---: | ---: | --- | --- | --- | --- |",
    ]
    for row in alarms:
        lines.append(
            f"| {row.muscle}: {row.site} | {row.plan} | {row.structure} |"
            f" {mm(row.earliest_mm)} | {mm(row.limit_mm)} | {row.where} |"
            f" {row.middle.lower().replace('_', ' ')} |"
            f" {'yes' if row.lifted else ''} | {note_of(row, notes)} |"
        )
    return "\n".join(lines) + "\n"


def share(part: int, total: int) -> str:
    """Return a share in words, such as ``3 of 12 (25 %)``."""
    return f"{part} of {total} ({100 * part / total:.0f} %)"


def mm(value: float | None) -> str:
    """Return a length for the table."""
    return "" if value is None else f"{value:.0f}"


def main() -> int:
    """Write the page."""
    rows, left_out = check_all()
    PAGE.write_text(page(rows, left_out), encoding="utf-8")
    alarms = sum(map(is_alarm, rows))
    print(f"{PAGE.name}: {alarms} of {len(rows)} sites answer DANGER or STOP.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
