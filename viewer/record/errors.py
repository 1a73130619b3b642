"""What can be wrong with the records: one class for each thing to be done about it."""

from __future__ import annotations

from typing import Any

from anatomy.errors import NeedlemapError

#: Said with every failure to write: the browser keeps what was typed.
KEPT = "What was typed stays in this browser until it is saved."


class StoreError(NeedlemapError):
    """Raised when records cannot be read or written; the message says what to do."""

    code = "store"
    status = 503


class BusyError(StoreError):
    """Raised when another program holds the database."""

    code = "busy"


class UnreachableError(StoreError):
    """Raised when the database cannot be opened or reached."""

    code = "unreachable"


class ReadOnlyError(StoreError):
    """Raised when the database may not be written."""

    code = "read_only"
    status = 507


class FullError(StoreError):
    """Raised when there is no room left to write."""

    code = "full"
    status = 507


class DamagedError(StoreError):
    """Raised when the file is not a database, or a record in it cannot be read."""

    code = "damaged"
    status = 500


class NewerError(StoreError):
    """Raised for a database or record that a newer version wrote."""

    code = "newer"
    status = 422


class MissingError(StoreError):
    """Raised for a record that does not exist."""

    code = "missing"
    status = 404


class GoneError(StoreError):
    """Raised for a record that was deleted."""

    code = "gone"
    status = 410


class ConflictError(StoreError):
    """Raised when a record was changed since it was read; ``saved`` is as it is now."""

    code = "conflict"
    status = 409

    def __init__(self, message: str, saved: Any) -> None:
        super().__init__(message)
        self.saved = saved


class OverrideNeededError(NeedlemapError):
    """Raised when something may only be recorded with a reason.

    ``verdict`` is what is gone against and ``over`` what it rests on, in words.
    """

    code = "override_needed"

    def __init__(self, message: str, *, verdict: str, over: list[str]) -> None:
        super().__init__(message, field="override")
        self.verdict = verdict
        self.over = over
