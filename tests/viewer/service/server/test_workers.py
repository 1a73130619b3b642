"""Four workers and PostgreSQL: one service, whoever answers and whatever fails."""

from __future__ import annotations

import http.client
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.viewer.helpers.postgres import Server, server
from tests.viewer.learn import classroom
from tests.viewer.service.server.workers import Answer, Gunicorn, until
from tests.viewer.service.smart.fake_ehr import PATIENT, FakeEhr, fake_ehr
from tests.viewer.service.smart.test_smart import HERE, authorized, listed
from viewer.learn.storage.store import CourseStore
from viewer.record.errors import MissingError
from viewer.record.storage.place import database_url
from viewer.record.storage.store import RecordStore

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="gunicorn, and /proc"),
]
PASSWORD, CLASS, TOKEN = "correct horse battery", "learners", "0123456789abcdef-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
REQUEST = {"site": {"text": "6 cm left of T4"}, "needle": {"depth_mm": 25}}
#: Requests a minute that one program may make.
RATE = 120
COURSE = "title: Short\nitems:\n- {kind: would_you, seed: 7, count: 3}\n"


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    """A server of this module's own: it is stopped and started."""
    with server() as found:
        yield found


@pytest.fixture(scope="module")
def ehr() -> Iterator[FakeEhr]:
    with fake_ehr() as found:
        yield found


@pytest.fixture(scope="module")
def both(
    database: Server, ehr: FakeEhr, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Gunicorn, Gunicorn]]:
    """The page and the service for programs, started side by side."""
    common = {
        "NEEDLEMAP_DB": database.url,
        "NEEDLEMAP_PASSWORD": PASSWORD,
        "NEEDLEMAP_CLASS_PASSWORD": CLASS,
        "NEEDLEMAP_TOKEN": TOKEN,
        "NEEDLEMAP_TRUST_PROXIES": "1",
        "NEEDLEMAP_RATE": str(RATE),
    }
    figures = {
        "NEEDLEMAP_METRICS": "yes",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path_factory.mktemp("figures")),
    }
    launches = {"NEEDLEMAP_SMART": str(listed(tmp_path_factory.mktemp("smart"), ehr))}
    page = Gunicorn("viewer.page.wsgi:application", common | launches)
    programs = Gunicorn("viewer.service.wsgi:application", common | figures)
    try:
        page.ready()
        programs.ready()
        yield page, programs
    finally:
        for one in (page, programs):
            one.stop()
        for one in (page, programs):
            one.close()


@pytest.fixture
def page(both: tuple[Gunicorn, Gunicorn]) -> Gunicorn:
    return both[0]


@pytest.fixture
def programs(both: tuple[Gunicorn, Gunicorn]) -> Gunicorn:
    return both[1]


def by_all(server: Gunicorn, ask: Callable[[], Answer]) -> list[Answer]:
    """Ask side by side until every worker has answered; return all answers."""
    server.calls.write_text("")
    found: list[Answer] = []

    def some() -> None:
        found.extend(ask() for _ in range(5))

    for _ in range(30):
        threads = [threading.Thread(target=some) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if server.pids() <= server.answered():
            return found
    raise AssertionError(f"only {server.answered()} of {server.pids()} answered")


def test_logged_in_at_one_is_logged_in_at_all_and_logged_out_too(
    page: Gunicorn,
) -> None:
    assert len(page.pids()) == 4
    browser, other = page.log_in(PASSWORD), page.log_in(PASSWORD)
    learner = page.log_in(CLASS)

    def ping(who: dict[str, str], path: str = "/records/ping") -> set[int]:
        found = by_all(page, lambda: page.ask("GET", path, headers=who))
        return {answer.status for answer in found}

    assert ping(browser) == ping(other) == {200}
    assert ping(learner) == {403}
    assert ping(learner, "/learn/static/learn.css") == {200}
    assert page.ask("POST", "/logout", headers=browser).status == 303
    assert ping(browser) == {401}
    assert ping(other) == {200}


def test_wrong_passwords_count_over_all_workers(page: Gunicorn) -> None:
    there = {"X-Forwarded-For": "192.0.2.50"}
    forms = [{"password": f"guess {n}"} for n in range(8)]
    found = [page.ask("POST", "/login", form=f, headers=there).status for f in forms]
    assert found[:6] == [401] * 6 and found[6] == 429
    late = page.ask("POST", "/login", form={"password": PASSWORD}, headers=there)
    assert late.status == 429 and int(late.headers["retry-after"]) >= 1
    page.log_in(PASSWORD, **{"X-Forwarded-For": "192.0.2.51"})


def test_a_launch_ends_at_another_worker_than_began_it(
    page: Gunicorn, ehr: FakeEhr
) -> None:
    """Begun, ended and taken by whoever is free; each step is good once."""
    person = page.log_in(PASSWORD)
    query = urlencode({"iss": ehr.iss, "launch": "launch-1"})

    def cookies(answer: Answer) -> dict[str, str]:
        own = answer.headers["set-cookie"].split(";")[0]
        return {"Cookie": f"{person['Cookie']}; {own}"}

    def side_by_side(ask: Callable[[], Answer]) -> list[Answer]:
        found: list[Answer] = []
        threads = [
            threading.Thread(target=lambda: found.append(ask())) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    first = page.pids()
    workers: list[set[int]] = []
    for _ in range(12):
        page.calls.write_text("")
        begun = page.ask("GET", f"/launch?{query}", headers=person)
        assert begun.status == 302, begun.text
        back = authorized(begun.headers["location"]).removeprefix(HERE)
        callback = partial(page.ask, "GET", back, headers=cookies(begun))
        ended = side_by_side(callback)
        assert sorted(answer.status for answer in ended) == [303] + [400] * 7
        good = next(answer for answer in ended if answer.status == 303)
        token = parse_qs(urlsplit(good.headers["location"]).query)["launched"][0]
        taken = side_by_side(
            partial(
                page.ask,
                "POST",
                "/launch/patient",
                data={"token": token},
                headers=cookies(good),
            )
        )
        assert sorted(answer.status for answer in taken) == [200] + [400] * 7
        told = next(answer.json for answer in taken if answer.status == 200)
        assert told["code"] == PATIENT and told["facts"]["epilepsy"] is True
        workers.append(page.answered() & first)
    assert all(len(found) > 1 for found in workers), "one worker did it all"


def test_a_rate_counts_over_all_workers(programs: Gunicorn) -> None:
    """However many workers there are, a caller has one bucket."""
    there = {**BEARER, "X-Forwarded-For": "192.0.2.60"}
    begun = time.monotonic()
    found = by_all(
        programs, lambda: programs.ask("GET", "/api/v1/zones/pleura", headers=there)
    )
    for _ in range(8 * RATE):
        if found[-1].status != 200:
            break
        found.append(programs.ask("GET", "/api/v1/zones/pleura", headers=there))
    let_in = sum(answer.status == 200 for answer in found)
    # what came in while it was asked, and what clocks of processes may differ by
    filled = (time.monotonic() - begun + 1.0) * RATE / 60
    assert RATE <= let_in <= RATE + filled
    assert found[-1].status == 429 and int(found[-1].headers["retry-after"]) >= 1


def test_figures_are_those_of_all_workers(programs: Gunicorn) -> None:
    there = {**BEARER, "X-Forwarded-For": "192.0.2.63"}
    route = 'route="/api/v1/zones/<path:name>"'
    sign = f'needlemap_calls_total{{method="GET",{route},status="200"}}'

    def told() -> float:
        text = programs.ask("GET", "/metrics", headers=there).text
        lines = [line for line in text.splitlines() if line.startswith(sign)]
        return float(lines[0].split()[-1]) if lines else 0.0

    before = told()
    asked = by_all(
        programs, lambda: programs.ask("GET", "/api/v1/zones/pleura", headers=there)
    )
    answered = sum(answer.status == 200 for answer in asked)
    assert answered >= 40
    assert {told() for _ in range(6)} == {before + answered}


def test_a_class_on_several_workers(page: Gunicorn, database: Server) -> None:
    """Joined, answered, sent twice, lines dropped: each answer is kept once."""
    store = CourseStore(database_url(database.url))
    made = store.create(COURSE)
    choices = classroom.responses(store.items(made.id, 1))
    seen, failed = classroom.Seen(), []
    page.calls.write_text("")

    def learn(number: int) -> None:
        phone = classroom.Phone(page.port)
        try:
            form = f"password={CLASS}"
            kind = "application/x-www-form-urlencoded"
            assert phone.send("POST", "/login", form, kind)[0] == 303
            name = classroom.join(phone, made.code, f"Learner {number}", seen)
            # a new connection for each call, which any worker may take
            classroom.take(
                phone, made.code, name, choices, seen, lambda _: phone.close()
            )
        except BaseException as error:
            failed.append(error)
        finally:
            phone.close()

    threads = [threading.Thread(target=learn, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(page.answered()) > 1
    rows = store.answers(made.id)
    assert len({(row.learner, row.place) for row in rows}) == len(rows) == 18
    trainer = page.log_in(PASSWORD)
    shown = page.ask("GET", f"/learn/teach/{made.id}", headers=trainer)
    assert shown.status == 200 and "Learner 5" in shown.text
    store.delete(made.id)
    store.close()


def test_a_worker_killed_in_the_middle_loses_nothing(
    page: Gunicorn, database: Server
) -> None:
    """Records are written while workers die; what was not answered is sent again."""
    browser = page.log_in(PASSWORD)
    before = page.pids()
    done, wrong = [], []
    go_on = threading.Event()

    def again(method: str, path: str, data: Any) -> Any:
        for _ in range(40):
            try:
                answer = page.ask(method, path, data=data, headers=browser)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if answer.status < 500:
                return answer
        raise AssertionError("it never went through")

    def write(writer: int) -> None:
        number = 0
        while not go_on.is_set() or number < 8:
            name, number = f"killed-{writer}-{number}", number + 1
            made = again("POST", f"/records/{name}", {"reference": name}).json
            change = {"revision": made["revision"], "fields": {"notes": name}}
            told = again("POST", f"/records/{name}/change", change)
            # a change whose answer was lost is told as a conflict with itself
            notes = told.json["record"]["notes"]
            (done if notes == name else wrong).append(name)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for pid in sorted(before)[:2]:
        time.sleep(0.3)
        page.kill(pid)
    until(lambda: len(page.pids() - set(sorted(before)[:2])) == 4, 30, page)
    go_on.set()
    for thread in threads:
        thread.join()
    assert wrong == [] and len(done) >= 32
    store = RecordStore(database_url(database.url))
    for name in done:
        found = store.read(name)
        assert found.record.notes == name and found.revision == 2
    with pytest.raises(MissingError):
        store.read("killed-never")
    store.close()
    assert page.ask("GET", "/records/ping", headers=browser).status == 200


def test_a_worker_killed_in_a_batch_gives_no_half_answer(programs: Gunicorn) -> None:
    """A batch that breaks off is no JSON; sent again it is whole."""
    there = {**BEARER, "X-Forwarded-For": "192.0.2.61"}
    many = [REQUEST] * 400
    line = http.client.HTTPConnection("127.0.0.1", programs.port, timeout=60)
    line.request(
        "POST",
        "/api/v1/check-batch?sources=ids",
        json.dumps(many),
        {**there, "Content-Type": "application/json"},
    )
    for pid in programs.pids():
        programs.kill(pid)
    try:
        text = line.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        text = ""
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    line.close()
    programs.ready()
    few, there = many[:20], {**BEARER, "X-Forwarded-For": "192.0.2.62"}
    again = programs.ask("POST", "/api/v1/check-batch", data=few, headers=there)
    assert [one["verdict"] for one in again.json] == ["DANGER"] * 20


def test_a_rolling_restart_logs_nobody_out(page: Gunicorn) -> None:
    """All workers are replaced while people work."""
    browser, before = page.log_in(PASSWORD), page.pids()
    statuses: list[int] = []
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            statuses.append(page.ask("GET", "/records/ping", headers=browser).status)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    page.process.send_signal(signal.SIGHUP)
    until(lambda: len(page.pids()) == 4 and not page.pids() & before, 40, page)
    statuses.append(page.ask("GET", "/records/ping", headers=browser).status)
    over.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200} and len(statuses) > 10


def test_postgres_gone_for_ten_seconds(
    page: Gunicorn, programs: Gunicorn, database: Server
) -> None:
    """503 with a time to wait; nobody gets in meanwhile; then all goes on."""
    browser = page.log_in(PASSWORD)
    kept = page.ask("POST", "/records/before-it", data={}, headers=browser)
    assert kept.status == 201
    database.stop()
    began = time.monotonic()
    try:
        calls: list[tuple[Gunicorn, str, str, dict[str, Any]]] = [
            (page, "GET", "/records/ping", {"headers": browser}),
            (page, "GET", "/", {"headers": {**browser, "Accept": "text/html"}}),
            (page, "GET", "/learn", {"headers": browser}),
            (page, "GET", "/leaflet/x", {}),
            (page, "POST", "/records/meanwhile", {"data": {}, "headers": browser}),
            (page, "POST", "/login", {"form": {"password": PASSWORD}}),
            (page, "POST", "/login", {"form": {"password": "wrong"}}),
            (page, "GET", "/health/ready", {}),
            (programs, "POST", "/api/v1/check", {"data": REQUEST, "headers": BEARER}),
            (programs, "GET", "/health/ready", {}),
        ]
        for asked, method, path, more in calls * 2:
            answer = asked.ask(method, path, **more)
            assert answer.status == 503, (path, answer.status, answer.text[:300])
            assert int(answer.headers["retry-after"]) > 0, path
            assert "set-cookie" not in answer.headers, path
            assert "nm-pg-" not in answer.text and "Traceback" not in answer.text
        told = page.ask("GET", "/records/ping", headers=browser).json["error"]
        assert told["code"] == "unavailable" and "Try again" in told["message"]
        # without a cookie or with a wrong token nobody gets in either
        assert page.ask("GET", "/records/ping").status == 401
        wrong = {"Authorization": "Bearer wrong"}
        assert programs.ask("GET", "/api/v1/zones", headers=wrong).status == 503
        assert page.ask("GET", "/health/live").status == 200
        time.sleep(max(0.0, 10.0 - (time.monotonic() - began)))
    finally:
        database.start()
    for asked in (page, programs):
        asked.ready()
    found = by_all(page, lambda: page.ask("GET", "/records/before-it", headers=browser))
    assert {answer.status for answer in found} == {200}
    missing = page.ask("GET", "/records/meanwhile", headers=browser)
    assert missing.status == 404
    checked = programs.ask("POST", "/api/v1/check", data=REQUEST, headers=BEARER)
    assert checked.json["verdict"] == "DANGER"
