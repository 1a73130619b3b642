"""Depths and depth limits in words: one wording for screen, paper, terminal, lessons.

The contract keeps decimals; what people read is in whole millimetres. What must not be
passed (a limit, the earliest depth of a structure) is rounded down, what is only usual
(a typical depth, a spread) to the nearest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.places.said import bone_name
from zones.contract.models import Verdict

if TYPE_CHECKING:
    from zones.contract.models import Coverage

#: A figure this close below a whole millimetre is that millimetre.
_EXACT_MM = 1e-6


class Limited(Protocol):
    """An answer with a depth limit: an `Assessment`, or what is kept of it.

    It may also have ``limit_set_by`` ("risk", "bone", "middle" or "mapped") and
    ``limit_structure``, what lies there.
    """

    @property
    def verdict(self) -> Verdict:
        """Verdict of the answer."""

    @property
    def max_depth_mm(self) -> float | None:
        """Deepest plan, mm."""

    @property
    def coverage(self) -> Coverage:
        """What was mapped at the site."""


@dataclass(frozen=True)
class LimitWords:
    """A depth limit in words.

    Attributes
    ----------
    figure : str
        Short, for large print: ``"31 mm"``, ``"none"``, ``"not known"``.
    note : str
        What the figure is, to be read behind it.
    sentence : str
        Both as one sentence, for those who see no figure.
    known : bool
        Whether the figure is a depth.
    """

    figure: str
    note: str
    sentence: str
    known: bool = False

    @property
    def line(self) -> str:
        """The figure and what it is."""
        return joined([self.figure, self.note], ": ")


def whole_mm(value: float) -> str:
    """Return a depth that must not be passed in whole millimetres, rounded down.

    Parameters
    ----------
    value : float
        Depth, mm.

    Examples
    --------
    >>> whole_mm(9.9), whole_mm(9.0), whole_mm(0.4), whole_mm(0.0)
    ('9 mm', '9 mm', 'less than 1 mm', '0 mm')
    """
    if 0.0 < value < 1.0 - _EXACT_MM:
        return _("less than 1 mm")
    return _("{mm:d} mm", mm=math.floor(value + _EXACT_MM))


def span_mm(low: float, high: float) -> str:
    """Return two depths that must not be passed, both rounded down.

    Examples
    --------
    >>> span_mm(27.4, 39.6), span_mm(0.4, 5.0)
    ('27 to 39 mm', 'less than 1 to 5 mm')
    """
    return _("{low} to {high} mm", low=_whole(low), high=_whole(high))


def _whole(value: float) -> str | int:
    if 0.0 < value < 1.0 - _EXACT_MM:
        return _("less than 1")
    return math.floor(value + _EXACT_MM)


def nearest_mm(value: float) -> str:
    """Return a usual depth or a spread in whole millimetres, to the nearest.

    Parameters
    ----------
    value : float
        Depth or spread, mm.

    Examples
    --------
    >>> nearest_mm(21.4), nearest_mm(6.5), nearest_mm(0.3)
    ('21 mm', '7 mm', 'less than 1 mm')
    """
    if 0.0 < value < 0.5:
        return _("less than 1 mm")
    return _("{mm:d} mm", mm=math.floor(value + 0.5))


def given_mm(value: float) -> str:
    """Return a length that somebody entered, as it was entered.

    Examples
    --------
    >>> given_mm(25.0), given_mm(12.5)
    ('25 mm', '12.5 mm')
    """
    return _("{mm:g} mm", mm=round(value, 1))


def limit_words(
    limit_mm: float | None,
    *,
    mapped: bool = True,
    computed: bool = True,
    set_by: str | None = None,
    structure: str | None = None,
) -> LimitWords:
    """Return a depth limit in words.

    Parameters
    ----------
    limit_mm : float or None
        Deepest plan below DANGER, mm; 0 when none is; None without a limit.
    mapped : bool
        Whether anything was mapped at the site; where nothing was, no limit is given,
        except that nothing may go in.
    computed : bool
        Whether the answer could be worked out.
    set_by : {"risk", "bone", "middle", "mapped"}, optional
        What ends the plan: the risk (as without it), a bone that is met first, the
        middle of a limb, or the depth to which the site was mapped.
    structure : str, optional
        Name of the bone.

    Examples
    --------
    >>> limit_words(9.9).sentence
    'Deepest plan below danger: 9 mm.'
    >>> limit_words(31.2, set_by="bone", structure="ilium").sentence
    'Deepest plan: 31 mm; bone (ilium) is expected by then.'
    >>> limit_words(31.2, set_by="mapped").sentence
    'Deepest plan: 31 mm; deeper has not been mapped.'
    >>> limit_words(None, mapped=False).sentence
    'No depth limit can be given: nothing has been mapped here.'
    """
    if limit_mm is not None and limit_mm <= 0.0:
        return LimitWords(
            _("none"),
            _("no depth stays below danger here"),
            _("No depth stays below danger here."),
        )
    if not mapped:
        return LimitWords(
            _("not known"),
            _("nothing has been mapped here"),
            _("No depth limit can be given: nothing has been mapped here."),
        )
    if limit_mm is None and not computed:
        return LimitWords(
            _("not known"),
            _("it could not be computed here"),
            _("Depth limit not known: it could not be computed here."),
        )
    if limit_mm is None:
        return LimitWords(
            _("none known"),
            _("no mapped structure sets one here"),
            _("Depth limit not known: no mapped structure sets one here."),
        )
    figure = whole_mm(limit_mm)
    note, sentence = _ending(figure, set_by, structure)
    return LimitWords(figure, note, sentence, known=True)


def _ending(depth: str, set_by: str | None, structure: str | None) -> tuple[str, str]:
    """Return what a depth limit is: behind the figure, and as a sentence."""
    if set_by == "bone" and structure:
        bone = bone_name(structure)
        return (
            _("bone ({bone}) is expected by then", bone=bone),
            _(
                "Deepest plan: {depth}; bone ({bone}) is expected by then.",
                depth=depth,
                bone=bone,
            ),
        )
    if set_by == "bone":
        return (
            _("bone is expected by then"),
            _("Deepest plan: {depth}; bone is expected by then.", depth=depth),
        )
    if set_by == "middle":
        return (
            _("the middle of the limb"),
            _("Deepest plan: {depth}, the middle of the limb.", depth=depth),
        )
    if set_by == "mapped":
        return (
            _("deeper has not been mapped"),
            _("Deepest plan: {depth}; deeper has not been mapped.", depth=depth),
        )
    return (
        _("deepest plan below danger"),
        _("Deepest plan below danger: {depth}.", depth=depth),
    )


def limit_of(answer: Limited) -> LimitWords:
    """Return the depth limit of an answer in words.

    Parameters
    ----------
    answer : Assessment or what a record keeps of one
        With what set the limit, where it says so.

    Examples
    --------
    >>> from zones import check_site
    >>> limit_of(check_site({"text": "6 cm left of T4"}, {"depth_mm": 25})).note
    'deepest plan below danger'
    """
    return limit_words(
        answer.max_depth_mm,
        mapped=answer.coverage.level != "none",
        computed=answer.verdict != Verdict.NOT_ASSESSABLE,
        set_by=getattr(answer, "limit_set_by", None),
        structure=getattr(answer, "limit_structure", None),
    )
