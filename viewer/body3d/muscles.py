"""The muscles of the 3D body: the chosen one, and on wish those of the region.

A scheme made from their attachments (`anatomy.muscles.bellies`), thin where nobody
measured how thick they are.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from anatomy.errors import DataError
from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.muscles.bellies import solid
from anatomy.muscles.catalogue import muscle_names
from anatomy.store import cached
from viewer.body3d.traces import MUSCLE, MUSCLES, Array, coordinates
from viewer.state.terms import SIDES, term
from zones.pictures.drawn_bones import drawn_belly

#: How much the chosen muscle and the others hide.
MUSCLE_OPACITY = {MUSCLE: 0.5, MUSCLES: 0.3}
#: Muscles that come this near to the entry are those of the region, mm.
NEAR_MM = 60.0

#: A muscle: its name and the patient's side.
Named = tuple[str, str]


@cached(maxsize=512)
def muscle_mesh(body_name: str, muscle: str, side: str) -> tuple[Array, Array]:
    """Return points (N, 3) and faces (M, 3) of a muscle; empty without attachments.

    Examples
    --------
    >>> len(muscle_mesh("male", "gluteus medius", "left")[1]) > 200
    True
    """
    try:
        made = solid(drawn_belly(body_name, muscle, side))
    except DataError:
        return np.empty((0, 3), np.float32), np.empty((0, 3), np.int32)
    return made.points, made.faces


@functools.lru_cache(maxsize=64)
def muscles_near(body_name: str, xyz: tuple[float, ...]) -> tuple[Named, ...]:
    """Return the muscles that come near to a place.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> spot = load_body("male").landmarks.get("greater trochanter", "left").xyz
    >>> ("gluteus medius", "left") in muscles_near("male", tuple(spot))
    True
    """
    found = []
    for name in muscle_names():
        for side in ("left", "right"):
            points, _faces = muscle_mesh(body_name, name, side)
            if not len(points):
                continue
            away = np.linalg.norm(points - np.array(xyz), axis=1).min()
            if away <= NEAR_MM:
                found.append((name, side))
    return tuple(found)


def muscle_meshes(
    body_name: str, chosen: Named | None, others: Iterable[Named]
) -> dict[int, dict[str, Any]]:
    """Return the muscles as two meshes, by number of trace.

    Parameters
    ----------
    body_name : {"male", "female"}
        Which body.
    chosen : (str, str) or None
        Name and side of the muscle that the site was named by.
    others : iterable of (str, str)
        The muscles shown beside it.

    Examples
    --------
    >>> made = muscle_meshes("male", ("gluteus medius", "left"), ())
    >>> [made[n]["meta"]["starts"] for n in (MUSCLE, MUSCLES)]
    [[0], []]
    """
    wanted = {
        MUSCLE: [] if chosen is None else [chosen],
        MUSCLES: [one for one in others if one != chosen],
    }
    made = {}
    for number, muscles in wanted.items():
        points: list[Array] = [np.empty((0, 3), np.float32)]
        faces: list[Array] = [np.empty((0, 3), np.int32)]
        names, starts, at = [], [], 0
        for name, side in muscles:
            own, index = muscle_mesh(body_name, name, side)
            if not len(own):
                continue
            points.append(own)
            faces.append(index + at)
            names.append(
                joined([term(name), ", ", SIDES[side], " ", _("(schematic)")], "")
            )
            starts.append(at)
            at += len(own)
        key = ";".join(f"{name} {side}" for name, side in muscles)
        made[number] = {
            **coordinates(np.concatenate(points), np.concatenate(faces)),
            "meta": {
                "key": f"{body_name}/muscles {number}/{key}",
                "names": names,
                "starts": starts,
            },
        }
    return made
