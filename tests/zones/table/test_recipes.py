"""The recipes of ``tables.md`` in docs: each engine, the answers of one process."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from zones import check_sites

PAGE = Path(__file__).parents[3] / "docs" / "programmers" / "tables.md"
RECIPE = re.compile(r"### (.+?)\n(?:(?!###).)*?```python\n(.*?)```", re.S)
BLOCKS = RECIPE.findall(PAGE.read_text("utf-8"))
#: Rows may come back in another order.
UNORDERED = ("Ray", "Spark")
#: Their libraries warn of themselves, under pandas 3 at every call.
IGNORED = pytest.mark.filterwarnings("ignore")
ROWS = [
    ("6 cm left of T4", 5.0),
    ("6 cm left of T4", 30.0),
    ("6 cm left of nowhere", 5.0),
    ("L3", 20.0),
]


def table() -> pd.DataFrame:
    """Forty rows, some of them beyond what can be checked."""
    frame = pd.DataFrame(ROWS * 10, columns=["text", "depth_mm"])
    return frame.assign(sex=["female", "male"] * 20, id=range(40))


@pytest.fixture
def engine(name: str) -> Iterator[None]:
    """What a recipe runs in, where that is not there with the tests' own libraries."""
    if name == "Spark":
        if shutil.which("java") is None:
            pytest.skip("Spark needs Java")
        pytest.importorskip("pyspark")
    ray = pytest.importorskip("ray") if name == "Ray" else None
    yield
    if ray is not None:
        ray.shutdown()


def test_every_recipe_is_run() -> None:
    assert [name for name, _ in BLOCKS] == [
        *("pandas", "Polars", "DuckDB", "PyArrow dataset", "Dask", "Ray", "Spark")
    ]


@pytest.mark.parametrize(
    ("name", "block"),
    [
        pytest.param(*one, id=one[0], marks=[IGNORED] if one[0] in UNORDERED else [])
        for one in BLOCKS
    ],
)
@pytest.mark.filterwarnings("ignore:.*streamable:DeprecationWarning")
@pytest.mark.usefixtures("engine")
def test_the_answers_of_one_process(
    name: str, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # Spark's recipe sets it
    monkeypatch.setenv("PYSPARK_PYTHON", "")
    frame = table()
    frame.to_parquet("sites.parquet", row_group_size=16)
    # as a script: what stands in one is sent to other processes whole
    found: dict[str, Any] = {"__name__": "__main__"}
    exec(block, found)
    answers = found["answers"]
    if hasattr(answers, "to_pandas"):
        answers = answers.to_pandas()
    if name in UNORDERED:
        answers = answers.sort_values("id")
    wanted = check_sites({column: frame[column].to_numpy(object) for column in frame})
    assert list(answers["verdict"]) == wanted["verdict"].tolist()
    assert list(answers["error"]) == wanted["error"].tolist()
    assert (wanted["verdict"] == "").sum() == 10
    assert answers["max_depth_mm"].astype(float).fillna(-1).tolist() == pytest.approx(
        [-1 if value != value else value for value in wanted["max_depth_mm"]]
    )
