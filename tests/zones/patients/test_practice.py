"""The practitioner: rules of practice, names, verdicts, and what is not known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import (
    ContradictionError,
    DataError,
    InputError,
    OutOfRangeError,
    UnknownNameError,
)
from anatomy.store import shipped
from zones.contract.models import Finding, Verdict
from zones.knowledge.facts import load_facts
from zones.patients.patient import Practitioner
from zones.patients.practice import (
    check_practitioner,
    hours_span,
    hours_text,
    load_regulation,
    load_regulation_sources,
    practitioner_findings,
)

if TYPE_CHECKING:
    from pathlib import Path

    from zones.knowledge.regulation import Regulation

BOOK = load_regulation()
REGIONS = load_facts().region_names


class Trained(Practitioner):
    """A practitioner of whom more is known."""

    in_person_hours: float | None = None
    years_in_practice: float | None = None
    regions_trained: tuple[str, ...] | None = None


def who(
    place: str, trade: Any = "PT", region: Any = None, **more: Any
) -> list[Finding]:
    """Return the findings for a practitioner, at a region when given."""
    person = Trained(jurisdiction=place, profession=trade, **more)
    return practitioner_findings(person, region)


def verdict(found: list[Finding]) -> Verdict:
    return max(f.verdict for f in found)


def by_id(rule: Regulation) -> str:
    return rule.id


# ------------------------------------------------------------------------- data


def test_hours_are_never_zero_and_always_explained() -> None:
    for rule in BOOK.rules:
        assert rule.min_hours != 0 and rule.in_person_hours != 0
        assert (rule.hours == "set") == (rule.min_hours is not None)


def test_only_rules_in_force_are_held() -> None:
    names = {rule.id for rule in BOOK.rules}
    assert len(names) == len(BOOK.rules)
    for gone in ("us-co-pt-old", "us-ga-ot", "us-wa-ot", "br-pt", "it-pt", "us-va-at"):
        assert f"reg-{gone}" not in names


def test_every_source_is_used_and_every_rule_has_one() -> None:
    used = {rule.source for rule in BOOK.rules}
    assert used == set(load_regulation_sources())


def test_what_was_not_read_is_not_confirmed() -> None:
    assert not any(rule.confirmed for rule in BOOK.rules if rule.read == "memory")


@pytest.mark.parametrize("rule", BOOK.rules, ids=by_id)
def test_every_rule_is_found_and_shows_its_date_and_source(rule: Regulation) -> None:
    found = who(rule.jurisdiction, rule.profession)
    assert who(rule.iso, rule.profession) == found
    for finding in found:
        assert finding.kind == "practitioner"
        assert (rule.as_of or "date not known") in finding.message
        assert finding.sources == [rule.source]
        assert finding.advice[-1] == BOOK.disclaimer
        assert finding.verdict not in (Verdict.DANGER, Verdict.NOT_ASSESSABLE)
    barred = rule.status in ("prohibited", "not_yet")
    assert (verdict(found) == Verdict.STOP) == barred
    if rule.status != "permitted" or not rule.confirmed:
        assert verdict(found) >= Verdict.CAUTION


def test_the_disclaimer_says_what_this_is_not() -> None:
    assert "not legal advice" in BOOK.disclaimer


# ------------------------------------------------------------------------ names


@pytest.mark.parametrize("name", ["US-MD", "us_md", " maryland ", "Maryland, USA"])
@pytest.mark.parametrize("trade", ["PT", "physio", "Physiotherapist", "P.T."])
def test_names_that_people_use(name: str, trade: str) -> None:
    assert who(name, trade, training_hours=60) == who(
        "Maryland", "physical therapist", training_hours=60
    )


@pytest.mark.parametrize(
    ("name", "iso"),
    [
        ("Québec", "CA-QC"),
        ("Washington", "US-WA"),
        ("Washington, D.C.", "US-DC"),
        ("UK", "GB"),
        ("DE", "DE"),
        ("Ontario, Canada", "CA-ON"),
    ],
)
def test_jurisdictions(name: str, iso: str) -> None:
    assert BOOK.jurisdiction(name).iso == iso


@pytest.mark.parametrize(
    ("given_", "field", "near"),
    [
        ({"jurisdiction": "Marylnd"}, "jurisdiction", "Maryland"),
        ({"jurisdiction": "MD"}, "jurisdiction", "US-MD"),
        ({"jurisdiction": "CA"}, "jurisdiction", "US-CA"),
        ({"jurisdiction": "Atlantis"}, "jurisdiction", None),
        ({"jurisdiction": "US-MD", "profession": "pysio"}, "profession", "physio"),
        ({"profession": "astronaut"}, "profession", None),
    ],
)
def test_a_name_not_known_is_refused_with_the_nearest(
    given_: dict[str, str], field: str, near: str | None
) -> None:
    with pytest.raises(UnknownNameError) as caught:
        check_practitioner(given_)
    assert caught.value.field == f"practitioner.{field}"
    assert caught.value.suggestions
    assert near is None or near in caught.value.suggestions


def test_a_country_whose_states_make_the_rules_asks_for_the_state() -> None:
    with pytest.raises(UnknownNameError, match="state or province"):
        check_practitioner({"jurisdiction": "USA", "profession": "PT"})


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_answered_or_refused(place: str, trade: str) -> None:
    try:
        found = check_practitioner({"jurisdiction": place, "profession": trade})
    except UnknownNameError as error:
        assert error.suggestions
    else:
        assert not found or verdict(found) >= Verdict.CAUTION


# ------------------------------------------------------------ what was not said


@pytest.mark.parametrize("nothing", [None, {}, {"jurisdiction": None}])
def test_nothing_said_is_nothing_found(nothing: Any) -> None:
    assert check_practitioner(nothing, "thorax") == []


@pytest.mark.parametrize(
    ("given_", "missing"),
    [
        ({"jurisdiction": "US-MD"}, "the profession was"),
        ({"profession": "PT"}, "the jurisdiction was"),
        ({"training_hours": 60}, "the jurisdiction and the profession were"),
        ({"jurisdiction": " ", "profession": "PT"}, "the jurisdiction was"),
    ],
)
def test_half_a_practitioner_is_not_known(given_: dict[str, Any], missing: str) -> None:
    (found,) = check_practitioner(given_)
    assert (found.verdict, found.status) == (Verdict.CAUTION, "unknown")
    assert missing in found.message


@pytest.mark.parametrize(
    ("place", "trade"),
    [("Maryland", "nurse"), ("Brazil", "PT"), ("Manitoba", "PT"), ("US-VA", "ATC")],
)
def test_no_rule_held_says_so(place: str, trade: str) -> None:
    (found,) = who(place, trade, training_hours=500)
    assert (found.verdict, found.status) == (Verdict.CAUTION, "unknown")
    assert "not known" in found.message and found.sources == []


def test_a_disputed_rule_is_told_but_does_not_count() -> None:
    assert "annulled" in who("Brazil")[0].message


def test_a_minimum_that_was_not_read_is_said_so() -> None:
    assert "was not read" in who("Ohio", training_hours=5)[0].message
    assert "no minimum" in who("Montana", training_hours=5)[0].message


# ------------------------------------------------------------ what the rule asks


def test_all_conditions_met_gives_no_alarm() -> None:
    met = {"training_hours": 80, "in_person_hours": 80, "years_in_practice": 2}
    (found,) = who("US-MD", **met, region="thigh")
    assert (found.verdict, found.status) == (Verdict.NO_KNOWN_DANGER, "known")
    assert "80 given" in found.message and "COMAR" in found.message


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"training_hours": 79, "in_person_hours": 79}, "practice-hours"),
        ({"in_person_hours": 40}, "practice-hours"),
        ({"years_in_practice": 1}, "practice-experience"),
    ],
)
def test_what_falls_short_is_a_caution(change: dict[str, Any], finding: str) -> None:
    met = {"training_hours": 80, "in_person_hours": 80, "years_in_practice": 2}
    found = who("US-MD", **{**met, **change})
    assert [f.id for f in found] == [finding, "practice-scope"]
    assert (found[0].verdict, found[0].status) == (Verdict.CAUTION, "known")


@pytest.mark.parametrize(
    "gone", ["training_hours", "in_person_hours", "years_in_practice"]
)
def test_what_was_not_said_stays_open(gone: str) -> None:
    met = {"training_hours": 80, "in_person_hours": 80, "years_in_practice": 2}
    found = who("US-MD", **{k: v for k, v in met.items() if k != gone})
    assert (found[0].verdict, found[0].status) == (Verdict.CAUTION, "unknown")


def test_more_hours_in_person_than_in_all_contradict() -> None:
    with pytest.raises(ContradictionError, match="in_person_hours"):
        who("US-MD", training_hours=10, in_person_hours=20)


def test_a_rule_for_some_regions_only() -> None:
    assert verdict(who("Tennessee", "OT", region="hand")) == Verdict.NO_KNOWN_DANGER
    found = who("Tennessee", "OT", region="thigh")
    assert found[0].id == "practice-regions" and found[0].verdict == Verdict.CAUTION
    assert len(who("Tennessee", "OT")) == 1


@pytest.mark.parametrize(
    ("trained", "expected", "status"),
    [
        (None, Verdict.CAUTION, "unknown"),
        (("thigh",), Verdict.CAUTION, "known"),
        (("left back",), Verdict.NO_KNOWN_DANGER, "known"),
    ],
)
def test_regions_that_the_course_covered(
    trained: tuple[str, ...] | None, expected: Verdict, status: str
) -> None:
    found = who("South Dakota", regions_trained=trained, region="low back")
    assert (found[0].verdict, found[0].status) == (expected, status)


def test_a_region_of_training_must_exist() -> None:
    with pytest.raises(UnknownNameError, match="thigh"):
        who("South Dakota", regions_trained=("thihg",))
    with pytest.raises(UnknownNameError):
        who("South Dakota", region="thihg")


def test_insurance_that_leaves_the_chest_out() -> None:
    assert who("GB", region="thorax")[0].id == "practice-regions"
    assert verdict(who("GB", region="thigh")) == Verdict.NO_KNOWN_DANGER


def test_a_bar_for_the_time_being_is_a_stop() -> None:
    (found,) = who("Oregon", training_hours=500)
    assert found.verdict == Verdict.STOP and "must not be used" in found.message


@given(
    st.sampled_from(BOOK.rules),
    st.sampled_from(REGIONS),
    st.floats(0, 400),
    st.floats(0, 400),
)
def test_more_hours_never_raise_the_verdict(
    rule: Regulation, region: str, first: float, second: float
) -> None:
    few, many = sorted((first, second))
    verdicts = [
        verdict(who(rule.iso, rule.profession, training_hours=h, region=region))
        for h in (few, many)
    ]
    open_ = verdict(who(rule.iso, rule.profession, region=region))
    assert verdicts[1] <= verdicts[0] <= open_


def test_hours_that_can_not_be_are_refused() -> None:
    with pytest.raises(OutOfRangeError):
        check_practitioner({"training_hours": -1})
    with pytest.raises(InputError):
        check_practitioner({"training_hours": "many"})


# ------------------------------------------------------------- hours, as a span


def test_the_span_of_hours_comes_from_the_rules() -> None:
    span = hours_span()
    figures = [r.min_hours for r in BOOK.rules if r.min_hours is not None]
    assert (span.low, span.high) == (min(figures), max(figures)) == (24, 325)
    assert span.usual == (50, 54)
    assert (span.count, span.rules) == (len(figures), len(BOOK.rules))
    text = hours_text()
    for number in ("24 to 325", "50 to 54", "27 to 80"):
        assert number in text


def test_the_span_follows_a_changed_rule() -> None:
    rule = next(r for r in BOOK.rules if r.min_hours == 325)
    span = hours_span([rule.model_copy(update={"min_hours": 12.0}), rule])
    assert (span.low, span.high, span.usual) == (12.0, 325.0, (12.0, 12.0))
    with pytest.raises(DataError):
        hours_span([])


# ----------------------------------------------------------------- broken files


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": "law-nowhere"}, "law-nowhere"),
        ({"profession": "astronaut"}, "astronaut"),
        ({"min_hours": 0}, "min_hours"),
        ({"hours": "none"}, "hours is 'set'"),
        ({"in_person_hours": 900}, "in_person_hours"),
        ({"read": "memory"}, "confirmed"),
        ({"iso": "US-VT"}, "Vermont"),
        ({"iso": "US"}, "makes no rules"),
        ({"status": "allowed"}, "status"),
        ({"as_of": "last year"}, "as_of"),
        ({"regions": [{"kind": "only", "regions": ["tail"], "text": "t"}]}, "tail"),
        ({"id": "reg-again"}, "already says"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_broken_rule_is_named(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    lines = shipped("regulation.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    at = next(i for i, row in enumerate(rows) if row["id"] == "reg-us-md-pt")
    changed = {**rows[at], **change}
    rows[at : at + 1] = [rows[at], changed] if "id" in change else [changed]
    path = tmp_path / "regulation.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        load_regulation(path)
    assert "regulation.jsonl" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('aliases = ["PTA", ', 'aliases = ["PTA", "PT", '),
        ("schema = 1", "schema = 2"),
        ('id = "silent"', 'id = "permitted"'),
        ("low_hours = 27", "low_hours = 0"),
        ("schema = 1", "schema = ="),
    ],
)
def test_a_broken_names_file_is_named(tmp_path: Path, old: str, new: str) -> None:
    text = shipped("practice.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "practice.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=r"practice\.toml"):
        load_regulation(names=path)
