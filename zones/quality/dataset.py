"""Everything that ships as data, read file by file for the data check.

Reading does not stop at the first wrong file: what cannot be read is remembered with
its file and entry, and the rest is still checked.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from anatomy.errors import DataError
from anatomy.muscles.catalogue import Acupoint, Muscle
from anatomy.store import (
    OPEN_FOLDERS,
    DataFolder,
    current,
    name_of,
    read_jsonl,
    read_toml,
    using,
)
from zones.fields.bones import Gaps, read_gaps
from zones.knowledge import rule_files, zone_files
from zones.knowledge.evidence import Evidence, read_evidence
from zones.knowledge.facts import Catalogue, load_facts
from zones.knowledge.sources import Source
from zones.knowledge.zone_models import RegionCoverage, Zone
from zones.risk.measured import Readings, readings
from zones.risk.policy import Policy, read_policy
from zones.sentences.texts import Rate, load_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: Version of the files that this program reads.
SCHEMA = 1
#: The schema has a check of its own.
ANY_SCHEMA = 10**6
#: Version of the zone files and of the files beside them that were changed with them.
ZONE_SCHEMA = 2
ZONED = ("coverage.toml", "habitus.toml")


@dataclass(frozen=True)
class Entry:
    """One entry of a data file as it stands there.

    Attributes
    ----------
    file : str
        Name of the file.
    name : str
        What the entry is called, such as ``"zone 'pleura'"``.
    data : dict
        The entry, plain.
    """

    file: str
    name: str
    data: dict[str, Any]

    @property
    def where(self) -> str:
        """File and entry, as a message begins.

        Examples
        --------
        >>> Entry("pleura.toml", "zone 'pleura'", {}).where
        "pleura.toml, zone 'pleura'"
        """
        return f"{self.file}, {self.name}"

    def values(self) -> Iterator[tuple[str, Any]]:
        """Yield every value of the entry, however deep, with the name of its field.

        Examples
        --------
        >>> list(Entry("f", "e", {"a": [{"b_mm": 2}], "c": 1}).values())
        [('b_mm', 2), ('c', 1)]
        """
        yield from _values(self.data, "")


def _values(data: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _values(value, key)
    elif isinstance(data, list):
        for value in data:
            yield from _values(value, name)
    else:
        yield name, data


@dataclass
class Dataset:
    """The data of a folder: entries as they stand, and the records made of them.

    Attributes
    ----------
    folder : DataFolder
        Where they were read from.
    entries : list of Entry
        Every entry of every file that could be parsed.
    unread : list of str
        Files and entries that could not be read, with the reason.
    added : list of str
        Entries that a data folder of one's own adds.
    schemas : dict of str to object
        What each TOML file says of its schema.
    zones : list of (str, Zone)
        File name and zone; likewise the other lists.
    policy, gaps, readings : Policy, Gaps, Readings, optional
        How risk becomes a verdict, gaps in bones, and how readings count.
    memory : dict
        What checks have worked out and others can use.
    """

    folder: DataFolder
    entries: list[Entry] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    schemas: dict[str, object] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    zones: list[tuple[str, Zone]] = field(default_factory=list)
    coverage: list[RegionCoverage] = field(default_factory=list)
    rules: list[rule_files.Rule] = field(default_factory=list)
    texts: list[Any] = field(default_factory=list)
    rates: dict[str, Rate] = field(default_factory=dict)
    facts: Catalogue | None = None
    muscles: list[Muscle] = field(default_factory=list)
    points: list[Acupoint] = field(default_factory=list)
    policy: Policy | None = None
    gaps: Gaps | None = None
    readings: Readings | None = None
    memory: dict[Any, Any] = field(default_factory=dict, repr=False)

    def wanted_schema(self, file: str) -> int:
        """Return the version of the schema that a TOML file is read with."""
        zones = {path.name for path in self.folder.files("zones", "*.toml")}
        zoned = file in zones or file in ZONED
        return ZONE_SCHEMA if zoned else SCHEMA

    def of(self, *files: str) -> list[Entry]:
        """Return the entries of files by name."""
        return [entry for entry in self.entries if entry.file in files]


def read_dataset(folder: DataFolder | None = None) -> Dataset:
    """Return all data of a folder; never raises for a wrong file.

    Parameters
    ----------
    folder : DataFolder, optional
        What is read; the one in use by default. It is read afresh.

    Examples
    --------
    >>> shipped = read_dataset()
    >>> shipped.unread, "hayashi-2011" in shipped.sources
    ([], True)
    """
    folder = folder or DataFolder(current().own)
    found = Dataset(folder)
    anatomy, data = folder.roots
    tables = [
        *sorted(data.rglob("*.toml")),
        *sorted(anatomy.glob("*.toml")),
        *sorted((anatomy / "catalogue").glob("*.toml")),
        *(path for path in folder.own_files() if path.suffix == ".toml"),
    ]
    # techniques have a check of their own, which reads them
    tables = [path for path in tables if path.parent.name != "techniques"]
    for path in tables:
        _read_table(found, path)
    own = [path for path in folder.own_files() if path.suffix == ".jsonl"]
    lines = [*sorted(data.rglob("*.jsonl")), *own]
    # so have codes
    for path in (path for path in lines if path.parent.name != "codes"):
        _read_lines(found, path)
    with using(folder):
        for name in ("regulation_sources.jsonl", "sources.jsonl"):
            listed = _tried(found, functools.partial(read_jsonl, name, Source))
            for source in listed or ():
                if source.id in found.sources:
                    found.unread.append(f"{name}, {source.id!r}: the id is taken.")
                found.sources[source.id] = source
        _read_models(found)
    found.unread = list(dict.fromkeys(found.unread))
    return found


def _add(found: Dataset, path: Path, entry: Entry, name: str | None) -> None:
    """Add an entry; an own one takes the place of the shipped one of that name."""
    if name is not None and found.folder.is_own(path):
        where = path.relative_to(found.folder.own or path)
        alone = where.parent.as_posix() not in OPEN_FOLDERS
        for number, other in enumerate(found.entries):
            if other.name != entry.name or (alone and other.file != entry.file):
                continue
            if other.data != entry.data:
                found.folder.note_replaced(entry.where)
            found.entries[number] = entry
            return
        found.added.append(entry.where)
    found.entries.append(entry)


def _tried(found: Dataset, read: Callable[[], Any]) -> Any:
    """Return what a reader returns; remember why when it fails."""
    try:
        return read()
    except DataError as error:
        found.unread.append(str(error))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        found.unread.append(f"{type(error).__name__}: {error}")
    return None


def _read_table(found: Dataset, path: Path) -> None:
    """Take in the entries of a TOML file."""
    raw = _tried(found, lambda: read_toml(path, schema=ANY_SCHEMA))
    if raw is None:
        return
    found.schemas[path.name] = raw.pop("schema", None)
    rest: dict[str, Any] = {}
    for key, value in raw.items():
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            rest[key] = value
            continue
        for number, item in enumerate(value, start=1):
            label = name_of(item, key)
            name = f"{key} {number if label is None else repr(label)}"
            _add(found, path, Entry(path.name, name, item), label)
    if rest:
        found.entries.append(Entry(path.name, "file", rest))


def _read_lines(found: Dataset, path: Path) -> None:
    """Take in the entries of a JSON Lines file."""
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            found.unread.append(f"{path.name}, line {number}: not valid JSON: {error}.")
            continue
        if not isinstance(item, dict):
            found.unread.append(f"{path.name}, line {number}: must be an object.")
            continue
        name = item.get("id")
        entry = Entry(path.name, repr(number if name is None else name), item)
        _add(found, path, entry, name)


def _read_models(found: Dataset) -> None:
    """Make records of zones, rules, texts, rates, facts and the catalogue."""
    for file in found.folder.files("zones", "*.toml"):
        zones = _tried(found, functools.partial(zone_files.read_zone_file, file)) or ()
        if found.folder.is_own(file):
            ids = {zone.id for zone in zones}
            found.zones = [pair for pair in found.zones if pair[1].id not in ids]
        found.zones += [(file.name, zone) for zone in zones]
    lines = _tried(found, lambda: [*read_evidence("evidence")])
    found.evidence = {record.id: record for _, record in lines or ()}
    coverage = _tried(found, zone_files.load_coverage)
    found.coverage = list((coverage or {}).values())
    found.rules = list(_tried(found, lambda: _rules(found.folder)) or ())
    rates = _tried(found, lambda: read_jsonl("rates.jsonl", Rate))
    found.rates = {rate.id: rate for rate in rates or ()}
    said = _tried(found, load_texts)
    found.texts = list(said or ())
    found.facts = _tried(found, load_facts)
    found.policy = _tried(found, lambda: read_policy("policy.toml"))
    found.gaps = _tried(found, read_gaps)
    found.readings = _tried(found, readings)
    for entry in found.of("muscles.toml", "acupoints.toml"):
        model = Muscle if entry.file == "muscles.toml" else Acupoint
        if entry.name == "file":
            continue
        try:
            record = model.model_validate(entry.data)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            at = ".".join(map(str, first["loc"]))
            found.unread.append(f"{entry.where}: {at}: {first['msg']}.")
            continue
        if isinstance(record, Muscle):
            found.muscles.append(record)
        else:
            found.points.append(record)


def _rules(folder: DataFolder) -> list[rule_files.Rule]:
    """Return the rules of a folder, not yet held against the rest of the data."""
    rules: list[rule_files.Rule] = []
    for path in folder.files("rules", "*.toml"):
        read = rule_files.read_rule_file(path)
        if folder.is_own(path):
            ids = {rule.id for rule in read}
            rules = [rule for rule in rules if rule.id not in ids]
        rules += read
    return rules
