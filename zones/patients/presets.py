"""Patients for teaching: made up, to see how an answer changes with the patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from anatomy.errors import DataError, NeedlemapError
from anatomy.names import unknown
from anatomy.store import cached, entries_of, label, read_toml
from zones.knowledge.facts import load_facts
from zones.knowledge.records.sources import Slug, TextWords
from zones.patients.patient import parse_patient
from zones.patients.request import unremarkable

if TYPE_CHECKING:
    from pathlib import Path

#: Written in place of an answer that ``rest = "clear"`` must not fill in.
NOT_ASKED = "not asked"


class Preset(BaseModel):
    """A patient for teaching.

    Attributes
    ----------
    id, title : str
        Slug, and the name in the list.
    shows : str
        What it teaches, in one sentence.
    facts : dict
        Facts as in ``facts.toml``; ``"not asked"`` keeps a fact open.
    rest : {"clear", "open"}
        Whether every other question is answered as holding nothing against needling,
        or was not asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    id: Slug
    title: TextWords
    shows: TextWords
    facts: dict[str, Any] = Field(min_length=1)
    rest: Literal["clear", "open"]

    def patient(self) -> dict[str, Any]:
        """Return the patient, as the contract has it.

        Examples
        --------
        >>> patient = preset("warfarin-inr-unknown").patient()
        >>> patient["anticoagulant"], "inr" in patient, patient["consent_given"]
        ('warfarin', False, True)
        """
        given = {k: v for k, v in self.facts.items() if v != NOT_ASKED}
        if self.rest == "open":
            return given
        found = unremarkable(given)
        return {k: v for k, v in found.items() if self.facts.get(k) != NOT_ASKED}


@cached
def load_presets(path: Path | str = "presets.toml") -> tuple[Preset, ...]:
    """Return the patients for teaching, validated against the catalogue of facts.

    Raises
    ------
    DataError
        Naming the file and the entry that is wrong.

    Examples
    --------
    >>> load_presets()[0].patient()["sex"]
    'female'
    """
    found = tuple(entries_of(Preset, read_toml(path), "preset", path))
    if not found:
        raise DataError(f"{label(path)}: no preset stands there.")
    ids = [item.id for item in found]
    for item in found:
        where = f"{label(path)}, preset {item.id!r}"
        if ids.count(item.id) > 1:
            raise DataError(f"{where}: duplicate id.", given=item.id)
        for name in item.facts:
            if name not in load_facts().by_name():
                raise DataError(f"{where}: {name!r} is not a fact.", given=name)
        try:
            parse_patient(item.patient())
        except NeedlemapError as error:
            raise DataError(f"{where}: {error}", field=error.field) from error
    return found


def preset(name: str) -> Preset:
    """Return a patient for teaching by id.

    Raises
    ------
    UnknownNameError
        With the nearest ids.

    Examples
    --------
    >>> preset("thin-woman").facts["bmi"]
    17
    """
    known = {item.id: item for item in load_presets()}
    if name not in known:
        raise unknown("preset", str(name), known, field="preset")
    return known[name]
