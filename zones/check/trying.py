"""What a changed plan would get, by the same reckoning as the check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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
from zones.contract.models import BoneAhead, Verdict
from zones.contract.needle import Needle
from zones.contract.sites import Site
from zones.patients.frozen import Facts, frozen
from zones.patients.request import Parsed

if TYPE_CHECKING:
    from collections.abc import Sequence


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

    def with_needle(self, needle: Needle) -> Verdict:
        """Return the verdict of another needle at the same site.

        What the patient's findings say does not depend on the needle's way.
        """
        verdicts: list[Verdict] = []
        for draft in self.drafts:
            if draft.entry is None:
                verdicts.append(draft.verdict)
                continue
            verdict = engine.zones_verdict(draft.entry, needle, self.facts)
            others = [
                f
                for f in draft.findings
                if f.kind != "zone" and f.id not in (TOO_DEEP, OTHER_SIDE, engine.AREA)
            ]
            tried = replace(draft, floor_mm=floor_along(draft, needle))
            own = (too_deep(tried, needle), other_side(tried, needle))
            others.extend(finding for finding in own if finding is not None)
            verdicts.append(max(verdict, engine.worst(others)))
        return max(verdicts)

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
