"""Real CTs, for holding stated depths against them.

The scans come with the source distribution of `totalsegmentator` (Apache-2.0): a chest
at 1.5 mm and an abdomen at 3 mm with labels. ``run.py test`` fetches it; they are
compared with, and nothing is fitted to them.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FOLDER = Path(__file__).resolve().parent.parent / ".venv" / "scans"
CHEST = "aorta_report/example_ct.nii.gz"
CHEST_T12 = "aorta_report/test_result/models/vertebrae_T12.nii.gz"
ABDOMEN = "example_ct.nii.gz"
ABDOMEN_LABELS = "example_seg_fast_force_split.nii.gz"
#: Numbers of the labels in the abdomen, as the package lists them.
LABELS = {
    "spleen": 1,
    "kidney right": 2,
    "kidney left": 3,
    "liver": 5,
    "colon": 20,
    "L5": 27,
    "L4": 28,
    "L3": 29,
    "L2": 30,
    "L1": 31,
    "spinal cord": 79,
}

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def missing() -> str | None:
    """Return why the scans cannot be read, None when they can."""
    if not (FOLDER / CHEST).exists():
        return f"no scans in {FOLDER.name}; run.py test fetches them"
    try:
        import nibabel  # noqa: F401
    except ImportError:
        return "nibabel is not installed"
    return None


def required() -> bool:
    """Return whether tests on scans may not be skipped."""
    return bool(os.environ.get("NEEDLEMAP_TEST_ALL"))


@dataclass(frozen=True, eq=False)
class Scan:
    """A CT whose axes run to the right, to the front and up.

    Attributes
    ----------
    ct : (X, Y, Z) float32
        Hounsfield units.
    step : float
        Edge of a voxel, mm.
    affine : (4, 4) float64
        From voxels to mm.
    """

    ct: NDArray[np.float32]
    step: float
    affine: Array

    @functools.cached_property
    def body(self) -> Mask:
        """What is inside the skin, table and air left out."""
        solid = ndimage.binary_opening(self.ct > -300, iterations=1)
        parts, _ = ndimage.label(solid)
        size = np.bincount(parts.ravel())
        size[0] = 0
        inside = parts == size.argmax()
        for k in range(inside.shape[2]):
            inside[:, :, k] = ndimage.binary_fill_holes(inside[:, :, k])
        return np.asarray(inside)

    @functools.cached_property
    def lung(self) -> Mask:
        """Air inside the body in pieces of more than 100 ml, vessels included."""
        air = (self.ct < -500) & ndimage.binary_erosion(self.body, iterations=2)
        parts, _ = ndimage.label(air)
        size = np.bincount(parts.ravel()) * self.step**3 / 1000.0
        size[0] = 0
        kept = np.isin(parts, np.flatnonzero(size > 100.0))
        return np.asarray(ndimage.binary_closing(kept, iterations=2))

    @functools.cached_property
    def _normals(self) -> tuple[Array, Array, Array]:
        smooth = ndimage.gaussian_filter(self.body.astype(np.float32), 6.0 / self.step)
        return tuple(np.gradient(smooth))  # type: ignore[return-value]

    def back_depth(self, x_mm: float, z: int, target: Mask) -> float | None:
        """Return the depth of a target straight in from the back, mm.

        Parameters
        ----------
        x_mm : float
            To the right of the scan's left edge, mm.
        z : int
            Slice.
        target : (X, Y, Z) bool
            What to meet.

        Returns
        -------
        float or None
            inf where it is not met within 200 mm; None where there is no skin.
        """
        x = round(x_mm / self.step)
        if not 2 <= x < self.body.shape[0] - 2 or not 2 <= z < self.body.shape[2] - 2:
            return None
        column = np.flatnonzero(self.body[x, :, z])
        if not len(column) or column[0] < 2:
            return None
        place = np.array([x, column[0], z], dtype=float)
        inward = np.array([grid[x, column[0], z] for grid in self._normals])
        inward /= max(float(np.linalg.norm(inward)), 1e-9)
        for t in np.arange(0.0, 200.0, 0.5):
            at = np.round(place + t / self.step * inward).astype(int)
            if ((at < 0) | (at >= self.body.shape)).any():
                return float("inf")
            if target[tuple(at)]:
                return float(t)
        return float("inf")


@functools.cache
def load(name: str) -> Scan:
    """Return a scan by the name of its file."""
    data, affine = _read(name)
    step = float(np.abs(affine[:3, :3]).max())
    return Scan(data.astype(np.float32), step, affine)


@functools.cache
def labels() -> NDArray[np.uint8]:
    """Return the labels of the abdomen, (X, Y, Z)."""
    return _read(ABDOMEN_LABELS)[0].astype(np.uint8)


def _read(name: str) -> tuple[Any, Array]:
    import nibabel

    image = nibabel.as_closest_canonical(nibabel.load(FOLDER / name))
    return np.asanyarray(image.dataobj), np.asarray(image.affine)


@functools.cache
def chest_t12() -> tuple[float, float, float]:
    """Return midline (mm), slice and height (mm) of T12 in the chest."""
    mask, affine = _read(CHEST_T12)
    where = np.argwhere(mask > 0)
    high = where[:, 2].max() - where[:, 2].min() + 1
    scan = load(CHEST)
    middle = affine @ np.append(where.mean(axis=0), 1.0)
    at = np.linalg.inv(scan.affine) @ middle
    return float(at[0] * scan.step), float(at[2]), float(high * abs(affine[2, 2]))


def lumbar_level(name: str) -> tuple[float, int]:
    """Return midline in mm and slice of a lumbar vertebra in the abdomen.

    The midline is that of the spinal cord's label, or of the vertebra below its end.
    """
    found, scan = labels(), load(ABDOMEN)
    where = np.argwhere(found == LABELS[name])
    middle = round(float(where[:, 2].mean()))
    cord = np.argwhere(found[:, :, middle] == LABELS["spinal cord"])
    x = cord[:, 0].mean() if len(cord) else where[:, 0].mean()
    return float(x * scan.step), middle
