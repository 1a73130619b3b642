"""Answers of the learning pages: who asks, what is told, how errors are shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from anatomy.errors import InputError, NeedlemapError
from viewer.learn.errors import LearnError, TrainerOnlyError
from viewer.learn.storage.models import Marked, new_token
from viewer.record.errors import StoreError
from viewer.service.access.access import is_local

_LOG = logging.getLogger(__name__)

#: Cookie by which a browser is known again; it opens nothing but its own results.
COOKIE = "needlemap_learner"

YEAR_S = 365 * 24 * 3600

FAILED = "Something went wrong. Nothing was counted; try again."
#: Largest call of a learner, bytes; a course file may be larger.
LARGEST = 20_000


def token_of() -> str:
    """Return the token of the browser that asks; a new one goes with the answer."""
    from flask import g, request

    given = request.cookies.get(COOKIE, "")
    if 16 <= len(given) <= 64:
        return given
    if "learner_token" not in g:
        g.learner_token = new_token()
    return str(g.learner_token)


def is_trainer() -> bool:
    """Return whether the one who asks may see a class.

    On a machine without log-in everybody at it; else who has the full password, and
    where learners have no password of their own only at the machine itself.
    """
    from flask import current_app, g, request

    access = current_app.extensions["needlemap_access"]
    if not access.required:
        return True
    if g.get("role") != "full":
        return False
    if access.class_password is not None:
        return True
    passed_on = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return is_local(request.remote_addr or "") and not passed_on


def trainer_only(call: Callable[..., Any]) -> Callable[..., Any]:
    """Let only a trainer call; goes under `page_answer` or `json_answer`."""

    @wraps(call)
    def checked(**given: Any) -> Any:
        if not is_trainer():
            raise TrainerOnlyError(
                "This page is for the trainer: log in with the full password, on the "
                "machine itself or with a class password set for the learners."
            )
        return call(**given)

    return checked


def json_answer(call: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what a call raises into JSON: ``{"error": {...}}`` with a status.

    ``again`` in it says that trying again by itself may help.
    """

    @wraps(call)
    def answer(**given: Any) -> Any:
        from werkzeug.exceptions import HTTPException

        try:
            return call(**given)
        except NeedlemapError as error:
            status = _status(error)
            again = status in (503, 507)
            return {"error": error.as_dict() | {"again": again}}, status
        except HTTPException:
            raise
        except Exception:
            _LOG.exception("a call of the learning pages failed")
            said = LearnError(FAILED).as_dict() | {"again": True}
            return {"error": said}, HTTPStatus.INTERNAL_SERVER_ERROR

    return answer


def page_answer(call: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what a call raises into a page that says it, with the way back."""

    @wraps(call)
    def answer(**given: Any) -> Any:
        from flask import render_template
        from werkzeug.exceptions import HTTPException

        try:
            return call(**given)
        except NeedlemapError as error:
            said, status = str(error), _status(error)
        except HTTPException:
            raise
        except Exception:
            _LOG.exception("a page of learning failed")
            said, status = FAILED, int(HTTPStatus.INTERNAL_SERVER_ERROR)
        return render_template("learn/problem.html", message=said), status

    return answer


def _status(error: NeedlemapError) -> int:
    if isinstance(error, (LearnError, StoreError)):
        return int(error.status)
    return int(HTTPStatus.UNPROCESSABLE_ENTITY)


def read_json(*, largest: int = LARGEST) -> dict[str, Any]:
    """Return the body of a call.

    Raises
    ------
    InputError
        When it is no JSON object, or not said to be: only that type cannot be sent
        by a form of another site.
    """
    from flask import request

    if (request.content_length or 0) > largest:
        raise InputError(f"The call must have at most {largest:,} bytes.")
    request.max_content_length = largest
    if request.mimetype != "application/json":
        raise InputError("The content type must be application/json.")
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise InputError("The body must be a JSON object.")
    return data


def may_see_feedback(marked: Marked) -> bool:
    """Return whether a learner may see what came back on an answer now.

    In an exam only when it is over for the whole class: the next learner may sit
    beside this one.
    """
    mine = marked.enrolment
    return mine is None or not mine.course.exam or mine.ended
