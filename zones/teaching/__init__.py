"""Exercises, courses and what a class learns from them; every answer by the check.

``from zones.teaching import generate, answer`` is all that a page needs to ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zones.teaching.answers import Feedback, Response, answer
    from zones.teaching.course import Course, dump_course, load_course
    from zones.teaching.generating import check_item, generate
    from zones.teaching.items import Item

__all__ = [
    "Course",
    "Feedback",
    "Item",
    "Response",
    "answer",
    "check_item",
    "dump_course",
    "generate",
    "load_course",
]

_HOMES = {
    "Course": "course",
    "Feedback": "answers",
    "Item": "items",
    "Response": "answers",
    "answer": "answers",
    "check_item": "generating",
    "dump_course": "course",
    "generate": "generating",
    "load_course": "course",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that importing is quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'zones.teaching' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"zones.teaching.{_HOMES[name]}"), name)
