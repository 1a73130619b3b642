"""Courses for the learner: join, come back, answer in turn, see one's own result."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError, NeedlemapError
from viewer.learn.errors import NotJoinedError, TimeUpError
from viewer.learn.storage.models import read_code
from zones.teaching.items import KINDS

if TYPE_CHECKING:
    from flask import Blueprint

    from viewer.learn.storage.models import AnswerRow, Enrolment
    from viewer.learn.storage.store import CourseStore

#: Zones that a result names to be repeated.
MOST_REPEAT = 6


def add_course_routes(routes: Blueprint, store: CourseStore) -> None:
    """Add the pages of courses for learners.

    Parameters
    ----------
    routes : Blueprint
        The pages under ``/learn``.
    store : CourseStore
        Where courses and answers are.
    """
    _add_joining(routes, store)
    _add_running(routes, store)
    _add_answering(routes, store)


def _add_joining(routes: Blueprint, store: CourseStore) -> None:
    """Add how a learner gets into a course."""
    from flask import redirect, render_template, request, url_for

    from viewer.learn.routes.answers import page_answer, token_of

    def form(code: str, status: int = 200, **more: Any) -> Any:
        course, unknown = None, ""
        if code:
            try:
                course = store.by_code(code)
            except NeedlemapError as error:
                unknown = str(error)
        page = render_template(
            "learn/course/join.html",
            **{"code": code, "course": course, "message": unknown, "back": ""} | more,
        )
        return page, status

    @routes.get("/join")
    @page_answer
    def join() -> Any:
        code = read_code(request.args.get("code", ""))
        if code and _own(store, code) is not None:
            return redirect(url_for("learn.course", code=code))
        return form(code)

    @routes.post("/join")
    @page_answer
    def enter() -> Any:
        given = request.form
        code, name = read_code(given.get("code", "")), given.get("name", "")
        word = given.get("word")
        try:
            if not code:
                raise InputError("Type the code of the course.", field="code")
            if word is not None:
                mine = store.come_back(code, name, word, token_of())
            else:
                mine = store.join(code, name, token_of())
        except NeedlemapError as error:
            status = int(getattr(error, "status", 422))
            taken = error.code in ("name_taken", "wrong_word")
            return form(
                code,
                status,
                message=str(error),
                field=error.field or "",
                name=name,
                back="word" if word is not None or taken else "",
            )
        if mine.word:
            return render_template(
                "learn/course/welcome.html", mine=mine, course=mine.course
            )
        return redirect(url_for("learn.course", code=mine.code))


def _own(store: CourseStore, code: str) -> Enrolment | None:
    """Return the browser's own place in a course; None where there is none."""
    from viewer.learn.routes.answers import token_of

    try:
        return store.enrolment(code, token_of())
    except NeedlemapError:
        return None


def _over(mine: Enrolment) -> bool:
    return mine.finished is not None or mine.ended


def _add_running(routes: Blueprint, store: CourseStore) -> None:
    """Add a course that is taken, and its result."""
    from flask import redirect, render_template, request, url_for

    from viewer.learn.routes.answers import may_see_feedback, page_answer, token_of
    from viewer.learn.routes.learner import shown_feedback, task

    @routes.get("/course/<code>")
    @page_answer
    def course(code: str) -> Any:
        mine = store.enrolment(code, token_of())
        if mine is None:
            return redirect(url_for("learn.join", code=read_code(code)))
        wanted = request.args.get("n")
        if wanted is None:
            if _over(mine):
                return redirect(url_for("learn.result", code=mine.code))
            return render_template(
                "learn/course/welcome.html", mine=mine, course=mine.course
            )
        place = _place(wanted, mine)
        if place > mine.place or (place == mine.place and _over(mine)):
            return redirect(_after(mine))
        answered = place < mine.place
        item = store.item(mine, place)
        view = task(item, hide=mine.course.hide, hints=not mine.course.exam)
        kept, hidden = None, False
        if answered:
            marked = store.marked(mine, place)
            hidden = marked is not None and not may_see_feedback(marked)
            if marked is not None and not hidden:
                given = next(
                    (a.response for a in store.own_answers(mine) if a.place == place),
                    None,
                )
                kept = shown_feedback(
                    item, marked.feedback, given, next_url=_after(mine, place + 1)
                )
        else:
            store.shown(mine.id, place)
        sheet = {
            "view": view,
            "send": url_for("learn.course_answer", code=mine.code),
            "next": _after(mine, place + 1),
            "place": place,
            "key": f"{mine.id}.{place}",
            "left": None if _over(mine) else mine.left_s,
            "result": url_for("learn.result", code=mine.code),
            "kept": kept,
            "closed": hidden,
        }
        return render_template(
            "learn/course/course.html",
            view=view,
            sheet=sheet,
            mine=mine,
            place=place,
            hidden=hidden,
            over=_over(mine),
        )

    @routes.get("/course/<code>/result")
    @page_answer
    def result(code: str) -> Any:
        mine = store.enrolment(code, token_of())
        if mine is None:
            return redirect(url_for("learn.join", code=read_code(code)))
        if not _over(mine):
            return redirect(url_for("learn.course", code=mine.code))
        rows = store.own_answers(mine)
        open_now = not mine.course.exam or mine.ended
        return render_template(
            "learn/course/result.html",
            mine=mine,
            course=mine.course,
            open_now=open_now,
            kinds=_by_kind(rows) if open_now else [],
            repeat=_to_repeat(rows) if open_now else [],
            rows=rows if open_now else [],
            answered=len(rows),
        )


def _place(text: str, mine: Enrolment) -> int:
    """Return the place of an exercise from its number on the page."""
    if not text.isdecimal() or not 1 <= int(text) <= mine.count:
        raise InputError(
            f"The course has exercises 1 to {mine.count}; {text[:20]!r} is none.",
            field="n",
        )
    return int(text) - 1


def _after(mine: Enrolment, place: int | None = None) -> str:
    """Return where a learner goes on: to an exercise, or to the result."""
    from flask import url_for

    after = mine.place if place is None else place
    last = mine.place - 1 if _over(mine) else mine.count - 1
    if after > last:
        return url_for("learn.result", code=mine.code)
    return url_for("learn.course", code=mine.code, n=after + 1)


def _by_kind(rows: list[AnswerRow]) -> list[dict[str, Any]]:
    """Return the share that was right, by kind of exercise."""
    found = []
    for kind in KINDS:
        scores = [row.answered.score for row in rows if row.answered.kind == kind]
        if scores:
            share = round(100 * sum(scores) / len(scores))
            found.append({"kind": kind, "count": len(scores), "score": share})
    return found


def _to_repeat(rows: list[AnswerRow]) -> list[str]:
    """Return the structures whose exercises went wrong, the most missed first."""
    from viewer.learn.views.feedback_view import zone_words

    missed: dict[str, int] = {}
    for row in rows:
        if not row.answered.right:
            for zone in row.answered.zones[:1]:
                missed[zone] = missed.get(zone, 0) + 1
    order = sorted(missed, key=lambda zone: (-missed[zone], zone))
    return zone_words(tuple(order))[:MOST_REPEAT]


def _add_answering(routes: Blueprint, store: CourseStore) -> None:
    """Add how an answer in a course comes in, and how a learner ends it."""
    from flask import redirect, url_for

    from viewer.learn.routes.answers import (
        json_answer,
        may_see_feedback,
        page_answer,
        read_json,
        token_of,
    )
    from viewer.learn.routes.learner import shown_feedback

    @routes.post("/course/<code>/answer")
    @json_answer
    def course_answer(code: str) -> Any:
        given = read_json()
        mine = store.enrolment(code, token_of())
        if mine is None:
            raise NotJoinedError(
                "This browser is not in the course, or your trainer has taken you "
                "off it. Join it with its code; your answer is still on this page."
            )
        place = given.get("place")
        if isinstance(place, bool) or not isinstance(place, int):
            raise InputError("place must be a whole number.", field="place")
        marked = store.answer(mine, place, given.get("response"))
        now = marked.enrolment or mine
        after = _after(now, place + 1)
        told = {
            "repeated": marked.repeated,
            "next": after,
            "left": None if _over(now) else now.left_s,
        }
        if not may_see_feedback(marked):
            return told
        response = given.get("response")
        if marked.repeated:
            # what counts is what came first
            first = (a.response for a in store.own_answers(now) if a.place == place)
            response = next(first, response)
        item = store.item(now, place)
        shown = shown_feedback(item, marked.feedback, response, next_url=after)
        return {**told, **shown}

    @routes.post("/course/<code>/finish")
    @page_answer
    def finish(code: str) -> Any:
        mine = store.enrolment(code, token_of())
        if mine is None:
            return redirect(url_for("learn.join", code=read_code(code)))
        if not _over(mine):
            # else it has ended by itself
            with contextlib.suppress(TimeUpError):
                store.finish(mine)
        return redirect(url_for("learn.result", code=mine.code))
