"""Bounds of gaussian_pool2d: no correct result passes them, and what they are made of is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from exact import (
    DTYPES,
    bounds,
    computed,
    exact,
    random,
    real,
    too_far,
    twice,
    worst_shares,
)

from parity import oracle
from parity.bounds.arithmetic import arithmetic, sides
from parity.bounds.gaussian import exact_weights, weight_error
from parity.bounds.rules import forward_bound

every_dtype = pytest.mark.parametrize("dtype", DTYPES)
Options = Mapping[str, Any]

CASES: dict[str, Options] = {
    "3×3": {"kernel_size": 3, "sigma": 0.8},
    "4×3, overlap": {"kernel_size": (4, 3), "sigma": 1.3, "stride": (1, 2)},
    "2×2": {"kernel_size": 2, "sigma": 0.1},
    "5×6, narrow": {"kernel_size": (5, 6), "sigma": 0.15, "stride": 1},
    "5×6, underflow": {"kernel_size": (5, 6), "sigma": 0.04, "stride": 1},
    "5×6, the centre alone": {"kernel_size": (5, 6), "sigma": 1e-12, "stride": 1},
    "5×6, wide": {"kernel_size": (5, 6), "sigma": 1e6, "stride": 1},
}
KINDS = ("normal", "wide", "huge", "largest", "tiny", "subnormal")


def inputs(name: str, kind: str, dtype: str) -> tuple[Any, dict[str, Any], Options]:
    """(dy, arrays, options) of a case."""
    options = CASES[name]
    arrays = {"x": random(kind, (2, 3, 7, 6), dtype, 1)}
    y = oracle.forward("gaussian_pool2d", arrays, options)
    return random(kind, y.shape, dtype, 2), arrays, options


@every_dtype
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CASES)
def test_each_side_stays_under_its_half(name: str, kind: str, dtype: str) -> None:
    """Both sides' values and gradients lie within their own half of the bound."""
    dy, arrays, options = inputs(name, kind, dtype)
    assert too_far(worst_shares("gaussian_pool2d", dy, arrays, options, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("name", CASES)
def test_weights_lie_within_their_error(name: str, dtype: str) -> None:
    """Each library's weights, read off a one, are off by at most e."""
    options = CASES[name]
    K_h, K_w = kernel = np.broadcast_to(options["kernel_size"], 2)
    x = np.zeros((K_h * K_w, 1, K_h, K_w), dtype)
    x.reshape(len(x), -1)[np.arange(len(x)), np.arange(len(x))] = 1  # a one at each place
    only = {"kernel_size": tuple(map(int, kernel)), "sigma": options["sigma"]}
    dy = np.ones((len(x), 1, 1, 1), dtype)
    truth = exact("gaussian_pool2d", dy, {"x": x}, only)["y"].reshape(K_h, K_w)
    for library in ("numpy", "torch"):
        side = arithmetic(library, dtype)
        t, g = exact_weights(x, only)
        limit = weight_error(t, g, side)
        assert limit.shape == truth.shape
        y = computed(library, "gaussian_pool2d", dy, {"x": x}, only)["y"]
        found = y.reshape(K_h, K_w)
        for place in np.ndindex(K_h, K_w):
            assert abs(real.mpf(float(found[place])) - truth[place]) <= limit[place]


@every_dtype
def test_limit_is_the_formula(dtype: str) -> None:
    """2×2: e = ρ/4 + 2η with t = 0, and the sum of four products."""
    side = arithmetic("numpy", dtype)
    arrays = {"x": np.ones((1, 1, 2, 2), dtype)}
    options = {"kernel_size": 2, "sigma": 1.5}
    limit = forward_bound("gaussian_pool2d", arrays, options, twice("numpy", dtype)).limit
    u = real.mpf(side.u)
    four = 4 * u / (1 - 4 * u)
    epsilon = (1 + real.mpf(side.elementary)) * real.exp(2 * side.eta) - 1
    tau = (1 + four) * (1 + epsilon) - 1 + 4 * side.eta
    rho = (1 + epsilon) * (1 + u) / (1 - tau) - 1
    e = rho + 8 * real.mpf(side.eta)  # of all four together
    expected = 2 * (e + four * (1 + e) + 4 * side.eta)
    assert expected * (1 - 1e-12) <= real.mpf(float(limit[0, 0, 0, 0])) <= expected * (1 + 2e-6)


@every_dtype
def test_narrow_weights_fail_without_their_own_error(dtype: str) -> None:
    """With γ_K alone, the right pooling of far places would be refused: exp makes t absolute."""
    options = {"kernel_size": (1, 5), "sigma": 0.173}
    x = np.array([1.0, 0, 0, 0, 0], dtype).reshape(1, 1, 1, 5)
    y = oracle.forward("gaussian_pool2d", {"x": x}, options)
    dy = np.ones((1, 1, 1, 1), dtype)
    truth = exact("gaussian_pool2d", dy, {"x": x}, options)["y"][0, 0, 0, 0]
    side = sides(dtype)[1]
    naive = 5 * side.u / (1 - 5 * side.u) * abs(truth)
    error = abs(real.mpf(float(y[0, 0, 0, 0])) - truth)
    limit = bounds("gaussian_pool2d", dy, {"x": x}, options, twice("torch", dtype))["y"].limit
    assert naive < error <= limit[0, 0, 0, 0] / 2
