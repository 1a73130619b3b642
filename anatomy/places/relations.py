"""How a place on the skin lies to the ribs and the shoulder blade, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from anatomy.mesh.arrays import FloatArray
from anatomy.messages import message as _
from anatomy.places.said import description_words

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.mesh.skin import SkinPoint


def rib_under(body: Body, point: SkinPoint, region: str) -> str | None:
    """Return the rib or intercostal space that a place lies over, or None.

    Ribs and spaces are taken as the lines through their landmarks round the chest.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> mark = body.landmarks.get("rib 5 at midclavicular line", "left")
    >>> rib_under(body, mark.skin, "thorax")
    'rib 5'
    """
    rules = description_words()["relations"]
    if region not in rules["ribs"]:
        return None
    memo = body.landmarks.memo
    if "ribs" not in memo:
        memo["ribs"] = _rib_lines(body)
    names, starts, spans, square = memo["ribs"]
    if not names:
        return None
    here = np.array([abs(point.xyz[0]), point.xyz[1], point.xyz[2]])
    share = np.einsum("ij,ij->i", here - starts, spans) / square
    share = np.minimum(np.maximum(share, 0.0), 1.0)
    miss = np.linalg.norm(starts + share[:, None] * spans - here, axis=1)
    nearest = int(miss.argmin())
    return names[nearest] if miss[nearest] <= rules["rib_reach_mm"] else None


def _rib_lines(body: Body) -> tuple[list[str], FloatArray, FloatArray, FloatArray]:
    """Return the left side's ribs and spaces as straight pieces of line.

    Names, starts and spans (N, 3) mm, and the squares of their lengths.
    """
    from anatomy.landmarks import name_rules

    rules = name_rules()
    known = set(body.landmarks.names())
    names: list[str] = []
    starts: list[FloatArray] = []
    spans: list[FloatArray] = []
    for kind in rules.kinds:
        low, high = rules.numbers[kind]
        for number in range(low, high + 1):
            name = f"{kind} {number}"
            line = [
                body.landmarks.get(f"{name} at {a}", "left").skin.xyz
                for a in rules.lines
                if f"{name} at {a}" in known
            ]
            for begin, end in zip(line, line[1:] or line, strict=False):
                names.append(name)
                starts.append(begin)
                spans.append(end - begin)
    start, span = (np.array(part).reshape(-1, 3) for part in (starts, spans))
    return names, start, span, np.einsum("ij,ij->i", span, span) + 1e-12


def scapula_phrases(body: Body, point: SkinPoint, region: str) -> list[str]:
    """Return phrases on how a place lies to the shoulder blade.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> mark = body.landmarks.get("scapula inferior angle", "left")
    >>> scapula_phrases(body, mark.skin, "hand")
    []
    """
    rules = description_words()["relations"]
    out = abs(float(point.xyz[0]))
    if region not in rules["scapula"] or out < rules["scapula_from_mm"]:
        return []
    memo = body.landmarks.memo
    if "scapula" not in memo:
        memo["scapula"] = _scapula_lines(body)
    if memo["scapula"] is None or body.skin.normal(point)[1] < 0:
        return []
    border, outer = memo["scapula"]
    z = float(point.xyz[2])
    if not border[0, 2] <= z <= border[-1, 2]:
        return []
    inner_x = float(np.interp(z, border[:, 2], border[:, 0]))
    outer_x = float(np.interp(z, outer[:, 2], outer[:, 0]))
    if out < inner_x - 4:
        return [_("medial to the scapula")]
    if out <= inner_x + 4:
        return [_("at the medial border of the scapula")]
    if out <= outer_x:
        return [_("over the scapula")]
    return [_("lateral to the scapula")]


def _scapula_lines(body: Body) -> tuple[FloatArray, FloatArray] | None:
    """Return the left shoulder blade's medial and outer lines, upward, (N, 3) mm.

    None where the body lacks one of their landmarks.
    """
    rules = description_words()["relations"]
    lines = [rules["scapula_border"], rules["scapula_outer"]]
    if any(name not in body.landmarks for line in lines for name in line):
        return None
    border, outer = (
        np.array([body.landmarks.get(name, "left").skin.xyz for name in line])
        for line in lines
    )
    return border[::-1], outer[np.argsort(outer[:, 2])]
