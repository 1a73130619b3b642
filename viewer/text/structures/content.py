"""What a plate of the atlas says of a zone, read from the data; nothing is drawn here.

Charts that show it, depths with their spread and sources, published injuries, the
regions and muscles it lies under.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.body import load_body
from anatomy.charts import chart_specs
from anatomy.errors import DataError, NeedlemapError
from anatomy.messages import changed, joined
from anatomy.messages import message as _
from anatomy.muscles.catalogue import get_muscle, muscle_names
from anatomy.names import closest, unknown
from anatomy.places.grammar import place
from anatomy.store import cached, read_toml
from viewer.map.zones.zone_images import (
    Shown,
    group_of,
    shown_zones,
    vertex_mask,
    zone_shape,
)
from viewer.state.terms import term
from viewer.text.structures.terminal import offset_words
from zones.contract.models import Verdict
from zones.knowledge.facts import load_facts
from zones.knowledge.records.evidence import load_evidence
from zones.knowledge.structures.zone_files import load_zones
from zones.quality.replay import load_cases
from zones.sentences.limits import whole_mm
from zones.sentences.structure_findings import depth_basis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from anatomy.charts import Chart
    from zones.knowledge.conditions import Condition
    from zones.knowledge.structures.zone_files import Zone

DATA = Path(__file__).parents[2] / "atlas" / "data"
CASES_FILE = DATA / "cases.toml"
BODIES = ("female", "male")
#: A chart surely shows a zone when it sees so many of its vertices; of fewer the
#: drawing may be empty, which takes a while to find out.
SURELY_SEEN = 120
#: A nearer picture goes first when it draws at least this share of what the best does.
LEAST_SHARE = 0.9
#: A chart that sees a smaller share of the vertices than this does not come first.
SHORT_LIST = 0.5


@dataclass(frozen=True)
class DepthRow:
    """One line of a depth table.

    Attributes
    ----------
    place : str
        Where, in words.
    earliest_mm, typical_mm, sd_mm : float or None
        As in the zone's file.
    how : str
        How the figure comes from the evidence.
    sources : tuple of (str, str)
        Source id and how it was read, for each; empty for our own inference.
    basis : str
        What it rests on: measured, pooled, carried, layer or unknown.
    people : int or None
        How many people stand behind it.
    """

    place: str
    earliest_mm: float | None
    typical_mm: float | None
    sd_mm: float | None
    how: str
    sources: tuple[tuple[str, str], ...]
    basis: str
    people: int | None


@dataclass(frozen=True)
class Case:
    """A published injury.

    Attributes
    ----------
    record : dict
        As in ``zones/data/cases/cases.jsonl``.
    placed : bool
        Whether it has a place that the check can be asked about.
    """

    record: Mapping[str, Any]
    placed: bool


@cached
def zone_index() -> dict[str, Zone]:
    """Return all zones by id.

    Examples
    --------
    >>> zone_index()["pleura"].consequence
    'pneumothorax'
    """
    return {zone.id: zone for zone in load_zones()}


def get_zone(name: str) -> Zone:
    """Return a zone by id.

    Raises
    ------
    UnknownNameError
        With the nearest ids.
    """
    found = zone_index().get(name)
    if found is None:
        raise unknown("zone", name, zone_index(), field="zone")
    return found


def parse_body(name: str) -> str:
    """Return the name of a body.

    Raises
    ------
    UnknownNameError
        When there is no such body.
    """
    if name not in BODIES:
        raise unknown("body", name, BODIES, field="body")
    return name


def needed_facts(zone: Zone) -> dict[str, Any]:
    """Return the least that must be known of a patient for a zone to count.

    Examples
    --------
    >>> needed_facts(zone_index()["pregnancy-li4"])
    {'pregnant': True}
    >>> needed_facts(zone_index()["pleura"])
    {}
    """
    found: dict[str, Any] = {}
    for condition in zone.applies_when:
        _satisfy(condition, found)
    return found


def _satisfy(condition: Condition, found: dict[str, Any]) -> None:
    """Add a value that meets a condition."""
    for part in condition.all_ or ():
        _satisfy(part, found)
    if condition.any_:
        _satisfy(condition.any_[0], found)
    name = condition.fact
    if name is None:
        return
    if condition.equals is not None:
        found[name] = condition.equals
    elif condition.at_least is not None:
        found[name] = condition.at_least
    elif condition.below is not None:
        found.setdefault(name, max(condition.below - 1, 0))


def shown_zone(zone: Zone) -> Shown:
    """Return a zone as its plate draws it: for a patient in whom it counts."""
    facts = load_facts().complete(needed_facts(zone))
    for shown in shown_zones(facts):
        if shown.key == zone.id:
            return Shown(shown.key, shown.label, shown.verdict, True, shown.group)
    # an area that no rule refers to yet is drawn at its worst
    return Shown(zone.id, zone.structure, Verdict.STOP, True, group_of(zone))


@cached(maxsize=512)
def charts_of(body_name: str, zone_id: str) -> tuple[str, ...]:
    """Return the charts that show a zone, those that show it best first.

    Best is what draws the largest part of it; of those that draw about as much the
    nearest picture, and the patient's left before the right, its mirror image.

    Examples
    --------
    >>> charts_of("female", "heart")[0]
    'thorax_anterior'
    """
    body = load_body(body_name)
    mask = vertex_mask(body_name, zone_id)
    side = get_zone(zone_id).side
    left = body.skin.vertices[:, 0] >= 0
    # of a pair one side may be left out: the picture of one hand shows all of it
    parts = [mask & left, mask & ~left] if side == "paired" else [mask]
    seen = {
        name: int((chart.visible_vertices & mask).sum())
        for name, chart in body.charts.items()
    }
    counted = {
        name: max(int((chart.visible_vertices & part).sum()) for part in parts)
        for name, chart in body.charts.items()
    }
    most = max(counted.values(), default=0)
    if not most:
        return ()
    areas = {
        name: _whole_mm2([_drawn_mm2(body.charts[name], part) for part in parts])
        for name, count in counted.items()
        if count >= SHORT_LIST * most
    }
    best = max(areas.values())
    specs = chart_specs()

    def rank(name: str) -> tuple[bool, bool, float, int, str]:
        near, area = specs[name].mm_per_pixel, areas.get(name, 0.0)
        other = "right" in name and side != "right"
        return other, area < LEAST_SHARE * best, near, -counted[name], name

    names = [
        name
        for name, count in seen.items()
        if count >= SURELY_SEEN
        or (count and not zone_shape(body_name, name, zone_id).is_empty)
    ]
    return tuple(sorted(names, key=rank))


def _whole_mm2(sides: Sequence[float]) -> float:
    """Return how much of a structure's sides is drawn, mm2 a side.

    A side that is cut off counts against the picture; one that is left out does not.
    """
    drawn = [side for side in sides if side]
    return sum(drawn) / len(drawn) if drawn else 0.0


def _drawn_mm2(chart: Chart, mask: NDArray[np.bool_]) -> float:
    """Return how much of marked skin a chart draws, mm2 of the chart."""
    cells = chart.raster_vertices()
    return float(mask[cells[cells >= 0]].sum() * chart.cell_mm**2)


def depth_rows(zone: Zone) -> list[DepthRow]:
    """Return the depth table of a zone, in the order of its file."""
    evidence = load_evidence()
    rows = []
    for depth in zone.depth:
        cited = [evidence[key] for key in depth.evidence]
        rows.append(
            DepthRow(
                offset_words(depth.at) if depth.at is not None else _("anywhere in it"),
                depth.earliest_mm if depth.anchor else None,
                depth.typical_mm,
                depth.sd_mm,
                depth_basis(depth),
                tuple(dict.fromkeys((e.source, str(e.read)) for e in cited)),
                depth.kind,
                depth.people or None,
            )
        )
    return rows


def read_sources(sources: Iterable[tuple[str, str]]) -> str:
    """Return sources by id with how they were read; our inference without any.

    Examples
    --------
    >>> read_sources([("a2001", "abstract")]), read_sources([])
    ('a2001 (abstract)', 'our inference')
    """
    found = [joined([key, " (", term(read), ")"], "") for key, read in sources]
    return joined(found, "; ") if found else _("our inference")


def side_words(side: str) -> str:
    """Return on which side of the patient a zone lies.

    Examples
    --------
    >>> side_words("paired"), side_words("left")
    ('both sides', "the patient's left only")
    """
    return {
        "paired": _("both sides"),
        "midline": _("in the midline"),
        "left": _("the patient's left only"),
        "right": _("the patient's right only"),
    }[side]


def depth_span(zone: Zone) -> tuple[float, float] | None:
    """Return the least and the largest earliest depth of a zone, mm."""
    found = [row.earliest_mm for row in depth_rows(zone) if row.earliest_mm is not None]
    return (min(found), max(found)) if found else None


def span_words(zone: Zone) -> str:
    """Return from which depth on a zone is met, in words.

    Examples
    --------
    >>> span_words(zone_index()["pregnancy-li4"])
    'any depth'
    """
    span = depth_span(zone)
    if span is None:
        return _("any depth")
    low, high = span
    least, most = whole_mm(low), whole_mm(high)
    return (
        _("from {least}", least=least)
        if least == most
        else _("from {low} to {most}", low=int(low), most=most)
    )


@cached
def _linked_cases() -> dict[str, tuple[str, ...]]:
    """Return the ids of cases without a place, by the zone that they tell of."""
    raw = read_toml(CASES_FILE)
    known = {case["id"] for case in load_cases()}
    found: dict[str, tuple[str, ...]] = {}
    for row in raw["zone"]:
        if row["id"] not in zone_index():
            raise DataError(
                f"{CASES_FILE.name}: unknown zone {row['id']!r}.",
                suggestions=closest(row["id"], zone_index()),
            )
        for case in row["cases"]:
            if case not in known:
                raise DataError(
                    f"{CASES_FILE.name}, zone {row['id']!r}: unknown case {case!r}.",
                    suggestions=closest(case, known),
                )
        found[row["id"]] = tuple(row["cases"])
    return found


def cases_of(zone: Zone) -> list[Case]:
    """Return the published injuries of a zone's structure, those with a place first.

    Examples
    --------
    >>> [case.record["id"] for case in cases_of(zone_index()["kidney"])][:1]
    ['renal-cheng']
    """
    linked = _linked_cases().get(zone.id, ())
    placed, others = [], []
    for record in load_cases():
        if record["kind"] != "case":
            continue
        if record["site"] is not None and zone.id in record["zones"]:
            placed.append(Case(record, placed=True))
        elif record["id"] in linked:
            others.append(Case(record, placed=False))
    return placed + others


def citation(case: Mapping[str, Any]) -> str:
    """Return the source of a case in words.

    Examples
    --------
    >>> citation({"source": {"authors": "A B", "year": 1999, "title": "T"}})
    'A B 1999. T.'
    """
    source = case["source"]
    who = " ".join(str(source[k]) for k in ("authors", "year") if source.get(k))
    parts = [who, source.get("title"), source.get("journal")]
    return ". ".join(str(part).rstrip(".") for part in parts if part) + "."


def case_link(case: Mapping[str, Any]) -> str:
    """Return the address of a case's source; empty when it has none."""
    source = case["source"]
    if source.get("doi"):
        return f"https://doi.org/{source['doi']}"
    url = str(source.get("url") or "")
    return url if url.startswith(("https://", "http://")) else ""


def case_words(case: Mapping[str, Any]) -> str:
    """Return in one sentence who was needled where with what, as far as it is known."""
    patient, needle = case["patient"], case["needle"]
    sex = {"female": _("woman"), "male": _("man")}.get(
        patient.get("sex") or "", _("patient")
    )
    age = patient.get("age") or patient.get("age_text")
    bmi = patient.get("bmi")
    who = [sex, term(str(age))] if age else [sex]
    if bmi:
        who.append(_("BMI {bmi:g}", bmi=bmi))
    tool: list[str] = []
    if needle.get("length_mm") is not None:
        tool.append(_("{length:g} mm long", length=needle["length_mm"]))
    if needle.get("depth_mm") is not None:
        tool.append(_("{depth:g} mm deep", depth=needle["depth_mm"]))
    if needle.get("depth_text"):
        tool.append(term(str(needle["depth_text"])))
    where = case.get("location")
    parts = [
        joined(who, ", "),
        term(str(where)) if where else _("site not stated"),
        _("needle {needle}", needle=joined(tool, ", "))
        if tool
        else _("needle not stated"),
    ]
    return _("{case}.", case=joined(parts, "; "))


@cached
def regions_of(zone_id: str) -> tuple[str, ...]:
    """Return the regions of skin that a zone lies in, the largest part first."""
    body = load_body(BODIES[0])
    labels = body.region_labels[vertex_mask(body.name, zone_id)]
    counts = np.bincount(labels, minlength=len(body.region_names))
    least = max(1, 0.03 * counts.sum())
    order = np.argsort(-counts, kind="stable")
    return tuple(body.region_names[i] for i in order if counts[i] >= least)


@cached
def muscle_zones() -> dict[str, tuple[str, ...]]:
    """Return the zones that lie under the needling sites of each muscle.

    The search area of each site is taken, on the female body, on the left.
    """
    body = load_body(BODIES[0])
    masks = {zone.id: vertex_mask(body.name, zone.id) for zone in load_zones()}
    found: dict[str, tuple[str, ...]] = {}
    for name in muscle_names():
        under: dict[str, None] = {}
        for site in get_muscle(name).site:
            try:
                point = place(body, site.at, "left")
            except NeedlemapError:
                continue
            near = body.skin.tree.query_ball_point(point.xyz, site.spread_mm)
            for key, mask in masks.items():
                if len(near) and mask[near].any():
                    under.setdefault(key)
        found[name] = tuple(under)
    return found


def browse(by: str) -> dict[str, tuple[str, ...]]:
    """Return zones by region, structure, muscle or consequence.

    Parameters
    ----------
    by : {"region", "structure", "muscle", "consequence"}
        Kind of heading.

    Returns
    -------
    dict of str to tuple of str
        Ids of zones under each heading, the headings in the order of the data
        (regions, structures) or of the alphabet.

    Raises
    ------
    UnknownNameError
        For another kind.

    Examples
    --------
    >>> "pleura" in browse("consequence")["pneumothorax"]
    True
    """
    if by not in HEADINGS:
        raise unknown("way to browse", by, HEADINGS, field="by")
    if by == "muscle":
        return {name: ids for name, ids in sorted(muscle_zones().items()) if ids}
    found: dict[str, list[str]] = {}
    for zone in load_zones():
        for heading in _headings(zone, by):
            found.setdefault(heading, []).append(zone.id)
    if by == "region":
        order = {name: n for n, name in enumerate(load_body(BODIES[0]).region_names)}
        keys = sorted(found, key=lambda name: order.get(name, len(order)))
    elif by == "structure":
        keys = [g for g in GROUPS.values() if g in found]
    else:
        keys = sorted(found)
    return {key: tuple(found[key]) for key in keys}


#: Ways to browse.
HEADINGS = ("region", "structure", "muscle", "consequence")
#: Headings of the kinds of zones.
GROUPS = {
    "critical": _("Critical structures"),
    "minor": _("Minor structures"),
    "exclusion": _("Areas a rule keeps free"),
}


def _headings(zone: Zone, by: str) -> Sequence[str]:
    """Return the headings that a zone stands under."""
    if by == "region":
        return regions_of(zone.id)
    if by == "structure":
        return (GROUPS[group_of(zone)],)
    return (zone.consequence,)


def source_rows(ids: Iterable[str]) -> list[tuple[str, str, str, str]]:
    """Return sources as id, words, how they were read, and address."""
    from zones.check.patient_findings import all_sources
    from zones.sentences.citations import source_row

    records = all_sources()
    rows: list[tuple[str, str, str, str]] = []
    for key in dict.fromkeys(ids):
        name, what, read, _label, address = source_row(key, records.get(key, {}))
        rows.append((key, joined([name, what], ". "), read, address))
    return rows


def rule_views(zone: Zone) -> list[str]:
    """Return what rules say of an area that they keep free."""
    from zones.patients.rules import load_rules

    return [
        joined([changed(rule.title, "capital"), rule.message], ": ")
        for rule in load_rules()
        if zone.id in rule.where.zones
    ]
