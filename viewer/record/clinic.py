"""The clinic's own data on leaflets, and the emergency number of its country."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from babel import Locale
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from anatomy.errors import DataError
from anatomy.messages import message as _
from anatomy.store import cached, entries_of, read_toml

EMERGENCY_FILE = Path(__file__).parent / "data" / "emergency.toml"

_Line = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00\n]*$")
]


class Country(BaseModel):
    """How an ambulance is called in one country, and where that is said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    iso: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    #: One, or two that do as well.
    numbers: Annotated[
        tuple[Annotated[str, Field(pattern=r"^\d{2,6}$")], ...],
        Field(min_length=1, max_length=2),
    ]
    sources: Annotated[
        tuple[Annotated[str, Field(pattern=r"^https?://")], ...], Field(min_length=1)
    ]
    note: str = ""


class Clinic(BaseModel):
    """What leaflets say of the clinic; entered once, and nothing of any patient."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[_Line, Field(max_length=80)] = ""
    phone: Annotated[_Line, Field(max_length=40)] = ""
    address: Annotated[_Line, Field(max_length=160)] = ""
    #: ISO 3166 code of a country in ``emergency.toml``; empty for any other.
    country: str = ""

    @field_validator("country")
    @classmethod
    def _has_number(cls, given: str) -> str:
        if given and given not in load_countries():
            raise ValueError("no emergency number is on file for this country")
        return given


@cached
def load_countries(path: Path = EMERGENCY_FILE) -> dict[str, Country]:
    """Return the countries whose emergency number is on file, by ISO code.

    Raises
    ------
    DataError
        Naming file and entry.

    Examples
    --------
    >>> load_countries()["GB"].numbers
    ('999',)
    """
    found: dict[str, Country] = {}
    for entry in entries_of(Country, read_toml(path), "country", path):
        if entry.iso in found:
            raise DataError(f"{path.name}, country {entry.iso!r}: duplicate code.")
        found[entry.iso] = entry
    return found


def emergency_words(country: str) -> str:
    """Return the number to call as a patient reads it.

    Examples
    --------
    >>> emergency_words("AT"), emergency_words("")
    ('144', 'your local emergency number')
    """
    found = load_countries().get(country)
    if found is None:
        return _("your local emergency number")
    first, *others = found.numbers
    return _("{one} or {other}", one=first, other=others[0]) if others else first


def country_options(language: str) -> list[dict[str, str]]:
    """Return the countries to choose from, by their names in a language.

    Examples
    --------
    >>> {"label": "Spain", "value": "ES"} in country_options("en")
    True
    """
    names = Locale.parse(language).territories
    named = [{"label": names.get(iso, iso), "value": iso} for iso in load_countries()]
    return sorted(named, key=lambda option: str(option["label"]))
