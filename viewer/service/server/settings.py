"""How the service for programs is run: from flags, or from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from anatomy.errors import InputError
from viewer.service.edge.cors import check_origins
from viewer.service.edge.proxy import MOST_PROXIES, check_base_path

#: Requests a minute from one caller, where other machines may call.
RATE = 1_200
_YES = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the service for programs is run.

    Attributes
    ----------
    base_path : str
        Path below which all addresses are; empty for none.
    proxies : int
        How many proxies before the service are believed.
    origins : tuple of str
        Sites whose pages may call.
    rate : int, optional
        Requests a minute from one caller; None for no bound.
    metrics : bool
        Whether there is ``/metrics``.
    hooks : Path, optional
        File of the clients of CDS Hooks that are trusted.
    db : str, optional
        URL of the records' database, which keeps feedback.
    smart : Path, optional
        List of the electronic health records that may launch the page.
    """

    base_path: str = ""
    proxies: int = 0
    origins: tuple[str, ...] = ()
    rate: int | None = None
    metrics: bool = False
    hooks: Path | None = None
    db: str | None = None
    smart: Path | None = None

    def __post_init__(self) -> None:
        """Hold what was given against what it may be.

        Raises
        ------
        InputError
            Naming the flag.
        """
        object.__setattr__(self, "base_path", check_base_path(self.base_path))
        object.__setattr__(self, "origins", check_origins(self.origins))
        if not 0 <= self.proxies <= MOST_PROXIES:
            raise InputError(
                f"--trust-proxies must be from 0 to {MOST_PROXIES}; got "
                f"{self.proxies}.",
                field="--trust-proxies",
            )
        if self.rate is not None and self.rate < 1:
            raise InputError("--rate must be at least 1.", field="--rate")


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that the environment gives, as for the WSGI object.

    Parameters
    ----------
    environ : mapping, optional
        The process's environment by default.

    Raises
    ------
    InputError
        Naming the variable that is wrong.

    Examples
    --------
    >>> read_settings({"NEEDLEMAP_BASE_PATH": "/needlemap"}).base_path
    '/needlemap'
    """
    given = os.environ if environ is None else environ
    hooks, smart = given.get("NEEDLEMAP_HOOKS"), given.get("NEEDLEMAP_SMART")
    rate = _number(given, "NEEDLEMAP_RATE", RATE)
    return Settings(
        base_path=given.get("NEEDLEMAP_BASE_PATH", ""),
        proxies=_number(given, "NEEDLEMAP_TRUST_PROXIES", 0),
        origins=tuple(given.get("NEEDLEMAP_CORS_ORIGINS", "").split()),
        rate=rate or None,
        metrics=_flag(given, "NEEDLEMAP_METRICS"),
        hooks=Path(hooks) if hooks else None,
        db=given.get("NEEDLEMAP_DB"),
        smart=Path(smart) if smart else None,
    )


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise InputError(f"{name} must be a whole number; got {text!r}.", field=name)
    return int(text)


def _flag(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "no").lower()
    if text not in _YES:
        raise InputError(f"{name} must be yes or no; got {text!r}.", field=name)
    return _YES[text]
