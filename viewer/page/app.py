"""The page: a Dash application on top of the library.

``serve()`` starts it on this machine; ``create_app()`` is for tests and for servers.
"""

from __future__ import annotations

import functools
import logging
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from dash import Dash

from anatomy.errors import NeedlemapError
from viewer.learn.storage.store import CourseStore
from viewer.learn.web import add_learn
from viewer.map.callbacks import drawn
from viewer.map.charts.chart_pictures import PICTURES
from viewer.map.charts.frames import picture_url
from viewer.map.charts.routes import add_charts
from viewer.page import callbacks
from viewer.page.language import LocalisedDash
from viewer.page.layout import START_BODY, START_CHART, out_of_order, page
from viewer.page.plotly_light import add_light
from viewer.page.script_texts import add_texts
from viewer.record.page.callbacks import register as register_record
from viewer.record.page.clinic_form import register as register_clinic
from viewer.record.storage.clinic_store import ClinicStore
from viewer.record.storage.place import database_url
from viewer.record.storage.store import RecordStore
from viewer.record.web import add_records
from viewer.service.access.access import Access
from viewer.service.api import add_api
from viewer.service.edge.headers import add_headers, page_policy
from viewer.service.edge.health import add_health
from viewer.service.entrance.gate import add_gate
from viewer.service.entrance.leaflets import add_leaflets
from viewer.service.fhir.routes import add_fhir
from viewer.service.hooks.routes import add_hooks
from viewer.service.server.serving import announcement, check_listen, for_good, listen
from viewer.service.server.settings import Settings
from viewer.service.shared.choice import shared_for
from viewer.service.shared.store import Shared
from viewer.service.smart.ehrs import read_ehrs
from viewer.service.smart.flow import Launches
from viewer.service.smart.routes import add_launch
from viewer.state.language import asked_language
from viewer.state.localised import localised, set_props
from viewer.state.page_state import FAILED

_LOG = logging.getLogger(__name__)

#: What Dash asks for late, after all scripts have run. How it is asked for must be how
#: Dash asks.
AHEAD = ("/_dash-layout", "/_dash-dependencies")
#: Plotly as Dash asks for it when none is there by then.
WHOLE_PLOTLY = "/_dash-component-suites/plotly/package_data/plotly.min.js"


def create_app(
    *,
    warm: bool = True,
    access: Access | None = None,
    db: str | None = None,
    smart: Path | None = None,
    shared: Shared | None = None,
) -> Dash:
    """Return the page as a Dash application.

    Parameters
    ----------
    warm : bool
        Read bodies and zones in the background, so that the first answer is quick.
    access : Access, optional
        What must be shown to get in. Without it there is no log-in, and only calls to
        a name of this machine are answered.
    db : str, optional
        URL of the session records' database; else ``NEEDLEMAP_DB``, else a file of the
        user's (`viewer.record.storage.place`). It is opened when it is first needed.
    smart : Path, optional
        List of the electronic health records that may launch the page.
    shared : Shared, optional
        What all processes must agree on; as `shared_for` has it by default.

    Returns
    -------
    Dash
        ``app.server`` is the WSGI application.
    """
    app = LocalisedDash(
        # the room above holds the assets
        "viewer",
        title="needlemap",
        update_title=None,
        serve_locally=True,
        suppress_callback_exceptions=True,
        prevent_initial_callbacks=True,
        on_error=_failed,
        enable_mcp=False,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "description", "content": "Danger zones of dry needling"},
        ],
    )
    app.index_string = _index(app)
    add_texts(app)
    # Dash's tools would else ask its makers' server for a newer version
    app.enable_dev_tools(debug=False, dev_tools_disable_version_check=True)
    access = access or Access()
    app.layout = functools.partial(_layout, log_out=access.required)
    callbacks.register(app)
    url, shared = database_url(db), shared or shared_for(db)
    store, clinic = RecordStore(url), ClinicStore(url)
    register_record(app, store)
    register_clinic(app, clinic)
    add_charts(app.server)
    add_records(app.server, store, clinic)
    add_leaflets(app.server, store, clinic, access, shared)
    add_learn(app.server, CourseStore(url), access)
    launches = _launches(smart, shared)
    if launches is None:
        add_gate(app.server, access, shared=shared)
    else:
        cookies = launches.ehrs.cookies
        add_gate(app.server, access, shared=shared, cookies=cookies)
        add_launch(app.server, launches, tls=access.tls)
    health = add_health(app.server, shared)
    add_hooks(app.server, Settings(db=db), shared)
    add_fhir(app.server)
    add_api(app.server)
    # last: the hashes are those of all scripts that the callbacks brought with them
    frames = launches.ehrs.frames if launches is not None else ()
    add_headers(app.server, page_policy(app.csp_hashes()), frames=frames)

    @app.server.get("/_alive")
    def _alive() -> dict[str, str]:
        from zones.check.site import data_version

        return {"data": data_version()}

    if warm:
        threading.Thread(target=_warm, daemon=True).start()
    health.state = "ready"
    return app


def _launches(smart: Path | None, shared: Shared) -> Launches | None:
    """Return who may launch the page; None when nobody may."""
    if smart is None:
        return None
    return Launches(read_ehrs(smart), smart.resolve().parent, shared)


def _index(app: Dash) -> str:
    """Return the frame of the page: its language, and what is fetched from the start.

    The 3D body finds here where the small Plotly is (``assets/body3d/body3d.js``), and
    asks for it when it is opened.
    """
    wanted = [('as="fetch" crossorigin', app.get_relative_path(path)) for path in AHEAD]
    wanted += [
        ('as="image"', picture_url(START_BODY, START_CHART, name)) for name in PICTURES
    ]
    ahead = "".join(f'<link rel="preload" {how} href="{path}">' for how, path in wanted)
    light = add_light(app)
    if light:
        ahead += f'<meta name="needlemap-plotly" content="{light}">'
    return app.index_string.replace("<html>", '<html lang="en">', 1).replace(
        "{%css%}", f"{ahead}{{%css%}}", 1
    )


def _failed(error: Exception) -> None:
    """Say on the page that a callback failed; the log keeps what it was."""
    _LOG.error("a callback of the page failed", exc_info=error)
    set_props("map-message", {"children": FAILED})


def _layout(*, log_out: bool = False) -> Any:
    """Return a fresh page for each visit, or what is wrong with the data."""
    try:
        return localised(_page(log_out=log_out), asked_language())
    except NeedlemapError as error:
        return localised(out_of_order(str(error)), asked_language())
    except Exception:
        _LOG.exception("the page could not be built")
        return localised(out_of_order(FAILED), asked_language())


def _page(*, log_out: bool = False) -> Any:
    """Return the page with its first chart."""
    first = drawn({"body": START_BODY, "chart": START_CHART}, {})
    return page(*first, log_out=log_out)


def read_all() -> None:
    """Read what the first answers need.

    Raises
    ------
    NeedlemapError
        When a data file is wrong; the message names the file and the entry.
    """
    from zones.check.site import check_site
    from zones.pictures.section import site_section

    _page()
    answer = check_site({"text": "6 cm left of T4"}, {"depth_mm": 25})
    site_section(answer, {"depth_mm": 25})


def _warm_layers() -> None:
    """Read what the layers of the first body need, beside the first answers."""
    from viewer.map.layer_callbacks import depth_data
    from viewer.map.layers import MUSCLES, POINTS, site_marks

    try:
        for layer in (MUSCLES, POINTS):
            site_marks(START_BODY, START_CHART, layer)
        depth_data(START_BODY, START_CHART, {})
    except Exception:
        _LOG.exception("warming up the layers failed")


def _warm() -> None:
    """Read what the first answers need; a failure shows when it is asked for."""
    try:
        read_all()
        _warm_layers()
    except Exception:
        _LOG.exception("warming up failed")


def serve(
    host: str = "127.0.0.1",
    port: int = 8050,
    *,
    debug: bool = False,
    access: Access | None = None,
    cert: Path | None = None,
    key: Path | None = None,
    db: str | None = None,
    smart: Path | None = None,
) -> None:
    """Serve the page and the service for programs until stopped.

    Parameters
    ----------
    host : str
        Address to listen on; this machine only unless asked otherwise.
    port : int
        Port.
    debug : bool
        Dash's developer tools; on this machine only.
    access : Access, optional
        What must be shown to get in; needed where other machines can reach it.
    cert, key : Path, optional
        PEM files; with them what is sent is encrypted.
    db : str, optional
        URL of the session records' database, as in `create_app`.
    smart : Path, optional
        List of the electronic health records that may launch the page.

    Raises
    ------
    NeedlemapError
        When a data file is wrong, when other machines could reach it without a
        password or token, or when the address is taken; before anything is served.
    """
    access = replace(access or Access(), tls=cert is not None)
    tls = check_listen(host, access, cert, key, debug=debug)
    with for_good():
        read_all()
        app = create_app(warm=False, access=access, db=db, smart=smart)
    threading.Thread(target=_warm_layers, daemon=True).start()

    def say(_: object = None) -> None:
        for line in announcement(host, port, access):
            print(f"needlemap: {line}", flush=True)

    if debug:
        say()
        app.run(host=host, port=port, debug=True, dev_tools_disable_version_check=True)
    else:
        listen(app.server, host, port, tls=tls, ready=say)
