"""A health record launches the page: only one on the list, with PKCE, by code."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from anatomy.errors import DataError, InputError
from tests.viewer.service.fhir.fhir_calls import bundle, condition, person
from tests.viewer.service.smart.fake_ehr import PATIENT, FakeEhr, fake_ehr
from viewer.fhir.versions import Version
from viewer.page.app import create_app
from viewer.service.access.access import Access
from viewer.service.edge.headers import add_headers
from viewer.service.entrance.gate import add_gate
from viewer.service.shared.store import Memory
from viewer.service.smart.ehrs import is_web, read_ehrs
from viewer.service.smart.flow import LAUNCH_S, READY_S, Launches
from viewer.service.smart.record import NEVER, read_patient
from viewer.service.smart.routes import add_launch
from zones.knowledge.facts import load_facts

if TYPE_CHECKING:
    from flask.testing import FlaskClient

HERE = "http://localhost:8050"
FRAME = "https://ehr.example.com"


@pytest.fixture
def ehr() -> Iterator[FakeEhr]:
    with fake_ehr() as found:
        yield found


def listed(folder: Path, ehr: FakeEhr, *more: str) -> Path:
    """Return a list with one record on it."""
    file = folder / "smart.toml"
    lines = [
        "schema = 1",
        f'base_url = "{HERE}"',
        "[[ehr]]",
        'name = "Example EHR"',
        f'iss = "{ehr.iss}"',
        'client_id = "needlemap"',
        *more,
    ]
    file.write_text("\n".join(lines), "utf-8")
    return file


@pytest.fixture
def made(tmp_path: Path, ehr: FakeEhr) -> Callable[..., Flask]:
    """Make what serves a launch, with one record on its list, without the page."""

    def make(*more: str, access: Access | None = None) -> Flask:
        server = Flask("launch", static_folder=None)
        launches = Launches(read_ehrs(listed(tmp_path, ehr, *more)), tmp_path)
        add_gate(server, access or Access(), cookies=launches.ehrs.cookies)
        add_launch(server, launches)
        add_headers(server, "frame-ancestors 'self'", frames=launches.ehrs.frames)
        server.add_url_rule("/_alive", "alive", lambda: {})
        return server

    return make


def at(client: FlaskClient, path: str, **more: Any) -> Any:
    return client.get(path, base_url=HERE, **more)


def start(client: FlaskClient, iss: str) -> Any:
    return at(client, "/launch", query_string={"iss": iss, "launch": "launch-1"})


def authorized(location: str) -> str:
    """Return where the record sends the browser back to."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(location, timeout=10)
    except urllib.error.HTTPError as answer:
        with answer:
            return str(answer.headers["Location"])
    raise AssertionError("it was not sent back")


def launched(client: FlaskClient, ehr: FakeEhr) -> Any:
    """Return the last answer of a launch: that of the callback."""
    back = authorized(start(client, ehr.iss).headers["Location"])
    assert back.startswith(f"{HERE}/launch/callback?")
    return at(client, back.removeprefix(HERE))


def taken(client: FlaskClient, answer: Any) -> Any:
    """Return what the page gets of the patient."""
    assert answer.status_code == 303, answer.text
    token = parse_qs(urlsplit(answer.headers["Location"]).query)["launched"][0]
    sent = {"token": token}
    return client.post("/launch/patient", json=sent, base_url=HERE)


def test_a_launch_brings_the_patient(made: Callable[..., Flask], ehr: FakeEhr) -> None:
    client = made().test_client()
    back = launched(client, ehr)
    answer = taken(client, back)
    assert answer.status_code == 200
    found = answer.json
    assert found["code"] == PATIENT
    facts = found["facts"]
    assert facts.pop("age") >= 40
    assert facts == {"sex": "female", "epilepsy": True}
    assert "Filled in from Example EHR: sex, age, epilepsy" in found["message"].replace(
        "epilepsy, sex, age", "sex, age, epilepsy"
    )
    assert "Could not be read from the record: MedicationStatement." in found["message"]
    assert "Mustermann" not in answer.text
    # only what is needed was read, of this patient
    assert all(PATIENT in path or "?" not in path for path in ehr.asked)
    # once only
    assert taken(client, back).status_code == 403


def test_consent_is_never_preset(made: Callable[..., Flask], ehr: FakeEhr) -> None:
    """Nor anything else that is agreed or asked on the day."""
    ehr.resources["Consent"] = bundle({"resourceType": "Consent", "status": "active"})
    client = made().test_client()
    facts = taken(client, launched(client, ehr)).json["facts"]
    assert not {*NEVER} & {*facts}
    assert {*NEVER} <= {*load_facts().by_name()}
    assert not any(path.startswith("Consent") for path in ehr.asked)
    assert not [name for name, value in facts.items() if value is False]


def test_only_a_record_on_the_list_is_asked(
    made: Callable[..., Flask], ehr: FakeEhr
) -> None:
    client = made().test_client()
    for iss in (f"{ehr.base}/other", "https://evil.example/fhir", f"{ehr.iss}x"):
        answer = start(client, iss)
        assert answer.status_code == 403 and "not on the list" in answer.text
    assert start(client, f"{ehr.iss}/").status_code == 302
    assert at(client, "/launch").status_code == 403
    assert at(client, "/launch?iss=a&iss=b").status_code == 422


def test_without_a_list_there_is_no_launch(tmp_path: Path) -> None:
    app = create_app(warm=False, db=f"sqlite:///{tmp_path}/records.sqlite3")
    rules = {rule.rule for rule in app.server.url_map.iter_rules()}
    assert not any(rule.startswith("/launch") for rule in rules)
    assert app.server.secret_key is None, "nothing is signed"


def test_the_page_can_be_launched(tmp_path: Path, ehr: FakeEhr) -> None:
    """All of it on the page's own server."""
    db = f"sqlite:///{tmp_path}/records.sqlite3"
    smart = listed(tmp_path, ehr, f'frame = "{FRAME}"')
    client = create_app(warm=False, db=db, smart=smart).server.test_client()
    secure = HERE.replace("http:", "https:")
    answer = client.get(
        "/launch", query_string={"iss": ehr.iss, "launch": "x"}, base_url=secure
    )
    assert answer.status_code == 302
    cookie = answer.headers["Set-Cookie"]
    assert "SameSite=None" in cookie and "Secure" in cookie and "Partitioned" in cookie
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors 'self' {FRAME}")


def test_another_browser_cannot_end_a_launch(
    made: Callable[..., Flask], ehr: FakeEhr
) -> None:
    server = made()
    one, two = server.test_client(), server.test_client()
    back = authorized(start(one, ehr.iss).headers["Location"]).removeprefix(HERE)
    assert at(two, back).status_code == 403
    assert at(one, back.replace("state=", "state=x")).status_code == 403
    assert at(one, back).status_code == 403, "a wrong state ends it"
    # and a patient waits for its own browser
    answer = launched(one, ehr)
    token = answer.headers["Location"].partition("=")[2]
    sent = {"token": token}
    refused = two.post("/launch/patient", json=sent, base_url=HERE)
    assert refused.status_code == 403
    assert taken(one, answer).status_code == 200


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"configuration": {"code_challenge_methods_supported": ["plain"]}}, "PKCE"),
        (
            {"configuration": {"token_endpoint": "http://elsewhere.example/"}},
            "encrypted",
        ),
        ({"configuration": {"authorization_endpoint": None}}, "encrypted"),
    ],
)
def test_a_record_that_is_not_set_up(
    made: Callable[..., Flask], ehr: FakeEhr, change: dict[str, Any], says: str
) -> None:
    for name, value in change.items():
        setattr(ehr, name, value)
    answer = start(made().test_client(), ehr.iss)
    assert answer.status_code == 400 and says in answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"token_type": "mac"}, "no token"),
        ({"patient": None}, "no patient"),
        ({"resources": {}}, "could not be read"),
        ({"resources": {"Patient": person("8")}}, "could not be read"),
        (
            {"resources": {"Patient": person(), "Condition": condition("G40", "8")}},
            "another patient",
        ),
    ],
)
def test_what_ends_a_launch(
    made: Callable[..., Flask], ehr: FakeEhr, change: dict[str, Any], says: str
) -> None:
    for name, value in change.items():
        setattr(ehr, name, value)
    answer = launched(made().test_client(), ehr)
    assert answer.status_code in (400, 422) and says in answer.text
    assert "Nothing was taken over" in answer.text


def test_what_cannot_be_read_stays_unknown(
    made: Callable[..., Flask], ehr: FakeEhr
) -> None:
    """A search that goes on elsewhere, of another version, or is refused."""
    more = {"relation": "next", "url": "https://evil.example/fhir?page=2"}
    ehr.resources["Condition"] = {**bundle(condition("G40.1")), "link": [more]}
    del ehr.resources["Observation"]
    medicine = {"resourceType": "MedicationRequest", "medication": {"concept": {}}}
    ehr.resources["MedicationRequest"] = bundle(medicine)
    client = made().test_client()
    found = taken(client, launched(client, ehr)).json
    assert found["facts"]["epilepsy"] is True
    for kind in ("Condition", "Observation", "MedicationRequest"):
        assert kind in found["message"].partition("Could not be read")[2]


def test_a_server_that_wants_the_type_before_the_id() -> None:
    """As Medplum's router does, which was tried: a bare id finds nothing there."""

    def get(address: str) -> bytes:
        found = bundle(condition("G40.1"))
        if address.endswith(f"/Patient/{PATIENT}"):
            return json.dumps(person(PATIENT)).encode()
        typed = f"patient=Patient/{PATIENT}" in address
        wanted = address.startswith("https://ehr.example/Condition?")
        return json.dumps(found if typed and wanted else bundle()).encode()

    base = "https://ehr.example"
    found = read_patient(get, base, PATIENT, Version.R4, ehr="EHR")
    assert found.facts == {"sex": "female", "epilepsy": True}
    assert found.unread == ()


def test_all_pages_of_a_search_are_read(
    made: Callable[..., Flask], ehr: FakeEhr
) -> None:
    more = {"relation": "next", "url": f"{ehr.iss}/Page2/x"}
    ehr.resources["Condition"] = {**bundle(), "link": [more]}
    ehr.resources["Page2"] = bundle(condition("G40.1"))
    client = made().test_client()
    found = taken(client, launched(client, ehr)).json
    assert found["facts"]["epilepsy"] is True
    assert "Condition" not in found["message"]


def test_frames_are_for_the_named_record_only(
    made: Callable[..., Flask], ehr: FakeEhr
) -> None:
    plain = at(made().test_client(), "/_alive")
    assert "frame-ancestors 'self'" in plain.headers["Content-Security-Policy"]
    assert FRAME not in plain.headers["Content-Security-Policy"]
    assert plain.headers["X-Frame-Options"] == "SAMEORIGIN"
    server = made(f'frame = "{FRAME}"', access=Access(password="a long password"))
    client = server.test_client()
    for path in ("/_alive", "/login"):
        answer = at(client, path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.endswith(f"frame-ancestors 'self' {FRAME}"), path
        assert "X-Frame-Options" not in answer.headers


@pytest.mark.parametrize("frame", [False, True])
def test_a_launch_knows_its_browser_by_a_cookie(
    made: Callable[..., Flask], ehr: FakeEhr, frame: bool
) -> None:
    client = made(*([f'frame = "{FRAME}"'] if frame else [])).test_client()
    begun = start(client, ehr.iss).headers["Set-Cookie"].split("; ")
    assert "HttpOnly" in begun and "Path=/launch" in begun
    assert f"SameSite={'None' if frame else 'Lax'}" in begun
    assert ("Secure" in begun) == ("Partitioned" in begun) == frame


def test_a_launch_logs_nobody_in(made: Callable[..., Flask], ehr: FakeEhr) -> None:
    client = made(access=Access(password="a long password")).test_client()
    page = {"Accept": "text/html"}
    query = {"iss": ehr.iss, "launch": "launch-1"}
    answer = at(client, "/launch", query_string=query, headers=page)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=%2Flaunch%3Fiss")
    assert client.post("/launch/patient", json={}, base_url=HERE).status_code == 401


def test_the_list_is_checked(tmp_path: Path, ehr: FakeEhr) -> None:
    found = read_ehrs(listed(tmp_path, ehr, f'frame = "{FRAME}"'))
    assert found.frames == (FRAME,)
    with pytest.raises(DataError, match="cannot be read"):
        read_ehrs(tmp_path / "none.toml")
    with pytest.raises(InputError, match="an origin must be"):
        read_ehrs(listed(tmp_path, ehr, f'frame = "{FRAME}/page"'))
    with pytest.raises(InputError, match="R4"):
        read_ehrs(listed(tmp_path, ehr, 'fhir_version = "DSTU2"'))
    for wrong in ('secret = "x"', '[[ehr]]\nname = "x"\nclient_id = "x"'):
        with pytest.raises(DataError):
            read_ehrs(listed(tmp_path, ehr, wrong))
    twice = listed(tmp_path, ehr).read_text("utf-8")
    block = twice.partition("[[ehr]]")[2]
    file = tmp_path / "twice.toml"
    file.write_text(f"{twice}\n[[ehr]]{block}", "utf-8")
    with pytest.raises(DataError, match="twice"):
        read_ehrs(file)
    assert not is_web("https://user@ehr.example/") and not is_web("ftp://localhost/")


def test_a_launch_ends_by_itself(tmp_path: Path, ehr: FakeEhr) -> None:
    now = [0.0]
    kept = Memory(clock=lambda: now[0])
    launches = Launches(read_ehrs(listed(tmp_path, ehr)), tmp_path, kept)

    def begun() -> tuple[str, str]:
        location, state = launches.begin(ehr.iss, "launch-1")
        return state, parse_qs(urlsplit(authorized(location)).query)["code"][0]

    state, code = begun()
    now[0] += LAUNCH_S + 1
    with pytest.raises(Exception, match="is over"):
        launches.finish(state, code)
    token = launches.finish(*begun())
    now[0] += READY_S + 1
    with pytest.raises(Exception, match="is over"):
        launches.take(token)


def test_a_client_with_a_secret(tmp_path: Path, ehr: FakeEhr) -> None:
    """It is sent to the token's address alone, and never shown."""
    (tmp_path / "secret.txt").write_text("s3cret\n", "utf-8")
    file = listed(tmp_path, ehr, 'client_secret_file = "secret.txt"')
    seen: list[str] = []
    right = ehr.answer

    def answer(method: str, path: str, query: Any, sent: Any, given: str) -> Any:
        if path == "/token":
            seen.append(given)
            sent = {**sent, "client_id": "needlemap"}
        return right(method, path, query, sent, given)

    ehr.answer = answer  # type: ignore[method-assign]
    launches = Launches(read_ehrs(file), tmp_path)
    location, state = launches.begin(ehr.iss, "launch-1")
    assert "s3cret" not in location
    code = parse_qs(urlsplit(authorized(location)).query)["code"][0]
    assert launches.take(launches.finish(state, code)).code == PATIENT
    assert seen == ["Basic bmVlZGxlbWFwOnMzY3JldA=="]
    assert json.dumps(ehr.asked)
