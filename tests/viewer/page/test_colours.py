"""The colours of the style sheets: named in one place, and with contrast by night."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import viewer

ASSETS = Path(viewer.__file__).parent / "assets"
COLOURS = (ASSETS / "look" / "colours.css").read_text("utf-8")
PALETTE = (ASSETS / "look" / "palette.css").read_text("utf-8")
#: Sheets that may name colours beside colours.css, and why.
OWN = {
    "palette.css": "the pictures' colours, made from viewer/look/palette.toml",
    "chart_map.css": "the map's marks, by day and by night",
    "navigator.css": "what is pointed at on the small figures",
}
#: Texts and the grounds on which they stand.
PAIRS = [
    *(("ink", ground) for ground in ("page", "panel", "soft", "well", "chosen")),
    *(("ink", ground) for ground in ("tint", "tint-strong", "warn-ground")),
    *(("muted", ground) for ground in ("panel", "soft", "page")),
    *(("ink-soft", ground) for ground in ("panel", "tint-strong")),
    *(("accent", ground) for ground in ("panel", "soft")),
    *(("accent-strong", ground) for ground in ("panel", "tint", "tint-strong")),
    *(("on-fill", ground) for ground in ("press", "press-hover", "fill", "bar")),
    *(("on-fill", ground) for ground in ("toast", "bad", "marking", "teaching")),
    ("on-fill-soft", "bar"),
    ("error", "panel"),
    ("bad-ink", "bad-ground"),
    ("warn-ink", "warn-ground"),
]


def named(block: str) -> dict[str, str]:
    """Return the colours a block of the sheet names, in full hexadecimal."""
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})\b", block))
    return {
        name: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:])
        for name, value in found.items()
    }


def modes() -> dict[str, dict[str, str]]:
    """Return the named colours by day and by night."""
    light, dark = COLOURS.split("@media screen and (prefers-color-scheme: dark)")[:2]
    day = named(light)
    return {"light": day, "dark": {**day, **named(dark.split("}")[0])}}


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_is_the_one_of_wcag() -> None:
    """Black on white is 21, and a colour on itself 1."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#1d6fb8", "#1d6fb8") == pytest.approx(1.0)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read_by_day_and_by_night(
    mode: str, text: str, ground: str
) -> None:
    """Every text has a contrast of 4.5 to every ground on which it stands."""
    colours = modes()[mode]
    assert contrast(colours[text], colours[ground]) >= 4.5


def test_a_colour_has_a_name_in_one_place() -> None:
    """No sheet but colours.css writes an opaque colour; each name it uses is there."""
    names = set(re.findall(r"--([a-z-]+):", COLOURS + PALETTE))
    for sheet in sorted(ASSETS.rglob("*.css")):
        if sheet.name == "colours.css":
            continue
        text = sheet.read_text("utf-8")
        if sheet.name not in OWN:
            values = re.findall(r":[^;{}]*?(#[0-9a-fA-F]{3,8})\b(?=[^{}]*[;}])", text)
            assert values == [], f"{sheet.name} must use the names of colours.css"
        own = set(re.findall(r"--([a-zA-Z-]+):", text))
        used = set(re.findall(r"var\(--([a-zA-Z-]+)", text))
        unknown = {name for name in used - own - names if "mantine" not in name}
        assert not unknown - {"gap", "sheet", "above"}, f"{sheet.name}: {unknown}"


def test_paper_is_light() -> None:
    """What the night changes, it changes on screens only."""
    for query in re.findall(r"@media ([^{]*prefers-color-scheme[^{]*)", COLOURS):
        assert query.startswith("screen and ")
