"""The learner's pages: practise alone, pictures, what is known. Courses: beside it."""

from __future__ import annotations

import gzip
import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError
from viewer.learn.practice import Ref, draw, find, read_ref, read_wish
from viewer.learn.practice import regions as practice_regions
from viewer.learn.views import known_map, pictures
from viewer.learn.views.exercise_view import KIND_WORDS, exercise
from viewer.learn.views.feedback_view import feedback_view, section_picture
from viewer.learn.views.progress_view import progress_view
from viewer.look.look import icon_uri
from viewer.look.night import with_night
from viewer.map.charts.chart_pictures import PICTURES
from viewer.map.charts.frames import frame, picture_url
from viewer.state.page_state import known_facts
from zones.contract.models import Verdict
from zones.teaching.answers import Response as Given
from zones.teaching.pool import zone_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Blueprint
    from flask import Response as Answer

    from viewer.learn.storage.store import CourseStore
    from zones.teaching.answers import Feedback
    from zones.teaching.items import Item

STATIC = Path(__file__).parents[1] / "static"
#: Files that the body map and the lessons have in common, and where they are.
ASSETS = Path(__file__).parents[2] / "assets"
SHARED = {
    f"shared/{name}": ASSETS / room / name
    for room, name in (
        ("map", "chart_map.css"),
        ("map", "chart_map.js"),
        ("look", "colours.css"),
        ("look", "palette.css"),
    )
}
#: What has a name that changes with its content may be kept for a year.
KEEP = "private, max-age=31536000, immutable"
#: Pictures of a patient's zones are made anew by another process.
KEEP_A_DAY = "private, max-age=86400"
#: Body and chart that the start shows.
HERO = ("female", "posterior")
#: What makes an address that only this process can have made.
_KEY = secrets.token_bytes(32)


def signed(data: object) -> str:
    """Return data as a part of an address that only this server can have made.

    Cross-sections and zones are drawn for what an exercise asked and for nothing
    else: they are no way round an exam.

    Examples
    --------
    >>> read_signed(signed({"age": 40}))
    {'age': 40}
    """
    from itsdangerous import URLSafeSerializer

    return str(URLSafeSerializer(_KEY, "learn").dumps(data))


def read_signed(text: str) -> Any:
    """Return the data of such a part of an address.

    Raises
    ------
    InputError
        When it was not made here, or before the server was started again.
    """
    from itsdangerous import BadData, URLSafeSerializer

    try:
        return URLSafeSerializer(_KEY, "learn").loads(text)
    except BadData:
        raise InputError(
            "This picture's address is no longer valid; reload the page."
        ) from None


@cache
def static_url(name: str) -> str:
    """Return the address of a file of the pages, another one when it has changed.

    Examples
    --------
    >>> static_url("learn.css").split("?")[0]
    '/learn/static/learn.css'
    """
    path = SHARED.get(name, STATIC / name)
    mark = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    return f"/learn/static/{name}?v={mark}"


def task(item: Item, *, hide: tuple[str, ...] = (), hints: bool = True) -> Any:
    """Return what the page of an exercise shows before the answer."""
    return exercise(item, hide=hide, hints=hints, signed=signed)


def shown_feedback(
    item: Item, feedback: Feedback, response: object, *, next_url: str
) -> dict[str, Any]:
    """Return feedback as the page takes it: written, and as marks for the chart.

    Parameters
    ----------
    item, feedback : Item, Feedback
        The exercise and what came back on its answer.
    response : mapping or None
        What was answered, to mark what was chosen.
    next_url : str
        Where the page goes next.
    """
    from flask import render_template

    given = Given.model_validate(response) if isinstance(response, dict) else None
    view = feedback_view(item, feedback, response=given, signed=signed)
    last = next_url.endswith("/result")
    html = render_template(
        "learn/feedback.html",
        f=view,
        next_url=next_url,
        next_word="See my result" if last else "Next exercise",
    )
    return {"html": html, "marks": view["marks"], "outcome": view["outcome"]}


def add_learner_routes(routes: Blueprint, store: CourseStore) -> None:
    """Add the learner's pages.

    Parameters
    ----------
    routes : Blueprint
        The pages under ``/learn``.
    store : CourseStore
        Where courses and answers are.
    """

    @routes.context_processor
    def helpers() -> dict[str, Any]:
        return {
            "static_url": static_url,
            "kind_words": KIND_WORDS,
            "verdict_icons": {verdict.value: icon_uri(verdict) for verdict in Verdict},
        }

    @routes.after_request
    def keep(response: Answer) -> Answer:
        from flask import request

        static = request.endpoint in ("learn.static", "learn.shared")
        if static and "v" in request.args and response.status_code < 400:
            response.headers["Cache-Control"] = KEEP
        return response

    @routes.get("/static/shared/<name>")
    def shared(name: str) -> Any:
        from flask import abort, send_from_directory

        file = SHARED.get(f"shared/{name}")
        if file is None:
            abort(404)
        return send_from_directory(file.parent, file.name)

    _add_pages(routes, store)
    _add_practice(routes, store)
    _add_pictures(routes)


def _add_pages(routes: Blueprint, store: CourseStore) -> None:
    """Add the start and the page of what is known."""
    from flask import render_template

    from viewer.learn.routes.answers import json_answer, page_answer, token_of

    @routes.get("", strict_slashes=False)
    @page_answer
    def home() -> str:
        known = progress_view(store.learner(token_of()).state)
        return render_template("learn/home.html", known=known, **_choices())

    @routes.get("/progress")
    @page_answer
    def progress() -> str:
        known = progress_view(store.learner(token_of()).state)
        charts = [
            {
                "url": picture_url(known_map.BODY, name),
                "zones": f"/learn/known/{name}.svg",
                "word": frame(known_map.BODY, name)["title"],
            }
            for name in known_map.CHARTS
        ]
        return render_template(
            "learn/progress.html",
            known=known,
            charts=charts,
            level_words=known_map.LEVEL_WORDS,
        )

    @routes.get("/known/<chart>.svg")
    @json_answer
    def known(chart: str) -> Any:
        rows = progress_view(store.learner(token_of()).state)["rows"]
        found = known_map.levels(rows)
        return _packed(known_map.known_svg(known_map.BODY, chart, found))


def _choices() -> dict[str, Any]:
    """Return what may be chosen to practise."""
    zones = sorted(
        ((z.structure, z.id) for z in zone_table().values() if z.kind == "structure"),
        key=lambda pair: pair[0].lower(),
    )
    return {"regions": list(practice_regions()), "zones": zones, "hero": _hero()}


def _hero() -> list[str]:
    """Return the pictures of the start: a body with its zones."""
    body, chart = HERO
    urls = [picture_url(body, chart, layer) for layer in PICTURES]
    return [*urls, f"/learn/picture/{body}/{chart}.svg"]


def _add_practice(routes: Blueprint, store: CourseStore) -> None:
    """Add the exercises for one who practises alone."""
    from flask import redirect, render_template, request, url_for

    from viewer.learn.routes.answers import (
        json_answer,
        page_answer,
        read_json,
        token_of,
    )

    @routes.get("/practice")
    @page_answer
    def practice() -> Any:
        ref, wish = read_ref(request.args), read_wish(request.args)
        if ref is None:
            state = store.learner(token_of()).state
            ref = draw(wish, state)
            if ref is None:
                known = progress_view(state)
                return render_template("learn/nothing.html", known=known, wish=wish)
            return redirect(f"{url_for('learn.practice')}?{ref.query()}")
        token_of()  # the answer needs it
        view = task(find(ref))
        send = f"{url_for('learn.practice_answer')}?{ref.query()}"
        sheet = {"view": view, "send": send, "next": _next_url(ref), "kept": None}
        return render_template("learn/practice.html", view=view, sheet=sheet, ref=ref)

    @routes.post("/practice/answer")
    @json_answer
    def practice_answer() -> Any:
        ref = read_ref(request.args)
        if ref is None:
            raise InputError("kind and seed must name the exercise.", field="kind")
        given = read_json()
        item = find(ref)
        key = given.get("key")
        if not isinstance(key, str):
            raise InputError("key must name this try.", field="key")
        marked = store.practise(token_of(), key, item, given.get("response"))
        shown = shown_feedback(
            item, marked.feedback, given.get("response"), next_url=_next_url(ref)
        )
        return {**shown, "repeated": marked.repeated}

    def _next_url(ref: Ref) -> str:
        from urllib.parse import urlencode

        pairs = urlencode(ref.wish.pairs())
        return url_for("learn.practice") + (f"?{pairs}" if pairs else "")


def _add_pictures(routes: Blueprint) -> None:
    """Add what lies on charts, and the cross-sections."""
    from flask import Response, request

    from viewer.learn.routes.answers import json_answer

    @routes.get("/picture/<body>/<chart>.svg")
    @json_answer
    def zones(body: str, chart: str) -> Any:
        given = request.args.get("of")
        patient: Mapping[str, Any] = {"sex": body} if given is None else _data(given)
        svg = pictures.zones_svg(body, chart, known_facts(patient))
        return _kept(_packed(svg), KEEP_A_DAY)

    @routes.get("/picture/<body>/<chart>.json")
    @json_answer
    def marks(body: str, chart: str) -> Any:
        found = pictures.marks(body, chart, request.args.get("layer", ""))
        answer = Response(_json(found), mimetype="application/json")
        return _kept(answer, KEEP_A_DAY)

    @routes.get("/section.svg")
    @json_answer
    def section() -> Any:
        return _packed(section_picture(_data(request.args.get("of", ""))))

    def _data(text: str) -> Mapping[str, Any]:
        found = read_signed(text)
        return found if isinstance(found, dict) else {}

    def _json(data: object) -> str:
        import json

        return json.dumps(data, separators=(",", ":"))

    def _kept(answer: Response, how: str) -> Response:
        answer.headers["Cache-Control"] = how
        return answer


def _packed(svg: str) -> Answer:
    """Return a drawing, packed for a browser that can unpack it."""
    from flask import Response, request

    data, headers = with_night(svg).encode(), {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        data, headers["Content-Encoding"] = gzip.compress(data, 5), "gzip"
    return Response(data, mimetype="image/svg+xml", headers=headers)
