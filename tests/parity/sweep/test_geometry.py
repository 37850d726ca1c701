"""Random cases: the same for the same seed and number, valid, and of every kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from parity.cases.case import FLOATS, LAYOUTS, Case, Draw, case_arrays
from parity.cases.functions import FUNCTIONS
from parity.sweep.geometry import MAKERS, Selection, case_at

SEED = 5
SELECTION = Selection(SEED)


def cases(function: str, count: int) -> list[Case]:
    selection = Selection(SEED, (function,))
    return [case_at(selection, number)[0] for number in range(count)]


def options(function: str, name: str, count: int = 300) -> Counter[Any]:
    """How often an option has each value; None where it is left out."""
    return Counter(case.options.get(name) for case in cases(function, count))


def test_every_function_has_random_cases() -> None:
    """And no other."""
    assert set(MAKERS) == set(FUNCTIONS)


def test_a_case_is_a_function_of_seed_and_number() -> None:
    """In any order, alone or among others; its arrays too."""
    forward = [case_at(SELECTION, number) for number in range(40)]
    backward = [case_at(SELECTION, number) for number in reversed(range(40))]
    assert forward == backward[::-1]
    case, dtype = forward[17]
    one, two = (case_arrays(case, dtype, SEED) for _ in range(2))
    assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)


def test_another_seed_or_number_gives_another_case() -> None:
    """The comparison above can fail."""
    assert case_at(SELECTION, 3) != case_at(Selection(SEED + 1), 3)
    shapes = {str(case.arrays) for case in cases("conv2d", 50)}
    assert len(shapes) == 50


def test_functions_and_dtypes_are_those_selected() -> None:
    """All of them, each about as often."""
    found = [case_at(SELECTION, number) for number in range(1500)]
    functions = Counter(case.function for case, _ in found)
    assert set(functions) == set(FUNCTIONS)
    assert min(functions.values()) > 15
    assert 600 < Counter(dtype for _, dtype in found)["float32"] < 900
    narrow = Selection(SEED, ("relu", "tanh"), ("float64",))
    some = [case_at(narrow, number) for number in range(40)]
    assert {(case.function, dtype) for case, dtype in some} == {
        ("relu", "float64"),
        ("tanh", "float64"),
    }


@pytest.mark.parametrize("function", FUNCTIONS)
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


def test_dtypes_of_the_case() -> None:
    """A case says in which dtype it runs."""
    for number in range(10):
        case, dtype = case_at(SELECTION, number)
        assert case.dtypes == (dtype,)
        assert dtype in FLOATS
        assert case.id == f"{case.function}[{SEED}/{number}]"
