"""Exact values of functions of one element, by their definitions in double-double.

No line is shared with refimpl: the formulas are those of `parity.witnesses.definitions`, on whole
arrays. What selects (relu, hardtanh, sign) is exact; what rounds has a relative error below
`RADIUS`: at most twenty of the operations of `parity.witnesses.exact.double_double`, each below
2⁻⁸⁰, where no number is near float64's largest or smallest. Other elements are left to balls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.function import parameters_of
from parity.cases.functions import FUNCTIONS
from parity.witnesses.exact.double_double import (
    LARGEST,
    ONE,
    Pair,
    exp,
    exp_minus_1,
    over,
    pair,
    plus,
    times,
    two_product,
    two_sum,
)
from parity.witnesses.exact.truth import Truth, truth_near
from parity.witnesses.problem import Problem

RADIUS = 2.0**-75  # relative
PART = 1 << 13  # elements at a time: they stay in the processor's cache
SMALLEST_INPUT, LARGEST_INPUT = 2.0**-400, 2.0**400
SMALLEST = 2.0**-900  # of a result
CANCELLED = 2.0**-20  # a difference, beside its terms, that keeps the digits that are counted on

Given = Mapping[str, Array]  # float64, dy among them
Rule = Callable[[Given, Mapping[str, float]], Pair]


def _sigmoid(given: Given, options: Mapping[str, float]) -> Pair:
    """1/(1 + e) for x ≥ 0, else e/(1 + e), e = e^−|x|"""
    x = given["x"]
    e = exp(-np.abs(x))
    numerator = Pair(*(np.where(x >= 0, one, part) for one, part in zip(ONE, e, strict=True)))
    return over(numerator, plus(ONE, e))


def _sigmoid_dx(given: Given, options: Mapping[str, float]) -> Pair:
    """dy·e/(1 + e)²"""
    e = exp(-np.abs(given["x"]))
    whole = plus(ONE, e)
    return times(pair(given["dy"]), over(over(e, whole), whole))


def _tanh(given: Given, options: Mapping[str, float]) -> Pair:
    """−m/(2 + m) with the sign of x, m = e^(−2|x|) − 1"""
    x = given["x"]
    m = exp_minus_1(-2 * np.abs(x))
    size = over(-m, plus(pair(2.0), m))
    return Pair(*(np.copysign(1.0, x) * part for part in size))


def _tanh_dx(given: Given, options: Mapping[str, float]) -> Pair:
    """dy·4e/(1 + e)², e = e^(−2|x|)"""
    e = exp(-2 * np.abs(given["x"]))
    whole = plus(ONE, e)
    return times(pair(4 * given["dy"]), over(over(e, whole), whole))


def _dsigmoid(given: Given, options: Mapping[str, float]) -> Pair:
    """o·(1 − o)"""
    o = given["o"]
    return times(pair(o), two_sum(ONE.hi, -o))


def _dtanh(given: Given, options: Mapping[str, float]) -> Pair:
    """(1 − o)·(1 + o)"""
    o = given["o"]
    return times(two_sum(ONE.hi, -o), two_sum(ONE.hi, o))


def _relu(given: Given, options: Mapping[str, float]) -> Pair:
    return pair(np.where(given["x"] > 0, given["x"], 0))


def _relu_dx(given: Given, options: Mapping[str, float]) -> Pair:
    return pair(np.where(given["x"] > 0, given["dy"], 0))


def _leaky_relu(given: Given, options: Mapping[str, float]) -> Pair:
    return _bent(given["x"], given["x"], options)


def _leaky_relu_dx(given: Given, options: Mapping[str, float]) -> Pair:
    return _bent(given["dy"], given["x"], options)


def _bent(values: Array, x: Array, options: Mapping[str, float]) -> Pair:
    """The values where x > 0, elsewhere times the slope."""
    return two_product(values, np.where(x > 0, 1.0, options["negative_slope"]))


def _hardtanh(given: Given, options: Mapping[str, float]) -> Pair:
    low, high = options["min_val"], options["max_val"]
    return pair(np.minimum(np.maximum(given["x"], low), high))


def _hardtanh_dx(given: Given, options: Mapping[str, float]) -> Pair:
    low, high = options["min_val"], options["max_val"]
    x = given["x"]
    return pair(np.where((low < x) & (x < high), given["dy"], 0))


def _sign(given: Given, options: Mapping[str, float]) -> Pair:
    return pair(np.sign(given["x"]))


def _sign_dx(given: Given, options: Mapping[str, float]) -> Pair:
    return pair(np.zeros_like(given["x"]))


def _exp(given: Given, options: Mapping[str, float]) -> Pair:
    return exp(given["x"])


def _exp_dx(given: Given, options: Mapping[str, float]) -> Pair:
    return times(pair(given["dy"]), exp(given["x"]))


def _silu(given: Given, options: Mapping[str, float]) -> Pair:
    """x·σ(x)"""
    return times(pair(given["x"]), _sigmoid(given, options))


def _silu_dx(given: Given, options: Mapping[str, float]) -> Pair:
    """dy·σ(x)·(1 + x·σ(−x)); 1 + x·σ(−x) may cancel by far more than the radius allows for"""
    gate, shut = _sigmoid(given, options), _sigmoid({"x": -given["x"]}, options)
    inner = plus(ONE, times(pair(given["x"]), shut))
    cancelled = np.abs(inner.hi) < CANCELLED * np.abs(given["x"] * shut.hi)
    inner = Pair(np.where(cancelled, np.nan, inner.hi), inner.lo)
    return times(pair(given["dy"]), times(gate, inner))


def _elu(given: Given, options: Mapping[str, float]) -> Pair:
    """α·(e^x − 1) where x ≤ 0"""
    x = given["x"]
    below = times(pair(options["alpha"]), exp_minus_1(np.minimum(x, 0)))
    return Pair(np.where(x > 0, x, below.hi), np.where(x > 0, 0, below.lo))


def _elu_dx(given: Given, options: Mapping[str, float]) -> Pair:
    """dy·α·e^x where x ≤ 0"""
    x = given["x"]
    slope = times(pair(options["alpha"]), exp(np.minimum(x, 0)))
    slope = Pair(np.where(x > 0, 1, slope.hi), np.where(x > 0, 0, slope.lo))
    return times(pair(given["dy"]), slope)


def _hardsigmoid(given: Given, options: Mapping[str, float]) -> Pair:
    """(x + 3)/6 between 0 and 1"""
    x = given["x"]
    line = over(two_sum(x, np.asarray(3.0)), pair(6.0))
    inside = np.abs(x) < 3
    return Pair(np.where(inside, line.hi, x >= 3), np.where(inside, line.lo, 0))


def _hardsigmoid_dx(given: Given, options: Mapping[str, float]) -> Pair:
    """dy/6 between −3 and 3"""
    return over(pair(np.where(np.abs(given["x"]) < 3, given["dy"], 0)), pair(6.0))


def _hardswish(given: Given, options: Mapping[str, float]) -> Pair:
    """x times hardsigmoid"""
    return times(pair(given["x"]), _hardsigmoid(given, options))


def _hardswish_dx(given: Given, options: Mapping[str, float]) -> Pair:
    """dy·(2x + 3)/6 between −3 and 3"""
    x, dy = given["x"], given["dy"]
    slope = over(two_sum(2 * x, np.asarray(3.0)), pair(6.0))
    inside = np.abs(x) < 3
    slope = Pair(np.where(inside, slope.hi, x >= 3), np.where(inside, slope.lo, 0))
    return times(pair(dy), slope)


def _on_balls(given: Given, options: Mapping[str, float]) -> Pair:
    """No formula in double-double: balls have erfc, and exponents of any length."""
    return pair(np.full_like(given["x"], np.nan))


def _dropout(given: Given, options: Mapping[str, float]) -> Pair:
    return _kept(given["x"], given, options)


def _dropout_dx(given: Given, options: Mapping[str, float]) -> Pair:
    return _kept(given["dy"], given, options)


def _kept(values: Array, given: Given, options: Mapping[str, float]) -> Pair:
    """values·mask/(1 − p)"""
    keeps = two_sum(ONE.hi, np.asarray(-options["p"]))
    return over(pair(values * given["mask"]), keeps)


RULES: dict[str, dict[str, Rule]] = {
    "relu": {"y": _relu, "dx": _relu_dx},
    "leaky_relu": {"y": _leaky_relu, "dx": _leaky_relu_dx},
    "hardtanh": {"y": _hardtanh, "dx": _hardtanh_dx},
    "sign": {"y": _sign, "dx": _sign_dx},
    "sigmoid": {"y": _sigmoid, "dx": _sigmoid_dx},
    "tanh": {"y": _tanh, "dx": _tanh_dx},
    "exp": {"y": _exp, "dx": _exp_dx},
    "softplus": {"y": _on_balls, "dx": _on_balls},
    "silu": {"y": _silu, "dx": _silu_dx},
    "gelu": {"y": _on_balls, "dx": _on_balls},
    "elu": {"y": _elu, "dx": _elu_dx},
    "hardsigmoid": {"y": _hardsigmoid, "dx": _hardsigmoid_dx},
    "hardswish": {"y": _hardswish, "dx": _hardswish_dx},
    "dsigmoid": {"y": _dsigmoid},
    "dtanh": {"y": _dtanh},
    "dropout": {"y": _dropout, "dx": _dropout_dx},
}
SELECTIONS = {"relu", "hardtanh", "sign"}  # nothing is rounded, whatever the numbers
EXPONENTIALS = {"sigmoid", "tanh", "exp", "silu", "elu"}
PARAMETERS = {"negative_slope", "min_val", "max_val", "p", "alpha"}


def by_definition(problem: Problem, tensors: Iterable[str]) -> Iterator[tuple[str, Truth]]:
    """The exact values of tensors, part by part; undecided where double-double cannot tell."""
    options = _parameters(problem)
    given = {name: array.reshape(-1) for name, array in problem.arrays.items()}
    given["dy"] = problem.dy.reshape(-1)
    size = int(problem.dy.size)
    numbers = {name: np.asarray(value) for name, value in options.items()}
    for tensor in tensors:
        rule = RULES[problem.function][tensor]
        for start in range(0, size, PART):
            part = slice(start, min(start + PART, size))
            arrays = {name: array[part].astype(np.float64) for name, array in given.items()}
            used = arrays if tensor != "y" else {n: a for n, a in arrays.items() if n != "dy"}
            with np.errstate(all="ignore"):
                value = rule(arrays, options)
                out = _outside(problem.function, {**used, **numbers}, value)
            yield tensor, _truth(problem, value, out, part, size)


def _parameters(problem: Problem) -> dict[str, float]:
    """Slope, limits, p: as both sides take them, rounded to the dtype where both do that first."""
    known = parameters_of(getattr(refimpl, problem.function))
    given = {name: problem.options.get(name, p.default) for name, p in known.items()}
    return {
        name: float(problem.dy.dtype.type(value))
        if name in FUNCTIONS[problem.function].rounded
        else float(value)
        for name, value in given.items()
        if name in PARAMETERS
    }


def _outside(function: str, given: Given, value: Pair) -> Array:
    """Where numbers are too large or too small for what is said of double-double."""
    if function in SELECTIONS:
        return np.zeros(value.hi.shape, bool)
    out: Array = (np.abs(value.hi) < SMALLEST) & (value.hi != 0) | ~np.isfinite(value.hi)
    for array in given.values():
        size = np.abs(array)
        out |= (size > LARGEST_INPUT) | (size < SMALLEST_INPUT) & (size != 0)
    if function in EXPONENTIALS:
        out |= np.abs(given["x"]) > LARGEST / 2
    return out


def _truth(problem: Problem, value: Pair, out: Array, part: slice, size: int) -> Truth:
    nearest, rest = (np.broadcast_to(p, (part.stop - part.start,)) for p in value)
    relative = 0.0 if problem.function in SELECTIONS else RADIUS
    radius = np.where(out, np.inf, np.abs(nearest) * relative)
    return truth_near(nearest, rest, radius, problem.dy.dtype.name, (part, size))
