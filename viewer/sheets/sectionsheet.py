"""The sheet of a cross-section."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from viewer.look import LOOKS
from viewer.section.pen import Size
from viewer.section.view import section_svg
from viewer.section.words import NOTE, alternative
from viewer.sheets.flow import Flow, Row
from viewer.sheets.paper import MARGIN, Stamp, page_foot, page_head, today
from viewer.sheets.pen import GREY, PAPER, Page, high, icon, placed, width
from viewer.words.terminal import coverage_words, depth_limit
from zones.check.site import check_site
from zones.pictures.section import site_section
from zones.pictures.section_models import View
from zones.sentences.limits import nearest_mm, whole_mm
from zones.sentences.wording import SHAPES

if TYPE_CHECKING:
    from zones.contract.models import Assessment


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
        When the request can not be answered.

    Examples
    --------
    >>> section_figure({"text": "6 cm left of T4"}, {"depth_mm": 25})[0].width
    297.0
    """
    size = Size(1020, 740, 230, 16.0)
    answer = check_site(site, needle, patient)
    section = site_section(
        answer,
        needle,
        patient,
        view=view,
        aspect=size.aspect,
    )
    stamp = Stamp(date or today())
    short, long = PAPER["A4"]
    page = Page(long, short, f"Cross-section, {answer.site.description}")
    y = page_head(
        page,
        answer.site.description[:1].upper() + answer.site.description[1:],
        f"{section.title} · {_asked(needle, patient)} · "
        f"{answer.site.body} reference body",
        scale=0.85,
    )
    low = page_foot(page, stamp)
    room = long - 2 * MARGIN
    cited = [s for f in answer.findings for s in f.sources]
    unique = list(dict.fromkeys(cited))
    text = f"Sources ({len(unique)}): {', '.join(unique) or 'none cited'}."
    sources = low - high(text, room, 1.8)
    page.paragraph(MARGIN, sources, room, text, 1.8, fill=GREY)
    tall = min(sources - y - 11, 0.72 * room * size.height / size.width)
    wide = tall * size.width / size.height
    page.add(placed(section_svg(section, size), MARGIN, y + 3, wide, tall, key="s"))
    note_y = y + 3 + tall
    if sources - note_y > 7:
        page.paragraph(MARGIN, note_y + 0.5, wide, NOTE, 2.0, fill=GREY)
    x, rest = MARGIN + wide + 6, room - wide - 6
    _answer(page, answer, alternative(section), (x, y + 3, rest, sources - y - 4))
    return [page]


def _asked(needle: Any, patient: Any) -> str:
    """Return needle and patient in words."""
    from zones.contract.models import parse_needle

    plan = parse_needle(needle)
    parts = []
    if plan.depth_mm is not None:
        parts.append(f"{plan.depth_mm:g} mm deep")
    if plan.length_mm is not None:
        parts.append(f"{plan.length_mm:g} mm long")
    words = f"needle {', '.join(parts)}" if parts else "depth of the needle not given"
    facts = dict(patient or {})
    told = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in facts.items())
    return f"{words} · patient: {told or 'nothing asked'}"


def _answer(
    page: Page,
    answer: Assessment,
    said: str,
    at: tuple[float, float, float, float],
) -> None:
    """Write the verdict, the limit and the reasons beside a picture."""
    x, y, room, tall = at
    look = LOOKS[answer.verdict]
    page.add(
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{room:.2f}" height="11" rx="1" '
        f'fill="{look.fill}"/>',
        icon(answer.verdict, x + 1.8, y + 1.8, 7.4),
    )
    word = SHAPES[answer.verdict][0]
    size = 5.0
    while width(word, size, 600) > room - 13:
        size *= 0.95
    page.text(x + 11, y + 7.3, word, size, weight=600, fill=look.ink)
    flow = Flow(y + 12, y + tall, [(x, room)], size=2.5)
    rows = [
        Row(answer.headline),
        Row(f"Deepest: {depth_limit(answer)}."),
        Row("Why", heading=True),
    ]
    for finding in answer.findings:
        if finding.kind != "zone" and finding.status != "known":
            continue
        figure = ""
        if finding.earliest_mm is not None:
            figure = f"from {whole_mm(finding.earliest_mm)}"
            if finding.typical_mm is not None:
                figure += f", typically {nearest_mm(finding.typical_mm)}"
                figure += f" (SD {nearest_mm(finding.sd_mm)})" if finding.sd_mm else ""
        name = finding.structure or finding.message
        rows.append(
            Row(
                f"{name}: {finding.consequence}" if finding.structure else name,
                lead=figure,
                verdict=finding.verdict,
            )
        )
    if answer.open_questions:
        rows += [
            Row("Not asked, and able to change the answer", heading=True),
            Row(", ".join(q.replace("_", " ") for q in answer.open_questions)),
        ]
    rows += [Row("In the picture", heading=True), Row(said)]
    rows += [Row(f"Mapped: {coverage_words(answer)}.")]
    for row in rows:
        if not flow.fits(row):
            page.text(x, y + tall - 0.4, "… more in the full answer", 2.2, fill=GREY)
            break
        flow.write(page, row)
