"""Zones as surfaces in the body: each zone's depth hung under the skin that covers it.

For pictures only. A surface is published depths hung under the skin of a reference
body, not segmented anatomy: it has the shape of the skin, not of the organ.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from anatomy.names import unknown
from zones.habitus import effective, habitus_rule
from zones.rows import row_rules

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.names import Side
    from zones.fields import BodyFields

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

Depth = Literal["earliest", "typical", "latest"]

#: How often a normal is averaged with its neighbours': the skin's small folds would
#: make sheets that hang several centimetres under it cross each other.
SMOOTHINGS = 8


@dataclass(frozen=True, eq=False)
class Surface:
    """A zone's surface at one depth.

    Attributes
    ----------
    zone_id : str
        Which zone.
    side : {"left", "right", "midline"} or None
        The patient's side; None for all sides of the zone.
    depth : {"earliest", "typical", "latest"}
        Which of the zone's depths.
    vertices : (K, 3) float64
        Places in the body frame (LPS), mm.
    faces : (F, 3) int
        Triangles, counter-clockwise seen from the skin.
    skin : (K,) int
        The vertex of the skin that each vertex hangs under.
    depth_mm : (K,) float64
        How deep under the skin each lies, mm, for the patient asked about.
    covered : int
        Vertices of the skin that the zone covers.
    unknown : int
        Of these, how many have no such depth: their part of the surface is not
        known (``typical``), or there is none because the structure fills the body
        behind (``latest``). It is left out, never guessed.
    """

    zone_id: str
    side: Side | None
    depth: Depth
    vertices: FloatArray
    faces: IntArray
    skin: IntArray
    depth_mm: FloatArray
    covered: int
    unknown: int

    @property
    def complete(self) -> bool:
        """Whether the depth is known wherever the zone is."""
        return self.unknown == 0


def zone_surface(
    fields: BodyFields,
    zone_id: str,
    side: Side | None,
    *,
    depth: Depth = "earliest",
    bmi: float | None = None,
    age: float | None = None,
    upright: bool = True,
    margin: bool = True,
) -> Surface:
    """Return the surface of a zone at its earliest, typical or latest depth.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    zone_id : str
        The zone.
    side : {"left", "right", "midline"} or None
        The patient's side; None for all sides of the zone.
    depth : {"earliest", "typical", "latest"}
        The depth from which the check counts the structure as reached; the usual
        depth; or the far side of a vessel or nerve.
    bmi, age : float or None
        The patient's, when known: depths are adjusted where the check adjusts them.
    upright : bool
        Whether a needle about perpendicular to the skin is meant. For a child or a
        very thin patient such a needle is warned of from the skin on, so the earliest
        surface is then the skin itself.
    margin : bool
        Whether skin within the placement tolerance of the zone's area counts as
        covered, as it does for the check; else only the area itself.

    Returns
    -------
    Surface
        Empty where the zone is not on this side, is an exclusion without a depth, or
        has no such depth; ``unknown`` tells these apart.

    Raises
    ------
    KeyError
        When there is no such zone.
    UnknownNameError
        When there is no such depth.

    Notes
    -----
    Published depths hung under the skin of a reference body, each vertex of the skin
    moved inward along its normal (smoothed over its neighbours): not segmented
    anatomy. An adjusted ``typical`` or ``latest`` is never less than the earliest.

    Examples
    --------
    >>> from zones.fields import body_fields
    >>> lung = zone_surface(body_fields("female"), "pleura", "left")
    >>> lung.vertices.shape[1], bool(lung.depth_mm.min() > 0), lung.complete
    (3, True, True)
    """
    if depth not in get_args(Depth):
        raise unknown("depth", depth, get_args(Depth), field="depth")
    skin = fields.body.skin
    begins, wanted = np.full((2, len(skin.vertices)), np.inf)
    wanted[:] = np.nan
    covered = np.zeros(len(skin.vertices), dtype=bool)
    for row, values in enumerate(fields.rows):
        if values.zone.id != zone_id or side not in (None, values.side):
            continue
        own, asked, here = row_depths(
            fields, row, depth=depth, bmi=bmi, age=age, upright=upright
        )
        if not margin:
            here &= _mirrored(fields, row, fields.member)
        first = here & (own < begins)
        begins[first], wanted[first] = own[first], asked[first]
        covered |= here
    if zone_id not in {zone.id for zone in fields.zones}:
        raise KeyError(zone_id)
    known = covered & np.isfinite(wanted)
    whole = skin.faces[known[skin.faces].all(axis=1)].astype(np.intp)
    index, compact = np.unique(whole, return_inverse=True)
    inward = -smooth_normals(fields.body)[index]
    return Surface(
        zone_id=zone_id,
        side=side,
        depth=depth,
        vertices=skin.vertices[index] + inward * wanted[index, None],
        faces=compact.reshape(-1, 3).astype(np.intp),
        skin=index,
        depth_mm=wanted[index],
        covered=int(covered.sum()),
        unknown=int((covered & ~known).sum()),
    )


def row_depths(
    fields: BodyFields,
    row: int,
    *,
    depth: Depth = "earliest",
    bmi: float | None = None,
    age: float | None = None,
    upright: bool = True,
    at: IntArray | None = None,
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return a row's earliest and asked-for depth under vertices of the skin.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    row : int
        Which of ``fields.rows``.
    depth : {"earliest", "typical", "latest"}
        Which depth is asked for.
    bmi, age, upright
        As `zone_surface`.
    at : (V,) int, optional
        The vertices; every one of the skin if not given.

    Returns
    -------
    earliest, asked : (V,) float64
        mm for this patient; ``earliest`` is inf where the zone is not, ``asked`` is
        NaN where it is not or not known, inf where the structure has no far side.
    covered : (V,) bool
        Where the zone is, its placement tolerance included.
    """
    floor, corrected = row_rules(fields)
    begins = _mirrored(fields, row, fields.earliest, at)
    covered = np.isfinite(begins)
    early = effective(
        begins[None],
        floor[row : row + 1],
        corrected[row : row + 1],
        bmi=bmi,
        age=age,
        upright=upright,
    )[0]
    if depth == "earliest":
        return early, np.where(covered, early, np.nan), covered
    asked = _mirrored(fields, row, getattr(fields, depth), at)
    missing = np.isnan(asked)
    if depth == "latest":
        # the check lets a vessel reach this much further, whatever the patient's build
        asked = asked + habitus_rule().heavy_most_mm
    elif corrected[row]:
        asked = asked + habitus_rule().shift(bmi)
    asked = np.where(covered, np.fmax(asked, early), np.nan)
    return early, np.where(missing, np.nan, asked), covered


def _mirrored(
    fields: BodyFields, row: int, values: NDArray[Any], at: IntArray | None = None
) -> Any:
    """Return the values of a row at vertices of the skin, on its own side, (V,)."""
    mine = fields.rows[row]
    vertices: Any = slice(None) if at is None else at
    if mine.mirrored:
        vertices = fields.body.skin.mirror[vertices]
    own = values[fields.slot[vertices], mine.column]
    return np.round(own.astype(float), 3) if own.dtype.kind == "f" else own


def row_area(fields: BodyFields, row: int, at: IntArray) -> NDArray[np.bool_]:
    """Return which vertices (V,) lie in a row's own area, its margin left out."""
    return np.asarray(_mirrored(fields, row, fields.member, at))


@functools.lru_cache(maxsize=4)
def smooth_normals(body: Body) -> FloatArray:
    """Return outward unit normals of the skin without its small folds, (V, 3)."""
    from scipy.sparse import coo_matrix

    skin = body.skin
    count = len(skin.vertices)
    ends = np.concatenate([skin.faces[:, [0, 1]], skin.faces[:, [1, 2]]])
    ends = np.concatenate([ends, skin.faces[:, [2, 0]]])
    pairs = np.concatenate([ends, ends[:, ::-1]])
    weight = np.ones(len(pairs))
    around = coo_matrix((weight, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    around = around.tocsr()
    normals = skin.vertex_normals
    for _ in range(SMOOTHINGS):
        normals = normals + (around @ normals) / 4.0
        normals = normals / (np.linalg.norm(normals, axis=1)[:, None] + 1e-30)
    return np.asarray(normals)
