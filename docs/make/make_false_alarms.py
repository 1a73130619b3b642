"""Check every catalogued muscle site as it is usually needled, and list the alarms.

Run ``python docs/make/make_false_alarms.py`` from the checkout; it writes
``docs/decisions/false_alarms.md``. The plans are those of
``anatomy.muscles.usual_plan``. What is said of each alarm stands in
``docs/decisions/false_alarms.toml``; an alarm about which nothing is said fails the
test.
"""

from __future__ import annotations

import math
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from anatomy.muscles.usual_plan import UsualPlan
    from zones.contract.models import Assessment

NOTES = ROOT / "docs" / "decisions" / "false_alarms.toml"
PAGE = ROOT / "docs" / "decisions" / "false_alarms.md"

#: Where no source gives a depth, we assume that this much of the needle stays out, mm.
HANDLE_MM = 10.0
#: People treated without injury from which on a technique is listed apart.
MANY_PEOPLE = 20
#: Thicknesses of a fold that a pincer is checked with, mm.
FOLDS_MM = (10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0)
_HARMFUL = {"DANGER", "STOP"}


@dataclass(frozen=True)
class Row:
    """What the check answers for one site, the strictest of bodies and sides."""

    muscle: str
    site: str
    technique: str
    basis: str
    source: str
    plan: str
    assumed: tuple[str, ...]
    depth_mm: float
    verdict: str
    zone: str
    structure: str
    earliest_mm: float | None
    limit_mm: float | None
    where: str
    lifted: bool
    middle: str
    p_meet: float | None
    risk: float | None
    aimed_at: str = ""
    fold: str = ""


def needles_of(
    plan: UsualPlan,
) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...]] | None:
    """Return the needles to check for a plan, and what of them we assumed.

    Returns
    -------
    (tuple of dict, tuple of str) or None
        One needle for each direction that the plan may mean; None when no needle
        length is known: then no depth can be assumed.

    Examples
    --------
    >>> from anatomy.muscles.usual_plan import usual_plan
    >>> needles_of(usual_plan("supinator"))[1]
    ()
    >>> needles_of(usual_plan("teres major"))[1]
    ('depth', 'direction')
    """
    if plan.length_mm is None:
        return None
    needle = plan.request()
    assumed = []
    if plan.depth_mm is None:
        needle["depth_mm"] = max(plan.length_mm - HANDLE_MM, 5.0)
        assumed.append("depth")
    if plan.direction is None or plan.direction_basis == "ours":
        assumed.append("direction")
    each = tuple({**needle, "direction": way} for way in plan.directions())
    return each, tuple(assumed)


def plans() -> Iterator[tuple[Any, Any, UsualPlan | None]]:
    """Yield each muscle and site with its usual plan, None where there is none."""
    from anatomy.muscles.catalogue import get_muscle, muscle_names
    from anatomy.muscles.usual_plan import usual_plan

    for name in muscle_names():
        muscle = get_muscle(name)
        for site in muscle.site:
            yield muscle, site, usual_plan(name, site.label)


def aims_at_bone(plan: UsualPlan) -> bool:
    """Return whether the needle of a technique is to end at bone."""
    technique = plan.technique
    end = technique.end_point
    return technique.grip == "bone" or (
        technique.grip != "pincer" and end is not None and end.kind == "bone"
    )


def strictest(answers: Iterable[Assessment]) -> Assessment:
    """Return the answer that holds back most; of equals that with the least limit."""
    return min(answers, key=lambda a: (-a.verdict.rank, a.max_depth_mm or math.inf))


def answer_of(
    place: Mapping[str, Any],
    needles: Sequence[Mapping[str, Any]],
    patient: Mapping[str, Any],
    *,
    bone: bool,
) -> Assessment:
    """Return the strictest answer to needles, but to those that cannot lean so there.

    Raises
    ------
    InputError
        When there is no needle that can.
    """
    from anatomy.errors import InputError

    answers = []
    wrong: InputError | None = None
    for needle in needles:
        try:
            answers.append(one_answer(place, needle, patient, bone=bone))
        except InputError as error:
            wrong = error  # the skin faces that way
    if not answers and wrong is not None:
        raise wrong
    return strictest(answers)


def one_answer(
    place: Mapping[str, Any],
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
    *,
    bone: bool,
) -> Assessment:
    """Return the answer to a needle; to bone where it is aimed so and bone is there."""
    from anatomy.errors import InputError
    from zones import check_site

    answer = check_site(place, needle, patient)
    if not bone or answer.bone is None:
        return answer
    to_bone = {**needle, "grip": "bone", "bone": answer.bone.name}
    try:
        return check_site(place, to_bone, patient)
    except InputError:
        return answer  # met too seldom to be aimed at


def fold_words(
    place: Mapping[str, Any],
    needles: Sequence[Mapping[str, Any]],
    patient: Mapping[str, Any],
) -> str:
    """Return from which thickness of the fold on a pincer is below DANGER."""
    for fold in FOLDS_MM:
        held = [{**needle, "grip": "pincer", "fold_mm": fold} for needle in needles]
        answer = answer_of(place, held, patient, bone=False)
        if answer.verdict.value not in _HARMFUL:
            return f"from {fold:g} mm"
    return f"not at {FOLDS_MM[-1]:g} mm"


def source_words(plan: UsualPlan) -> str:
    """Return the source of a plan, short."""
    from zones.knowledge.records.cited import cited

    technique = plan.technique
    words = cited(technique.sources[0]) if technique.sources else "none"
    return words if len(words) <= 90 else words[:87].rsplit(" ", 1)[0] + " ..."


def check_all() -> tuple[list[Row], list[str]]:
    """Return a row for each site that can be checked, and why the others cannot.

    Each is checked on both bodies and both sides in an adult of whom everything was
    asked and nothing found; the strictest answer counts.
    """
    from zones.patients.request import unremarkable

    rows: list[Row] = []
    left_out: list[str] = []
    for muscle, site, plan in plans():
        name = f"{muscle.name}: {site.label}"
        usable = needles_of(plan) if plan else None
        if plan is None or usable is None:
            why = "no needle length on record" if plan else "no usual technique"
            left_out.append(f"{name} ({why})")
            continue
        needles, assumed = usable
        bone = aims_at_bone(plan)
        answers, middles, folds = [], [], []
        for sex in ("male", "female"):
            for side in ("left", "right"):
                place = {"muscle": muscle.name, "site": site.label, "side": side}
                patient = unremarkable({"sex": sex})
                answer = answer_of(place, needles, patient, bone=bone)
                if plan.technique.grip == "pincer":
                    folds.append(fold_words(place, needles, patient))
                answers.append((answer, f"{sex} {side}"))
                point = {"xyz_mm": list(answer.site.xyz_mm), "body": sex}
                middle = answer_of(point, needles, patient, bone=bone)
                middles.append(middle.verdict)
        answer = strictest(a for a, _ in answers)
        worst = answer.verdict
        same = [(a, w) for a, w in answers if a.verdict == worst]
        top = answer.findings[0] if answer.findings else None
        rows.append(
            Row(
                muscle.name,
                site.label,
                plan.technique.id,
                plan.technique.basis,
                source_words(plan),
                plan_text(needles),
                assumed,
                needles[0]["depth_mm"],
                worst.value,
                top.id if top else "",
                (top.structure or top.id) if top else "",
                top.earliest_mm if top else None,
                answer.max_depth_mm,
                "all" if len(same) == len(answers) else ", ".join(w for _, w in same),
                plan.technique.grip == "pincer",
                max(middles, key=lambda verdict: verdict.rank).value,
                top.p_meet if top else None,
                top.risk if top else None,
                answer.bone.name if bone and answer.bone else "",
                max(folds, key=fold_order, default=""),
            )
        )
    return rows, left_out


def fold_order(text: str) -> float:
    """Return the thickness in what `fold_words` says, mm; a fold that fails is last."""
    return float(text.split()[-2]) + (1000.0 if text.startswith("not") else 0.0)


def plan_text(needles: Sequence[Mapping[str, Any]]) -> str:
    """Return a plan in words."""
    needle = needles[0]
    way = needle["direction"]
    if isinstance(way, str):
        tilt = "straight"
    else:
        toward = way["toward"] if len(needles) == 1 else "any way"
        tilt = f"{way['tilt_deg']:.0f}° {toward}"
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
    return row.verdict in _HARMFUL


def page(rows: list[Row], left_out: list[str]) -> str:
    """Return the page as Markdown."""
    notes = load_notes()
    flat = [row for row in rows if not row.lifted]
    lifted = [row for row in rows if row.lifted]
    alarms = [row for row in flat if is_alarm(row)]
    count = Counter(row.verdict for row in flat)
    total = len(flat)
    middle = sum(row.middle in _HARMFUL for row in flat)
    given = sum("depth" not in row.assumed for row in rows)
    lines = [
        "# Alarms at the usual technique",
        "",
        "Written by `docs/make/make_false_alarms.py` from the usual plans of"
        " [the techniques](../practitioners/techniques.md). Every muscle site of the"
        " catalogue, in an adult of whom everything was asked and nothing found; both"
        " bodies, both sides, the strictest answer counts.",
        "",
        f"Only {given} of {len(rows)} plans have a depth that a source gives. For the"
        " others the depth is **assumed by us**: the shortest usual needle less"
        f" {HANDLE_MM:.0f} mm (at least 5 mm); a needle's length is no depth. Where no"
        " source gives an angle, straight in is assumed; where it gives a tilt and not"
        " which way (*any way*), the strictest way counts. The column *assumed* says"
        " which.",
        "",
        short_words(),
        "",
        "| answer | sites | share |",
        "| --- | ---: | ---: |",
    ]
    for verdict, number in count.most_common():
        lines.append(f"| {verdict} | {number} | {100 * number / total:.0f} % |")
    lines += [
        f"| *all that are not lifted* | {total} | |",
        "",
        f"{share(len(alarms), total)} answer DANGER or STOP. At the middle of the"
        f" search area (mostly 25 mm round) {share(middle, total)} do.",
        "",
        "By what the technique rests on:",
        "",
        "| basis | sites | DANGER or STOP |",
        "| --- | ---: | ---: |",
    ]
    for basis in ("published", "taught", "memory"):
        mine = [row for row in flat if row.basis == basis]
        lines.append(f"| {basis} | {len(mine)} | {sum(map(is_alarm, mine))} |")
    lines += ["", "| zone | alarms |", "| --- | ---: |"]
    by_zone = Counter(row.zone for row in alarms)
    lines += [f"| {zone} | {number} |" for zone, number in by_zone.most_common()]
    lines += ["", "## Published without injury", "", *unharmed(rows, notes)]
    lines += ["", "## Each alarm", "", *table(alarms, notes)]
    lines += [
        "",
        "## Pincers",
        "",
        "No source gives the thickness of the fold. The answer is that to the same plan"
        " in flat skin; the column *fold* says from which thickness on the pincer is"
        f" below DANGER at both bodies and sides (of {FOLDS_MM[0]:g} to"
        f" {FOLDS_MM[-1]:g} mm).",
        "",
        *table(lifted, notes),
        "",
        "## No alarm",
        "",
        *table([row for row in flat if not is_alarm(row)], notes),
        "",
        "## Not checked",
        "",
        *[f"- {name}" for name in left_out],
    ]
    return "\n".join(lines) + "\n"


def short_of_needle() -> list[float]:
    """Return by how much depths fall short of the needle, where a source gives both."""
    from anatomy.muscles.techniques import load_techniques

    found = []
    for technique in load_techniques():
        depth, needle = technique.depth, technique.needle
        planned = depth.planned_mm if depth else None
        if planned and needle and needle.length_mm and needle.basis != "ours":
            found.append(min(needle.length_mm) - planned)
    return sorted(found)


def short_words() -> str:
    """Return how our assumption compares with the sources that give a depth."""
    short = short_of_needle()
    return (
        f"The assumption is an upper bound, not a mean: of the {len(short)} techniques"
        " whose source gives both a needle and a depth, the depth falls"
        f" {short[0]:.0f} to {short[-1]:.0f} mm short of the needle (median"
        f" {median(short):.0f})."
    )


def unharmed(rows: list[Row], notes: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the lines on techniques done in many people without injury."""
    from anatomy.muscles.techniques import load_techniques

    lines = [
        f"Techniques of which the source says that {MANY_PEOPLE} people or more were"
        " treated without injury. The answer is that of the site's usual plan where"
        " it is this technique.",
        "",
        "| technique | muscle | without injury | answer | why |",
        "| --- | --- | --- | --- | --- |",
    ]
    for technique in load_techniques():
        people = technique.people
        if people is None or (people.unharmed or 0) < MANY_PEOPLE:
            continue
        mine = [row for row in rows if row.technique == technique.id]
        answer = "; ".join(f"{row.verdict} ({row.structure})" for row in mine)
        ours = " (our count)" if "people.unharmed" in technique.ours else ""
        lines.append(
            f"| {technique.id} | {', '.join(technique.muscles)} |"
            f" {people.unharmed} of {people.n} {people.unit}{ours} |"
            f" {answer or 'not the usual plan of a site'} |"
            f" {'; '.join(note_of(row, notes) for row in mine if is_alarm(row))} |"
        )
    return lines


def table(rows: list[Row], notes: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return rows as a table."""
    lines = [
        "| muscle, site | technique | basis, source | plan | to bone | fold | assumed |"
        " answer | names | chance | risk | 1 in 40, mm | limit | where | middle |"
        " why |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | ---: | ---: | ---: |"
        " ---: | --- | --- | --- |",
    ]
    for row in rows:
        why = note_of(row, notes) if is_alarm(row) else ""
        lines.append(
            f"| {row.muscle}: {row.site} | {row.technique} |"
            f" {row.basis}: {row.source} | {row.plan} | {row.aimed_at} | {row.fold} |"
            f" {', '.join(row.assumed)} | {row.verdict} | {row.structure} |"
            f" {chance(row.p_meet)} | {risk(row.risk)} | {mm(row.earliest_mm)} |"
            f" {mm(row.limit_mm)} | {row.where} |"
            f" {row.middle.lower().replace('_', ' ')} | {why} |"
        )
    return lines


def share(part: int, total: int) -> str:
    """Return a share in words, such as ``3 of 12 (25 %)``."""
    return f"{part} of {total} ({100 * part / total:.0f} %)"


def mm(value: float | None) -> str:
    """Return a length for the table."""
    return "" if value is None else f"{value:.0f}"


def chance(value: float | None) -> str:
    """Return the chance to meet a structure for the table.

    Examples
    --------
    >>> chance(0.011)
    '1 in 90'
    """
    from zones.sentences.frequency import one_in

    return "" if not value else one_in(value).removeprefix("about ")


def risk(value: float | None) -> str:
    """Return a risk for the table."""
    return "" if not value else f"{value:.0e}"


def main() -> int:
    """Write the page."""
    rows, left_out = check_all()
    PAGE.write_text(page(rows, left_out), encoding="utf-8")
    alarms = sum(map(is_alarm, rows))
    print(f"{PAGE.name}: {alarms} of {len(rows)} sites answer DANGER or STOP.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
