"""The check of many sites: tables in, tables out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.deprecated import lazy_names

# where zones/table.py had them
_MOVED = {
    "check_sites": "zones.table.sites:check_sites",
    "count_answers": "zones.table.sites:count_answers",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, {}, moved=_MOVED, removed_in="0.2")
