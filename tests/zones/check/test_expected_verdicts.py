"""What an expert expects of well-known needles, in a healthy adult asked everything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anatomy.body import load_body
from anatomy.words.sites import resolve_site
from zones import check_site
from zones.contract.models import Assessment, Verdict

BODIES = ("male", "female")


def toward_other_eye(body: str, side: str) -> list[float]:
    """Return the way from GB20 of one side to the pupil of the other."""
    model = load_body(body)  # type: ignore[arg-type]
    start = resolve_site(model, {"point": "GB20", "side": side}).point.xyz
    eye = next(
        mark.xyz
        for mark in model.landmarks
        if mark.name == "pupil" and mark.side not in (side, "midline")
    )
    way = np.asarray(eye, dtype=float) - np.asarray(start, dtype=float)
    return [float(value) for value in way / np.linalg.norm(way)]


def named(answer: Assessment, least: Verdict = Verdict.CAUTION) -> set[str]:
    """Return the ids of what is named with at least a verdict."""
    return {found.id for found in answer.findings if found.verdict >= least}


#: Site, needle, and what must be named.
CALM = [
    (
        {"muscle": "infraspinatus"},
        {"depth_mm": 25, "grip": "bone", "arm": "at side"},
        {"pleura"},
    ),
    (
        {"muscle": "lumbar multifidus"},
        {"depth_mm": 50, "grip": "bone"},
        {"cauda-equina"},
    ),
    ({"muscle": "gluteus medius"}, {"depth_mm": 50}, set()),
    ({"muscle": "deltoid", "site": "lateral middle"}, {"depth_mm": 25}, set()),
    ({"muscle": "masseter"}, {"depth_mm": 15}, {"parotid-gland"}),
]
#: Site, needle straight in, and what makes it DANGER.
GRAVE = [
    ({"muscle": "rhomboid major"}, {"depth_mm": 25, "arm": "at side"}, "pleura"),
    ({"point": "GB21"}, {"depth_mm": 20}, "pleura-dome"),
    ({"point": "CV17"}, {"depth_mm": 20}, "heart"),
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_gb20_toward_the_other_eye_is_danger(
    body: str, side: str, healthy: dict[str, Any]
) -> None:
    """Needles reach the vertebral artery there, whatever bone two bodies have."""
    needle = {
        "depth_mm": 45,
        "direction": {"vector": toward_other_eye(body, side)},
    }
    site = {"point": "GB20", "side": side, "body": body}
    answer = check_site(site, needle, healthy)
    assert answer.verdict >= Verdict.DANGER
    grave = named(answer, Verdict.DANGER)
    assert grave & {"vertebral-artery", "craniocervical-junction"}
    assert answer.max_depth_mm is not None
    assert answer.max_depth_mm < 40  # the nearest artery of ten cadavers
    assert answer.limit_set_by == "risk", "no bone is relied on in an opening"


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("site", "needle", "named_too"), CALM)
def test_usual_needles_are_below_danger(
    body: str,
    site: dict[str, Any],
    needle: dict[str, Any],
    named_too: set[str],
    healthy: dict[str, Any],
) -> None:
    here = {**site, "side": "right", "body": body}
    if needle.get("grip") == "bone":
        # the lamina under the same mark is that of L4 or L5
        bone = check_site(here, {"depth_mm": 5}, healthy).bone
        assert bone is not None
        needle = {**needle, "bone": bone.name}
    answer = check_site(here, needle, healthy)
    assert answer.verdict < Verdict.DANGER
    assert named_too <= named(answer)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("site", "needle", "structure"), GRAVE)
def test_needles_into_chest_are_danger(
    body: str,
    site: dict[str, Any],
    needle: dict[str, Any],
    structure: str,
    healthy: dict[str, Any],
) -> None:
    side = {} if site.get("point") == "CV17" else {"side": "right"}
    answer = check_site({**site, **side, "body": body}, needle, healthy)
    assert answer.verdict >= Verdict.DANGER
    assert structure in named(answer, Verdict.DANGER)
