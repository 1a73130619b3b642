"""The map of the check page as a test sees it: what is drawn, and where on the screen.

Everything is read from what the browser draws; places are the chart's millimetres.
"""

from __future__ import annotations

import time
from typing import Any

#: An element of the map that is there when its chart is: the picture of the skin.
LOADED = "#map image[data-layer=skin][data-loaded]"
#: Layers of the chart that are drawn, from the lowest.
DRAWN = """
return [...document.querySelectorAll('#map [data-layer]')]
  .filter((e) => e.parentNode.parentNode.classList.contains('chart-svg')
    && !e.closest('.overlay') && e.style.display !== 'none')
  .map((e) => e.dataset.layer);
"""
_OWN = """
const { own } = window.needlemapMap, { map } = own;
const { toPicture, toChart } = window.NeedlemapChart;
const box = map.svg.getBoundingClientRect();
"""
#: Where a place (x, y) is on the screen, pixels of the window.
SPOT = (
    _OWN
    + """
const [x, y] = map.screen(...toPicture(own.frame, arguments[0], arguments[1]));
return [box.left + x, box.top + y];
"""
)
#: The place at a pixel of the window.
PLACE = (
    _OWN
    + """
return toChart(own.frame,
  ...map.picture(arguments[0] - box.left, arguments[1] - box.top));
"""
)
#: Where the needle is drawn, or null.
NEEDLE = (
    _OWN
    + """
const tip = map.svg.querySelector('.needle-tip');
return tip && toChart(own.frame,
  ...map.picture(+tip.getAttribute('cx'), +tip.getAttribute('cy')));
"""
)
#: What is seen: [[left, right], [bottom, top]].
SEEN = _OWN + "const { x, y } = map.seen(); return [x, y];"
#: The chart whose picture is drawn, as "body/chart".
VIEW = (
    "const skin = document.querySelector('#map image[data-layer=skin]');"
    "return skin.getAttribute('href').split('?')[0].split('/').slice(2).join('/')"
    ".replace('.webp', '');"
)
#: Box of the map in the window and what is seen in it.
SIZE = (
    _OWN
    + "return [box.left, box.top, box.width, box.height, ...map.seen().x, own.view]"
)
#: Marks of layers that are drawn as dots.
DOTS = "return document.querySelectorAll('#map .dot').length"
#: Marked areas that are drawn, by their labels.
AREAS = (
    "return [...document.querySelectorAll('#map .overlay [data-label]')]"
    ".map((e) => e.dataset.label)"
)
#: Names that can be pressed, with the middle of each in the window, that no dot is
#: near: [title, x, y].
NAMES = (
    _OWN
    + """
const { shown, written } = window.needlemapMarks;
const free = (x, y) => shown.every((s) => Math.hypot(s.px - x, s.py - y) > 12);
return written.filter((w) => w.mark.request).map((w) =>
  [w.mark.title, (w.box[0] + w.box[2]) / 2, (w.box[1] + w.box[3]) / 2])
  .filter((w) => w[2] > 60 && w[2] < 220 && w[1] > 60 && w[1] < box.width - 60
    && free(w[1], w[2]))
  .map((w) => [w[0], box.left + w[1], box.top + w[2]]);
"""
)
#: The picture of the depth map, or null.
DEPTH = (
    "const image = document.querySelector('#map image[data-layer=depth]');"
    "return image && image.getAttribute('href')"
)
#: Whether the depths under the cursor are there.
DEPTHS = "return Boolean(window.needlemapLayers.depths())"


def by_media(driver: Any, **features: str) -> None:
    """Let the system ask for something: `prefers_color_scheme="dark"`, for example."""
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {
            "features": [
                {"name": name.replace("_", "-"), "value": value}
                for name, value in features.items()
            ]
        },
    )


#: Opens the patient's questions for what is in them, and closes them for what is not.
_REACH = """
const sheet = document.getElementById('patient-sheet');
if (sheet && sheet.hidden === sheet.contains(arguments[0])) {
  document.getElementById('patient-chip').click();
}
"""


def answering(driver: Any, *, seconds: float = 60.0) -> None:
    """Wait until the page answers: its depth map comes by a request."""
    end = time.monotonic() + seconds
    while "depth" not in driver.execute_script(DRAWN):
        assert time.monotonic() < end, "the page does not answer"
        time.sleep(0.1)


def reach(driver: Any, element: Any) -> None:
    """Bring what is to be used into sight, as a user does by the patient's chip."""
    driver.execute_script(_REACH, element)


def ask_all(driver: Any) -> None:
    """Have all questions of the patient, as they come when the panel is opened."""
    driver.execute_async_script(
        "window.needlemapQuestions.want().then(arguments[arguments.length - 1])"
    )


def press_at(driver: Any, x: float, y: float) -> None:
    """Press and release the mouse at a pixel of the window."""
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        driver.execute_cdp_cmd(
            "Input.dispatchMouseEvent",
            {
                "type": kind,
                "x": x,
                "y": y,
                "clickCount": 1,
                "button": "none" if kind == "mouseMoved" else "left",
            },
        )


def touch(
    driver: Any, kind: str, *points: tuple[float, float], at: float | None = None
) -> None:
    """Put fingers on the screen, move them or lift them; ``at`` a time in seconds."""
    driver.execute_cdp_cmd(
        "Input.dispatchTouchEvent",
        {
            "type": kind,
            "touchPoints": [
                {"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)
            ],
            **({} if at is None else {"timestamp": at}),
        },
    )
