"""What a client of CDS Hooks sends, as far as it is read here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from viewer.record.storage.models import LONGEST_REASON
from zones.contract.described import Described

Id = Annotated[str, Field(min_length=1, max_length=80)]


class _Sent(Described):
    """Base: what the specification may add is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Context(_Sent):
    """The context of a hook, as far as all of them have it."""

    model_config = ConfigDict(extra="allow")

    userId: Annotated[str, Field(min_length=1)]
    """The user."""
    patientId: Annotated[str, Field(min_length=1)]
    """FHIR id of the patient."""


class HookRequest(_Sent):
    """A call of a service."""

    hook: str
    """The hook that was triggered."""
    hookInstance: UUID
    """Id of this call."""
    context: Context
    """The hook's context."""
    prefetch: dict[str, Any] = Field(default_factory=dict)
    """FHIR R4 resources by the keys that the discovery names."""
    fhirServer: str | None = None
    """The client's FHIR server; it is not called."""
    fhirAuthorization: dict[str, Any] | None = None
    """Never used or kept."""


class Coding(_Sent):
    """A code."""

    code: Annotated[str, Field(min_length=1, max_length=100)]
    """The code."""
    system: Annotated[str, Field(max_length=200)] = ""
    """Its system."""
    display: str | None = None
    """Its text."""


class OverrideReason(_Sent):
    """Why a card was overridden."""

    reason: Coding | None = None
    """The reason that was chosen."""
    userComment: Annotated[str, Field(max_length=LONGEST_REASON)] | None = None
    """What the user wrote."""


class AcceptedSuggestion(_Sent):
    """A suggestion that was taken."""

    id: Id
    """Its id."""


class FeedbackEntry(_Sent):
    """What a user made of one card."""

    card: Id
    """The card's id."""
    outcome: Literal["accepted", "overridden"]
    """What was made of it."""
    acceptedSuggestions: list[AcceptedSuggestion] = Field(default_factory=list)
    """Suggestions that were taken."""
    overrideReason: OverrideReason | None = None
    """Why it was overridden."""
    outcomeTimestamp: datetime
    """When."""


class FeedbackRequest(_Sent):
    """Feedback on cards."""

    feedback: Annotated[list[FeedbackEntry], Field(min_length=1, max_length=200)]
    """One entry for each card."""
