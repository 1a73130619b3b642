"""Pictures in the dark: every colour of the palette replaced by its night colour.

Pictures are drawn once, in the colours of the day, which is how they are printed. Those
that a page shows bring a style sheet along that replaces the colours where the system
asks for a dark screen: browsers give it to an SVG shown as an image too. So no picture
is drawn twice or asked for anew, and a page may hold one as a data address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from anatomy.store import cached
from viewer.look.palette import palette, style_sheet

#: Where night colours count: never on paper.
SCREEN = "@media screen and (prefers-color-scheme: dark)"
_COLOUR = re.compile(r'(?:fill|stroke)="(#[0-9a-f]{3}(?:[0-9a-f]{3})?)"')
_ROOT = re.compile(r"^<svg[^>]*>")
#: Drawings that are part of a page.
DRAWN = ".chart-svg"
#: How bright a photograph of the body is in the dark.
PICTURE_OPACITY = 0.75


@cached(maxsize=1)
def nights() -> dict[str, str]:
    """Return the night colour of every colour that pictures have by day.

    Raises
    ------
    ValueError
        When a colour would have two.

    Examples
    --------
    >>> nights()["#ffffff"] == nights()["#fff"]
    True
    """
    found: dict[str, str] = {}

    def add(day: str, night: str | None) -> None:
        if night is None:
            return
        if found.setdefault(day, night) != night:
            raise ValueError(f"{day} has two night colours: {found[day]}, {night}")

    known = palette()
    for look in known.tissue.values():
        add(look.fill, look.night.fill)
        add(look.line, look.night.line)
        add(look.ink, look.night.ink)
    for edge in known.severity.values():
        add(edge.line, edge.night)
    add(known.unmapped.fill, known.unmapped.night)
    for one in known.colour.values():
        add(one.day, one.night)
    # a colour of three digits is the same colour
    for day, night in list(found.items()):
        if day[1::2] == day[2::2]:
            found["#" + day[1::2]] = night
    return found


def at_night(colour: str, *, night: bool = True) -> str:
    """Return the night colour of a colour; itself by day, or when it has none.

    Examples
    --------
    >>> at_night("#fff", night=False)
    '#fff'
    """
    return nights().get(colour, colour) if night else colour


def night_rules(colours: Iterable[str], within: str = "") -> str:
    """Return the style rules that replace colours of attributes.

    Parameters
    ----------
    colours : iterable of str
        Colours by day; those without a night colour are left out.
    within : str
        Selector before each rule, for drawings that are part of a page.

    Examples
    --------
    >>> night_rules(["#fff"])
    '[fill="#fff"]{fill:#10171e}[stroke="#fff"]{stroke:#10171e}'
    """
    known = nights()
    before = f"{within} " if within else ""
    return "".join(
        f'{before}[{part}="{colour}"]{{{part}:{known[colour]}}}'
        for colour in sorted(set(colours) & set(known))
        for part in ("fill", "stroke")
    )


def with_night(svg: str) -> str:
    """Return an SVG document that is dark on a dark screen, and light on paper.

    Colours of gradients stay, as those of masks are shares and no colours.

    Examples
    --------
    >>> "prefers-color-scheme" in with_night('<svg><path fill="#fff"/></svg>')
    True
    >>> with_night("<svg/>")
    '<svg/>'
    """
    rules = night_rules(_COLOUR.findall(svg))
    if "<image" in svg:
        rules += f"image{{opacity:{PICTURE_OPACITY:g}}}"
    if not rules:
        return svg
    sheet = f"<style>{SCREEN}{{{rules}}}</style>"
    return _ROOT.sub(lambda root: root.group() + sheet, svg, count=1)


def whole_sheet() -> str:
    """Return the palette by day and by night: ``viewer/assets/look/palette.css``.

    Its rules reach the drawings that are part of a page: what is drawn on charts.

    Examples
    --------
    >>> whole_sheet().count(SCREEN)
    1
    """
    rows = []
    for name, look in palette().tissue.items():
        line = look.night.line or look.night.fill
        rows.append(
            f"--tissue-{name}: {look.night.fill}; --tissue-{name}-line: {line};"
        )
    for verdict, edge in palette().severity.items():
        name = verdict.value.lower().replace("_", "-")
        rows.append(f"--severity-{name}: {edge.night};")
    inside = "\n".join(f"    {row}" for row in rows)
    rules = night_rules(nights(), within=DRAWN).replace("}", "}\n  ").rstrip()
    return (
        "/* made from viewer/look/palette.toml by `python -m tools.palette` */\n"
        f"{style_sheet()}{SCREEN} {{\n  :root {{\n{inside}\n  }}\n  {rules}\n}}\n"
    )
