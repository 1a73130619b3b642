"""A site of the contract inside resources: its words, and itself in an extension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from anatomy.body import load_body
from anatomy.errors import InputError, NeedlemapError
from anatomy.places.describe import ROUND_TRIP_MM, describe
from anatomy.words.sites import resolve_site
from viewer.fhir.made import OWN, Made, extension, read_extension
from zones.contract.sites import parse_site

#: The extension that holds a site as the contract has it.
SITE = f"{OWN}:site"
#: Fields of a site that are lists.
_LISTS = ("between", "xyz_mm")
_BODIES = ("female", "male")
#: Two ways of saying one site may lead so far apart, mm: each back within its own.
AGREE_MM = 2 * ROUND_TRIP_MM

SiteData = dict[str, Any]


def site_extension(site: Mapping[str, Any]) -> Made | None:
    """Return the extension that holds a site; None where words alone are all of it.

    Examples
    --------
    >>> site_extension({"text": "6 cm left of T4"}) is None
    True
    >>> made = site_extension({"point": "GB21", "side": "left"})
    >>> [one["url"] for one in made["extension"]]
    ['point', 'side']
    """
    plain = {name: value for name, value in site.items() if value is not None}
    return None if set(plain) == {"text"} else extension(SITE, plain)


def words_of(site: Mapping[str, Any]) -> str:
    """Return a site in words that lead back to it.

    Raises
    ------
    NeedlemapError
        When it lies on no body.

    Examples
    --------
    >>> words_of({"text": "6 cm left of T4"})
    '6 cm left of T4'
    """
    if isinstance(site.get("text"), str):
        return str(site["text"])
    for name in _bodies(site):
        try:
            body = load_body(name)
            return describe(body, resolve_site(body, site).point).text
        except NeedlemapError as error:
            last = error
    raise last


def read_site(holder: Any, words: str, field: str) -> SiteData:
    """Return the site that an extension holds, or else its words.

    Parameters
    ----------
    holder : mapping
        What may have the extension.
    words : str
        The site in words; both must lead to the same place. Empty for none.
    field : str
        Where it stands, for messages.

    Raises
    ------
    NeedlemapError
        When they do not, or the site is none.
    """
    found = read_extension(holder, SITE)
    if found is None:
        return {"text": words}
    site = {
        name: values if name in _LISTS else values[0] for name, values in found.items()
    }
    parse_site(site, field=field)
    if words:
        must_agree(site, {"text": words}, field)
    return site


def must_agree(one: Mapping[str, Any], two: Mapping[str, Any], field: str) -> None:
    """Raise when two sites are not one place on any of the bodies.

    Raises
    ------
    InputError
        Saying how far they are from each other.
    NeedlemapError
        When one of them is no place.
    """
    apart = []
    for name in _bodies(one):
        body = load_body(name)
        try:
            ends = [resolve_site(body, site).point.xyz for site in (one, two)]
        except NeedlemapError as error:
            failed = error
            continue
        apart.append(float(np.linalg.norm(ends[0] - ends[1])))
    if not apart:
        raise failed
    if min(apart) > AGREE_MM:
        raise InputError(
            f"{field} names two places, {min(apart):.0f} mm from each other: its "
            f"extension {SITE} and the rest of it must say the same.",
            field=field,
        )


def _bodies(site: Mapping[str, Any]) -> tuple[str, ...]:
    given = site.get("body")
    return (given,) if given in _BODIES else _BODIES
