"""Normalisations whose ε stands outside of the root: (x − μ) / (σ + ε)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from parity.bounds.normalization import layout_of
from parity.cases.case import Array
from parity.witnesses.problem import Problem


def beside_root(problem: Problem, eps: float, one_less: bool) -> Array:
    """y with ε added to the deviation; one_less: whether its variance is over K − 1."""
    x = np.asarray(problem.arrays["x"], np.float64)
    layout = layout_of(problem.function, x.shape, problem.options)
    view = x.reshape(layout.view)
    centred = view - layout.mean(view)
    count = layout.count - 1 if one_less and layout.count > 1 else layout.count
    var = layout.mean(centred**2) * layout.count / count
    y = (centred / (np.sqrt(var) + eps)).reshape(x.shape)
    weight, bias = problem.arrays.get("weight"), problem.arrays.get("bias")
    y = y if weight is None else y * weight.reshape(layout.affine)
    return np.asarray(y if bias is None else y + bias.reshape(layout.affine))


Given = Callable[[Problem, float], Array]
OUTSIDE: tuple[tuple[str, Given], ...] = (
    ("adds ε to the deviation, outside of the root", partial(beside_root, one_less=False)),
    (
        "adds ε to the deviation, outside of the root, and divides the variance by K − 1",
        partial(beside_root, one_less=True),
    ),
)
