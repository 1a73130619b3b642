"""The verdict card: word, shape and colour, depth limit, reasons, what to do."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from dash import html

from anatomy.messages import changed, joined, plural, translated
from anatomy.messages import message as _
from viewer.look.look import LOOKS, edge_style, icon
from viewer.panels.card.ruler import key_words, ruler_uri, words
from viewer.panels.patient.questions import NO, YES, question_row
from viewer.state.language import asked_language
from viewer.state.page_state import FAILED, Outcome
from viewer.state.terms import term
from zones.contract.models import Assessment, Suggestion, Verdict
from zones.contract.needle import Arm, Posture
from zones.knowledge.facts import load_facts
from zones.sentences.citations import source_row
from zones.sentences.presentation import (
    FindingWords,
    Presentation,
    SuggestionWords,
    present,
)
from zones.sentences.words import load_words

Data = dict[str, Any]

#: Open questions answerable in the card; all of them are in the patient's panel.
FIRST_QUESTIONS = 3


def head(verdict: Verdict, text: str) -> html.Div:
    """Return the head of the card: shape, word and one sentence."""
    look = LOOKS[verdict]
    return html.Div(
        [
            html.Div(
                [icon(verdict, on_head=True, size=40), html.Span(look.word, id="word")],
                className="word-line",
            ),
            html.P(text, id="headline"),
        ],
        className=f"head {verdict.value.lower().replace('_', '-')}",
        style={"background": look.fill, "color": look.ink, "borderColor": look.line},
    )


#: A site that shows what an answer looks like.
EXAMPLE = {"text": "6 cm left of T4"}


def empty_head() -> html.Div:
    """Return the head before a needle is placed: what to do, and an example."""
    return html.Div(
        [
            html.Div(
                [html.Span(_("No needle placed"), id="word")], className="word-line"
            ),
            html.P(
                _("Tap the body where the needle goes in, or name the place below it."),
                id="headline",
            ),
            html.Button(
                _("Show an example: {site}", site=EXAMPLE["text"]),
                className="apply",
                **{"data-pick": json.dumps({"request": EXAMPLE})},
            ),
        ],
        className="head none",
    )


def guide() -> list[Any]:
    """Return what the card shows before a needle is placed: the answers there are."""
    return [
        html.H3(_("What the answers mean")),
        html.Ul(
            [
                html.Li(
                    [
                        icon(verdict, size=24),
                        html.B(LOOKS[verdict].word),
                        load_words().verdict[verdict].professional,
                    ]
                )
                for verdict in LOOKS
            ],
            className="guide",
        ),
        html.P(
            _(
                "A question that has not been asked counts as unknown, never as no. "
                "Depths are those of people like this one: a structure lies within its "
                "usual depth in half of them and within its shallow depth in 1 in 40."
            ),
            className="help shown",
        ),
        html.P(load_words().disclaimer, className="disclaimer"),
    ]


def summary(outcome: Outcome, needle: Mapping[str, Any]) -> list[Any]:
    """Return what must be seen at a glance: verdict and depth limit."""
    answer = outcome.assessment
    if answer is None:
        if outcome.field is None:
            return [empty_head()]
        text = outcome.message
        if text != FAILED:
            text = _("No answer until this is corrected. {text}", text=text)
        return [head(Verdict.NOT_ASSESSABLE, text)]
    said = present(answer)
    marked = "policy looser" if answer.policy_looser else "policy"
    found: list[Any] = [head(said.verdict, said.reason)]
    if said.policy:
        found.append(html.Div(said.policy, className=marked, id="policy", role="note"))
    return [*found, _limit(said), *_best(said.suggestions)]


def _limit(said: Presentation) -> html.Div:
    """Return the deepest allowed depth in large print."""
    limit = said.limit
    label = _("Do not go deeper than") if limit.known else _("Depth limit")
    return html.Div(
        [
            html.Span(label, className="limit-label"),
            html.Strong(limit.figure, id="limit"),
            html.Span(limit.note, className="limit-unit"),
        ],
        className="limit-line",
    )


def _best(suggestions: Sequence[SuggestionWords]) -> list[Any]:
    """Return the one change to try first, as a button where one can make it."""
    for said in suggestions:
        data = _offer(said.item)
        if data:
            return [
                html.Div(
                    [
                        html.Button([said.label], className="apply", **data),
                        html.Span(
                            [icon(Verdict(said.item.verdict), size=16), " ", said.then],
                            className="then",
                        ),
                    ],
                    className="best",
                )
            ]
    return []


def _depths(
    answer: Assessment,
    said: Presentation,
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
) -> html.Div:
    """Return the ruler of the depths, what its marks mean, and the bone expected."""
    bone = html.Div(said.bone, className="bone-ahead", id="bone-ahead")
    return html.Div(
        [
            html.Img(
                src=ruler_uri(answer, needle, patient),
                alt=words(answer, needle),
                className="ruler",
            ),
            *_ruler_key(answer),
            *([bone] if said.bone else []),
        ],
        className="depth",
    )


def _ruler_key(answer: Assessment) -> list[Any]:
    """Return the words for the marks below the ruler."""
    words = key_words(answer)
    return [html.Div(words, className="ruler-key")] if words else []


def instead(outcome: Outcome) -> list[Any]:
    """Return what could be done instead, to be read and pressed."""
    answer = outcome.assessment
    return [] if answer is None else _suggestions(present(answer).suggestions)


def questions(outcome: Outcome, patient: Mapping[str, Any]) -> list[Any]:
    """Return the first open questions, answerable here."""
    answer = outcome.assessment
    return [] if answer is None else _questions(answer, patient)


def reasons(outcome: Outcome, needle: Mapping[str, Any]) -> list[Any]:
    """Return why, what to tell and what was looked at; the guide without an answer."""
    answer = outcome.assessment
    if answer is None:
        return guide()
    said = present(answer)
    return [
        html.P(said.headline, className="whole-reason"),
        _depths(answer, said, needle, outcome.patient),
        *_findings(said.findings, answer.sources),
        _texts(_("What to tell the patient"), said.tell),
        _texts(_("After the treatment"), answer.aftercare),
        _texts(_("Warning signs: where to send the patient"), answer.red_flags),
        html.P(
            _(
                "{mapped} {body}. Data {data_version}.",
                mapped=said.mapped,
                body=changed(said.body, "capital"),
                data_version=answer.data_version,
            ),
            className="coverage",
        ),
        html.P(load_words().disclaimer, className="disclaimer"),
    ]


def _suggestions(suggestions: Sequence[SuggestionWords]) -> list[Any]:
    """Return what could be done instead; what can be applied is a button."""
    rows = []
    for said in suggestions:
        result = html.Span(
            [icon(Verdict(said.item.verdict), size=16), " ", said.then],
            className="then",
        )
        why = html.Span(said.why, className="why")
        data = _offer(said.item)
        button = html.Button([said.label], className="apply", **data)
        rows.append(html.Li([button, result, why] if data else [why]))
    if not rows:
        return []
    return [
        html.H3(_("What could be done instead")),
        html.Ul(rows, className="suggestions"),
    ]


def _offer(item: Suggestion) -> dict[str, str]:
    """Return what the button of a change sends; nothing where no button can make it.

    A depth or a length is offered as it is written, in whole millimetres rounded down.
    """
    to = item.to
    put: Data | None = None
    if item.change == "site" and isinstance(to, dict):
        # placed just as a suggestion of the search is
        return {"data-pick": json.dumps({"request": to})}
    if item.change == "electrical" and isinstance(to, bool):
        put = {"to": YES if to else NO}
    elif item.change in ("depth_mm", "length_mm") and isinstance(to, (int, float)):
        put = {"to": float(math.floor(to))} if to >= 1 else None
    elif item.change == "arm" and isinstance(to, str):
        put = {"to": to}
    elif item.change == "grip" and isinstance(to, dict):
        fold = to.get("fold_mm")
        put = {
            "to": to["grip"],
            "with": {"fold": fold} if fold else {"bone": to.get("bone")},
        }
    elif item.change == "direction" and isinstance(to, dict) and "tilt_deg" in to:
        put = {"to": float(to["tilt_deg"]), "toward": to["toward"]}
    if put is None:
        return {}
    return {"data-apply": json.dumps({"change": item.change, **put})}


def _questions(answer: Assessment, patient: Mapping[str, Any]) -> list[Any]:
    """Return the open questions, answerable here."""
    catalogue = load_facts()
    names = [n for n in answer.open_questions if n in catalogue.by_name()]
    facts = [catalogue[n] for n in names if catalogue[n].source == "patient"]
    other = [n for n in answer.open_questions if n not in {f.name for f in facts}]
    if not answer.open_questions:
        return [
            html.P(
                _("Every question that could change this answer has been answered."),
                className="complete",
            )
        ]
    rows: list[Any] = [
        _plan_question(q.name, q.question)
        for q in present(answer).questions
        if q.name in other
    ]
    first = facts[: max(0, FIRST_QUESTIONS - len(rows))]
    rows += [question_row(f, patient.get(f.name), at="card") for f in first]
    count, rest = len(other) + len(facts), len(facts) - len(first)
    title = plural(
        "{n} open question could change this answer",
        "{n} open questions could change this answer",
        count,
    )
    found: list[Any] = [
        html.H3(title),
        html.Div(rows, className="questions"),
    ]
    if rest:
        # all of them stand in the patient's panel, those that weigh most first
        found.append(
            html.Button(
                _("{rest} more in the patient panel", rest=rest),
                className="link",
                **{"data-to": "open-block"},
            )
        )
    return found


#: Questions about the plan that can be answered by a button.
PLAN_ANSWERS = {"arm": get_args(Arm), "posture": get_args(Posture)}


def _plan_question(name: str, question: str) -> html.Div:
    """Return an open question about the plan, with its answers as buttons."""
    answers = PLAN_ANSWERS.get(name, ())
    if not answers:
        return html.Div(question, className="question")
    buttons = [
        html.Button(
            changed(term(answer), "capital"),
            className="quiet",
            **{"data-apply": json.dumps({"change": name, "to": answer})},
        )
        for answer in answers
    ]
    return html.Div(
        [
            html.Span(question, className="asked"),
            html.Div(buttons, className="answers"),
        ],
        className="question plan-question",
        role="group",
        **{"aria-label": question},
    )


def _findings(
    findings: Sequence[FindingWords], sources: Mapping[str, Mapping[str, Any]]
) -> list[Any]:
    """Return the findings, gravest first; the first one is unfolded."""
    if not findings:
        return []
    items = [
        _finding(finding, sources, unfolded=number == 0)
        for number, finding in enumerate(findings)
    ]
    shown, folded = items[:4], items[4:]
    found: list[Any] = [
        html.H3([_("Why"), " ", html.Span(str(len(items)), className="count")]),
        html.Div(shown, className="findings"),
    ]
    if folded:
        found.append(
            html.Details(
                [
                    html.Summary(_("{n} more of lesser weight", n=len(folded))),
                    html.Div(folded, className="findings"),
                ],
            )
        )
    return found


def _finding(
    said: FindingWords, sources: Mapping[str, Mapping[str, Any]], *, unfolded: bool
) -> html.Div:
    """Return one finding: a line, its reasons and its sources, each one click away."""
    line = [
        icon(said.verdict, size=20),
        html.Span(said.name, className="finding-name"),
        html.Span(said.word, className="finding-word"),
    ]
    if said.other_views:
        line.insert(2, html.Span(_("sources disagree"), className="disagree"))
    body: list[Any] = [html.P(said.message)]
    if said.consequence:
        body.append(html.P([_("Can cause:"), " ", html.B(said.consequence)]))
    if not said.asked:
        body.append(
            html.P(_("Applies because this was not asked."), className="help shown")
        )
    if said.advice:
        body.append(html.Ul([html.Li(text) for text in said.advice]))
    for view in said.other_views:
        first = html.B(_("Sources disagree; the stricter is followed. The other view:"))
        body.append(html.P([first, " ", view], className="other-view"))
    if said.how:
        body.append(
            html.P(
                [_("How this figure was obtained:"), " ", said.how],
                className="help shown",
            )
        )
    depths = said.depths
    return html.Div(
        [
            html.Div(line, className="finding-line"),
            _chance(said),
            html.Div(depths, className="finding-depths") if depths else None,
            html.Details([html.Summary(_("Reason and advice")), *body], open=unfolded),
            source_list(said.sources, sources),
        ],
        className="finding",
        style=edge_style(said.verdict),
    )


def _chance(said: FindingWords) -> html.Details | html.Div | None:
    """Return the chance to meet a structure; basis and interval are one tap away."""
    parts = [part for part in (said.chance, said.basis) if part]
    if not parts:
        return None
    line = joined(parts, " · ")
    if not said.interval:
        return html.Div(line, className="finding-chance")
    return html.Details(
        [html.Summary(line), html.P(said.interval, className="help shown")],
        className="finding-chance",
    )


def source_list(
    ids: Sequence[str], sources: Mapping[str, Mapping[str, Any]]
) -> html.Details | None:
    """Return the sources of a finding, folded.

    The rows travel as data and the browser writes them when the fold is opened: a
    finding may have dozens, and the verdict must not wait for them.
    """
    if not ids:
        return None
    many = plural("{n} source", "{n} sources", len(ids))
    read = [source_row(key, sources.get(key, {})) for key in ids]
    rows = json.dumps(translated(read, asked_language()))
    return html.Details(
        [html.Summary(many), html.Div(className="source-slot")],
        **{"data-sources": rows},
    )


def _texts(title: str, texts: Sequence[str]) -> html.Details | None:
    """Return a folded list of sentences."""
    if not texts:
        return None
    return html.Details(
        [html.Summary(title), html.Ul([html.Li(text) for text in texts])],
        className="texts",
    )
