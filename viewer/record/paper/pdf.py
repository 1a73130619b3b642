"""The record on paper: sites with their map, verdict and reasons; consent; count."""

from __future__ import annotations

from typing import Any

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.messages import changed, joined
from anatomy.messages import message as _
from viewer.look.look import INK, LOOKS
from viewer.map.charts.frames import shown_radius, title
from viewer.map.site_words import side_words
from viewer.map.zones.zone_images import shown_zones
from viewer.record.page.change import consent_elements, review
from viewer.record.page.words import (
    answered_words,
    count_words,
    facts_words,
    follow_up_words,
    left_in_words,
    miscounted,
    moment,
    plan_words,
    signed_words,
    site_place,
    stated_words,
)
from viewer.record.paper.numbered import numbered_bodies
from viewer.record.paper.table import site_table
from viewer.record.storage.models import (
    SIGNATURE_SIZE,
    Override,
    Record,
    Signature,
    SiteEntry,
)
from viewer.sheets.pen import Page
from viewer.sheets.svg import round_place, side_mark, tile
from viewer.sheets.typeset import MISSING, typeset
from viewer.state.language import notice
from viewer.state.page_state import known_facts as patient_facts
from viewer.state.page_state import message_of
from viewer.state.terms import term
from zones.contract.models import Verdict
from zones.sentences.citations import source_row
from zones.sentences.presentation import FindingWords, present
from zones.sentences.words import load_words

#: The map on the paper and the piece of the body that it shows, mm.
MAP_MM, SHOWN_MM = (78.0, 66.0), (260.0, 220.0)
#: Height of the numbered bodies on the first page, mm.
BODY_MM = 50.0
#: Findings below CAUTION are named in one line.
_TOLD = {Verdict.STOP, Verdict.DANGER, Verdict.CAUTION, Verdict.NOT_ASSESSABLE}
NOT_PRINTED = _(
    "Some signs of the texts cannot be printed with the fonts of this machine and "
    "appear as {sign}; the JSON file holds them.",
    sign=MISSING,
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

    def listed(self) -> dict[str, Any]:
        """Return the sources that were cited, in order."""
        rows = []
        for row in self.rows.values():
            name, what, read, label, address = (*row, "", "", "", "", "")[:5]
            first = joined([name, what] if what else [name], ". ")
            words = joined([first, " [" if what else ". [", term(read), "]"], "")
            rows.append({"words": words, "label": label, "address": address})
        return {"heading": _("Sources"), "rows": rows}


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


def record_pdf(record: Record) -> bytes:
    """Return a record as a PDF for the file: A4, with maps, reasons and signatures.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> record_pdf(Record(id="record-1", started=now()))[:5]
    b'%PDF-'
    """
    sources = _Sources()
    data = {
        **page_words(record),
        "title": _("Session record"),
        "subject": _("Dry needling: sites checked, consent, count of needles"),
        "about": _about(record),
        "figures": numbered_bodies(record, BODY_MM),
        "table": site_table(record),
        "annex": _("Annex: what each verdict rests on"),
        "signed": _signed(record),
        "follow_up": follow_up_words(record),
        "session": _session(record, sources),
        "closed": _override(record.closed_over, _("Closed despite this")),
        "sites": [_site(n, s, sources) for n, s in enumerate(record.listed, start=1)],
        "consent": _consent(record),
        "count": _count(record),
        "notes": {
            "heading": _("Notes"),
            "lines": record.notes.splitlines() if record.notes.strip() else [],
            "missing": NOT_PRINTED,
        },
        "signatures": [
            _("Practitioner"),
            _("Patient or guardian"),
            _("Place and date"),
        ],
        "patient": 1,  # of these, whose line a signature on glass stands on
        "sources": sources.listed(),
    }
    return typeset("record", data, typed=True)


def page_words(record: Record) -> dict[str, str]:
    """Return what stands in head and foot of every page of a record."""
    return {
        "head": joined(
            [record.reference or _("no reference"), moment(record.started)], " · "
        ),
        "foot": joined(filter(None, ["needlemap.", load_words().disclaimer, notice()])),
        "page": _("Page {n} of {m}"),
    }


def _about(record: Record) -> list[tuple[str, str]]:
    """Return what the record is about: names and values."""
    count = len(record.listed)
    closed = (
        moment(record.closed) if record.closed else _("no, this record is still open")
    )
    rows: list[tuple[str, str]] = [
        (_("Reference"), record.reference or _("none given")),
        (_("Begun"), moment(record.started)),
        (_("Closed"), closed),
        (_("Sites"), str(count) if count else _("none")),
        (_("Record"), record.id),
    ]
    versions = sorted({site.answer.data_version for site in record.listed})
    if versions:
        rows.append((_("Data"), ", ".join(versions)))
    patient = answered_words(record)
    together = stated_words(record)
    if patient or not together:
        asked = joined(patient, "; ") if patient else _("nothing was asked")
        rows.append((_("Patient"), asked))
    if together:
        rows.append((_("Patient"), together))
    facts = facts_words(record.facts)
    if facts:
        rows.append((_("Session"), joined(facts, "; ")))
    return rows


def _session(record: Record, sources: _Sources) -> dict[str, Any] | None:
    """Return what stands against the session as a whole; None for nothing."""
    failed: list[str] = []
    findings: list[dict[str, Any]] = []
    try:
        found = review(record)
    except NeedlemapError as error:
        found = None
        failed.append(
            _(
                "The session could not be checked as a whole: {error}",
                error=message_of(error),
            )
        )
    for finding in found.findings if found is not None else ():
        if finding.verdict == Verdict.NO_KNOWN_DANGER:
            continue
        rows = found.sources if found is not None else {}
        cited = sources.cite(finding.sources, _rows(rows))
        what = changed(finding.consequence, "capital")
        if finding.status == "unknown":
            what = _("{finding} (not asked)", finding=what)
        why = [finding.message]
        if finding.sites:
            why.append(_("Sites {at}.", at=runs([i + 1 for i in finding.sites])))
        findings.append(
            _reason(
                finding.verdict,
                what,
                joined([*why, *finding.advice]),
                cited,
            )
        )
    if not failed and not findings:
        return None
    heading = _("The session as a whole")
    return {"heading": heading, "failed": failed, "findings": findings}


def _rows(sources: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return full records of sources as the rows that a record keeps."""
    return {name: source_row(name, row) for name, row in sources.items()}


def _site(number: int, site: SiteEntry, sources: _Sources) -> dict[str, Any]:
    """Return one site: map and verdict side by side, then the reasons."""
    answer, said = site.answer, present(site.answer)
    told_of = [f for f in said.findings if f.verdict in _TOLD]
    bare = [f for f in told_of if _only_unasked(f)]
    findings = [
        _finding(f, answer.sources, sources) for f in told_of if not _only_unasked(f)
    ]
    if bare:
        findings.append(_unasked(bare, answer.sources, sources))
    rest = []
    mild = [f.name for f in said.findings if f.verdict not in _TOLD]
    if mild:
        rest.append(_("Below caution: {mild}.", mild=joined(mild, ", ")))
    if said.questions:
        asked = joined((question.label for question in said.questions), ", ")
        rest.append(_("Open questions at the time: {asked}.", asked=asked))
    plan = _(
        "{needle}; {left_in}.",
        needle=changed(plan_words(site), "capital"),
        left_in=left_in_words(site),
    )
    where = joined([side_words(answer.site.side), said.region], " · ")
    return {
        "heading": _("Site {number}: {where}", number=number, where=where),
        "place": _(
            "{place} ({body}).",
            place=changed(site_place(site), "capital"),
            body=said.body,
        ),
        "map": _map(site),
        "verdict": answer.verdict.value,
        "headline": said.headline,
        "limit": {"label": _("Depth limit"), "words": said.limit.line},
        "plan": [said.bone, plan] if said.bone else [plan],
        "policy": said.policy,
        "added": _("Added {when}.", when=moment(site.added)),
        "override": _override(site.override, _("Went ahead despite this")),
        "findings": findings,
        "rest": rest,
    }


def _map(site: SiteEntry) -> dict[str, Any]:
    """Return the map round a site, with zones, needle and the patient's sides."""
    there = site.answer.site
    chart = load_body(there.body).charts[there.chart]
    wide, tall = MAP_MM
    piece = tile(
        there.body,
        there.chart,
        shown_zones(patient_facts(site.request.get("patient", {}))),
        (0.0, 0.0, wide, tall),
        window=round_place(there.body, there.chart, (there.x_mm, there.y_mm), SHOWN_MM),
        # some programs that show a PDF do not smooth its pictures
        least_px=700,
        letter=3.1,
        needle=there.xyz_mm,
        spread_mm=shown_radius(there.spread_mm),
    )
    name = title(chart)
    page = Page(wide, tall, name, [piece.svg, side_mark(chart, wide, 3.9)])
    alt = joined([name, site_place(site)], ": ")
    return {"svg": page.svg(), "width": wide, "title": name, "alt": alt}


def _only_unasked(said: FindingWords) -> bool:
    """Return whether a caution applies only because a question was not asked."""
    rule = not said.asked and said.kind != "zone"
    return rule and said.verdict == Verdict.CAUTION


def _unasked(
    findings: list[FindingWords], rows: dict[str, tuple[str, ...]], sources: _Sources
) -> dict[str, Any]:
    """Return the cautions that apply because nobody asked, in one row."""
    cited = sources.cite([s for f in findings for s in f.sources], rows)
    names = joined((changed(f.name, "lower first") for f in findings), ", ")
    first = _("Not asked, and each can rule needling out here")
    return _reason(
        Verdict.CAUTION, first, _("{names}.", names=changed(names, "capital")), cited
    )


def _finding(
    said: FindingWords, rows: dict[str, tuple[str, ...]], sources: _Sources
) -> dict[str, Any]:
    """Return one reason for a verdict with its depths and sources."""
    cited = sources.cite(said.sources, rows)
    first = joined([said.title, said.depths], ": ") if said.depths else said.title
    return _reason(said.verdict, first, said.message, cited)


def _reason(verdict: Verdict, first: str, message: str, cited: str) -> dict[str, Any]:
    """Return a reason: what, why, numbers of the sources."""
    return {
        "verdict": Verdict(verdict).value,
        "what": joined([LOOKS[Verdict(verdict)].short, first], ". "),
        "why": message,
        "sources": _("Sources {cited}", cited=cited) if cited else "",
    }


def _override(kept: Override | None, what: str) -> dict[str, str] | None:
    """Return the reason for going against a verdict."""
    if kept is None:
        return None
    against = LOOKS[kept.verdict].word
    return {
        "what": joined([what, term(kept.label)], ": "),
        "text": kept.text,
        "against": _(
            "Against {against}: {kept}", against=against, kept=joined(kept.over)
        ),
        "given": _("Given {when}.", when=moment(kept.at)),
    }


def _consent(record: Record) -> dict[str, Any]:
    """Return what was told and agreed, ticked or not."""
    rows = []
    for element in consent_elements(record):
        at = record.consent.get(element.id)
        when = _("Ticked {when}.", when=moment(at)) if at else _("Not ticked.")
        rows.append(
            {
                "ticked": at is not None,
                "what": joined([element.label, when]),
                "label": element.label,
                "told": [said.text for said in element.tell()],
            }
        )
    return {
        "heading": _("What was told and agreed"),
        "told": _("What there was to tell"),
        "rows": rows,
    }


def _count(record: Record) -> dict[str, Any]:
    """Return the count of needles."""
    return {
        "heading": _("Needles"),
        "words": count_words(record),
        "wrong": miscounted(record),
    }


def _signed(record: Record) -> dict[str, Any] | None:
    """Return the patient's signature as a drawing, with when it was given."""
    kept = record.signature
    if kept is None:
        return None
    return {"svg": signature_svg(kept), "words": signed_words(record)}


def signature_svg(kept: Signature) -> str:
    """Return a signature as an SVG document."""
    wide, tall = SIGNATURE_SIZE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" '
        f'width="{wide}" height="{tall}"><path d="{kept.path}" fill="none" '
        f'stroke="{INK}" stroke-width="3" stroke-linecap="round" '
        f'stroke-linejoin="round"/></svg>'
    )
