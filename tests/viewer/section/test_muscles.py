"""Muscles in the cross-section: where they are drawn, in which order, with names."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
import shapely

from viewer.look.palette import palette
from viewer.section import callbacks
from viewer.section.pen import LARGE, SMALL
from viewer.section.view import section_svg
from viewer.section.words import alternative
from viewer.state import page_state
from zones.pictures.muscle_bands import UNDER_SKIN_MM, filled_rings

MUSCLES = ("infraspinatus", "lumbar multifidus", "vastus lateralis", "levator scapulae")
TEXTS = ("GB21 left", "CV17", "6 cm left of T4")
NEEDLE = {"length_mm": 40, "depth_mm": 20}


def drawn(
    body: str,
    request: dict[str, Any],
    view: str = "needle",
    *,
    needle: dict[str, Any] = NEEDLE,
) -> Any:
    """Return the section of a site on a body."""
    site = page_state.place(body, request)
    asked = {"site": site, "needle": needle, "patient": {"sex": body}}
    section, message = callbacks.section_of(asked, view, "medial", LARGE)
    assert section is not None, message
    return section


@pytest.mark.parametrize("view", ["needle", "axial"])
@pytest.mark.parametrize("body", ["male", "female"])
def test_within_the_skin_and_out_of_bone(body: str, view: str) -> None:
    """No muscle is drawn outside the skin, in its fat, or through bone."""
    requests = [{"muscle": m, "side": "left"} for m in MUSCLES]
    found = 0
    for request in [*requests, *({"text": text} for text in TEXTS)]:
        section = drawn(body, request, view)
        skin = filled_rings(section.outlines[0].lines)
        bones = [filled_rings(o.lines) for o in section.outlines[1:]]
        for band in section.muscles:
            found += 1
            assert band.shape.difference(skin.buffer(-0.9 * UNDER_SKIN_MM)).area < 0.1
            for bone in bones:
                assert band.shape.intersection(bone).area < 0.1, (request, band.name)
    assert found > 20


def test_behind_structures_and_bones_and_the_chosen_one_is_named() -> None:
    """Muscles come first, then structures, then bones; the chosen one stands out."""
    section = drawn("male", {"muscle": "infraspinatus", "side": "left"})
    svg = section_svg(section, LARGE)
    root = ElementTree.fromstring(svg)
    order = [
        "muscle" if e.get("class") == "muscle" else e.get("stroke")
        for e in root.iter()
        if e.tag.endswith("path")
    ]
    last = len(order) - 1 - order[::-1].index("muscle")
    assert order.index(palette().tissue["bone"].line) > last
    assert svg.index("data-zones=") > svg.rindex('class="muscle"')
    widths = {
        (e.get("data-muscle"), e.get("data-side")): float(e.get("stroke-width", ""))
        for e in root.iter()
        if e.get("class") == "muscle"
    }
    chosen = widths.pop(("infraspinatus", "left"))
    assert widths and chosen > max(widths.values())
    words = [e.text for e in root.iter() if e.tag.endswith("text")]
    assert words.count("infraspinatus") == 1
    assert "muscle, schematic" in words
    deep = [band.depth for band in section.muscles]
    assert deep == sorted(deep, reverse=True)
    assert "Muscles, schematic: infraspinatus" in str(alternative(section))


def test_what_nobody_measured_is_said() -> None:
    """The words tell which muscles are drawn thin for want of a measurement."""
    section = drawn("male", {"muscle": "gluteus medius", "side": "left"})
    bare = {band.name for band in section.muscles if not band.measured}
    assert bare
    said = str(alternative(section)).partition("Thickness not measured: ")[2]
    assert all(name in said for name in bare)


def test_the_needle_stops_at_the_drawn_bone() -> None:
    """The shaft is solid to the bone of the picture and no further; the tip stays."""
    met = 0
    long = {"length_mm": 60, "depth_mm": 50}
    for body in ("male", "female"):
        for muscle in ("infraspinatus", "vastus lateralis", "levator scapulae"):
            section = drawn(body, {"muscle": muscle, "side": "left"}, needle=long)
            bones = [filled_rings(o.lines) for o in section.outlines[1:]]
            end = section.needle.tip
            if section.drawn_bone_mm is not None:
                met += 1
                end = section.needle.at(section.drawn_bone_mm - 0.05)
                assert section.notes
            shaft = shapely.LineString([section.needle.entry, end])
            assert not any(bone.intersects(shaft) for bone in bones)
            assert 'class="tip"' in section_svg(section, SMALL)
    assert met


def test_leader_lines_never_cross() -> None:
    """Each name is joined to its structure without crossing another's line."""
    seen = 0
    for text in ("left infraspinatus", *TEXTS):
        svg = section_svg(drawn("male", {"text": text}), SMALL)
        lines = [
            shapely.LineString(
                [[float(v) for v in p.split()] for p in e.get("d", "")[1:].split("L")]
            )
            for e in ElementTree.fromstring(svg).iter()
            if e.get("class") == "leader"
        ]
        for number, line in enumerate(lines):
            seen += 1
            assert not any(line.crosses(other) for other in lines[:number]), text
    assert seen > 6
