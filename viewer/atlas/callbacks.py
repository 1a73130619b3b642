"""What happens in the atlas: the address is read, the list and the plate are shown."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from viewer.atlas import link
from viewer.atlas.browser import zone_list
from viewer.atlas.plates import plate
from viewer.atlas.routes import add_routes


def register(app: Dash) -> None:
    """Add the callbacks and the pictures of the atlas to an application."""
    add_routes(app.server)
    # nothing is asked of the server while another page is open
    app.clientside_callback(
        ClientsideFunction("needlemap_atlas", "want"),
        Output("atlas-want", "data"),
        Input("address", "pathname"),
        Input("address", "search"),
        prevent_initial_call=False,
    )

    @app.callback(
        Output("atlas-list", "children"),
        Output("atlas-plate", "children"),
        Output("atlas-find", "value"),
        Output("atlas-shown", "data"),
        Input("atlas-want", "data"),
        State("atlas-find", "value"),
        State("atlas-shown", "data"),
    )
    def opened(want: str | None, find: str | None, shown: Any) -> tuple[Any, ...]:
        if want is None or shown == want:
            raise PreventUpdate
        state, problems = link.parse(want)
        typed = no_update if (find or "") == state.find else state.find
        return zone_list(state), plate(state, problems), typed, want

    @app.callback(
        Output("address", "search"),
        Input("atlas-find", "value"),
        State("atlas-shown", "data"),
    )
    def sought(find: str | None, shown: str | None) -> str:
        state, _ = link.parse(shown)
        words = (find or "").strip()
        if shown is None or words == state.find:
            raise PreventUpdate
        return state.but(find=words).search()

    @app.callback(
        Output("address", "search", allow_duplicate=True),
        Input("atlas-go", "n_clicks"),
        State({"type": "atlas-field", "side": ALL, "name": ALL}, "value"),
        State("atlas-site", "value"),
        State("atlas-shown", "data"),
    )
    def compared(
        clicks: int | None, values: list[Any], site: str | None, shown: str | None
    ) -> str:
        if not clicks or shown is None:
            raise PreventUpdate
        state, _ = link.parse(shown)
        sides: dict[str, link.Side] = {"a": {}, "b": {}}
        for field, value in zip(ctx.states_list[0], values, strict=True):
            if value not in (None, ""):
                sides[field["id"]["side"]][field["id"]["name"]] = value
        return state.but(site=(site or "").strip(), **sides).search()
