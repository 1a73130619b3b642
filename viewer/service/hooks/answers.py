"""The cards for one call of a service: the record read, the check asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from anatomy.errors import InputError, NeedlemapError
from viewer.fhir import parts as fhir
from viewer.service.hooks.book import load_book
from viewer.service.hooks.cards import Card, patient_card, site_card, unread_card
from viewer.service.hooks.facts import Known, facts_of
from viewer.service.hooks.models import HookRequest
from viewer.service.hooks.orders import NeedlingOrder, orders_of
from viewer.service.protocol.errors import PreconditionError
from zones.check.patient_check import check_patient
from zones.check.site import check_site

#: Most sites of all orders that are checked in one call.
MOST_SITES = 30


def cards_for(asked: HookRequest, *, today: date | None = None) -> list[Card]:
    """Return the cards that answer a call.

    Parameters
    ----------
    asked : HookRequest
        The call.
    today : date, optional
        For ages and the age of measurements.

    Raises
    ------
    PreconditionError
        When something that is needed was not sent along.
    InputError
        When what was sent is about another patient.
    """
    context = asked.context.model_dump()
    orders = [] if asked.hook == "patient-view" else orders_of(context, asked.hook)
    if asked.hook != "patient-view" and not orders:
        return []
    sent = _sent(asked.prefetch)
    _check_patient_id(sent, orders, asked.context.patientId)
    known = facts_of(sent, today=today)
    if asked.hook == "patient-view":
        answer = check_patient(known.facts)
        if answer.complete and not answer.findings and not answer.at_places:
            return []
        return [patient_card(answer, known, urgent=False)]
    return [card for order in orders for card in _order_cards(order, known)]


def _sent(prefetch: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was sent along; a client that could not fetch something sent none."""
    found = {
        row.key: prefetch[row.key]
        for row in load_book().prefetch
        if row.key in prefetch and not fhir.failed(prefetch[row.key])
    }
    lacking = [r.key for r in load_book().prefetch if r.required and r.key not in found]
    if lacking:
        raise PreconditionError(
            f"prefetch must have {', '.join(lacking)}; this service fetches nothing "
            "itself. Null says that the record holds nothing of the kind.",
            field=f"prefetch.{lacking[0]}",
        )
    return found


def _check_patient_id(
    sent: Mapping[str, Any], orders: list[NeedlingOrder], patient: str
) -> None:
    """Refuse what is about another patient than the hook.

    Raises
    ------
    InputError
        Naming the part.
    """
    for person in fhir.resources(sent.get("patient"), "Patient"):
        if fhir.text(person.get("id")) not in ("", patient):
            raise _other("prefetch.patient")
    kinds = {
        "conditions": "Condition",
        "medications": "MedicationRequest",
        "statements": "MedicationStatement",
        "observations": "Observation",
        "devices": "Device",
    }
    for key, kind in kinds.items():
        for resource in fhir.resources(sent.get(key), kind):
            if not fhir.is_about(resource, patient):
                raise _other(f"prefetch.{key}")
    for order in orders:
        if not fhir.is_about(order.resource, patient):
            raise _other("context.draftOrders")


def _other(field: str) -> InputError:
    return InputError(f"{field} is about another patient than the hook.", field=field)


def _order_cards(order: NeedlingOrder, known: Known) -> list[Card]:
    """Return a card for each site of an order, or one about the patient."""
    alone = check_patient(known.facts)
    if not order.sites:
        return [unread_card(order, alone, known, None)]
    found = []
    for site in order.sites[:MOST_SITES]:
        try:
            answer = check_site(site, order.needle, known.facts)
        except NeedlemapError as error:
            found.append(unread_card(order, alone, known, error))
        else:
            found.append(site_card(order, answer, known))
    if len(order.sites) > MOST_SITES:
        more = InputError(f"more than {MOST_SITES} sites; the others were not checked.")
        found.append(unread_card(order, alone, known, more))
    return found
