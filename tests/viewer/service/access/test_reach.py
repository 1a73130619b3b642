"""Where other machines reach the service, and whether it is heard there."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from viewer.service.access import reach


def test_knocking_tells_whether_somebody_listens() -> None:
    """At a port that is open, and at one that is not."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
        assert reach.heard("127.0.0.1", port, 0)
    assert not reach.heard("127.0.0.1", port, 1)


def test_no_network_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop without any network has no address."""

    def fail(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(reach.socket, "socket", fail)
    monkeypatch.setattr(reach.socket, "gethostbyname", fail)
    assert reach.own_address(0) is None
