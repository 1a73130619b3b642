"""Which clients of CDS Hooks may ask: JWTs signed with a key that is on the list.

As "Trusting CDS Clients" of the specification has it: ``iss`` and ``jku`` stand on an
allow-list, ``aud`` is the address that is called, a ``jti`` is taken once.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from anatomy.errors import DataError, InputError
from anatomy.store import label, reading
from viewer.service.edge import fetching
from viewer.service.protocol.errors import LoginError
from viewer.service.shared.store import Kind, Memory, Shared, Turn
from zones.knowledge.records.sources import Record, Text

#: Signatures that are taken: those that the specification recommends.
ALGORITHMS = {"ES384": "EC", "RS384": "RSA"}
#: Seconds by which clocks may differ; most seconds for which a token may still hold.
LEEWAY_S, LONGEST_S = 60, 3600
#: Tokens remembered until they are over; none is forgotten for another.
TOKENS = Kind("token", most=100_000, evicted=False)
#: Seconds for which a key set that was fetched is kept; bytes that one may have.
FETCHED_S, LARGEST_SET = 600, 1_000_000
SMALLEST_RSA = 2048
_NEEDED = ("iss", "aud", "exp", "iat", "jti")


class Client(Record):
    """A client that is trusted.

    Attributes
    ----------
    iss : str
        The issuer of its tokens.
    jwks : str, optional
        File of its public keys, beside the list.
    jku : str, optional
        Address of its public keys (https), fetched from there and nowhere else.
    tenants : tuple of str, optional
        Organisations that may call through it; all when left out.
    """

    iss: Text
    jwks: Text | None = None
    jku: Annotated[str, Field(pattern=r"^https://")] | None = None
    tenants: tuple[str, ...] | None = None


class ClientList(Record):
    """The list: where this service is reached, and who is trusted."""

    base_url: Annotated[str, Field(pattern=r"^https?://[^/]+(/.*)?[^/]$")]
    client: Annotated[tuple[Client, ...], Field(min_length=1)]


def read_clients(path: Path) -> ClientList:
    """Return the list of trusted clients.

    Raises
    ------
    DataError, InputError
        When it cannot be read, names a client twice, or says of none where its keys
        are; or when the libraries for signatures are not installed.
    """
    try:
        import jwt  # noqa: F401
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: F401
    except ModuleNotFoundError:
        raise InputError(
            "--hooks needs the extra: pip install 'needlemap[hooks]'.", field="--hooks"
        ) from None
    try:
        with reading(path.resolve()) as data:
            data.pop("schema")
            found = ClientList.model_validate(data)
    except OSError as error:
        raise InputError(
            f"--hooks: {str(path)!r} cannot be read ({error}).", field="--hooks"
        ) from None
    names = [client.iss for client in found.client]
    for client in found.client:
        if names.count(client.iss) > 1:
            raise DataError(f"{label(path)}: client {client.iss!r} is given twice.")
        if (client.jwks is None) == (client.jku is None):
            raise DataError(
                f"{label(path)}: client {client.iss!r} needs jwks or jku, not both."
            )
    return found


@dataclass
class _Kept:
    """Keys that were read or fetched, and until when they are kept."""

    keys: list[Any]
    until: float


def fetch(address: str) -> bytes:
    """Return a key set from an address on the list; redirects are not followed."""
    return fetching.fetch(address, largest=LARGEST_SET, timeout=5)


@dataclass
class Trust:
    """Verifies tokens and remembers which were used.

    Parameters
    ----------
    clients : ClientList
        Who is trusted.
    folder : Path
        Where files of keys are looked for.
    clock : callable
        Seconds since 1970.
    fetch : callable
        Fetches a key set.
    shared : Shared, optional
        Where used tokens are remembered; in the memory of this process by default. A
        token has to be good by its clock too: one of both may be wrong.
    """

    clients: ClientList
    folder: Path
    clock: Callable[[], float] = time.time
    fetch: Callable[[str], bytes] = fetch
    shared: Shared | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _keys: dict[str, _Kept] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember in memory where nothing else is given."""
        self._used = self.shared or Memory(clock=self.clock, epoch=self.clock)

    def verify(self, token: str, path: str) -> str:
        """Return the issuer of a token that is good for an address of this service.

        Parameters
        ----------
        token : str
            As sent behind ``Authorization: Bearer``.
        path : str
            The address below the base, such as ``/cds-services``.

        Raises
        ------
        LoginError
            Saying what is wrong with it.
        UnavailableError
            When it cannot be known whether it was used.
        """
        import jwt

        if not token:
            raise LoginError("send Authorization: Bearer JWT, signed by the client.")
        try:
            header = jwt.get_unverified_header(token)
            told = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise LoginError("this is no JSON web token.") from None
        client = self._client(told.get("iss"))
        key, algorithm = self._key(client, header)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                options={
                    # the times are looked at below, where both clocks can be told
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_aud": False,
                    "require": list(_NEEDED),
                },
            )
        except jwt.MissingRequiredClaimError as error:
            raise LoginError(f"the token must have {error.claim}.") from None
        except jwt.PyJWTError:
            raise LoginError("the token's signature is not its client's.") from None
        self._check_audience(claims["aud"], path)
        for now in (self.clock(), self._used.epoch()):
            _check_times(claims, now)
        if client.tenants is not None and claims.get("tenant") not in client.tenants:
            raise LoginError("the token's tenant is not on the list.")
        self._use(client.iss, claims["jti"], float(claims["exp"]))
        return client.iss

    def _client(self, issuer: object) -> Client:
        for client in self.clients.client:
            if client.iss == issuer:
                return client
        raise LoginError("the token's issuer (iss) is not on the list of clients.")

    def _key(self, client: Client, header: Mapping[str, Any]) -> tuple[Any, str]:
        """Return the key and the algorithm that a token's header names."""
        import jwt

        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise LoginError(
                f"the token must be signed with {' or '.join(ALGORITHMS)}."
            )
        if str(header.get("typ", "")).upper() != "JWT":
            raise LoginError("the token's header must say typ JWT.")
        if header.get("jku") is not None and header["jku"] != client.jku:
            raise LoginError("the token's jku is not on the list of clients.")
        if not isinstance(kid, str) or not kid:
            raise LoginError("the token's header must name its key (kid).")
        for row in self._key_set(client, kid):
            fits = row.get("kty") == ALGORITHMS[algorithm]
            if row.get("kid") == kid and fits and row.get("use", "sig") == "sig":
                try:
                    key = jwt.PyJWK(row, algorithm).key
                except jwt.PyJWTError:
                    continue
                if getattr(key, "key_size", 0) < SMALLEST_RSA and algorithm == "RS384":
                    continue
                return key, str(algorithm)
        raise LoginError("the token's key (kid) is not among its client's keys.")

    def _key_set(self, client: Client, kid: str) -> list[dict[str, Any]]:
        """Return a client's keys; read anew when old, or for a key not among them."""
        now = self.clock()
        with self._lock:
            kept = self._keys.get(client.iss)
        known = kept is not None and any(row.get("kid") == kid for row in kept.keys)
        # a key that is not there is asked for again, but not by every token
        fresh = kept is not None and now < kept.until
        soon = kept is not None and now < kept.until - FETCHED_S + LEEWAY_S
        if kept is not None and fresh and (known or soon):
            return kept.keys
        try:
            keys = self._read(client)
        except (OSError, ValueError, TypeError, KeyError):
            if kept is not None and fresh:
                return kept.keys
            raise LoginError("the client's keys cannot be read.") from None
        with self._lock:
            self._keys[client.iss] = _Kept(keys, now + FETCHED_S)
        return keys

    def _read(self, client: Client) -> list[dict[str, Any]]:
        if client.jwks is not None:
            text = (self.folder / client.jwks).read_bytes()
        else:
            text = self.fetch(str(client.jku))
        return [row for row in json.loads(text)["keys"] if isinstance(row, dict)]

    def _check_audience(self, given: object, path: str) -> None:
        """Refuse a token that was made for another address."""
        asked = f"{self.clients.base_url}{path}"
        # feedback goes to the address of a service, with a word behind it
        good = {asked, asked.removesuffix("/feedback")}
        named = given if isinstance(given, list) else [given]
        if not any(isinstance(one, str) and one in good for one in named):
            raise LoginError(f"the token's audience (aud) must be {asked}.")

    def _use(self, issuer: str, name: object, end: float) -> None:
        """Take a token once; remember it until it is over."""
        if not isinstance(name, str) or not name or len(name) > 200:
            raise LoginError("the token's jti must be a text.")
        lasts = end + LEEWAY_S - min(self.clock(), self._used.epoch())

        def turn(found: Any, _: float) -> Turn[bool]:
            return Turn(True) if found else Turn(False, True, lasts)

        key = json.dumps([issuer, name])
        if self._used.change(TOKENS, key, turn):
            raise LoginError("the token was used before (jti); make one per call.")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    """Refuse a token that is over, not yet good, or good for too long."""
    times = [claims[name] for name in ("exp", "iat")]
    if any(isinstance(t, bool) or not isinstance(t, (int, float)) for t in times):
        raise LoginError("the token's exp and iat must be numbers.")
    end, begun = map(float, times)
    if begun > now + LEEWAY_S:
        raise LoginError(
            f"the token was issued {_span(begun - now)} after this service's time; "
            "set the clocks of both machines right."
        )
    if end < now - LEEWAY_S:
        raise LoginError(
            f"the token expired {_span(now - end)} ago by this service's clock; if "
            "it was just made, set the clocks of both machines right."
        )
    if end > now + LONGEST_S + LEEWAY_S:
        raise LoginError(
            f"the token may hold for at most {LONGEST_S // 60} minutes from now."
        )
    earliest = claims.get("nbf")
    if isinstance(earliest, (int, float)) and earliest > now + LEEWAY_S:
        raise LoginError("the token is not good yet (nbf).")


def _span(seconds: float) -> str:
    """Return a span of time in words.

    Examples
    --------
    >>> _span(3600), _span(90)
    ('60 minutes', '90 seconds')
    """
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
