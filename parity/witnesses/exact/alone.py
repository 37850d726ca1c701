"""Exact values for somebody who wants nothing else: `parity.exact`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import refimpl
from parity.cases.case import FLOATS, Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.exact.truth import COLUMNS, Truth, whole
from parity.witnesses.exact.values import Fallback, NotApplicable, exact_values
from parity.witnesses.pieces import shape_of
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
        if given.dtype.kind not in "fiu":
            raise ValueError(f"values must be real numbers, but are {given.dtype}")
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
    try:
        found = every_element(problem, tensors)
    except NotApplicable:
        raise ValueError(f"{function}: NaN, ∞ and a loss of nothing have no exact value") from None
    for tensor, known in found.items():
        if known.truth is None:
            raise ArithmeticError(f"{function}: {tensor}: {known.note}")
    return {tensor: _in_shape(known, problem, tensor) for tensor, known in found.items()}


class Known(NamedTuple):
    """The exact values of a whole tensor, or None.

    note: why slower arithmetic was needed, if it was, or why there are none.
    """

    truth: Truth | None
    note: str = ""


def every_element(problem: Problem, tensors: Iterable[str]) -> dict[str, Known]:
    """The exact values of tensors, however long that takes. Raises: NotApplicable."""
    found: dict[str, list[Truth]] = {tensor: [] for tensor in tensors}
    notes = dict.fromkeys(found, "")
    refuted: dict[str, Known] = {}
    with np.errstate(all="ignore"):
        for tensor, said in exact_values(problem, [*found], np.random.default_rng(0), UNLIMITED):
            if isinstance(said, Truth):
                found[tensor].append(said)
            elif isinstance(said, Fallback):
                found[tensor], notes[tensor] = [], said.reason
            else:
                refuted.setdefault(tensor, Known(None, str(said)))
    return {
        tensor: refuted.get(tensor) or Known(whole(parts), notes[tensor])
        for tensor, parts in found.items()
    }


def _problem(
    function: str, arrays: Mapping[str, Any], dy: Any, options: Mapping[str, Any]
) -> tuple[Problem, list[str]]:
    """What is asked, once refimpl has accepted it."""
    if function not in FUNCTIONS:
        raise ValueError(f"exact: no function of refimpl that is compared is called {function!r}")
    given = _arguments(function, arrays, options)
    plain = {name: _plain(function, name, value) for name, value in options.items()}
    dtype = _dtype(given)
    with np.errstate(all="ignore"):
        y = FUNCTIONS[function].forward(given, plain)
    inputs = [name for name in FUNCTIONS[function].inputs if name in given]
    if dy is not None and not inputs:
        raise ValueError(f"exact: {function} has no backward in refimpl: leave dy out")
    upstream = np.zeros(y.shape, dtype) if dy is None else _native(dy)
    if upstream.shape != y.shape or upstream.dtype != dtype:
        raise ValueError(
            f"exact: dy is {upstream.shape} {upstream.dtype}, but y is {y.shape} {dtype}"
        )
    gradients = [f"d{name}" for name in inputs] if dy is not None else []
    return Problem(function, given, plain, upstream), ["y", *gradients]


def _arguments(
    function: str, arrays: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, Array]:
    """The arrays by name, in the function's order; concatenate's, of which there may be any
    number, are called a, b, c, d."""
    known = signature(getattr(refimpl, function)).parameters
    several = any(p.kind is p.VAR_POSITIONAL for p in known.values())
    names = FUNCTIONS[function].inputs if several else tuple(known)
    said = f"exact: {function} takes {', '.join(names)}"
    if not isinstance(arrays, Mapping):
        raise ValueError(f"{said}: give its arrays by these names")
    given = {n: _native(arrays[n]) for n in names if arrays.get(n) is not None}
    unknown = [name for name in arrays if name not in names]
    needed = [n for n, p in known.items() if p.default is p.empty] if not several else names[:1]
    missing = [name for name in needed if name not in given and name not in options]
    if unknown or missing:
        wrong = f"not {unknown[0]!r}" if unknown else f"{missing[0]} is missing"
        raise ValueError(f"{said}, but {wrong}")
    return given


def _native(array: Any) -> Array:
    found = np.asarray(array)
    return found.astype(found.dtype.newbyteorder("="), copy=False)


def _plain(function: str, name: str, value: Any) -> Any:
    """An option in Python's own numbers. Raises: ValueError for an array that is none."""
    if isinstance(value, np.ndarray) and (value.ndim > 1 or value.dtype.kind in "fb"):
        raise ValueError(f"exact: give {name} of {function} among its arrays")
    plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return tuple(plain) if isinstance(plain, list) else plain


def _dtype(given: Mapping[str, Array]) -> str:
    """The one dtype of all arrays of numbers."""
    numbers = {n: a.dtype.name for n, a in given.items() if n != "mask" and a.dtype.kind != "b"}
    if "target" in numbers and given["target"].dtype.kind in "iu":
        del numbers["target"]  # class indices
    dtypes = set(numbers.values())
    if len(dtypes) != 1 or not dtypes <= set(FLOATS):
        said = ", ".join(f"{name} {dtype}" for name, dtype in numbers.items())
        raise ValueError(f"exact: arrays must be all float32 or all float64, but are {said}")
    return dtypes.pop()


def _in_shape(known: Known, problem: Problem, tensor: str) -> ExactTensor:
    shape = shape_of(problem, tensor)
    columns = {name: getattr(known.truth, name).reshape(shape) for name in COLUMNS}
    return ExactTensor(note=known.note, **columns)
