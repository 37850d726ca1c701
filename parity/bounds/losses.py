"""Bounds of squared_error and perceptron_loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides
from parity.bounds.bound import (
    Arrays,
    Bound,
    Options,
    exact_bound,
    is_exact,
    magnitudes,
    rounded_sum,
)
from parity.cases.case import Array


def squared_error_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """½ Σ d²: a difference, a square and a halving in each of the summed terms."""
    difference = _difference(arrays)
    total = np.sum(difference**2)
    terms = difference.size

    def shape(side: Arithmetic) -> float:
        return side.roundings_of_sum(terms) + 3

    return rounded_sum(total / 2, np.asarray(terms + 3.0), sides, total, shape=shape)


def squared_error_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """A difference and two products; torch halves dy first, which may underflow by η."""
    difference = np.abs(_difference(arrays))
    scale = magnitudes({"dy": dy})["dy"]
    # torch doubles the difference first: that, too, may overflow.
    largest = np.maximum(scale, 2) * difference
    bound = rounded_sum(scale * difference, np.full(difference.shape, 3.0), sides, largest)
    underflow = sum(side.eta for side in sides) * 2 * difference
    return {"output": replace(bound, limit=bound.limit + np.where(bound.overflow, 0, underflow))}


def _difference(arrays: Arrays) -> Array:
    output, target = (a.astype(np.float64) for a in arrays.values())
    difference: Array = np.where(np.isfinite(output) & np.isfinite(target), target - output, 0)
    return difference


def perceptron_loss_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """Σ max(0, −t·s): −t·s is exact, and the sum has one addition less than terms."""
    score = np.where(np.isfinite(arrays["score"]), arrays["score"], 0).astype(np.float64)
    magnitude = np.asarray(np.sum(np.maximum(-arrays["target"] * score, 0)))
    if score.size < 2 or is_exact({"score": arrays["score"]}, magnitude, sides):
        return exact_bound(())
    terms = score.size

    def shape(side: Arithmetic) -> float:
        return side.roundings_of_sum(terms)

    return rounded_sum(magnitude, np.asarray(terms - 1.0), sides, shape=shape)


def perceptron_loss_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy, its sign turned or not, or 0."""
    return {"score": exact_bound(arrays["score"].shape)}
