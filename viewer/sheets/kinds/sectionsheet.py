"""The sheet of a cross-section."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.look.look import LOOKS
from viewer.section.pen import Size
from viewer.section.view import section_svg
from viewer.section.words import NOTE, alternative
from viewer.sheets.flow import Flow, Row
from viewer.sheets.paper import LEAST_MM, MARGIN, Stamp, page_foot, page_head, today
from viewer.sheets.pen import GREY, PAPER, Page, high, icon, placed, width, wrap
from viewer.state.terms import term
from viewer.text.terminal.text import ASKED
from zones.check.site import check_site
from zones.knowledge.facts import load_facts
from zones.pictures.section import site_section
from zones.pictures.section_models import View
from zones.sentences.figures import needle_words
from zones.sentences.presentation import Presentation, present


def section_figure(
    site: Any,
    needle: Any = None,
    patient: Any = None,
    *,
    view: View = "needle",
    date: datetime.date | None = None,
) -> list[Page]:
    """Return the sheet of a cross-section: a check at a site, drawn and in words.

    Parameters
    ----------
    site, needle, patient
        As for `zones.check_site`.
    view : {"needle", "axial"}
        Plane, as for `zones.pictures.section.site_section`.
    date : date, optional
        Date on the sheet.

    Raises
    ------
    NeedlemapError
        When the request cannot be answered.

    Examples
    --------
    >>> section_figure({"text": "6 cm left of T4"}, {"depth_mm": 25})[0].width
    297.0
    """
    size = Size(1020, 740, 230, 16.0)
    answer = check_site(site, needle, patient)
    said = present(answer)
    section = site_section(
        answer,
        needle,
        patient,
        view=view,
        aspect=size.aspect,
        muscle=_muscle(site),
    )
    stamp = Stamp(date or today())
    short, long = PAPER["A4"]
    page = Page(
        long,
        short,
        _("Cross-section, {description}", description=answer.site.description),
    )
    y = page_head(
        page,
        said.place,
        joined([section.title, _asked(needle, patient), said.body], " · "),
        scale=0.85,
    )
    low = page_foot(page, stamp)
    room = long - 2 * MARGIN
    cited = [s for f in answer.findings for s in f.sources]
    unique = list(dict.fromkeys(cited))
    text = _(
        "Sources ({n}): {unique}.",
        n=len(unique),
        unique=", ".join(unique) or _("none cited"),
    )
    sources = low - high(text, room, LEAST_MM)
    page.paragraph(MARGIN, sources, room, text, LEAST_MM, fill=GREY)
    tall = min(sources - y - 11, 0.72 * room * size.height / size.width)
    wide = tall * size.width / size.height
    page.add(placed(section_svg(section, size), MARGIN, y + 3, wide, tall, key="s"))
    note_y = y + 3 + tall
    if sources - note_y > 7:
        page.paragraph(MARGIN, note_y + 0.5, wide, NOTE, 2.0, fill=GREY)
    x, rest = MARGIN + wide + 6, room - wide - 6
    _answer(page, said, alternative(section), (x, y + 3, rest, sources - y - 4))
    return [page]


def _muscle(site: Any) -> tuple[str, str] | None:
    """Return name and side of the muscle that a site names; None for another."""
    if not isinstance(site, Mapping) or "muscle" not in site:
        return None
    return str(site["muscle"]), str(site.get("side", ""))


def _asked(needle: Any, patient: Any) -> str:
    """Return needle and patient in words."""
    from zones.contract.needle import parse_needle

    words = needle_words(parse_needle(needle).model_dump(exclude_none=True))
    facts = dict(patient or {})
    known = load_facts().by_name()
    told = joined(
        (
            joined([known[k].label if k in known else k, term(_plain(v))], ": ")
            for k, v in facts.items()
        ),
        ", ",
    )
    return _(
        "{needle} · patient: {patient}",
        needle=words,
        patient=told or _("nothing asked"),
    )


def _plain(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _answer(
    page: Page,
    said: Presentation,
    picture: str,
    at: tuple[float, float, float, float],
) -> None:
    """Write the verdict, the limit and the reasons beside a picture."""
    x, y, room, tall = at
    look = LOOKS[said.verdict]
    page.add(
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{room:.2f}" height="11" rx="1" '
        f'fill="{look.fill}"/>',
        icon(said.verdict, x + 1.8, y + 1.8, 7.4),
    )
    size = 5.0
    while width(said.word, size, 600) > room - 13:
        size *= 0.95
    page.text(x + 11, y + 7.3, said.word, size, weight=600, fill=look.ink)
    # its last line is kept for what has no room
    flow = Flow(y + 12, y + tall - 3.4, [(x, room)], size=2.5)
    rows = [
        Row(said.headline),
        Row(said.limit.sentence),
        Row(_("Why"), heading=True),
    ]
    for finding in said.findings:
        if finding.kind == "zone" or finding.asked:
            text = joined([finding.name, finding.consequence or finding.message], ": ")
            zone = finding.id if finding.kind == "zone" else ""
            rows.append(
                Row(text, lead=finding.depths, verdict=finding.verdict, zone=zone)
            )
    if said.questions:
        asked = joined((question.label for question in said.questions), ", ")
        rows += [Row(ASKED, heading=True), Row(asked)]
    rows += [Row(said.mapped), Row(_("In the picture"), heading=True)]
    for row in rows:
        if not flow.fits(row):
            left = True
            break
        flow.write(page, row)
    else:
        # the longest, of which as much is told as there is room for
        left = bool(flow.write_lines(page, wrap(picture, room, 2.2), 2.2))
    if left:
        page.text(x, y + tall - 0.4, _("… more in the full answer"), 2.2, fill=GREY)
