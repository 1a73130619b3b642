"""The verdict card: word, shape and colour, depth limit, reasons, what to do."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from dash import html

from viewer.card.ruler import limiting, ruler_uri, words
from viewer.look import LOOKS, icon
from viewer.patient.questions import NO, YES, question_row
from viewer.state.page_state import FAILED, Outcome
from zones.contract.models import Arm, Assessment, Finding, Posture, Suggestion, Verdict
from zones.knowledge.facts import load_facts
from zones.sentences.citations import short_name, source_row
from zones.sentences.figures import (
    basis_words,
    bone_words,
    chance_words,
    depth_words,
    interval_words,
    policy_words,
)
from zones.sentences.limits import limit_of, whole_mm

Data = dict[str, Any]

#: Open questions answerable in the card; all of them are in the patient's panel.
FIRST_QUESTIONS = 3
DISCLAIMER = (
    "Decision support and teaching; not a medical device. The practitioner decides."
)
MEANINGS = {
    Verdict.STOP: "Do not needle: never, not this way, or a site that many avoid.",
    Verdict.DANGER: "The needle as planned may reach what kills or maims.",
    Verdict.CAUTION: "Possible with care; the reasons are listed.",
    Verdict.NO_KNOWN_DANGER: "Nothing known here at this depth. Not a promise.",
    Verdict.NOT_ASSESSABLE: "Not mapped or not computed: nothing can be said.",
}


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


def empty_head() -> html.Div:
    """Return the head before a needle is placed."""
    return html.Div(
        [
            html.Div([html.Span("No needle placed", id="word")], className="word-line"),
            html.P("Click on the body, or name a site under the map.", id="headline"),
        ],
        className="head none",
    )


def guide() -> list[Any]:
    """Return what the card shows before a needle is placed: the answers there are."""
    return [
        html.H3("What the answers mean"),
        html.Ul(
            [
                html.Li([icon(verdict, size=24), html.B(LOOKS[verdict].word), text])
                for verdict, text in MEANINGS.items()
            ],
            className="guide",
        ),
        html.P(
            "A question that was not asked counts as unknown, never as no. Depths are "
            "those of people like this one: half have a structure by its usual depth, "
            "1 in 40 by its shallow one.",
            className="help shown",
        ),
        html.P(DISCLAIMER, className="disclaimer"),
    ]


def summary(outcome: Outcome, needle: Mapping[str, Any]) -> list[Any]:
    """Return what must be seen at a glance: verdict and depth limit."""
    answer = outcome.assessment
    if answer is None:
        if outcome.field is None:
            return [empty_head()]
        text = outcome.message
        if text != FAILED:
            text = f"Nothing can be said until this is put right: {text}"
        return [head(Verdict.NOT_ASSESSABLE, text)]
    return [
        head(answer.verdict, answer.headline),
        *_policy(answer),
        _depth(answer, needle, outcome.patient),
    ]


def _depth(
    answer: Assessment, needle: Mapping[str, Any], patient: Mapping[str, Any]
) -> html.Div:
    """Return the deepest allowed depth and its ruler."""
    limit = limit_of(answer)
    return html.Div(
        [
            html.Div(
                [
                    html.Span("Depth limit", className="limit-label"),
                    html.Strong(limit.figure, id="limit"),
                    html.Span(limit.note, className="limit-unit"),
                ],
                className="limit-line",
            ),
            html.Img(
                src=ruler_uri(answer, needle, patient),
                alt=words(answer, needle),
                className="ruler",
            ),
            *_ruler_key(answer),
            *_bone(answer),
        ],
        className="depth",
    )


def _bone(answer: Assessment) -> list[Any]:
    """Return which bone is expected under the site, and when."""
    if answer.bone is None:
        return []
    words = bone_words(answer.bone)
    return [html.Div(f"{_capital(words)}.", className="bone-ahead", id="bone-ahead")]


def _policy(answer: Assessment) -> list[Any]:
    """Return the policy that was followed when it is not the shipped one."""
    words = policy_words(answer.policy, looser=answer.policy_looser)
    if not words:
        return []
    marked = "policy looser" if answer.policy_looser else "policy"
    return [html.Div(words, className=marked, id="policy", role="note")]


def _ruler_key(answer: Assessment) -> list[Any]:
    """Return the words for the marks below the ruler."""
    first = limiting(answer)
    if first is None or first.reached_at_mm is None:
        return []
    word = "refused" if first.verdict >= Verdict.DANGER else "counts"
    return [
        html.Div(
            [
                html.B(first.structure or first.id),
                f": ▼ {word} from {whole_mm(first.reached_at_mm)}; shaded: how many "
                "such needles meet it",
            ],
            className="ruler-key",
        )
    ]


def details(outcome: Outcome, patient: Mapping[str, Any]) -> list[Any]:
    """Return the rest of the card: changes, questions, reasons, what to tell."""
    return [
        *instead(outcome),
        *questions(outcome, patient),
        *reasons(outcome),
    ]


def instead(outcome: Outcome) -> list[Any]:
    """Return what could be done instead, to be read and pressed."""
    answer = outcome.assessment
    return [] if answer is None else _suggestions(answer.suggestions)


def questions(outcome: Outcome, patient: Mapping[str, Any]) -> list[Any]:
    """Return the first open questions, answerable here."""
    answer = outcome.assessment
    return [] if answer is None else _questions(answer, patient)


def reasons(outcome: Outcome) -> list[Any]:
    """Return why, what to tell and what was looked at; the guide without an answer."""
    answer = outcome.assessment
    if answer is None:
        return guide()
    own = {text for finding in answer.findings for text in finding.advice}
    tell = [text for text in answer.advice if text not in own]
    return [
        *_findings(answer),
        _texts("What to tell the patient", tell),
        _texts("After the treatment", answer.aftercare),
        _texts("Warning signs: where to send the patient", answer.red_flags),
        _coverage(answer),
        html.P(DISCLAIMER, className="disclaimer"),
    ]


def _suggestions(suggestions: Sequence[Suggestion]) -> list[Any]:
    """Return what could be done instead; what can be applied is a button."""
    rows = []
    for item in suggestions:
        look = LOOKS[Verdict(item.verdict)]
        result = html.Span(
            [icon(Verdict(item.verdict), size=16), f" then {look.short.lower()}"],
            className="then",
        )
        offer = _offer(item)
        if offer is not None:
            label, to = offer
            button = html.Button(
                [label],
                className="apply",
                **{"data-apply": json.dumps({"change": item.change, **to})},
            )
            rows.append(html.Li([button, result, html.Span(item.why, className="why")]))
        elif item.change == "site" and isinstance(item.to, dict):
            # placed by the same way as a suggestion of the search
            button = html.Button(
                f"Place there: {item.to.get('site') or 'other site'}",
                className="apply",
                **{"data-pick": json.dumps({"request": item.to})},
            )
            rows.append(html.Li([button, result, html.Span(item.why, className="why")]))
        else:
            rows.append(html.Li([html.Span(item.why, className="why")]))
    if not rows:
        return []
    return [
        html.H3("What could be done instead"),
        html.Ul(rows, className="suggestions"),
    ]


def _offer(item: Suggestion) -> tuple[str, Data] | None:
    """Return label and values of a change that a button can make; None for others.

    A depth or a length is offered as it is written, in whole millimetres rounded down.
    """
    to = item.to
    if item.change == "electrical" and isinstance(to, bool):
        return "With current" if to else "Without current", {"to": YES if to else NO}
    if item.change in ("depth_mm", "length_mm") and isinstance(to, (int, float)):
        what, whole = "Depth" if item.change == "depth_mm" else "Needle", math.floor(to)
        return (f"{what} {whole} mm", {"to": float(whole)}) if whole >= 1 else None
    if item.change == "arm" and isinstance(to, str):
        return f"Arm {to}", {"to": to}
    if item.change == "grip" and isinstance(to, dict):
        fold, bone = to.get("fold_mm"), to.get("bone")
        label = f"Pincer, fold {fold:g} mm" if fold else f"To bone ({bone})"
        put = {"fold": fold} if fold else {"bone": bone}
        return label, {"to": to["grip"], "with": put}
    if item.change == "direction" and isinstance(to, dict) and "tilt_deg" in to:
        return f"Lean {to['tilt_deg']:g}° {to['toward']}", {
            "to": float(to["tilt_deg"]),
            "toward": to["toward"],
        }
    return None


def _questions(answer: Assessment, patient: Mapping[str, Any]) -> list[Any]:
    """Return the open questions, answerable here."""
    catalogue = load_facts()
    names = [n for n in answer.open_questions if n in catalogue.by_name()]
    facts = [catalogue[n] for n in names if catalogue[n].source == "patient"]
    other = [n for n in answer.open_questions if n not in {f.name for f in facts}]
    if not answer.open_questions:
        return [
            html.P(
                "Every question that could change this answer is answered.",
                className="complete",
            )
        ]
    rows: list[Any] = [_plan_question(name) for name in other]
    first = facts[: max(0, FIRST_QUESTIONS - len(rows))]
    rows += [question_row(f, patient.get(f.name), at="card") for f in first]
    count, rest = len(other) + len(facts), len(facts) - len(first)
    title = "1 open question" if count == 1 else f"{count} open questions"
    found: list[Any] = [
        html.H3(f"{title} could change this answer"),
        html.Div(rows, className="questions"),
    ]
    if rest:
        # all of them stand in the patient's panel, those that weigh most first
        found.append(
            html.Button(
                f"{rest} more in the patient's panel",
                className="link",
                **{"data-to": "open-block"},
            )
        )
    return found


#: Open questions about the plan, and what can be answered by a button.
PLAN_QUESTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "depth_mm": ("Give the planned depth of the needle.", ()),
    "electrical": ("Say whether current goes through the needle.", ()),
    "arm": ("Where is the arm? It moves the shoulder blade.", get_args(Arm)),
    "posture": ("How does the patient lie or sit?", get_args(Posture)),
}


def _plan_question(name: str) -> html.Div:
    """Return an open question about the plan, with its answers as buttons."""
    words, answers = PLAN_QUESTIONS.get(name, (name, ()))
    if not answers:
        return html.Div(words, className="question")
    buttons = [
        html.Button(
            _capital(answer),
            className="quiet",
            **{"data-apply": json.dumps({"change": name, "to": answer})},
        )
        for answer in answers
    ]
    return html.Div(
        [html.Span(words, className="asked"), html.Div(buttons, className="answers")],
        className="question plan-question",
        role="group",
        **{"aria-label": words},
    )


def _findings(answer: Assessment) -> list[Any]:
    """Return the findings, gravest first; the first one is unfolded."""
    if not answer.findings:
        return []
    items = [
        _finding(finding, answer.sources, unfolded=number == 0)
        for number, finding in enumerate(answer.findings)
    ]
    shown, folded = items[:4], items[4:]
    found: list[Any] = [
        html.H3(["Why ", html.Span(str(len(items)), className="count")]),
        html.Div(shown, className="findings"),
    ]
    if folded:
        found.append(
            html.Details(
                [
                    html.Summary(f"{len(folded)} more of less weight"),
                    html.Div(folded, className="findings"),
                ],
            )
        )
    return found


def _finding(
    finding: Finding, sources: Mapping[str, Mapping[str, Any]], *, unfolded: bool
) -> html.Div:
    """Return one finding: a line, its reasons and its sources, each one click away."""
    look = LOOKS[Verdict(finding.verdict)]
    name = finding.structure or finding.consequence or finding.id
    line = [
        icon(Verdict(finding.verdict), size=20),
        html.Span(_capital(name), className="finding-name"),
        html.Span(look.short, className="finding-word"),
    ]
    if finding.other_views:
        line.insert(2, html.Span("sources disagree", className="disagree"))
    depths = depth_words(finding)
    body: list[Any] = [html.P(finding.message)]
    if finding.consequence and finding.structure:
        body.append(html.P(["Can cause: ", html.B(finding.consequence)]))
    if finding.status == "unknown":
        body.append(
            html.P("Stands because the question was not asked.", className="help shown")
        )
    if finding.advice:
        body.append(html.Ul([html.Li(text) for text in finding.advice]))
    for view in finding.other_views:
        cited = ", ".join(short_name(key, sources.get(key, {})) for key in view.sources)
        body.append(
            html.P(
                [
                    html.B(
                        "Sources disagree; the stricter is followed. The other view: "
                    ),
                    view.text,
                    f" ({cited})" if cited else "",
                ],
                className="other-view",
            )
        )
    how = finding.how if finding.kind == "zone" else finding.basis
    if how and how != "source":
        body.append(
            html.P(["How the figure came about: ", how], className="help shown")
        )
    return html.Div(
        [
            html.Div(line, className="finding-line"),
            _chance(finding),
            html.Div(depths, className="finding-depths") if depths else None,
            html.Details([html.Summary("Reason and advice"), *body], open=unfolded),
            source_list(finding.sources, sources),
        ],
        className="finding",
        style={"borderLeftColor": look.line},
    )


def _chance(finding: Finding) -> html.Details | html.Div | None:
    """Return the chance to meet a structure; basis and interval are one tap away."""
    if finding.kind != "zone":
        return None
    chance, basis = chance_words(finding), basis_words(finding)
    line = " · ".join(part for part in (chance, basis) if part)
    if not line:
        return None
    interval = interval_words(finding)
    if not interval:
        return html.Div(line, className="finding-chance")
    return html.Details(
        [html.Summary(line), html.P(interval, className="help shown")],
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
    many = "1 source" if len(ids) == 1 else f"{len(ids)} sources"
    rows = json.dumps([source_row(key, sources.get(key, {})) for key in ids])
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


def _coverage(answer: Assessment) -> html.P:
    """Return what was looked at here, so that silence is not taken for safety."""
    coverage = answer.coverage
    if coverage.level == "none":
        text = "Nothing is mapped in this region."
    else:
        listed = ", ".join(coverage.mapped)
        text = f"Mapped in this region ({coverage.level}): {listed}."
    return html.P(
        f"{text} {_capital(answer.site.body)} reference body. "
        f"Data {answer.data_version}.",
        className="coverage",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
