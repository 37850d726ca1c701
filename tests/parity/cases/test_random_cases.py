"""Random cases: the same for the same seed and number, of what the sweep is narrowed to."""

from __future__ import annotations

from collections import Counter

import numpy as np

from parity.cases.case import FLOATS, case_arrays
from parity.cases.functions import FUNCTIONS
from parity.cases.random_cases import Selection, case_at

SEED = 5
SELECTION = Selection(SEED)


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
    convolutions = Selection(SEED, ("conv2d",))
    shapes = {str(case_at(convolutions, number)[0].arrays) for number in range(50)}
    assert len(shapes) == 50


def test_functions_and_dtypes_are_those_selected() -> None:
    """All of them, each about as often."""
    found = [case_at(SELECTION, number) for number in range(30 * len(FUNCTIONS))]
    functions = Counter(case.function for case, _ in found)
    assert set(functions) == set(FUNCTIONS)
    assert min(functions.values()) > 10
    assert 0.4 < Counter(dtype for _, dtype in found)["float32"] / len(found) < 0.6
    narrow = Selection(SEED, ("relu", "tanh"), ("float64",))
    some = [case_at(narrow, number) for number in range(40)]
    assert {(case.function, dtype) for case, dtype in some} == {
        ("relu", "float64"),
        ("tanh", "float64"),
    }


def test_dtypes_of_the_case() -> None:
    """A case says in which dtype it runs."""
    for number in range(10):
        case, dtype = case_at(SELECTION, number)
        assert case.dtypes == (dtype,)
        assert dtype in FLOATS
        assert case.id == f"{case.function}[random {number}]"
