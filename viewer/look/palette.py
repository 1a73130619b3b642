"""The one picture language, from ``palette.toml``: tissues, severities, weights.

What a structure is, is its fill; how grave it is to reach it, its outline; how near the
needle it lies, the weight of that outline.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from anatomy.store import cached, read_toml
from zones.contract.models import Verdict
from zones.knowledge.structures.tissues import TISSUES, load_tissues, tissue_of
from zones.knowledge.structures.tissues import Tissue as TissueName

FILE = Path(__file__).parent / "palette.toml"

Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Positive = Annotated[float, Field(gt=0)]
#: How near the needle something lies.
Nearness = Literal["needle", "here", "far"]
#: A pattern of dashes of whatever may not apply, in weights of its line.
DASHES = (3.2, 2.4)
#: A pattern of dots: strokes without length, with round ends.
DOTS = (0.01, 1.9)
#: Tissues that pictures draw and that no structure is.
GROUNDS = ("air", "fat", "flesh")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TissueNight(_Part):
    """The colours of a tissue in the dark; None for what it has not."""

    fill: Colour
    line: Colour | None = None
    ink: Colour | None = None


class Tissue(_Part):
    """How one tissue is drawn.

    Attributes
    ----------
    fill, line, ink : str
        Its ground, its outline as anatomy, and words on it.
    night : TissueNight
        The same in the dark.
    """

    fill: Colour
    line: Colour = "#000000"
    ink: Colour = "#000000"
    night: TissueNight


class Shade(_Part):
    """A colour of pictures by day, and in the dark."""

    day: Colour
    night: Colour


class Severity(_Part):
    """How an outline says what reaching a structure can come to.

    Attributes
    ----------
    line, night : str
        Its colour in pictures by day, and in the dark.
    factor : float
        Its weight over the weight of the place.
    strokes : {"double", "full", "dotted", "faint"}
        What kind of line it is, so that nothing depends on its colour.
    """

    line: Colour
    night: Colour
    factor: Positive
    strokes: Literal["double", "full", "dotted", "faint"]


class Band(_Part):
    """The pale band below an outline: colour, and width on each side, px."""

    colour: Colour
    px: Positive


class Unmapped(_Part):
    """The ground below the hatching of what is not mapped, by day and in the dark."""

    fill: Colour
    night: Colour
    opacity: Annotated[float, Field(gt=0, le=1)]


class Over(_Part):
    """How opaque a fill is that lies over skin and skeleton."""

    opacity: Annotated[float, Field(gt=0, le=1)]


class Weights(_Part):
    """Weights of lines, px of a small picture: at the needle, here, and far."""

    needle: Positive
    here: Positive
    far: Positive


class Near(_Part):
    """Up to which distance from the needle something is at it, and here, mm."""

    needle_mm: Positive
    here_mm: Positive


class Paper(_Part):
    """A px of the weights on paper, mm."""

    mm: Positive


class Palette(_Part):
    """Everything that the file holds."""

    schema_: int = Field(alias="schema")
    tissue: dict[str, Tissue]
    severity: dict[Verdict, Severity]
    unmapped: Unmapped
    over: Over
    band: Band
    weight: Weights
    near: Near
    paper: Paper
    colour: dict[str, Shade]


@cached(maxsize=1)
def palette() -> Palette:
    """Return the palette of all pictures.

    Raises
    ------
    ValueError
        When a tissue or a severity has no look.

    Examples
    --------
    >>> palette().tissue["bone"].fill
    '#f6efdc'
    """
    found = Palette.model_validate(read_toml(FILE))
    lacking = {*TISSUES, *GROUNDS} - set(found.tissue)
    lacking |= {v.value for v in Verdict} - {v.value for v in found.severity}
    if lacking:
        raise ValueError(f"{FILE.name}: no look for {', '.join(sorted(lacking))}")
    return found


def shade(name: str) -> str:
    """Return the colour by day of what is neither tissue nor severity.

    Examples
    --------
    >>> shade("paper")
    '#ffffff'
    """
    return palette().colour[name].day


def tissue_name(zone_id: str) -> str:
    """Return the tissue that a structure is drawn as; ``"flesh"`` while none is stated.

    Examples
    --------
    >>> tissue_name("pleura"), tissue_name("a zone of one's own")
    ('lung', 'flesh')
    """
    return tissue_of(zone_id) or "flesh"


def tissues_of(keys: Iterable[str]) -> list[TissueName]:
    """Return the tissues that structures are drawn as, the most superficial first.

    Examples
    --------
    >>> tissues_of(["pleura", "sciatic", "femoral-vein"])
    ['nerve', 'vein', 'lung']
    """
    found = {tissue_name(key) for key in keys}
    return [name for name in reversed(TISSUES) if name in found]


def fill_of(zone_id: str) -> str:
    """Return the fill of a structure in every picture.

    Examples
    --------
    >>> fill_of("femoral-vein") == palette().tissue["vein"].fill
    True
    """
    return palette().tissue[tissue_name(zone_id)].fill


def drawing_order(zone_id: str) -> int:
    """Return where a structure comes in a drawing: what comes later lies on top.

    Examples
    --------
    >>> drawing_order("pleura") < drawing_order("intercostal-bundle")
    True
    """
    tissue = load_tissues().get(zone_id)
    return -1 if tissue is None else TISSUES.index(tissue)


def nearness(away_mm: float | None) -> Nearness:
    """Return how near the needle something lies; without a needle all is here.

    Examples
    --------
    >>> nearness(0.0), nearness(20.0), nearness(200.0), nearness(None)
    ('needle', 'here', 'far', 'here')
    """
    near = palette().near
    if away_mm is None:
        return "here"
    if away_mm <= near.needle_mm:
        return "needle"
    return "here" if away_mm <= near.here_mm else "far"


def outline_px(
    verdict: Verdict, near: Nearness = "here", *, known: bool = True
) -> float:
    """Return the weight of an outline, px of a small picture.

    What is not known to apply is a plain dashed line, whatever it can come to.

    Examples
    --------
    >>> outline_px(Verdict.DANGER, "needle") > outline_px(Verdict.DANGER, "far")
    True
    """
    weight: float = getattr(palette().weight, near)
    return weight * (palette().severity[verdict].factor if known else 1.0)


def outline(
    d: str,
    verdict: Verdict,
    *,
    near: Nearness = "here",
    known: bool = True,
    unit: float = 1.0,
    still: bool = False,
    shared: str = "",
    extra: str = "",
) -> str:
    """Return the outline of a structure as SVG: a pale band, and the line on it.

    Parameters
    ----------
    d : str
        Path data.
    verdict : Verdict
        What reaching it can come to.
    near : {"needle", "here", "far"}
        How near the needle it lies.
    known : bool
        False for what may not apply, or of unknown depth: it is dashed.
    unit : float
        A px of the palette's weights in units of the drawing.
    still : bool
        Whether the line keeps its weight however the drawing is scaled.
    shared : str
        Name by which the lines share one path, for large drawings on the screen.
    extra : str
        More attributes of the line itself.

    Examples
    --------
    >>> outline("M0 0L9 0", Verdict.STOP).count("<path")
    3
    >>> "stroke-dasharray" in outline("M0 0L9 0", Verdict.CAUTION)
    True
    """
    look, band = palette().severity[verdict], palette().band
    wide = outline_px(verdict, near, known=known) * unit
    fixed = ' vector-effect="non-scaling-stroke"' if still else ""

    dash = dashes(verdict, known=known)
    cut = ' stroke-dasharray="' + " ".join(f"{n * wide:.3g}" for n in dash) + '"'
    cut = cut * bool(dash)
    if look.strokes == "dotted" and known:
        cut += ' stroke-linecap="round"'

    shape = f'use href="#{shared}"' if shared else f'path d="{d}"{fixed}'

    def line(colour: str, width: float, more: str = "") -> str:
        return (
            f'<{shape} fill="none" stroke="{colour}" stroke-width="{width:.3g}" '
            f'stroke-linejoin="round"{more}/>'
        )

    own = f' class="outline" data-severity="{verdict.value}"{extra}{cut}'
    parts = [f'<defs><path id="{shared}" d="{d}"{fixed}/></defs>'] if shared else []
    if look.strokes != "faint":
        parts.append(line(band.colour, wide + 2 * band.px * unit, cut))
    parts.append(line(look.line, wide, own))
    if look.strokes == "double" and known:
        parts.append(line(band.colour, wide / 3))
    return "".join(parts)


def dashes(verdict: Verdict, *, known: bool = True) -> tuple[float, ...]:
    """Return the dashes of an outline in weights of its line; none for a full one.

    Examples
    --------
    >>> dashes(Verdict.DANGER), dashes(Verdict.DANGER, known=False)
    ((), (3.2, 2.4))
    """
    if not known:
        return DASHES
    return DOTS if palette().severity[verdict].strokes == "dotted" else ()


def style_sheet() -> str:
    """Return the palette by day as names of a style sheet.

    Examples
    --------
    >>> "--tissue-bone: #f6efdc;" in style_sheet()
    True
    """
    found = palette()
    rows = []
    for name, look in found.tissue.items():
        rows.append(f"--tissue-{name}: {look.fill}; --tissue-{name}-line: {look.line};")
    for verdict, edge in found.severity.items():
        name = verdict.value.lower().replace("_", "-")
        rows.append(f"--severity-{name}: {edge.line}; --night-{name}: {edge.night};")
    inside = "\n".join(f"  {row}" for row in rows)
    return f":root {{\n{inside}\n}}\n"
