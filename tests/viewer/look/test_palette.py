"""One picture language: a fill says the tissue, an outline the severity.

What is compared is read from the pictures as they are drawn.
"""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from importlib.resources import files
from typing import Any, get_args

import numpy as np
import pytest

from tests.viewer.page.test_colours import contrast
from viewer.atlas.touch import drawn as touched
from viewer.body3d import traces
from viewer.body3d.structures import near_entry, shown_structures, structure_meshes
from viewer.look.night import whole_sheet
from viewer.look.palette import (
    Nearness,
    fill_of,
    nearness,
    outline,
    outline_px,
    palette,
    tissues_of,
)
from viewer.map.zones.zone_drawing import zone_outlines, zone_svg
from viewer.map.zones.zone_images import shown_zones
from viewer.section.callbacks import section_of
from viewer.section.pen import LARGE
from viewer.section.view import section_svg
from viewer.sheets.svg import tile
from viewer.state import page_state
from zones.contract.models import Verdict
from zones.knowledge.structures.tissues import TISSUES, load_tissues

BODY, CHART = "male", "left_thigh_anterior"
SITE = "SP11 left"
FACTS = {"sex": "male", "pregnant": False, "age": 40, "bmi": 24.0}
#: What is a severity of a structure.
SEVERITIES = (Verdict.STOP, Verdict.DANGER, Verdict.CAUTION)


def _elements(svg: str) -> list[dict[str, str]]:
    return [dict(e.attrib) for e in ET.fromstring(svg).iter()]


def _fills(elements: list[dict[str, str]]) -> dict[str, str]:
    """Return the fill of each structure that a picture names."""
    return {
        zone: e["fill"]
        for e in elements
        for zone in e.get("data-zones", "").split()
        if "data-tissue" in e
    }


@pytest.fixture(scope="module")
def section() -> list[dict[str, str]]:
    """The elements of a drawn cross-section."""
    site = page_state.place(BODY, {"text": SITE})
    asked = {
        "site": site,
        "needle": {"length_mm": 40, "depth_mm": 25},
        "patient": FACTS,
    }
    found, message = section_of(asked, "needle", None, LARGE)
    assert found is not None, message
    return _elements(section_svg(found, LARGE))


@pytest.fixture(scope="module")
def scene() -> dict[int, dict[str, Any]]:
    """The structures of the 3D body round the same site."""
    at = page_state.place(BODY, {"text": SITE})["xyz"]
    zones = shown_zones(FACTS)
    shown = shown_structures(BODY, at, zones)
    return structure_meshes(BODY, shown, zones, near=near_entry(BODY, at, shown))


def test_a_structure_has_one_fill_in_every_picture(
    section: list[dict[str, str]], scene: dict[int, dict[str, Any]]
) -> None:
    """Map, lesson, paper, atlas, cross-section and 3D body fill it alike."""
    zones = shown_zones(FACTS)
    sent = zone_outlines(BODY, CHART, zones)
    fills = {tissue["id"]: tissue["fill"] for tissue in sent["tissues"]}
    on_map = {z["id"]: fills[z["tissue"]] for z in sent["zones"] if z["known"]}
    lesson = _fills(_elements(zone_svg(BODY, CHART, zones)))
    # the piece of a chart that is printed, without its photograph
    piece = tile(BODY, CHART, zones, (0.0, 0.0, 100.0, 160.0), most_px=40, frame=False)
    linked = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    paper = _fills(_elements(piece.svg.replace("<svg ", f"<svg {linked} ", 1)))
    region = touched(BODY, CHART, "thigh")["areas"]
    atlas = {area["id"]: area["fill"] for area in region}
    cut = _fills(section)
    solid = _solid(scene)
    assert len(on_map) > 15 and len(atlas) > 8 and len(cut) > 3 and len(solid) > 3
    mapped = {
        key: fill for key, fill in on_map.items() if not key.startswith("region:")
    }
    assert mapped == lesson == paper
    for found in (mapped, atlas, cut, solid):
        assert found == {zone: fill_of(zone) for zone in found}
    shared = set(mapped) & set(atlas) & set(cut) & set(solid)
    assert {"femoral-vein", "femoral-triangle"} <= shared
    assert len({cut[zone] for zone in shared}) > 1


def _solid(scene: dict[int, dict[str, Any]]) -> dict[str, str]:
    """Return the colour of each structure of the 3D body, from its points' numbers."""
    scale = dict(map(tuple, traces.tissue_scale()))
    last = traces.LAST_FILL
    names = {str(zone.label): zone.key for zone in shown_zones(FACTS)}
    found = {}
    for number in traces.STRUCTURES:
        mesh = scene[number]
        values = traces.unpacked(mesh["intensity"])
        assert len(values) == len(traces.unpacked(mesh["x"]))
        ends = [*mesh["meta"]["starts"], len(values)]
        for title, a, b in zip(mesh["meta"]["names"], ends[:-1], ends[1:], strict=True):
            if a == b:
                continue
            (value,) = set(values[a:b].tolist())
            if value >= traces.PALE:
                continue  # drawn closed for the eye
            label = str(title).split(": ", 1)[1]
            key = max((n for n in names if label.startswith(n)), key=len)
            found[names[key]] = scale[value / last]
    return found


def test_an_outline_differs_by_severity_without_its_colour() -> None:
    """Kind or weight of the line tells severities apart, near the needle and far."""
    for near in get_args(Nearness):
        drawn = {}
        for verdict in SEVERITIES:
            svg = outline("M0 0L9 0", verdict, near=near)
            drawn[verdict] = re.sub(r"#[0-9a-f]{6}|data-severity=\"\w+\"", "", svg)
        assert len(set(drawn.values())) == len(SEVERITIES)
        kinds = {palette().severity[v].strokes for v in SEVERITIES}
        assert len(kinds) == len(SEVERITIES)
        maybe = {outline("M0 0L9 0", v, near=near, known=False) for v in SEVERITIES}
        assert all("stroke-dasharray" in svg for svg in maybe)


def test_severity_is_no_fill(section: list[dict[str, str]]) -> None:
    """No structure is filled in the colour of a severity: that is its line and sign."""
    lines = {palette().severity[v].line for v in SEVERITIES}
    assert lines.isdisjoint(look.fill for look in palette().tissue.values())
    for element in section:
        if "data-tissue" in element:
            assert element["fill"] not in lines
    stroked = {e["stroke"] for e in section if e.get("class") == "outline"}
    assert stroked and stroked <= lines
    assert {e["data-severity"] for e in section if e.get("class") == "sign"}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_outlines_can_be_seen_on_their_band(verdict: Verdict) -> None:
    """A line has a contrast of 3 to the band below it; by night, to the dark page."""
    look = palette().severity[verdict]
    assert contrast(look.line, palette().band.colour) >= 3.0
    assert contrast(look.night, "#232d38") >= 3.0
    svg = outline("M0 0L9 0", verdict)
    wide = [float(number) for number in re.findall(r'stroke-width="([\d.]+)"', svg)]
    if look.strokes != "faint":
        assert wide[0] > wide[1]


def test_words_on_tissues_can_be_read() -> None:
    """Names of muscles and bones have a contrast of 4.5 to the halo that they bear."""
    for name in ("muscle", "bone"):
        assert contrast(palette().tissue[name].ink, "#ffffff") >= 4.5


def test_tissues_can_be_told_apart() -> None:
    """No two tissues have nearly the same fill: 10 apart in CIE L*a*b*."""
    labs = {name: lab(palette().tissue[name].fill) for name in TISSUES}
    for one, other in itertools.combinations(labs, 2):
        assert np.linalg.norm(labs[one] - labs[other]) > 10.0, (one, other)


def lab(colour: str) -> Any:
    """Return a colour of sRGB in CIE L*a*b* (D65)."""
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    white = np.array([0.95047, 1.0, 1.08883])
    share = to_xyz @ linear / white
    f = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_three_weights_say_how_near() -> None:
    """Nearer is heavier, for each severity; without a needle all is here."""
    near = palette().near
    assert nearness(None) == nearness(near.here_mm) == "here"
    assert nearness(near.needle_mm) == "needle"
    assert nearness(near.here_mm + 0.1) == "far"
    for verdict in SEVERITIES:
        weights = [outline_px(verdict, n) for n in ("needle", "here", "far")]
        assert weights == sorted(set(weights), reverse=True)


def test_lines_of_the_scene_are_as_near_as_the_needle(
    scene: dict[int, dict[str, Any]],
) -> None:
    """What lies under the entry has the heaviest outline; each line has an end."""
    long = {
        pair: len(traces.unpacked(scene[number]["x"]))
        for pair, number in traces.OUTLINES.items()
    }
    assert sum(n for (_, near), n in long.items() if near == "needle") > 0
    assert sum(n for (_, near), n in long.items() if near != "needle") > 0
    for number in traces.OUTLINES.values():
        line = traces.unpacked(scene[number]["x"])
        assert not len(line) or np.isnan(line[-1])


def test_lines_on_paper_are_as_near_as_the_needle() -> None:
    """On a printed chart a needle makes the lines round it heavier than those far."""
    zones = [z for z in shown_zones(FACTS) if z.verdict == Verdict.DANGER]
    at = page_state.place(BODY, {"text": SITE})["xyz"]
    box = (0.0, 0.0, 100.0, 160.0)

    def widths(**more: Any) -> set[str]:
        svg = tile(BODY, CHART, zones, box, most_px=40, frame=False, **more).svg
        lines = re.findall(r'stroke-width="([\d.]+)"[^>]*class="outline"', svg)
        return set(lines)

    assert len(widths()) == 1
    assert len(widths(needle=np.array(at))) == 3


def test_the_page_has_the_colours_of_the_palette() -> None:
    """palette.css is what ``python -m tools.palette`` writes."""
    sheet = files("viewer") / "assets" / "look" / "palette.css"
    assert sheet.read_text("utf-8") == whole_sheet()


def test_a_legend_names_each_tissue_once() -> None:
    """The most superficial first, and none that nothing has."""
    every = tissues_of(load_tissues())
    assert len(every) == len(set(every))
    assert set(every) == set(load_tissues().values())
    assert tissues_of(["sciatic", "femoral-nerve"]) == ["nerve"]
    assert tissues_of([]) == []
