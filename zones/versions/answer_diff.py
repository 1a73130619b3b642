"""Which answers change between two versions of the data or of the program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anatomy.errors import InputError
from anatomy.messages import message as _
from anatomy.store.folder import VARIABLE
from zones.versions.data_diff import Version

#: What of an answer is compared as it stands.
COMPARED = (
    "verdict",
    "complete",
    "max_depth_mm",
    "limit_set_by",
    "limit_structure",
    "policy",
)


@dataclass(frozen=True)
class AnswerChange:
    """A request that is answered otherwise.

    Attributes
    ----------
    number : int
        Its place in the list, from 1.
    differences : dict
        By what differs: its value before and after. ``finding NAME`` is the verdict of
        one reason, None where it is not given; ``error`` the code of an error.
    """

    number: int
    differences: dict[str, tuple[Any, Any]]


def answers_of(
    version: Version, requests: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what a version answers, by its own program, in a process of its own.

    Parameters
    ----------
    version : Version
        The version.
    requests : sequence of mapping
        Each as `zones.check_request` takes it.

    Returns
    -------
    list of dict
        Answers in the order of the requests; one that it refuses has ``error``.

    Raises
    ------
    InputError
        When that program does not answer.

    Examples
    --------
    >>> from zones.versions.data_diff import open_version
    >>> request = {"site": {"text": "6 cm left of T4"}, "needle": {"depth_mm": 30}}
    >>> answers_of(open_version("shipped"), [request])[0]["verdict"]
    'DANGER'
    """
    if not requests:
        return []
    environment = {k: v for k, v in os.environ.items() if k != VARIABLE}
    if version.tree is not None:
        environment["PYTHONPATH"] = str(version.tree)
    elif version.folder.own is not None:
        environment[VARIABLE] = str(version.folder.own)
    done = subprocess.run(
        [sys.executable, "-m", "needlemap", "check", "--json", "-"],
        input=json.dumps(list(requests)),
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        # a checkout in the folder that one works in would come first
        cwd=version.tree,
    )
    try:
        found = json.loads(done.stdout)
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, list) or len(found) != len(requests):
        raise InputError(
            _(
                "{name} does not answer: {error}",
                name=version.name,
                error=done.stderr.strip()[-400:] or done.stdout.strip()[-400:],
            ),
            given=version.name,
        )
    return found


def answer_changes(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[AnswerChange]:
    """Return which of two lists of answers to the same requests differ.

    Parameters
    ----------
    before, after : sequence of mapping
        From `answers_of`.

    Examples
    --------
    >>> was = {"verdict": "CAUTION", "max_depth_mm": 20.0, "findings": []}
    >>> answer_changes([was, was], [was, {**was, "max_depth_mm": 18.0}])
    [AnswerChange(number=2, differences={'max_depth_mm': (20.0, 18.0)})]
    """
    found = []
    for number, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        one, other = _told(old), _told(new)
        differences = {
            name: (one.get(name), other.get(name))
            for name in [*one, *(name for name in other if name not in one)]
            if one.get(name) != other.get(name)
        }
        if differences:
            found.append(AnswerChange(number, differences))
    return found


def _told(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an answer is compared."""
    if "error" in answer:
        error = answer["error"]
        return {"error": error.get("code") if isinstance(error, Mapping) else error}
    findings = {f"finding {f['id']}": f["verdict"] for f in answer.get("findings", ())}
    return {name: answer.get(name) for name in COMPARED} | findings
