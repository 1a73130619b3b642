"""The page of the session record, and the bar that adds a site to it."""

from __future__ import annotations

import json
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from anatomy.messages import LANGUAGES
from anatomy.messages import message as _
from viewer.panels.patient.questions import NOT_ASKED, YES
from viewer.record.page import last_days
from viewer.record.page.clinic_form import clinic_form
from viewer.record.storage.models import (
    LONGEST_NOTES,
    LONGEST_REASON,
    LONGEST_REFERENCE,
    SIGNATURE_SIZE,
)
from viewer.state import terms
from viewer.state.plain import plain
from zones.knowledge.facts import Fact
from zones.sessions.consent import ConsentElement, load_consent
from zones.sessions.session_rules import load_session_book

#: Facts of a session that stand elsewhere on the page: the counts have their own
#: fields, and a tick of consent answers the others.
_COUNTED = ("needles_in", "needles_out")
#: After so many minutes without an answer the page asks whom it is about.
SAME_PATIENT_MIN = 30
LAW = _(
    "How long a record must be kept, and when it must be deleted, is set by the law "
    "where you practise; ask there. needlemap deletes nothing by itself."
)


def field(name: str) -> dict[str, str]:
    """Return the id of the control of a field of the record."""
    return {"type": "record-field", "name": name}


def tick(name: str) -> dict[str, str]:
    """Return the id of the tick of an element of consent."""
    return {"type": "record-tick", "name": name}


def session_bar() -> html.Div:
    """Return the bar under the verdict: add the site, and how many there are."""
    return html.Div(
        [
            html.Button(_("Add to session"), id="record-add", className="primary"),
            dcc.Link(_("Session: no sites"), id="session-count", href="/session"),
            html.Span(
                id="session-bar-status", role="status", **{"aria-live": "polite"}
            ),
        ],
        id="session-bar",
    )


def overlays() -> list[Any]:
    """Return what every page has of the record: the dialogue, and stores."""
    return [
        html.Dialog(
            html.Div(id="reason-form"),
            id="reason-dialog",
            **{"aria-label": _("Reason"), "data-longest": str(LONGEST_REASON)},
        ),
        _same_patient(),
        dcc.Store(id="record-shown"),
        dcc.Store(id="records-refresh"),
        dcc.Store(id="record-out"),
        dcc.Store(id="record-routed"),
    ]


def _same_patient() -> html.Dialog:
    """Return what is asked after a while, before the page answers again.

    A dialogue of its own that nothing but one of the two answers closes.
    """
    title = _("Same patient?")
    return html.Dialog(
        [
            html.H2(title, tabIndex="-1"),
            html.P(
                _(
                    "Nothing was entered for {n} minutes. The page still holds this "
                    "patient's answers, site and session:",
                    n=SAME_PATIENT_MIN,
                )
            ),
            html.P(id="same-patient-who"),
            html.Div(
                [
                    html.Button(
                        _("New patient: empty the page"),
                        type="button",
                        className="quiet",
                        **{"data-same-patient": "new"},
                    ),
                    html.Button(
                        _("Yes, the same patient"),
                        type="button",
                        className="quiet",
                        **{"data-same-patient": "yes"},
                    ),
                ],
                className="reason-buttons",
            ),
        ],
        id="same-patient",
        **{"aria-label": title, "data-minutes": str(SAME_PATIENT_MIN)},
    )


def session_page() -> html.Main:
    """Return the page of the session record."""
    return html.Main(
        [
            _top(),
            html.Div(
                [
                    html.Div([_sites(), _questions()], className="record-wide"),
                    html.Div(
                        [
                            _consent(),
                            _signature(),
                            _needles(),
                            _notes(),
                            _follow_up(),
                        ],
                        className="record-side",
                    ),
                ],
                className="record-columns",
            ),
            html.Div(id="records-due", role="status", className="panel due-panel"),
            _past(),
            last_days.panel(),
        ],
        id="record-page",
        className="record-main no-record",
    )


def _top() -> html.Section:
    """Return reference, state of saving, and what can be done with the record."""
    return html.Section(
        [
            html.Div(
                [
                    html.H2(_("Session record")),
                    html.Span(_("No session is open."), id="record-title"),
                    html.Span(
                        id="record-status", role="status", **{"aria-live": "polite"}
                    ),
                ],
                className="record-title-line",
            ),
            html.Div(id="record-alert", role="alert"),
            html.Div(id="record-clashes", role="alert"),
            html.Div(id="record-undo", role="status"),
            html.P(
                _(
                    "Add sites from the page Check a site, or begin a session here; "
                    "that empties the check page for the next patient. What you "
                    "enter is saved at once, on the machine that needlemap runs on."
                ),
                className="empty-only muted",
            ),
            html.Div(
                [
                    html.Div(
                        [
                            html.Label(_("Reference"), htmlFor=_text_id("reference")),
                            dcc.Input(
                                id=field("reference"),
                                value="",
                                type="text",
                                placeholder=_("the clinic's own; no name is needed"),
                                autoComplete="off",
                                spellCheck=False,
                                className="record-input",
                            ),
                        ],
                        className="reference",
                        **{"data-longest": str(LONGEST_REFERENCE)},
                    ),
                    _button(_("Record (PDF)"), "export", file="record.pdf"),
                    _button("JSON", "export", file="record.json"),
                    _button("CSV", "export", file="record.csv"),
                    _button("FHIR", "export", file="record.fhir.json"),
                    html.Span(className="spacer"),
                    _button(_("Close session"), "close", hidden_when="closed"),
                    _button(_("Reopen"), "reopen", hidden_when="open"),
                    _button(_("Delete"), "delete", danger=True),
                ],
                className="record-actions open-only",
            ),
            _leaflet(),
            html.Div(
                [
                    _button(_("Begin a session"), "new"),
                ],
                className="record-actions empty-only",
            ),
        ],
        className="panel record-top",
    )


def _leaflet() -> html.Div:
    """Return the patient's leaflet: its language, the file, and a link for a while."""
    languages = [
        html.Option(name, value=code, lang=code) for code, name in LANGUAGES.items()
    ]
    return html.Div(
        [
            html.Div(
                [
                    html.Label(_("Patient's leaflet in"), htmlFor="leaflet-language"),
                    html.Select(languages, id="leaflet-language"),
                    _button(_("Leaflet (PDF)"), "export", file="leaflet.pdf"),
                    html.Button(
                        _("On the patient's telephone"),
                        type="button",
                        className="quiet",
                        **{"data-leaflet": "make"},
                    ),
                ],
                className="record-actions",
            ),
            html.Div(id="leaflet-link", role="status"),
            clinic_form(),
        ],
        className="leaflet-part open-only",
    )


def _text_id(name: str) -> str:
    """Return the id of a control as the browser has it, keys in their order."""
    return json.dumps(dict(sorted(field(name).items())), separators=(",", ":"))


def _button(
    label: str,
    action: str,
    *,
    danger: bool = False,
    hidden_when: str = "",
    **data: str,
) -> html.Button:
    """Return a button that the browser's own script answers."""
    names = ["quiet"] + (["danger"] if danger else [])
    names += [f"not-{hidden_when}"] if hidden_when else []
    return html.Button(
        label,
        className=" ".join(names),
        type="button",
        **{"data-record": action} | {f"data-{key}": v for key, v in data.items()},
    )


def _sites() -> html.Section:
    """Return the session's own findings and the sites."""
    return html.Section(
        [
            html.Div(
                [
                    html.H2(_("Sites")),
                    dcc.Link(_("Check a site"), href="/", className="to-check"),
                ],
                className="head-line",
            ),
            html.Button(
                _("Repeat last session"),
                id="record-repeat-show",
                type="button",
                className="quiet not-closed",
            ),
            html.Div(id="record-repeat", role="status"),
            html.Div(id="record-history"),
            html.Div(id="record-findings", role="status"),
            html.Div(
                html.P(_("No site yet."), className="muted"),
                id="record-sites",
            ),
        ],
        className="panel",
        **{"aria-label": _("Sites")},
    )


def session_questions() -> list[Fact]:
    """Return the facts of a session that are asked as questions."""
    ticked = {element.answers for element in load_consent()}
    return [
        fact
        for fact in load_session_book().facts
        if fact.name not in _COUNTED and fact.name not in ticked
    ]


def _questions() -> html.Section:
    """Return the questions of the session."""
    return html.Section(
        [
            html.H2(_("About this session")),
            html.Div([_question(fact) for fact in session_questions()]),
        ],
        className="panel",
        **{"aria-label": _("About this session")},
    )


def _question(fact: Fact) -> html.Div:
    """Return one question of the session."""
    if fact.type == "choice":
        options = terms.options(fact.options)
    else:
        options = [{"label": _("Yes"), "value": YES}, {"label": _("No"), "value": "no"}]
    return html.Div(
        [
            html.Div(
                [
                    html.Span(fact.question, className="asked"),
                    dcc.RadioItems(
                        id=field(f"fact.{fact.name}"),
                        value=NOT_ASKED,
                        inline=True,
                        className="seg",
                        options=[
                            *options,
                            {"label": _("Not asked"), "value": NOT_ASKED},
                        ],
                    ),
                ],
                className="question-line",
                role="group",
                **{"aria-label": fact.question},
            ),
            html.Div(fact.help, className="help") if fact.help else None,
        ],
        id={"type": "record-question", "name": fact.name},
        className="question",
    )


def _consent() -> html.Section:
    """Return the elements of consent, each with what to tell."""
    return html.Section(
        [
            html.H2(_("Told and agreed")),
            html.P(
                _(
                    "Tick what was told and agreed. What is not ticked counts as not "
                    "asked, never as done."
                ),
                className="muted small",
            ),
            html.Div([_element(element) for element in load_consent()]),
        ],
        className="panel",
        id="record-consent",
        **{"aria-label": _("Told and agreed")},
    )


def _element(element: ConsentElement) -> html.Div:
    """Return one element of consent."""
    said = element.tell()
    fold = html.Details(
        [
            html.Summary(_("What to tell")),
            html.Ul([html.Li([text.text, _cited(text.sources)]) for text in said]),
        ]
    )
    return html.Div(
        [
            dmc.Checkbox(id=tick(element.id), label=element.label, checked=False),
            html.Div(**{"data-plain": plain(fold)}) if said else None,
        ],
        id={"type": "record-element", "name": element.id},
        className="element hidden",
    )


def _cited(names: tuple[str, ...]) -> html.Span:
    """Return the sources of a text, short: the first author and the year."""
    from zones.check.patient_findings import source_records

    shown = []
    for name, row in source_records(names).items():
        who, *others = str(row.get("authors") or "").replace(";", ",").split(",")
        year = str(row.get("year") or "")
        parts = [who.strip(), "et al" if others else "", year]
        shown.append(" ".join(filter(None, parts)) if who.strip() else name)
    return html.Span(f" ({'; '.join(shown)})", className="muted")


def _signature() -> html.Section:
    """Return the glass to sign on; ``assets/record/signature.js`` draws."""
    wide, tall = SIGNATURE_SIZE
    return html.Section(
        [
            html.H2(_("Signature of the patient or guardian")),
            html.Div(
                id="signature-pad",
                role="img",
                **{
                    "aria-label": _("Surface to sign on with a finger or the mouse"),
                    "data-wide": str(wide),
                    "data-tall": str(tall),
                },
            ),
            html.Div(
                [
                    html.Span(id="record-signed", role="status"),
                    html.Button(
                        _("Clear"),
                        type="button",
                        className="quiet not-closed",
                        **{"data-signature": "clear"},
                    ),
                    html.Button(
                        _("Keep the signature"),
                        type="button",
                        className="quiet not-closed",
                        **{"data-signature": "keep"},
                    ),
                ],
                className="record-actions",
            ),
        ],
        className="panel",
        **{"aria-label": _("Signature of the patient or guardian")},
    )


def _follow_up() -> html.Section:
    """Return the follow-up two days later."""
    title = _("Follow-up after two days")
    return html.Section(
        [html.H2(title), html.Div(id="record-follow-up", className="follow-up")],
        className="panel",
        **{"aria-label": title},
    )


def _needles() -> html.Section:
    """Return the count of needles."""
    return html.Section(
        [
            html.H2(_("Needles")),
            html.Div(
                [
                    _count("needles_in", _("Put in")),
                    _count("needles_out", _("Taken out and counted")),
                ],
                className="counts",
            ),
            html.Div(
                _("The needles were not counted."),
                id="record-count",
                role="status",
                className="count-words",
            ),
        ],
        className="panel",
        **{"aria-label": _("Needles")},
    )


def _count(name: str, label: str) -> Any:
    """Return the field of one count."""
    return dmc.NumberInput(
        id=field(name),
        value="",
        label=label,
        size="sm",
        min=0,
        max=500,
        clampBehavior="none",
        allowDecimal=False,
        allowNegative=False,
        className="count-field",
    )


def _notes() -> html.Section:
    """Return the notes."""
    return html.Section(
        [
            html.H2(_("Notes")),
            html.Label(_("Notes"), htmlFor=_text_id("notes"), className="unseen"),
            html.Div(
                dcc.Textarea(
                    id=field("notes"), value="", className="notes", spellCheck=True
                ),
                **{"data-longest": str(LONGEST_NOTES)},
            ),
            html.Div(id="record-notes-error", className="error", role="alert"),
        ],
        className="panel",
        **{"aria-label": _("Notes")},
    )


def _past() -> html.Section:
    """Return the records that are kept: search, open, delete, retention."""
    return html.Section(
        [
            html.Div(
                [
                    html.H2(_("Records kept")),
                    html.Div(
                        [
                            html.Label(
                                _("Search by reference"),
                                htmlFor="records-search",
                                className="unseen",
                            ),
                            dcc.Input(
                                id="records-search",
                                value="",
                                type="search",
                                placeholder=_("Search by reference"),
                                debounce=0.3,
                                autoComplete="off",
                                className="record-input",
                            ),
                        ]
                    ),
                    html.Span(className="spacer"),
                    html.Span(_button(_("New session"), "new"), className="open-only"),
                ],
                className="head-line",
            ),
            html.Div(id="records-list", role="status"),
            html.H3(_("How long they are kept")),
            html.Div(id="records-kept"),
            html.Div(
                [
                    html.Label(
                        _("Find records not changed for"), htmlFor="records-days"
                    ),
                    dcc.Input(
                        id="records-days",
                        type="number",
                        min=1,
                        max=36500,
                        step=1,
                        debounce=0.4,
                        className="record-input days",
                    ),
                    html.Span(_("days")),
                    html.Span(id="records-older", role="status"),
                ],
                className="retention",
            ),
            html.P(LAW, className="muted small"),
        ],
        className="panel record-past",
        **{"aria-label": _("Records kept")},
    )
