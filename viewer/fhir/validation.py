"""Resources held against FHIR's own models: the extra ``needlemap[fhir]``.

``fhir.resources`` has models of R5 and of R4B, not of R4 itself. In the resources that
are made here R4B differs from R4 in nothing but its number.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from anatomy.errors import InputError
from viewer.fhir.parts import text
from viewer.fhir.versions import Version

_MODELS = {Version.R4: "fhir.resources.R4B", Version.R5: "fhir.resources"}


def faults(resource: Mapping[str, Any], version: Version) -> list[str]:
    """Return what is wrong with a resource by FHIR's models; nothing when it is valid.

    Parameters
    ----------
    resource : mapping
        The resource.
    version : Version
        Of FHIR; R4 is held against R4B.

    Raises
    ------
    InputError
        When the extra is not installed.

    Examples
    --------
    >>> faults({"resourceType": "Bundle", "type": "transaction"}, Version.R4)
    []
    >>> faults({"resourceType": "Bundle"}, Version.R4)[0].partition(":")[0]
    'Bundle.type'
    """
    from pydantic import ValidationError

    kind = text(resource.get("resourceType"))
    try:
        module = importlib.import_module(f"{_MODELS[version]}.{kind.casefold()}")
    except ModuleNotFoundError as error:
        if error.name in ("fhir", "fhir.resources"):
            raise InputError(
                "validation needs the extra: pip install 'needlemap[fhir]'."
            ) from None
        return [f"resourceType: FHIR has no {kind[:40]!r}"]
    try:
        getattr(module, kind).model_validate(dict(resource))
    except ValidationError as error:
        return [
            f"{'.'.join([kind, *map(str, fault['loc'])])}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
    return []
