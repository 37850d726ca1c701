"""The stored summaries of the models that `make models` watches."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from watching_models import MODELS, SUMMARIES, WORST

from parity.results.rows import Row, columns
from parity.results.verdicts import BLIND, IDENTICAL, WITHIN

LOSS = ("log_softmax", "nll_loss")  # behind the model


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_there_is_one_of_each() -> None:
    assert sorted(path.stem for path in SUMMARIES.glob("*.csv")) == sorted(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_wrong(name: str) -> None:
    """The worst of each dtype, worst first, none of them outside."""
    rows = rows_of(SUMMARIES / f"{name}.csv")
    assert list(rows[0]) == columns(Row)
    assert Counter(row["dtype"] for row in rows) == {"float32": WORST, "float64": WORST}
    assert {row["verdict"] for row in rows} <= {WITHIN, IDENTICAL, BLIND}
    assert all(row["layer"] for row in rows if row["function"] not in LOSS)
    ratios = [float(row["worst_ratio"]) for row in rows[:WORST]]
    assert ratios == sorted(ratios, reverse=True)
    assert 0 < ratios[0] <= 1
