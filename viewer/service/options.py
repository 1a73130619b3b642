"""The flags of ``needlemap view`` that say who may reach it; loads nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``needlemap view`` that say who may reach it, and how."""
    reach = parser.add_argument_group(
        "when other machines may reach it",
        "A password or a token is then needed; from a file, or from the environment "
        "(NEEDLEMAP_PASSWORD, NEEDLEMAP_TOKEN), never as an argument.",
    )
    reach.add_argument(
        "--password-file", type=Path, metavar="FILE", help="for the page's log-in"
    )
    reach.add_argument(
        "--token-file", type=Path, metavar="FILE", help="for programs (/api/v1)"
    )
    reach.add_argument(
        "--class-password-file",
        type=Path,
        metavar="FILE",
        help="for learners, who reach /learn only (NEEDLEMAP_CLASS_PASSWORD)",
    )
    reach.add_argument("--cert", type=Path, metavar="FILE", help="PEM; with --key: TLS")
    reach.add_argument("--key", type=Path, metavar="FILE", help="PEM")


def options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the flags of `add_options` as arguments of ``viewer.page.app.serve``.

    Raises
    ------
    InputError
        When a file cannot be read or holds nothing usable.
    """
    from viewer.service.access import read_access

    return {
        "access": read_access(
            password_file=arguments.password_file,
            token_file=arguments.token_file,
            class_password_file=arguments.class_password_file,
            tls=arguments.cert is not None,
        ),
        "cert": arguments.cert,
        "key": arguments.key,
    }
