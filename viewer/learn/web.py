"""The pages for learners and trainers, added to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewer.learn.routes.answers import COOKIE, YEAR_S, is_trainer
from viewer.learn.routes.course import add_course_routes
from viewer.learn.routes.learner import add_learner_routes
from viewer.learn.routes.trainer import add_trainer_routes

if TYPE_CHECKING:
    from flask import Flask, Response

    from viewer.learn.storage.store import CourseStore
    from viewer.service.access.access import Access


def add_learn(server: Flask, store: CourseStore, access: Access) -> None:
    """Add the pages for learners and trainers to a server.

    Parameters
    ----------
    server : Flask
        The application; ``server.extensions["needlemap_courses"]`` is then the store.
    store : CourseStore
        Where courses and answers are.
    access : Access
        Who gets in.
    """
    from flask import Blueprint, g

    server.extensions["needlemap_courses"] = store
    server.extensions["needlemap_access"] = access
    routes = Blueprint(
        "learn",
        __name__,
        url_prefix="/learn",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )

    @routes.after_request
    def remember(response: Response) -> Response:
        made = g.pop("learner_token", None)
        if made is not None:
            response.set_cookie(
                COOKIE,
                made,
                max_age=YEAR_S,
                path="/learn",
                httponly=True,
                # sent with a link from elsewhere too, else a new one would take its
                # place; what changes something is guarded by its origin
                samesite="Lax",
                secure=access.tls,
            )
        return response

    @routes.context_processor
    def common() -> dict[str, Any]:
        return {
            "trainer": is_trainer(),
            "learner_only": g.get("role") == "class",
            "log_out": access.required,
        }

    add_learner_routes(routes, store)
    add_course_routes(routes, store)
    add_trainer_routes(routes, store)
    server.register_blueprint(routes)
