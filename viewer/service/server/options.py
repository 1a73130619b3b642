"""The flags of ``needlemap view`` and ``needlemap serve``; loads nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say who may reach the page, and how."""
    reach = _reach(parser)
    reach.add_argument(
        "--password-file", type=Path, metavar="FILE", help="for the page's log-in"
    )
    reach.add_argument(
        "--class-password-file",
        type=Path,
        metavar="FILE",
        help="for learners, who reach /learn only (NEEDLEMAP_CLASS_PASSWORD)",
    )
    reach.add_argument(
        "--smart",
        type=Path,
        metavar="FILE",
        help="TOML: the health records that may launch the page (SMART App Launch)",
    )


def add_service_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``needlemap serve``."""
    _reach(parser)
    stands = parser.add_argument_group("where it stands and who calls")
    stands.add_argument(
        "--base-path", default="", metavar="PATH", help="such as /needlemap"
    )
    stands.add_argument(
        "--trust-proxies",
        type=int,
        default=0,
        metavar="N",
        help="believe the X-Forwarded headers of so many proxies before it",
    )
    stands.add_argument(
        "--cors-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a site whose pages may call, such as https://ehr.example.com; may be "
        "repeated",
    )
    stands.add_argument(
        "--rate",
        type=int,
        metavar="N",
        help="most requests a minute from one caller; no bound by default",
    )
    stands.add_argument(
        "--metrics", action="store_true", help="answer /metrics for Prometheus"
    )
    stands.add_argument(
        "--hooks",
        type=Path,
        metavar="FILE",
        help="TOML: the clients of CDS Hooks that are trusted",
    )


def _reach(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the flags that both have, and return their group."""
    reach = parser.add_argument_group(
        "when other machines may reach it",
        "A password or a token is then needed; from a file, or from the environment "
        "(NEEDLEMAP_PASSWORD, NEEDLEMAP_TOKEN), never as an argument.",
    )
    reach.add_argument(
        "--token-file", type=Path, metavar="FILE", help="for programs (/api/v1)"
    )
    reach.add_argument("--cert", type=Path, metavar="FILE", help="PEM; with --key: TLS")
    reach.add_argument("--key", type=Path, metavar="FILE", help="PEM")
    return reach


def options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return who may reach it, as arguments of what serves page or programs.

    Raises
    ------
    InputError
        When a file cannot be read or holds nothing usable.
    """
    from viewer.service.access.access import read_access

    return {
        "access": read_access(
            password_file=getattr(arguments, "password_file", None),
            token_file=arguments.token_file,
            class_password_file=getattr(arguments, "class_password_file", None),
            tls=arguments.cert is not None,
        ),
        "cert": arguments.cert,
        "key": arguments.key,
    }


def service_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the flags of `add_service_options` for ``serve_programs``.

    Raises
    ------
    InputError
        When one is wrong.
    """
    from viewer.service.server.settings import Settings

    settings = Settings(
        base_path=arguments.base_path,
        proxies=arguments.trust_proxies,
        origins=tuple(arguments.cors_origin),
        rate=arguments.rate,
        metrics=arguments.metrics,
        hooks=arguments.hooks,
        db=arguments.db,
    )
    return {**options(arguments), "settings": settings}
