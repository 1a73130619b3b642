"""The cross-section of the page: its drawing, its words, and in a browser its tip."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import shapely

from tests.viewer.helpers.map_page import LOADED, answering
from tests.viewer.page.test_page_browser import Page
from viewer.section import callbacks
from viewer.section.pen import LARGE, SMALL, frame_data, stacked
from viewer.section.view import section_svg
from viewer.section.words import alternative, in_words
from viewer.state import page_state
from zones.contract.models import Verdict
from zones.pictures.muscle_bands import filled_rings
from zones.sentences.figures import bone_span
from zones.sentences.frequency import one_in
from zones.sentences.limits import nearest_mm, whole_mm

SVG = "{http://www.w3.org/2000/svg}"
NEEDLE = {"length_mm": 40, "depth_mm": 25}


def asked(text: str, needle: Any = None, patient: Any = None) -> dict[str, Any]:
    return {
        "site": page_state.place("female", {"text": text}),
        "needle": needle or NEEDLE,
        "patient": patient or {},
    }


def drawn(request: dict[str, Any], view: str = "needle", size: Any = SMALL) -> Any:
    section, message = callbacks.section_of(request, view, "medial", size)
    assert section is not None, message
    return section


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("view", ["needle", "axial"])
@pytest.mark.parametrize(
    "text",
    ["6 cm left of T4", "GB21 right", "6 cm left of L2", "LI4 left", "LR3 right"],
)
def test_drawing_is_whole_and_labels_stay_apart(
    text: str, view: str, size: Any
) -> None:
    """Well-formed, within its frame, the gravest named, no label over another."""
    section = drawn(asked(text), view, size)
    root = ElementTree.fromstring(section_svg(section, size))
    words = [t for t in root.findall(f"{SVG}text") if t.text]
    rows = sorted(float(t.get("y", "nan")) for t in words)
    assert rows
    assert rows[0] > 0
    assert rows[-1] <= size.height
    apart = [b - a for a, b in itertools.pairwise(rows)]
    assert all(gap > 0.9 * size.letter for gap in apart)
    shown = " ".join(str(t.text) for t in words)
    assert section.bands[0].structure.split()[0] in shown


def test_words_say_what_the_picture_shows() -> None:
    """The alternative names each band, and the depth where the needle may meet it."""
    section = drawn(asked("6 cm left of T4"))
    text = alternative(section)
    found = section.bands[0].finding
    word = "danger" if found.verdict == Verdict.DANGER else "caution"
    met = f"{word} from {whole_mm(found.reached_at_mm)} along this needle"
    assert f"left pleura and lung: {met}" in text
    assert f"reached by {one_in(found.p_meet)} needles placed like this" in text
    assert f"within {nearest_mm(found.typical_mm)} in half" in text
    assert "not this patient's anatomy" in str(in_words(section))


def test_bone_is_drawn_and_told() -> None:
    """At infraspinatus the blade is announced, in the picture and in words."""
    section = drawn(asked("left infraspinatus"), size=LARGE)
    assert section.bone is not None
    said = f"expected {bone_span(section.bone).replace(' to ', '–')}"
    assert said in section_svg(section, LARGE)
    assert "Scapula expected at" in alternative(section)
    assert "scapula" in section_svg(drawn(asked("left infraspinatus")))


def test_shades_have_a_key_and_ends_fade() -> None:
    """What the shades mean stands beside them; an unknown far side fades."""
    svg = section_svg(drawn(asked("6 cm left of T4"), size=LARGE), LARGE)
    for word in ("1 in 40", "1 in 10", "half", "9 in 10"):
        assert f">{word}<" in svg
    assert 'mask="url(#fade)"' in svg


def test_what_the_picture_can_not_show_is_said() -> None:
    """A lifted fold and an arm that is away are told in words."""
    held = {"length_mm": 40, "depth_mm": 15, "grip": "pincer", "fold_mm": 30}
    assert "lifted fold of 30 mm" in alternative(drawn(asked("GB21 left", held)))
    away = {"length_mm": 40, "depth_mm": 15, "arm": "overhead"}
    assert "arm at the side" in alternative(drawn(asked("left infraspinatus", away)))


def test_a_failure_is_said_and_no_picture_stands(monkeypatch: Any) -> None:
    """No answer or a crash: words, and nothing that could be read as clear."""
    section, message = callbacks.section_of(None, "needle", None, SMALL)
    assert section is None
    assert "Place the needle" in message
    deep = asked("6 cm left of T4", {"length_mm": 20, "depth_mm": 70})
    section, message = callbacks.section_of(deep, "needle", None, SMALL)
    assert section is None
    assert "needle's length" in message

    def broken(*_: Any, **__: Any) -> None:
        raise ArithmeticError("no number")

    monkeypatch.setattr(callbacks, "site_section", broken)
    section, message = callbacks.section_of(
        asked("7 cm left of T6"), "needle", None, SMALL
    )
    assert section is None
    assert "Draw no conclusion" in message


def test_excluded_is_written_across_the_picture() -> None:
    """A site that is excluded says STOP in the picture itself."""
    patient = {"sex": "female", "pregnant": True, "gestation_weeks": 20}
    section = drawn(asked("5 cm left of umbilicus", patient=patient))
    assert "STOP" in section_svg(section)


def test_the_tip_of_the_frame_is_the_tip_of_the_needle() -> None:
    """What the browser is told of the tip is depth times scale from the entry."""
    section = drawn(asked("6 cm left of T4"))
    data = frame_data(section, SMALL)
    way = [t - e for t, e in zip(data["tip"], data["entry"], strict=True)]
    assert (way[0] ** 2 + way[1] ** 2) ** 0.5 == pytest.approx(
        25 * data["per_mm"], abs=0.1
    )
    assert data["turns"]
    assert (data["toward"], data["away"]) == ("medial", "lateral")


def test_stacked_labels_never_leave_the_room() -> None:
    """However they are wanted, boxes neither overlap nor leave."""
    tops = stacked([5.0, 4.0, 95.0, 96.0], [20.0] * 4, 100.0)
    assert tops[0] >= 0
    assert tops[-1] <= 80
    assert all(b - a >= 20 for a, b in itertools.pairwise(tops))


GRIP = """
const box = document.querySelector(arguments[0]).getBoundingClientRect();
return [box.left + box.width / 2, box.top + box.height / 2];
"""


@pytest.fixture
def page(dash_duo: Any) -> Iterator[Page]:
    """The page, loaded; afterwards the console must be empty."""
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    dash_duo.wait_for_element(LOADED, timeout=60)
    answering(dash_duo.driver)
    yield Page(dash_duo)
    assert dash_duo.get_logs() in ([], None)


def drag(page: Page, right: float, down: float) -> None:
    """Drag the needle's tip by so many pixels."""
    page.driver.execute_script(
        "document.querySelector('#section').scrollIntoView({block: 'center'})"
    )
    x, y = page.driver.execute_script(GRIP, "#section-grip")
    for kind, share in (
        ("mousePressed", 0.0),
        ("mouseMoved", 0.3),
        ("mouseMoved", 0.7),
        ("mouseMoved", 1.0),
        ("mouseReleased", 1.0),
    ):
        page.driver.execute_cdp_cmd(
            "Input.dispatchMouseEvent",
            {
                "type": kind,
                "x": x + share * right,
                "y": y + share * down,
                "button": "left",
                "buttons": 1,
                "clickCount": 1,
            },
        )


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tip_and_sliders_lead_verdict_and_picture(page: Page) -> None:
    """Tilt by the slider's key, drag the tip, enlarge: numbers, verdict, picture."""

    def value(name: str) -> str:
        field = page.driver.find_element("css selector", f"#{name}")
        return str(field.get_attribute("value"))

    def picture(name: str = "section") -> str:
        image = page.driver.find_element("css selector", f"#{name}-picture")
        return str(image.get_attribute("src") or "")

    assert not page.driver.find_element("css selector", "#section-grip").is_displayed()
    page.fill("#site-text", "6 cm left of T4")
    page.wait(lambda: page.word == "DANGER", "DANGER at T4")
    page.wait(lambda: picture().startswith("data:image/svg"), "the picture")

    before, limit = picture(), page.text("#limit")
    thumb = page.driver.find_element("css selector", "#section-tilt [role=slider]")
    for _ in range(20):
        thumb.send_keys("\ue014")  # the right arrow key
    page.wait(lambda: value("tilt").startswith("20"), "20 degrees in the panel")
    page.wait(lambda: page.text("#limit") not in ("", limit), "another limit")
    page.wait(lambda: picture() != before, "another picture")
    page.wait(lambda: "20° medial" in page.text("#section-tilt-words"), "the words")

    # across the skin's normal: the tilt turns to the other side; up: less deep
    page.wait(
        lambda: page.driver.execute_script(
            "return document.querySelector('#section-grip').style.left"
        ),
        "the grip on the tip",
    )
    before = picture()
    drag(page, 60, -30)
    page.wait(lambda: value("toward") == "lateral", "a tilt to the other side")
    page.wait(lambda: float(value("depth").split()[0]) < 25, "less deep")
    page.wait(lambda: picture() != before, "the picture after the drag")

    # out to the skin: no longer DANGER
    drag(page, 0, -400)
    page.wait(lambda: page.word not in ("DANGER", ""), "less than DANGER at the skin")

    page.fill("#depth", "30")
    page.wait(lambda: "30 mm" in page.text("#section-depth-words"), "30 mm beside")
    enlarge = page.driver.find_element("css selector", "#section-enlarge")
    # the verdict stays above whatever is scrolled
    page.driver.execute_script(
        "arguments[0].scrollIntoView({block: 'center'})", enlarge
    )
    enlarge.click()
    page.wait(lambda: picture("section-big").startswith("data:"), "the enlargement")
    alt = page.driver.find_element("css selector", "#section-big-picture")
    assert "pleura and lung" in str(alt.get_attribute("alt"))


def test_the_skull_is_a_wall_round_its_space() -> None:
    """As thick as its record says, and the picture says where that is from."""
    section = drawn(asked("GB8 left"), size=LARGE)
    assert section_svg(section, LARGE).count('class="space"') == 1
    (hollow,) = section.hollows
    assert any("281 in one series" in str(note) for note in section.notes)
    assert any("wall 6 mm thick" in str(note) for note in section.notes)
    (skull,) = (o for o in section.outlines if o.name == hollow.bone.bone)
    wall = filled_rings(skull.lines).boundary
    space = shapely.Polygon(hollow.lines[0])
    assert wall.distance(space) == pytest.approx(hollow.bone.record.mean_mm, abs=0.01)
    assert 'class="space"' not in section_svg(drawn(asked("6 cm left of T4")), LARGE)


def test_what_lies_within_the_skull_is_seen_there() -> None:
    """The marks of medulla and vertebral arteries stand on what they name."""
    section = drawn(asked("GB20 left"), size=LARGE)
    parts = list(ElementTree.fromstring(section_svg(section, LARGE)).iter())
    (within,) = (p for p in parts if p.get("clip-path") == "url(#spaces)")
    zones = {z for p in within.iter() for z in p.get("data-zones", "").split()}
    assert {"vertebral-artery", "craniocervical-junction"} <= zones
