"""Where learners' phones reach a course."""

from __future__ import annotations

import re
import socket
from typing import Any

import pytest
from flask import Flask, request

from viewer.learn import room
from viewer.learn.room import qr_svg, reach
from viewer.service.access import Access

CLASS = Access(password="correct horse battery", class_password="needles")


def seen(base: str, access: Access, **headers: str) -> room.Reach:
    """Where a trainer who came by this address sends learners."""
    with Flask("x").test_request_context("/", base_url=base, headers=headers):
        return reach(request, access)


@pytest.fixture(autouse=True)
def fresh() -> None:
    room.own_address.cache_clear()
    room.heard.cache_clear()


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
    monkeypatch.setattr(room, "own_address", lambda _: "192.0.2.9")
    monkeypatch.setattr(room, "heard", lambda *_: True)
    found = seen("http://localhost:8050", CLASS)
    assert (found.base, found.open) == ("http://192.0.2.9:8050", True)
    monkeypatch.setattr(room, "heard", lambda *_: False)
    found = seen("http://localhost:8050", CLASS)
    assert not found.open
    assert "listens for this machine only" in found.note
    monkeypatch.setattr(room, "own_address", lambda _: None)
    found = seen("http://localhost:8050", CLASS)
    assert not found.open
    assert "not on a network" in found.note


def test_knocking_tells_whether_somebody_listens() -> None:
    """At a port that is open, and at one that is not."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
        assert room.heard("127.0.0.1", port, 0)
    assert not room.heard("127.0.0.1", port, 1)


def test_no_network_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop without any network has no address."""

    def fail(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(room.socket, "socket", fail)
    monkeypatch.setattr(room.socket, "gethostbyname", fail)
    assert room.own_address(0) is None


def test_the_code_to_scan_has_its_marks_in_the_corners() -> None:
    """Dark rings of seven cells in three corners, and a quiet edge of four."""
    svg = qr_svg("http://192.0.2.7:8050/learn/join?code=K7QX4M")
    (box,) = re.findall(r'viewBox="([-\d ]+)"', svg)
    left, top, wide, high = (int(v) for v in box.split())
    assert (left, top, wide) == (-4, -4, high)
    size = wide - 8
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg)}
    for x, y in ((0, 0), (size - 7, 0), (0, size - 7)):
        assert all((x + n, y) in dark and (x, y + n) in dark for n in range(7))
        assert all((x + n, y + 1) not in dark for n in range(1, 6))
    assert qr_svg("other") != svg
