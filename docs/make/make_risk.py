"""Write ``decisions/risk.md``: how a verdict is reached, with two examples worked out.

Run from the checkout: ``python -m docs.make.make_risk``. The figures are the engine's
own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.special import ndtr

from anatomy.words.sites import resolve_site
from zones import check_site
from zones.check.engine import AREA
from zones.contract.models import Assessment, Finding
from zones.fields.bones import behind_mm, gap_of
from zones.fields.loading import body_fields
from zones.patients.request import unremarkable
from zones.risk.place import entry_vertex
from zones.risk.policy import shipped_policy
from zones.sentences.frequency import one_in

FILE = Path(__file__).parents[1] / "decisions" / "risk.md"
BODY, ZONE, DEPTH_MM = "male", "pleura", 25.0
#: Ordinary build: no slope changes a depth, so that the figures are those of the data.
PATIENT = {"sex": "male", "age": 35, "bmi": 23.0}


@dataclass(frozen=True)
class Example:
    """One plan worked through: the terms of its chance to meet the lung."""

    answer: Assessment
    chance: float
    median_mm: float
    reach: float
    clear: float
    through: float
    bone: float
    behind_mm: float

    @property
    def p_meet(self) -> float:
        """Chance to meet it, put together from its terms."""
        within = self.clear * self.reach
        return self.chance * (within + self.through * min(self.reach, self.bone))


def worked(muscle: str, site: str, *, arm: str | None) -> Example:
    """Return a plan worked through at a site of a muscle, right."""
    fields = body_fields(BODY)
    place: dict[str, Any] = {"muscle": muscle, "site": site, "side": "right"}
    needle = {"length_mm": 30.0, "depth_mm": DEPTH_MM, "arm": arm}
    answer = check_site({**place, "body": BODY}, needle, unremarkable(PATIENT))
    point = resolve_site(fields.body, place).point
    vertex = entry_vertex(fields.body.skin, point.face, point.bary)
    under, floor = fields.under, fields.floor
    _, items = under.of(vertex)
    (item,) = (i for i in items if fields.rows[under.row[i]].zone.id == ZONE)
    mu, sigma = float(under.mu[item]), float(under.sigma[item])
    log, sd = (float(v[vertex[0]]) for v in (floor.bone_log, floor.bone_sd))
    away = arm not in (None, "at side")
    behind = float(behind_mm(fields.body)[int(away), floor.bone[vertex[0]]])
    clear = under.clear_moved if away else under.clear
    through = under.through_moved if away else under.through
    return Example(
        answer=answer,
        chance=float(under.chance[item]),
        median_mm=math.exp(mu),
        reach=float(ndtr((math.log(DEPTH_MM) - mu) / sigma)),
        clear=float(clear[item]),
        through=float(through[item]),
        bone=float(ndtr((math.log(DEPTH_MM - behind) - log) / sd)),
        behind_mm=behind,
    )


def example(title: str, found: Example, more: str) -> list[str]:
    """Return one example in words and figures."""
    policy = shipped_policy()
    harm, row = policy.p2_of("pneumothorax"), policy.row("critical")
    caution, danger = row.thresholds(harm.p2)
    risk = found.p_meet * (harm.p2 or 1.0)
    bone = found.answer.bone
    ahead = "no bone is expected"
    if bone is not None:
        ahead = (
            f"{bone.name} in {100 * bone.share:.0f} of 100 needles, at"
            f" {bone.from_mm:.0f} to {bone.to_mm:.0f} mm"
        )
    return [
        f"**{title}**, {DEPTH_MM:g} of 30 mm straight in, a man of {PATIENT['age']},"
        f" body mass index {PATIENT['bmi']:g}. On the way: {ahead}.",
        "",
        "| term | figure |",
        "| --- | ---: |",
        f"| lung lies under the place at any depth | {found.chance:.2f} |",
        f"| F: people who have it by {DEPTH_MM:g} mm (median {found.median_mm:.0f} mm)"
        f" | {found.reach:.2g} |",
        f"| needles that miss all bone in front of it | {found.clear:.2g} |",
        f"| needles that meet bone and find a gap | {found.through:.2g} |",
        f"| G: people whose bone is met by {DEPTH_MM - found.behind_mm:g} mm |"
        f" {found.bone:.2g} |",
        f"| **P1** | {found.p_meet:.2g}: {one_in(found.p_meet)} |",
        f"| P2, a collapsed lung when it is met | {harm.p2:g} |",
        f"| **risk** (CAUTION from {row.caution_risk:g}, DANGER from"
        f" {row.danger_risk:g}) | {risk:.2g} |",
        f"| **verdict** of the lung | {lung(found).verdict.value} |",
        f"| verdict of the whole plan | {whole(found)} |",
        f"| **limit** | {found.answer.max_depth_mm:g} mm, set by"
        f" {found.answer.limit_set_by} |",
        "",
        f"In P1 the thresholds are {caution:.1g} and {danger:.1g}. {more}",
    ]


def page() -> str:
    """Return the page as Markdown."""
    muscle, site = "infraspinatus", "mid fossa"
    blade = worked(muscle, site, arm="at side")
    behind = worked(muscle, site, arm="behind back")
    between = "between T2-T5 spinous processes and medial border"
    ribs = worked("rhomboid major", between, arm="at side")
    gap = gap_of("scapula").gap
    for found in (blade, behind, ribs):
        engine = lung(found).p_meet or 0.0
        if abs(found.p_meet - engine) > 0.02 * engine:
            raise ValueError(
                f"the terms give a chance of {found.p_meet:g}, the check {engine:g}."
            )
    lines = [
        TEXT.strip(),
        "",
        *example(
            "Infraspinatus, middle of the fossa",
            blade,
            f"The scapula has a foramen in {100 * gap:g} of 100 people, and a needle"
            f" through it must first come {blade.behind_mm:g} mm deeper than the"
            " scapula: nowhere does the lung lie nearer behind it. With the arm behind"
            f" the back the scapula may not lie there: P1 is {behind.p_meet:.2g}"
            f" ({one_in(behind.p_meet)}), {behind.answer.verdict.value}, limit"
            f" {behind.answer.max_depth_mm:g} mm. So where the position of the arm is"
            " not stated, it is asked for.",
        ),
        "",
        *example(
            "Rhomboid major, between spine and blade",
            ribs,
            f"Of 100 needles {100 * (1 - ribs.clear):.0f} meet a rib first; the others"
            " go between them. Nobody should aim at a rib. A depth seen by ultrasound"
            " in this patient changes F and with it the limit.",
        ),
    ]
    return "\n".join(lines) + "\n"


def lung(found: Example) -> Finding:
    """Return what the answer says of the lung."""
    (one,) = (f for f in found.answer.findings if f.id == ZONE)
    return one


def whole(found: Example) -> str:
    """Return the verdict of the plan, and by what."""
    verdict, first = found.answer.verdict.value, found.answer.findings[0]
    if first.id == ZONE:
        return verdict
    by = "a place of the search area beside the middle"
    return f"{verdict}, by {by if first.id == AREA else first.structure}"


TEXT = """
# How it decides

Written by `docs/make/make_risk.py`; the figures of the examples are the engine's own.
It informs; it never says that a plan is safe.

1. **P1: the chance that this needle meets the structure.** The data hold where a
   structure lies in people: the chance that it lies under a place, and the
   distribution of its depth there (a lognormal for a new person, pooled from
   studies). A needle meets it with P1 = chance x (clear x F + through x min(F, G)). F
   is the share of people who have it by the depth of the tip, for the patient's
   build, age and sex. A needle that leans is followed through the body, and the
   nearest skin and the depth under it count at each step.
2. **Bone.** Rays through the bones of the reference bodies, jittered by the error of
   placing, tell which share of needles meets bone before the structure. Of those only
   what finds a gap goes on (`bone_gaps.toml`), and only once it is as deep as the
   bone (G), or as what lies behind the scapula at the least. Bone is never certain:
   one without a figure has a gap in 1 of 100.
   Where needles were measured to pass a bone that the bodies have in their way, as
   below the occiput at GB20, it does not count.
3. **P2: the chance of the harm, when the structure is met** (`policy.toml`). Where no
   series of thin needles exists the nearest kind of needle, or an upper bound, stands
   in and says so. risk = P1 x P2. Blood thinners raise P2 of bleedings.
4. **The matrix.** How bad the harm is decides from which risk the plan is CAUTION or
   DANGER (passing harm: from which P1). Findings are ordered by verdict, then by how
   far past the threshold.
5. **The limit** (`max_depth_mm`) is the least of: the depth at which some structure
   becomes DANGER; the depth by which nearly all have met bone, where bone is nearly
   always on the way; the middle of a limb; the depth to which the place was mapped.
6. **Unknown.** A structure of which nobody measured the depth is named; it warns
   where a needle crosses it from side to side often enough, and never refuses or
   clears. A question that could make it worse keeps the answer open. A figure that
   cannot be worked out makes the plan NOT_ASSESSABLE, never clear.
7. **Coverage.** Each region says how deep and for which structures it was mapped. A
   plan past that is NOT_ASSESSABLE for the rest of its way.

What the practitioner can add: the grip (a fold between the fingers, or aimed at a
bone that is felt), the position of the arm, and a depth seen in this patient by
ultrasound, CT or MRI (`readings.toml`), which moves the distribution there and up to
20 mm beside it.

How well this holds stands in [calibration](calibration.md); usual techniques that
alarm, with the reason, in [false alarms](false_alarms.md).

## Two examples
"""


def main() -> int:
    """Write the page."""
    FILE.write_text(page(), encoding="utf-8")
    print(f"{FILE.name} written")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
