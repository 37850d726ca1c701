"""Drift through what is linear in each factor.

f(x', w') − f(x, w) = f(x' − x, w') + f(x, w' − w)
"""

from __future__ import annotations

import numpy as np

from parity.bounds import operations
from parity.bounds.bound import Arrays, Options, of_magnitudes
from parity.bounds.propagation.error import (
    Accumulated,
    double,
    doubles,
    wide_double,
    widened,
)
from parity.cases.case import Array


def linear_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """f of the moves of x, and of those of the weight."""
    moved_x = {
        name: errors[name] if name in ("x", "bias") else wide_double(array, errors[name])
        for name, array in arrays.items()
    }
    options = of_magnitudes(options)
    error = operations.forward(function, moved_x, options)
    if "weight" in arrays and _moves("weight", errors):
        moved_weight = {"x": double(arrays["x"]), "weight": errors["weight"]}
        error = error + operations.forward(function, moved_weight, options)
    return Accumulated(error)


def linear_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """The same for each gradient, which is linear in dy and in the other factor."""
    wide = {name: wide_double(array, errors[name]) for name, array in arrays.items()}
    names, options = list(arrays), of_magnitudes(options)
    moved_dy = operations.gradients_alone(function, wide, options, errors["dy"], names)
    if "weight" not in arrays:
        return {"x": Accumulated(moved_dy["x"])}
    others = {name: errors[name] for name in names}
    # ∂L/∂x is moved by the error of the weight, ∂L/∂weight by that of x.
    wanted = [name for name, of in (("x", "weight"), ("weight", "x")) if _moves(of, errors)]
    moved = {}
    if wanted:
        moved = operations.gradients_alone(function, others, options, double(dy), wanted)
    return {
        name: Accumulated(error + moved[name] if name in moved else error)
        for name, error in moved_dy.items()
    }


def _moves(name: str, errors: Arrays) -> bool:
    """Whether an array differs between the sides at all: in a first step parameters don't."""
    return bool(np.any(errors[name]))


def join_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """Every error is moved along, or added."""
    return Accumulated(
        operations.forward(function, {name: errors[name] for name in arrays}, options)
    )


def join_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """The error of dy, moved back."""
    names, values = list(arrays), doubles(arrays)
    moved = operations.gradients_alone(function, values, options, errors["dy"], names)
    return {name: Accumulated(moved[name]) for name in names}


def pad_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """Every error is copied along; the value that fills a frame has none."""
    return join_forward(function, arrays, errors, {**options, "value": 0})


def dropout_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """The mask is the same on both sides: the error passes through it."""
    moved = {"x": errors["x"], "mask": arrays["mask"]}
    return Accumulated(operations.forward(function, moved, options))


def dropout_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """The error of dy passes through the mask."""
    moved = {"x": errors["dy"], "mask": arrays["mask"]}
    return {"x": Accumulated(operations.forward(function, moved, options))}


def wide_x(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """Where x is largest; the mask carries no error."""
    return {**arrays, **widened({"x": arrays["x"]}, errors)}
