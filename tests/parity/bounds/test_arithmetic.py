"""The constants that every bound is built from: u, η, γ_K, the errors of exp, log, log1p, tanh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import inf
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from exact import DTYPES

from parity.bounds.arithmetic import (
    ELEMENTARY_ULP,
    FEW_TERMS,
    PRODUCT_TERMS,
    RUN,
    arithmetic,
    gamma,
    sides,
)
from refimpl import sums

POINTS = 10_000
real = mpmath.MPContext()
real.prec = 140  # more than twice float64's 53 bits

Function = Callable[[Any], Any]


def torchs(name: str) -> Function:
    """torch's function on NumPy arrays."""
    function, tensor = getattr(torch, name), torch.from_numpy
    return lambda x: function(tensor(x)).numpy()


LIBRARIES: dict[str, dict[str, Function]] = {
    "numpy": {"exp": np.exp, "log": np.log, "log1p": np.log1p, "tanh": np.tanh},
    "torch": {name: torchs(name) for name in ("exp", "log", "log1p", "tanh")},
}


def uniform(low: float, high: float) -> Callable[[np.random.Generator, Any], Any]:
    return lambda rng, info: rng.uniform(low, high, POINTS)


def magnitudes(low: float, high: float) -> Callable[[np.random.Generator, Any], Any]:
    """Both signs, 10^low to 10^high."""
    return lambda rng, info: 10.0 ** rng.uniform(low, high, POINTS) * rng.choice([-1, 1], POINTS)


def exp_range(rng: np.random.Generator, info: Any) -> Any:
    """Where e^x is a normal number."""
    return rng.uniform(np.log(float(info.tiny)) + 1, np.log(float(info.max)) - 1, POINTS)


def all_positive(rng: np.random.Generator, info: Any) -> Any:
    return np.exp(rng.uniform(np.log(float(info.tiny)), np.log(float(info.max)) - 1, POINTS))


def softmax_sums(rng: np.random.Generator, info: Any) -> Any:
    """1 and a little: where log_softmax takes its logarithms."""
    return 1 + 10.0 ** rng.uniform(-16, 3, POINTS)


def small_powers(rng: np.random.Generator, info: Any) -> Any:
    """e^(−|z|), of which the losses of two classes take log1p."""
    return np.exp(rng.uniform(np.log(float(info.tiny)), 0, POINTS))


RANGES: dict[tuple[str, str], Callable[[np.random.Generator, Any], Any]] = {
    ("exp", "all normal results"): exp_range,
    ("exp", "−30 to 0"): uniform(-30, 0),
    ("exp", "around 0"): magnitudes(-9, 0),
    ("log", "all normal numbers"): all_positive,
    ("log", "sums of a softmax"): softmax_sums,
    ("log1p", "all e^(−|z|)"): small_powers,
    ("log1p", "0 to 1"): uniform(0, 1),
    ("tanh", "−20 to 20"): uniform(-20, 20),
    ("tanh", "around 0"): magnitudes(-9, 0),
}


def truth(function: str, x: Any) -> tuple[Any, Any]:
    """The exact values as a sum of two float64 arrays, the second the rest of the first."""
    exact = [getattr(real, function)(float(value)) for value in x]
    high = np.array([float(value) for value in exact])
    return high, np.array([float(value - h) for value, h in zip(exact, high, strict=True)])


def ulps(values: Any, high: Any, low: Any) -> Any:
    """|values − (high + low)| in units in the last place of the exact value."""
    error = np.abs((values.astype(np.float64) - high) - low)
    return error / np.spacing(np.abs(high).astype(values.dtype)).astype(np.float64)


@pytest.fixture(params=[(k, d) for k in RANGES for d in DTYPES], ids=lambda p: f"{p[0]} {p[1]}")
def points(request: pytest.FixtureRequest) -> tuple[str, Any, Any, Any]:
    """A function, its arguments, its exact values."""
    (function, _), dtype = request.param
    rng = np.random.default_rng(20261120)
    x = RANGES[request.param[0]](rng, np.finfo(dtype)).astype(dtype)
    return (function, x, *truth(function, x))


def test_elementary_errors_stay_under_the_constants(points: tuple[str, Any, Any, Any]) -> None:
    """exp, log, log1p and tanh of both libraries err by less than `ELEMENTARY_ULP`."""
    function, x, high, low = points
    worst = {
        library: float(ulps(functions[function](x), high, low).max())
        for library, functions in LIBRARIES.items()
    }
    assert {k: v for k, v in worst.items() if not v < ELEMENTARY_ULP[k]} == {}
    assert max(worst.values()) > 0.4  # half an ULP is reached among so many: the measure works


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("library", ELEMENTARY_ULP)
def test_an_exp_that_is_off_is_noticed(library: str, dtype: str) -> None:
    """An exp one ULP past the constant is measured as such."""
    x = np.linspace(0.1, 0.6, 50).astype(dtype)
    high, low = truth("exp", x)
    off = np.exp(x.astype(np.float64)).astype(dtype)
    for _ in range(int(ELEMENTARY_ULP[library]) + 1):
        off = np.nextafter(off, dtype_max(dtype))
    assert ulps(off, high, low).max() > ELEMENTARY_ULP[library]


def dtype_max(dtype: str) -> Any:
    return np.finfo(dtype).max


@pytest.mark.parametrize("library", ELEMENTARY_ULP)
@pytest.mark.parametrize(
    ("dtype", "digits", "exponent"), [("float32", 24, 149), ("float64", 53, 1074)]
)
def test_arithmetic_of_a_dtype(library: str, dtype: str, digits: int, exponent: int) -> None:
    """u is half the distance from 1 to the next number, η the smallest, c a multiple of 2u."""
    side = arithmetic(library, dtype)
    assert side.u == 2.0**-digits
    assert side.eta == 2.0**-exponent
    assert side.largest == float(np.finfo(dtype).max)
    assert side.elementary == ELEMENTARY_ULP[library] * 2 * 2.0**-digits


@pytest.mark.parametrize("dtype", DTYPES)
def test_sides_are_refimpl_and_torch(dtype: str) -> None:
    """refimpl's: NumPy's, with long sums of a known shape and digits kept; then torch's."""
    ours, theirs = sides(dtype)
    assert ours == replace(arithmetic("numpy", dtype), shaped=True, keeps_digits=True)
    assert theirs == arithmetic("torch", dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_roundings_of_long_sums(dtype: str) -> None:
    """refimpl: 4 + log2 K of a sum, 256 and a few of a product; else K."""
    ours, theirs = sides(dtype)
    wide = 5000 * 2.0**-29 if dtype == "float32" else 0
    assert ours.roundings_of_sum(5000) == 4 + 13 + wide
    assert ours.roundings_of_sum(7) == 7
    assert ours.roundings_of_product(5000) == 256 + 15 + 1
    assert ours.roundings_of_product(256) == 256
    long = 4 + 13 + wide if dtype == "float32" else 256 + 15 + 1
    assert ours.roundings_of_long_product(5000) == long
    assert ours.roundings_of_long_product(64) == 64
    counts = (
        theirs.roundings_of_sum,
        theirs.roundings_of_product,
        theirs.roundings_of_long_product,
    )
    assert [count(5000) for count in counts] == [5000] * 3


def test_the_shape_of_sums_is_the_one_that_refimpl_has() -> None:
    """Bounds name the sizes for themselves: they must not change with refimpl's code alone."""
    assert (sums.TERMS, sums.FEW, sums.RUN) == (PRODUCT_TERMS, FEW_TERMS, RUN)


@pytest.mark.parametrize("terms", [0, 1, 7, 1000, 2**20, 2**23])
def test_gamma_is_its_formula(terms: int) -> None:
    """γ_K = K·u/(1 − K·u), to the nearest float64 or its neighbours."""
    u = Fraction(1, 2**24)
    exact = float(terms * u / (1 - terms * u))
    found = float(gamma(np.array(float(terms)), 2.0**-24))
    assert np.nextafter(exact, -inf) <= found <= np.nextafter(exact, inf)


@pytest.mark.parametrize("terms", [2**24, 2**24 + 1, 2**40])
def test_gamma_is_infinite_once_every_digit_may_be_lost(terms: int) -> None:
    """γ_K = ∞ where K·u ≥ 1."""
    assert gamma(np.array(float(terms)), 2.0**-24) == inf


def test_gamma_is_finite_just_before() -> None:
    """γ_K is finite for the largest K with K·u < 1."""
    assert gamma(np.array(2.0**24 - 1), 2.0**-24) == 2**24 - 1
