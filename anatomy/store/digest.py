"""Bytes of data files for digests, the same on every system."""

from __future__ import annotations

from pathlib import Path

#: Files that hold text; a checkout may have changed their line ends.
TEXT = frozenset({".json", ".jsonl", ".toml", ".yaml"})


def content(path: Path) -> bytes:
    r"""Return the bytes of a file, with LF line ends when it holds text.

    Parameters
    ----------
    path : Path
        A data file. Its suffix says whether it holds text.

    Returns
    -------
    bytes
        As read, except that CRLF in text is LF.

    Notes
    -----
    Compiled fields are used only when the digest of their data fits. A checkout with
    CRLF line ends holds the same data and must have the same digest; otherwise every
    zone would be compiled afresh at each start.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "zone.toml")
    ...     _ = file.write_bytes(b"id = 'lung'\r\n")
    ...     content(file)
    b"id = 'lung'\n"
    """
    found = path.read_bytes()
    return found.replace(b"\r\n", b"\n") if path.suffix in TEXT else found
