"""The contract says its version, and readers pass over keys that they do not know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from anatomy.errors import UnknownNameError
from viewer.service.openapi import openapi
from zones import Assessment, check_request, check_site, json_schema
from zones.contract import models
from zones.contract.models import CONTRACT_VERSION

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def answer() -> Assessment:
    """An answer with findings, suggestions and a bone."""
    return check_site({"text": "6 cm left of T4", "body": "male"}, {"depth_mm": 30})


def test_version_is_stated() -> None:
    """In the schema, in the service's description and in its document."""
    assert re.fullmatch(r"\d+\.\d+\.\d+", CONTRACT_VERSION)
    assert json_schema()["contract_version"] == CONTRACT_VERSION
    assert openapi()["info"]["x-contract-version"] == CONTRACT_VERSION
    document = (ROOT / "docs" / "programmers" / "contract.md").read_text("utf-8")
    assert f"Version {CONTRACT_VERSION}" in document


def test_an_answer_is_read_back(answer: Assessment) -> None:
    """What is written is what is read."""
    assert Assessment.model_validate(answer.as_dict()).as_dict() == answer.as_dict()


def test_readers_pass_over_new_keys(answer: Assessment) -> None:
    """In the answer and in its parts; the schema allows them too."""
    newer = answer.as_dict()
    newer["added_later"] = 1
    newer["site"]["added_later"] = {"a": 1}
    newer["findings"][0]["added_later"] = "x"
    assert Assessment.model_validate(newer).as_dict() == answer.as_dict()
    schema = json_schema()["response"]
    parts = [schema, *schema["$defs"].values()]
    assert all(part.get("additionalProperties") is not False for part in parts)


def test_a_value_that_is_not_known_is_refused(answer: Assessment) -> None:
    """A verdict of a later version is never taken for a milder one."""
    newer = answer.as_dict() | {"verdict": "GRAVE_DANGER"}
    with pytest.raises(ValidationError):
        Assessment.model_validate(newer)


def test_requests_stay_strict() -> None:
    """A field that is not known may be a misspelt risk, so it is refused."""
    with pytest.raises(UnknownNameError):
        check_request({"site": {"text": "T4"}, "added_later": 1})
    with pytest.raises(UnknownNameError):
        check_site({"text": "T4"}, patient={"anticoagulent": True})


@pytest.mark.parametrize("name", [n for names in models._MOVED.values() for n in names])
def test_names_that_moved_work_with_a_warning(name: str) -> None:
    """Sites and the needle are still found where they were."""
    with pytest.warns(DeprecationWarning, match="removed in 0.2"):
        assert getattr(models, name) is not None
