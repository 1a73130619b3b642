"""The colours of tissues and the weights of lines, from ``palette.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from anatomy.store import cached, read_toml

FILE = Path(__file__).parent / "palette.toml"

Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tissue(_Part):
    """How one tissue is drawn.

    Attributes
    ----------
    fill, line, ink : str
        Its ground, its outline and words on it.
    """

    fill: Colour
    line: Colour = "#000000"
    ink: Colour = "#000000"


class Tissues(_Part):
    """All tissues that pictures tell apart."""

    air: Tissue
    skin: Tissue
    fat: Tissue
    flesh: Tissue
    muscle: Tissue
    bone: Tissue


class Weights(_Part):
    """Weights of lines, px of a small picture: at the needle, here, and far."""

    needle: Annotated[float, Field(gt=0)]
    here: Annotated[float, Field(gt=0)]
    far: Annotated[float, Field(gt=0)]


class Palette(_Part):
    """Everything that the file holds."""

    schema_: int = Field(alias="schema")
    tissue: Tissues
    weight: Weights


@cached(maxsize=1)
def palette() -> Palette:
    """Return the palette of all pictures.

    Examples
    --------
    >>> palette().tissue.bone.fill
    '#f6efdc'
    """
    return Palette.model_validate(read_toml(FILE))
