"""Schemas of the service's description, with a sentence for each field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from anatomy.store import cached, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel

FILE = Path(__file__).parent / "data" / "fields.toml"
#: One attribute in a docstring of NumPy's form: names, a colon, and lines below.
_ATTRIBUTE = re.compile(
    r"^(?P<names>\w+(?:, \w+)*) :[^\n]*\n(?P<said>(?:    .*\n?|\n)+)", re.MULTILINE
)


def schemas_of(
    given: Iterable[tuple[type[BaseModel], Literal["validation", "serialization"]]],
    ref: str,
) -> dict[str, Any]:
    """Return the schemas of models, each field with a description.

    Parameters
    ----------
    given : iterable of (model, mode)
        The models.
    ref : str
        How one schema refers to another; ``{model}`` stands for its name.

    Examples
    --------
    >>> from zones.contract.needle import Needle
    >>> tilt = schemas_of([(Needle, "validation")], "#/{model}")["Tilt"]
    >>> tilt["properties"]["toward"]["description"]
    'The direction it leans toward.'
    """
    from pydantic.json_schema import models_json_schema

    _, made = models_json_schema(list(given), ref_template=ref)
    found: dict[str, Any] = made["$defs"]
    words = _field_words()
    for name, schema in found.items():
        own = attributes(schema.get("description", ""))
        for field, entry in schema.get("properties", {}).items():
            said = own.get(field) or words.get(f"{name}.{field}") or words.get(field)
            if "description" not in entry and said:
                entry["description"] = said
    return found


def attributes(docstring: str) -> dict[str, str]:
    """Return what a docstring of NumPy's form says of each attribute.

    Examples
    --------
    >>> attributes('''A thing.
    ...
    ... Attributes
    ... ----------
    ... id, name : str
    ...     What it
    ...     is.
    ... ''')
    {'id': 'What it is.', 'name': 'What it is.'}
    """
    _, mark, rest = docstring.partition("Attributes\n----------\n")
    if not mark:
        return {}
    return {
        name: " ".join(match["said"].split())
        for match in _ATTRIBUTE.finditer(rest)
        for name in match["names"].split(", ")
    }


@cached
def _field_words() -> Mapping[str, str]:
    """Return what fields mean, by name or by model and name."""
    with reading(FILE) as data:
        found: dict[str, str] = data["field"]
    return found
