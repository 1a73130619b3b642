"""An answer in one line, for where there is room for no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from zones.sentences.words import load_words

if TYPE_CHECKING:
    from zones.contract.models import Verdict

#: Characters that the line may have: a card of CDS Hooks has less than 140.
LONGEST = 139


class Headed(Protocol):
    """What has a verdict and a headline: the answer for a site, a patient, a session."""

    @property
    def verdict(self) -> Verdict:
        """The verdict."""

    @property
    def headline(self) -> str:
        """Its main reason, in one sentence."""


def short(answer: Headed, *, longest: int = LONGEST) -> str:
    """Return an answer in one line: the verdict's word, then its main reason.

    Parameters
    ----------
    answer : Assessment, PatientAssessment or SessionAssessment
        The answer.
    longest : int
        Most characters; the word is never cut, the reason is, between two words.

    Examples
    --------
    >>> from zones import check_site
    >>> answer = check_site({"text": "6 cm left of T4"}, {"depth_mm": 30})
    >>> short(answer).split(":")[0], len(short(answer, longest=60)) <= 60
    ('DANGER', True)
    """
    word = str(load_words().verdict[answer.verdict].word)
    line = f"{word}: {answer.headline}"
    if len(line) <= longest:
        return line
    head, _, _ = line[:longest].rpartition(" ")
    return f"{head.rstrip(' ,;:(')}…" if len(head) > len(word) else word
