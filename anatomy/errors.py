"""Errors that needlemap raises: one base, one class per kind of mistake."""

from __future__ import annotations

from collections.abc import Iterable


class NeedlemapError(Exception):
    """Base of every error that needlemap raises on purpose.

    Parameters
    ----------
    message : str
        What must be, and what was given.
    field : str, optional
        The input field at fault, as a dotted path such as ``"site.landmark"``.
    given : object, optional
        The value that was refused.
    suggestions : iterable of str, optional
        The nearest valid values.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        given: object = None,
        suggestions: Iterable[str] = (),
    ) -> None:
        self.field = field
        self.given = given
        self.suggestions = tuple(suggestions)
        self.message = message
        super().__init__(message)

    def __str__(self) -> str:
        """Message with the nearest valid names behind it."""
        if not self.suggestions:
            return self.message
        return f"{self.message} Nearest: {', '.join(self.suggestions)}."

    def as_dict(self) -> dict[str, object]:
        """Return the error as plain data for the JSON contract."""
        return {
            "code": self.code,
            "message": str(self),
            "field": self.field,
            "suggestions": list(self.suggestions),
        }


class UnknownNameError(NeedlemapError):
    """Raised when a landmark, muscle, point, chart, body or field has no such name."""

    code = "unknown_name"


class OffBodyError(NeedlemapError):
    """Raised when a place is in the air beside the body or off its skin."""

    code = "off_body"


class SideError(NeedlemapError):
    """Raised when a side is missing, not a side, or disagrees with the place."""

    code = "side"


class OutOfRangeError(NeedlemapError):
    """Raised when a number is not finite or outside what is possible."""

    code = "out_of_range"


class ContradictionError(NeedlemapError):
    """Raised when two given facts cannot both be true."""

    code = "contradiction"


class InputError(NeedlemapError):
    """Raised when a request has the wrong form (unknown field, wrong type)."""

    code = "input"


class DataError(NeedlemapError):
    """Raised when a data file is wrong; the message names the file and the entry."""

    code = "data"


class AmbiguousNameError(UnknownNameError):
    """Raised when a name may mean several places; the suggestions are these."""

    def __str__(self) -> str:
        """Message with the places behind it."""
        return f"{self.message} Which of: {', '.join(self.suggestions)}?"
