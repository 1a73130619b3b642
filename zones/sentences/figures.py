"""Chances, depths, plans, policies in words: the same on page, paper and terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from anatomy.messages import joined, named
from anatomy.messages import message as _
from anatomy.places.said import bone_name
from anatomy.store import cached
from zones.contract.models import BoneAhead, Verdict
from zones.knowledge.structures.zone_files import load_zones
from zones.sentences.frequency import one_in
from zones.sentences.limits import given_mm, nearest_mm, span_mm, whole_mm
from zones.sentences.words import load_words

SHIPPED = "needlemap"


class Known(Protocol):
    """How deep people have a structure and what that rests on; a finding, or data."""

    @property
    def earliest_mm(self) -> float | None: ...  # noqa: D102
    @property
    def typical_mm(self) -> float | None: ...  # noqa: D102
    @property
    def sd_mm(self) -> float | None: ...  # noqa: D102
    @property
    def basis(self) -> str | None: ...  # noqa: D102
    @property
    def people(self) -> int | None: ...  # noqa: D102


class Met(Known, Protocol):
    """A finding of a structure, of an answer or as a record keeps it."""

    @property
    def verdict(self) -> Verdict: ...  # noqa: D102
    @property
    def reached_at_mm(self) -> float | None: ...  # noqa: D102
    @property
    def p_meet(self) -> float | None: ...  # noqa: D102
    @property
    def p_meet_arm_away(self) -> float | None: ...  # noqa: D102
    @property
    def p_meet_interval(self) -> tuple[float, float] | None: ...  # noqa: D102


def from_words(finding: Met) -> str:
    """Return from which length of needle a structure counts; empty for none."""
    if finding.reached_at_mm is None:
        return ""
    verdict = Verdict(finding.verdict)
    depth = whole_mm(finding.reached_at_mm)
    if verdict == Verdict.CAUTION:
        return _("caution from {depth}", depth=depth)
    if verdict == Verdict.NO_KNOWN_DANGER:
        return _("warning from {depth}", depth=depth)
    return _("danger from {depth}", depth=depth)


def depth_words(finding: Met) -> str:
    """Return from where a structure counts and how deep people have it, in words."""
    parts = []
    if finding.verdict > Verdict.NO_KNOWN_DANGER and from_words(finding):
        parts.append(from_words(finding))
    return joined(filter(None, [*parts, people_words(finding)]), "; ")


def people_words(finding: Known) -> str:
    """Return how deep people have a structure, in words; empty if not known."""
    if finding.typical_mm is None:
        return ""
    half = _("within {depth} in half", depth=nearest_mm(finding.typical_mm))
    if finding.sd_mm is not None:
        half = _(
            "within {depth} in half (SD {sd})",
            depth=nearest_mm(finding.typical_mm),
            sd=nearest_mm(finding.sd_mm),
        )
    if finding.earliest_mm is None:
        return half
    first = _("within {depth} in 1 in 40 people", depth=whole_mm(finding.earliest_mm))
    return joined([first, half], ", ")


def chance_words(finding: Met) -> str:
    """Return how many needles placed as planned reach a structure; empty if not known.

    Examples
    --------
    >>> from zones import check_site
    >>> answer = check_site({"text": "6 cm left of T4"}, {"depth_mm": 25})
    >>> chance_words(answer.findings[0]).startswith("Reached by ")
    True
    """
    if finding.p_meet is None:
        return ""
    if finding.p_meet_arm_away is not None:
        return _(
            "Reached by {many} needles placed like this; with the arm overhead or "
            "behind the back by {raised}",
            many=one_in(finding.p_meet),
            raised=one_in(finding.p_meet_arm_away),
        )
    return _("Reached by {many} needles placed like this", many=one_in(finding.p_meet))


def basis_words(finding: Known) -> str:
    """Return what a depth rests on, and how many people stand behind it."""
    basis = load_words().basis.get(finding.basis or "", "")
    if not basis or not finding.people:
        return basis
    return _("{basis}, {people:,d} people", basis=basis, people=finding.people)


def interval_words(finding: Met) -> str:
    """Return between which chances the true one may lie; empty if not known."""
    if finding.p_meet_interval is None:
        return ""
    low, high = (one_in(chance) for chance in finding.p_meet_interval)
    if low == high:
        return _(
            "95 % interval, from the number of people: {low} at both ends.", low=low
        )
    return _(
        "95 % interval, from the number of people: {low} to {high}.", low=low, high=high
    )


def bone_words(bone: BoneAhead) -> str:
    """Return which bone is expected and when, in words.

    Examples
    --------
    >>> bone_words(BoneAhead(name="scapula", share=0.96, from_mm=27.9, to_mm=50.3))
    'scapula expected at 27 to 50 mm, met by about 96 in 100 needles placed here'
    """
    return _(
        "{bone} expected at {span}, met by {many} needles placed here",
        bone=bone_name(bone.name),
        span=bone_span(bone),
        many=one_in(bone.share),
    )


def bone_span(bone: BoneAhead) -> str:
    """Return between which depths a bone is expected, both rounded down.

    Examples
    --------
    >>> bone_span(BoneAhead(name="scapula", share=1.0, from_mm=27.4, to_mm=39.6))
    '27 to 39 mm'
    """
    return span_mm(bone.from_mm, bone.to_mm)


def policy_words(name: str, *, looser: bool) -> str:
    """Return by which policy a risk became a verdict; empty for the shipped one.

    Examples
    --------
    >>> policy_words("needlemap", looser=False)
    ''
    >>> policy_words("Ward 7", looser=True)
    'Policy: Ward 7. LOOSER than the shipped one: it warns or refuses later.'
    """
    if looser:
        return _(
            "Policy: {name}. LOOSER than the shipped one: it warns or refuses later.",
            name=name,
        )
    return "" if name == SHIPPED else _("Policy: {name}.", name=name)


def needle_words(needle: Mapping[str, Any]) -> str:
    """Return a needle and its plan in words.

    Parameters
    ----------
    needle : mapping
        The needle of a request.

    Examples
    --------
    >>> needle_words({"length_mm": 40, "depth_mm": 25.0})
    '40 mm needle, 25 mm deep, perpendicular'
    >>> needle_words({"length_mm": 40, "grip": "pincer", "fold_mm": 30})
    '40 mm needle, depth not given, perpendicular, pincer grip, fold 30 mm'
    >>> needle_words({"diameter_mm": 0.3, "length_mm": 40, "depth_mm": 25.0})
    '0.30 × 40 mm needle, 25 mm deep, perpendicular'
    """
    depth = needle.get("depth_mm")
    parts = [
        _size_words(needle),
        _("depth not given")
        if depth is None
        else _("{depth} deep", depth=given_mm(depth)),
        direction_words(needle),
    ]
    fold = needle.get("fold_mm")
    if needle.get("grip") == "pincer":
        parts.append(_("pincer grip"))
        if fold is not None:
            parts.append(_("fold {thickness}", thickness=given_mm(fold)))
    elif needle.get("grip") == "bone":
        parts.append(_("to bone ({bone})", bone=bone_name(str(needle.get("bone")))))
    if needle.get("posture"):
        parts.append(named(str(needle["posture"])))
    if needle.get("arm"):
        parts.append(_("arm {position}", position=named(needle["arm"])))
    parts += map(seen_words, needle.get("measured") or ())
    if needle.get("electrical") is not None:
        current = needle["electrical"]
        parts.append(_("with current") if current else _("no current"))
    return joined(parts, ", ")


def _size_words(needle: Mapping[str, Any]) -> str:
    """Return a needle's diameter and length, as they are printed on its packet."""
    length, diameter = needle.get("length_mm"), needle.get("diameter_mm")
    if diameter is None:
        if length is None:
            return _("needle of unstated length")
        return _("{length} needle", length=given_mm(length))
    if length is None:
        return _("{mm:.2f} mm needle of unstated length", mm=diameter)
    return _("{mm:.2f} × {length} needle", mm=diameter, length=given_mm(length))


def direction_words(needle: Mapping[str, Any]) -> str:
    """Return the direction of a needle in words.

    Examples
    --------
    >>> direction_words({"direction": {"tilt_deg": 30, "toward": "medial"}})
    '30° medial'
    """
    direction = needle.get("direction") or "perpendicular"
    if isinstance(direction, Mapping) and "tilt_deg" in direction:
        toward = direction.get("toward")
        tilt = direction["tilt_deg"]
        if not toward:
            return _("{tilt:g}°", tilt=tilt)
        return _("{tilt:g}° {toward}", tilt=tilt, toward=named(toward))
    if isinstance(direction, Mapping):
        return _("vector {vector}", vector=str(direction.get("vector")))
    return named(str(direction))


def seen_words(seen: Mapping[str, Any]) -> str:
    """Return a depth seen in the patient, in words.

    Examples
    --------
    >>> seen_words({"structure": "pleura", "depth_mm": 24})
    'pleura and lung seen at 24 mm by ultrasound'
    """
    method = seen.get("method", "ultrasound")
    name = structure_names().get(seen["structure"], seen["structure"])
    return _(
        "{structure} seen at {depth} by {method}",
        structure=name,
        depth=given_mm(seen["depth_mm"]),
        method=named(method),
    )


@cached
def structure_names() -> Mapping[str, str]:
    """Return the structure of every zone, by its id."""
    return {zone.id: zone.structure for zone in load_zones()}
