"""What a patient is told and agrees to: the elements of consent, from their file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict

from anatomy.errors import DataError
from anatomy.messages import DataWords
from anatomy.store import cached, entries_of, label, read_toml
from anatomy.store.references import (
    Ref,
    RegionName,
    RowId,
    SourceId,
    TextId,
    check_references,
)
from zones.check.patient_findings import all_sources
from zones.knowledge.conditions import Condition, Facts, evaluate
from zones.knowledge.facts import load_facts
from zones.knowledge.rule_files import known_names
from zones.sentences.texts import Text, load_texts
from zones.sessions.session_rules import load_session_book

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path


SessionFact = Annotated[str, Ref("fact of a session")]


class ConsentElement(BaseModel):
    """One thing that is told and agreed.

    ``texts`` are ids of texts with their figures; ``answers`` is the fact of a session
    that a tick answers with yes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    label: DataWords
    texts: tuple[TextId, ...] = ()
    regions: tuple[RegionName, ...] = ()
    when: Condition | None = None
    answers: SessionFact | None = None
    evidence: tuple[RowId, ...]
    sources: tuple[SourceId, ...]

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


@cached
def load_consent(path: Path | str = "consent.toml") -> tuple[ConsentElement, ...]:
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
    found: list[ConsentElement] = []
    known = _known()
    for element in entries_of(ConsentElement, read_toml(path), "element", path):
        entry = f"{label(path)}, element {element.id!r}"
        check_references(element, known, entry=entry)
        if element.id in {other.id for other in found}:
            raise DataError(f"{entry}: duplicate id.", given=element.id)
        found.append(element)
    return tuple(found)


def _known() -> dict[str, Collection[str]]:
    """Return what an element may name, by kind."""
    book = load_session_book()
    return known_names(load_facts()) | {
        "source id": all_sources(),
        "fact": book.catalogue.by_name(),
        "text": [text.id for text in load_texts()],
        "fact of a session": [fact.name for fact in book.facts],
    }
