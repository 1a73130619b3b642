"""What an exercise is: a request, what is asked of it, what is right and why."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from anatomy.errors import InputError
from zones.knowledge.records.sources import Record, Text

Kind = Literal[
    "place_it", "would_you", "make_acceptable", "ask_right", "what_went_wrong"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: What an exercise trains; a wrong answer is an error of this kind.
Skill = Literal[
    "place",
    "depth",
    "verdict",
    "reason",
    "change",
    "question",
    "structure",
    "prevention",
]
SKILLS: tuple[Skill, ...] = get_args(Skill)


class UnfairItemError(InputError):
    """Raised when an exercise has not exactly one right answer by the check."""

    code = "unfair_item"


class Claim(Record):
    """What a choice claims, in a form that the check can prove or refute.

    ``what`` is ``verdict`` (``id`` a verdict), a reason (``reach`` or ``short`` of a
    structure, ``patient`` for a rule, ``nothing``), ``fact`` (the answer to that
    question can change the verdict), ``structure`` (it may be reached) or ``change``
    (with ``needle`` so changed the plan is below DANGER).
    """

    what: Literal[
        "verdict", "reach", "short", "patient", "nothing", "fact", "structure", "change"
    ]
    id: str = ""
    needle: dict[str, Any] | None = None


class Choice(Record):
    """One thing to choose."""

    id: Text
    text: Text
    claim: Claim


class Question(Record):
    """One question of an exercise, with exactly one right choice."""

    skill: Skill
    text: Text
    choices: Annotated[tuple[Choice, ...], Field(min_length=2)]
    right: Text

    @model_validator(mode="after")
    def _one_right(self) -> Question:
        ids = [choice.id for choice in self.choices]
        if len(set(ids)) != len(ids) or self.right not in ids:
            raise ValueError("choices must differ, and the right one be among them")
        if len({choice.text for choice in self.choices}) != len(ids):
            raise ValueError("no two choices may say the same")
        return self

    def choice(self, name: str | None = None) -> Choice:
        """Return a choice by id; the right one by default."""
        wanted = name or self.right
        return next(choice for choice in self.choices if choice.id == wanted)


class Target(Record):
    """Where the needle belongs.

    Attributes
    ----------
    what : {"landmark", "site", "edge"}
        For an edge every place on it is right, and the coordinates are one of them.
    name : str
        In words.
    side : str
        The patient's.
    chart, x_mm, y_mm : str, float, float
        On the chart of the exercise, mm.
    xyz_mm : tuple of float
        In the body's frame, mm.
    spread_mm : float
        Radius within which the placement is right, and ``basis`` where it comes from.
    zone : str or None
        Zone of an edge.
    depth_mm : float or None
        Deepest plan below DANGER, when that is asked too.
    depth_sd_mm : float or None
        Spread of the depth between people, where the evidence gives one.
    outside : dict or None
        For an edge: a site beside it where the check does not name the zone.
    """

    what: Literal["landmark", "site", "edge"]
    name: Text
    side: Literal["left", "right", "midline"]
    chart: Text
    x_mm: float
    y_mm: float
    xyz_mm: tuple[float, float, float]
    spread_mm: Annotated[float, Field(gt=0)]
    basis: Text
    zone: str | None = None
    depth_mm: float | None = None
    depth_sd_mm: float | None = None
    outside: dict[str, Any] | None = None


class Freedom(Record):
    """What a learner may change of a plan; mm."""

    changes: Annotated[
        tuple[Literal["depth", "direction", "site"], ...], Field(min_length=1)
    ]
    least_depth_mm: Annotated[float, Field(ge=0)]
    nearby_mm: Annotated[float, Field(ge=0)]


class Change(Record):
    """A changed plan that stays below DANGER."""

    change: Literal["depth", "direction", "site"]
    site: dict[str, Any]
    needle: dict[str, Any]
    verdict: Text
    why: Text


class CaseStory(Record):
    """The published injury behind an exercise; shown after the answer."""

    id: Text
    happened: Text
    citation: Text
    url: str | None = None
    doi: str | None = None
    read: Text
    estimates: tuple[Text, ...] = ()


class Item(Record):
    """One exercise.

    Attributes
    ----------
    id : str
        Kind, seed, body and chart (and zones): the picture belongs to the exercise.
    kind, seed : str, int or None
        ``seed`` is None for one written by hand.
    body, chart : str
        The picture on which it is set.
    prompt : str
        What is asked, in words.
    site, needle, patient : dict or None
        Request of the contract (mm).
    questions : tuple of Question
        To choose from; empty for placing and changing.
    target : Target or None
        Where the needle belongs (place it).
    freedom, solution : Freedom or None, Change or None
        What may be changed and one change that will do (make it acceptable).
    facts : tuple of str
        Facts that were not asked (ask right).
    case : CaseStory or None
        The published injury (what went wrong).
    reason : str
        Why the right answer is right.
    sources : tuple of str
        Ids of the sources that it rests on.
    zones : tuple of str
        Zones that it is about, the one that decides first.
    skills : tuple of str
        What it trains.
    hide : tuple of str
        Layers that would give the answer away.
    data_version : str
        Data by which it was proven.
    """

    id: Text
    kind: Kind
    seed: int | None = None
    body: Literal["male", "female"]
    chart: Text
    prompt: Text
    site: dict[str, Any] | None = None
    needle: dict[str, Any] | None = None
    patient: dict[str, Any] = Field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    target: Target | None = None
    freedom: Freedom | None = None
    solution: Change | None = None
    facts: tuple[str, ...] = ()
    case: CaseStory | None = None
    reason: Text
    sources: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    skills: Annotated[tuple[Skill, ...], Field(min_length=1)]
    hide: tuple[str, ...] = ()
    data_version: Text

    @model_validator(mode="after")
    def _fits(self) -> Item:
        wanted = {
            "place_it": self.target,
            "make_acceptable": self.freedom,
            "what_went_wrong": self.case,
        }
        if self.kind in wanted and wanted[self.kind] is None:
            raise ValueError(f"an exercise {self.kind!r} lacks what it is about")
        if self.kind not in ("place_it", "make_acceptable") and not self.questions:
            raise ValueError(f"an exercise {self.kind!r} must ask something")
        return self

    def question(self, skill: str) -> Question | None:
        """Return the question that trains a skill, if there is one."""
        return next((q for q in self.questions if q.skill == skill), None)

    def for_learner(self) -> dict[str, Any]:
        """Return the exercise as plain data without anything that gives it away.

        The page and a learner's phone get this; the answer comes after the response.

        Examples
        --------
        >>> from zones.teaching.generating import generate
        >>> shown = generate("would_you", 7).for_learner()
        >>> "reason" in shown, "right" in shown["questions"][0]
        (False, False)
        """
        hidden = {"reason", "sources", "zones", "target", "solution", "case", "hide"}
        shown = self.model_dump(mode="json", exclude=hidden)
        if self.kind == "place_it":
            shown["site"] = None
            # the depth that is shown or asked for is the answer
            shown["needle"] = {"length_mm": (self.needle or {}).get("length_mm")}
        for question in shown["questions"]:
            del question["right"]
            question["choices"] = [
                {"id": choice["id"], "text": choice["text"]}
                for choice in question["choices"]
            ]
        shown["estimates"] = list(self.case.estimates) if self.case else []
        shown["hide"] = list(self.hide)
        shown["asks_depth"] = bool(self.target and self.target.depth_mm is not None)
        return shown
