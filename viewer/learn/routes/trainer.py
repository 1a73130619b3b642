"""The trainer's pages: make a course, run it, read what a class gets wrong."""

from __future__ import annotations

import json
import logging
import queue
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError, NeedlemapError
from viewer.learn.errors import LearnError, NotJoinedError
from viewer.learn.room import reach
from viewer.learn.views.course_form import (
    choices,
    course_form,
    exercise_at,
    form_text,
    new_form,
    problems,
    read_course,
    read_form,
)
from viewer.learn.views.exercise_preview import preview
from viewer.learn.views.heatmap import heatmap, needle_pictures
from viewer.learn.views.trainer_view import (
    SILENT_S,
    Exercises,
    exercises,
    findings,
    live,
    results_csv,
)
from viewer.look.look import svg_uri
from viewer.look.night import with_night
from viewer.sheets.qr import qr_svg
from zones.teaching.courses.course_yaml import CourseError

if TYPE_CHECKING:
    from flask import Blueprint, Response

    from viewer.learn.storage.models import CourseRow
    from viewer.learn.storage.store import CourseStore
    from viewer.learn.views.heatmap import NeedlePicture

_LOG = logging.getLogger(__name__)

#: Largest call of the editor, bytes: the longest course, each sign escaped.
LARGEST = 1_500_000
#: Seeds of a new course are drawn below this, so that no two courses are alike.
MOST_SEED = 9000


def add_trainer_routes(routes: Blueprint, store: CourseStore) -> None:
    """Add the trainer's pages.

    Parameters
    ----------
    routes : Blueprint
        The pages under ``/learn``.
    store : CourseStore
        Where courses and answers are.
    """
    _add_editor(routes, store)
    _add_saving(routes, store)
    _add_running(routes, store)
    _add_changes(routes, store)
    _add_files(routes, store)


def trainer_json(call: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a trainer's call in JSON; what is wrong with a course line by line."""
    from viewer.learn.routes.answers import json_answer, trainer_only

    @wraps(call)
    def answer(**given: Any) -> Any:
        try:
            return call(**given)
        except CourseError as error:
            return {"error": _said(error)}, HTTPStatus.UNPROCESSABLE_ENTITY

    return json_answer(trainer_only(answer))


def trainer_page(call: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a trainer with a page."""
    from viewer.learn.routes.answers import page_answer, trainer_only

    return page_answer(trainer_only(call))


def _said(error: NeedlemapError) -> dict[str, Any]:
    """Return an error as the editor shows it."""
    found = error.as_dict() | {"again": getattr(error, "status", 0) in (503, 507)}
    if isinstance(error, CourseError):
        found["problems"] = problems(error)
    return found


def _given() -> dict[str, Any]:
    from viewer.learn.routes.answers import read_json

    return read_json(largest=LARGEST)


def _text(data: dict[str, Any]) -> str:
    """Return the YAML of a call: as it was written, or of a form."""
    text = data.get("text")
    if isinstance(text, str):
        return text
    return form_text(data.get("form"))


def _number(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(
            f"{name} must be a whole number from 0; got {value!r}.", field=name
        )
    return value


def _add_editor(routes: Blueprint, store: CourseStore) -> None:
    """Add the list of courses and where one is written."""
    from flask import render_template, request

    @routes.get("/teach", strict_slashes=False)
    @trainer_page
    def teach() -> str:
        return render_template("learn/teach/list.html", courses=store.courses())

    @routes.get("/teach/new")
    @trainer_page
    def teach_new() -> str:
        copied = request.args.get("copy", type=int)
        if copied is None:
            form = new_form(1 + secrets.randbelow(MOST_SEED))
            return _editor(form, form_text(form))
        row = store.course(copied)
        form = course_form(row.course)
        form["title"] = f"{row.title} (copy)"
        return _editor(form, form_text(form))

    @routes.get("/teach/<int:course_id>/edit")
    @trainer_page
    def teach_edit(course_id: int) -> str:
        row = store.course(course_id)
        return _editor(course_form(row.course), store.text(course_id), row)

    def _editor(form: dict[str, Any], text: str, row: CourseRow | None = None) -> str:
        start = {
            "form": form,
            "text": text,
            "id": row.id if row else None,
            "revision": row.revision if row else None,
            "choices": choices(),
        }
        return render_template("learn/teach/edit.html", start=start, row=row)

    @routes.post("/teach/form")
    @trainer_json
    def teach_form() -> Any:
        return {"form": read_form(_text(_given()))}

    @routes.post("/teach/text")
    @trainer_json
    def teach_text() -> Any:
        return {"text": form_text(_given().get("form"))}

    @routes.post("/teach/preview")
    @trainer_json
    def teach_preview() -> Any:
        data = _given()
        place = _number(data, "place")
        course = read_course(_text(data))
        item = exercise_at(course, place)
        html = render_template(
            "learn/teach/item.html", item=preview(item), number=place + 1
        )
        return {"html": html, "place": place, "count": course.count}


def _add_saving(routes: Blueprint, store: CourseStore) -> None:
    """Add how a course is kept, told step by step: every exercise is proven."""
    from flask import Response, url_for

    @routes.post("/teach/save")
    @trainer_json
    def teach_save() -> Any:
        data = _given()
        text = _text(data)
        course_id, revision = None, 0
        if data.get("id") is not None:
            course_id, revision = _number(data, "id"), _number(data, "revision")
        # what is quickly seen to be wrong is told with its status
        read_course(text)
        if course_id is not None:
            store.course(course_id)

        def save(progress: Callable[[int, int], None]) -> CourseRow:
            if course_id is None:
                return store.create(text, progress=progress)
            return store.change(course_id, text, revision, progress=progress)

        def done(row: CourseRow) -> dict[str, Any]:
            return {"id": row.id, "revision": row.revision, "code": row.code}

        address = url_for("learn.teach_course", course_id=0)
        steps = _steps(save, done)
        lines = (
            json.dumps(
                step | {"url": address[:-1] + str(step["id"])} if "id" in step else step
            )
            + "\n"
            for step in steps
        )
        return Response(lines, mimetype="application/x-ndjson")


def _steps(
    save: Callable[[Callable[[int, int], None]], Any],
    done: Callable[[Any], dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Yield how far a course has been proven, then what came of it.

    The work goes on in a thread of its own when nobody listens any more.
    """
    told: queue.Queue[dict[str, Any]] = queue.Queue()

    def work() -> None:
        try:
            row = save(lambda number, of: told.put({"proven": number, "of": of}))
            told.put(done(row))
        except NeedlemapError as error:
            told.put({"error": _said(error)})
        except Exception:
            from viewer.learn.routes.answers import FAILED

            _LOG.exception("a course could not be saved")
            told.put({"error": LearnError(FAILED).as_dict() | {"again": True}})

    threading.Thread(target=work, daemon=True).start()
    while True:
        step = told.get()
        yield step
        if "proven" not in step:
            return


def _add_running(routes: Blueprint, store: CourseStore) -> None:
    """Add the page of a course that runs, and what it asks for by itself."""
    from flask import abort, current_app, render_template, request

    def around(row: CourseRow) -> dict[str, Any]:
        access = current_app.extensions["needlemap_access"]
        found = reach(request, access)
        link = found.link(row.code)
        return {
            "row": row,
            "reach": found,
            "link": link,
            "qr": svg_uri(qr_svg(link), night=False),
        }

    def read(row: CourseRow) -> dict[str, Any]:
        answers = store.answers(row.id)
        known = exercises(store, row, answers)
        return {
            "row": row,
            "found": findings(answers, known),
            "pictures": needle_pictures(answers, known.by_id),
        }

    @routes.get("/teach/<int:course_id>")
    @trainer_page
    def teach_course(course_id: int) -> str:
        row = store.course(course_id)
        return render_template(
            "learn/teach/course.html",
            people=live(store, row),
            silent=SILENT_S,
            **around(row),
            **{k: v for k, v in read(row).items() if k != "row"},
        )

    @routes.get("/teach/<int:course_id>/board")
    @trainer_page
    def teach_board(course_id: int) -> str:
        return render_template(
            "learn/teach/board.html", **around(store.course(course_id))
        )

    @routes.get("/teach/<int:course_id>/live.json")
    @trainer_json
    def teach_live(course_id: int) -> Any:
        return live(store, store.course(course_id), request.args.get("since"))

    @routes.get("/teach/<int:course_id>/findings")
    @trainer_page
    def teach_findings(course_id: int) -> str:
        row = store.course(course_id)
        return render_template("learn/teach/findings.html", **read(row))

    @routes.get("/teach/<int:course_id>/exercise/<int:number>")
    @trainer_page
    def teach_exercise(course_id: int, number: int) -> str:
        row = store.course(course_id)
        items = store.items(row.id, row.revision)
        if not 1 <= number <= len(items):
            raise InputError(
                f"The course has {len(items)} exercises; there is none at {number}."
            )
        return render_template(
            "learn/teach/exercise.html",
            row=row,
            number=number,
            item=preview(items[number - 1]),
        )

    @routes.get("/teach/<int:course_id>/needles.svg")
    @trainer_page
    def teach_needles(course_id: int) -> Response:
        row = store.course(course_id)
        answers = store.answers(row.id)
        known = exercises(store, row, answers)
        pictures = needle_pictures(answers, known.by_id)
        body, chart = request.args.get("body"), request.args.get("chart")
        for picture in pictures:
            if (picture.body, picture.chart) == (body, chart):
                return _svg(picture, known, everything="all" in request.args)
        abort(HTTPStatus.NOT_FOUND)


def _svg(picture: NeedlePicture, known: Exercises, *, everything: bool) -> Response:
    from flask import Response

    drawn = heatmap(picture, numbers=known.newest_numbers, everything=everything)
    return Response(with_night(drawn), mimetype="image/svg+xml")


def _add_changes(routes: Blueprint, store: CourseStore) -> None:
    """Add what ends, opens, deletes and removes."""

    @routes.post("/teach/<int:course_id>/end")
    @trainer_json
    def teach_end(course_id: int) -> Any:
        _given()
        return {"state": store.end(course_id).state}

    @routes.post("/teach/<int:course_id>/reopen")
    @trainer_json
    def teach_reopen(course_id: int) -> Any:
        _given()
        return {"state": store.reopen(course_id).state}

    @routes.post("/teach/<int:course_id>/delete")
    @trainer_json
    def teach_delete(course_id: int) -> Any:
        _given()
        store.delete(course_id)
        return {"deleted": course_id}

    @routes.post("/teach/<int:course_id>/remove")
    @trainer_json
    def teach_remove(course_id: int) -> Any:
        who = _number(_given(), "enrolment")
        if who not in {row.id for row in store.people(course_id)}:
            raise NotJoinedError("This learner is no longer in the course.")
        store.remove(who)
        return {"removed": who}


def _add_files(routes: Blueprint, store: CourseStore) -> None:
    """Add the files that a course can be had as."""
    from flask import Response

    def sent(content: str, kind: str, name: str) -> Response:
        found = Response(content, mimetype=kind)
        found.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return found

    @routes.get("/teach/<int:course_id>/results.csv")
    @trainer_page
    def teach_results(course_id: int) -> Response:
        row = store.course(course_id)
        answers = store.answers(row.id)
        text = results_csv(answers, exercises(store, row, answers))
        return sent(text, "text/csv", file_name(row.title, row.code, "results.csv"))

    @routes.get("/teach/<int:course_id>/course.yaml")
    @trainer_page
    def teach_yaml(course_id: int) -> Response:
        row = store.course(course_id)
        text = store.text(row.id)
        return sent(
            text, "application/yaml", file_name(row.title, row.code, "course.yaml")
        )


def file_name(title: str, code: str, ending: str) -> str:
    """Return a name for a file: title and code in plain letters.

    Examples
    --------
    >>> file_name('Chest <"x"> & ü', "K7QX4M", "results.csv")
    'Chest-x-K7QX4M-results.csv'
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-")[:40]
    return "-".join(part for part in (plain, code, ending) if part)
