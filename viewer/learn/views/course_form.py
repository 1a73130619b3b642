"""A course as the form of the trainer's page has it; form and YAML are one thing."""

from __future__ import annotations

from typing import Any

from anatomy.errors import InputError
from viewer.learn.storage.models import LONGEST_COURSE
from viewer.learn.views.trainer_view import KIND_NAMES
from zones.teaching.courses.course import (
    Course,
    Drawn,
    dump_course,
    entry_items,
    load_course,
)
from zones.teaching.courses.course_yaml import CourseError, write_yaml
from zones.teaching.items import KINDS, Item
from zones.teaching.pool import zone_table
from zones.teaching.settings import drawing

#: Layers in words.
LAYER_WORDS = {
    "zones": "Zones",
    "depth": "Depth of the zones",
    "zone-labels": "Names of the zones",
    "skeleton": "Skeleton",
    "landmarks": "Landmarks",
    "points": "Acupoints",
    "muscles": "Muscles",
    "section": "Cross-section",
    "limit": "Deepest plan",
}
_NUMBERS = frozenset({"pass_mark", "time_limit_min", "item_limit_s", "seed", "count"})


def course_form(course: Course) -> dict[str, Any]:
    r"""Return a course as the page's form shows it: every field, entries as written.

    Examples
    --------
    >>> course = load_course("title: A\nitems:\n- {kind: place_it, seed: 4}\n")
    >>> form = course_form(course)
    >>> form["pass_mark"], form["items"]
    (70.0, [{'kind': 'place_it', 'seed': 4, 'count': 1, 'zones': [], 'body': None}])
    """
    data = course.model_dump(mode="json", by_alias=True, exclude={"items", "version"})
    rows = []
    for entry in course.items:
        if isinstance(entry, Drawn):
            rows.append(entry.model_dump(mode="json"))
            continue
        kept = entry.model_dump(mode="json", exclude_defaults=True)
        kept["kind"] = entry.kind
        rows.append({"written": kept, "words": write_yaml(kept)})
    return data | {"items": rows}


def form_text(form: object) -> str:
    """Return the YAML of a form; what is wrong in it is left to `load_course`.

    Parameters
    ----------
    form : mapping
        As `course_form` gives it; numbers may be text, as they were typed.

    Raises
    ------
    InputError
        When it is no such form.

    Examples
    --------
    >>> print(form_text({"title": "A", "items": [{"kind": "place_it", "seed": "4"}]}))
    schema: 1
    title: A
    items:
    - kind: place_it
      seed: 4
    <BLANKLINE>
    """
    if not isinstance(form, dict) or not isinstance(form.get("items"), list):
        raise InputError("course must be a form with items.", field="course")
    data: dict[str, Any] = {"schema": 1}
    data |= {k: _typed(k, v) for k, v in form.items() if k != "items"}
    rows = []
    for row in form["items"]:
        if not isinstance(row, dict):
            raise InputError("items must be a list of entries.", field="items")
        written = row.get("written")
        rows.append(
            written
            if isinstance(written, dict)
            else {k: _typed(k, v) for k, v in row.items() if v not in (None, "", [])}
        )
    kept = {k: v for k, v in data.items() if v not in (None, "", [])}
    text = write_yaml({**kept, "items": rows})
    try:
        return dump_course(load_course(text))
    except CourseError:
        return text


def _typed(name: str, value: object) -> object:
    """Return a number that was typed as text; a title that looks like one stays."""
    if name not in _NUMBERS or not isinstance(value, str):
        return value
    text = value.strip()
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def read_course(text: str) -> Course:
    r"""Return a course of a text, however short; its names are known.

    Raises
    ------
    CourseError
        Naming line by line what is wrong.
    InputError
        When it is too long.

    Examples
    --------
    >>> read_course("title: A\nitems: [{kind: would_you}]").title
    'A'
    """
    if len(text) > LONGEST_COURSE:
        raise InputError(
            f"A course file holds at most {LONGEST_COURSE:,} characters; "
            f"got {len(text):,}.",
            field="course",
        )
    # a text without any line break would be taken for the name of a file
    return load_course(text + "\n")


def read_form(text: str) -> dict[str, Any]:
    """Return the form of a course that was written as YAML.

    Raises
    ------
    CourseError
        Naming line by line what is wrong.
    """
    return course_form(read_course(text))


def new_form(seed: int) -> dict[str, Any]:
    """Return the form that a new course begins with: four exercises of each kind."""
    rows = [{"kind": kind, "seed": seed, "count": 4} for kind in KINDS]
    course = Course.model_validate({"title": "New course", "items": rows})
    return course_form(course) | {"title": ""}


def _layer_place(name: str) -> int:
    """Return where a layer stands in the form; one without words comes last."""
    names = list(LAYER_WORDS)
    return names.index(name) if name in names else len(names)


def _name(pair: list[str]) -> str:
    return pair[1].casefold()


def choices() -> dict[str, Any]:
    """Return what the form offers: kinds, layers and zones, each with its words."""
    return {
        "kinds": [list(pair) for pair in KIND_NAMES.items()],
        "layers": [
            [name, LAYER_WORDS.get(name, name)]
            for name in sorted(drawing().layers, key=_layer_place)
        ],
        "zones": sorted(
            [[z.id, z.structure] for z in zone_table().values()], key=_name
        ),
    }


def problems(error: CourseError) -> list[dict[str, Any]]:
    """Return what is wrong with a course, each with its line and entry."""
    return [
        {
            "line": one.line,
            "field": one.field,
            "message": one.message,
            "suggestions": list(one.suggestions),
        }
        for one in error.problems
    ]


def exercise_at(course: Course, place: int) -> Item:
    r"""Return one exercise of a course, proven by the check; no other is drawn.

    Parameters
    ----------
    course : Course
        The course.
    place : int
        From 0, in the order of the file.

    Raises
    ------
    InputError
        When the course has no such exercise.
    NeedlemapError
        When it gives no fair one.

    Examples
    --------
    >>> course = load_course("title: A\nitems:\n- {kind: place_it, count: 3}\n")
    >>> exercise_at(course, 2).seed
    2
    """
    left = place
    for number, entry in enumerate(course.items):
        if isinstance(entry, Drawn) and left < entry.count:
            new = {"seed": entry.seed + left, "count": 1}
            return next(entry_items(entry.model_copy(update=new), number=number))
        if left == 0:
            return next(entry_items(entry, number=number))
        left -= entry.count if isinstance(entry, Drawn) else 1
    raise InputError(
        f"The course has {course.count} exercises; there is none at {place + 1}.",
        field="place",
        given=place,
    )
