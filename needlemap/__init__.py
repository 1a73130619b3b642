"""The check before the needle goes in, under one name.

The public names of `zones` and the two of `anatomy` that a program needs most, each
imported when it is first used.

Examples
--------
>>> import needlemap
>>> answer = needlemap.check_site(
...     {"point": "LI4", "side": "left"}, {"depth_mm": 10, "length_mm": 25}
... )
>>> answer.verdict.value
'CAUTION'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.deprecated import lazy_names

if TYPE_CHECKING:
    from anatomy.body import load_body
    from anatomy.words.search import search_sites
    from zones import (
        Assessment,
        Atlas,
        Finding,
        Needle,
        Patient,
        PatientAssessment,
        Practitioner,
        Verdict,
        chart_depths,
        check_patient,
        check_practitioner,
        check_request,
        check_requests,
        check_session,
        check_site,
        check_sites,
        check_symptoms,
        codes,
        depth_map,
        json_schema,
        preload,
        referral_of,
    )

__version__ = "0.1.0"

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
    "load_body",
    "preload",
    "referral_of",
    "search_sites",
]

_ANATOMY = {
    "load_body": "anatomy.body:load_body",
    "search_sites": "anatomy.words.search:search_sites",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__, {name: _ANATOMY.get(name, f"zones:{name}") for name in __all__}
    )
