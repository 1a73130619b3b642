"""What the page asks for by itself: read, change, delete and export, under /records."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from anatomy.errors import InputError, NeedlemapError
from anatomy.messages import message as _
from viewer.record.errors import (
    KEPT,
    ConflictError,
    OverrideNeededError,
    StoreError,
)
from viewer.record.page.change import apply_change
from viewer.record.paper.counts import counts_csv
from viewer.record.paper.export import as_csv, as_json, day, file_name
from viewer.record.reasons import reasons_for
from viewer.record.storage.clinic_store import ClinicStore
from viewer.record.storage.models import Change, Record, now
from viewer.record.storage.store import RecordStore, Saved
from viewer.record.tally import COUNTS_FILE, last_days
from viewer.state.language import said
from viewer.state.page_state import message_of
from viewer.state.terms import term
from zones.contract.models import Verdict
from zones.contract.validation import typed_error

if TYPE_CHECKING:
    from flask import Flask

_LOG = logging.getLogger(__name__)

#: Largest call, bytes: the longest notes with room to spare.
LARGEST = 1_000_000
TOO_LARGE = _(
    "This is too long to be kept in a record. Notes hold at most 20 000 characters; "
    "shorten the text."
)
FAILED = f"The record could not be saved. {KEPT}"

_Model = TypeVar("_Model", bound=BaseModel)


def add_records(server: Flask, store: RecordStore, clinic: ClinicStore) -> None:
    """Add the addresses of the records to a server.

    Parameters
    ----------
    server : Flask
        The application; ``server.extensions["needlemap_records"]`` is then the store.
    store : RecordStore
        Where the records are.
    clinic : ClinicStore
        What leaflets say of the clinic.
    """
    from flask import Blueprint

    server.extensions["needlemap_records"] = store
    routes = Blueprint("records", __name__, url_prefix="/records")
    _add_editing(routes, store)
    _add_exports(routes, store, clinic)
    server.register_blueprint(routes)


def _add_editing(routes: Any, store: RecordStore) -> None:
    """Add what creates, reads, changes and deletes."""
    from flask import request

    @routes.get("/ping")
    def ping() -> Any:
        return {"here": True}

    @routes.post("/<record_id>")
    @answered
    def create(record_id: str) -> Any:
        data = _body(request)
        record = _model(Record, {"id": record_id, "started": now().isoformat()})
        first = {"fields": {"reference": data.get("reference", "")}}
        record, *_rest = apply_change(record, _model(Change, first))
        return payload(store.create(record)), HTTPStatus.CREATED

    @routes.get("/<record_id>")
    @answered
    def read(record_id: str) -> Any:
        return payload(store.read(record_id))

    @routes.post("/<record_id>/change")
    @answered
    def change(record_id: str) -> Any:
        data = _body(request)
        revision = data.pop("revision", None)
        if not isinstance(revision, int):
            raise InputError("revision must be a whole number.", field="revision")
        asked = _model(Change, data)
        return payload(store.change(record_id, revision, asked, apply_change))

    @routes.delete("/<record_id>")
    @answered
    def delete(record_id: str) -> Any:
        store.delete(record_id)
        return {"deleted": record_id}

    @routes.post("/older/<int:days>/delete")
    @answered
    def delete_older(days: int) -> Any:
        expected = _body(request).get("expected")
        if not isinstance(expected, int):
            raise InputError("expected must be a whole number.", field="expected")
        return {"deleted": store.delete_older(days, expected)}


def _add_exports(routes: Any, store: RecordStore, clinic: ClinicStore) -> None:
    """Add the files that a record can be had as."""
    from flask import Response, current_app, request

    def sent(content: bytes | str, kind: str, name: str) -> Any:
        found = Response(content, mimetype=kind)
        found.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        found.headers["Cache-Control"] = "no-store"
        return found

    @routes.get(f"/{COUNTS_FILE}")
    @answered
    def counts_file() -> Any:
        found, unread = last_days(store)
        if unread:
            _LOG.warning("records: %s could not be read and are not counted", unread)
        return sent(counts_csv(found), "text/csv", COUNTS_FILE)

    @routes.get("/<record_id>/record.json")
    @answered
    def json_file(record_id: str) -> Any:
        saved = store.read(record_id)
        text = as_json(saved.record, store.history(record_id))
        return sent(text, "application/json", file_name(saved.record, "record.json"))

    @routes.get("/<record_id>/record.csv")
    @answered
    def csv_file(record_id: str) -> Any:
        record = store.read(record_id).record
        return sent(as_csv(record), "text/csv", file_name(record, "record.csv"))

    @routes.get("/<record_id>/record.fhir.json")
    @answered
    def fhir_file(record_id: str) -> Any:
        from viewer.fhir.versions import Version, parse_version
        from viewer.record.fhir.bundle import as_fhir

        version = parse_version(request.args.get("version", Version.R4))
        record = store.read(record_id).record
        name = file_name(record, "record.fhir.json")
        return sent(as_fhir(record, version), "application/fhir+json", name)

    @routes.get("/<record_id>/record.pdf")
    @answered
    def pdf_file(record_id: str) -> Any:
        from viewer.record.paper.pdf import record_pdf

        record = store.read(record_id).record
        name = file_name(record, "record.pdf")
        return sent(record_pdf(record), "application/pdf", name)

    @routes.get("/<record_id>/leaflet.pdf")
    @answered
    def leaflet_file(record_id: str) -> Any:
        from viewer.record.paper.leaflet import leaflet_pdf

        record = store.read(record_id).record
        # the service that shows links, where there is one
        link = current_app.extensions.get("needlemap_leaflet_link")
        pdf = leaflet_pdf(record, clinic.read(), link=link and link(record_id))
        # for the patient: neither the file's name nor its text holds the reference
        return sent(pdf, "application/pdf", f"{day(record)}-leaflet.pdf")


def payload(saved: Saved) -> dict[str, Any]:
    """Return a record as the page gets it."""
    return {
        "record": saved.record.as_dict(),
        "revision": saved.revision,
        "changed": saved.changed.isoformat(),
        "note": saved.note,
    }


def answered(call: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what a call raises into an answer in words."""

    @wraps(call)
    def answer(**given: Any) -> Any:
        from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

        try:
            return call(**given)
        except ConflictError as error:
            return _error(error, error.status) | payload(error.saved), error.status
        except OverrideNeededError as error:
            # no mistake of the caller's, but a question back
            return _asking(error), HTTPStatus.OK
        except StoreError as error:
            _LOG.warning("records: %s", error)
            return _error(error, error.status), error.status
        except NeedlemapError as error:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return _error(error, status), status
        except RequestEntityTooLarge:
            too_large = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return _error(InputError(TOO_LARGE), too_large), too_large
        except HTTPException:
            raise
        except Exception:
            _LOG.exception("a record could not be handled")
            failed = HTTPStatus.INTERNAL_SERVER_ERROR
            return _error(StoreError(FAILED), failed), failed

    return answer


def _error(error: NeedlemapError, status: int) -> dict[str, Any]:
    """Return an error as the page gets it; ``again`` says that trying again helps."""
    again = status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE)
    words = said(message_of(error))
    return {"error": error.as_dict() | {"message": words, "again": again}}


def _asking(error: OverrideNeededError) -> dict[str, Any]:
    """Return what the dialogue that asks for a reason shows."""
    from viewer.look.look import LOOKS, icon_uri

    verdict = Verdict(error.verdict)
    look = LOOKS[verdict]
    return {
        "ask": {
            "verdict": verdict.value,
            "word": said(look.word),
            "fill": look.fill,
            "ink": look.ink,
            "icon": icon_uri(verdict, on_head=True),
            "over": [said(text) for text in error.over],
            "reasons": [
                {"id": r.id, "label": said(term(r.label)), "text": r.text}
                for r in reasons_for(verdict)
            ],
        }
    }


def _body(request: Any) -> dict[str, Any]:
    """Return the body of a call."""
    request.max_content_length = LARGEST
    if (request.content_length or 0) > LARGEST:
        from werkzeug.exceptions import RequestEntityTooLarge

        raise RequestEntityTooLarge
    # only this type cannot be sent by a form of another site
    if request.mimetype != "application/json":
        raise InputError("The content type must be application/json.")
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise InputError("The body must be a JSON object.")
    return data


def _model(model: type[_Model], data: dict[str, Any]) -> _Model:
    """Return a model of what was sent, or raise in words."""
    from pydantic import ValidationError

    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise typed_error(error, model, field="") from error
