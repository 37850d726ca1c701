"""Random arguments: valid, and of every kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from parity.cases.case import LAYOUTS, Case, Draw, case_arrays
from parity.cases.catalogue import RANDOM
from parity.cases.dice import Dice
from parity.cases.functions import FUNCTIONS

SEED = 5


def cases(function: str, count: int) -> list[Case]:
    drawn = [RANDOM[function](Dice(SEED, number)) for number in range(count)]
    return [Case(function, str(number), *made) for number, made in enumerate(drawn)]


def options(function: str, name: str, count: int = 300) -> Counter[Any]:
    """How often an option has each value; None where it is left out."""
    return Counter(case.options.get(name) for case in cases(function, count))


@pytest.mark.parametrize("function", RANDOM)
def test_arguments_are_valid_by_construction(function: str) -> None:
    """refimpl accepts every one of them."""
    for case in cases(function, 60):
        with np.errstate(all="ignore"):
            FUNCTIONS[function].forward(case_arrays(case, "float32", SEED), case.options)


def test_sizes_differ_where_they_may() -> None:
    """In most convolutions every size is another one; in some, they repeat."""
    same = 0
    for case in cases("conv2d", 200):
        shapes = {name: source.shape for name, source in case.arrays.items()}  # type: ignore[union-attr]
        sizes = [*shapes["x"], shapes["weight"][0], *set(shapes["weight"][2:])]
        same += len(set(sizes)) < len(sizes)
    assert 20 < same < 100


def test_sizes_have_a_tail() -> None:
    """Most cases are small, a few are not."""
    sizes = sorted(
        max((int(np.prod(source.shape)) for source in case.arrays.values()), default=0)  # type: ignore[union-attr]
        for case in cases("conv2d", 300)
    )
    assert sizes[150] < 2000
    assert sizes[-1] > 10_000


@pytest.mark.parametrize(
    ("function", "name", "values"),
    [
        ("conv2d", "padding", ("valid", "same", "full", 1)),
        ("conv1d", "groups", (None, 1, 2, 3, 4)),
        ("conv3d", "dilation", (None, 1, 2, 3)),
        ("max_pool2d", "ceil_mode", (None, True, False)),
        ("avg_pool3d", "count_include_pad", (None, True, False)),
        ("avg_pool2d", "divisor_override", (None, 1, 9)),
        ("weighted_pool2d", "stride", (None, 1, 2)),
        ("correlate2d", "mode", ("full", "same", "valid")),
        ("downsample", "edge", ("zero_pad", "drop")),
        ("softmax", "axis", (-4, -1, 0, 3)),
        ("cross_entropy", "reduction", ("mean", "sum", "none")),
    ],
)
def test_options_of_every_kind(function: str, name: str, values: Iterable[Any]) -> None:
    """Each of them occurs."""
    assert set(values) <= set(options(function, name))


def test_paddings_of_pairs_and_of_axes() -> None:
    """As many as there are axes, not all of them the same before and behind."""
    tuples = [p for p in options("conv2d", "padding") if isinstance(p, tuple)]
    assert {len(p) for p in tuples} == {2}
    assert any(isinstance(p[0], tuple) and p[0][0] != p[0][1] for p in tuples)
    assert any(isinstance(p[0], int) and p[0] != p[1] for p in tuples)


def test_values_are_mostly_normal() -> None:
    """Layouts mostly contiguous; all of them occur."""
    draws = [source for case in cases("linear", 400) for source in case.arrays.values()]
    kinds = Counter(source.values for source in draws if isinstance(source, Draw))
    layouts = Counter(source.layout for source in draws if isinstance(source, Draw))
    assert 0.6 < kinds["normal"] / len(draws) < 0.85
    assert {"wide", "largest", "special", "subnormal"} <= set(kinds)
    assert set(layouts) == set(LAYOUTS)
    assert 0.75 < layouts["contiguous"] / len(draws) < 0.95


def test_batches_may_be_empty() -> None:
    """Now and then."""
    shapes = [case.arrays["x"].shape for case in cases("conv1d", 600)]  # type: ignore[union-attr]
    assert 0 < sum(shape[0] == 0 for shape in shapes) < 30
