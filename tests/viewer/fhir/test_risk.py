"""What a RiskAssessment says of a chance."""

from __future__ import annotations

from viewer.fhir.made import read_extension
from viewer.fhir.risk import FINDING, risk_assessment
from viewer.fhir.versions import Version
from zones import check_site


def test_the_chance_with_the_arm_away_stands_beside_the_other() -> None:
    """Where it is what warns; where the arm is said there is one chance alone."""
    site = {"muscle": "infraspinatus", "side": "left"}
    for arm in (None, "at side"):
        needle = {"depth_mm": 15, "arm": arm} if arm else {"depth_mm": 15}
        answer = check_site(site, needle, {"sex": "male", "age": 40, "bmi": 24.0})
        made = risk_assessment(answer, Version.R4, subject={})
        told = {
            parts["id"][0]: parts.get("p_meet_arm_away")
            for one in made["prediction"]
            if (parts := read_extension(one, FINDING)) is not None
        }
        away = {f.id: f.p_meet_arm_away for f in answer.findings}
        assert (away["pleura"] is None) == (arm is not None)
        assert told["pleura"] == (None if arm else [away["pleura"]])
