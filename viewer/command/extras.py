"""What a bare installation lacks, and which extra brings it."""

from __future__ import annotations

from anatomy.errors import InputError

#: Extra that brings a library, by the name it is imported under.
EXTRAS = {
    "dash": "page",
    "dash_mantine_components": "page",
    "plotly": "page",
    "sqlalchemy": "records",
    "typst": "sheets",
    "pypdfium2": "sheets",
    "segno": "sheets",
    "yaml": "teaching",
    "fsrs": "teaching",
    "pyarrow": "tables",
}


def missing_extra(error: ModuleNotFoundError) -> InputError:
    """Return what to say when a command needs a library of an extra.

    Parameters
    ----------
    error : ModuleNotFoundError
        What importing it raised.

    Raises
    ------
    ModuleNotFoundError
        The same again, when no extra brings it.

    Examples
    --------
    >>> missing_extra(ModuleNotFoundError(name="dash"))
    InputError("This needs dash. Install it with: pip install 'needlemap[page]'.")
    """
    library = (error.name or "").partition(".")[0]
    if library not in EXTRAS:
        raise error
    return InputError(
        f"This needs {library}. Install it with: pip install "
        f"'needlemap[{EXTRAS[library]}]'.",
        given=library,
    )
