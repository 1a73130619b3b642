"""Errors of the service: what HTTP adds to the errors of the library."""

from __future__ import annotations

from http import HTTPStatus

from anatomy.errors import DataError, NeedlemapError, UnknownNameError
from viewer.record.errors import StoreError

#: Said when something fails inside; what it was stands in the log only.
FAILED = (
    "The service failed internally, so there is no answer; this is not a verdict. Do "
    "not take it as clear."
)
#: Said when a program's call cannot be kept.
NOT_KEPT = "The database cannot be reached, so nothing was kept. Send it again later."
UNPROCESSABLE = 422


class ServiceError(NeedlemapError):
    """Base of what is wrong with a call and not with what it asks.

    ``status`` is the HTTP status it is answered with.
    """

    code = "call"
    status = HTTPStatus.BAD_REQUEST.value


class NotJsonError(ServiceError):
    """Raised when a body is no JSON, or JSON that could be read in two ways."""

    code = "not_json"


class TooLargeError(ServiceError):
    """Raised when a body has too many bytes or too many requests."""

    code = "too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value


class ContentTypeError(ServiceError):
    """Raised when a body is not said to be JSON."""

    code = "content_type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE.value


class NotAcceptableError(ServiceError):
    """Raised when an answer is wanted in a form that there is not."""

    code = "not_acceptable"
    status = HTTPStatus.NOT_ACCEPTABLE.value


class NotFoundError(ServiceError):
    """Raised when an address leads nowhere."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND.value


class MethodError(ServiceError):
    """Raised when an address does not answer this method."""

    code = "method"
    status = HTTPStatus.METHOD_NOT_ALLOWED.value


class LoginError(ServiceError):
    """Raised when a call has no credentials, or wrong ones."""

    code = "login"
    status = HTTPStatus.UNAUTHORIZED.value


class ForbiddenError(ServiceError):
    """Raised when another site's page makes the call."""

    code = "forbidden"
    status = HTTPStatus.FORBIDDEN.value


class ClassOnlyError(ServiceError):
    """Raised when a learner asks for what is not for learners."""

    code = "class_only"
    status = HTTPStatus.FORBIDDEN.value


class HostError(ServiceError):
    """Raised when a call is meant for another host's name."""

    code = "host"
    status = HTTPStatus.MISDIRECTED_REQUEST.value


class PreconditionError(ServiceError):
    """Raised when a client of CDS Hooks did not send along what is needed."""

    code = "precondition"
    status = HTTPStatus.PRECONDITION_FAILED.value


class TooManyError(ServiceError):
    """Raised when wrong credentials, or calls, came too often."""

    code = "too_many"
    status = HTTPStatus.TOO_MANY_REQUESTS.value


class UnavailableError(ServiceError):
    """Raised when the database that is needed for an answer cannot be reached."""

    code = "unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE.value


class FailedError(ServiceError):
    """What is answered when something failed inside; never a verdict."""

    code = "failed"
    status = HTTPStatus.INTERNAL_SERVER_ERROR.value


class UnknownZoneError(ServiceError, UnknownNameError):
    """Raised when no zone has the id that an address names."""

    code = UnknownNameError.code
    status = HTTPStatus.NOT_FOUND.value


def status_of(error: NeedlemapError) -> int:
    """Return the HTTP status of an error.

    Examples
    --------
    >>> from anatomy.errors import InputError
    >>> status_of(InputError("site must be given.")), status_of(NotJsonError("no"))
    (422, 400)
    """
    if isinstance(error, ServiceError):
        return error.status
    if isinstance(error, DataError):
        return FailedError.status
    return error.status if isinstance(error, StoreError) else UNPROCESSABLE


def shown(error: NeedlemapError) -> NeedlemapError:
    """Return the error that a caller is told: what fails here is not told in detail.

    Examples
    --------
    >>> shown(DataError("zones/data/zones/thorax.toml: no depth")).code
    'failed'
    """
    if isinstance(error, StoreError):
        return UnavailableError(NOT_KEPT)
    return FailedError(FAILED) if isinstance(error, DataError) else error
