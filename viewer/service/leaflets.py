"""A patient's leaflet at an address of the local network, for a short while."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from anatomy.errors import NeedlemapError
from anatomy.messages import message as _
from viewer.record.paper.leaflet import Link, leaflet_pdf
from viewer.record.web import answered
from viewer.service.access import Attempts, network
from viewer.service.gate import OWN_TRUST
from viewer.service.reach import Closed, own_base
from viewer.sheets.qr import qr_svg
from viewer.state.language import said

if TYPE_CHECKING:
    from flask import Flask

    from viewer.record.storage.clinic_store import ClinicStore
    from viewer.record.storage.store import RecordStore
    from viewer.service.access import Access

#: A link ends so many minutes after it was made.
LINK_MIN = 60
#: Links that are open at once; the oldest goes first.
MOST_LINKS = 200
NOTES = {
    Closed.NO_LOGIN: _(
        "Only this machine can open it. For patients' telephones start needlemap with "
        "--host 0.0.0.0 and a password; see the documentation. The leaflet can be "
        "printed all the same."
    ),
    Closed.NO_NETWORK: _(
        "This machine is not on a network now. The leaflet can be printed all the same."
    ),
    Closed.NOT_HEARD: _(
        "needlemap listens for this machine only. For patients' telephones start it "
        "with --host 0.0.0.0. The leaflet can be printed all the same."
    ),
}
GONE = _("This leaflet is no longer here. Ask the clinic for it on paper.")


@dataclass(frozen=True)
class OpenLink:
    """A leaflet that can be opened without a log-in: the finished file, nothing else.

    Attributes
    ----------
    token : str
        Last part of the address; cannot be guessed.
    base : str
        First part of it.
    record : str
        Id of the record that it was made from.
    pdf : bytes
        The leaflet as it was then.
    until : datetime
        When it ends.
    ends : float
        The same on the clock that only goes up.
    """

    token: str
    base: str
    record: str
    pdf: bytes
    until: datetime
    ends: float

    @property
    def address(self) -> str:
        """Where it is opened."""
        return f"{self.base}/leaflet/{self.token}"


class LeafletLinks:
    """Links to leaflets, in memory alone: stopping the service ends all of them.

    Parameters
    ----------
    clock : callable
        Seconds that only go up.

    Examples
    --------
    >>> links = LeafletLinks()
    >>> first = links.make("record-1", b"%PDF-", "http://192.0.2.7:8050")
    >>> links.opened(first.token).pdf, links.withdraw("record-1")
    (b'%PDF-', None)
    >>> links.opened(first.token) is None
    True
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, OpenLink] = {}

    def make(self, record_id: str, pdf: bytes, base: str) -> OpenLink:
        """Open a leaflet; an earlier link of the same record ends."""
        self.withdraw(record_id)
        until = datetime.now(UTC) + timedelta(minutes=LINK_MIN)
        token = secrets.token_urlsafe(24)
        ends = self._clock() + 60 * LINK_MIN
        made = OpenLink(token, base, record_id, pdf, until, ends)
        with self._lock:
            self._open[token] = made
            while len(self._open) > MOST_LINKS:
                del self._open[next(iter(self._open))]
        return made

    def opened(self, token: str) -> OpenLink | None:
        """Return the link of a token; None when it ended or never was."""
        self._forget_ended()
        with self._lock:
            return self._open.get(token)

    def of(self, record_id: str) -> OpenLink | None:
        """Return the link of a record that is open now."""
        self._forget_ended()
        with self._lock:
            return next((k for k in self._open.values() if k.record == record_id), None)

    def withdraw(self, record_id: str) -> None:
        """End the links of a record."""
        self._drop(lambda link: link.record == record_id)

    def _forget_ended(self) -> None:
        now = self._clock()
        self._drop(lambda link: link.ends <= now)

    def _drop(self, ended: Callable[[OpenLink], bool]) -> None:
        with self._lock:
            self._open = {t: k for t, k in self._open.items() if not ended(k)}


def add_leaflets(
    server: Flask, store: RecordStore, clinic: ClinicStore, access: Access
) -> None:
    """Add what makes, shows and withdraws links, and what they open.

    Parameters
    ----------
    server : Flask
        The application; its records print the open link of a record.
    store, clinic : RecordStore, ClinicStore
        What leaflets are made from.
    access : Access
        Who gets in.
    """
    from flask import Blueprint, Response, request

    links, attempts = LeafletLinks(), Attempts()
    routes = Blueprint("leaflets", __name__)
    # a leaflet is opened by the token in its address
    server.extensions.setdefault(OWN_TRUST, set()).add(f"{routes.name}.opened")

    def printed(record_id: str) -> Link | None:
        found = links.of(record_id)
        return None if found is None else Link(qr_svg(found.address), found.until)

    server.extensions["needlemap_leaflet_link"] = printed

    @routes.get("/records/<record_id>/leaflet-link")
    @answered
    def shown(record_id: str) -> Any:
        return _shown(links.of(record_id))

    @routes.post("/records/<record_id>/leaflet-link")
    @answered
    def make(record_id: str) -> Any:
        record = store.read(record_id).record
        found = own_base(request, access)
        if found.why is not None:
            return {"open": False, "note": said(NOTES[found.why])}
        pdf = leaflet_pdf(record, clinic.read())
        return _shown(links.make(record_id, pdf, found.base))

    @routes.delete("/records/<record_id>/leaflet-link")
    @answered
    def withdraw(record_id: str) -> Any:
        links.withdraw(record_id)
        return _shown(None)

    @routes.get("/leaflet/<token>")
    def opened(token: str) -> Any:
        found = links.opened(token)
        if found is not None and not _kept(store, found.record):
            links.withdraw(found.record)
            found = None
        wait = attempts.try_one(network(request.remote_addr), right=found is not None)
        if found is None or wait > 0:
            status = HTTPStatus.NOT_FOUND if wait <= 0 else HTTPStatus.TOO_MANY_REQUESTS
            return Response(said(GONE), status, mimetype="text/plain")
        answer = Response(found.pdf, mimetype="application/pdf")
        answer.headers["Content-Disposition"] = 'inline; filename="leaflet.pdf"'
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    server.register_blueprint(routes)


def _kept(store: RecordStore, record_id: str) -> bool:
    """Return whether a record is still there: a deleted one shows nothing more."""
    try:
        store.read(record_id)
    except NeedlemapError:
        return False
    return True


def _shown(link: OpenLink | None) -> dict[str, Any]:
    """Return a link as the page shows it."""
    if link is None:
        return {"open": False, "note": ""}
    return {
        "open": True,
        "address": link.address,
        "qr": qr_svg(link.address),
        "until": link.until.isoformat(),
        "note": "",
    }
