"""The part of Plotly that the 3D body needs: 1.8 MB instead of the 4.8 MB of the whole.

Plotly's makers offer it as a package of its own, for npm only. The browser asks for it
when the 3D body is first opened (``assets/body3d/body3d.js``). ``run.py`` installs it
where npm is; a page without it works the same with the whole of Plotly, which Dash
brings along.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dash import Dash
    from flask import Response

#: Where npm puts it, beside ``package.json``.
FOLDER = Path(__file__).parents[1] / "node_modules" / "plotly.js-gl3d-dist-min"
SCRIPT = "plotly-gl3d.min.js"
YEAR_S = 365 * 24 * 3600


def light_version(folder: Path = FOLDER) -> str | None:
    """Return the version of the small Plotly, if it is there and fits the whole one.

    Parameters
    ----------
    folder : Path
        Of the npm package.

    Examples
    --------
    >>> light_version(Path("nowhere")) is None
    True
    """
    from plotly.offline import get_plotlyjs_version

    try:
        told = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        version = str(told["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # figures are written for the whole one's version
    same = version.partition(".")[0] == get_plotlyjs_version().partition(".")[0]
    return version if same and (folder / SCRIPT).is_file() else None


def add_light(app: Dash, folder: Path = FOLDER) -> str | None:
    """Serve the small Plotly; return its address, or nothing when it is not there.

    Parameters
    ----------
    app : Dash
        The page.
    folder : Path
        Of the npm package.
    """
    version = light_version(folder)
    if version is None:
        return None
    path = f"/plotly/{version}/{SCRIPT}"

    @app.server.get(path)
    def _plotly() -> Response:
        from flask import send_from_directory

        return send_from_directory(folder, SCRIPT, max_age=YEAR_S)

    return str(app.get_relative_path(path))
