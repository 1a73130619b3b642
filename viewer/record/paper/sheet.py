"""The after-care sheet for the patient: large, plain, warning signs first."""

from __future__ import annotations

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.record.page.change import known_facts
from viewer.record.page.words import moment
from viewer.record.paper.pdf import page_words
from viewer.record.storage.models import Record
from viewer.sheets.typeset import typeset
from zones.sentences import texts
from zones.sentences.words import load_words

SIDES = {
    "left": _("your left"),
    "right": _("your right"),
    "midline": _("in the middle"),
}


def aftercare_pdf(record: Record) -> bytes:
    """Return the sheet that the patient takes home, as a PDF.

    It names what to look out for and where to go with it for the places that were
    needled, what is normal, and what to leave for a while. Without a site it holds
    what is true of every place.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> aftercare_pdf(Record(id="record-1", started=now()))[:5]
    b'%PDF-'
    """
    regions = [site.answer.site.region for site in record.listed]
    facts = known_facts(record)
    signs = texts.for_patient("red_flag", regions, facts)
    after = texts.for_patient("aftercare", regions, facts)
    data = {
        **page_words(record),
        "title": _("After-care sheet"),
        "subject": _("Warning signs and what to mind after dry needling"),
        "heading": _("After your dry needling"),
        "when": _when(record),
        "signs": {
            "heading": _("Get help if you notice"),
            "rows": [sign.text for sign in signs],
        },
        "after": {
            "heading": _("What is normal, and what to mind"),
            "rows": [said.text for said in after],
        },
        "contact": [
            _("Where I was treated (telephone)"),
            _("In an emergency (telephone)"),
        ],
    }
    return typeset("aftercare", data, typed=True)


def _when(record: Record) -> str:
    """Return when and where the needles were."""
    words = load_words()
    sites = [site.answer.site for site in record.listed]
    places = dict.fromkeys(
        joined([words.region_words(site.region, "plain"), SIDES[site.side]], ", ")
        for site in sites
    )
    said = _("Treated on {when}.", when=moment(record.started))
    return (
        _("{said} Needles in: {places}.", said=said, places=joined(places, "; "))
        if places
        else said
    )
