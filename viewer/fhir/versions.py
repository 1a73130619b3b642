"""The versions of FHIR that are spoken, and which of them a resource is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from anatomy.errors import InputError
from viewer.fhir.book import Element, Form, load_book
from viewer.fhir.parts import items, part, text


class Version(StrEnum):
    """A version of FHIR, as the ``fhirVersion`` of a media type names it.

    Examples
    --------
    >>> Version("4.0").release, Version.R5.full
    ('R4', '5.0.0')
    """

    R4 = "4.0"
    R5 = "5.0"

    @property
    def release(self) -> str:
        """Its name: R4 or R5."""
        return self.name

    @property
    def full(self) -> str:
        """As a CapabilityStatement names it."""
        return {"4.0": "4.0.1", "5.0": "5.0.0"}[self.value]


class WrongVersionError(InputError):
    """Raised when a resource is not of the version that it was sent as."""

    code = "fhir_version"


def parse_version(given: str, *, field: str = "fhirVersion") -> Version:
    """Return the version that a name means: R4, R5, 4.0, 5.0.

    Raises
    ------
    WrongVersionError
        For any other.

    Examples
    --------
    >>> parse_version("r5"), parse_version("4.0.1")
    (<Version.R5: '5.0'>, <Version.R4: '4.0'>)
    """
    plain = given.strip().casefold()
    for version in Version:
        if plain in (version.value, version.full, version.release.casefold()):
            return version
    raise WrongVersionError(
        f"{field} must be R4 (4.0) or R5 (5.0); got {given[:20]!r}.",
        field=field,
        given=given[:20],
        suggestions=[version.value for version in Version],
    )


def check_version(resource: Any, version: Version, *, field: str = "") -> None:
    """Raise when a resource, or one inside it, is not of a version of FHIR.

    Only what is read here is looked at: this is no validation.

    Parameters
    ----------
    resource : mapping
        A resource; those inside a Bundle or Parameters, and contained ones, as well.
    version : Version
        What it was sent as.
    field : str
        Where it stands, for messages.

    Raises
    ------
    WrongVersionError
        Naming the element and the version that has it.

    Examples
    --------
    >>> site = {"resourceType": "BodyStructure", "includedStructure": []}
    >>> check_version(site, Version.R5)
    >>> check_version(site, Version.R4)
    Traceback (most recent call last):
    viewer.fhir.versions.WrongVersionError: BodyStructure.includedStructure is of FHIR \
R5, and it was sent as R4 (fhirVersion=4.0). Nearest: 5.0.
    """
    for where, one in _each(resource, field):
        kind = text(part(one, "resourceType"))
        for row in load_book().elements:
            if row.resource == kind and row.name in one:
                _check(row, one[row.name], version, where or kind)


def _each(resource: Any, field: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a resource and those inside it, each with its path."""
    if not isinstance(resource, Mapping):
        return
    kind = text(resource.get("resourceType"))
    path = field or kind
    yield path, resource
    names = {"Bundle": "entry", "Parameters": "parameter"}
    for name in (*filter(None, [names.get(kind)]), "part"):
        for number, entry in enumerate(items(resource.get(name))):
            inside = f"{path}.{name}[{number}]"
            found = part(entry, "resource")
            if found is not None:
                yield from _each(found, f"{inside}.resource")
            if part(entry, "part") is not None:
                yield from _each({"part": entry["part"]}, inside)
    for number, found in enumerate(items(resource.get("contained"))):
        yield from _each(found, f"{path}.contained[{number}]")


def _check(row: Element, value: Any, version: Version, where: str) -> None:
    """Raise when an element has not the form that a version gives it."""
    forms = {Version.R4: row.r4, Version.R5: row.r5}
    form = _form(value)
    if form == forms[version]:
        return
    where = f"{where}.{row.name}"
    other = next((v for v in Version if forms[v] == form), None)
    if other is None:
        raise WrongVersionError(
            f"{where} is not as FHIR R4 or R5 have it; another version of FHIR cannot "
            "be read.",
            field=where,
        )
    raise WrongVersionError(
        f"{where} is of FHIR {other.release}, and it was sent as {version.release} "
        f"(fhirVersion={version.value}).",
        field=where,
        suggestions=[other.value],
    )


def _form(value: Any) -> Form | None:
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        return "array"
    return "text" if isinstance(value, str) else None
