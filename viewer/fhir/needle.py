"""The plan of a needle in an extension, and the needle as a Device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from viewer.fhir.made import OWN, RECORD, Made, concept, extension, identifier, quantity
from viewer.fhir.parts import items, part, text
from viewer.fhir.versions import Version

#: The extension that holds the plan (of a ServiceRequest or Procedure), and its parts.
NEEDLE = f"{OWN}:needle"
_NUMBERS = ("depth_mm", "length_mm", "tilt_deg", "fold_mm", "diameter_mm")
_FLAGS = ("electrical",)
_WORDS = ("toward", "grip", "bone", "posture", "arm", "technique")
_TILT = ("tilt_deg", "toward")


def plan_of(resource: Any) -> dict[str, Any]:
    """Return the needle of a resource as the contract has it.

    Examples
    --------
    >>> part = {"url": "depth_mm", "valueDecimal": 20}
    >>> plan_of({"extension": [{"url": NEEDLE, "extension": [part]}]})
    {'depth_mm': 20.0}
    """
    found: dict[str, Any] = {}
    for one in items(part(resource, "extension")):
        if part(one, "url") != NEEDLE:
            continue
        for inner in items(part(one, "extension")):
            name = text(part(inner, "url"))
            value = _value(inner, name)
            if value is not None:
                found[name] = value
    return with_direction(found)


def with_direction(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan whose tilt and way stand together, as the contract has them.

    Half of a direction is refused by the check, and never taken for none.

    Examples
    --------
    >>> with_direction({"depth_mm": 20.0, "tilt_deg": 30.0})
    {'depth_mm': 20.0, 'direction': {'tilt_deg': 30.0}}
    """
    found = {name: value for name, value in plan.items() if name not in _TILT}
    tilt = {n: plan[n] for n in _TILT if plan.get(n) is not None}
    return found | ({"direction": tilt} if tilt else {})


def _value(inner: Any, name: str) -> Any:
    """Return the value of one part of the plan; None for another type."""
    if name in _NUMBERS:
        for key in ("valueDecimal", "valueInteger"):
            value = part(inner, key)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return float(value)
    elif name in _FLAGS:
        value = part(inner, "valueBoolean")
        return value if isinstance(value, bool) else None
    elif name in _WORDS:
        code = text(part(inner, "valueCode")) or text(part(inner, "valueString"))
        return code or None
    return None


def plan_extension(needle: Mapping[str, Any]) -> Made | None:
    """Return the extension that holds a plan; None where nothing of it is known.

    A direction given as a vector and depths seen are left out.

    Examples
    --------
    >>> made = plan_extension({"depth_mm": 20.0, "direction": "perpendicular"})
    >>> plan_of({"extension": [made]})
    {'depth_mm': 20.0}
    """
    direction = needle.get("direction")
    tilt = direction if isinstance(direction, Mapping) else {}
    values = {name: needle.get(name) for name in ("depth_mm", "length_mm")}
    values |= {name: tilt.get(name) for name in _TILT}
    values |= {name: needle.get(name) for name in ("grip", "fold_mm", "bone")}
    values |= {name: needle.get(name) for name in ("posture", "arm", "electrical")}
    values |= {name: needle.get(name) for name in ("diameter_mm", "technique")}
    if all(value is None for value in values.values()):
        return None
    return extension(NEEDLE, values)


def needle_device(
    needle: Mapping[str, Any], version: Version, *, key: str | None = None
) -> Made:
    """Return a needle as a Device: what it is, and its size where it is known.

    Parameters
    ----------
    needle : mapping
        The plan, as the contract has it.
    version : Version
        Of FHIR.
    key : str, optional
        What tells it from the needles of other sites.

    Examples
    --------
    >>> needle_device({"length_mm": 40}, Version.R5)["property"][0]["valueQuantity"]
    {'value': 40, 'unit': 'mm', 'system': 'http://unitsofmeasure.org', 'code': 'mm'}
    """
    kind = concept("filiform needle")
    made: Made = {
        "resourceType": "Device",
        "type": [kind] if version is Version.R5 else kind,
    }
    if key is not None:
        made["identifier"] = [identifier(RECORD, key)]
    sizes = [
        _size(name, float(needle[f"{name}_mm"]), version)
        for name in ("length", "diameter")
        if needle.get(f"{name}_mm") is not None
    ]
    if sizes:
        made["property"] = sizes
    return made


def _size(name: str, mm: float, version: Version) -> Made:
    value = quantity(mm, "mm")
    return {
        "type": concept(name),
        "valueQuantity": [value] if version is Version.R4 else value,
    }
