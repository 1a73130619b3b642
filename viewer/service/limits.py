"""Addresses, media types and limits of the service."""

from __future__ import annotations

from typing import Final

#: Where the service and CDS Hooks are.
API, HOOKS = "/api/v1", "/cds-services"

#: Bytes of a body: of one request, of a batch, of anything else that is sent.
LARGEST_REQUEST, LARGEST_BATCH, LARGEST_BODY = 64_000, 2_000_000, 4_000_000

#: Requests in one batch.
MOST_REQUESTS = 1_000

JSON, GEOJSON = "application/json", "application/geo+json"
PNG, NPY = "image/png", "application/octet-stream"
#: The name of RFC 9457 for an error.
PROBLEM = "application/problem+json"

DEFAULT_BODY: Final = "female"
