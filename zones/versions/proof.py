"""Answers that carry what they rest on, so that they can be shown and asked again.

The hash is SHA-256 over the canonical JSON of RFC 8785 (keys in order, numbers in one
form), so that a program in any language finds the same one. It shows that nothing was
changed by mistake. It is no signature: whoever changes an answer on purpose can reckon
the hash anew, and whoever keeps the answers has to prevent that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import rfc8785

from anatomy.errors import InputError, OutOfRangeError
from anatomy.messages import message as _
from zones.check.site import check_request
from zones.contract.models import CONTRACT_VERSION, Assessment, Proof


def software_version() -> str:
    """Return the version of the package that answers.

    Examples
    --------
    >>> software_version()[0].isdigit()
    True
    """
    try:
        return version("needlemap")
    except PackageNotFoundError:
        return "0+unknown"


def prove_request(
    request: Mapping[str, object], *, at: datetime | None = None
) -> Assessment:
    """Return the answer to a request with what it rests on: an answer with a proof.

    Parameters
    ----------
    request : mapping
        As `zones.check_request` takes it, of plain data.
    at : datetime, optional
        When it was asked, with a time zone; now unless given.

    Returns
    -------
    Assessment
        That of `zones.check_request`, its ``proof`` filled in.

    Raises
    ------
    NeedlemapError
        As `zones.check_request`; also when the request is not plain data, or the time
        has no zone.

    Examples
    --------
    >>> answer = prove_request({"site": {"text": "6 cm left of T4"}})
    >>> proof_holds(answer.as_dict())
    True
    """
    at = datetime.now(UTC) if at is None else at
    if at.tzinfo is None:
        raise OutOfRangeError(_("at must have a time zone."), field="at", given=at)
    answer = check_request(request)
    document = answer.as_dict() | {
        "proof": {
            "request": dict(request),
            "at": at.astimezone(UTC).isoformat(),
            "software": software_version(),
            "data_version": answer.data_version,
            "policy": answer.policy,
            "contract_version": CONTRACT_VERSION,
        }
    }
    document["proof"]["hash"] = _hash(document)
    return answer.model_copy(update={"proof": Proof(**document["proof"])})


def proof_holds(answer: Mapping[str, Any]) -> bool:
    """Return whether an answer is still what its proof was made for.

    Parameters
    ----------
    answer : mapping
        The answer as JSON had it, with all its keys, those too that this version does
        not know.

    Raises
    ------
    InputError
        When it carries no proof, or is not plain data.

    Examples
    --------
    >>> kept = prove_request({"site": {"text": "6 cm left of T4"}}).as_dict()
    >>> proof_holds({**kept, "verdict": "CAUTION"})
    False
    """
    proof = answer.get("proof")
    if not isinstance(proof, Mapping) or not isinstance(proof.get("hash"), str):
        raise InputError(_("The answer carries no proof."), field="proof")
    return bool(_hash(answer) == proof["hash"])


def _hash(answer: Mapping[str, Any]) -> str:
    """Return the hash of an answer and its proof, but for the hash itself."""
    proof = {name: part for name, part in answer["proof"].items() if name != "hash"}
    try:
        text = rfc8785.dumps({**answer, "proof": proof})
    except rfc8785.CanonicalizationError as error:
        raise InputError(
            _("Only plain data can be proved: {error}.", error=str(error)),
            field="request",
        ) from error
    return hashlib.sha256(text).hexdigest()
