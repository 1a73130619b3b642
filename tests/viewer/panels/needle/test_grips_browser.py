"""Grips and policies in a browser: a choice moves the limit; looser is marked."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.viewer.helpers.map_page import DEPTHS, DRAWN, LOADED, SPOT, answering
from tests.viewer.helpers.policies import looser_policy
from viewer.page.app import create_app
from zones.risk.policy import chosen_policy, using_policy

pytestmark = pytest.mark.browser


@pytest.fixture
def page(dash_duo: Any) -> Iterator[Any]:
    """Yield the page, with an empty store of its tab."""
    dash_duo.start_server(create_app(warm=False))
    dash_duo.driver.set_window_size(1280, 900)
    dash_duo.wait_for_element(LOADED, timeout=60)
    answering(dash_duo.driver)
    yield dash_duo


def until(dash_duo: Any, ready: Any, *, seconds: float = 60.0) -> Any:
    """Return what a condition gives as soon as it holds."""
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, "the page did not get there"
        time.sleep(0.1)
    return found


def name(dash_duo: Any, words: str) -> None:
    """Place the needle by name."""
    field = dash_duo.find_element("#site-text")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(words, Keys.ESCAPE)
    dash_duo.find_element("#site-go").click()
    until(
        dash_duo,
        lambda: words.split(maxsplit=1)[0] in dash_duo.find_element("#site-words").text,
    )


def limit(dash_duo: Any) -> int:
    """Return the limit that the card shows, mm; -1 without one."""
    found = dash_duo.driver.find_elements(By.ID, "limit")
    figure = re.match(r"(\d+) mm", found[0].text) if found else None
    return int(figure[1]) if figure else -1


def grip(dash_duo: Any, which: str) -> None:
    """Choose a grip."""
    dash_duo.driver.execute_script(
        "document.querySelector(`#grip input[value=${arguments[0]}]`).click()", which
    )


def test_a_pincer_asks_for_its_fold_and_moves_the_limit(page: Any) -> None:
    """Flat, pincer, fold, undo's line and another site: nothing goes over unsaid."""
    name(page, "upper trapezius left")
    fold = page.find_element("#fold")
    until(page, fold.is_displayed)  # its usual technique holds it in a fold
    grip(page, "flat")
    flat = until(page, lambda: limit(page) if limit(page) >= 0 else None)
    until(page, lambda: not fold.is_displayed())
    grip(page, "pincer")
    ask = "thickness of the lifted fold"
    until(page, lambda: ask in page.find_element("#needle").text)
    assert "NOT ASSESSABLE" in page.find_element("#verdict").text
    fold.send_keys("30", Keys.TAB)
    until(page, lambda: limit(page) > flat)
    assert ask not in page.find_element("#needle").text
    # a new site begins with a technique of its own, and says so
    name(page, "soleus left")
    until(page, lambda: "pincer, fold 30 mm" in page.find_element("#needle-note").text)
    until(page, lambda: not page.find_element("#fold").is_displayed())
    page.driver.execute_script("window.needlemapHistory.undo()")
    until(page, lambda: page.find_element("#fold").is_displayed())
    until(page, lambda: limit(page) > flat)
    assert page.get_logs() in (None, [])


def test_to_bone_and_the_arm_are_answered_by_a_press(page: Any) -> None:
    """The bone expected here is taken; the open question of the arm has buttons."""
    name(page, "infraspinatus left")
    grip(page, "bone")
    until(page, lambda: page.find_element("#bone").get_attribute("value"))
    assert "expected at" in page.find_element("#bone-expected").text
    buttons = until(
        page,
        lambda: page.driver.find_elements(By.CSS_SELECTOR, ".plan-question button"),
    )
    page.driver.execute_script("arguments[0].click()", buttons[1])
    until(page, lambda: page.find_element("#arm").get_attribute("value") == "Overhead")
    until(
        page,
        lambda: not page.driver.find_elements(By.CSS_SELECTOR, ".plan-question button"),
    )


def test_the_map_opens_on_the_limits_and_names_what_is_pointed_at(page: Any) -> None:
    """A field of depth limits, no outlines; the structures still answer the cursor."""
    until(page, lambda: page.driver.execute_script(DEPTHS))
    shown = page.driver.execute_script(DRAWN)
    assert shown == ["skin", "skeleton", "depth"]
    assert page.find_element("#depth-legend").is_displayed()
    x, y = page.driver.execute_script(SPOT, -60.0, 1200.0)
    page.driver.execute_cdp_cmd(
        "Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y}
    )
    until(page, lambda: "limit here" in page.find_element("#under").text)
    until(page, lambda: "pleura" in page.find_element("#under").text)


def test_a_looser_policy_is_marked(dash_duo: Any, tmp_path: Path) -> None:
    """Whoever looks at the card sees that its policy refuses later."""
    policy = chosen_policy(looser_policy(tmp_path), allow_looser=True)
    with using_policy(policy):
        dash_duo.start_server(create_app(warm=False))
        dash_duo.wait_for_element(LOADED, timeout=30)
        answering(dash_duo.driver)
        name(dash_duo, "6 cm left of T4")
        mark = dash_duo.find_element("#policy")
        assert "looser" in mark.get_attribute("class")
        assert "LOOSER than the shipped one" in mark.text
