"""The patient and the practitioner: facts given, checked, and made complete."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, GetJsonSchemaHandler, field_validator, model_validator

from anatomy.errors import (
    ContradictionError,
    InputError,
    NeedlemapError,
    OutOfRangeError,
)
from anatomy.names import unknown
from zones.contract.models import parse_site
from zones.contract.validation import StrictModel, parse
from zones.knowledge.facts import load_facts, split_side

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

#: How far a given body mass index may be from that of height and weight, in kg/m2.
BMI_AGREES_WITHIN = 1.5
#: Radius that a marked area of skin may have, in mm.
LARGEST_AREA_MM = 500.0

Number = Annotated[float, Field(strict=False)]
Name = Annotated[str, Field(max_length=80)]


class Area(StrictModel):
    """A marked patch of skin: a site of the contract and a radius round it."""

    where: ClassVar[str] = "patient"

    site: dict[str, Any]
    radius_mm: Annotated[float, Field(ge=0, le=LARGEST_AREA_MM)] = 20.0

    @field_validator("site")
    @classmethod
    def _is_a_site(cls, value: dict[str, Any]) -> dict[str, Any]:
        parse_site(value)
        return value


class Implant(StrictModel):
    """Something put into the body: what it is and in which region."""

    where: ClassVar[str] = "patient.implants"

    kind: Name
    region: Name | None = None

    @model_validator(mode="after")
    def _known(self) -> Implant:
        kinds = load_facts()["implants"].options
        if self.kind not in kinds:
            raise unknown(
                "kind of implant", self.kind, kinds, field="patient.implants.kind"
            )
        if self.region is not None:
            _check_place(self.region, field="patient.implants.region")
        return self


Areas = bool | tuple[Area, ...] | None
Regions = bool | tuple[Name, ...] | None


class Patient(StrictModel):
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

    where: ClassVar[str] = "patient"

    sex: Name | None = None
    age: Number | None = None
    height_cm: Number | None = None
    weight_kg: Number | None = None
    bmi: Number | None = None

    consent_given: bool | None = None
    capacity_to_consent: bool | None = None
    guardian_consent: bool | None = None
    medical_emergency: bool | None = None
    acute_systemic_infection: bool | None = None
    intoxicated: bool | None = None
    undiagnosed_condition: bool | None = None
    needle_phobia: bool | None = None
    needle_phobia_discussed: bool | None = None
    previous_reaction: bool | None = None
    previous_reaction_explained: bool | None = None
    cognitive_impairment: bool | None = None
    communication_barrier: bool | None = None
    uncontrolled_movements: bool | None = None
    cannot_keep_still: bool | None = None
    frailty: bool | None = None

    local_skin_infection: Areas = None
    skin_damaged: Areas = None
    skin_lesion: Areas = None
    acute_injury: Areas = None
    varicose_veins: Areas = None
    swelling: Areas = None
    irradiated_skin: Areas = None

    pregnant: bool | None = None
    gestation_weeks: Number | None = None
    complicated_pregnancy: bool | None = None
    trying_to_conceive: bool | None = None
    hysterectomy: bool | None = None

    anticoagulant: bool | Name | None = None
    inr: Number | None = None
    inr_in_range: bool | None = None
    antiplatelet: bool | Name | None = None
    bleeding_disorder: bool | None = None
    haematologist_agrees: bool | None = None
    platelets_10e9_l: Number | None = None
    easy_bruising: bool | None = None
    connective_tissue_disorder: bool | None = None
    vascular_ehlers_danlos: bool | None = None
    liver_cirrhosis: bool | None = None

    immunocompromised: bool | None = None
    neutrophils_10e9_l: Number | None = None
    heart_valve: bool | None = None
    diabetes: bool | None = None
    diabetes_neuropathy: bool | None = None
    metal_allergy: bool | None = None
    splenectomy: bool | None = None

    lymphoedema: Regions = None
    lymph_nodes_removed: Regions = None
    implants: bool | tuple[Implant, ...] | None = None
    pacemaker: bool | None = None
    recent_surgery: Regions = None
    botulinum_toxin: Regions = None
    enlarged_organ: bool | None = None
    cancer_sites: Regions = None
    spinal_instability: bool | None = None
    unstable_fracture: Regions = None
    skull_defect: bool | None = None

    lung_disease: bool | None = None
    thoracic_deformity: bool | None = None
    previous_pneumothorax: bool | None = None
    thoracic_surgery: bool | None = None
    positive_airway_pressure: bool | None = None
    flight_today: bool | None = None
    unstable_heart: bool | None = None
    recent_heart_attack_or_stroke: bool | None = None
    systolic_mmhg: Number | None = None
    diastolic_mmhg: Number | None = None

    epilepsy: bool | None = None
    epilepsy_controlled: bool | None = None
    faints: bool | None = None
    unexplained_syncope: bool | None = None
    high_myopia: bool | None = None
    altered_sensation: Regions = None
    hypersensitivity: Regions = None

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, data: object) -> object:
        """Refuse numbers that are none, and read lists as the tuples they are."""
        if not isinstance(data, Mapping):
            return data
        return {str(name): _tidied(str(name), value) for name, value in data.items()}

    @model_validator(mode="after")
    def _consistent(self) -> Patient:
        """Check names, and refuse facts that cannot both be true."""
        for fact in load_facts().facts:
            value = getattr(self, fact.name, None)
            if value is None:
                continue
            field = f"patient.{fact.name}"
            if fact.type == "choice" and value not in fact.options:
                raise unknown(fact.label, str(value), fact.options, field=field)
            if fact.type == "regions" and not isinstance(value, bool):
                for place in value:
                    _check_place(place, field=field)
            if fact.type == "medicine" and isinstance(value, str):
                _check_medicine(value, field=field)
        _check_bmi(self)
        _check_contradictions(self)
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
    profession: Name | None = None
    training_hours: Annotated[float, Field(ge=0, le=20000)] | None = None
    in_person_hours: Annotated[float, Field(ge=0, le=20000)] | None = None
    years_in_practice: Annotated[float, Field(ge=0, le=80)] | None = None
    #: Skin regions (or groups of them) that the training covered.
    regions_trained: Annotated[tuple[Name, ...], Field(strict=False)] | None = None


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


def _tidied(name: str, value: Any) -> Any:
    """Return one answer in the form that the model keeps."""
    fact = load_facts().by_name().get(name)
    kind = fact.type if fact is not None else None
    if kind == "number" and value is not None:
        return _number(name, value)
    if isinstance(value, str):
        if kind == "regions":
            return (value,)
        return value.strip().lower() if kind == "medicine" else value
    if isinstance(value, (list, tuple)) and kind in {"areas", "implants"}:
        return tuple(_item(kind, name, i, entry) for i, entry in enumerate(value))
    return tuple(value) if isinstance(value, list) else value


def _number(name: str, value: object) -> float:
    """Return a fact's number when it is finite and inside its range, else raise."""
    fact = load_facts()[name]
    low, high = fact.range or (-math.inf, math.inf)
    field = f"patient.{name}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        convert = getattr(value, "item", None)
        if not callable(convert):
            raise InputError(
                f"{field} must be a number ({fact.label}, {fact.unit}); got {value!r}.",
                field=field,
                given=value,
            )
        return _number(name, convert())
    # the range first: a whole number may be too large to be asked if it is finite
    if not low <= value <= high or not math.isfinite(value):
        raise OutOfRangeError(
            f"{field} must be a number from {low:g} to {high:g} {fact.unit}; "
            f"got {value!r:.60}.",
            field=field,
            given=value,
        )
    return float(value)


def _item(kind: str, name: str, index: int, value: object) -> Area | Implant:
    """Return one marked area or implant of a list."""
    model: type[Area | Implant] = Area if kind == "areas" else Implant
    try:
        return parse(model, value, field=f"patient.{name}.{index}")
    except NeedlemapError as error:
        if error.field is not None and error.field.startswith("site"):
            error.field = f"patient.{name}.{index}.{error.field}"
        raise


def _check_place(place: str, *, field: str) -> None:
    """Raise when a place is not a region, a group of regions, or a side of one."""
    catalogue = load_facts()
    name = split_side(place)[1]
    if name not in catalogue.places():
        raise unknown("region", name, catalogue.places(), field=field)


def _check_medicine(name: str, *, field: str) -> None:
    """Raise when a medicine's name is a word that means no or nothing."""
    if name in load_facts().not_a_name:
        raise InputError(
            f"{field} must be true, false or the name of a medicine; got {name!r}. "
            "Leave it out when it was not asked.",
            field=field,
            given=name,
            suggestions=[m.name for m in load_facts().medicines][:6],
        )


def _contradiction(first: str, second: str, why: str) -> ContradictionError:
    """Return the error for two facts that exclude each other."""
    return ContradictionError(
        f"patient.{first} and patient.{second} cannot both be true: {why}.",
        field=f"patient.{first}",
    )


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
        raise _contradiction(
            "bmi",
            "weight_kg",
            f"height and weight give {index:.1f} kg/m2, {patient.bmi:g} was given",
        )


def _check_contradictions(patient: Patient) -> None:
    """Raise for facts that exclude each other."""
    weeks, pregnant = patient.gestation_weeks, patient.pregnant
    name = "gestation_weeks" if weeks is not None else "pregnant"
    if weeks is not None and pregnant is False:
        raise _contradiction(
            "gestation_weeks",
            "pregnant",
            f"{weeks:g} weeks of pregnancy were entered, and also that there is none",
        )
    if pregnant or weeks is not None:
        if patient.sex == "male":
            raise _contradiction(name, "sex", "a male body is not pregnant")
        if patient.hysterectomy:
            raise _contradiction(name, "hysterectomy", "the womb has been removed")
        if patient.age is not None and patient.age < 10:
            raise _contradiction(
                name, "age", f"a child of {patient.age:g} is not pregnant"
            )
    if patient.sex == "male" and patient.hysterectomy:
        raise _contradiction("hysterectomy", "sex", "a male body has no womb")
    if patient.pacemaker is False and not isinstance(patient.implants, bool):
        listed = {"implants": [i.model_dump() for i in patient.implants or ()]}
        if load_facts().complete(listed).get("pacemaker"):
            raise _contradiction(
                "pacemaker", "implants", "the list includes an electronic implant"
            )
    if patient.pacemaker and patient.implants in (False, ()):
        raise _contradiction("pacemaker", "implants", "a pacemaker is an implant")
    if patient.diabetes is False and patient.diabetes_neuropathy:
        raise _contradiction(
            "diabetes_neuropathy", "diabetes", "one follows from the other"
        )
    if patient.connective_tissue_disorder is False and patient.vascular_ehlers_danlos:
        raise _contradiction(
            "vascular_ehlers_danlos",
            "connective_tissue_disorder",
            "one is a kind of the other",
        )
    low, high = patient.diastolic_mmhg, patient.systolic_mmhg
    if low is not None and high is not None and low > high:
        raise _contradiction(
            "diastolic_mmhg", "systolic_mmhg", f"{low:g} is above {high:g} mmHg"
        )
