"""One answer in words: the same for an answer and its record, in both registers."""

from __future__ import annotations

from pathlib import Path

import pytest

from anatomy.errors import DataError
from anatomy.store import shipped
from viewer.record.storage.models import Answer
from viewer.text.structures.content import zone_index
from viewer.text.terminal.text import assessment_text
from zones import check_site
from zones.contract.models import Coverage, Verdict
from zones.sentences.figures import from_words
from zones.sentences.presentation import mapped_words, present
from zones.sentences.words import load_words

NEEDLE = {"length_mm": 40, "depth_mm": 25}


def test_a_record_says_what_the_answer_said() -> None:
    """Only suggestions and other views are not kept."""
    answer = check_site({"text": "6 cm left of T4"}, NEEDLE, {"sex": "female"})
    now, kept = present(answer), present(Answer.of(answer))
    for name in vars(now):
        if name not in {"findings", "suggestions"}:
            assert getattr(now, name) == getattr(kept, name), name
    for one, other in zip(now.findings, kept.findings, strict=True):
        for name in vars(one).keys() - {"how", "other_views"}:
            assert getattr(one, name) == getattr(other, name), name


def test_the_terminal_has_every_part() -> None:
    """Nothing composed is left out by the plainest of the renderers."""
    answer = check_site({"text": "6 cm left of T4"}, NEEDLE)
    said, flat = present(answer), " ".join(assessment_text(answer).split())
    parts = [said.word, said.headline, said.limit.line, said.mapped, said.note]
    parts += [said.bone] if said.bone else []
    parts += [f.message for f in said.findings if f.kind == "zone"]
    parts += [question.label for question in said.questions]
    parts += [suggestion.why for suggestion in said.suggestions]
    for part in parts:
        assert " ".join(part.split()) in flat


def test_unmapped_skin_is_one_sentence() -> None:
    nothing = Coverage(level="none")
    assert mapped_words(nothing) == "Nothing has been mapped in this region."
    some = Coverage(level="partial", mapped=["lung", "heart"])
    assert mapped_words(some) == "Mapped in this region (in part): lung, heart."


def test_what_counts_is_called_the_same_everywhere() -> None:
    """Card, ruler and section name a mark by the verdict that begins there."""
    answer = check_site({"text": "6 cm left of T4"}, NEEDLE)
    found = {f.verdict: from_words(f) for f in answer.findings if f.reached_at_mm}
    first = {
        Verdict.DANGER: "danger from ",
        Verdict.CAUTION: "caution from ",
        Verdict.NO_KNOWN_DANGER: "warning from ",
    }
    assert found
    assert all(said.startswith(first[verdict]) for verdict, said in found.items())


def test_registers() -> None:
    """Patients and practitioners get their own words for the same thing."""
    words = load_words()
    for verdict in Verdict:
        both = words.verdict[verdict]
        assert both.to("plain") == both.plain
        assert both.to("professional") == both.professional
    assert words.region_words("low back", "professional") == "lumbar region"
    assert words.region_words("low back", "plain") == "lower back"
    assert words.region_words("thigh", "plain") == "thigh"
    bases = {d.kind for zone in zone_index().values() for d in zone.depth}
    assert bases <= words.basis.keys()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[verdict.STOP]", "[verdict.HALT]"),
        ("[verdict.STOP]", "[verdict.STOP]\ncolour = 'red'"),
        ('pooled = "pooled', 'pooling = "pooled'),
        ('memory = "', 'memoir = "'),
    ],
)
def test_a_gap_in_the_file_is_named(tmp_path: Path, old: str, new: str) -> None:
    text = shipped("answer_words.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "answer_words.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=r"words\.toml"):
        load_words(file)
