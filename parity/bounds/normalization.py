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
from functools import cache, cached_property
from math import ceil, log2, prod
from typing import Any, NamedTuple

import numpy as np

from parity.bounds.arithmetic import PAIRWISE, Arithmetic, Sides, gamma
from parity.bounds.bound import (
    OUTWARD,
    Arrays,
    Bound,
    Limits,
    Options,
    bounded,
    each_side,
    magnitudes,
)
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

    @property
    def by_weight(self) -> bool:
        """Whether what is normalised together is what has the same weight."""
        return self.shape == self.view and self.over == self.shared

    def beside(self, weight: Array) -> Array:
        """A weight as it broadcasts to a view of x."""
        if self.shape == self.view:
            return weight.reshape(self.affine)
        return weight.reshape(1, *self.view[1:3], *(1,) * (len(self.view) - 3))

    def whole(self, values: Array) -> Array:
        """Of what broadcasts to the view, an array of x's shape."""
        return np.broadcast_to(values, self.view).reshape(self.shape)

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
    """Magnitudes of what normalisation is made of, as views of x: the names of the module.

    weight: as it broadcasts. Of elements that are normalised together all but x, d and weight is
    one number.
    """

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

    @cached_property
    def size(self) -> Array:
        """A"""
        return self.layout.mean(self.x)

    @cached_property
    def distance(self) -> Array:
        """D; 0 where the mean is given."""
        return self.layout.mean(self.d) if self.own else np.zeros(self.var.shape)

    @cached_property
    def largest(self) -> Array:
        """M"""
        most = self.x.max(axis=self.layout.over, keepdims=True, initial=0.0)
        return np.asarray(most)

    @property
    def farthest(self) -> Array:
        """M + |μ|, which no |d| exceeds."""
        return self.largest + self.mean


class Linear(NamedTuple):
    """one + d·|d_i| + x·|x_i| + g·|g_i|: factors that are alike for what is normalised together.

    Bounds have this form, so that they cost some sums over x, and a few products an element.
    """

    one: Any = 0.0
    d: Any = 0.0
    x: Any = 0.0
    g: Any = 0.0

    def plus(self, other: Linear) -> Linear:
        return Linear(*(a + b for a, b in zip(self, other, strict=True)))

    def times(self, factor: Any) -> Linear:
        return Linear(*(a * factor for a in self))

    def at(self, exact: Exact, g: Array | None = None) -> Array:
        """At each element: a view of x. What ∞·0 would be is as large as ∞."""
        total = np.asarray(exact.d * self.d)
        for factor, sizes in ((self.x, exact.x), (self.g, g)):
            if sizes is not None and np.any(factor):
                total += sizes * factor
        total += self.one
        if not all(np.all(np.isfinite(factor)) for factor in self):
            total = np.where(np.isnan(total), np.inf, total)
        return np.asarray(np.broadcast_to(total, exact.layout.view))

    def of_products(self, sums: Products) -> Array:
        """The mean, or sum, of a·(one + d·|d_i| + x·|x_i|) from those of a, a·|d| and a·|x|."""
        return np.asarray(self.one * sums.one + self.d * sums.d + self.x * sums.x)


class Products(NamedTuple):
    """Sums or means of a, a·|d| and a·|x|, for some a."""

    one: Array
    d: Array
    x: Array


def _products(exact: Exact, a: Array, add: Callable[[Array], Array]) -> Products:
    return Products(add(a), add(a * exact.d), add(a * exact.x))


def distance_of(exact: Exact) -> Linear:
    """What x̂ is made of: its distance, and the mean of all that the mean was taken from."""
    return Linear(exact.distance * exact.s, exact.s)


def _together(exact: Exact) -> Linear:
    """X = |x| + |μ|"""
    return Linear(exact.mean, 0.0, 1.0)


@dataclass(frozen=True)
class Errors:
    """What a side errs by: off_i, off_v, ρ, χ_i; `u`: of its working precision."""

    center: Linear
    var: Array
    rho: Array
    normalised: Linear
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
    weight = arrays["weight"] if "weight" in arrays else np.ones(prod(layout.affine))
    s = 1 / np.sqrt(var + eps)
    sizes = layout.beside(magnitudes({"weight": weight})["weight"])
    found = Exact(layout, np.abs(x), np.abs(mean), np.abs(d, out=d), var, eps, s, sizes, own)
    return _moved(found, arrays) if MOVED + "x" in arrays else found


def _finite(array: Array) -> Array:
    values = array.astype(np.float64)
    if np.isfinite(values.sum()):
        return values
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
    u = _work(side)
    if not exact.own:
        center, var = Linear(d=u), np.zeros(exact.var.shape)
    elif side.shaped:
        center, var = _by_second_mean(exact, side)
    else:
        center, var = _in_any_order(exact, side)
    relative = (var + u * (exact.var + 2 * exact.eps)) * exact.s**2
    rho = root_error(relative) * (1 + _g(3, u)) + _g(3, u)
    normalised = center.times(1 + rho).plus(Linear(d=rho)).times(exact.s)
    if not side.shaped:
        normalised = normalised.plus(_together(exact).times(8 * u * exact.s * (1 + rho)))
    return Errors(center, var, rho, normalised, u)


@cache
def _g(terms: float, u: float) -> float:
    """γ"""
    return float(gamma(np.asarray(terms), u))


def _by_second_mean(exact: Exact, side: Arithmetic) -> tuple[Linear, Array]:
    """off_i and off_v of a mean that is taken twice.

    With off_i = a + b·|d_i|, mean (2|d|·off + off²) is a² + 2a(1 + b)·D + (2b + b²)·v.
    """
    u, v = _work(side), exact.var
    n = _of_sum(side, exact.layout.count) + 1
    lost = _g(n, u) * exact.size
    left = exact.distance + lost
    a = (1 + u) * (u * lost + (u + _g(n, u)) * left) + side.eta
    b = u + (1 + u) * u
    around = a * a + 2 * a * (1 + b) * exact.distance
    var = around + (2 * b + b * b) * v + _g(n + 1, u) * (around + (1 + b) ** 2 * v) + side.eta
    return Linear(a, b), var


def _in_any_order(exact: Exact, side: Arithmetic) -> tuple[Linear, Array]:
    """off_i and off_v of one mean, of a sum or by Welford."""
    u, K = side.u, exact.layout.count
    of_mean = _g(K + 10 + 3 * log2(max(K, 1)), u)
    lost = of_mean * exact.size + side.eta
    largest = of_mean * exact.largest
    deviation = np.sqrt(exact.var)
    cross = 3 * largest * deviation + largest**2
    var = cross + _g(K + 8, u) * (exact.var + cross) + K * side.eta
    return Linear(lost * (1 + u), u), var


def _rounded(off: Any, value: Any, side: Arithmetic) -> Array:
    """Rounded to float32 at the end, where the work was done in float64; what underflows.

    0·∞, where nothing is known of s, is ∞.
    """
    last = side.u * (value + off) if side.widened else 0.0
    whole = np.asarray(off + last + side.eta)
    return np.where(np.isnan(whole), np.inf, whole)


def _last(off: Linear, terms: Linear, side: Arithmetic) -> Linear:
    """The same of what has a linear form; its ∞ are seen to where it is evaluated."""
    if side.widened:
        off = off.times(1 + side.u).plus(terms.times(side.u))
    return off.plus(Linear(side.eta))


def _bound(
    of_side: Callable[[Arithmetic], Array], largest: Array, terms: Array, sides: Sides
) -> Bound:
    """A bound; what ∞ − ∞ or 0·∞ would be is as large as ∞."""
    largest = np.where(np.isnan(largest), np.inf, largest)
    return bounded(each_side(of_side, sides), largest, sides, terms)


def _linear_bound(
    exact: Exact,
    of_side: Callable[[Arithmetic], Linear],
    largest: Array,
    terms: Linear,
    sides: Sides,
    g: Array | None = None,
) -> Bound:
    """The same of what has a linear form, in x's shape."""
    ours = of_side(sides[0])
    limits = Limits(ours.plus(of_side(sides[1])).at(exact, g), ours.at(exact, g))
    limits = Limits(*(one.reshape(exact.layout.shape) for one in limits))
    largest = np.where(np.isnan(largest), np.inf, largest)
    return bounded(limits, largest, sides, terms.at(exact, g).reshape(exact.layout.shape))


def _peak(most: Array, each: Callable[[], Array], sides: Sides) -> Array:
    """The largest intermediate values: one number where even that is not too large.

    most: what none of them exceeds. each: element by element.
    """
    peak = np.asarray(np.max(most, initial=0.0))
    return peak if peak * OUTWARD < min(side.largest for side in sides) else each()


# --- value --------------------------------------------------------------------------------


def forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """|w|·χ_i, and the roundings of w·x̂ + b; torch's relative to X."""
    exact = exact_of(function, arrays, options)
    layout, weight, s = exact.layout, exact.weight, exact.s
    bias = layout.beside(_bias(arrays, layout))
    terms = distance_of(exact).times(weight).plus(Linear(bias))

    def of_side(side: Arithmetic) -> Linear:
        errors = errors_of(exact, side)
        u = errors.u
        off = errors.normalised.times(1 + 4 * u).plus(Linear(d=4 * u * s))
        if not side.shaped:
            off = off.plus(_together(exact).times(8 * u * s * (1 + errors.rho)))
        off = off.times(weight).plus(Linear(4 * u * bias))
        if not side.shaped:
            off = off.plus(Linear(side.eta * (1 + weight * s) * (1 + weight)))
        return _last(off, terms, side)

    def each() -> Array:
        beside = weight * s * (exact.x + exact.mean) + bias
        return layout.whole(np.maximum(_largest_statistic(exact), beside))

    most = np.maximum(_largest_statistic(exact), weight * s * exact.farthest + bias)
    return _linear_bound(exact, of_side, _peak(most, each, sides), terms, sides)


def _bias(arrays: Arrays, layout: Layout) -> Array:
    if "bias" not in arrays:
        return np.zeros(prod(layout.affine))
    bias = magnitudes({"bias": arrays["bias"]})["bias"]
    return bias + arrays.get(MOVED + "bias", 0.0)


def _largest_statistic(exact: Exact) -> Array:
    """The largest sum on the way to the statistics."""
    if not exact.own:
        return np.zeros(exact.var.shape)
    K, more = exact.layout.count, exact.size * 2.0**-20
    squares = K * (exact.var + 2 * more * exact.distance + more * more)
    largest: Array = np.maximum(np.maximum(squares, K * exact.size), 1 / np.sqrt(exact.eps or 1))
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
    s, g = exact.s, np.asarray(exact.weight * dy)
    if not exact.own:
        return _of_x_given(exact, g, sides)
    layout, means = exact.layout, _products(exact, g, exact.layout.mean)
    P, Q = means.one, s * means.d
    terms = distance_of(exact).times(Q).plus(Linear(P, g=1.0)).times(s)

    def of_side(side: Arithmetic) -> Linear:
        errors = errors_of(exact, side)
        u, chi = errors.u, errors.normalised
        off_P, off_Q = _off_paths(exact, errors, means, side)
        all_Q, of_Q = Q + off_Q, Linear(d=s * off_Q)
        both = chi.plus(Linear(d=s)).times(all_Q)
        whole = both.plus(Linear(P + off_P, g=1.0))
        of_parts = chi.times(all_Q).plus(of_Q).plus(Linear(off_P)).plus(whole.times(6 * u))
        times = 1 if side.shaped else 3
        rho = (1 + errors.rho) ** times - 1
        off = of_parts.times(s * (1 + rho)).plus(terms.times(rho))
        floor = Linear(1.0, s)
        if not side.shaped:  # times 1 + X
            floor = Linear(1 + exact.mean, s * (1 + exact.farthest), 1.0)
        lost = side.eta * (layout.count + 8) * (1 + s) ** times * (1 + exact.weight)
        return _last(off.plus(floor.times(lost)), terms, side)

    def each() -> Array:
        beside = _largest_of_backward(exact, means, exact.x + exact.mean)
        return layout.whole(np.maximum(beside, terms.at(exact, g)))

    size = np.max(g, initial=0.0)
    most = terms.one + terms.d * exact.farthest + terms.g * size
    most = np.maximum(most, _largest_of_backward(exact, means, exact.farthest))
    return _linear_bound(exact, of_side, _peak(most, each, sides), terms, sides, g)


def _of_x_given(exact: Exact, g: Array, sides: Sides) -> Bound:
    """Of given statistics: s·g."""
    layout, s = exact.layout, exact.s
    terms = np.broadcast_to(s * g, layout.view)

    def of_side(side: Arithmetic) -> Array:
        errors = errors_of(exact, side)
        off = terms * ((1 + errors.rho) * (1 + _g(4, errors.u)) - 1)
        floor = side.eta * (2 + s) * (2 + exact.weight)
        return layout.whole(_rounded(off + floor, terms, side))

    return _bound(of_side, layout.whole(np.maximum(terms, g)), layout.whole(terms), sides)


def _off_paths(
    exact: Exact, errors: Errors, means: Products, side: Arithmetic
) -> tuple[Array, Array]:
    """What P and Q are off by; torch may form Q from Σ g·x and μ·Σ g.

    means: of g, g·|d|, g·|x|.
    """
    u, chi, s = errors.u, errors.normalised, exact.s
    n = _of_sum(side, exact.layout.count) + 1
    off_P = _g(n + 2, u) * means.one
    of_chi = chi.of_products(means)
    off_Q = of_chi + _g(n + 4, u) * (s * means.d + of_chi)
    if not side.shaped:
        together = _together(exact).of_products(means)
        off_Q = off_Q + _g(n + 8, u) * s * (1 + errors.rho) * together
    return off_P, off_Q


def _largest_of_backward(exact: Exact, means: Products, together: Array) -> Array:
    """The largest sum on the way. together: X, or what none exceeds."""
    K, s = exact.layout.count, exact.s
    sums = K * (means.one + _together(exact).of_products(means))
    return np.asarray(np.maximum(_largest_statistic(exact), sums * (1 + s) ** 3 * (1 + together)))


def _of_weight(exact: Exact, dy: Array, sides: Sides) -> Bound:
    """Σ dy·x̂, where torch may form (Σ dy·x − μ·Σ dy)·s."""
    layout, s, M = exact.layout, exact.s, exact.layout.samples
    known = _products(exact, dy, exact.layout.mean) if layout.by_weight else None

    def sums(form: Linear) -> Array:
        """Σ dy·form of what has the same weight."""
        if known is None:
            return layout.over_samples(dy * form.at(exact))
        return np.asarray(M * form.of_products(known)).reshape(-1)

    terms = sums(distance_of(exact))

    def of_side(side: Arithmetic) -> Array:
        errors = errors_of(exact, side)
        n, chi = _of_sum(side, M) + 3, errors.normalised
        off = chi.plus(chi.plus(Linear(d=s)).times(_g(n, errors.u)))
        floor = np.asarray(1.0)
        if not side.shaped:
            of_form = _g(n + 8, errors.u) * s * (1 + errors.rho)
            off = off.plus(_together(exact).times(of_form))
            floor = 1 + (1 + s) * (1 + exact.farthest)
        return _rounded(sums(off) + M * side.eta * np.max(floor, initial=0.0), terms, side)

    def each() -> Array:
        together = _together(exact)
        whole = sums(together.plus(Linear(1.0)).times(s)) + sums(together)
        statistic = layout.whole(_largest_statistic(exact))
        return np.asarray(np.maximum(whole, statistic.max(axis=layout.shared, initial=0.0)))

    far = np.max(exact.farthest, initial=0.0)
    most = layout.over_samples(np.broadcast_to(dy, layout.view))
    most = most * (np.max(s, initial=0.0) * (1 + far) + far)
    most = np.maximum(np.max(most, initial=0.0), _largest_statistic(exact))
    return _bound(of_side, _peak(most, each, sides), terms, sides)


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
    u = _work(side)
    if not side.shaped:
        K = exact.layout.count
        return np.asarray(_g(K + 10 + 3 * log2(max(K, 1)), u) * exact.size + side.eta)
    n = _of_sum(side, exact.layout.count) + 1
    left = exact.distance + _g(n, u) * exact.size
    return np.asarray((u + _g(n, u)) * left * (1 + u) + 2 * u * exact.mean + side.eta)


def _rows(values: list[Any]) -> Array:
    """Of each channel: (2, C)"""
    return np.stack([np.asarray(value).reshape(-1) for value in values])
