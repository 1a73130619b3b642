"""Collect the texts that people read, and bring the catalogues up to date.

python -m tools.texts          add new texts to every catalogue, drop what is gone
python -m tools.texts --check  only say what is missing; ends with 1 if anything is
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from pydantic import BaseModel

from anatomy.messages import LANGUAGES, REVIEWER, SOURCE, Message

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "zones" / "data" / "locale"
#: How a text is marked, in Python and in JavaScript.
KEYWORDS = {"_": None, "plural": (1, 2), "__": None}
#: Which file of a catalogue holds the texts of a folder of code.
FILES = {"anatomy": "answers", "zones": "answers", "viewer": "page"}
DATA = "data"

#: First lines of a new file.
HEADER = f"""# {{}} texts of needlemap, made by a machine. A clinician who has read
# and corrected all of this file writes a name behind the next line.
# {REVIEWER}:"""

Key = str | tuple[str, ...]


def from_code() -> dict[str, dict[Key, None]]:
    """Return the marked texts of the code, by file of the catalogue."""
    found: dict[str, dict[Key, None]] = {name: {} for name in (*FILES.values(), DATA)}
    how = [
        ("**.py", "python"),
        ("**/node_modules/**", "ignore"),
        ("**.js", "javascript"),
    ]
    for package, file in FILES.items():
        texts = extract_from_dir(
            ROOT / package,
            method_map=how,
            keywords=KEYWORDS,
            directory_filter=lambda path: "node_modules" not in str(path),
        )
        for _, _, text, _, _ in texts:
            if text:
                found[file][text] = None
    return found


def messages_in(value: Any) -> Iterator[Message]:
    """Yield every message in a record or a container of records."""
    if isinstance(value, Message):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from messages_in(getattr(value, name))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from messages_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from messages_in(item)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for item in value:
            yield from messages_in(item)


def from_data() -> dict[Key, None]:
    """Return the texts of the data files that people read."""
    from zones.sentences.translatable import records

    found: dict[Key, None] = {}
    for record in records():
        for text in messages_in(record):
            found.update(dict.fromkeys(text.patterns()))
    return found


def wanted() -> dict[str, dict[Key, None]]:
    """Return every text, by file of the catalogue; each stands in one file only."""
    found = from_code()
    found[DATA] = from_data()
    seen: set[Key] = set()
    for texts in found.values():
        for key in [key for key in texts if key in seen]:
            del texts[key]
        seen.update(texts)
    return found


def path_of(language: str, file: str) -> Path:
    """Return where a file of a catalogue lies."""
    return LOCALE / language / f"{file}.po"


def missing(language: str) -> list[Key]:
    """Return the texts that a language has no words for."""
    found = []
    for file, texts in wanted().items():
        with path_of(language, file).open("rb") as source:
            catalog = read_po(source, locale=language)
        for key in texts:
            entry = catalog.get(key)
            done = entry and entry.string
            if not done or (isinstance(done, tuple) and not all(done)):
                found.append(key)
    return found


def update(language: str) -> None:
    """Add the new texts to the files of a language, and drop those that are gone."""
    old = Catalog(locale=language)
    files = {}
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as source:
            files[path.stem] = read_po(source, locale=language)
        for entry in files[path.stem]:
            if entry.id and entry.string:
                old.add(entry.id, entry.string)
    for file, texts in wanted().items():
        made = Catalog(
            locale=language,
            project="needlemap",
            copyright_holder="the needlemap founders",
            header_comment=HEADER.format(LANGUAGES[language]),
            fuzzy=False,
        )
        if file in files:
            made.header_comment = files[file].header_comment
            # the same texts make the same file
            made.creation_date = files[file].creation_date
        for key in texts:
            known = old.get(key)
            made.add(key, known.string if known else "")
        path = path_of(language, file)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as target:
            write_po(target, made, width=100)


def main() -> int:
    """Update or check every catalogue."""
    check = "--check" in sys.argv[1:]
    open_texts = 0
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        if not check:
            update(language)
        gone = missing(language)
        open_texts += len(gone)
        print(f"{language}: {len(gone)} texts are missing.")
        for key in gone[:20] if check else []:
            print(f"  {key!r}")
    return 1 if check and open_texts else 0


if __name__ == "__main__":
    sys.exit(main())
