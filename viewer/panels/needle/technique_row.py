"""How the muscle is needled: the techniques on record for the site, to choose from.

Each sets the needle's controls to what its record gives
(``assets/technique/technique.js``); what the record does not give stays empty and is
asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from anatomy.messages import changed, joined, plural
from anatomy.messages import message as _
from anatomy.muscles.technique_choices import (
    ASKED_WORDS,
    KIND_WORDS,
    Asked,
    Choice,
    asked_words,
    basis_and_people,
    choice_words,
)
from viewer.state import technique_fields
from viewer.state.terms import term
from zones.knowledge.referral import referral_of
from zones.sentences.referral import DIFFERS, referral_words

Data = dict[str, Any]

NO_MUSCLE = _(
    "Name a muscle (search, or “Muscles, points”) to plan by a technique on record."
)
#: What counts until something that is asked for has been entered.
NO_ANSWER = _("Until then there is no answer.")
UNTIL: dict[Asked, str] = {
    "depth": _("Until then the whole length of the needle counts as inserted."),
    "tilt": _("Until then it is checked straight in."),
    "toward": NO_ANSWER,
    "grip": _("Until then it is checked as flat palpation."),
    "fold": NO_ANSWER,
}


def technique_row(
    site: Mapping[str, Any] | None,
    values: Mapping[str, Any],
    chosen: str | None,
    *,
    bone: str | None = None,
) -> list[Any]:
    """Return the techniques for a site as choices, and which is chosen.

    Parameters
    ----------
    site : mapping or None
        As the page keeps it.
    values : mapping
        Values of the needle's controls, by their ids.
    chosen : str or None
        Id of the technique that was chosen; one of another site counts as none.
    bone : str, optional
        The bone expected there, which a technique to bone aims at.
    """
    if site is None:
        return []
    choices = technique_fields.choices_at(site)
    muscle = (site.get("origin") or {}).get("muscle")
    if not choices:
        text = NO_MUSCLE
        if muscle:
            text = _(
                "No technique is on record for this site of {muscle}.",
                muscle=term(muscle),
            )
        told = _referral(str(muscle)) if muscle else []
        return [html.P(text, className="help shown technique-none"), *told]
    now = next((c for c in choices if c.technique.id == chosen), None)
    return [
        html.H2(_("How: {muscle}", muscle=term(str(muscle)))),
        _kinds(choices, now, str(muscle), bone),
        *_chosen(now, values, bone),
        *_referral(str(muscle)),
        _published(choices, now, bone),
    ]


def _sets(choice: Choice, bone: str | None) -> dict[str, str]:
    """Return what the button of a technique sends."""
    fields = technique_fields.choice_fields(choice)
    if choice.grip == "bone":
        fields["bone"] = bone  # with the rest: the page then asks once
    return {"data-technique": json.dumps(fields)}


def _pressed(on: bool) -> dict[str, str]:
    return {"aria-pressed": "true" if on else "false"}


def _kinds(
    choices: Sequence[Choice], now: Choice | None, muscle: str, bone: str | None
) -> html.Div:
    """Return the kinds of technique on record; each is the first record of its kind."""
    buttons = []
    for kind, words in KIND_WORDS.items():
        mine = [c for c in choices if c.kind == kind and c.technique.usual]
        if not mine:
            continue
        on = now is not None and now.kind == kind
        buttons.append(
            html.Button(
                words, className="choice", **_sets(mine[0], bone), **_pressed(on)
            )
        )
    return html.Div(
        buttons,
        className="technique-kinds",
        role="group",
        **{"aria-label": _("How to needle {muscle}", muscle=term(muscle))},
    )


def _chosen(
    now: Choice | None, values: Mapping[str, Any], bone: str | None
) -> list[Any]:
    """Return which technique is chosen, how far it was left, and what it asks for."""
    if now is None:
        return [
            html.P(
                _("No technique chosen: the figures below are your own."),
                className="technique-now",
            )
        ]
    other = technique_fields.changed_figures(now, values)
    open_ = technique_fields.still_asked(now, values)
    name = technique_fields.name_of(now)
    said = [
        html.B(_("Changed from {technique}", technique=name) if other else name),
        " · ",
        basis_and_people(now.technique),
    ]
    if other:
        said.append(joined([": ", _listed(other)], ""))
    found: list[Any] = [
        html.P(said, className="technique-now changed" if other else "technique-now")
    ]
    if other:
        found.append(html.Button(_("Back to it"), className="link", **_sets(now, bone)))
    else:
        found.append(
            html.P(changed(choice_words(now), "capital"), className="help shown")
        )
    if open_:
        found.append(_asks(open_))
    return found


def _asks(open_: Sequence[Asked]) -> html.Div:
    """Return what has to be entered, each leading to its field, and what counts now."""
    until = list(dict.fromkeys(UNTIL[name] for name in open_ if name in UNTIL))
    if NO_ANSWER in until:
        until = [NO_ANSWER]
    fields = [
        html.Button(
            changed(ASKED_WORDS[name], "capital"),
            className="quiet",
            **{"data-to": name},
        )
        for name in open_
    ]
    return html.Div(
        [
            html.P([html.B(_("Not given by this source, for you to enter:"))]),
            html.Div(fields, className="asks-fields"),
            html.P(joined(until)),
        ],
        className="technique-asks",
    )


def _listed(names: Sequence[Asked]) -> str:
    return joined([ASKED_WORDS[name] for name in names], ", ")


def _referral(muscle: str) -> list[html.P]:
    """Return where the pain of a muscle is felt, by the study in most people."""
    patterns = referral_of(muscle)
    if not patterns:
        return []
    said: list[Any] = [referral_words(patterns[0]), ". ", DIFFERS]
    more = len(patterns) - 1
    if more:
        told = plural(
            "{n} more pattern is on record, in the atlas.",
            "{n} more patterns are on record, in the atlas.",
            more,
        )
        said += [" ", told]
    return [html.P(said, className="help shown referral")]


def _published(
    choices: Sequence[Choice], now: Choice | None, bone: str | None
) -> html.Details:
    """Return every record as published: source, people, what it gives and does not."""
    rows = []
    for choice in choices:
        lines = [
            html.Span(
                [
                    html.B(technique_fields.name_of(choice)),
                    " · ",
                    basis_and_people(choice.technique),
                ],
                className="technique-source",
            ),
            html.Span(
                changed(choice_words(choice), "capital") or _("No figure given"),
                className="technique-gives",
            ),
        ]
        if choice.asked:
            text = _("Not given: {fields}", fields=asked_words(choice))
            lines.append(html.Span(text, className="technique-lacks"))
        if choice.technique.usual:
            on = now is not None and now.technique.id == choice.technique.id
            row: Any = html.Button(
                lines, className="technique", **_sets(choice, bone), **_pressed(on)
            )
        else:
            lines.append(html.B(_("Not a usual technique; it cannot be chosen.")))
            row = html.Div(lines, className="technique")
        rows.append(html.Li(row))
    return html.Details(
        [
            html.Summary(_("As published ({n})", n=len(choices))),
            html.Ul(rows, className="technique-list"),
        ],
        className="technique-published",
    )
