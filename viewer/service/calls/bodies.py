"""Bodies of calls read as strict JSON: no second meaning, no endless one."""

from __future__ import annotations

import json
import math
from typing import Any

from viewer.service.protocol.errors import NotJsonError

#: Objects and arrays inside each other; a request of the contract has fewer than ten.
DEEPEST = 32
#: Digits that a whole number may have.
MOST_DIGITS = 300


def read_json(data: bytes) -> Any:
    """Return what a body of JSON says.

    Parameters
    ----------
    data : bytes
        UTF-8.

    Returns
    -------
    object
        Plain data.

    Raises
    ------
    NotJsonError
        For what is no JSON, and for what readers of JSON take in different ways: a
        key twice, NaN or Infinity, a number too large for one, half a character, or
        more than `DEEPEST` objects and arrays inside each other.

    Examples
    --------
    >>> read_json(b'{"depth_mm": 25}')
    {'depth_mm': 25}
    >>> read_json(b'{"pregnant": true, "pregnant": false}')
    Traceback (most recent call last):
    viewer.service.protocol.errors.NotJsonError: duplicate key 'pregnant'.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJsonError(
            f"the body must be JSON in UTF-8; byte {error.start} is not."
        ) from None
    try:
        read = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        raise NotJsonError(f"the body must be JSON: {error}.") from None
    except RecursionError:
        raise _too_deep() from None
    _walk(read)
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, each key of which was given once."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJsonError(
            f"duplicate key {_short(twice)}.",
            field=twice if twice.isprintable() else None,
        )
    return found


def _constant(name: str) -> Any:
    """Refuse NaN and Infinity, which are no JSON."""
    raise NotJsonError(f"numbers must be finite; {name} given, which is no JSON.")


def _float(digits: str) -> float:
    """Return a number that a float can hold."""
    value = float(digits)
    if not math.isfinite(value):
        raise NotJsonError(f"numbers must be finite; got {_short(digits)}.")
    return value


def _int(digits: str) -> int:
    """Return a whole number that also fits a float."""
    if len(digits) > MOST_DIGITS:
        raise NotJsonError(
            f"numbers must have at most {MOST_DIGITS} digits; got {len(digits)}."
        )
    return int(digits)


def _walk(read: Any) -> None:
    """Refuse half characters and what lies too deep."""
    stack = [(read, 1)]
    while stack:
        here, depth = stack.pop()
        if isinstance(here, str):
            _whole(here)
        elif isinstance(here, (dict, list)):
            if depth > DEEPEST:
                raise _too_deep()
            if isinstance(here, dict):
                for name in here:
                    _whole(name)
            inside = here.values() if isinstance(here, dict) else here
            stack += [(item, depth + 1) for item in inside]


def _whole(text: str) -> None:
    """Refuse a text with half a surrogate pair: it cannot be written as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotJsonError(
            f"texts must be whole characters; {ascii(text)[:60]} has half of one."
        ) from None


def _too_deep() -> NotJsonError:
    """Return the error for objects and arrays too deep inside each other."""
    return NotJsonError(
        f"objects and arrays must be at most {DEEPEST} deep inside each other."
    )


def _short(text: str) -> str:
    """Return a text quoted, cut when it is long."""
    quoted = ascii(text)
    return quoted if len(quoted) <= 60 else f"{quoted[:57]}..."
