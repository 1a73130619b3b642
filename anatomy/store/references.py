"""References between data files: declared on the models, followed by one walker.

A field says what its names refer to: ``sources: tuple[SourceId, ...]``. `references`
finds them all in a record, however deep, and `check_references` holds them against
what exists.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import BaseModel

from anatomy.errors import DataError
from anatomy.names import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True)
class Ref:
    """Says of a string field that it names an entry of another file.

    Parameters
    ----------
    kind : str
        What it names, as messages say it.
    """

    kind: str


SourceId = Annotated[str, Ref("source id")]
RecordId = Annotated[str, Ref("evidence id")]
RowId = Annotated[str, Ref("row of evidence")]
FactName = Annotated[str, Ref("fact")]
RegionName = Annotated[str, Ref("region")]
ZoneId = Annotated[str, Ref("zone")]
MuscleName = Annotated[str, Ref("muscle")]
RuleId = Annotated[str, Ref("rule")]
TextId = Annotated[str, Ref("text")]


class Reference(NamedTuple):
    """One name in a record that refers to something else.

    Attributes
    ----------
    where : str
        Part of the record, such as ``"area 2"``; empty for the record itself.
    kind, name : str
        What is named, and how.
    """

    where: str
    kind: str
    name: str


def references(record: BaseModel, where: str = "") -> Iterator[Reference]:
    """Yield every name in a record that refers to something else.

    Parameters
    ----------
    record : BaseModel
        A record of a data file.
    where : str
        What stands before the parts of the record in messages.

    Examples
    --------
    >>> class Area(BaseModel):
    ...     sources: tuple[SourceId, ...]
    >>> class Zone(BaseModel):
    ...     id: str
    ...     area: tuple[Area, ...]
    >>> zone = Zone(id="a", area=[{"sources": ["b-1999"]}])
    >>> [tuple(found) for found in references(zone)]
    [('area 1', 'source id', 'b-1999')]
    """
    for field, kind in _declared(type(record)):
        yield from _within(getattr(record, field), field, kind, where)


def _within(value: Any, field: str, kind: str, where: str) -> Iterator[Reference]:
    """Yield the references of one field."""
    if isinstance(value, str):
        if kind:
            yield Reference(where, kind, value)
    elif isinstance(value, BaseModel):
        yield from references(value, _joined(where, field.strip("_")))
    elif isinstance(value, (tuple, list)):
        for number, item in enumerate(value, start=1):
            if isinstance(item, BaseModel):
                name = getattr(item, "id", None)
                word = field.strip("_")
                part = f"{word} {number}"
                if name is not None:
                    part = f"{word.removesuffix('s')} {name!r}"
                yield from references(item, _joined(where, part))
            else:
                yield from _within(item, field, kind, where)


def _joined(where: str, part: str) -> str:
    return ", ".join(filter(None, (where, part)))


@functools.cache
def _declared(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Return the fields in which references may be, with the kind of their strings."""
    found = []
    for name, field in model.model_fields.items():
        kinds = [item.kind for item in field.metadata if isinstance(item, Ref)]
        kinds += [ref.kind for ref in _refs(field.annotation)]
        inner = list(_models(field.annotation))
        # a record of its own kind, such as a condition of conditions, is followed too
        if kinds or model in inner or any(_leads(part, (model,)) for part in inner):
            found.append((name, kinds[0] if kinds else ""))
    return tuple(found)


def _refs(annotation: Any) -> Iterator[Ref]:
    """Yield the references that a type declares, not those of models in it."""
    own = getattr(annotation, "__metadata__", ())
    for item in (*own, *typing.get_args(annotation)):
        if isinstance(item, Ref):
            yield item
        else:
            yield from _refs(item)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for item in typing.get_args(annotation):
        yield from _models(item)


def _leads(model: type[BaseModel], above: tuple[type[BaseModel], ...]) -> bool:
    """Return whether references may be in a model."""
    if model in above:
        return False
    for field in model.model_fields.values():
        if any(isinstance(item, Ref) for item in field.metadata):
            return True
        if next(_refs(field.annotation), None) is not None:
            return True
        inner = _models(field.annotation)
        if any(_leads(part, (*above, model)) for part in inner):
            return True
    return False


def check_references(
    record: BaseModel, known: Mapping[str, Collection[str]], *, entry: str
) -> None:
    """Raise when a record names what does not exist.

    Parameters
    ----------
    record : BaseModel
        A record of a data file.
    known : mapping of str to collection of str
        What exists, by kind; kinds that are left out are not looked at.
    entry : str
        Which record, for the message (``"pleura.toml, zone 'pleura'"``).

    Raises
    ------
    DataError
        For the first that is not known; the nearest are offered.
    """
    for where, kind, name in references(record):
        if kind in known:
            check_known([name], known[kind], kind, entry=_joined(entry, where))


def check_known(
    names: Iterable[str], known: Iterable[str], what: str, *, entry: str
) -> None:
    """Raise when a data entry names what does not exist.

    Parameters
    ----------
    names : iterable of str
        What the entry names.
    known : iterable of str
        What exists.
    what : str
        What such a name is called, as in ``"source id"``.
    entry : str
        Which entry, for the message (``"pleura.toml, zone 'pleura'"``).

    Raises
    ------
    DataError
        For the first that is not known; the nearest are offered.

    Examples
    --------
    >>> check_known(["agee"], ["age"], "fact", entry="a.toml, rule 'b'")
    Traceback (most recent call last):
    anatomy.errors.DataError: a.toml, rule 'b': unknown fact 'agee'. Nearest: age.
    """
    table = known if isinstance(known, Collection) else set(known)
    for name in names:
        if name not in table:
            raise DataError(
                f"{entry}: unknown {what} {name!r}.",
                given=name,
                suggestions=closest(name, table),
            )
