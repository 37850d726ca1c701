"""refimpl's own formula on balls: what comes out encloses the exact value of each element.

The floats of a problem are exact. Where an enclosure is not far tighter than an ULP, or a
comparison undecided, the precision is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from flint import arb

import refimpl
from parity.cases.case import Array
from parity.cases.function import parameters_of
from parity.cases.functions import FUNCTIONS
from parity.witnesses.balls import Undecided, exact_arbs, exact_balls, precision
from parity.witnesses.exact.truth import Truth, truth_of
from parity.witnesses.problem import SUM, Problem
from refimpl.networks import sum_of_parts

PRECISIONS = (200, 400, 800, 1600, 3200)  # bits, one after another


def exact_numbers(function: str) -> Callable[[Array], Array]:
    """What turns floats into balls: plain arbs, which are faster, where nothing is compared."""
    ordered = function != SUM and FUNCTIONS[function].ordered
    return exact_balls if ordered else exact_arbs


def formula(problem: Problem, tensors: Iterable[str]) -> dict[str, Array]:
    """Tensors of refimpl on balls of the exact inputs, at the precision that is set."""
    make = exact_numbers(problem.function)
    dtype = problem.dy.dtype
    arrays = {
        name: array if name == "mask" or array.dtype.kind != "f" else make(array)
        for name, array in problem.arrays.items()
    }
    if problem.function == SUM:
        return {"y": np.asarray(sum_of_parts(list(arrays.values())))}
    options = {
        name: _exact_option(problem.function, name, value, dtype)
        for name, value in all_options(problem).items()
    }
    function, found = FUNCTIONS[problem.function], {}
    wanted = set(tensors)
    if "y" in wanted:
        found["y"] = function.forward(arrays, options)
    if wanted - {"y"}:
        gradients = function.backward(make(problem.dy), arrays, options)
        found |= {f"d{name}": gradient for name, gradient in gradients.items()}
    return {tensor: found[tensor] for tensor in wanted}


def all_options(problem: Problem) -> dict[str, Any]:
    """The options, defaults of numbers included."""
    known = parameters_of(getattr(refimpl, problem.function))
    numbers = {n: p.default for n, p in known.items() if isinstance(p.default, float)}
    return {**numbers, **problem.options}


def _exact_option(function: str, name: str, value: Any, dtype: Any) -> Any:
    """Parameters as both sides take them: rounded to the dtype, or, of dropout, as they are."""
    if name in FUNCTIONS[function].rounded:
        return float(dtype.type(value))
    return arb(float(value)) if name == "p" else value


def by_balls(problem: Problem, tensors: Iterable[str]) -> dict[str, Truth]:
    """Enclosures of tensors by refimpl's formula, as tight as the precisions allow.

    Raises: Undecided where a comparison stays open at every precision.
    """
    found: dict[str, Truth] = {}
    pending, dtype = list(tensors), problem.dy.dtype.name
    for bits in PRECISIONS:
        with precision(bits):
            try:
                balls = formula(problem, pending)
            except Undecided:
                if bits == PRECISIONS[-1]:
                    raise
                continue
            found |= {tensor: truth_of(values, dtype) for tensor, values in balls.items()}
        pending = [tensor for tensor in pending if not found[tensor].decided.all()]
        if not pending:
            break
    return found
