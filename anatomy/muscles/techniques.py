"""How muscles are needled, as published or taught, each figure with what it rests on.

The entries are in ``data/catalogue/techniques/*.toml``, their sources beside them in
``sources.toml``. What a source does not give is absent: a needle's length is no depth.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from anatomy.errors import DataError
from anatomy.muscles.catalogue import Muscle, find_muscle, get_muscle, muscle_site
from anatomy.muscles.technique_models import Technique, TechniqueSource
from anatomy.names import closest
from anatomy.store import Entries, cached, files_of, read_toml

FOLDER = "catalogue/techniques"
#: File of the sources, beside those of the techniques.
SOURCES = "sources.toml"
SCHEMA = 1
#: A technique for more muscles than this is a protocol's general way.
MANY_MUSCLES = 2


def read_techniques(
    folder: Path | str = FOLDER,
) -> tuple[dict[str, list[Technique]], dict[str, TechniqueSource], list[str]]:
    """Read the techniques of a folder, and go on past what is wrong.

    Returns
    -------
    techniques : dict
        Lists of techniques by the name of their file.
    sources : dict
        Sources by id.
    problems : list of str
        What cannot be read, each with file and entry.
    """
    techniques = Entries[Technique]("technique")
    sources = Entries[TechniqueSource]("source")
    problems: list[str] = []
    for path in files_of(folder, "*.toml"):
        key = "source" if path.name == SOURCES else "technique"
        model = TechniqueSource if key == "source" else Technique
        try:
            data = read_toml(path)
            if data.get("schema") != SCHEMA:
                raise ValueError(f"schema must be {SCHEMA}")
            rows = list(data[key])
        except (DataError, KeyError, TypeError, ValueError) as error:
            problems.append(f"{path.name}: {error!r}")
            continue
        for row in rows:
            where = f"{path.name}, {key} {row.get('id', '?')!r}"
            try:
                entry = model.model_validate(row)
                if isinstance(entry, Technique):
                    entry = _with_catalogue(entry)
            except (ValidationError, DataError) as error:
                problems.append(f"{where}: {_first(error)}")
                continue
            try:
                if isinstance(entry, TechniqueSource):
                    sources.add(path, entry.id, entry)
                else:
                    techniques.add(path, entry.id, entry)
            except DataError as error:
                problems.append(str(error))
    found: dict[str, list[Technique]] = {}
    for path, technique in techniques.items():
        found.setdefault(path.name, []).append(technique)
    return found, sources.by_id(), problems


def _first(error: ValidationError | DataError) -> str:
    if isinstance(error, DataError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")


def _with_catalogue(technique: Technique) -> Technique:
    """Return a technique with its muscles found, and the catalogue's words filled in.

    Raises
    ------
    DataError
        For a muscle, site or record that the catalogue does not have.
    """
    muscles: list[Muscle] = []
    for name in technique.muscles:
        muscle = find_muscle(name)
        if muscle is None or muscle.name != name:
            raise DataError(f"unknown muscle {name!r}")
        muscles.append(muscle)
    every = [site for muscle in muscles for site in muscle.site]
    labels = [site.label for site in every]
    for label in technique.sites:
        if label not in labels:
            near = closest(label, labels) or labels
            raise DataError(f"unknown site {label!r}; nearest: {near[0]!r}")
    if not technique.of_catalogue:
        return technique
    mine = [site for site in every if site.record == technique.record]
    if not mine:
        raise DataError(f"no site of the catalogue has the record {technique.record!r}")
    return technique.model_copy(
        update={
            "sites": technique.sites or tuple(site.label for site in mine),
            "sources": mine[0].sources,
            "read": mine[0].read,
        }
    )


@cached
def _all() -> tuple[tuple[Technique, ...], dict[str, TechniqueSource]]:
    found, sources, problems = read_techniques()
    if problems:
        raise DataError(problems[0])
    return tuple(t for each in found.values() for t in each), sources


def load_techniques() -> tuple[Technique, ...]:
    """Return every technique.

    Raises
    ------
    DataError
        When a file is wrong; names file and entry.

    Examples
    --------
    >>> {t.basis for t in load_techniques()} == {"published", "taught", "memory"}
    True
    """
    return _all()[0]


def load_technique_sources() -> dict[str, TechniqueSource]:
    """Return the sources of techniques by id.

    Examples
    --------
    >>> load_technique_sources()["calvo-lobo-2018"].year
    2018
    """
    return dict(_all()[1])


@cached
def _by_muscle() -> dict[str, tuple[Technique, ...]]:
    table: dict[str, list[Technique]] = {}
    for technique in load_techniques():
        for name in technique.muscles:
            table.setdefault(name, []).append(technique)
    return {name: tuple(found) for name, found in table.items()}


def techniques_of(muscle: str, site: str | None = None) -> tuple[Technique, ...]:
    """Return the techniques of a muscle, the one to plan by first.

    Parameters
    ----------
    muscle : str
        Name or alias.
    site : str, optional
        Label of one of its sites: only the techniques that apply there.

    Raises
    ------
    UnknownNameError
        With the nearest names.

    Examples
    --------
    >>> techniques_of("SCM", "clavicular head")[0].grip
    'pincer'
    """
    found = get_muscle(muscle)
    mine = _by_muscle().get(found.name, ())
    if site is not None:
        label = muscle_site(found, site).label
        mine = tuple(t for t in mine if t.applies_to(label))
    return tuple(sorted(mine, key=_order))


def _order(technique: Technique) -> tuple[Any, ...]:
    """Return the order among techniques of one muscle.

    One that says nothing of how the needle goes comes last, before it one for many
    muscles at once, before that memory. Among the rest: how much of the way is known,
    whether the depth is, what it rests on, whether it names the site, how many people.
    """
    people = technique.people
    return (
        not technique.usual,
        _says_nothing(technique),
        _general(technique),
        technique.basis == "memory",
        _way_unknown(technique),
        technique.depth is None or technique.depth.planned_mm is None,
        technique.basis != "published",
        technique.everywhere,
        -(people.n if people else 0),
        technique.id,
    )


def _says_nothing(technique: Technique) -> bool:
    """Return whether neither way, grip, depth nor needle is given.

    The needles that a protocol takes for many muscles say nothing of one of them.
    """
    depth = technique.depth.planned_mm if technique.depth else None
    needle = None if _general(technique) else technique.needle
    return _way_unknown(technique) == 2 and not (depth or needle)


def _general(technique: Technique) -> bool:
    return technique.everywhere and len(technique.muscles) > MANY_MUSCLES


def _way_unknown(technique: Technique) -> int:
    """Return 0 when a source gives grip or tilt, 1 when we assume them, 2 else."""
    way = technique.direction
    given = technique.grip and "grip" not in technique.ours
    if given or (way and way.tilt_deg is not None and way.basis != "ours"):
        return 0
    return 1 if technique.grip or (way and way.tilt_deg is not None) else 2
