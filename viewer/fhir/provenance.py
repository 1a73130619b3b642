"""What a resource rests on: the program and its version, the data and theirs."""

from __future__ import annotations

from collections.abc import Iterable

from viewer.fhir.made import (
    DATA_VERSION,
    Made,
    concept,
    identifier,
    reference,
)
from viewer.fhir.versions import Version
from zones.versions.proof import software_version

_SOFTWARE = "software"


def software(version: Version) -> Made:
    """Return the program as a Device.

    Examples
    --------
    >>> software(Version.R5)["name"][0]["value"]
    'needlemap'
    """
    made: Made = {
        "resourceType": "Device",
        "manufacturer": "needlemap",
        "version": [{"value": software_version()}],
    }
    if version is Version.R5:
        return made | {"name": [{"value": "needlemap", "type": "user-friendly-name"}]}
    return made | {"deviceName": [{"name": "needlemap", "type": "user-friendly-name"}]}


def provenance(
    targets: Iterable[str],
    data_versions: Iterable[str],
    version: Version,
    *,
    recorded: str,
    activity: str,
) -> Made:
    """Return where resources come from.

    Parameters
    ----------
    targets : iterable of str
        Addresses of the resources; at least one.
    data_versions : iterable of str
        Versions of the data behind them.
    version : Version
        Of FHIR.
    recorded : str
        When they were made.
    activity : str
        What was done, in words.

    Examples
    --------
    >>> made = provenance(["urn:uuid:1"], ["abc"], Version.R4,
    ...                   recorded="2026-01-01T00:00:00Z", activity="check")
    >>> made["entity"][0]["what"]["identifier"]["value"]
    'abc'
    """
    return {
        "resourceType": "Provenance",
        "contained": [{"id": _SOFTWARE, **software(version)}],
        "target": [reference(to) for to in targets],
        "recorded": recorded,
        "activity": concept(activity),
        "agent": [
            {
                "type": concept("software"),
                "who": {"reference": f"#{_SOFTWARE}", "display": "needlemap"},
            }
        ],
        "entity": [
            {
                "role": "source",
                "what": {
                    "identifier": identifier(DATA_VERSION, name),
                    "display": f"needlemap data {name}",
                },
            }
            for name in dict.fromkeys(data_versions)
        ],
    }
