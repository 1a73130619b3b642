"""The short list of reasons for going against a verdict."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from anatomy.errors import DataError, InputError, OutOfRangeError
from anatomy.names import unknown
from anatomy.store import cached, entries_of, read_toml
from viewer.record.storage.models import LONGEST_REASON, GivenOverride, Override, now
from zones.contract.models import Verdict

REASONS_FILE = Path(__file__).parent / "data" / "overrides.toml"

#: Verdicts that are only recorded with a reason.
ASKED = frozenset({Verdict.STOP, Verdict.DANGER, Verdict.NOT_ASSESSABLE})


class Reason(BaseModel):
    """One reason of the list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    label: str
    verdicts: tuple[Verdict, ...] = Field(alias="for")
    text: bool = False


@cached
def load_reasons(path: Path = REASONS_FILE) -> tuple[Reason, ...]:
    """Return the reasons in their order.

    Raises
    ------
    DataError
        Naming file and entry.

    Examples
    --------
    >>> load_reasons()[0].id
    'measured'
    """
    found = entries_of(Reason, read_toml(path), "reason", path)
    for verdict in ASKED:
        if not any(verdict in reason.verdicts for reason in found):
            raise DataError(f"{path.name}: no reason may be given for {verdict}.")
    return tuple(found)


def reasons_for(verdict: Verdict) -> list[Reason]:
    """Return the reasons that may be given for going against a verdict.

    Examples
    --------
    >>> [r.id for r in reasons_for(Verdict.STOP)][0]
    'physician'
    """
    return [reason for reason in load_reasons() if verdict in reason.verdicts]


def check_override(
    given: GivenOverride, *, verdict: Verdict, over: list[str]
) -> Override:
    """Return a reason as it is kept.

    Parameters
    ----------
    given : GivenOverride
        What the page sent.
    verdict : Verdict
        What is gone against.
    over : list of str
        What the verdict rests on, in words.

    Raises
    ------
    UnknownNameError
        For a reason that is not in the list for this verdict.
    InputError
        When a reason needs words and has none.
    OutOfRangeError
        When the words are too many; the message says how many there may be.

    Examples
    --------
    >>> kept = check_override(GivenOverride(reason="guided"),
    ...                       verdict=Verdict.DANGER, over=["lung"])
    >>> kept.label
    'The needle is watched by ultrasound while it goes in.'
    """
    options = {reason.id: reason for reason in reasons_for(verdict)}
    if given.reason not in options:
        raise unknown("reason", given.reason, options, field="override.reason")
    text = given.text.strip()
    check_length(text, LONGEST_REASON, what="the words beside the reason")
    reason = options[given.reason]
    if reason.text and not text:
        raise InputError(
            "The reason must be written in words as well.", field="override.text"
        )
    return Override(
        reason=reason.id,
        label=reason.label,
        text=text,
        verdict=verdict,
        over=tuple(over),
        at=now(),
    )


def check_length(text: str, longest: int, *, what: str) -> None:
    """Raise when a text is too long.

    Raises
    ------
    OutOfRangeError
        Saying how long it may be and how long it is.

    Examples
    --------
    >>> check_length("abc", 2, what="notes")
    Traceback (most recent call last):
    anatomy.errors.OutOfRangeError: Notes must have at most 2 characters; 3 given.
    """
    if len(text) > longest:
        words = f"{what[:1].upper()}{what[1:]}"
        raise OutOfRangeError(
            f"{words} must have at most {_grouped(longest)} characters; "
            f"got {_grouped(len(text))}.",
            field=what,
        )


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")
