"""Ways through the page in a real browser: back, turned round, marking, two at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from anatomy.body import load_body
from anatomy.words.sites import resolve_site
from tests.viewer.body3d.test_body3d_browser import SCENE, pixel
from tests.viewer.body3d.test_body3d_browser import press as press_at
from tests.viewer.helpers.accessibility import serious
from tests.viewer.helpers.map_page import (
    DOTS,
    NAMES,
    NEEDLE,
    PLACE,
    SEEN,
    SPOT,
    VIEW,
    ask_all,
)
from tests.viewer.map.map_browser import MapPage
from viewer.body3d.views import standard_views

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

PATIENT = "return JSON.parse(sessionStorage.needlemap).patient"
#: Which page is seen, and whether the link to it says so.
SHOWN = """
const seen = [...document.querySelectorAll('.app-page')].filter((e) => !e.hidden);
const marked = document.querySelectorAll('#navigation a[aria-current=page]');
return seen.length === 1 && marked.length === 1
  && marked[0].getAttribute('href') === seen[0].dataset.path
  && location.pathname === seen[0].dataset.path ? seen[0].dataset.path : null;
"""
#: The map fits its place, the needle is on it, the parts do not lie on one another.
FITS = """
const svg = document.querySelector('#map svg');
const box = document.getElementById('map').getBoundingClientRect();
const drawn = svg.getBoundingClientRect();
const tip = svg.querySelector('.needle-tip').getBoundingClientRect();
// on a small window the answer is a sheet over the foot of the page
const beside = innerWidth < 900 ? [] : ['#card'];
const names = ['.picker', '.map-box', '.site-box', ...beside];
const parts = names.map((name) => document.querySelector(name).getBoundingClientRect());
const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1
  || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
const skin = svg.querySelector('image[data-layer=skin]').getBoundingClientRect();
return [
  Math.max(skin.width / box.width, skin.height / box.height) > 0.9,
  Math.abs(drawn.width - box.width) < 2 && Math.abs(drawn.height - box.height) < 2,
  tip.left > box.left && tip.right < box.right && tip.top > box.top
    && tip.bottom < box.bottom,
  parts.every((a, i) => parts.every((b, k) => i === k || apart(a, b))),
  document.documentElement.scrollWidth <= innerWidth,
];
"""
#: Every request of the page is held until it is let go by its number.
HOLD = """
const plain = window.needlemapLink.plain; window.held = [];
window.needlemapLink.through((a, o) => {
  if (!String(a).includes('_dash-update')) return plain(a, o);
  const own = new Promise((go) => window.held.push(go));
  const answer = plain(a, o);
  return own.then(() => answer);
});
"""


@pytest.fixture
def page(dash_duo: Any) -> Iterator[MapPage]:
    """The page, loaded; afterwards nothing may have failed in the console."""
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    found = MapPage(dash_duo)
    found.ready()
    yield found
    # drawing by the processor alone is remarked on by the browser, not an error
    assert [e for e in dash_duo.get_logs() or [] if e["level"] == "SEVERE"] == []


def resize(page: MapPage, wide: int, high: int) -> None:
    """Give the window another size, as a turned tablet does."""
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": False},
    )
    page.wait(
        lambda: page.js("return [innerWidth, innerHeight]") == [wide, high], "the size"
    )


def start_marking(page: MapPage) -> None:
    """Let taps mark infected skin."""
    page.js("document.getElementById('paint-block').open = true")
    page.js("document.getElementById('paint-start').click()")
    page.wait(lambda: "Marking" in page.text("#paint-bar"), "the mode's bar")


def test_back_and_forward_lose_nothing(page: MapPage) -> None:
    """Page and address agree all the way, also from elsewhere, and the needle stays."""
    page.place_at(-60.0, 1250.0)
    page.wait(lambda: page.word == "DANGER", "DANGER")
    page.fill("#depth", "31")
    page.choose("sex", "female")
    page.wait(lambda: page.js(PATIENT) == {"sex": "female"}, "the answer")
    reasons = "return document.getElementById('card-reasons').textContent"
    page.wait(lambda: "31 mm deep" in page.js(reasons), "the card of 31 mm")
    card, words = page.text("#verdict"), page.text("#site-words")

    def same() -> bool:
        return (
            page.text("#verdict") == card
            and page.text("#site-words") == words
            and page.js("return document.querySelector('#depth').value") == "31 mm"
        )

    page.wait(lambda: page.js(SHOWN) == "/", "the check page")
    for path in ("/session", "/atlas"):
        link = page.driver.find_element("css selector", f'#navigation [href="{path}"]')
        link.click()
        page.wait(lambda path=path: page.js(SHOWN) == path, path)
    for path in ("/session", "/"):
        page.driver.back()
        page.wait(lambda path=path: page.js(SHOWN) == path, f"back to {path}")
    page.wait(same, "the same card")
    page.at(-60.0, 1250.0)
    page.driver.forward()
    page.wait(lambda: page.js(SHOWN) == "/session", "forward")
    page.driver.back()
    page.wait(lambda: page.js(SHOWN) == "/", "back again")
    page.driver.get("about:blank")
    page.driver.back()
    page.ready()
    page.wait(lambda: page.js(SHOWN) == "/", "the page after another one")
    page.wait(same, "the same card after another page")
    page.at(-60.0, 1250.0)


def test_the_map_fits_a_window_of_another_size(page: MapPage) -> None:
    """A tablet is turned, a window made small and large: all fits, the needle stays."""
    page.place_at(-60.0, 1250.0)
    page.wait(lambda: page.word == "DANGER", "DANGER")
    page.wait(lambda: page.text("#section-caption"), "the cross-section")
    place, words = page.js(NEEDLE), page.text("#site-words")
    for wide, high in ((1024, 768), (768, 1024), (390, 844), (844, 390), (1280, 800)):
        resize(page, wide, high)
        page.wait(
            lambda: page.js(FITS) == [True] * 5,
            f"a page that fits {wide} by {high}: body as large as it goes, drawn to "
            f"size, needle seen, parts apart, not wider: {page.js(FITS)}",
        )
        assert page.js(NEEDLE) == pytest.approx(place, abs=0.01)
        assert page.text("#site-words") == words
    page.place_at(60.0, 1100.0)  # and a tap is still where it was made
    page.press("zoom-in")
    page.ready()
    seen = page.js(SEEN)
    resize(page, 768, 1024)
    page.ready()
    resize(page, 1280, 800)
    page.ready()
    for before, after in zip(seen, page.js(SEEN), strict=True):
        assert after == pytest.approx(before, abs=5.0)  # what was chosen is seen again


#: Whether the verdict's word is wholly in the window, with nothing over it.
IN_SIGHT = """
const box = document.getElementById("word").getBoundingClientRect();
const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
return box.top >= 0 && box.bottom <= innerHeight && Boolean(top?.closest("#verdict"));
"""


def test_the_verdict_is_never_out_of_sight(page: MapPage) -> None:
    """At all sizes, with the page scrolled anywhere: the word is there to be read."""
    page.place_at(-60.0, 1250.0)
    page.wait(lambda: page.word == "DANGER", "DANGER")
    for size in ((1280, 800), (1024, 768), (768, 1024), (390, 844), (1920, 1080)):
        resize(page, *size)
        page.wait(lambda: page.js(IN_SIGHT), f"the verdict at {size}")
        for element in ("site-words", "card-why", "needle"):
            page.js(f"document.getElementById('{element}').scrollIntoView()")
            page.wait(lambda: page.js(IN_SIGHT), f"the verdict at {size}, {element}")


def test_an_answer_is_read_at_a_glance(page: MapPage) -> None:
    """Before anything is opened: word, limit, reason, one change: at most 60 words."""
    page.place_at(-60.0, 1250.0)
    page.wait(lambda: page.word == "DANGER", "DANGER")
    shown = page.text("#verdict")
    assert len(shown.split()) <= 60
    assert "Do not go deeper than" in shown
    assert re.search(r"about \d+ in \d+ needles", shown), shown
    assert not page.driver.find_element("css selector", "#card-reasons").is_displayed()


def test_record_and_atlas_have_no_serious_violation(page: MapPage) -> None:
    """axe-core finds nothing serious on the other pages, wide and on a phone."""

    def check(where: str) -> None:
        for wide, high in ((1280, 900), (390, 844)):
            resize(page, wide, high)
            found = serious(page.driver)
            assert found == [], json.dumps([where, wide, found], indent=1)

    page.place_at(-60.0, 1250.0)
    page.driver.find_element("css selector", "#record-add").click()
    page.wait(lambda: page.js("return document.querySelector('dialog[open]')"), "why")
    check("reason")
    page.js("document.querySelector('#reason-dialog').close()")
    resize(page, 1280, 900)
    page.fill("#depth", "4")
    page.wait(lambda: page.word not in ("DANGER", "STOP"), "less than DANGER")
    page.js("document.getElementById('record-add').click()")
    page.wait(lambda: "1 site" in page.text(".session-bar, #session-bar"), "a site")
    page.driver.find_element("css selector", '#navigation [href="/session"]').click()
    page.wait(lambda: page.js(SHOWN) == "/session", "the record")
    open_all = (
        "document.querySelectorAll('details:not(#language-menu)')"
        ".forEach((e) => { e.open = true; })"
    )
    page.js(open_all)
    check("session")
    page.js("document.querySelector('.app-page:not([hidden]) main').ariaHidden = 'x'")
    page.js(
        "document.querySelector('.app-page:not([hidden]) main').setAttribute('role',"
        "'nothing')"
    )
    assert serious(page.driver)  # it can find something
    page.driver.get(f"{page.duo.server_url}/atlas?zone=kidney&body=male")
    page.wait(lambda: page.text("#atlas-plate h2"), "a plate of the atlas")
    page.js(open_all)
    check("atlas")


def test_while_marking_the_needle_stays(page: MapPage) -> None:
    """A written name marks skin; the 3D body neither marks nor moves the needle."""
    page.place_at(-60.0, 1250.0)
    page.layer("points")
    page.wait(lambda: page.js(DOTS) > 100, "the acupoints")
    for _ in range(4):
        page.press("zoom-in")
    # the answer takes room of the map: a name stands where it is read after that
    page.wait(lambda: page.text("#limit"), "the limit")
    page.ready()
    name = page.wait(lambda: page.js(NAMES), "a name on the map")[0][1:]
    at = page.js(PLACE, *name)
    start_marking(page)
    page.ready()  # the bar takes room
    place, words = page.js(NEEDLE), page.text("#site-words")
    x, y = page.js(SPOT, *at)
    press_at(page, x, y)
    page.wait(
        lambda: "local_skin_infection" in page.js(PATIENT), "the area under the name"
    )
    assert page.js(NEEDLE) == pytest.approx(place, abs=0.01)
    assert page.text("#site-words") == words

    page.js(
        "[...document.querySelectorAll('.mode-switch label')]"
        ".find((e) => e.textContent === '3D body').click()"
    )
    page.wait(
        lambda: page.js(
            f"{SCENE} return scene && Object.keys(scene.traces).length > 3"
        ),
        "the scene",
    )
    page.js(
        "[...document.querySelectorAll('.view-button')]"
        ".find((e) => e.textContent === 'Back').click()"
    )
    view = standard_views("female", None)["back"]
    eye = f"{SCENE} const e = scene.getCamera().eye; return [e.x, e.y, e.z]"
    wanted = [view["eye"][axis] for axis in "xyz"]
    page.wait(lambda: np.allclose(page.js(eye), wanted, atol=1e-3), "the back")
    box = page.js(
        "const b = document.querySelector('#body3d-wrapper').getBoundingClientRect();"
        "return {x: b.x, y: b.y, width: b.width, height: b.height}"
    )
    there = resolve_site(load_body("female"), {"text": "6 cm right of T8"}).point.xyz
    where = pixel(view, there, box)
    press_at(page, *where)
    page.wait(lambda: "needle stays" in page.text("#map-message"), "why nothing moved")
    assert page.text("#site-words") == words

    page.js("document.getElementById('paint-done').click()")
    page.wait(lambda: page.text("#paint-bar") == "", "the end of marking")
    press_at(page, *where)
    page.wait(lambda: "RIGHT" in page.text("#site-words"), "a click that places")


def test_answers_given_at_once_all_count(page: MapPage) -> None:
    """Card, panel, a mark and an example's end within one moment: none is lost."""
    page.place_at(-60.0, 1250.0)
    page.wait(lambda: page.text("#card-questions"), "questions in the card")
    first = page.js(
        "return [...document.querySelectorAll('#card-questions [id]')].map((e) =>"
        " JSON.parse(e.id).name)[0]"
    )
    ask_all(page.driver)
    # in one go, and once more while the answers to that are on their way
    page.js(
        "const box = (name, at) => [...document.querySelectorAll('[id]')].find((e) => {"
        "try { const id = JSON.parse(e.id); return id.type === 'fact' &&"
        " id.name === name && id.at === at; } catch { return false; } });"
        "const say = (name, at, value) => box(name, at)"
        ".querySelector(`input[value=${value}]`).click();"
        "say(arguments[0], 'card', 'no'); say('faints', 'panel', 'yes');"
        "document.getElementById('paint-here').click();"
        "setTimeout(() => { say('faints', 'panel', 'no');"
        " say('needle_phobia', 'panel', 'yes'); }, 40);",
        first,
    )
    wanted = {first: False, "faints": False, "needle_phobia": True}
    page.wait(
        lambda: {k: page.js(PATIENT).get(k) for k in wanted} == wanted,
        f"all answers; there is {page.js(PATIENT)}",
    )
    page.wait(lambda: page.js(PATIENT).get("local_skin_infection"), "the marked area")
    assert page.js(PATIENT).keys() == {*wanted, "local_skin_infection"}
    page.wait(lambda: page.word == "STOP", "STOP: the marked skin is under the needle")

    # the panel's rows show what the store holds, whoever has put it there
    shown = (
        "return arguments[0].map((name) => document.querySelector(`input[name="
        "'panel-${name}']:checked`).value)"
    )
    names = [first, "faints", "needle_phobia", "local_skin_infection"]
    page.wait(
        lambda: page.js(shown, names) == ["no", "no", "yes", "yes"],
        f"the answers in the panel; there is {page.js(shown, names)}",
    )
    page.js("document.getElementById('clear-patient').click()")
    page.wait(lambda: page.js(PATIENT) == {}, "no answers")
    page.wait(
        lambda: page.js(shown, names) == ["unknown"] * 4,
        f"nothing asked in the panel; there is {page.js(shown, names)}",
    )


def test_marks_made_at_once_all_count(page: MapPage) -> None:
    """The second tap comes before the first has been answered."""
    start_marking(page)
    page.js(
        "const svg = document.querySelector('#map svg');"
        "const tap = (x, y) => { for (const kind of ['pointerdown', 'pointerup'])"
        " svg.dispatchEvent(new PointerEvent(kind, { bubbles: true, pointerId: 1,"
        " pointerType: 'mouse', clientX: x, clientY: y })); };"
        "const [a, b] = arguments; tap(...a); setTimeout(() => tap(...b), 40);",
        page.js(SPOT, -60, 1250),
        page.js(SPOT, 60, 1050),
    )
    marks = "return document.querySelectorAll('#paint-list li').length"
    page.wait(lambda: page.js(marks) == 2, f"two marks; there are {page.js(marks)}")
    assert len(page.js(PATIENT)["local_skin_infection"]) == 2


def test_a_late_answer_never_stays(page: MapPage) -> None:
    """Of two clicks the second counts, whichever answer comes first; none is lost."""
    page.place_at(0.0, 1000.0)
    page.wait(lambda: page.word not in ("", "No needle placed"), "a verdict")
    waiting = "return window.held.length"
    page.js(HOLD)
    page.click_at(-60.0, 1250.0)
    page.wait(lambda: page.js(waiting) == 1, "the first request")
    page.click_at(60.0, 1100.0)
    page.wait(lambda: page.js(waiting) == 2, "the second request")
    page.js("window.held[1]()")
    page.at(60.0, 1100.0)
    page.js("window.needlemapLink.through(null); window.held.forEach((go) => go())")
    page.js("document.getElementById('card-why').open = true")
    page.wait(lambda: page.text("#card-reasons .finding"), "the reasons")
    busy = "return document.getElementById('verdict').getAttribute('aria-busy')"
    page.wait(lambda: page.js(busy) != "true", "nothing under way")
    page.at(60.0, 1100.0)
    kept = "return JSON.parse(sessionStorage.needlemap)"
    assert page.js(kept)["site"]["request"]["y_mm"] == pytest.approx(1100.0, abs=4.0)
    second = page.text("#site-words"), page.text("#verdict")

    # what can not be written does not leave the old card standing
    page.js("document.getElementById('shown').dataset.parts = '{broken'")
    page.wait(lambda: "could not be shown" in page.text("#verdict"), "no old card")
    page.duo.get_logs()  # the error is told there

    # another chart while a click is under way: the needle is drawn where it is
    page.js(HOLD)
    page.click_at(60.0, 1000.0)
    page.wait(lambda: page.js(waiting) == 1, "the click's request")
    page.js("[...document.querySelectorAll('#view label')][0].click()")
    page.wait(lambda: "Front" in page.text("#map-title"), "the front, at once")
    page.wait(lambda: page.js(waiting) >= 2, "the front's request")
    page.js("window.held[1]()")
    page.js("window.needlemapLink.through(null); window.held.forEach((go) => go())")
    page.wait(lambda: page.js(VIEW) == "female/anterior", "the front's drawing")
    page.wait(lambda: page.js(busy) != "true", "nothing under way")
    page.wait(
        lambda: page.js(NEEDLE) is None, "no needle in front while it is at the back"
    )
    page.js("[...document.querySelectorAll('#view label')][1].click()")
    page.wait(lambda: "Back of" in page.text("#map-title"), "the back")
    page.wait(lambda: page.js(VIEW) == "female/posterior", "the back's drawing")
    site = page.js(kept)["site"]["xyz"]
    page.wait(
        lambda: page.js(NEEDLE) == pytest.approx([site[0], site[2]], abs=0.2),
        "the needle where the answer says",
    )

    # a number typed while a click is under way: the click is not lost by it
    page.js(HOLD)
    page.click_at(-60.0, 1250.0)
    page.wait(lambda: page.js(waiting) == 1, "the click's request")
    page.fill("#depth", "7")
    page.wait(lambda: page.js(waiting) >= 2, "the depth's request")
    page.js("window.needlemapLink.through(null); window.held.forEach((go) => go())")
    page.at(-60.0, 1250.0)
    page.wait(lambda: page.js(kept)["needle"]["depth"] == 7, "the new depth")
    page.wait(lambda: page.text("#site-words") != second[0], "the clicked site")
    assert page.js(kept)["site"]["request"]["y_mm"] == pytest.approx(1250.0, abs=4.0)
    assert page.text("#verdict") != second[1]
