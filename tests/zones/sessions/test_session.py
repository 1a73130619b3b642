"""A session: what several sites together show, what is refused, monotonicity."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anatomy.errors import (
    DataError,
    InputError,
    NeedlemapError,
    OutOfRangeError,
    UnknownNameError,
)
from anatomy.store import shipped
from tests.strategies import healthy_patient
from zones.contract.models import Verdict
from zones.knowledge.records.sources import load_sources
from zones.sessions.session import check_session
from zones.sessions.session_rules import load_session_book

if TYPE_CHECKING:
    from pathlib import Path

    from zones.sessions.session import SessionAssessment

BOOK = load_session_book()
NAN = math.nan
CLEAR = BOOK.favourable()
HEALTHY = healthy_patient()


def entry(site: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a site with a shallow needle, no current unless said."""
    needle = {"length_mm": 15, "depth_mm": 5, "electrical": False}
    needle |= more.pop("needle", {})
    return {"site": site, "needle": needle, **more}


def crest(side: str, **more: Any) -> dict[str, Any]:
    return entry({"point": "GB21", "side": side}, **more)


def thigh(side: str, **more: Any) -> dict[str, Any]:
    return entry({"muscle": "vastus lateralis", "side": side}, **more)


def forearm(side: str, **more: Any) -> dict[str, Any]:
    return entry({"point": "LI10", "side": side}, **more)


def session(*sites: dict[str, Any], **facts: Any) -> SessionAssessment:
    """Check a session of a healthy adult with some facts of the session changed."""
    known = {k: v for k, v in (CLEAR | facts).items() if v is not None}
    return check_session(sites, HEALTHY, known)


def ids(answer: SessionAssessment, status: str = "known") -> set[str]:
    return {f.id for f in answer.findings if f.status == status}


# ------------------------------------------------------------ nothing, and the chest


def test_a_clear_session_of_a_healthy_adult_says_nothing() -> None:
    answer = session(thigh("left"), thigh("right"))
    assert answer.verdict is Verdict.NO_KNOWN_DANGER
    assert answer.findings == ()
    assert answer.open_questions == ()
    assert answer.complete
    assert len(answer.sites) == 2
    assert "safe" not in answer.headline
    assert json.loads(json.dumps(answer.as_dict()))["verdict"] == "NO_KNOWN_DANGER"


def test_both_sides_of_the_chest() -> None:
    one, both = session(crest("left")), session(crest("left"), crest("right"))
    assert "both-sides-of-the-chest" not in ids(one)
    assert "both-sides-of-the-chest" in ids(both)
    assert both.verdict is Verdict.DANGER
    assert both.findings[0].sites == (0, 1)
    assert "sa-bn121" in both.sources
    same = session(crest("left"), crest("left"))
    assert "both-sides-of-the-chest" not in ids(same)
    assert session(thigh("left"), crest("right")).findings == ()


@pytest.mark.parametrize("how", ["session", "site"])
def test_a_needle_left_in_over_the_apex(how: str) -> None:
    site = crest("left", left_in=True) if how == "site" else crest("left")
    answer = session(site, needles_left_in=how == "session")
    assert "left-in-over-lung-apex" in ids(answer)
    assert answer.verdict is Verdict.DANGER
    away = session(crest("left", left_in=False), thigh("left"), needles_left_in=True)
    assert "left-in-over-lung-apex" not in ids(away)


def test_left_in_is_asked_only_where_it_matters() -> None:
    over = session(crest("left"), needles_left_in=None)
    assert "needles_left_in" in over.open_questions
    said = session(crest("left", left_in=False), needles_left_in=None)
    assert "needles_left_in" not in said.open_questions
    assert (
        "needles_left_in"
        not in session(thigh("left"), needles_left_in=None).open_questions
    )


def test_nobody_stays() -> None:
    facts = {"needles_left_in": True, "stays_with_patient": False}
    assert session(thigh("left"), **facts).verdict is Verdict.CAUTION
    assert session(crest("left"), **facts).verdict is Verdict.STOP


def test_side_lying() -> None:
    assert ids(session(crest("left"), posture="side-lying")) == {"side-lying-chest"}
    assert ids(session(thigh("left"), posture="side-lying")) == set()


def test_the_patient_must_know_of_the_lung() -> None:
    told = {"told_of_lung_risk": False}
    assert session(crest("left"), **told).verdict is Verdict.STOP
    assert session(thigh("left"), **told).findings == ()
    assert "warning-signs-not-given" in ids(
        session(crest("left"), warning_signs_given=False)
    )


# ------------------------------------------------------------ fainting, first visit


def test_sitting() -> None:
    assert ids(session(thigh("left"), posture="sitting")) == {"sitting"}
    first = session(thigh("left"), posture="sitting", first_treatment=True)
    assert ids(first) == {"sitting-likely-to-faint", "first-treatment"}
    assert ids(session(crest("left"), posture="sitting")) == {"sitting-likely-to-faint"}
    assert ids(session(thigh("left"), hungry_or_exhausted=True)) == {
        "hungry-or-exhausted"
    }


def test_first_treatment() -> None:
    first = session(thigh("left"), first_treatment=True)
    assert first.verdict is Verdict.NO_KNOWN_DANGER
    assert "strong-first-treatment" in ids(
        session(thigh("left"), first_treatment=True, strong_manipulation=True)
    )
    mother = healthy_patient(
        sex="female", age=31, pregnant=True, gestation_weeks=20, bmi=22
    )
    answer = check_session([thigh("left")], mother, CLEAR | {"first_treatment": True})
    assert "first-treatment-pregnant" in ids(answer)
    unsigned = check_session([thigh("left")], mother, {"consent_in_writing": False})
    assert "consent-not-written-pregnant" in ids(unsigned)
    assert "consent-not-written" not in ids(unsigned)


# ------------------------------------------------------------ current


def test_current_across_the_chest() -> None:
    on = {"needle": {"electrical": True}}
    pair = [forearm("left", **on), forearm("right", **on)]
    assert "current-across-the-chest" in ids(session(*pair, current_crosses_chest=True))
    unsaid = session(*pair, current_crosses_chest=None)
    assert "current-across-the-chest" in ids(unsaid, "unknown")
    assert unsaid.verdict is Verdict.CAUTION
    assert "current_crosses_chest" in unsaid.open_questions
    assert session(*pair).findings == ()
    legs = session(
        thigh("left", **on), thigh("right", **on), current_crosses_chest=None
    )
    assert legs.findings == ()


def test_current_with_a_pacemaker_stops_at_the_site() -> None:
    wearer = healthy_patient(
        implants=[{"kind": "pacemaker", "region": "left thorax"}], pacemaker=True
    )
    sites = [thigh("left", needle={"electrical": True}), thigh("left")]
    answer = check_session(sites, wearer, CLEAR)
    assert answer.verdict is Verdict.STOP
    assert answer.sites[0].verdict is Verdict.STOP
    assert answer.sites[1].verdict is Verdict.NO_KNOWN_DANGER
    assert answer.headline.startswith("Site 1 ")


# ------------------------------------------------------------ hygiene, consent, count


@pytest.mark.parametrize(
    ("fact", "bad", "rule", "verdict"),
    [
        ("sterile_single_use", False, "needles-not-sterile", "STOP"),
        ("hands_clean", False, "hands-not-clean", "CAUTION"),
        ("skin_disinfected", False, "skin-not-disinfected", "CAUTION"),
        ("consent_for_each_region", False, "consent-not-renewed", "STOP"),
        ("consent_in_writing", False, "consent-not-written", "NO_KNOWN_DANGER"),
        ("consent_recorded", False, "not-recorded", "NO_KNOWN_DANGER"),
    ],
)
def test_single_facts(fact: str, bad: bool, rule: str, verdict: str) -> None:
    answer = session(thigh("left"), **{fact: bad})
    assert ids(answer) == {rule}
    assert answer.verdict == verdict


def test_disagreement_on_disinfection_is_shown() -> None:
    finding = session(thigh("left"), skin_disinfected=False).findings[0]
    assert "hoffman2001" in finding.other_views[0].sources


@pytest.mark.parametrize(
    ("put", "out", "rules"),
    [
        (6, 6, set()),
        (6, 5, {"needle-count"}),
        (5, 6, {"needle-count"}),
        (6, None, set()),
    ],
)
def test_needles_are_counted(put: int, out: int | None, rules: set[str]) -> None:
    answer = session(thigh("left"), needles_in=put, needles_out=out)
    assert ids(answer) == rules
    assert (answer.verdict is Verdict.STOP) == bool(rules)


# ------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("sites", "facts", "error", "field"),
    [
        ([], None, InputError, "sites"),
        ("GB21", None, InputError, "sites"),
        ({"site": {"point": "GB21"}}, None, InputError, "sites"),
        (7, None, InputError, "sites"),
        (["GB21"], None, InputError, "sites.0"),
        ([{"needle": {}}], None, InputError, "sites.0.site"),
        ([{**thigh("left"), "leftin": True}], None, UnknownNameError, "sites.0.leftin"),
        ([{**thigh("left"), "left_in": 1}], None, InputError, "sites.0.left_in"),
        ([thigh("left")] * 201, None, OutOfRangeError, "sites"),
        ([thigh("left")], {"postur": "sitting"}, UnknownNameError, "session.postur"),
        ([thigh("left")], {"posture": "sittin"}, UnknownNameError, "session.posture"),
        ([thigh("left")], {"posture": True}, UnknownNameError, "session.posture"),
        ([thigh("left")], {"hands_clean": "no"}, InputError, "session.hands_clean"),
        ([thigh("left")], {"needles_in": "6"}, InputError, "session.needles_in"),
        ([thigh("left")], {"needles_in": True}, InputError, "session.needles_in"),
        ([thigh("left")], {"needles_in": -1}, OutOfRangeError, "session.needles_in"),
        ([thigh("left")], {"needles_in": 2.5}, OutOfRangeError, "session.needles_in"),
        ([thigh("left")], {"needles_in": NAN}, OutOfRangeError, "session.needles_in"),
        ([thigh("left")], {"lung_sites": 0}, UnknownNameError, "session.lung_sites"),
        ([thigh("left")], ["sitting"], InputError, "session"),
    ],
)  # fmt: skip
def test_bad_input(sites: Any, facts: Any, error: type[Exception], field: str) -> None:
    with pytest.raises(error) as caught:
        check_session(sites, HEALTHY, facts)
    assert isinstance(caught.value, NeedlemapError)
    assert caught.value.field == field


def test_an_error_of_one_site_names_its_place() -> None:
    with pytest.raises(UnknownNameError) as caught:
        check_session([thigh("left"), entry({"muscle": "vastus laterals"})], HEALTHY)
    assert str(caught.value.field).startswith("sites.1")
    assert "sites.1" in str(caught.value)
    assert "vastus lateralis" in str(caught.value)


# ------------------------------------------------------------ monotone

POOL = [crest("left"), crest("right", left_in=True), thigh("left"), forearm("left"),
        forearm("right", needle={"electrical": True}),
        entry({"landmark": "T4 spinous process"})]  # fmt: skip


def answers(name: str) -> st.SearchStrategy[Any]:
    fact = BOOK.catalogue[name]
    if fact.type == "choice":
        return st.sampled_from(fact.options)
    return st.integers(0, 9) if fact.type == "number" else st.booleans()


NAMES = [fact.name for fact in BOOK.facts]
FACTS = st.fixed_dictionaries({}, optional={name: answers(name) for name in NAMES})


@settings(max_examples=25, deadline=None)
@given(
    sites=st.lists(st.sampled_from(POOL), min_size=1, max_size=3),
    more=st.sampled_from(POOL),
    facts=FACTS,
    name=st.sampled_from([n for n in NAMES if not n.startswith("needles_")]),
)
def test_monotone(
    sites: list[Any], more: Any, facts: dict[str, Any], name: str
) -> None:
    """One site more, a fact dropped or answered badly: never milder."""
    verdict = check_session(sites, HEALTHY, facts).verdict
    wider = check_session([*sites, more], HEALTHY, facts)
    assert wider.verdict >= verdict
    assert wider.verdict >= max(a.verdict for a in wider.sites)
    others = {k: v for k, v in facts.items() if k != name}
    clear = check_session(sites, HEALTHY, others | {name: CLEAR[name]}).verdict
    assert check_session(sites, HEALTHY, others).verdict >= clear
    assert verdict >= clear


# ------------------------------------------------------------ the data


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_rules_are_sourced(rule: Any) -> None:
    assert rule.sources
    assert set(rule.sources) <= set(load_sources())
    assert rule.evidence
    assert rule.message.endswith(".")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('sites = "lung_sites"', 'sites = "lung_site"', "lung_site"),
        ('of = "needles_in"', 'of = "needles_inn"', "needles_inn"),
        ('regions = ["neck", "shoulder"]', 'regions = ["nek"]', "nek"),
        ('"sa-bn121", "imj2022"', '"sa-bn122"', "sa-bn122"),
        ('fact = "lung_sides"', 'fact = "lung_side"', "lung_side"),
        ('name = "posture"', 'name = "age"', "age"),
        ('what = "sites"', 'what = "site"', "what"),
        ("[[rule]]", "[[rule", "TOML"),
        ("schema = 1", "schema = 2", "schema"),
        ('evidence = ["pr-28"]', 'evidence = ["pr-99"]', "pr-99"),
    ],
)
def test_a_broken_file_names_the_entry(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = shipped("rules_session.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "bad.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_session_book(path)
    assert "bad.toml" in str(caught.value)
    assert message in str(caught.value)
