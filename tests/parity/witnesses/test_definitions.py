"""The definitions as a table: what is there, and in which file. Their values: `test_truth.py`."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from observing import problems

import refimpl
from parity.cases.functions import FUNCTIONS
from parity.witnesses.definitions.every import DEFINITIONS, exact, exact_element
from parity.witnesses.definitions.sums import SumOfProducts
from parity.witnesses.problem import SUM


def test_everything_that_is_compared_has_one() -> None:
    """And so has the sum of what several layers send back, which is no function of refimpl's."""
    assert set(DEFINITIONS) == {*FUNCTIONS, SUM}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_stands_in_the_file_of_its_subject(name: str) -> None:
    """Which is called as refimpl's file of the function."""
    subject = getattr(refimpl, name).__module__.removeprefix("refimpl.")
    table = import_module(f"parity.witnesses.definitions.{subject}").DEFINITIONS
    assert table[name] is DEFINITIONS[name]


OF_PRODUCTS = [name for name, code in DEFINITIONS.items() if isinstance(code, SumOfProducts)]


@pytest.mark.parametrize("function", OF_PRODUCTS)
def test_a_single_element_is_that_of_the_whole(function: str) -> None:
    """From its own terms alone, of each tensor."""
    for _, problem, right in problems(function, 9):
        if not all(np.isfinite(a).all() for a in (problem.dy, *problem.arrays.values())):
            continue
        whole = exact(function, problem.dy, problem.arrays, problem.options)
        rng = np.random.default_rng(len(right))
        for tensor, values in whole.items():
            for flat in rng.integers(values.size, size=3) if values.size else ():
                place = tuple(map(int, np.unravel_index(flat, values.shape)))
                one = exact_element(
                    function, problem.dy, problem.arrays, problem.options, tensor, place
                )
                assert one == values[place]


def test_a_single_element_of_anything_else() -> None:
    """The whole is computed, and one element of it given back."""
    x = np.array([[1.5, -2.0]])
    found = exact_element("relu", np.array([[3.0, 4.0]]), {"x": x}, {}, "dx", (0, 0))
    assert found == 3
