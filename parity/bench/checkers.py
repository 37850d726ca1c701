"""How long it takes to check the gradients of one convolution, by parity and by other means.

All of them check the same convolution, LeNet's second, of one image in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

import refimpl
from parity import oracle
from parity.bench.speed import computing_with
from parity.bench.timing import interleaved, ratio
from parity.bench.workloads import SEED
from parity.candidates.asked import Asked
from parity.candidates.examine import Answer, outcome
from parity.cases.case import Array, Case, Draw, case_arrays
from parity.cases.functions import FUNCTIONS
from parity.judges.layer import check_case
from parity.results.findings import Findings
from parity.results.settings import Settings
from parity.witnesses.derivative import check_derivative
from parity.witnesses.integers import check_integers
from parity.witnesses.problem import Problem

DTYPE = "float64"
CASE = Case(
    "conv2d",
    "LeNet conv2, one image",
    {"x": Draw((1, 6, 14, 14)), "weight": Draw((16, 6, 5, 5)), "bias": Draw((16,))},
)
QUICK = "parity, quick"
STEP = 1e-6  # of a difference, as gradcheck takes it
TOLERANCE = 1e-6


@dataclass(frozen=True)
class CheckerRow:
    """One way to check a convolution's gradients: the columns of bench_check.csv."""

    checker: str
    seconds: float
    ratio_to_quick: float
    rounds: int


def checkers() -> dict[str, Callable[[], bool]]:
    """Each way to check it: what it says of the right gradients."""
    arrays = case_arrays(CASE, DTYPE, SEED)
    return {
        "parity, all witnesses": lambda: by_all_witnesses().holds,
        QUICK: lambda: check_case(CASE, DTYPE, Settings(SEED, quick=True)).holds,
        "parity check, of somebody's backward": lambda: by_check(arrays),
        "gradcheck": lambda: oracle.gradcheck("conv2d", arrays, {}, fast=False),
        "gradcheck, fast mode": lambda: oracle.gradcheck("conv2d", arrays, {}, fast=True),
        "numerical gradient, element by element": lambda: by_differences(arrays),
    }


def by_all_witnesses() -> Findings:
    """The bound against torch, the exact value of every element, integers, the derivative."""
    settings = Settings(SEED)
    findings = check_case(CASE, DTYPE, settings)
    findings.extend(check_integers(CASE, DTYPE, settings))
    findings.extend(check_derivative(CASE, DTYPE, settings))
    return findings


def by_check(arrays: Mapping[str, Array]) -> bool:
    """Every element beside its exact value, as `parity check` judges a problem, without torch."""
    y = refimpl.conv2d(arrays["x"], arrays["weight"], arrays["bias"])
    dy = np.random.default_rng(SEED).normal(size=y.shape)
    asked = Asked(CASE, DTYPE, Problem("conv2d", arrays, {}, dy))

    def ask(problem: Problem) -> Answer:
        found = FUNCTIONS["conv2d"].backward(problem.dy, problem.arrays, problem.options)
        return Answer({f"d{name}": gradient for name, gradient in found.items()})

    return not outcome(asked, ask, "backward").wrong


def by_differences(arrays: Mapping[str, Array]) -> bool:
    """As courses do it: (L(x + h) − L(x − h))/2h for every element of every argument."""
    given = {name: array.copy() for name, array in arrays.items()}
    y = refimpl.conv2d(given["x"], given["weight"], given["bias"])
    dy = np.random.default_rng(SEED).normal(size=y.shape)
    gradients = refimpl.conv2d_backward(dy, given["x"], given["weight"])
    return all(
        np.allclose(numerical(given, name, dy), getattr(gradients, f"d{name}"), atol=TOLERANCE)
        for name in given
    )


def numerical(arrays: dict[str, Array], name: str, dy: Array) -> Array:
    """The gradient of Σ dy·y to one argument by central differences."""
    array = arrays[name]
    found = np.empty_like(array)
    for index in np.ndindex(*array.shape):
        middle, sums = array[index], []
        for step in (STEP, -STEP):
            array[index] = middle + step
            sums.append(
                float(np.sum(dy * refimpl.conv2d(arrays["x"], arrays["weight"], arrays["bias"])))
            )
        array[index] = middle
        found[index] = (sums[0] - sums[1]) / (2 * STEP)
    return found


def bench_checkers(rounds: int, done: Callable[[], Any] = lambda: None) -> list[CheckerRow]:
    """Time every way to check, in turns, with one thread.

    Raises: RuntimeError if one of them refuses the right gradients.
    """
    ways = checkers()

    def timed(name: str, way: Callable[[], bool]) -> Callable[[], None]:
        def call() -> None:
            if not way():
                raise RuntimeError(f"{name}: refuses gradients that are right")
            done()

        return call

    with computing_with(1):
        seconds = interleaved({name: timed(name, way) for name, way in ways.items()}, rounds)
    return [
        CheckerRow(name, median(times), ratio(seconds, name, QUICK), rounds)
        for name, times in seconds.items()
    ]
