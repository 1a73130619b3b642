"""Addresses, media types and limits of the service."""

from __future__ import annotations

from typing import Final

#: Where the service, CDS Hooks and FHIR are.
API, HOOKS, FHIR = "/api/v1", "/cds-services", "/fhir"

#: Bytes of a body: of one request, of a batch, of anything else that is sent.
LARGEST_REQUEST, LARGEST_BATCH, LARGEST_BODY = 64_000, 2_000_000, 4_000_000

#: Requests in one batch.
MOST_REQUESTS = 1_000

JSON, GEOJSON = "application/json", "application/geo+json"
FHIR_JSON = "application/fhir+json"
PNG, NPY = "image/png", "application/octet-stream"
#: The name of RFC 9457 for an error.
PROBLEM = "application/problem+json"

DEFAULT_BODY: Final = "female"
