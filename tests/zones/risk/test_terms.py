"""From which chance a structure warns and refuses in one patient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.strategies import healthy_patient
from tests.zones.risk.helpers import terms
from zones.fields.model import BodyFields
from zones.patients.frozen import frozen
from zones.risk.policy import shipped_policy
from zones.risk.terms import CAUTION, DANGER, P2, terms_of, zone_questions

HARMS = {harm.id: harm for harm in shipped_policy().harm}


def test_the_thresholds_are_those_of_the_matrix(fields: BodyFields) -> None:
    """Risk over the harm of a touch, for every structure with a known depth."""
    mine = terms(fields)
    for number, row in enumerate(fields.rows):
        zone = row.zone
        if zone.kind == "exclusion" or zone.unknown or mine.holds[number] != 1:
            continue
        line = shipped_policy().row(zone.severity)
        wanted = line.thresholds(HARMS[zone.harm].p2)
        assert mine.p[:2, number] == pytest.approx(wanted), zone.id


def test_an_unknown_depth_never_refuses(fields: BodyFields) -> None:
    """It is named from a chance of 5 %, and is never clear nor DANGER (section 6)."""
    mine = terms(fields)
    assert mine.unknown.any()
    assert np.isinf(mine.p[DANGER, mine.unknown]).all()
    counts = mine.unknown & (mine.holds == 1)
    assert (mine.p[CAUTION, counts] >= 0.05).all()
    grave = {
        row.zone.id
        for row, unknown in zip(fields.rows, mine.unknown, strict=True)
        if unknown and row.zone.severity in ("catastrophic", "critical")
    }
    assert not grave, "for these unknown is not enough"


@pytest.mark.parametrize(
    ("medicine", "ratio"),
    [("apixaban", 3.07), ("enoxaparin", 3.72), ("warfarin", 4.95), (True, 4.95)],
)
def test_an_anticoagulant_raises_the_harm_of_bleeding(
    fields: BodyFields, medicine: Any, ratio: float
) -> None:
    """By the odds ratio of its kind, never past 1, and no other harm."""
    plain = terms(fields)
    more = terms(fields, anticoagulant=medicine)
    for number, row in enumerate(fields.rows):
        if row.zone.kind == "exclusion" or plain.holds[number] != more.holds[number]:
            continue
        bleeds = HARMS[row.zone.harm].bleeding
        old = plain.p[P2, number]
        wanted = min(old * ratio, 1.0) if bleeds else old
        assert more.p[P2, number] == pytest.approx(wanted), row.zone.id
    assert (more.p[:2] <= plain.p[:2]).all()


def test_not_known_whether_it_counts_warns_where_it_would_refuse(
    fields: BodyFields,
) -> None:
    """Asked of a joint replacement: until it is answered, at least CAUTION."""
    facts = healthy_patient(sex=fields.body.name, implants=None)
    mine, known = terms_of(fields, frozen(facts)), terms(fields)
    open_ = mine.holds < 0
    assert open_.any()
    assert (known.holds[open_] == 0).all()
    assert np.isinf(known.p[:2][:, known.holds == 0]).all()
    assert np.isinf(mine.p[DANGER, open_]).all()
    for number in np.flatnonzero(open_):
        assert "implants" in zone_questions(fields.rows[number].zone, facts)
