"""An error as an OperationOutcome: what is wrong, where, and what would do."""

from __future__ import annotations

from anatomy.errors import NeedlemapError
from viewer.fhir.made import OWN, Made, concept

ERROR = f"{OWN}:error"
#: FHIR's types of issues, by our codes of errors; any other is "invalid".
ISSUE = {
    "unknown_name": "code-invalid",
    "off_body": "value",
    "side": "value",
    "out_of_range": "value",
    "contradiction": "conflict",
    "fhir_version": "not-supported",
    "not_json": "structure",
    "too_large": "too-long",
    "content_type": "not-supported",
    "not_acceptable": "not-supported",
    "not_found": "not-found",
    "method": "not-supported",
    "login": "login",
    "forbidden": "forbidden",
    "class_only": "forbidden",
    "host": "security",
    "precondition": "required",
    "too_many": "throttled",
    "failed": "exception",
    "data": "exception",
}


def outcome(error: NeedlemapError) -> Made:
    """Return an error as an OperationOutcome; it is the same in R4 and R5.

    Parameters
    ----------
    error : NeedlemapError
        What went wrong.

    Examples
    --------
    >>> from anatomy.names import unknown
    >>> found = outcome(unknown("landmark", "akromion", ["acromion"], field="site"))
    >>> found["issue"][0]["code"], found["issue"][0]["expression"]
    ('code-invalid', ['site'])
    """
    issue: Made = {
        "severity": "error",
        "code": ISSUE.get(error.code, "invalid"),
        "details": concept(str(error), code=error.code, system=ERROR),
        "diagnostics": str(error),
    }
    if error.field:
        issue["expression"] = [error.field]
    return {"resourceType": "OperationOutcome", "issue": [issue]}
