"""The trainer's pages: making, running and reading a course; learners stay outside."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.viewer.learn.conftest import COURSE, right, wrong
from tests.viewer.learn.simulated import take
from viewer.learn.storage.store import CourseStore
from viewer.learn.views.course_form import exercise_at, form_text, read_form
from viewer.service.access.access import Access
from zones.teaching.courses.course import check_course, course_items, load_course
from zones.teaching.items import KINDS

if TYPE_CHECKING:
    from flask.testing import FlaskClient

SHORT = "title: Short\nitems:\n- {kind: would_you, seed: 7, count: 3}\n"
EVIL = "<script>alert('x')</script>"


@pytest.fixture
def page(tmp_path: Path) -> FlaskClient:
    """A trainer at the machine itself, with a fresh database."""
    return client(tmp_path)


def client(folder: Path, access: Access | None = None) -> FlaskClient:
    from viewer.page.app import create_app

    url = f"sqlite:///{folder}/records.sqlite3"
    return create_app(warm=False, access=access, db=url).server.test_client()


def store_of(page: FlaskClient) -> CourseStore:
    found = page.application.extensions["needlemap_courses"]
    assert isinstance(found, CourseStore)
    return found


def save(page: FlaskClient, **data: Any) -> list[dict[str, Any]]:
    """Send a course; return all that is told about it."""
    answer = page.post("/learn/teach/save", json=data)
    if answer.status_code != 200:
        return [answer.get_json() | {"status": answer.status_code}]
    return [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]


def test_a_course_made_from_yaml_tells_how_far_it_is(page: FlaskClient) -> None:
    """Each exercise is proven; then the course has a code and a page."""
    *steps, done = save(page, text=SHORT)
    assert [(step["proven"], step["of"]) for step in steps] == [(1, 3), (2, 3), (3, 3)]
    assert done["url"] == f"/learn/teach/{done['id']}"
    text = page.get(done["url"]).get_data(as_text=True)
    assert done["code"] in text
    assert f"/learn/join?code={done['code']}" in text
    assert done["code"] in page.get("/learn/teach").get_data(as_text=True)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("title: A\nitems:\n- {kind: plce_it}\n", 3, "place_it"),
        ("title: A\nitems:\n- {kind: place_it, zones: [plura]}\n", 3, "pleura"),
        (
            "title: A\nitems:\n- kind: place_it\n"
            "  site: {landmark: acromio, side: left}\n",
            4,
            "acromion",
        ),
        ("title: A\npass_mark: 130 %\nitems:\n- {kind: place_it}\n", 2, "100"),
        ("title: &a A\ndescription: *a\nitems:\n- {kind: place_it}\n", 2, "alias"),
        ("title: A\nitems: ]\n", 2, "YAML"),
        ("title: A\ntitle: B\nitems:\n- {kind: place_it}\n", 2, "duplicate"),
        ("title: A\nitems:\n- {kind: place_it, count: 501}\n", 3, "500"),
        ("title: A\nitems: " + "[" * 5000 + "]" * 5000, 2, "deep"),
        ("title: A\nitems:\n" + "- {kind: x}\n" * 9000, 2, "500"),
        ("title: A\nitems:\n- {kind: " + "place" * 20_000 + "}\n", 3, " …"),
        ("", 1, "empty"),
        ("just words", 1, "mapping"),
    ],
)
def test_what_is_wrong_with_a_course_is_told_by_line(
    page: FlaskClient, text: str, line: int, said: str
) -> None:
    """With the nearest names; and nothing is kept."""
    for address in ("save", "form", "preview"):
        answer = page.post(f"/learn/teach/{address}", json={"text": text, "place": 0})
        assert answer.status_code == 422
        problem = answer.get_json()["error"]["problems"][0]
        assert problem["line"] == line
        words = problem["message"] + " ".join(problem["suggestions"])
        assert said in words
    assert store_of(page).courses() == []


def test_an_unfair_exercise_is_told_after_the_others(page: FlaskClient) -> None:
    """It comes with its line at the end of the steps; nothing is kept."""
    unfair = (
        "title: A\nitems:\n- {kind: place_it}\n- kind: make_acceptable\n"
        "  site: {muscle: vastus lateralis, side: left}\n"
        "  needle: {length_mm: 40, depth_mm: 10}\n"
    )
    steps = save(page, text=unfair)
    assert steps[0] == {"proven": 1, "of": 2}
    assert steps[-1]["error"]["problems"][0]["line"] == 4
    assert store_of(page).courses() == []


def test_a_huge_file_is_refused_at_once(page: FlaskClient) -> None:
    """By its characters in words, by its bytes before it is read."""
    long = "title: A\ndescription: " + "x" * 250_000 + "\nitems:\n- {kind: place_it}\n"
    for address in ("save", "form"):
        answer = page.post(f"/learn/teach/{address}", json={"text": long})
        assert answer.status_code == 422
    assert "200,000" in answer.get_json()["error"]["message"]
    answer = page.post("/learn/teach/save", json={"text": "x" * 2_000_000})
    assert answer.status_code == 422
    assert "bytes" in answer.get_json()["error"]["message"]
    assert store_of(page).courses() == []


def test_form_and_yaml_are_one_thing() -> None:
    """Drawn and written exercises, all settings, there and back."""
    text = (
        "title: '12'\ndescription: Two lines\npass_mark: 60 %\ntime_limit_min: 20\n"
        "item_limit_s: 90\norder: shuffled\nexam: true\nhide: [skeleton, muscles]\n"
        "items:\n- {kind: place_it, seed: 4, count: 2, zones: [pleura], body: female}\n"
        "- kind: would_you\n  site: {point: GB21, side: right}\n"
        "  needle: {length_mm: 40, depth_mm: 30}\n"
    )
    form = read_form(text)
    assert form["items"][1]["words"].startswith("kind: would_you")
    assert load_course(form_text(form)) == load_course(text)
    typed = form | {"pass_mark": "60", "time_limit_min": "20", "item_limit_s": " 90 "}
    assert load_course(form_text(typed)) == load_course(text)
    empty = form | {"time_limit_min": "", "item_limit_s": None}
    assert load_course(form_text(empty)).time_limit_min is None


def test_a_form_with_errors_names_the_field(page: FlaskClient) -> None:
    """The form has no lines; the entry is named by its path."""
    form = read_form(SHORT) | {"title": "", "pass_mark": "130 %"}
    form["items"][0]["count"] = "many"
    (said,) = save(page, form=form)
    fields = {one["field"] for one in said["error"]["problems"]}
    assert {"title", "pass_mark", "items[0].count"} <= fields
    for broken in (
        {"form": None},
        {"form": {"items": 3}},
        {"form": {"items": [3]}},
        {},
    ):
        assert page.post("/learn/teach/save", json=broken).status_code == 422


def test_every_place_of_a_course_can_be_looked_at(page: FlaskClient) -> None:
    """Without drawing the others; it is the exercise that the course will have."""
    text = COURSE.replace("seed: 4}", "seed: 4, count: 2}")
    course = load_course(text)
    drawn = [row.item for row in course_items(course)]
    assert [exercise_at(course, place) for place in range(len(drawn))] == drawn
    answer = page.post(
        "/learn/teach/preview", json={"text": text, "place": 1}
    ).get_json()
    assert answer["count"] == 6
    assert f"Item {drawn[1].id}" in answer["html"]
    for place in (6, -1, True, "1", None):
        data = {"text": text, "place": place}
        assert page.post("/learn/teach/preview", json=data).status_code == 422


def test_every_exercise_of_a_course_has_a_page_with_its_answer(
    page: FlaskClient,
) -> None:
    """One right choice for each question, the picture, and the sources."""
    row = store_of(page).create(COURSE)
    items = store_of(page).items(row.id, 1)
    for number, item in enumerate(items, start=1):
        text = page.get(f"/learn/teach/{row.id}/exercise/{number}").get_data(
            as_text=True
        )
        assert text.count('<li class="right">') == len(item.questions)
        assert "data:image/svg+xml" in text
        for question in item.questions:
            assert question.text in text
    assert page.get(f"/learn/teach/{row.id}/exercise/6").status_code == 422
    assert page.get(f"/learn/teach/{row.id}/exercise/0").status_code == 422


def test_a_second_window_is_told_and_overwrites_nothing(page: FlaskClient) -> None:
    """The first to save wins; who began a version finishes it."""
    store = store_of(page)
    row = store.create(SHORT)
    mine = store.join(row.code, "Ana", "token-of-ana")
    one = save(page, text=SHORT.replace("Short", "One"), id=row.id, revision=1)[-1]
    assert one["revision"] == 2
    two = save(page, text=SHORT.replace("Short", "Two"), id=row.id, revision=1)
    assert [step.get("error", {}).get("code") for step in two] == ["edited"]
    assert store.course(row.id).title == "One"
    assert store.answer(mine, 0, right(store.item(mine, 0))).enrolment is not None
    (person,) = page.get(f"/learn/teach/{row.id}/live.json").get_json()["people"]
    assert person["older"] == 1
    text = page.get(f"/learn/teach/{row.id}/edit").get_data(as_text=True)
    assert "1 learner has joined" in text
    assert "version 3" in text
    assert save(page, text=SHORT, id=999, revision=1)[0]["status"] == 404


def test_who_is_where_is_sent_only_when_it_changed(page: FlaskClient) -> None:
    """Names, places, scores so far; then a mark by which nothing new is short."""
    store = store_of(page)
    row = store.create(SHORT)
    address = f"/learn/teach/{row.id}/live.json"
    assert page.get(address).get_json()["people"] == []
    mine = store.join(row.code, "Ana", "token-of-ana")
    store.answer(mine, 0, right(store.item(mine, 0)))
    store.answer(mine, 1, wrong(store.item(mine, 1)))
    said = page.get(address).get_json()
    (person,) = said["people"]
    assert (person["name"], person["place"], person["count"]) == ("Ana", 2, 3)
    assert person["score"] == 50
    assert person["passed"] is None
    assert said["answers"] == 2
    again = page.get(f"{address}?since={said['mark']}").get_json()
    assert set(again) == {"now", "mark"}
    store.answer(mine, 2, right(store.item(mine, 2)))
    (person,) = page.get(f"{address}?since={said['mark']}").get_json()["people"]
    assert (person["score"], person["passed"]) == (66, False)
    assert person["finished"]


def test_ending_opening_removing_deleting(page: FlaskClient) -> None:
    """Each does what it says, and only to this course."""
    store = store_of(page)
    row, other = store.create(SHORT), store.create(SHORT.replace("Short", "Other"))
    mine = store.join(row.code, "Ana", "token-of-ana")
    store.answer(mine, 0, right(store.item(mine, 0)))

    def post(course: int, what: str, **data: Any) -> Any:
        return page.post(f"/learn/teach/{course}/{what}", json=data)

    assert post(row.id, "end").get_json() == {"state": "ended"}
    assert "■ ended" in page.get("/learn/teach").get_data(as_text=True)
    assert post(row.id, "reopen").get_json() == {"state": "open"}
    assert post(other.id, "remove", enrolment=mine.id).status_code == 403
    assert len(store.people(row.id)) == 1
    assert post(row.id, "remove", enrolment=mine.id).status_code == 200
    assert store.people(row.id) == []
    assert store.answers(row.id) == []
    assert post(row.id, "delete").status_code == 200
    assert page.get(f"/learn/teach/{row.id}").status_code == 404
    assert [one.id for one in store.courses()] == [other.id]
    for what in ("end", "reopen", "delete"):
        assert post(row.id, what).status_code == 404
    # a form of another site cannot send JSON
    plain = page.post(f"/learn/teach/{other.id}/delete", data={"a": "b"})
    assert plain.status_code == 422
    assert len(store.courses()) == 1


def test_a_learner_taken_off_while_answering_is_told(page: FlaskClient) -> None:
    """The answer comes back in words, and nothing of it is kept."""
    from viewer.learn.errors import NotJoinedError

    store = store_of(page)
    row = store.create(SHORT)
    mine = store.join(row.code, "Ana", "token-of-ana")
    response = right(store.item(mine, 0))
    page.post(f"/learn/teach/{row.id}/remove", json={"enrolment": mine.id})
    with pytest.raises(NotJoinedError, match="taken you off"):
        store.answer(mine, 0, response)
    assert store.answers(row.id) == []
    assert store.join(row.code, "Ana", "token-of-ana").place == 0


def test_the_table_of_answers(page: FlaskClient) -> None:
    """A row for each answer; a name that looks like a formula is text."""
    store = store_of(page)
    row = store.create(COURSE)
    bad = '=HYPERLINK("http://x.example")'
    for name in (bad, "Björn, the 2nd"):
        mine = store.join(row.code, name, f"token of {name}"[:40])
        for place in range(5):
            item = store.item(mine, place)
            store.shown(mine.id, place)
            store.answer(mine, place, (wrong if place % 2 else right)(item))
    answer = page.get(f"/learn/teach/{row.id}/results.csv")
    assert f"Thorax-{row.code}-results.csv" in answer.headers["Content-Disposition"]
    text = answer.get_data().decode("utf-8-sig")
    assert text[0] != "\ufeff"
    rows = list(csv.DictReader(io.StringIO(text)))
    kept = store.answers(row.id)
    assert len(rows) == len(kept) == 10
    for line, one in zip(rows, kept, strict=True):
        assert line["learner"].removeprefix("'") == one.learner
        assert not line["learner"].startswith("=")
        assert line["item_id"] == one.answered.item_id
        assert float(line["score"]) == pytest.approx(one.answered.score, abs=1e-4)
        assert (line["right"] == "yes") is one.answered.right
        assert int(line["place"]) == one.place + 1 == int(line["exercise"])
        assert float(line["seconds"]) >= 0
        assert tuple(filter(None, line["errors"].split("; "))) == one.answered.errors
    text = page.get(f"/learn/teach/{row.id}/course.yaml").get_data(as_text=True)
    assert text == COURSE


def test_what_users_write_never_becomes_markup(page: FlaskClient) -> None:
    """Script tags in title, description, prompt and names are words."""
    course = {
        "title": EVIL,
        "description": EVIL,
        "items": [
            {
                "kind": "place_it",
                "prompt": EVIL,
                "site": {"landmark": "acromion", "side": "left"},
            }
        ],
    }
    store = store_of(page)
    row = store.create(yaml.safe_dump(course))
    mine = store.join(row.code, EVIL, "token-of-evil")
    store.answer(mine, 0, right(store.item(mine, 0)))
    here = f"/learn/teach/{row.id}"
    for address in (
        "/learn/teach", here, f"{here}/edit", f"{here}/board", f"{here}/exercise/1",
        f"{here}/findings", f"{here}/needles.svg?body=male&chart=anterior",
        f"/learn/teach/new?copy={row.id}",
    ):  # fmt: skip
        text = page.get(address).get_data(as_text=True)
        assert "<script>" not in text, address
        assert "alert" not in text or "alert(&#39;x" in text or "\\u003cscript" in text
    name = page.get(f"{here}/course.yaml").headers["Content-Disposition"]
    assert "<" not in name
    assert "script-src 'self'" in page.get(here).headers["Content-Security-Policy"]
    assert (
        "unsafe-inline"
        not in page.get(here)
        .headers["Content-Security-Policy"]
        .partition("script-src")[2]
        .partition(";")[0]
    )


def test_learners_reach_nothing_of_it(tmp_path: Path) -> None:
    """With the class password every address of the trainer's refuses, in words."""
    access = Access(password="correct horse battery", class_password="needles")
    app = client(tmp_path, access).application
    store = app.extensions["needlemap_courses"]
    row = store.create(SHORT)
    mine = store.join(row.code, "Ana", "token-of-ana")
    rules = [
        r for r in app.url_map.iter_rules() if r.endpoint.startswith("learn.teach")
    ]
    assert len(rules) >= 18
    for password, allowed in (("needles", False), ("correct horse battery", True)):
        caller = app.test_client()
        caller.post("/login", data={"password": password})
        for rule in rules:
            address = rule.rule.replace("<int:course_id>", str(row.id))
            address = address.replace("<int:number>", "1")
            if rule.methods and "POST" in rule.methods:
                if allowed:
                    continue  # it would delete what is asked for next
                answer = caller.post(
                    address, json={"enrolment": mine.id, "text": SHORT}
                )
            else:
                answer = caller.get(address)
            if not allowed:
                assert answer.status_code == 403, address
                assert "for the trainer" in answer.get_data(as_text=True)
                assert "Ana" not in answer.get_data(as_text=True)
            elif "needles.svg" not in address:
                assert answer.status_code == 200, address
    assert store.course(row.id).state == "open"
    assert store.course(row.id).people == 1
    assert len(store.courses()) == 1


def test_without_a_class_password_only_the_machine_itself_teaches(
    tmp_path: Path,
) -> None:
    """Whoever has the one password from elsewhere is a learner."""
    page = client(tmp_path, Access(password="correct horse battery"))
    page.post("/login", data={"password": "correct horse battery"})
    assert page.get("/learn/teach").status_code == 200
    far = {"REMOTE_ADDR": "192.0.2.7"}
    assert page.get("/learn/teach", environ_base=far).status_code == 403


def test_a_database_that_fails_is_told_in_words(
    page: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locked by another program, or not to be written: nothing half done."""
    store = store_of(page)
    row = store.create(SHORT)
    store._database.busy_s = 0.2
    store._database.close()
    other = sqlite3.connect(tmp_path / "records.sqlite3", isolation_level=None)
    other.execute("begin exclusive")
    try:
        answer = page.post(f"/learn/teach/{row.id}/end", json={})
        assert answer.status_code == 503
        assert answer.get_json()["error"]["again"] is True
        steps = save(page, text=SHORT)
        assert "error" in steps[-1]
        assert steps[-1]["error"]["code"] == "busy"
        assert "Another program holds" in steps[-1]["error"]["message"]
    finally:
        other.execute("rollback")
        other.close()
    assert store.course(row.id).state == "open"
    assert len(store.courses()) == 1


def test_an_own_failure_says_no_more_than_needed(
    page: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page and the steps say that it failed and that nothing was counted."""
    store = store_of(page)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(store, "create", fail)
    monkeypatch.setattr(store, "courses", fail)
    steps = save(page, text=SHORT)
    assert "went wrong" in steps[-1]["error"]["message"]
    answer = page.get("/learn/teach")
    assert answer.status_code == 500
    assert "secret" not in answer.get_data(as_text=True) + json.dumps(steps)


def test_what_the_class_gets_wrong_is_read_from_the_answers(page: FlaskClient) -> None:
    """Figures only from enough answers; then share, interval and both measures."""
    store = store_of(page)
    row = store.create(COURSE)
    address = f"/learn/teach/{row.id}/findings"
    assert "No answers yet" in page.get(address).get_data(as_text=True)
    for number in range(4):
        take(store, row.code, f"Learner {number}")
    text = page.get(address).get_data(as_text=True)
    assert "too few answers (4; at least 10 are needed)" in text
    for number in range(4, 12):
        take(store, row.code, f"Learner {number}")
    text = page.get(address).get_data(as_text=True)
    kept = [a.answered for a in store.answers(row.id) if a.answered.kind == "would_you"]
    hits = sum(one.right for one in kept)
    assert f"<b>{round(100 * hits / 12)} %</b>" in text
    assert "needles.svg" in text
    assert "too few" not in text.partition("<table")[2]


def test_answers_to_an_earlier_version_stay_and_say_so(page: FlaskClient) -> None:
    """They have no number and no link: that number is another exercise now."""
    store = store_of(page)
    row = store.create(SHORT)
    mine = store.join(row.code, "Ana", "token-of-ana")
    for place in range(3):
        store.answer(mine, place, right(store.item(mine, place)))
    store.change(row.id, SHORT.replace("seed: 7", "seed: 8"), 1)
    new = store.join(row.code, "Ben", "token-of-ben")
    store.answer(new, 0, right(store.item(new, 0)))
    text = page.get(f"/learn/teach/{row.id}/findings").get_data(as_text=True)
    table = text.partition("<tbody>")[2]
    assert table.count("<tr>") == 3
    assert table.count("of an earlier version") == 1
    assert table.count(f"/learn/teach/{row.id}/exercise/1") == 1
    assert table.count(f"/learn/teach/{row.id}/exercise/2") == 1
    lines = page.get(f"/learn/teach/{row.id}/results.csv").get_data(as_text=True)
    kept = list(csv.DictReader(io.StringIO(lines.lstrip("\ufeff"))))
    assert [(r["version"], r["exercise"]) for r in kept] == [
        ("1", "1"),
        ("1", "2"),
        ("1", "3"),
        ("2", "1"),
    ]


def test_names_of_files_hold_plain_letters_only() -> None:
    from viewer.learn.routes.trainer import file_name

    assert file_name('a"b\r\nSet-Cookie: x', "K7", "course.yaml") == (
        "a-b-Set-Cookie-x-K7-course.yaml"
    )
    assert file_name("…", "K7", "course.yaml") == "K7-course.yaml"


def test_the_example_of_the_documents_is_a_course() -> None:
    """Every exercise fair, every kind there, drawn and written."""
    file = Path(__file__).parents[3] / "docs" / "trainers" / "example_course.yaml"
    course, rows = check_course(file)
    assert {row.item.kind for row in rows} == set(KINDS)
    assert any(row.item.seed is None for row in rows)
    assert load_course(form_text(read_form(file.read_text("utf-8")))) == course
