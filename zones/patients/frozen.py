"""Facts of a patient as one frozen value, so that what rests on them is remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


class Facts(Mapping[str, Any]):
    """Known facts of a patient, not to be changed; equal facts are equal as keys.

    True and 1 are different facts, so they are different keys; so are facts in another
    order only when a list among them is.

    Examples
    --------
    >>> Facts({"faints": True}) == Facts({"faints": 1})
    False
    >>> Facts({"age": 40, "sex": "male"}) == Facts({"sex": "male", "age": 40})
    True
    """

    __slots__ = ("_facts", "_hash", "_text")

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = dict(facts)
        self._text = json.dumps(self._facts, sort_keys=True, default=repr)
        self._hash = hash(self._text)

    def __getitem__(self, name: str) -> Any:
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Facts):
            return self._text == other._text
        return NotImplemented if not isinstance(other, Mapping) else False

    def __repr__(self) -> str:
        return f"Facts({self._facts!r})"


def frozen(facts: Mapping[str, Any]) -> Facts:
    """Return facts as a frozen value.

    Examples
    --------
    >>> frozen({"age": 40})["age"]
    40
    """
    return facts if isinstance(facts, Facts) else Facts(facts)
