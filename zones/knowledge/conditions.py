"""Conditions over patient facts, answered yes, no or unknown (Kleene's logic)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from anatomy.errors import DataError
from anatomy.names import closest
from anatomy.store.references import FactName

Facts = Mapping[str, Any]
Truth = bool | None

_TESTS = ("equals", "below", "at_most", "at_least", "above", "includes", "given")
_JOINS = ("any_", "all_", "not_")


class Condition(BaseModel):
    """One condition of a data file: a test of one fact, or a join of conditions.

    ``{fact="age", below=16}`` tests; ``{any=[...]}``, ``{all=[...]}`` and
    ``{not={...}}`` join. A test of a fact that was not asked is unknown, except
    ``given``, which asks whether the fact was answered at all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    fact: FactName | None = None
    equals: bool | str | None = None
    below: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    above: float | None = None
    #: For a fact that lists things: one of these kinds is in the list.
    includes: tuple[str, ...] | None = None
    given: bool | None = None
    any_: tuple[Condition, ...] | None = Field(default=None, alias="any")
    all_: tuple[Condition, ...] | None = Field(default=None, alias="all")
    not_: Condition | None = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _one_form(self) -> Condition:
        tests = [name for name in _TESTS if getattr(self, name) is not None]
        joins = [name for name in _JOINS if getattr(self, name) is not None]
        if self.fact is None:
            if tests or len(joins) != 1:
                raise ValueError(
                    "a condition must be one of {fact=..., <test>=...}, {any=[...]}, "
                    "{all=[...]}, {not={...}}"
                )
        elif joins or len(tests) != 1:
            raise ValueError(
                f"a test of fact {self.fact!r} must carry exactly one of "
                f"{', '.join(_TESTS)}; {', '.join(tests + joins) or 'none'} given"
            )
        return self

    def parts(self) -> tuple[Condition, ...]:
        """Return the conditions joined by this one; none for a test."""
        if self.not_ is not None:
            return (self.not_,)
        return self.any_ or self.all_ or ()

    def facts(self) -> frozenset[str]:
        """Return the names of all facts that the condition looks at."""
        own = {self.fact} if self.fact is not None else set()
        return frozenset(own.union(*(part.facts() for part in self.parts())))


ConditionLike = Condition | Mapping[str, Any]


def as_condition(data: ConditionLike) -> Condition:
    """Return a condition from the form that data files use.

    Raises
    ------
    DataError
        When the form is none of those that a condition can have.

    Examples
    --------
    >>> as_condition({"fact": "age", "below": 16}).facts()
    frozenset({'age'})
    """
    if isinstance(data, Condition):
        return data
    try:
        return Condition.model_validate(dict(data))
    except ValidationError as error:
        raise DataError(error.errors(include_url=False)[0]["msg"], given=data) from None


def check_facts(condition: Condition, known: Iterable[str], *, entry: str) -> None:
    """Raise when a condition looks at a fact that nobody can give.

    Raises
    ------
    DataError
        Naming the entry and the nearest facts.
    """
    names = list(known)
    for name in sorted(condition.facts()):
        if name not in names:
            raise DataError(
                f"{entry}: a condition asks for the fact {name!r}, which is not in "
                "the list of facts.",
                field=entry,
                given=name,
                suggestions=closest(name, names),
            )


def evaluate(condition: ConditionLike, facts: Facts) -> Truth:
    """Return whether a condition holds: True, False, or None for unknown.

    Parameters
    ----------
    condition : Condition or mapping
        What to test.
    facts : mapping
        Known facts only: a fact that was not asked is absent (or None).

    Returns
    -------
    bool or None
        Strong three-valued logic (Kleene 1952): unknown parts stay unknown unless
        the other parts settle the answer.

    Raises
    ------
    DataError
        When a mapping has none of the forms of a condition.

    Examples
    --------
    >>> both = {"all": [{"fact": "pregnant", "equals": True},
    ...                 {"fact": "gestation_weeks", "below": 13}]}
    >>> evaluate(both, {"pregnant": False})
    False
    >>> evaluate(both, {"pregnant": True}) is None
    True
    """
    node = as_condition(condition)
    if node.any_ is not None:
        return any3(evaluate(part, facts) for part in node.any_)
    if node.all_ is not None:
        return all3(evaluate(part, facts) for part in node.all_)
    if node.not_ is not None:
        return not3(evaluate(node.not_, facts))
    return _test(node, facts.get(str(node.fact)))


def any3(truths: Iterable[Truth]) -> Truth:
    """Return the three-valued "or"; False for none at all."""
    seen = list(truths)
    if True in seen:
        return True
    return None if None in seen else False


def all3(truths: Iterable[Truth]) -> Truth:
    """Return the three-valued "and"; True for none at all."""
    seen = list(truths)
    if False in seen:
        return False
    return None if None in seen else True


def not3(truth: Truth) -> Truth:
    """Return the three-valued "not"."""
    return None if truth is None else not truth


def _test(node: Condition, value: Any) -> Truth:
    """Return the answer of a single test."""
    if node.given is not None:
        return (value is not None) == node.given
    if value is None:
        return None
    if node.equals is not None:
        if isinstance(node.equals, bool):
            return present(value) is node.equals
        return bool(value == node.equals)
    if node.includes is not None:
        return _includes(node.includes, value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return all(
        (
            node.below is None or value < node.below,
            node.at_most is None or value <= node.at_most,
            node.at_least is None or value >= node.at_least,
            node.above is None or value > node.above,
        )
    )


def present(value: Any) -> bool:
    """Return whether an answer says that the thing is there.

    A list of marked places is there when it is not empty; a name is there.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, (str, Sequence, Mapping)):
        return len(value) > 0
    return True


def _includes(kinds: tuple[str, ...], value: Any) -> Truth:
    """Return whether a list of things has one of the kinds in it."""
    if isinstance(value, bool):
        return None if value else False
    return any(item.get("kind") in kinds for item in value)


def undecided(condition: Condition, facts: Facts) -> frozenset[str]:
    """Return the facts not given whose answer could still settle the condition.

    Parts that the known facts have already settled are left out, so that a question
    that can no longer matter is not asked.

    Examples
    --------
    >>> either = as_condition({"any": [{"fact": "epilepsy", "equals": True},
    ...                                {"fact": "faints", "equals": True}]})
    >>> sorted(undecided(either, {"faints": False}))
    ['epilepsy']
    """
    if evaluate(condition, facts) is not None:
        return frozenset()
    if condition.fact is not None:
        return frozenset({condition.fact})
    found: set[str] = set()
    for part in condition.parts():
        found |= undecided(part, facts)
    return frozenset(found)


def missing(condition: Condition, facts: Facts) -> frozenset[str]:
    """Return the facts whose very absence makes a ``given = false`` test hold."""
    if condition.given is False and facts.get(str(condition.fact)) is None:
        return frozenset({str(condition.fact)})
    found: set[str] = set()
    for part in condition.parts():
        found |= missing(part, facts)
    return frozenset(found)
