"""A session's record as data: sites with their answers, consent, counts, notes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from viewer.state.named_sites import named
from viewer.state.technique_fields import Followed
from zones.contract.models import Assessment, BoneAhead, Coverage, SiteAnswer, Verdict
from zones.knowledge.firmness import Firmness
from zones.sentences.citations import source_row

#: Version of the form below. Older ones are read through `upgrade`.
SCHEMA = 3
#: Longest texts, in characters.
LONGEST_NOTES = 20_000
LONGEST_REFERENCE = 80
LONGEST_REASON = 2_000
LONGEST_TECHNIQUE = 120
LONGEST_SIGNATURE = 40_000
#: Surface on which a signature is drawn, in the unit of its path.
SIGNATURE_SIZE = (600, 200)

Key = Annotated[str, Field(pattern=r"^[0-9a-zA-Z-]{6,40}$")]
Count = Annotated[int, Field(ge=0, le=500)]


class _Data(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True
    )


class KeptFinding(_Data):
    """One reason for a verdict, as it was answered then."""

    id: str
    kind: str
    structure: str | None = None
    verdict: Verdict
    consequence: str | None = None
    earliest_mm: float | None = None
    typical_mm: float | None = None
    sd_mm: float | None = None
    reached_at_mm: float | None = None
    #: Chance to meet it, its 95 % interval, risk, severity and what the depth rests on;
    #: older records do not say.
    p_meet: float | None = None
    p_meet_arm_away: float | None = None
    p_meet_interval: tuple[float, float] | None = None
    risk: float | None = None
    severity: str | None = None
    basis: str | None = None
    people: int | None = None
    message: str
    #: How firm a STOP is; older records do not say.
    firmness: Firmness | None = None
    advice: tuple[str, ...] = ()
    status: str = "known"
    sources: tuple[str, ...] = ()


class Answer(_Data):
    """The core of an assessment, as it was answered then.

    ``sources`` holds, for each id, name, work, how it was read, label and address.
    """

    verdict: Verdict
    headline: str
    complete: bool
    open_questions: tuple[str, ...]
    max_depth_mm: float | None
    #: What set the limit; older records do not say.
    limit_set_by: str | None = None
    limit_structure: str | None = None
    #: The bone expected, and the policy that was followed; older records do not say.
    bone: BoneAhead | None = None
    policy: str = "needlemap"
    policy_looser: bool = False
    site: SiteAnswer
    findings: tuple[KeptFinding, ...]
    coverage: Coverage
    advice: tuple[str, ...]
    aftercare: tuple[str, ...]
    red_flags: tuple[str, ...]
    sources: dict[str, tuple[str, ...]]
    data_version: str

    @classmethod
    def of(cls, full: Assessment) -> Answer:
        """Return what is kept of an assessment."""
        names = set(KeptFinding.model_fields)
        plain = full.model_dump(mode="json")
        kept = {name: plain[name] for name in cls.model_fields if name in plain}
        kept["findings"] = [
            {name: value for name, value in finding.items() if name in names}
            for finding in plain["findings"]
        ]
        kept["sources"] = {
            name: source_row(name, row) for name, row in full.sources.items()
        }
        return cls.model_validate(kept)


class Override(_Data):
    """Why something was recorded against a verdict.

    ``label`` is the reason as it read then; ``over`` what it goes against, in words.
    """

    reason: str
    label: str
    text: str = ""
    verdict: Verdict
    over: tuple[str, ...]
    at: datetime


class SiteEntry(_Data):
    """One site: what was asked, what was answered, and what was made of it."""

    key: Key
    added: datetime
    request: dict[str, Any]
    answer: Answer
    override: Override | None = None
    left_in: bool | None = None
    #: How it was needled, whether the muscle twitched, how the patient reacted, what it
    #: did (`viewer.record.outcomes`), and the needles of this site; before version 2
    #: records do not say.
    technique: str = ""
    #: The technique on record that the plan follows; before version 3 records do not
    #: say, and `request` has no diameter.
    followed: Followed | None = None
    twitch: bool | None = None
    reaction: str | None = None
    result: str | None = None
    needles_in: Count | None = None
    needles_out: Count | None = None
    #: When it was taken off the list; it can be put back.
    removed: datetime | None = None

    @property
    def name(self) -> str:
        """Muscle or point that the site was chosen by; empty for another.

        Records made before names were kept say it by the request.
        """
        return str(self.request.get("name") or named(self.request.get("site", {})))

    @property
    def part(self) -> str:
        """Muscle or point that was needled, without which place of it; may be empty."""
        site = self.request.get("site", {})
        return str(site.get("muscle") or site.get("point") or self.name)


class Signature(_Data):
    """What was drawn on the glass: an SVG path of moves and lines, and when."""

    path: Annotated[
        str,
        Field(
            max_length=LONGEST_SIGNATURE,
            pattern=r"^M\d{1,3} \d{1,3}(?:[ML]\d{1,3} \d{1,3})+$",
        ),
    ]
    at: datetime


class FollowUp(_Data):
    """What was found when the patient was asked two days later.

    ``found`` are symptoms of the symptom file that were reported; none, when nothing
    was. ``reached`` says whether the patient was spoken to at all.
    """

    at: datetime
    reached: bool
    found: tuple[str, ...] = ()
    text: str = ""


class Record(_Data):
    """One session.

    ``reference`` is the clinic's own; no name is needed. ``consent`` tells for each
    element when it was ticked, ``facts`` what was answered about the session,
    ``patient`` what was known of the patient when the last site was added.
    """

    schema_version: int = Field(default=SCHEMA, alias="schema")
    id: Key
    reference: str = ""
    started: datetime
    sites: tuple[SiteEntry, ...] = ()
    patient: dict[str, Any] = Field(default_factory=dict)
    #: Facts of the patient that one statement answered for many, by name; older
    #: records do not say.
    stated: tuple[str, ...] = ()
    facts: dict[str, Any] = Field(default_factory=dict)
    consent: dict[str, datetime] = Field(default_factory=dict)
    needles_in: Count | None = None
    needles_out: Count | None = None
    notes: str = ""
    closed: datetime | None = None
    closed_over: Override | None = None
    #: The patient's signature, and what was found afterwards; before version 2 records
    #: do not say.
    signature: Signature | None = None
    follow_up: FollowUp | None = None

    @property
    def counted(self) -> tuple[int | None, int | None]:
        """Needles put in and taken out: as counted, else the sum over all sites."""
        sites = self.listed
        put = [site.needles_in for site in sites if site.needles_in is not None]
        out = [site.needles_out for site in sites if site.needles_out is not None]
        whole = len(sites) > 0

        def total(given: int | None, each: list[int]) -> int | None:
            if given is not None:
                return given
            return sum(each) if whole and len(each) == len(sites) else None

        return total(self.needles_in, put), total(self.needles_out, out)

    @property
    def uneven(self) -> tuple[int, ...]:
        """Numbers of the sites, from 1, whose needles were not all taken out."""
        return tuple(
            number
            for number, site in enumerate(self.listed, start=1)
            if site.needles_in is not None
            and site.needles_out is not None
            and site.needles_in != site.needles_out
        )

    @property
    def signed_before(self) -> bool:
        """Whether sites or consent changed after the patient signed."""
        if self.signature is None:
            return False
        times = [*self.consent.values(), *(site.added for site in self.listed)]
        return any(at > self.signature.at for at in times)

    @property
    def listed(self) -> tuple[SiteEntry, ...]:
        """The sites that were not taken off the list."""
        return tuple(site for site in self.sites if site.removed is None)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return self.model_dump(mode="json", by_alias=True)


class GivenOverride(_Data):
    """A reason as the page sends it."""

    reason: str
    text: str = ""


class NewSite(_Data):
    """A site as the page sends it, with the verdict that the page showed."""

    key: Key
    site: dict[str, Any] | None
    needle: dict[str, Any] = Field(default_factory=dict)
    patient: dict[str, Any] = Field(default_factory=dict)
    stated: tuple[str, ...] = ()
    override: GivenOverride | None = None


class Close(_Data):
    """That the session is at its end; a reason where something stands against it."""

    override: GivenOverride | None = None


class GivenFollowUp(_Data):
    """What was found two days later, as the page sends it."""

    reached: bool
    found: tuple[str, ...] = ()
    text: str = ""


class Change(_Data):
    """A change of a record: fields by name, and at most one of the rest.

    Names: ``reference``, ``notes``, ``needles_in``, ``needles_out``, ``fact.NAME``,
    ``consent.ELEMENT`` (true or false), ``signature`` (a path or null), and of a site
    ``left_in.SITE``, ``twitch.SITE`` (true, false or null), ``technique.SITE`` (text),
    ``reaction.SITE``, ``result.SITE`` (an entry of their list or null),
    ``site_in.SITE``, ``site_out.SITE`` (a count or null). A follow-up may also be
    entered in a closed record.
    """

    fields: dict[str, Any] = Field(default_factory=dict)
    add_site: NewSite | None = None
    remove_site: Key | None = None
    restore_site: Key | None = None
    close: Close | None = None
    follow_up: GivenFollowUp | None = None
    reopen: bool = False


def now() -> datetime:
    """Return the time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
