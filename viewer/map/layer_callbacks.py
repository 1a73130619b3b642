"""Callbacks of the map's layers: named marks, the depth map."""

from __future__ import annotations

import json
import logging
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from anatomy.body import load_body
from anatomy.errors import InputError
from anatomy.messages import message as _
from anatomy.store import cached
from viewer.map.charts.frames import view_name
from viewer.map.depth.depth_layer import DepthPicture, depth_picture, depth_uri
from viewer.map.layers import DEPTH, LANDMARKS, MUSCLES, POINTS, ZONE_LABELS, atlas
from viewer.map.zones.zone_images import shown_zones
from viewer.state import page_state
from viewer.state.needle_fields import CONTROLS, FIELDS, NAMES
from viewer.state.terms import term
from zones.pictures.depth_map import chart_depths

_LOG = logging.getLogger(__name__)

Data = dict[str, Any]

SPACE = "needlemap_layers"
NO_FIELD = _("The depth map could not be computed. Draw no conclusion from it.")


#: Controls of the plan that count all over the map, not only at the site.
HOLDING = ("grip", "fold", "arm", "seen", "seen-depth", "seen-method")


def held_plan(values: Data, site: Data | None, patient: Data) -> Data:
    """Return what of the plan counts all over the map, as a needle of a request.

    Parameters
    ----------
    values : dict
        The controls of `HOLDING`, by id.
    site, patient : dict
        What the page keeps; what was seen was seen at the site.

    Examples
    --------
    >>> held_plan({"grip": "pincer", "fold": 30, "arm": "overhead"}, None, {})
    {'grip': 'pincer', 'fold_mm': 30, 'arm': 'overhead'}
    >>> held_plan({"grip": "bone", "seen": "pleura", "seen-depth": 20}, None, {})
    {}
    """
    named = {NAMES[name]: value for name, value in values.items()}
    plan = page_state.needle_request(length_mm=None, depth_mm=None, **named)
    kept = ("arm",) if plan.get("grip") != "pincer" else ("grip", "fold_mm", "arm")
    held = {name: plan[name] for name in kept if name in plan}
    if site is not None and "measured" in plan:
        where = next(iter(page_state.requests(site, patient)))
        held["measured"] = [{**told, "site": where} for told in plan["measured"]]
    return held


@cached(maxsize=48)
def _picture(
    body_name: str, chart_name: str, patient: str, needle: str
) -> DepthPicture:
    """Return the drawn depth map for facts and plan, given as JSON with sorted keys."""
    chart = load_body(body_name).charts[chart_name]
    given = json.loads(patient), json.loads(needle)
    return depth_picture(chart, chart_depths(body_name, chart_name, *given))


def depth_data(
    body_name: str, chart_name: str, patient: Data, needle: Data | None = None
) -> Data:
    """Return the depth map as the page keeps it: picture, labels and field.

    A field that cannot be computed is a sentence and no picture.
    """
    view = view_name(body_name, chart_name)
    try:
        key = [json.dumps(given, sort_keys=True) for given in (patient, needle or {})]
        drawn = _picture(body_name, chart_name, *key)
    except InputError as error:
        # the panel names the field; a map of another plan would be a wrong map
        return {"view": view, "problem": page_state.error_words(error)}
    except Exception:
        _LOG.exception("the depth map failed")
        return {"view": view, "problem": NO_FIELD}
    return {
        "view": view,
        "image": depth_uri(drawn),
        "labels": drawn.labels,
        "field": drawn.field,
        "note": ""
        if patient.get("sex")
        else _(
            "Sex not asked: the {body} body is shown; the verdict considers both "
            "and may be stricter.",
            body=term(body_name),
        ),
    }


def register(app: Dash) -> None:
    """Add the layers' callbacks to an application."""
    app.clientside_callback(
        ClientsideFunction(SPACE, "layers"),
        Output("layers", "value", allow_duplicate=True),
        Input("layers", "value"),
        prevent_initial_call="initial_duplicate",
    )
    app.clientside_callback(
        ClientsideFunction(SPACE, "depth"),
        Output("labels", "data", allow_duplicate=True),
        Input("depth-field", "data"),
    )
    app.clientside_callback(
        # a new site begins with its own needle
        ClientsideFunction("needlemap_history", "watch"),
        *(Output(field, "value", allow_duplicate=True) for field in FIELDS),
        Input("site-store", "data"),
        State("view-store", "data"),
        State("tap", "data"),
        State("nudge", "data"),
        *(State(field, "value") for field in CONTROLS),
    )
    app.clientside_callback(
        ClientsideFunction("needlemap_history", "keep"),
        Output("labels", "data", allow_duplicate=True),
        Input("site-store", "data"),
        Input("view-store", "data"),
        Input("patient-store", "data"),
        *(Input(field, "value") for field in CONTROLS),
        Input("layers", "value"),
    )

    # The browser asks when what is drawn has changed: layers, chart, or the patient and
    # how muscle and arm are held where the picture depends on it. As inputs these would
    # make Dash hold the two back until the map and the verdict are through.
    for name, *given in (
        (
            "ask",
            Input("layers", "value"),
            Input("view-store", "data"),
            State("patient-store", "data"),
        ),
        (
            "askFor",
            Input("patient-store", "data"),
            State("layers", "value"),
            State("view-store", "data"),
        ),
        (
            "askHeld",
            *(Input(name, "value") for name in HOLDING),
            Input("site-store", "data"),
            State("layers", "value"),
            State("view-store", "data"),
            State("patient-store", "data"),
        ),
    ):
        app.clientside_callback(
            ClientsideFunction(SPACE, str(name)),
            Output("labels", "data", allow_duplicate=True),
            *given,
            prevent_initial_call="initial_duplicate" if name == "ask" else True,
        )

    @app.callback(
        Output("atlas", "data"),
        Input("layers-asked", "data"),
        State("patient-store", "data"),
        State("layers", "value"),
        State("view-store", "data"),
        State("atlas", "data"),
    )
    def marks(
        _asked: Any, patient: Data, layers: list[str], now: Data, before: Data | None
    ) -> Data:
        on = {MUSCLES, POINTS, LANDMARKS, ZONE_LABELS} & set(layers)
        view = view_name(now["body"], now["chart"])
        same = before is not None and before.get("view") == view
        if not on and (before is None or same):
            raise PreventUpdate
        # only the names of zones depend on the patient
        if same and before is not None and on <= set(before) - {ZONE_LABELS}:
            raise PreventUpdate
        zones = shown_zones(page_state.known_facts(patient))
        return atlas(now["body"], now["chart"], zones, on)

    @app.callback(
        Output("depth-field", "data"),
        Input("depth-asked", "data"),
        State("patient-store", "data"),
        State("layers", "value"),
        State("view-store", "data"),
        State("site-store", "data"),
        *(State(name, "value") for name in HOLDING),
    )
    def depth_field(
        _asked: Any,
        patient: Data,
        layers: list[str],
        now: Data,
        site: Data | None,
        *holding: Any,
    ) -> Any:
        if DEPTH not in layers:
            return None
        held = held_plan(dict(zip(HOLDING, holding, strict=True)), site, patient)
        return depth_data(now["body"], now["chart"], patient, held)
