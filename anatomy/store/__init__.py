"""The one reader of data files, the folder they are read from, what refers to what."""

from anatomy.store.files import (
    Entries,
    check_schema,
    entries_of,
    invalid,
    label,
    name_of,
    read_json,
    read_jsonl,
    read_toml,
    reading,
)
from anatomy.store.folder import (
    ANATOMY,
    OPEN_FOLDERS,
    SHIPPED,
    ZONES,
    DataFolder,
    cached,
    current,
    files_of,
    shipped,
    using,
    using_everywhere,
)
from anatomy.store.kept import keep, kept_file

__all__ = [
    "ANATOMY",
    "OPEN_FOLDERS",
    "SHIPPED",
    "ZONES",
    "DataFolder",
    "Entries",
    "cached",
    "check_schema",
    "current",
    "entries_of",
    "files_of",
    "invalid",
    "keep",
    "kept_file",
    "label",
    "name_of",
    "read_json",
    "read_jsonl",
    "read_toml",
    "reading",
    "shipped",
    "using",
    "using_everywhere",
]
