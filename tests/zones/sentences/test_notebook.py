"""What a notebook shows of an answer: the check's own sentences, verdict first."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from zones import Assessment, Needle, check_site, check_sites
from zones.sentences.notebook import MOST_ROWS
from zones.sentences.presentation import present


class Tags(HTMLParser):
    """Tags in their order, and whether all are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def looked_at(text: str) -> Tags:
    """Return the tags of HTML that is whole and fetches and runs nothing."""
    tags = Tags(text)
    assert not tags.open
    assert not {"script", "img", "link", "style", "iframe"} & set(tags.seen)
    assert not {"src", "href"} & tags.attributes
    return tags


def words(text: str) -> str:
    """Return HTML without its tags."""
    return re.sub(r"<[^>]*>", " ", text).strip()


@pytest.fixture(scope="module")
def answer() -> Assessment:
    """A plan that is refused, of which much was not asked."""
    return check_site({"text": "6 cm left of T4", "body": "male"}, {"depth_mm": 30})


def test_assessment(answer: Assessment) -> None:
    """Word, headline, limit, findings and closing line, as the check has them."""
    text = answer._repr_html_()
    looked_at(text)
    said = present(answer)
    assert words(text).startswith(said.word)
    sentences = [
        answer.headline,
        said.limit.sentence,
        *(f.message for f in answer.findings),
        *(s.why for s in answer.suggestions),
        *(question.label for question in said.questions),
        said.mapped,
        said.note,
    ]
    at = [text.index(escape(sentence)) for sentence in sentences[:2]]
    assert at == sorted(at)
    assert all(escape(sentence) in text for sentence in sentences)


def test_text_is_no_markup(answer: Assessment) -> None:
    """Whatever stands in an answer is shown as it is."""
    wild = answer.model_copy(update={"headline": "<script>alert('&')</script>"})
    looked_at(wild._repr_html_())
    assert "&lt;script&gt;" in wild._repr_html_()
    rows = check_sites({"text": ["T4"], "name": ["<img src=x>"]})
    looked_at(rows._repr_html_())
    assert "&lt;img" in rows._repr_html_()


def test_finding_and_needle(answer: Assessment) -> None:
    """One finding; the plan and the fields that were given."""
    finding = answer.findings[0]
    assert looked_at(finding._repr_html_()).seen.count("tr") == 2
    assert escape(finding.message) in finding._repr_html_()
    needle = Needle(length_mm=40, direction={"tilt_deg": 30, "toward": "medial"})
    looked_at(needle._repr_html_())
    shown = words(needle._repr_html_())
    assert shown.startswith("A needle 40 mm long, depth not stated")
    assert "grip" not in shown and "direction" in shown
    assert words(Needle()._repr_html_()) == "A needle of unstated depth"


def test_tables() -> None:
    """How many of each verdict, the gravest first; the rows, the verdict first."""
    texts = ["6 cm left of T4", "nowhere"] * MOST_ROWS
    depths = np.tile([5.0, 5.0, 30.0, 30.0], MOST_ROWS // 2)
    answers = check_sites({"text": texts}, {"depth_mm": depths})
    assert isinstance(answers, dict)
    text = answers._repr_html_()
    tags = looked_at(text)
    assert tags.seen.count("tr") == MOST_ROWS + 1
    shown = words(text)
    assert shown.startswith("DANGER")
    assert f"{MOST_ROWS} of {2 * MOST_ROWS} rows could not be checked" in shown
    assert f"{MOST_ROWS} of {2 * MOST_ROWS} rows are shown" in shown
    single = check_sites({"text": "6 cm left of T4"}, {"depth_mm": 30.0})
    assert looked_at(single._repr_html_()).seen.count("tr") == 2


def test_short_text(answer: Assessment) -> None:
    """What is printed is one short line."""
    for shown in (str(answer), repr(answer)):
        assert shown.startswith("<Assessment DANGER, ")
        assert shown.endswith(f" mm: {answer.headline}>")
    assert repr(answer.findings[0]).startswith("<Finding DANGER pleura: ")
    assert repr(Needle()) == "Needle()"
    assert repr(Needle(depth_mm=25)) == "Needle(depth_mm=25.0)"
