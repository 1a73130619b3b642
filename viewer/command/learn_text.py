"""Exercises and courses on the command line, for ``needlemap learn``."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from viewer.text.terminal.text import WIDTH

if TYPE_CHECKING:
    import argparse

    from zones.teaching.items import Item

#: Most exercises of one call.
MOST = 1000
#: Sources that are named in text; all of them stand in the data.
SHOWN = 6


def add_learn(commands: Any) -> None:
    """Add ``needlemap learn``."""
    learn = commands.add_parser("learn", help="exercises, and checking a course file")
    actions = learn.add_subparsers(title="actions", metavar="ACTION", required=True)
    items = actions.add_parser("items", help="print exercises with their answers")
    items.add_argument("--kind", required=True, help="such as would_you")
    items.add_argument("--seed", type=int, default=1, help="of the first")
    items.add_argument("--count", type=int, default=1)
    items.add_argument("--zone", action="append", default=[], metavar="ID")
    items.add_argument("--body", metavar="male|female")
    items.add_argument("--json", action="store_true", help="as data")
    items.set_defaults(run=_items)
    course = actions.add_parser("check", help="check a course file and its exercises")
    course.add_argument("file", metavar="COURSE.yaml")
    course.set_defaults(run=_course)


def _items(arguments: argparse.Namespace) -> int:
    """Run ``needlemap learn items``."""
    from anatomy.errors import OutOfRangeError
    from zones.teaching.generating import generate

    if not 1 <= arguments.count <= MOST:
        raise OutOfRangeError(
            f"--count must be from 1 to {MOST}; got {arguments.count}.",
            field="--count",
        )
    made = [
        generate(arguments.kind, seed, zones=arguments.zone, body=arguments.body)
        for seed in range(arguments.seed, arguments.seed + arguments.count)
    ]
    if arguments.json:
        rows = [item.model_dump(mode="json") for item in made]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        sys.stdout.write("\n\n".join(item_text(item) for item in made) + "\n")
    return 0


def item_text(item: Item) -> str:
    """Return an exercise with its answer as text.

    Parameters
    ----------
    item : Item
        The exercise.

    Examples
    --------
    >>> from zones.teaching.generating import generate
    >>> item_text(generate("would_you", 7)).splitlines()[0]
    'would_you, seed 7'
    """
    seed = "written by hand" if item.seed is None else f"seed {item.seed}"
    lines = [f"{item.kind}, {seed}", f"  on the {item.body} body, chart {item.chart}"]
    lines += textwrap.wrap(
        item.prompt, WIDTH, initial_indent="  ", subsequent_indent="  "
    )
    for question in item.questions:
        lines.append(f"  {question.text}")
        for choice in question.choices:
            mark = "*" if choice.id == question.right else "-"
            lines += textwrap.wrap(
                choice.text,
                WIDTH,
                initial_indent=f"    {mark} ",
                subsequent_indent="      ",
            )
    if item.target is not None:
        depth = item.target.depth_mm
        deep = "" if depth is None else f", {depth:g} mm deep"
        lines.append(
            f"  * x {item.target.x_mm:g}, y {item.target.y_mm:g} mm{deep}, within "
            f"{item.target.spread_mm:g} mm"
        )
    if item.solution is not None:
        lines.append(f"  * {item.solution.why}")
    if item.case is not None:
        lines += textwrap.wrap(
            f"{item.case.happened} {item.case.citation}",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="  ",
        )
    lines += textwrap.wrap(
        f"Why: {item.reason}", WIDTH, initial_indent="  ", subsequent_indent="  "
    )
    more = len(item.sources) - SHOWN
    rest = f" and {more} more" if more > 0 else ""
    lines += textwrap.wrap(
        f"Sources: {', '.join(item.sources[:SHOWN])}{rest}",
        WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
    )
    return "\n".join(lines)


def _course(arguments: argparse.Namespace) -> int:
    """Run ``needlemap learn check``."""
    from pathlib import Path

    from zones.teaching.courses.course import check_course

    course, items = check_course(Path(arguments.file))
    exam = ", an exam" if course.exam else ""
    limit = f", {course.time_limit_min:g} minutes" if course.time_limit_min else ""
    count = "1 exercise" if len(items) == 1 else f"{len(items)} exercises"
    print(f"{course.title}: {count}, pass mark {course.pass_mark:g} %{limit}{exam}.")
    kinds: dict[str, int] = {}
    for row in items:
        kinds[row.item.kind] = kinds.get(row.item.kind, 0) + 1
    for kind, number in kinds.items():
        print(f"  {number} {kind}")
    print("Every exercise has one right answer by the check.")
    return 0
