"""What is dangerous, for whom, how deep; and the check that says so.

``from zones import check_site`` is all that a program needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zones.check.site import check_request, check_requests, check_site
    from zones.contract.models import Assessment, Finding, Needle, Verdict
    from zones.patients.request import json_schema
    from zones.pictures.depth_map import chart_depths, depth_map
    from zones.sessions.session import check_session
    from zones.sessions.symptoms import check_symptoms
    from zones.table.sites import check_sites

__all__ = [
    "Assessment",
    "Finding",
    "Needle",
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
    "check_request": "zones.check.site",
    "check_requests": "zones.check.site",
    "check_site": "zones.check.site",
    "check_session": "zones.sessions.session",
    "check_sites": "zones.table.sites",
    "check_symptoms": "zones.sessions.symptoms",
    "chart_depths": "zones.pictures.depth_map",
    "depth_map": "zones.pictures.depth_map",
    "Assessment": "zones.contract.models",
    "Finding": "zones.contract.models",
    "Needle": "zones.contract.models",
    "Verdict": "zones.contract.models",
    "json_schema": "zones.patients.request",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that importing is quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'zones' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
