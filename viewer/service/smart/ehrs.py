"""Which electronic health records may launch the page, and show it in a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from anatomy.errors import DataError
from anatomy.store import label, reading
from viewer.fhir.versions import Version, parse_version
from viewer.service.access.access import is_local
from viewer.service.edge.cors import check_origins
from zones.knowledge.records.sources import Record, Text

#: What is read of a patient; SMART 2 writes ".rs" where version 1 had ".read".
READ = (
    "Patient",
    "Condition",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Device",
)


class Ehr(Record):
    """A record that may launch the page.

    Attributes
    ----------
    name : str
        How it is called on the page.
    iss : str
        Address of its FHIR server, as it names it in a launch.
    client_id : str
        What it knows needlemap by.
    client_secret_file : str, optional
        File beside the list, for a client that has a secret.
    frame : str, optional
        Origin of its pages that may show the page in a frame.
    fhir_version : str
        R4 or R5.
    """

    name: Text
    iss: Text
    client_id: Text
    client_secret_file: Text | None = None
    frame: Text | None = None
    fhir_version: Text = "R4"

    @field_validator("iss")
    @classmethod
    def _encrypted(cls, iss: str) -> str:
        if not is_web(iss):
            raise ValueError(f"iss must begin with https://; got {iss!r}")
        return iss.rstrip("/")

    @property
    def version(self) -> Version:
        """The version of FHIR that it speaks."""
        return parse_version(self.fhir_version, field="fhir_version")

    def scopes(self, *, second: bool) -> str:
        """Return what is asked for, in the words of version 1 or 2 of SMART.

        Examples
        --------
        >>> ehr = Ehr(name="EHR", iss="https://ehr.example/fhir", client_id="x")
        >>> ehr.scopes(second=True).split()[:2]
        ['launch', 'patient/Patient.rs']
        """
        way = "rs" if second else "read"
        return " ".join(["launch", *(f"patient/{kind}.{way}" for kind in READ)])


class EhrList(Record):
    """The list: where this page is reached, and who may launch it."""

    base_url: Annotated[str, Field(pattern=r"^https?://[^/]+$")]
    ehr: Annotated[tuple[Ehr, ...], Field(min_length=1)]

    @property
    def frames(self) -> tuple[str, ...]:
        """Origins whose pages may show the page in a frame."""
        return tuple(dict.fromkeys(e.frame for e in self.ehr if e.frame is not None))

    @property
    def cookies(self) -> Literal["Lax", "None"]:
        """With which calls cookies must be sent: a launch leads here from a record."""
        return "None" if self.frames else "Lax"

    def of(self, iss: str) -> Ehr | None:
        """Return the record of an address; None for one that is not on the list."""
        return next((e for e in self.ehr if e.iss == iss.rstrip("/")), None)


def is_web(address: str) -> bool:
    """Return whether an address is encrypted, or of this machine.

    Examples
    --------
    >>> is_web("https://ehr.example/fhir"), is_web("http://ehr.example/fhir")
    (True, False)
    >>> is_web("http://localhost:8080/fhir")
    True
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    plain = parts.username is None and bool(host)
    return plain and (
        parts.scheme == "https" or (parts.scheme == "http" and is_local(host))
    )


def read_ehrs(path: Path) -> EhrList:
    """Return the list of records that may launch the page.

    Raises
    ------
    DataError, InputError
        When it cannot be read, or names a record twice.
    """
    with reading(path.resolve()) as data:
        data.pop("schema")
        found = EhrList.model_validate(data)
    names = [ehr.iss for ehr in found.ehr]
    for ehr in found.ehr:
        if names.count(ehr.iss) > 1:
            raise DataError(f"{label(path)}: iss {ehr.iss!r} is given twice.")
        _ = ehr.version
    check_origins(found.frames)
    return found
