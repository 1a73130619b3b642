"""No text of the page is missing in another language, and the language can be chosen.

The texts are read through a catalogue that marks what it has translated. Whatever is
shown outside of a mark was never marked in the code, and a marked text that the
collector of texts does not know would never reach a translator.
"""

from __future__ import annotations

import ast
import html as markup
import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from dash import Patch
from dash.development.base_component import Component

from anatomy import messages
from tests.viewer.record.conftest import full_record
from tools.texts import wanted
from viewer.map.find import muscle_picker, search_box
from viewer.map.site_words import site_words
from viewer.page import app as page_app
from viewer.page.language import localised
from viewer.page.layout import out_of_order
from viewer.page.script_texts import marked, script
from viewer.panels.card import card
from viewer.panels.patient import open_questions, painting
from viewer.panels.patient.callbacks import row_states
from viewer.record.page import render
from viewer.record.page.change import review
from viewer.record.storage.models import Record, now
from viewer.section.callbacks import section_of
from viewer.section.pen import LARGE
from viewer.section.view import section_svg
from viewer.section.words import alternative, in_words
from viewer.state import page_state
from viewer.state.language import COOKIE
from viewer.state.plain import plain

__all__ = ["full_record"]

OPEN, CLOSE = "⟦", "⟧"
#: In the code as keys or parts of them; where the library's texts have the same words,
#: these are the library's.
KEYS = {"et al", "of the", "low back", "upper back"}
VIEWER = Path(__file__).parents[3] / "viewer"
#: Rooms whose texts people read on the page and on paper.
ROOMS = {"atlas", "body3d", "card", "find", "map", "needle", "page", "patient"}
ROOMS |= {"record", "section", "sheets", "state", "structures", "look.py"}
#: Shown as it is in every language, and why.
EXEMPT = {
    "needlemap": "the name of the program",
    "mm": "a unit",
    "PDF": "a format",
    "SVG": "a format",
    "PNG": "a format",
    "JSON": "a format",
    "CSV": "a format",
    "FHIR": "a standard",
    "English": "a language by its own name",
    "Deutsch": "a language by its own name",
    "Español": "a language by its own name",
    "et al": "Latin, in every language of the field",
    "6 cm left of T4": "what is typed: the search reads English",
}
#: Parts of components that people see or hear.
SEEN = {"children", "title", "label", "placeholder", "alt", "suffix", "aria-label"}
SEEN |= {"thumbLabel", "error", "description", "text", "hovertext", "words", "note"}
#: Parts of components that are data in themselves.
JSON = ("data-plain", "data-questions")
LETTERS = re.compile(r"[^\W\d_]{2,}")
SITES = (
    ("6 cm left of T4", {"length_mm": 40, "depth_mm": 25}, {}),
    ("6 cm left of T4", {"length_mm": 40, "depth_mm": 5}, {"sex": "male", "age": 40}),
    ("left GB21", {"length_mm": 30}, {"sex": "female", "pregnant": True}),
    (
        "left soleus",
        {
            "length_mm": 50,
            "depth_mm": 30,
            "direction": {"tilt_deg": 20, "toward": "medial"},
            "electrical": True,
        },
        {"anticoagulant": "warfarin", "implants": [{"kind": "pacemaker"}]},
    ),
)


class _Marking:
    """A catalogue that marks all it translates, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: set[str | tuple[str, ...]] = set()

    def ugettext(self, pattern: str) -> str:
        self.asked.add(pattern)
        return _marked(pattern)

    def ungettext(self, one: str, many: str, n: int) -> str:
        self.asked.add((one, many))
        return _marked(one if n == 1 else many)


def _marked(pattern: str) -> str:
    """Return a pattern in marks, its values outside of them."""
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError:
        return f"{OPEN}{pattern}{CLOSE}"
    made = OPEN
    for text, name, spec, conversion in parts:
        made += text
        if name is not None:
            how = f"!{conversion}" if conversion else ""
            kept = f":{spec}" if spec else ""
            made += f"{CLOSE}{{{name}{how}{kept}}}{OPEN}"
    return made + CLOSE


@pytest.fixture
def marking(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Marking]:
    """Every text in marks, for a visitor who chose German."""
    found = _Marking()
    monkeypatch.setattr(messages, "catalogue", lambda _: found)
    server = page_app.create_app(warm=False).server
    with server.test_request_context(headers={"Cookie": f"{COOKIE}=de"}):
        yield found


def unmarked(text: str) -> list[str]:
    """Return the parts of a text that are outside of marks and hold a word."""
    depth, parts = 0, [""]
    for sign in text:
        if sign == OPEN:
            depth += 1
            parts.append("")
        elif sign == CLOSE:
            depth -= 1
            parts.append("")
        elif depth == 0:
            parts[-1] += sign
    return [part.strip() for part in parts if LETTERS.search(part)]


def seen(value: Any, name: str = "children") -> Iterator[str]:
    """Yield every text that people see or hear in what is sent to the page."""
    if isinstance(value, Component):
        value = value.to_plotly_json()["props"]
        for key, part in value.items():
            if key.startswith("data-") and key in JSON:
                yield from _nodes(json.loads(part))
            elif key == "src" and str(part).startswith("data:image/svg+xml;base64,"):
                svg = b64decode(str(part).partition(",")[2]).decode()
                yield from drawn(svg)
            elif key in SEEN or isinstance(part, Component | list | dict):
                yield from seen(part, key)
    elif isinstance(value, Patch):
        yield from seen([item["params"] for item in value._operations], "data")
    elif isinstance(value, dict):
        for key, part in value.items():
            if key in SEEN or not isinstance(part, str):
                yield from seen(part, str(key))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from seen(part, name)
    elif isinstance(value, str) and name in SEEN:
        yield value


def _nodes(nodes: Any) -> Iterator[str]:
    """Yield the texts of parts that the browser writes by itself."""
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif len(node) == 3 and isinstance(node[1], dict):
            yield from (text for key, text in node[1].items() if key in SEEN)
            yield from _nodes(node[2])
        else:  # a question: name, question, help, pairs of value and label
            yield from (node[1], node[2], *(label for _, label in node[3]))


def drawn(svg: str) -> Iterator[str]:
    """Yield the texts of a drawing."""
    for text in re.findall(r"<(?:text|title)[^>]*>(.*?)</(?:text|title)>", svg):
        yield markup.unescape(text)
    for text in re.findall(r'data-(?:name|level)="([^"]*)"', svg):
        yield markup.unescape(text)


@cache
def own_words() -> re.Pattern[str]:
    """Return the texts in the page's code that are not marked, as one pattern.

    Those of several words or with a capital: single small words are keys. What the
    library says is not among them: it marks its texts by itself, and its tests see to
    that.
    """
    found: set[str] = set()
    for path in sorted(VIEWER.rglob("*.py")):
        # what a record sends to another program is in English
        shown = path.name != "terminal.py" and path.parent.name != "fhir"
        if shown and path.relative_to(VIEWER).parts[0] in ROOMS:
            for text in _literals(ast.parse(path.read_text("utf-8"))):
                plain_text = text.strip(" .,;:·()–")
                if len(plain_text) < 4 or not LETTERS.search(plain_text):
                    continue
                if " " in plain_text or plain_text[0].isupper():
                    found.add(plain_text)
    parts = "|".join(re.escape(text) for text in sorted(found, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{parts})(?!\w)")


def _literals(tree: ast.AST) -> Iterator[str]:
    """Yield the texts in code, but for marked ones, docstrings, errors and the log."""
    bare = isinstance(tree, ast.Expr) and not isinstance(tree.value, ast.Call)
    if bare or isinstance(tree, ast.Raise):
        return
    if isinstance(tree, ast.Call):
        called = getattr(tree.func, "id", getattr(tree.func, "attr", ""))
        if called in ("_", "plural", "exception", "getLogger"):
            for word in tree.keywords:
                yield from _literals(word)
            return
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield tree.value
    for child in ast.iter_child_nodes(tree):
        yield from _literals(child)


def is_ours(text: str) -> bool:
    """Return whether a text holds words of the page's own code that are not marked."""
    return bool(set(own_words().findall(text)) - KEYS)


def missing(texts: Iterator[str]) -> list[str]:
    """Return the texts of the page that nobody marked."""
    found = dict.fromkeys(part for text in texts for part in unmarked(text))
    return [
        part for part in found if part.strip(" .,;:·()") not in EXEMPT and is_ours(part)
    ]


@cache
def collected() -> frozenset[Any]:
    """Return every text that translators are shown."""
    return frozenset(key for file in wanted().values() for key in file)


def uncollected(marking: _Marking) -> list[Any]:
    """Return the marked texts that no translator will ever be shown."""
    return [
        key
        for key in marking.asked
        if key not in collected() and is_ours(key if isinstance(key, str) else key[0])
    ]


def _check(marking: _Marking, *shown: Any) -> None:
    texts = [text for part in shown for text in seen(localised(part, "de"))]
    assert texts
    assert missing(iter(texts)) == []
    assert uncollected(marking) == []


# ------------------------------------------------------------------- the page


def test_the_check_finds_what_is_not_marked() -> None:
    from dash import html

    inside = html.P(["Low back & hip ", _marked("{n} marked").format(n="12 mm")])
    assert missing(seen(inside)) == ["Low back & hip"]
    assert missing(seen(html.Div(title="Low back & hip"))) == ["Low back & hip"]
    hidden = html.Div(**{"data-plain": plain([html.P("Low back & hip")])})
    assert missing(seen(hidden)) == ["Low back & hip"]


def test_the_layout_is_marked(marking: _Marking) -> None:
    _check(marking, page_app._page(log_out=True), out_of_order(page_state.FAILED))


@pytest.mark.parametrize(("words", "needle", "patient"), SITES)
def test_an_answer_is_marked(
    words: str, needle: dict[str, Any], patient: dict[str, Any], marking: _Marking
) -> None:
    site = page_state.place("female", {"text": words})
    outcome = page_state.assess(site, needle, patient)
    assert outcome.assessment is not None
    rows, _store, progress = open_questions.filled(outcome, site, patient, None)
    asked = {"site": site, "needle": needle, "patient": patient}
    section, _ = section_of(asked, "needle", None, LARGE)
    assert section is not None
    _check(
        marking,
        card.summary(outcome, needle),
        card.instead(outcome),
        card.questions(outcome, patient),
        card.reasons(outcome, needle),
        [rows, progress],
        site_words(site, outcome.assessment),
        row_states(patient),
        [alternative(section), in_words(section)],
    )
    assert missing(drawn(section_svg(section, LARGE))) == []


@pytest.mark.parametrize(
    "needle",
    [
        {"length_mm": 40, "depth_mm": -3},
        {"length_mm": 40, "depth_mm": 20, "grip": "pincer"},
        {"length_mm": 40, "depth_mm": 20, "grip": "bone"},
    ],
)
def test_an_error_has_its_frame_in_the_language(
    needle: dict[str, Any], marking: _Marking
) -> None:
    site = page_state.place("female", {"text": "6 cm left of T4"})
    outcome = page_state.assess(site, needle, {})
    assert outcome.assessment is None
    [text] = [
        text
        for text in seen(localised(card.summary(outcome, needle), "de"))
        if "until this is corrected" in text
    ]
    # what the library says of a wrong number stays English for now
    assert text.startswith(OPEN)
    if outcome.field in page_state.MISSING:
        assert unmarked(text) == []
    assert uncollected(marking) == []


def test_the_ways_to_a_site_are_marked(marking: _Marking) -> None:
    found = search_box.found("T4 6 cm left", "female", 8)
    _check(
        marking,
        muscle_picker.name_list("muscle", "tib"),
        muscle_picker.detail("muscle", "soleus", {"sex": "female"}),
        muscle_picker.detail("point", "GB21", {}),
        [search_box._option(hit, 1, "T4") for hit in found],
        search_box.choices(search_box.NAME_A_SITE, found),
        painting.rows({"lymphoedema": ["left arm"]}, "female"),
    )


def test_the_3d_body_is_marked(marking: _Marking) -> None:
    from viewer.body3d.callbacks import drawing

    site = page_state.place("female", {"text": "6 cm left of T4"})
    asked = {
        "site": site,
        "needle": {"length_mm": 40, "depth_mm": 25},
        "patient": {},
    }
    whole, drawn_now = drawing(asked, "female", ["all"], None, "glass")
    _check(marking, whole["layout"], [t.get("meta", {}) for t in whole["data"]])
    change, _ = drawing({**asked, "site": None}, "female", [], drawn_now, "glass")
    _check(marking, change, [page_state.FAILED])


def test_the_session_is_marked(marking: _Marking, full_record: Record) -> None:
    _check(
        marking,
        render.findings(review(full_record)),
        [
            part
            for part in render.sites(full_record, review(full_record))
            if "site-three" not in str(part)
        ],
        [render.kept(3, now()), render.older(30, 2), render.older(30, 0)],
        render.listed([], "x", None),
    )


# ------------------------------------------------------------------- atlas and paper


@pytest.mark.parametrize(
    "search",
    ["", "?zone=pleura", "?zone=pleura&compare=1", "?about=minor", "?by=muscle"],
)
def test_the_atlas_is_marked(search: str, marking: _Marking) -> None:
    from viewer.atlas import link
    from viewer.atlas.browser import zone_list
    from viewer.atlas.plates import plate

    state, problems = link.parse(search)
    _check(marking, zone_list(state), plate(state, problems))


def _sheets() -> dict[str, Callable[[], Any]]:
    from viewer.sheets import sheets

    return {
        "zone": lambda: sheets.zone_figure("pleura"),
        "view": lambda: sheets.view_figure("left_hand_palmar"),
        "poster": sheets.poster_figure,
        "pocket": lambda: sheets.pocket_figure("hand"),
        "section": lambda: sheets.section_figure(
            {"text": "6 cm left of T4"}, {"depth_mm": 25}, {"pregnant": False}
        ),
    }


@pytest.mark.parametrize("name", list(_sheets()))
def test_a_sheet_is_marked(name: str, marking: _Marking) -> None:
    texts = [text for page in _sheets()[name]() for text in drawn(page.svg())]
    # a text is broken into lines, and its marks with it
    whole = " ".join(texts)
    assert whole.count(OPEN) == whole.count(CLOSE) > 3
    assert missing(iter([whole])) == []
    assert uncollected(marking) == []


def test_the_papers_of_a_session_are_marked(
    marking: _Marking, full_record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    import typst

    from viewer.record.paper.leaflet import leaflet_pdf
    from viewer.record.paper.pdf import record_pdf

    sent: list[Any] = []

    def compiled(*_: Any, sys_inputs: dict[str, str], **__: Any) -> bytes:
        sent.append(json.loads(sys_inputs["data"]))
        return b"%PDF-"

    monkeypatch.setattr(typst, "compile", compiled)
    leaflet_pdf(full_record)
    record_pdf(full_record)
    assert [data["language"] for data in sent] == ["de", "de"]
    typed = [full_record.reference, full_record.id, *full_record.notes.splitlines()]
    typed += [site.override.text for site in full_record.sites if site.override]
    typed += [
        answer for answer in full_record.facts.values() if isinstance(answer, str)
    ]
    for data in sent:
        found = [
            part
            for part in missing(_values(data))
            if not any(part in text for text in typed)
        ]
        assert found == []
    assert uncollected(marking) == []


def _values(data: Any) -> Iterator[str]:
    """Yield the texts of what a paper is set from."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "svg":
                yield from drawn(value)
            elif key == "rows" and "label" in str(value)[:400]:
                continue  # sources: names, titles and addresses
            elif key not in ("verdict", "language", "address", "label"):
                yield from _values(value)
    elif isinstance(data, list):
        for value in data:
            yield from _values(value)
    elif isinstance(data, str):
        yield data


# ------------------------------------------------------------------- the choice


@pytest.fixture(scope="module")
def client() -> Any:
    return page_app.create_app(warm=False).server.test_client()


def test_the_page_says_its_language(client: Any) -> None:
    assert b'<html lang="en">' in client.get("/").data
    client.set_cookie(COOKIE, "de")
    assert b'<html lang="de">' in client.get("/").data
    layout = client.get("/_dash-layout").get_data(as_text=True)
    assert "language-notice" in layout
    client.set_cookie(COOKIE, "tlh")
    assert b'<html lang="en">' in client.get("/").data
    client.delete_cookie(COOKIE)
    assert "language-notice" not in client.get("/_dash-layout").get_data(as_text=True)


def test_a_wish_of_the_browser_is_offered_and_not_followed(client: Any) -> None:
    wish = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}
    page = client.get("/", headers=wish).data
    assert b'<html lang="en">' in page
    assert "language-offer" in client.get("/_dash-layout", headers=wish).text
    other = {"Accept-Language": "fr,de;q=0.5"}
    assert "language-offer" not in client.get("/_dash-layout", headers=other).text
    client.set_cookie(COOKIE, "en")
    assert "language-offer" not in client.get("/_dash-layout", headers=wish).text
    client.delete_cookie(COOKIE)


def test_the_scripts_get_their_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(marked()) <= collected()
    assert script("en") == ""
    monkeypatch.setattr(messages, "catalogue", lambda _: _Marking())
    told = json.loads(script("de").partition("=")[2].rstrip(";\n"))
    assert told["Saving …"] == "⟦Saving …⟧"
    assert told["{count} sites"] == "⟦⟧{count}⟦ sites⟧"


def test_the_address_of_the_texts_may_be_kept(client: Any) -> None:
    answer = client.get("/_texts.js?lang=de")
    assert answer.mimetype == "text/javascript"
    assert "max-age" in answer.headers["Cache-Control"]
    assert client.get("/_texts.js").data == b""
