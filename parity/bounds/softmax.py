"""Bounds of softmax, log_softmax and cross_entropy.

The analysis of Blanchard, Higham & Higham 2021, "Accurately computing the log-sum-exp and
softmax functions", IMA Journal of Numerical Analysis 41(4), element by element: their worst
case over all elements, with x_max − x_min, becomes t_i = x_i − max x of each element, weighted
by its share p_i of the sum. c is the relative error of exp and log.

    ŵ_i = e^(t_i)(1 + ε_i)     |ε_i| ≤ (1 + c)·e^(u|t_i|) − 1    t_i is rounded before exp
    Ŝ   = S(1 + σ)             |σ|   ≤ (1 + γ_n)(1 + Σ_j p_j ε_j) − 1
    p̂_i = p_i(1 + ρ_i)         |ρ_i| ≤ (1 + ε_i)(1 + u)²/(1 − σ) − 1
    ŷ_i = t_i − log S ± λ_i    λ_i   = u|t_i| − log(1 − σ) + c|log Ŝ| + u|ŷ_i|

A side that keeps its digits (refimpl) forms log S as log1p(R) with R = Σ_{j≠k} e^(t_j), the sum
without the maximum's own 1, and o_t − 1 of a class t as −Σ_{c≠t} o_c. Both sums are relatively
exact, as is what is made of them, log1p being concave and 0 at 0:

    R̂   = R(1 + ϱ)             |ϱ|   ≤ (1 + γ_n)(1 + Σ_{j≠k} p_j ε_j / Σ_{j≠k} p_j) − 1
    λ_i = u|t_i| + ((1 + c)(1 + ϱ) − 1)·log S + u|ŷ_i|
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides, gamma
from parity.bounds.bound import Arrays, Bound, Options, bounded, each_side, magnitudes
from parity.cases.case import Array


class Exact(NamedTuple):
    """softmax in float64: t = x − max x, shares p, log S, where the maximum stands, the axis."""

    t: Array
    p: Array
    log_sum: Array
    at_maximum: Array
    axis: int

    def sum(self, terms: Array) -> Array:
        """Σ along the axis, which stays."""
        total: Array = terms.sum(axis=self.axis, keepdims=True)
        return total

    @property
    def classes(self) -> int:
        """n, the number of terms in each sum."""
        return int(self.t.shape[self.axis])


class Errors(NamedTuple):
    """One side's errors: ρ of each share (relative) and λ of its logarithm (absolute)."""

    share: Array
    logarithm: Array


def exact_softmax(x: Array, axis: int) -> Exact:
    """What the bounds are written in; shares of −∞ are 0 and carry no error."""
    x = x.astype(np.float64)
    t = x - x.max(axis=axis, keepdims=True, initial=-np.inf)
    powers = np.exp(t)
    others, at_maximum = powers.copy(), np.zeros(x.shape, bool)
    if x.size:
        np.put_along_axis(at_maximum, np.expand_dims(x.argmax(axis), axis), True, axis)
        others[at_maximum] *= 0
    rest = others.sum(axis=axis, keepdims=True)
    return Exact(t, powers / (1 + rest), np.log1p(rest), at_maximum, axis)


def softmax_errors(exact: Exact, side: Arithmetic) -> Errors:
    """ρ and λ of the module's formulas, formed from log(1 + ·): 1 + u is 1 in float64."""
    u, c = side.u, side.elementary
    distance = _distance(exact)
    total = _of_sum(exact, side, np.ones(exact.p.shape, bool))
    total = np.where(total < 1, total, np.inf)
    of_sum = -np.log1p(-np.minimum(total, 1))
    share = np.expm1(_log_power(exact, side) + 2 * np.log1p(u) + of_sum)
    size = np.abs(exact.log_sum)
    if side.keeps_digits:
        others = _of_sum(exact, side, ~exact.at_maximum)
        rounded_log = np.expm1(np.log1p(c) + np.log1p(others)) * size
    else:
        rounded_log = of_sum + c * (size + of_sum)
    value = distance + size + rounded_log
    return Errors(share, u * distance + rounded_log + u * (1 + u) * value)


def _distance(exact: Exact) -> Array:
    """|t|, 0 where x is −∞."""
    return np.where(np.isfinite(exact.t), np.abs(exact.t), 0)


def _log_power(exact: Exact, side: Arithmetic) -> Array:
    """log(1 + ε) of each power."""
    return np.asarray(np.log1p(side.elementary) + side.u * _distance(exact))


def _of_sum(exact: Exact, side: Arithmetic, chosen: Array) -> Array:
    """The relative error of a sum of some of the powers, weighted by their shares of it."""
    chosen = chosen & (exact.p > 0)
    whole = exact.sum(np.where(chosen, exact.p, 0))
    off = np.where(chosen, exact.p * np.expm1(_log_power(exact, side)), 0)
    weighted = exact.sum(off) / np.where(whole, whole, 1)
    rounded = gamma(np.asarray(side.roundings_along(exact.classes)), side.u)
    return np.asarray(np.expm1(np.log1p(rounded) + np.log1p(weighted)))


def _floor(side: Arithmetic) -> float:
    """What exp loses when it underflows, and the division after it."""
    return 2 * side.eta


def _share_error(exact: Exact, side: Arithmetic) -> Array:
    """Absolute error of p̂: the larger of dividing powers and of exp(log_softmax)."""
    share, logarithm = softmax_errors(exact, side)
    relative = np.maximum(share, np.expm1(np.log1p(side.elementary) + logarithm))
    return np.where(exact.p > 0, exact.p * relative, 0) + _floor(side)


# --- softmax ------------------------------------------------------------------------------


def softmax_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """p_i·ρ_i"""
    exact = exact_softmax(arrays["x"], options.get("axis", -1))
    return bounded(each_side(lambda side: _share_error(exact, side), sides), exact.p, sides)


def softmax_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """p_i·(dy_i − Σ_j dy_j p_j), or p_i·dy_i − p_i·Σ_j dy_j p_j: three roundings either way."""
    exact = exact_softmax(arrays["x"], options.get("axis", -1))
    d = magnitudes({"dy": dy})["dy"]
    mean = exact.sum(d * exact.p)

    def of_side(side: Arithmetic) -> Array:
        share = _share_error(exact, side)
        of_sum = gamma(np.asarray(side.roundings_along(exact.classes) + 1), side.u) + 4 * side.u
        off = exact.sum(d * share) * (1 + of_sum) + of_sum * mean + exact.classes * side.eta
        return np.asarray(
            (share + 4 * side.u * exact.p) * (d + mean + off) + exact.p * off + side.eta * (1 + d)
        )

    limits = each_side(of_side, sides)
    return {"x": bounded(limits, d + mean, sides, exact.p * (d + mean))}


# --- log_softmax --------------------------------------------------------------------------


def _log_magnitude(exact: Exact) -> Array:
    return np.where(np.isfinite(exact.t), np.abs(exact.t), 0) + np.abs(exact.log_sum)


def log_softmax_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """λ_i: absolute, because near 0 no relative accuracy is left."""
    exact = exact_softmax(arrays["x"], options.get("axis", -1))
    limits = each_side(lambda side: softmax_errors(exact, side).logarithm + _floor(side), sides)
    return bounded(limits, _log_magnitude(exact), sides, _log_magnitude(exact))


def log_softmax_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy_i − p_i·Σ_j dy_j"""
    exact = exact_softmax(arrays["x"], options.get("axis", -1))
    d = magnitudes({"dy": dy})["dy"]
    total = exact.sum(d)

    def of_side(side: Arithmetic) -> Array:
        share = _share_error(exact, side)
        of_sum = gamma(np.asarray(side.roundings_along(exact.classes) + 2), side.u)
        return np.asarray(
            share * total * (1 + of_sum) + of_sum * exact.p * total + side.u * (d + total * share)
            + side.u * exact.p * total + side.eta
        )  # fmt: skip

    limits = each_side(of_side, sides)
    return {"x": bounded(limits, d + total, sides, d + exact.p * total)}


# --- cross_entropy ------------------------------------------------------------------------


class Wanted(NamedTuple):
    """What the loss is asked for: |v| of each class, which class is the target's, the mean's D.

    Ignored samples have logits of 0 and no v: whatever they hold takes no part. sizes: Σ|w| of what
    D adds up, 0 where D is a number of samples.
    """

    logits: Array
    v: Array
    is_class: Array
    indices: bool
    smoothed: bool
    weighted: bool
    divisor: float
    terms: int
    sizes: float

    def off_divisor(self, side: Arithmetic) -> float:
        """The relative error of 1/D, where D is a rounded sum."""
        if not self.sizes:
            return 0.0
        rounded = gamma(np.asarray(side.roundings_of_sum(self.terms) + 1), side.u)
        off = float(rounded) * self.sizes / abs(self.divisor) if self.divisor else np.inf
        return off / (1 - off) if off < 1 else np.inf


def wanted(arrays: Arrays, options: Options, axis: int) -> Wanted:
    """v = |w_c| · ((1 − ε) · |target_c| + ε/K), and D as `refimpl.cross_entropy` says."""
    logits, target = arrays["logits"], arrays["target"]
    smoothing = float(options.get("label_smoothing", 0.0))
    classes = np.arange(logits.shape[axis]).reshape(-1, *(1,) * (logits.ndim - axis - 1))
    indices = target.dtype.kind != "f"
    ignored = target == options.get("ignore_index", -100) if indices else np.zeros((), bool)
    counted = np.asarray(np.expand_dims(~ignored, axis) if indices else True)
    hot = np.expand_dims(target, axis) == classes if indices else np.ones(logits.shape, bool)
    shares = np.asarray(hot, np.float64) if indices else np.abs(target.astype(np.float64))
    v = np.where(counted, (1 - smoothing) * shares + smoothing / max(classes.size, 1), 0)
    weight, kept = arrays.get("weight"), int(np.sum(~ignored)) if indices else 0
    divisor, sizes = float(kept if indices else logits.size // max(classes.size, 1)), 0.0
    if weight is not None:
        w = weight.astype(np.float64)
        v = v * np.abs(w).reshape(classes.shape)
        if indices:
            of_targets = w[np.asarray(target)[~ignored]]
            divisor, sizes = float(of_targets.sum()), float(np.abs(of_targets).sum())
    return Wanted(
        np.where(counted, logits, np.zeros((), logits.dtype)),
        v,
        hot & counted,
        indices,
        smoothing != 0,
        weight is not None,
        divisor,
        kept,
        sizes,
    )


def cross_entropy_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """Σ_c v_c λ_c for each sample, and the sum and division of the reduction."""
    axis = min(1, arrays["logits"].ndim - 1)
    asked = wanted(arrays, options, axis)
    exact, v = exact_softmax(asked.logits, axis), asked.v
    values = np.where(v > 0, v * _log_magnitude(exact), 0)
    # x − max x, and what torch sums before it multiplies by a v below 1, may overflow.
    far = np.isfinite(asked.logits) & np.isneginf(exact.t) & (v > 0) & (v < 1)
    before = np.where(v > 0, np.where(far, np.inf, np.maximum(v, 1) * _log_magnitude(exact)), 0)
    largest = exact.sum(before).squeeze(axis) if asked.smoothed or asked.weighted else None

    def of_sample(side: Arithmetic) -> Array:
        error = softmax_errors(exact, side).logarithm + _floor(side)
        products = gamma(np.asarray(_products(asked, exact, side)), side.u)
        per_class = np.where(v > 0, v * error, 0) * (1 + products) + products * values
        return exact.sum(per_class + side.eta).squeeze(axis)

    magnitude = exact.sum(values).squeeze(axis)
    return reduced(of_sample, magnitude, options, sides, asked.divisor, asked.off_divisor, largest)


def _products(asked: Wanted, exact: Exact, side: Arithmetic) -> float:
    """How often a term of the sum over the classes is rounded; of one class nothing is summed.

    v itself takes five roundings: 1 − ε, ε/K, their products with target and w, a sum.
    """
    if asked.indices and not asked.smoothed:
        return 1.0 if asked.weighted else 0.0
    formed = 5 if asked.smoothed else 1 if asked.weighted else 0
    return side.roundings_along(exact.classes) + 1 + formed


def reduced(
    of_sample: Callable[[Arithmetic], Array],
    magnitude: Array,
    options: Options,
    sides: Sides,
    divisor: float | None = None,
    off_divisor: Callable[[Arithmetic], float] = lambda side: 0.0,
    largest: Array | None = None,
) -> Bound:
    """The bound of losses, of their sum or of their mean.

    of_sample: a side's bound of each loss. divisor: of the mean, where that is not the number of
    losses; off_divisor: the relative error of 1/divisor. largest: what of each loss may overflow,
    where that is not its magnitude. That of a mean stays that of the sum: it is the sum that may.
    """
    largest = magnitude if largest is None else largest
    if options.get("reduction", "mean") == "none":
        return bounded(each_side(of_sample, sides), largest, sides, magnitude)
    samples, total = magnitude.size, np.asarray(magnitude.sum())
    count = np.float64(abs(samples if divisor is None else divisor) if is_mean(options) else 1)

    def of_side(side: Arithmetic) -> Array:
        roundings = gamma(np.asarray(side.roundings_of_sum(samples) + 2), side.u)
        off = of_sample(side).sum() * (1 + roundings) + roundings * total
        if is_mean(options) and (more := off_divisor(side)):
            off = off + more * (total + off)
        return np.asarray(off / count)

    return bounded(each_side(of_side, sides), np.asarray(largest.sum()), sides, total / count)


def is_mean(options: Options) -> bool:
    return bool(options.get("reduction", "mean") == "mean")


def cross_entropy_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy_n·(p_c·Σ_k v_k − v_c), with dy_n = dy/D for the mean."""
    axis = min(1, arrays["logits"].ndim - 1)
    asked = wanted(arrays, options, axis)
    exact, v = exact_softmax(asked.logits, axis), asked.v
    scale: Any = magnitudes({"dy": dy})["dy"]
    scale = scale / abs(np.float64(asked.divisor)) if is_mean(options) and scale.size else scale
    scale = np.expand_dims(scale, axis) if scale.ndim else scale
    total = exact.sum(v)
    alone = asked.indices and not asked.smoothed

    def of_side(side: Arithmetic) -> Array:
        share = _share_error(exact, side)
        magnitude = exact.p * total + v
        if alone and side.keeps_digits:
            off = _of_class(exact, share, asked.is_class, side, 2 * asked.weighted)
            off = off * total if asked.weighted else off * (total > 0)
        else:
            formed = 6 + 6 * asked.smoothed + 2 * asked.weighted
            roundings = gamma(np.asarray(side.roundings_along(exact.classes) + formed), side.u)
            off = share * total * (1 + roundings) + roundings * magnitude
        if is_mean(options) and (more := asked.off_divisor(side)):
            off = off + more * (magnitude + off)
        # torch multiplies dy into every v_k before it sums them: n products that may underflow.
        underflow = 2 * side.eta * (1 + scale + total + exact.classes * (exact.p + share))
        return np.asarray(scale * off + underflow)

    magnitude = scale * (exact.p * total + v)
    return {"logits": bounded(each_side(of_side, sides), magnitude, sides, magnitude)}


def _of_class(
    exact: Exact, share: Array, is_class: Array, side: Arithmetic, more: int = 0
) -> Array:
    """o_c where c is not the class, and −Σ_{c≠t} o_c where it is: both keep their digits.

    A power over a sum, dy over N, their product: four roundings more, at most. more: what a weight
    adds to them.
    """
    others = exact.sum(np.where(is_class, 0, exact.p))
    of_sum = _of_sum(exact, side, np.ones(is_class.shape, bool))
    of_others = np.log1p(_of_sum(exact, side, ~is_class)) - np.log1p(-np.minimum(of_sum, 0.5))
    off = np.where(is_class, others * np.expm1(of_others) + _floor(side) * exact.classes, share)
    roundings = gamma(np.asarray(4 + more), side.u)
    return np.asarray(off * (1 + roundings) + roundings * np.where(is_class, others, exact.p))
