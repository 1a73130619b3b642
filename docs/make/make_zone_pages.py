"""Write a page for every zone, from its data: picture, depths, sources, doubts.

Run ``python docs/make/make_zone_pages.py`` from the checkout (needlemap must be
installed). Writes ``docs/zones/<id>.md``, its picture ``docs/zones/pictures/<id>.webp``
and the index ``docs/zones/README.md``; pages of zones that are no more are removed.
"""

from __future__ import annotations

import datetime
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from zones.knowledge.structures.zone_files import Zone

FOLDER = ROOT / "docs" / "zones"
PICTURES = FOLDER / "pictures"
BODY = "female"
#: What bone on the way does, by the zone's own word.
BONES = {
    "in front": "All bone on a needle's way lies in front of it.",
    "by depth": "Bone on a needle's way counts where it is less deep.",
    "not counted": "Its area is drawn as a gap between bones: bone does not count.",
}
#: A second chart shows at least this share of what the first shows.
LEAST_MORE = 0.25
#: Size of a picture: on paper, and in pixels.
PAPER_MM, GAP_MM, WIDTH_PX, QUALITY = (150.0, 84.0), 2.0, 760, 60


def _adds(zone: Zone, first: str, other: str) -> bool:
    """Return whether a chart looks from another side than the first, and shows much."""
    from anatomy.body import load_body
    from viewer.text.structures.content import vertex_mask

    one, two = (load_body(BODY).charts[name] for name in (first, other))
    mask = vertex_mask(BODY, zone.id)
    seen, more = (int((chart.visible_vertices & mask).sum()) for chart in (one, two))
    return two.spec.view != one.spec.view and more >= LEAST_MORE * seen


def picture(zone: Zone, path: Path) -> str:
    """Draw the area of a zone as the atlas does; return the titles of the charts."""
    from PIL import Image

    from anatomy.body import load_body
    from viewer.map.charts.frames import title as chart_title
    from viewer.sheets import svg as drawing
    from viewer.sheets.export import rendered
    from viewer.sheets.pen import Page
    from viewer.text.structures import content

    body = load_body(BODY)
    charts = list(content.charts_of(BODY, zone.id))
    charts = charts[:1] + [one for one in charts[1:] if _adds(zone, charts[0], one)][:1]
    wide, tall = PAPER_MM
    page = Page(wide, tall, zone.structure)
    share = (wide - GAP_MM * (len(charts) - 1)) / len(charts)
    for number, chart in enumerate(charts):
        at = (number * (share + GAP_MM), 0.0, share, tall)
        window = drawing.round_shape(BODY, chart, zone.id, share / tall)
        shown = [content.shown_zone(zone)]
        page.add(drawing.tile(BODY, chart, shown, at, window=window, letter=3.0).svg)
    date = datetime.date(2000, 1, 1)  # stands in no picture
    (png,) = rendered([page], "png", date=date, dpi=25.4 * WIDTH_PX / wide)
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(png)) as drawn:
        drawn.save(path, "WEBP", quality=QUALITY, method=6)
    return "; ".join(chart_title(body.charts[chart]) for chart in charts)


def place_text(place: Any) -> str:
    """Return a place of a zone file in words.

    Examples
    --------
    >>> from zones.knowledge.structures.zone_files import Offset
    >>> place_text(Offset(landmark="umbilicus", superior_mm=-20, lateral_mm=5))
    'umbilicus, 20 mm down, 5 mm lateral'
    """
    if place is None:
        return "anywhere in the area"
    values = place.as_dict() if hasattr(place, "as_dict") else {"point": place.point}
    if "point" in values:
        return str(values["point"])
    if "between" in values:
        first, second = values["between"]
        share = 100 * values.get("fraction", 0.5)
        way = "tape" if values.get("tape") else "way"
        text = f"{share:.0f} % of the {way} from {first} to {second}"
    else:
        text = str(values["landmark"])
    words = {
        "superior": ("up", "down"),
        "anterior": ("forward", "back"),
        "lateral": ("lateral", "medial"),
    }
    for way, (plus, minus) in words.items():
        for unit in ("mm", "cun"):
            value = values.get(f"{way}_{unit}")
            if value:
                text += f", {abs(value):g} {unit} {plus if value > 0 else minus}"
    return text


def page(zone: Zone, chart: str, sources: dict[str, Any], evidence: Any) -> str:
    """Return the page of a zone as Markdown."""
    sides = {"paired": "both sides", "midline": "midline"}
    kind = "area that rules refer to" if zone.kind == "exclusion" else zone.severity
    lines = [
        f"# {zone.structure}",
        "",
        f"`{zone.id}` · {kind} · {sides.get(zone.side, zone.side + ' side only')} ·"
        f" evidence: {zone.level} · version {zone.version}",
        "",
        f"**Consequence:** {zone.consequence}",
        "",
        *harm_lines(zone),
        f"![Area of {zone.structure}](pictures/{zone.id}.webp)",
        "",
        f"Area on the {BODY} body, {chart}.",
        "",
    ]
    lines += [text + "\n" for text in (zone.summary, zone.why.strip()) if text]
    if zone.applies_when:
        lines += [
            "Only in patients for whom its conditions hold (see the zone file).",
            "",
        ]
    lines += ["## Area", ""]
    for area in zone.area:
        size = ""
        if area.kind == "course":
            size = f", side to side SD {area.side_sd_mm:g} mm"
            size += f", {area.diameter_mm:g} mm thick"
        elif area.kind == "disc":
            size = f", {area.radius_mm:g} mm round"
        lines.append(f"- {area.kind}{size}: {area.basis}{cited(area.sources)}")
    for build in zone.build:
        lines.append(
            f"- Measured slope: {build.mm_per_unit:+g} mm a unit of {build.per}, seen"
            f" from {build.range[0]:g} to {build.range[1]:g}. {build.note}"
        )
    if zone.depth:
        lines += [
            "",
            "## Depth under the skin, mm",
            "",
            "| place | 2.5 % | median | SD | people | basis | records | how |",
            "| --- | ---: | ---: | ---: | ---: | --- | --- | --- |",
        ]
    for depth in zone.depth:
        records = "; ".join(record_text(evidence[name]) for name in depth.evidence)
        how = " ".join(text for text in (depth.why, depth.note) if text)
        if depth.anchor and depth.anchor.conflicts:
            how += f" Conflicting: {', '.join(depth.anchor.conflicts)}."
        least = f"{depth.earliest_mm:g}" if depth.anchor else "unknown"
        lines.append(
            f"| {place_text(depth.at)} | {least} |"
            f" {number(depth.typical_mm)} | {number(depth.sd_mm)} |"
            f" {depth.people or ''} | {depth.kind} | {records or 'none'} | {how} |"
        )
    if zone.advice:
        lines += ["", "## Advice", "", *(f"- {text}" for text in zone.advice)]
    lines += ["", "## Doubts", "", *(f"- {text}" for text in doubts(zone))]
    lines += ["", "## Sources", ""]
    for name in zone.sources:
        lines.append(f"- `{name}`: {source_text(sources[name])}")
    return "\n".join(lines) + "\n"


def harm_lines(zone: Zone) -> list[str]:
    """Return how likely the harm is, given that the structure is met, and bone."""
    from zones.risk.policy import shipped_policy

    if zone.harm is None or zone.severity is None:
        return []
    policy = shipped_policy()
    harm, row = policy.p2_of(zone.harm), policy.row(zone.severity)
    text = f"**Harm when it is met (`{harm.id}`):** {harm.words}"
    if harm.p2 is not None:
        low, high = harm.interval or (harm.p2, harm.p2)
        text += f", {harm.p2:.2g} ({low:.2g} to {high:.2g}, {harm.basis})"
    caution, danger = row.thresholds(harm.p2)
    lines = [f"{text}. {harm.how}{cited(harm.sources)}", ""]
    warns = f"**Verdict:** CAUTION from a chance of {percent(caution)} to meet it"
    if zone.unknown:
        warns = "**Verdict:** its depth is not known, so it warns and never refuses"
    elif danger <= 1.0:
        warns += f", DANGER from {percent(danger)}"
    lines += [f"{warns}.", ""]
    return [*lines, BONES[zone.bones], ""]


def percent(chance: float) -> str:
    """Return a chance in per cent, to two figures.

    Examples
    --------
    >>> percent(1e-3 / 0.26), percent(0.05)
    ('0.38 %', '5 %')
    """
    return f"{100 * chance:.2g} %"


def doubts(zone: Zone) -> list[str]:
    """Return what is uncertain about a zone."""
    found = [f"{item.text}{cited(item.sources)}" for item in zone.disagreements]
    for basis, words in (
        ("carried", "taken from another place"),
        ("layer", "summed from layers"),
        ("unknown", "not known: nobody measured it"),
    ):
        count = sum(depth.basis == basis for depth in zone.depth)
        if count:
            found.append(f"{count} of {len(zone.depth)} depths: {words}.")
    areas = sum(area.basis.startswith("inference") for area in zone.area)
    if areas:
        found.append(f"{areas} of {len(zone.area)} pieces of the area are inference.")
    return found or ["None recorded."]


def record_text(record: Any) -> str:
    """Return an evidence record in a few words."""
    figures = []
    if record.mean_mm is not None:
        sd = f" (SD {record.sd_mm:g})" if record.sd_mm is not None else ""
        figures.append(f"mean {record.mean_mm:g}{sd}")
    if record.min_mm is not None:
        figures.append(f"least {record.min_mm:g}")
    if record.n is not None:
        figures.append(f"n {record.n}")
    return f"{record.id}: {', '.join(figures) or 'no figure'}, {record.read}"


def source_text(source: Any) -> str:
    """Return a source as it is cited."""
    parts = [source.authors, str(source.year or ""), source.title, source.journal or ""]
    text = ". ".join(part for part in parts if part)
    link = f" <https://doi.org/{source.doi}>" if source.doi else ""
    return f"{text}.{link} (read: {source.read})"


def cited(names: Any) -> str:
    """Return source ids in brackets."""
    return f" [{', '.join(names)}]" if names else ""


def number(value: float | None) -> str:
    """Return a figure for a table."""
    return "" if value is None else f"{value:g}"


def main() -> int:
    """Write all pages, the pictures and the index."""
    from zones.fields.loading import body_fields
    from zones.knowledge.records.evidence import load_evidence
    from zones.knowledge.records.sources import load_sources

    fields = body_fields(BODY)
    sources, evidence = dict(load_sources()), load_evidence()
    wanted = {f"{zone.id}.md" for zone in fields.zones} | {"README.md"}
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
            (PICTURES / f"{old.stem}.webp").unlink(missing_ok=True)
    index = [
        "# Zones",
        "",
        "Written by `docs/make/make_zone_pages.py` from `zones/data`.",
        "",
        "| zone | structure | consequence | severity | least depth, mm | evidence |",
        "| --- | --- | --- | --- | ---: | --- |",
    ]
    for zone in fields.zones:
        chart = picture(zone, PICTURES / f"{zone.id}.webp")
        text = page(zone, chart, sources, evidence)
        (FOLDER / f"{zone.id}.md").write_text(text, encoding="utf-8")
        index.append(
            f"| [{zone.id}]({zone.id}.md) | {zone.structure} | {zone.consequence} |"
            f" {zone.severity or ''} | {number(zone.least_mm)} | {zone.level} |"
        )
    (FOLDER / "README.md").write_text("\n".join(index) + "\n", encoding="utf-8")
    print(f"{len(fields.zones)} zones written to docs/zones.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
