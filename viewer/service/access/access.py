"""Who may reach the service: this machine freely, others with a password or token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from anatomy.errors import InputError

PASSWORD, TOKEN = "NEEDLEMAP_PASSWORD", "NEEDLEMAP_TOKEN"
CLASS_PASSWORD = "NEEDLEMAP_CLASS_PASSWORD"
#: Behind the name of a secret in the environment: the file whose first line it is.
BY_FILE = "_FILE"
#: Characters that each secret must have at least; a class types its own on phones, and
#: it opens nothing but exercises.
SHORTEST = {"password": 12, "token": 16, "class-password": 6}

#: Who is let in: with all rights, or to learn only.
Role = Literal["full", "class"]
_OTHERS = 0o077


@dataclass(frozen=True, kw_only=True)
class Access:
    """What must be shown to get in.

    Attributes
    ----------
    password : str, optional
        Opens the page's log-in form; the token does where there is no password.
    token : str, optional
        Sent by programs as ``Authorization: Bearer TOKEN``.
    class_password : str, optional
        Opens the pages for learners and nothing else.
    tls : bool
        Whether this service itself encrypts what is sent.
    notes : tuple of str
        What to tell the one who starts it.
    """

    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    class_password: str | None = field(default=None, repr=False)
    tls: bool = False
    notes: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether anything must be shown at all."""
        return self.password is not None or self.token is not None

    def role_of(self, given: str) -> Role | None:
        """Return who a text typed into the log-in form lets in; None for nobody."""
        full = same(given, self.secret_of("full"))
        learner = same(given, self.secret_of("class"))
        if full:
            return "full"
        return "class" if learner else None

    def secret_of(self, role: Role) -> str | None:
        """Return what is typed into the log-in form to be let in in a role."""
        if role == "class":
            return self.class_password
        return self.password if self.password is not None else self.token

    def opens_api(self, given: str) -> bool:
        """Return whether a token sent by a program is the right one."""
        return same(given, self.token)


def same(given: str, secret: str | None) -> bool:
    """Return whether a text is a secret, in a time that does not depend on which part.

    Examples
    --------
    >>> same("open sesame", "open sesame"), same("", None)
    (True, False)
    """
    if secret is None:
        return False
    one, two = (
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        for text in (given, secret)
    )
    return hmac.compare_digest(one, two)


def is_local(host: str) -> bool:
    """Return whether a host's name means this machine and no other can reach it.

    Examples
    --------
    >>> [is_local(name) for name in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "")]
    [True, True, True, False, False]
    """
    name = host.strip("[]").removesuffix(".").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def read_access(
    *,
    password_file: Path | None = None,
    token_file: Path | None = None,
    class_password_file: Path | None = None,
    tls: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Access:
    """Return what must be shown, from files or from the environment.

    In the environment ``NEEDLEMAP_PASSWORD_FILE`` and the like name a file too. There
    is no way to give a secret as an argument of the command: arguments can be read by
    every user of the machine.

    Parameters
    ----------
    password_file, token_file, class_password_file : Path, optional
        Files whose first line is the secret.
    tls : bool
        Whether the service itself encrypts.
    environ : mapping, optional
        The process's environment by default.

    Returns
    -------
    Access
        With ``required`` False when nothing was given.

    Raises
    ------
    InputError
        When a file cannot be read, a secret is too short, or it is given twice; or
        when a class password stands alone or is the password.

    Examples
    --------
    >>> read_access(environ={"NEEDLEMAP_PASSWORD": "a long enough one"}).required
    True
    >>> read_access(environ={}).required
    False
    """
    given = os.environ if environ is None else environ
    notes: list[str] = []
    secrets = {
        kind.replace("-", "_"): _secret(kind, name, file, given, notes)
        for kind, name, file in (
            ("password", PASSWORD, password_file),
            ("token", TOKEN, token_file),
            ("class-password", CLASS_PASSWORD, class_password_file),
        )
    }
    access = Access(**secrets, tls=tls, notes=tuple(notes))
    learners = access.class_password
    if learners is not None and not access.required:
        raise InputError(
            f"a class password needs a password beside it, for the trainer: set "
            f"{PASSWORD} or give --password-file.",
            field="--class-password-file",
        )
    if learners is not None and access.role_of(learners) != "class":
        raise InputError(
            "the class password must be another than the password: it opens the pages "
            "for learners only.",
            field="--class-password-file",
        )
    return access


def check_reach(host: str, access: Access) -> None:
    """Refuse to listen for other machines without a password or token.

    Raises
    ------
    InputError
        Says how to give one.

    Examples
    --------
    >>> check_reach("127.0.0.1", Access())
    >>> check_reach("0.0.0.0", Access())
    Traceback (most recent call last):
    anatomy.errors.InputError: to listen on 0.0.0.0, where other machines can ...
    """
    if is_local(host) or access.required:
        return
    raise InputError(
        f"to listen on {host or 'every address'}, where other machines can reach this "
        "service, a password or a token must be given: set the environment variable "
        f"{PASSWORD} (at least {SHORTEST['password']} characters) or give "
        f"--password-file FILE; for programs {TOKEN} (at least {SHORTEST['token']}) or "
        "--token-file FILE. Or listen on 127.0.0.1.",
        field="--host",
    )


def _secret(
    kind: str,
    name: str,
    file: Path | None,
    environ: Mapping[str, str],
    notes: list[str],
) -> str | None:
    """Return a secret from a file or the environment; None when neither gives it."""
    flag = f"--{kind}-file"
    if file is None and environ.get(f"{name}{BY_FILE}"):
        flag, file = f"{name}{BY_FILE}", Path(environ[f"{name}{BY_FILE}"])
    if file is not None and name in environ:
        raise InputError(f"give {flag} or {name}, not both.", field=flag)
    if file is not None:
        text, where = _first_line(file, flag, notes), flag
    elif name in environ:
        text, where = environ[name], name
    else:
        return None
    if len(text) < SHORTEST[kind]:
        raise InputError(
            f"{where}: a {kind} must have at least {SHORTEST[kind]} characters; "
            f"got {len(text)}.",
            field=where,
        )
    if kind == "token" and not (text.isascii() and text.isprintable()):
        raise InputError(f"{where}: a token must be plain ASCII.", field=where)
    return text


def _first_line(file: Path, flag: str, notes: list[str]) -> str:
    """Return the first line of a file; note when others can read it too."""
    try:
        with file.open(encoding="utf-8") as source:
            text = source.readline(1000).rstrip("\r\n")
            mode = os.fstat(source.fileno()).st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{flag}: {str(file)!r} cannot be read ({error}).") from None
    if os.name == "posix" and stat.S_ISREG(mode) and mode & _OTHERS:
        notes.append(f"{file} can be read by other users of this machine (chmod 600).")
    return text


def network(address: str | None) -> str:
    """Return the address that failures are counted by: a whole /64 of IPv6 is one.

    Examples
    --------
    >>> network("2001:db8::1") == network("2001:db8::2"), network("192.0.2.7")
    (True, '192.0.2.7')
    """
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or "unknown"
    if found.version == 6:
        return str(ipaddress.ip_network((int(found), 64), strict=False))
    return str(found)
