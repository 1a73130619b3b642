"""Reading a call: its body, its parameters, its fields; and data as JSON text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError
from anatomy.names import unknown
from viewer.service.calls.bodies import read_json
from viewer.service.protocol.errors import ContentTypeError, TooLargeError
from viewer.service.protocol.limits import API, JSON, MOST_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request
    from pydantic import BaseModel


def json_text(data: Any) -> str:
    """Return data as JSON text, without NaN."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def body_of(request: Request, largest: int) -> Any:
    """Return what the body of a call says."""
    if request.mimetype != JSON:
        given = request.mimetype[:80] or "none"
        raise ContentTypeError(f"Content-Type must be {JSON}; got {given!r}.")
    request.max_content_length = largest
    return read_json(request.get_data(cache=False))


def batch_of(data: Any) -> list[Any]:
    """Return the requests of a batch."""
    if not isinstance(data, list):
        raise InputError(
            f"a batch must be an array of requests; got {type(data).__name__}. "
            f"For one request there is {API}/check."
        )
    if len(data) > MOST_REQUESTS:
        raise TooLargeError(
            f"a batch may have at most {MOST_REQUESTS} requests; got {len(data)}."
        )
    return data


def fields_of(data: Any, model: type[BaseModel], *, what: str) -> dict[str, Any]:
    """Return the fields of a call; null counts as left out where the model takes it.

    Parameters
    ----------
    data : object
        What the body says.
    model : type of BaseModel
        The model that describes the call: its fields are those that may be given. What
        they hold is read by the library, which says in its own words what is wrong.
    what : str
        Name of the call, for messages.

    Raises
    ------
    InputError, UnknownNameError
        For another form, a field that does not exist, or one that is missing.
    """
    known = tuple(model.model_fields)
    if not isinstance(data, dict):
        raise InputError(
            f"{what} takes an object with {known[0]}; got {type(data).__name__}.",
            suggestions=known,
        )
    for name in data:
        if name not in known:
            raise unknown("field", name, known, field=name)
        if data[name] is None and model.model_fields[name].default is not None:
            raise InputError(f"{name} must not be null.", field=name)
    found = {name: value for name, value in data.items() if value is not None}
    for name, field in model.model_fields.items():
        if field.is_required() and name not in found:
            raise InputError(f"{name} must be given.", field=name)
    return found


def text_of(data: Mapping[str, Any], name: str, default: str) -> str:
    """Return a field that is a text.

    Raises
    ------
    InputError
        For anything else.
    """
    value = data.get(name, default)
    if not isinstance(value, str):
        raise InputError(
            f"{name} must be text; got {type(value).__name__}.", field=name
        )
    return value


def query_of(request: Request, known: tuple[str, ...]) -> dict[str, str]:
    """Return the parameters of an address, each known and given once."""
    for name in request.args:
        if name not in known:
            raise unknown("parameter", name, known, field=name)
        if len(request.args.getlist(name)) > 1:
            raise InputError(f"{name} must be given once.", field=name)
    return dict(request.args.items())


def no_query(request: Request) -> None:
    """Refuse parameters where there are none."""
    query_of(request, ())
