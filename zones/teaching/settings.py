"""The data files of teaching: what exercises are drawn from, say and are scored by."""

from __future__ import annotations

import string
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import Field, model_validator

from anatomy.errors import DataError
from anatomy.store import cached, label, reading
from zones.knowledge.facts import load_facts
from zones.knowledge.records.sources import (
    Record,
    Slug,
    Text,
    check_sources,
)
from zones.knowledge.records.sources import load_sources as all_sources

if TYPE_CHECKING:
    from collections.abc import Iterator


Mm = Annotated[float, Field(gt=0, le=300)]
Share = Annotated[float, Field(ge=0, le=1)]

_File = TypeVar("_File", bound=Record)


class NeedleDrawing(Record):
    """Needles and plans that exercises are drawn from; mm and degrees."""

    lengths_mm: Annotated[tuple[Mm, ...], Field(min_length=1)]
    usual_length_mm: Mm
    depth_step_mm: Mm
    least_depth_mm: Mm
    tilts_deg: tuple[Annotated[float, Field(gt=0, lt=90)], ...]
    share_tilted: Share


class PatientDrawing(Record):
    """Patients that exercises are drawn from; years and kg/m2."""

    ages: Annotated[tuple[int, ...], Field(min_length=1)]
    bmis: Annotated[tuple[float, ...], Field(min_length=1)]
    share_with_risk: Share


class SiteDrawing(Record):
    """Sites that exercises are drawn from, and how hard it is tried."""

    share_muscles: Share
    share_with_depth: Share
    nearby_mm: Mm
    tries: Annotated[int, Field(ge=1)]
    least_edge_points: Annotated[int, Field(ge=2)]


class LandmarkDrawing(Record):
    """Landmarks that exercises may ask for."""

    names: Annotated[tuple[Text, ...], Field(min_length=1)]


class NumberTrials(Record):
    """A number that a question may ask for, and the values it is answered with."""

    fact: Text
    values: Annotated[tuple[float, ...], Field(min_length=2)]


class Drawing(Record):
    """The content of ``drawing.toml``."""

    basis: Text
    layers: tuple[Text, ...]
    needle: NeedleDrawing
    patient: PatientDrawing
    sites: SiteDrawing
    landmarks: LandmarkDrawing
    number: tuple[NumberTrials, ...] = ()


class PlacementScoring(Record):
    """How a distance is scored; mm."""

    zero_at_spreads: Annotated[float, Field(gt=1)]
    basis: Text
    landmark_spread_mm: Mm
    landmark_basis: Text
    sources: tuple[Slug, ...]
    edge_mm: Mm
    edge_basis: Text


class HandScoring(Record):
    """How errors of depth and angle are scored."""

    at_untrained: Annotated[float, Field(gt=0, lt=1)]
    basis: Text
    sources: tuple[Slug, ...]


class TimeScoring(Record):
    """How time is scored."""

    zero_at_limits: Annotated[float, Field(gt=1)]
    basis: Text


class Weights(Record):
    """Shares of the parts in the composite score."""

    share_depth: Annotated[float, Field(ge=0)]
    share_angle: Annotated[float, Field(ge=0)]
    share_distance: Annotated[float, Field(ge=0)]
    share_time: Annotated[float, Field(ge=0)]
    basis: Text


class ReviewScoring(Record):
    """From which score an answer counts as forgotten or hard."""

    again_below: Share
    hard_below: Share
    basis: Text

    @model_validator(mode="after")
    def _ordered(self) -> ReviewScoring:
        if self.again_below > self.hard_below:
            raise ValueError("again_below must not be more than hard_below")
        return self


class StatisticsRule(Record):
    """From how many answers figures are given."""

    least_answers: Annotated[int, Field(ge=3)]
    share_group: Annotated[float, Field(gt=0, le=0.5)]
    basis: Text


class Scoring(Record):
    """The content of ``scoring.toml``."""

    placement: PlacementScoring
    hand: HandScoring
    time: TimeScoring
    weights: Weights
    review: ReviewScoring
    statistics: StatisticsRule


class Texts(Record):
    """The content of ``exercise_texts.toml``: templates by part and name."""

    body: dict[str, str]
    words: dict[str, str]
    prompts: dict[str, str]
    questions: dict[str, str]
    changes: dict[str, str]
    reasons: dict[str, str]
    prevention: dict[str, str]
    case: dict[str, str]
    feedback: dict[str, str]
    skills: dict[str, str]
    statistics: dict[str, str]


#: What each template may be filled in with; a name must be here to be used.
_FILLED = frozenset(
    {
        "age",
        "arm",
        "authors",
        "basis",
        "bmi",
        "body",
        "bone",
        "change",
        "changes",
        "count",
        "depth",
        "direction",
        "distance",
        "event",
        "facts",
        "fold",
        "given",
        "headline",
        "journal",
        "label",
        "landmark",
        "least",
        "length",
        "limit",
        "method",
        "muscle",
        "name",
        "nearby",
        "outcome",
        "own",
        "patient",
        "plan",
        "point",
        "posture",
        "right",
        "risks",
        "side",
        "site",
        "spread",
        "structure",
        "taken",
        "target",
        "technique",
        "text",
        "tilt",
        "title",
        "toward",
        "verdict",
        "what",
        "year",
    }
)


def _read(file: Path | str, model: type[_File]) -> _File:
    """Return a file's content validated."""
    with reading(file) as data:
        data.pop("schema", None)
        return model.model_validate(data)


@cached
def drawing(path: Path | str = "teaching/drawing.toml") -> Drawing:
    """Return what exercises are drawn from (read once).

    Raises
    ------
    DataError
        Naming the entry of ``drawing.toml`` that is wrong.

    Examples
    --------
    >>> drawing().needle.least_depth_mm > 0
    True
    """
    found = _read(path, Drawing)
    known = load_facts().by_name()
    for trial in found.number:
        fact = known.get(trial.fact)
        if fact is None or fact.range is None:
            raise DataError(
                f"{label(path)}, number {trial.fact!r}: must be a fact that is "
                "a number.",
                given=trial.fact,
            )
        low, high = fact.range
        if not all(low <= value <= high for value in trial.values):
            raise DataError(
                f"{label(path)}, number {trial.fact!r}: values must be from "
                f"{low:g} to {high:g}."
            )
    return found


@cached
def scoring(path: Path | str = "teaching/scoring.toml") -> Scoring:
    """Return how answers are scored (read once).

    Raises
    ------
    DataError
        Naming the entry of ``scoring.toml`` that is wrong.

    Examples
    --------
    >>> scoring().hand.sources
    ('mr-needling-2025',)
    """
    found = _read(path, Scoring)
    cited = (*found.hand.sources, *found.placement.sources)
    check_sources(cited, all_sources(), entry=f"{label(path)}")
    return found


@cached
def texts(path: Path | str = "teaching/exercise_texts.toml") -> Texts:
    """Return the words of the exercises (read once).

    Raises
    ------
    DataError
        Naming the entry of ``exercise_texts.toml`` that is wrong.

    Examples
    --------
    >>> texts().questions["reason"]
    'Why?'
    """
    found = _read(path, Texts)
    for part, name, template in _templates(found):
        try:
            fields = [field for _, field, _, _ in string.Formatter().parse(template)]
        except ValueError as error:
            raise DataError(f"{label(path)}, {part}.{name}: {error}.") from None
        for field in fields:
            if field is not None and field not in _FILLED:
                raise DataError(
                    f"{label(path)}, {part}.{name}: {{{field}}} is not filled in here.",
                    given=field,
                    suggestions=sorted(_FILLED),
                )
    return found


def _templates(found: Texts) -> Iterator[tuple[str, str, str]]:
    """Yield part, name and text of every template."""
    for part in Texts.model_fields:
        for name, template in getattr(found, part).items():
            yield part, name, template


def say(part: str, name: str, /, **values: object) -> str:
    """Return a text of ``exercise_texts.toml`` with its words filled in.

    Parameters
    ----------
    part, name : str
        Table and key of the text.
    **values
        What its braces are filled with.

    Raises
    ------
    DataError
        When there is no such text, or it asks for a word that is not given.

    Examples
    --------
    >>> say("words", "yes", label="epilepsy")
    'epilepsy: yes'
    """
    try:
        return str(getattr(texts(), part)[name].format(**values)).strip()
    except (KeyError, ValueError) as error:
        raise DataError(
            f"teaching/exercise_texts.toml, {part}.{name}: {error!r}."
        ) from error
