"""The colours of a depth map, for the page and for programs."""

from __future__ import annotations

#: Contour lines and edges of the colour bands, mm.
LEVELS = (5.0, 10.0, 20.0, 30.0, 40.0)
#: One colour for each band, the last for what is deeper than the last level. Dark is
#: shallow: one hue, so that no colour-blind eye reads another order, and no green.
COLOURS = (
    "#21124d",
    "#3d2f80",
    "#6a64b0",
    "#a09fd3",
    "#c9caea",
    "#e6e7f6",
)
#: Ground and line where no needle is acceptable, and where nothing is mapped.
NOT_ACCEPTABLE = ("#f7e6e8", "#8b1220")
NOT_MAPPED = ("#e3e6e9", "#5b6770")
