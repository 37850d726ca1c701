"""Exact values for somebody who wants nothing else: `parity.exact`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

import refimpl
from parity.cases.case import FLOATS, Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.exact.truth import Truth
from parity.witnesses.exact.values import Fallback, NotApplicable, exact_values
from parity.witnesses.problem import Problem

UNLIMITED = 1 << 62  # a budget: nothing is sampled
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExactTensor:
    """The exact value of every element: nearest + rest·ulp, give or take radius·ulp.

    nearest is a float64 near the exact value, ±∞ where the dtype of the arguments overflows; ulp
    is the spacing of that dtype there. note: why slower arithmetic was needed, if it was.
    """

    nearest: Floats
    rest: Floats
    ulp: Floats
    radius: Floats
    note: str = ""

    def errors(self, values: Any) -> Floats:
        """How many ULP values are off, element by element: |value − exact|/ulp; ∞ for NaN.

        Raises: ValueError for another shape.
        """
        given = np.asarray(values)
        if given.shape != self.nearest.shape:
            raise ValueError(
                f"values have shape {given.shape}, the exact ones {self.nearest.shape}"
            )
        nearest, rest, ulp, radius = (
            column.reshape(-1) for column in (self.nearest, self.rest, self.ulp, self.radius)
        )
        truth = Truth(slice(0, given.size), nearest, rest, ulp, radius, given.size)
        return truth.errors(given).reshape(given.shape)


def exact(
    function: str, arrays: Mapping[str, Any], dy: Any = None, **options: Any
) -> dict[str, ExactTensor]:
    """The exact value of every element of a function of `refimpl`, and of its gradients.

    Exact is what real numbers give for the floats in `arrays`, and, with dy = ∂L/∂y, for the
    gradients dx, dweight, …: the number that NumPy, torch or anybody should have rounded to. Sums
    of products, averages, maxima and moves are worked out on integer slices, functions of one
    element in double-double, everything else on balls; `parity/witnesses/exact/values.py` says
    which, and why each is exact. What slices give is certified by torch, so torch must be there.

    Shapes: as `refimpl`'s function has them; dy as y. All arrays float32, or all float64, but for
    masks and class indices.
    Returns: y, and with dy the gradients, by name.
    Raises: ValueError for an unknown function or argument, for arrays of mixed dtypes, for NaN and
        ∞; what `refimpl` raises for sizes that disagree; ArithmeticError where refimpl and torch
        disagree on integers that nothing rounds.
    Source: Ozaki, Ogita, Oishi, Rump 2012; Johansson 2017.

    >>> import refimpl
    >>> x = np.array([[1e8, 1.0, -1e8]], np.float32)
    >>> weight = np.array([[1.0, 1.0, 1.0]], np.float32)
    >>> found = exact("linear", {"x": x, "weight": weight}, dy=np.ones((1, 1), np.float32))
    >>> found["y"].nearest, list(found)
    (array([[1.]]), ['y', 'dx', 'dweight'])
    >>> found["y"].errors(np.zeros((1, 1), np.float32))  # where the sum began with 1e8 + 1
    array([[8388608.]])
    """
    problem, tensors = _problem(function, arrays, dy, options)
    found: dict[str, list[Truth]] = {tensor: [] for tensor in tensors}
    notes = dict.fromkeys(tensors, "")
    try:
        for tensor, said in exact_values(problem, tensors, np.random.default_rng(0), UNLIMITED):
            if isinstance(said, Truth):
                found[tensor].append(said)
            elif isinstance(said, Fallback):
                found[tensor], notes[tensor] = [], said.reason
            else:
                raise ArithmeticError(f"{function}: {tensor}: {said}")
    except NotApplicable:
        raise ValueError(f"{function}: NaN, ∞ and a mean of nothing have no exact value") from None
    shapes = {"y": problem.dy.shape, **{f"d{n}": a.shape for n, a in problem.arrays.items()}}
    return {t: _joined(parts, shapes[t], notes[t]) for t, parts in found.items()}


def _problem(
    function: str, arrays: Mapping[str, Any], dy: Any, options: Mapping[str, Any]
) -> tuple[Problem, list[str]]:
    """What is asked, once refimpl has accepted it."""
    if function not in FUNCTIONS:
        raise ValueError(f"exact: no function is called {function!r}; `parity list` names them all")
    known = signature(getattr(refimpl, function)).parameters
    unknown = [name for name in arrays if name not in known]
    if unknown:
        raise ValueError(f"exact: {function} takes {', '.join(known)}, but not {unknown[0]!r}")
    given = {name: np.asarray(arrays[name]) for name in known if name in arrays}
    dtypes = {a.dtype.name for n, a in given.items() if a.dtype.kind == "f" and n != "mask"}
    if len(dtypes) != 1 or not dtypes <= set(FLOATS):
        said = ", ".join(sorted(dtypes)) or "no floats"
        raise ValueError(f"exact: arrays must be all float32 or all float64, but there are {said}")
    (dtype,) = dtypes
    with np.errstate(all="ignore"):
        y = FUNCTIONS[function].forward(given, options)
    upstream = np.zeros(y.shape, dtype) if dy is None else np.asarray(dy)
    if upstream.shape != y.shape or upstream.dtype != dtype:
        raise ValueError(
            f"exact: dy is {upstream.shape} {upstream.dtype}, but y is {y.shape} {dtype}"
        )
    gradients = [f"d{name}" for name in FUNCTIONS[function].inputs if name in given]
    tensors = ["y", *(gradients if dy is not None else [])]
    return Problem(function, given, options, upstream), tensors


def _joined(parts: list[Truth], shape: tuple[int, ...], note: str) -> ExactTensor:
    columns = {}
    for name in ("nearest", "rest", "ulp", "radius"):
        column: Array = np.zeros(int(np.prod(shape)))
        for part in parts:
            column[part.places] = getattr(part, name)
        columns[name] = column.reshape(shape)
    return ExactTensor(note=note, **columns)
