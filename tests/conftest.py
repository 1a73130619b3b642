"""Shared fixtures: the two reference bodies and a patient without any risk."""

from __future__ import annotations

from collections import Counter
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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Begin with the longest files where processes share them: short ones fill the end.

    Long are those with the most tests in the browser, then those with most slow ones.
    """
    if not hasattr(config, "workerinput"):
        return
    marked = {
        mark: Counter(i.path for i in items if i.get_closest_marker(mark) is not None)
        for mark in ("browser", "slow")
    }
    tests = Counter(item.path for item in items)

    def size(item: pytest.Item) -> tuple[int, int, int, str]:
        path = item.path
        return (
            -marked["browser"][path],
            -marked["slow"][path],
            -tests[path],
            str(path),
        )

    items.sort(key=size)


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
