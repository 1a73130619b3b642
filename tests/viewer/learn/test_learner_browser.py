"""The learners' pages in a real browser: every kind, a lost connection, keys, axe."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from anatomy.body import load_body
from anatomy.words.sites import resolve_site
from tests.viewer.helpers.accessibility import serious
from tests.viewer.helpers.map_page import by_media
from tests.viewer.learn.conftest import COURSE
from viewer.learn.practice import Ref, find
from viewer.learn.storage.store import CourseStore
from viewer.learn.views.pictures import to_picture
from viewer.learn.web import add_learn
from viewer.map.charts.frames import frame, get_chart
from viewer.map.charts.routes import add_charts
from viewer.record.storage.database import Database
from viewer.service.access.access import Access
from viewer.service.edge.headers import add_headers, page_policy
from zones.teaching.items import KINDS, Item

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

PATIENCE_S = 60.0
#: Where a place of the picture is on the screen.
SPOT = """
const chart = window.needleExercise.chart;
const box = chart.svg.getBoundingClientRect();
const [x, y] = chart.screen(arguments[0], arguments[1]);
return [x + box.left, y + box.top];
"""
LOADED = """
const loaded = window.needleExercise && window.needleExercise.chart.pixels;
return Boolean(loaded) && document.readyState === 'complete';
"""


class Learner:
    """A learner with a phone or a laptop."""

    def __init__(self, driver: Any, url: str) -> None:
        self.driver = driver
        self.url = url

    def wait(self, ready: Callable[[], Any], what: str) -> Any:
        """Return the first true value, or fail naming what was waited for."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                value = ready()
            except Exception:
                value = None
            if value:
                return value
            time.sleep(0.05)
        pytest.fail(f"never came: {what}; the page says {self.text('main')!r}")

    def text(self, selector: str) -> str:
        """Return the text of an element."""
        found = self.driver.find_elements("css selector", selector)
        return found[0].text if found else ""

    def size(self, width: int, height: int) -> None:
        """Take a device of this size."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def open(self, path: str) -> None:
        """Go to a page."""
        self.driver.get(self.url + path)

    def exercise(self, path: str) -> None:
        """Go to an exercise and wait for its picture."""
        self.open(path)
        self.wait(lambda: self.driver.execute_script(LOADED), "the picture")

    def tap(self, u: float, v: float) -> None:
        """Tap the picture at a place, mm from its upper left corner."""
        chart = self.driver.find_element("css selector", ".chart-svg")
        self.driver.execute_script(
            "arguments[0].scrollIntoView({block: 'center'})", chart
        )
        x, y = self.driver.execute_script(SPOT, u, v)
        for kind in ("mousePressed", "mouseReleased"):
            self.driver.execute_cdp_cmd(
                "Input.dispatchMouseEvent",
                {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1},
            )

    def press(self, selector: str) -> None:
        """Press something, wherever on the page it is."""
        found = self.driver.find_element("css selector", selector)
        self.driver.execute_script("arguments[0].click()", found)

    def fill(self, selector: str, value: str) -> None:
        """Type into a field."""
        field = self.driver.find_element("css selector", selector)
        field.clear()
        field.send_keys(value)

    @property
    def outcome(self) -> str:
        """Word of the feedback."""
        return self.text("#feedback .outcome-word")

    def answer(self, item: Item) -> None:
        """Choose and place what is right."""
        if item.target is not None:
            chart = get_chart(item.body, item.chart)
            place = to_picture(chart, item.target.x_mm, item.target.y_mm)
            # the first tap brings it nearer, the second is exact
            self.tap(*place)
            self.wait(lambda: self.needle() is not None, "the needle")
            self.tap(*place)
            self.wait(
                lambda: abs(self.needle()[0] - place[0]) < 1, "the needle in its place"
            )
            if item.target.depth_mm is not None:
                self.fill("#depth", f"{item.target.depth_mm:g}")
        for question in item.questions:
            self.press(
                f'input[data-skill="{question.skill}"][value="{question.right}"]'
            )
        if item.solution is not None:
            needle = item.solution.needle
            if item.solution.change == "depth":
                self.fill("#depth", f"{needle['depth_mm']:g}")
            if item.solution.change == "direction":
                lean = needle["direction"]
                self.press(f'input[name="toward"][value="{lean["toward"]}"]')
                self.fill("#tilt", f"{lean['tilt_deg']:g}")

    def needle(self) -> Any:
        """Return where the learner's needle is on the picture, mm; None without."""
        return self.driver.execute_script(
            "const put = window.needleExercise.state.put; return put && [put.u, put.v]"
        )

    def offline(self, off: bool) -> None:
        """Take the connection away, or give it back."""
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions",
            {
                "offline": off,
                "latency": 0,
                "downloadThroughput": -1,
                "uploadThroughput": -1,
            },
        )


@pytest.fixture
def learner(dash_duo: Any, courses: CourseStore) -> Iterator[Learner]:
    """A browser on the learners' pages; afterwards the console must be empty."""
    from werkzeug.serving import make_server

    app = Flask("learners")
    add_charts(app)
    add_learn(app, courses, Access())
    add_headers(app, page_policy([]))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    runner = threading.Thread(target=server.serve_forever, daemon=True)
    runner.start()
    found = Learner(dash_duo.driver, f"http://127.0.0.1:{server.server_port}")
    found.size(390, 844)
    yield found
    server.shutdown()
    runner.join(10)
    server.server_close()
    kept = dash_duo.driver.get_log("browser")
    # the browser itself says a lost connection and a refusal; there is no icon here
    known = ("ERR_INTERNET_DISCONNECTED", "410 (GONE)", "favicon")
    said = [entry["message"] for entry in kept]
    assert [one for one in said if not any(word in one for word in known)] == []


def seed_of(kind: str) -> int:
    """Return an exercise of a kind that is answered without moving the site."""
    for seed in range(1, 60):
        item = find(Ref(kind, seed))  # type: ignore[arg-type]
        if item.solution is None or item.solution.change != "site":
            return seed
    raise AssertionError(kind)


def test_the_time_is_up_while_a_phone_is_away(
    learner: Learner, courses: CourseStore, monkeypatch: pytest.MonkeyPatch
) -> None:

    row = courses.create(COURSE.replace("Thorax", "Timed\ntime_limit_min: 10"))
    item = courses.items(row.id, 1)[0]
    learner.open(f"/learn/join?code={row.code}")
    learner.fill("input[name=name]", "Ana")
    learner.press(".join-form button")
    learner.wait(lambda: learner.text("#word"), "the word")
    learner.open(f"/learn/course/{row.code}?n=1")
    learner.wait(lambda: learner.driver.execute_script(LOADED), "the exercise")
    learner.wait(lambda: "left" in learner.text("#clock"), "the clock")
    learner.answer(item)
    learner.offline(True)
    learner.press("#send")
    learner.wait(lambda: "Not sent yet" in learner.text("#unsent"), "that it waits")
    later = datetime.now(UTC) + timedelta(minutes=11)
    monkeypatch.setattr(Database, "now", lambda _: later)
    learner.offline(False)
    learner.wait(lambda: "time" in learner.text("#say.error"), "that it came too late")
    assert courses.answers(row.id) == []
    assert not learner.driver.find_element("id", "unsent").is_displayed()
    learner.press("#answer a.button")
    learner.wait(lambda: "0 of 5" in learner.text("main"), "the result")


def test_one_exercise_of_each_kind(learner: Learner) -> None:
    for kind in KINDS:
        seed = seed_of(kind)
        learner.exercise(f"/learn/practice?kind={kind}&seed={seed}")
        item = find(Ref(kind, seed))
        # nothing goes without an answer
        if kind != "make_acceptable":
            learner.press("#send")
            learner.wait(lambda: learner.text("#say.error"), "what is missing")
        learner.answer(item)
        learner.press("#send")
        learner.press("#send")  # twice, as thumbs do
        learner.wait(lambda: learner.outcome == "Right", f"right: {kind}")
        assert learner.text("#feedback .verdict-word")
        learner.driver.execute_script(
            "document.querySelector('.section img').scrollIntoView()"
        )
        learner.wait(
            lambda: learner.driver.execute_script(
                "return document.querySelector('.section img').naturalWidth > 0"
            ),
            "the cross-section",
        )
        assert learner.driver.execute_script(
            "return document.activeElement.classList.contains('next')"
        )
    # a reload shows what was answered, and it counts once
    learner.driver.refresh()
    learner.wait(lambda: learner.outcome == "Right", "the answer again")
    learner.open("/learn/progress")
    assert "1 of 1" in learner.text(".known") and "of 2" not in learner.text(".known")
    learner.driver.back()
    learner.wait(lambda: learner.outcome == "Right", "the answer once more")
    learner.press("#again")
    learner.wait(
        lambda: learner.driver.find_element("id", "answer").is_displayed(),
        "the exercise anew",
    )


def test_a_phone_that_drops_out_and_returns(
    learner: Learner, courses: CourseStore
) -> None:
    row = courses.create(COURSE)
    item = courses.items(row.id, 1)[0]
    learner.open(f"/learn/join?code={row.code}")
    learner.fill("input[name=name]", "Ana")
    learner.press(".join-form button")
    word = learner.wait(lambda: learner.text("#word"), "the word")
    learner.driver.find_element("link text", "Begin").click()
    learner.wait(lambda: learner.driver.execute_script(LOADED), "the exercise")
    first, second = item.questions
    learner.press(f'input[data-skill="{first.skill}"][value="{first.right}"]')
    learner.driver.refresh()  # what was chosen stays
    learner.wait(lambda: learner.driver.execute_script(LOADED), "the exercise again")
    chosen = learner.driver.find_element(
        "css selector", f'input[data-skill="{first.skill}"][value="{first.right}"]'
    )
    assert chosen.is_selected()
    learner.press(f'input[data-skill="{second.skill}"][value="{second.right}"]')
    learner.offline(True)
    learner.press("#send")
    learner.wait(lambda: "Not sent yet" in learner.text("#unsent"), "that it waits")
    assert "Not sent yet" in learner.text("#send")
    assert courses.answers(row.id) == []
    learner.offline(False)
    learner.wait(lambda: learner.outcome == "Right", "the answer came through")
    assert not learner.driver.find_element("id", "unsent").is_displayed()
    assert len(courses.answers(row.id)) == 1

    # lost again, and the page closed before the answer went: it goes from elsewhere
    learner.press("#feedback .next")
    learner.wait(lambda: "n=2" in learner.driver.current_url, "the next exercise")
    learner.wait(lambda: learner.driver.execute_script(LOADED), "its picture")
    learner.answer(courses.items(row.id, 1)[1])
    learner.offline(True)
    learner.press("#send")
    learner.wait(lambda: "Not sent yet" in learner.text("#unsent"), "that it waits")
    learner.offline(False)
    learner.open("/learn")
    learner.wait(lambda: len(courses.answers(row.id)) == 2, "the second answer")
    assert row.code in learner.text("#my-courses")
    learner.open(f"/learn/course/{row.code}?n=2")
    learner.wait(lambda: learner.outcome == "Right", "the feedback on it")
    # going back shows the first with its feedback, and nothing can be sent again
    learner.open(f"/learn/course/{row.code}?n=1")
    learner.wait(lambda: learner.outcome == "Right", "the first one")
    assert not learner.driver.find_element("id", "answer").is_displayed()
    learner.open(f"/learn/course/{row.code}")
    assert learner.text("#word") == word


#: A plain chart, one drawn backwards, a mirror image, both, and one upside down.
PLACES = {
    "anterior": {"landmark": "acromion", "side": "left"},
    "posterior": {"landmark": "inferior angle of scapula", "side": "right"},
    "right_thigh_anterior": {"landmark": "ASIS", "side": "right"},
    "right_buttock_posterior": {"landmark": "PSIS", "side": "right"},
    "left_foot_plantar": {"landmark": "calcaneus", "side": "left"},
}


def test_a_tap_is_where_it_is(learner: Learner) -> None:
    """A tap on a landmark's pixel is the landmark's millimetres, on any chart."""
    run = learner.driver.execute_script
    learner.exercise("/learn/practice?kind=place_it&seed=2&body=female")
    for chart, site in PLACES.items():
        drawn = get_chart("female", chart)
        there = resolve_site(load_body("female"), site).point.xyz
        x, y = (float(v) for v in drawn.project(there)[0])
        run(
            """const e = window.needleExercise, frame = JSON.parse(arguments[0]);
            const box = document.getElementById('chart');
            box.replaceChildren();
            window.put = null;
            e.chart = new window.NeedleChart.Chart(box, frame, {
              place: (u, v) => { window.put = e.toChart(frame, u, v); },
              enter: () => {}, say: () => {} });
            e.chart.movable = true; e.chart.draw();""",
            json.dumps(frame("female", chart)),
        )
        learner.wait(
            lambda: run("return Boolean(window.needleExercise.chart.pixels)"), chart
        )
        # near enough that a pixel of the screen is less than half a millimetre
        u, v = to_picture(drawn, x, y)
        run(
            "const c = window.needleExercise.chart;"
            "c.around(arguments[0], arguments[1], 120); c.draw();",
            u,
            v,
        )
        learner.tap(u, v)
        put = learner.wait(lambda: run("return window.put"), f"the needle on {chart}")
        assert put[0] == pytest.approx(x, abs=0.5), chart
        assert put[1] == pytest.approx(y, abs=0.5), chart


def test_without_a_mouse_and_without_barriers(learner: Learner) -> None:
    """Keys do all, and axe-core finds nothing serious by day and by night."""
    learner.size(1280, 800)
    learner.open("/learn")
    for scheme in ("dark", "light"):
        by_media(learner.driver, prefers_color_scheme=scheme)
        ground = learner.driver.execute_script(
            "return getComputedStyle(document.body).backgroundColor"
        )
        bright = sum(int(part) for part in re.findall(r"\d+", ground)[:3]) / 3
        assert (bright < 60) == (scheme == "dark"), ground
    assert serious(learner.driver) == [], "start"
    learner.driver.execute_script("document.documentElement.removeAttribute('lang')")
    # it can find something
    assert [v[1] for v in serious(learner.driver)] == ["html-has-lang"]
    learner.exercise("/learn/practice?kind=place_it&seed=2&body=female")
    assert serious(learner.driver) == [], "exercise"
    chart = learner.driver.find_element("css selector", ".chart-svg")
    learner.driver.execute_script("arguments[0].focus()", chart)
    right, down, shift, control, enter = (
        "\ue014",
        "\ue015",
        "\ue008",
        "\ue009",
        "\ue007",
    )
    # the first key puts it in the middle of what is seen
    chart.send_keys(right)
    start = learner.wait(learner.needle, "the needle")
    chart.send_keys(right)
    chart.send_keys(shift + down)
    chart.send_keys(control + right)
    now = learner.needle()
    assert now[0] - start[0] == pytest.approx(15.0)
    assert now[1] - start[1] == pytest.approx(1.0)
    chart.send_keys(enter)
    learner.wait(lambda: learner.outcome, "the feedback")
    assert serious(learner.driver) == [], "feedback"
    learner.exercise("/learn/practice?kind=make_acceptable&seed=7")
    assert serious(learner.driver) == [], "a plan to change"
    learner.open("/learn/progress")
    assert serious(learner.driver) == [], "progress"
    learner.size(390, 844)
    for path in ("/learn", "/learn/progress", "/learn/join"):
        learner.open(path)
        wide = learner.driver.execute_script(
            "return document.documentElement.scrollWidth"
        )
        assert wide <= 390, path
    assert serious(learner.driver) == [], "joining"
