"""Small pictures of how a muscle is held while it is needled.

They are drawn in the colours of the cross-section: skin, muscle, bone and the needle.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from anatomy.messages import message as _
from viewer.look.look import NEEDLE, svg_uri
from viewer.look.palette import shade
from viewer.section.bones import BONE, BONE_LINE
from viewer.section.view import AIR, FIBRE, FLESH, RIND, SKIN

WIDTH, HEIGHT = 64, 44
_HAND = shade("hand")

#: What each grip is called, and what it means.
WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "flat": (_("Flat"), _("The muscle lies flat; the needle goes straight down.")),
        "pincer": (
            _("Pincer"),
            _("Skin and muscle are lifted in a fold; the needle stays in it."),
        ),
        "bone": (
            _("To bone"),
            _("The needle is aimed at a bone that is felt, and stops."),
        ),
    }
)


def _ground(edge: str, rind: str) -> str:
    """Return flesh below an edge, with a rind of skin and fat along it."""
    return (
        f'<path d="{edge}V44H0Z" fill="{FLESH}"/>'
        f'<path d="{edge}{rind}Z" fill="{RIND}"/>'
        f'<path d="{edge}" fill="none" stroke="{SKIN}" stroke-width="1.4"/>'
    )


def _fibres(*lines: str) -> str:
    path = "".join(lines)
    return f'<path d="{path}" fill="none" stroke="{FIBRE}" stroke-width="1"/>'


def _needle(x: float, top: float, tip: float) -> str:
    return (
        f'<path d="M{x} {top}V{tip}" stroke="#ffffff" stroke-width="4"/>'
        f'<path d="M{x} {top}V{tip}" stroke="{NEEDLE}" stroke-width="2" '
        f'stroke-linecap="round"/><path d="M{x} {top - 1}v-6" stroke="{NEEDLE}" '
        'stroke-width="4.4" stroke-linecap="round"/>'
    )


def _bone(shape: str) -> str:
    return (
        f'<path d="{shape}" fill="{BONE}" stroke="{BONE_LINE}" stroke-width="1.3" '
        'stroke-linejoin="round"/>'
    )


def _finger(x: float, turn: float) -> str:
    """Return a finger tip that presses on the fold from its side."""
    return (
        f'<g transform="translate({x} 22) rotate({turn})"><path d="M-5.5-19V2'
        f'a5.5 5.5 0 0 0 11 0V-19" fill="{_HAND}" stroke="{SKIN}" stroke-width="1.2"/>'
        f'<path d="M-3-2.5a3 3 0 0 1 6 0" fill="none" stroke="{SKIN}" '
        'stroke-width=".9"/></g>'
    )


def _drawing(grip: str) -> str:
    if grip == "pincer":
        fold = "M0 33H13C24 33 22 9 32 9S40 33 51 33H64"
        return (
            _ground(fold, "V37H50C36 37 38 14 32 14S28 37 14 37H0")
            + _fibres("M27 36C28 28 29 20 32 18M37 36C36 28 35 20 32 18M6 41H58")
            + _finger(16, -28)
            + _finger(48, 28)
            + _needle(32, 8, 26)
        )
    plain = _ground("M0 13H64", "V18H0")
    if grip == "bone":
        return (
            plain
            + _fibres("M3 23H61M3 28H61")
            + _bone("M-2 46V38C12 32 20 34 32 33S54 30 66 37V46Z")
            + _needle(32, 9, 32)
        )
    return plain + _fibres("M3 24H61M3 31H61M3 38H61") + _needle(32, 9, 29)


def grip_svg(grip: str) -> str:
    """Return the drawing of a grip.

    Parameters
    ----------
    grip : {"flat", "pincer", "bone"}
        As `zones.contract.needle.Needle` has it.

    Examples
    --------
    >>> grip_svg("pincer").startswith("<svg")
    True
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}"><clipPath id="in"><rect width="{WIDTH}" '
        f'height="{HEIGHT}" rx="4"/></clipPath><g clip-path="url(#in)">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{AIR}"/>{_drawing(grip)}'
        "</g></svg>"
    )


def grip_uri(grip: str) -> str:
    """Return the drawing of a grip as a data URI."""
    return svg_uri(grip_svg(grip))
