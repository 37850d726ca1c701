"""A formula in loops and indices, on scalars of torch: autograd through each single operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from parity.cases.case import Array
from parity.oracle.calling import recording
from parity.oracle.layer import Result


@recording
def differentiate(
    formula: Callable[..., Any], arrays: Mapping[str, Array], dy: Array | None
) -> Result:
    """A formula written with loops and indices, and autograd through each of its operations.

    The formula gets object arrays of scalars of torch. Without dy, the value only.
    """
    leaves = {name: _scalars(array) for name, array in arrays.items()}
    y = np.asarray(formula(**leaves), dtype=object)
    value = np.array([float(v.detach() if isinstance(v, Tensor) else v) for v in y.ravel()])
    value = value.reshape(y.shape)
    if dy is None:
        return Result(value, {})
    total = sum((d * v for d, v in zip(dy.ravel(), y.ravel(), strict=True)), torch.zeros(()))
    flat = [scalar for array in leaves.values() for scalar in array.ravel()]
    found = iter(torch.autograd.grad(total, flat, allow_unused=True))
    gradients = {
        name: np.array([0.0 if g is None else float(g) for g in islice(found, array.size)])
        for name, array in leaves.items()
    }
    return Result(value, {n: g.reshape(arrays[n].shape) for n, g in gradients.items()})


def _scalars(array: Array) -> Array:
    """An object array of differentiable scalars."""
    scalars = np.empty(array.shape, object)
    for index in np.ndindex(*array.shape):
        scalars[index] = torch.tensor(float(array[index]), dtype=torch.float64, requires_grad=True)
    return scalars
