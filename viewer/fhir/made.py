"""Parts of resources put together: concepts, quantities, references, extensions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from viewer.fhir.book import UCUM, load_book
from viewer.fhir.parts import items, part, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anatomy.codes import Code

Made = dict[str, Any]

#: Systems of codes and identifiers of our own.
OWN = "urn:needlemap"
VERDICT, ANSWER, SIDE = f"{OWN}:verdict", f"{OWN}:answer", f"{OWN}:side"
RECORD, REFERENCE = f"{OWN}:record", f"{OWN}:reference"
DATA_VERSION = f"{OWN}:data-version"
#: Names the resources of one thing alike wherever they are made.
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, OWN)


def concept(
    words: str | None = None,
    *,
    code: str | None = None,
    system: str | None = None,
    coding: Iterable[Made] = (),
) -> Made:
    """Return a CodeableConcept of words, a code, or codings.

    Examples
    --------
    >>> concept("left", code="left", system=SIDE)["coding"]
    [{'system': 'urn:needlemap:side', 'code': 'left'}]
    """
    codings = [*coding]
    if code is not None:
        one = {"system": system, "code": code}
        codings.append({name: value for name, value in one.items() if value})
    found: Made = {"coding": codings} if codings else {}
    if words:
        found["text"] = str(words)
    return found


def codings_of(codes: Iterable[Code]) -> list[Made]:
    """Return the codes that mean the same as codings; others must not be sent.

    A code whose system FHIR has no name for goes without one: it names its system by
    its prefix (``UBERON:``, ``FMA:``). Plain numbers without a system are left out.

    Examples
    --------
    >>> from zones.knowledge.records.codes import codes
    >>> codings_of(codes("fact", "bmi"))[0]["system"]
    'http://loinc.org'
    """
    return [
        {
            **({"system": code.uri} if code.uri else {}),
            "code": code.code,
            "display": code.display,
        }
        for code in codes
        if code.relation == "equal" and (code.uri or ":" in code.code)
    ]


def quantity(value: float, unit: str, code: str | None = None) -> Made:
    """Return a Quantity in a unit of UCUM.

    Examples
    --------
    >>> quantity(30.0, "mm")["value"]
    30
    """
    return {
        "value": number(value),
        "unit": unit,
        "system": UCUM,
        "code": code or unit,
    }


def number(value: float) -> float | int:
    """Return a number as it is written: whole ones without a point."""
    return int(value) if float(value).is_integer() else float(value)


def millimetres(given: Any) -> float | None:
    """Return a Quantity of length in mm; None when it is none, or only a bound.

    Examples
    --------
    >>> millimetres({"value": 2.5, "code": "cm"})
    25.0
    """
    value = part(given, "value")
    unit = text(part(given, "code")) or text(part(given, "unit"))
    scale = load_book().lengths.get(unit)
    if scale is None or isinstance(value, bool) or text(part(given, "comparator")):
        return None
    return round(value * scale, 3) if isinstance(value, (int, float)) else None


def name_of(*what: str) -> str:
    """Return a uuid that is the same for the same thing, as a urn.

    Examples
    --------
    >>> name_of("record-1", "site") == name_of("record-1", "site")
    True
    """
    return uuid.uuid5(_SPACE, "\n".join(what)).urn


def identifier(system: str, value: str) -> Made:
    """Return an Identifier."""
    return {"system": system, "value": value}


def reference(to: str) -> Made:
    """Return a Reference to an address."""
    return {"reference": to}


def by_code(code: str | None) -> Made:
    """Return a Reference to a patient by code alone, never by name."""
    if code:
        return {"type": "Patient", "identifier": identifier(REFERENCE, code)}
    return {"type": "Patient", "display": "not named"}


def extension(url: str, values: Mapping[str, Any]) -> Made:
    """Return an extension with a part for each value; lists are repeated.

    Parameters
    ----------
    url : str
        Its name.
    values : mapping
        Texts, numbers, yes or no, lists of these; None is left out.

    Examples
    --------
    >>> made = extension(f"{OWN}:needle", {"depth_mm": 25.0, "electrical": False})
    >>> [sorted(one) for one in made["extension"]]
    [['url', 'valueDecimal'], ['url', 'valueBoolean']]
    """
    parts = []
    for name, value in values.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is not None:
                parts.append({"url": name, **_valued(one)})
    return {"url": url, "extension": parts}


def _valued(value: Any) -> Made:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, (int, float)):
        return {"valueDecimal": number(value)}
    return {"valueString": str(value)}


def read_extension(holder: Any, url: str) -> dict[str, list[Any]] | None:
    """Return the parts of an extension, each with its values; None without one.

    Examples
    --------
    >>> made = extension("urn:x", {"between": ["C7", "acromion"]})
    >>> read_extension({"extension": [made]}, "urn:x")
    {'between': ['C7', 'acromion']}
    """
    found: dict[str, list[Any]] | None = None
    for one in items(part(holder, "extension")):
        if part(one, "url") != url:
            continue
        found = {} if found is None else found
        for inner in items(part(one, "extension")):
            for name in ("String", "Code", "Boolean", "Decimal", "Integer"):
                value = part(inner, f"value{name}")
                if value is not None:
                    found.setdefault(text(part(inner, "url")), []).append(value)
    return found
