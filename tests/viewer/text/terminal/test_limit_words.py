"""One wording of the depth limit wherever it is read, in whole millimetres."""

from __future__ import annotations

import re

import pytest

from viewer.panels.card.card import instead, summary
from viewer.panels.card.ruler import ruler_svg
from viewer.panels.card.ruler import words as ruler_words
from viewer.record.storage.models import Answer
from viewer.section.view import section_svg
from viewer.section.words import alternative
from viewer.state.page_state import Outcome
from viewer.state.plain import plain
from viewer.text.terminal.text import assessment_text
from zones import check_site
from zones.pictures.section import site_section
from zones.sentences.figures import depth_words
from zones.sentences.presentation import present

NEEDLE = {"length_mm": 40, "depth_mm": 25}
SITES = (
    "6 cm left of T4",
    "5 cm right of L3",
    "GB21 left",
    "SI18 right",
    "left piriformis",
    "ST36 left",
)
#: A figure in millimetres with a decimal.
BROKEN = re.compile(r"\d\.\d+ ?mm")
#: The usual error of a hand, as it was measured: a study's figure and no limit.
HAND = re.compile(r"\([\d.]+\s+mm\s+and\s+\d+\s+degrees[^)]*\)")


@pytest.mark.parametrize("text", SITES)
def test_everything_that_is_read_has_whole_millimetres(text: str) -> None:
    """Card, ruler, terminal, record, lesson, section: no tenth of a millimetre."""
    patient = {"sex": "female", "age": 31, "bmi": 21.0}
    answer = check_site({"text": text}, NEEDLE, patient)
    section = site_section(answer, NEEDLE, patient)
    record = Answer.of(answer)
    outcome = Outcome(answer)
    views = [view.text for f in answer.findings for view in f.other_views]
    views += [f.how for f in answer.findings if f.how]
    shown = {
        "card": plain(summary(outcome, NEEDLE)),
        "instead": str([str(part) for part in instead(outcome)]),
        "depths": " ".join(depth_words(f) for f in answer.findings),
        "alt text": ruler_words(answer, NEEDLE),
        "ruler": ruler_svg(answer, NEEDLE),
        "terminal": assessment_text(answer),
        "record": present(record).limit.line,
        "section": section_svg(section),
        "section in words": alternative(section),
        "findings": " ".join(depth_words(f) for f in record.findings),
        "messages": " ".join(f.message for f in answer.findings),
        "suggestions": " ".join(s.why for s in answer.suggestions),
    }
    for where, words in shown.items():
        flat = HAND.sub("", " ".join(words.split())).replace(" ", "")
        for view in views:  # what a study says stays as it says it
            flat = flat.replace(view.replace(" ", ""), "")
        broken = BROKEN.findall(flat)
        assert not broken, (where, broken)
    # one wording in all of them
    limit = present(answer).limit
    for where in ("card", "terminal", "record"):
        flat = " ".join(re.sub(r"\s+", " ", shown[where]).split())
        assert limit.figure in flat, where
        assert limit.note in flat, where
    assert limit.sentence in shown["alt text"]
