"""The policy: from which risk a verdict warns or refuses, and how harmful a touch is.

A hospital or a trainer may bring a policy of its own. One that refuses later than the
shipped one must be allowed by name, and every answer then says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from anatomy.errors import DataError, InputError
from anatomy.names import closest
from anatomy.store import SHIPPED, cached, current, reading, using
from zones.knowledge.conditions import Condition
from zones.knowledge.records.sources import Record, Slug, SourceSlug, Text
from zones.knowledge.structures.zone_models import Severity

FILE = "policy.toml"

Chance = Annotated[float, Field(gt=0, le=1)]


class Row(Record):
    """From where one severity warns and refuses: by risk, or by the chance to meet.

    Attributes
    ----------
    severity : str
        How bad the worst credible harm is.
    caution_risk, danger_risk : float, optional
        Risk (P1 times P2) from which the verdict is CAUTION and DANGER.
    caution_p_meet, danger_p_meet : float, optional
        The same by P1 alone, for harm that passes.
    why : str
        The reason for both.
    """

    severity: Severity
    caution_risk: Chance | None = None
    danger_risk: Chance | None = None
    caution_p_meet: Chance | None = None
    danger_p_meet: Chance | None = None
    why: Text
    sources: tuple[SourceSlug, ...] = ()

    @model_validator(mode="after")
    def _one_measure(self) -> Row:
        by_risk = self.caution_risk is not None
        if by_risk == (self.caution_p_meet is not None):
            raise ValueError("either caution_risk or caution_p_meet must be given")
        caution = self.caution_risk or self.caution_p_meet or 1.0
        danger = self.danger_risk if by_risk else self.danger_p_meet
        if danger is not None and danger < caution:
            raise ValueError("DANGER must not begin at less than CAUTION")
        return self

    def thresholds(self, p2: float | None) -> tuple[float, float]:
        """Return the P1 from which a harm warns and refuses; inf for never.

        Examples
        --------
        >>> row = Row(severity="critical", caution_risk=1e-5, danger_risk=1e-3, why="-")
        >>> row.thresholds(0.5)
        (2e-05, 0.002)
        """
        if self.caution_risk is not None:
            # without a figure any touch is taken to do the harm
            p2 = 1.0 if p2 is None else p2
            pair = (self.caution_risk / p2, _or_never(self.danger_risk) / p2)
        else:
            pair = (_or_never(self.caution_p_meet), _or_never(self.danger_p_meet))
        return pair[0], pair[1]


def _or_never(value: float | None) -> float:
    return float("inf") if value is None else value


class Harm(Record):
    """What a needle in a structure does: the chance of it, given that it is met (P2).

    Attributes
    ----------
    p2 : float, optional
        Chance of the harm that its severity stands for; absent where nobody counted it,
        which only harm that passes may be.
    interval : (float, float), optional
        95 % interval.
    basis : {"measured", "stand-in", "bound"}
        Of a thin needle; of the nearest kind of needle; the upper bound of none seen.
    bleeding : bool
        Whether it is a bleeding, which anticoagulants make more likely.
    """

    id: Slug
    words: Text
    p2: Chance | None = None
    interval: tuple[float, float] | None = None
    basis: Literal["measured", "stand-in", "bound"] | None = None
    how: Text
    sources: tuple[SourceSlug, ...] = ()
    bleeding: bool = False


class Raised(Record):
    """Patients in whom a bleeding is likelier, by an odds ratio."""

    when: Condition
    ratio: Annotated[float, Field(ge=1, le=50)]
    why: Text
    sources: tuple[SourceSlug, ...] = ()


class Policy(Record):
    """Matrix and harms, as read from a policy file."""

    schema_: Literal[1] = Field(alias="schema")
    name: Text
    matrix: Annotated[tuple[Row, ...], Field(min_length=5, max_length=5)]
    harm: tuple[Harm, ...] = ()
    bleeding: tuple[Raised, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Policy:
        if {row.severity for row in self.matrix} != set(get_args(Severity)):
            raise ValueError("matrix must have each severity once")
        if len({harm.id for harm in self.harm}) != len(self.harm):
            raise ValueError("the ids of harms must differ")
        return self

    def __hash__(self) -> int:
        # what rests on a policy is remembered by the policy itself
        return id(self)

    def row(self, severity: str) -> Row:
        """Return the row of the matrix of one severity."""
        return next(row for row in self.matrix if row.severity == severity)

    def p2_of(self, harm: str) -> Harm:
        """Return a harm by its id.

        Raises
        ------
        DataError
            When there is none.
        """
        for entry in self.harm:
            if entry.id == harm:
                return entry
        known = [entry.id for entry in self.harm]
        raise DataError(
            f"policy {self.name!r} has no harm {harm!r}.",
            given=harm,
            suggestions=closest(harm, known),
        )


def read_policy(path: Path | str) -> Policy:
    """Return the policy of a file; one without harms takes the shipped ones.

    Raises
    ------
    DataError
        When the file is not there or does not fit; names the entry.
    """
    with reading(path) as data:
        policy = Policy.model_validate(data)
    if isinstance(path, str):
        return policy
    shipped = shipped_policy()
    update = {"harm": policy.harm or shipped.harm, "bleeding": shipped.bleeding}
    return policy.model_copy(update=update)


@cached
def shipped_policy() -> Policy:
    """Return the policy of the data folder, which ships unless it has one of its own.

    Raises
    ------
    DataError
        When a data folder brings one that warns or refuses later than the shipped
        one: such a policy must be named (``--policy FILE --allow-looser``).

    Examples
    --------
    >>> shipped_policy().row("critical").danger_risk
    0.001
    """
    policy = read_policy(FILE)
    if current() is not SHIPPED and is_looser(policy):
        raise DataError(
            f"{FILE} of the data folder warns or refuses later than the shipped one; "
            "such a policy is used only by --policy FILE --allow-looser."
        )
    return policy


_IN_FORCE: list[Policy] = []


def in_force() -> Policy:
    """Return the policy that makes verdicts of risks; the shipped one if none is set.

    Examples
    --------
    >>> in_force().name
    'needlemap'
    """
    return _IN_FORCE[-1] if _IN_FORCE else shipped_policy()


@contextmanager
def using_policy(policy: Policy) -> Iterator[Policy]:
    """Put a policy in force for all checks of this process, until the block ends.

    Parameters
    ----------
    policy : Policy
        As `chosen_policy` returns it.

    Examples
    --------
    >>> with using_policy(shipped_policy()) as policy:
    ...     policy.name
    'needlemap'
    """
    _IN_FORCE.append(policy)
    try:
        yield policy
    finally:
        _IN_FORCE.remove(policy)


@cached(maxsize=16)
def is_looser(policy: Policy) -> bool:
    """Return whether a policy warns or refuses later than the shipped one.

    Examples
    --------
    >>> is_looser(shipped_policy())
    False
    """
    with using(SHIPPED):  # not a policy of one's own, which may be looser itself
        shipped = shipped_policy()
    return bool(looser(policy, shipped, [harm.id for harm in shipped.harm]))


def looser(policy: Policy, than: Policy, harms: Iterable[str]) -> list[str]:
    """Return where a policy warns or refuses later than another, in words.

    Parameters
    ----------
    policy, than : Policy
        The one asked about, and the one it is held against.
    harms : iterable of str
        Harms of the structures.

    Examples
    --------
    >>> looser(shipped_policy(), shipped_policy(), ["pneumothorax"])
    []
    """
    found = []
    for row in than.matrix:
        for harm in sorted(set(harms)):
            was, now = than.p2_of(harm), policy.p2_of(harm)
            old = row.thresholds(was.p2)
            new = policy.row(row.severity).thresholds(now.p2)
            later = any(a > b for a, b in zip(new, old, strict=True))
            if later or (was.bleeding and not now.bleeding):
                found.append(f"{row.severity} ({harm})")
    return found


def chosen_policy(path: Path, *, allow_looser: bool = False) -> Policy:
    """Return the policy of a file for use, refused when it is looser than the shipped.

    Parameters
    ----------
    path : Path
        Policy file.
    allow_looser : bool
        Whether one that warns or refuses later is wanted all the same.

    Raises
    ------
    DataError
        For a wrong file.
    InputError
        For a looser one that was not allowed.
    """
    with using(SHIPPED):
        shipped = shipped_policy()
    policy = read_policy(path)
    where = looser(policy, shipped, [harm.id for harm in shipped.harm])
    if where and not allow_looser:
        raise InputError(
            f"{path.name} warns or refuses later than the shipped policy for "
            f"{', '.join(where[:4])}; it is used only with --allow-looser.",
            field="policy",
            given=path.name,
        )
    return policy
