"""Cases asked with several upstream gradients say whether a backward is linear."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from observing import observation, problems

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.linearity import linearity, upstream_problems
from parity.diagnosis.observation import Observation
from parity.witnesses.problem import Problem

Backward = Callable[[Problem], Array]


def right_dx(problem: Problem) -> Array:
    function = FUNCTIONS[problem.function]
    return function.backward(problem.dy, problem.arrays, problem.options)["x"]


def asked_on_purpose(
    backward: Backward, function: str = "tanh", cases: int = 6
) -> list[Observation]:
    """Every case with dy, 2·dy, −dy, 0 and another dy."""
    ordinary = [p for name, p, _ in problems(function) if np.all(np.abs(p.dy) < 1e3)]
    return [
        observation(name, one, {"dx": right_dx(one)}, {"dx": backward(one)})
        for problem in ordinary[:cases]
        for name, one in upstream_problems(problem).items()
    ]


def texts(backward: Backward) -> list[str]:
    return [cause.text for cause in linearity(asked_on_purpose(backward))]


def test_dy_left_out() -> None:
    """The same numbers, whatever dy is."""
    assert texts(lambda p: right_dx(p._replace(dy=np.ones_like(p.dy)))) == [
        "dx does not depend on dy"
    ]


@pytest.mark.parametrize(
    ("backward", "said"),
    [
        (lambda p: right_dx(p._replace(dy=p.dy * p.dy)), "it does not double with dy"),
        (lambda p: right_dx(p._replace(dy=np.abs(p.dy))), "it does not change its sign with dy"),
        (lambda p: right_dx(p) + p.dy.dtype.type(1), "it is not 0 where dy is 0"),
    ],
)
def test_not_linear(backward: Backward, said: str) -> None:
    """Each rule that is broken is named."""
    assert f"dx is not linear in dy: {said}" in texts(backward)


@pytest.mark.parametrize("factor", [1.0, 2.0, -0.5])
def test_linear_code_is_not_accused(factor: float) -> None:
    """Right or wrong by a factor, it is linear."""
    assert texts(lambda p: right_dx(p) * p.dy.dtype.type(factor)) == []


def test_cases_on_other_arrays_say_nothing() -> None:
    """Only pairs that differ in dy alone are compared."""
    single = [
        observation(name, p, {"dx": right["dx"]}, {"dx": right["dx"] ** 2})
        for name, p, right in problems("tanh")
    ]
    assert linearity(single[:1]) == []
