"""The patient and the practitioner: facts given, checked, and made complete."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, GetJsonSchemaHandler, model_validator

from anatomy.errors import OutOfRangeError
from zones.contract.validation import StrictModel, parse
from zones.knowledge.facts import contradiction, load_facts
from zones.patients.fact_forms import Name, check_names, plain, tidied
from zones.patients.given import GivenFacts

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

#: How far a given body mass index may be from that of height and weight, in kg/m2.
BMI_AGREES_WITHIN = 1.5


class Patient(GivenFacts):
    """What is known of a patient; a fact left out was not asked.

    Ranges, units and questions stand in ``data/facts.toml``. Numbers outside their
    range, unknown fields and facts that cannot both be true are refused.

    Raises
    ------
    UnknownNameError
        For a field, region or kind of implant that does not exist.
    OutOfRangeError
        For a number that is not finite or outside its range.
    ContradictionError
        For two facts that exclude each other; the message names both.
    InputError
        For a value of the wrong type.

    Examples
    --------
    >>> Patient(sex="female", age=31, pregnant=False).facts()["pregnant"]
    False
    """

    model_config = ConfigDict(defer_build=False)
    where: ClassVar[str] = "patient"

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, data: object) -> object:
        """Refuse numbers that are none, and read lists as the tuples they are."""
        if not isinstance(data, Mapping):
            return data
        return {str(name): tidied(str(name), value) for name, value in data.items()}

    @model_validator(mode="after")
    def _consistent(self) -> Patient:
        """Check names, and refuse facts that cannot both be true."""
        catalogue = load_facts()
        known = {name: plain(value) for name, value in self if value is not None}
        for name, value in known.items():
            check_names(catalogue[name], value)
        _check_bmi(self)
        catalogue.check_consistent(known)
        return self

    @property
    def body_mass_index(self) -> float | None:
        """Body mass index in kg/m2, as given or from height and weight."""
        if self.bmi is not None:
            return self.bmi
        if self.height_cm is None or self.weight_kg is None:
            return None
        return self.weight_kg / (self.height_cm / 100.0) ** 2

    def given(self) -> dict[str, Any]:
        """Return the facts as given, as plain data, without those not asked."""
        return self.model_dump(mode="json", exclude_none=True)

    def facts(self) -> dict[str, Any]:
        """Return the known facts with all that follows from them.

        Returns
        -------
        dict
            Fact name to value; a fact that is not known is absent. A named medicine
            stays a name (and counts as yes), an empty list counts as no, the body
            mass index is worked out where it can be.

        Examples
        --------
        >>> facts = Patient(sex="male", height_cm=180, weight_kg=81).facts()
        >>> facts["bmi"], facts["pregnant"]
        (25.0, False)
        """
        known = self.given()
        index = self.body_mass_index
        if index is not None:
            known["bmi"] = round(index, 2)
        for name, value in known.items():
            if isinstance(value, list) and not value:
                known[name] = False
        return load_facts().complete(known)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Add the questions, units, ranges and options of the facts file."""
        schema = handler.resolve_ref_schema(handler(core_schema))
        for fact in load_facts().facts:
            entry = schema.get("properties", {}).get(fact.name)
            if entry is None:
                continue
            entry["title"] = fact.label
            entry["description"] = f"{fact.question} {fact.help}".strip()
            if fact.range is not None:
                entry["minimum"], entry["maximum"] = fact.range
            if fact.type == "choice":
                entry["examples"] = list(fact.options)
        return dict(schema)


class Practitioner(StrictModel):
    """Who needles: for the rules of scope of practice.

    Examples
    --------
    >>> Practitioner(jurisdiction="US-MD", training_hours=60)
    Practitioner(jurisdiction='US-MD', training_hours=60.0)
    """

    where: ClassVar[str] = "practitioner"

    jurisdiction: Name | None = None
    """Code of the state or country, such as US-MD."""
    profession: Name | None = None
    """The profession."""
    training_hours: Annotated[float, Field(ge=0, le=20000)] | None = None
    """Hours of training in needling."""
    in_person_hours: Annotated[float, Field(ge=0, le=20000)] | None = None
    """Of these, hours in person."""
    years_in_practice: Annotated[float, Field(ge=0, le=80)] | None = None
    """Years in practice."""
    regions_trained: Annotated[tuple[Name, ...], Field(strict=False)] | None = None
    """Skin regions (or groups of them) that the training covered."""


#: What a function takes as a patient, and as a practitioner.
PatientLike = Patient | Mapping[str, object]
PractitionerLike = Practitioner | Mapping[str, object]


def parse_patient(data: object) -> Patient:
    """Return the patient of a request; ``None`` is one of whom nothing is known.

    Raises
    ------
    NeedlemapError
        One of its kinds, as :class:`Patient` says.

    Examples
    --------
    >>> parse_patient({"age": 40}).age
    40.0
    """
    if isinstance(data, Patient):
        return data
    return parse(Patient, {} if data is None else data, field="patient")


def parse_practitioner(data: object) -> Practitioner:
    """Return the practitioner of a request; ``None`` is one not described.

    Examples
    --------
    >>> parse_practitioner({"jurisdiction": "US-MD"}).jurisdiction
    'US-MD'
    """
    if isinstance(data, Practitioner):
        return data
    return parse(Practitioner, {} if data is None else data, field="practitioner")


def _check_bmi(patient: Patient) -> None:
    """Raise when body mass index, height and weight do not fit, or cannot be."""
    height, weight = patient.height_cm, patient.weight_kg
    if height is None or weight is None:
        return
    index = weight / (height / 100.0) ** 2
    low, high = load_facts()["bmi"].range or (0.0, math.inf)
    if not low <= index <= high:
        raise OutOfRangeError(
            f"patient.height_cm and patient.weight_kg give a body mass index of "
            f"{index:.1f}; it must be from {low:g} to {high:g} kg/m2.",
            field="patient.weight_kg",
            given=weight,
        )
    if patient.bmi is not None and abs(patient.bmi - index) > BMI_AGREES_WITHIN:
        raise contradiction(
            "bmi",
            "weight_kg",
            f"height and weight give {index:.1f} kg/m2, {patient.bmi:g} was given",
        )
