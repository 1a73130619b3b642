"""Pictures in the dark: each colour has its night colour, and words can be read."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest

from tests.viewer.look.test_palette import lab
from tests.viewer.page.test_colours import contrast
from viewer.atlas.routes import tile_svg
from viewer.look.look import icon_svg, icon_uri
from viewer.look.night import SCREEN, night_rules, nights, with_night
from viewer.look.palette import palette
from viewer.map.charts.navigator import figure_svg
from viewer.panels.card.ruler import ruler_svg
from viewer.panels.needle.grip_pictures import WORDS, grip_svg
from viewer.section.callbacks import section_of
from viewer.section.pen import LARGE
from viewer.section.view import section_svg
from viewer.sheets.qr import qr_svg
from viewer.state import page_state
from zones.contract.models import Verdict
from zones.knowledge.structures.tissues import TISSUES

COLOUR = re.compile(r'(?:fill|stroke)="(#[0-9a-f]{3,6})"')
#: Over the lung, the abdomen, in the neck and the thigh, on the head, and where no
#: needle may go in: body, site, patient.
SITES = (
    ("male", "6 cm left of T4", {}),
    ("female", "5 cm right of umbilicus", {}),
    ("male", "left sternocleidomastoid", {}),
    ("male", "SP11 left", {}),
    ("male", "GB8 left", {}),
    ("female", "5 cm right of umbilicus", {"pregnant": True}),
)
NEEDLE = {"length_mm": 40, "depth_mm": 25}
#: How much of its colour a word's halo has, as `viewer.section.pen.halo` draws it.
HALO = 0.85


def _section(body: str, text: str, facts: dict[str, Any]) -> str:
    patient = {"sex": body, "age": 40, "bmi": 24.0, **facts}
    site = page_state.place(body, {"text": text})
    asked = {"site": site, "needle": NEEDLE, "patient": patient}
    found, message = section_of(asked, "needle", None, LARGE)
    assert found is not None, message
    return section_svg(found, LARGE)


def _drawn() -> dict[str, str]:
    """Return pictures of the page by name, as they are drawn by day."""
    site = page_state.place("male", {"text": "6 cm left of T4"})
    answer = page_state.assess(site, NEEDLE, {}).assessment
    assert answer is not None
    pictures = {f"section {number}": _section(*one) for number, one in enumerate(SITES)}
    pictures |= {f"icon {v}": icon_svg(v) for v in Verdict}
    pictures |= {f"grip {grip}": grip_svg(grip) for grip in WORDS}
    return pictures | {
        "ruler": ruler_svg(answer, NEEDLE),
        "figure": figure_svg("male", "anterior"),
        "tile": tile_svg("male", "pleura", "posterior"),
    }


def test_every_colour_of_a_picture_has_a_night_colour() -> None:
    """Nothing of a picture is left as it is by day."""
    for name, svg in _drawn().items():
        left = set(COLOUR.findall(re.sub("<style>.*?</style>", "", svg))) - set(
            nights()
        )
        assert not left, (name, left)


@pytest.mark.parametrize("name", ["ink", "grey", "needle"])
def test_words_can_be_read_by_night(name: str) -> None:
    """On the ground beside a picture, and with their halo on every tissue."""
    _readable(palette().colour[name].night)


@pytest.mark.parametrize("tissue", ["muscle", "bone"])
def test_names_on_tissues_can_be_read_by_night(tissue: str) -> None:
    """The names of muscles and bones, wherever they come to lie."""
    ink = palette().tissue[tissue].night.ink
    assert ink is not None
    _readable(ink)


def _readable(ink: str) -> None:
    paper = palette().colour["paper"].night
    assert contrast(ink, paper) >= 4.5
    for look in palette().tissue.values():
        assert contrast(ink, _mixed(paper, look.night.fill, HALO)) >= 4.5


def _mixed(over: str, under: str, share: float) -> str:
    parts = [[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in (over, under)]
    mixed = (round(share * a + (1.0 - share) * b) for a, b in zip(*parts, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def test_a_tissue_keeps_its_colour_by_night() -> None:
    """Dimmed: no lighter than by day unless it was dark, of the same hue, and apart."""
    for name in TISSUES:
        look = palette().tissue[name]
        day, night = lab(look.fill), lab(look.night.fill)
        assert night[0] < day[0] + 13.0, name
        turn = np.degrees(np.arctan2(day[2], day[1]) - np.arctan2(night[2], night[1]))
        pale = np.hypot(day[1], day[2]) < 12.0
        assert pale or abs((turn + 180.0) % 360.0 - 180.0) < 15.0, name
    labs = {name: lab(palette().tissue[name].night.fill) for name in TISSUES}
    for one, other in itertools.combinations(labs, 2):
        assert np.linalg.norm(labs[one] - labs[other]) > 8.0, (one, other)


def test_the_night_is_on_screens_only() -> None:
    """A picture brings its night along once, and none to paper."""
    svg = _section(*SITES[0])
    assert "<style" not in svg
    shown = with_night(svg)
    assert shown.count(SCREEN) == 1 == shown.count("<style")
    assert re.sub("<style>.*?</style>", "", shown) == svg
    assert SCREEN.startswith("@media screen and ")


def test_masks_and_codes_keep_their_colours() -> None:
    """A mask's white is a share; a code has to be read; the head keeps its colours."""
    assert "stop-color" not in night_rules(nights())
    assert "prefers-color-scheme" not in qr_svg("https://example.org")
    plain = icon_uri(Verdict.STOP, on_head=True)
    assert len(plain) < len(icon_uri(Verdict.STOP))
