"""Documents set by Typst: templates that get all their words and pictures as JSON.

Every PDF of the project is made here and follows PDF/UA-1, so that it can be read
aloud. The font that ships with the program comes first; where people type, the
machine's own fonts help out for the scripts that it does not hold.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from anatomy.messages import translate, translated
from viewer.look.look import GREY, INK, LOOKS, icon_svg
from viewer.sheets.pen import FAMILIES, FAMILY, FONTS, INSTEAD, PAPER, RULE
from viewer.state.language import asked_language
from zones.contract.models import Verdict

TEMPLATES = Path(__file__).parent / "templates"
#: Printed in the place of a sign that no font has.
MISSING = "☐"
#: How Typst names a text that no font has.
_NOT_SET = re.compile(r'the text `"(.+?)"` could not be displayed')
#: What Typst would set as nothing or as two.
_PLAIN = {"\r\n": "\n", "\t": "    "}


def typeset(
    template: str,
    data: Mapping[str, Any],
    *,
    date: datetime.date | None = None,
    typed: bool = False,
) -> bytes:
    """Return a document as a PDF; the same data give the same bytes.

    Parameters
    ----------
    template : str
        Name of a file in ``templates``, without its ending.
    data : mapping
        What it says, as plain data; it is set in the reader's language.
    date : date, optional
        Goes into the properties of the document; none by default.
    typed : bool
        Whether it holds texts that people typed. Signs that the shipped font does not
        have are then set in a font of this machine, or as `MISSING` if none has them.

    Examples
    --------
    >>> typeset("pages", {"title": "none", "pages": []})[:5]
    b'%PDF-'
    """
    import typst

    compiled: Any = typst.compile
    instead = dict(_PLAIN)
    day = date and datetime.datetime.combine(date, datetime.time(), datetime.UTC)
    language = asked_language()
    data = {"language": language, **translated(data, language)}
    while True:
        inputs = {
            "data": json.dumps(_replaced(data, instead), ensure_ascii=False),
            "house": _house(language),
            "whole": "no" if MISSING in instead.values() else "yes",
        }
        try:
            pdf: bytes = compiled(
                str(TEMPLATES / f"{template}.typ"),
                root=str(TEMPLATES),
                font_paths=_fonts(machine=typed),
                sys_inputs=inputs,
                timestamp=day,
                pdf_standards="ua-1",
                format="pdf",
            )
        except typst.TypstError as error:
            found = {_unescaped(text) for text in _NOT_SET.findall(error.diagnostic)}
            if found <= instead.keys():
                raise
            instead |= {sign: INSTEAD.get(sign, MISSING) for sign in found}
        else:
            return pdf


def _replaced(data: Any, instead: Mapping[str, str]) -> Any:
    """Return plain data with parts of its texts replaced."""
    if isinstance(data, str):
        for part, other in instead.items():
            data = data.replace(part, other)
        return data
    if isinstance(data, Mapping):
        return {name: _replaced(value, instead) for name, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_replaced(value, instead) for value in data]
    return data


def _unescaped(text: str) -> str:
    r"""Return a text as it was before Typst wrote it with ``\u{...}`` and ``\"``."""
    return re.sub(
        r"\\u\{([0-9a-f]+)\}|\\(.)",
        lambda m: chr(int(m[1], 16)) if m[1] else m[2],
        text,
    )


@cache
def _fonts(*, machine: bool) -> Any:
    import typst

    return typst.Fonts(
        include_system_fonts=machine,
        include_embedded_fonts=False,
        font_paths=[str(FONTS)],
    )


@cache
def _house(language: str) -> str:
    """Return what all templates share: paper, font, colours, verdicts."""
    looks = {
        verdict.value: {
            "word": translate(look.word, language),
            "fill": look.fill,
            "ink": look.ink,
            "line": look.line,
            "icon": _icon(verdict),
            "head": _icon(verdict, on_head=True),
        }
        for verdict, look in LOOKS.items()
    }
    return json.dumps(
        {
            "paper": PAPER["A4"],
            "family": FAMILY,
            "ink": INK,
            "grey": GREY,
            "rule": RULE,
            "alarm": LOOKS[Verdict.STOP].line,
            "looks": looks,
        }
    )


def _icon(verdict: Verdict, *, on_head: bool = False) -> str:
    svg = icon_svg(verdict, on_head=on_head)
    return svg.replace('font-family="sans-serif"', f'font-family="{FAMILIES}"')
