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
    y = y * problem.arrays.get("weight", np.ones(())).reshape(_beside(problem, "weight"))
    return np.asarray(y + problem.arrays.get("bias", np.zeros(())).reshape(_beside(problem, "bias")))


def _beside(problem: Problem, name: str) -> tuple[int, ...]:
    """The shape in which a weight stands beside x."""
    if name not in problem.arrays:
        return ()
    return layout_of(problem.function, problem.arrays["x"].shape, problem.options).affine


Given = Callable[[Problem, float], Array]
OUTSIDE: tuple[tuple[str, Given], ...] = (
    ("adds ε to the deviation, outside of the root", partial(beside_root, one_less=False)),
    (
        "adds ε to the deviation, outside of the root, and divides the variance by K − 1",
        partial(beside_root, one_less=True),
    ),
)
