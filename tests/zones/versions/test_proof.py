"""Answers that carry what they rest on."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import InputError, OutOfRangeError
from zones.check.site import check_request
from zones.contract.models import Assessment
from zones.versions.proof import proof_holds, prove_request

REQUEST: dict[str, Any] = {
    "site": {"text": "6 cm left of T4"},
    "needle": {"depth_mm": 30, "length_mm": 40.0},
    "patient": {"sex": "female", "age": 31},
}
AT = datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """An answer with a proof as a file has it."""
    found = json.loads(json.dumps(prove_request(REQUEST, at=AT).as_dict()))
    assert isinstance(found, dict)
    return found


def test_it_holds_what_the_answer_rests_on(kept: dict[str, Any]) -> None:
    proof = kept["proof"]
    assert proof["request"] == REQUEST
    assert proof["at"] == "2026-03-01T07:30:00+00:00"
    assert proof["data_version"] == kept["data_version"]
    assert proof["policy"] == kept["policy"]
    assert proof_holds(kept)
    assert Assessment.model_validate(kept).proof is not None


def test_the_answer_is_that_of_the_check(kept: dict[str, Any]) -> None:
    plain = check_request(REQUEST).as_dict()
    assert plain["proof"] is None
    assert {**kept, "proof": None} == json.loads(json.dumps(plain))


def test_anybody_can_reckon_the_hash(kept: dict[str, Any]) -> None:
    """By the words of the documentation alone, without this package."""
    proof = {k: v for k, v in kept["proof"].items() if k != "hash"}
    text = rfc8785.dumps({**kept, "proof": proof})
    assert hashlib.sha256(text).hexdigest() == kept["proof"]["hash"]


def test_numbers_have_one_form(kept: dict[str, Any]) -> None:
    """Another language writes 40.0 as 40; that changes nothing."""
    request = {**REQUEST, "needle": {"depth_mm": 30.0, "length_mm": 40}}
    assert proof_holds({**kept, "proof": {**kept["proof"], "request": request}})


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where the single values of an answer are."""
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in paths(v, (*here, k))]
    if isinstance(value, list):
        return [p for k, v in enumerate(value) for p in paths(v, (*here, k))]
    return [here]


@given(data=st.data())
def test_any_change_is_seen(kept: dict[str, Any], data: st.DataObject) -> None:
    changed = json.loads(json.dumps(kept))
    *way, last = data.draw(st.sampled_from(paths(changed)))
    inside = changed
    for step in way:
        inside = inside[step]
    other = st.one_of(st.integers(-9, 9), st.text(max_size=4), st.booleans())
    inside[last] = data.draw(other.filter(lambda new: new != inside[last]))
    if changed["proof"] is None or not isinstance(changed["proof"]["hash"], str):
        with pytest.raises(InputError):
            proof_holds(changed)
    else:
        assert not proof_holds(changed)


def test_a_key_of_a_later_version_counts(kept: dict[str, Any]) -> None:
    assert not proof_holds({**kept, "added": 1})


@pytest.mark.parametrize("answer", [{}, {"proof": None}, {"proof": {"hash": 3}}])
def test_without_a_proof_nothing_is_said(answer: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no proof"):
        proof_holds(answer)


def test_what_cannot_be_proved_is_refused() -> None:
    with pytest.raises(OutOfRangeError, match="time zone"):
        prove_request(REQUEST, at=datetime(2026, 3, 1))
    assert prove_request(REQUEST).proof is not None
    now = datetime.now(UTC).isoformat()[:10]
    assert str(prove_request(REQUEST).proof.at).startswith(now[:8])  # type: ignore[union-attr]
