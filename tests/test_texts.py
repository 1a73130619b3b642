"""No text that people read is without a translation, and none says other figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from anatomy.messages import LANGUAGES, SOURCE, joined, message, plural, reviewer
from tools.texts import LOCALE, missing

OTHERS = [language for language in LANGUAGES if language != SOURCE]
#: What is filled in, with its format.
PLACE = re.compile(r"\{[^{}]*\}")


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_missing(language: str) -> None:
    assert missing(language) == [], "run python -m tools.texts and translate"


@pytest.mark.parametrize("language", OTHERS)
def test_translations_fill_in_the_same(language: str) -> None:
    """A place that is lost would lose a figure."""
    files = sorted((LOCALE / language).glob("*.po"))
    assert files
    for path in files:
        for entry in _entries(path, language):
            texts = [entry.id] if isinstance(entry.id, str) else list(entry.id)
            found = [entry.string] if isinstance(entry.id, str) else list(entry.string)
            for text, other in zip(texts[-1:], found[-1:], strict=True):
                assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(other)), text


@pytest.mark.parametrize("language", OTHERS)
def test_verdicts_differ(language: str) -> None:
    """No two words of a verdict become one."""
    from zones.sentences.words import load_words

    words = load_words().verdict.values()
    said = {word.word.in_language(language) for word in words}  # type: ignore[attr-defined]
    assert len(said) == len(words)


def test_a_machine_made_language_says_so() -> None:
    assert all(reviewer(language) == "" for language in OTHERS)
    assert reviewer(SOURCE)


def test_forms_and_figures_follow_the_language() -> None:
    many = plural("{n} question", "{n} questions", 2)
    depth = message("{depth:g} mm", depth=12.5)
    assert joined([many, depth], ", ") == "2 questions, 12.5 mm"
    assert depth.in_language("de") == depth.in_language("es") == "12,5 mm"


def _entries(path: Path, language: str) -> list[object]:
    with path.open("rb") as source:
        return [entry for entry in read_po(source, locale=language) if entry.id]
