"""What is dangerous, for whom, how deep; and the check that says so.

``from zones import check_site`` is all that a program needs. The names listed in
``__all__`` are the public ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.deprecated import lazy_names

if TYPE_CHECKING:
    from zones.check import check_request, check_requests, check_site
    from zones.depthmap import chart_depths, depth_map
    from zones.models import Assessment, Finding, Needle, Verdict
    from zones.patient import Patient, Practitioner
    from zones.request import json_schema
    from zones.session import check_session
    from zones.symptoms import check_symptoms
    from zones.table import check_sites

__all__ = [
    "Assessment",
    "Finding",
    "Needle",
    "Patient",
    "Practitioner",
    "Verdict",
    "chart_depths",
    "check_request",
    "check_requests",
    "check_session",
    "check_site",
    "check_sites",
    "check_symptoms",
    "depth_map",
    "json_schema",
]

_HOMES = {
    "Assessment": "zones.models:Assessment",
    "Finding": "zones.models:Finding",
    "Needle": "zones.models:Needle",
    "Patient": "zones.patient:Patient",
    "Practitioner": "zones.patient:Practitioner",
    "Verdict": "zones.models:Verdict",
    "chart_depths": "zones.depthmap:chart_depths",
    "check_request": "zones.check:check_request",
    "check_requests": "zones.check:check_requests",
    "check_session": "zones.session:check_session",
    "check_site": "zones.check:check_site",
    "check_sites": "zones.table:check_sites",
    "check_symptoms": "zones.symptoms:check_symptoms",
    "depth_map": "zones.depthmap:depth_map",
    "json_schema": "zones.request:json_schema",
}

if not TYPE_CHECKING:
    # imported when first used, so that importing is quick
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
