"""How a muscle is usually needled at a site, as the needle of a request."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from anatomy.messages import Words
from anatomy.messages import message as _
from anatomy.muscles.catalogue import MuscleSite, get_muscle, muscle_site
from anatomy.muscles.technique_models import Basis, Technique, Way
from anatomy.muscles.techniques import techniques_of


class UsualPlan(BaseModel):
    """A needle as it is usually placed at a site; what no source gives is None.

    Attributes
    ----------
    technique : Technique
    length_mm, depth_mm : float or None
        The shortest usual needle that the depth allows, and the deepest insertion that
        the source gives.
    direction : str, dict or None
        As in a request.
    open_tilt_deg : float or None
        Tilt of a needle of which no source says which way it leans; the direction is
        then None.
    length_basis, depth_basis, direction_basis : str or None
    gaps : tuple of str
        What is not known, in words.
    """

    model_config = ConfigDict(frozen=True)

    technique: Technique
    length_mm: float | None
    depth_mm: float | None
    direction: Literal["perpendicular"] | dict[str, float | str] | None
    open_tilt_deg: float | None
    length_basis: Basis | None
    depth_basis: Basis | None
    direction_basis: Basis | None
    gaps: tuple[Words, ...]

    def request(self) -> dict[str, Any]:
        """Return the needle of a request, with what is known and nothing else."""
        known = {
            "length_mm": self.length_mm,
            "depth_mm": self.depth_mm,
            "direction": self.direction,
        }
        return {k: v for k, v in known.items() if v is not None} | {"electrical": False}

    def directions(self) -> tuple[str | dict[str, float | str], ...]:
        """Return every direction that the plan may mean, as in a request.

        A tilt without a way may lean any way, of which the skin faces some; where
        nothing is known of the angle, straight in is assumed.

        Examples
        --------
        >>> usual_plan("supinator").directions()
        ('perpendicular',)
        >>> len(usual_plan("rhomboid major").directions())
        6
        """
        if self.direction is not None:
            return (self.direction,)
        if self.open_tilt_deg is None:
            return ("perpendicular",)
        tilt = self.open_tilt_deg
        return tuple({"tilt_deg": tilt, "toward": way} for way in get_args(Way))


def usual_plan(muscle: str, site: str | None = None) -> UsualPlan | None:
    """Return how a muscle is usually needled at a site, as a needle request.

    Parameters
    ----------
    muscle : str
        Name or alias.
    site : str, optional
        Label of the site; the muscle's first by default.

    Returns
    -------
    UsualPlan or None
        None when no usual technique is on record for the site, or when the only ones
        that name it are not usual (a place to leave out).

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> plan = usual_plan("supinator")
    >>> plan.technique.id, plan.depth_mm, plan.depth_basis
    ('sup-fdlp2021', 16.4, 'published')
    >>> usual_plan("infraspinatus").request()["direction"]
    'perpendicular'
    """
    found = get_muscle(muscle)
    spot = muscle_site(found, site)
    here = techniques_of(found.name, spot.label)
    usual = [t for t in here if t.usual]
    left_out = any(not (t.usual or t.everywhere) for t in here)
    if not usual or (left_out and all(t.everywhere for t in usual)):
        return None
    return plan_of(usual[0], spot)


def plan_of(technique: Technique, spot: MuscleSite) -> UsualPlan:
    """Return a technique at a site as a needle, with what is not known of it.

    Parameters
    ----------
    technique : Technique
        One that applies at the site.
    spot : MuscleSite
        Where the technique names no needle, that of the catalogue is taken.

    Examples
    --------
    >>> from anatomy.muscles.techniques import techniques_of
    >>> spot = muscle_site(get_muscle("supinator"), None)
    >>> plan_of(techniques_of("supinator")[0], spot).length_mm
    30.0
    """
    gaps: list[str] = []
    depth = technique.depth.planned_mm if technique.depth else None
    length, length_basis = _length(technique, spot, depth)
    if length is None:
        gaps.append(_("no needle length on record"))
    if depth is None:
        if length:
            gaps.append(
                _("the source gives no inserted depth, only the needle's length")
            )
        else:
            gaps.append(_("the source gives no inserted depth"))
    way = technique.direction
    direction: Any = None
    open_tilt: float | None = None
    if way and way.tilt_deg == 0:
        direction = "perpendicular"
    elif way and way.tilt_deg is not None and way.toward:
        direction = {"tilt_deg": way.tilt_deg, "toward": way.toward}
    elif way and way.tilt_deg is not None:
        open_tilt = way.tilt_deg
        gaps.append(
            _(
                "{tilt:g}° from straight in, direction not stated",
                tilt=way.tilt_deg,
            )
        )
    else:
        gaps.append(_("the source gives no angle"))
    if technique.grip == "pincer":
        gaps.append(_("the height of the fold is not given"))
    return UsualPlan(
        technique=technique,
        length_mm=length,
        depth_mm=depth,
        direction=direction,
        open_tilt_deg=open_tilt,
        length_basis=length_basis,
        depth_basis=technique.depth.basis if technique.depth and depth else None,
        direction_basis=way.basis if way and (direction or open_tilt) else None,
        gaps=tuple(gaps),
    )


def _length(
    technique: Technique, spot: MuscleSite, depth: float | None
) -> tuple[float | None, Basis | None]:
    """Return the shortest needle that takes the depth, and what it rests on."""
    sizes: tuple[float, float] | None
    if technique.needle and technique.needle.length_mm:
        sizes, basis = technique.needle.length_mm, technique.needle.basis
    else:
        sizes = spot.needle_length_mm
        # the catalogue does not tell a study from a course: the weaker is said
        basis = "taught" if spot.length_basis in ("source", "derived") else "memory"
    if sizes is None or max(sizes) < (depth or 0.0):
        return None, None
    return (min(sizes) if min(sizes) >= (depth or 0.0) else max(sizes)), basis
