"""Texts that people read, so made that they can be read in another language.

The language of the code and the data is English, and a `Message` is an English text: a
`str` like any other. It also remembers how it was made (its pattern, its values, the
messages in it), so that whoever shows it, and only they, can ask for it in another
language. Answers, memories and records therefore have no language.

A catalogue is a gettext file (``data/locale/LANGUAGE/*.po``), keyed by the English
pattern. A clinician can correct it, and a data folder of one's own can bring another.
"""

from __future__ import annotations

import io
import re
import string
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import WrapValidator

from anatomy.errors import UnknownNameError
from anatomy.names import closest
from anatomy.store import cached, files_of

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog
    from babel.support import Translations

#: The language of code and data.
SOURCE = "en"
#: Languages that ship, each by its own name.
LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español"}
#: Where the files of a language lie in a data folder.
FOLDER = "locale/{}"
#: Line of a catalogue's head behind which the clinician who has read it writes a name.
REVIEWER = "Reviewed by"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s+(?=[A-ZÄÖÜÁÉÍÓÚÑ¿¡])", text, maxsplit=1)[0]


#: What may be done to a finished text, in any language.
CHANGES: Mapping[str, Callable[[str], str]] = {
    "lower first": _lower_first,
    "capital": _capital,
    "first sentence": _first_sentence,
}


class Message(str):
    """An English text that knows how it was made; see `message`.

    Examples
    --------
    >>> depth = message("{depth:g} mm", depth=12.5)
    >>> depth, depth.in_language("de")
    ('12.5 mm', '12,5 mm')
    """

    __slots__ = ("_kind", "_patterns", "_values")

    _kind: str
    _patterns: tuple[str, ...]
    _values: Mapping[str, Any]

    def __new__(
        cls, kind: str, patterns: tuple[str, ...], values: Mapping[str, Any]
    ) -> Message:
        """Return a message of a kind; `message` and its neighbours are for callers."""
        made = str.__new__(cls, _render(kind, patterns, values, SOURCE))
        made._kind, made._patterns, made._values = kind, patterns, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what a copy in another process is made from."""
        return Message, (self._kind, self._patterns, dict(self._values))

    def in_language(self, language: str) -> str:
        """Return the text in a language, English where it has no translation.

        Parameters
        ----------
        language : str
            A name of `LANGUAGES`, or one that a data folder brings.
        """
        if language == SOURCE:
            return str(self)
        return _render(self._kind, self._patterns, self._values, language)

    def patterns(self) -> Iterable[str | tuple[str, ...]]:
        """Yield every pattern that a translator must know to say this."""
        if self._kind == "plain":
            yield self._patterns[0]
        elif self._kind == "plural":
            yield self._patterns
        for value in self._values.values():
            if isinstance(value, Message):
                yield from value.patterns()


def message(pattern: str, /, **values: object) -> Message:
    """Return an English text that can be translated.

    Parameters
    ----------
    pattern : str
        A whole sentence or phrase, with places such as ``{depth:g}`` when there are
        values. Nothing is filled in when there are none. It must be written out where
        it is called, and called ``_``, so that it is found by the tool that collects
        texts: ``from anatomy.messages import message as _``.
    **values
        What goes into the places. Numbers are written as the language does; messages
        among them are translated, too.

    Examples
    --------
    >>> lung = message("lung")
    >>> message("The needle stays short of the {structure}.", structure=lung)
    'The needle stays short of the lung.'
    """
    return Message("plain", (pattern,), values)


def plural(one: str, many: str, n: int, /, **values: object) -> Message:
    """Return a text in the form that a number asks for; ``{n}`` is the number.

    Examples
    --------
    >>> plural("{n} question", "{n} questions", 1)
    '1 question'
    """
    return Message("plural", (one, many), {"n": n, **values})


def joined(parts: Iterable[str], separator: str = " ") -> Message:
    """Return texts behind one another, each of which can be translated.

    Examples
    --------
    >>> joined([message("depth not given"), "30°"], ", ")
    'depth not given, 30°'
    """
    return Message(
        "joined", (separator,), {f"p{i}": part for i, part in enumerate(parts)}
    )


def changed(text: str, how: str) -> str:
    """Return a text with one of `CHANGES` made to it, in whichever language it is read.

    Examples
    --------
    >>> changed(message("deepest plan below danger"), "capital")
    'Deepest plan below danger'
    """
    if not isinstance(text, Message):
        return CHANGES[how](text)
    return Message("changed", (how,), {"text": text})


def _as_message(value: object, known: Callable[[object], str]) -> str:
    return value if isinstance(value, Message) else known(value)


def _to_message(value: object, known: Callable[[object], str]) -> str:
    if isinstance(value, Message):
        return value
    text = known(value)
    return message(text) if text else text


#: A text of an answer: a plain text, or a message that stays one.
Words = Annotated[str, WrapValidator(_as_message)]
#: A text of a data file that people read: it becomes a message.
DataWords = Annotated[str, WrapValidator(_to_message)]


class _Format(string.Formatter):
    """Fills in a pattern: messages in the language, numbers as it writes them."""

    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: Any, spec: str) -> Any:
        if isinstance(value, Message):
            return format(value.in_language(self.language), spec)
        text = format(value, spec)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if self.language == SOURCE or not number:
            return text
        return text.translate(_signs(self.language))


@cached
def _signs(language: str) -> Mapping[int, str]:
    """Return what stands for the comma and the point of an English number."""
    # most programs never ask for another language
    from babel.numbers import get_decimal_symbol, get_group_symbol

    group = get_group_symbol(language)
    # a comma or point between groups could be read as a decimal
    group = "\u202f" if group in (",", ".") else group
    return str.maketrans({",": group, ".": get_decimal_symbol(language)})


def _render(
    kind: str, patterns: tuple[str, ...], values: Mapping[str, Any], language: str
) -> str:
    """Return a text in a language."""
    if kind == "joined":
        return patterns[0].join(translate(v, language) for v in values.values())
    if kind == "changed":
        return CHANGES[patterns[0]](translate(values["text"], language))
    if language == SOURCE:
        last = len(patterns) > 1 and values["n"] != 1
        found = patterns[1] if last else patterns[0]
    elif kind == "plural":
        one, many = patterns
        found = catalogue(language).ungettext(one, many, values["n"])
    else:
        found = catalogue(language).ugettext(patterns[0])
    return _Format(language).vformat(found, (), values) if values else found


@cached
def catalogue(language: str) -> Translations:
    """Return the translations into a language.

    Raises
    ------
    UnknownNameError
        When neither what ships nor the data folder has that language.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.support import Translations

    files = _files(language)
    if not files:
        raise UnknownNameError(
            f"language must be one that has a catalogue; got {language!r}.",
            field="language",
            given=language,
            suggestions=closest(language, LANGUAGES) or list(LANGUAGES),
        )
    merged = Catalog(locale=language)
    for found in files:
        for entry in found:
            if entry.id and entry.string:
                merged.add(entry.id, entry.string)
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


def _files(language: str) -> list[Catalog]:
    """Return the gettext files of a language."""
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", language):
        return []
    from babel.messages.pofile import read_po

    found = []
    for path in files_of(FOLDER.format(language), "*.po"):
        with path.open("rb") as source:
            found.append(read_po(source, locale=language))
    return found


@cached
def reviewer(language: str) -> str:
    """Return the clinician who has read all of a language; empty while nobody has.

    Examples
    --------
    >>> reviewer("en") != "", reviewer("de")
    (True, '')
    """
    if language == SOURCE:
        return "the authors"
    line = re.compile(rf"{REVIEWER}:(.*)")
    heads = [line.search(found.header_comment) for found in _files(language)]
    names = [head[1].strip() if head else "" for head in heads]
    return ", ".join(dict.fromkeys(names)) if names and all(names) else ""


def translate(value: str, language: str) -> str:
    """Return a text in a language; one that is no message as it is.

    Examples
    --------
    >>> translate("T4", "de")
    'T4'
    """
    return value.in_language(language) if isinstance(value, Message) else value


def translated(value: Any, language: str) -> Any:
    """Return plain data with every message in it in a language.

    Parameters
    ----------
    value : dict, list, tuple, str or anything else
        Keys stay as they are; what is no container and no message, too.
    language : str
        As in `Message.in_language`.

    Examples
    --------
    >>> translated({"depth": [message("{x:g} mm", x=1.5), 3]}, "de")
    {'depth': ['1,5 mm', 3]}
    """
    if isinstance(value, str):
        return translate(value, language)
    if isinstance(value, Mapping):
        return {key: translated(item, language) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_replace"):
        return type(value)(*(translated(item, language) for item in value))
    if isinstance(value, list | tuple):
        made = (translated(item, language) for item in value)
        return cast("Any", type(value))(made)
    return value
