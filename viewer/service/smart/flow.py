"""The launch itself: discovery, authorization with PKCE, the code for a token.

Nothing of it is kept but what the page needs next: a launch that has begun for ten
minutes, a patient that was read for five, where all processes of the service find
them. The token is forgotten once it was used.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from anatomy.errors import InputError
from viewer.fhir import parts as fhir
from viewer.service.edge.fetching import fetch
from viewer.service.protocol.errors import ForbiddenError, ServiceError
from viewer.service.protocol.limits import FHIR_JSON, JSON
from viewer.service.shared.store import Kind, Memory, Shared, Turn
from viewer.service.smart.ehrs import Ehr, EhrList, is_web
from viewer.service.smart.record import Launched, read_patient
from viewer.state.language import said

#: Seconds for which a launch may take, and a patient that was read waits for the page.
LAUNCH_S, READY_S = 600, 300
#: Launches and patients that are remembered; the oldest goes first.
MOST = 200
LAUNCHES, PATIENTS = Kind("launch", most=MOST), Kind("launched", most=MOST)
#: Bytes that one answer of a record may have.
LARGEST = 5_000_000
#: Where the record sends the browser back to.
CALLBACK = "/launch/callback"
OVER = "this launch is over; start it again from the record."


@dataclass(frozen=True)
class Begun:
    """A launch that waits for the record to send the browser back."""

    ehr: Ehr
    verifier: str
    token_endpoint: str


class Launches:
    """Launches that have begun, and patients that wait for their page.

    Parameters
    ----------
    ehrs : EhrList
        Who may launch.
    folder : Path
        Where files of secrets are looked for.
    shared : Shared, optional
        Where launches are kept; in the memory of this process by default, to which a
        launch must then come back.
    """

    def __init__(
        self, ehrs: EhrList, folder: Path, shared: Shared | None = None
    ) -> None:
        self.ehrs, self.folder = ehrs, folder
        self._shared = shared or Memory()

    def begin(self, iss: str, launch: str) -> tuple[str, str]:
        """Return where to send the browser, and the state that must come back.

        Parameters
        ----------
        iss : str
            Address of the record's FHIR server; only those on the list are asked.
        launch : str
            What the record calls this launch.

        Raises
        ------
        ServiceError
            When the record is not on the list, or cannot do what is needed; also when
            the launch cannot be kept now, here as below.
        """
        ehr = self.ehrs.of(iss)
        if ehr is None:
            raise ForbiddenError("this record (iss) is not on the list of --smart.")
        told = self._discover(ehr)
        verifier = secrets.token_urlsafe(48)
        state = secrets.token_urlsafe(24)
        begun = {
            "iss": ehr.iss,
            "verifier": verifier,
            "token_endpoint": told["token_endpoint"],
        }
        self._shared.put(LAUNCHES, state, begun, lasts_s=LAUNCH_S)
        second = "permission-v2" in fhir.items(told.get("capabilities"))
        query = urlencode(
            {
                "response_type": "code",
                "client_id": ehr.client_id,
                "redirect_uri": self._callback(),
                "launch": launch,
                "scope": ehr.scopes(second=second),
                "state": state,
                "aud": ehr.iss,
                "code_challenge": challenge(verifier),
                "code_challenge_method": "S256",
            }
        )
        joined = "&" if "?" in told["authorization_endpoint"] else "?"
        return f"{told['authorization_endpoint']}{joined}{query}", state

    def _callback(self) -> str:
        return f"{self.ehrs.base_url}{CALLBACK}"

    def _discover(self, ehr: Ehr) -> dict[str, Any]:
        """Return where the record authorizes.

        Raises
        ------
        ServiceError
            When it does not say so, or knows no S256.
        """
        address = f"{ehr.iss}/.well-known/smart-configuration"
        try:
            told = json.loads(fetch(address, largest=LARGEST, headers={"Accept": JSON}))
        except (OSError, ValueError):
            raise ServiceError(
                f"{ehr.name}: no smart-configuration was found."
            ) from None
        for name in ("authorization_endpoint", "token_endpoint"):
            given = fhir.text(fhir.part(told, name))
            if not is_web(given):
                raise ServiceError(f"{ehr.name}: its {name} is no encrypted address.")
        methods = told.get("code_challenge_methods_supported")
        if isinstance(methods, list) and "S256" not in methods:
            raise ServiceError(f"{ehr.name}: it does not know PKCE with S256.")
        return dict(told)

    def finish(self, state: str, code: str) -> str:
        """Return the token under which the patient of a launch waits for the page.

        Parameters
        ----------
        state : str
            As it came back; good once.
        code : str
            What the record gives its token for.

        Raises
        ------
        ServiceError, InputError
            When the launch is over, or the record gives no token or no patient.
        """
        begun = self._begun(state)
        answer = self._token(begun, code)
        patient = fhir.text(answer.get("patient"))
        if not patient:
            raise InputError(f"{begun.ehr.name}: no patient was chosen in the record.")
        kind = f"{FHIR_JSON}; fhirVersion={begun.ehr.version.value}"
        headers = {"Authorization": f"Bearer {answer['access_token']}", "Accept": kind}

        def get(address: str) -> bytes:
            return fetch(address, largest=LARGEST, headers=headers)

        ehr = begun.ehr
        found = read_patient(get, ehr.iss, patient, ehr.version, ehr=str(ehr.name))
        token = secrets.token_urlsafe(24)
        # kept in this browser's language: another process cannot make a message anew
        kept = asdict(found) | {"unclear": [said(one) for one in found.unclear]}
        self._shared.put(PATIENTS, token, kept, lasts_s=READY_S)
        return token

    def _begun(self, state: str) -> Begun:
        """Return the launch that a state belongs to, and end it."""
        kept = self._once(LAUNCHES, state)
        ehr = self.ehrs.of(kept["iss"])
        if ehr is None:  # taken from the list meanwhile
            raise ServiceError(OVER)
        return Begun(ehr, kept["verifier"], kept["token_endpoint"])

    def _once(self, kind: Kind, name: str) -> dict[str, Any]:
        """Return what is kept under a name, and end it: of two that ask one gets it."""

        def turn(found: Any, _: float) -> Turn[Any]:
            return Turn(found, over=found is not None)

        found: dict[str, Any] | None = self._shared.change(kind, name, turn)
        if found is None:
            raise ServiceError(OVER)
        return found

    def _token(self, begun: Begun, code: str) -> dict[str, Any]:
        """Return what the record gives for a code."""
        ehr = begun.ehr
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback(),
            "code_verifier": begun.verifier,
        }
        headers = {"Accept": JSON, "Content-Type": "application/x-www-form-urlencoded"}
        if ehr.client_secret_file is None:
            fields["client_id"] = ehr.client_id
        else:
            headers["Authorization"] = f"Basic {self._secret(ehr)}"
        try:
            answer = json.loads(
                fetch(
                    begun.token_endpoint,
                    largest=LARGEST,
                    data=urlencode(fields).encode(),
                    headers=headers,
                )
            )
        except (OSError, ValueError):
            raise ServiceError(f"{ehr.name}: it gave no token.") from None
        bearer = fhir.text(fhir.part(answer, "token_type")).lower() == "bearer"
        if not bearer or not fhir.text(fhir.part(answer, "access_token")):
            raise ServiceError(f"{ehr.name}: it gave no token.")
        return dict(answer)

    def _secret(self, ehr: Ehr) -> str:
        try:
            file = self.folder / str(ehr.client_secret_file)
            secret = file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ServiceError(f"{ehr.name}: its secret cannot be read here.") from None
        return base64.b64encode(f"{ehr.client_id}:{secret}".encode()).decode()

    def take(self, token: str) -> Launched:
        """Return the patient that waits for a page; good once.

        Raises
        ------
        ServiceError
            When there is none, or it waited too long.
        """
        kept = self._once(PATIENTS, token)
        lists = {name: tuple(kept[name]) for name in ("unclear", "unread")}
        return Launched(**kept | lists)


def challenge(verifier: str) -> str:
    """Return the challenge of PKCE for a verifier: S256 of RFC 7636.

    Examples
    --------
    >>> challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
