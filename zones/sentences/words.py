"""The words of an answer, for practitioners and for patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from anatomy.errors import DataError
from anatomy.messages import DataWords, named
from anatomy.store import cached, label, reading
from zones.contract.models import Verdict
from zones.knowledge.records.sources import READ_ORDER, Record, Text

if TYPE_CHECKING:
    from pathlib import Path


#: What a depth may rest on, as `Finding.basis` names it.
BASES = {"measured", "pooled", "carried", "layer", "unknown"}
#: For whom something is put into words.
Register = Literal["professional", "plain"]


class _Both(Record):
    professional: DataWords
    plain: DataWords

    def to(self, register: Register) -> str:
        """Return the words for a reader."""
        return self.plain if register == "plain" else self.professional


class VerdictWords(_Both):
    """Word, short word, shape and meaning of a verdict."""

    word: DataWords
    short: DataWords
    shape: Text


class PlanQuestion(Record):
    """A question about the plan: its name in a list, and as it is asked."""

    label: DataWords
    question: DataWords


class _Region(_Both):
    name: Text


class Words(Record):
    """All of the file."""

    disclaimer: DataWords
    not_a_promise: DataWords
    verdict: dict[Verdict, VerdictWords]
    basis: dict[str, DataWords]
    read: dict[str, DataWords]
    plan: dict[str, PlanQuestion]
    region: tuple[_Region, ...]

    def region_words(self, name: str, register: Register = "professional") -> str:
        """Return a region as a reader calls it.

        Examples
        --------
        >>> load_words().region_words("low back")
        'lumbar region'
        >>> load_words().region_words("abdomen", "plain")
        'belly'
        """
        for region in self.region:
            if region.name == name:
                return region.to(register)
        return named(name)


@cached
def load_words(path: Path | str = "answer_words.toml") -> Words:
    """Return the words of an answer, validated.

    Raises
    ------
    DataError
        Naming the file and the entry: a verdict without words, an unknown field.

    Examples
    --------
    >>> load_words().verdict[Verdict.CAUTION].short
    'Caution'
    """
    with reading(path) as data:
        data.pop("schema")
        found = Words.model_validate(data)
    for wanted, there in (
        (set(Verdict), set(found.verdict)),
        (set(READ_ORDER), set(found.read)),
        (BASES, set(found.basis)),
    ):
        if wanted != there:
            names = ", ".join(sorted(wanted ^ there))
            raise DataError(f"{label(path)} must have one entry each; wrong: {names}.")
    return found
