"""What the page of an exercise shows before the answer, as plain data.

Nothing here knows what is right: all comes from `Item.for_learner`, the words of the
request and the picture that belongs to it. Layers that an exercise or a course hides
are not even named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.words.sites import resolve_site
from viewer.learn.views.pictures import LAYERS, MARKS, ZONES, to_picture
from viewer.map.charts.frames import frame, get_chart
from viewer.map.layers import SKELETON
from zones.contract.direction import toward_vector
from zones.quality.replay import load_cases
from zones.sentences.figures import needle_words
from zones.sentences.wording import capital
from zones.teaching.kinds.what_went_wrong import patient_of
from zones.teaching.settings import drawing
from zones.teaching.words import patient_words, site_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from zones.teaching.items import Item, Kind

#: What a kind of exercise is called, and what it asks for, in few words.
KIND_WORDS: dict[Kind, tuple[str, str]] = {
    "place_it": ("Place it", "Tap the picture where the needle belongs."),
    "would_you": ("Would you?", "What does the check say of this plan, and why?"),
    "make_acceptable": ("Make it acceptable", "Change the plan, then send it."),
    "ask_right": ("Ask the right question", "Which question matters here?"),
    "what_went_wrong": ("What went wrong?", "Analyse a published injury."),
}
#: Words for the parts of a plan.
WHERE, NEEDLE, PATIENT = "Where", "Needle", "Patient"
#: Directions in which a needle may lean, in the order of the page.
WAYS = ("cranial", "caudal", "medial", "lateral", "anterior", "posterior")
#: Least share along the skin of a direction in which a needle can lean there.
LEAST_LEAN = 0.2
#: Most that a needle may be leant on the page, degrees.
MOST_TILT_DEG = 75
#: Piece of a chart round a site that is shown at first, mm.
ROUND_MM = 300.0


def exercise(
    item: Item,
    *,
    hide: Iterable[str] = (),
    hints: bool = True,
    signed: Callable[[object], str] = str,
) -> dict[str, Any]:
    """Return what a page shows of an exercise before its answer.

    Parameters
    ----------
    item : Item
        The exercise.
    hide : iterable of str
        Layers that the course hides, beside those of the exercise.
    hints : bool
        Whether layers other than the skeleton may be shown at all; not in an exam.
    signed : callable
        Turns the patient's facts into a part of the address of the zones' picture.

    Returns
    -------
    dict
        Plain JSON: ``kind``, ``title``, ``ask``, ``given`` (pairs of label and words),
        ``notes``, ``frame`` of the chart, ``layers``, ``site`` (place on the picture,
        mm), ``needle``, ``controls`` and ``questions``.

    Examples
    --------
    >>> from zones.teaching.generating import generate
    >>> shown = exercise(generate("would_you", 7))
    >>> shown["ask"], [label for label, _ in shown["given"]]
    ('Would you?', ['Where', 'Needle', 'Patient'])
    >>> [layer["id"] for layer in shown["layers"]]
    ['skeleton', 'landmarks', 'points', 'muscles']
    """
    shown = item.for_learner()
    ask, given = _words(item)
    notes = list(shown["estimates"])
    for note in notes:
        ask = ask.replace(note, "")
    site = _site_on_picture(item)
    return {
        "kind": item.kind,
        "title": KIND_WORDS[item.kind][0],
        "hint": KIND_WORDS[item.kind][1],
        "ask": _tidy(ask),
        "given": [[label, words] for label, words in given],
        "notes": notes,
        "frame": frame(item.body, item.chart),
        "layers": layers(item, hide=hide, hints=hints, signed=signed),
        "site": site,
        "round": ROUND_MM,
        "needle": shown["needle"],
        "ways": _ways(item),
        "places": item.kind == "place_it"
        or bool(item.freedom and "site" in item.freedom.changes),
        "controls": _controls(shown),
        "questions": shown["questions"],
    }


def layers(
    item: Item,
    *,
    hide: Iterable[str] = (),
    hints: bool = True,
    signed: Callable[[object], str] = str,
) -> list[dict[str, str]]:
    """Return the layers that a page may show before the answer.

    Parameters
    ----------
    item : Item
        The exercise.
    hide, hints, signed
        As for `exercise`.

    Returns
    -------
    list of dict
        ``id``, ``word`` and ``url`` (of the picture or of the marks).

    Examples
    --------
    >>> from zones.teaching.generating import generate
    >>> layers(generate("ask_right", 1), hide=["skeleton"], hints=False)
    []
    """
    hidden = {*item.hide, *hide}
    found = []
    for name, word in LAYERS.items():
        if name in hidden or (name != SKELETON and not hints):
            continue
        url = _layer_url(item, name, signed)
        found.append({"id": name, "word": word, "url": url})
    return found


def zones_url(item: Item, signed: Callable[[object], str]) -> str:
    """Return the address of the zones of an exercise's patient on its chart.

    Parameters
    ----------
    item : Item
        The exercise.
    signed : callable
        As for `exercise`.

    Examples
    --------
    >>> from zones.teaching.generating import generate
    >>> zones_url(generate("ask_right", 1), lambda facts: "x")
    '/learn/picture/female/posterior.svg?of=x'
    """
    return f"/learn/picture/{item.body}/{item.chart}.svg?of={signed(item.patient)}"


def _layer_url(item: Item, name: str, signed: Callable[[object], str]) -> str:
    if name == ZONES:
        return zones_url(item, signed)
    if name in MARKS:
        return f"/learn/picture/{item.body}/{item.chart}.json?layer={name}"
    return str(frame(item.body, item.chart)["pictures"][name])


def _words(item: Item) -> tuple[str, list[tuple[str, str]]]:
    """Return what is asked, and site, needle and patient apart from it.

    A prompt that a trainer wrote stands as it is; the plan is told beside it.
    """
    given: list[tuple[str, str]] = []
    ask = item.prompt
    if item.kind == "place_it":
        if item.target is not None and item.target.depth_mm is not None:
            given.append((PATIENT, patient_words(item.patient, body=item.body)))
    elif item.site is not None and item.needle is not None:
        given = [
            (WHERE, site_words(item.site)),
            (NEEDLE, needle_words(item.needle)),
            (PATIENT, _who(item)),
        ]
    for _, words in given:
        ask = ask.replace(words, "", 1)
    return ask, [(label, capital(words)) for label, words in given]


def _who(item: Item) -> str:
    """Return the patient in words, as far as the exercise tells of them."""
    if item.kind != "what_went_wrong":
        return patient_words(item.patient, body=item.body, missing=item.facts)
    name = item.case.id if item.case is not None else ""
    case = next((c for c in load_cases() if c["id"] == name), None)
    return patient_of(case or {"patient": {}})


def _tidy(text: str) -> str:
    """Return a sentence without the commas and stops of what was taken out.

    Examples
    --------
    >>> _tidy("A published injury. Acupuncture, . .  What went wrong?  ")
    'A published injury. Acupuncture. What went wrong?'
    """
    text = re.sub(r"[,.]\s*(?:[,.]\s*)+", ". ", text)
    text = re.sub(r"^[\s,.]+", "", text)
    return re.sub(r"\s+", " ", text).strip()


def _site_on_picture(item: Item) -> dict[str, float] | None:
    """Return where the planned needle stands on the picture; None when that is asked.

    A site that the chart's face does not show is drawn where it lies behind it.
    """
    if item.kind == "place_it" or item.site is None:
        return None
    from anatomy.body import load_body

    body = load_body(item.body)
    chart = get_chart(item.body, item.chart)
    site = {k: v for k, v in item.site.items() if k != "body"}
    there = resolve_site(body, site)
    x, y = (float(v) for v in chart.project(there.point.xyz[None])[0])
    u, v = to_picture(chart, x, y)
    return {"u": u, "v": v, "spread": float(there.spread_mm)}


def _ways(item: Item) -> dict[str, list[float]]:
    """Return how each direction of leaning runs on the picture, to draw the needle.

    Only those that have a meaning at the site; for a needle that is to be placed none.
    """
    if item.kind == "place_it" or item.site is None:
        return {}
    from anatomy.body import load_body

    body, chart = load_body(item.body), get_chart(item.body, item.chart)
    site = {k: v for k, v in item.site.items() if k != "body"}
    there = resolve_site(body, site)
    inward = -body.skin.normal(there.point)
    lean = (item.needle or {}).get("direction")
    own = [lean["toward"]] if isinstance(lean, dict) and "toward" in lean else []
    found = {}
    for way in dict.fromkeys([*WAYS, *own]):
        try:
            along = toward_vector(body, there.point, way, there.side)
        except NeedlemapError:
            continue  # no medial on the midline
        flat = along - (along @ inward) * inward
        size = float(np.linalg.norm(flat))
        if size < LEAST_LEAN:
            continue
        step = chart.project((flat / size)[None])[0]
        right, up = float(step[0]), float(step[1])
        found[way] = [
            round(-right if chart.x_reversed else right, 3),
            round(up if chart.y_reversed else -up, 3),
        ]
    return found


def _controls(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return which parts of a plan the learner sets, and between which values."""
    needle = shown["needle"] or {}
    longest = float(needle.get("length_mm") or drawing().needle.usual_length_mm)
    freedom = shown["freedom"]
    controls: dict[str, Any] = {}
    if shown["asks_depth"]:
        controls["depth"] = {"min": 0, "max": longest, "value": None}
    if freedom is None:
        return controls
    if "depth" in freedom["changes"]:
        controls["depth"] = {
            "min": 0,
            "max": longest,
            "value": needle["depth_mm"],
            "least": freedom["least_depth_mm"],
        }
    if "direction" in freedom["changes"]:
        lean = needle.get("direction")
        named = lean if isinstance(lean, dict) and "toward" in lean else {}
        controls["direction"] = {
            "max": MOST_TILT_DEG,
            "tilt": named.get("tilt_deg", 0),
            "toward": named.get("toward", ""),
        }
    if "site" in freedom["changes"]:
        controls["site"] = {"within": freedom["nearby_mm"]}
    return controls
