"""Base models: strict for input with typed errors, open to new keys for answers."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from anatomy.errors import InputError, NeedlemapError, OutOfRangeError
from anatomy.names import closest, unknown
from zones.contract.described import Described

Model = TypeVar("Model", bound=BaseModel)

_RANGE = {
    "greater_than",
    "greater_than_equal",
    "less_than",
    "less_than_equal",
    "finite_number",
    "int_from_float",
}


class StrictModel(Described):
    """Base of every model that takes input: frozen, no unknown field, no coercion.

    A text is never read as a number and a number never as a truth value, so that a
    mistyped fact cannot turn into another fact.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
    )
    #: Where the model stands in a request, for messages.
    where: ClassVar[str] = ""

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """Yield the fields that were given, so that what is shown is short."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if value != field.get_default():
                yield name, value

    if not TYPE_CHECKING:

        def __init__(self, **data: Any) -> None:
            try:
                super().__init__(**data)
            except ValidationError as error:
                raise typed_error(error, type(self), field=self.where) from error


class AnswerModel(Described):
    """Base of what is answered: frozen; a reader passes over keys it does not know.

    A later minor version of the contract may add keys, so an answer of a newer service
    can be read back. A value that is not known, such as a new verdict, is refused.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


def notebook_html(shown: str, model: BaseModel) -> str:
    """Return a model as HTML, by the function ``shown`` of the notebook sentences.

    It is taken by its name, because wording rests on the models and not they on it.
    """
    found: str = pkgutil.resolve_name(f"zones.sentences.notebook:{shown}")(model)
    return found


def parse(model: type[Model], data: object, *, field: str) -> Model:
    """Return a validated model, or raise a typed error naming what was wrong.

    Parameters
    ----------
    model : type
        The model to build.
    data : mapping or instance of ``model``
        What the caller gave.
    field : str
        Where it stands in the request, used in messages (``"needle"``).

    Returns
    -------
    model
        A validated, frozen instance.

    Raises
    ------
    UnknownNameError
        For a field that the model does not have; the nearest names are offered.
    OutOfRangeError
        For a number that is not finite or outside its range.
    InputError
        For a missing field or a value of the wrong type.

    Examples
    --------
    >>> from zones.contract.needle import Needle
    >>> parse(Needle, {"depth_mm": 12}, field="needle").depth_mm
    12.0
    """
    if isinstance(data, model):
        return data
    if isinstance(data, BaseModel):
        data = data.model_dump(exclude_none=True)
    if not isinstance(data, Mapping):
        raise InputError(
            f"{field} must be an object with named fields; got {_short(data)}.",
            field=field,
            given=data,
            suggestions=list(model.model_fields)[:6],
        )
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        raise typed_error(error, model, field=field) from error


def typed_error(
    error: ValidationError, model: type[BaseModel], *, field: str
) -> NeedlemapError:
    """Return the needlemap error that says what a pydantic error says.

    Parameters
    ----------
    error : pydantic.ValidationError
        The error caught.
    model : type
        The model that refused; its fields are offered as the nearest names.
    field : str
        Where the model stands in the request.

    Returns
    -------
    NeedlemapError
        Ready to be raised; describes the first of the problems.
    """
    first = error.errors(include_url=False)[0]
    kind = first["type"]
    given = first["input"]
    loc = [str(part) for part in first["loc"]]
    path = ".".join([field, *loc]) if field else ".".join(loc)
    context: dict[str, Any] = first.get("ctx", {})
    if kind == "extra_forbidden":
        names = list(_fields_at(model, loc[:-1]))
        return unknown("field", loc[-1], names, field=path)
    if kind == "missing":
        return InputError(f"{path} must be given.", field=path)
    if kind in _RANGE:
        return OutOfRangeError(
            f"{path}: {_plain(first['msg'])}; got {_short(given)}.",
            field=path,
            given=given,
        )
    suggestions: list[str] = []
    if kind in {"literal_error", "enum"}:
        valid = _valid_words(str(context.get("expected", "")))
        suggestions = closest(str(given), valid) or valid[:6]
    return InputError(
        f"{path}: {_plain(first['msg'])}; got {_short(given)}.",
        field=path,
        given=given,
        suggestions=suggestions,
    )


def _fields_at(model: type[BaseModel], loc: list[str]) -> Mapping[str, object]:
    """Return the fields of the model found by walking ``loc`` from ``model``."""
    here = model
    for part in loc:
        info = here.model_fields.get(part)
        inner = _inner_model(info.annotation if info else None)
        if inner is None:
            continue
        here = inner
    return here.model_fields


def _inner_model(annotation: object) -> type[BaseModel] | None:
    """Return the first model inside an annotation such as ``Model | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _inner_model(part)
        if found is not None:
            return found
    return None


def _valid_words(expected: str) -> list[str]:
    """Return the words of pydantic's ``'a', 'b' or 'c'``."""
    return expected.split("'")[1::2]


def _plain(message: str) -> str:
    """Return a pydantic message in the form "must be ..."."""
    text = message.removeprefix("Value error, ").removeprefix("Input should be ")
    return f"must be {text}" if text != message else text


def _short(value: object) -> str:
    """Return a value as text, cut when it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
