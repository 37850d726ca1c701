"""What a right candidate gives: the exact value of every element, and how far off it may be.

The exact values are refimpl's own formula on balls; on the smallest problem they are held against
the definitions, which share no line with it. torch is not loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from parity.bounds.arithmetic import Arithmetic, arithmetic
from parity.bounds.bound import Bound
from parity.bounds.operations import evaluated_by
from parity.bounds.rules import tensor_bounds
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.balls import arb_of, precision
from parity.witnesses.definitions.every import exact
from parity.witnesses.exact.formula import PRECISIONS, by_balls
from parity.witnesses.exact.truth import Truth, truth_of
from parity.witnesses.problem import Problem

# A candidate may add up in any order, and round each term a few times more than once: a mean is
# a sum over a number or a sum of quotients, a gradient is divided before or behind the sum.
ROUNDINGS = 4.0
DEFINED = 1e-100  # how near to an exact 0 the definitions come, which have some 1200 bits


class Evaluated(NamedTuple):
    """The value and the gradients, as bounds ask for them."""

    y: Array
    gradients: dict[str, Array]


class ByRefimpl:
    """refimpl in torch's place: it is not what is judged."""

    def forward(self, name: str, arrays: Mapping[str, Array], options: Mapping[str, Any]) -> Array:
        return FUNCTIONS[name].forward(arrays, options)

    def gradients(
        self,
        name: str,
        arrays: Mapping[str, Array],
        options: Mapping[str, Any],
        dy: Array,
        wanted: Sequence[str],
    ) -> Evaluated:
        found = FUNCTIONS[name].backward(dy, arrays, options)
        return Evaluated(self.forward(name, arrays, options), {key: found[key] for key in wanted})


@dataclass(frozen=True)
class Expected:
    """The exact value of each tensor of a problem, and how far off a right answer may be."""

    problem: Problem
    truths: Mapping[str, Truth]
    limits: Mapping[str, Array]
    terms: Mapping[str, Array]  # Σ|terms|, which errors are counted in; |value| where nothing adds

    def right(self, tensor: str) -> Array:
        """The exact values, as near as float64 holds them."""
        return np.asarray(self.truths[tensor].nearest.reshape(shape_of(self.problem, tensor)))


def shape_of(problem: Problem, tensor: str) -> tuple[int, ...]:
    """The shape of y, or of the argument that a gradient is for."""
    return problem.dy.shape if tensor == "y" else problem.arrays[tensor[1:]].shape


def tensors_of(problem: Problem) -> tuple[str, ...]:
    """y, and the gradient of each argument that has one and is there."""
    inputs = FUNCTIONS[problem.function].inputs
    return ("y", *(f"d{name}" for name in inputs if name in problem.arrays))


def expected(problem: Problem, tensors: Sequence[str]) -> Expected:
    """What a right answer is, of these tensors.

    Raises: Undecided where a comparison of the formula stays open, which no exact input does.
    """
    truths = by_balls(problem, tensors)
    torch = arithmetic("torch", problem.dy.dtype.name)
    bounds = bounds_of(problem, (torch, torch))
    limits, terms = {}, {}
    for tensor in tensors:
        bound = bounds[tensor]
        size = np.abs(truths[tensor].nearest.reshape(shape_of(problem, tensor)))
        limits[tensor] = limit_of(bound, size, problem.dy.dtype)
        terms[tensor] = terms_of(bound, size)
    return Expected(problem, truths, limits, terms)


def bounds_of(problem: Problem, sides: tuple[Arithmetic, Arithmetic]) -> dict[str, Bound]:
    """Of y and the gradients; torch's arithmetic is that of a side whose order nobody knows."""
    with evaluated_by(ByRefimpl()):
        value, gradients = tensor_bounds(
            problem.function, problem.dy, problem.arrays, problem.options, sides
        )
    return {"y": value, **{f"d{name}": bound for name, bound in gradients.items()}}


def terms_of(bound: Bound, size: Array) -> Array:
    """Σ|terms| behind each element; its size where nothing adds."""
    return np.broadcast_to(size if bound.terms is None else bound.terms, size.shape)


def limit_of(bound: Bound, size: Array, dtype: np.dtype[Any]) -> Array:
    """A side's bound for each rounding that is allowed; nothing where nothing is rounded."""
    own = np.broadcast_to(bound.torch, size.shape)
    unit = float(np.finfo(dtype).eps) / 2
    limit = np.where(own > 0, ROUNDINGS * (own + unit * size), 0.0)
    return np.where(np.broadcast_to(bound.overflow, size.shape), np.inf, limit)


# --- by the definition --------------------------------------------------------------------


def contradicted(found: Expected) -> str:
    """The tensor in which the definition gives something else than refimpl's formula."""
    problem = found.problem
    with precision(PRECISIONS[-1]):
        defined = exact(problem.function, problem.dy, problem.arrays, problem.options)
        for tensor, truth in found.truths.items():
            values = np.asarray(defined[tensor], object).reshape(-1)
            other = truth_of(np.array([arb_of(v) for v in values], object), problem.dy.dtype.name)
            apart = np.abs(other.nearest - truth.nearest)
            if np.any(apart > (1 + other.radius) * other.ulp + DEFINED):
                return tensor
    return ""
