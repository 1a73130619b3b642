"""Upright needles of a table: rows that differ only in depth share their zones.

What a needle finds at one place in one kind of patient changes only at a few depths. A
place's zones are judged once; then each row needs no more than its depth and length
compared with those.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zones.engine import UNSTATED_NEARS_MM, UNSTATED_REACHES_MM
from zones.table_keys import NO_KEY, RANK, Outcome, finding_key

if TYPE_CHECKING:
    from zones.places import Items

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
KeyArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stairs:
    """The gravest finding at each depth: it changes at some depths and stays between.

    Attributes
    ----------
    at_mm : list of (G,) float64
        Depths at which it changes, the least first; inf where it changes no more.
    key : list of (G,) int64
        Key of the finding from there on, each graver than the one before.
    """

    at_mm: list[FloatArray]
    key: list[KeyArray]

    @classmethod
    def of(
        cls, which: IntArray, at_mm: FloatArray, key: KeyArray, count: int
    ) -> Stairs:
        """Return the stairs of G groups from what each may find and from where on."""
        stairs = cls([], [])
        while len(which):
            first = np.full(count, np.inf)
            np.minimum.at(first, which, at_mm)
            now = at_mm == first[which]
            gravest = np.full(count, NO_KEY)
            np.minimum.at(gravest, which[now], key[now])
            stairs.at_mm.append(first)
            stairs.key.append(gravest)
            graver = key < gravest[which]
            which, at_mm, key = which[graver], at_mm[graver], key[graver]
        return stairs

    def lower(self, found: KeyArray, group: IntArray, depth_mm: FloatArray) -> None:
        """Lower the keys found (N,) to what is found at depths (N,) in groups (N,)."""
        for at_mm, key in zip(self.at_mm, self.key, strict=True):
            met = np.flatnonzero(at_mm[group] <= depth_mm)
            found[met] = np.minimum(found[met], key[group[met]])

    def joined(self, other: Stairs, counts: tuple[int, int]) -> Stairs:
        """Return the stairs of these groups and of others after them."""
        most = max(len(self.key), len(other.key))

        def both(name: str, fill: Any) -> list[NDArray[Any]]:
            parts = []
            for number in range(most):
                two = [getattr(stairs, name) for stairs in (self, other)]
                parts.append(
                    np.concatenate(
                        [
                            values[number]
                            if number < len(values)
                            else np.full(count, fill)
                            for values, count in zip(two, counts, strict=True)
                        ]
                    )
                )
            return parts

        return Stairs(both("at_mm", np.inf), both("key", NO_KEY))


@dataclass(frozen=True, eq=False)
class Judged:
    """What needles find in G groups: each a place and a kind of patient.

    Attributes
    ----------
    deep, long : Stairs
        The gravest finding of what a depth reaches, and of what lies under the entry
        or within the needle's length.
    untold : (G,) int64
        Key of the gravest finding when neither depth nor length is stated, and
    untold_rank, untold_flags : (G,) int
        the rank of the gravest known one, and whether any is found (1), build bears
        on one (2), one asks a fact (4).
    danger_mm, caution_mm : (G,) float64
        Depth from which a critical and a minor zone is reached that surely counts.
    soft_mm, any_mm, built_mm, asks_mm : (G,) float64
        Depth or length from which there is a critical finding that surely counts, any
        finding, one that build bears on, one that asks a fact; -inf under the entry.
    """

    deep: Stairs
    long: Stairs
    untold: KeyArray
    untold_rank: IntArray
    untold_flags: IntArray
    danger_mm: FloatArray
    caution_mm: FloatArray
    soft_mm: FloatArray
    any_mm: FloatArray
    built_mm: FloatArray
    asks_mm: FloatArray

    @classmethod
    def of(
        cls,
        items: Items,
        reached_mm: FloatArray,
        holds: NDArray[np.int8],
        asks: BoolArray,
        rows: dict[str, NDArray[Any]],
        count: int,
    ) -> Judged:
        """Judge the zones of G groups.

        Parameters
        ----------
        items : Items
            K zones met; ``which`` is the group.
        reached_mm : (K,) float64
            Where each is met, mm.
        holds : (K,) int8
            Whether each counts for the patient: 1 yes, 0 no, -1 not known.
        asks : (K,) bool
            Whether a fact not given would decide that.
        rows : dict
            Figures of the rows (`ZoneTable.rows`).
        count : int
            G.
        """
        use = np.flatnonzero((holds != 0) & np.isfinite(reached_mm))
        which, row, reached = items.which[use], items.row[use], reached_mm[use]
        near, over, asks = items.near[use], items.over[use], asks[use]
        unknown = holds[use] < 0
        critical, order = rows["critical"][row], rows["order"][row]
        soft = np.where(critical, RANK["CAUTION"], RANK["NO_KNOWN_DANGER"])
        hard = np.where(critical, RANK["DANGER"], RANK["CAUTION"])
        hard = np.where(unknown, np.minimum(hard, RANK["CAUTION"]), hard)
        hard_key = finding_key(hard, unknown, reached, order)
        soft_key = finding_key(soft, unknown, reached, order)
        from_mm = np.where(over, -np.inf, reached)

        def least(values: FloatArray, kept: BoolArray) -> FloatArray:
            found = np.full(count, np.inf)
            np.minimum.at(found, which[kept], values[kept])
            return found

        met = near | (reached <= UNSTATED_REACHES_MM)
        seen = met | over | (reached <= UNSTATED_NEARS_MM)
        untold = np.full(count, NO_KEY)
        np.minimum.at(untold, which[seen], np.where(met, hard_key, soft_key)[seen])
        known = seen & ~unknown
        untold_rank = np.zeros(count, dtype=np.intp)
        np.maximum.at(untold_rank, which[known], np.where(met, hard, soft)[known])
        built = np.asarray(rows["corrected"][row])
        flag = 1 + 2 * built + 4 * (unknown & asks)
        flags = np.zeros(count, dtype=np.intp)
        np.bitwise_or.at(flags, which[seen], flag[seen])
        return cls(
            deep=Stairs.of(which, reached, hard_key, count),
            long=Stairs.of(which, from_mm, soft_key, count),
            untold=untold,
            untold_rank=untold_rank,
            untold_flags=flags,
            danger_mm=least(reached, critical & ~unknown),
            caution_mm=least(reached, ~critical & ~unknown),
            soft_mm=least(from_mm, critical & ~unknown),
            any_mm=least(from_mm, np.ones(len(use), dtype=bool)),
            built_mm=least(from_mm, built),
            asks_mm=least(from_mm, unknown & asks),
        )

    def __len__(self) -> int:
        return len(self.untold)

    def joined(self, other: Judged) -> Judged:
        """Return these groups and others after them."""
        counts = (len(self), len(other))
        parts: dict[str, Any] = {}
        for item in fields(self):
            one, two = getattr(self, item.name), getattr(other, item.name)
            if isinstance(one, Stairs):
                parts[item.name] = one.joined(two, counts)
            else:
                parts[item.name] = np.concatenate([one, two])
        return Judged(**parts)

    def at(
        self,
        group: IntArray,
        depth_mm: FloatArray,
        length_mm: FloatArray,
        built: BoolArray,
    ) -> Outcome:
        """Return what needles find.

        Parameters
        ----------
        group : (N,) int
            Group of each.
        depth_mm, length_mm : (N,) float64
            As planned, mm; NaN when not given.
        built : (N,) bool
            Whether the patient's build and age are known, so that it does not matter
            whether they bear on a finding.

        Returns
        -------
        Outcome
            The same as `zones.engine.assess_zones` says about each.
        """
        count = len(group)
        length = np.where(np.isnan(length_mm), -np.inf, length_mm)
        depth = np.where(np.isnan(depth_mm), length, depth_mm)
        # a needle not inserted meets nothing
        depth = np.where(depth > 0.0, depth, -1.0)
        extent = np.maximum(depth, length)
        key = np.full(count, NO_KEY)
        self.long.lower(key, group, length)
        self.deep.lower(key, group, depth)
        limit = self.danger_mm[group]
        known = np.where(extent >= self.soft_mm[group], RANK["CAUTION"], 0)
        known[depth >= self.caution_mm[group]] = RANK["CAUTION"]
        known[depth >= limit] = RANK["DANGER"]
        found = Outcome(
            key=key,
            known_rank=known,
            limit_mm=limit,
            any_finding=np.zeros(count, dtype=bool),
            corrected=np.zeros(count, dtype=bool),
            asks=np.zeros(count, dtype=bool),
        )
        some = np.flatnonzero(np.isnan(depth_mm))
        found.any_finding[some] = extent[some] >= self.any_mm[group[some]]
        some = np.flatnonzero(~built)
        found.corrected[some] = extent[some] >= self.built_mm[group[some]]
        if self.asking:
            found.asks = extent >= self.asks_mm[group]
        some = np.flatnonzero(np.isnan(depth_mm) & np.isnan(length_mm))
        if len(some):
            here = group[some]
            found.key[some] = self.untold[here]
            found.known_rank[some] = self.untold_rank[here]
            flags = self.untold_flags[here]
            found.any_finding[some] = flags & 1 > 0
            found.corrected[some] = flags & 2 > 0
            found.asks[some] = flags & 4 > 0
        return found

    @functools.cached_property
    def asking(self) -> bool:
        """Whether any finding of any group asks for a fact."""
        return bool((self.asks_mm < np.inf).any())
