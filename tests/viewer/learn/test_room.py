"""Where learners' phones reach a course."""

from __future__ import annotations

import pytest
from flask import Flask, request

from viewer.learn import room
from viewer.learn.room import reach
from viewer.service.access import reach as network
from viewer.service.access.access import Access

CLASS = Access(password="correct horse battery", class_password="needles")


def seen(base: str, access: Access, **headers: str) -> room.Reach:
    """Where a trainer who came by this address sends learners."""
    with Flask("x").test_request_context("/", base_url=base, headers=headers):
        return reach(request, access)


@pytest.fixture(autouse=True)
def fresh() -> None:
    network.own_address.cache_clear()
    network.heard.cache_clear()


def test_without_a_password_only_this_machine() -> None:
    """It says how phones would reach it."""
    found = seen("http://127.0.0.1:8050", Access())
    assert not found.open
    assert "--host 0.0.0.0" in found.note
    assert found.link("K7QX4M") == "http://127.0.0.1:8050/learn/join?code=K7QX4M"


def test_the_address_by_which_the_trainer_came_will_do() -> None:
    """Another name, or a proxy that encrypts."""
    found = seen("http://192.0.2.7:8050", CLASS)
    assert (found.base, found.open, found.note) == ("http://192.0.2.7:8050", True, "")
    assert found.class_password
    found = seen("http://clinic.example", CLASS, **{"X-Forwarded-Proto": "https"})
    assert found.base == "https://clinic.example"
    found = seen("http://clinic.example", CLASS, **{"X-Forwarded-Proto": "x:y"})
    assert found.base == "http://clinic.example"


def test_at_the_machine_itself_its_address_in_the_room_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When it listens there; else it says that it does not, or has none."""
    monkeypatch.setattr(network, "own_address", lambda _: "192.0.2.9")
    monkeypatch.setattr(network, "heard", lambda *_: True)
    found = seen("http://localhost:8050", CLASS)
    assert (found.base, found.open) == ("http://192.0.2.9:8050", True)
    monkeypatch.setattr(network, "heard", lambda *_: False)
    found = seen("http://localhost:8050", CLASS)
    assert not found.open
    assert "listens for this machine only" in found.note
    monkeypatch.setattr(network, "own_address", lambda _: None)
    found = seen("http://localhost:8050", CLASS)
    assert not found.open
    assert "not on a network" in found.note
