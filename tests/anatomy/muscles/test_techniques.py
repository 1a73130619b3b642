"""Techniques of muscles: each figure has a basis, and nothing is made up in a plan."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from anatomy.errors import UnknownNameError
from anatomy.muscles.catalogue import get_muscle, muscle_names
from anatomy.muscles.technique_words import plan_words, site_techniques, technique_parts
from anatomy.muscles.techniques import (
    load_technique_sources,
    load_techniques,
    read_techniques,
    techniques_of,
)
from anatomy.muscles.usual_plan import UsualPlan, usual_plan
from anatomy.store import shipped

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "docs" / "make"))

import make_techniques  # noqa: E402

SITES = [
    (name, site.label) for name in muscle_names() for site in get_muscle(name).site
]


def test_what_ships_is_read_whole() -> None:
    found, sources, problems = read_techniques()
    assert problems == []
    assert sum(map(len, found.values())) == len(load_techniques())
    cited = {
        source
        for technique in load_techniques()
        if not technique.of_catalogue
        for source in technique.sources
    }
    assert set(sources) <= cited, "a source that no technique cites"


def test_every_muscle_has_a_technique() -> None:
    assert [name for name in muscle_names() if not techniques_of(name)] == []


def test_memory_never_has_a_source_of_its_own() -> None:
    """What is from memory is a reading of the catalogue's words, and says so."""
    mine = [t for t in load_techniques() if t.basis == "memory"]
    assert mine
    for technique in mine:
        assert technique.of_catalogue
        names = [name for name, _, _ in technique_parts(technique)]
        assert "Source" not in names
        assert "Source of the place" in names


def test_a_plan_holds_no_figure_that_its_technique_or_site_lacks() -> None:
    plans = [(name, label, usual_plan(name, label)) for name, label in SITES]
    assert sum(plan is not None for _, _, plan in plans) > 100
    for name, label, plan in plans:
        if plan is not None:
            _check_plan(name, label, plan)


def _check_plan(name: str, label: str, plan: UsualPlan) -> None:
    technique = plan.technique
    assert technique.usual
    assert technique.applies_to(label)
    site = next(s for s in get_muscle(name).site if s.label == label)
    lengths = {
        *((technique.needle and technique.needle.length_mm) or ()),
        *(site.needle_length_mm or ()),
    }
    assert plan.length_mm is None or plan.length_mm in lengths
    if plan.depth_mm is not None:
        assert technique.depth is not None
        assert technique.depth.kind != "muscle"
        assert plan.depth_mm in (technique.depth.max_mm, technique.depth.mean_mm)
        assert plan.length_mm is None or plan.depth_mm <= plan.length_mm
    else:
        assert any("no inserted depth" in gap for gap in plan.gaps)
        assert "depth_mm" not in plan.request()
    if plan.direction is None:
        told = "direction not stated" if plan.open_tilt_deg else "gives no angle"
        assert any(told in gap for gap in plan.gaps)


def _plan(muscle: str, site: str | None = None) -> UsualPlan:
    plan = usual_plan(muscle, site)
    assert plan is not None
    return plan


def test_a_needle_length_is_no_depth() -> None:
    plan = _plan("masseter")
    assert plan.depth_mm is None
    assert plan.length_mm == 13.0
    assert plan.length_basis == "memory"
    assert "only the needle's length" in plan_words(plan)


def test_a_depth_of_the_muscle_is_not_a_plan() -> None:
    deep = next(t for t in load_techniques() if t.id == "fpl-kim2013-3")
    assert deep.depth is not None
    assert deep.depth.mean_mm == 14.5
    assert deep.depth.planned_mm is None
    assert _plan("flexor pollicis longus").depth_mm is None


def test_a_published_depth_is_the_plans() -> None:
    plan = _plan("upper trapezius", "anterior free border")
    assert (plan.depth_mm, plan.depth_basis) == (15.0, "published")
    assert plan.technique.grip == "pincer"
    assert "the height of the fold is not given" in plan.gaps
    tilted = _plan("thoracolumbar multifidus")
    assert tilted.direction == {"tilt_deg": 22.0, "toward": "medial"}
    assert tilted.direction_basis == "published"


def test_a_tilt_without_a_way_may_lean_any_way() -> None:
    plan = _plan("rhomboid major", "between T2-T5 spinous processes and medial border")
    assert (plan.direction, plan.open_tilt_deg) == (None, 60.0)
    assert "direction" not in plan.request()
    assert {"tilt_deg": 60.0, "toward": "caudal"} in plan.directions()
    assert "60° from straight in, direction not stated" in plan_words(plan)
    assert _plan("teres major").directions() == ("perpendicular",)


def test_a_place_to_leave_out_has_no_usual_plan() -> None:
    assert usual_plan("quadratus lumborum", "12th rib insertion") is None
    assert usual_plan("obliquus capitis superior") is None
    assert usual_plan("intercostals") is None


def test_what_is_found_for_a_muscle_is_by_any_of_its_names() -> None:
    assert techniques_of("SCM") == techniques_of("sternocleidomastoid")
    with pytest.raises(UnknownNameError, match="soleus"):
        techniques_of("soleous")
    with pytest.raises(UnknownNameError):
        usual_plan("soleus", "nowhere")


def test_the_basis_is_said_of_each_technique_and_assumption() -> None:
    shown = dict(site_techniques("flexor pollicis longus", "mid forearm radial side"))
    assert any(heading.startswith("Published") for heading in shown)
    assert any(heading.startswith("From memory") for heading in shown)
    kearns = next(t for t in load_techniques() if t.id == "piri-kearns2018")
    parts = {name: (value, basis) for name, value, basis in technique_parts(kearns)}
    assert parts["Posture"] == ("prone", "assumed by us")
    assert parts["Direction"][1] == "assumed by us"
    assert parts["Depth"] == ("not given", "")
    assert "19 limbs; 19 without injury" in parts["Done in"][0]


def test_the_sources_say_how_they_were_read() -> None:
    sources = load_technique_sources()
    assert sources["temel-2023"].read == "excerpt"
    dois = [s.doi.lower() for s in sources.values() if s.doi]
    assert len(dois) == len(set(dois))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('muscles = ["supinator"]', 'muscles = ["supinater"]', "unknown muscle"),
        (
            'sites = ["40 mm distal to lateral epicondyle, dorsal"]',
            'sites = ["41 mm distal to lateral epicondyle, dorsal"]',
            "unknown site",
        ),
        ('sources = ["fernandez-de-las-penas-2021"]', "sources = []", "sources are"),
        ("mean_mm = 16.4", "mean_mm = -16.4", "depth.mean_mm"),
        ("mean_mm = 16.4", "mean_cm = 16.4", "depth.mean_cm"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_entry(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    folder = tmp_path / "techniques"
    shutil.copytree(shipped("catalogue/techniques"), folder)
    path = folder / "forearm_hand.toml"
    text = path.read_text("utf-8")
    at = text.index('id = "sup-fdlp2021"')
    assert old in text[at:]
    path.write_text(text[:at] + text[at:].replace(old, new, 1), "utf-8")
    _, _, problems = read_techniques(folder)
    assert len(problems) == 1
    assert "forearm_hand.toml, technique 'sup-fdlp2021'" in problems[0]
    assert told in problems[0]


def test_the_page_of_techniques_is_that_of_the_data() -> None:
    assert make_techniques.PAGE.read_text("utf-8") == make_techniques.page(), (
        "the page is older than the data: run python docs/make/make_techniques.py"
    )


def test_a_request_can_be_sent_as_it_is() -> None:
    needle = _plan("supinator").request()
    assert json.loads(json.dumps(needle)) == {
        "length_mm": 30.0,
        "depth_mm": 16.4,
        "direction": "perpendicular",
        "electrical": False,
    }
