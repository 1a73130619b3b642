"""CDS Hooks 2.0 as the specification's text has it, written apart from the service.

https://cds-hooks.hl7.org/2.0/: field, optionality and type of each table. Nothing may
be null or empty unless the text says so, and what is not in the tables is refused, so
that the service can send nothing of its own by mistake.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

Text = Annotated[str, StringConstraints(min_length=1)]


def _absolute(text: str) -> str:
    if not urlsplit(text).scheme or not urlsplit(text).netloc:
        raise ValueError("must be an absolute URL")
    return text


Url = Annotated[str, AfterValidator(_absolute)]
Filled = Annotated[dict[str, Any], Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_null(cls, data: Any) -> Any:
        """ "JSON elements SHALL NOT be null, unless otherwise specified."."""
        if isinstance(data, dict):
            for name, value in data.items():
                if value is None:
                    raise ValueError(f"{name} shall not be null")
        return data


class Service(_Table):
    hook: Text
    title: Text | None = None
    description: Text
    id: Text
    prefetch: Annotated[dict[str, Text], Field(min_length=1)] | None = None
    usageRequirements: Text | None = None
    extension: Filled | None = None


class Discovery(_Table):
    services: list[Service]


class Coding(_Table):
    code: Text
    system: Text
    display: Text | None = None


class Source(_Table):
    label: Text
    url: Url | None = None
    icon: Url | None = None
    topic: Coding | None = None


class Action(_Table):
    type: Literal["create", "update", "delete"]
    description: Text
    resource: Filled | None = None
    resourceId: Text | None = None

    @model_validator(mode="after")
    def _conditional(self) -> Action:
        if self.type in ("create", "update") and self.resource is None:
            raise ValueError(f"{self.type} shall contain a resource")
        if self.type == "delete" and self.resourceId is None:
            raise ValueError("delete should have a resourceId")
        return self


class Suggestion(_Table):
    label: Text
    uuid: Text | None = None
    isRecommended: bool | None = None
    actions: Annotated[list[Action], Field(min_length=1)] | None = None


class Link(_Table):
    label: Text
    url: Url
    type: Literal["absolute", "smart"]
    appContext: Text | None = None

    @model_validator(mode="after")
    def _smart_only(self) -> Link:
        if self.appContext is not None and self.type != "smart":
            raise ValueError("appContext is not valid for absolute links")
        return self


class OverrideCoding(Coding):
    display: Text  # "MUST populate a display value"


class Card(_Table):
    uuid: Text | None = None
    summary: Annotated[str, StringConstraints(min_length=1, max_length=139)]
    detail: Text | None = None
    indicator: Literal["info", "warning", "critical"]
    source: Source
    suggestions: Annotated[list[Suggestion], Field(min_length=1)] | None = None
    selectionBehavior: Literal["at-most-one", "any"] | None = None
    overrideReasons: Annotated[list[OverrideCoding], Field(min_length=1)] | None = None
    links: Annotated[list[Link], Field(min_length=1)] | None = None
    extension: Filled | None = None

    @model_validator(mode="after")
    def _conditional(self) -> Card:
        if self.suggestions is not None and self.selectionBehavior is None:
            raise ValueError("selectionBehavior must be provided with suggestions")
        return self


class SystemAction(_Table):
    type: Literal["create", "update", "delete"]
    description: Text | None = None  # left out in the specification's own example
    resource: Filled | None = None
    resourceId: Text | None = None


class Response(_Table):
    cards: list[Card]  # "an empty array of cards" is specified
    systemActions: list[SystemAction] | None = None
    extension: Filled | None = None


class AcceptedSuggestion(_Table):
    id: Text


class OverrideReason(_Table):
    reason: Coding | None = None
    userComment: Text | None = None


class FeedbackEntry(_Table):
    card: Text
    outcome: Literal["accepted", "overridden"]
    acceptedSuggestions: (
        Annotated[list[AcceptedSuggestion], Field(min_length=1)] | None
    ) = None
    overrideReason: OverrideReason | None = None
    outcomeTimestamp: Annotated[datetime, Field(strict=False)]

    @model_validator(mode="after")
    def _conditional(self) -> FeedbackEntry:
        if self.outcome == "accepted" and self.acceptedSuggestions is None:
            raise ValueError("acceptedSuggestions are required for accepted outcomes")
        return self


class Feedback(_Table):
    feedback: list[FeedbackEntry]


#: The specification's own examples: of the discovery, a response, feedback, a request.
DISCOVERY = {
    "services": [
        {
            "hook": "patient-view",
            "title": "Static CDS Service Example",
            "description": "An example of a CDS Service that returns a static set of "
            "cards",
            "id": "static-patient-greeter",
            "prefetch": {"patientToGreet": "Patient/{{context.patientId}}"},
        },
        {
            "hook": "order-select",
            "title": "Order Echo CDS Service",
            "description": "An example of a CDS Service that simply echoes the "
            "order(s) being placed",
            "id": "order-echo",
            "prefetch": {
                "patient": "Patient/{{context.patientId}}",
                "medications": "MedicationRequest?patient={{context.patientId}}",
            },
        },
    ]
}
RESPONSE = {
    "cards": [
        {
            "uuid": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
            "summary": "Example Card",
            "indicator": "info",
            "detail": "This is an example card.",
            "source": {
                "label": "Static CDS Service Example",
                "url": "https://example.com",
                "icon": "https://example.com/img/icon-100px.png",
            },
            "links": [
                {"label": "Google", "url": "https://google.com", "type": "absolute"},
                {
                    "label": "SMART Example App",
                    "url": "https://smart.example.com/launch",
                    "type": "smart",
                    "appContext": '{"session":3456356,"settings":{"module":4235}}',
                },
            ],
        },
        {
            "summary": "Another card",
            "indicator": "warning",
            "source": {"label": "Static CDS Service Example"},
            "overrideReasons": [
                {
                    "code": "reason-code-provided-by-service",
                    "system": "http://example.org/cds-services/fhir/CodeSystem/override-reasons",
                    "display": "Patient refused",
                }
            ],
        },
    ]
}
ACCEPTED = {
    "feedback": [
        {
            "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
            "outcomeTimestamp": "2021-12-11T10:05:31Z",
        }
    ]
}
OVERRIDDEN = {
    "feedback": [
        {
            "card": "9368d37b-283f-44a0-93ea-547cebab93ed",
            "outcome": "overridden",
            "overrideReason": {
                "reason": {
                    "code": "d7ecf885",
                    "system": "https://example.com/cds-hooks/override-reason-system",
                },
                "userComment": "A comment entered by the clinician.",
            },
            "outcomeTimestamp": "2020-12-11T00:00:00Z",
        }
    ]
}
REQUEST: dict[str, Any] = {
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "fhirServer": "http://hooks.smarthealthit.org:9080",
    "hook": "patient-view",
    "fhirAuthorization": {
        "access_token": "some-opaque-fhir-access-token",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/Patient.read user/Observation.read",
        "subject": "cds-service4",
    },
    "context": {
        "userId": "Practitioner/example",
        "patientId": "1288992",
        "encounterId": "89284",
    },
    "prefetch": {
        "patientToGreet": {
            "resourceType": "Patient",
            "gender": "male",
            "birthDate": "1925-12-23",
            "id": "1288992",
            "active": True,
        }
    },
}
#: Of "Trusting CDS Clients": a key set and a token that it signed.
KEYS = {
    "keys": [
        {
            "kty": "EC",
            "use": "sig",
            "crv": "P-384",
            "kid": "example-kid",
            "x": "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
            "y": "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI",
            "alg": "ES384",
        }
    ]
}
TOKEN = (
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly"
    "9maGlyLWVoci5leGFtcGxlLmNvbS9qd2tfdXJpIn0.eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1w"
    "bGUuY29tLyIsImF1ZCI6Imh0dHBzOi8vY2RzLmV4YW1wbGUub3JnL2Nkcy1zZXJ2aWNlcy9zb21lLXNlcn"
    "ZpY2UiLCJleHAiOjE0MjI1Njg4NjAsImlhdCI6MTMxMTI4MDk3MCwianRpIjoiZWUyMmIwMjEtZTFiNy00"
    "NjExLWJhNWItOGVlYzZhMzNhYzFlIiwidGVuYW50IjoiMmRkZDZjM2EtOGU5YS00NGM2LWEzMDUtNTIxMT"
    "FhZDMwMmEyIn0.d1WfLjGRKlcWB94l9do4cM8REXeYJLL6SGUBO8VHZhfM8mwKYP70EMxJ67War4TQblEp"
    "aQrp11wx5p7oPFm2ETYgCicS84vXWEIYTdjooZdooCSDf2L8-i4awdoUwiEb"
)
TOKEN_EXPIRES = 1422568860
