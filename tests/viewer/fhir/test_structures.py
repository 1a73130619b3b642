"""A BodyStructure leads to its site, or says why it cannot."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anatomy.body import load_body
from anatomy.errors import InputError, NeedlemapError, SideError, UnknownNameError
from anatomy.words.sites import resolve_site
from tests.strategies import sites
from viewer.fhir.site_parts import AGREE_MM
from viewer.fhir.structures import site_of, structure_of
from viewer.fhir.validation import faults
from viewer.fhir.versions import Version, WrongVersionError
from zones.check.site import check_site
from zones.contract.models import SiteAnswer

PATIENT = {"identifier": {"value": "A 17"}}
BOTH = pytest.mark.parametrize("version", list(Version))
SITES: list[dict[str, Any]] = [
    {"text": "6 cm left of T4"},
    {"muscle": "soleus", "side": "left"},
    {"point": "GB21", "side": "right"},
    {"landmark": "acromion", "side": "left", "lateral_mm": -30.0, "superior_mm": -10.0},
    {"landmark": "T4", "lateral_cun": 1.5, "side": "right"},
    {"between": ["C7", "acromion"], "side": "left", "tape": True},
    {"chart": "posterior", "x_mm": 50.0, "y_mm": 1200.0, "body": "male"},
    {"landmark": "umbilicus", "superior_mm": -40.0},
]


def placed(site: dict[str, Any]) -> SiteAnswer:
    return check_site(site).site


def apart(one: dict[str, Any], two: dict[str, Any], body: str) -> float:
    """Return how far two sites are from each other on a body, mm."""
    found = load_body(body)
    ends = [resolve_site(found, site).point.xyz for site in (one, two)]
    return float(np.linalg.norm(ends[0] - ends[1]))


@BOTH
@pytest.mark.parametrize("site", SITES)
def test_a_site_comes_back(site: dict[str, Any], version: Version) -> None:
    made = structure_of(site, placed(site), version, patient=PATIENT)
    assert faults(made, version) == []
    assert apart(site, site_of(made, version), site.get("body", "female")) < 1e-6 or (
        set(site) == {"text"}
    )
    # one that knows nothing of our extension comes to the same place
    made.pop("extension", None)
    body = placed(site).body
    assert apart(site, site_of(made, version), body) <= AGREE_MM


@settings(max_examples=12, deadline=None)
@given(site=sites(), version=st.sampled_from(list(Version)))
def test_any_place_comes_back(site: dict[str, Any], version: Version) -> None:
    made = structure_of(site, placed(site), version, patient=PATIENT)
    assert site_of(made, version) == site
    made.pop("extension")
    assert apart(site, site_of(made, version), site["body"]) <= AGREE_MM


def leg(landmark: str, cm: float | None = None, **way: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"landmarkDescription": [{"text": landmark}]}
    if cm is not None:
        value = {"value": cm, "unit": "cm", "code": "cm"}
        found["distanceFromLandmark"] = [{"value": [value]}]
    for name, word in way.items():
        found[name] = [{"text": word}]
    return found


def r5(*legs: dict[str, Any], side: str | None = None, **more: Any) -> dict[str, Any]:
    included: dict[str, Any] = {"structure": {"text": "skin"}}
    if side is not None:
        included["laterality"] = {"coding": [{"display": side.capitalize()}]}
    if legs:
        included["bodyLandmarkOrientation"] = [*legs]
    return {
        "resourceType": "BodyStructure",
        "includedStructure": [included],
        "patient": PATIENT,
        **more,
    }


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (r5(leg("T4", 6, surfaceOrientation="left")), "6 cm left of T4"),
        (
            r5(leg("T4", 6, surfaceOrientation="lateral"), side="left"),
            "6 cm left of T4",
        ),
        (r5(leg("left acromion", 2, surfaceOrientation="medial")), None),
        (r5(leg("T4", 3, clockFacePosition="6 o'clock")), "3 cm below T4"),
        (r5(leg("T4", 3, clockFacePosition="3 o'clock")), "3 cm right of T4"),
        (r5(leg("umbilicus", 3, clockFacePosition="3 o'clock")), None),
        (r5(leg("C7")), "C7"),
    ],
)
def test_a_landmark_a_distance_and_a_direction(
    sent: dict[str, Any], words: str | None
) -> None:
    site = site_of(sent, Version.R5)
    if words is not None:
        assert apart(site, {"text": words}, "female") < 0.5
    elif "umbilicus" in str(sent):
        assert site == {"landmark": "umbilicus", "lateral_mm": 30.0, "side": "left"}
    else:
        assert site == {"landmark": "acromion", "lateral_mm": -20.0, "side": "left"}


def test_legs_of_a_tape_add_up() -> None:
    legs = (
        leg("T4", 3, surfaceOrientation="below"),
        leg("T4", 6, surfaceOrientation="right"),
    )
    assert site_of(r5(*legs), Version.R5) == {
        "landmark": "T4 spinous process",
        "superior_mm": -30.0,
        "lateral_mm": 60.0,
        "side": "right",
    }


@pytest.mark.parametrize(
    ("sent", "version", "error", "says"),
    [
        (
            r5(leg("akromyon", 2, surfaceOrientation="left")),
            "5.0",
            UnknownNameError,
            "acromion",
        ),
        (r5(), "5.0", UnknownNameError, "skin"),
        ({"resourceType": "BodyStructure"}, "4.0", UnknownNameError, "no landmark"),
        (
            {"resourceType": "BodyStructure", "description": "a sore spot"},
            "4.0",
            NeedlemapError,
            "BodyStructure.description|sore spot",
        ),
        (r5(leg("T4", 6, surfaceOrientation="left")), "4.0", WrongVersionError, "R5"),
        (
            {"resourceType": "BodyStructure", "location": {"text": "T4"}},
            "5.0",
            WrongVersionError,
            "R4",
        ),
        (r5(leg("T4", 6)), "5.0", InputError, "one direction"),
        (
            r5(leg("T4", 6, surfaceOrientation="widdershins")),
            "5.0",
            UnknownNameError,
            "widd",
        ),
        (r5(leg("T4", 6, clockFacePosition="noon")), "5.0", InputError, "o'clock"),
        (
            r5(leg("left acromion", 6, clockFacePosition="3 o'clock")),
            "5.0",
            InputError,
            "front and the back",
        ),
        (
            r5(leg("T4", 6, surfaceOrientation="left"), side="right"),
            "5.0",
            SideError,
            "right",
        ),
        (
            r5(
                leg("T4", 6, surfaceOrientation="left"),
                leg("T5", 6, surfaceOrientation="below"),
            ),
            "5.0",
            InputError,
            "one landmark",
        ),
        (
            r5(
                leg("T4", 6, surfaceOrientation="left"),
                leg("T4", 6, surfaceOrientation="left"),
            ),
            "5.0",
            InputError,
            "lateral twice",
        ),
        (r5(active=False), "5.0", InputError, "not active"),
        (
            r5(excludedStructure=[{"structure": {"text": "x"}}]),
            "5.0",
            InputError,
            "alone",
        ),
        ({"resourceType": "Patient"}, "5.0", InputError, "must be a BodyStructure"),
        (
            {
                "resourceType": "BodyStructure",
                "description": "6 cm left of T4",
                "locationQualifier": [{"text": "right"}],
            },
            "4.0",
            SideError,
            "says left",
        ),
    ],
)
def test_what_is_no_site_is_refused(
    sent: dict[str, Any], version: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        site_of(sent, Version(version))
    assert str(caught.value.field).startswith("BodyStructure")  # type: ignore[attr-defined]


def test_a_distance_in_another_unit_is_not_guessed() -> None:
    sent = r5(leg("T4", 6, surfaceOrientation="left"))
    orientation = sent["includedStructure"][0]["bodyLandmarkOrientation"][0]
    value = orientation["distanceFromLandmark"][0]["value"][0]
    for wrong in ({"code": "cun", "unit": "cun"}, {"value": "6"}, {"comparator": "<"}):
        spoilt = copy.deepcopy(sent)
        place = spoilt["includedStructure"][0]["bodyLandmarkOrientation"][0]
        place["distanceFromLandmark"][0]["value"][0] = value | wrong
        with pytest.raises(InputError, match="length in mm"):
            site_of(spoilt, Version.R5)


@BOTH
def test_an_extension_that_no_longer_fits_is_refused(version: Version) -> None:
    """Somebody changed the words and kept what was not understood."""
    site = {"point": "GB21", "side": "right"}
    made = structure_of(site, placed(site), version, patient=PATIENT)
    made["description"] = "6 cm left of T4"
    with pytest.raises(InputError, match="two places"):
        site_of(made, version)
    if version is Version.R5:
        made["description"] = ""
        included = made["includedStructure"][0]
        included["bodyLandmarkOrientation"] = [leg("T4", 6, surfaceOrientation="left")]
        del included["laterality"]
        with pytest.raises(InputError, match="two places"):
            site_of(made, version)


def test_a_muscle_by_its_code() -> None:
    coding = {"system": "urn:whatever", "code": "FMA:22542"}
    sent = {
        "resourceType": "BodyStructure",
        "location": {"coding": [coding]},
        "locationQualifier": [{"text": "left"}],
    }
    assert site_of(sent, Version.R4) == {"muscle": "soleus", "side": "left"}
