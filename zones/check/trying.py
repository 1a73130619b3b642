"""What a suggestion may ask of the check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from zones.contract.models import BoneAhead, Verdict
from zones.contract.needle import Needle
from zones.contract.sites import Site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zones.check.entry import Entry
    from zones.patients.request import Parsed


class Trying(Protocol):
    """Answers what a changed plan would get."""

    @property
    def request(self) -> Parsed:
        """The plan as asked."""

    @property
    def facts(self) -> Mapping[str, object]:
        """Known facts."""

    @property
    def entry(self) -> Entry | None:
        """Where the needle goes in on the stricter body."""

    @property
    def bone(self) -> BoneAhead | None:
        """The bone that is expected under the site."""

    def with_needle(self, needle: Needle) -> Verdict:
        """Return the verdict of another needle at the same site."""

    def without_current(self) -> Verdict:
        """Return the verdict of the same needle at the same site worked by hand."""

    def at_site(self, site: Site) -> Verdict:
        """Return the verdict of the same needle at another site."""
