"""The service against its own description: calls that schemathesis makes up.

What is wrong is refused, what is answered fits the description, and nothing made up
brings the service down or out with a verdict that has not been reckoned.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from viewer.page.app import create_app
from viewer.service.protocol.limits import API, HOOKS

pytestmark = pytest.mark.slow

#: Tracing the zones of a whole body takes seconds, and each chart would be asked for.
SMALL_CHARTS = ["left_hand_palmar", "right_foot_plantar"]
BATCH = f"{API}/check-batch"
#: Feedback would be written to a database; pictures take seconds each.
LEFT_ALONE = f"^{HOOKS}|^{API}/(depth-map|section|check-session)$"
#: A name that fits the schema need not exist, and facts may contradict each other:
#: what is well-formed may be refused.
LEFT_OUT = [checks.positive_data_acceptance]
#: An element of a batch that is wrong is answered in its place, with 200.
LEFT_OUT_OF_A_BATCH = [*LEFT_OUT, checks.negative_data_rejection]


def _described() -> Any:
    """The service as it describes itself, with few charts."""
    server = create_app(warm=False).server
    found = server.test_client().get(f"{API}/openapi.json").json
    chart = found["paths"][f"{API}/zones"]["get"]["parameters"][0]["schema"]
    assert set(SMALL_CHARTS) < set(chart["enum"])
    chart["enum"] = SMALL_CHARTS
    schema = schemathesis.openapi.from_dict(found)
    schema.app = server
    return schema


schema = _described()


def bounded(examples: int) -> settings:
    """Return settings that make up the same calls in every run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@schema.exclude(path=BATCH).exclude(path_regex=LEFT_ALONE).parametrize()
@bounded(30)
def test_calls_made_up(case: schemathesis.Case) -> None:
    """Each operation, with what fits its schema and what does not."""
    case.validate_response(_answer(case), excluded_checks=LEFT_OUT)


@schema.include(path=BATCH).parametrize()
@bounded(10)
def test_batches_made_up(case: schemathesis.Case) -> None:
    """The same for a batch, which takes long to make up."""
    case.validate_response(_answer(case), excluded_checks=LEFT_OUT_OF_A_BATCH)


def _answer(case: schemathesis.Case) -> Any:
    """Return the answer to a call, which is never a failure inside."""
    answer = case.call()
    assert answer.status_code < 500, answer.text
    return answer
