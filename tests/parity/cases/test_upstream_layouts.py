"""dy too lies in memory in every way: code that takes its memory for C order is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import refimpl
from parity.cases.case import LAYOUTS, Array, Case, Draw
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.cases.random_cases import Selection, case_at
from parity.cases.shrink import shrunk
from parity.judges.layer import check_case, prepare
from parity.results.settings import Settings
from parity.sweep.batch import inputs

QUICK = Settings(quick=True)
# dy is one number, which lies in one way; or the gradient is 0 whatever dy is.
UNMOVED = {"squared_error", "log_likelihood", "perceptron_loss", "sign"}
SHAPED = [f.name for f in FUNCTIONS.values() if f.inputs and f.name not in UNMOVED]


def in_memory_order(dy: Array) -> Array:
    """The numbers as they follow each other in memory: dy itself if it is contiguous."""
    stepped = dy[tuple(slice(None, None, -1 if s < 0 else 1) for s in dy.strides)]
    return stepped.ravel(order="K").reshape(dy.shape)


def taking_memory_for_order(backward: Any) -> Any:
    return lambda dy, *arrays, **options: backward(in_memory_order(dy), *arrays, **options)


@pytest.mark.parametrize("function", SHAPED)
def test_a_backward_that_reads_the_memory_of_dy_is_refused(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a listed case of the function, which the right one passes."""
    cases = [c for c in GOOD if c.function == function and c.dy_layout != "contiguous"]
    dtype = cases[0].dtypes[-1]
    assert all(check_case(c, dtype, QUICK).holds for c in cases)
    name = FUNCTIONS[function].backward_name
    monkeypatch.setattr(refimpl, name, taking_memory_for_order(getattr(refimpl, name)))
    assert not all(check_case(c, dtype, QUICK).holds for c in cases)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_dy_lies_as_the_case_says(layout: str) -> None:
    """Said, or as all arrays do; the numbers are the same."""
    said = Case("relu", "said", {"x": Draw((4, 3))}, upstream_layout=layout)
    alike = Case("relu", "said", {"x": Draw((4, 3), layout=layout)})
    plain = prepare(replace(said, upstream_layout=""), "float64", QUICK).dy
    for case in (said, alike):
        dy = prepare(case, "float64", QUICK).dy
        assert np.array_equal(dy, plain)
        assert dy.strides == LAYOUTS[layout](dy.copy()).strides
        assert not dy.flags.writeable


def test_arrays_that_lie_differently_leave_dy_as_it_is() -> None:
    """What they share is nothing."""
    arrays = {"x": Draw((4, 3), layout="reversed"), "other": Draw((4, 3), layout="strided")}
    assert Case("add", "two", arrays).dy_layout == "contiguous"


def test_random_cases_draw_it() -> None:
    """Each layout, the plain one mostly; it is told, and shrunk away where it does not matter."""
    cases = [case_at(Selection(5), number)[0] for number in range(200)]
    layouts = [case.dy_layout for case in cases]
    assert set(layouts) == set(LAYOUTS)
    assert layouts.count("contiguous") > 100
    case = Case("relu", "3/5", {"x": Draw((2, 3))}, upstream_layout="reversed")
    assert inputs(case) == "x (2, 3), dy reversed"
    assert inputs(shrunk(case, lambda candidate: True)) == "x ()"
