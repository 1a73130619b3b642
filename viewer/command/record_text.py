"""Session records on the command line, for ``needlemap record``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError

if TYPE_CHECKING:
    import argparse

    from viewer.record.storage.models import Record
    from viewer.record.storage.store import RecordStore


def add_record(commands: Any) -> Any:
    """Add ``needlemap record``; return its parser of ``export``."""
    record = commands.add_parser("record", help="session records as files")
    actions = record.add_subparsers(title="actions", metavar="ACTION", required=True)
    export = actions.add_parser(
        "export",
        help="one record, as JSON or as a FHIR transaction Bundle",
        description="Write one session record to standard output or a file. With "
        "--fhir names and free text are left out.",
    )
    export.add_argument("record", metavar="RECORD", help="its id, or its reference")
    export.add_argument("--fhir", action="store_true", help="a transaction Bundle")
    export.add_argument(
        "--fhir-version", metavar="R4|R5", help="R4 by default; goes with --fhir"
    )
    export.add_argument(
        "--patient",
        metavar="REFERENCE",
        help="the patient on the FHIR server, such as Patient/7; goes with --fhir",
    )
    export.add_argument(
        "--validate",
        action="store_true",
        help="hold it against FHIR's models first (needlemap[fhir]); goes with --fhir",
    )
    export.add_argument("--out", type=Path, metavar="FILE")
    export.set_defaults(run=_export)
    return export


def _export(arguments: argparse.Namespace) -> int:
    """Run ``needlemap record export``."""
    from viewer.record.storage.place import database_url
    from viewer.record.storage.store import RecordStore

    for name in ("fhir_version", "patient", "validate"):
        if getattr(arguments, name) and not arguments.fhir:
            flag = f"--{name.replace('_', '-')}"
            raise InputError(f"{flag} goes with --fhir only.", field=flag)
    store = RecordStore(database_url(arguments.db))
    try:
        record = find_record(store, arguments.record)
        if arguments.fhir:
            text = _fhir(record, arguments)
        else:
            from viewer.record.paper.export import as_json

            text = as_json(record, store.history(record.id))
    finally:
        store.close()
    if arguments.out is None:
        sys.stdout.write(text)
        return 0
    try:
        arguments.out.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"--out cannot be written ({error}).", field="--out") from None
    return 0


def _fhir(record: Record, arguments: argparse.Namespace) -> str:
    """Return a record as a Bundle."""
    from viewer.fhir.versions import Version, parse_version
    from viewer.record.fhir.bundle import as_fhir

    version = Version.R4
    if arguments.fhir_version:
        version = parse_version(arguments.fhir_version, field="--fhir-version")
    text = as_fhir(record, version, patient=arguments.patient)
    if arguments.validate:
        import json

        from viewer.fhir.validation import faults

        found = faults(json.loads(text), version)
        if found:
            raise InputError(f"--validate: {'; '.join(found[:5])}.", field="--validate")
    return text


def find_record(store: RecordStore, name: str) -> Record:
    """Return a record by its id, or by a reference that no other has.

    Raises
    ------
    InputError
        When there is none, or several have that reference; the message names them.
    StoreError
        When it cannot be read.
    """
    from viewer.record.errors import MissingError

    try:
        return store.read(name).record
    except MissingError:
        pass
    code = name.strip().casefold()
    rows = [r for r in store.search(name) if r.reference.strip().casefold() == code]
    if len(rows) == 1:
        return store.read(rows[0].id).record
    if not rows:
        raise InputError(f"there is no record {name[:80]!r}.", field="record")
    raise InputError(
        f"{len(rows)} records have the reference {name[:80]!r}; give the id of one.",
        field="record",
        suggestions=[row.id for row in rows[:8]],
    )
