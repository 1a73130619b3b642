"""Shared fixtures: the two reference bodies and a patient without any risk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "needlemap",
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("needlemap")


@pytest.fixture(scope="session", autouse=True)
def _no_kept_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Read nothing that another program of this user has compiled and kept."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setattr("platformdirs.user_cache_path", lambda name, **_: folder / name)
        yield


@pytest.fixture(scope="session", params=["male", "female"])
def fields(request: pytest.FixtureRequest) -> Any:
    """Compiled zones of each reference body in turn."""
    from zones.fields.loading import body_fields

    return body_fields(request.param)


@pytest.fixture(scope="session")
def male() -> Any:
    """The male reference body."""
    from anatomy.body import load_body

    return load_body("male")


@pytest.fixture(scope="session")
def male_fields() -> Any:
    """Compiled zones of the male reference body."""
    from zones.fields.loading import body_fields

    return body_fields("male")


@pytest.fixture
def healthy() -> dict[str, Any]:
    """A patient of whom everything was asked and nothing stands against needling."""
    from tests.strategies import healthy_patient

    return healthy_patient()
