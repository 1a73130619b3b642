"""The part of the body map round a needle, drawn into a PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely
from PIL import Image
from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable

from anatomy.body import load_body
from viewer.look import LOOKS, NEEDLE
from viewer.map.chart_menu import edge_words
from viewer.map.chart_pictures import on_white
from viewer.map.figure import PLACEMENT_MM
from viewer.map.zone_images import Shown, zone_shape
from viewer.record.typeface import BOLD, register_fonts
from zones.contract.models import SiteAnswer, Verdict

if TYPE_CHECKING:
    from anatomy.charts import Chart

#: Width of the part that is shown, mm of the body; less where the chart is smaller.
SHOWN_MM = 260.0
#: Distance of hatch lines, mm of the body.
HATCH_MM = 5.0
_TINT = {Verdict.STOP: 0.28, Verdict.DANGER: 0.16, Verdict.CAUTION: 0.30}


class MapCrop(Flowable):
    """The map round a site, with zones, needle and the patient's sides.

    Parameters
    ----------
    site : SiteAnswer
        Where the needle is.
    zones : tuple of Shown
        Zones to draw.
    width, height : float
        Size on the paper, points.
    """

    def __init__(
        self, site: SiteAnswer, zones: tuple[Shown, ...], width: float, height: float
    ) -> None:
        super().__init__()
        self.site, self.zones = site, zones
        self.width, self.height = width, height
        self.chart = load_body(site.body).charts[site.chart]
        self.window = _window(self.chart, site.x_mm, site.y_mm, width / height)

    def draw(self) -> None:
        """Draw at the present place of the canvas."""
        pen = self.canv
        left, top, wide, _ = self.window
        scale = self.width / wide

        def put(u: float, v: float) -> tuple[float, float]:
            return (u - left) * scale, self.height - (v - top) * scale

        pen.saveState()
        frame = pen.beginPath()
        frame.rect(0, 0, self.width, self.height)
        pen.clipPath(frame, stroke=0, fill=0)
        picture = _picture(self.site.body, self.site.chart, self.window)
        pen.drawImage(ImageReader(picture), 0, 0, self.width, self.height)
        for zone in self.zones:
            self._zone(zone, put, scale)
        u, v = _place(self.chart, self.site.x_mm, self.site.y_mm)
        x, y = put(u, v)
        self._needle(x, y, max(self.site.spread_mm, PLACEMENT_MM) * scale)
        self._sides()
        pen.restoreState()
        pen.setStrokeColor(HexColor("#b8c4ce"))
        pen.setLineWidth(0.6)
        pen.rect(0, 0, self.width, self.height)

    def _zone(self, zone: Shown, put: Any, scale: float) -> None:
        """Draw one zone: tint, hatch and outline, as on the page."""
        shape = zone_shape(self.site.body, self.site.chart, zone.key)
        if shape.is_empty:
            return
        pen, look = self.canv, LOOKS[zone.verdict]
        path = pen.beginPath()
        for polygon in shapely.get_parts(shape):
            for ring in (polygon.exterior, *polygon.interiors):
                first = True
                for x, y in shapely.get_coordinates(ring):
                    at = put(*_place(self.chart, float(x), float(y)))
                    (path.moveTo if first else path.lineTo)(*at)
                    first = False
                path.close()
        pen.saveState()
        pen.setStrokeColor(HexColor(look.line))
        pen.setLineWidth(0.8)
        if not zone.known:
            pen.setDash(3, 2)
            pen.drawPath(path, stroke=1, fill=0)
            pen.restoreState()
            return
        colour = look.fill if zone.verdict == Verdict.CAUTION else look.line
        pen.setFillColor(HexColor(colour))
        pen.setFillAlpha(_TINT.get(zone.verdict, 0.3))
        pen.drawPath(path, stroke=1, fill=1, fillMode=0)
        if zone.verdict in (Verdict.DANGER, Verdict.STOP):
            pen.clipPath(path, stroke=0, fill=0, fillMode=0)
            self._hatch(HATCH_MM * scale, crossed=zone.verdict == Verdict.STOP)
        pen.restoreState()

    def _hatch(self, gap: float, *, crossed: bool) -> None:
        """Draw slanted lines over all of the picture; the clip keeps the zone's."""
        pen = self.canv
        pen.setLineWidth(0.35)
        pen.setStrokeAlpha(0.75)
        span = self.width + self.height
        for step in range(int(span / gap) + 1):
            at = step * gap
            pen.line(at - self.height, 0, at, self.height)
            if crossed:
                pen.line(at, 0, at - self.height, self.height)

    def _needle(self, x: float, y: float, radius: float) -> None:
        """Draw the needle: a disc for what placing can miss, a dot, and cross lines."""
        pen = self.canv
        ink = HexColor(NEEDLE)
        pen.saveState()
        pen.setStrokeColor(ink)
        pen.setFillColor(ink)
        pen.setFillAlpha(0.18)
        pen.setDash(3, 2)
        pen.setLineWidth(1)
        pen.circle(x, y, radius, stroke=1, fill=1)
        pen.setDash()
        pen.setFillAlpha(1)
        far = radius + 9
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            pen.line(x + dx * radius, y + dy * radius, x + dx * far, y + dy * far)
        pen.setStrokeColor(HexColor("#ffffff"))
        pen.setLineWidth(1.2)
        pen.circle(x, y, 3.6, stroke=1, fill=1)
        pen.restoreState()

    def _sides(self) -> None:
        """Print the patient's sides, or front and back, at the edges."""
        pen = self.canv
        register_fonts()
        left, right = edge_words(self.chart.spec)
        own = self.chart.spec.side
        pen.setFillColor(HexColor("#1c2733"))
        pen.setFont(BOLD, 11)
        pen.drawString(5, self.height - 14, left)
        pen.drawRightString(self.width - 5, self.height - 14, right)
        if own is not None and self.chart.spec.x != "x":
            pen.drawString(5, self.height - 27, own[0].upper())


def _place(chart: Chart, x: float, y: float) -> tuple[float, float]:
    """Return a place of a chart in mm of its picture from the top left."""
    xmin, xmax, ymin, ymax = chart.bounds
    return (
        float(xmax - x if chart.x_reversed else x - xmin),
        float(y - ymin if chart.y_reversed else ymax - y),
    )


def _window(
    chart: Chart, x: float, y: float, shape: float
) -> tuple[float, float, float, float]:
    """Return left, top, width and height of what is shown, mm of the picture.

    ``shape`` is width over height. The needle is kept away from the edges.
    """
    xmin, xmax, ymin, ymax = chart.bounds
    wide = min(SHOWN_MM, max(xmax - xmin, (ymax - ymin) * shape) * 1.04)
    high = wide / shape
    u, v = _place(chart, x, y)

    def start(at: float, part: float, whole: float) -> float:
        if part >= whole:
            return (whole - part) / 2
        return min(max(at - part / 2, 0.0), whole - part)

    return start(u, wide, xmax - xmin), start(v, high, ymax - ymin), wide, high


def _picture(body: str, chart: str, window: tuple[float, float, float, float]) -> Any:
    """Return the part of a chart's picture in a window (mm from the top left)."""
    whole = on_white(body, chart)
    xmin, xmax, ymin, ymax = load_body(body).charts[chart].bounds
    left, top, wide, high = window
    across, down = whole.width / (xmax - xmin), whole.height / (ymax - ymin)
    box = (left * across, top * down, (left + wide) * across, (top + high) * down)
    size = (700, max(1, round(700 * high / wide)))
    # transform and not crop: a window may reach beyond the picture
    return whole.transform(
        size,
        Image.Transform.EXTENT,
        box,
        resample=Image.Resampling.BICUBIC,
        fillcolor="#ffffff",
    )
