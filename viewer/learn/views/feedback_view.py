"""What the page shows after the answer: right or not, why, where it belongs, sources.

The words are those of `zones.teaching.answer`; here they are laid out, with marks for
the chart in mm of its picture and the request of the cross-section.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.store import cached
from viewer.learn.views.exercise_view import zones_url
from viewer.learn.views.pictures import to_picture, zone_path
from viewer.look.look import LOOKS, icon_uri, svg_uri
from viewer.map.area_marks import sees
from viewer.map.charts.frames import get_chart
from viewer.map.zones.zone_images import worst_of
from viewer.section.pen import Size
from viewer.section.view import section_svg
from zones.check.site import check_site
from zones.knowledge.records.sources import load_sources
from zones.knowledge.structures.zone_files import load_zones
from zones.pictures.section import site_section
from zones.sentences.citations import read_words, source_row
from zones.sentences.limits import limit_of
from zones.sentences.wording import capital
from zones.teaching.kinds.place_it import edge_points
from zones.teaching.pool import zone_table
from zones.teaching.settings import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from zones.teaching.answers import Feedback, Response
    from zones.teaching.items import Item

#: How an answer came out: word, shape and colours; never by colour alone.
RIGHT, PARTLY, WRONG = "right", "partly", "wrong"
_SHAPES = {
    RIGHT: (
        "#0b4f8a",
        '<circle cx="14" cy="14" r="11.5" fill="#fff"/>'
        '<path d="M7.8 14.6l4.2 4.3 8.4-9.2" fill="none" stroke="{ink}" '
        'stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round"/>',
    ),
    PARTLY: (
        "#6b5200",
        '<circle cx="14" cy="14" r="10.4" fill="#fffbe8" stroke="{ink}" '
        'stroke-width="2.4"/><path d="M14 3.6a10.4 10.4 0 0 1 0 20.8z" fill="{ink}"/>',
    ),
    WRONG: (
        "#8b2c0c",
        '<rect x="3" y="3" width="22" height="22" rx="3" fill="#fff"/>'
        '<path d="M8.6 8.6l10.8 10.8M19.4 8.6L8.6 19.4" stroke="{ink}" '
        'stroke-width="3.2" stroke-linecap="round"/>',
    ),
}
#: The cross-section on these pages.
SECTION = Size(560, 400, 160, 12.0)
#: Sources that are shown at once; the rest is folded.
SHOWN_SOURCES = 3


def outcome(feedback: Feedback) -> str:
    """Return how an answer came out.

    Parameters
    ----------
    feedback : Feedback
        What came back on it.

    Returns
    -------
    {"right", "partly", "wrong"}

    Examples
    --------
    >>> from zones.teaching.answers import answer
    >>> from zones.teaching.generating import generate
    >>> item = generate("would_you", 7)
    >>> right = {q.skill: q.right for q in item.questions}
    >>> outcome(answer(item, {"choices": right}))
    'right'
    """
    if feedback.right:
        return RIGHT
    return PARTLY if feedback.score > 0.0 else WRONG


def outcome_icon(name: str) -> str:
    """Return the shape of an outcome as an image address.

    Examples
    --------
    >>> outcome_icon("right")[:18]
    'data:image/svg+xml'
    """
    ink, shape = _SHAPES[name]
    return svg_uri(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28" width="28" '
        f'height="28">{shape.format(ink=ink)}</svg>',
        night=False,
    )


def feedback_view(
    item: Item,
    feedback: Feedback,
    *,
    response: Response | None = None,
    signed: Callable[[object], str] = str,
) -> dict[str, Any]:
    """Return what a page shows of an answer.

    Parameters
    ----------
    item : Item
        The exercise.
    feedback : Feedback
        What came back on the answer.
    response : Response, optional
        What was answered, to mark what was chosen.
    signed : callable
        Turns data into a part of an address that nobody else can make.

    Returns
    -------
    dict
        Plain JSON for the template ``feedback.html`` and for the chart.

    Examples
    --------
    >>> from zones.teaching.answers import Response, answer
    >>> from zones.teaching.generating import generate
    >>> item = generate("place_it", 2)
    >>> put = {"site": {"chart": item.chart, "x_mm": -100.0, "y_mm": 1000.0}}
    >>> shown = feedback_view(item, answer(item, put))
    >>> shown["outcome"], sorted(shown["marks"])
    ('wrong', ['paths', 'put', 'target', 'zones'])
    """
    result = feedback.assessment
    look = LOOKS[result.verdict]
    first, *rest = feedback.words
    said = say(
        "feedback", "verdict", verdict=result.verdict.value, headline=result.headline
    )
    story = item.case.happened if item.case else ""
    # verdict, reason, story and right choices have places of their own on the page
    apart = {said, feedback.reason, story}
    apart |= {
        say("feedback", "right_choice", text=q.choice().text) for q in item.questions
    }
    name = outcome(feedback)
    return {
        "outcome": name,
        "icon": outcome_icon(name),
        "word": first.rstrip("."),
        "score": round(100 * feedback.score),
        "parts": [
            {"skill": say("skills", skill), "score": round(100 * score)}
            for skill, score in feedback.parts.items()
        ],
        "words": [word for word in rest if word not in apart],
        "right": _right_answers(item, feedback),
        "right_word": "One way" if item.kind == "make_acceptable" else "Right answer",
        "questions": _questions(item, response),
        "verdict": {
            "value": result.verdict.value,
            "css": result.verdict.value.lower().replace("_", "-"),
            "word": look.word,
            "headline": result.headline,
            "icon": icon_uri(result.verdict, on_head=True),
            "limit": limit_of(result).sentence,
            "of": "your plan" if item.kind in _OWN_PLAN else "this plan",
        },
        # what the verdict says already is not said again
        "reason": feedback.reason.replace(result.headline, "").strip(),
        "sources": sources(feedback.sources),
        "shown_sources": SHOWN_SOURCES,
        "case": published_injury(item),
        "section": f"/learn/section.svg?of={signed(feedback.request)}",
        "zones": zone_words(feedback.zones),
        "marks": marks(item, feedback, signed=signed),
    }


#: Kinds in which the learner's own plan is judged.
_OWN_PLAN = ("place_it", "make_acceptable")


def _right_answers(item: Item, feedback: Feedback) -> list[dict[str, str]]:
    """Return the right answer of each skill, except what the questions mark anyway."""
    asked = {question.skill for question in item.questions}
    return [
        {"skill": say("skills", skill), "text": capital(text)}
        for skill, text in feedback.right_answer.items()
        if skill not in asked and text
    ]


def _questions(item: Item, response: Response | None) -> list[dict[str, Any]]:
    """Return the questions with what was right and what was chosen."""
    chosen = dict(response.choices) if response is not None else {}
    return [
        {
            "text": question.text,
            "choices": [
                {
                    "text": choice.text,
                    "right": choice.id == question.right,
                    "chosen": choice.id == chosen.get(question.skill),
                }
                for choice in question.choices
            ],
        }
        for question in item.questions
    ]


def sources(ids: tuple[str, ...]) -> list[dict[str, str]]:
    """Return sources as the check's card names them.

    Parameters
    ----------
    ids : tuple of str
        Their ids.

    Returns
    -------
    list of dict
        ``name``, ``what``, ``read`` (how it was read), ``label`` and ``url``.

    Examples
    --------
    >>> sorted(sources(("reference-bodies",))[0])
    ['label', 'name', 'read', 'url', 'what']
    """
    known = load_sources()
    rows = []
    for key in ids:
        source = known.get(key)
        row = source.model_dump(mode="json") if source is not None else {}
        name, what, read, label, url = source_row(key, row)
        rows.append(
            {"name": name, "what": what, "read": read, "label": label, "url": url}
        )
    return rows


def published_injury(item: Item) -> dict[str, str] | None:
    """Return the published injury; None for an exercise that has none.

    Parameters
    ----------
    item : Item
        The exercise.

    Returns
    -------
    dict or None
        ``happened``, ``citation``, ``url`` (empty when it is no web address), ``label``
        of the link and ``read`` (how it was read).

    Examples
    --------
    >>> from zones.teaching.generating import generate
    >>> published_injury(generate("would_you", 7)) is None
    True
    """
    case = item.case
    if case is None:
        return None
    url = f"https://doi.org/{case.doi}" if case.doi else case.url or ""
    if not url.startswith(("https://", "http://")):
        url = ""
    return {
        "happened": case.happened,
        "citation": case.citation,
        "url": url,
        "label": case.doi or case.url or "",
        "read": read_words(case.read),
    }


def zone_words(zones: tuple[str, ...]) -> list[str]:
    """Return what zones are called, once each.

    Examples
    --------
    >>> zone_words(("pleura",))
    ['pleura and lung']
    """
    table = zone_table()
    return list(dict.fromkeys(table[z].structure for z in zones if z in table))


def marks(
    item: Item, feedback: Feedback, *, signed: Callable[[object], str] = str
) -> dict[str, Any]:
    """Return what the chart shows after the answer, in mm of the picture.

    Parameters
    ----------
    item, feedback, signed
        As for `feedback_view`.

    Returns
    -------
    dict
        ``zones`` (address of the picture of all zones), ``paths`` (outlines of those
        that the exercise is about), ``target`` with its ``spread`` and ``put`` (the
        learner's needle) with the ``distance`` when it was to be placed.
    """
    chart = get_chart(item.body, item.chart)
    found: dict[str, Any] = {
        "zones": zones_url(item, signed),
        "paths": _outlines(item, feedback.zones),
        "target": None,
        "put": None,
    }
    put = feedback.misplaced
    if item.target is not None:
        on_edge = item.target.what == "edge"
        x, y = _belongs(item, feedback)
        u, v = to_picture(chart, x, y)
        found["target"] = {
            "u": u,
            "v": v,
            "spread": item.target.spread_mm,
            "edge": on_edge,
            "name": item.target.name,
        }
        if on_edge:
            own = _outlines(item, [item.target.zone or ""])
            found["paths"] = own or found["paths"]
    if put is not None:
        u, v = to_picture(chart, put.x_mm, put.y_mm)
        found["put"] = {"u": u, "v": v, "distance": put.distance_mm}
    elif item.kind == "make_acceptable":
        x, y = chart.project([feedback.assessment.site.xyz_mm])[0]
        u, v = to_picture(chart, float(x), float(y))
        found["put"] = {"u": u, "v": v, "distance": None}
    return found


def _outlines(item: Item, zones: Iterable[str]) -> list[dict[str, str]]:
    """Return the outlines of zones on an item's chart, with what they can come to."""
    known = {zone.id: zone for zone in load_zones()}
    return [
        {"d": path, "severity": worst_of(known[zone]).value}
        for zone in zones
        if zone in known and (path := zone_path(item.body, item.chart, zone))
    ]


def _belongs(item: Item, feedback: Feedback) -> tuple[float, float]:
    """Return where the needle belongs, mm of the chart.

    Every place on an edge is right: of those that the chart shows the one nearest to
    the learner's needle is taken.
    """
    target = item.target
    assert target is not None  # asked for placements only
    if target.what != "edge" or target.zone is None:
        return target.x_mm, target.y_mm
    chart = get_chart(item.body, item.chart)
    edge = _seen_edge(item.body, item.chart, target.zone, target.side)
    if not len(edge):
        return target.x_mm, target.y_mm
    here = np.asarray(feedback.assessment.site.xyz_mm)
    nearest = edge[np.argmin(np.linalg.norm(edge - here, axis=1))]
    x, y = chart.project(nearest)[0]
    return float(x), float(y)


@cached(maxsize=256)
def _seen_edge(body: str, chart: str, zone: str, side: str) -> NDArray[np.float64]:
    """Return the places on an edge that a chart shows, (N, 3) mm."""
    edge = edge_points(body, zone, side)
    drawn = get_chart(body, chart)
    return edge[np.array([sees(drawn, place) for place in edge], dtype=bool)]


def section_picture(request: Mapping[str, Any]) -> str:
    """Return the cross-section of a request as SVG.

    Parameters
    ----------
    request : mapping
        ``site``, ``needle`` and ``patient`` of the contract, as in a feedback.

    Raises
    ------
    NeedlemapError
        When the request cannot be read.

    Examples
    --------
    >>> section_picture({"site": {"text": "GB21 left"}, "needle": {"depth_mm": 10}})[:4]
    '<svg'
    """
    site, needle = request["site"], request.get("needle") or {}
    patient = request.get("patient") or {}
    result = check_site(site, needle, patient)
    section = site_section(result, needle, patient, aspect=SECTION.aspect)
    return section_svg(section, SECTION)
