"""What a model's fields are, in the schema: the texts that stand below them."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class Described(BaseModel):
    """Base of models whose schema is told.

    The texts are read when a schema is asked for: reading the code of every model
    costs half a second, which no check needs.
    """

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Add what stands below each field to the schema."""
        made = handler(core_schema)
        properties = handler.resolve_ref_schema(made).get("properties", {})
        for base in cls.__mro__:
            for name, words in _texts(base.__module__).get(base.__qualname__, ()):
                field = cls.model_fields.get(name)
                told = properties.get(name if field is None else field.alias or name)
                if told is not None:
                    told.setdefault("description", words)
        return made


@functools.cache
def _texts(module: str) -> Mapping[str, list[tuple[str, str]]]:
    """Return the texts below the fields of each class of a module."""
    found: dict[str, list[tuple[str, str]]] = {}
    try:
        code = inspect.getsource(sys.modules[module])
    except (KeyError, OSError, TypeError):
        return found
    for node in ast.parse(code).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = list(_below_fields(node.body))
    return found


def _below_fields(body: list[ast.stmt]) -> Any:
    """Yield each field of a class that has a text below it, and the text."""
    for field, text in itertools.pairwise(body):
        name = field.target if isinstance(field, ast.AnnAssign) else None
        value = text.value if isinstance(text, ast.Expr) else None
        if not (isinstance(name, ast.Name) and isinstance(value, ast.Constant)):
            continue
        if isinstance(value.value, str):
            yield name.id, inspect.cleandoc(value.value)
