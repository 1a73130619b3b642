"""Where the pain of a muscle is felt, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.messages import joined, named, plural
from anatomy.messages import message as _
from zones.knowledge.records.cited import cited_briefly

if TYPE_CHECKING:
    from zones.knowledge.referral import Felt, Referral

#: How a pattern was found, in words.
FOUND_WORDS = {
    "saline": _("hypertonic saline injected"),
    "trigger points": _("trigger points pressed or needled"),
    "pressure": _("muscle pressed"),
    "taught": _("taught, not a study"),
}
#: Stands with every pattern that is shown.
DIFFERS = _("Patterns differ between people.")


def referral_words(pattern: Referral) -> str:
    """Return where pain was felt, how that was found, and who says so, in one line.

    Examples
    --------
    >>> from zones.knowledge.referral import referral_of
    >>> print(referral_words(referral_of("pronator quadratus")[0]))
    Pain felt: medial forearm (20 of 35), medial epicondyle (10 of 35), little finger \
(10 of 35), middle and ring fingers (10 of 35) (hypertonic saline injected, 35 healthy \
people; Referred pain pattern of the pronator quadratus muscle 2005)
    """
    places = joined([_felt_words(felt, pattern) for felt in pattern.felt], ", ")
    source = cited_briefly(pattern.source)
    how = found_words(pattern)
    if pattern.part:
        return _(
            "Pain felt from the {part}: {places} ({how}; {source})",
            part=named(pattern.part),
            places=places,
            how=how,
            source=source,
        )
    return _(
        "Pain felt: {places} ({how}; {source})", places=places, how=how, source=source
    )


def _felt_words(felt: Felt, pattern: Referral) -> str:
    place = named(felt.place)
    if felt.people is None:
        return place
    return _("{place} ({n} of {all})", place=place, n=felt.people, all=pattern.people)


def found_words(pattern: Referral) -> str:
    """Return how a pattern was found, and in how many people.

    Examples
    --------
    >>> from zones.knowledge.referral import referral_of
    >>> found_words(referral_of("piriformis")[0])
    'taught, not a study'
    """
    found = FOUND_WORDS[pattern.found]
    if pattern.people is None:
        return found
    if pattern.who == "healthy":
        many = plural("{n} healthy person", "{n} healthy people", pattern.people)
    else:
        many = plural("{n} patient", "{n} patients", pattern.people)
    return joined([found, many], ", ")
