"""An exercise with its answer, as the trainer looks at it before a class does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.words.sites import resolve_site
from viewer.learn.views.feedback_view import published_injury, sources
from viewer.learn.views.heatmap import SIDE_LETTER, target_area, target_marks
from viewer.learn.views.trainer_view import KIND_NAMES, item_name
from viewer.look.look import svg_uri
from viewer.map.charts.frames import title
from viewer.map.zones.zone_images import shown_zones
from viewer.sheets.svg import round_place, side_mark, tile, whole
from zones.sentences.limits import limit_words
from zones.teaching.pool import zone_table

if TYPE_CHECKING:
    from zones.teaching.items import Item

#: Paper, mm, and the piece of the chart that is shown, mm.
WIDE, TALL, ROUND_MM = 150.0, 120.0, (260.0, 208.0)


def preview(item: Item) -> dict[str, Any]:
    """Return an exercise with its answer as plain data.

    Parameters
    ----------
    item : Item
        The exercise.

    Returns
    -------
    dict
        ``kind``, ``name``, ``prompt``, ``picture`` (a data URI) with ``caption``,
        ``questions`` with choices that are right or not, ``answer`` in words, ``case``,
        ``reason``, ``sources``, ``zones`` and the exercise's ``id``.

    Examples
    --------
    >>> from zones.teaching.generating import generate
    >>> shown = preview(generate("would_you", 7))
    >>> [sum(choice["right"] for choice in q["choices"]) for q in shown["questions"]]
    [1, 1]
    """
    zones = zone_table()
    return {
        "id": item.id,
        "kind": KIND_NAMES[item.kind],
        "name": item_name(item),
        "prompt": item.prompt,
        "picture": svg_uri(picture(item)),
        "caption": title(load_body(item.body).charts[item.chart]),
        "questions": [
            {
                "text": question.text,
                "choices": [
                    {"text": choice.text, "right": choice.id == question.right}
                    for choice in question.choices
                ],
            }
            for question in item.questions
        ],
        "answer": _answer(item),
        "case": published_injury(item),
        "reason": item.reason,
        "sources": sources(item.sources),
        "zones": [zones[name].structure for name in item.zones if name in zones],
    }


def _answer(item: Item) -> list[str]:
    """Return what is right, for what is placed or changed."""
    said = []
    if item.target is not None:
        target = item.target
        place = "anywhere on the" if target.what == "edge" else "on"
        said.append(
            f"Right {place} {target.name}, within {target.spread_mm:g} mm "
            f"({target.basis})."
        )
        if target.depth_mm is not None:
            said.append(limit_words(target.depth_mm).sentence)
    if item.solution is not None:
        said.append(f"One solution: {item.solution.why}")
    return said


def picture(item: Item) -> str:
    """Return the picture of an exercise with its answer on it, as an SVG document.

    The zones that it is about are drawn, the planned needle or the place where it
    belongs is marked, and the patient's sides are printed.
    """
    chart = load_body(item.body).charts[item.chart]
    facts = {"sex": item.body, **item.patient}
    zones = [zone for zone in shown_zones(facts) if zone.key in item.zones]
    needle = None if item.target is not None else _needle(item)
    if item.target is not None:
        spot: Any = (item.target.x_mm, item.target.y_mm)
    elif needle is not None:
        spot = chart.project(needle)
    else:
        spot = None
    window = (
        whole(item.body, item.chart)
        if spot is None
        else round_place(item.body, item.chart, spot, ROUND_MM)
    )
    drawn = tile(
        item.body,
        item.chart,
        zones,
        (0.0, 0.0, WIDE, TALL),
        window=window,
        letter=4.4,
        most_px=900,
        clear=True,
        needle=needle,
    )
    marks: list[str] = []
    if item.target is not None:
        area = target_area(item.target, item.body, chart)
        marks = target_marks(item.target, area, 1.0 / drawn.per_mm)
    x, y, wide, high = drawn.window
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {WIDE:g} {TALL:g}" width="{WIDE * 5:g}" height="{TALL * 5:g}">'
        f'<rect width="{WIDE:g}" height="{TALL:g}" fill="#fff"/>{drawn.svg}'
        f'<svg width="{WIDE:g}" height="{TALL:g}" '
        f'viewBox="{x:.2f} {y:.2f} {wide:.2f} {high:.2f}">{"".join(marks)}</svg>'
        f"{side_mark(chart, WIDE, SIDE_LETTER)}</svg>"
    )


def _needle(item: Item) -> np.ndarray | None:
    """Return where the planned needle stands, mm of the body; None when it has none."""
    if item.site is None:
        return None
    site = {k: v for k, v in item.site.items() if k != "body"}
    try:
        there = resolve_site(load_body(item.body), site)  # type: ignore[arg-type,unused-ignore]
    except NeedlemapError:
        return None
    return np.asarray(there.point.xyz, dtype=float)
