"""The cross-section in words: its text alternative, and what is met where."""

from __future__ import annotations

from typing import Any

from anatomy.messages import changed, joined
from anatomy.messages import message as _
from viewer.look.look import LOOKS, icon_uri
from viewer.state.terms import on_side, term
from zones.pictures.section_models import IN_PLANE_DEG, Band, Section
from zones.sentences.figures import bone_words, chance_words, from_words, people_words


def band_name(section: Section, band: Band) -> str:
    """Return a band's structure, with its side where both sides are in the picture."""
    both = sum(other.zone_id == band.zone_id for other in section.bands) > 1
    return on_side(band.side, band.structure) if both else band.structure


def longest(section: Section) -> float:
    """Return how far the needle could go in, mm; without end when nothing is known."""
    needle = section.needle
    return max(needle.length_mm or 0.0, needle.planned_mm or 0.0) or float("inf")


def alternative(section: Section) -> str:
    """Return what the picture shows, in words."""
    needle = section.needle
    parts: list[str] = [_("Cross-section. {title}.", title=section.title)]
    if needle.planned_mm is None:
        parts.append(_("The needle lies."))
    else:
        parts.append(_("The needle lies {depth:g} mm deep.", depth=needle.planned_mm))
    parts += [_sentence(section, band) for band in section.bands]
    if section.bone is not None:
        parts.append(_bone(section.bone))
    if section.muscles:
        parts.append(_muscles(section))
    parts += section.notes
    if section.blank:
        parts.append(section.blank)
    return joined(parts)


def _bone(bone: Any) -> str:
    return _("{bone}.", bone=changed(bone_words(bone), "capital"))


def _sentence(section: Section, band: Band) -> str:
    return _(
        "{structure}: {where}.",
        structure=on_side(band.side, band.structure),
        where=_where(section, band),
    )


def _where(section: Section, band: Band) -> str:
    """Return where a band lies, in the figures of the finding where there is one."""
    finding = band.finding
    parts: list[str] = []
    if finding is not None and finding.reached_at_mm is not None:
        depth = from_words(finding)
        parts.append(
            _("{depth} along this needle, past its end", depth=depth)
            if finding.reached_at_mm > longest(section)
            else _("{depth} along this needle", depth=depth)
        )
    else:
        parts.append(
            _("{away_mm:.0f} mm or more from the needle's line", away_mm=band.away_mm)
        )
    if finding is not None and finding.p_meet and section.needle.planned_mm:
        parts.append(changed(chance_words(finding), "lower first"))
    if finding is not None and finding.typical_mm is not None:
        parts.append(people_words(finding))
    elif not band.depth_known:
        parts.append(_("its depth is not known, so it is drawn from the skin"))
    if not band.known:
        parts.append(_("counts only if something that was not asked is true"))
    return joined(parts, ", ")


def _muscles(section: Section) -> str:
    """Return which muscles are drawn, the outermost first."""
    chosen = [band for band in section.muscles if band.chosen]
    others = [band for band in reversed(section.muscles) if not band.chosen]
    names = dict.fromkeys(term(band.name) for band in [*chosen, *others])
    thin = dict.fromkeys(
        term(band.name) for band in [*chosen, *others] if not band.measured
    )
    parts = [_("Muscles, schematic: {names}.", names=joined(list(names), ", "))]
    if thin:
        parts.append(
            _("Thickness not measured: {names}.", names=joined(list(thin), ", "))
        )
    return joined(parts)


def in_words(section: Section) -> list[Any]:
    """Return the picture as a list: what is met where, the gravest first."""
    from dash import html

    rows = [
        html.Li(
            [
                html.Img(
                    src=icon_uri(band.verdict),
                    width=16,
                    height=16,
                    alt=LOOKS[band.verdict].short,
                ),
                html.Span(
                    [
                        html.B(on_side(band.side, band.structure)),
                        ": ",
                        _where(section, band),
                    ]
                ),
            ]
        )
        for band in section.bands
    ]
    found: list[Any] = []
    if section.blank:
        found.append(html.P(section.blank, className="section-blank"))
    if rows:
        found.append(html.Ul(rows, className="section-list"))
    if section.bone is not None:
        found.append(html.P(_bone(section.bone)))
    found += [html.P(note) for note in section.notes]
    drawn = {band.zone_id for band in section.bands}
    elsewhere = [
        m.finding.structure or m.finding.id
        for m in section.meetings
        if m.finding.id not in drawn
    ]
    if elsewhere:
        found.append(
            html.P(
                _(
                    "Also counted, though not in this plane: {elsewhere}.",
                    elsewhere=joined(elsewhere, "; "),
                )
            )
        )
    if section.needle.off_plane_deg >= IN_PLANE_DEG:
        found.append(
            html.P(
                _(
                    "The needle leaves this plane by {off_plane_deg:.0f}°: its "
                    "shadow is drawn, shorter than it is.",
                    off_plane_deg=section.needle.off_plane_deg,
                )
            )
        )
    if section.muscles:
        found.append(html.P(_muscles(section)))
    if section.spread_mm >= 1.0:
        found.append(
            html.P(
                _(
                    "Dashed along the skin: the search area, {spread_mm:.0f} mm to "
                    "each side. "
                    "The answer is for its middle; a graver site within it is "
                    "named.",
                    spread_mm=section.spread_mm,
                )
            )
        )
    if section.left_out:
        found.append(
            html.P(
                _("{left_out} more nearby are not drawn.", left_out=section.left_out)
            )
        )
    body = _(
        "Drawn on the {body} reference body.", body=term(section.assessment.site.body)
    )
    found.append(html.P([body, " ", NOTE], className="help shown"))
    return found


NOTE = _(
    "Colour: the tissue, as in anatomy atlases. Shades: how many people have the "
    "structure there, from 1 in 40 (thin line) over half (outline) to 9 in 10. "
    "Outline: what reaching it can come to, doubled for STOP, full for danger, dotted "
    "for caution; heavier where the needle meets it, lighter far from it; dashed where "
    "its depth is unknown or it may not apply. "
    "How far into the body it goes is not known where it fades. "
    "From measurements in people, hung under an average skin, placing error included; "
    "not this patient's anatomy. Bones are the reference body's and may lie nearer the "
    "skin than in people: the bar at the needle shows where bone is expected. "
    "Muscles are drawn as a scheme from where they attach, thin where nobody measured "
    "how thick they are. Vessels and nerves without a zone are not drawn."
)
