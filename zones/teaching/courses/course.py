"""A course: exercises in their order, drawn by kind and seed or written by hand."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.muscles.catalogue import get_muscle, get_point, muscle_site
from anatomy.names import unknown
from zones.contract.needle import parse_needle
from zones.contract.sites import parse_site
from zones.contract.validation import typed_error
from zones.knowledge.facts import load_facts
from zones.knowledge.records.sources import Record, Text
from zones.patients.patient import parse_patient
from zones.teaching.courses.course_yaml import (
    CourseError,
    Marked,
    Problem,
    dotted,
    read_yaml,
    write_yaml,
)
from zones.teaching.courses.written import Written, written_item
from zones.teaching.generating import generate
from zones.teaching.items import KINDS, Item, Kind
from zones.teaching.kinds.what_went_wrong import usable_cases
from zones.teaching.pool import zone_table
from zones.teaching.settings import drawing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Course",
    "CourseError",
    "CourseItem",
    "Drawn",
    "course_items",
    "dump_course",
    "entry_items",
    "load_course",
]

#: Most exercises of a course, and of one entry of it.
MOST_ITEMS = 500

#: Most names in one list of a course, and the longest that is said of one mistake.
MOST_NAMES, LONGEST_SAID = 200, 400

_Percent = Annotated[float, Field(ge=0, le=100)]


class Drawn(Record):
    """Exercises that are generated: ``count`` of a kind, from a seed on."""

    kind: Kind
    seed: Annotated[int, Field(ge=0, le=2**53)] = 0
    count: Annotated[int, Field(ge=1, le=MOST_ITEMS)] = 1
    zones: Annotated[tuple[Text, ...], Field(max_length=MOST_NAMES)] = ()
    body: Literal["male", "female"] | None = None


class Course(Record):
    """A course.

    Attributes
    ----------
    title, description : str
        What learners see first.
    pass_mark : float
        Percent of the score from which the course is passed.
    time_limit_min, item_limit_s : float or None
        Time for the whole, minutes, and for each exercise, seconds.
    order : {"given", "shuffled"}
        Whether each learner gets the exercises in an order of their own.
    exam : bool
        No hints and no feedback before the end.
    hide : tuple of str
        Layers of the picture that learners do not see.
    items : tuple of Drawn or Written
        The exercises.
    """

    version: Literal[1] = Field(default=1, alias="schema")
    title: Text
    description: str = ""
    pass_mark: _Percent = 70.0
    time_limit_min: Annotated[float, Field(gt=0, le=1440)] | None = None
    item_limit_s: Annotated[float, Field(gt=0, le=86400)] | None = None
    order: Literal["given", "shuffled"] = "given"
    exam: bool = False
    hide: Annotated[tuple[Text, ...], Field(max_length=MOST_NAMES)] = ()
    items: Annotated[tuple[Drawn | Written, ...], Field(min_length=1)]

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True
    )

    @field_validator("pass_mark", mode="before")
    @classmethod
    def _percent(cls, value: object) -> object:
        text = (
            value.strip().removesuffix("%").strip() if isinstance(value, str) else None
        )
        if text is not None:
            try:
                value = float(text)
            except ValueError:
                raise ValueError("must be a percentage such as 70 or 70 %") from None
        if isinstance(value, bool):
            raise ValueError("must be a percentage such as 70 or 70 %")
        if isinstance(value, float) and 0.0 < value < 1.0:
            raise ValueError("must be in percent: write 70 for 70 %, not 0.7")
        return value

    @model_validator(mode="after")
    def _not_too_many(self) -> Course:
        count = sum(i.count if isinstance(i, Drawn) else 1 for i in self.items)
        if count > MOST_ITEMS:
            raise ValueError(f"a course holds at most {MOST_ITEMS} exercises")
        return self

    @property
    def count(self) -> int:
        """Number of exercises."""
        return sum(i.count if isinstance(i, Drawn) else 1 for i in self.items)

    def passed(self, score: float) -> bool:
        r"""Return whether a mean score from 0 to 1 passes the course.

        Examples
        --------
        >>> load_course("title: A\nitems: [{kind: would_you}]").passed(0.7)
        True
        """
        return 100.0 * score >= self.pass_mark - 1e-9


class CourseItem(Record):
    """One exercise of a course: its place in the file and the exercise."""

    number: int
    entry: int
    item: Item


def load_course(source: str | Path) -> Course:
    r"""Return a course read from a YAML file or text.

    Parameters
    ----------
    source : Path or str
        A path; or the text itself (any text with a line break or a colon and blank).

    Returns
    -------
    Course
        Every name in it is known; that its exercises are fair is for
        `course_items` to prove.

    Raises
    ------
    CourseError
        Naming file, line and nearest valid names of everything that is wrong.

    Examples
    --------
    >>> course = load_course("title: A\nitems:\n- {kind: would_you, count: 5}\n")
    >>> course.count, course.pass_mark
    (5, 70.0)
    """
    return _read(source)[0]


def _read(source: str | Path) -> tuple[Course, Marked, str]:
    """Return a course, its data with lines, and the name of its file."""
    name, text = _text(source)
    marked = read_yaml(text, file=name)
    if not isinstance(marked.data, dict):
        said = "must be a mapping with title and items."
        raise CourseError(name, [Problem(1, "", said)])
    rows = marked.data.get("items")
    if isinstance(rows, list) and len(rows) > MOST_ITEMS:
        said = f"a course holds at most {MOST_ITEMS} exercises; {len(rows)} entries."
        raise CourseError(name, [Problem(marked.line(("items",)), "items", said)])
    problems = list(_shape_problems(marked))
    course = _validated(marked, problems)
    if course is None or problems:
        raise CourseError(name, sorted(problems, key=lambda p: p.line or 0))
    return course, marked, name


def _text(source: str | Path) -> tuple[str, str]:
    """Return the name and text of a course."""
    if isinstance(source, str) and ("\n" in source or ": " in source):
        return "course", source
    path = Path(source)
    try:
        return path.name, path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = f"cannot be read: {error}."
        raise CourseError(path.name or "course", [Problem(None, "", said)]) from None


def _shape_problems(marked: Marked) -> Iterator[Problem]:
    """Yield what is wrong with kinds and forms before the models look at it.

    An entry of unknown kind fits none of the models, and what they would say of it
    helps nobody.
    """
    items = marked.data.get("items")
    if not isinstance(items, list):
        return
    for number, entry in enumerate(items):
        path = ("items", number)
        if not isinstance(entry, dict):
            yield Problem(marked.line(path), dotted(path), "must be a mapping.")
            continue
        kind = entry.get("kind")
        if kind is None:
            yield Problem(marked.line(path), dotted(path), "kind must be given.")
        elif kind not in KINDS:
            yield _as_problem(
                marked, (*path, "kind"), unknown("kind of exercise", str(kind), KINDS)
            )


def _validated(marked: Marked, problems: list[Problem]) -> Course | None:
    """Return the model of a course; add each entry that does not fit to the problems.

    All is looked at, so that a trainer mends a file once and not line by line.
    """
    data = dict(marked.data)
    rows = data.get("items")
    kept: list[Drawn | Written] = []
    for number, entry in enumerate(rows if isinstance(rows, list) else []):
        if not isinstance(entry, dict) or entry.get("kind") not in KINDS:
            continue  # named already
        path = ("items", number)
        model: type[Drawn | Written] = Drawn if is_drawn(entry) else Written
        try:
            made = model.model_validate(entry)
        except ValidationError as error:
            problems += _model_problems(error, model, marked, path)
            continue
        problems += _entry_problems(made, marked, path)
        kept.append(made)
    if kept or problems:
        # entries that were named must not be named again as missing
        data["items"] = kept or [Drawn(kind=KINDS[0])]
    try:
        course = Course.model_validate(data)
    except ValidationError as error:
        problems += _model_problems(error, Course, marked, ())
        return None
    layers = drawing().layers
    problems += [
        _as_problem(marked, ("hide", number), unknown("layer", layer, layers))
        for number, layer in enumerate(course.hide)
        if layer not in layers
    ]
    return course


def is_drawn(entry: object) -> bool:
    """Return whether an entry of a course is to be generated.

    What names a place, a case or words of its own is written by hand.

    Examples
    --------
    >>> is_drawn({"kind": "place_it", "seed": 3}), is_drawn({"kind": "a", "case": "b"})
    (True, False)
    """
    own = set(Written.model_fields) - set(Drawn.model_fields)
    return not isinstance(entry, dict) or own.isdisjoint(entry)


def _model_problems(
    error: ValidationError,
    model: type[Record],
    marked: Marked,
    before: tuple[str | int, ...],
) -> Iterator[Problem]:
    """Yield each of a model's complaints as a problem with its line."""
    for one in error.errors(include_url=False):
        path = (*before, *one["loc"])
        if one["type"] == "value_error":
            said = f"{one['msg'].removeprefix('Value error, ')}."
            yield Problem(marked.line(path), dotted(path), said)
            continue
        single = ValidationError.from_exception_data(
            model.__name__,
            [{k: one[k] for k in ("type", "loc", "input", "ctx") if k in one}],  # type: ignore[list-item]
        )
        yield _as_problem(marked, path, typed_error(single, model, field=""))


def _as_problem(
    marked: Marked, path: tuple[str | int, ...], error: NeedlemapError
) -> Problem:
    """Return an error as a problem of the file."""
    message = str(error)
    bare = ".".join(str(part) for part in path)
    for lead in (f"{bare}: ", f"{bare} ", f"{path[-1]}: " if path else ""):
        if lead and message.startswith(lead):
            message = message.removeprefix(lead)
            break
    if len(message) > LONGEST_SAID:
        message = f"{message[:LONGEST_SAID]} …"
    return Problem(marked.line(path), dotted(path), message, error.suggestions)


def _entry_problems(
    entry: Drawn | Written, marked: Marked, path: tuple[str | int, ...]
) -> Iterator[Problem]:
    """Yield every name of an entry that nothing is called."""
    known = zone_table()
    for place, zone in enumerate(entry.zones):
        if zone not in known:
            where = (*path, "zones", place)
            yield _as_problem(marked, where, unknown("zone", zone, known))
    if isinstance(entry, Written):
        yield from _written_problems(entry, marked, path)


def _written_problems(
    entry: Written, marked: Marked, path: tuple[str | int, ...]
) -> Iterator[Problem]:
    """Yield the names of a hand-written exercise that nothing is called."""
    if entry.site is not None:
        try:
            _check_site_names(entry.site, entry.body or "male")
        except NeedlemapError as error:
            last = (error.field or "").removeprefix("site").strip(".")
            where = (*path, "site", *([last] if last else []))
            yield _as_problem(marked, where, error)
    for part, given, read in (
        ("needle", entry.needle, parse_needle),
        ("patient", entry.patient or None, parse_patient),
    ):
        try:
            read(given)
        except NeedlemapError as error:
            inner = (error.field or "").removeprefix(part).strip(".").split(".")
            yield _as_problem(marked, (*path, part, *filter(None, inner)), error)
    cases = [case["id"] for case in usable_cases()]
    if entry.case is not None and entry.case not in cases:
        where = (*path, "case")
        yield _as_problem(marked, where, unknown("case", entry.case, cases))
    facts = load_facts().by_name()
    for place, name in enumerate(entry.ask):
        if name not in facts:
            yield _as_problem(
                marked, (*path, "ask", place), unknown("fact", name, facts)
            )


def _check_site_names(site: dict[str, Any], body: str) -> None:
    """Raise when a site cannot be read or its landmark, muscle or point is unknown."""
    parse_site(site)
    if "landmark" in site:
        table = load_body(body).landmarks
        table.get(site["landmark"], site.get("side"), field="site.landmark")
    elif "muscle" in site:
        muscle = get_muscle(site["muscle"])
        muscle_site(muscle, site.get("site"))
    elif "point" in site:
        get_point(site["point"])


def course_items(course: Course, *, learner: str | None = None) -> list[CourseItem]:
    r"""Return the exercises of a course, each proven by the check.

    Parameters
    ----------
    course : Course
        The course.
    learner : str, optional
        Name of the learner; in a shuffled course it decides the order.

    Returns
    -------
    list of CourseItem
        Numbered from 0 in the order in which they are asked; ``entry`` is their place
        in the file.

    Raises
    ------
    UnfairItemError
        For an entry that gives no fair exercise; ``field`` names it.

    Examples
    --------
    >>> text = "title: A\nitems:\n- {kind: place_it, seed: 4, count: 2}\n"
    >>> course = load_course(text)
    >>> [row.item.seed for row in course_items(course)]
    [4, 5]
    """
    found = [
        (number, item)
        for number, entry in enumerate(course.items)
        for item in entry_items(entry, number=number)
    ]
    return _in_order(course, found, learner)


def entry_items(entry: Drawn | Written, *, number: int = 0) -> Iterator[Item]:
    """Yield the exercises of one entry, each proven by the check.

    Parameters
    ----------
    entry : Drawn or Written
        The entry.
    number : int
        Its place in the course, from 0, for messages.

    Raises
    ------
    NeedlemapError
        For one that gives no fair exercise.

    Examples
    --------
    >>> [item.seed for item in entry_items(Drawn(kind="place_it", seed=4, count=2))]
    [4, 5]
    """
    if isinstance(entry, Written):
        yield written_item(entry, number=number)
        return
    for seed in range(entry.seed, entry.seed + entry.count):
        yield generate(entry.kind, seed, zones=entry.zones, body=entry.body)


def _in_order(
    course: Course, found: list[tuple[int, Item]], learner: str | None
) -> list[CourseItem]:
    """Return exercises, given with their entry, as they are asked."""
    if course.order == "shuffled":
        random.Random(f"{course.title}:{learner or ''}").shuffle(found)
    return [
        CourseItem(number=place, entry=entry, item=item)
        for place, (entry, item) in enumerate(found)
    ]


def check_course(
    source: str | Path, *, progress: Callable[[int, int], None] | None = None
) -> tuple[Course, list[CourseItem]]:
    r"""Return a course and its exercises, all names known and all exercises fair.

    Parameters
    ----------
    source : Path or str
        As for `load_course`.
    progress : callable, optional
        Told after each exercise how many have been proven, and of how many.

    Raises
    ------
    CourseError
        Naming file and line of everything that is wrong, unfair exercises too.

    Examples
    --------
    >>> len(check_course("title: A\nitems:\n- {kind: place_it}\n")[1])
    1
    """
    course, marked, name = _read(source)
    problems: list[Problem] = []
    found: list[tuple[int, Item]] = []
    for number, entry in enumerate(course.items):
        try:
            for item in entry_items(entry):
                found.append((number, item))
                if progress is not None:
                    progress(len(found), course.count)
        except NeedlemapError as error:
            problems.append(_as_problem(marked, ("items", number), error))
    if problems:
        raise CourseError(name, problems)
    return course, _in_order(course, found, None)


def dump_course(course: Course) -> str:
    r"""Return a course as YAML that `load_course` reads back as the same course.

    Parameters
    ----------
    course : Course
        The course.

    Returns
    -------
    str
        YAML, what is at its default left out.

    Examples
    --------
    >>> course = load_course("title: A\nitems:\n- {kind: place_it, seed: 4}\n")
    >>> load_course(dump_course(course)) == course
    True
    """
    data = course.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    data = {"schema": 1, **data}
    for row, entry in zip(data["items"], course.items, strict=True):
        row["kind"] = entry.kind
    return write_yaml(data)
