"""A patient's leaflet at an address of the local network, for a short while."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from anatomy.messages import message as _
from viewer.record.errors import GoneError, MissingError
from viewer.record.paper.leaflet import Link, leaflet_pdf
from viewer.record.web import answered
from viewer.service.access.access import network
from viewer.service.access.reach import Closed, own_base
from viewer.service.entrance.gate import OWN_TRUST
from viewer.service.shared.attempts import Attempts
from viewer.service.shared.store import Kind, Memory, Shared
from viewer.sheets.qr import qr_svg
from viewer.state.language import said

if TYPE_CHECKING:
    from flask import Flask

    from viewer.record.storage.clinic_store import ClinicStore
    from viewer.record.storage.store import RecordStore
    from viewer.service.access.access import Access

#: A link ends so many minutes after it was made.
LINK_MIN = 60
#: Links that are open at once; the oldest goes first.
MOST_LINKS = 200
#: The open link of a record, by its id; the file that a link opens, by its token.
LINKS, FILES = Kind("leaflet", most=MOST_LINKS), Kind("leaflet file", most=MOST_LINKS)
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
    until : datetime
        When it ends.
    """

    token: str
    base: str
    record: str
    until: datetime

    @property
    def address(self) -> str:
        """Where it is opened."""
        return f"{self.base}/leaflet/{self.token}"


class LeafletLinks:
    """Links to leaflets, for as long as they are open.

    Parameters
    ----------
    shared : Shared, optional
        Where they are kept; by default in the memory of this process, with whose end
        all of them end.

    Examples
    --------
    >>> links = LeafletLinks()
    >>> first = links.make("record-1", b"%PDF-", "http://192.0.2.7:8050")
    >>> links.opened(first.token)
    ('record-1', b'%PDF-')
    >>> links.withdraw("record-1")
    >>> links.opened(first.token) is None
    True
    """

    def __init__(self, shared: Shared | None = None) -> None:
        self._shared = shared or Memory()

    def make(self, record_id: str, pdf: bytes, base: str) -> OpenLink:
        """Open a leaflet; an earlier link of the same record ends.

        Raises
        ------
        UnavailableError
        """
        self.withdraw(record_id)
        token, lasts = secrets.token_urlsafe(24), 60.0 * LINK_MIN
        ends = self._shared.epoch() + lasts
        file = {"record": record_id, "pdf": base64.b64encode(pdf).decode()}
        self._shared.put(FILES, token, file, lasts_s=lasts)
        link = {"token": token, "base": base, "ends": ends}
        self._shared.put(LINKS, record_id, link, lasts_s=lasts)
        return _link(record_id, link)

    def opened(self, token: str) -> tuple[str, bytes] | None:
        """Return the record and the leaflet of a token; None when it has ended.

        Raises
        ------
        UnavailableError
        """
        file = self._shared.read(FILES, token)
        if file is None:
            return None
        link = self.of(file["record"])
        # the record's one link is what counts, should two have been made at once
        if link is None or link.token != token:
            return None
        return link.record, base64.b64decode(file["pdf"])

    def of(self, record_id: str) -> OpenLink | None:
        """Return the link of a record that is open now.

        Raises
        ------
        UnavailableError
        """
        found = self._shared.read(LINKS, record_id)
        return None if found is None else _link(record_id, found)

    def withdraw(self, record_id: str) -> None:
        """End the links of a record.

        Raises
        ------
        UnavailableError
        """
        found = self._shared.read(LINKS, record_id)
        if found is not None:
            self._shared.drop(LINKS, record_id)
            self._shared.drop(FILES, found["token"])


def _link(record_id: str, kept: dict[str, Any]) -> OpenLink:
    """Return a link as it is kept."""
    until = datetime.fromtimestamp(kept["ends"], UTC)
    return OpenLink(kept["token"], kept["base"], record_id, until)


def add_leaflets(
    server: Flask,
    store: RecordStore,
    clinic: ClinicStore,
    access: Access,
    shared: Shared | None = None,
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
    shared : Shared, optional
        Where links are kept; in memory by default.
    """
    from flask import Blueprint, Response, request

    links, attempts = LeafletLinks(shared), Attempts(shared)
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

    @server.after_request
    def forget(answer: Response) -> Response:
        """End the link of a record that was just deleted, with its file."""
        if request.endpoint == "records.delete" and answer.status_code < 400:
            links.withdraw(str((request.view_args or {})["record_id"]))
        return answer

    @routes.delete("/records/<record_id>/leaflet-link")
    @answered
    def withdraw(record_id: str) -> Any:
        links.withdraw(record_id)
        return _shown(None)

    @routes.get("/leaflet/<token>")
    def opened(token: str) -> Any:
        found = links.opened(token)
        if found is not None and not _kept(store, found[0]):
            links.withdraw(found[0])
            found = None
        address = f"leaflet {network(request.remote_addr)}"
        wait = attempts.try_one(address, right=found is not None)
        if found is None or wait > 0:
            status = HTTPStatus.NOT_FOUND if wait <= 0 else HTTPStatus.TOO_MANY_REQUESTS
            return Response(said(GONE), status, mimetype="text/plain")
        answer = Response(found[1], mimetype="application/pdf")
        answer.headers["Content-Disposition"] = 'inline; filename="leaflet.pdf"'
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    server.register_blueprint(routes)


def _kept(store: RecordStore, record_id: str) -> bool:
    """Return whether a record is still there: a deleted one shows nothing more."""
    try:
        store.read(record_id)
    except (MissingError, GoneError):
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
