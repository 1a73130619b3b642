"""Everything that ships as data, read file by file for the data check.

Reading does not stop at the first wrong file: what cannot be read is remembered with
its file and entry, and the rest is still checked.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from anatomy.errors import DataError
from anatomy.muscles.catalogue import Acupoint, Muscle
from anatomy.store import (
    OPEN_FOLDERS,
    DataFolder,
    check_schema,
    current,
    invalid,
    name_of,
    read_jsonl,
    read_toml,
    using,
)
from anatomy.store.references import references
from zones.fields.bones import Gap, Gaps, Opening, read_gaps
from zones.knowledge import facts
from zones.knowledge.facts import Catalogue, load_facts
from zones.knowledge.places import Joint
from zones.knowledge.records.evidence import Evidence
from zones.knowledge.records.sources import Source
from zones.knowledge.referral import Place, Referral
from zones.knowledge.regulation import Regulation
from zones.knowledge.rule_files import Rule, RuleEvidence
from zones.knowledge.structures.tissues import HollowBone, StructureTissue, TissueWord
from zones.knowledge.structures.zone_models import PlaceCoverage, RegionCoverage, Zone
from zones.risk import policy
from zones.risk.measured import Method, Readings, readings
from zones.risk.policy import Policy, read_policy
from zones.sentences import texts
from zones.sessions.consent import ConsentElement
from zones.sessions.session_rules import Difference, Measure, SessionRule
from zones.sessions.symptom_rules import SymptomRule

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
#: What entries are made into: by file, or its folder, and the list that they stand in.
MODELS: dict[tuple[str, str], type[BaseModel]] = {
    ("zones", "zone"): Zone,
    ("evidence", ""): Evidence,
    ("rules", "rule"): Rule,
    ("rule_evidence.jsonl", ""): RuleEvidence,
    ("rules_session.toml", "rule"): SessionRule,
    ("rules_session.toml", "fact"): facts.Fact,
    ("rules_session.toml", "measure"): Measure,
    ("rules_session.toml", "difference"): Difference,
    ("facts.toml", "fact"): facts.Fact,
    ("facts.toml", "implies"): facts.Implication,
    ("facts.toml", "contradiction"): facts.Contradiction,
    ("facts.toml", "joint"): Joint,
    ("coverage.toml", "region"): RegionCoverage,
    ("coverage.toml", "place"): PlaceCoverage,
    ("texts.toml", "text"): texts._Entry,
    ("rates.jsonl", ""): texts.Rate,
    ("consent.toml", "element"): ConsentElement,
    ("symptoms.toml", "rule"): SymptomRule,
    ("policy.toml", "matrix"): policy.Row,
    ("policy.toml", "harm"): policy.Harm,
    ("policy.toml", "bleeding"): policy.Raised,
    ("bone_gaps.toml", "bone"): Gap,
    ("bone_gaps.toml", "opening"): Opening,
    ("readings.toml", "method"): Method,
    ("tissues.toml", "structure"): StructureTissue,
    ("tissues.toml", "tissue"): TissueWord,
    ("tissues.toml", "hollow"): HollowBone,
    ("referral.toml", "place"): Place,
    ("referral.toml", "pattern"): Referral,
    ("regulation.jsonl", ""): Regulation,
    ("muscles.toml", "muscle"): Muscle,
    ("acupoints.toml", "point"): Acupoint,
}


Model = TypeVar("Model", bound=BaseModel)


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
    record : BaseModel, optional
        What is made of it, held against the schema only; None for an entry that does
        not fit, or that no record is made of.
    """

    file: str
    name: str
    data: dict[str, Any]
    record: BaseModel | None = None

    @property
    def where(self) -> str:
        """File and entry, as a message begins.

        Examples
        --------
        >>> Entry("pleura.toml", "zone 'pleura'", {}).where
        "pleura.toml, zone 'pleura'"
        """
        return f"{self.file}, {self.name}"

    def named(self, kind: str) -> dict[str, None]:
        """Return what the record names of a kind, such as ``"fact"``, each once."""
        if self.record is None:
            return {}
        return {n: None for _, k, n in references(self.record) if k == kind}

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
    sources : dict of str to Source
        By id.
    facts, policy, gaps, readings : optional
        The whole of these files, as checks rest on it.
    memory : dict
        What checks have worked out and others can use.
    """

    folder: DataFolder
    entries: list[Entry] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    schemas: dict[str, object] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    facts: Catalogue | None = None
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

    def records(self, model: type[Model]) -> list[tuple[Entry, Model]]:
        """Return entries with their records, of one model and no model made of it."""
        found = [(entry, entry.record) for entry in self.entries]
        return [(e, r) for e, r in found if type(r) is model]

    @functools.cached_property
    def zones(self) -> list[tuple[str, Zone]]:
        """File name and zone."""
        return [(entry.file, zone) for entry, zone in self.records(Zone)]

    @functools.cached_property
    def evidence(self) -> dict[str, Evidence]:
        """Records of evidence by id."""
        return {record.id: record for _, record in self.records(Evidence)}

    @functools.cached_property
    def rates(self) -> dict[str, texts.Rate]:
        """Rates by id."""
        return {rate.id: rate for _, rate in self.records(texts.Rate)}


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
        _tried(found, texts.load_texts)
        found.facts = _tried(found, load_facts)
        found.policy = _tried(found, lambda: read_policy("policy.toml"))
        found.gaps = _tried(found, read_gaps)
        found.readings = _tried(found, readings)
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
    found.schemas[path.name] = raw.get("schema")
    reads = found.wanted_schema(path.name)
    _tried(found, lambda: check_schema(raw, path.name, reads=reads))
    raw.pop("schema", None)
    rest: dict[str, Any] = {}
    for key, value in raw.items():
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            rest[key] = value
            continue
        for number, item in enumerate(value, start=1):
            label = name_of(item, key)
            name = f"{key} {number if label is None else repr(label)}"
            record = _record(found, path, key, item, f"{path.name}, {name}")
            _add(found, path, Entry(path.name, name, item, record), label)
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
        record = _record(found, path, "", item, f"{path.name}, line {number}")
        entry = Entry(path.name, repr(number if name is None else name), item, record)
        _add(found, path, entry, name)


def _record(
    found: Dataset, path: Path, key: str, item: dict[str, Any], where: str
) -> BaseModel | None:
    """Return what is made of an entry; remember why when it does not fit."""
    model = MODELS.get((path.name, key)) or MODELS.get((path.parent.name, key))
    if model is None:
        return None
    own = {"file": path.name} if "file" in model.model_fields else {}
    try:
        return model.model_validate({**item, **own})
    except ValidationError as error:
        found.unread.append(str(invalid(error, None, where)))
    return None
