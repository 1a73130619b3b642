"""The hand-outs: a zone, a view, a poster, a pocket sheet, a cross-section.

Each is a list of pages with title, legend, sources and date. What they say comes from
the data and from `zones.check_site`; what changes is only the paper.
"""

from viewer.sheets.kinds.pocketsheet import pocket_figure, pocket_names
from viewer.sheets.kinds.sectionsheet import section_figure
from viewer.sheets.kinds.viewsheet import poster_figure, view_figure
from viewer.sheets.kinds.zonesheet import texts_of, zone_figure
from viewer.sheets.paper import today
from viewer.sheets.pen import PAPER

__all__ = [
    "PAPER",
    "pocket_figure",
    "pocket_names",
    "poster_figure",
    "section_figure",
    "texts_of",
    "today",
    "view_figure",
    "zone_figure",
]
