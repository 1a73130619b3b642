"""Who may call CDS Hooks: forged, old, foreign and used tokens are refused."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import make_url

from anatomy.errors import DataError, InputError
from tests.viewer.service.hooks import specification as spec
from viewer.service.access.access import Access
from viewer.service.app import create_service
from viewer.service.hooks import trust as trust_module
from viewer.service.hooks.trust import FETCHED_S, LONGEST_S, Trust, read_clients
from viewer.service.protocol.errors import LoginError, TooManyError
from viewer.service.server.settings import Settings
from viewer.service.shared.database import InDatabase
from viewer.service.shared.store import Kind, Memory

if TYPE_CHECKING:
    from flask.testing import FlaskClient

jwt = pytest.importorskip("jwt")
from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: E402

BASE = "https://cds.example.org"
ISSUER = "https://ehr.example.com/"
DISCOVERY = "/cds-services"
EC_KEY = ec.generate_private_key(ec.SECP384R1())
OTHER_KEY = ec.generate_private_key(ec.SECP384R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
KIDS = {"ES384": ("ec-1", EC_KEY), "RS384": ("rsa-1", RSA_KEY)}


def key_set() -> dict[str, Any]:
    found = []
    for algorithm, (kid, key) in KIDS.items():
        made = jwt.get_algorithm_by_name(algorithm).to_jwk(
            key.public_key(), as_dict=True
        )
        found.append({**made, "kid": kid, "use": "sig", "alg": algorithm})
    return {"keys": found}


def token(
    *, path: str = DISCOVERY, algorithm: str = "ES384", key: Any = None, **changes: Any
) -> str:
    """Return a token that is good, but for what is changed; None leaves a claim out."""
    kid, own = KIDS.get(algorithm, ("ec-1", "x" * 64))
    now = int(time.time())
    header = {"kid": kid, "typ": "JWT", **changes.pop("header", {})}
    claims = {
        "iss": ISSUER,
        "aud": f"{BASE}{path}",
        "iat": now,
        "exp": now + 300,
        "jti": uuid.uuid4().hex,
        **{name: now + value for name, value in changes.pop("times", {}).items()},
        **changes,
    }
    made: str = jwt.encode(
        {name: value for name, value in claims.items() if value is not None},
        own if key is None else key,
        algorithm=algorithm,
        headers=header,
    )
    return made


def write(folder: Path, text: str = "", **more: str) -> Path:
    (folder / "keys.json").write_text(json.dumps(key_set()))
    file = folder / "clients.toml"
    file.write_text(
        text
        or f'schema = 1\nbase_url = "{BASE}"\n[[client]]\niss = "{ISSUER}"\n'
        'jwks = "keys.json"\n'
    )
    return file


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    """What verifies tokens of one client, by this machine's clock."""
    return Trust(read_clients(write(tmp_path)), tmp_path)


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """A caller of a service that other machines reach."""
    settings = Settings(hooks=write(tmp_path), db=f"sqlite:///{tmp_path}/r.sqlite3")
    access = Access(token="0123456789abcdef-token")
    return create_service(access=access, settings=settings, warm=False).test_client()


def test_the_specifications_own_token(tmp_path: Path) -> None:
    """Its key set opens its token, at its time and its address only."""
    (tmp_path / "keys.json").write_text(json.dumps(spec.KEYS))
    file = tmp_path / "clients.toml"
    file.write_text(
        'schema = 1\nbase_url = "https://cds.example.org"\n'
        '[[client]]\niss = "https://fhir-ehr.example.com/"\n'
        'jku = "https://fhir-ehr.example.com/jwk_uri"\n'
    )
    asked: list[str] = []

    def fetch(address: str) -> bytes:
        asked.append(address)
        return json.dumps(spec.KEYS).encode()

    clock = [spec.TOKEN_EXPIRES - 60.0]
    found = Trust(read_clients(file), tmp_path, clock=lambda: clock[0], fetch=fetch)
    path = "/cds-services/some-service"
    assert found.verify(spec.TOKEN, path) == "https://fhir-ehr.example.com/"
    assert asked == ["https://fhir-ehr.example.com/jwk_uri"]
    with pytest.raises(LoginError, match="used before"):
        found.verify(spec.TOKEN, path)
    with pytest.raises(LoginError, match="audience"):
        found.verify(spec.TOKEN, "/cds-services/another")
    clock[0] = spec.TOKEN_EXPIRES + 3600.0
    with pytest.raises(LoginError, match="60 minutes ago"):
        found.verify(spec.TOKEN, path)


@pytest.mark.parametrize("algorithm", list(KIDS))
def test_good_tokens(trust: Trust, algorithm: str) -> None:
    assert trust.verify(token(algorithm=algorithm), DISCOVERY) == ISSUER
    several = token(algorithm=algorithm, aud=["https://other", f"{BASE}{DISCOVERY}"])
    assert trust.verify(several, DISCOVERY) == ISSUER
    for path in ("/cds-services/x", "/cds-services/x/feedback"):
        made = token(algorithm=algorithm, path=path)
        assert trust.verify(made, "/cds-services/x/feedback") == ISSUER


def now(**changes: float) -> dict[str, Any]:
    """Return times so many seconds from when the token is made."""
    return {"times": changes}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": OTHER_KEY}, "signature"),
        ({"algorithm": "HS384"}, "signed with"),
        ({"algorithm": "none", "key": ""}, "signed with"),
        ({"iss": "https://evil.example/"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "https://cds.example.org/cds-services/x"}, "audience"),
        ({"aud": "https://cds.example.org"}, "audience"),
        ({"aud": None}, "aud"),
        ({"aud": []}, "audience"),
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": "x" * 300}, "jti"),
        ({"exp": None}, "exp"),
        ({"iat": None}, "iat"),
        (now(iat=-900, exp=-600), "expired 10 minutes ago"),
        (now(iat=3600, exp=3900), "issued 60 minutes after"),
        (now(iat=-3600, exp=-3300), "clocks of both machines"),
        (now(exp=LONGEST_S + 600), "at most 60 minutes"),
        (now(nbf=600), "nbf"),
        ({"exp": True}, "numbers"),
        ({"header": {"kid": "another"}}, "kid"),
        ({"header": {"kid": "rsa-1"}}, "kid"),
        ({"header": {"typ": "JOSE"}}, "typ"),
        ({"header": {"jku": "https://evil.example/keys"}}, "jku"),
    ],
)
def test_wrong_tokens(trust: Trust, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(LoginError, match=said):
        trust.verify(token(**changes), DISCOVERY)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e30.e30.", "\x00", "é"])
def test_what_is_no_token(trust: Trust, text: str) -> None:
    with pytest.raises(LoginError):
        trust.verify(text, DISCOVERY)


def test_what_was_altered(trust: Trust) -> None:
    """Other claims under the same signature; the public key taken for a secret."""
    head, _, tail = token().split(".")
    _, body, _ = token(iss=ISSUER, aud=f"{BASE}{DISCOVERY}").split(".")
    with pytest.raises(LoginError, match="signature"):
        trust.verify(f"{head}.{body}.{tail}", DISCOVERY)


def test_clocks_may_differ_a_little(trust: Trust) -> None:
    trust.verify(token(**now(iat=30, exp=330)), DISCOVERY)
    trust.verify(token(**now(iat=-330, exp=-30)), DISCOVERY)


def test_a_token_counts_once_and_is_forgotten_when_over(tmp_path: Path) -> None:
    clock = [time.time()]
    found = Trust(read_clients(write(tmp_path)), tmp_path, clock=lambda: clock[0])
    made = token()
    found.verify(made, DISCOVERY)
    with pytest.raises(LoginError, match="used before"):
        found.verify(made, DISCOVERY)
    # a token that was refused for another reason is not used up
    other = token(path="/cds-services/x")
    with pytest.raises(LoginError, match="audience"):
        found.verify(other, DISCOVERY)
    found.verify(other, "/cds-services/x")


def test_the_memory_of_tokens_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust_module, "TOKENS", Kind("token", 3, evicted=False))
    off = [0.0]
    shared = Memory(clock=lambda: time.time() + off[0])
    trust = Trust(read_clients(write(tmp_path)), tmp_path, shared=shared)
    for _ in range(3):
        trust.verify(token(), DISCOVERY)
    with pytest.raises(TooManyError):
        trust.verify(token(), DISCOVERY)
    off[0] = 7200.0  # all of them are over
    trust.verify(token(), DISCOVERY)


def test_a_clock_that_is_off_lets_nothing_in(tmp_path: Path) -> None:
    """Neither this process's nor the one that all share: it has to suit both."""
    now = time.time()
    for here, there in ((-3600.0, 0.0), (0.0, -3600.0), (3600.0, 0.0), (0.0, 3600.0)):
        found = Trust(
            read_clients(write(tmp_path)),
            tmp_path,
            clock=lambda here=here: now + here,
            shared=Memory(epoch=lambda there=there: now + there),
        )
        with pytest.raises(LoginError, match="clocks of both machines"):
            found.verify(token(), DISCOVERY)


def test_a_token_is_used_once_in_all_processes(tmp_path: Path) -> None:
    """Two processes, one file."""
    url = make_url(f"sqlite:///{tmp_path}/records.sqlite3")
    one, other = (
        Trust(read_clients(write(tmp_path)), tmp_path, shared=InDatabase(url))
        for _ in range(2)
    )
    made = token()
    one.verify(made, DISCOVERY)
    for process in (one, other):
        with pytest.raises(LoginError, match="used before"):
            process.verify(made, DISCOVERY)


def test_keys_are_fetched_anew_when_they_change(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        f'schema = 1\nbase_url = "{BASE}"\n[[client]]\niss = "{ISSUER}"\n'
        'jku = "https://ehr.example.com/keys"\n',
    )
    sets: list[Any] = [{"keys": []}, key_set()]
    fetched: list[str] = []
    clock = [time.time()]

    def fetch(address: str) -> bytes:
        fetched.append(address)
        return json.dumps(sets[min(len(fetched), len(sets)) - 1]).encode()

    found = Trust(read_clients(file), tmp_path, clock=lambda: clock[0], fetch=fetch)
    for _ in range(3):  # a key that is not there is not asked for by every token
        with pytest.raises(LoginError, match="kid"):
            found.verify(token(), DISCOVERY)
    assert len(fetched) == 1
    clock[0] += 120
    found.verify(token(), DISCOVERY)
    assert len(fetched) == 2
    found.verify(token(), DISCOVERY)
    assert len(fetched) == 2
    clock[0] += FETCHED_S + 1
    sets[:] = [OSError]

    def broken(_: str) -> bytes:
        raise OSError("unreachable")

    found.fetch = broken
    with pytest.raises(LoginError, match="cannot be read"):
        found.verify(token(**now(exp=1200)), DISCOVERY)


@pytest.mark.parametrize(
    "text",
    [
        'schema = 1\nbase_url = "https://cds.example.org"\n',
        'schema = 1\nbase_url = "cds"\n[[client]]\niss = "a"\njwks = "k"\n',
        'schema = 1\nbase_url = "https://c.org"\n[[client]]\niss = "a"\n',
        'schema = 1\nbase_url = "https://c.org"\n[[client]]\niss = "a"\njwks = "k"\n'
        'jku = "https://e.org/k"\n',
        'schema = 1\nbase_url = "https://c.org"\n[[client]]\niss = "a"\n'
        'jku = "http://e.org/k"\n',
        'schema = 1\nbase_url = "https://c.org"\n[[client]]\niss = "a"\njwks = "k"\n'
        '[[client]]\niss = "a"\njwks = "l"\n',
        "no = toml =",
    ],
)
def test_lists_that_are_wrong(tmp_path: Path, text: str) -> None:
    with pytest.raises((DataError, InputError)):
        read_clients(write(tmp_path, text))


def test_every_call_needs_a_token_of_its_own(client: FlaskClient) -> None:
    """The discovery too; and the token of programs opens nothing here."""
    bearer = {"Authorization": "Bearer 0123456789abcdef-token"}
    for headers in ({}, bearer):
        answer = client.get(DISCOVERY, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get("/api/v1/zones", headers=bearer).status_code == 200

    def headers(path: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(path=path)}"}

    assert client.get(DISCOVERY, headers=headers(DISCOVERY)).status_code == 200
    # a client of CDS Hooks is none of the rest
    made = headers("/api/v1/zones")
    assert client.get("/api/v1/zones", headers=made).status_code == 401
    service = f"{DISCOVERY}/dry-needling-patient"
    assert client.post(service, json={}, headers=headers(service)).status_code == 422
    assert client.post(service, json={}, headers=headers(DISCOVERY)).status_code == 401
    feedback = f"{service}/feedback"
    answer = client.post(feedback, json=spec.ACCEPTED, headers=headers(feedback))
    assert answer.json == {"kept": 1}
