"""Adds the callbacks of every part of the page; what a tap does is in `tap`."""

from __future__ import annotations

from dash import Dash

from viewer.atlas import callbacks as atlas_callbacks
from viewer.body3d import callbacks as body3d_callbacks
from viewer.map import callbacks as map_callbacks
from viewer.map import layer_callbacks
from viewer.map.charts import navigator
from viewer.map.find import muscle_picker, search_box
from viewer.page import history, tap
from viewer.page.clientside import register_clientside
from viewer.panels.patient import callbacks as patient_callbacks
from viewer.panels.patient import (
    examples,
    open_questions,
    painting,
    panel,
    units_control,
)
from viewer.section import callbacks as section_callbacks


def register(app: Dash) -> None:
    """Add all callbacks to an application."""
    register_clientside(app)
    map_callbacks.register(app)
    layer_callbacks.register(app)
    history.register(app)
    navigator.register(app)
    patient_callbacks.register(app)
    section_callbacks.register(app)
    for part in (
        search_box,
        muscle_picker,
        open_questions,
        panel,
        units_control,
        examples,
        painting,
    ):
        part.register(app)
    tap.register(app)
    body3d_callbacks.register(app)
    atlas_callbacks.register(app)
