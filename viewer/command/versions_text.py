"""``needlemap verify`` and ``needlemap data diff``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError
from viewer.command.request import read_given
from viewer.text.terminal.text import bullet, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from zones.versions.answer_diff import AnswerChange
    from zones.versions.data_diff import Change

#: A value longer than this is cut in the text; ``--json`` has all of it.
WIDEST = 60
OK, DIFFERS = 0, 1


def add_verify(commands: Any) -> None:
    """Add ``needlemap verify``."""
    verify = commands.add_parser(
        "verify",
        help="tell whether kept answers are unchanged, and what is answered today",
        description="Read answers made with 'check --json --proof'. Exit status 0 when "
        "each is as it was made, 1 when one was changed. The request of each is asked "
        "again, and what is answered otherwise today is named.",
    )
    verify.add_argument("file", metavar="FILE|-", help="one answer or an array of them")
    verify.set_defaults(run=_verify)


def add_diff(actions: Any) -> None:
    """Add ``needlemap data diff``."""
    diff = actions.add_parser(
        "diff",
        help="what differs between two versions, and which answers change",
        description="A and B are each 'shipped', a folder of own data, or the folder "
        "of a checkout or unpacked wheel of another version.",
    )
    diff.add_argument("before", metavar="A")
    diff.add_argument("after", metavar="B")
    diff.add_argument(
        "--requests",
        metavar="FILE",
        help="JSON array of requests, or one on each line; both versions answer them",
    )
    diff.add_argument("--json", action="store_true")
    diff.set_defaults(run=_diff)


def _verify(arguments: argparse.Namespace) -> int:
    from zones.versions.answer_diff import answer_changes
    from zones.versions.proof import proof_holds, prove_request

    answers = _read_json(arguments.file)
    broken = 0
    for number, answer in enumerate(answers, start=1):
        if not isinstance(answer, dict):
            raise InputError("verify: an answer must be an object.", given=answer)
        holds = proof_holds(answer)
        broken += not holds
        proof = answer["proof"]
        print(
            f"{number}: {answer.get('verdict')}, asked {proof.get('at')}, data "
            f"{proof.get('data_version')}, software {proof.get('software')}: "
            + ("unchanged." if holds else "CHANGED since it was made.")
        )
        today = prove_request(proof["request"]).as_dict()
        for change in answer_changes([answer], [today]):
            for name, (was, now) in change.differences.items():
                print(f"   today {name}: {_short(now)} (was {_short(was)})")
    return DIFFERS if broken else OK


def _diff(arguments: argparse.Namespace) -> int:
    from zones.versions.answer_diff import answer_changes, answers_of
    from zones.versions.data_diff import data_changes, open_version

    versions = [open_version(name) for name in (arguments.before, arguments.after)]
    changes = data_changes(*(version.folder for version in versions))
    answers = None
    if arguments.requests is not None:
        requests = _read_json(arguments.requests)
        answers = answer_changes(*(answers_of(v, requests) for v in versions))
    if arguments.json:
        found = {"data": [vars(change) for change in changes]}
        if answers is not None:
            found["answers"] = [vars(change) for change in answers]
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print(diff_text(changes, answers))
    return OK


def diff_text(
    changes: Sequence[Change], answers: Sequence[AnswerChange] | None = None
) -> str:
    """Return differences as text for a terminal.

    Parameters
    ----------
    changes : sequence of Change
        Of the data.
    answers : sequence of AnswerChange, optional
        Of the answers, where requests were given.

    Examples
    --------
    >>> from zones.versions.data_diff import Change
    >>> print(diff_text([Change("cun.toml", "schema", "", "changed", 1, 2)]))
    1 difference in the data
    file      entry   field  what     before  after
    --------  ------  -----  -------  ------  -----
    cun.toml  schema         changed  1       2
    """
    lines = [
        _counted(len(changes), "difference in the data", "differences in the data")
    ]
    if changes:
        rows = [
            [c.file, c.entry, c.field, c.kind, _short(c.before), _short(c.after)]
            for c in changes
        ]
        head = ["file", "entry", "field", "what", "before", "after"]
        lines.append(table(head, rows))
    if answers is not None:
        count = _counted(len(answers), "answer differs", "answers differ")
        lines += ["", count]
        for change in answers:
            for name, (was, now) in change.differences.items():
                said = (
                    f"request {change.number}, {name}: {_short(was)} -> {_short(now)}"
                )
                lines += bullet(said)
    return "\n".join(lines)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number or 'no'} {one if number == 1 else more}"


def _short(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _read_json(name: str) -> list[Any]:
    """Return what a file holds: an array, one value, or one on each line."""
    try:
        text = read_given(name, field="FILE")
        try:
            data = json.loads(text)
        except json.JSONDecodeError:
            data = [json.loads(line) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise InputError(f"{name}: not valid JSON ({error}).", given=name) from None
    return data if isinstance(data, list) else [data]
