"""What may be told of a patient: one field for each fact of ``data/facts.toml``.

Type checkers read ``given.pyi`` instead, which ``python -m tools.fact_types`` writes.
"""

from __future__ import annotations

from pydantic import ConfigDict, create_model

from anatomy.store import SHIPPED, using
from zones.contract.validation import StrictModel
from zones.knowledge.facts import load_facts
from zones.patients.fact_forms import FORMS

with using(SHIPPED):
    _TOLD = [fact for fact in load_facts().facts if fact.source == "patient"]


class _Given(StrictModel):
    # built once only, for the patient
    model_config = ConfigDict(defer_build=True)


GivenFacts = create_model(
    "GivenFacts",
    __base__=_Given,
    __module__=__name__,
    __doc__="Facts of a patient as they are given; one left out was not asked.",
    **{fact.name: (FORMS[fact.type] | None, None) for fact in _TOLD},
)
