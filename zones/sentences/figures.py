"""Chances, depths, plans, policies in words: the same on page, paper and terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from anatomy.store import cached
from zones.contract.models import BoneAhead, Verdict
from zones.knowledge.zone_files import load_zones
from zones.sentences.frequency import one_in
from zones.sentences.limits import given_mm, nearest_mm, whole_mm
from zones.sentences.words import load_words

SHIPPED = "needlemap"


class Met(Protocol):
    """A finding of a structure, of an answer or as a record keeps it."""

    @property
    def verdict(self) -> Verdict: ...  # noqa: D102
    @property
    def earliest_mm(self) -> float | None: ...  # noqa: D102
    @property
    def typical_mm(self) -> float | None: ...  # noqa: D102
    @property
    def sd_mm(self) -> float | None: ...  # noqa: D102
    @property
    def reached_at_mm(self) -> float | None: ...  # noqa: D102
    @property
    def p_meet(self) -> float | None: ...  # noqa: D102
    @property
    def p_meet_interval(self) -> tuple[float, float] | None: ...  # noqa: D102
    @property
    def basis(self) -> str | None: ...  # noqa: D102
    @property
    def people(self) -> int | None: ...  # noqa: D102


def from_words(finding: Met) -> str:
    """Return from which length of needle a structure counts; empty for none."""
    if finding.reached_at_mm is None:
        return ""
    verdict = Verdict(finding.verdict)
    grade = {Verdict.CAUTION: "caution", Verdict.NO_KNOWN_DANGER: "warning"}
    return f"{grade.get(verdict, 'danger')} from {whole_mm(finding.reached_at_mm)}"


def depth_words(finding: Met) -> str:
    """Return from where a structure counts and how deep people have it, in words."""
    parts = []
    if finding.verdict > Verdict.NO_KNOWN_DANGER and from_words(finding):
        parts.append(from_words(finding))
    return "; ".join(filter(None, [*parts, people_words(finding)]))


def people_words(finding: Met) -> str:
    """Return how deep people have a structure, in words; empty if not known."""
    if finding.typical_mm is None:
        return ""
    first = finding.earliest_mm
    low = "" if first is None else f"within {whole_mm(first)} in 1 in 40 people, "
    sd = finding.sd_mm
    spread = "" if sd is None else f" (SD {nearest_mm(sd)})"
    return f"{low}within {nearest_mm(finding.typical_mm)} in half{spread}"


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
    return f"Reached by {one_in(finding.p_meet)} needles placed like this"


def basis_words(finding: Met) -> str:
    """Return what a depth rests on, and how many people stand behind it."""
    basis = load_words().basis.get(finding.basis or "", "")
    if not basis or not finding.people:
        return basis
    return f"{basis}, {finding.people:,d} people"


def interval_words(finding: Met) -> str:
    """Return between which chances the true one may lie; empty if not known."""
    if finding.p_meet_interval is None:
        return ""
    low, high = (one_in(chance) for chance in finding.p_meet_interval)
    if low == high:
        return f"95 % interval, from the number of people: {low} at both ends."
    return f"95 % interval, from the number of people: {low} to {high}."


def bone_words(bone: BoneAhead) -> str:
    """Return which bone is expected and when, in words.

    Examples
    --------
    >>> bone_words(BoneAhead(name="scapula", share=0.96, from_mm=27.9, to_mm=50.3))
    'scapula expected at 27 to 50 mm, met by about 96 in 100 needles placed here'
    """
    met = f"met by {one_in(bone.share)} needles placed here"
    return f"{bone.name} expected at {bone_span(bone)}, {met}"


def bone_span(bone: BoneAhead) -> str:
    """Return between which depths a bone is expected, both rounded down.

    Examples
    --------
    >>> bone_span(BoneAhead(name="scapula", share=1.0, from_mm=27.4, to_mm=39.6))
    '27 to 39 mm'
    """
    low = whole_mm(bone.from_mm).removesuffix(" mm")
    return f"{low} to {whole_mm(bone.to_mm)}"


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
        return (
            f"Policy: {name}. LOOSER than the shipped one: it warns or refuses later."
        )
    return "" if name == SHIPPED else f"Policy: {name}."


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
    """
    length, depth = needle.get("length_mm"), needle.get("depth_mm")
    parts = [
        "needle of unstated length" if length is None else f"{given_mm(length)} needle",
        "depth not given" if depth is None else f"{given_mm(depth)} deep",
        direction_words(needle),
    ]
    fold = needle.get("fold_mm")
    if needle.get("grip") == "pincer":
        parts.append("pincer grip")
        if fold is not None:
            parts.append(f"fold {given_mm(fold)}")
    elif needle.get("grip") == "bone":
        parts.append(f"to bone ({needle.get('bone')})")
    if needle.get("posture"):
        parts.append(str(needle["posture"]))
    if needle.get("arm"):
        parts.append(f"arm {needle['arm']}")
    parts += map(seen_words, needle.get("measured") or ())
    if needle.get("electrical") is not None:
        parts.append("with current" if needle["electrical"] else "no current")
    return ", ".join(parts)


def direction_words(needle: Mapping[str, Any]) -> str:
    """Return the direction of a needle in words.

    Examples
    --------
    >>> direction_words({"direction": {"tilt_deg": 30, "toward": "medial"}})
    '30° medial'
    """
    direction = needle.get("direction") or "perpendicular"
    if isinstance(direction, Mapping) and "tilt_deg" in direction:
        return f"{direction['tilt_deg']:g}° {direction.get('toward', '')}".strip()
    if isinstance(direction, Mapping):
        return f"vector {direction.get('vector')}"
    return str(direction)


def seen_words(seen: Mapping[str, Any]) -> str:
    """Return a depth seen in the patient, in words.

    Examples
    --------
    >>> seen_words({"structure": "pleura", "depth_mm": 24})
    'pleura and lung seen at 24 mm by ultrasound'
    """
    method = seen.get("method", "ultrasound")
    name = structure_names().get(seen["structure"], seen["structure"])
    return f"{name} seen at {given_mm(seen['depth_mm'])} by {method}"


@cached
def structure_names() -> Mapping[str, str]:
    """Return the structure of every zone, by its id."""
    return {zone.id: zone.structure for zone in load_zones()}
