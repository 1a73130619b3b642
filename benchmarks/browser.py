"""How fast the page is in Chromium: first paint, clicks, depth map, 3D body, weight.

Run ``python benchmarks/browser.py`` (Chromium and its driver must be installed). Each
click goes to another place; the clock runs in the browser, from the pointer's release
to the change of the page. Clicks are timed with the layers of the start and again with
every layer on; the depth map from an answer about the patient to the new picture; the
3D body from the press of its button to the first frame that shows the scene, each time
in a page that has not shown it, with a needle placed and an empty cache.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import threading
import time
from typing import Any

SIZE = (1280, 800)
#: Between two clicks, s: what the one before still draws is not the next one's time.
PAUSE_S = 1.5
WATCH = """
const done = arguments[arguments.length - 1];
const [x, y] = [arguments[0], arguments[1]];
const { own } = window.needlemapMap, { svg } = own.map;
const box = svg.getBoundingClientRect();
const [left, top] = own.map.screen(...window.NeedlemapChart.toPicture(own.frame, x, y));
const at = { clientX: box.left + left, clientY: box.top + top };
const times = {};
const place = () => {
  const tip = svg.querySelector('.needle-tip');
  return tip && tip.getAttribute('cx') + tip.getAttribute('cy');
};
const before = place();
const start = performance.now();
const seen = (name) => {
  if (times[name]) return;
  times[name] = performance.now() - start;
  if (times.marker && times.verdict) { finish(); }
};
const drawn = new MutationObserver(() => {
  const now = place();
  if (now && now !== before) seen('marker');
});
drawn.observe(svg, { childList: true, subtree: true });
const watch = new MutationObserver(() => seen('verdict'));
watch.observe(document.getElementById('site-words'),
  { childList: true, subtree: true, characterData: true });
function finish() {
  drawn.disconnect(); watch.disconnect();
  clearTimeout(late); done(times);
}
const late = setTimeout(finish, 5000);
for (const kind of ['pointermove', 'pointerdown', 'pointerup']) {
  svg.dispatchEvent(new PointerEvent(kind,
    { bubbles: true, cancelable: true, pointerId: 1, pointerType: 'mouse', ...at }));
}
"""


PAINT = """
const done = arguments[arguments.length - 1];
(function look() {
  const drawn = [...document.querySelectorAll('#map image[data-loaded]')]
    .map((e) => e.dataset.layer);
  if (drawn.includes('skin') && drawn.includes('skeleton')) done(performance.now());
  else setTimeout(look, 10);
})();
"""
WEIGHT = """
const all = performance.getEntriesByType('resource').concat(
  performance.getEntriesByType('navigation'));
const outside = all.map((e) => e.name).filter((n) => /^https?:/.test(n)
  && new URL(n).host !== location.host);
return { bytes: all.reduce((sum, e) => sum + e.decodedBodySize, 0),
  requests: all.length, outside };
"""
CHANGE = """
const [name, value, done] = [arguments[0], arguments[1], arguments[2]];
window.needlemapQuestions.want().then(() => {
const source = () => {
  const image = document.querySelector('#map image[data-layer=depth]');
  return image && image.getAttribute('href');
};
const before = source(), start = performance.now();
const late = setTimeout(() => done(null), 15000);
const drawn = new MutationObserver(() => {
  if (source() && source() !== before) {
    drawn.disconnect(); clearTimeout(late);
    done(performance.now() - start);
  }
});
drawn.observe(document.querySelector('#map svg'),
  { childList: true, subtree: true, attributes: true });
const box = [...document.querySelectorAll('[id]')].find((e) => {
  try { const id = JSON.parse(e.id);
    return id.type === 'fact' && id.name === name && id.at === 'panel';
  } catch { return false; } });
box.querySelector(`input[value="${value}"]`).click();
});
"""
LAYERS = """
for (const box of document.querySelectorAll('#layers input')) {
  if (box.checked !== arguments[0].some((n) => box.value.startsWith(n))) box.click();
}
"""
#: Presses the button of the 3D body and waits for the first frame with its scene: the
#: parts of that time are when the drawing code, the answer and the scene were there.
FIRST_3D = """
const done = arguments[arguments.length - 1];
const times = {};
let start = null;
const now = (name) => { times[name] = times[name] || performance.now() - start; };
const late = setTimeout(() => done(null), 60000);
const label = [...document.querySelectorAll('.mode-switch label')].at(-1);
// a hand is over the button before it presses
label.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
setTimeout(() => { start = performance.now(); label.click(); look(); }, arguments[0]);
const plot = () => document.querySelector('#body3d .js-plotly-plot');
function look() {
  if (window.Plotly) now('code');
  const gd = plot(), scene = gd && gd._fullLayout && gd._fullLayout.scene
    && gd._fullLayout.scene._scene;
  if (gd && gd.data && gd.data.length) now('answer');
  const drawn = scene && scene.glplot && scene.traces
    && Object.values(scene.traces).filter((t) => t.mesh).length > 1;
  if (!drawn) { requestAnimationFrame(look); return; }
  now('scene');
  // Plotly has asked for the first frame: a pixel that can be read has been drawn
  const { gl } = scene.glplot, { canvas } = gl;
  const seen = new Uint8Array(4 * canvas.width * canvas.height);
  gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, seen);
  if (!seen.some((value) => value)) { requestAnimationFrame(look); return; }
  now('frame');
  clearTimeout(late);
  done(times);
}
"""
#: From the pointer's coming to the button to its press, ms.
HAND_MS = 250
#: What is asked of the page, in the units of its figures.
WANTED = {
    "first useful paint, ms": 2000.0,
    "click to marker, every layer on, ms": 250.0,
    "depth map for another patient, ms": 500.0,
    "3D body, click to first frame, ms": 2000.0,
    "page weight before compression, MB": 6.0,
    "requests to elsewhere": 0.0,
}


def start_page(port: int) -> None:
    """Serve the page from this process."""
    from viewer.page.app import create_app, read_all

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = create_app(warm=False)
    read_all()
    threading.Thread(
        target=lambda: app.server.run(port=port, threaded=True), daemon=True
    ).start()


def open_browser() -> Any:
    """Return a browser without a screen."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options

    options = Options()
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        # the 3D body needs WebGL, here drawn by the processor
        "--enable-unsafe-swiftshader",
        f"--window-size={SIZE[0]},{SIZE[1]}",
    ):
        options.add_argument(flag)
    return webdriver.Chrome(options=options)


def places(count: int) -> list[tuple[float, float]]:
    """Return places on the back of the trunk, mm on the posterior chart."""
    return [
        (-90.0 + 180.0 * ((7 * i) % count) / count, 1080.0 + 200.0 * i / count)
        for i in range(count)
    ]


def clicks(driver: Any, count: int, name: str) -> dict[str, dict[str, float]]:
    """Return median and 95th percentile of both times of a click, ms."""
    rows = []
    for x, y in [(0.0, 1200.0), (40.0, 1230.0), *places(count)]:
        rows.append(driver.execute_async_script(WATCH, x, y))
        time.sleep(PAUSE_S)
    found = {}
    for what in ("marker", "verdict"):
        times = [row[what] for row in rows[2:] if what in row]
        found[f"click to {what}, {name}, ms"] = summed(times)
    return found


def summed(times: list[float]) -> dict[str, float]:
    """Return median, 95th percentile, least, most and number of some times."""
    times = sorted(times)
    if not times:
        return {"n": 0}
    return {
        "median": round(statistics.median(times), 1),
        "p95": round(times[max(0, round(0.95 * len(times)) - 1)], 1),
        "least": round(times[0], 1),
        "most": round(times[-1], 1),
        "n": len(times),
    }


def first_views(driver: Any, port: int, count: int) -> dict[str, Any]:
    """Return the time to the first view of the 3D body, in pages that are new, ms.

    The clock starts with the press; the pointer came to the button `HAND_MS` before.
    The first of a new server makes its meshes and is given apart.
    """
    rows = []
    for _ in range(count + 1):
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        driver.get("about:blank")
        driver.get(f"http://127.0.0.1:{port}/")
        driver.execute_async_script(PAINT)
        time.sleep(PAUSE_S)
        driver.execute_async_script(WATCH, -60.0, 1250.0)
        time.sleep(2 * PAUSE_S)
        rows.append(driver.execute_async_script(FIRST_3D, HAND_MS))
    first, *others = rows
    found: dict[str, Any] = {}
    for name in ("code", "answer", "scene", "frame"):
        found[f"3D body, click to {name}, ms"] = summed(
            [row[name] for row in others if row and name in row]
        )
    found["3D body, click to first frame, ms"] = found.pop(
        "3D body, click to frame, ms"
    )
    found["3D body, the first of a new server, ms"] = first and round(first["frame"], 1)
    return found


def measure(count: int, port: int) -> dict[str, Any]:
    """Return the figures by name."""
    from viewer.page.plotly_light import light_version

    start_page(port)
    driver = open_browser()
    driver.set_script_timeout(90)
    found: dict[str, Any] = {}
    try:
        paints = []
        for _ in range(5):
            # a browser that has seen nothing of the page
            driver.execute_cdp_cmd("Network.clearBrowserCache", {})
            driver.get("about:blank")
            driver.get(f"http://127.0.0.1:{port}/")
            paints.append(driver.execute_async_script(PAINT))
        found["first useful paint, ms"] = summed(paints)
        time.sleep(4)
        weight = driver.execute_script(WEIGHT)
        found["page weight before compression, MB"] = round(weight["bytes"] / 1e6, 2)
        found["requests"] = weight["requests"]
        found["Plotly"] = f"small, {light_version()}" if light_version() else "whole"
        found["requests to elsewhere"] = len(weight["outside"])
        found |= clicks(driver, count, "first layers")
        driver.execute_script(LAYERS, ["depth"])
        time.sleep(6)
        changes = []
        for name, value in DEPTH_CHANGES:
            changes.append(driver.execute_async_script(CHANGE, name, value))
            time.sleep(1.5)
        kept = [taken for taken in changes[1:] if taken is not None]
        found["depth map for another patient, ms"] = summed(kept)
        every = ["skeleton", "depth", "muscles", "points", "landmarks", "zone"]
        driver.execute_script(LAYERS, every)
        time.sleep(4)
        driver.execute_script(LAYERS, every)
        time.sleep(4)
        found |= clicks(driver, count, "every layer on")
        found |= first_views(driver, port, SCENES)
    finally:
        driver.quit()
    return found


#: Answers that change the depth map; the first one is not timed.
DEPTH_CHANGES = (
    ("sex", "female"),
    ("pregnant", "yes"),
    ("pregnant", "no"),
    ("consent_given", "no"),
    ("consent_given", "yes"),
)


#: How often the 3D body is opened for its figure.
SCENES = 8


def measure_scene(port: int) -> dict[str, Any]:
    """Return the figures of the 3D body alone, by name."""
    start_page(port)
    driver = open_browser()
    driver.set_script_timeout(90)
    try:
        return first_views(driver, port, SCENES)
    finally:
        driver.quit()


def main() -> None:
    """Print the figures as JSON, with what is wanted beside them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--scene", action="store_true", help="the 3D body alone")
    parser.add_argument("--port", type=int, default=8077)
    options = parser.parse_args()
    found = (
        measure_scene(options.port)
        if options.scene
        else measure(options.clicks, options.port)
    )
    print(json.dumps({"figures": found, "wanted, at most": WANTED}, indent=2))


if __name__ == "__main__":
    main()
