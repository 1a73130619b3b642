"""Pooling: from evidence records to where a structure lies in a new person.

Every depth of a zone names its records. Groups of one study are joined to one figure,
studies are pooled with random effects on the logarithm of the depth (DerSimonian and
Laird 1986), and the SD for a new person holds the spread between people, the spread
between studies and the error of the mean. A depth is a lognormal: positive and skewed.

What a study does not print is taken from what others of the same class print, and the
anchor says so (``borrowed``). Run ``needlemap zones build`` after a change, or ``python
-m zones.knowledge.structures.zone_files`` for the anchors alone; a second run writes
the same file.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import NormalDist, median
from typing import TYPE_CHECKING

from anatomy.errors import DataError
from anatomy.names import closest
from zones.knowledge.records.evidence import KINDS
from zones.knowledge.structures.zone_models import Anchor, CourseArea

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from zones.knowledge.records.evidence import Evidence
    from zones.knowledge.structures.zone_models import Depth, Zone

_NORMAL = NormalDist()
#: Quantile that the limits of the anchors are, below and above.
TAIL = 0.025
#: A class of structures needs so many studies that print a spread to lend one.
LEAST_TO_LEND = 3
#: A study farther than so many SD (of its own and the others) from the pooled figure
#: is named as a conflict.
CONFLICT_SD = 2.0


@dataclass(frozen=True)
class Study:
    """One study's figure for a place, all its groups together, on the log scale.

    Attributes
    ----------
    source : str
        Source id.
    mu : float
        Mean of the logarithm of the depth in mm.
    sigma : float or None
        SD of the logarithm between people; None when nothing printed gives one.
    people : int
        How many.
    records : tuple of str
        The records that it is made of.
    """

    source: str
    mu: float
    sigma: float | None
    people: int
    records: tuple[str, ...]


@dataclass(frozen=True)
class Pooled:
    """What several studies come to, on the log scale.

    ``within`` is the SD between people, ``between`` that between studies, ``error`` the
    standard error of ``mu``.
    """

    mu: float
    within: float
    between: float
    error: float

    @property
    def sigma(self) -> float:
        """SD of the logarithm for a new person."""
        return math.sqrt(self.within**2 + self.between**2 + self.error**2)


@dataclass
class Lent:
    """What is lent to figures that lack a part, each with what it was taken from.

    Attributes
    ----------
    spread : dict of str to float
        SD of the logarithm between people, by class of structures.
    between : dict of str to float
        SD between studies (root mean square) of the places that several measured, by
        class of structures.
    place : float
        Median SD of the logarithm between measured places of one structure.
    """

    spread: dict[str, float] = field(default_factory=dict)
    between: dict[str, float] = field(default_factory=dict)
    place: float = 0.0


def log_spread(mean_mm: float, sd_mm: float) -> float:
    """Return the SD of the logarithm of a lognormal with a mean and an SD.

    Examples
    --------
    >>> round(log_spread(30.0, 6.0), 3)
    0.198
    """
    return math.sqrt(math.log1p((sd_mm / mean_mm) ** 2))


def printed_spread(record: Evidence) -> float | None:
    """Return the SD in mm that a record prints or implies; None when it does neither.

    Standard deviations come first, then percentiles and quartiles of a normal curve,
    then the interval of the mean, then the range (Wan and others 2014, BMC Med Res
    Methodol 14:135, for the expected range and quartiles of n draws).

    Parameters
    ----------
    record : Evidence
        A record in mm.

    Examples
    --------
    >>> from zones.knowledge.records.evidence import Evidence
    >>> plain = {"id": "a", "kind": "depth", "structure": "s", "source": "a-1999",
    ...          "read": "abstract", "n": 50}
    >>> printed_spread(Evidence(**plain, mean_mm=20.0, iqr_mm=(16.0, 24.0))) > 5.5
    True
    """
    if record.sd_mm:
        return record.sd_mm
    n = record.n
    shares = sorted((float(k), v) for k, v in record.percentiles.items())
    if len(shares) >= 2 and shares[0][1] < shares[-1][1]:
        low, high = (_NORMAL.inv_cdf(p / 100.0) for p in (shares[0][0], shares[-1][0]))
        return (shares[-1][1] - shares[0][1]) / (high - low)
    if record.iqr_mm and record.iqr_mm[1] > record.iqr_mm[0]:
        count = n or 1_000
        z = _NORMAL.inv_cdf((0.75 * count - 0.125) / (count + 0.25))
        return (record.iqr_mm[1] - record.iqr_mm[0]) / (2.0 * z)
    if record.ci95_mm and n and record.ci95_mm[1] > record.ci95_mm[0]:
        width = record.ci95_mm[1] - record.ci95_mm[0]
        return math.sqrt(n) * width / (2.0 * _NORMAL.inv_cdf(1.0 - TAIL))
    if None not in (record.min_mm, record.max_mm) and n and n > 1:
        width = record.max_mm - record.min_mm  # type: ignore[operator]
        if width > 0:
            return width / (2.0 * _NORMAL.inv_cdf((n - 0.375) / (n + 0.25)))
    return None


def log_figure(record: Evidence) -> tuple[float, float | None]:
    """Return mean and SD of the logarithm of a record's depth; None for no spread."""
    spread = printed_spread(record)
    if record.mean_mm is not None:
        middle, is_mean = record.mean_mm, True
    elif record.median_mm is not None:
        middle, is_mean = record.median_mm, False
    else:
        assert record.min_mm is not None and record.max_mm is not None
        middle, is_mean = 0.5 * (record.min_mm + record.max_mm), True
    if spread is None:
        return math.log(middle), None
    sigma = log_spread(middle, spread)
    return math.log(middle) - (0.5 * sigma**2 if is_mean else 0.0), sigma


def join_groups(records: Sequence[Evidence]) -> list[Study]:
    """Return one figure for each study, the largest first.

    Groups of one study (men and women, left and right) are joined by their numbers;
    the spread holds the difference of their means too.
    """
    by_source: dict[str, list[Evidence]] = defaultdict(list)
    for record in records:
        by_source[record.source].append(record)
    studies = []
    for source, group in by_source.items():
        figures = [log_figure(record) for record in group]
        counts = [record.behind or 1 for record in group]
        total = sum(counts)
        mu = sum(n * m for n, (m, _) in zip(counts, figures, strict=True)) / total
        known = [
            (n, m, s)
            for n, (m, s) in zip(counts, figures, strict=True)
            if s is not None
        ]
        sigma = None
        if known:
            part = sum(n for n, _, _ in known)
            sigma = math.sqrt(
                sum(n * (s**2 + (m - mu) ** 2) for n, m, s in known) / part
            )
        names = tuple(record.id for record in group)
        studies.append(Study(source, mu, sigma, total, names))
    return sorted(studies, key=lambda study: (-study.people, study.source))


def random_effects(
    mus: Sequence[float], sigmas: Sequence[float], people: Sequence[int]
) -> Pooled:
    """Pool studies with random effects by the method of DerSimonian and Laird.

    Parameters
    ----------
    mus, sigmas : sequence of float
        Mean and SD of the logarithm in each study.
    people : sequence of int
        Their numbers.

    Returns
    -------
    Pooled
        With one study ``between`` is 0: nothing is known of it.

    Notes
    -----
    DerSimonian R, Laird N, Controlled Clinical Trials 1986;7:177-188. The moment
    estimate is used as it is closed: the same records give the same file everywhere.

    Examples
    --------
    >>> both = random_effects([3.0, 3.4], [0.2, 0.2], [40, 40])
    >>> round(both.mu, 3), round(both.between, 3)
    (3.2, 0.281)
    """
    variances = [s**2 / n for s, n in zip(sigmas, people, strict=True)]
    fixed = [1.0 / v for v in variances]
    total = sum(fixed)
    middle = sum(w * m for w, m in zip(fixed, mus, strict=True)) / total
    within = math.sqrt(
        sum(n * s**2 for n, s in zip(people, sigmas, strict=True)) / sum(people)
    )
    between = 0.0
    if len(mus) > 1:
        q = sum(w * (m - middle) ** 2 for w, m in zip(fixed, mus, strict=True))
        scale = total - sum(w**2 for w in fixed) / total
        between = max(0.0, (q - (len(mus) - 1)) / scale)
    weights = [1.0 / (v + between) for v in variances]
    mu = sum(w * m for w, m in zip(weights, mus, strict=True)) / sum(weights)
    return Pooled(mu, within, math.sqrt(between), math.sqrt(1.0 / sum(weights)))


def spread_of(zone: Zone, lent: Lent) -> float:
    """Return the spread lent to a zone whose studies print none."""
    found = lent.spread.get(zone.spread or "")
    return lent.spread["all"] if found is None else found


def _pool(studies: Sequence[Study], usual: float) -> Pooled:
    sigmas = [study.sigma or usual for study in studies]
    mus = [study.mu - (0.0 if study.sigma else 0.5 * usual**2) for study in studies]
    return random_effects(mus, sigmas, [study.people for study in studies])


def lend(zones: Iterable[Zone], evidence: Mapping[str, Evidence]) -> Lent:
    """Return what figures that lack a part may take from the others.

    Parameters
    ----------
    zones : iterable of Zone
        All zones.
    evidence : mapping of str to Evidence
        All records.
    """
    printed: dict[str, list[float]] = defaultdict(list)
    between: dict[str, list[float]] = defaultdict(list)
    place: list[float] = []
    structures = [zone for zone in zones if zone.kind == "structure"]
    seen: set[tuple[str, str]] = set()
    for zone in structures:
        for depth in zone.depth:
            if depth.basis != "measured":
                continue
            for study in join_groups([evidence[name] for name in depth.records]):
                key = (zone.spread or "", repr(study.records))
                if study.sigma is not None and study.people > 1 and key not in seen:
                    seen.add(key)
                    printed[zone.spread or ""].append(study.sigma)
    everything = [s for found in printed.values() for s in found]
    if not everything:
        raise DataError("no depth record prints a spread: none can be lent.")
    lent = Lent({"all": median(everything)})
    for name, found in sorted(printed.items()):
        if len(found) >= LEAST_TO_LEND:
            lent.spread[name] = median(found)
    for zone in structures:
        middles = []
        for depth in zone.depth:
            if depth.basis != "measured":
                continue
            studies = join_groups([evidence[name] for name in depth.records])
            pooled = _pool(studies, spread_of(zone, lent))
            middles.append(pooled.mu)
            if len(studies) > 1:
                between[zone.spread or ""].append(pooled.between)
        if len(middles) > 1:
            middle = sum(middles) / len(middles)
            ss = sum((m - middle) ** 2 for m in middles)
            place.append(math.sqrt(ss / (len(middles) - 1)))
    lent.between = {"all": _root_mean_square([s for v in between.values() for s in v])}
    for name, found in sorted(between.items()):
        if len(found) >= LEAST_TO_LEND:
            lent.between[name] = _root_mean_square(found)
    lent.place = median(place) if place else 0.0
    return lent


def _root_mean_square(values: Sequence[float]) -> float:
    """Return the SD whose variance is the mean of the variances; 0 for none."""
    if not values:
        return 0.0
    return math.sqrt(sum(value**2 for value in values) / len(values))


def anchor_of(
    zone: Zone, depth: Depth, evidence: Mapping[str, Evidence], lent: Lent
) -> Anchor | None:
    """Return what the records of one depth come to; None where it is unknown.

    Raises
    ------
    DataError
        When a record is of another kind, has no figure or nobody behind it; names
        the zone, the depth and the record.
    """
    if depth.basis == "unknown":
        return None
    usual = spread_of(zone, lent)
    usual_between = lent.between.get(zone.spread or "", lent.between["all"])
    mean, variance = 0.0, 0.0
    people: list[int] = []
    studies: list[Study] = []
    borrowed: dict[str, None] = {}
    conflicts: list[str] = []
    between = 0.0
    for _, records in depth_records(depth, evidence, f"zone {zone.id!r}"):
        part = join_groups(records)
        pooled = _pool(part, usual)
        if any(study.sigma is None for study in part):
            borrowed["spread"] = None
        # few studies tell little of how studies differ: one more of the usual kind is
        # reckoned with, so that a single study has all of it
        known = (len(part) - 1) * pooled.between**2
        extra = (known + usual_between**2) / len(part) - pooled.between**2
        if len(part) == 1:
            borrowed["between studies"] = None
        if depth.basis == "carried":
            borrowed["place"] = None
            extra += lent.place**2
        sigma = math.sqrt(pooled.sigma**2 + extra)
        own = math.exp(pooled.mu + 0.5 * sigma**2)
        mean += own
        variance += own**2 * math.expm1(sigma**2)
        between = max(between, math.sqrt(max(pooled.between**2 + extra, 0.0)))
        people.append(sum(study.people for study in part))
        studies += part
        for study in part:
            apart = abs(study.mu - pooled.mu)
            spread = math.hypot(study.sigma or usual, pooled.within)
            if len(part) > 1 and apart > CONFLICT_SD * spread:
                conflicts += study.records
    if depth.to == "centre":
        mean -= _radius(zone)
        if mean <= 0:
            raise DataError(
                f"zone {zone.id!r}, depth {depth.id!r}: the centre lies no deeper than "
                "half the diameter of the structure."
            )
    sigma = log_spread(mean, math.sqrt(variance))
    mu = math.log(mean) - 0.5 * sigma**2
    tail = _NORMAL.inv_cdf(1.0 - TAIL) * sigma
    basis: str = depth.basis
    if basis == "measured" and len({study.source for study in studies}) > 1:
        basis = "pooled"
    return Anchor(
        zone=zone.id,
        id=depth.id,
        basis=basis,  # type: ignore[arg-type]
        mu=round(mu, 5),
        sigma=round(sigma, 5),
        mean_mm=round(mean, 2),
        sd_mm=round(math.sqrt(variance), 2),
        median_mm=round(math.exp(mu), 2),
        low_mm=round(math.exp(mu - tail), 2),
        high_mm=round(math.exp(mu + tail), 2),
        people=min(people),
        studies=tuple(dict.fromkeys(study.source for study in studies)),
        between=round(between, 5),
        place=round(lent.place, 5),
        conflicts=tuple(conflicts),
        borrowed=tuple(borrowed),
    )


def _radius(zone: Zone) -> float:
    """Return half the diameter of a course, mm."""
    found = [area.diameter_mm for area in zone.area if isinstance(area, CourseArea)]
    if not found:
        raise DataError(f'zone {zone.id!r}: to = "centre" is for a course.')
    return 0.5 * max(found)


def depth_records(
    depth: Depth, evidence: Mapping[str, Evidence], entry: str
) -> list[tuple[str, list[Evidence]]]:
    """Return the records that a depth names, held to what may be pooled.

    Parameters
    ----------
    depth : Depth
        A depth of a zone.
    evidence : mapping of str to Evidence
        All records.
    entry : str
        File and zone, for messages.

    Returns
    -------
    list of (str, list of Evidence)
        Kind and records of what is pooled, then of each layer.

    Raises
    ------
    DataError
        For an unknown record, one of another kind (a safe depth as a mean, bone as
        dura), one that prints no figure, or one with nobody behind it.
    """
    where = f"{entry}, depth {depth.id!r}"
    groups = [("depth", depth.records)] if depth.records else []
    groups += [("layer", layer) for layer in depth.layers]
    found = []
    for kind, names in groups:
        part = []
        for name in names:
            record = evidence.get(name)
            if record is None:
                raise DataError(
                    f"{where}: unknown evidence id {name!r}.",
                    given=name,
                    suggestions=closest(name, evidence),
                )
            if record.kind != kind:
                raise DataError(
                    f"{where}: {name!r} is of kind {record.kind!r} "
                    f"({KINDS[record.kind]}); only {kind!r} records may stand here."
                )
            if not record.has_figure:
                raise DataError(f"{where}: {name!r} prints no figure to pool.")
            if record.behind is None:
                raise DataError(
                    f"{where}: {name!r} must say how many people stand behind it (n)."
                )
            part.append(record)
        found.append((kind, part))
    return found


def anchors(zones: Sequence[Zone], evidence: Mapping[str, Evidence]) -> list[Anchor]:
    """Return the anchors of all zones, in the order of the zones.

    Raises
    ------
    DataError
        As `anchor_of`.
    """
    for zone in zones:
        for depth in zone.depth:
            depth_records(depth, evidence, f"zone {zone.id!r}")
    lent = lend(zones, evidence)
    found = [
        anchor_of(zone, depth, evidence, lent) for zone in zones for depth in zone.depth
    ]
    return [anchor for anchor in found if anchor is not None]


def write_anchors(path: Path, key: str, found: Sequence[Anchor]) -> None:
    """Write anchors, one a line behind the key of what they rest on."""
    lines = [json.dumps({"key": key})]
    lines += [
        json.dumps(anchor.model_dump(mode="json"), ensure_ascii=False)
        for anchor in found
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_anchors(path: Path, key: str) -> list[Anchor] | None:
    """Return anchors as written; None where they are missing or rest on other data."""
    if not path.exists():
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or json.loads(lines[0]).get("key") != key:
        return None
    return [Anchor.model_validate_json(line) for line in lines[1:]]
