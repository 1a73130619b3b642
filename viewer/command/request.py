"""The flags of a request on the command line: site, needle, patient, policy."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from anatomy.errors import InputError

_YES = {"yes": True, "true": True, "no": False, "false": False}
_NOT_ASKED = {"unknown", "not-asked", "not asked", "none"}


def read_given(name: str, *, field: str) -> str:
    """Return the text of a file, or for ``-`` what is piped in.

    Raises
    ------
    InputError
        When the file cannot be read.
    """
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{field}: {name!r} cannot be read ({error}).", field=field, given=name
        ) from None


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a policy of one's own."""
    policy = parser.add_argument_group("policy (from which risk a verdict refuses)")
    policy.add_argument(
        "--policy", type=Path, metavar="FILE", help="TOML; the shipped one by default"
    )
    policy.add_argument(
        "--allow-looser",
        action="store_true",
        help="also one that warns or refuses later than the shipped one; every answer "
        "then says so",
    )


def add_site(parser: argparse.ArgumentParser) -> None:
    """Add the flags that give a site."""
    site = parser.add_argument_group("site (one of these forms; left is the patient's)")
    site.add_argument("--text", metavar="WORDS", help='such as "6 cm left of T4"')
    site.add_argument("--landmark", metavar="NAME", help='such as "T4 spinous process"')
    for axis, meaning in (
        ("lateral", "away from the midline"),
        ("superior", "upward; in a limb toward the trunk"),
        ("anterior", "forward round the flank"),
    ):
        for unit in ("mm", "cun"):
            site.add_argument(
                f"--{axis}-{unit}",
                type=float,
                metavar=unit.upper(),
                help=f"tape {meaning}" if unit == "mm" else argparse.SUPPRESS,
            )
    site.add_argument("--side", metavar="left|right|midline")
    site.add_argument("--point", metavar="CODE", help="acupoint, such as GB21")
    site.add_argument("--muscle", metavar="NAME", help="such as 'rhomboid major'")
    site.add_argument("--muscle-site", metavar="NAME", help="one of its named sites")
    site.add_argument("--chart", metavar="NAME", help="with --x and --y")
    site.add_argument("--x", type=float, metavar="MM")
    site.add_argument("--y", type=float, metavar="MM")
    site.add_argument("--xyz", type=float, nargs=3, metavar=("X", "Y", "Z"))
    site.add_argument("--body", metavar="male|female")


def add_request(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a request: site, needle, patient, practitioner."""
    add_site(parser)
    needle = parser.add_argument_group("needle")
    needle.add_argument("--depth", type=float, metavar="MM", help="planned depth")
    needle.add_argument("--length", type=float, metavar="MM", help="needle length")
    needle.add_argument(
        "--tilt", type=float, metavar="DEG", help="from perpendicular, with --toward"
    )
    needle.add_argument("--toward", metavar="medial|lateral|cranial|caudal|...")
    needle.add_argument("--vector", type=float, nargs=3, metavar=("X", "Y", "Z"))
    needle.add_argument("--electrical", metavar="yes|no")
    needle.add_argument("--grip", metavar="flat|pincer|bone")
    needle.add_argument(
        "--fold", type=float, metavar="MM", help="lifted fold, with --grip pincer"
    )
    needle.add_argument(
        "--bone", metavar="NAME", help="that is aimed at, with --grip bone"
    )
    needle.add_argument("--posture", metavar="prone|supine|side-lying|sitting")
    needle.add_argument(
        "--diameter", type=float, metavar="MM", help="of the needle; noted only"
    )
    needle.add_argument(
        "--technique", metavar="ID", help="that the plan follows; noted only"
    )
    needle.add_argument("--arm", metavar="'at side'|overhead|'behind back'")
    needle.add_argument(
        "--measured",
        action="append",
        default=[],
        metavar="STRUCTURE=MM",
        help="depth seen in this patient, such as pleura=24 (by ultrasound) or "
        "pleura=24,CT; may be repeated",
    )
    patient = parser.add_argument_group("patient (what is left out was not asked)")
    patient.add_argument("--sex", metavar="female|male")
    for name, unit in (("age", "YEARS"), ("bmi", "KG/M2")):
        patient.add_argument(f"--{name}", type=float, metavar=unit)
    patient.add_argument("--height", type=float, metavar="CM")
    patient.add_argument("--weight", type=float, metavar="KG")
    patient.add_argument("--pregnant", metavar="yes|no")
    patient.add_argument("--weeks", type=float, metavar="N", help="of pregnancy")
    patient.add_argument(
        "--fact",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other fact, such as anticoagulant=yes; may be repeated",
    )
    patient.add_argument(
        "--healthy",
        action="store_true",
        help="all facts not given were asked and are unremarkable",
    )
    who = parser.add_argument_group("practitioner")
    who.add_argument("--jurisdiction", metavar="CODE", help="such as US-MD")
    who.add_argument("--profession", metavar="NAME")
    who.add_argument("--training-hours", type=float, metavar="H")


def site_given(arguments: argparse.Namespace) -> dict[str, Any] | None:
    """Return the site that the flags give; None when they give none."""
    names = {
        "text": arguments.text,
        "landmark": arguments.landmark,
        "point": arguments.point,
        "muscle": arguments.muscle,
        "chart": arguments.chart,
        "xyz_mm": arguments.xyz,
        "side": arguments.side,
        "site": arguments.muscle_site,
        "x_mm": arguments.x,
        "y_mm": arguments.y,
        "body": arguments.body,
    }
    for axis in ("lateral", "superior", "anterior"):
        for unit in ("mm", "cun"):
            names[f"{axis}_{unit}"] = getattr(arguments, f"{axis}_{unit}")
    site = {name: value for name, value in names.items() if value is not None}
    return site or None


def request_given(arguments: argparse.Namespace) -> tuple[Any, Any, Any]:
    """Return site, needle and patient that the flags give."""
    rest = rest_of_request(arguments)
    return site_given(arguments) or {}, rest["needle"], rest["patient"]


def rest_of_request(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return needle, patient and practitioner that the flags give."""
    needle: dict[str, Any] = {
        "depth_mm": arguments.depth,
        "length_mm": arguments.length,
        "electrical": _yes_no(arguments.electrical, "--electrical"),
    }
    needle |= {
        "grip": arguments.grip,
        "fold_mm": arguments.fold,
        "bone": arguments.bone,
        "posture": arguments.posture,
        "diameter_mm": arguments.diameter,
        "technique": arguments.technique,
        "arm": arguments.arm,
        "measured": [_measured(item) for item in arguments.measured] or None,
    }
    if arguments.vector is not None:
        needle["direction"] = {"vector": arguments.vector}
    if arguments.tilt is not None or arguments.toward is not None:
        if arguments.vector is not None:
            raise InputError("give --vector or --tilt with --toward, not both.")
        tilt = {"tilt_deg": arguments.tilt, "toward": arguments.toward}
        needle["direction"] = {k: v for k, v in tilt.items() if v is not None}
    patient: dict[str, Any] = {
        "sex": arguments.sex,
        "age": arguments.age,
        "bmi": arguments.bmi,
        "height_cm": arguments.height,
        "weight_kg": arguments.weight,
        "pregnant": _yes_no(arguments.pregnant, "--pregnant"),
        "gestation_weeks": arguments.weeks,
    }
    for item in arguments.fact:
        name, value = _fact(item)
        patient[name] = value
    practitioner = {
        "jurisdiction": arguments.jurisdiction,
        "profession": arguments.profession,
        "training_hours": arguments.training_hours,
    }
    parts = {"needle": needle, "patient": patient, "practitioner": practitioner}
    request = {
        part: {k: v for k, v in facts.items() if v is not None}
        for part, facts in parts.items()
    }
    if arguments.healthy:
        from zones.patients.request import unremarkable

        request["patient"] = unremarkable(request["patient"])
    return request


def _yes_no(value: str | None, flag: str) -> bool | None:
    """Return a yes or no; None when it was not given or not asked."""
    if value is None or value.lower() in _NOT_ASKED:
        return None
    if value.lower() not in _YES:
        raise InputError(
            f"{flag} must be yes or no (leave it out when not asked); got {value!r}.",
            field=flag,
            given=value,
        )
    return _YES[value.lower()]


def _fact(item: str) -> tuple[str, Any]:
    """Return name and value of ``--fact name=value``."""
    name, equals, text = item.partition("=")
    if not equals or not name:
        raise InputError(
            f"--fact must be NAME=VALUE; got {item!r}.", field="--fact", given=item
        )
    name, text = name.strip(), text.strip()
    if text.lower() in _NOT_ASKED:
        return name, None
    if text.lower() in _YES:
        return name, _YES[text.lower()]
    try:
        return name, json.loads(text)
    except json.JSONDecodeError:
        return name, text


def _measured(item: str) -> dict[str, Any]:
    """Return a depth seen, of ``--measured structure=mm`` or ``structure=mm,method``.

    Examples
    --------
    >>> _measured("pleura=24,CT")
    {'structure': 'pleura', 'depth_mm': 24.0, 'method': 'CT'}
    """
    name, _, text = item.partition("=")
    depth, _, method = text.partition(",")
    try:
        found: dict[str, Any] = {"structure": name.strip(), "depth_mm": float(depth)}
    except ValueError:
        raise InputError(
            f"--measured must be STRUCTURE=MM, such as pleura=24; got {item!r}.",
            field="--measured",
            given=item,
        ) from None
    return found | ({"method": method.strip()} if method.strip() else {})
