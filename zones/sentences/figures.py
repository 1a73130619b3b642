"""Chances, depths, plans, policies in words: the same on page, paper and terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from zones.contract.models import BoneAhead, Verdict
from zones.sentences.frequency import one_in
from zones.sentences.limits import given_mm, nearest_mm, whole_mm

#: What a depth rests on.
BASIS = {
    "measured": "measured at this place",
    "pooled": "pooled from several studies",
    "carried": "taken from another place of the same structure",
    "layer": "from the layers in front of it",
    "unknown": "no depth was found in the literature",
}
SHIPPED = "needlemap"
#: Open questions about the plan.
PLAN_WORDS = {
    "depth_mm": "planned depth",
    "electrical": "current through the needle",
    "arm": "position of the arm",
    "posture": "posture",
}
#: From which length on a structure counts, by its verdict.
_FROM = {Verdict.DANGER: "danger", Verdict.CAUTION: "caution"}


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


def depth_words(finding: Met) -> str:
    """Return from where a structure counts and how deep people have it, in words."""
    parts = []
    grade = _FROM.get(Verdict(finding.verdict))
    if finding.reached_at_mm is not None and grade is not None:
        parts.append(f"{grade} from {whole_mm(finding.reached_at_mm)}")
    if finding.typical_mm is not None:
        if finding.earliest_mm is not None:
            parts.append(f"1 in 40 have it by {whole_mm(finding.earliest_mm)}")
        spread = (
            f" (SD {nearest_mm(finding.sd_mm)})" if finding.sd_mm is not None else ""
        )
        parts.append(f"half by {nearest_mm(finding.typical_mm)}{spread}")
    return ", ".join(parts)


def chance_words(finding: Met) -> str:
    """Return how many needles set as planned meet a structure; empty if not known.

    Examples
    --------
    >>> from zones import check_site
    >>> answer = check_site({"text": "6 cm left of T4"}, {"depth_mm": 25})
    >>> chance_words(answer.findings[0]).startswith("Met by ")
    True
    """
    if finding.p_meet is None:
        return ""
    return f"Met by {one_in(finding.p_meet)} needles set like this"


def basis_words(finding: Met) -> str:
    """Return what a depth rests on, and how many people stand behind it."""
    basis = BASIS.get(finding.basis or "", "")
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
    'scapula expected at 27 to 50 mm, met by about 96 in 100 needles'
    """
    low, high = whole_mm(bone.from_mm).removesuffix(" mm"), whole_mm(bone.to_mm)
    met = f"met by {one_in(bone.share)} needles"
    return f"{bone.name} expected at {low} to {high}, {met}"


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


def held_words(needle: Mapping[str, Any]) -> list[str]:
    """Return grip, fold, bone, posture, arm and depths seen of a plan, in words.

    Parameters
    ----------
    needle : mapping
        The needle of a request; what was not said is left out.

    Examples
    --------
    >>> held_words({"grip": "pincer", "fold_mm": 30, "arm": "overhead"})
    ['pincer grip, fold 30 mm', 'arm overhead']
    >>> held_words({"length_mm": 40})
    []
    """
    found = []
    if needle.get("grip") == "pincer":
        fold = needle.get("fold_mm")
        found.append(
            "pincer grip" if fold is None else f"pincer grip, fold {given_mm(fold)}"
        )
    elif needle.get("grip") == "bone":
        found.append(f"aimed at bone ({needle.get('bone')})")
    if needle.get("posture"):
        found.append(str(needle["posture"]))
    if needle.get("arm"):
        found.append(f"arm {needle['arm']}")
    return [*found, *map(seen_words, needle.get("measured") or ())]


def seen_words(seen: Mapping[str, Any]) -> str:
    """Return a depth seen in the patient, in words.

    Examples
    --------
    >>> seen_words({"structure": "pleura", "depth_mm": 24})
    'pleura seen at 24 mm by ultrasound'
    """
    method = seen.get("method", "ultrasound")
    return f"{seen['structure']} seen at {given_mm(seen['depth_mm'])} by {method}"
