"""The needle of the 3D body: where it lies and where it may first meet what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.look.look import LOOKS
from viewer.map.site_words import side_words
from viewer.state.page_state import Outcome
from viewer.state.terms import term
from zones.contract.direction import direction_vector
from zones.contract.models import Finding, Verdict
from zones.contract.needle import parse_needle
from zones.sentences.limits import whole_mm

#: Drawn of a needle whose length is not known: what stands out of the skin, and the
#: handle, mm.
OUTSIDE_MM, HANDLE_MM = 15.0, 25.0
#: Line drawn into the body when no depth is planned, mm.
UNPLANNED_MM = 30.0

#: Radius of the ring at the depth limit, mm, and places round it.
LIMIT_RING_MM, RING_PLACES = 5.0, 33
FOLD_NOTE = _("The lifted fold is drawn as a bow: what lies under it is met past it.")

Place = tuple[float, float, float]


@dataclass(frozen=True)
class Mark:
    """Where the needle may first meet a structure.

    Attributes
    ----------
    name : str
        The structure.
    verdict : Verdict
        Of its finding.
    xyz : (3,) tuple
        The place, mm.
    depth_mm : float
        On the needle's line: length of needle at which it is met. Off it: distance
        from the tip.
    on_line : bool
        Whether it lies on the needle's line.
    """

    name: str
    verdict: Verdict
    xyz: Place
    depth_mm: float
    on_line: bool


@dataclass(frozen=True)
class Plan:
    """A needle as the scene shows it; places in the body frame, mm.

    Attributes
    ----------
    entry : (3,) tuple
        Where it goes in: the skin, or the near side of a lifted fold.
    direction, normal : (3,) tuple
        Unit vectors: into the body along the needle, and out of the skin.
    depth_mm : float or None
        Planned depth as the check reckons with it; None when nothing is planned.
    tip : (3,) tuple or None
        ``entry + depth * direction``.
    outside, handle : (3,) tuple
        Where the shaft ends outside, and where its handle ends.
    beyond : tuple of places
        Line from the tip on: to the needle's length or the last mark.
    marks : tuple of Mark
        The gravest first, as on the card.
    limit_mm : float or None
        Deepest plan below DANGER, as the card has it.
    limit : tuple of places
        Ring round the needle there; empty without a limit.
    fold : tuple of places
        Bow of the lifted fold over the skin; empty for none.
    tilt_deg : float
        Angle from the inward normal.
    note : str
        What the picture leaves to say.
    """

    entry: Place
    direction: Place
    normal: Place
    depth_mm: float | None
    tip: Place | None
    outside: Place
    handle: Place
    beyond: tuple[Place, ...]
    marks: tuple[Mark, ...]
    limit_mm: float | None = None
    limit: tuple[Place, ...] = ()
    fold: tuple[Place, ...] = ()
    tilt_deg: float = 0.0
    note: str = ""

    @property
    def span_mm(self) -> float:
        """Length of all that is drawn of the needle, mm."""
        ends = [self.handle, self.tip or self.entry, *self.beyond]
        return float(max(np.linalg.norm(np.subtract(e, ends[0])) for e in ends))

    @property
    def middle(self) -> Place:
        """Middle of the needle."""
        deepest = self.beyond[-1] if self.beyond else self.tip or self.entry
        return _place((np.asarray(self.handle) + np.asarray(deepest)) / 2.0)


def _place(values: Any) -> Place:
    x, y, z = (float(v) for v in values)
    return (x, y, z)


def plan_of(
    site: Mapping[str, Any] | None, needle: Mapping[str, Any], outcome: Outcome
) -> Plan | None:
    """Return the needle of a page's state as the scene shows it.

    Parameters
    ----------
    site : mapping or None
        The site as the page keeps it.
    needle : mapping
        The needle's request.
    outcome : Outcome
        The answer that the card shows.

    Returns
    -------
    Plan or None
        None without a site. A needle that cannot be read is drawn without depth.

    Notes
    -----
    Where the card's answer is that of the other, stricter body, the marks lie at the
    card's depths along the needle drawn here, and the note says so.
    """
    if site is None:
        return None
    body = load_body(site["body"])
    point = body.skin.nearest(np.array(site["xyz"], dtype=float))
    skin = np.asarray(point.xyz, dtype=float)
    normal = np.asarray(body.skin.normal(point), dtype=float)
    note = ""
    try:
        wanted = parse_needle(dict(needle))
        direction, tilt = direction_vector(body, point, wanted, side=site["side"])
    except NeedlemapError:
        wanted, direction, tilt = parse_needle(None), -normal, 0.0
        note = _("The needle as entered cannot be drawn.")
    high = wanted.fold_mm or 0.0
    # what lies under a fold is met only past it
    entry = skin - high * direction
    planned = wanted.planned_mm
    depth = planned if np.isfinite(planned) else None
    answer = outcome.assessment
    limit = None if answer is None else answer.max_depth_mm
    marks: tuple[Mark, ...] = ()
    if answer is not None:
        here = answer.site.body == body.name
        marks = marks_of(answer.findings, entry, direction, here=here)
        if not here:
            note = _(
                "Depths as on the card: the {body} body is stricter.",
                body=term(answer.site.body),
            )
    out = OUTSIDE_MM
    if wanted.length_mm is not None and depth is not None:
        out = max(wanted.length_mm - depth, 2.0)
    deepest = [mark.depth_mm for mark in marks if mark.on_line]
    reach = max([wanted.length_mm or 0.0, UNPLANNED_MM * (depth is None), *deepest])
    start = entry + (depth or 0.0) * direction
    beyond = (start, entry + reach * direction) if reach > (depth or 0.0) else ()
    return Plan(
        entry=_place(entry),
        direction=_place(direction),
        normal=_place(normal),
        depth_mm=depth,
        tip=None if depth is None else _place(entry + depth * direction),
        outside=_place(entry - out * direction),
        handle=_place(entry - (out + HANDLE_MM) * direction),
        beyond=tuple(_place(end) for end in beyond),
        marks=marks,
        limit_mm=limit,
        limit=() if limit is None else _ring(entry + limit * direction, direction),
        fold=_bow(skin, direction, high),
        tilt_deg=tilt,
        note=note or (FOLD_NOTE if high else ""),
    )


def _across(direction: Any) -> tuple[Any, Any]:
    """Return two unit vectors at right angles to a needle and to each other."""
    helper = np.eye(3)[int(np.abs(direction).argmin())]
    first = np.cross(direction, helper)
    first = first / np.linalg.norm(first)
    return first, np.cross(direction, first)


def _ring(middle: Any, direction: Any) -> tuple[Place, ...]:
    """Return a ring round the needle at a place of it."""
    first, second = _across(direction)
    turn = np.linspace(0.0, 2.0 * np.pi, RING_PLACES)
    ring = np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second
    return tuple(_place(spot) for spot in middle + LIMIT_RING_MM * ring)


def _bow(skin: Any, direction: Any, high: float) -> tuple[Place, ...]:
    """Return a lifted fold as a bow over the skin, as high as it is thick."""
    if high <= 0.0:
        return ()
    first, _second = _across(direction)
    turn = np.linspace(0.0, np.pi, RING_PLACES)
    bow = np.cos(turn)[:, None] * first - np.sin(turn)[:, None] * direction
    return tuple(_place(spot) for spot in skin + high * bow)


def marks_of(
    findings: list[Finding], entry: Any, direction: Any, *, here: bool = True
) -> tuple[Mark, ...]:
    """Return where a needle first meets what its findings name.

    Parameters
    ----------
    findings : list of Finding
        Of the assessment, in its order.
    entry, direction : (3,) array
        The needle: entry in mm, unit vector.
    here : bool
        Whether the findings' places are of the body shown; else only their depths
        along the needle count.
    """
    found = []
    for finding in findings:
        if finding.kind != "zone" or finding.verdict < Verdict.CAUTION:
            continue
        name = finding.structure or finding.id
        if finding.reached_at_mm is not None:
            met = np.asarray(entry) + finding.reached_at_mm * np.asarray(direction)
            found.append(
                Mark(name, finding.verdict, _place(met), finding.reached_at_mm, True)
            )
        elif finding.nearest is not None and here:
            off = finding.nearest
            found.append(
                Mark(name, finding.verdict, off.xyz_mm, off.distance_mm, False)
            )
    return tuple(found)


def label_text(mark: Mark) -> str:
    """Return what is written beside a mark.

    Examples
    --------
    >>> label_text(Mark("lung", Verdict.DANGER, (0, 0, 0), 9.4, True))
    'lung from 9 mm'
    """
    if mark.on_line:
        return _("{name} from {depth}", name=mark.name, depth=whole_mm(mark.depth_mm))
    return _(
        "{name}, {depth} from the tip", name=mark.name, depth=whole_mm(mark.depth_mm)
    )


def scene_words(site: Mapping[str, Any] | None, plan: Plan | None, words: str) -> str:
    """Return the scene in words, for those who do not see it.

    Parameters
    ----------
    site : mapping or None
        The site as the page keeps it.
    plan : Plan or None
        The needle.
    words : str
        The site in words.
    """
    if site is None or plan is None:
        return _("3D body. No needle placed.")
    parts: list[str] = [
        _(
            "3D body, {body}. {side}: {words}.",
            body=term(site["body"]),
            side=side_words(site["side"]),
            words=words,
        )
    ]
    if plan.depth_mm is None:
        parts.append(_("No depth planned."))
    else:
        lean = (
            _(", tilted {tilt:g} degrees", tilt=plan.tilt_deg) if plan.tilt_deg else ""
        )
        parts.append(
            _("Needle {depth:g} mm deep{lean}.", depth=plan.depth_mm, lean=lean)
        )
    if plan.limit_mm is not None:
        parts.append(
            _("Limit {limit}.", limit=whole_mm(plan.limit_mm))
            if plan.limit_mm > 0
            else _("No depth is acceptable.")
        )
    met = [joined([LOOKS[m.verdict].short, label_text(m)], ": ") for m in plan.marks]
    first = joined(met, "; ")
    parts.append(
        _("Counts: {first}.", first=first) if met else _("No structure is marked.")
    )
    if plan.note:
        parts.append(plan.note)
    return joined(parts)
