"""How many needles like one plan meet a structure, at every depth: for pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from anatomy.body import load_body
from zones.check.engine import chances_at
from zones.check.entry import Entry
from zones.contract.needle import parse_needle
from zones.fields.loading import body_fields
from zones.patients.frozen import frozen
from zones.patients.patient import parse_patient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from zones.contract.models import Assessment


def chances_along(
    assessment: Assessment,
    needle: object = None,
    patient: object = None,
    *,
    lengths_mm: NDArray[np.float64],
) -> Mapping[str, NDArray[np.float64]]:
    """Return the chance to meet each structure at other depths of a plan.

    Parameters
    ----------
    assessment : Assessment
        What `zones.check_site` answered for this site, needle and patient.
    needle : mapping or Needle, optional
        The plan that was assessed; only its depth is varied.
    patient : mapping or Patient, optional
        The facts that were given.
    lengths_mm : (D,) float64
        Lengths of needle in the body.

    Returns
    -------
    mapping of str to (D,) float64
        By id of the zone, of two sides the greater chance.

    Raises
    ------
    ComputationError
        When a figure comes out as no number.
    NeedlemapError
        When the needle or the patient cannot be read.

    Examples
    --------
    >>> from zones.check.site import check_site
    >>> answer = check_site({"text": "6 cm left of T4"}, {"depth_mm": 25})
    >>> lung = chances_along(answer, lengths_mm=np.array([10.0, 60.0]))["pleura"]
    >>> bool(lung[0] <= lung[1])
    True
    """
    facts = frozen(parse_patient(patient).facts())
    site = assessment.site
    fields = body_fields(site.body)
    point = load_body(site.body).skin.nearest(site.xyz_mm)
    entry = Entry(fields, point, site.side)
    rows = chances_at(entry, parse_needle(needle), facts, np.asarray(lengths_mm, float))
    found: dict[str, NDArray[np.float64]] = {}
    for row, chance in rows.items():
        name = fields.rows[row].zone.id
        found[name] = np.maximum(found.get(name, np.zeros(len(chance))), chance)
    return found
