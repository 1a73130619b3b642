"""What could be done instead: changes of a plan that would make its verdict milder.

Every change with a value is tried by the check's own reckoning; the verdict beside it
is the one that the changed plan gets.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.mesh.arrays import FloatArray
from anatomy.mesh.vectors import norm
from anatomy.messages import joined, named
from anatomy.muscles.catalogue import get_muscle, muscle_site
from zones.check.engine import refused_at
from zones.check.suggest_hold import other_holds, seen_first
from zones.check.tolerance import handling
from zones.check.trying import Change, Trial
from zones.contract.direction import toward_vector
from zones.contract.models import Finding, Suggestion, Verdict
from zones.contract.needle import Needle, Tilt, Vector
from zones.contract.sites import MuscleSite, Site
from zones.knowledge.firmness import firmest, load_firmness
from zones.patients.frozen import frozen
from zones.sentences import wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zones.check.entry import Entry


#: Leans that are tried, degrees from the skin's normal, the smallest first.
TILTS_DEG = (15.0, 30.0, 45.0, 60.0)
#: Named directions, in the order in which they are tried.
TOWARD = ("caudal", "cranial", "medial", "lateral", "anterior", "posterior")
#: A named direction must lie this much along the skin to be offered.
LEAST_LEAN = 0.6
#: Plans that are tried in full, at most, for a direction and for a site.
MOST_LEANS, MOST_SITES = 2, 4


def suggest(
    trial: Trial, findings: Sequence[Finding], limit: float | None
) -> list[Suggestion]:
    """Return changes that would make the verdict milder.

    Parameters
    ----------
    trial : Trial
        Answers what a changed plan would get.
    findings : sequence of Finding
        Findings of the assessment.
    limit : float or None
        Deepest plan below DANGER, mm.

    Returns
    -------
    list of Suggestion
        A shallower depth, another grip, the structure seen first, another direction,
        another site of the muscle, a shorter needle, no current; and for DANGER and
        STOP always what else is left. Nothing but the last two is offered for a STOP.
    """
    verdict = max((f.verdict for f in findings), default=Verdict.NO_KNOWN_DANGER)
    found: list[Suggestion] = []
    elsewhere = [f.verdict for f in findings if f.kind in ("patient", "practitioner")]
    shorter = _length(trial, limit) if verdict < Verdict.STOP else []
    if verdict == Verdict.DANGER and max([*elsewhere, Verdict.CAUTION]) < verdict:
        zoned = [f for f in findings if f.kind == "zone" and f.verdict == verdict]
        what = wording.join_words(
            list(dict.fromkeys(f.structure or f.id for f in zoned))
        )
        same_way = [*_depth(trial, what, limit), *other_holds(trial, what)]
        seen = seen_first(trial, findings)
        # all needles that go in the same way at once
        tried = trial.with_needles([c.needle for c in (*same_way, *seen, *shorter)])
        own, later = tried[: len(same_way)], tried[len(same_way) :]
        found += _milder(same_way, own, Verdict.DANGER)
        found += _milder(seen, later[: len(seen)], Verdict.DANGER)[:1]
        for change in (_direction(trial, what), _site(trial)):
            if change is not None and change.verdict < verdict:
                found.append(change)
        found += _milder(shorter, later[len(seen) :], Verdict.DANGER)
    elif shorter:
        tried = trial.with_needles([change.needle for change in shorter])
        found += _milder(shorter, tried, Verdict.DANGER)
    if verdict >= Verdict.DANGER:
        by_hand = _without_current(trial)
        if by_hand is not None and by_hand.verdict < verdict:
            found.append(by_hand)
        found.append(
            Suggestion.model_construct(
                change="site",
                to=None,
                verdict=max([Verdict.NO_KNOWN_DANGER, *elsewhere]),
                why=wording.ELSEWHERE
                if verdict == Verdict.DANGER
                else _instead(findings),
            )
        )
    return found


def _milder(
    changes: Sequence[Change], verdicts: Sequence[Verdict | None], than: Verdict
) -> list[Suggestion]:
    """Return the changes whose verdict is milder than one."""
    return [
        change.suggested(verdict)
        for change, verdict in zip(changes, verdicts, strict=True)
        if verdict is not None and verdict < than
    ]


def _instead(findings: Sequence[Finding]) -> str:
    """Return what is left to do at a STOP, as firm as the firmest of them."""
    stops = [f.firmness for f in findings if f.verdict == Verdict.STOP]
    return load_firmness()[firmest(stops)].instead


def _without_current(trial: Trial) -> Suggestion | None:
    """Return the same needle worked by hand, when current was planned."""
    if trial.request.needle.electrical is not True:
        return None
    return Suggestion.model_construct(
        change="electrical",
        to=False,
        verdict=trial.without_current(),
        why=wording.WITHOUT_CURRENT,
    )


def changed(needle: Needle, **values: object) -> Needle:
    """Return a needle with some fields at other values.

    Examples
    --------
    >>> changed(Needle(depth_mm=25.0), depth_mm=9.0).depth_mm
    9.0
    """
    return needle.model_copy(update=values)


def _depth(trial: Trial, what: str, limit: float | None) -> list[Change]:
    """Return the shallower plan that is not refused, and whether it is of any use."""
    if not limit:
        return []
    least = _muscle_begins(trial.request.site)
    why = wording.depth_change(limit, what)
    if least is not None and limit < least:
        why = joined([why, wording.too_shallow(least)])
    shallow = changed(trial.request.needle, depth_mm=limit)
    return [Change("depth_mm", limit, why, shallow)]


def _muscle_begins(site: Site) -> float | None:
    """Return the least depth at which a muscle is known to be needled, mm."""
    if not isinstance(site, MuscleSite):
        return None
    from anatomy.muscles.techniques import techniques_of

    depths = [t.depth for t in techniques_of(site.muscle, site.site) if t.depth]
    least = [d.min_mm or d.mean_mm for d in depths if d.min_mm or d.mean_mm]
    return min((float(value) for value in least if value), default=None)


def _length(trial: Trial, limit: float | None) -> list[Change]:
    """Return the shorter needle that cannot be pushed home into a structure."""
    needle, to = trial.request.needle, float(math.floor(limit or 0.0))
    if needle.length_mm is None or not limit or to < 1.0 or needle.length_mm <= limit:
        return []
    if needle.depth_mm is not None and needle.depth_mm > to:
        return []
    short = changed(needle, length_mm=to)
    return [Change("length_mm", to, wording.length_change(to), short)]


def _direction(trial: Trial, what: str) -> Suggestion | None:
    """Return the least lean at which the same depth stays below DANGER."""
    needle = trial.request.needle
    if trial.entry is None or not math.isfinite(needle.planned_mm):
        return None
    ways = itertools.islice(_short_ways(trial, trial.entry), MOST_LEANS)
    for tilt, toward, direction in ways:
        (verdict,) = trial.with_needles([changed(needle, direction=direction)])
        if verdict is not None and verdict < Verdict.DANGER:
            return Suggestion.model_construct(
                change="direction",
                to=direction.model_dump(mode="json"),
                verdict=verdict,
                why=wording.tilt_change(tilt, toward, needle.planned_mm, what),
            )
    return None


def _short_ways(
    trial: Trial, entry: Entry
) -> Iterator[tuple[float, str, Tilt | Vector]]:
    """Yield the leans at which the needle is not refused, the smallest first.

    Those that bear the lesser error of depth in a simulator come before those that only
    just stay short.
    """
    leans = _leans(entry)
    if not leans:
        return
    depth = trial.request.needle.planned_mm
    cosine, sine = _turns()
    ways = sine * np.array([lean for _, lean, _ in leans])
    ways = (cosine * entry.inward + ways).reshape(-1, 3)
    seen: list[int] = []
    spare = depth + handling().trained_mm
    facts = frozen(trial.facts)
    refused = refused_at(entry, trial.request.needle, facts, ways, end_mm=spare)
    for depth_mm in (spare, depth):
        for number in np.flatnonzero(~(refused <= depth_mm)).tolist():
            if number in seen:
                continue
            seen.append(number)
            tilt = TILTS_DEG[number // len(leans)]
            words, _, single = leans[number % len(leans)]
            if single is not None:
                yield (
                    tilt,
                    words,
                    Tilt.model_validate({"tilt_deg": tilt, "toward": single}),
                )
            else:
                x, y, z = (round(float(v), 4) for v in ways[number])
                yield tilt, words, Vector(vector=(x, y, z))


@functools.cache
def _turns() -> tuple[FloatArray, FloatArray]:
    """Return cosine and sine of the leans that are tried, (T, 1, 1)."""
    angles = np.radians(TILTS_DEG)[:, None, None]
    return np.cos(angles), np.sin(angles)


def _leans(entry: Entry) -> list[tuple[str, FloatArray, str | None]]:
    """Return words, unit vector along the skin, and name of each direction tried.

    Four or so named ones, then those halfway between two of them, which have no name.
    """
    aside = () if entry.side != "midline" else ("medial", "lateral")
    words = [toward for toward in TOWARD if toward not in aside]
    body, point, side = entry.fields.body, entry.point, entry.side
    leans = np.array([toward_vector(body, point, toward, side) for toward in words])
    inward = entry.inward
    leans -= (leans @ inward)[:, None] * inward
    length = np.sqrt(np.einsum("ij,ij->i", leans, leans))
    offered = np.flatnonzero(length >= LEAST_LEAN).tolist()
    words = [words[number] for number in offered]
    leans = leans[offered] / length[offered, None]
    alike = np.abs(leans @ leans.T).tolist()
    between: list[tuple[str, FloatArray, str | None]] = []
    for one, two in itertools.combinations(range(len(words)), 2):
        if alike[one][two] < 0.5:
            half = leans[one] + leans[two]
            both = wording.join_words([named(words[one]), named(words[two])])
            between.append((both, half / norm(half), None))
    return [*zip(map(named, words), leans, words, strict=True), *between]


def _site(trial: Trial) -> Suggestion | None:
    """Return another site of the same muscle on the same side."""
    site = trial.request.site
    if not isinstance(site, MuscleSite):
        return None
    muscle = get_muscle(site.muscle)
    here = muscle_site(muscle, site.site).label
    best: Suggestion | None = None
    for other in [s.label for s in muscle.site if s.label != here][:MOST_SITES]:
        changed_site = site.model_copy(update={"muscle": muscle.name, "site": other})
        try:
            verdict = trial.at_site(changed_site)
        except NeedlemapError:
            continue
        if verdict < Verdict.DANGER and (best is None or verdict < best.verdict):
            best = Suggestion.model_construct(
                change="site",
                to=changed_site.model_dump(mode="json", exclude_none=True),
                verdict=verdict,
                why=wording.site_change(muscle.name, other),
            )
    return best
