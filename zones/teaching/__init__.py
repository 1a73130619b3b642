"""Exercises, courses and what a class learns from them; every answer by the check.

``from zones.teaching import generate, answer`` is all that a page needs to ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.deprecated import lazy_names

if TYPE_CHECKING:
    from zones.teaching.answers import Feedback, Response, answer
    from zones.teaching.courses.course import Course, dump_course, load_course
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
    "Course": "zones.teaching.courses.course:Course",
    "Feedback": "zones.teaching.answers:Feedback",
    "Item": "zones.teaching.items:Item",
    "Response": "zones.teaching.answers:Response",
    "answer": "zones.teaching.answers:answer",
    "check_item": "zones.teaching.generating:check_item",
    "dump_course": "zones.teaching.courses.course:dump_course",
    "generate": "zones.teaching.generating:generate",
    "load_course": "zones.teaching.courses.course:load_course",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
