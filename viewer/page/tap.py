"""From a tap to the whole answer in one request: the needle's place and the card.

One callback owns the answer. Everything that can change it is its input, a tap, a
number that is typed or what was said about the patient, and the page keeps the response
to the newest request only: no late answer of an earlier plan can be written over a
newer one. The check is asked once, and all that is shown of it comes back together;
only the cross-section, which takes longer to draw than the rest, is asked for
afterwards.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from dash import Dash, Input, Output, State, ctx, no_update

from anatomy.body import load_body
from anatomy.errors import NeedlemapError, OffBodyError
from anatomy.messages import joined, translated
from anatomy.messages import message as _
from viewer.map.bellies import chosen_belly
from viewer.map.callbacks import TAKEN_AWAY, drawn, nudged
from viewer.map.charts.frames import needle_mark, tapped_place, view_name
from viewer.map.site_words import site_words
from viewer.panels.card import card
from viewer.panels.needle import callbacks
from viewer.panels.needle.technique_row import technique_row
from viewer.panels.patient import callbacks as patient_callbacks
from viewer.panels.patient import open_questions, questions
from viewer.panels.patient.shown import panel_changes
from viewer.state import needle_fields, page_state, plain, technique_fields
from viewer.state.language import asked_language
from viewer.state.localised import localised, set_props
from zones.contract.models import Assessment
from zones.knowledge.facts import load_facts

_LOG = logging.getLogger(__name__)

Data = dict[str, Any]
T = TypeVar("T")

#: Outputs that stay as they are unless something is said about them.
SINGLE = (
    "marks",
    "message",
    "site_error",
    "heard",
    "site",
    "patient",
    "answered",
    "stated",
    "asked",
)


def register(app: Dash) -> None:
    """Add the verdict's callback to an application."""

    @app.callback(
        output={
            "shown": Output("shown", "data-parts"),
            "asks": [
                Output("card-questions", "children"),
                Output("card-questions", "data-names"),
            ],
            "open": [
                Output("open-questions", "children"),
                Output("open-store", "data"),
            ],
            "offers": [Output("seen", "data"), Output("bone", "data")],
            "panel": [Output("fact-rows", "data"), Output("paint-list", "children")],
            "marks": Output("map", "data-marks"),
            "drawn": [
                Output("map-zones", "data"),
                Output("legend", "data-plain"),
                Output("zones-store", "data"),
            ],
            "message": Output("map-message", "children", allow_duplicate=True),
            "site_error": Output("site-error", "children"),
            "heard": Output("heard", "data"),
            "errors": [
                *(Output(name, "error") for name in needle_fields.SHOWING),
                Output("needle-error", "children"),
                Output("problem-store", "data"),
            ],
            "site": Output("site-store", "data", allow_duplicate=True),
            "patient": Output("patient-store", "data", allow_duplicate=True),
            "answered": Output("answers-heard", "data"),
            "stated": Output("stated-store", "data"),
            "asked": Output("asked-store", "data"),
        },
        inputs={
            "moves": {"tap": Input("tap", "data"), "nudge": Input("nudge", "data")},
            "site": Input("site-store", "data"),
            "patient": Input("patient-store", "data"),
            "answers": Input("answers", "data"),
            "needle": {
                name: Input(control, "value")
                for control, name in needle_fields.NAMES.items()
            },
            "technique": Input(technique_fields.CONTROL, "value"),
            "units": Input("units", "value"),
            "now": Input("view-store", "data"),
        },
        state={
            "paint": State("paint-store", "data"),
            "heard": State("heard", "data"),
            "before": State("asked-store", "data"),
            "problem": State("problem-store", "data"),
            "there": {
                "asks": State("card-questions", "data-names"),
                "open": State("open-store", "data"),
                "seen": State("seen", "data"),
                "bone": State("bone", "data"),
                "answered": State("answers-heard", "data"),
                "stated": State("stated-store", "data"),
                "zones": State("zones-store", "data"),
                "marks": State("map", "data-marks"),
                "fixed": State("body", "disabled"),
            },
            "figures": {
                "height-ft": State("height-ft", "value"),
                "height-in": State("height-in", "value"),
                "weight-lb": State("weight-lb", "value"),
                "typed": State("typed-figures", "data"),
            },
        },
    )
    def answer(
        moves: dict[str, Data | None],
        site: Data | None,
        patient: Data,
        answers: list[Data] | None,
        needle: Data,
        technique: str | None,
        units: str,
        now: Data,
        paint: Data | None,
        heard: Data | None,
        before: Data | None,
        problem: str | None,
        there: Data,
        figures: Data,
    ) -> Data:
        out: Data = dict.fromkeys(SINGLE, no_update)
        last = (before or {}).get("patient", {})
        stated = there["stated"] or []
        fresh = [item for item in answers or () if item["seq"] > there["answered"]]
        if fresh:
            stated = out["stated"] = _spared(
                lambda: patient_callbacks.stated_together(stated, patient, fresh, site),
                stated,
            )
        said = _told(patient, answers, site, there)
        if said is not None and said[0] != patient:
            out["patient"] = patient_callbacks.changes(patient, said[0])
            patient = said[0]
        if said is not None and said[1] != there["answered"]:
            out["answered"] = said[1]
        triggers = {prop.partition(".")[0] for prop in ctx.triggered_prop_ids}
        move = fresh_move(moves, heard, triggers)
        if any(moves.values()):
            out["heard"] = {name: given["at"] for name, given in moves.items() if given}
        moved, message = _moved(move, moves, now, site, paint)
        if moved is not None:
            out["site_error"] = ""
        own, gone = _on_shown_body(moved or site, patient, now)
        if own != site:
            site = out["site"] = own
        if patient != last:
            _fix_body(patient, now, there["fixed"])
        out["drawn"] = _spared(
            lambda: _drawn(now, patient, there["zones"], new=patient != last),
            [no_update] * 3,
        )
        mark = needle_mark(now["body"], now["chart"], site)
        mark["belly"] = _spared(
            lambda: chosen_belly(now["body"], now["chart"], site), None
        )
        marks = json.dumps(translated(mark, asked_language()))
        if marks != there["marks"]:
            out["marks"] = marks
        if move is not None and message is not None:
            out["message"] = message
        if gone:
            out["message"] = gone
        current = {questions.YES: True, questions.NO: False}.get(needle["electrical"])
        plan = page_state.needle_request(**{**needle, "electrical": current})
        plan |= _spared(
            lambda: technique_fields.own_technique(site, technique), dict[str, Any]()
        )
        bone = callbacks.aimed(site, plan, patient)
        if bone is not None:
            plan["bone"] = bone
            choice = {"value": bone, "label": bone}
            set_props("bone", {"data": [choice], "value": bone})
        outcome = page_state.assess(site, plan, patient, units=units)
        if said is None:  # an answer about another patient than the one described
            outcome = page_state.Outcome(message=page_state.FAILED, field="computation")
        outcome, shown = _verdict(outcome, site, plan)
        none = page_state.Outcome(message=page_state.FAILED)
        shown |= _spared(lambda: _card_rest(outcome, plan), _card_rest(none, plan))
        out["asks"] = _spared(lambda: _asks(outcome, patient, there["asks"]), [[], ""])
        *out["open"], progress = _spared(
            lambda: open_questions.filled(outcome, site, patient, there["open"]),
            (no_update, no_update, no_update),
        )
        if progress is not no_update:
            shown["progress"] = plain.nodes(progress)
        offered = _spared(lambda: callbacks.offered(outcome, site, plan, patient), None)
        values = {control: needle[n] for control, n in needle_fields.NAMES.items()}
        here = offered.bone.name if offered and offered.bone else None
        shown["technique-row"] = _spared(
            lambda: plain.nodes(technique_row(site, values, technique, bone=here)), []
        )
        out["offers"] = _offers(offered, plan, needle, there)
        shown["bone-expected"] = plain.nodes(callbacks.bone_line(offered))
        texts: Data = {}
        rows, marks, texts = _spared(
            lambda: panel_changes(patient, last, now["body"], figures),
            (no_update, no_update, texts),
        )
        out["panel"] = [rows, marks]
        shown |= {name: plain.nodes(text) for name, text in texts.items()}
        out["shown"] = plain.shown(shown)
        asked = {
            "site": site,
            "needle": plan,
            "patient": patient,
            "stated": page_state.still_stated(stated, patient),
        }
        if asked != before:
            out["asked"] = asked
        out["errors"] = _errors(outcome, problem, needle_fields.missing_half(needle))
        return out


def _told(
    patient: Data, answers: list[Data] | None, site: Data | None, there: Data
) -> tuple[Data, int] | None:
    """Return the patient after what was said, and the last answer heard; None: failed.

    The page drops a response when something else changes before it came; the answers
    in it are taken up with the next request.
    """
    return _spared(
        lambda: patient_callbacks.heard(
            patient, answers, there["answered"], site, there["open"]
        ),
        None,
    )


def _fix_body(patient: Data, now: Data, fixed: bool | None) -> None:
    """Show the body of the patient's sex, and let no other be chosen."""
    sex = patient.get("sex")
    change: Data = {}
    if sex in ("male", "female") and sex != now["body"]:
        change["value"] = sex
    if bool(fixed) != (sex is not None):
        change["disabled"] = sex is not None
    if change:
        # as an output of the answer it would hold back the choice of a chart
        set_props("body", change)


def _spared(part: Callable[[], T], failed: T) -> T:
    """Return a part of the page, or what stands for it when it could not be made.

    What fails beside the verdict must not keep the verdict from being shown.
    """
    try:
        return part()
    except Exception:
        _LOG.exception("a part of the answer could not be shown")
        return failed


def _verdict(
    outcome: page_state.Outcome, site: Data | None, plan: Data
) -> tuple[page_state.Outcome, Data]:
    """Return the answer and what is shown of it first: verdict and site in words."""
    try:
        return outcome, {
            "verdict": plain.nodes(card.summary(outcome, plan)),
            "site-words": plain.nodes(site_words(site, outcome.assessment)),
        }
    except Exception:
        _LOG.exception("the answer could not be shown")
        outcome = page_state.Outcome(message=page_state.FAILED, field="computation")
        failed = plain.nodes(card.summary(outcome, plan))
        return outcome, {"verdict": failed, "site-words": []}


def _card_rest(outcome: page_state.Outcome, plan: Data) -> Data:
    """Return what the card shows below the verdict."""
    return {
        "card-instead": plain.nodes(card.instead(outcome)),
        "card-reasons": plain.nodes(card.reasons(outcome, plan)),
    }


def _asks(outcome: page_state.Outcome, patient: Data, before: str | None) -> list[Any]:
    """Return the questions in the card and their names; their rows stay with them."""
    names = ""
    if outcome.assessment is not None:
        names = " ".join(["open:", *outcome.assessment.open_questions])
    if names == (before or ""):
        return [no_update, no_update]
    return [card.questions(outcome, patient), names]


def _offers(
    answer: Assessment | None, plan: Data, needle: Data, there: Data
) -> list[Any]:
    """Return the structures and bones that the needle's panel offers, where new."""
    found: list[Sequence[Data]] = [
        callbacks.structures_offered(answer, needle["seen"]),
        callbacks.bones_offered(answer, plan.get("bone") or needle["bone"]),
    ]
    said = localised(found, asked_language())  # as what is there was sent
    return [
        no_update if now == there[name] else now
        for name, now in zip(("seen", "bone"), said, strict=True)
    ]


def fresh_move(
    moves: Mapping[str, Data | None], heard: Data | None, triggers: Collection[str]
) -> str | None:
    """Return which move of the needle has not been answered yet.

    The page drops a response when something else changes before it came; the tap in
    it was not answered then and is taken up with the next request. A site that came
    after it, by name or by an undo, outranks it.

    Parameters
    ----------
    moves : mapping
        The last ``tap`` and the last ``nudge``, with the time ``at`` of each.
    heard : dict or None
        The times that were answered.
    triggers : collection of str
        Ids of what has changed.

    Examples
    --------
    >>> fresh_move({"tap": {"at": 7}, "nudge": None}, {"tap": 5}, ["depth"])
    'tap'
    >>> fresh_move({"tap": {"at": 7}, "nudge": None}, {"tap": 7}, ["depth"])
    >>> fresh_move({"tap": {"at": 7}, "nudge": None}, {"tap": 5}, ["site-store"])
    """
    new = {
        name: given["at"]
        for name, given in moves.items()
        if given and given["at"] != (heard or {}).get(name)
    }
    if not new or ("site-store" in triggers and not {"tap", "nudge"} & set(triggers)):
        return None
    return max(new, key=lambda name: new[name])


def _moved(
    move: str | None,
    moves: Mapping[str, Data | None],
    now: Data,
    site: Data | None,
    paint: Data | None,
) -> tuple[Data | None, str | None]:
    """Return the site after a move, or None, and what to say (None: nothing)."""
    if move is None or (move == "tap" and paint and paint["fact"]):
        return None, None  # while areas are marked the needle stays: see painting
    chart = load_body(now["body"]).charts[now["chart"]]
    if move == "nudge":
        at = nudged(chart, site, moves[move])
    else:
        at = tapped_place(moves[move], now)
    if at is None:
        return None, None
    request = page_state.clicked_request(now["body"], now["chart"], *at)
    try:
        found = page_state.place(now["body"], request)
        if move == "nudge" and site:
            # a step is no new site: name and needle stay
            found = page_state.with_origin(found, site.get("origin")) | {"step": True}
        return found, ""
    except OffBodyError:
        if site:
            return None, _("That is beside the body. The needle stays where it was.")
        return None, _("That is beside the body.")
    except NeedlemapError as error:
        return None, page_state.error_words(error)


def _drawn(now: Data, patient: Data, there: str, *, new: bool) -> list[Any]:
    """Return zones, legend and key of what is drawn, where they are not there yet."""
    view = view_name(now["body"], now["chart"])
    if not new and there.partition(" ")[0] == view:
        return [no_update] * 3
    shown, legend, key = drawn(now, patient)
    return [no_update] * 3 if key == there else [shown, legend, key]


def _on_shown_body(
    site: Data | None, patient: Data, now: Data
) -> tuple[Data | None, str]:
    """Return a site on the body that it is for, and why it is gone if it is.

    That is the one of the patient's sex, which the map follows a moment later, else
    the one shown; the answer is never one about the other body.
    """
    sex = patient.get("sex")
    body = sex if sex in ("male", "female") else now["body"]
    if site is None or site["body"] == body:
        return site, ""
    try:
        return page_state.moved_to(body, site), ""
    except NeedlemapError as error:
        return None, joined([TAKEN_AWAY, page_state.error_words(error)])


def _errors(
    outcome: page_state.Outcome, problem: str | None, missing: Mapping[str, str]
) -> list[Any]:
    """Return the messages beside the fields, and which field has one now.

    ``missing`` has what a control asks for although the answer stands.

    Nothing is touched while there is no error and was none. An error of a patient's
    fact is written beside its question.
    """
    field = outcome.field or ""
    if not field and not problem and not missing:
        return [no_update] * (len(needle_fields.SHOWING) + 2)
    slots = {**dict.fromkeys(needle_fields.SHOWING, ""), **missing}
    own = needle_fields.ERRORS.get(field)
    if own is not None:
        slots[own] = outcome.message
    loose = field.startswith("needle") and own is None
    beside = {}
    for name, text in ((problem, ""), (field, outcome.message)):
        fact = (name or "").removeprefix("patient.").split(".")[0]
        if name and name.startswith("patient.") and fact in load_facts().by_name():
            beside[fact] = text
    if beside:
        set_props("fact-errors", {"data": beside})
    if field.startswith("site"):
        set_props("map-message", {"children": outcome.message})
    said = field or next(iter(missing), None)
    return [*slots.values(), outcome.message if loose else "", said]
