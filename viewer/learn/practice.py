"""Practising alone: what a learner wants to practise, and the exercise that comes next.

Every exercise has an address that makes it again: kind, seed and what it may be about.
An exercise that is due is about one zone, and its address must not name that zone, for
that would be half of the answer; it carries a short digest instead.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlencode

from anatomy.body import load_body
from anatomy.errors import InputError
from anatomy.names import unknown
from anatomy.store import cached
from zones.teaching.courses.schedule import due
from zones.teaching.generating import check_kind, generate
from zones.teaching.items import KINDS, Item, Kind, UnfairItemError
from zones.teaching.pool import BODIES, check_zones, zone_table, zones_of_region

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from werkzeug.datastructures import MultiDict

Mode = Literal["", "need", "new"]
#: Free practice, what is due, zones not yet seen.
FREE: Mode = ""
NEED: Mode = "need"
NEW: Mode = "new"
MODES: tuple[Mode, ...] = (FREE, NEED, NEW)
#: Seeds that the page draws from; any other whole number in a link will do too.
SEEDS = 10**6
#: Exercises that are tried before it is said that there is none.
TRIES = 12
#: Letters of a digest.
DIGITS = 8


@dataclass(frozen=True)
class Wish:
    """What a learner wants to practise.

    Attributes
    ----------
    kinds : tuple of str
        Kinds of exercise; all when empty.
    region : str
        Region of skin, or empty.
    zones : tuple of str
        Zones that it may be about; all, or those of the region, when empty.
    body : {"male", "female"} or None
        The body; either when None.
    mode : {"", "need", "new"}
        Whether the learner's progress decides: what is due, or zones not yet seen.
    """

    kinds: tuple[Kind, ...] = ()
    region: str = ""
    zones: tuple[str, ...] = ()
    body: str | None = None
    mode: Mode = FREE

    def pairs(self) -> list[tuple[str, str]]:
        """Return the wish as the pairs of a query.

        Examples
        --------
        >>> Wish(kinds=("would_you",), body="male").pairs()
        [('kinds', 'would_you'), ('body', 'male')]
        """
        found: list[tuple[str, str]] = [("kinds", kind) for kind in self.kinds]
        if self.region:
            found.append(("region", self.region))
        if self.zones:
            found.append(("zones", ",".join(self.zones)))
        if self.body:
            found.append(("body", self.body))
        if self.mode:
            found.append(("mode", self.mode))
        return found


@dataclass(frozen=True)
class Ref:
    """One exercise: how it is drawn, so that it can be drawn again.

    Attributes
    ----------
    kind, seed : str, int
        Which exercise.
    about : str
        Digest of the one zone that it must be about, or empty.
    wish : Wish
        What comes after it.
    """

    kind: Kind
    seed: int
    about: str = ""
    wish: Wish = Wish()

    def query(self) -> str:
        """Return the exercise as a query.

        Examples
        --------
        >>> Ref("would_you", 7).query()
        'kind=would_you&seed=7'
        """
        pairs = [("kind", self.kind), ("seed", str(self.seed))]
        if self.about:
            pairs.append(("about", self.about))
        return urlencode([*pairs, *self.wish.pairs()])


def digest(zone: str) -> str:
    """Return what stands for a zone in an address.

    Examples
    --------
    >>> len(digest("pleura")), "pleura" in digest("pleura")
    (8, False)
    """
    return hashlib.sha256(f"zone {zone}".encode()).hexdigest()[:DIGITS]


@cached
def _of_digest() -> Mapping[str, str]:
    return {digest(zone): zone for zone in zone_table()}


@cached
def regions() -> Mapping[str, tuple[str, ...]]:
    """Return the regions in which structures are mapped, with the zones of each.

    Examples
    --------
    >>> "pleura" in regions()["thorax"]
    True
    """
    found: dict[str, set[str]] = {}
    for body in BODIES:
        for region in load_body(body).region_names:
            found.setdefault(region, set()).update(zones_of_region(body, region))
    return {name: tuple(sorted(found[name])) for name in sorted(found) if found[name]}


def read_wish(given: MultiDict[str, str]) -> Wish:
    """Return what a query wants to practise.

    Parameters
    ----------
    given : MultiDict
        ``kinds`` (any number), ``region``, ``zones`` (with commas, or any number),
        ``body`` and ``mode``.

    Raises
    ------
    UnknownNameError
        For a name that nothing has; the nearest are offered.
    """
    kinds = tuple(
        cast("Kind", check_kind(kind, field="kinds"))
        for kind in dict.fromkeys(given.getlist("kinds"))
        if kind
    )
    names = [z for part in given.getlist("zones") for z in part.split(",")]
    zones = check_zones([name.strip() for name in names if name.strip()])
    region, body = given.get("region", "").strip(), given.get("body") or None
    mode = given.get("mode", "")
    if region and region not in regions():
        raise unknown("region", region, regions(), field="region")
    if body is not None and body not in BODIES:
        raise unknown("body", body, BODIES, field="body")
    if mode not in MODES:
        raise unknown("mode", mode, [m for m in MODES if m], field="mode")
    everything = len(kinds) == len(KINDS)
    return Wish(() if everything else kinds, region, zones, body, mode)


def read_ref(given: MultiDict[str, str]) -> Ref | None:
    """Return the exercise of a query; None when it names none yet.

    Parameters
    ----------
    given : MultiDict
        ``kind``, ``seed``, ``about`` and what `read_wish` reads.

    Raises
    ------
    InputError, UnknownNameError
        Saying what is wrong.
    """
    wish, kind, seed = read_wish(given), given.get("kind", ""), given.get("seed", "")
    if not kind or not seed:
        return None
    try:
        number = int(seed)
    except ValueError:
        raise InputError(
            f"seed must be a whole number; got {seed[:40]!r}.", field="seed"
        ) from None
    if abs(number) > 2**53:
        raise InputError("seed must be a number of at most 15 digits.", field="seed")
    about = given.get("about", "")
    if about and about not in _of_digest():
        raise InputError(
            "about names a zone that no longer exists: the data changed.", field="about"
        )
    return Ref(cast("Kind", check_kind(kind)), number, about, wish)


def find(ref: Ref) -> Item:
    """Return an exercise; the page asks for it and the answer asks again.

    Parameters
    ----------
    ref : Ref
        Which.

    Raises
    ------
    UnfairItemError
        When there is none of this kind about these zones.

    Examples
    --------
    >>> find(Ref("would_you", 7)).kind
    'would_you'
    """
    return _find(ref.kind, ref.seed, _zones(ref), ref.wish.body)


def _zones(ref: Ref) -> tuple[str, ...]:
    if ref.about:
        return (_of_digest()[ref.about],)
    wish = ref.wish
    if wish.zones:
        return wish.zones
    return regions()[wish.region] if wish.region else ()


@cached(maxsize=512)
def _find(kind: str, seed: int, zones: tuple[str, ...], body: str | None) -> Item:
    return generate(kind, seed, zones=zones, body=body)


def draw(wish: Wish, state: Mapping[str, Any]) -> Ref | None:
    """Return the next exercise of a wish.

    Parameters
    ----------
    wish : Wish
        What is wanted.
    state : mapping
        What was learnt, of `zones.teaching.courses.schedule`.

    Returns
    -------
    Ref or None
        None when nothing is due, or every zone has been seen.

    Raises
    ------
    UnfairItemError
        When no exercise of these kinds can be made about these zones.

    Examples
    --------
    >>> from zones.teaching.courses.schedule import new_state
    >>> draw(Wish(kinds=("ask_right",)), new_state()).kind
    'ask_right'
    >>> draw(Wish(mode="need"), new_state()) is None
    True
    """
    if wish.mode == NEED:
        return _due(wish, state)
    unseen = new_zones(state) if wish.mode == NEW else []
    if wish.mode == NEW and not unseen:
        return None
    kinds = list(wish.kinds or KINDS)
    for left in reversed(range(TRIES)):
        about = digest(secrets.choice(unseen)) if unseen else ""
        ref = Ref(secrets.choice(kinds), secrets.randbelow(SEEDS), about, wish)
        try:
            find(ref)
        except UnfairItemError:
            if not left:
                raise
            continue
        return ref
    return None  # there is always a try


def _due(wish: Wish, state: Mapping[str, Any]) -> Ref | None:
    """Return an exercise about what is due, the weakest first.

    What has none of its own kind is asked in another; what has none at all waits.
    """
    for row in due(state)[:TRIES]:
        about = digest(row.zone)
        others = [kind for kind in KINDS if kind != row.kind]
        for kind in (row.kind, row.kind, *others):
            ref = Ref(kind, secrets.randbelow(SEEDS), about, wish)
            try:
                find(ref)
            except UnfairItemError:
                continue
            return ref
    return None


def new_zones(state: Mapping[str, Any]) -> list[str]:
    """Return the structures that a learner has not met yet, sorted.

    Examples
    --------
    >>> from zones.teaching.courses.schedule import new_state
    >>> "pleura" in new_zones(new_state())
    True
    """
    seen = {key.partition("|")[0] for key in state.get("cards", {})}
    return sorted(
        zone.id
        for zone in zone_table().values()
        if zone.kind == "structure" and not zone.applies_when and zone.id not in seen
    )
