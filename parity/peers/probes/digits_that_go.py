"""Where digits go that a right formula keeps: far values, quotients, integers, long sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import erf, sqrt
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.case import generator as random_numbers
from parity.peers.probe import ADDED_WELL, MILLION, Bitwise, LongSum, Probe
from parity.peers.probes.topics import DIVISION, INTEGERS, LOST, SUMS, numbers

SEED = 20261120  # of the integers
ALL_DIGITS = "all digits"
ROUNDED = "the logarithm of a rounded sum"
MANY = 1024  # roundings that are no loss here: e⁻³⁰ by a power of 2 is off by some 30


def values_lost() -> Iterator[Probe]:
    """Numbers at which a right formula keeps its digits, and what is known to come out instead."""
    far = -numbers(5, 3, 4, 9).reshape(1, 1, 4) * 1e7
    answers = {"the maximum": -3e7, "never below −2²⁴": -16777216.0, "never below 0": 0.0}
    maxima = {said: np.array([[[y]]]) for said, y in answers.items()}
    yield _lost("max_pool1d", "below −2²⁴", far, maxima, {"kernel_size": 4})
    far = np.array([[0.0, -500.0]])
    cut = {
        "both logarithms": far,
        "cut at −64": np.array([[0.0, -64.0]]),
        "−∞, the logarithm of a 0": np.array([[0.0, -np.inf]]),
    }
    beside = replace(_lost("log_softmax", "far below", far, cut, {"axis": 1}), by_element=False)
    yield beside  # the other logarithm is −e⁻⁵⁰⁰
    far = numbers(-18, -30, 18)
    right = 1 / (1 + np.exp(-far))
    cut = {ALL_DIGITS: right, "0 from −18 down": np.where(far < 0, 0, right)}
    yield _lost("sigmoid", "far below", far, cut)
    far = numbers(21, 25)
    cut = {ALL_DIGITS: far + np.log1p(np.exp(-far)), "cut at 20: y = x": far}
    yield _lost("softplus", "above 20", far, cut, dtype="float64")
    far = numbers(-18, -15)
    rounded = np.log(np.float32(1) + np.exp(far).astype(np.float32))
    cut = {ALL_DIGITS: np.log1p(np.exp(far)), ROUNDED: rounded.astype(np.float64), "0": 0 * far}
    yield _lost("softplus", "far below", far, cut)
    far = numbers(-3, -4)
    cut = {ALL_DIGITS: refimpl.gelu(far), "1 + erf of a rounded erf": far / 2 * (1 + _erf(far))}
    yield _lost("gelu", "far below", far, cut, {"approximate": "none"})
    yield _sure_answer()
    yield _beside_a_zero()


def _lost(
    function: str,
    name: str,
    x: Array,
    answers: Mapping[str, Array],
    options: Mapping[str, Any] | None = None,
    dtype: str = "float32",
) -> Probe:
    """Of y alone; the first answer is right."""
    first = next(iter(answers.values()))
    return Probe(
        function,
        LOST,
        name if dtype == "float32" else f"{name}, {dtype}",
        {"x": x},
        options or {},
        np.arange(2.0, 2.0 + first.size).reshape(first.shape),
        {said: {"y": y} for said, y in answers.items()},
        choice=False,
        dtype=dtype,
        by_element=True,
        roundings=MANY,
    )


def _erf(x: Array) -> Array:
    """erf(x/√2), rounded to float32."""
    rounded = [np.float32(erf(value / sqrt(2))) for value in x.tolist()]
    return np.array(rounded, np.float64)


def _sure_answer() -> Probe:
    """A loss of 6·10⁻⁶: log(1 + e⁻¹²), where 1 + e⁻¹² is rounded or not, or the 12 added to it."""
    right = np.log1p(np.exp(-12.0))
    losses = {
        ALL_DIGITS: right,
        ROUNDED: np.log(np.float32(1) + np.float32(np.exp(-12.0))),
        "a difference of rounded numbers": np.float32(12 + right) - np.float32(12),
    }
    return Probe(
        "cross_entropy",
        LOST,
        "a sure answer",
        {"logits": np.array([[12.0, 0.0]]), "target": [0]},
        {"reduction": "sum"},
        3.0,
        {said: {"y": np.asarray(loss, np.float64)} for said, loss in losses.items()},
        choice=False,
        by_element=True,
        roundings=MANY,
        kept={"target": "int64"},
    )


def _beside_a_zero() -> Probe:
    """∂/∂x_j Σ dy_i · Π_{k≤i} x_k at x = (2, 0, 3): (1, 2·2 + 5·2·3, 0)."""
    gradients = {
        "all terms": (1, 34, 0),
        "nothing but 1 behind a zero": (1, 0, 0),
        "NaN at the zero": (1, np.nan, 0),
    }
    return Probe(
        "cumprod",
        LOST,
        "the gradient beside a zero",
        {"x": numbers(2, 0, 3)},
        {},
        numbers(1, 2, 5),
        {said: {"dx": numbers(*dx)} for said, dx in gradients.items()},
        choice=False,
    )


def division() -> Iterator[Probe]:
    """0 … 255 over 255, as pixels are scaled: in float32, each quotient rounded once or twice."""
    x = np.arange(256, dtype=np.float32)
    once = (x / np.float32(255)).astype(np.float64)
    twice = (x * (np.float32(1) / np.float32(255))).astype(np.float64)
    answers = {
        "each quotient is rounded once": {"y": once},
        "it multiplies by the rounded reciprocal": {"y": twice},
    }
    for name, other in (("by a number", 255.0), ("by an array", np.full(256, 255.0))):
        arrays = {"x": x.astype(np.float64), "other": other}
        yield Bitwise("divide", DIVISION, name, arrays, {}, np.arange(2.0, 258.0), answers)


def integers() -> Iterator[Probe]:
    """Integers in ±8: every sum is below 2²⁴, so that a direct sum in any order is exact."""
    for maps, size in ((64, 56), (16, 12)):
        rng = random_numbers(SEED, "integers", str(maps))
        x, weight, dy = (
            rng.integers(-8, 9, shape).astype(np.float64)
            for shape in (
                (1, maps, size, size - 1),
                (16, maps, 3, 3),
                (1, 16, size - 2, size - 3),
            )
        )
        back = refimpl.conv2d_backward(dy, x, weight)
        y = refimpl.conv2d(x, weight)
        for found in ({"y": y}, {"dx": back.dx, "dweight": back.dweight}):
            name = f"{maps} maps of {size}×{size - 1}, {' and '.join(found)}"
            arrays = {"x": x, "weight": weight}
            answers = {"exact": found}
            yield Bitwise("conv2d", INTEGERS, name, arrays, {}, dy, answers, choice=False)


def long_sums() -> Iterator[Probe]:
    """A million times the float32 that is nearest to 0.1."""
    tenth = float(np.float32(0.1))
    name = "a million times 0.1"
    x = {"x": np.full(MILLION, tenth)}
    for function, value in (("sum", MILLION * tenth), ("mean", tenth)):
        answers = {ADDED_WELL: {"y": np.asarray(value)}}
        yield LongSum(function, SUMS, name, x, {}, 2.0, answers, choice=False)
    side = (1, 1, 1000, 1000)
    arrays = {"x": np.zeros((1, 1, 1002, 1002)), "weight": np.ones((1, 1, 3, 3)), "bias": [0.5]}
    answers = {ADDED_WELL: {"dbias": numbers(MILLION * tenth)}}
    dy = np.full(side, tenth)
    yield LongSum("conv2d", SUMS, f"dbias of {name}", arrays, {}, dy, answers, choice=False)
