"""Free text to a site."""

from __future__ import annotations

from typing import Any

import pytest

from anatomy.body import load_body
from anatomy.errors import (
    InputError,
    NeedlemapError,
    OutOfRangeError,
    SideError,
    UnknownNameError,
)
from anatomy.words.text import parse_text

BODY = load_body("male")
LEFT60 = {"landmark": "T4 spinous process", "lateral_mm": 60.0, "side": "left"}
MCL4 = "intercostal space 4 at midclavicular line"


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("6 cm left of T4", LEFT60),
        ("6 cm to the left of T4", LEFT60),
        ("60mm left T4", LEFT60),
        ("T4 6 cm left", LEFT60),
        ("left T4 6 cm", LEFT60),
        ("T4, left 6 cm", LEFT60),
        ("6 cm lateral to T4 on the left", LEFT60),
        (
            "58 mm left of the midline at T4, over rib 5, medial to the scapula",
            LEFT60 | {"lateral_mm": 58.0},
        ),
        (
            "58 mm left of the midline, 12 mm above T4",
            LEFT60 | {"lateral_mm": 58.0, "superior_mm": 12.0},
        ),
        ("T4 left 6 cm and up 1 cm", LEFT60 | {"superior_mm": 10.0}),
        ("on the midline at T4", {"landmark": "T4 spinous process"}),
        (
            "3 cm below the spine of the right scapula, midway",
            {
                "landmark": "spine of scapula midpoint",
                "superior_mm": -30.0,
                "side": "right",
            },
        ),
        (
            "2 cun lateral to L2 on the right",
            {"landmark": "L2 spinous process", "lateral_cun": 2.0, "side": "right"},
        ),
        (
            "2,5 cm right of L3",
            {"landmark": "L3 spinous process", "lateral_mm": 25.0, "side": "right"},
        ),
        (
            "1/2 inch above the umbilicus",
            {"landmark": "umbilicus", "superior_mm": 12.7},
        ),
        ("1½ cun below the umbilicus", {"landmark": "umbilicus", "superior_cun": -1.5}),
        (
            "half an inch above the umbilicus",
            {"landmark": "umbilicus", "superior_mm": 12.7},
        ),
        (
            '1 " above the left ASIS',
            {"landmark": "ASIS", "superior_mm": 25.4, "side": "left"},
        ),
        (
            "1 inch above the left ASIS",
            {"landmark": "ASIS", "superior_mm": 25.4, "side": "left"},
        ),
        (
            "2 cm right of the left acromion",
            {"landmark": "acromion", "lateral_mm": -20.0, "side": "left"},
        ),
        (
            "12 mm above and 8 mm lateral to the left nipple",
            {
                "landmark": "nipple",
                "lateral_mm": 8.0,
                "superior_mm": 12.0,
                "side": "left",
            },
        ),
        (
            "2 cm in front of the left greater trochanter",
            {"landmark": "greater trochanter", "anterior_mm": 20.0, "side": "left"},
        ),
        (
            "4th intercostal space at the left midclavicular line",
            {"landmark": MCL4, "side": "left"},
        ),
        ("left 4th ICS in the MCL", {"landmark": MCL4, "side": "left"}),
        (
            "rib 5 in the left midclavicular line",
            {"landmark": "rib 5 at midclavicular line", "side": "left"},
        ),
        (
            "halfway between left C7 and acromion",
            {
                "between": ["C7 spinous process", "acromion"],
                "fraction": 0.5,
                "side": "left",
            },
        ),
        (
            "midway between C7 and the right acromion",
            {
                "between": ["C7 spinous process", "acromion"],
                "fraction": 0.5,
                "side": "right",
            },
        ),
        (
            "a third of the way from C7 to the left acromion",
            {
                "between": ["C7 spinous process", "acromion"],
                "fraction": 0.3333,
                "side": "left",
            },
        ),
        (
            "2 cm above the midpoint between left ASIS and umbilicus",
            {
                "between": ["ASIS", "umbilicus"],
                "fraction": 0.5,
                "superior_mm": 20.0,
                "side": "left",
            },
        ),
        (
            "2 cm above the left lateral malleolus",
            {"landmark": "lateral malleolus", "superior_mm": 20.0, "side": "left"},
        ),
        (
            "2 cm below the medial end of the left clavicle",
            {
                "landmark": "medial end of clavicle",
                "superior_mm": -20.0,
                "side": "left",
            },
        ),
        (
            "left inferior angle of scapula 2 cm medial 1 cm up",
            {
                "landmark": "inferior angle of scapula",
                "lateral_mm": -20.0,
                "superior_mm": 10.0,
                "side": "left",
            },
        ),
        ("GB21 right", {"point": "GB21", "side": "right"}),
        ("Left Zusanli", {"point": "ST36", "side": "left"}),
        ("LI-4, right", {"point": "LI4", "side": "right"}),
        ("Ren 12", {"point": "CV12"}),
        ("left rhomboid major", {"muscle": "rhomboid major", "side": "left"}),
        ("upper trapezius right", {"muscle": "upper trapezius", "side": "right"}),
        ("right psoas", {"muscle": "iliopsoas", "side": "right"}),
    ],
)
def test_texts_that_are_understood(text: str, site: dict[str, Any]) -> None:
    assert parse_text(BODY, text) == site
    assert parse_text(BODY, text.upper()) == site


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", InputError, "a few words"),
        ("left", InputError, "names no landmark"),
        ("6 cm", InputError, "names no landmark"),
        ("6 left of T4", InputError, "needs a unit"),
        ("6 furlongs left of T4", UnknownNameError, "unknown unit 'furlongs'"),
        ("6 km left of T4", UnknownNameError, "mm, cm, in, cun"),
        ("6 cm left of T44", UnknownNameError, "'t44'"),
        ("6 cm left of the acromiun", UnknownNameError, "Nearest: acromion"),
        ("left rhomboid mayor", UnknownNameError, "Nearest: rhomboid major"),
        ("left GB99", UnknownNameError, "Nearest: GB"),
        ("rib 12 at left sternal border", UnknownNameError, "does not reach"),
        ("rib 5", UnknownNameError, "named with a line"),
        ("between C7 and the left acromiun", UnknownNameError, "acromion"),
        ("2 cm left of acromion", SideError, "which side's acromion"),
        ("6 cm left of T4 on the right", SideError, "one side must be meant"),
        ("-6 cm left of T4", OutOfRangeError, "must not be negative"),
        ("6 cm T4", InputError, "which way"),
        ("6 cm acromion left", InputError, "which way"),
        ("6 cm left and 2 cm lateral of T4", InputError, "sideways"),
        ("6 cm above 2 cm above T4", InputError, "one direction"),
        ("2 cm above GB21 left", InputError, "an acupoint"),
        ("2 cm above left soleus", InputError, "a muscle"),
        ("x" * 400, InputError, "a few words"),
    ],
)
def test_texts_that_are_refused(
    text: str, error: type[NeedlemapError], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        parse_text(BODY, text, field="site.text")
    assert type(caught.value) is error
