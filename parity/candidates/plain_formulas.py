"""How many digits a textbook formula may lose where what it adds up cancels.

An ELU as e^x − 1, a softplus as log(1 + e^x), a tanh as 2σ(2x) − 1 are right formulas. Where their
results are small they add up numbers that are not, so that element by element they are off by more
than a formula that subtracts nothing rounded. Such an element is right, and has lost digits, if it
is off by no more than `NORM` roundings of what the formulas of textbooks add up there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.witnesses.problem import Problem

NORM = 64  # roundings: several operations, and exponentials that are off by some ULP

Size = Callable[[Array, Mapping[str, Any]], Array]


def _one(x: Array, options: Mapping[str, Any]) -> Array:
    return np.ones(x.shape)


def _x(x: Array, options: Mapping[str, Any]) -> Array:
    return np.abs(x)


def _one_and_x(x: Array, options: Mapping[str, Any]) -> Array:
    return 1 + np.abs(x)


def _of_softplus(x: Array, options: Mapping[str, Any]) -> Array:
    """log(1 + e^(βx)) / β"""
    return np.asarray(np.abs(x) + 1 / abs(float(options.get("beta", 1))))


def _of_elu(x: Array, options: Mapping[str, Any]) -> Array:
    """α·(e^x − 1), and as its slope y + α"""
    return np.full(x.shape, abs(float(options.get("alpha", 1))))


# What the value's formulas add up, and the slope's.
ADDED: dict[str, tuple[Size, Size]] = {
    "sigmoid": (_one, _one),
    "tanh": (_one, _one),
    "softplus": (_of_softplus, _one),
    "elu": (_of_elu, _of_elu),
    "silu": (_x, _one_and_x),
    "gelu": (_x, _one_and_x),
}


def limit_of_plain(problem: Problem, tensor: str) -> Array | None:
    """How far off each element may be by a textbook formula; None of functions without one.

    >>> x = np.array([-3.0, 0.5])
    >>> limit_of_plain(Problem("silu", {"x": x}, {}, np.ones(2)), "y") / np.finfo(float).eps
    array([192.,  32.])
    >>> limit_of_plain(Problem("relu", {"x": x}, {}, np.ones(2)), "y")
    """
    if problem.function not in ADDED:
        return None
    value, slope = ADDED[problem.function]
    x = np.nan_to_num(np.asarray(problem.arrays["x"], np.float64))
    unit = NORM * float(np.finfo(problem.dy.dtype).eps)
    if tensor == "y":
        return np.asarray(unit * value(x, problem.options))
    return np.asarray(unit * slope(x, problem.options) * np.abs(problem.dy))
