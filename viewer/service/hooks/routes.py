"""The addresses of CDS Hooks: ``/cds-services``, each service, its feedback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from anatomy.errors import InputError
from viewer.service.calls.reading import body_of, no_query
from viewer.service.edge.keeping import public
from viewer.service.edge.nowhere import add_nowhere
from viewer.service.edge.replies import answer_errors, error_response, json_response
from viewer.service.entrance.gate import OWN_TRUST
from viewer.service.hooks.book import load_book
from viewer.service.protocol.errors import NotFoundError, ServiceError
from viewer.service.protocol.limits import HOOKS, LARGEST_BATCH

if TYPE_CHECKING:
    from flask import Flask, Response

    from viewer.record.storage.feedback import Feedback, FeedbackStore
    from viewer.service.hooks.models import FeedbackRequest
    from viewer.service.hooks.trust import Trust
    from viewer.service.server.settings import Settings
    from viewer.service.shared.store import Shared

Model = TypeVar("Model", bound=BaseModel)


def add_hooks(server: Flask, settings: Settings, shared: Shared | None = None) -> None:
    """Add CDS Hooks to a server.

    Parameters
    ----------
    server : Flask
        The application.
    settings : Settings
        With a list of clients, each call needs a token of one of them; without, what
        the gate asks for.
    shared : Shared, optional
        Where used tokens are remembered; in memory by default.

    Raises
    ------
    NeedlemapError
        When the list of clients or the services cannot be read.
    """
    from flask import Blueprint, g, request

    load_book()
    hooks = Blueprint("hooks", __name__, url_prefix=HOOKS)
    trust = _trust(settings, shared)
    stores: list[FeedbackStore] = []

    if trust is not None:
        server.extensions.setdefault(OWN_TRUST, set()).add(hooks.name)

        @hooks.before_request
        def verify() -> Response | None:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            given = token.strip() if scheme.lower() == "bearer" else ""
            try:
                g.caller = trust.verify(given, request.path)
            except ServiceError as error:
                return error_response(error)
            return None

    @hooks.route("", methods=["GET"], provide_automatic_options=False)
    def discovery() -> Response:
        no_query(request)
        return public(json_response(services()))

    @hooks.route("/<name>", methods=["POST"], provide_automatic_options=False)
    def call(name: str) -> Response:
        from viewer.service.hooks.answers import cards_for
        from viewer.service.hooks.models import HookRequest

        no_query(request)
        known = _hooks_of(name)
        asked = _read(HookRequest)
        if asked.hook not in known:
            raise InputError(
                f"the service {name} is for {' and '.join(known)}; got "
                f"{asked.hook[:40]!r}.",
                field="hook",
                suggestions=known,
            )
        return json_response({"cards": cards_for(asked)})

    @hooks.route("/<name>/feedback", methods=["POST"], provide_automatic_options=False)
    def feedback(name: str) -> Response:
        from viewer.service.hooks.models import FeedbackRequest

        no_query(request)
        _hooks_of(name)
        entries = _entries(_read(FeedbackRequest), name, str(g.get("caller", "")))
        _store(stores, settings.db).add(entries)
        return json_response({"kept": len(entries)})

    answer_errors(hooks)
    server.register_blueprint(hooks)
    add_nowhere(server, HOOKS, but=("GET", "HEAD"))


def services() -> dict[str, Any]:
    """Return what the discovery answers.

    Examples
    --------
    >>> [service["hook"] for service in services()["services"]]
    ['order-select', 'order-sign', 'patient-view']
    """
    book = load_book()
    return {
        "services": [
            {
                "hook": service.hook,
                "title": service.title,
                "description": service.description,
                "id": service.id,
                "prefetch": book.queries(),
                "usageRequirements": service.usage,
            }
            for service in book.services
        ]
    }


def _trust(settings: Settings, shared: Shared | None) -> Trust | None:
    """Return what verifies the clients on the list, if there is one."""
    if settings.hooks is None:
        return None
    from viewer.service.hooks.trust import Trust, read_clients

    folder = settings.hooks.resolve().parent
    return Trust(read_clients(settings.hooks), folder, shared=shared)


def _hooks_of(name: str) -> list[str]:
    """Return the hooks that a service is for."""
    found = [row.hook for row in load_book().services if row.id == name]
    if not found:
        raise NotFoundError(f"there is no such service; see {HOOKS}.")
    return [str(hook) for hook in found]


def _read(model: type[Model]) -> Model:
    """Return what was sent, in its form."""
    from flask import request

    try:
        return model.model_validate(body_of(request, LARGEST_BATCH))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: {first['msg']}.", field=where or None) from None


def _entries(sent: FeedbackRequest, service: str, client: str) -> list[Feedback]:
    """Return feedback as it is kept.

    Raises
    ------
    InputError
        For a suggestion that was accepted and is not named, or a time without a zone.
    """
    from viewer.record.storage.feedback import Feedback

    found = []
    for number, entry in enumerate(sent.feedback):
        where = f"feedback.{number}"
        if entry.outcome == "accepted" and not entry.acceptedSuggestions:
            raise InputError(
                f"{where}: what was accepted must be named.",
                field=f"{where}.acceptedSuggestions",
            )
        if entry.outcomeTimestamp.tzinfo is None:
            raise InputError(
                f"{where}: the time must be in UTC, as 2026-01-31T10:05:31Z.",
                field=f"{where}.outcomeTimestamp",
            )
        told = entry.overrideReason
        reason = told.reason if told is not None else None
        found.append(
            Feedback(
                at=entry.outcomeTimestamp,
                client=client,
                service=service,
                card=entry.card,
                outcome=entry.outcome,
                suggestions=" ".join(one.id for one in entry.acceptedSuggestions),
                reason="" if reason is None else f"{reason.system}|{reason.code}"[:200],
                comment=(told.userComment or "") if told is not None else "",
            )
        )
    return found


def _store(stores: list[FeedbackStore], db: str | None) -> FeedbackStore:
    """Return the store, made with the first feedback."""
    if not stores:
        from viewer.record.storage.feedback import FeedbackStore
        from viewer.record.storage.place import database_url

        stores.append(FeedbackStore(database_url(db)))
    return stores[0]
