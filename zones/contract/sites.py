"""The forms of a site: by landmark, chart, muscle, point, place or words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from anatomy.errors import InputError
from anatomy.names import unknown
from zones.contract.validation import StrictModel, parse

BodyName = Literal["male", "female"]
SideName = Literal["left", "right", "midline"]
_Offset = Annotated[float, Field(ge=-2000, le=2000)]
_Cun = Annotated[float, Field(ge=-80, le=80)]
PlaceMm = Annotated[float, Field(ge=-3000, le=3000)]
ShortText = Annotated[str, Field(min_length=1, max_length=300)]


class _Site(StrictModel):
    """What all forms of a site may carry."""

    where: ClassVar[str] = "site"

    body: BodyName | None = None
    """The reference body; from the patient's sex when left out, else both are asked."""


class _TapeSite(_Site):
    """What sites measured by tape may carry."""

    lateral_mm: _Offset | None = None
    """Away from the midline, in a limb to the radial or fibular side, mm of tape."""
    superior_mm: _Offset | None = None
    """Upward, in a limb toward its root, mm of tape."""
    anterior_mm: _Offset | None = None
    """Forward round the limb or trunk, mm of tape."""
    lateral_cun: _Cun | None = None
    """As `lateral_mm`, in cun of the patient's own body."""
    superior_cun: _Cun | None = None
    """As `superior_mm`, in cun."""
    anterior_cun: _Cun | None = None
    """As `anterior_mm`, in cun."""
    side: SideName | None = None
    """The patient's side."""
    chart: ShortText | None = None
    """The face that is meant, by a chart that shows it."""

    @model_validator(mode="after")
    def _one_unit(self) -> _TapeSite:
        for axis in ("lateral", "superior", "anterior"):
            mm, cun = getattr(self, f"{axis}_mm"), getattr(self, f"{axis}_cun")
            if mm is not None and cun is not None:
                raise InputError(
                    f"only one of {axis}_mm and {axis}_cun may be given.",
                    field=f"site.{axis}_cun",
                    given=cun,
                )
        return self


class LandmarkSite(_TapeSite):
    """A site given as a tape lies from a landmark: superior first, lateral last."""

    landmark: ShortText
    """The landmark's name."""


class BetweenSite(_TapeSite):
    """A site on the straight line between two landmarks, with offsets from there.

    With ``tape`` the fraction is of a tape on the skin instead.
    """

    between: Annotated[tuple[ShortText, ShortText], Field(strict=False)]
    """The two landmarks."""
    fraction: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How far from the first to the second, 0 to 1."""
    tape: bool = False
    """Whether the fraction is of a tape on the skin."""


class ChartSite(_Site):
    """A site given in millimetres of a chart's plane, in the body frame."""

    chart: ShortText
    """Name of the chart."""
    x_mm: PlaceMm
    """x of the chart's plane, mm."""
    y_mm: PlaceMm
    """y of the chart's plane, mm."""


class MuscleSite(_Site):
    """A site given as a muscle, optionally one of its named needling sites."""

    muscle: ShortText
    """The muscle's name."""
    side: SideName | None = None
    """The patient's side."""
    site: ShortText | None = None
    """One of the muscle's named sites."""


class PointSite(_Site):
    """A site given as an acupoint code."""

    point: ShortText
    """The acupoint's code, such as GB21."""
    side: SideName | None = None
    """The patient's side."""


class XyzSite(_Site):
    """A site given as a place in the body frame; the nearest skin is taken."""

    xyz_mm: Annotated[
        tuple[PlaceMm, PlaceMm, PlaceMm], Field(strict=False, description="mm, LPS")
    ]


class TextSite(_Site):
    """A site in words, such as ``6 cm left of T4``."""

    text: ShortText
    """The words."""


Site = (
    LandmarkSite | ChartSite | MuscleSite | PointSite | XyzSite | TextSite | BetweenSite
)

#: What a function takes as a site: a model, or a mapping in a form of the contract.
SiteLike = Site | Mapping[str, object]

_FORMS: dict[str, type[_Site]] = {
    "landmark": LandmarkSite,
    "muscle": MuscleSite,
    "point": PointSite,
    "xyz_mm": XyzSite,
    "text": TextSite,
    "between": BetweenSite,
    "chart": ChartSite,
}


def parse_site(data: object, *, field: str = "site") -> Site:
    """Return the site form that a mapping describes.

    Parameters
    ----------
    data : mapping or Site
        One of the forms of the contract.
    field : str
        Where it stands in the request, used in messages.

    Returns
    -------
    Site
        The validated form.

    Raises
    ------
    InputError, UnknownNameError, OutOfRangeError
        When no form or more than one is given, or a field is wrong.

    Examples
    --------
    >>> parse_site({"point": "GB21", "side": "right"}).point
    'GB21'
    """
    if isinstance(data, _Site):
        return data  # type: ignore[return-value]
    if not isinstance(data, Mapping):
        raise InputError(
            f"{field} must be an object such as {{'landmark': ..., 'side': ...}}; "
            f"got {data!r}.",
            field=field,
            given=data,
        )
    given = [key for key in _FORMS if data.get(key) is not None]
    if "chart" in given and len(given) > 1:
        given.remove("chart")
    if len(given) != 1:
        known = {name for form in _FORMS.values() for name in form.model_fields}
        for key in data:
            if key not in known:
                raise unknown("field", str(key), sorted(known), field=f"{field}.{key}")
        what = "none" if not given else " and ".join(given)
        raise InputError(
            f"{field} must be given in exactly one form: by {', '.join(_FORMS)}; "
            f"got {what}.",
            field=field,
            given=dict(data),
        )
    form = _FORMS[given[0]]
    plain = {key: plain_value(value) for key, value in data.items()}
    return parse(form, plain, field=field)  # type: ignore[return-value]


def plain_value(value: object) -> object:
    """Return numpy scalars and arrays as Python numbers and lists."""
    convert = getattr(value, "tolist", None)
    return convert() if callable(convert) else value
