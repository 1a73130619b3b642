"""What is dangerous, for whom, how deep; and the check that says so.

``from zones import check_site`` is all that a program needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zones.check import check_request, check_requests, check_site
    from zones.depthmap import chart_depths, depth_map
    from zones.models import Assessment, Finding, Needle, Verdict
    from zones.request import json_schema
    from zones.session import check_session
    from zones.symptoms import check_symptoms
    from zones.table import check_sites

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
    "check_request": "zones.check",
    "check_requests": "zones.check",
    "check_site": "zones.check",
    "check_session": "zones.session",
    "check_sites": "zones.table",
    "check_symptoms": "zones.symptoms",
    "chart_depths": "zones.depthmap",
    "depth_map": "zones.depthmap",
    "Assessment": "zones.models",
    "Finding": "zones.models",
    "Needle": "zones.models",
    "Verdict": "zones.models",
    "json_schema": "zones.request",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that importing is quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'zones' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
