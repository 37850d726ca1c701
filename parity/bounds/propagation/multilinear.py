"""Drift through what is linear in each factor.

f(x', w') − f(x, w) = f(x' − x, w') + f(x, w' − w)
"""

from __future__ import annotations

import numpy as np

from parity import oracle
from parity.bounds.bound import Arrays, Options
from parity.bounds.propagation.error import Accumulated, doubles, widened
from parity.cases.case import Array


def linear_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """f of the moves of x, and of those of the weight."""
    wide = widened(doubles(arrays), errors)
    moved_x = {**wide, **{n: errors[n] for n in ("x", "bias") if n in arrays}}
    error = oracle.forward(function, moved_x, options)
    if "weight" in arrays:
        moved_weight = {"x": doubles(arrays)["x"], "weight": errors["weight"]}
        error = error + oracle.forward(function, moved_weight, options)
    return Accumulated(error)


def linear_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """The same for each gradient, which is linear in dy and in the other factor."""
    wide, names = widened(doubles(arrays), errors), list(arrays)
    moved_dy = oracle.gradients(function, wide, options, errors["dy"], names).gradients
    if "weight" not in arrays:
        return {"x": Accumulated(moved_dy["x"])}
    others = {name: errors[name] for name in names}
    upstream = np.abs(dy.astype(np.float64))
    moved = oracle.gradients(function, others, options, upstream, ["x", "weight"]).gradients
    return {
        name: Accumulated(error + moved[name] if name in moved else error)
        for name, error in moved_dy.items()
    }


def join_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """Every error is moved along, or added."""
    return Accumulated(oracle.forward(function, {name: errors[name] for name in arrays}, options))


def join_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """The error of dy, moved back."""
    names, values = list(arrays), doubles(arrays)
    moved = oracle.gradients(function, values, options, errors["dy"], names).gradients
    return {name: Accumulated(moved[name]) for name in names}


def dropout_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """The mask is the same on both sides: the error passes through it."""
    moved = {"x": errors["x"], "mask": arrays["mask"]}
    return Accumulated(oracle.forward(function, moved, options))


def dropout_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """The error of dy passes through the mask."""
    moved = {"x": errors["dy"], "mask": arrays["mask"]}
    return {"x": Accumulated(oracle.forward(function, moved, options))}


def wide_x(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """Where x is largest; the mask carries no error."""
    return {**arrays, **widened({"x": arrays["x"]}, errors)}
