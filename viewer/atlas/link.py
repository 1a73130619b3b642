"""The state of the atlas as a link, so that it can be put in slides and comes back.

``/atlas?zone=pleura&body=female&compare=yes&a=sex:female,bmi:17&b=sex:male,bmi:30``
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from anatomy.errors import NeedlemapError
from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.names import unknown
from anatomy.store import cached, read_toml
from viewer.atlas.general import load_topics
from viewer.atlas.regions import get_region
from viewer.state.terms import term
from viewer.text.structures.content import HEADINGS, get_zone, parse_body

COMPARE_FILE = Path(__file__).parent / "data" / "compare.toml"
#: Fields of one side of a comparison.
WORDS = ("sex", "pregnant", "toward")
NUMBERS = ("bmi", "length", "depth", "tilt")
FIELDS = ("sex", "bmi", "pregnant", "length", "depth", "tilt", "toward")
LONGEST = 300

Side = dict[str, Any]


@dataclass(frozen=True)
class State:
    """What the atlas shows.

    Attributes
    ----------
    zone : str
        Zone on the plate; empty for a region or the first page.
    region : str
        Region whose page is shown, when there is no zone.
    chart : str
        Chart of the region that is chosen; empty for its first.
    body : {"female", "male"}
        Reference body.
    by : str
        Way to browse.
    pick : str
        Heading that is open.
    find : str
        Words looked for.
    about : str
        Topic of the general part; with it no zone is shown.
    site : str
        Place of the comparison in words; empty for the zone's most telling place.
    compare : bool
        Whether two patients are compared.
    a, b : dict
        Their facts and needles, see `FIELDS`.
    """

    zone: str = ""
    region: str = ""
    chart: str = ""
    body: str = "female"
    by: str = "region"
    pick: str = ""
    find: str = ""
    about: str = ""
    site: str = ""
    compare: bool = False
    a: Side = field(default_factory=dict)
    b: Side = field(default_factory=dict)

    def but(self, **changes: Any) -> State:
        """Return the state with changes."""
        return replace(self, **changes)

    def search(self) -> str:
        """Return the state as the query of a link, empty for the first page.

        Examples
        --------
        >>> State(zone="kidney", body="male").search()
        '?zone=kidney&body=male'
        """
        plain = State()
        parts = []
        for name in (
            "zone",
            "region",
            "chart",
            "body",
            "by",
            "pick",
            "find",
            "about",
            "site",
        ):
            value = getattr(self, name)
            if value != getattr(plain, name):
                parts.append(f"{name}={quote(value, safe='')}")
        if self.compare:
            parts.append("compare=yes")
            parts += [
                f"{name}={quote(side_text(side), safe=':,.')}"
                for name, side in (("a", self.a), ("b", self.b))
                if side
            ]
        return f"?{'&'.join(parts)}" if parts else ""

    def link(self) -> str:
        """Return the address of the state within the site."""
        return f"/atlas{self.search()}"


def side_text(side: Mapping[str, Any]) -> str:
    """Return one side of a comparison as it stands in a link.

    Examples
    --------
    >>> side_text({"bmi": 17, "sex": "female"})
    'sex:female,bmi:17'
    """
    return ",".join(
        f"{name}:{side[name]:g}" if name in NUMBERS else f"{name}:{side[name]}"
        for name in FIELDS
        if side.get(name) not in (None, "")
    )


def parse_side(text: str) -> tuple[Side, list[str]]:
    """Return one side of a comparison and what could not be read.

    Examples
    --------
    >>> parse_side("sex:female,bmi:thin")
    ({'sex': 'female'}, ["bmi must be a number; got 'thin'."])
    """
    side: Side = {}
    problems = []
    for part in filter(None, text.split(",")):
        name, _, value = part.partition(":")
        try:
            if name not in FIELDS:
                raise unknown("field of a comparison", name, FIELDS, field="compare")
            side[name] = float(value) if name in NUMBERS else value
        except ValueError:
            problems.append(f"{name} must be a number; got {value!r}.")
        except NeedlemapError as error:
            problems.append(str(error))
    for name in NUMBERS:
        number = side.get(name)
        if isinstance(number, float) and not abs(number) < float("inf"):
            problems.append(f"{name} must be a number; got {number!r}.")
            del side[name]
    return side, problems


def parse(search: str | None) -> tuple[State, list[str]]:
    """Return the state of a link, and what of it could not be read.

    Parameters
    ----------
    search : str or None
        Query of the address, with or without its question mark.

    Returns
    -------
    State
        What could be read; the rest at its usual value.
    list of str
        Problems in words.

    Examples
    --------
    >>> parse("?zone=kidny")[1]
    ["Unknown zone 'kidny'. Nearest: kidney."]
    >>> parse(State(zone="kidney", compare=True).search())[0].compare
    True
    """
    given = dict(parse_qsl((search or "").lstrip("?")[:4000], keep_blank_values=False))
    problems: list[str] = []
    values: dict[str, Any] = {}
    tests = {
        "zone": lambda v: get_zone(v).id,
        "region": _region,
        "body": parse_body,
        "by": _way,
        "about": _topic,
    }
    for name, value in given.items():
        if name in tests:
            try:
                values[name] = tests[name](value)
            except NeedlemapError as error:
                problems.append(str(error))
        elif name in ("chart", "pick", "find", "site"):
            values[name] = value[:LONGEST]
        elif name == "compare":
            values[name] = value.lower() not in ("no", "false", "0")
        elif name in ("a", "b"):
            values[name], wrong = parse_side(value)
            problems += wrong
    chart, region = values.get("chart"), values.get("region")
    if chart and (region is None or chart not in get_region(region).charts):
        known = get_region(region).charts if region else ()
        problems.append(
            str(unknown("chart of this region", chart, known, field="chart"))
        )
        del values["chart"]
    return State(**values), problems


def _region(value: str) -> str:
    return get_region(value).id


def _way(value: str) -> str:
    if value not in HEADINGS:
        raise unknown("way to browse", value, HEADINGS, field="by")
    return value


def _topic(value: str) -> str:
    names = [topic.id for topic in load_topics()]
    if value not in names:
        raise unknown("topic", value, names, field="about")
    return value


@cached
def presets() -> tuple[tuple[str, Side, Side], ...]:
    """Return the comparisons offered: name, and both sides.

    Examples
    --------
    >>> presets()[0][0]
    'BMI 17 / BMI 30'
    """
    raw = _compare_file()
    return tuple((row["name"], row["a"], row["b"]) for row in raw["preset"])


def start_sides() -> tuple[Side, Side]:
    """Return both sides of a comparison that was just opened."""
    start = _compare_file()["start"]
    return dict(start["a"]), dict(start["b"])


@cached
def _compare_file() -> dict[str, Any]:
    return read_toml(COMPARE_FILE)


def request_of(side: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return needle and patient of one side, as the check takes them.

    Examples
    --------
    >>> request_of({"bmi": 17, "depth": 20, "pregnant": "no"})
    ({'depth_mm': 20}, {'bmi': 17, 'pregnant': False})
    """
    needle: dict[str, Any] = {
        key: side[name]
        for name, key in (("length", "length_mm"), ("depth", "depth_mm"))
        if side.get(name) is not None
    }
    if side.get("tilt"):
        needle["direction"] = {
            "tilt_deg": side["tilt"],
            "toward": side.get("toward") or "medial",
        }
    patient: dict[str, Any] = {
        name: side[name] for name in ("sex", "bmi") if side.get(name) not in (None, "")
    }
    if side.get("pregnant") in ("yes", "no"):
        patient["pregnant"] = side["pregnant"] == "yes"
    return needle, patient


def side_words(side: Mapping[str, Any]) -> str:
    """Return one side of a comparison in words.

    Examples
    --------
    >>> side_words({"sex": "male", "bmi": 30.0, "depth": 20.0})
    'man, BMI 30; needle 20 mm deep'
    """
    who = [
        {"female": _("woman"), "male": _("man")}.get(
            side.get("sex") or "", _("patient")
        )
    ]
    if side.get("bmi") is not None:
        who.append(_("BMI {bmi:g}", bmi=side["bmi"]))
    if side.get("pregnant") in ("yes", "no") and side.get("sex") != "male":
        who.append(_("pregnant") if side["pregnant"] == "yes" else _("not pregnant"))
    needle = []
    if side.get("length") is not None:
        needle.append(_("{length:g} mm long", length=side["length"]))
    if side.get("depth") is not None:
        needle.append(_("{depth:g} mm deep", depth=side["depth"]))
    if side.get("tilt"):
        toward = side.get("toward") or "medial"
        needle.append(
            _("tilted {tilt:g}° {toward}", tilt=side["tilt"], toward=term(toward))
        )
    if not needle:
        return _("{patient}; needle not given", patient=joined(who, ", "))
    return _(
        "{patient}; needle {needle}",
        patient=joined(who, ", "),
        needle=joined(needle, ", "),
    )
