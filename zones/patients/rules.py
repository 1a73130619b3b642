"""Rules about the patient: what stands against needling here, and what to ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.store import cached
from zones.contract.models import OtherView, Verdict
from zones.knowledge.conditions import (
    Condition,
    Facts,
    Truth,
    all3,
    evaluate,
    missing,
    not3,
    present,
    undecided,
)
from zones.knowledge.facts import Catalogue, load_facts
from zones.knowledge.firmness import stop_words
from zones.knowledge.places import EVERYWHERE
from zones.knowledge.rule_files import Rule, Where, load_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "Condition",
    "OpenQuestion",
    "Rule",
    "RuleHit",
    "RuleOutcome",
    "SiteContext",
    "apply",
    "evaluate",
    "load_rules",
]


@dataclass(frozen=True)
class SiteContext:
    """What a rule may know of the site.

    Attributes
    ----------
    region : str
        Name of the skin region.
    side : str
        The patient's side: left, right or midline.
    zones : frozenset of str
        Ids of all zones that the site lies in, exclusions included.
    in_area : callable
        Takes the name of a fact that marks skin areas; tells whether the site lies
        in one of them (on the edge counts as in).
    muscle : str, optional
        Name of the muscle, when the site was named so.
    """

    region: str
    side: str = "midline"
    zones: frozenset[str] = frozenset()
    in_area: Callable[[str], bool] = field(default=lambda _fact: True)
    muscle: str | None = None


@dataclass(frozen=True)
class RuleHit:
    """A rule that holds at the site, or that may hold for want of an answer.

    Attributes
    ----------
    rule : Rule
        The rule.
    status : {"yes", "unknown"}
        Whether it holds, or an answer is missing.
    verdict : Verdict
        What it means now; CAUTION at most while unknown.
    message : str
        One or two sentences for the card.
    questions : tuple of str
        Facts whose answer decides.
    """

    rule: Rule
    status: Literal["yes", "unknown"]
    verdict: Verdict
    message: str
    questions: tuple[str, ...] = ()

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do; none while it is only a question."""
        return self.rule.advice if self.status == "yes" else ()

    @property
    def other_views(self) -> tuple[OtherView, ...]:
        """Sources that were not followed, with what they say."""
        view = self.rule.looser_view
        return () if view is None else (view,)


@dataclass(frozen=True)
class OpenQuestion:
    """A fact not given, or given without its place, that could change the verdict.

    Attributes
    ----------
    fact, text, help : str
        Which fact, the question in plain words, and what to mind.
    worst : Verdict
        The worst verdict that an answer could bring.
    now : Verdict
        What the missing answer holds the verdict at already.
    """

    fact: str
    text: str
    help: str
    worst: Verdict
    now: Verdict

    def matters(self, verdict: Verdict) -> bool:
        """Return whether an answer could still change a verdict reached without it.

        Parameters
        ----------
        verdict : Verdict
            What stands already without any unanswered question.
        """
        return self.worst > verdict or self.now > verdict


class RuleOutcome(NamedTuple):
    """What the rules say: what holds or may hold, and what to ask, worst first."""

    hits: tuple[RuleHit, ...]
    questions: tuple[OpenQuestion, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all hits."""
        return max((h.verdict for h in self.hits), default=Verdict.NO_KNOWN_DANGER)


class _Result(NamedTuple):
    """One rule worked out at the site."""

    rule: Rule
    holds: Truth
    #: Facts whose answer could make the rule hold, or make it fall away.
    open: frozenset[str]
    #: What the missing answer does here.
    if_unknown: str


def apply(
    rules: Iterable[Rule],
    facts: Facts,
    context: SiteContext,
    *,
    catalogue: Catalogue | None = None,
) -> RuleOutcome:
    """Return what the rules say about a patient at a site.

    Parameters
    ----------
    rules : iterable of Rule
        From :func:`load_rules`.
    facts : mapping
        Known facts, those of the needle among them; absent means not asked.
    context : SiteContext
        What is known of the site.
    catalogue : Catalogue, optional
        The facts file; the shipped one by default.

    Returns
    -------
    RuleOutcome
        ``hits`` (worst first) and open ``questions`` (worst first). An absolute
        contraindication not asked for stands as CAUTION. Superseded milder rules are
        left out.

    Examples
    --------
    >>> out = apply(load_rules(), {"consent_given": False}, SiteContext("thigh"))
    >>> out.hits[0].rule.id, out.verdict.value
    ('no-consent', 'STOP')
    """
    known = catalogue or load_facts()
    complete = known.complete(facts)
    results = [_work_out(rule, complete, context, known) for rule in rules]
    held = [r for r in results if r.holds is True]
    superseded = {name for result in held for name in result.rule.supersedes}
    hits = [
        RuleHit(
            rule=r.rule,
            status="yes",
            verdict=r.rule.verdict,
            message=held_words(r.rule),
            questions=tuple(sorted(r.open)),
        )
        for r in held
        if r.rule.id not in superseded
    ]
    unknown = [r for r in results if r.holds is None and r.if_unknown == "CAUTION"]
    hits += _unknown_hits(unknown, complete, known)
    hits.sort(key=lambda hit: (-hit.verdict.rank, hit.status != "yes"))
    return RuleOutcome(tuple(hits), _questions(results, context, known))


def held_words(rule: Rule) -> str:
    """Return what a rule says where it holds."""
    return stop_words(rule.firm, rule.message)


def held_verdicts(
    rules: Iterable[Rule],
    facts: Facts,
    contexts: Iterable[SiteContext],
    *,
    catalogue: Catalogue | None = None,
) -> list[Verdict]:
    """Return the worst verdict of the rules that hold, for many sites of a patient.

    What the rules ask of the patient is worked out once for all sites.

    Parameters
    ----------
    rules : iterable of Rule
        From :func:`load_rules`.
    facts : mapping
        Known facts; absent means not asked.
    contexts : iterable of SiteContext
        The sites.
    catalogue : Catalogue, optional
        The facts file; the shipped one by default.

    Returns
    -------
    list of Verdict
        One for each site, ``NO_KNOWN_DANGER`` where none holds. From DANGER on it is
        the verdict of :func:`apply`; what was not asked, which `apply` holds at CAUTION
        at most, is not looked at.

    Examples
    --------
    >>> sites = [SiteContext("thigh"), SiteContext("abdomen")]
    >>> [v.value for v in held_verdicts(load_rules(), {"consent_given": False}, sites)]
    ['STOP', 'STOP']
    """
    known = catalogue or load_facts()
    complete = known.complete(facts)
    standing = holding(rules, complete)
    found = []
    for context in contexts:
        held = [
            rule
            for rule in standing
            if _is_there(rule.where, complete, context, known) is True
        ]
        out = {name for rule in held for name in rule.supersedes}
        verdicts = [rule.verdict for rule in held if rule.id not in out]
        found.append(max(verdicts, default=Verdict.NO_KNOWN_DANGER))
    return found


def holding(rules: Iterable[Rule], complete: Facts) -> list[Rule]:
    """Return the rules whose conditions on the patient are known to hold.

    Parameters
    ----------
    rules : iterable of Rule
        From :func:`load_rules`.
    complete : mapping
        Known facts with all that follows from them.

    Examples
    --------
    >>> pregnant = load_facts().complete({"pregnant": True})
    >>> "pregnancy-abdomen-excluded" in [r.id for r in holding(load_rules(), pregnant)]
    True
    """
    return [
        rule
        for rule in rules
        if evaluate(rule.when, complete) is True
        and (rule.unless is None or evaluate(rule.unless, complete) is False)
    ]


def possible(
    rules: Iterable[Rule], facts: Facts, *, catalogue: Catalogue | None = None
) -> tuple[Rule, ...]:
    """Return the rules that may hold, or ask for something, at some site of a patient.

    Parameters
    ----------
    rules : iterable of Rule
        From :func:`load_rules`.
    facts : mapping
        Known facts.
    catalogue : Catalogue, optional
        The facts file; the shipped one by default.

    Returns
    -------
    tuple of Rule
        :func:`apply` says the same of these as of all; what rules ask of the patient
        alone need not be worked out again at every site.

    Examples
    --------
    >>> all_rules = load_rules()
    >>> len(possible(all_rules, {"pregnant": False})) < len(all_rules)
    True
    """
    complete = (catalogue or load_facts()).complete(facts)

    def may(rule: Rule) -> bool:
        if evaluate(rule.when, complete) is False:
            return False
        return rule.unless is None or evaluate(rule.unless, complete) is not True

    return tuple(rule for rule in rules if may(rule))


def _work_out(
    rule: Rule, facts: Facts, context: SiteContext, catalogue: Catalogue
) -> _Result:
    """Return whether a rule holds at the site, and which answers could change that."""
    clear = None if rule.unless is None else evaluate(rule.unless, facts)
    parts = [
        evaluate(rule.when, facts),
        True if rule.unless is None else not3(clear),
        _is_there(rule.where, facts, context, catalogue),
    ]
    holds = all3(parts)
    found: set[str] = set()
    if holds is None:
        found |= undecided(rule.when, facts)
        if rule.unless is not None:
            found |= undecided(rule.unless, facts)
        if parts[2] is None and rule.where.fact is not None:
            found.add(rule.where.fact)
    elif holds:
        found |= missing(rule.when, facts)
    asked = frozenset(name for name in found if catalogue.asked(name, facts))
    if rule.ask_when is not None and evaluate(rule.ask_when, facts) is not True:
        return _Result(rule, holds, asked, "nothing")
    vague = holds is None and any(facts.get(name) is True for name in asked)
    return _Result(rule, holds, asked, "CAUTION" if vague else rule.if_unknown)


def _is_there(
    where: Where, facts: Facts, context: SiteContext, catalogue: Catalogue
) -> Truth:
    """Return whether the site lies where the rule counts."""
    if where.scope == "whole_body":
        return True
    if where.scope == "places":
        return (
            any(_covers(p, context, catalogue) for p in where.regions)
            or not context.zones.isdisjoint(where.zones)
            or (context.muscle or "").casefold() in where.muscles
        )
    name = str(where.fact)
    value = facts.get(name)
    if value is None:
        return None
    kind = catalogue[name].type
    if not present(value):
        return False
    if value is True:
        return True if kind == "areas" else None
    if kind == "areas":
        return context.in_area(name)
    if kind == "implants":
        places = [
            item.get("region") or EVERYWHERE
            for item in value
            if not where.kinds or item["kind"] in where.kinds
        ]
    else:
        places = list(value)
    return any(_covers(place, context, catalogue, where) for place in places)


def _covers(
    place: str,
    context: SiteContext,
    catalogue: Catalogue,
    where: Where | None = None,
) -> bool:
    """Return whether a named place takes in the site, as widened by a rule."""
    if where is not None and where.near_joints:
        near = catalogue.near_joint(place, context.zones, context.side)
        if near is not None:
            return near
    return catalogue.covers(
        place,
        context.region,
        context.side,
        widen_limbs=where is not None and where.widen_limbs,
        with_quarter=where is not None and where.with_quarter,
    )


def _unknown_hits(
    results: Sequence[_Result], facts: Facts, catalogue: Catalogue
) -> list[RuleHit]:
    """Return one hit for each set of missing answers, by the worst rule behind it."""
    worst: dict[tuple[str, ...], Rule] = {}
    for result in results:
        key = tuple(sorted(result.open)) or tuple(sorted(result.rule.facts()))
        best = worst.get(key)
        if best is None or result.rule.verdict > best.verdict:
            worst[key] = result.rule
    return [
        RuleHit(
            rule=rule,
            status="unknown",
            verdict=min(Verdict.CAUTION, rule.verdict, key=lambda v: v.rank),
            message=_unknown_message(key, rule, facts, catalogue),
            questions=key,
        )
        for key, rule in worst.items()
    ]


def _unknown_message(
    names: Sequence[str], rule: Rule, facts: Facts, catalogue: Catalogue
) -> str:
    """Return what is missing and what it could mean."""
    vague = [catalogue[name].label for name in names if facts.get(name) is True]
    first, *more = vague or [catalogue[name].label for name in names]
    asked: str = first
    for label in more:
        asked = _("{first} and {second}", first=asked, second=label)
    if rule.verdict is Verdict.STOP:
        effect = _("It can rule needling out here.")
    else:
        effect = _("It can call for caution here.")
    if vague:
        return joined([_("Kind or place not given: {facts}.", facts=asked), effect])
    return joined([_("Not asked: {facts}.", facts=asked), effect])


def _questions(
    results: Sequence[_Result], context: SiteContext, catalogue: Catalogue
) -> tuple[OpenQuestion, ...]:
    """Return the open questions, the one with the worst possible answer first."""
    worst: dict[str, Verdict] = {}
    now: dict[str, Verdict] = {}
    listed: set[str] = set()
    none = Verdict.NO_KNOWN_DANGER
    for result in results:
        rule = result.rule
        for name in result.open:
            worst[name] = max(worst.get(name, none), rule.verdict)
            if result.holds is True:
                listed.add(name)
                now[name] = max(now.get(name, none), rule.verdict)
            elif result.if_unknown == "CAUTION":
                listed.add(name)
                held = min(Verdict.CAUTION, rule.verdict, key=lambda v: v.rank)
                now[name] = max(now.get(name, none), held)
            elif result.if_unknown == "ask" and _worth_asking(rule, context, catalogue):
                listed.add(name)
    order = {fact.name: place for place, fact in enumerate(catalogue.facts)}
    ranked = sorted(
        listed,
        key=lambda name: (-worst[name].rank, -now.get(name, none).rank, order[name]),
    )
    return tuple(
        OpenQuestion(
            fact=name,
            text=catalogue[name].question,
            help=catalogue[name].help,
            worst=worst[name],
            now=now.get(name, none),
        )
        for name in ranked
    )


def _worth_asking(rule: Rule, context: SiteContext, catalogue: Catalogue) -> bool:
    """Return whether a question that is only listed belongs to this region."""
    if not rule.ask_in:
        return True
    return any(_covers(place, context, catalogue) for place in rule.ask_in)


@cached
def asked_zones() -> tuple[str, ...]:
    """Return the ids of the zones that rules ask for, those near joints among them.

    Examples
    --------
    >>> "near-knee-joint" in asked_zones()
    True
    """
    asked = {zone for rule in load_rules() for zone in rule.where.zones}
    if any(rule.where.near_joints for rule in load_rules()):
        asked |= {zone for joint in load_facts().joints for zone in joint.zones}
    return tuple(sorted(asked))
