"""A place part of the way between two landmarks: on the straight line, or by tape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.mesh.arrays import FloatArray
from anatomy.mesh.line import line_meets
from anatomy.mesh.vectors import cross, norm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anatomy.body import Body
    from anatomy.mesh.skin import SkinPoint

#: A line that runs no deeper than this under the skin is brought to the nearest skin;
#: a deeper one to the skin in front of it as one looks at the two landmarks, mm.
SHALLOW_MM = 20.0
#: Shares of a line at which its depth is looked up.
SHARES = (0.25, 0.5, 0.75)


def straight_between(
    body: Body,
    first: SkinPoint,
    second: SkinPoint,
    fraction: float,
    *,
    faces: Sequence[FloatArray],
    thin: bool = False,
) -> SkinPoint:
    """Return the skin over a place on the straight line from one point to another.

    Parameters
    ----------
    body : Body
    first, second : SkinPoint
    fraction : float
        How far from the first to the second, 0 to 1.
    faces : sequence of (3,) float64
        Unit vectors out of the body that the line may be looked at from; one when
        the face is given.
    thin : bool
        Whether the part is so thin that the nearest skin may be its other face, as
        on a hand.

    Returns
    -------
    SkinPoint

    Notes
    -----
    A line that lies just under the skin is brought to the nearest skin. One that cuts
    off a bulge (a buttock) is seen from the face that both ends look to most, and in
    which the line is least foreshortened; the place is the skin on that line of
    sight, so a midpoint looks like the middle.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> ends = [body.landmarks.get(n, "left").skin for n in ("PSIS", "trochanter")]
    >>> back = np.array([0.0, 1.0, 0.0])
    >>> middle = straight_between(body, *ends, 0.5, faces=[back])
    >>> bool(abs(middle.xyz[0] - (ends[0].xyz[0] + ends[1].xyz[0]) / 2) < 1)
    True
    """
    chord = second.xyz - first.xyz
    length = norm(chord)
    if length < 1e-6 or fraction in (0, 1):
        return second if fraction == 1 else first
    place = first.xyz + fraction * chord
    nearest = body.skin.nearest(place)
    if len(faces) > 1 and not thin and _depth(body, first, second) <= SHALLOW_MM:
        return nearest
    view = _view(body, first, second, chord / length, faces)
    return _seen(body, place, view) or nearest


def _depth(body: Body, first: SkinPoint, second: SkinPoint) -> float:
    """Return how deep under the nearest skin a straight line runs, mm."""
    chord = second.xyz - first.xyz
    places = np.array([first.xyz + share * chord for share in SHARES])
    return float(body.skin.nearest_many(places)[3].max())


def _view(
    body: Body,
    first: SkinPoint,
    second: SkinPoint,
    way: FloatArray,
    faces: Sequence[FloatArray],
) -> FloatArray:
    """Return the face from which a line between two skin points is looked at."""
    normal = body.skin.normal(first) + body.skin.normal(second)
    # looked at along itself a line is a point: such a view counts for little
    scores = [float(normal @ f) * (1 - float(way @ f) ** 2) ** 2 for f in faces]
    return faces[int(np.argmax(scores))]


def _seen(body: Body, place: FloatArray, view: FloatArray) -> SkinPoint | None:
    """Return the skin of the same part of the body straight out from a place.

    None where a ray out of the place meets no skin.
    """
    skin = body.skin
    faces = skin.faces_near_line(place, view)
    corners = skin.vertices[skin.faces[faces]]
    within, u, v, away = line_meets(place, view, corners, slack=1e-9)
    met = np.flatnonzero(within)
    normals = skin.face_normals[faces]
    outward = normals[met] @ view > 0
    ahead, behind = met[away[met] >= 0], met[(away[met] < 0) & outward]
    pick = int(ahead[away[ahead].argmin()]) if len(ahead) else -1
    if pick < 0 or float(normals[pick] @ view) <= 0:
        if not len(behind):  # the place is in the air, and no skin lies under it
            return None
        pick = int(behind[away[behind].argmax()])
    weights = np.array([1 - u[pick] - v[pick], u[pick], v[pick]]).clip(0, 1)
    return skin.point_on(int(faces[pick]), weights / weights.sum())


def tape_between(
    body: Body, first: SkinPoint, second: SkinPoint, fraction: float = 0.5
) -> SkinPoint:
    """Return the point part of the way along a tape from one point to another.

    The tape lies in the plane through both that stands on the skin between them.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> ends = [body.landmarks.get(n, "left").skin for n in ("C7", "acromion")]
    >>> bool(ends[0].xyz[0] < tape_between(body, *ends).xyz[0] < ends[1].xyz[0])
    True
    """
    skin = body.skin
    chord = second.xyz - first.xyz
    if norm(chord) < 1e-6 or fraction == 0:
        return first
    outward = skin.normal(first) + skin.normal(second)
    normal = cross(chord, outward)
    if norm(normal) > 1e-6:
        try:
            length = skin.arc_length(first, second, normal)
            return skin.walk(first, chord, length * fraction, normal)
        except NeedlemapError:
            pass
    lift = outward / max(norm(outward), 1e-9)
    middle = first.xyz + fraction * chord
    return skin.nearest(middle + lift * 0.1 * norm(chord))
