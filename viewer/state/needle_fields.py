"""The needle's controls: what each begins with, and what they say as a request.

Undo, a new site and a reloaded page go over the same list, so that no part of a plan is
left behind or carried over unsaid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anatomy.messages import message as _
from viewer.state.named_sites import START
from viewer.state.technique_fields import CONTROL

Data = dict[str, Any]

#: Controls by id, in the order of the callbacks, and what a new site begins with.
FIELDS: Data = {
    "depth": START["depth_mm"],
    "length": START["length_mm"],
    "diameter": "",
    "tilt": START["tilt_deg"],
    "toward": START["toward"],
    "grip": "flat",
    "fold": "",
    "bone": None,
    "posture": None,
    "arm": None,
    "seen": None,
    "seen-depth": "",
    "seen-method": "ultrasound",
    CONTROL: "",
}
#: All controls of the needle; current stays as it is when the site changes.
CONTROLS = (*FIELDS, "electrical")

#: What each control is called in `needle_request`; a technique goes into the request
#: only where it is one of the site (`technique_fields.own_technique`).
NAMES = {
    "depth": "depth_mm",
    "length": "length_mm",
    "diameter": "diameter_mm",
    "tilt": "tilt_deg",
    "toward": "toward",
    "grip": "grip",
    "fold": "fold_mm",
    "bone": "bone",
    "posture": "posture",
    "arm": "arm",
    "seen": "seen",
    "seen-depth": "seen_mm",
    "seen-method": "seen_method",
    "electrical": "electrical",
}
#: Fields of a request and the control that shows their error.
ERRORS = {
    "needle.depth_mm": "depth",
    "needle.length_mm": "length",
    "needle.diameter_mm": "diameter",
    "needle.direction": "tilt",
    "needle.direction.tilt_deg": "tilt",
    "needle.direction.toward": "toward",
    "needle.fold_mm": "fold",
    "needle.bone": "bone",
    "needle.posture": "posture",
    "needle.arm": "arm",
    "needle.measured.0.structure": "seen",
    "needle.measured.0.depth_mm": "seen-depth",
    "needle.measured.0": "seen-depth",
    "needle.measured": "seen-depth",
}
#: Controls that can show an error.
SHOWING = tuple(dict.fromkeys(ERRORS.values()))
NO_STRUCTURE = _("Choose the structure; until then the depth is ignored.")
NO_DEPTH = _("Enter its depth; until then it is ignored.")


def needle_request(
    *,
    length_mm: object,
    depth_mm: object,
    diameter_mm: object = None,
    tilt_deg: object = None,
    toward: str | None = None,
    electrical: bool | None = None,
    grip: str | None = None,
    fold_mm: object = None,
    bone: str | None = None,
    posture: str | None = None,
    arm: str | None = None,
    seen: str | None = None,
    seen_mm: object = None,
    seen_method: str | None = None,
) -> Data:
    """Return the needle of the request from the fields of the page.

    An empty field was not given; everything else goes to the library as it is. What
    belongs to another grip stays behind, and so does a depth seen of which half is
    missing (`missing_half`).

    Examples
    --------
    >>> needle_request(length_mm=40, depth_mm="", tilt_deg=0, toward="medial")
    {'length_mm': 40, 'direction': 'perpendicular'}
    >>> needle_request(length_mm=40, depth_mm=20, grip="pincer", fold_mm=30)["fold_mm"]
    30
    >>> needle_request(length_mm=40, depth_mm=20, grip="flat", fold_mm=30)
    {'length_mm': 40, 'depth_mm': 20, 'direction': 'perpendicular'}
    """
    needle: Data = {"length_mm": length_mm, "depth_mm": depth_mm}
    needle["diameter_mm"] = diameter_mm
    tilted = tilt_deg not in (None, "", 0, 0.0)
    needle["direction"] = (
        {"tilt_deg": tilt_deg, "toward": toward} if tilted else "perpendicular"
    )
    needle["electrical"] = electrical
    if grip not in (None, "", "flat"):
        needle["grip"] = grip
        needle["fold_mm"] = fold_mm if grip == "pincer" else None
        needle["bone"] = bone if grip == "bone" else None
    needle |= {"posture": posture, "arm": arm}
    if seen not in (None, "") and seen_mm not in (None, ""):
        needle["measured"] = [
            {
                "structure": seen,
                "depth_mm": seen_mm,
                "method": seen_method or FIELDS["seen-method"],
            }
        ]
    return {key: value for key, value in needle.items() if value not in (None, "")}


def fields_of(needle: Mapping[str, Any]) -> Data:
    """Return what the controls show for a needle of a request; depths seen stay out.

    Examples
    --------
    >>> plan = {"length_mm": 40, "direction": {"tilt_deg": 20, "toward": "medial"}}
    >>> shown = fields_of(plan)
    >>> shown["length"], shown["depth"], shown["tilt"], shown["electrical"]
    (40, '', 20, 'unknown')
    """
    given = dict(needle)
    way = given.get("direction")
    found = dict(FIELDS)
    found |= {"depth": "", "length": ""}
    found |= {control: given[name] for control, name in NAMES.items() if name in given}
    if isinstance(way, Mapping):
        found |= {"tilt": way["tilt_deg"], "toward": way["toward"]}
    found[CONTROL] = given.get("technique", FIELDS[CONTROL])
    found["electrical"] = {True: "yes", False: "no"}.get(
        given.get("electrical"),  # type: ignore[arg-type]
        "unknown",
    )
    return found


def missing_half(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is missing of a depth seen, by the control where it goes.

    Examples
    --------
    >>> list(missing_half({"seen": "pleura", "seen_mm": ""}))
    ['seen-depth']
    >>> missing_half({"seen": "pleura", "seen_mm": 24}), missing_half({})
    ({}, {})
    """
    named = values.get("seen") not in (None, "")
    given = values.get("seen_mm") not in (None, "")
    if named == given:
        return {}
    return {"seen-depth": NO_DEPTH} if named else {"seen": NO_STRUCTURE}
