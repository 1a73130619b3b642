"""Orders of needling: which of a draft are, at which site, with which needle."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from viewer.fhir import parts as fhir
from viewer.fhir.needle import NEEDLE, plan_of
from viewer.fhir.structures import muscles
from viewer.service.hooks.book import load_book


@dataclass(frozen=True)
class NeedlingOrder:
    """An order of needling.

    Attributes
    ----------
    resource : mapping
        The ServiceRequest as it was sent.
    sites : tuple of dict
        Sites of the contract, in the order of ``bodySite``; none when it names none.
    needle : dict
        The plan as far as it was given.
    """

    resource: Mapping[str, Any]
    sites: tuple[dict[str, Any], ...]
    needle: dict[str, Any]

    @property
    def reference(self) -> str:
        """How the order is referred to; empty without an id."""
        found = fhir.text(self.resource.get("id"))
        return f"ServiceRequest/{found}" if found else ""


def orders_of(context: Mapping[str, Any], hook: str) -> list[NeedlingOrder]:
    """Return the orders of needling that a hook is about.

    Parameters
    ----------
    context : mapping
        Of the hook. With ``order-select`` only what was just selected counts.
    hook : str
        The hook.
    """
    chosen = None
    if hook == "order-select":
        chosen = {fhir.text(name) for name in fhir.items(context.get("selections"))}
    found = []
    for resource in fhir.resources(context.get("draftOrders"), "ServiceRequest"):
        electrical = [current for current in _needling(resource)]
        if not electrical:
            continue
        plan = plan_of(resource)
        said = {current for current in electrical if current is not None}
        if len(said) == 1:
            plan.setdefault("electrical", said.pop())
        order = NeedlingOrder(resource, tuple(_sites(resource)), plan)
        if chosen is None or order.reference in chosen or _bare(order) in chosen:
            found.append(order)
    return found


def _bare(order: NeedlingOrder) -> str:
    return order.reference.rpartition("/")[2]


def _needling(resource: Mapping[str, Any]) -> Iterator[bool | None]:
    """Yield, for each code of needling, what it says about current."""
    known = {(row.system, row.code): row for row in load_book().orders}
    for coding in fhir.codings(resource.get("code")):
        row = known.get((coding.system, coding.code))
        if row is not None:
            yield row.electrical


def _sites(resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the sites of an order: its words, else a muscle by its code."""
    for concept in fhir.items(resource.get("bodySite")):
        own = fhir.text(fhir.part(concept, "text"))
        muscle = next(muscles(fhir.codings(concept)), None)
        said = own or next(iter(fhir.words(concept)), "")
        if own or (said and muscle is None):
            yield {"text": said}
        elif muscle is not None:
            yield {"muscle": muscle}


def changed(order: NeedlingOrder, change: str, to: Any) -> dict[str, Any] | None:
    """Return an order with one thing of its plan changed; None where it cannot hold it.

    Depths and lengths are rounded down to whole millimetres, as they are offered.
    """
    if change in ("depth_mm", "length_mm") and isinstance(to, (int, float)):
        entry: dict[str, Any] = {"url": change, "valueDecimal": math.floor(to)}
    elif change == "electrical" and isinstance(to, bool):
        entry = {"url": change, "valueBoolean": to}
    else:
        return None
    resource: dict[str, Any] = copy.deepcopy(dict(order.resource))
    others = [e for e in fhir.items(resource.get("extension")) if not _is_plan(e)]
    plan = [e for e in fhir.items(resource.get("extension")) if _is_plan(e)]
    parts = [p for e in plan for p in fhir.items(e.get("extension"))]
    parts = [p for p in parts if fhir.part(p, "url") != change]
    resource["extension"] = [*others, {"url": NEEDLE, "extension": [*parts, entry]}]
    return resource


def _is_plan(extension: Any) -> bool:
    return fhir.part(extension, "url") == NEEDLE
