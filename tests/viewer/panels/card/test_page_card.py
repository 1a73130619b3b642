"""The card and the panel: what they show for an answer, an error and a failure."""

from __future__ import annotations

import json
import math
import re
from base64 import b64decode
from typing import Any

import pytest
from dash.development.base_component import Component

from anatomy.errors import DataError, InputError
from tests.strategies import healthy_patient
from viewer.look.look import LOOKS, icon_uri
from viewer.map.site_words import site_words
from viewer.map.zones.legend import legend
from viewer.map.zones.zone_images import shown_zones
from viewer.page.app import create_app, serve
from viewer.panels.card.card import (
    FIRST_QUESTIONS,
    instead,
    reasons,
    summary,
)
from viewer.panels.card.card import (
    questions as card_questions,
)
from viewer.panels.card.ruler import limiting, ruler_svg, tick_step, words
from viewer.panels.patient import plain_questions, questions
from viewer.panels.patient.panel import patient_panel, question_groups
from viewer.service.access.access import Access
from viewer.state import page_state
from zones import check_site
from zones.contract.models import Verdict
from zones.knowledge.facts import load_facts
from zones.patients.gates import nothing_found
from zones.sentences.citations import source_row
from zones.sentences.figures import depth_words

T4 = {"text": "6 cm left of T4"}


def details(outcome: Any, patient: dict[str, Any]) -> list[Any]:
    """Return the rest of the card, as the page lays it out."""
    why = reasons(outcome, NEEDLE)
    return [*instead(outcome), *card_questions(outcome, patient), *why]


NEEDLE = {"length_mm": 40, "depth_mm": 25, "direction": "perpendicular"}


def text_of(part: Any) -> str:
    """Return all text of a component tree."""
    if part is None:
        return ""
    if isinstance(part, (list, tuple)):
        return " ".join(text_of(item) for item in part)
    if isinstance(part, Component):
        extra = getattr(part, "alt", None) or ""
        return f"{extra} {text_of(getattr(part, 'children', None))}"
    return str(part)


def walk(part: Any) -> Any:
    """Yield all components of a tree."""
    if isinstance(part, (list, tuple)):
        for item in part:
            yield from walk(item)
    elif isinstance(part, Component):
        yield part
        yield from walk(getattr(part, "children", None))


@pytest.fixture(scope="module")
def danger() -> page_state.Outcome:
    """A needle over the lung."""
    return page_state.assess(page_state.place("female", T4), NEEDLE, {})


def test_verdict_has_word_shape_and_limit(danger: page_state.Outcome) -> None:
    """Word, shape, headline and limit stand in the part seen first."""
    assert danger.assessment is not None
    shown = text_of(summary(danger, NEEDLE))
    assert "DANGER" in shown
    assert "pneumothorax" in shown
    limit = danger.assessment.max_depth_mm
    assert limit is not None
    assert f"{math.floor(limit)} mm deepest plan" in " ".join(shown.split())
    assert "Planned depth 25 mm" in text_of(reasons(danger, NEEDLE))


def test_every_level_has_its_own_word_and_shape() -> None:
    """Never colour alone, never green."""
    assert len({look.word for look in LOOKS.values()}) == len(Verdict)
    assert len({look.shape for look in LOOKS.values()}) == len(Verdict)
    for verdict, look in LOOKS.items():
        svg = b64decode(icon_uri(verdict).split(",")[1]).decode()
        assert svg.startswith("<svg")
        for colour in (look.fill, look.line):
            red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
            assert not (green > red + 20 and green > blue + 20)
        assert contrast(look.fill, look.ink) >= 4.5, verdict


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2)."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_refused_current_is_a_button_to_leave_it_off() -> None:
    """With a pacemaker the current is refused, not the patient."""
    answer = check_site(
        {"muscle": "vastus lateralis", "side": "left", "site": "mid lateral"},
        {"depth_mm": 15.0, "electrical": True},
        healthy_patient(pacemaker=True, implants=None),
    )
    assert answer.verdict == Verdict.STOP
    parts = details(page_state.Outcome(answer), {})
    shown = text_of(parts)
    assert "Without current" in shown
    assert "Needle manually" in shown
    assert "Do not needle" not in shown
    buttons = [c for c in walk(parts) if getattr(c, "className", "") == "apply"]
    offered = [json.loads(getattr(button, "data-apply")) for button in buttons]
    assert offered == [{"change": "electrical", "to": questions.NO}]


def test_card_gives_reasons_sources_and_texts(danger: page_state.Outcome) -> None:
    """Findings with depths, sources as data, suggestions, warning signs."""
    answer = danger.assessment
    assert answer is not None
    parts = details(danger, {})
    shown = text_of(parts)
    for word in (
        "Pleura and lung",
        " in 1 in 40 people, within ",
        "Reached by about 1 in ",
        "pooled from several studies",
        "95 % interval",
        "What to tell",
        "Warning signs",
        "not a medical device",
        "What could be done instead",
    ):
        assert word in shown
    folds = [c for c in walk(parts) if getattr(c, "data-sources", None)]
    rows = [row for fold in folds for row in json.loads(getattr(fold, "data-sources"))]
    assert rows
    for name, _, read, _, address in rows:
        assert name
        assert read
        assert address == "" or re.match(r"https?://", address)
    buttons = [c for c in walk(parts) if getattr(c, "className", "") == "apply"]
    assert json.loads(getattr(buttons[0], "data-apply"))["change"] == "depth_mm"
    asked = [
        c.id["name"]
        for c in walk(parts)
        if isinstance(getattr(c, "id", None), dict) and c.id["type"] == "fact"
    ]
    names = [n for n in answer.open_questions if load_facts()[n].source == "patient"]
    hints = len(answer.open_questions) - len(names)
    assert asked == names[: FIRST_QUESTIONS - hints]
    assert f"{len(names) - len(asked)} more" in shown


def test_an_address_that_is_no_web_address_is_no_link() -> None:
    """A source's address is never a script."""
    assert source_row("a", {"url": "javascript:alert(1)"})[4] == ""


def test_errors_name_their_field() -> None:
    """Bad input has a field and words for people; nothing keeps the old verdict."""
    site = page_state.place("female", T4)
    deep = page_state.assess(site, {**NEEDLE, "depth_mm": 70}, {})
    assert deep.field == "needle.depth_mm"
    assert "planned depth" in deep.message
    shown = text_of(summary(deep, NEEDLE))
    assert "NOT ASSESSABLE" in shown
    assert "corrected" in shown
    clash = page_state.assess(site, NEEDLE, {"sex": "male", "pregnant": True})
    assert (clash.field or "").startswith("patient.")
    assert page_state.assess(site, {**NEEDLE, "depth_mm": float("nan")}, {}).field


def test_a_failure_is_not_assessable(monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks inside is said, without a trace and without a verdict."""

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(page_state, "check_site", broken)
    page_state._checked.cache_clear()
    outcome = page_state.assess({"request": T4}, NEEDLE, {})
    shown = text_of([summary(outcome, NEEDLE), details(outcome, {})])
    assert "NOT ASSESSABLE" in shown
    assert "not assessable" in shown
    assert "secret" not in shown


def test_before_a_needle_is_placed() -> None:
    """No verdict, and what to do."""
    shown = text_of(summary(page_state.assess(None, NEEDLE, {}), NEEDLE))
    assert "Tap the body" in shown


def test_ruler(danger: page_state.Outcome) -> None:
    """The ruler names the limit and marks the structure that sets it."""
    answer = danger.assessment
    assert answer is not None
    svg = ruler_svg(answer, NEEDLE)
    assert answer.max_depth_mm is not None
    assert f"limit {math.floor(answer.max_depth_mm)} mm" in svg
    first = limiting(answer)
    assert first is not None
    assert first.id == "pleura"
    assert "in 1 in 40 people" in depth_words(first)
    assert "Needle 40 mm" in words(answer, NEEDLE)
    assert all(longest / tick_step(longest) <= 8 for longest in range(20, 311))


def test_site_words_name_the_side(danger: page_state.Outcome) -> None:
    """The side stands first, in capitals."""
    site = page_state.place("female", T4)
    shown = text_of(site_words(site, danger.assessment))
    assert shown.strip().startswith("Patient's LEFT")
    assert "10 mm" in shown


def test_moving_to_the_other_body_keeps_the_place() -> None:
    """A clicked place goes along by its landmark, not by its millimetres."""
    named = page_state.place("female", T4)
    body = named["body"]
    chart = page_state.load_body(body).charts["posterior"]
    x, y = chart.project(named["xyz"])[0]
    clicked = page_state.place(
        body, page_state.clicked_request(body, "posterior", x, y)
    )
    moved = page_state.moved_to("male", clicked)
    wanted = page_state.place("male", T4)
    assert moved["body"] == "male"
    assert (
        sum((a - b) ** 2 for a, b in zip(moved["xyz"], wanted["xyz"], strict=True))
        ** 0.5
        < 15
    )
    assert page_state.moved_to("female", clicked) == clicked


def test_a_click_asks_both_bodies_while_the_sex_is_not_known() -> None:
    """An unanswered question never lowers the verdict: the stricter body counts."""
    x, y = (
        page_state.load_body("female")
        .charts["posterior"]
        .project(page_state.place("female", T4)["xyz"])[0]
    )
    clicked = page_state.place(
        "female", page_state.clicked_request("female", "posterior", x, y)
    )
    limits = {
        sex: page_state.assess(clicked, NEEDLE, {} if sex is None else {"sex": sex})
        for sex in (None, "female")
    }
    asked, known = limits[None].assessment, limits["female"].assessment
    assert asked is not None
    assert known is not None
    assert (asked.max_depth_mm or 0.0) <= (known.max_depth_mm or 0.0) + 0.5
    male = page_state.assess(
        page_state.moved_to("male", clicked), NEEDLE, {"sex": "male"}
    )
    assert male.assessment is not None
    assert (asked.max_depth_mm or 0.0) <= (male.assessment.max_depth_mm or 0.0) + 0.5


def test_every_fact_has_a_control_that_round_trips() -> None:
    """What a control shows reads back as the value it was given."""
    shown = [*walk(patient_panel()), *walk(question_groups({}))]
    ids = [
        c.id["name"]
        for c in shown
        if isinstance(getattr(c, "id", None), dict) and c.id.get("type") == "fact"
    ]
    for place in (getattr(c, plain_questions.ATTRIBUTE, None) for c in shown):
        for name, question, help_text, options in json.loads(place or "[]"):
            fact = load_facts()[name]
            assert (question, help_text) == (fact.question, fact.help or "")
            assert options == (list(fact.options) if fact.type == "choice" else [])
            ids.append(name)
    catalogue = load_facts()
    assert sorted(ids) == sorted(
        f.name for f in catalogue.facts if f.source == "patient"
    )
    for fact in catalogue.facts:
        for value in (None, fact.favourable):
            control = questions.control_value(fact, value)
            assert questions.fact_value(fact, control) == value


#: What nobody finds in a patient: it is told, agreed or decided.
NEVER_FOUND = {"consent_given", "capacity_to_consent", "guardian_consent"}


def test_rest_asked_states_neither_consent_nor_capacity() -> None:
    """What is agreed or talked over is no finding: it stays open in every patient."""
    agreed = {f.name for f in load_facts().facts if f.favourable is True}
    assert agreed > NEVER_FOUND
    for known in (
        {"sex": "female", "age": 12},
        {"epilepsy": True, "needle_phobia": True, "previous_reaction": True},
        {"bleeding_disorder": True, "anticoagulant": True, "inr": 3.5},
    ):
        patient = nothing_found(known)
        assert not agreed & patient.keys()
        assert {k: patient[k] for k in known} == known
        assert set(patient.keys() - known.keys()) == {
            n for n, value in patient.items() if value is False and n not in known
        }
    refused = nothing_found({"consent_given": False})
    assert refused["consent_given"] is False


def test_rest_asked_leaves_consent_and_the_person_open() -> None:
    """After the button only consent, capacity and figures of the person are open."""
    patient = nothing_found({"sex": "female"})
    assert patient["bleeding_disorder"] is False
    agreed = page_state.assess(page_state.place("female", T4), NEEDLE, patient)
    assert agreed.assessment is not None
    assert {"consent_given", "capacity_to_consent"} <= set(
        agreed.assessment.open_questions
    )
    patient |= {"consent_given": True, "capacity_to_consent": True}
    outcome = page_state.assess(page_state.place("female", T4), NEEDLE, patient)
    assert outcome.assessment is not None
    assert set(outcome.assessment.open_questions) <= {"age", "bmi", "electrical"}
    done, asked = questions.answered(patient, "today")
    assert done == asked > 5


def test_legend_says_words() -> None:
    """The legend has words for each pattern."""
    shown = text_of(legend(shown_zones({})))
    for word in ("grave or lasting harm", "temporary harm", "may apply"):
        assert word in shown
    assert "No zone" in text_of(legend(()))


def test_application_sends_a_policy() -> None:
    """The server tells the browser to load nothing from elsewhere."""
    answer = create_app(warm=False).server.test_client().get("/")
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_broken_data_is_said_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong data file gives a page that names it, and no server on start."""
    wrong = DataError("pleura.toml, zone 'pleura': the polygon crosses itself.")

    def broken(*_: Any) -> None:
        raise wrong

    monkeypatch.setattr("viewer.map.callbacks.shown_zones", broken)
    from viewer.page.app import _layout

    assert "pleura.toml" in text_of(_layout())
    with pytest.raises(DataError):
        serve()


def test_serving_beyond_this_machine_warns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only this machine by default; others with a password only, and it is said."""
    hosts: list[str] = []

    def listening(_: Any, host: str, __: int, *, ready: Any, **___: Any) -> None:
        hosts.append(host)
        ready(None)

    monkeypatch.setattr("viewer.page.app.listen", listening)
    monkeypatch.setattr("viewer.page.app.read_all", lambda: None)
    serve()
    assert "warning" not in capsys.readouterr().out
    with pytest.raises(InputError, match="password"):
        serve(host="0.0.0.0", port=8051)
    assert hosts == ["127.0.0.1"]
    serve(host="0.0.0.0", port=8051, access=Access(password="correct horse battery"))
    said = capsys.readouterr().out
    assert "other machines" in said
    assert "not encrypted" in said
    assert hosts == ["127.0.0.1", "0.0.0.0"]
