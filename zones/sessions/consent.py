"""What a patient is told and agrees to: the elements of consent, from their file."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from anatomy.errors import DataError
from anatomy.names import closest
from zones.check.findings import all_sources
from zones.knowledge.conditions import Condition, Facts, check_facts, evaluate
from zones.knowledge.facts import load_facts
from zones.knowledge.rule_files import check_evidence
from zones.knowledge.sources import DATA, check_schema, check_sources
from zones.sentences.texts import Text, load_texts
from zones.sessions.session_rules import load_session_book

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CONSENT_FILE = DATA / "consent.toml"


class ConsentElement(BaseModel):
    """One thing that is told and agreed.

    ``texts`` are ids of texts with their figures; ``answers`` is the fact of a session
    that a tick answers with yes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    label: str
    texts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    when: Condition | None = None
    answers: str | None = None
    evidence: tuple[str, ...]
    sources: tuple[str, ...]

    def tell(self) -> list[Text]:
        """Return what to say, in order, with figures and source ids.

        Examples
        --------
        >>> found = {e.id: e for e in load_consent()}["minor-events"].tell()
        >>> "16 %" in found[0].text
        True
        """
        texts = {entry.id: entry for entry in load_texts()}
        return [Text(texts[name].text, texts[name].sources) for name in self.texts]

    def belongs(self, regions: Iterable[str], facts: Facts) -> bool:
        """Return whether the element belongs to a session.

        Parameters
        ----------
        regions : iterable of str
            Skin regions of the sites.
        facts : mapping
            Known facts of patient and needles.

        Examples
        --------
        >>> lung = {e.id: e for e in load_consent()}["lung"]
        >>> lung.belongs(["thigh"], {}), lung.belongs(["thigh", "thorax"], {})
        (False, True)
        """
        catalogue = load_facts()
        if self.when is not None:
            known = catalogue.complete(facts)
            known |= {k: v for k, v in facts.items() if v is not None}
            if evaluate(self.when, known) is not True:
                return False
        return not self.regions or any(
            catalogue.covers(place, region, "midline")
            for place in self.regions
            for region in regions
        )


@cache
def load_consent(path: Path = CONSENT_FILE) -> tuple[ConsentElement, ...]:
    """Return the elements of consent in their order, validated.

    Raises
    ------
    DataError
        Naming file and entry: a text, region, fact, row of evidence or source that
        does not exist, or an id used twice.

    Examples
    --------
    >>> [element.id for element in load_consent()][:2]
    ['explained', 'minor-events']
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path.name} is not valid TOML: {error}.") from None
    check_schema(data, path.name)
    found: list[ConsentElement] = []
    for number, row in enumerate(data.get("element", []), start=1):
        entry = f"{path.name}, element {row.get('id', number)!r}"
        try:
            element = ConsentElement.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            at = ".".join(str(part) for part in first["loc"])
            raise DataError(f"{entry}, {at}: {first['msg']}.") from None
        _check(element, entry)
        if element.id in {other.id for other in found}:
            raise DataError(f"{entry}: duplicate id.", given=element.id)
        found.append(element)
    return tuple(found)


def _check(element: ConsentElement, entry: str) -> None:
    """Raise for a name that an element uses and nothing has."""
    check_evidence(element.evidence, entry=entry)
    check_sources(element.sources, all_sources(), entry=entry)
    book = load_session_book()
    if element.when is not None:
        check_facts(element.when, book.catalogue.by_name(), entry=entry)
    asked = [fact.name for fact in book.facts]
    wanted = [(name, [t.id for t in load_texts()], "text") for name in element.texts]
    wanted += [
        (name, list(load_facts().places()), "region") for name in element.regions
    ]
    if element.answers is not None:
        wanted.append((element.answers, asked, "fact of a session"))
    for name, known, what in wanted:
        if name not in known:
            raise DataError(
                f"{entry}: {name!r} is not a {what}.",
                given=name,
                suggestions=closest(name, known),
            )
