"""Depths seen in this patient: what they make of the depths around.

The logarithm of a depth is normal over people, and so is the error of a reading on that
scale; the two are put together by their precision. Under places beside the one that was
looked at the reading counts by the correlation of depths with distance.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from anatomy.mesh.arrays import FloatArray, IntArray
from anatomy.store import cached
from anatomy.store import reading as file_read
from zones.fields.compiling import carrying
from zones.knowledge.records.sources import Record, SourceSlug, Text

if TYPE_CHECKING:
    from zones.fields.model import BodyFields


class Method(Record):
    """How far a reading of one method may be from the depth that a needle finds.

    Attributes
    ----------
    error_mm : float
        Root mean square of the differences, mm.
    at_mm : float
        Mean depth at which they were measured: a reading less deep is off by less.
    people : int
        People in whom both were measured.
    why : str
        Where the figure comes from.
    """

    name: Text
    error_mm: Annotated[float, Field(gt=0, le=20)]
    at_mm: Annotated[float, Field(gt=0, le=150)]
    people: Annotated[int, Field(gt=0)]
    why: Text
    sources: Annotated[tuple[SourceSlug, ...], Field(min_length=1)]


class Readings(Record):
    """How readings count, from ``data/readings.toml``.

    Attributes
    ----------
    carried_mm : float
        How far from its place a reading counts, mm.
    again_sd : float
        A reading so many SD off is asked for again.
    method : tuple of Method
        The methods.
    """

    schema_: Literal[1] = Field(alias="schema")
    carried_mm: Annotated[float, Field(gt=0)]
    again_sd: Annotated[float, Field(gt=0)]
    method: tuple[Method, ...]

    def error_of(self, method: str, depth_mm: float) -> float:
        """Return the SD of a reading, mm.

        Parameters
        ----------
        method : str
            How it was seen.
        depth_mm : float
            What was read.

        Examples
        --------
        >>> rule = readings()
        >>> rule.error_of("CT", 20.0) < rule.error_of("CT", 51.0)
        True
        >>> rule.error_of("CT", 90.0) == rule.error_of("CT", 51.0)
        True
        """
        (found,) = (entry for entry in self.method if entry.name == method)
        return found.error_mm * min(1.0, depth_mm / found.at_mm)


@cached
def readings(path: Path | str = "readings.toml") -> Readings:
    """Return how readings count (read once).

    Parameters
    ----------
    path : Path or str
        A ``readings.toml`` file; by name in the data folder.

    Raises
    ------
    DataError
        When the file does not say it.

    Examples
    --------
    >>> [entry.name for entry in readings().method]
    ['ultrasound', 'CT', 'MRI']
    """
    with file_read(path) as data:
        return Readings.model_validate(data)


@dataclass(frozen=True)
class Reading:
    """One depth seen in the patient, on one body.

    Attributes
    ----------
    row : int
        Row of ``fields.rows``.
    vertex : int
        Vertex of the skin nearest to its place.
    depth_mm, error_mm : float
        What was read, and its SD.
    needle : int, optional
        The only needle of a lot that it is supposed for; for all when not given.
    """

    row: int
    vertex: int
    depth_mm: float
    error_mm: float
    needle: int | None = None


@dataclass(frozen=True)
class Seen:
    """All depths seen in the patient."""

    readings: tuple[Reading, ...]

    def updated(
        self,
        fields: BodyFields,
        needle: IntArray,
        item: IntArray,
        mu: FloatArray,
        sigma: FloatArray,
        shift: FloatArray,
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return distributions after the readings.

        Parameters
        ----------
        fields : BodyFields
            Of the body.
        needle : (M,) int
            Which needle each is for.
        item : (M,) int
            Items of ``fields.under``.
        mu, sigma, shift : (M,) float64
            Their distributions before, and what build adds, mm.

        Returns
        -------
        mu, sigma, shift : (M,) float64
        """
        under, vertices = fields.under, fields.body.skin.vertices
        mu, sigma = mu.copy(), sigma.copy()
        row = under.row[item]
        for reading in self.readings:
            told_of = row == reading.row
            if reading.needle is not None:
                told_of &= needle == reading.needle
            mine = np.flatnonzero(told_of)
            at = vertices[under.vertex[item[mine]]]
            away = np.linalg.norm(at - vertices[reading.vertex], axis=1)
            mine, away = (v[away <= readings().carried_mm] for v in (mine, away))
            prior = prior_at(fields, reading)
            if not len(mine) or prior is None:
                continue
            alike = np.exp(-away / carrying().correlation_mm)
            told = np.log(np.maximum(reading.depth_mm - shift[mine], 1.0))
            error = reading.error_mm / reading.depth_mm
            both = alike * sigma[mine] * prior[1]
            gain = both / (prior[1] ** 2 + error**2)
            mu[mine] += gain * (told - prior[0])
            sigma[mine] = np.sqrt(np.maximum(sigma[mine] ** 2 - gain * both, 1e-6))
        return mu, sigma, shift


def prior_at(fields: BodyFields, reading: Reading) -> tuple[float, float] | None:
    """Return mean and SD of the log depth where a reading was taken.

    None where the structure is not there or its depth is not known.
    """
    return _prior(fields, reading.vertex, reading.row)


@functools.lru_cache(maxsize=1024)
def _prior(fields: BodyFields, vertex: int, row: int) -> tuple[float, float] | None:
    _, items = fields.under.of(np.array([vertex]))
    for item in items.tolist():
        if fields.under.row[item] == row:
            mu, sigma = float(fields.under.mu[item]), float(fields.under.sigma[item])
            return None if np.isnan(mu) else (mu, sigma)
    return None
