"""Structures on a reference body: areas, depths, bone, how deep it is mapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.deprecated import lazy_names

# where zones/fields.py had them
_MOVED = {
    "BodyFields": "zones.fields.loading:BodyFields",
    "body_fields": "zones.fields.loading:body_fields",
    "build": "zones.fields.loading:build",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, {}, moved=_MOVED, removed_in="0.2")
