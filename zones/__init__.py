"""What is dangerous, for whom, how deep; and the check that says so.

``from zones import check_site`` is all that a program needs. The names listed in
``__all__`` are the public ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from anatomy.deprecated import lazy_names, moved_modules

if TYPE_CHECKING:
    from zones.atlas import Atlas
    from zones.check.patient_check import PatientAssessment, check_patient
    from zones.check.site import check_request, check_requests, check_site
    from zones.contract.models import Assessment, Finding, Verdict
    from zones.contract.needle import Needle
    from zones.knowledge.records.codes import codes
    from zones.knowledge.referral import referral_of
    from zones.patients.patient import Patient, Practitioner
    from zones.patients.practice import check_practitioner
    from zones.patients.request import json_schema
    from zones.pictures.depth_map import chart_depths, depth_map
    from zones.sessions.session import check_session
    from zones.sessions.symptoms import check_symptoms
    from zones.table.preload import preload
    from zones.table.sites import check_sites

__all__ = [
    "Assessment",
    "Atlas",
    "Finding",
    "Needle",
    "Patient",
    "PatientAssessment",
    "Practitioner",
    "Verdict",
    "chart_depths",
    "check_patient",
    "check_practitioner",
    "check_request",
    "check_requests",
    "check_session",
    "check_site",
    "check_sites",
    "check_symptoms",
    "codes",
    "depth_map",
    "json_schema",
    "preload",
    "referral_of",
]

_HOMES = {
    "Assessment": "zones.contract.models:Assessment",
    "Atlas": "zones.atlas:Atlas",
    "Finding": "zones.contract.models:Finding",
    "Needle": "zones.contract.needle:Needle",
    "Patient": "zones.patients.patient:Patient",
    "PatientAssessment": "zones.check.patient_check:PatientAssessment",
    "Practitioner": "zones.patients.patient:Practitioner",
    "Verdict": "zones.contract.models:Verdict",
    "chart_depths": "zones.pictures.depth_map:chart_depths",
    "check_patient": "zones.check.patient_check:check_patient",
    "check_practitioner": "zones.patients.practice:check_practitioner",
    "check_request": "zones.check.site:check_request",
    "check_requests": "zones.check.site:check_requests",
    "check_session": "zones.sessions.session:check_session",
    "check_site": "zones.check.site:check_site",
    "check_sites": "zones.table.sites:check_sites",
    "check_symptoms": "zones.sessions.symptoms:check_symptoms",
    "codes": "zones.knowledge.records.codes:codes",
    "depth_map": "zones.pictures.depth_map:depth_map",
    "json_schema": "zones.patients.request:json_schema",
    "preload": "zones.table.preload:preload",
    "referral_of": "zones.knowledge.referral:referral_of",
}

if not TYPE_CHECKING:
    # imported when first used, so that importing is quick
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)

moved_modules(Path(__file__).parent / "moved_modules.toml", removed_in="0.2")
