"""The learners' pages over HTTP: nothing given away, nothing twice, nobody else's."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.viewer.learn.conftest import COURSE, right, wrong
from viewer.learn.practice import NEED, NEW, Ref, Wish, digest, draw, find, new_zones
from viewer.learn.routes.learner import signed
from viewer.learn.storage.store import CourseStore
from viewer.learn.views.exercise_view import exercise
from viewer.learn.web import add_learn
from viewer.map.charts.routes import add_charts
from viewer.record.storage.database import Database
from viewer.service.access.access import Access
from viewer.service.edge.headers import add_headers, page_policy
from zones.teaching.courses.schedule import new_state, review
from zones.teaching.items import KINDS, Item
from zones.teaching.pool import zone_table

#: Seeds that are looked through for each kind.
SEEDS = range(1, 9)
EXAM = COURSE.replace("title: Thorax", "title: Examination\nexam: true")
EVIL = "<script>alert('x')</script>"


@pytest.fixture
def server(courses: CourseStore) -> Flask:
    """The learners' pages and nothing else."""
    app = Flask("learners")
    add_charts(app)
    add_learn(app, courses, Access())
    add_headers(app, page_policy([]))
    return app


@pytest.fixture
def ana(server: Flask) -> FlaskClient:
    return server.test_client()


@pytest.fixture
def ben(server: Flask) -> FlaskClient:
    return server.test_client()


def sheet(page: str) -> dict[str, Any]:
    """Return what a page tells its scripts."""
    found = re.search(r"data-page='([^']*)'", page)
    assert found, page[:2000]
    return dict(json.loads(html.unescape(found[1])))


def opened(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.text[:400]
    return str(answer.text)


def sent(client: FlaskClient, url: str, **body: Any) -> Any:
    return client.post(url, json=body)


def joined(client: FlaskClient, code: str, name: str) -> str:
    answer = client.post("/learn/join", data={"code": code, "name": name})
    assert answer.status_code == 200, answer.text[:400]
    found = re.search(r'id="word">(\w+)<', answer.text)
    assert found
    return found[1]


def secrets_of(item: Item) -> list[str]:
    """Return texts of which each would give an exercise away."""
    found = [item.reason]
    if item.solution is not None:
        found += [item.solution.why]
    if item.case is not None:
        found += [item.case.happened, item.case.citation, item.case.id]
    if item.target is not None:
        found += [f"{item.target.x_mm:g}", f"{item.target.y_mm:g}"]
    return [text for text in found if len(text) > 3]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_gives_the_answer_away(ana: FlaskClient, kind: str) -> None:
    for seed in SEEDS:
        url = f"/learn/practice?kind={kind}&seed={seed}"
        page = html.unescape(opened(ana, url))
        item = find(Ref(kind, seed))  # type: ignore[arg-type]
        for secret in secrets_of(item):
            assert secret not in page, (seed, secret)
        assert "is-right" not in page
        view = sheet(opened(ana, url))["view"]
        assert not {"reason", "sources", "zones", "target", "solution"} & set(view)
        assert {layer["id"] for layer in view["layers"]}.isdisjoint(item.hide)
        for question in view["questions"]:
            assert set(question) == {"skill", "text", "choices"}
            assert all(set(choice) == {"id", "text"} for choice in question["choices"])
        if kind == "place_it":
            assert view["site"] is None and not view["ways"]
            assert set(view["needle"]) == {"length_mm"}
        if kind == "make_acceptable":
            controls = view["controls"]
            assert set(controls) == set(item.freedom.changes)  # type: ignore[union-attr]


def test_the_address_of_what_is_due_does_not_name_its_zone(ana: FlaskClient) -> None:
    state = review(new_state(), {"structure": 0.0}, zones=["pleura"])
    assert draw(Wish(mode=NEW), state) is not None
    ref = Ref("what_went_wrong", 3, digest("pleura"), Wish(mode=NEED))
    page = opened(ana, f"/learn/practice?{ref.query()}")
    assert "pleura" not in ref.query() and "zones=" not in ref.query()
    assert "about=" not in sheet(page)["next"]
    assert "pleura" in find(ref).zones
    assert "pleura" not in new_zones(state)


@pytest.mark.parametrize("kind", KINDS)
def test_right_and_wrong_answers_come_back(ana: FlaskClient, kind: str) -> None:
    url = f"/learn/practice?kind={kind}&seed=7"
    send = sheet(opened(ana, url))["send"]
    item = find(Ref(kind, 7))  # type: ignore[arg-type]
    good = sent(ana, send, key="good", response=right(item))
    assert good.status_code == 200, good.text
    assert good.json["outcome"] == "right" and "Right" in good.json["html"]
    bad = sent(ana, send, key="bad", response=wrong(item))
    assert bad.json["outcome"] in ("wrong", "partly")
    for told in (good, bad):
        text = html.unescape(told.json["html"])
        assert "Sources" in text and "Next exercise" in text
        assert told.json["marks"]["zones"].startswith("/learn/picture/")
        where = re.search(r'src="(/learn/section[^"]*)"', told.json["html"])
        assert where
        drawn = ana.get(html.unescape(where[1]))
        assert drawn.mimetype == "image/svg+xml"
        assert drawn.text.startswith("<svg")
    if item.case is not None:
        assert item.case.citation in html.unescape(good.json["html"])
    if item.target is not None:
        assert good.json["marks"]["target"]["spread"] == item.target.spread_mm


def test_sending_again_counts_once(ana: FlaskClient, courses: CourseStore) -> None:
    send = sheet(opened(ana, "/learn/practice?kind=would_you&seed=7"))["send"]
    response = right(find(Ref("would_you", 7)))
    first = sent(ana, send, key="k", response=response)
    again = sent(ana, send, key="k", response=response)
    assert not first.json["repeated"] and again.json["repeated"]
    assert first.json["marks"] == again.json["marks"]
    page = opened(ana, "/learn/progress")
    assert "<b>1</b>" in page or "1 of 1" in page
    token = ana.get_cookie("needlemap_learner", path="/learn")
    assert token is not None
    assert len(courses.practice_answers(token.value)) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"key": "a"}, "response"),
        ({"key": "a", "response": {}}, "must be one of"),
        ({"key": "a", "response": {"choices": {"verdict": "MAYBE"}}}, "MAYBE"),
        ({"response": {"choices": {}}}, "key"),
        ({"key": "x" * 65, "response": {}}, ""),
    ],
)
def test_what_can_not_be_read_is_said(
    ana: FlaskClient, body: dict[str, Any], said: str
) -> None:
    send = sheet(opened(ana, "/learn/practice?kind=would_you&seed=7"))["send"]
    answer = ana.post(send, json=body)
    assert answer.status_code == 422
    assert said in answer.json["error"]["message"]
    assert not answer.json["error"]["again"]


@pytest.mark.parametrize(
    "query",
    [
        "kind=place_them&seed=1",
        "kind=would_you&seed=one",
        "kind=would_you&seed=99999999999999999999",
        "kinds=all",
        "zones=nowhere",
        "region=nowhere",
        "body=cat",
        "mode=fast",
        "kind=would_you&seed=1&about=12345678",
    ],
)
def test_a_link_that_is_wrong_is_said_in_words(ana: FlaskClient, query: str) -> None:
    answer = ana.get(f"/learn/practice?{query}")
    assert answer.status_code == 422
    assert "not possible" in answer.text and "Traceback" not in answer.text


def test_every_exercise_has_a_link(ana: FlaskClient) -> None:
    answer = ana.get("/learn/practice?kinds=would_you&region=thorax&body=male")
    assert answer.status_code == 302
    page = sheet(opened(ana, answer.location))
    assert (
        page["view"]["kind"] == "would_you" and page["view"]["frame"]["body"] == "male"
    )
    assert "region=thorax" in page["next"] and "seed" not in page["next"]
    again = sheet(opened(ana, answer.location))
    assert again["view"]["given"] == page["view"]["given"]


def test_nothing_due_says_so_and_offers_new_zones(ana: FlaskClient) -> None:
    page = opened(ana, "/learn/practice?mode=need")
    assert "Nothing is due yet" in page and "mode=new" in page
    assert ana.get("/learn/practice?mode=new").status_code == 302


def test_what_is_due_comes_first() -> None:
    state = review(new_state(), {"verdict": 0.0}, zones=["kidney"])
    card = state["cards"]["kidney|verdict"]["card"]
    card["due"] = card["last_review"]
    ref = draw(Wish(mode=NEED), state)
    assert ref is not None and ref.kind == "would_you"
    assert "kidney" in find(ref).zones


def test_what_has_no_exercise_of_its_kind_is_asked_in_another() -> None:
    # nobody published an injury of this nerve that an exercise could be made of
    state = review(new_state(), {"structure": 0.0}, zones=["lateral-antebrachial"])
    card = state["cards"]["lateral-antebrachial|structure"]["card"]
    card["due"] = card["last_review"]
    for _ in range(5):  # each is drawn anew
        ref = draw(Wish(mode=NEED), state)
        assert ref is not None and ref.kind != "what_went_wrong"
        assert "lateral-antebrachial" in find(ref).zones


def test_what_there_is_no_exercise_about_is_said(ana: FlaskClient) -> None:
    url = "/learn/practice?kinds=what_went_wrong&zones=lateral-antebrachial"
    answer = ana.get(url)
    assert answer.status_code == 422 and "no fair exercise" in answer.text


def test_a_course_from_joining_to_the_result(
    ana: FlaskClient, courses: CourseStore
) -> None:
    row = courses.create(COURSE)
    assert "Your name" in opened(ana, f"/learn/join?code={row.code.lower()}")
    joined(ana, row.code, EVIL)
    page = opened(ana, f"/learn/course/{row.code}")
    assert EVIL not in page and html.escape(EVIL, quote=False) in page.replace(
        "&#39;", "'"
    )
    items = courses.items(row.id, 1)
    for place, item in enumerate(items):
        told = sheet(opened(ana, f"/learn/course/{row.code}?n={place + 1}"))
        text = json.dumps(told)
        assert item.id not in text and "seed" not in text
        for secret in secrets_of(item):
            assert secret not in text
        reply = sent(ana, told["send"], place=place, response=right(item))
        assert reply.json["outcome"] == "right"
        # again, by a second tap or a phone that came back: the same, and not counted
        again = sent(ana, told["send"], place=place, response=wrong(item))
        assert again.json["repeated"] and again.json["outcome"] == "right"
        assert reply.json["html"] == again.json["html"]
        # the way back shows what was said and takes no other answer
        back = sheet(opened(ana, f"/learn/course/{row.code}?n={place + 1}"))
        assert back["kept"]["outcome"] == "right"
    result = opened(ana, f"/learn/course/{row.code}/result")
    assert "Passed" in result and "<b>100</b>" in result
    assert ana.get(f"/learn/course/{row.code}").status_code == 302
    assert "structures met" in opened(ana, "/learn/progress")


def test_an_exam_tells_nothing_before_its_end(
    ana: FlaskClient, courses: CourseStore
) -> None:
    row = courses.create(EXAM)
    joined(ana, row.code, "Ana")
    items = courses.items(row.id, 1)
    for place, item in enumerate(items):
        told = sheet(opened(ana, f"/learn/course/{row.code}?n={place + 1}"))
        assert {one["id"] for one in told["view"]["layers"]} <= {"skeleton"}
        reply = sent(ana, told["send"], place=place, response=wrong(item))
        assert set(reply.json) == {"repeated", "next", "left"}
        back = opened(ana, f"/learn/course/{row.code}?n={place + 1}")
        assert sheet(back)["kept"] is None and sheet(back)["closed"]
        assert all(s not in html.unescape(back) for s in secrets_of(item))
    result = opened(ana, f"/learn/course/{row.code}/result")
    assert "of 100" in result and "Your answers" not in result
    assert all(items[0].id not in result for _ in items)
    courses.end(row.id)
    result = opened(ana, f"/learn/course/{row.code}/result")
    assert "Your answers" in result
    first = sheet(opened(ana, f"/learn/course/{row.code}?n=1"))
    assert first["kept"]["outcome"] in ("wrong", "partly")


def test_others_do_not_see_a_result(
    ana: FlaskClient, ben: FlaskClient, courses: CourseStore
) -> None:
    row = courses.create(COURSE)
    joined(ana, row.code, "Ana")
    item = courses.items(row.id, 1)[0]
    send = f"/learn/course/{row.code}/answer"
    assert sent(ana, send, place=0, response=right(item)).status_code == 200
    for path in ("", "?n=1", "/result"):
        answer = ben.get(f"/learn/course/{row.code}{path}")
        assert answer.status_code == 302 and "/learn/join" in answer.location
    refused = sent(ben, send, place=0, response=right(item))
    assert refused.status_code == 403
    assert refused.json["error"]["code"] == "not_joined"
    joined(ben, row.code, "Ben")
    page = opened(ben, f"/learn/course/{row.code}?n=1")
    assert sheet(page)["kept"] is None and "Ana" not in page


def test_names_and_words(
    ana: FlaskClient, ben: FlaskClient, courses: CourseStore
) -> None:
    row = courses.create(COURSE)
    word = joined(ana, row.code, "Ana")
    taken = ben.post("/learn/join", data={"code": row.code, "name": "ana"})
    assert taken.status_code == 409
    assert "word" in taken.text and 'value="ana"' in taken.text
    assert "<details open>" in taken.text
    given = {"code": row.code, "name": "ana", "word": "XXXX"}
    assert ben.post("/learn/join", data=given).status_code == 403
    back = ben.post("/learn/join", data=given | {"word": word.lower()})
    assert back.status_code == 302
    assert "Ana" in opened(ben, f"/learn/course/{row.code}")
    # the word is told once
    assert word not in opened(ben, f"/learn/course/{row.code}")
    # and the first browser has left its place to the other
    assert ana.get(f"/learn/course/{row.code}").status_code == 302
    nobody = ben.application.test_client()
    empty = nobody.post("/learn/join", data={"code": row.code, "name": "  "})
    assert empty.status_code == 422 and "1 to 40" in empty.text


def test_codes_that_are_none_or_have_ended(
    ana: FlaskClient, courses: CourseStore
) -> None:
    row = courses.create(COURSE)
    other = "ZZZZZZ" if row.code != "ZZZZZZ" else "YYYYYY"
    page = opened(ana, f"/learn/join?code={other}")
    assert "no course with this code" in page and row.code not in page
    assert ana.get(f"/learn/course/{other}").status_code == 404
    courses.end(row.id)
    assert "has ended" in opened(ana, f"/learn/join?code={row.code}")
    late = ana.post("/learn/join", data={"code": row.code, "name": "Ana"})
    assert late.status_code == 410


def test_an_edited_course_goes_on_as_it_was_begun(
    ana: FlaskClient, courses: CourseStore
) -> None:
    row = courses.create(COURSE)
    joined(ana, row.code, "Ana")
    items = courses.items(row.id, 1)
    courses.change(row.id, "title: Short\nitems:\n- {kind: ask_right, seed: 3}\n", 1)
    told = sheet(opened(ana, f"/learn/course/{row.code}?n=1"))
    assert told["view"]["kind"] == items[0].kind
    reply = sent(ana, told["send"], place=0, response=right(items[0]))
    assert reply.json["next"].endswith("n=2")


def test_out_of_turn_and_beyond(ana: FlaskClient, courses: CourseStore) -> None:
    row = courses.create(COURSE)
    joined(ana, row.code, "Ana")
    assert ana.get(f"/learn/course/{row.code}?n=3").status_code == 302
    assert ana.get(f"/learn/course/{row.code}?n=99").status_code == 422
    send = f"/learn/course/{row.code}/answer"
    item = courses.items(row.id, 1)[2]
    early = sent(ana, send, place=2, response=right(item))
    assert early.status_code == 409 and early.json["error"]["code"] == "out_of_turn"
    for place in (True, "0", None, -1, 99):
        assert sent(ana, send, place=place, response={}).status_code in (409, 422)
    done = ana.post(f"/learn/course/{row.code}/finish")
    assert done.status_code == 302 and done.location.endswith("/result")
    late = sent(ana, send, place=0, response=right(courses.items(row.id, 1)[0]))
    assert late.status_code == 409
    assert "0 of 5" in opened(ana, f"/learn/course/{row.code}/result")


def test_an_answer_after_the_time_is_up(
    ana: FlaskClient, courses: CourseStore, monkeypatch: pytest.MonkeyPatch
) -> None:

    row = courses.create(COURSE.replace("Thorax", "Timed\ntime_limit_min: 10"))
    joined(ana, row.code, "Ana")
    items = courses.items(row.id, 1)
    told = sheet(opened(ana, f"/learn/course/{row.code}?n=1"))
    assert 590 < told["left"] <= 600
    first = sent(ana, told["send"], place=0, response=right(items[0]))
    assert 590 < first.json["left"] <= 600
    later = datetime.now(UTC) + timedelta(minutes=11)
    monkeypatch.setattr(Database, "now", lambda _: later)
    late = sent(ana, told["send"], place=1, response=right(items[1]))
    assert late.status_code == 410 and late.json["error"]["code"] == "time_up"
    assert not late.json["error"]["again"]
    # sent again because its answer was lost: what had come in time still counts
    again = sent(ana, told["send"], place=0, response=right(items[0]))
    assert again.status_code == 200 and again.json["repeated"]
    assert again.json["next"].endswith("/result")
    result = opened(ana, f"/learn/course/{row.code}/result")
    assert "1 of 5" in result and "<b>20</b>" in result
    assert ana.get(f"/learn/course/{row.code}?n=2").status_code == 302


def test_a_link_from_elsewhere_keeps_the_learner(ana: FlaskClient) -> None:
    answer = ana.get("/learn")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "Path=/learn" in cookie and "SameSite=Lax" in cookie
    assert "Set-Cookie" not in ana.get("/learn").headers


def test_pictures_may_be_kept_and_pages_not(ana: FlaskClient) -> None:
    page = ana.get("/learn/practice?kind=ask_right&seed=1")
    assert page.headers["Cache-Control"] == "no-store"
    assert (
        "unsafe-inline"
        not in page.headers["Content-Security-Policy"].split("style-src")[0]
    )
    assert len(page.data) < 60_000
    view = sheet(page.text)["view"]
    skin = ana.get(view["frame"]["pictures"]["skin"])
    assert "immutable" in skin.headers["Cache-Control"]
    assert skin.mimetype == "image/webp"
    layers = {layer["id"]: layer["url"] for layer in view["layers"]}
    zones = ana.get(layers["zones"], headers={"Accept-Encoding": "gzip"})
    assert zones.headers["Content-Encoding"] == "gzip"
    assert len(zones.data) < 120_000
    assert ana.get(layers["landmarks"]).json[0]["name"]
    style = re.search(r'href="(/learn/static/learn.css[^"]*)"', page.text)
    assert style
    with ana.get(style[1]) as sent_style:
        assert "immutable" in sent_style.headers["Cache-Control"]
    assert ana.get("/learn/picture/x/anterior.svg").status_code == 422
    for path in ("/charts/female/nowhere.webp", "/charts/female/anterior.webp?layer=x"):
        assert ana.get(path).status_code == 404
    chart = re.search(r'src="(/learn/static/shared/chart_map.js[^"]*)"', page.text)
    assert chart
    with ana.get(chart[1]) as widget:
        assert "immutable" in widget.headers["Cache-Control"]
    assert ana.get("/learn/static/shared/record.js").status_code == 404


def test_a_cross_section_is_drawn_for_exercises_only(ana: FlaskClient) -> None:
    request = {"site": {"text": "GB21 left"}, "needle": {"depth_mm": 10}}
    assert ana.get(f"/learn/section.svg?of={signed(request)}").status_code == 200
    for of in ("", json.dumps(request), signed(request)[:-2] + "xx"):
        refused = ana.get("/learn/section.svg", query_string={"of": of})
        assert refused.status_code == 422


def test_a_trainer_s_own_words_stand_and_are_only_text() -> None:
    from zones.teaching.courses.written import Written, written_item

    item = written_item(
        Written.model_validate(
            {
                "kind": "would_you",
                "prompt": f"{EVIL} Now?",
                "site": {"point": "LI4", "side": "left"},
                "needle": {"length_mm": 25.0, "depth_mm": 10.0},
            }
        )
    )
    view = exercise(item)
    assert view["ask"] == f"{EVIL} Now?"
    assert [label for label, _ in view["given"]] == ["Where", "Needle", "Patient"]


def test_words_of_a_trainer_are_no_markup(
    ana: FlaskClient, courses: CourseStore
) -> None:
    row = courses.create(
        f'title: "{EVIL}"\ndescription: "{EVIL}"\nitems:\n- kind: place_it\n'
        f'  prompt: "{EVIL} Put it."\n  site: {{landmark: acromion, side: left}}\n'
    )
    assert EVIL not in opened(ana, f"/learn/join?code={row.code}")
    answer = ana.post("/learn/join", data={"code": row.code, "name": EVIL})
    page = opened(ana, f"/learn/course/{row.code}?n=1")
    told = sheet(page)
    item = courses.items(row.id, 1)[0]
    reply = sent(ana, told["send"], place=0, response=right(item))
    for text in (
        answer.text,
        page,
        opened(ana, f"/learn/course/{row.code}?n=1"),
        opened(ana, f"/learn/course/{row.code}/result"),
        ana.get(f"/learn/join?code={EVIL}").text,
        ana.get(f"/learn/practice?kind={EVIL}&seed=1").text,
    ):
        assert "<script>alert" not in text
    assert "<script>" not in reply.json["html"]
    assert told["view"]["ask"] == f"{EVIL} Put it."


def test_all_zones_have_a_digest_of_their_own() -> None:
    assert len({digest(zone) for zone in zone_table()}) == len(zone_table())


def test_a_class_comes_in_by_a_link_and_its_password(tmp_path: Path) -> None:
    """The whole service: log in, join by the link, answer, see pictures; no more."""
    from viewer.page.app import create_app

    access = Access(password="the trainer's", class_password="needles")
    url = f"sqlite:///{tmp_path}/class.sqlite3"
    app = create_app(warm=False, access=access, db=url).server
    row = app.extensions["needlemap_courses"].create(COURSE)
    client = app.test_client()
    link = f"/learn/join?code={row.code}"
    refused = client.get(link, headers={"Accept": "text/html"})
    assert refused.status_code == 303 and "/login?next=" in refused.location
    unsent = sent(client, f"/learn/course/{row.code}/answer", place=0, response={})
    assert unsent.status_code == 401  # the page keeps the answer and says log in
    inside = client.post("/login", data={"password": "needles", "next": link})
    assert inside.location == link
    joined(client, row.code, "Ana")
    told = sheet(opened(client, f"/learn/course/{row.code}?n=1"))
    item = app.extensions["needlemap_courses"].items(row.id, 1)[0]
    foreign = {"Sec-Fetch-Site": "cross-site"}
    body = {"place": 0, "response": right(item)}
    assert client.post(told["send"], json=body, headers=foreign).status_code == 403
    assert client.post(told["send"], json=body).json["outcome"] == "right"
    picture = client.get(told["view"]["frame"]["pictures"]["skin"])
    assert "immutable" in picture.headers["Cache-Control"]
    page = opened(client, "/learn")
    assert 'href="/atlas"' not in page and "Log out" in page
