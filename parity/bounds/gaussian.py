"""Bounds of gaussian_pool2d: its weights carry the rounding of exp and of a division.

With q = r² − (the smallest r²) of a place, an exact number, t = q/(2σ²), n places in a window
and c the relative error of exp:

    t̂ = t(1 + θ)         |θ| ≤ γ_2                        two divisions by σ; halving is exact
    ŵ = e^(−t)(1 + ε)    |ε| ≤ (1 + c)·e^(γ_2·t + 2η) − 1
    Ŝ = S(1 + τ)         |τ| ≤ (1 + γ_n)(1 + Σ g ε) − 1 + n·η    S ≥ 1, the nearest place has 1
    ĝ = g(1 + ρ)         |ρ| ≤ (1 + ε)(1 + u)/(1 − τ) − 1

and 2η where exp or the division underflows. With e = g·ρ + 2η, a sum of K products is off by
op(e, |inputs|) + γ_K·op(g + e, |inputs|) + K·η.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parity.bounds import operations
from parity.bounds.arithmetic import Arithmetic, Sides, gamma
from parity.bounds.bound import Arrays, Bound, Options, bounded, each_side, magnitudes
from parity.bounds.two_axes import two
from parity.cases.case import Array

Pooling = Callable[[Array], Array]  # (K_h, K_w) -> Σ weight · |inputs| for each element


def forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    x, C = magnitudes(arrays)["x"], arrays["x"].shape[1]

    def pooled(weight: Array) -> Array:
        return operations.forward("weighted_pool2d", {"x": x, "weight": _each(weight, C)}, stride)

    stride = _stride(options)
    terms = np.full(
        pooled(np.ones(two(options["kernel_size"]))).shape,
        float(np.prod(two(options["kernel_size"]))),
    )
    return _bound(pooled, terms, arrays["x"], options, sides)


def backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    C, stride = arrays["x"].shape[1], _stride(options)
    upstream = magnitudes({"dy": dy})["dy"]

    def spread(weight: Array, upstream: Array = upstream) -> Array:
        given = {"x": np.zeros(arrays["x"].shape), "weight": _each(weight, C)}
        found = operations.gradients("weighted_pool2d", given, stride, upstream, ["x"])
        return found.gradients["x"]

    terms = spread(np.ones(two(options["kernel_size"])), np.ones(dy.shape))
    return {"x": _bound(spread, terms, arrays["x"], options, sides)}


def _bound(pooling: Pooling, terms: Array, x: Array, options: Options, sides: Sides) -> Bound:
    t, g = exact_weights(x, options)
    magnitude = pooling(g)

    def of_side(side: Arithmetic) -> Array:
        off = pooling(weight_error(t, g, side))
        if side.factor:  # TF32; a subnormal factor is off by as much as the smallest normal one
            tiny = float(np.finfo(np.float32).tiny)
            off = off + side.product * (magnitude + off + pooling(np.full(g.shape, tiny)) + tiny)
        rounded = gamma(terms, side.addition) * (magnitude + off)
        return np.asarray(off + rounded + terms * side.eta)

    limits = each_side(of_side, sides)
    return bounded(limits, magnitude + limits.both, sides, magnitude)


def exact_weights(x: Array, options: Options) -> tuple[Array, Array]:
    """t and g in float64, σ as x's dtype holds it."""
    sigma = float(x.dtype.type(options["sigma"]))
    rows, columns = (np.arange(k) - (k - 1) / 2 for k in two(options["kernel_size"]))
    squares = np.add.outer(rows**2, columns**2)
    t = (squares - squares.min()) / 2 / sigma / sigma
    powers = np.exp(-t)
    return t, powers / powers.sum()


def weight_error(t: Array, g: Array, side: Arithmetic) -> Array:
    """e of the module's formulas; a weight that is 0 has underflow alone."""
    u, n = side.u, np.asarray(t.size)
    distance = np.where(g > 0, t, 0)
    # 1 + u is 1 in float64, so the products are formed from log(1 + ·).
    log_power = np.log1p(side.elementary) + gamma(np.asarray(2), u) * distance + 2 * side.eta
    of_sum = np.log1p(gamma(n, u)) + np.log1p(np.sum(g * np.expm1(log_power)))
    total = np.expm1(of_sum) + n * side.eta
    share = np.expm1(log_power + np.log1p(u) - np.log1p(-total))
    return np.asarray(g * share + 2 * side.eta)


def _stride(options: Options) -> dict[str, object]:
    return {"stride": options.get("stride")}


def _each(weight: Array, channels: int) -> Array:
    return np.broadcast_to(weight, (channels, *weight.shape))
