"""Σ|terms| formed in float32: never below the exact sum, and hardly above it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from parity.bounds import narrow, operations
from parity.bounds.arithmetic import gamma, sides
from parity.bounds.bound import magnitudes
from parity.bounds.narrow import ETA, MOST, U, narrow_magnitudes, outward
from parity.bounds.rules import backward_bounds, forward_bound
from parity.bounds.sums import sums_of_gradients
from parity.cases.case import Array

OPTIONS = {"padding": 1, "stride": (2, 1)}


def convolution(scale: float = 1.0) -> tuple[dict[str, Array], Array]:
    """Arrays that are large enough for float32, and dy."""
    rng = np.random.default_rng(1)
    x = (rng.normal(size=(3, 7, 50, 40)) * scale).astype(np.float32)
    weight = (rng.normal(size=(5, 7, 3, 4)) * scale).astype(np.float32)
    dy = (rng.normal(size=(3, 5, 25, 39)) * scale).astype(np.float32)
    return {"x": x, "weight": weight}, dy


def exact_sums(arrays: dict[str, Array], dy: Array) -> dict[str, Array]:
    sizes = magnitudes({**arrays, "dy": dy})
    upstream = sizes.pop("dy")
    found = operations.gradients("conv2d", sizes, OPTIONS, upstream, list(sizes))
    return {"y": found.y, **found.gradients}


def test_a_sum_that_lost_terms_is_rounded_outward() -> None:
    """2²⁴ + 1 + … + 1 is 2²⁴ in float32, term after term: without the factor it is too low."""
    terms = np.array([2.0**24] + [1.0] * 999, np.float32)
    low = np.zeros(1, np.float32)
    for term in terms:
        low += term
    exact = float(sum(map(Fraction, terms.tolist())))
    assert low[0] < exact
    found = outward(low, np.array(1000.0))
    assert found is not None
    assert exact <= found[0] <= exact * (1 + float(gamma(np.array(1000.0), U)))


def test_products_that_underflow_are_made_good() -> None:
    found = outward(np.array([0.5 * 2.0**-140], np.float32), np.array(7.0))
    assert found is not None
    assert found[0] >= 2.0**-141 + 7 * ETA


def test_integers_stay_what_they_are() -> None:
    """Below 2²⁴ nothing was rounded, so that equality can be asked."""
    sums = np.array([3.0, 2.0**24 - 1], np.float32)
    np.testing.assert_array_equal(outward(sums, np.array(1e4)), sums)


@pytest.mark.parametrize(("largest", "terms"), [(np.inf, 3), (np.nan, 3), (1.5, MOST + 1)])
def test_what_tells_too_little_is_left_to_float64(largest: float, terms: int) -> None:
    assert outward(np.array([largest, 1.0], np.float32), np.array(float(terms))) is None


@pytest.mark.parametrize("scale", [1.0, 1e-15, 1e8])
def test_never_below_and_hardly_above(scale: float) -> None:
    """Of a convolution's value and gradients, whatever order oneDNN adds in."""
    arrays, dy = convolution(scale)
    exact = exact_sums(arrays, dy)
    terms = {"y": 7 * 12, "x": 5 * 12, "weight": 3 * 25 * 39}
    found = {**sums_of_gradients("conv2d", dy, arrays, OPTIONS)}
    found["y"] = np.asarray(forward_bound("conv2d", arrays, OPTIONS, sides("float32")).terms)
    for name, sums in found.items():
        room = (1 + gamma(np.array(2.0 * terms[name]), U)) * exact[name]
        assert np.all(sums >= exact[name])
        assert np.all(sums <= room + 2 * terms[name] * ETA), name
        assert np.any(sums > exact[name])


def test_bounds_of_many_numbers_are_those_of_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wider by γ_K at most."""
    arrays, dy = convolution()
    narrowed = backward_bounds("conv2d", dy, arrays, OPTIONS, sides("float32"))
    monkeypatch.setattr(narrow, "FEW", 1 << 30)
    wide = backward_bounds("conv2d", dy, arrays, OPTIONS, sides("float32"))
    for name, bound in wide.items():
        share = narrowed[name].limit / bound.limit
        assert np.all(share >= 1 - 1e-12)
        assert np.all(share <= 1 + 1e-3)
        assert np.any(share > 1)


def test_overflow_in_float32_is_seen_in_float64() -> None:
    """|x|·|w| of 1e24 each is no float32: the bound is what it was."""
    arrays, _ = convolution(1e24)
    bound = forward_bound("conv2d", arrays, OPTIONS, sides("float32"))
    assert bound.overflow.all()


def test_few_numbers_and_other_types_go_to_float64() -> None:
    few = {"x": np.ones((100, 3), np.float32)}
    assert narrow_magnitudes(few) is None
    assert narrow_magnitudes({"x": np.ones(1 << 16)}) is None
    assert narrow_magnitudes({"x": np.ones(1 << 16, np.float32)}) is not None


def test_products_of_less_than_float32_are_not_trusted() -> None:
    """Where torch may form them from bfloat16."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        assert not operations.keep_float32()
        assert narrow_magnitudes({"x": np.ones(1 << 16, np.float32)}) is None
    finally:
        torch.set_float32_matmul_precision(before)


def test_nan_and_infinity_are_no_magnitudes() -> None:
    x = np.ones(1 << 16, np.float32)
    x[:3] = np.nan, np.inf, -2
    found = narrow_magnitudes({"x": x})
    assert found is not None
    np.testing.assert_array_equal(found["x"][:4], [0, 0, 2, 1])
