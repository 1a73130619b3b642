"""The trainer's pages: make a course, run it, read what a class gets wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Blueprint

    from viewer.learn.store import CourseStore


def add_trainer_routes(routes: Blueprint, store: CourseStore) -> None:
    """Add the trainer's pages."""
    from flask import render_template

    from viewer.learn.web import page_answer, trainer_only

    @routes.get("/teach")
    @page_answer
    @trainer_only
    def teach() -> str:
        return render_template("learn/teach.html", courses=store.courses())
