"""The error of pow that the bounds of powers count on, and that they are no wider than they say."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from exact import DTYPES

from parity.bounds.arithmetic import sides
from parity.bounds.powers import POW_ULP
from parity.bounds.rules import backward_bounds, forward_bound

real = mpmath.MPContext()
real.prec = 140
NUMBERS = (2, 3, -1, -2, 0.5, -0.5)  # for which torch has kernels of their own


def drawn(dtype: str, count: int = 4000) -> tuple[Any, Any]:
    """x from 1e-9 to 1e9 and p so that x^p is a normal number."""
    rng = np.random.default_rng(20261201)
    x = (10.0 ** rng.uniform(-9, 9, count)).astype(dtype)
    most = 30 if dtype == "float32" else 290
    p = rng.uniform(-most, most, count) / np.maximum(1, np.abs(np.log10(x.astype(np.float64))))
    return x, (p / 10 ** rng.uniform(0, 2, count)).astype(dtype)


def ulps(found: Any, x: Any, p: Any) -> float:
    """The largest |found − x^p| in units of 2u·x^p."""
    digits = np.finfo(found.dtype).nmant
    pairs = zip(found.tolist(), x.tolist(), np.broadcast_to(p, x.shape).tolist(), strict=True)
    return max(float(abs(y / real.mpf(b) ** real.mpf(e) - 1)) * 2.0**digits for y, b, e in pairs)


@pytest.mark.parametrize("dtype", DTYPES)
def test_pow_errs_by_less_than_the_constant(dtype: str) -> None:
    """NumPy's and torch's, and a power that is off by more is measured as such."""
    x, p = drawn(dtype)
    by_torch = torch.pow(torch.from_numpy(x), torch.from_numpy(p)).numpy()
    for found in (np.power(x, p), by_torch):
        assert ulps(found, x, p) < POW_ULP
    assert ulps(by_torch * (1 + 2 * POW_ULP * np.finfo(dtype).eps), x, p) > POW_ULP


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", NUMBERS)
def test_kernels_of_single_numbers_do_too(p: float, dtype: str) -> None:
    """Roots, products and reciprocals."""
    x, _ = drawn(dtype, 1000)
    assert ulps(torch.pow(torch.from_numpy(x), p).numpy(), x, p) < POW_ULP


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bound_of_refimpl_grows_with_no_exponent(dtype: str) -> None:
    """4 ULP of pow and 5 roundings, far from 1 too; torch's also rounds p − 1."""
    x, p = drawn(dtype)
    both, ones = sides(dtype), np.ones(x.shape, dtype)
    u = both[0].u
    y = forward_bound("power", {"x": x, "exponent": p}, {}, both)
    exact = x.astype(np.float64) ** p.astype(np.float64)
    assert np.all(y.refimpl <= exact * 8.1 * u)
    found = backward_bounds("power", ones, {"x": x, "exponent": p}, {}, both)
    slope = np.abs(p * exact / x)
    assert np.all(found["x"].refimpl <= slope * 13.1 * u + 1e3 * both[0].eta * (1 + np.abs(p)))
    assert np.max(found["x"].torch / np.maximum(slope, 1e-30) / u) > 50


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_a_number_that_float32_does_not_hold_widens_torchs_bound_alone(p: float) -> None:
    """By |p − fl(p)|·|log x|; ½ is held."""
    x, both = np.array([1e30, 1e-30], np.float32), sides("float32")
    bound = forward_bound("power", {"x": x}, {"exponent": p}, both)
    wider = bound.torch / np.abs(x.astype(np.float64) ** p) > 9 * both[1].u
    assert wider.tolist() == [p != 0.5] * 2
    assert np.all(bound.refimpl / x.astype(np.float64) ** p < 9 * both[0].u)
