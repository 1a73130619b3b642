"""How much error of the hand a plan bears before it is refused.

The error of depth is the length of needle left; the error of angle is found by leaning
the needle in all directions about the plan and following each as a line. Both inform:
no verdict depends on them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from anatomy.mesh.arrays import FloatArray, IntArray
from anatomy.messages import message
from anatomy.messages import message as _
from anatomy.store import cached, reading
from zones.contract.models import Tolerance
from zones.risk.meet import Plans, meet
from zones.risk.terms import refusing
from zones.risk.verdict import reached
from zones.sentences.wording import MOST_DEG

if TYPE_CHECKING:
    from zones.fields.model import BodyFields
    from zones.risk.measured import Seen
    from zones.risk.terms import Terms


#: Errors of angle that are looked at, degrees; what lies between counts as the lesser.
DEGREES = (5, 10, 15, 20, 30, MOST_DEG)
#: Directions in which the needle is leant.
AZIMUTHS = 8


@dataclass(frozen=True)
class Handling:
    """Error of the hand in a simulator, read from ``data/handling.toml``.

    Attributes
    ----------
    untrained_mm, untrained_deg, trained_mm, trained_deg : float
        Mean error of depth and of angle in the first and the second session.
    text_both, text_trained, text_neither : str
        What is said of a plan beside them.
    sources : tuple of str
        Ids of the sources of the figures.
    """

    untrained_mm: float
    untrained_deg: float
    trained_mm: float
    trained_deg: float
    text_both: str
    text_trained: str
    text_neither: str
    sources: tuple[str, ...]

    def compare(self, bears: Tolerance) -> str:
        """Return in words how what a plan bears compares with that error.

        Examples
        --------
        >>> handling().compare(Tolerance(mm=2.0, deg=20.0))[:9]
        'less than'
        """
        mm = math.inf if bears.mm is None else bears.mm
        deg = 0.0 if bears.deg is None else bears.deg
        if mm >= self.untrained_mm and deg >= self.untrained_deg:
            text = self.text_both
        elif mm >= self.trained_mm and deg >= self.trained_deg:
            text = self.text_trained
        else:
            text = self.text_neither
        return message(
            str(text),
            untrained=_error_words(self.untrained_mm, self.untrained_deg),
            trained=_error_words(self.trained_mm, self.trained_deg),
        )


def _error_words(mm: float, deg: float) -> str:
    return _("{mm:.1f} mm and {deg:.0f} degrees", mm=mm, deg=deg)


@cached
def handling() -> Handling:
    """Return the error of the hand in a simulator (read once).

    Raises
    ------
    DataError
        When the file does not hold it.
    """
    with reading("handling.toml") as data:
        values = {key: value for key, value in data.items() if key != "schema"}
        values["sources"] = tuple(values["sources"])
        for name in ("text_both", "text_trained", "text_neither"):
            values[name] = message(values[name])
        return Handling(**values)


def fan(direction: FloatArray, degrees: FloatArray) -> FloatArray:
    """Return directions that lean from one by each angle in all azimuths.

    Parameters
    ----------
    direction : (3,) float64
        Unit vector to lean from.
    degrees : (A,) float64
        Angles.

    Returns
    -------
    (A, AZIMUTHS, 3) float64
        Unit vectors, the same set mirrored for the mirrored direction.

    Examples
    --------
    >>> import numpy as np
    >>> ways = fan(np.array([0.0, -1.0, 0.0]), np.array([30.0]))
    >>> ways.shape, bool(np.allclose(-ways[..., 1], np.cos(np.radians(30))))
    ((1, 8, 3), True)
    """
    up = np.array([0.0, 0.0, 1.0])
    if abs(direction[2]) > 0.9:
        up = np.array([0.0, 1.0, 0.0])
    first = up - (up @ direction) * direction
    first = first / np.linalg.norm(first)
    second = np.cross(direction, first)
    turn = 2.0 * np.pi * np.arange(AZIMUTHS) / AZIMUTHS
    lean = np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second
    angle = np.radians(np.asarray(degrees, dtype=float))[:, None, None]
    return np.asarray(np.cos(angle) * direction + np.sin(angle) * lean)


def angle_tolerance(
    fields: BodyFields,
    plans: Plans,
    terms: Terms,
    depth_mm: float,
    rows: IntArray,
    *,
    seen: Seen | None = None,
) -> IntArray:
    """Return the error of angle that a plan bears before structures refuse it.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.
    plans : Plans
        One needle.
    terms : Terms
        Of the patient.
    depth_mm : float
        Planned depth.
    rows : (K,) int
        Rows of the fields to look at.
    seen : Seen, optional
        Depths seen in the patient.

    Returns
    -------
    (K,) int
        Degrees of `DEGREES`, 0 for none: leant by as much in `AZIMUTHS` directions the
        needle is not refused.
    """
    if plans.direction is None or plans.xyz is None:
        return np.zeros(len(rows), dtype=np.intp)
    looked = np.zeros(len(fields.rows), dtype=bool)
    looked[rows] = True
    ways = fan(plans.direction[0], np.array(DEGREES, dtype=float)).reshape(-1, 3)
    terms = refusing(terms).only(looked)
    leant = plans.leant(ways)
    met = meet(fields, leant, [terms], seen=seen, end_mm=depth_mm, warns=False)
    refused = met.take(reached(met.danger_mm, depth_mm))
    found = np.full(len(rows), MOST_DEG)
    steps = np.r_[0, DEGREES]
    for place, row in enumerate(rows.tolist()):
        hit = refused.which[refused.row == row] // AZIMUTHS
        if len(hit):
            found[place] = steps[int(hit.min())]
    return found
