"""Techniques of muscles in words, each part with what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.messages import changed, joined, named
from anatomy.messages import message as _
from anatomy.muscles.technique_models import Depth, EndPoint, People, Technique
from anatomy.muscles.techniques import load_technique_sources, techniques_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anatomy.muscles.usual_plan import UsualPlan

#: What a technique or a figure rests on, in words.
BASIS_WORDS = {
    "published": _("published"),
    "taught": _("taught (course, manual or guideline)"),
    "memory": _("from memory, no source seen"),
    "ours": _("assumed by us"),
}
#: How a source was read, in words.
READ_WORDS = {
    "fulltext": _("read in full"),
    "excerpt": _("the passage read, not the whole"),
    "abstract": _("abstract read"),
    "secondary": _("known only through another source"),
    "memory": _("from memory, source not seen"),
}
GRIP_WORDS = {
    "flat": _("flat palpation"),
    "pincer": _("pincer, muscle lifted in a fold"),
    "bone": _("held against bone"),
    "tangential": _("tangential"),
}
#: Where a needle stops, in words.
END_WORDS = {
    "bone": _("bone"),
    "muscle": _("muscle"),
    "fold": _("fold"),
    "other": _("other"),
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
    if low == high:
        return _("{mm:g} mm", mm=low)
    return _("{low:g} to {high:g} mm", low=low, high=high)


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
    said = way.words or (_("toward {aim}", aim=way.aim) if way.aim else "")
    if way.tilt_deg == 0:
        angle = _("straight in")
    elif way.tilt_deg is None:
        angle = _("angle not given")
    elif way.toward:
        angle = _("{tilt:g}° {toward}", tilt=way.tilt_deg, toward=named(way.toward))
    else:
        angle = _("{tilt:g}° (direction not given)", tilt=way.tilt_deg)
    return joined([said, angle], ": ") if said else angle


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
        (_("Posture"), "posture", technique.posture),
        (_("Entry"), "entry", technique.entry),
        (_("Grip"), "grip", GRIP_WORDS.get(technique.grip or "", "")),
        (_("Fold"), "fold", technique.fold),
    ):
        if value:
            parts.append((name, value, basis(field)))
    way = technique.direction
    parts.append(
        (_("Direction"), direction_words(technique), BASIS_WORDS[way.basis])
        if way
        else (_("Direction"), _("not given"), "")
    )
    depth = technique.depth
    if depth:
        rests = BASIS_WORDS[depth.basis]
        if depth.n:
            many = _("{n:d} {unit}", n=depth.n, unit=depth.unit)
            rests = joined([rests, many], ", ")
        parts.append((_("Depth"), _depth_words(depth), rests))
    else:
        parts.append((_("Depth"), _("not given"), ""))
    end = technique.end_point
    if end:
        parts.append((_("Stops at"), _end_words(end), basis_of(end)))
    needle = technique.needle
    if needle:
        sizes = [span_words(needle.length_mm or ())]
        if needle.gauge_mm:
            thick = span_words(needle.gauge_mm)
            sizes.append(_("{thickness} thick", thickness=thick))
        told = _(
            "{sizes} (its length is no depth)",
            sizes=joined(filter(None, sizes), ", "),
        )
        parts.append((_("Needle"), told, basis_of(needle)))
    people = technique.people
    if people:
        parts.append((_("Done in"), _harm_words(people), basis("people.unharmed")))
    if technique.warned_of:
        parts.append((_("Warned of"), joined(technique.warned_of, ", "), whole))
    if technique.note:
        parts.append((_("Note"), technique.note, ""))
    cited = "; ".join(map(cite or cited_as, technique.sources)) or _("none")
    # the catalogue's source stands for the place when the technique is from memory
    memory = technique.basis == "memory"
    name = _("Source of the place") if memory else _("Source")
    parts.append((name, cited, READ_WORDS[technique.read]))
    return parts


def _depth_words(depth: Depth) -> str:
    """Return how deep, and what that depth is."""
    size = span_words([depth.min_mm, depth.mean_mm, depth.max_mm])
    if depth.kind == "inserted":
        return _("inserted {depth}", depth=size)
    if depth.kind == "limit":
        return _("not deeper than {depth}", depth=size)
    if depth.kind == "guide":
        return _("rough figure {depth}", depth=size)
    return _("depth of the muscle, not of a needle: {depth}", depth=size)


def _end_words(end: EndPoint) -> str:
    """Return where a needle stops."""
    kind = END_WORDS[end.kind]
    return joined([kind, end.what]) if end.what else kind


def people_words(people: People) -> str:
    """Return in how many a technique was done.

    Examples
    --------
    >>> people_words(People(n=1, unit="people"))
    '1 person'
    """
    if (people.n, people.unit) == (1, "people"):
        return _("1 person")
    return _("{n:d} {unit}", n=people.n, unit=people.unit)


def _harm_words(people: People) -> str:
    """Return in how many a technique was done, and with what harm."""
    many = people_words(people)
    if people.unharmed is None:
        return joined([many, _("injuries not stated in what was read")], "; ")
    unharmed = _("{n:d} without injury", n=people.unharmed)
    return joined([many, unharmed], "; ")


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
    depth = _("depth not known")
    if plan.depth_mm:
        depth = _("{mm:g} mm", mm=plan.depth_mm)
    needle = _("needle not known")
    if plan.length_mm:
        needle = _("{mm:g} mm needle", mm=plan.length_mm)
    if isinstance(plan.direction, dict):
        way = _(
            "{tilt:g}° {toward}",
            tilt=plan.direction["tilt_deg"],
            toward=named(str(plan.direction["toward"])),
        )
    elif plan.open_tilt_deg:
        way = _("tilted")
    else:
        way = _("straight in") if plan.direction else _("angle not known")
    text = _("{depth} of a {needle}, {way}", depth=depth, needle=needle, way=way)
    basis = BASIS_WORDS[plan.technique.basis]
    return joined([text, basis, *plan.gaps], "; ")


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
    found: list[tuple[str, list[Part]]] = []
    for technique in techniques_of(muscle, site):
        heading: str = changed(BASIS_WORDS[technique.basis], "capital")
        if not technique.usual:
            heading = joined([heading, _("not a usual technique")], ", ")
        heading = joined([heading, technique.id], ": ")
        found.append((heading, technique_parts(technique, cite)))
    return found
