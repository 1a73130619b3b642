"""The data check as text, for ``needlemap data check``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from viewer.text.terminal.text import bullet, table
from zones.quality.data_check import Result, run_checks

if TYPE_CHECKING:
    from collections.abc import Sequence


def data_check_text(results: Sequence[Result], *, notes: bool = True) -> str:
    """Return the results of the data check as a table, then what is wrong.

    Parameters
    ----------
    results : sequence of Result
        What `zones.quality.data_check.run_checks` found.
    notes : bool
        Also what is worth knowing and not wrong.

    Examples
    --------
    >>> print(data_check_text([Result("mirror", True, (), purpose="paired zones")]))
    check   result  purpose
    ------  ------  ------------
    mirror  ok      paired zones
    <BLANKLINE>
    1 check passed, none failed.
    """
    rows = []
    for result in results:
        said = "ok" if result.ok else f"{len(result.problems)} wrong"
        rows.append([result.id, said, result.purpose])
    lines = [table(["check", "result", "purpose"], rows)]
    for result in results:
        if result.problems:
            lines += ["", result.id]
            for text in result.problems:
                lines += bullet(text)
    if notes and any(result.notes for result in results):
        lines += ["", "Notes"]
        for result in results:
            for text in result.notes:
                lines += bullet(f"{result.id}: {text}")
    failed = sum(1 for result in results if not result.ok)
    passed = len(results) - failed
    word = "check" if passed == 1 else "checks"
    lines += ["", f"{passed} {word} passed, {failed or 'none'} failed."]
    return "\n".join(lines)


def data_check_main(ids: Sequence[str] | None = None) -> int:
    """Run the data check and print what it found.

    Parameters
    ----------
    ids : sequence of str, optional
        Which checks; all by default.

    Returns
    -------
    int
        Exit status: 0 when every check passed, 1 otherwise.
    """
    results = run_checks(ids or None)
    sys.stdout.write(data_check_text(results) + "\n")
    return 0 if all(result.ok for result in results) else 1
