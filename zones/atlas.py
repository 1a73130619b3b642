"""The atlas: bodies, knowledge and compiled fields of one data folder in one object."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from anatomy.store import DataFolder, current, using

if TYPE_CHECKING:
    from pathlib import Path

    from anatomy.body import Body
    from zones.contract.models import Assessment
    from zones.contract.needle import NeedleLike
    from zones.contract.sites import SiteLike
    from zones.fields.model import BodyFields
    from zones.knowledge.facts import Catalogue
    from zones.knowledge.records.sources import Source
    from zones.knowledge.rule_files import Rule
    from zones.knowledge.structures.zone_models import Zone
    from zones.patients.patient import PatientLike, PractitionerLike


@dataclass(frozen=True, eq=False, repr=False)
class Atlas:
    """What answers rest on: the data that ship, or a folder of changes laid over them.

    Use `Atlas.load`. Two atlases of one process never mix: each remembers only its
    own. The functions of `zones` answer by the default atlas, which is that of
    ``NEEDLEMAP_DATA`` or else what ships.

    Attributes
    ----------
    folder : DataFolder
        Where the data are read from.

    Notes
    -----
    Files are read when they are first needed and not again; after a change load the
    folder afresh. Zones that differ from the shipped ones are compiled at the first
    check, which may take minutes, and kept in the user's cache folder.

    Examples
    --------
    >>> atlas = Atlas.load()
    >>> atlas.zones["pleura"].consequence
    'pneumothorax'
    >>> plan = {"depth_mm": 10, "length_mm": 25}
    >>> atlas.check_site({"point": "LI4", "side": "left"}, plan).verdict.value
    'CAUTION'
    """

    folder: DataFolder

    @classmethod
    def load(cls, data: Path | str | None = None) -> Atlas:
        """Return an atlas.

        Parameters
        ----------
        data : Path or str, optional
            Folder of files that differ from the shipped ones, in the layout of
            ``zones/data`` and ``anatomy/data``: an entry replaces the shipped one of
            its id or is added to them. The default atlas without it.

        Raises
        ------
        DataError
            When there is no such folder, it holds a file that nothing would read, or
            an entry is wrong; names the file and the entry.
        """
        if data is None:
            return cls(current())
        atlas = cls(DataFolder(data))
        with atlas.using():
            # what is wrong is said now, not at the first check
            _call("zones.check.patient_findings:load_data")
            _call("zones.knowledge.structures.zone_files:load_zones")
            _call("zones.risk.policy:shipped_policy")
        return atlas

    def __repr__(self) -> str:
        """Where the data come from, and their version."""
        own = self.folder.own
        return f"<Atlas {own.name if own else 'shipped'}, data {self.version}>"

    def using(self) -> Any:
        """Return a context in which all functions answer by this atlas.

        Examples
        --------
        >>> from zones.knowledge.structures.zone_files import load_zones
        >>> with Atlas.load().using():
        ...     len(load_zones()) > 100
        True
        """
        return using(self.folder)

    def _get(self, home: str, *args: Any, **kwargs: Any) -> Any:
        """Return what a function of the library returns by this atlas."""
        with using(self.folder):
            return _call(home, *args, **kwargs)

    @property
    def data(self) -> Path | None:
        """Folder laid over what ships; None without one."""
        return self.folder.own

    @property
    def version(self) -> str:
        """Version of all data that answers rest on, as in ``data_version``."""
        return str(self._get("zones.check.site:data_version"))

    @property
    def bodies(self) -> Mapping[str, Body]:
        """Reference bodies by name."""
        names = ("male", "female")
        bodies = {name: self._get("anatomy.body:load_body", name) for name in names}
        return MappingProxyType(bodies)

    @property
    def zones(self) -> Mapping[str, Zone]:
        """Danger zones by id."""
        found: tuple[Zone, ...] = self._get(
            "zones.knowledge.structures.zone_files:load_zones"
        )
        return MappingProxyType({zone.id: zone for zone in found})

    @property
    def facts(self) -> Catalogue:
        """What is asked of a patient."""
        found: Catalogue = self._get("zones.knowledge.facts:load_facts")
        return found

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Rules about a patient by id."""
        found: tuple[Rule, ...] = self._get("zones.knowledge.rule_files:load_rules")
        return MappingProxyType({rule.id: rule for rule in found})

    @property
    def sources(self) -> Mapping[str, Source]:
        """Sources of zones, rules and texts by id."""
        found: Mapping[str, Source] = self._get(
            "zones.knowledge.records.sources:load_sources"
        )
        return found

    def fields(self, body: str) -> BodyFields:
        """Return the zones compiled on a body.

        Parameters
        ----------
        body : {"male", "female"}
            Which body.

        Raises
        ------
        UnknownNameError
            When there is no such body.
        DataError
            When a zone cannot be drawn on it.
        """
        found: BodyFields = self._get("zones.fields.loading:body_fields", body)
        return found

    def check_site(
        self,
        site: SiteLike,
        needle: NeedleLike | None = None,
        patient: PatientLike | None = None,
        practitioner: PractitionerLike | None = None,
    ) -> Assessment:
        """Return what a needle at a site can hit and whether it may go ahead.

        Parameters, errors and answer are those of `zones.check_site`.
        """
        answer: Assessment = self._get(
            "zones.check.site:check_site", site, needle, patient, practitioner
        )
        return answer

    def check_sites(self, *args: Any, **kwargs: Any) -> Any:
        """Return the answers to a table of sites.

        Parameters, errors and answer are those of `zones.check_sites`.
        """
        return self._get("zones.table.sites:check_sites", *args, **kwargs)


@functools.cache
def _function(home: str) -> Callable[..., Any]:
    """Return a function by its address, imported when it is first used."""
    module, _, name = home.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _call(home: str, *args: Any, **kwargs: Any) -> Any:
    return _function(home)(*args, **kwargs)
