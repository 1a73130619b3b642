"""Take the pictures of the page for the documents.

Run ``python docs/make/make_pictures.py`` from the checkout (Chromium and its driver
must be installed, and Pillow). Writes WebP files to ``docs/pictures``.
"""

from __future__ import annotations

import functools
import io
import logging
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "pictures"
PORT = 8078
ENTER = "\ue007"
#: The trainer's pages are taken as in a room with phones: under a name, with a log-in.
CLASSROOM, CLASSROOM_PORT = "classroom.example", 8079
PASSWORD = "only for these pictures"


class Browser:
    """A window of a given size on the page."""

    def __init__(self, width: int, height: int, *, touch: bool = False) -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.options import Options

        options = Options()
        for flag in (
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--host-resolver-rules=MAP {CLASSROOM} 127.0.0.1",
        ):
            options.add_argument(flag)
        self.driver = webdriver.Chrome(options=options)
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch},
        )
        if touch:
            self.driver.execute_cdp_cmd(
                "Emulation.setTouchEmulationEnabled", {"enabled": True}
            )
        self.driver.get(f"http://127.0.0.1:{PORT}/")
        time.sleep(5)

    def choose(self, control: str, label: str) -> None:
        """Press the segment of a control that carries a label."""
        self.driver.execute_script(
            "[...document.querySelectorAll('#' + arguments[0] + ' label')]"
            ".find((e) => e.textContent.trim() === arguments[1]).click()",
            control,
            label,
        )
        time.sleep(2)

    def open_part(self, figure: str, part: str, side: str = "") -> None:
        """Press a part of the body navigator."""
        self.driver.execute_script(
            "document.querySelector('.nav-body:not([hidden]) [data-figure=' +"
            " arguments[0] + '] .nav-part[data-part=\"' + arguments[1] +"
            " '\"][data-side=\"' + arguments[2] + '\"]').click()",
            figure,
            part,
            side,
        )
        time.sleep(2)

    def site(self, text: str) -> None:
        """Name a site."""
        field = self.driver.find_element("css selector", "#site-text")
        field.clear()
        field.send_keys(text + ENTER)
        time.sleep(2.5)
        self.driver.execute_script("document.activeElement.blur()")

    def press(self, selector: str, times: int = 1) -> None:
        """Press something."""
        for _ in range(times):
            self.driver.execute_script(
                "document.querySelector(arguments[0]).click()", selector
            )
            time.sleep(0.8)

    def fill(self, selector: str, value: str) -> None:
        """Type into a field."""
        field = self.driver.find_element("css selector", selector)
        field.click()
        field.send_keys("\ue009a\ue000" + value + ENTER)
        time.sleep(2)

    def save(self, name: str) -> None:
        """Write what is seen."""
        time.sleep(0.6)
        picture = Image.open(io.BytesIO(self.driver.get_screenshot_as_png()))
        path = FOLDER / f"{name}.webp"
        picture.convert("RGB").save(path, "WEBP", quality=86, method=6)
        self.driver.quit()
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} kB")


def page_danger(b: Browser) -> None:
    """Place the needle over the lung."""
    b.site("6 cm left of T4")


def page_hand(b: Browser) -> None:
    """Show the palm with minor and critical structures."""
    b.open_part("anterior", "Hand", "left")
    b.site("midpoint between left pisiform and left scaphoid tubercle")


def page_clear(b: Browser) -> None:
    """Show a fully answered adult and a shallow needle in the thigh."""
    b.site("left vastus lateralis")
    b.fill("#depth", "15")
    b.press("#patient-chip")
    b.press("#nothing-found")
    b.fill(".figure input[aria-label='How old is the patient?']", "40")
    b.fill('.figure input[aria-label="What is the patient\'s body mass index?"]', "23")
    b.press("#patient-close")
    b.driver.execute_script("document.activeElement.blur()")


def page_chest(b: Browser) -> None:
    """Show the back enlarged, with landmarks."""
    b.open_part("posterior", "Chest & back")
    b.site("right infraspinatus")
    b.press("#layers input[value=landmarks]")
    b.press("#zoom-in")


def page_shoulder(b: Browser) -> None:
    """Open an enlargement from the navigator."""
    b.open_part("posterior", "Shoulder", "left")
    b.site("left infraspinatus")


def page_stop(b: Browser) -> None:
    """Show that the abdomen is out of bounds in pregnancy."""
    b.driver.execute_script(
        "[...document.querySelectorAll('[id]')].find((e) => { try { const id ="
        " JSON.parse(e.id); return id.name === 'pregnant' && id.at === 'panel'; }"
        " catch { return false; } }).querySelector('input[value=yes]').click()"
    )
    b.choose("view", "Front")
    b.site("5 cm left of umbilicus")


@functools.cache
def classroom() -> str:
    """Serve a course that 25 made-up learners take; return the page of the course."""
    from tests.viewer.learn.simulated import COURSE, NAMES, take
    from viewer.page.app import create_app
    from viewer.service.access.access import Access

    folder = tempfile.mkdtemp()
    access = Access(password=PASSWORD, class_password="needles")
    app: Any = create_app(
        warm=False, access=access, db=f"sqlite:///{folder}/classroom.sqlite3"
    )
    store = app.server.extensions["needlemap_courses"]
    row = store.create(COURSE)
    for number, name in enumerate(NAMES):
        take(store, row.code, name, until=None if number < 18 else number - 15)
    threading.Thread(
        target=lambda: app.server.run(port=CLASSROOM_PORT, threaded=True), daemon=True
    ).start()
    return f"http://{CLASSROOM}:{CLASSROOM_PORT}/learn/teach/{row.id}"


def teach_page(b: Browser, path: str = "") -> None:
    """Log in as the trainer and open a page of the course."""
    course = classroom()
    b.driver.get(course)
    time.sleep(3)
    b.driver.find_element("css selector", "#password").send_keys(PASSWORD + ENTER)
    time.sleep(3)
    b.driver.get(course + path)
    time.sleep(6)


def teach_course(b: Browser) -> None:
    """Show who is where."""
    teach_page(b)


def teach_wrong(b: Browser) -> None:
    """Show where the needles went."""
    teach_page(b)
    for _ in range(2):  # the first time the pictures begin to load
        b.driver.execute_script(
            "document.querySelector('.pictures').previousElementSibling"
            ".previousElementSibling.scrollIntoView()"
        )
        time.sleep(8)


def teach_edit(b: Browser) -> None:
    """Show a course in its form."""
    teach_page(b, "/edit")


def teach_board(b: Browser) -> None:
    """Show the code for the projector."""
    teach_page(b, "/board")


def atlas(b: Browser) -> None:
    """Open a zone's plate in the atlas."""
    b.driver.get(f"http://127.0.0.1:{PORT}/atlas?zone=kidney")
    time.sleep(6)


def atlas_compare(b: Browser) -> None:
    """Show two patients side by side in the atlas."""
    b.driver.get(
        f"http://127.0.0.1:{PORT}/atlas?zone=kidney&compare=yes"
        "&a=sex:female,bmi:17,length:40,depth:15&b=sex:male,bmi:30,length:40,depth:15"
    )
    time.sleep(6)


def learn_page(b: Browser, path: str) -> None:
    """Open a page for learners."""
    b.driver.get(f"http://127.0.0.1:{PORT}/learn{path}")
    time.sleep(3)


def learn_send(b: Browser) -> None:
    """Send the answer and wait for what comes back."""
    b.press("#send")
    time.sleep(4)


def learn_exercise(b: Browser) -> None:
    """Show a plan that is to be judged."""
    learn_page(b, "/practice?kind=would_you&seed=7&body=female")


def learn_change(b: Browser) -> None:
    """Change a plan at the neck."""
    learn_page(b, "/practice?kind=make_acceptable&seed=33&body=female")
    b.fill("#depth", "20")
    b.driver.execute_script("document.activeElement.blur()")


def learn_feedback(b: Browser) -> None:
    """Answer what went wrong, half of it right."""
    learn_page(b, "/practice?kind=what_went_wrong&seed=1&body=female")
    b.press('input[data-skill="structure"][value="pleura"]')
    b.press('input[data-skill="prevention"]')
    learn_send(b)


def learn_phone(b: Browser) -> None:
    """Put a needle on a phone, some way off."""
    learn_page(b, "/practice?kind=place_it&seed=5&body=female")
    b.driver.execute_script(
        "const c = window.needleExercise.chart; c.put(c.wide * 0.7, c.tall * 0.62)"
    )
    learn_send(b)


PICTURES: dict[str, tuple[tuple[int, int, bool], Callable[[Browser], None]]] = {
    "page_danger": ((1280, 800, False), page_danger),
    "page_stop": ((1280, 800, False), page_stop),
    "page_clear": ((1280, 800, False), page_clear),
    "page_chest": ((1280, 800, False), page_chest),
    "page_hand": ((1280, 800, False), page_hand),
    "page_shoulder": ((1280, 800, False), page_shoulder),
    "teach_course": ((1280, 800, False), teach_course),
    "teach_wrong": ((1280, 800, False), teach_wrong),
    "teach_edit": ((1280, 960, False), teach_edit),
    "teach_board": ((1280, 800, False), teach_board),
    "atlas": ((1280, 800, False), atlas),
    "atlas_compare": ((1280, 800, False), atlas_compare),
    "learn_exercise": ((1280, 800, False), learn_exercise),
    "learn_change": ((1024, 768, False), learn_change),
    "learn_feedback": ((1280, 800, False), learn_feedback),
    "learn_phone": ((390, 844, False), learn_phone),
    "tablet": ((1024, 768, True), page_danger),
    "tablet_upright": ((768, 1024, True), page_danger),
    "phone": ((390, 844, True), page_danger),
}


def serve() -> None:
    """Serve the page from this process."""
    from viewer.page.app import create_app, read_all

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # answers that are given for a picture are nobody's
    folder = tempfile.mkdtemp()
    app: Any = create_app(warm=False, db=f"sqlite:///{folder}/pictures.sqlite3")
    read_all()
    threading.Thread(
        target=lambda: app.server.run(port=PORT, threaded=True), daemon=True
    ).start()


def main() -> None:
    """Take all pictures, or those named."""
    sys.path.insert(0, str(ROOT))
    FOLDER.mkdir(parents=True, exist_ok=True)
    serve()
    for name in sys.argv[1:] or PICTURES:
        (width, height, touch), steps = PICTURES[name]
        browser = Browser(width, height, touch=touch)
        steps(browser)
        browser.save(name)


if __name__ == "__main__":
    main()
