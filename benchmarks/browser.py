"""Time from a click on the map to the moved marker and to the verdict, in Chromium.

Run ``python benchmarks/browser.py`` (Chromium and its driver must be installed). Each
click goes to another place; the clock runs in the browser, from the pointer's release
to the change of the page.
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
WATCH = """
const done = arguments[arguments.length - 1];
const [x, y] = [arguments[0], arguments[1]];
const gd = document.querySelector('#map .js-plotly-plot');
const drag = gd.querySelector('.nsewdrag');
const box = drag.getBoundingClientRect();
const px = box.left + gd._fullLayout.xaxis.l2p(x);
const py = box.top + gd._fullLayout.yaxis.l2p(y);
const times = {};
const before = (gd.data[gd.data.length - 1].x || [])[0];
const start = performance.now();
const seen = (name) => {
  if (times[name]) return;
  times[name] = performance.now() - start;
  if (times.marker && times.verdict) { finish(); }
};
const marker = () => {
  const xs = gd.data[gd.data.length - 1].x || [];
  if (xs.length && xs[0] !== before) seen('marker');
};
gd.on('plotly_afterplot', marker);
const watch = new MutationObserver(() => seen('verdict'));
watch.observe(document.getElementById('site-words'),
  { childList: true, subtree: true, characterData: true });
function finish() {
  gd.removeListener('plotly_afterplot', marker); watch.disconnect();
  clearTimeout(late); done(times);
}
const late = setTimeout(finish, 5000);
const fire = (target, type) => target.dispatchEvent(new MouseEvent(type,
  { bubbles: true, cancelable: true, view: window, clientX: px, clientY: py,
    detail: 1 }));
fire(drag, 'mousemove'); fire(drag, 'mousedown'); fire(document, 'mouseup');
"""


def start_page(port: int) -> None:
    """Serve the page from this process."""
    from viewer.app import create_app, read_all

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


def measure(count: int, port: int) -> dict[str, dict[str, float]]:
    """Return median and 95th percentile of both times, ms."""
    start_page(port)
    driver = open_browser()
    driver.set_script_timeout(20)
    try:
        driver.get(f"http://127.0.0.1:{port}/")
        time.sleep(6)
        rows = []
        for x, y in [(0.0, 1200.0), (40.0, 1230.0), *places(count)]:
            rows.append(driver.execute_async_script(WATCH, x, y))
            time.sleep(0.35)
    finally:
        driver.quit()
    found = {}
    for name in ("marker", "verdict"):
        times = sorted(row[name] for row in rows[2:] if name in row)
        found[f"click to {name}, ms"] = {
            "median": round(statistics.median(times), 1),
            "p95": round(times[max(0, round(0.95 * len(times)) - 1)], 1),
            "n": len(times),
        }
    return found


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--port", type=int, default=8077)
    options = parser.parse_args()
    print(json.dumps(measure(options.clicks, options.port), indent=2))


if __name__ == "__main__":
    main()
