"""An answer in one line, for where there is room for no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from zones.contract.models import Assessment
from zones.sentences.presentation import reason_words
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from zones.contract.models import Verdict

#: Characters that the line may have: a card of CDS Hooks has less than 140.
LONGEST = 139


class Headed(Protocol):
    """The answer for a site, a patient or a session: a verdict and a headline."""

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
    >>> short(check_site({"text": "6 cm left of T4"}, {"depth_mm": 30}), longest=70)
    'DANGER: Risk of pneumothorax: about 1 in 8 needles like this reach…'
    """
    word = str(load_words().verdict[answer.verdict].word)
    reason = answer.headline
    if isinstance(answer, Assessment):
        reason = reason_words(answer)
    return cut(f"{word}: {reason}", longest=max(longest, len(word)))


def cut(line: str, *, longest: int = LONGEST) -> str:
    """Return a line of so many characters at most, cut between two words.

    Examples
    --------
    >>> cut("CAUTION: two questions are open", longest=20)
    'CAUTION: two…'
    """
    if len(line) <= longest:
        return line
    head, _, _ = line[:longest].rpartition(" ")
    return f"{head.rstrip(' ,;:(')}…"
