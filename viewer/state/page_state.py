"""What the page knows, as a request to the library, and what comes back.

The page keeps plain data (site, needle, patient); this module turns them into one call
of the library and the answer or the error into one `Outcome`. No clinical judgement is
made here.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from anatomy.body import Body, load_body
from anatomy.errors import NeedlemapError, OffBodyError, OutOfRangeError
from anatomy.messages import Message, changed
from anatomy.messages import message as _
from anatomy.places.describe import describe
from anatomy.store import cached
from anatomy.words.sites import Placement, resolve_site
from viewer.state.named_sites import moved_name, names_of
from viewer.state.needle_fields import needle_request
from zones.check.site import check_site
from zones.contract.models import Assessment
from zones.contract.units import quantity_words
from zones.knowledge.facts import load_facts
from zones.patients.patient import parse_patient
from zones.risk.policy import Policy, in_force

_LOG = logging.getLogger(__name__)

#: What the page says when something failed that should not have.
FAILED = _("This could not be computed: not assessable. Draw no conclusion from it.")

#: What the fields of a request are called on the page.
WORDS = {
    "needle.depth_mm": _("the planned depth"),
    "needle.length_mm": _("the needle's length"),
    "needle.direction.tilt_deg": _("the tilt"),
    "needle.direction.toward": _("the direction of the tilt"),
    "needle.direction": _("the direction"),
    "needle.electrical": _("current"),
    "needle.grip": _("the grip"),
    "needle.fold_mm": _("the thickness of the fold"),
    "needle.bone": _("the bone that is aimed at"),
    "needle.posture": _("the posture"),
    "needle.arm": _("the position of the arm"),
    "needle.measured.0.structure": _("the structure that was seen"),
    "needle.measured.0.depth_mm": _("the depth that was seen"),
    "needle.measured": _("the depth that was seen"),
}
#: What is said when a grip lacks what belongs to it.
MISSING = {
    "needle.fold_mm": _("Enter the thickness of the lifted fold."),
    "needle.bone": _("Choose the bone to aim at; none is expected here."),
    "needle.direction.toward": _("Choose which way the needle leans."),
}
__all__ = ["Outcome", "assess", "needle_request", "place"]


@dataclass(frozen=True)
class Outcome:
    """The answer of a check, or why there is none.

    Attributes
    ----------
    assessment : Assessment or None
    message : str
        Why there is no assessment.
    field : str or None
        The field at fault, as a dotted path.
    patient : mapping
        The facts that the check was given.
    """

    assessment: Assessment | None = None
    message: str = ""
    field: str | None = None
    patient: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def place(body_name: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a site as the page keeps it: the request and where it lies.

    Parameters
    ----------
    body_name : {"male", "female"}
        Body that the map shows.
    request : mapping
        A site of the contract.

    Returns
    -------
    dict
        ``request``, ``body``, ``xyz`` (mm), ``side``, ``chart`` (home chart),
        ``spread_mm``; of a muscle or point also ``name``, ``origin`` and ``usual``.

    Raises
    ------
    NeedlemapError
        When the site cannot be placed; names the field.
    """
    body = load_body(body_name)
    plain = {key: value for key, value in request.items() if key != "body"}
    return _kept(body, request, resolve_site(body, plain))


def _kept(body: Body, request: Mapping[str, Any], placed: Placement) -> dict[str, Any]:
    return {
        "request": dict(request),
        "body": body.name,
        "xyz": [round(float(v), 2) for v in placed.point.xyz],
        "side": placed.side,
        "chart": placed.chart,
        "spread_mm": float(placed.spread_mm),
        **names_of(body, request),
    }


def with_origin(site: dict[str, Any], origin: object) -> dict[str, Any]:
    """Return a site with the name of the one that it was moved from, while it is near.

    Parameters
    ----------
    site : dict
        From `place`.
    origin : object
        ``origin`` of a site that was named, None for another.
    """
    if "name" in site:
        return site
    return {**site, **moved_name(load_body(site["body"]), origin, site["xyz"])}


def site_name(site: Mapping[str, Any] | None, request: Mapping[str, Any]) -> str:
    """Return the muscle or point that a site was chosen by; empty for another.

    Parameters
    ----------
    site : mapping or None
        The site as the page sends it; its name is worked out anew.
    request : mapping
        The site as the library was asked about it.

    Examples
    --------
    >>> site_name(None, {"text": "left GB21"})
    'GB21'
    """
    given = site or {}
    body = load_body("male" if given.get("body") == "male" else "female")
    found = names_of(body, request)
    if not found and given.get("origin"):
        try:
            there = resolve_site(
                body, {k: v for k, v in request.items() if k != "body"}
            )
        except NeedlemapError:
            return ""
        found = moved_name(body, given["origin"], there.point.xyz)
    return str(found.get("name", ""))


def named_muscle(site: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """Return name and side of the muscle that a site was named by; None for none.

    Examples
    --------
    >>> named_muscle({"origin": {"muscle": "gluteus maximus", "side": "left"}})
    ('gluteus maximus', 'left')
    >>> named_muscle({"origin": None})
    """
    origin = (site or {}).get("origin") or {}
    if "muscle" not in origin or origin.get("side") not in ("left", "right"):
        return None
    return str(origin["muscle"]), str(origin["side"])


def moved_to(body_name: str, site: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same anatomical place on another body.

    A place that was clicked is carried over by its landmark offset; a site that was
    named is named again.

    Raises
    ------
    NeedlemapError
        When it has no such place on the other body.
    """
    request = dict(site["request"])
    if site["body"] == body_name:
        return dict(site)
    if "chart" in request and "x_mm" in request:
        offset = _offset(site["body"], tuple(site["xyz"]))
        there = place(body_name, {**offset, "body": body_name})
        return with_origin(there, site.get("origin"))
    request.pop("body", None)
    return place(body_name, request)


def anywhere(site: Mapping[str, Any]) -> dict[str, Any]:
    """Return a placed site in a form that names the same place on both bodies.

    Examples
    --------
    >>> anywhere(place("female", {"text": "6 cm left of T4", "body": "female"}))
    {'text': '6 cm left of T4'}
    """
    request = dict(site["request"])
    if "x_mm" in request:
        offset = dict(_offset(site["body"], tuple(site["xyz"])))
        return request if "xyz_mm" in offset else offset
    request.pop("body", None)
    return request


def clicked_request(
    body_name: str, chart_name: str, x_mm: float, y_mm: float
) -> dict[str, Any]:
    """Return the site of a click: on the body that was looked at."""
    return {
        "chart": chart_name,
        "x_mm": round(x_mm, 1),
        "y_mm": round(y_mm, 1),
        "body": body_name,
    }


def known_facts(patient: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a patient with what follows; those given when they clash."""
    try:
        return parse_patient(dict(patient)).facts()
    except NeedlemapError:
        return load_facts().complete({})


def requests(
    site: Mapping[str, Any], patient: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return how the library is asked about a site: the first way that works counts.

    A click is a place on the body that was looked at. As long as the patient's sex is
    not known, that body is a guess; the place is then named by its landmark, so that
    the library asks both bodies and answers with the stricter.
    """
    request = dict(site["request"])
    if "x_mm" not in request or patient.get("sex") is not None:
        return [request]
    offset = dict(_offset(site["body"], tuple(site["xyz"])))
    return [request] if "xyz_mm" in offset else [offset, request]


@cached(maxsize=512)
def _offset(body_name: str, xyz: tuple[float, ...]) -> Mapping[str, Any]:
    """Return a place on the skin as a landmark offset."""
    body = load_body(body_name)
    return describe(body, body.skin.nearest(np.array(xyz))).offset


def assess(
    site: Mapping[str, Any] | None,
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
    *,
    units: str | None = None,
) -> Outcome:
    """Return the answer of the library to what the page knows, errors in its units.

    Never raises: bad input comes back with the field it names, and what fails
    unexpectedly as not assessable.
    """
    if site is None:
        return Outcome(message=_("Place the needle: click on the body or name a site."))
    try:
        for request in requests(site, patient):
            try:
                asked = json.dumps([request, needle, patient], sort_keys=True)
                return Outcome(_checked(asked, in_force()), patient=dict(patient))
            except OffBodyError:
                continue
        return Outcome(message=FAILED, field="computation")
    except NeedlemapError as error:
        return Outcome(message=error_words(error, units), field=error.field or "site")
    except Exception:
        _LOG.exception("the check failed for the page")
        return Outcome(message=FAILED, field="computation")


@cached(maxsize=64)
def _checked(asked: str, policy: Policy) -> Assessment:
    """Return the check of site, needle and patient, given as JSON.

    Under the policy in force, by which answers are kept apart. Card, cross-section
    and 3D body ask the same question one after the other.
    """
    del policy
    request, needle, patient = json.loads(asked)
    return check_site(request, needle, patient)


def error_words(error: NeedlemapError, units: str | None = None) -> str:
    """Return an error in the words of the page instead of those of the contract.

    Bounds of height and weight are said in the units that the page shows.

    Examples
    --------
    >>> error_words(NeedlemapError("needle.depth_mm must be a number.", field="x"))
    'The planned depth must be a number.'
    """
    if error.given is None and error.field in MISSING:
        return MISSING[error.field]
    text = _bounds(error) if units == "imperial" else message_of(error)
    if isinstance(text, Message):
        return changed(text, "capital")
    for field in ("site.text", "site"):
        text = text.removeprefix(f"{field}: ")
    for fact in load_facts().facts:
        text = re.sub(rf"\bpatient\.{fact.name}\b", fact.label, text)
    for field, words in WORDS.items():
        text = text.replace(field, words)
    return text[:1].upper() + text[1:]


def message_of(error: NeedlemapError) -> str:
    """Return what an error says, still a message if it was raised with one.

    Examples
    --------
    >>> message_of(NeedlemapError("depth must be a number."))
    'depth must be a number.'
    """
    kept = isinstance(error.message, Message) and not error.suggestions
    return error.message if kept else str(error)


def _bounds(error: NeedlemapError) -> str:
    """Return an error about a figure out of range in feet and pounds."""
    fact = load_facts().by_name().get((error.field or "").removeprefix("patient."))
    given = error.given
    if (
        not isinstance(error, OutOfRangeError)
        or fact is None
        or fact.range is None
        or fact.unit not in ("cm", "kg")
        or not isinstance(given, (int, float))
        or fact.range[0] <= given <= fact.range[1]
    ):
        return str(error)
    low, high, this = (
        quantity_words(v, fact.unit, "imperial") for v in (*fact.range, given)
    )
    return _(
        "{label} must be from {low} to {high}; got {this}.",
        label=fact.label,
        low=low,
        high=high,
        this=this,
    )


def marked_areas(
    body_name: str, patient: Mapping[str, Any]
) -> list[tuple[Any, float, str]]:
    """Return the areas that were marked: place (mm), radius (mm), label.

    For a part of the body, such as a swollen arm, the place is its name.
    """
    found: list[tuple[Any, float, str]] = []
    catalogue = load_facts().by_name()
    for name, value in patient.items():
        if not isinstance(value, list):
            continue
        label = catalogue[name].label if name in catalogue else name
        for item in value:
            if isinstance(item, str):
                found.append((item, 0.0, label))
            elif isinstance(item, Mapping) and "site" in item:
                try:
                    there = place(body_name, item["site"])
                except NeedlemapError:
                    continue
                radius = float(item.get("radius_mm", 20.0))
                found.append((there["xyz"], radius, label))
    return found


def still_stated(stated: Iterable[str], patient: Mapping[str, Any]) -> list[str]:
    """Return of facts stated together those that are still a no, by name.

    Examples
    --------
    >>> still_stated(["pregnant", "faints"], {"pregnant": True, "faints": False})
    ['faints']
    """
    known = load_facts().by_name()
    return sorted(n for n in set(stated) if n in known and patient.get(n) is False)
