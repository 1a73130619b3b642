"""Log-ins that are open, so that logging out ends one for good, in every process."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from viewer.service.shared.store import Kind, Memory, Shared

if TYPE_CHECKING:
    from viewer.service.access.access import Access, Role

#: A session ends so many seconds after its log-in: one working day.
SESSION_S = 12 * 3600
SESSIONS = Kind("session", most=1000)


class Sessions:
    """Log-ins that are open.

    Parameters
    ----------
    access : Access
        What was shown to get in. A session ends when the password that opened it is
        another after a start.
    shared : Shared, optional
        Where they are kept; in the memory of this process by default.

    Examples
    --------
    >>> from viewer.service.access.access import Access
    >>> sessions = Sessions(Access(password="a long enough one"))
    >>> name = sessions.begin("full")
    >>> sessions.role(name), sessions.end(name), sessions.role(name)
    ('full', None, None)
    """

    def __init__(self, access: Access, shared: Shared | None = None) -> None:
        self._access, self._shared = access, shared or Memory()

    def begin(self, role: Role) -> str:
        """Open a session and return its name, which cannot be guessed.

        Raises
        ------
        UnavailableError
        """
        name = secrets.token_urlsafe(24)
        value = {"role": role, "mark": self._mark(name, role)}
        self._shared.put(SESSIONS, name, value, lasts_s=SESSION_S)
        return name

    def role(self, name: str | None) -> Role | None:
        """Return whose session it is; None for one that is not open.

        Raises
        ------
        UnavailableError
        """
        found = self._shared.read(SESSIONS, name) if name else None
        if found is None or name is None:
            return None
        role: Role = found["role"]
        same = hmac.compare_digest(found["mark"], self._mark(name, role))
        return role if same else None

    def end(self, name: str | None) -> None:
        """End a session.

        Raises
        ------
        UnavailableError
        """
        if name:
            self._shared.drop(SESSIONS, name)

    def _mark(self, name: str, role: Role) -> str:
        """Return what stands for the secret of a role; only who has the name knows."""
        secret = self._access.secret_of(role) or ""
        words = f"{role} {secret}".encode("utf-8", "surrogatepass")
        return hmac.new(name.encode(), words, hashlib.sha256).hexdigest()
