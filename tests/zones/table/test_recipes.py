"""The recipes of ``docs/tables.md``: each engine, the answers of one process."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from zones import check_sites

PAGE = Path(__file__).parents[3] / "docs" / "tables.md"
RECIPE = re.compile(r"### (.+?)\n(?:(?!###).)*?```python\n(.*?)```", re.S)
BLOCKS = RECIPE.findall(PAGE.read_text("utf-8"))
ROWS = [
    ("6 cm left of T4", 5.0),
    ("6 cm left of T4", 30.0),
    ("6 cm left of nowhere", 5.0),
    ("L3", 20.0),
]


def table() -> pd.DataFrame:
    """Forty rows, some of them beyond what can be checked."""
    frame = pd.DataFrame(ROWS * 10, columns=["text", "depth_mm"])
    return frame.assign(sex=["female", "male"] * 20)


def test_every_recipe_is_run() -> None:
    assert [name for name, _ in BLOCKS] == [
        *("pandas", "Polars", "DuckDB", "PyArrow dataset", "Dask")
    ]


@pytest.mark.parametrize(("name", "block"), BLOCKS, ids=[name for name, _ in BLOCKS])
@pytest.mark.filterwarnings("ignore:.*streamable:DeprecationWarning")
def test_the_answers_of_one_process(
    name: str, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = table()
    frame.to_parquet("sites.parquet", row_group_size=16)
    found: dict[str, Any] = {}
    exec(block, found)
    answers = found["answers"]
    if hasattr(answers, "to_pandas"):
        answers = answers.to_pandas()
    wanted = check_sites({column: frame[column].to_numpy(object) for column in frame})
    assert list(answers["verdict"]) == wanted["verdict"].tolist()
    assert list(answers["error"]) == wanted["error"].tolist()
    assert (wanted["verdict"] == "").sum() == 10
    assert answers["max_depth_mm"].fillna(-1).tolist() == pytest.approx(
        [-1 if value != value else value for value in wanted["max_depth_mm"]]
    )
