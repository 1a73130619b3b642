"""The record on paper: sites with their map, verdict and reasons; consent; count."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    HRFlowable,
    KeepTogether,
    Spacer,
    Table,
)

from anatomy.errors import NeedlemapError
from viewer.look import LOOKS
from viewer.map.figure import title
from viewer.map.site_words import side_words
from viewer.map.zone_images import shown_zones
from viewer.record.change import consent_elements, review
from viewer.record.mapcrop import MapCrop
from viewer.record.models import KeptFinding, Override, Record, SiteEntry
from viewer.record.paper import (
    GREY,
    LINE,
    WIDTH,
    Banner,
    draw_shape,
    heading,
    text,
    written,
)
from viewer.record.typeface import BOLD, printable
from viewer.record.words import (
    count_words,
    depth_limit,
    facts_words,
    left_in_words,
    moment,
    needle_words,
    policy_of,
    question_words,
    site_place,
)
from viewer.state.page_state import known_facts as patient_facts
from viewer.words.risk import bone_words, depth_words
from zones.contract.models import Verdict

MAP_WIDTH, MAP_HEIGHT = 78 * mm, 66 * mm
#: Findings below CAUTION are named in one line.
_TOLD = {Verdict.STOP, Verdict.DANGER, Verdict.CAUTION, Verdict.NOT_ASSESSABLE}
NOT_PRINTED = (
    "Some signs of the texts can not be printed with the typeface of this machine and "
    "stand as □; the JSON file holds them."
)


class _Sources:
    """Sources by number, in the order in which they are cited."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, ...]] = {}

    def cite(self, names: Any, rows: dict[str, Any]) -> str:
        """Return the numbers of sources, runs drawn together."""
        for name in names:
            self.rows.setdefault(name, tuple(rows.get(name) or (name, "", "", "", "")))
        order = list(self.rows)
        numbers = sorted({order.index(name) + 1 for name in names})
        return runs(numbers)


def runs(numbers: list[int]) -> str:
    """Return ascending numbers with runs of three and more drawn together.

    Examples
    --------
    >>> runs([1, 2, 3, 5, 7, 8])
    '1–3, 5, 7, 8'
    """
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    words = [
        [f"{part[0]}–{part[-1]}"] if len(part) > 2 else [str(n) for n in part]
        for part in parts
    ]
    return ", ".join(word for group in words for word in group)


class _Box(Flowable):
    """A box to tick, ticked or not."""

    def __init__(self, *, ticked: bool) -> None:
        super().__init__()
        self.ticked = ticked
        self.width = self.height = 10

    def draw(self) -> None:
        pen = self.canv
        pen.setStrokeColor(HexColor("#1c2733"))
        pen.setLineWidth(0.9)
        pen.rect(0.5, 0.5, 9, 9, stroke=1, fill=0)
        if self.ticked:
            pen.setLineWidth(1.7)
            pen.lines([(2, 5, 4.2, 2.4), (4.2, 2.4, 8.2, 8)])


class _Shape(Flowable):
    """The shape of a verdict, small, on white."""

    def __init__(self, verdict: Verdict, size: float = 11) -> None:
        super().__init__()
        self.look = LOOKS[Verdict(verdict)]
        self.width = self.height = size

    def draw(self) -> None:
        draw_shape(self.canv, self.look.shape, self.width, self.look.line, "#ffffff")


def record_pdf(record: Record) -> bytes:
    """Return a record as a PDF for the file: A4, with maps, reasons and signatures.

    Examples
    --------
    >>> from viewer.record.models import now
    >>> record_pdf(Record(id="record-1", started=now()))[:5]
    b'%PDF-'
    """
    sources = _Sources()
    parts: list[Any] = [*_head(record), *_session(record, sources)]
    for number, site in enumerate(record.listed, start=1):
        parts += _site(number, site, sources)
    parts += [*_consent(record), *_count(record), *_notes(record), *_signatures()]
    parts += _source_list(sources)
    head = f"{record.reference or 'no reference'} · {moment(record.started)}"
    return written(
        parts,
        title="Session record",
        head=printable(head)[0],
        subject="Dry needling: sites checked, consent, count of needles",
    )


def _pairs(rows: list[tuple[str, str]], first: float = 30 * mm) -> Table:
    """Return names and values in two columns."""
    return Table(
        [[text(a, 8.6, textColor=GREY), text(b, 9.2)] for a, b in rows],
        colWidths=[first, WIDTH - first],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
        ],
    )


def _head(record: Record) -> list[Any]:
    """Return what the record is about."""
    count = len(record.listed)
    closed = moment(record.closed) if record.closed else "no, this record is still open"
    rows = [
        ("Reference", record.reference or "none given"),
        ("Begun", moment(record.started)),
        ("Closed", closed),
        ("Sites", str(count) if count else "none"),
        ("Record", record.id),
    ]
    versions = sorted({site.answer.data_version for site in record.listed})
    if versions:
        rows.append(("Data", ", ".join(versions)))
    patient = facts_words(record.patient)
    rows.append(("Patient", "; ".join(patient) if patient else "nothing was asked"))
    facts = facts_words(record.facts)
    if facts:
        rows.append(("Session", "; ".join(facts)))
    return [
        text("Session record", 19, fontName=BOLD, leading=24, spaceAfter=5),
        _pairs(rows),
        Spacer(1, 4),
    ]


def _session(record: Record, sources: _Sources) -> list[Any]:
    """Return what stands against the session as a whole, and why it was closed."""
    parts: list[Any] = []
    try:
        found = review(record)
    except NeedlemapError as error:
        found = None
        parts.append(text(f"The session could not be checked as a whole: {error}"))
    for finding in found.findings if found is not None else ():
        if finding.verdict == Verdict.NO_KNOWN_DANGER:
            continue
        rows = found.sources if found is not None else {}
        cited = sources.cite(finding.sources, _rows(rows))
        asked = " (not asked)" if finding.status == "unknown" else ""
        at = f" Sites {runs([i + 1 for i in finding.sites])}." if finding.sites else ""
        parts.append(
            _finding_row(
                finding.verdict,
                f"{_capital(finding.consequence)}{asked}",
                f"{finding.message}{at} {' '.join(finding.advice)}",
                cited,
            )
        )
    if parts:
        parts.insert(0, heading("The session as a whole"))
    if record.closed_over is not None:
        parts += _override(record.closed_over, "Closed all the same")
    return parts


def _rows(sources: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return full records of sources as the rows that a record keeps."""
    from viewer.words.citations import source_row

    return {name: source_row(name, row) for name, row in sources.items()}


def _site(number: int, site: SiteEntry, sources: _Sources) -> list[Any]:
    """Return one site: map and verdict side by side, then the reasons."""
    answer = site.answer
    patient = site.request.get("patient", {})
    zones = shown_zones(patient_facts(patient))
    wide = WIDTH - MAP_WIDTH - 5 * mm
    told = [
        Banner(answer.verdict, wide),
        Spacer(1, 4),
        text(answer.headline, 9.4, fontName=BOLD),
        Spacer(1, 5),
        text("Depth limit", 8.2, textColor=GREY),
        text(depth_limit(answer), 13, fontName=BOLD, leading=17),
        Spacer(1, 4),
        *([text(bone_words(answer.bone).capitalize(), 8.6)] if answer.bone else ()),
        text(f"{_capital(needle_words(site))}; {left_in_words(site)}.", 9),
        *([text(policy_of(answer), 9, fontName=BOLD)] if policy_of(answer) else ()),
        text(f"Added {moment(site.added)}.", 8.2, textColor=GREY),
    ]
    shown = MapCrop(answer.site, zones, MAP_WIDTH, MAP_HEIGHT)
    seen = text(title(shown.chart), 7.8, textColor=GREY)
    beside = Table(
        [[[shown, seen], told]],
        colWidths=[MAP_WIDTH + 5 * mm, wide],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ],
    )
    where = f"{side_words(answer.site.side)} · {answer.site.region}"
    body = f"{answer.site.body} reference body"
    first = [
        HRFlowable(width="100%", thickness=0.6, color=LINE, spaceBefore=8),
        heading(f"Site {number}: {where}"),
        text(f"{_capital(site_place(site))} ({body}).", 9, spaceAfter=3),
        beside,
    ]
    if site.override is not None:
        first += _override(site.override, "Gone on with all the same")
    parts: list[Any] = [KeepTogether(first)]
    told_of = [f for f in answer.findings if Verdict(f.verdict) in _TOLD]
    bare = [f for f in told_of if _only_unasked(f)]
    grave = [f for f in told_of if not _only_unasked(f)]
    mild = [f for f in answer.findings if Verdict(f.verdict) not in _TOLD]
    parts += [_finding(f, answer.sources, sources) for f in grave]
    if bare:
        parts.append(_unasked(bare, answer.sources, sources))
    if mild:
        names = ", ".join(f.structure or f.consequence or f.id for f in mild)
        parts.append(text(f"Below caution: {names}.", 8.6, spaceBefore=2))
    asked = question_words(answer.open_questions)
    if asked:
        words = f"Open questions then: {', '.join(asked)}."
        parts.append(text(words, 8.6, spaceBefore=2))
    return parts


def _only_unasked(finding: KeptFinding) -> bool:
    """Return whether a caution stands only because a question was not asked."""
    unknown = finding.status == "unknown" and finding.structure is None
    return unknown and finding.verdict == Verdict.CAUTION


def _unasked(
    findings: list[KeptFinding], rows: dict[str, tuple[str, ...]], sources: _Sources
) -> Table:
    """Return the cautions that stand because nobody asked, in one row."""
    cited = sources.cite([s for f in findings for s in f.sources], rows)
    names = ", ".join((f.consequence or f.id).lower() for f in findings)
    first = "Not asked, and each can rule needling out here"
    return _finding_row(Verdict.CAUTION, first, f"{_capital(names)}.", cited)


def _finding(
    finding: KeptFinding, rows: dict[str, tuple[str, ...]], sources: _Sources
) -> Table:
    """Return one reason for a verdict with its depths and sources."""
    cited = sources.cite(finding.sources, rows)
    name = finding.structure or finding.consequence or finding.id
    depths = depth_words(finding)
    asked = " (not asked)" if finding.status == "unknown" else ""
    first = f"{_capital(name)}{asked}" + (f": {depths}" if depths else "")
    return _finding_row(finding.verdict, first, finding.message, cited)


def _finding_row(verdict: Verdict, first: str, message: str, cited: str) -> Table:
    """Return a reason as a row: shape, what, why, numbers of the sources."""
    look = LOOKS[Verdict(verdict)]
    told = [text(f"{look.short}. {first}", 8.8, fontName=BOLD), text(message, 8.6)]
    if cited:
        told.append(text(f"Sources {cited}", 7.8, textColor=GREY))
    return Table(
        [[_Shape(verdict), told]],
        colWidths=[6.5 * mm, WIDTH - 6.5 * mm],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
        ],
    )


def _override(kept: Override, what: str) -> list[Any]:
    """Return the reason for going against a verdict, in a frame."""
    told = [text(f"{what}: {kept.label}", 9, fontName=BOLD)]
    if kept.text:
        told.append(text(kept.text, 9))
    against = LOOKS[kept.verdict].word
    told.append(text(f"Against {against}: {' '.join(kept.over)}", 8.4, textColor=GREY))
    told.append(text(f"Given {moment(kept.at)}.", 8.4, textColor=GREY))
    framed = Table(
        [[part] for part in told],
        colWidths=[WIDTH],
        style=[
            ("BOX", (0, 0), (-1, -1), 1, HexColor("#8b1220")),
            ("LEFTPADDING", (0, 0), (-1, -1), 7),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ],
    )
    return [Spacer(1, 3), framed, Spacer(1, 3)]


def _consent(record: Record) -> list[Any]:
    """Return what was told and agreed, ticked or not."""
    rows = []
    for element in consent_elements(record):
        at = record.consent.get(element.id)
        when = f" Ticked {moment(at)}." if at else " Not ticked."
        told = [text(element.label + when, 9)]
        told += [text(said.text, 7.9, textColor=GREY) for said in element.tell()]
        rows.append([_Box(ticked=at is not None), told])
    table = Table(
        rows,
        colWidths=[6.5 * mm, WIDTH - 6.5 * mm],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
        ],
    )
    return [CondPageBreak(45 * mm), heading("What was told and agreed"), table]


def _count(record: Record) -> list[Any]:
    """Return the count of needles."""
    wrong = (
        record.needles_in is not None
        and record.needles_out is not None
        and record.needles_in != record.needles_out
    )
    colour = {"textColor": HexColor("#8b1220"), "fontName": BOLD} if wrong else {}
    return [
        KeepTogether([heading("Needles"), text(count_words(record), 9.4, **colour)])
    ]


def _notes(record: Record) -> list[Any]:
    """Return the notes, and whether every sign of the texts is printed."""
    texts = [record.notes, record.reference]
    texts += [s.override.text for s in record.listed if s.override is not None]
    whole = all(printable(part)[1] for part in texts)
    parts: list[Any] = []
    if record.notes.strip():
        # one paragraph a line: a paragraph may not be longer than a page
        lines = [line or " " for line in record.notes.splitlines()]
        parts = [heading("Notes"), *(text(line, 9.2) for line in lines)]
    if not whole:
        parts.append(text(NOT_PRINTED, 8.2, textColor=GREY))
    return parts


def _signatures() -> list[Any]:
    """Return lines to sign on."""
    names = ["Practitioner", "Patient or guardian", "Place and date"]
    gap = 6 * mm
    wide = (WIDTH - 2 * gap) / 3
    table = Table(
        [[text(names[0], 8.4), "", text(names[1], 8.4), "", text(names[2], 8.4)]],
        colWidths=[wide, gap, wide, gap, wide],
        style=[
            *(
                ("LINEABOVE", (n, 0), (n, 0), 0.7, HexColor("#1c2733"))
                for n in (0, 2, 4)
            ),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
        ],
    )
    return [KeepTogether([Spacer(1, 17 * mm), table])]


def _source_list(sources: _Sources) -> list[Any]:
    """Return the sources that were cited, by number."""
    if not sources.rows:
        return []
    parts: list[Any] = [CondPageBreak(30 * mm), heading("Sources")]
    for number, row in enumerate(sources.rows.values(), start=1):
        name, what, read, label, _ = (*row, "", "", "", "", "")[:5]
        words = f"{number}. {name}. {what} [{read}] {label}".replace("  ", " ")
        parts.append(text(words, 7.6, leftIndent=14, firstLineIndent=-14))
    return parts


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
