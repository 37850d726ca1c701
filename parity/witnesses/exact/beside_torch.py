"""Exact values of refimpl's own formula on balls, held against torch in float64.

A wrong formula is its own exact value on balls as well as on slices. torch, on the same numbers in
float64, has to be within its own derived bound of it. What is wrong by more than float64's
roundings is seen, however wide the bound of a float32 row is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from parity import oracle
from parity.bounds.arithmetic import arithmetic
from parity.bounds.bound import Bound
from parity.bounds.rules import backward_bounds, forward_bound, tensor_bounds
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.exact.truth import Truth
from parity.witnesses.problem import Problem


class InFloat64(NamedTuple):
    """A tensor of torch's in float64, and where its own bound lies."""

    values: Array
    limit: Array  # of torch alone
    overflow: Array


Known: TypeAlias = Callable[[str], InFloat64]  # what torch has given already, by the tensor's name


def refuted_by_torch(
    problem: Problem, found: Mapping[str, Truth], known: Known | None = None
) -> dict[str, str]:
    """Of each tensor that torch contradicts, in words where; it is asked unless that is known."""
    torch = {t: known(t) for t in found} if known else _torch(_in_float64(problem), list(found))
    refuted = {}
    for tensor, truth in found.items():
        off = _off(truth, torch[tensor])
        if off is not None:
            refuted[tensor] = _said(truth, torch[tensor].values, off)
    return refuted


def _in_float64(problem: Problem) -> Problem:
    """The same numbers; parameters as the dtype rounds them."""
    function, dtype = FUNCTIONS[problem.function], problem.dy.dtype.name
    options = function.options_in(problem.options, dtype)
    arrays = {
        name: array.astype(np.float64) if array.dtype.kind == "f" else array
        for name, array in problem.arrays.items()
    }
    return Problem(problem.function, arrays, options, problem.dy.astype(np.float64))


def _torch(wide: Problem, tensors: list[str]) -> dict[str, InFloat64]:
    """Tensors of torch's on float64 arrays, with their bounds."""
    values, bounds = _values(wide, tensors), _bounds(wide, tensors)
    return {t: InFloat64(values[t], bounds[t].limit / 2, bounds[t].overflow) for t in tensors}


def _values(wide: Problem, tensors: list[str]) -> dict[str, Array]:
    function, arrays, options, dy = wide
    names = [tensor[1:] for tensor in tensors if tensor != "y"]
    if not names:
        return {"y": oracle.forward(function, arrays, options)}
    result = oracle.gradients(function, arrays, options, dy, names)
    return {"y": result.y, **{f"d{n}": g for n, g in result.gradients.items()}}


def _bounds(wide: Problem, tensors: list[str]) -> dict[str, Bound]:
    """Bounds of both sides where both are torch; no others than are asked for, where that helps."""
    function, arrays, options, dy = wide
    sides = (arithmetic("torch", "float64"), arithmetic("torch", "float64"))
    if tensors == ["y"]:
        return {"y": forward_bound(function, arrays, options, sides)}
    if "y" not in tensors:
        gradients = backward_bounds(function, dy, arrays, options, sides)
        return {f"d{name}": bound for name, bound in gradients.items()}
    value, gradients = tensor_bounds(function, dy, arrays, options, sides)
    return {"y": value, **{f"d{name}": bound for name, bound in gradients.items()}}


def _off(truth: Truth, torch: InFloat64) -> int | None:
    """The first element that is further off than torch may be."""
    given, most, beyond = (
        np.broadcast_to(array, torch.values.shape).reshape(-1)[truth.places] for array in torch
    )
    with np.errstate(all="ignore"):
        off = np.abs((given - truth.nearest) - truth.rest * truth.ulp)
        off -= truth.radius * truth.ulp
    wrong = np.flatnonzero(truth.judges & ~beyond & ~(off <= most))
    return int(wrong[0]) if wrong.size else None


def _said(truth: Truth, theirs: Array, k: int) -> str:
    place = truth.place(k, theirs.shape)
    return (
        f"refimpl's formula gives exactly {truth.nearest[k]:.17g} at {place}, torch in float64 "
        f"{theirs[place]:.17g}, further off than it may be"
    )
