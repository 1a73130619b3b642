"""The learner's pages: practise, join, take a course, see what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Blueprint

    from viewer.learn.store import CourseStore


def add_learner_routes(routes: Blueprint, store: CourseStore) -> None:
    """Add the learner's pages."""
    from flask import render_template

    from viewer.learn.web import page_answer

    @routes.get("", strict_slashes=False)
    @page_answer
    def home() -> str:
        return render_template("learn/home.html")
