"""The YAML of courses: read so that what is wrong is named with its line; written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from anatomy.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]

#: Longest course file, characters: no course needs more, and nothing may depend on it.
MOST_CHARACTERS = 500_000
#: Mappings and lists within each other; a course needs a handful.
MOST_DEEP = 30


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a course file.

    Attributes
    ----------
    line : int or None
        From 1; None when there is no file, as for a course made in the page.
    field : str
        Path of the entry, such as ``items[2].kind``.
    message : str
        What must be and what was given, with the nearest valid names.
    suggestions : tuple of str
        The nearest valid names.
    """

    line: int | None
    field: str
    message: str
    suggestions: tuple[str, ...] = ()

    def words(self, file: str) -> str:
        """Return the problem with file and line in front.

        Examples
        --------
        >>> Problem(3, "pass_mark", "must be from 0 to 100.").words("a.yaml")
        'a.yaml, line 3, pass_mark: must be from 0 to 100.'
        """
        at = f", line {self.line}" if self.line is not None else ""
        field = f", {self.field}" if self.field else ""
        return f"{file}{at}{field}: {self.message}"


class CourseError(DataError):
    """Raised when a course file is wrong; ``problems`` holds all that was found.

    Parameters
    ----------
    file : str
        Name of the file.
    problems : iterable of Problem
        At least one.
    """

    code = "course"

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        # the message names the field of each problem itself
        super().__init__("\n".join(problem.words(file) for problem in self.problems))


@dataclass(frozen=True)
class Marked:
    """Plain data read from a course file, and the line of each entry.

    Attributes
    ----------
    data : object
        Mappings, lists and scalars.
    lines : dict
        Line, from 1, of the entry at each path (of its key, in a mapping).
    """

    data: Any
    lines: dict[Path, int]

    def line(self, path: Iterable[str | int]) -> int | None:
        r"""Return the line of an entry, or of the nearest one around it.

        Examples
        --------
        >>> read_yaml("items:\n- kind: x\n").line(("items", 0, "seed"))
        2
        """
        parts = tuple(path)
        while parts and parts not in self.lines:
            parts = parts[:-1]
        return self.lines.get(parts)


def dotted(path: Iterable[str | int]) -> str:
    """Return a path in words.

    Examples
    --------
    >>> dotted(("items", 2, "kind"))
    'items[2].kind'
    """
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part}]"
        else:
            words += f".{part}" if words else str(part)
    return words


def read_yaml(text: str, *, file: str = "course") -> Marked:
    r"""Return the content of a YAML text with lines.

    Parameters
    ----------
    text : str
        The text; plain YAML without references to other parts of it.
    file : str
        Its name, for messages.

    Returns
    -------
    Marked
        The data and the line of each entry.

    Raises
    ------
    CourseError
        For a text that is not YAML, too long, nested too deep, refers to itself, or
        has a key twice.

    Examples
    --------
    >>> read_yaml("title: Chest\nitems: []\n").lines[("items",)]
    2
    """
    if len(text) > MOST_CHARACTERS:
        raise CourseError(
            file,
            [Problem(None, "", f"must be at most {MOST_CHARACTERS} characters long.")],
        )
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_DEEP:
                said = f"is nested more than {MOST_DEEP} deep."
                line = _line(event.start_mark)
                raise CourseError(file, [Problem(line, "", said)])
            if isinstance(event, yaml.AliasEvent):
                line = _line(event.start_mark)
                raise CourseError(
                    file, [Problem(line, "", "aliases (*name) are not read here.")]
                )
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error)
        line = _line(mark)
        raise CourseError(
            file, [Problem(line, "", f"not valid YAML: {said}.")]
        ) from None
    if root is None:
        raise CourseError(file, [Problem(1, "", "the file is empty.")])
    lines: dict[Path, int] = {(): root.start_mark.line + 1}
    problems: list[Problem] = []
    try:
        data = _built(root, (), lines, problems)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = _line(mark)
        raise CourseError(
            file, [Problem(line, "", f"{error}".split("\n")[0])]
        ) from None
    except (ValueError, RecursionError) as error:
        raise CourseError(
            file, [Problem(None, "", f"cannot be read: {error}")]
        ) from None
    if problems:
        raise CourseError(file, problems)
    return Marked(data, lines)


def write_yaml(data: object) -> str:
    r"""Return plain data as YAML, in its own order.

    Examples
    --------
    >>> write_yaml({"title": "Chest", "items": [{"kind": "place_it"}]})
    'title: Chest\nitems:\n- kind: place_it\n'
    """
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=88))


def _line(mark: Any) -> int | None:
    """Return the line of a place in the text, from 1."""
    return None if mark is None else int(mark.line) + 1


def _built(
    node: yaml.Node, path: Path, lines: dict[Path, int], problems: list[Problem]
) -> Any:
    """Return the data of a node and note the lines of its parts."""
    if isinstance(node, yaml.MappingNode):
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = str(_scalar(key_node))
            line = key_node.start_mark.line + 1
            if key in found:
                problems.append(Problem(line, dotted((*path, key)), "duplicate key."))
            lines[(*path, key)] = line
            found[key] = _built(value_node, (*path, key), lines, problems)
        return found
    if isinstance(node, yaml.SequenceNode):
        rows = []
        for number, inner in enumerate(node.value):
            lines[(*path, number)] = inner.start_mark.line + 1
            rows.append(_built(inner, (*path, number), lines, problems))
        return rows
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    """Return a text, number, truth value or nothing."""
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    finally:
        loader.dispose()
