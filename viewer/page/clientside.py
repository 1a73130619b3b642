"""What the browser does by itself: pages, slider. See assets/*/*.js."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output, State

SPACE = "needlemap"


def register_clientside(app: Dash) -> None:
    """Add the callbacks that need no server."""

    def run(name: str, *parts: object) -> None:
        app.clientside_callback(ClientsideFunction(SPACE, name), *parts)

    app.clientside_callback(
        ClientsideFunction("needlemap_pages", "route"),
        Output("routed", "data"),
        Input("address", "pathname"),
        prevent_initial_call=False,
    )
    run(
        "depth",
        Output("depth", "value", allow_duplicate=True),
        Output("depth-slider", "value"),
        Output("depth-slider", "max"),
        Input("depth", "value"),
        Input("depth-slider", "value"),
        Input("length", "value"),
        State("depth-slider", "max"),
    )
