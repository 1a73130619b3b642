"""Write what type checkers know of a patient: ``zones/patients/given.pyi``.

Run ``python -m tools.fact_types`` from the checkout after a fact was added.
"""

from __future__ import annotations

from pathlib import Path

from zones.knowledge.facts import Catalogue, load_facts
from zones.patients.fact_forms import FORMS

STUB = Path(__file__).parents[1] / "zones" / "patients" / "given.pyi"

_HEAD = """\
# Made of zones/data/patients/facts.toml by `python -m tools.fact_types`.
from zones.contract.validation import StrictModel
from zones.patients.fact_forms import {names}

class GivenFacts(StrictModel):
"""


def stub(catalogue: Catalogue) -> str:
    """Return the text of the stub."""
    named = {name: name.capitalize() for name in FORMS} | {"bool": "bool"}
    named["choice"] = "Name"
    told = [fact for fact in catalogue.facts if fact.source == "patient"]
    names = sorted({named[fact.type] for fact in told} - {"bool"})
    fields = (f"    {fact.name}: {named[fact.type]} | None = None\n" for fact in told)
    return _HEAD.format(names=", ".join(names)) + "".join(fields)


if __name__ == "__main__":
    STUB.write_text(stub(load_facts()), "utf-8")
