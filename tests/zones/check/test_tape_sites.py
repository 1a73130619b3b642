"""A site and a zone's place may say that a share is of the tape, not of the line."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from anatomy.body import load_body
from anatomy.errors import InputError
from anatomy.places.grammar import place
from zones.contract.sites import BetweenSite
from zones.knowledge.structures.zone_models import Offset
from zones.table.columns import from_text, site_columns

PAIR = ("greater trochanter", "sacral hiatus")


def test_a_request_may_say_tape() -> None:
    site = BetweenSite(between=PAIR, fraction=0.3333, tape=True, side="left")
    assert site.tape
    assert BetweenSite(between=PAIR).tape is False
    assert "tape" in BetweenSite.model_json_schema()["properties"]
    with pytest.raises(InputError, match="tape"):
        BetweenSite.model_validate({"between": PAIR, "tape": "yes"})


def test_a_column_of_a_table_may_say_tape() -> None:
    assert "tape" in site_columns()
    assert from_text("tape", "true") is True
    assert from_text("tape", "no") is False
    assert from_text("tape", "perhaps") == "perhaps"  # refused as no boolean later


def test_a_zone_may_say_tape() -> None:
    straight = Offset(between=PAIR, fraction=0.3333)
    taped = Offset(between=PAIR, fraction=0.3333, tape=True)
    assert "tape" not in straight.as_dict()
    assert taped.as_dict()["tape"] is True
    with pytest.raises(ValidationError, match="tape goes with between"):
        Offset(landmark="T4 spinous process", tape=True)
    body = load_body("female")
    out = [place(body, o.as_dict(), "left").xyz[0] for o in (straight, taped)]
    assert out[1] > out[0] + 20
