"""Callbacks of the 3D body: nothing before it is shown, then only what changed."""

from __future__ import annotations

import logging
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, Patch, State, no_update
from dash.exceptions import PreventUpdate

from anatomy.errors import NeedlemapError
from viewer import body3d, state
from viewer.body3d_needle import Plan, plan_of, spoken
from viewer.body3d_views import standard_views
from viewer.words import site_text
from viewer.zone_images import shown_zones
from zones.needle import habitus_rule

_LOG = logging.getLogger(__name__)

SPACE = "body3d"
Data = dict[str, Any]


def register(app: Dash) -> None:
    """Add the 3D body's callbacks to an application."""

    def run(name: str, *parts: object) -> None:
        app.clientside_callback(ClientsideFunction(SPACE, name), *parts)

    run(
        "mode",
        Output("map-column", "className"),
        Output("body3d-on", "data"),
        Output("map-mode", "value"),
        Output("map-message", "children", allow_duplicate=True),
        Input("map-mode", "value"),
    )
    run(
        "look",
        Output("body3d", "figure", allow_duplicate=True),
        Input("body3d-skin", "value"),
        Input("body3d-layers", "value"),
        State("body3d", "figure"),
    )
    run(
        "view",
        Output("body3d", "figure", allow_duplicate=True),
        Input({"type": "body3d-view", "view": ALL}, "n_clicks"),
        State("body3d", "figure"),
    )

    @app.callback(
        Output("body3d", "figure"),
        Output("body3d-drawn", "data"),
        Output("body3d-wrapper", "aria-label"),
        Output("body3d-note", "children"),
        Input("body3d-on", "data"),
        Input("asked-store", "data"),
        Input("view-store", "data"),
        Input("body3d-layers", "value"),
        State("body3d-drawn", "data"),
        State("body3d-skin", "value"),
    )
    def draw(
        on: bool,
        asked: Data | None,
        view: Data,
        layers: list[str],
        drawn: Data | None,
        skin: str,
    ) -> tuple[Any, ...]:
        if not on:
            raise PreventUpdate
        asked = asked or {"site": None, "needle": {}, "patient": {}}
        site = asked["site"]
        if site is not None and site["body"] != view["body"]:
            raise PreventUpdate  # the needle is on its way to the other body
        try:
            return drawing(asked, view["body"], layers, drawn, skin)
        except Exception as error:
            if not isinstance(error, NeedlemapError):
                _LOG.exception("the 3D body could not be drawn")
            words = "The 3D body could not be drawn; the flat map shows the place."
            return no_update, no_update, words, words


def drawing(
    asked: Data, body: str, layers: list[str], drawn: Data | None, skin: str
) -> tuple[Any, Data, str, str]:
    """Return the scene or what changed in it, and what is drawn then.

    Parameters
    ----------
    asked : dict
        Site, needle and patient of the answer on the card.
    body : {"male", "female"}
        Body that the page shows.
    layers : list of str
        ``skeleton`` and ``all``, when switched on.
    drawn : dict or None
        What the browser has; None when it has nothing.
    skin : {"solid", "glass", "off"}
        How the skin is drawn.

    Returns
    -------
    figure : dict or Patch
        The whole scene for another body, else only the changes.
    drawn : dict
        What the browser has then.
    words, note : str
        The scene in words, and what the picture leaves to say.
    """
    site, patient = asked["site"], asked["patient"]
    outcome = state.assess(site, asked["needle"], patient)
    plan = plan_of(site, asked["needle"], outcome)
    facts = state.known_facts(patient)
    zones = shown_zones(facts)
    upright = plan is None or plan.tilt_deg < habitus_rule().warn_within_deg
    near = body3d.near_structures(
        body, None if site is None else site["xyz"], zones, everything="all" in layers
    )
    build = {"bmi": facts.get("bmi"), "age": facts.get("age"), "upright": upright}
    now = {
        "body": body,
        "site": None if site is None else site["xyz"],
        "structures": [
            [list(pair) for pair in near],
            [[zone.key, zone.verdict.value, zone.known] for zone in zones],
            list(build.values()),
        ],
    }
    note = "" if plan is None else plan.note
    words = spoken(site, plan, site_text(site, outcome.assessment))
    if drawn is None or drawn["body"] != body:
        meshes = body3d.structure_meshes(body, near, zones, **build)
        whole = body3d.scene_figure(
            body, meshes, plan, skin=skin, bones="skeleton" in layers
        )
        return whole, now, words, note
    patch = Patch()
    if drawn["structures"] != now["structures"]:
        meshes = body3d.structure_meshes(body, near, zones, **build)
        for number, mesh in meshes.items():
            for name, value in mesh.items():
                patch["data"][number][name] = value
    _move(patch, body, plan, reframe=drawn["site"] != now["site"])
    return patch, now, words, note


def _move(patch: Patch, body: str, plan: Plan | None, *, reframe: bool) -> None:
    """Put the needle and its marks into a change of the scene."""
    for number, values in body3d.moving_traces(plan).items():
        for name, value in values.items():
            body3d.put(patch["data"][number], name, value)
    patch["layout"]["scene"]["annotations"] = body3d.annotations(plan)
    views = standard_views(body, plan)
    patch["layout"]["meta"]["views"] = views
    if reframe:
        # another revision makes the page take the camera instead of the user's own
        patch["layout"]["scene"]["camera"].update(views[body3d.start_view(plan)])
        where = "" if plan is None else f"{plan.entry}"
        patch["layout"]["scene"]["uirevision"] = f"camera {where}"
