"""What axe-core finds serious on a page, by day and by night."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from tests.viewer.helpers.map_page import by_media

#: Success criteria of WCAG 2.0 to 2.2, levels A and AA.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: The rules of these that look at colours; a page has the same elements by night.
COLOURS = ["color-contrast", "link-in-text-block"]
#: Runs rules once colours have changed: what fades from day to night is neither.
_RUN = """
const done = arguments[arguments.length - 1], [type, values] = arguments;
const frame = () => new Promise((next) => requestAnimationFrame(next));
const still = () => Promise.allSettled(document.getAnimations()
  .filter((a) => a.effect.getComputedTiming().iterations !== Infinity)
  .map((a) => a.finished));
frame().then(frame).then(still).then(() => axe.run(document, {runOnly: {type, values}}))
  .then((r) => done(r.violations.map((v) => [v.impact, v.id,
    v.nodes.slice(0, 4).map((n) => n.html.slice(0, 300))])),
  (error) => done([['failed', String(error), []]]));
"""
_THERE = "return typeof axe !== 'undefined'"


def serious(driver: Any) -> list[Any]:
    """Return what axe-core finds serious: impact, rule and elements of each.

    By night only colours are looked at; the page is left by day.
    """
    driver.set_script_timeout(120)
    if not driver.execute_script(_THERE):
        script = files("axe_playwright_python") / "axe.min.js"
        driver.execute_script(script.read_text("utf-8"))
    found: list[Any] = []
    for scheme, rules in (("dark", ("rule", COLOURS)), ("light", ("tag", TAGS))):
        by_media(driver, prefers_color_scheme=scheme)
        for row in driver.execute_async_script(_RUN, *rules):
            if row[0] not in ("minor", "moderate") and row not in found:
                found.append(row)
    return found
