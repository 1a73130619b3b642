"""What a changed plan would get, by the same reckoning as the check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zones.check import engine
from zones.check.draft import (
    OTHER_SIDE,
    TOO_DEEP,
    Draft,
    drafts_of,
    floor_along,
    other_side,
    too_deep,
)
from zones.check.entry import Entry
from zones.contract.models import BoneAhead, Suggestion, Verdict
from zones.contract.needle import Needle
from zones.contract.sites import Site
from zones.patients.frozen import Facts, frozen
from zones.patients.request import Parsed

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Change:
    """A change of a plan that may make its verdict milder.

    Attributes
    ----------
    change : str
        The field of the plan that changes.
    to : object
        The value to put there.
    why : str
        Why it helps.
    needle : Needle
        The needle so changed.
    """

    change: str
    to: Any
    why: str
    needle: Needle

    def suggested(self, verdict: Verdict) -> Suggestion:
        """Return it as a suggestion, with the verdict of the plan so changed."""
        return Suggestion.model_construct(
            change=self.change, to=self.to, verdict=verdict, why=self.why
        )


@dataclass(frozen=True)
class Trial:
    """Answers what a changed plan would get, by the same reckoning as the check.

    Attributes
    ----------
    lead : Draft
        The stricter body.
    drafts : sequence of Draft
        All bodies that the request may mean.
    request : Parsed
        The plan as asked.
    facts : Facts
        Known facts.
    """

    lead: Draft
    drafts: Sequence[Draft]
    request: Parsed
    facts: Facts

    @property
    def entry(self) -> Entry | None:
        """Where the needle goes in on the stricter body."""
        return self.lead.entry

    @property
    def bone(self) -> BoneAhead | None:
        """The bone that is expected under the site on the stricter body."""
        return self.lead.bone

    def with_needles(self, needles: Sequence[Needle]) -> list[Verdict | None]:
        """Return the verdicts of other needles at the same site.

        What the patient's findings say does not depend on the needle's way. None for
        one that has no meaning here.
        """
        found = [self._on_one(draft, needles) for draft in self.drafts]
        return [
            None if None in verdicts else max(v for v in verdicts if v is not None)
            for verdicts in zip(*found, strict=True)
        ]

    def _on_one(
        self, draft: Draft, needles: Sequence[Needle]
    ) -> Sequence[Verdict | None]:
        """Return the verdicts of needles on one body."""
        if draft.entry is None:
            return [draft.verdict] * len(needles)
        others = [
            f
            for f in draft.findings
            if f.kind != "zone" and f.id not in (TOO_DEEP, OTHER_SIDE, engine.AREA)
        ]
        found = engine.zones_verdicts(draft.entry, needles, self.facts)
        for number, (needle, verdict) in enumerate(zip(needles, found, strict=True)):
            if verdict is None:
                continue
            tried = replace(draft, floor_mm=floor_along(draft, needle))
            own = (too_deep(tried, needle), other_side(tried, needle))
            all_ = [*others, *(finding for finding in own if finding is not None)]
            found[number] = max(verdict, engine.worst(all_))
        return found

    def without_current(self) -> Verdict:
        """Return the verdict of the same needle at the same site worked by hand."""
        by_hand = self.request.needle.model_copy(update={"electrical": False})
        drafts = drafts_of(
            replace(self.request, needle=by_hand),
            frozen({**self.facts, "electrical": False}),
            explain=False,
        )
        return max(draft.verdict for draft in drafts)

    def at_site(self, site: Site) -> Verdict:
        """Return the verdict of the same needle at another site."""
        changed = replace(self.request, site=site)
        drafts = drafts_of(changed, self.facts, explain=False)
        return max(draft.verdict for draft in drafts)
