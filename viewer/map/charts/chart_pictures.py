"""The pictures of charts, the right way round.

Of a pair of enlargements only the left one is stored. Whoever wants a picture takes it
from here, where the right one is turned; nobody else opens the files.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from anatomy.body import load_body
from anatomy.store import cached

if TYPE_CHECKING:
    from PIL import Image

    from anatomy.charts import Chart

PICTURES = ("skin", "skeleton")


def opened(chart: Chart, layer: str) -> Image.Image:
    """Return a picture of a chart, clear beside the body.

    Parameters
    ----------
    chart : Chart
        What it shows.
    layer : {"skin", "skeleton"}
        Which picture.

    Returns
    -------
    PIL.Image.Image
        With an alpha channel, of the chart's extent.

    Examples
    --------
    >>> opened(load_body("male").charts["posterior"], "skin").mode
    'RGBA'
    """
    from PIL import Image, ImageOps

    with Image.open(chart.picture(layer)) as stored:
        picture = stored.convert("RGBA")
    return ImageOps.mirror(picture) if chart.mirrored else picture


@cached(maxsize=16)
def on_nothing(body_name: str, chart_name: str) -> Image.Image:
    """Return skin and skeleton of a chart as one picture without a ground.

    Examples
    --------
    >>> on_nothing("male", "posterior").mode
    'RGBA'
    """
    chart = load_body(body_name).charts[chart_name]
    skin, bones = (opened(chart, layer) for layer in PICTURES)
    both = skin.copy()
    same = bones.size == skin.size
    both.alpha_composite(bones if same else bones.resize(skin.size))
    return both


@cached(maxsize=16)
def on_white(body_name: str, chart_name: str) -> Image.Image:
    """Return skin and skeleton of a chart as one picture on white.

    Examples
    --------
    >>> on_white("male", "posterior").mode
    'RGB'
    """
    from PIL import Image

    both = on_nothing(body_name, chart_name)
    ground = Image.new("RGBA", both.size, (255, 255, 255, 255))
    ground.alpha_composite(both)
    return ground.convert("RGB")


def webp(chart: Chart, layer: str) -> bytes:
    """Return a picture of a chart as a WebP file.

    Examples
    --------
    >>> webp(load_body("male").charts["right_thigh_anterior"], "skin")[8:12]
    b'WEBP'
    """
    if not chart.mirrored:
        return chart.picture(layer).read_bytes()
    out = io.BytesIO()
    opened(chart, layer).save(out, "WEBP", quality=90, method=4)
    return out.getvalue()


def stored(chart: Chart) -> bytes:
    """Return a chart's files as they lie there, to tell by whether they have changed.

    Examples
    --------
    >>> stored(load_body("male").charts["posterior"])[:4]
    b'RIFF'
    """
    return b"".join(chart.picture(layer).read_bytes() for layer in PICTURES)
