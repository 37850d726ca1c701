"""Bounds of sums of products: convolution, correlation, linear, average and trainable pooling,
gradient descent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from parity.bounds import operations
from parity.bounds.arithmetic import Sides
from parity.bounds.bound import (
    OUTWARD,
    Arrays,
    Bound,
    Options,
    bounded,
    exact_bound,
    is_exact,
    magnitudes,
    of_magnitudes,
    rounded_sum,
)
from parity.bounds.narrow import narrow_magnitudes, outward
from parity.bounds.terms import Terms, terms_of, without_division
from parity.cases.case import Array


def forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    magnitude = _of_magnitudes_alone(function, arrays, options)
    return _of_value(function, magnitude, arrays, options, sides)


def backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    sums = sums_of_gradients(function, dy, arrays, options)
    return bounds_of_gradients(function, sums, dy, arrays, options, sides)


def both(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> tuple[Bound, dict[str, Bound]]:
    """`forward` and `backward` from one run of the operation on |inputs|."""
    y, gradients = _of_magnitudes(function, dy, arrays, options)
    value = _of_value(function, y, arrays, options, sides)
    return value, bounds_of_gradients(function, gradients, dy, arrays, options, sides)


def _of_magnitudes_alone(function: str, arrays: Arrays, options: Options) -> Array:
    """op(|inputs|)"""
    short = narrow_magnitudes(arrays)
    if short is not None:
        terms = _terms(function, arrays, options)
        sums = operations.forward(function, short, of_magnitudes(options))
        found = outward(sums, terms.value + terms.division)
        if found is not None:
            return found
    return operations.forward(function, magnitudes(arrays), of_magnitudes(options))


def sums_of_gradients(
    function: str,
    dy: Array,
    arrays: Arrays,
    options: Options,
    wanted: Sequence[str] | None = None,
) -> dict[str, Array]:
    """Σ|terms| of each gradient, by the input's name: what `bounds_of_gradients` takes.

    wanted: of these inputs; of all if None.
    """
    every, wanted = {**arrays, "dy": dy}, list(arrays) if wanted is None else wanted
    short, plain = narrow_magnitudes(every), of_magnitudes(options)
    if short is not None:
        upstream, terms = short.pop("dy"), _terms(function, arrays, options)
        sums = operations.gradients_alone(function, short, plain, upstream, wanted)
        found = {n: outward(sums[n], terms.gradients[n] + terms.division) for n in wanted}
        whole = {name: sizes for name, sizes in found.items() if sizes is not None}
        if len(whole) == len(found):
            return whole
    sources = magnitudes(every)
    upstream = sources.pop("dy")
    return operations.gradients_alone(function, sources, plain, upstream, wanted)


def _of_magnitudes(
    function: str, dy: Array, arrays: Arrays, options: Options
) -> tuple[Array, dict[str, Array]]:
    """op(|inputs|), and its gradients: both at once."""
    every, wanted, plain = {**arrays, "dy": dy}, list(arrays), of_magnitudes(options)
    short = narrow_magnitudes(every)
    if short is not None:
        upstream, terms = short.pop("dy"), _terms(function, arrays, options)
        sums = operations.gradients(function, short, plain, upstream, wanted)
        y = outward(sums.y, terms.value + terms.division)
        found = {n: outward(sums.gradients[n], terms.gradients[n] + terms.division) for n in wanted}
        whole = {name: sizes for name, sizes in found.items() if sizes is not None}
        if y is not None and len(whole) == len(found):
            return y, whole
    sources = magnitudes(every)
    upstream = sources.pop("dy")
    exact = operations.gradients(function, sources, plain, upstream, wanted)
    return exact.y, exact.gradients


def _of_value(
    function: str, magnitude: Array, arrays: Arrays, options: Options, sides: Sides
) -> Bound:
    terms = _terms(function, arrays, options)
    rounded = _rounded_factors(arrays, sides)
    if not terms.division and not rounded and is_exact(arrays, magnitude, sides):
        return exact_bound(magnitude.shape)
    # Of an average it is the sum that may overflow.
    largest = magnitude
    if terms.division:
        largest = _undivided_sum(function, arrays, options, magnitude * terms.value, sides)
    factors = operations.forward(function, rounded, options) if rounded else None
    shape = terms.shapes.get("y")
    return rounded_sum(magnitude, terms.value + terms.division, sides, largest, factors, shape)


def bounds_of_gradients(
    function: str,
    sums: Mapping[str, Array],
    dy: Array,
    arrays: Arrays,
    options: Options,
    sides: Sides,
) -> dict[str, Bound]:
    """The bounds of those gradients of which Σ|terms| is given."""
    terms = _terms(function, arrays, options)
    rounded = _rounded_factors({**arrays, "dy": dy}, sides)
    products = _gradients(function, rounded, options) if rounded else {}
    bounds = {}
    for name, magnitude in sums.items():
        factors = {"dy": dy}
        if name != "bias":
            factors |= {k: a for k, a in arrays.items() if k not in (name, "bias")}
        of_products = products.get(name)
        if not terms.division and of_products is None and is_exact(factors, magnitude, sides):
            bounds[name] = exact_bound(magnitude.shape)
        else:
            of_name = terms.gradients[name] + terms.division
            bounds[name] = rounded_sum(
                magnitude, of_name, sides, factors=of_products, shape=terms.shapes.get(name)
            )
    return bounds


def _terms(function: str, arrays: Arrays, options: Options) -> Terms:
    return terms_of(function, {name: array.shape for name, array in arrays.items()}, options)


def _rounded_factors(arrays: Arrays, sides: Sides) -> dict[str, Array]:
    """|array| of the factors of products where a side rounds them first (TF32); else nothing.

    A subnormal number is off by as much as the smallest normal number may be; a bias is no factor.
    """
    if not any(side.factor for side in sides) or not {"weight", "kernel"} & set(arrays):
        return {}
    tiny = float(np.finfo(np.float32).tiny)
    factors = {n: np.where(m > 0, np.maximum(m, tiny), 0) for n, m in magnitudes(arrays).items()}
    if "bias" in factors:
        factors["bias"] = np.zeros(arrays["bias"].shape)
    return factors


def _gradients(function: str, sources: dict[str, Array], options: Options) -> dict[str, Array]:
    """The gradients of products: of a bias there are none."""
    upstream = sources.pop("dy")
    names = [name for name in sources if name != "bias"]
    return operations.gradients_alone(function, sources, options, upstream, names)


def _undivided_sum(
    function: str, arrays: Arrays, options: Options, times: Array, sides: Sides
) -> Array:
    """op(|inputs|) before its division, or more than that where nothing overflows anyway.

    times: of a mean without padding, K times the mean.
    """
    if "kernel_size" not in options:
        return times
    terms = _terms(function, arrays, options).value.max(initial=0)
    most = np.abs(arrays["x"]).max(initial=0) * terms
    if 4 * most < min(side.largest for side in sides):
        return np.asarray(most)
    plain, arguments, undivided = without_division(function, magnitudes(arrays), options)
    total = operations.forward(plain, arguments, undivided)
    return total[:, :, 0] if plain != function else total


def parts_bound(parts: Sequence[Array], sides: Sides) -> Bound:
    """A sum of given arrays, element by element, in any order: an addition less than parts."""
    named = {str(k): part for k, part in enumerate(parts)}
    with np.errstate(all="ignore"):
        magnitude = np.asarray(sum(magnitudes(named).values()))
        if len(parts) == 1 or is_exact(named, magnitude, sides):
            return exact_bound(magnitude.shape)
        return rounded_sum(magnitude, np.asarray(len(parts) - 1.0), sides)


# --- the layer that adds its maps up first ------------------------------------------------


def shared_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """As many roundings as any order of the same sum has; Σ_i |X_i| may overflow on its own."""
    bound = forward(function, arrays, options, sides)
    kernel = arrays["weight"].shape[1:]
    maps = {"x": _sum_of_maps(arrays)}
    largest = operations.forward("max_pool2d", maps, {"kernel_size": kernel, "stride": 1})
    return _overflowing(bound, largest, sides)


def shared_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """Every place of every map takes part in each element of dweight."""
    bounds = backward(function, dy, arrays, options, sides)
    largest = np.max(_sum_of_maps(arrays), initial=0.0)
    return {**bounds, "weight": _overflowing(bounds["weight"], largest, sides)}


def _sum_of_maps(arrays: Arrays) -> Array:
    """Σ_i |X_i|: (N, 1, H, W)."""
    total: Array = magnitudes(arrays)["x"].sum(axis=1, keepdims=True)
    return total


def _overflowing(bound: Bound, largest: Array, sides: Sides) -> Bound:
    """The bound, and overflow where an intermediate value is that large."""
    beyond = bounded(np.zeros(largest.shape), largest * OUTWARD, sides).overflow
    overflow = bound.overflow | beyond
    limit, own = (np.where(overflow, 0.0, most) for most in (bound.limit, bound.refimpl))
    return replace(bound, limit=limit, own=own, overflow=overflow)


def descend_bound(value: Array, gradient: Array, learning_rate: float, sides: Sides) -> Bound:
    """W − α·g: a product and a difference."""
    rate = abs(float(value.dtype.type(learning_rate)))
    m = magnitudes({"value": value, "gradient": gradient})
    return rounded_sum(m["value"] + rate * m["gradient"], np.asarray(2.0), sides)
