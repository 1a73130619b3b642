"""The check of one site: engine, findings, suggestions, tolerance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.deprecated import lazy_names

# where zones/check.py had them
_MOVED = {
    "check_request": "zones.check.site:check_request",
    "check_requests": "zones.check.site:check_requests",
    "check_site": "zones.check.site:check_site",
    "data_version": "zones.check.site:data_version",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, {}, moved=_MOVED, removed_in="0.2")
