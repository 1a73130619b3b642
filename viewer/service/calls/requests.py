"""What is sent beside the requests of the contract, as models.

They describe the calls; what a field holds is read by the library itself.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from viewer.service.protocol.limits import DEFAULT_BODY
from zones.contract.needle import Needle
from zones.contract.sites import BodyName, Site
from zones.contract.validation import StrictModel
from zones.patients.patient import Patient, Practitioner

#: Most hits that a search returns.
MOST_HITS = 50


class _Sent(StrictModel):
    """Base of what is sent."""


class LocateRequest(_Sent):
    """A site to be located, in any form of the contract."""

    site: Site
    """The site."""


class SearchRequest(_Sent):
    """A few words for which sites are sought."""

    text: str
    """Such as "T4 6 cm left", "left rhomboid" or "gb 21 r"."""
    body: BodyName = DEFAULT_BODY
    """The body on which the sites lie."""
    limit: Annotated[int, Field(ge=1, le=MOST_HITS)] = 8
    """Most hits."""


class PatientRequest(_Sent):
    """A patient before a site is chosen."""

    patient: Patient
    """Facts known; a fact left out was not asked."""


class PractitionerRequest(_Sent):
    """Who needles, and in which region."""

    practitioner: Practitioner
    """Jurisdiction, profession, training."""
    region: str | None = None
    """Skin region of the site; without it limits to parts of the body are only told."""


class SessionSite(_Sent):
    """One site of a session."""

    site: Site
    """The site."""
    needle: Needle | None = None
    """The needle."""
    left_in: bool | None = None
    """Whether the needle is left in place."""


class SessionRequest(_Sent):
    """Several sites of one patient in one sitting."""

    sites: list[SessionSite]
    """The sites, in their order."""
    patient: Patient | None = None
    """Facts known."""
    session: dict[str, Any] | None = None
    """Facts of the session: posture, first treatment, needles left in, counts."""
    practitioner: Practitioner | None = None
    """Who needles."""


class SymptomsRequest(_Sent):
    """Symptoms after a treatment."""

    symptoms: list[str] | dict[str, bool | None]
    """Reported symptoms; an object also says what was denied or not asked."""
    site: Site | None = None
    """Where needles were used."""
    region: str | None = None
    """The same as a region's name; not with a site."""
    hours_since: float | None = None
    """Hours since the treatment."""
    patient: Patient | None = None
    """Facts known."""


class DepthMapRequest(_Sent):
    """A chart for which the deepest needle at every place is asked."""

    chart: str
    """Name of the chart."""
    body: BodyName = DEFAULT_BODY
    """The reference body."""
    patient: Patient | None = None
    """Facts known."""
    needle: Needle | None = None
    """What of the plan counts everywhere: a pincer with its fold, the arm."""


class SectionRequest(_Sent):
    """A site whose cross-section is asked."""

    site: Site
    """The site."""
    needle: Needle | None = None
    """The needle."""
    patient: Patient | None = None
    """Facts known."""
    practitioner: Practitioner | None = None
    """Who needles."""
    view: Literal["needle", "axial"] = "needle"
    """The plane in which the needle tilts, or across the trunk or limb."""
