"""Pictures as data: the depth map of a chart, the cross-section of a site."""

from __future__ import annotations

import io
from math import isinf, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from viewer.map.depth.depth_scale import COLOURS, LEVELS, NOT_ACCEPTABLE, NOT_MAPPED
from zones.pictures.depth_map import chart_depths
from zones.pictures.section import site_section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from anatomy.charts import Chart
    from zones.pictures.section_models import Band

#: In the JSON of a depth map: nothing limits the depth here. A reader that takes it
#: for a depth takes it for one that is never acceptable.
NO_LIMIT = -1.0
#: Cells between two lines of a pattern, and how wide a line is.
_STEP, _LINE = 6, 2

Array = Any


def depths_of(sent: Mapping[str, Any], body: str) -> tuple[Chart, NDArray[np.float64]]:
    """Return a chart and its depths, mm: inf without a limit, NaN where not known.

    Raises
    ------
    NeedlemapError
        As `zones.chart_depths`.
    """
    from anatomy.body import load_body

    chart, patient, needle = (sent.get(n) for n in ("chart", "patient", "needle"))
    depths = chart_depths(body, str(chart), patient, needle)
    return load_body(body).charts[str(chart)], depths


def depth_data(body: str, chart: Chart, depths: NDArray[np.float64]) -> dict[str, Any]:
    """Return a depth map as plain data, depths rounded down to tenths of a mm."""
    from zones.check.site import data_version

    xmin, xmax, ymin, ymax = chart.bounds
    tenths = np.floor(depths * 10.0) / 10.0
    rows = [
        [None if isnan(v) else NO_LIMIT if isinf(v) else v for v in row]
        for row in tenths.tolist()
    ]
    return {
        "body": body,
        "chart": chart.name,
        "units": "mm",
        "cell_mm": float(chart.cell_mm),
        "bounds_mm": [float(v) for v in (xmin, xmax, ymin, ymax)],
        "no_limit": NO_LIMIT,
        "depths_mm": rows,
        "data_version": data_version(),
    }


def depth_npy(depths: NDArray[np.float64]) -> bytes:
    """Return a depth map as a file of NumPy (``.npy``), inf and NaN in it."""
    target = io.BytesIO()
    np.save(target, np.asarray(depths, dtype="<f8"), allow_pickle=False)
    return target.getvalue()


def depth_png(chart: Chart, depths: NDArray[np.float64]) -> bytes:
    """Return a depth map as a picture, one pixel for each cell, the least y below.

    Dark is shallow. What is not acceptable at any depth is crossed, what is not mapped
    is hatched; both differ from the colours in pattern too.
    """
    from PIL import Image

    body = np.isfinite(chart.depth)
    band = np.digitize(np.nan_to_num(depths, nan=0.0, posinf=1e9), LEVELS)
    colours = np.array([_rgb(c) for c in COLOURS], dtype=np.uint8)
    picture = np.zeros((*depths.shape, 4), dtype=np.uint8)
    picture[..., :3] = colours[band]
    picture[..., 3] = np.where(body, 255, 0)
    row, column = np.indices(depths.shape)
    rising = (row + column) % _STEP < _LINE
    falling = (row - column) % _STEP < _LINE
    for where, ground, line, lines in (
        (body & (depths <= 0.0), *NOT_ACCEPTABLE, rising | falling),
        (body & np.isnan(depths), *NOT_MAPPED, rising),
    ):
        picture[where, :3] = _rgb(ground)
        picture[where & lines, :3] = _rgb(line)
    target = io.BytesIO()
    Image.fromarray(picture[::-1]).save(target, "PNG")
    return target.getvalue()


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def section_data(request: Mapping[str, Any], view: Any) -> dict[str, Any]:
    """Return a site's assessment and its cross-section as plain data.

    Parameters
    ----------
    request : mapping
        Of the contract.
    view : str
        ``needle`` or ``axial``.

    Raises
    ------
    NeedlemapError
        As `zones.check_request` and `zones.pictures.section.site_section`.
    """
    from zones.check.site import check_request

    answer = check_request(request)
    made = site_section(
        answer, request.get("needle"), request.get("patient"), view=view
    )
    line = made.needle
    return {
        "assessment": answer.as_dict(),
        "section": {
            "view": made.view,
            "title": made.title,
            "units": "mm",
            "origin_xyz_mm": _numbers(made.plane.origin),
            "right": _numbers(made.plane.right, 6),
            "up": _numbers(made.plane.up, 6),
            "window_mm": _numbers(made.window),
            "edges": list(made.edges),
            "outlines": [
                {"name": outline.name, "lines": _lines(outline.lines)}
                for outline in made.outlines
            ],
            "bands": [_band(band) for band in made.bands],
            "left_out": made.left_out,
            "needle": {
                "entry": _numbers(line.entry),
                "tip": None if line.tip is None else _numbers(line.tip),
                "end": _numbers(line.end),
                "planned_mm": line.planned_mm,
                "length_mm": line.length_mm,
                "off_plane_deg": round(float(line.off_plane_deg), 1),
            },
            "meetings": [
                {
                    "id": meeting.finding.id,
                    "at": _numbers(meeting.uv),
                    "verdict": meeting.verdict.value,
                }
                for meeting in made.meetings
            ],
            "limit_mm": made.limit_mm,
            "blank": str(made.blank),
            "notes": [str(note) for note in made.notes],
        },
    }


def _band(band: Band) -> dict[str, Any]:
    """Return one structure of a cross-section."""
    return {
        "id": band.zone_id,
        "structure": str(band.structure),
        "side": band.side,
        "verdict": band.verdict.value,
        "known": band.known,
        "depth_known": band.depth_known,
        "contours": [
            {
                "share": contour.share,
                "region": _lines(contour.region),
                "front": _lines(contour.front),
            }
            for contour in band.contours
        ],
    }


def _lines(lines: Iterable[Array]) -> list[list[list[float]]]:
    """Return lines as lists of places."""
    return [np.round(np.asarray(line, dtype=float), 1).tolist() for line in lines]


def _numbers(values: Iterable[float], digits: int = 1) -> list[float]:
    """Return numbers rounded."""
    return [round(float(value), digits) for value in values]
