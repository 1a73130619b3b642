"""How the page looks to whom it is hard to see or hard to tap, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.viewer.helpers.map_page import ask_all, by_media
from tests.viewer.map.map_browser import MapPage
from tests.viewer.page.test_ways_browser import IN_SIGHT, SHOWN, resize

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

#: What can be tapped and is seen, but lower or narrower than 44 px.
SMALL = """
const kinds = 'button, summary, select, [role=option], li a, nav a, .atlas-side a,'
  + '.atlas-bar a, .atlas-file, label:has([type=radio]), label:has([type=checkbox]),'
  + 'input:not([type=radio], [type=checkbox], [type=hidden])';
return [...document.querySelectorAll(kinds)].filter((e) => {
  if (!e.checkVisibility({ visibilityProperty: true })) return false;
  if (arguments[0].some((one) => e.matches(one))) return false;
  const box = e.getBoundingClientRect();
  return box.width && (box.height < 43.5 || box.width < 43.5);
}).map((e) => `${e.outerHTML.slice(0, 90)}: ${e.offsetWidth} x ${e.offsetHeight}`);
"""
#: What may be smaller, and why.
SMALLER = {
    ".nav-part": "parts of a small figure; the choice of parts beside it names each",
    ".mantine-Slider-root input": "kept for forms; the slider's thumb is dragged",
}
OPEN_ALL = (
    "document.querySelectorAll('details:not(#language-menu)')"
    ".forEach((e) => { e.open = true; });"
    "document.querySelectorAll('.mantine-Accordion-control[aria-expanded=false]')"
    ".forEach((e) => e.click());"
)
#: What sticks out of the window to a side, though nothing lets it be moved there.
CUT = """
const moved = (e) => e.closest('#navigation, .atlas-table, .view-buttons,'
  + '.section-big-scroll, .chart-svg, .overlay, .skip, .unseen, .map-box svg');
return [...document.querySelectorAll('.page button, .page a, .page p, .page h1,'
  + '.page h2, .page input, .page summary, .page img')].filter((e) => {
  const seen = { visibilityProperty: true, opacityProperty: true };
  if (!e.checkVisibility(seen)) return false;
  const box = e.getBoundingClientRect();
  return box.width > 1 && !moved(e) && (box.left < -1 || box.right > innerWidth + 1);
}).map((e) => e.outerHTML.slice(0, 120));
"""


@pytest.fixture
def page(dash_duo: Any) -> Iterator[MapPage]:
    """The page with a needle whose verdict is DANGER."""
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    found = MapPage(dash_duo)
    found.ready()
    found.place_at(-60.0, 1250.0)
    found.wait(lambda: found.word == "DANGER", "DANGER")
    yield found
    assert [e for e in dash_duo.get_logs() or [] if e["level"] == "SEVERE"] == []


def go_to(page: MapPage, path: str) -> None:
    """Press the link to a page in the header."""
    page.driver.find_element("css selector", f'#navigation [href="{path}"]').click()
    page.wait(lambda: page.js(SHOWN) == path, path)


def settled(page: MapPage) -> None:
    """Wait until the page keeps its height: folds open slowly."""
    heights: list[int] = []

    def same() -> bool:
        heights.append(
            page.js(
                "return [...document.querySelectorAll('main, .panel, #patient-sheet')]"
                ".reduce((all, e) => all + e.scrollHeight, 0)"
            )
        )
        return len(heights) > 4 and len(set(heights[-4:])) == 1

    page.wait(same, "a page that keeps its height")


@pytest.mark.parametrize("size", [(390, 844), (1024, 768)])
def test_all_that_is_tapped_is_large_enough(
    page: MapPage, size: tuple[int, int]
) -> None:
    """On a touch screen: 44 px on the check page, the patient's sheet, other pages."""
    page.driver.execute_cdp_cmd(
        "Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5}
    )
    resize(page, *size)
    page.wait(
        lambda: page.js("return matchMedia('(pointer: coarse)').matches"), "touch"
    )
    found = {}

    def look(where: str) -> None:
        ask_all(page.driver)
        page.js(OPEN_ALL)
        settled(page)
        found[where] = page.js(SMALL, list(SMALLER))

    look("check")
    page.js("document.getElementById('patient-chip').click()")
    look("patient")
    page.js("document.getElementById('patient-close').click()")
    go_to(page, "/session")
    look("record")
    page.js(
        "const link = document.querySelector('#navigation a');"
        "link.style.setProperty('min-height', '0', 'important');"
        "link.style.height = '20px';"
    )
    assert page.js(SMALL, list(SMALLER))  # it can find something
    page.driver.get(f"{page.duo.server_url}/atlas?zone=kidney&body=male")
    page.wait(lambda: page.text("#atlas-plate h2"), "a plate of the atlas")
    look("atlas")
    assert {where: small for where, small in found.items() if small} == {}


def test_at_twice_the_size_nothing_is_lost(page: MapPage) -> None:
    """Half a window of 1280 by 800: nothing is cut off, the verdict is in sight."""
    resize(page, 640, 400)
    for path in ("/", "/session", "/atlas"):
        go_to(page, path)
        ask_all(page.driver)
        page.js(OPEN_ALL)
        settled(page)
        wide = page.js("return document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
        assert page.js(CUT) == [], path
    go_to(page, "/")
    for element in ("map", "site-words", "card-why", "needle"):
        page.js(f"document.getElementById('{element}').scrollIntoView()")
        page.wait(lambda: page.js(IN_SIGHT), f"the verdict with {element} in sight")
    page.js("scrollTo(0, 0); document.getElementById('patient-chip').click()")
    page.wait(lambda: page.text("#patient-sheet h2"), "the patient's sheet")
    assert page.js(CUT) == []


def test_the_body_is_seen_whole_above_the_answer(page: MapPage) -> None:
    """On a phone and an upright tablet the map ends where the answer begins."""
    page.driver.execute_cdp_cmd(
        "Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5}
    )
    for size in ((390, 844), (768, 1024)):
        resize(page, *size)
        page.js("scrollTo(0, 0)")
        page.wait(
            lambda: page.js(
                "const low = (one) => document.querySelector(one)"
                ".getBoundingClientRect();"
                "return low('.map-box').bottom <= low('.side').top"
                " && low('.map-box').height >= 300"
            ),
            f"the whole map above the answer at {size}",
        )


def test_forced_colours_leave_borders(page: MapPage) -> None:
    """Without colours of the page: verdict, buttons and what is chosen have borders."""
    by_media(page.driver, forced_colors="active")
    page.wait(
        lambda: page.js("return matchMedia('(forced-colors: active)').matches"), ""
    )
    page.js("document.getElementById('patient-chip').click()")
    border = (
        "const e = document.querySelector(arguments[0]);"
        "return e ? parseFloat(getComputedStyle(e).borderTopWidth) : null"
    )
    yes = ".gate-buttons button"
    before = page.js(border, yes)
    page.js(f"document.querySelector('{yes}').setAttribute('aria-pressed', 'true')")
    pressed = f'{yes}[aria-pressed="true"]'
    assert page.js(border, pressed) > before
    assert page.js(border, "#verdict .head") >= 2
    assert page.js(border, "button.primary") >= 1
    for chosen, other in (
        (".seg label:has(input:checked)", ".seg label:not(:has(input:checked))"),
        (
            ".mantine-SegmentedControl-control[data-active]",
            ".mantine-SegmentedControl-control:not([data-active])",
        ),
        (".nav-link[aria-current]", ".nav-link:not([aria-current])"),
    ):
        assert page.js(border, chosen) > page.js(border, other), chosen
    for picture in (".ruler", "#section .section-picture"):
        adjust = "return getComputedStyle(document.querySelector(arguments[0]))"
        assert page.js(f"{adjust}.forcedColorAdjust", picture) == "none", picture
    for mark in (".needle-tip", ".needle-area"):
        drawn = "return getComputedStyle(document.querySelector(arguments[0])).stroke"
        assert page.js(drawn, f"#map {mark}") != "none"


#: The middle of an element's picture in the window, after it was brought into sight.
PLACE = """
const e = document.querySelector(arguments[0]);
e.scrollIntoView({ block: 'center' });
const box = e.getBoundingClientRect();
return [box.left, box.top, box.width, box.height];
"""
#: Pictures whose ground is read at a share of their width and height.
PICTURES = {
    "#section .section-picture": (0.03, 0.03),
    "#map .chart-svg": (0.02, 0.5),
    ".nav-body:not([hidden]) .nav-figure": (0.04, 0.5),
}


def pixel(page: MapPage, element: str, across: float, down: float) -> Any:
    """Return the colour (3,) that is seen at a place of an element."""
    import io
    from base64 import b64decode

    from PIL import Image

    x, y, wide, tall = page.js(PLACE, element)
    # as a person sees the page, after the frame in which it moved
    page.driver.execute_async_script(
        "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"
    )
    shot = page.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    seen = Image.open(io.BytesIO(b64decode(shot["data"]))).convert("RGB")
    ratio = seen.width / page.js("return innerWidth")
    return seen.getpixel(
        (round((x + across * wide) * ratio), round((y + down * tall) * ratio))
    )


def test_the_page_follows_the_system(page: MapPage) -> None:
    """Dark when the system is, at once and back; pictures too; paper is light."""
    ground = (
        "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor"
        ".match(/[\\d.]+/g).slice(0, 3).map(Number)"
    )
    for scheme, dark in (("dark", True), ("light", False), ("dark", True)):
        by_media(page.driver, prefers_color_scheme=scheme)
        for part in ("body", "#verdict", "#patient-sheet", "#needle", "#part"):
            page.wait(
                lambda part=part, dark=dark: (max(page.js(ground, part)) < 90) == dark,
                f"{part} in {scheme}",
            )
        for element, (across, down) in PICTURES.items():
            page.wait(
                lambda one=element, x=across, y=down, dark=dark: (
                    max(pixel(page, one, x, y)) < 60
                    if dark
                    else min(pixel(page, one, x, y)) > 200
                ),
                f"{element} in {scheme}",
            )
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {
            "media": "print",
            "features": [{"name": "prefers-color-scheme", "value": "dark"}],
        },
    )
    page.wait(lambda: min(page.js(ground, "#verdict")) > 200, "light paper")
    page.wait(
        lambda: min(pixel(page, "#section .section-picture", 0.03, 0.12)) > 200,
        "a light section on paper",
    )


def test_nothing_moves_where_motion_is_not_wanted(page: MapPage) -> None:
    """With reduced motion no transition or animation lasts."""
    by_media(page.driver, prefers_reduced_motion="reduce")
    page.wait(
        lambda: page.js(
            "return matchMedia('(prefers-reduced-motion: reduce)').matches"
        ),
        "less motion",
    )
    lasting = page.js(
        "return [...document.querySelectorAll('*')].filter((e) => {"
        "const s = getComputedStyle(e);"
        "return [s.transitionDuration, s.animationDuration].some((d) =>"
        "d.split(',').some((one) => parseFloat(one) > 0.001)); })"
        ".map((e) => e.outerHTML.slice(0, 80))"
    )
    assert lasting == []
