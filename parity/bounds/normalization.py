"""Bounds of batch, layer and group normalisation, and of running statistics.

K elements x_i are normalised together: μ, σ² = v, d_i = x_i − μ, s = 1/√(v + eps), x̂_i = d_i·s;
A = mean |x|, D = mean |d|, M = max |x|; n the roundings of a sum of K numbers and of its division.

    d̂_i = d_i ± off_i          x̂̂_i = x̂_i ± χ_i   χ_i = s·((1 + ρ)·off_i + ρ·|d_i|)
    v̂   = v ± off_v            ŝ    = s·(1 ± ρ)    ρ = (1 − r)^(−½)·(1 + γ_3) − 1,
                                                   r = (off_v + u·(v + 2·eps))/(v + eps)

refimpl subtracts the mean of what is left, too, and its own squares are what v̂ is the mean of.
With δ = γ_n·A, what its mean may be off by, which the second mean takes out again:

    off_i = u·|d_i| + (1 + u)·(u·(|d_i| + δ) + (u + γ_n)·(D + δ))
    off_v = mean(2|d|·off + off²) + γ_(n+1)·mean (|d| + off)²

u is that of float64 also for float32 numbers: these are rounded once, at the end.

torch may form mean and variance one after the other or together (Welford), in any order; nothing
takes δ out again, and x·α + β with α = w·s, β = b − μ·α rounds relative to X = |x| + |μ|, so that
digits are lost where |μ| is much larger than σ. Welford's mean moves by (x − M)/k at step k, whose
share of the last mean is k/K: with |M_k| ≤ Σ |x|/k that is off by at most u·A·(K + 6 + 3·log K),
more than a sum and a division. E is the same of the largest prefix, with M for A. Its variance adds
up (x_k − M_(k−1))(x_k − M_k) = a_k·b_k, Σ a_k·b_k = K·v, a_k² ≤ 2a_k·b_k, hence Σ |a_k| ≤ K·√(2v):

    off_i = δ + u·(|d_i| + δ),  δ = γ_(K + 10 + 3·log2 K)·A,  and 8u·s·X in χ_i
    off_v = 3E·σ + E² + γ_(K+8)·(v + 3E·σ + E²),  E = γ_(K + 10 + 3·log2 K)·M

A mean of squares minus the square of the mean is off by u·μ², and outside. The gradient is

    dx_i = s·(g_i − P − x̂_i·Q),  g = w·dy,  P = mean g,  Q = mean g·x̂

of which each part carries its own rounding and the errors of x̂ and s; Σ|terms| has |g|, mean |g|
and |x̂|·mean |g·x̂|. torch's s³ carries ρ three times. Where running statistics are given, δ, off_v,
P and Q are 0.

Sources: Chan, Golub & LeVeque 1983, "Algorithms for computing the sample variance", The American
Statistician 37(3); Higham, ch. 1.9 and 3. Between two free sides x, weight and bias may be
moved, too ("moved x", …): then all of these are the largest that they may become.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, log2, prod
from typing import Any

import numpy as np

from parity.bounds.arithmetic import PAIRWISE, Arithmetic, Sides, gamma
from parity.bounds.bound import Arrays, Bound, Options, bounded, each_side, magnitudes
from parity.cases.case import Array, Shape

MOVED = "moved "  # before an array's name: the most by which it may be another
DOUBLE = 2.0**-53


@dataclass(frozen=True)
class Layout:
    """How x is cut: its shape, the axes normalised together, the weights beside it."""

    shape: Shape  # of x
    view: Shape
    over: tuple[int, ...]  # of the view
    affine: Shape  # of a weight beside x
    shared: tuple[int, ...]  # axes of x along which a weight is the same

    def mean(self, values: Array) -> Array:
        """Over the axes, which stay."""
        return np.asarray(values.sum(axis=self.over, keepdims=True) / max(self.count, 1))

    @property
    def count(self) -> int:
        """K"""
        return prod(self.view[axis] for axis in self.over)

    @property
    def samples(self) -> int:
        """How many elements have the same weight."""
        return prod(self.shape[axis] for axis in self.shared)

    def beside(self, weight: Array) -> Array:
        """A weight as a view of x has it."""
        whole = np.broadcast_to(weight.reshape(self.affine), self.shape)
        return whole.reshape(self.view)

    def over_samples(self, values: Array) -> Array:
        """Σ of what has the same weight."""
        return np.asarray(values.reshape(self.shape).sum(axis=self.shared))


def layout_of(function: str, shape: Shape, options: Options) -> Layout:
    """Of batch_norm, running_statistics, layer_norm and group_norm."""
    axes = len(shape)
    if function == "layer_norm":
        given = options["normalized_shape"]
        last = tuple(given) if isinstance(given, tuple | list) else (given,)
        first = axes - len(last)
        return Layout(shape, shape, tuple(range(first, axes)), last, tuple(range(first)))
    others = (0, *range(2, axes))
    by_channel = Layout(shape, shape, others, (shape[1], *(1,) * (axes - 2)), others)
    if function != "group_norm":
        return by_channel
    groups = options["num_groups"]
    view = (shape[0], groups, shape[1] // groups, *shape[2:])
    return replace(by_channel, view=view, over=tuple(range(2, len(view))))


@dataclass(frozen=True)
class Exact:
    """Magnitudes of what normalisation is made of, as views of x: the names of the module."""

    layout: Layout
    x: Array
    mean: Array  # |μ|
    d: Array
    var: Array
    eps: float
    s: Array
    weight: Array
    own: bool  # whether the statistics are x's own

    @property
    def normalised(self) -> Array:
        """|x̂|"""
        return self.d * self.s

    @property
    def terms(self) -> Array:
        """What x̂ is made of: its distance, and the mean of all that the mean was taken from."""
        left = self.layout.mean(self.d) if self.own else 0.0
        return (self.d + left) * self.s

    @property
    def together(self) -> Array:
        """X = |x| + |μ|"""
        return self.x + self.mean


@dataclass(frozen=True)
class Errors:
    """What a side errs by: off_i, off_v, ρ, χ_i; `u`: of its working precision."""

    center: Array
    var: Array
    rho: Array
    normalised: Array
    u: float


def exact_of(function: str, arrays: Arrays, options: Options) -> Exact:
    """The exact magnitudes in float64, at the worst of what x may be."""
    layout = layout_of(function, arrays["x"].shape, options)
    x = _finite(arrays["x"]).reshape(layout.view)
    eps = float(options.get("eps", 1e-5))
    own = function != "batch_norm" or bool(options.get("training", False))
    if own:
        mean = layout.mean(x)
        d = x - mean
        d -= layout.mean(d)
        var = layout.mean(d * d)
    else:
        mean, var = (
            _finite(arrays[name]).reshape(layout.affine) for name in ("running_mean", "running_var")
        )
        d = x - mean
    weight = layout.beside(magnitudes({"weight": arrays["weight"]})["weight"]
                           if "weight" in arrays else np.ones(layout.affine))  # fmt: skip
    s = 1 / np.sqrt(var + eps)
    found = Exact(layout, np.abs(x), np.abs(mean), np.abs(d), var, eps, s, weight, own)
    return _moved(found, arrays) if MOVED + "x" in arrays else found


def _finite(array: Array) -> Array:
    values = array.astype(np.float64)
    return np.where(np.isfinite(values), values, 0.0)


def moves(exact: Exact, error: Array) -> tuple[Array, Array]:
    """By how much d may move, and 1/√(v + eps) as a share of itself, where x does.

    d moves by no more than e_i + mean e, v by 2·mean |d|·that and its mean square.
    """
    error = error.reshape(exact.layout.view)
    if not exact.own:
        return error, np.zeros(exact.var.shape)
    of_center = error + exact.layout.mean(error)
    of_var = exact.layout.mean(of_center * (2 * exact.d + of_center))
    return of_center, root_error(of_var / (exact.var + exact.eps))


def root_error(relative: Array) -> Array:
    """(1 − r)^(−½) − 1, ∞ from r = 1 on: what 1/√ makes of a relative error."""
    inside = np.minimum(relative, 1)
    return np.where(relative < 1, np.expm1(-0.5 * np.log1p(-inside)), np.inf)


def _moved(exact: Exact, arrays: Arrays) -> Exact:
    """Everything as large as the moves allow."""
    error = arrays[MOVED + "x"].reshape(exact.layout.view)
    of_center, of_root = moves(exact, error)
    of_mean = exact.layout.mean(error) if exact.own else 0 * exact.mean
    of_var = exact.layout.mean(of_center * (2 * exact.d + of_center)) if exact.own else 0
    return replace(
        exact,
        x=exact.x + error,
        mean=exact.mean + of_mean,
        d=exact.d + of_center,
        var=exact.var + of_var,
        s=exact.s * (1 + of_root),
        weight=exact.weight + exact.layout.beside(arrays[MOVED + "weight"])
        if MOVED + "weight" in arrays
        else exact.weight,
    )


# --- what a side errs by ------------------------------------------------------------------


def _work(side: Arithmetic) -> float:
    """The unit roundoff of the precision that a side computes in."""
    return DOUBLE if side.widened else side.u


def _of_sum(side: Arithmetic, terms: int) -> float:
    """Roundings of a sum over up to five axes, before it is divided."""
    if not side.shaped:
        return float(terms)
    return float(min(terms, PAIRWISE + ceil(log2(max(terms, 1)))))


def errors_of(exact: Exact, side: Arithmetic) -> Errors:
    """The errors of the module's formulas."""
    u, d = _work(side), exact.d
    if not exact.own:
        center, var = u * d, np.zeros(exact.var.shape)
    elif side.shaped:
        center, var = _by_second_mean(exact, side)
    else:
        center, var = _in_any_order(exact, side)
    relative = (var + u * (exact.var + 2 * exact.eps)) * exact.s**2
    rho = root_error(relative) * (1 + _g(3, u)) + _g(3, u)
    normalised = exact.s * ((1 + rho) * center + rho * d)
    if not side.shaped:
        normalised = normalised + 8 * u * exact.s * (1 + rho) * exact.together
    return Errors(center, var, rho, normalised, u)


def _g(terms: float, u: float) -> Array:
    return gamma(np.asarray(terms), u)


def _by_second_mean(exact: Exact, side: Arithmetic) -> tuple[Array, Array]:
    """off_i and off_v of a mean that is taken twice."""
    u, mean = _work(side), exact.layout.mean
    n = _of_sum(side, exact.layout.count) + 1
    lost = _g(n, u) * mean(exact.x)
    left = mean(exact.d) + lost
    center = u * exact.d + (1 + u) * (u * (exact.d + lost) + (u + _g(n, u)) * left) + side.eta
    squares = mean((exact.d + center) ** 2)
    var = mean(center * (2 * exact.d + center)) + _g(n + 1, u) * squares + side.eta
    return center, var


def _in_any_order(exact: Exact, side: Arithmetic) -> tuple[Array, Array]:
    """off_i and off_v of one mean, of a sum or by Welford."""
    u, layout = side.u, exact.layout
    K = layout.count
    of_mean = _g(K + 10 + 3 * log2(max(K, 1)), u)
    lost = of_mean * layout.mean(exact.x) + side.eta
    center = lost + u * (exact.d + lost)
    largest = of_mean * exact.x.max(axis=layout.over, keepdims=True, initial=0.0)
    deviation = np.sqrt(exact.var)
    cross = 3 * largest * deviation + largest**2
    var = cross + _g(K + 8, u) * (exact.var + cross) + K * side.eta
    return center, var


def _rounded(off: Array, value: Array, side: Arithmetic) -> Array:
    """Rounded to float32 at the end, where the work was done in float64; what underflows.

    0·∞, where nothing is known of s, is ∞.
    """
    last = side.u * (value + off) if side.widened else 0.0
    whole = np.asarray(off + last + side.eta)
    return np.where(np.isnan(whole), np.inf, whole)


def _bound(
    of_side: Callable[[Arithmetic], Array], largest: Array, terms: Array, sides: Sides
) -> Bound:
    """A bound; what ∞ − ∞ or 0·∞ would be is as large as ∞."""
    largest = np.where(np.isnan(largest), np.inf, largest)
    return bounded(each_side(of_side, sides), largest, sides, terms)


# --- value --------------------------------------------------------------------------------


def forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """|w|·χ_i, and the roundings of w·x̂ + b; torch's relative to X."""
    exact = exact_of(function, arrays, options)
    layout, weight = exact.layout, exact.weight
    bias = layout.beside(_bias(arrays, layout))
    terms = weight * exact.terms + bias

    def of_side(side: Arithmetic) -> Array:
        errors = errors_of(exact, side)
        u = errors.u
        off = weight * errors.normalised
        off = off + 4 * u * (weight * (exact.normalised + errors.normalised) + bias)
        if not side.shaped:
            off = off + 8 * u * weight * exact.s * (1 + errors.rho) * exact.together
            off = off + side.eta * (1 + weight * exact.s) * (1 + weight)
        return _rounded(off, terms, side).reshape(layout.shape)

    largest = np.maximum(_largest_statistic(exact), weight * exact.s * exact.together + bias)
    whole = [np.broadcast_to(a, layout.view).reshape(layout.shape) for a in (largest, terms)]
    return _bound(of_side, whole[0], whole[1], sides)


def _bias(arrays: Arrays, layout: Layout) -> Array:
    if "bias" not in arrays:
        return np.zeros(layout.affine)
    bias = magnitudes({"bias": arrays["bias"]})["bias"]
    return bias + arrays.get(MOVED + "bias", 0.0)


def _largest_statistic(exact: Exact) -> Array:
    """The largest sum on the way to the statistics."""
    if not exact.own:
        return np.zeros(exact.var.shape)
    K = exact.layout.count
    size = exact.layout.mean(exact.x)
    squares = K * exact.layout.mean((exact.d + size * 2.0**-20) ** 2)
    largest: Array = np.maximum(np.maximum(squares, K * size), 1 / np.sqrt(exact.eps or 1))
    return largest


# --- gradients ----------------------------------------------------------------------------


def backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """The bounds of dx and, where they are given, of dweight and dbias."""
    exact = exact_of(function, arrays, options)
    d = magnitudes({"dy": dy})["dy"].reshape(exact.layout.view)
    found = {"x": _of_x(exact, d, sides)}
    if "weight" in arrays:
        found["weight"] = _of_weight(exact, d, sides)
    if "bias" in arrays:
        found["bias"] = _of_bias(exact, d, sides)
    return found


def _of_x(exact: Exact, dy: Array, sides: Sides) -> Bound:
    layout, s, g = exact.layout, exact.s, exact.weight * dy
    P, Q = _paths(exact, g)
    terms = s * (g + P + exact.terms * Q)

    def of_side(side: Arithmetic) -> Array:
        errors = errors_of(exact, side)
        u, rho = errors.u, errors.rho
        if not exact.own:
            off = s * g * ((1 + rho) * (1 + _g(4, u)) - 1)
            floor = side.eta * (2 + s) * (2 + exact.weight)
            return _rounded(off + floor, terms, side).reshape(layout.shape)
        off_P, off_Q = _off_paths(exact, errors, g, side)
        chi, all_Q = errors.normalised, Q + off_Q
        whole = g + P + off_P + (exact.normalised + chi) * all_Q
        of_parts = off_P + chi * all_Q + exact.normalised * off_Q + 6 * u * whole
        times = 1 if side.shaped else 3
        rho = (1 + rho) ** times - 1
        off = s * (1 + rho) * of_parts + rho * terms
        floor = side.eta * (layout.count + 8) * (1 + s) ** times * (1 + exact.normalised)
        floor = floor * (1 + exact.weight) * (1 if side.shaped else 1 + exact.together)
        return _rounded(off + floor, terms, side).reshape(layout.shape)

    largest = np.maximum(_largest_of_backward(exact, g), terms)
    whole = [np.broadcast_to(a, layout.view).reshape(layout.shape) for a in (largest, terms)]
    return _bound(of_side, whole[0], whole[1], sides)


def _paths(exact: Exact, g: Array) -> tuple[Array, Array]:
    """P and Q"""
    if not exact.own:
        nothing = np.zeros(exact.var.shape)
        return nothing, nothing
    return exact.layout.mean(g), exact.layout.mean(g * exact.normalised)


def _off_paths(exact: Exact, errors: Errors, g: Array, side: Arithmetic) -> tuple[Array, Array]:
    """What P and Q are off by; torch may form Q from Σ g·x and μ·Σ g."""
    u, mean, chi = errors.u, exact.layout.mean, errors.normalised
    n = _of_sum(side, exact.layout.count) + 1
    off_P = _g(n + 2, u) * mean(g)
    off_Q = mean(g * chi) + _g(n + 4, u) * mean(g * (exact.normalised + chi))
    if not side.shaped:
        off_Q = off_Q + _g(n + 8, u) * exact.s * (1 + errors.rho) * mean(g * exact.together)
    return off_P, off_Q


def _largest_of_backward(exact: Exact, g: Array) -> Array:
    """The largest sum on the way."""
    statistic = _largest_statistic(exact)
    if not exact.own:
        return np.asarray(np.maximum(statistic, g))
    K, s = exact.layout.count, exact.s
    sums = K * exact.layout.mean(g * (1 + exact.together))
    return np.asarray(np.maximum(statistic, sums * (1 + s) ** 3 * (1 + exact.together)))


def _of_weight(exact: Exact, dy: Array, sides: Sides) -> Bound:
    """Σ dy·x̂, where torch may form (Σ dy·x − μ·Σ dy)·s."""
    sums, M = exact.layout.over_samples, exact.layout.samples
    terms = sums(dy * exact.terms)

    def of_side(side: Arithmetic) -> Array:
        errors = errors_of(exact, side)
        n = _of_sum(side, M) + 3
        off = dy * (errors.normalised + _g(n, errors.u) * (exact.normalised + errors.normalised))
        if not side.shaped:
            of_form = _g(n + 8, errors.u) * exact.s * (1 + errors.rho) * exact.together
            off = off + dy * of_form + side.eta * (1 + exact.s) * (1 + exact.together)
        return _rounded(sums(off + side.eta), terms, side)

    whole = sums(dy * exact.s * (1 + exact.together)) + sums(dy * exact.together)
    statistic = np.broadcast_to(_largest_statistic(exact), exact.layout.view)
    largest = statistic.reshape(exact.layout.shape).max(axis=exact.layout.shared, initial=0.0)
    return _bound(of_side, np.maximum(whole, largest), terms, sides)


def _of_bias(exact: Exact, dy: Array, sides: Sides) -> Bound:
    """Σ dy"""
    terms = exact.layout.over_samples(dy)

    def of_side(side: Arithmetic) -> Array:
        off = _g(_of_sum(side, exact.layout.samples), _work(side)) * terms
        return _rounded(off, terms, side)

    return _bound(of_side, terms, terms, sides)


# --- running statistics -------------------------------------------------------------------


def running_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """(1 − m)·old + m·new, of the mean and of the unbiased variance.

    torch rounds m to the dtype before it subtracts: 1 − m is off by u·m, which counts near m = 1.
    """
    exact = exact_of(function, {"x": arrays["x"]}, {})
    m = float(options.get("momentum", 0.1))
    old = magnitudes({name: arrays[name] for name in ("running_mean", "running_var")})
    channels = exact.layout.affine
    unbiased = exact.layout.count / max(exact.layout.count - 1, 1)
    before = [array.reshape(channels) for array in old.values()]
    new = [exact.mean, exact.var * unbiased]
    terms = [abs(1 - m) * b + abs(m) * n for b, n in zip(before, new, strict=True)]
    shares = [abs(m) * (b + n) for b, n in zip(before, new, strict=True)]

    def of_side(side: Arithmetic) -> Array:
        errors = errors_of(exact, side)
        offs = [_off_mean(exact, side), errors.var * unbiased]
        found = [
            _rounded(
                abs(m) * off
                + 6 * errors.u * (term + abs(m) * off)
                + (0.0 if side.shaped else side.u * (1 + 6 * errors.u)) * share,
                term,
                side,
            )
            for off, term, share in zip(offs, terms, shares, strict=True)
        ]
        return _rows(found)

    largest = np.maximum(_largest_statistic(exact), np.maximum(*terms))
    return _bound(of_side, _rows([largest] * 2), _rows(terms), sides)


def _off_mean(exact: Exact, side: Arithmetic) -> Array:
    """What μ is off by: of a side that takes the mean twice, what the second one is."""
    mean, u = exact.layout.mean, _work(side)
    if not side.shaped:
        K = exact.layout.count
        return np.asarray(_g(K + 10 + 3 * log2(max(K, 1)), u) * mean(exact.x) + side.eta)
    n = _of_sum(side, exact.layout.count) + 1
    left = mean(exact.d) + _g(n, u) * mean(exact.x)
    return np.asarray((u + _g(n, u)) * left * (1 + u) + 2 * u * exact.mean + side.eta)


def _rows(values: list[Any]) -> Array:
    """Of each channel: (2, C)"""
    return np.stack([np.asarray(value).reshape(-1) for value in values])
