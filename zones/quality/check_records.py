"""Checks of the data as records: files, sources, evidence, zones, names."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from anatomy.errors import DataError
from anatomy.muscles.catalogue import Acupoint, Muscle
from anatomy.store.references import references
from zones.contract.models import Verdict
from zones.knowledge.conditions import Condition
from zones.knowledge.records.evidence import Evidence
from zones.knowledge.records.sources import BINDING, PAGES, READ_ORDER, Source
from zones.knowledge.rule_files import Rule, RuleEvidence
from zones.knowledge.structures.pooling import anchors, depth_records
from zones.knowledge.structures.tissues import TISSUES, StructureTissue, TissueWord
from zones.knowledge.structures.zone_files import ANCHORS_FILE
from zones.knowledge.structures.zone_models import RegionCoverage, Zone
from zones.quality.data_check import Note, check, unknown
from zones.quality.dataset import MODELS, Dataset, Entry
from zones.sentences.texts import Rate
from zones.sessions.session_rules import SessionRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# --- files


@check("files", "every file can be read and every entry fits its schema")
def _files(data: Dataset) -> Iterator[str]:
    yield from data.unread


@check("schema", "every TOML file states the schema version that is read here")
def _schema(data: Dataset) -> Iterator[str]:
    for file, given in data.schemas.items():
        wanted = data.wanted_schema(file)
        if given != wanted:
            newer = isinstance(given, int) and given > wanted
            hint = " The file is newer than this program." if newer else ""
            yield f"{file}: schema must be {wanted}; got {given!r}.{hint}"


@check("own-data", "what a data folder of one's own replaces and adds is said")
def _own_data(data: Dataset) -> Iterator[str]:
    for entry in data.folder.replaced:
        yield Note(f"{entry}: replaces the shipped entry.")
    for entry in data.added:
        yield Note(f"{entry}: is added to what ships.")


# --- sources and evidence

#: Files whose sources are citations in words, not ids of the list.
IN_WORDS = ("muscles.toml", "fit_expectations.toml")
#: Files in which "source" means something else, or that list sources of their own.
NOT_A_SOURCE = ("cases.jsonl", "needle_sizes.toml")


def cited(entry: Entry) -> dict[str, None]:
    """Return the source ids that an entry names, however deep, each once.

    An entry without a record is taken as it stands: another check says that it is
    broken, and its sources are used all the same.

    Examples
    --------
    >>> list(cited(Entry("a.toml", "x", {"area": [{"sources": ["b-1999"]}]})))
    ['b-1999']
    """
    if entry.record is not None or entry.file in IN_WORDS + NOT_A_SOURCE:
        return entry.named("source id")
    keys = {"sources", "source"} if entry.file.endswith(".jsonl") else {"sources"}
    return {v: None for key, v in entry.values() if key in keys and isinstance(v, str)}


@check("source-ids", "every source that is named has a record")
def _source_ids(data: Dataset) -> Iterator[str]:
    for entry in data.entries:
        for name in cited(entry):
            if name not in data.sources:
                yield unknown(entry.where, "source id", name, data.sources)
    for file in IN_WORDS:
        words = [e for e in data.of(file) if e.name != "file"]
        yield Note(f"{file}: {len(words)} entries cite in words, not by id.")


@check("sources-used", "every source record is used, or listed as unused with a reason")
def _sources_used(data: Dataset) -> Iterator[str]:
    used = {name for entry in data.entries for name in cited(entry)}
    listed = {str(e.data["id"]): e for e in data.of("unused_sources.toml")}
    for name in data.sources:
        if name not in used and name not in listed:
            yield f"sources, {name!r}: nothing uses it; unused_sources.toml lacks it."
    for name, entry in listed.items():
        if name not in data.sources:
            yield unknown(entry.where, "source id", name, data.sources)
        elif name in used:
            yield Note(f"{entry.where}: is listed as unused, but something uses it.")
        elif not str(entry.data.get("why", "")).strip():
            yield f"{entry.where}: why must say why it is kept."


@check("source-records", "each work has one record, with a sound DOI, address and year")
def _source_records(data: Dataset) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name, source in data.sources.items():
        where = f"sources, {name!r}"
        if source.doi is not None:
            if not re.fullmatch(r"10\.\d{4,9}/\S+", source.doi):
                yield f"{where}: doi must be like 10.1000/x; got {source.doi!r}."
            other = seen.setdefault(f"doi {source.doi.lower()}", name)
            if other != name:
                yield f"{where}: has the DOI of {other!r}: one record is enough."
        if source.url is not None and not re.match(r"https?://\S+$", source.url):
            yield f"{where}: url must be one web address; got {source.url!r}."
        if source.year is not None and not 1500 <= source.year <= 2100:
            yield f"{where}: year must be between 1500 and 2100; got {source.year}."
        title = f"title {source.title.lower()} {source.authors.lower()} {source.url}"
        other = seen.setdefault(title, name)
        if other != name:
            yield f"{where}: is the same work as {other!r}."
    bare = [n for n, s in data.sources.items() if not s.authors]
    yield Note(f"{len(bare)} of {len(data.sources)} records name no authors.")


def _rules_of(data: Dataset) -> list[tuple[Entry, Rule]]:
    """Return the rules about a patient and about a session."""
    return [*data.records(Rule), *data.records(SessionRule)]


#: Words of a note that say that only a part was read.
_PART = re.compile(
    r"\b(part|first|front matter|sections?|excerpts?|introduction|summary)\b"
    r"|fulltext of (the )?table",
    re.IGNORECASE,
)


@check("source-reading", "a source is read in full only when it was read whole")
def _source_reading(data: Dataset) -> Iterator[str]:
    for name, source in data.sources.items():
        if source.read == "fulltext" and _PART.search(source.note):
            yield (
                f"sources, {name!r}: read cannot be 'fulltext' when the note says "
                f"{source.note!r}; 'excerpt' is meant."
            )


@check("rule-reading", "no rule or row of evidence is better read than what leads it")
def _rule_reading(data: Dataset) -> Iterator[str]:
    found: list[tuple[Entry, Rule | RuleEvidence]] = [*_rules_of(data)]
    found += data.records(RuleEvidence)
    for entry, rule in found:
        lead = data.sources.get(next(iter(rule.sources), ""))
        if lead is None:
            continue
        if READ_ORDER.index(rule.read) < READ_ORDER.index(lead.read):
            yield (
                f"{entry.where}: read is {rule.read!r}, but {lead.id!r}, which leads "
                f"it, was read as {lead.read!r}."
            )


@check("stop-sources", "a STOP rests on a guideline or law, or on two opinions")
def _stop_sources(data: Dataset) -> Iterator[str]:
    for entry, rule in _rules_of(data):
        if rule.verdict != Verdict.STOP:
            continue
        found = [data.sources[name] for name in rule.sources if name in data.sources]
        for source in found:
            if source.kind is None:
                yield f"sources, {source.id!r}: a STOP rests on it; kind is missing."
        why = weak_stop(found)
        if why:
            yield f"{entry.where}: {why}"


def weak_stop(sources: Sequence[Source]) -> str:
    """Return why sources are too few or too slight for a STOP; empty when they do.

    A guideline or law that was seen does alone. Otherwise two works that do not repeat
    one another, one of which is more than a page of a clinic, course or the web (a
    page that repeats a body's list counts as that list).

    Examples
    --------
    >>> page = Source(id="p", title="P", read="fulltext", kind="clinic")
    >>> weak_stop([page])
    'a STOP needs a guideline or law, or two sources of their own; got 1.'
    """
    seen = [s for s in sources if s.read not in ("memory", "inference")]
    if any(s.kind in BINDING for s in seen):
        return ""
    origins = {s.origin for s in seen}
    if len(origins) < 2:
        return (
            "a STOP needs a guideline or law, or two sources of their own; "
            f"got {len(origins)}."
        )
    if all(s.kind in PAGES and s.repeats is None for s in seen):
        return "a STOP needs more than pages of clinics, courses and the web."
    return ""


@check("evidence-ids", "every evidence record that a zone rests on exists and fits")
def _evidence_ids(data: Dataset) -> Iterator[str]:
    used: set[str] = set()
    for file, zone in data.zones:
        where = f"{file}, zone {zone.id!r}"
        found: dict[str, None] = {}
        for part, kind, name in references(zone):
            if kind == "evidence id":
                used.add(name)
                if name not in data.evidence:
                    found[unknown(f"{where}, {part}", kind, name, data.evidence)] = None
        for depth in zone.depth:
            try:
                depth_records(depth, data.evidence, where)
            except DataError as error:
                found[str(error)] = None
        yield from found
    idle = [name for name in data.evidence if name not in used]
    if idle:
        yield Note(f"{len(idle)} evidence records stand behind no zone (context only).")


@check("anchors", "the anchors are what the evidence comes to")
def _anchors(data: Dataset) -> Iterator[str]:
    zones = [zone for _, zone in data.zones]
    try:
        fresh = anchors(zones, data.evidence)
    except DataError as error:
        yield str(error)
        return
    written = [e.data for e in data.of(ANCHORS_FILE.name) if "zone" in e.data]
    if written == [anchor.model_dump(mode="json") for anchor in fresh]:
        pass
    elif data.folder.own is not None:
        yield Note("the anchors of the data folder are pooled afresh and kept.")
    else:
        yield (
            f"{ANCHORS_FILE.name}: does not match the zone files and the evidence; run "
            "'needlemap zones build'."
        )
    counts: Counter[str] = Counter(anchor.basis for anchor in fresh)
    counts["unknown"] = sum(zone.unknown for zone in zones)
    yield Note(", ".join(f"{n} depths {basis}" for basis, n in counts.most_common()))


# --- zones


@check("tissues", "every zone has one tissue, which decides how it is drawn")
def _tissues(data: Dataset) -> Iterator[str]:
    names = [zone.id for _, zone in data.zones]
    given = Counter(row.id for _, row in data.records(StructureTissue))
    for entry, row in data.records(StructureTissue):
        if row.id not in names:
            yield unknown(entry.where, "zone", row.id, names)
        if given[row.id] > 1:
            yield f"{entry.where}: duplicate id."
    for file, zone in data.zones:
        if zone.id not in given:
            problem = f"{file}, zone {zone.id!r}: tissues.toml states no tissue."
            own = f"{file}, zone {zone.id!r}" in data.added
            yield Note(problem) if own else problem
    words = {row.id for _, row in data.records(TissueWord)}
    for name in TISSUES:
        if name not in words:
            yield f"tissues.toml: tissue {name!r} has no word."


@check("zone-basics", "every zone has source, version and reason")
def _zone_basics(data: Dataset) -> Iterator[str]:
    for file, zone in data.zones:
        where = f"{file}, zone {zone.id!r}"
        if not zone.sources:
            yield f"{where}: names no source."
        if not zone.why:
            yield f"{where}: why must say what it rests on."
        if "version" not in zone.model_fields_set:
            yield f"{where}: has no version."
        for number, area in enumerate(zone.area, start=1):
            cited_here = area.sources or area.records
            if not cited_here and not area.basis.startswith("inference"):
                yield f"{where}, area {number}: has no source nor 'inference: ...'."


#: What has a name that no other of its kind may have, and the field that holds it.
_NAMED: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("zone", Zone, "id"),
    ("rule", Rule, "id"),
    ("text", MODELS["texts.toml", "text"], "id"),
    ("rate", Rate, "id"),
    ("record", Evidence, "id"),
    ("muscle", Muscle, "name"),
    ("acupoint", Acupoint, "id"),
    ("region", RegionCoverage, "region"),
)


@check("unique-ids", "no id names two things of the same kind")
def _unique_ids(data: Dataset) -> Iterator[str]:
    for kind, model, field in _NAMED:
        seen: dict[str, str] = {}
        for entry, record in data.records(model):
            name, file = getattr(record, field), entry.file
            if name in seen:
                yield f"{file}, {kind} {name!r}: the id stands in {seen[name]} already."
            seen[name] = file
    rules = {rule.id for _, rule in data.records(Rule)}
    for file, zone in data.zones:
        if zone.id in rules and zone.kind == "structure":
            yield Note(f"{file}, zone {zone.id!r}: a rule has the same id.")


# --- names


@check("facts", "every fact that is named exists and can give the answer tested for")
def _facts(data: Dataset) -> Iterator[str]:
    if data.facts is None:
        yield "facts.toml: could not be read."
        return
    known = data.facts.by_name()
    # a file may define facts and measures of its own
    own: dict[str, set[str]] = defaultdict(set)
    for entry in data.entries:
        own[entry.file].add(str(entry.data.get("name")))
    for entry in data.entries:
        for name in entry.named("fact"):
            if name not in known and name not in own[entry.file]:
                yield unknown(entry.where, "fact", name, [*known, *own[entry.file]])
        for test in _tests(entry.record):
            fact = known.get(str(test.fact))
            if fact is None:
                continue
            for word in ("below", "above", "at_least", "at_most"):
                value = getattr(test, word)
                low, high = fact.range or (-math.inf, math.inf)
                if value is not None and not low <= value <= high:
                    yield f"{entry.where}: {fact.name} {word} {value:g}: out of range."
            if fact.type == "choice" and test.equals not in fact.options:
                what, given = f"answer to {fact.name}", str(test.equals)
                yield unknown(entry.where, what, given, fact.options)


def _tests(value: Any) -> Iterator[Condition]:
    """Yield every test of a fact in a record."""
    if isinstance(value, Condition) and value.fact is not None:
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _tests(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _tests(item)


@check("rule-names", "zones, muscles and rules that are named exist")
def _rule_names(data: Dataset) -> Iterator[str]:
    known = {
        "zone": {zone.id for _, zone in data.zones},
        "muscle": {muscle.name for _, muscle in data.records(Muscle)},
        "rule": {rule.id for _, rule in data.records(Rule)},
    }
    for entry in data.of("cases.jsonl"):
        for key, name in entry.values():
            if key == "zones" and name not in known["zone"]:
                yield unknown(entry.where, "zone", str(name), known["zone"])
    for entry in data.entries:
        for kind, names in known.items():
            if kind == "rule" and type(entry.record) is not Rule:
                continue  # others name rules of their own file, which its reader checks
            small = {name.casefold() for name in names}
            for name in entry.named(kind):
                if name.casefold() not in small:
                    yield unknown(entry.where, kind, name, names)


@check("text-rates", "the rates that texts take their figures from exist")
def _text_rates(data: Dataset) -> Iterator[str]:
    used: set[str] = set()
    for entry in data.of("texts.toml"):
        for name in re.findall(r"\{([a-z0-9-]+)", str(entry.data.get("text"))):
            used.add(name)
            if name not in data.rates:
                yield unknown(entry.where, "rate", name, data.rates)
    idle = [name for name in data.rates if name not in used]
    if idle:
        yield Note(f"{len(idle)} rates stand in no text: {', '.join(idle)}.")
