"""Drift through softplus, silu, gelu, elu: a slope that bends by no more than a curvature.

Within an error e the slope is at most |f'(x)| + K·e, and never above its largest value M:

    f(x') − f(x) ≤ min(|f'(x)| + K·e, M)·e     dy'·f'(x') − dy·f'(x) ≤ |dy|·min(K·e, 2M) + M'·e_dy

| function | K = largest |f''| | M |
|---|---|---|
| softplus | beta/4 | 1 |
| silu | 1/2 | 1.1 |
| gelu | 2φ(0) < 0.8, of both forms | 1.13 |
| elu | |alpha| on the left; a kink at 0 of 1 − alpha | max(1, |alpha|) |
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import NamedTuple

import numpy as np

from parity.bounds.bound import Arrays, Options
from parity.bounds.elementary import exact_sigmoid, exact_slope
from parity.bounds.exponentials import CUT
from parity.bounds.gates import cubic, normal
from parity.bounds.propagation.error import Accumulated, double
from parity.cases.case import Array


class Bend(NamedTuple):
    """|f'(x)|, K and M; jump: by how much the slope jumps at 0."""

    slope: Array
    curvature: float
    steepest: float
    jump: float = 0.0


def _softplus(x: Array, options: Options) -> Bend:
    """Above a threshold, torch's own among them, the slope is 1, less than σ(−20) steeper."""
    beta = float(options.get("beta", 1))
    slope = np.minimum(exact_sigmoid(x * beta) + exp(-CUT), 1)
    given = options.get("threshold") is not None
    return Bend(np.ones_like(x) if given else slope, beta / 4, 1.0)


def _silu(x: Array, options: Options) -> Bend:
    return Bend(np.abs(exact_sigmoid(x) + x * exact_slope(x)), 0.5, 1.1)


def _gelu(x: Array, options: Options) -> Bend:
    if options.get("approximate", "none") == "none":
        below, density = normal(x)
        return Bend(np.abs(below + x * density), 0.8, 1.13)
    v, slope = cubic(x)
    return Bend(np.abs(exact_sigmoid(2 * v) + 2 * x * slope * exact_slope(2 * v)), 0.8, 1.13)


def _elu(x: Array, options: Options) -> Bend:
    alpha = float(options.get("alpha", 1))
    slope = np.where(x > 0, 1, abs(alpha) * np.exp(np.minimum(x, 0)))
    return Bend(slope, abs(alpha), max(1.0, abs(alpha)), abs(1 - alpha))


BENDS: dict[str, Callable[[Array, Options], Bend]] = {
    "softplus": _softplus,
    "silu": _silu,
    "gelu": _gelu,
    "elu": _elu,
}


def _bend(function: str, arrays: Arrays, options: Options) -> Bend:
    return BENDS[function](arrays["x"].astype(np.float64), options)


def _kinks(arrays: Arrays, errors: Arrays, bend: Bend) -> Array:
    """Where the slope may jump."""
    if not bend.jump:
        return np.zeros(arrays["x"].shape, bool)
    return np.asarray((np.abs(arrays["x"]) <= errors["x"]) & (errors["x"] > 0))


def _within(arrays: Arrays, errors: Arrays, bend: Bend) -> Array:
    """The steepest slope within the error."""
    reached = bend.slope + bend.curvature * errors["x"]
    reached = np.where(_kinks(arrays, errors, bend), bend.steepest, reached)
    return np.asarray(np.minimum(reached, bend.steepest))


def _cut_off(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Array | float:
    """What is cut off above a threshold, torch's own among them: of a slope; of a value 1/beta."""
    if function != "softplus":
        return 0.0
    given = options.get("threshold")
    cut, beta = CUT if given is None else float(given), float(options.get("beta", 1))
    x, e = arrays["x"].astype(np.float64), errors["x"]
    return np.where((x + e) * beta >= cut * (1 - 1e-6), np.log1p(exp(-cut)), 0)


def _rounding(arrays: Arrays, options: Options) -> float:
    """Of a softplus with a threshold: where a rule looks for the worst rounding there is none.

    At most (2c + 6u) and σ(z)·|z|·u on each side (`parity.bounds.exponentials`), with c ≤ 8u.
    """
    given = options.get("threshold") is not None
    return 64 * float(np.finfo(arrays["x"].dtype).eps) / 2 if given else 0.0


def bending_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """The error, times the steepest slope within it."""
    bend = _bend(function, arrays, options)
    kinks = _kinks(arrays, errors, bend)
    beta, size = float(options.get("beta", 1)), double(arrays["x"]) + errors["x"]
    cut = _cut_off(function, arrays, errors, options) / beta
    rounding = _rounding(arrays, options) * (size + 1 / beta)
    error = _within(arrays, errors, bend) * errors["x"] + cut + rounding
    return Accumulated(error, int(kinks.sum()))


def bending_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """The slope bends, or jumps; dy moves."""
    bend = _bend(function, arrays, options)
    kinks = _kinks(arrays, errors, bend)
    bent = bend.curvature * errors["x"] + np.where(kinks, bend.jump, 0)
    moved = np.minimum(bent, 2 * bend.steepest)
    moved = moved + _cut_off(function, arrays, errors, options) + _rounding(arrays, options)
    error = np.abs(dy.astype(np.float64)) * moved + _within(arrays, errors, bend) * errors["dy"]
    return {"x": Accumulated(error, int(kinks.sum()))}


# --- where the rounding is worst ----------------------------------------------------------


def growth(errors: Arrays) -> float:
    """Of gates: roundings of the slope are worst a little before it is 1, by less than this."""
    return 2.0


def at_the_kink(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """elu's backward rounds where x ≤ 0, most at 0."""
    return {"x": np.zeros_like(arrays["x"])}
