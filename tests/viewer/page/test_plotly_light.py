"""The page takes the small Plotly where it is there, and the whole one elsewhere."""

import json

import pytest
from dash import Dash
from plotly.offline import get_plotlyjs_version

from viewer.page import plotly_light
from viewer.page.app import _index

CODE = "// a script\n"


def package(folder, version):
    """Lay a package of some version where npm would."""
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps({"version": version}))
    (folder / plotly_light.SCRIPT).write_text(CODE)
    return folder


def test_the_page_says_where_it_is_and_it_may_be_kept(tmp_path, monkeypatch):
    version = get_plotlyjs_version()
    folder = package(tmp_path / "light", version)
    monkeypatch.setattr(plotly_light.add_light, "__defaults__", (folder,))
    app = Dash("page")
    app.layout = []
    frame = _index(app)
    address = f"/plotly/{version}/{plotly_light.SCRIPT}"
    assert f'<meta name="needlemap-plotly" content="{address}">' in frame
    assert frame.count("plotly") == 3  # it is named, and not loaded with the page
    with app.server.test_client().get(address) as answer:
        assert answer.text == CODE
        assert answer.cache_control.max_age == plotly_light.YEAR_S


@pytest.mark.parametrize("version", [None, "1.58.5", "", "broken"])
def test_without_one_that_fits_the_whole_is_used(tmp_path, monkeypatch, version):
    folder = tmp_path / "light"
    if version is not None:
        package(folder, version)
    if version == "broken":
        (folder / "package.json").write_text("{")
    monkeypatch.setattr(plotly_light.add_light, "__defaults__", (folder,))
    # nothing is named: the graph asks for the whole one by itself
    assert "plotly" not in _index(Dash("page"))


def test_half_a_package_is_none(tmp_path):
    folder = package(tmp_path / "light", get_plotlyjs_version())
    (folder / plotly_light.SCRIPT).unlink()
    assert plotly_light.light_version(folder) is None
