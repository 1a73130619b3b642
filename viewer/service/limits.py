"""Addresses, media types and limits of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


API = "/api/v1"

#: Bytes of a body: of one request, of a batch, of anything else that is sent.
LARGEST_REQUEST, LARGEST_BATCH, LARGEST_BODY = 64_000, 2_000_000, 4_000_000

#: Requests in one batch.
MOST_REQUESTS = 1_000

JSON, GEOJSON = "application/json", "application/geo+json"

DEFAULT_BODY = "female"
