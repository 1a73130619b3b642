"""Where a needle comes out on the other side: of a lifted fold, or of a limb."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.mesh.arrays import BoolArray, FloatArray
from zones.fields.floor import along

if TYPE_CHECKING:
    from zones.fields.model import BodyFields


def through_mm(
    fields: BodyFields, vertices: Any, *, tilt_deg: Any, fold_mm: Any
) -> FloatArray:
    """Return the length of needle at which it comes out on the other side, (N,) mm.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    vertices : (N,) int
        Vertices of its skin.
    tilt_deg : (N,) float
        Angle from the inward normal, degrees.
    fold_mm : (N,) float
        Thickness of the lifted fold that holds the needle; NaN for none.

    Returns
    -------
    (N,) float64
        The fold's thickness, or that of the limb along the needle; inf on trunk, neck
        and head, of which no thickness is kept.

    Notes
    -----
    A limb is as thick as that of the reference body: the patient's may be thinner.

    Examples
    --------
    >>> from zones.fields.loading import body_fields
    >>> fields = body_fields("female")
    >>> float(through_mm(fields, [0], tilt_deg=[0.0], fold_mm=[30.0])[0])
    30.0
    """
    limb = 2.0 * fields.floor.middle_mm[np.asarray(vertices)].astype(float)
    fold = np.asarray(fold_mm, dtype=float)
    return np.where(np.isnan(fold), along(limb, tilt_deg), fold)


def comes_out(through: Any, planned_mm: Any) -> BoolArray:
    """Return whether plans come out on the other side.

    A needle of which neither depth nor length is known may be as long as that.

    Parameters
    ----------
    through : (N,) float
        From `through_mm`.
    planned_mm : (N,) float
        Depth planned, mm; inf for none.

    Examples
    --------
    >>> comes_out([30.0, 30.0, float("inf")], [29.0, 30.0, float("inf")]).tolist()
    [False, True, False]
    """
    far = np.asarray(through, dtype=float)
    found: BoolArray = np.isfinite(far) & (np.asarray(planned_mm, dtype=float) >= far)
    return found
