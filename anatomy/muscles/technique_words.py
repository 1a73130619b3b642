"""Techniques of muscles in words, each part with what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.muscles.technique_models import Technique
from anatomy.muscles.techniques import load_technique_sources, techniques_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anatomy.muscles.usual_plan import UsualPlan

#: What a technique or a figure rests on, in words.
BASIS_WORDS = {
    "published": "published",
    "taught": "taught (course, manual or guideline)",
    "memory": "from memory, no source seen",
    "ours": "assumed by us",
}
#: How a source was read, in words.
READ_WORDS = {
    "fulltext": "read in full",
    "excerpt": "the passage read, not the whole",
    "abstract": "abstract read",
    "secondary": "known only through another source",
    "memory": "from memory, source not seen",
}
GRIP_WORDS = {
    "flat": "flat palpation",
    "pincer": "pincer, muscle lifted in a fold",
    "bone": "held against bone",
    "tangential": "tangential",
}
DEPTH_WORDS = {
    "inserted": "inserted",
    "limit": "not deeper than",
    "guide": "rough figure",
    "muscle": "depth of the muscle, not of a needle:",
}

#: A part's name, its value and what it rests on.
Part = tuple[str, str, str]


def span_words(values: Sequence[float | None]) -> str:
    """Return lengths as a span in millimetres; empty when none is known.

    Examples
    --------
    >>> span_words([30, 50]), span_words([40, 40]), span_words([None, None])
    ('30 to 50 mm', '40 mm', '')
    """
    known = sorted({v for v in values if v is not None})
    if not known:
        return ""
    low, high = known[0], known[-1]
    return f"{low:g} mm" if low == high else f"{low:g} to {high:g} mm"


def direction_words(technique: Technique) -> str:
    """Return which way the needle goes, as far as it is known.

    Examples
    --------
    >>> from anatomy.muscles.techniques import techniques_of
    >>> direction_words(techniques_of("thoracolumbar multifidus")[0])
    '22 deg medial: 22° medial'
    """
    way = technique.direction
    if way is None:
        return ""
    said = way.words or (f"toward {way.aim}" if way.aim else "")
    if way.tilt_deg == 0:
        angle = "straight in"
    elif way.tilt_deg is not None:
        angle = f"{way.tilt_deg:g}° {way.toward or '(direction not given)'}"
    else:
        angle = "angle not given"
    return f"{said}: {angle}" if said else angle


def technique_parts(
    technique: Technique, cite: Callable[[str], str] | None = None
) -> list[Part]:
    """Return the parts of a technique: name, value, and what that rests on.

    Parameters
    ----------
    technique : Technique
    cite : callable, optional
        Turns the id of a source into words; `cited_as` by default.

    Returns
    -------
    list of (str, str, str)
        What no source says is said to be unknown, not left out.

    Examples
    --------
    >>> from anatomy.muscles.techniques import techniques_of
    >>> parts = technique_parts(techniques_of("supinator")[0])
    >>> [part for part in parts if part[0] == "Depth"]
    [('Depth', 'inserted 16.4 mm', 'published, 10 limbs')]
    """
    whole = BASIS_WORDS[technique.basis]

    def basis(field: str, own: str | None = None) -> str:
        return BASIS_WORDS["ours"] if field in technique.ours else own or whole

    parts: list[Part] = []
    for name, field, value in (
        ("Posture", "posture", technique.posture),
        ("Entry", "entry", technique.entry),
        ("Grip", "grip", GRIP_WORDS.get(technique.grip or "", "")),
        ("Fold", "fold", technique.fold),
    ):
        if value:
            parts.append((name, value, basis(field)))
    way = technique.direction
    parts.append(
        ("Direction", direction_words(technique), BASIS_WORDS[way.basis])
        if way
        else ("Direction", "not given", "")
    )
    depth = technique.depth
    if depth:
        size = span_words([depth.min_mm, depth.mean_mm, depth.max_mm])
        many = f", {depth.n} {depth.unit}" if depth.n else ""
        told = f"{DEPTH_WORDS[depth.kind]} {size}"
        parts.append(("Depth", told, BASIS_WORDS[depth.basis] + many))
    else:
        parts.append(("Depth", "not given", ""))
    end = technique.end_point
    if end:
        parts.append(("Stops at", f"{end.kind} {end.what}".strip(), basis_of(end)))
    needle = technique.needle
    if needle:
        sizes = [
            span_words(needle.length_mm or ()),
            span_words(needle.gauge_mm or ()).replace(" mm", " mm thick"),
        ]
        told = ", ".join(filter(None, sizes))
        parts.append(("Needle", f"{told} (its length is no depth)", basis_of(needle)))
    people = technique.people
    if people:
        harm = (
            "injuries not stated in what was read"
            if people.unharmed is None
            else f"{people.unharmed} without injury"
        )
        unit = "person" if (people.n, people.unit) == (1, "people") else people.unit
        told = f"{people.n} {unit}; {harm}"
        parts.append(("Done in", told, basis("people.unharmed")))
    if technique.warned_of:
        parts.append(("Warned of", ", ".join(technique.warned_of), whole))
    if technique.note:
        parts.append(("Note", technique.note, ""))
    cited = "; ".join(map(cite or cited_as, technique.sources)) or "none"
    # the catalogue's source stands for the place when the technique is from memory
    name = "Source of the place" if technique.basis == "memory" else "Source"
    parts.append((name, cited, READ_WORDS[technique.read]))
    return parts


def basis_of(figure: object) -> str:
    """Return what a figure rests on, in words; empty when it does not say.

    Examples
    --------
    >>> from anatomy.muscles.technique_models import Needle
    >>> basis_of(Needle(length_mm=(30, 30), basis="ours"))
    'assumed by us'
    """
    return BASIS_WORDS.get(getattr(figure, "basis", ""), "")


def cited_as(source: str) -> str:
    """Return a source as it is cited: authors, year, title; else as it is.

    Examples
    --------
    >>> cited_as("miri-2020").startswith("Miri M")
    True
    >>> cited_as("a course")
    'a course'
    """
    known = load_technique_sources().get(source)
    if known is None:
        return source
    who = " ".join(filter(None, [known.authors, str(known.year or "")]))
    return ", ".join(filter(None, [who, known.title]))


def plan_words(plan: UsualPlan) -> str:
    """Return a usual plan in words, with what it rests on and what is not known.

    Examples
    --------
    >>> from anatomy.muscles.usual_plan import usual_plan
    >>> plan_words(usual_plan("supinator"))
    '16.4 mm of a 30 mm needle, straight in; published'
    """
    depth = f"{plan.depth_mm:g} mm" if plan.depth_mm else "depth not known"
    size = f"{plan.length_mm:g} mm needle" if plan.length_mm else "needle not known"
    if isinstance(plan.direction, dict):
        way = f"{plan.direction['tilt_deg']:g}° {plan.direction['toward']}"
    elif plan.open_tilt_deg:
        way = "tilted"
    else:
        way = "straight in" if plan.direction else "angle not known"
    text = f"{depth} of a {size}, {way}; {BASIS_WORDS[plan.technique.basis]}"
    return "; ".join([text, *plan.gaps])


def site_techniques(
    muscle: str, site: str, cite: Callable[[str], str] | None = None
) -> list[tuple[str, list[Part]]]:
    """Return the techniques for a site, the one to plan by first: heading and parts.

    Parameters
    ----------
    muscle, site : str
    cite : callable, optional
        As for `technique_parts`.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> site_techniques("teres major", "posterior axillary fold")[0][0]
    'From memory, no source seen: mus-teres-major'
    """
    found = []
    for technique in techniques_of(muscle, site):
        basis = BASIS_WORDS[technique.basis]
        usual = "" if technique.usual else ", not a usual technique"
        heading = f"{basis[0].upper()}{basis[1:]}{usual}: {technique.id}"
        found.append((heading, technique_parts(technique, cite)))
    return found
