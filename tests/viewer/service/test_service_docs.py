"""What service.md, hooks.md and fhir.md in docs show is what is answered."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from viewer.service.access import access
from viewer.service.openapi import openapi
from viewer.service.protocol import limits

DOCS = Path(__file__).parents[3] / "docs" / "programmers"
TEXT = "".join(
    (DOCS / f"{name}.md").read_text("utf-8") for name in ("service", "hooks", "fhir")
)
PAIRS = re.findall(r"```sh\n(curl .*?)```\s+```json\n(.*?)```", TEXT, re.S)


def within(part: Any, whole: Any) -> bool:
    """Return whether all that a part says is said by the whole."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and within(value, whole[name]) for name, value in part.items()
        )
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(within, part, whole))
    return bool(part == whole)


@pytest.mark.parametrize(("command", "shown"), PAIRS)
def test_examples(command: str, shown: str) -> None:
    """Each curl command is sent, and what stands below it comes back."""
    from viewer.service.app import create_service

    words = iter(shlex.split(command.replace("\\\n", " ")))
    assert next(words) == "curl"
    address, body, headers = "", None, {}
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(words)
        elif word != "-s":
            address = word
    parts = urlsplit(address)
    client = create_service(warm=False).test_client()
    answer = client.open(
        f"{parts.path}?{parts.query}" if parts.query else parts.path,
        method="GET" if body is None else "POST",
        data=body,
        headers={**headers, "Host": parts.netloc},
    )
    assert within(json.loads(shown), json.loads(answer.data)), answer.text[:500]


def test_the_page_names_everything() -> None:
    """Addresses, statuses and limits are those of the service."""
    assert len(PAIRS) == len(re.findall(r"^curl ", TEXT, re.M)) > 4
    for path in openapi()["paths"]:
        assert path in TEXT
    statuses = {
        status
        for entry in openapi()["paths"].values()
        for operation in entry.values()
        for status in operation["responses"]
    }
    assert all(status in TEXT for status in statuses)
    for number in (limits.LARGEST_REQUEST, limits.LARGEST_BATCH, limits.MOST_REQUESTS):
        assert f"{number:,}".replace(",", " ") in TEXT
    for word in (access.PASSWORD, access.TOKEN, *map(str, access.SHORTEST.values())):
        assert word in TEXT
