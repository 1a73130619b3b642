"""A caller of a service with password and token, and one on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.viewer.service.entrance.callers import PASSWORD, TOKEN, made
from viewer.service.access.access import Access

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.fixture
def locked() -> FlaskClient:
    """A caller of a service with password and token."""
    return made(Access(password=PASSWORD, token=TOKEN)).test_client()


@pytest.fixture(scope="module")
def unlocked() -> FlaskClient:
    """A caller of a service on this machine."""
    return made(None).test_client()
