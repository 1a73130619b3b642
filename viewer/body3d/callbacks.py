"""Callbacks of the 3D body: nothing before it is shown, then only what changed."""

from __future__ import annotations

import logging
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, Patch, State, no_update
from dash.exceptions import PreventUpdate

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.messages import message as _
from anatomy.words.sites import resolve_site
from viewer.body3d import scene
from viewer.body3d.muscles import muscle_meshes, muscles_near
from viewer.body3d.needle import Plan, plan_of, scene_words
from viewer.body3d.structures import (
    near_entry,
    person_of,
    shown_structures,
    structure_key,
    structure_meshes,
)
from viewer.body3d.views import standard_views
from viewer.map.site_words import site_text
from viewer.map.zones.zone_images import shown_zones
from viewer.state import page_state

_LOG = logging.getLogger(__name__)

SPACE = "body3d"
#: How a site says that it was clicked on the 3D body.
BY_CLICK = "3d"
FAILED = _("The 3D body could not be drawn. The flat map shows the site.")
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
        "sharpen",
        Output("body3d", "config"),
        Input("body3d-on", "data"),
        State("body3d", "config"),
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

    # What the card was asked: the same site, plan and patient, with grip, fold, arm and
    # depths seen. As long as the scene is not shown nothing is asked of the server.
    run(
        "ask",
        Output("body3d-asked", "data"),
        Input("body3d-on", "data"),
        Input("view-store", "data"),
        Input("body3d-layers", "value"),
        Input("asked-store", "data"),
        Input("body3d-night", "data"),
    )

    @app.callback(
        Output("site-store", "data", allow_duplicate=True),
        Output("map-message", "children", allow_duplicate=True),
        Output("site-error", "children", allow_duplicate=True),
        Input("body3d-click", "data"),
        State("view-store", "data"),
        State("paint-store", "data"),
    )
    def click(clicked: Data | None, view: Data, paint: Data | None) -> tuple[Any, ...]:
        if not clicked or clicked.get("body") != view["body"]:
            raise PreventUpdate  # no click, or one on the body before
        if paint and paint["fact"]:
            raise PreventUpdate  # while areas are marked the needle stays
        try:
            site = clicked_site(view["body"], clicked["xyz"])
        except NeedlemapError as error:
            return no_update, no_update, page_state.error_words(error)
        return site, "", ""

    @app.callback(
        Output("body3d", "figure"),
        Output("body3d-drawn", "data"),
        Output("body3d-failed", "children"),
        Input("body3d-asked", "data"),
        State("body3d-drawn", "data"),
        State("body3d-skin", "value"),
    )
    def draw(given: Data | None, drawn: Data | None, skin: str) -> tuple[Any, ...]:
        if not given:
            raise PreventUpdate
        site, body = given["site"], given["view"]["body"]
        if site is not None and site["body"] != body:
            raise PreventUpdate  # the needle is on its way to the other body
        asked = {name: given[name] for name in ("site", "needle", "patient")}
        try:
            figure, now = drawing(
                asked,
                body,
                given["layers"],
                drawn,
                skin,
                night=bool(given.get("night")),
            )
        except Exception:
            _LOG.exception("the 3D body could not be drawn")
            # what was drawn before may be of another plan: draw all anew next time
            return {}, None, FAILED
        # each output costs the page a pass over all its parts
        fresh = drawn is None
        return figure, no_update if now == drawn else now, "" if fresh else no_update


def clicked_site(body: str, xyz: Any) -> Data:
    """Return the site of a click on the 3D body, as a click on the map would give it.

    Parameters
    ----------
    body : {"male", "female"}
        Body that was looked at.
    xyz : (3,) sequence of float
        Where the line of sight met the thinned skin, mm.

    Raises
    ------
    NeedlemapError
        When there is no such place on the skin.
    """
    there = load_body(body)
    found = resolve_site(there, {"xyz_mm": [float(v) for v in xyz]})
    request = page_state.clicked_request(body, found.chart, found.x_mm, found.y_mm)
    return page_state.place(body, request) | {"by": BY_CLICK}


def drawing(
    asked: Data,
    body: str,
    layers: list[str],
    drawn: Data | None,
    skin: str,
    *,
    night: bool = False,
) -> tuple[Any, Data]:
    """Return the scene or what changed in it, and what is drawn then.

    Parameters
    ----------
    asked : dict
        Site, needle and patient, as the card is asked about them.
    body : {"male", "female"}
        Body that the page shows.
    layers : list of str
        ``skeleton``, ``muscles`` and ``all``, when switched on.
    drawn : dict or None
        What the browser has; None when it has nothing.
    skin : {"solid", "glass", "off"}
        How the skin is drawn.
    night : bool
        Whether it stands on a dark ground.

    Returns
    -------
    figure : dict or Patch
        The whole scene for another body or ground, else only the changes.
    drawn : dict
        What the browser has then.
    """
    site, patient = asked["site"], asked["patient"]
    outcome = page_state.assess(site, asked["needle"], patient)
    plan = plan_of(site, asked["needle"], outcome)
    facts = page_state.known_facts(patient)
    zones = shown_zones(facts)
    at = None if site is None else site["xyz"]
    shown = shown_structures(body, at, zones, everything="all" in layers)
    person = person_of(facts, asked["needle"], at)
    chosen = page_state.named_muscle(site)
    others: tuple[tuple[str, str], ...] = ()
    if at is not None and "muscles" in layers:
        others = muscles_near(body, tuple(at))
    near = near_entry(body, at, shown)
    now = {
        "body": body,
        "night": night,
        "site": at,
        "structures": structure_key(shown, zones, person, near),
        "muscles": [chosen and [*chosen], [[*one] for one in others]],
    }
    words = scene_words(site, plan, site_text(site, outcome.assessment))
    if drawn is None or (drawn["body"], drawn["night"]) != (body, night):
        meshes = structure_meshes(body, shown, zones, person, near)
        whole = scene.scene_figure(
            body,
            meshes,
            plan,
            muscles=muscle_meshes(body, chosen, others),
            skin=skin,
            bones="skeleton" in layers,
            words=words,
            night=night,
        )
        return whole, now
    patch = Patch()
    new: dict[int, dict[str, Any]] = {}
    if drawn["structures"] != now["structures"]:
        new |= structure_meshes(body, shown, zones, person, near)
    if drawn["muscles"] != now["muscles"]:
        new |= muscle_meshes(body, chosen, others)
    for number, mesh in new.items():
        for name, value in mesh.items():
            patch["data"][number][name] = value
    _move(patch, body, plan, night=night, reframe=_reframes(site, drawn, now))
    patch["layout"]["meta"]["words"] = words
    return patch, now


def _reframes(site: Data | None, drawn: Data, now: Data) -> bool:
    """Return whether the camera goes to another place: not under the cursor's click."""
    by_click = site is not None and site.get("by") == BY_CLICK
    return bool(drawn["site"] != now["site"]) and not by_click


def _move(
    patch: Patch, body: str, plan: Plan | None, *, night: bool, reframe: bool
) -> None:
    """Put the needle and its marks into a change of the scene."""
    for number, values in scene.moving_traces(plan, night=night).items():
        for name, value in values.items():
            scene.put(patch["data"][number], name, value)
    patch["layout"]["scene"]["annotations"] = scene.annotations_of(
        body, plan, night=night
    )
    views = standard_views(body, plan)
    patch["layout"]["meta"]["views"] = views
    patch["layout"]["meta"]["note"] = scene.note_of(plan)
    if reframe:
        # another revision makes the page take the camera instead of the user's own
        patch["layout"]["scene"]["camera"].update(views[scene.start_view(plan)])
        where = "" if plan is None else f"{plan.entry}"
        patch["layout"]["scene"]["uirevision"] = f"camera {where}"
