"""Published injuries, depth studies and questions, each with the right answer.

Each case is a request with what its answer must be like: the least and the gravest
verdict, what must be named, what must not be called a danger, and the deepest limit.
A case is never a reason to move a structure; it tells when the anatomy is wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from anatomy.store import cached, read_jsonl
from zones.contract.models import Assessment, Verdict
from zones.knowledge.records.sources import Read, Record, Text

if TYPE_CHECKING:
    from collections.abc import Iterator


class Expected(Record):
    """What the answer to a case must be like.

    Attributes
    ----------
    at_least, at_most : str, optional
        The mildest and the gravest verdict.
    names : tuple of str
        Patterns; each must be found in the id, structure or consequence of a finding.
    not_danger : tuple of str
        Patterns of what must not be a finding of DANGER.
    limit_at_most_mm : float, optional
        The limit must be given and no deeper.
    region : str, optional
        Pattern of the region of the site.
    why : str
        The reason, where it is not plain.
    open : str
        What the program would need to answer so; empty where it does.
    """

    at_least: str | None = None
    at_most: str | None = None
    names: tuple[str, ...] = ()
    not_danger: tuple[str, ...] = ()
    limit_at_most_mm: float | None = None
    region: str | None = None
    why: str = ""
    open: str = ""


class FieldCase(Record):
    """One case; see the module. ``facts`` are the source's, in our words."""

    id: Text
    kind: Literal["injury", "depth", "question"]
    source: dict[str, Any]
    read: Read
    facts: Text
    site_basis: str
    request: dict[str, Any]
    expected: Expected = Field(default_factory=Expected)


@cached
def load_field_cases() -> tuple[FieldCase, ...]:
    """Return all cases.

    Raises
    ------
    DataError
        For a line that does not fit.

    Examples
    --------
    >>> len(load_field_cases()) >= 49
    True
    """
    return read_jsonl("field_cases.jsonl", FieldCase)


def answer_case(case: FieldCase) -> Assessment:
    """Return the check's answer; all that the case does not say is unremarkable.

    Raises
    ------
    NeedlemapError
        When the request cannot be read.
    """
    from zones.check.site import check_request
    from zones.patients.request import unremarkable

    request = dict(case.request)
    request["patient"] = unremarkable(request.get("patient", {}))
    return check_request(request)


def complaints(expected: Expected, answer: Assessment) -> Iterator[str]:
    """Yield in what an answer is not as expected.

    Parameters
    ----------
    expected : Expected
        What it must be like.
    answer : Assessment
        The answer.
    """
    if expected.at_least and answer.verdict < Verdict(expected.at_least):
        yield f"{answer.verdict.value}, at least {expected.at_least} wanted"
    if expected.at_most and answer.verdict > Verdict(expected.at_most):
        top = answer.findings[0].id if answer.findings else ""
        yield f"{answer.verdict.value} by {top}, at most {expected.at_most} wanted"
    told = [
        " ".join(filter(None, (f.id, f.structure, f.consequence))).lower()
        for f in answer.findings
    ]
    for pattern in expected.names:
        if not any(re.search(pattern, text) for text in told):
            yield f"{pattern} is not named"
    for finding in answer.findings:
        if finding.verdict < Verdict.DANGER:
            continue
        text = f"{finding.id} {finding.structure or ''}".lower()
        for pattern in expected.not_danger:
            if re.search(pattern, text):
                yield f"{finding.id} is called a danger"
    if expected.limit_at_most_mm is not None:
        limit = answer.max_depth_mm
        if limit is None or limit > expected.limit_at_most_mm:
            yield f"limit {limit}, at most {expected.limit_at_most_mm:g} wanted"
    if expected.region and not re.search(expected.region, answer.site.region):
        yield f"region {answer.site.region}, {expected.region} wanted"
