"""Bounds of sums of products: convolution, correlation, linear, average and trainable pooling,
gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from parity import oracle
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
    rounded_sum,
)
from parity.cases.case import Array


def forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    magnitude = oracle.forward(function, magnitudes(arrays), options)
    terms, division = _forward_terms(function, _shapes(arrays), _frozen(options))
    # Of an average it is the sum that may overflow.
    largest = _undivided_sum(function, arrays, options) if division else magnitude
    rounded = _rounded_factors(arrays, sides)
    factors = oracle.forward(function, rounded, options) if rounded else None
    bound = rounded_sum(magnitude, terms + division, sides, largest, factors)
    if not division and not rounded and is_exact(arrays, magnitude, sides):
        return exact_bound(bound.limit.shape)
    return bound


def undivided_terms(function: str, arrays: Arrays, options: Options) -> Array:
    """K of a function's value without its division: how many terms each sum has."""
    return _forward_terms(function, _shapes(arrays), _frozen(options))[0]


def backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    sources = magnitudes({**arrays, "dy": dy})
    upstream = sources.pop("dy")
    sums = oracle.gradients(function, sources, options, upstream, list(arrays)).gradients
    terms, division = _backward_terms(function, dy.shape, _shapes(arrays), _frozen(options))
    rounded = _rounded_factors({**arrays, "dy": dy}, sides)
    products = _gradients(function, rounded, options) if rounded else {}
    bounds = {}
    for name, magnitude in sums.items():
        factors = {"dy": dy}
        if name != "bias":
            factors |= {k: a for k, a in arrays.items() if k not in (name, "bias")}
        of_products = products.get(name)
        if not division and of_products is None and is_exact(factors, magnitude, sides):
            bounds[name] = exact_bound(magnitude.shape)
        else:
            bounds[name] = rounded_sum(
                magnitude, terms[name] + division, sides, factors=of_products
            )
    return bounds


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
    return oracle.gradients(function, sources, options, upstream, names).gradients


def _shapes(arrays: Arrays) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((name, array.shape) for name, array in arrays.items())


def _frozen(options: Options) -> tuple[tuple[str, Any], ...]:
    def freeze(value: Any) -> Any:
        return tuple(map(freeze, value)) if isinstance(value, list | tuple) else value

    return tuple((name, freeze(value)) for name, value in options.items())


def _undivided(
    function: str, ones: dict[str, Array], options: dict[str, Any]
) -> tuple[str, dict[str, Array], dict[str, Any], int]:
    """The function without its division (average pooling: divisor 1), and how many it had."""
    if not function.startswith("avg_pool"):
        return function, ones, options, 0
    if function == "avg_pool1d":  # torch has no divisor there: the same windows along W
        options = {
            "kernel_size": (1, _one(options["kernel_size"])),
            "stride": (1, _one(options.get("stride") or options["kernel_size"])),
            "padding": (0, _one(options.get("padding", 0))),
            "ceil_mode": options.get("ceil_mode", False),
        }
        function, ones = "avg_pool2d", {"x": ones["x"][:, :, None]}
    return function, ones, {**options, "divisor_override": 1}, 1


def _one(value: Any) -> int:
    return int(value[0]) if isinstance(value, tuple) else int(value)


def _collapsed(terms: Array) -> Array:
    """One number where all are the same, as in dense layers."""
    return np.asarray(terms.flat[0]) if terms.size and np.all(terms == terms.flat[0]) else terms


@lru_cache(maxsize=4096)
def _forward_terms(function: str, shapes: Any, options: Any) -> tuple[Array, int]:
    """K: the operation itself applied to ones, without its division; and the division."""
    ones = {name: np.ones(shape) for name, shape in shapes}
    plain, arguments, plain_options, division = _undivided(function, ones, dict(options))
    terms = oracle.forward(plain, arguments, plain_options)
    return _collapsed(terms[:, :, 0] if plain != function else terms), division


def _undivided_sum(function: str, arrays: Arrays, options: Options) -> Array:
    """op(|inputs|) before its division."""
    frozen = dict(_frozen(options))
    plain, arguments, plain_options, _ = _undivided(function, magnitudes(arrays), frozen)
    total = oracle.forward(plain, arguments, plain_options)
    return total[:, :, 0] if plain != function else total


@lru_cache(maxsize=4096)
def _backward_terms(
    function: str, dy_shape: tuple[int, ...], shapes: Any, options: Any
) -> tuple[dict[str, Array], int]:
    """K of each gradient: the backward of ones, without its division; and the division."""
    ones = {name: np.ones(shape) for name, shape in shapes}
    plain, arguments, plain_options, division = _undivided(function, ones, dict(options))
    dy = np.ones(dy_shape if plain == function else (*dy_shape[:2], 1, dy_shape[2]))
    terms = oracle.gradients(plain, arguments, plain_options, dy, list(arguments)).gradients
    if plain != function:
        terms = {"x": terms["x"][:, :, 0]}
    return {name: _collapsed(counts) for name, counts in terms.items()}, division


def most_terms(function: str, dy_shape: tuple[int, ...], arrays: Arrays, options: Options) -> int:
    """The largest K of any element of any tensor of a sum of products."""
    shapes, frozen = _shapes(arrays), _frozen(options)
    forward, _ = _forward_terms(function, shapes, frozen)
    backward, _ = _backward_terms(function, dy_shape, shapes, frozen)
    return max(int(np.max(terms, initial=0)) for terms in (forward, *backward.values()))


def forget_terms() -> None:
    """Empty the caches of K: where no geometry comes twice, they only take memory."""
    _forward_terms.cache_clear()
    _backward_terms.cache_clear()


def parts_bound(parts: Sequence[Array], sides: Sides) -> Bound:
    """A sum of given arrays, element by element, in any order: an addition less than parts."""
    named = {str(k): part for k, part in enumerate(parts)}
    with np.errstate(all="ignore"):
        magnitude = np.asarray(sum(magnitudes(named).values()))
        if len(parts) == 1 or is_exact(named, magnitude, sides):
            return exact_bound(magnitude.shape)
        return rounded_sum(magnitude, np.full(magnitude.shape, len(parts) - 1.0), sides)


def add_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    return parts_bound(list(arrays.values()), sides)


# --- the layer that adds its maps up first ------------------------------------------------


def shared_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """As many roundings as any order of the same sum has; Σ_i |X_i| may overflow on its own."""
    bound = forward(function, arrays, options, sides)
    kernel = arrays["weight"].shape[1:]
    maps = {"x": _sum_of_maps(arrays)}
    largest = oracle.forward("max_pool2d", maps, {"kernel_size": kernel, "stride": 1})
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
    return Bound(np.where(overflow, 0.0, bound.limit), overflow, bound.exact)


def descend_bound(value: Array, gradient: Array, learning_rate: float, sides: Sides) -> Bound:
    """W − α·g: a product and a difference."""
    rate = abs(float(value.dtype.type(learning_rate)))
    m = magnitudes({"value": value, "gradient": gradient})
    return rounded_sum(m["value"] + rate * m["gradient"], np.full(value.shape, 2.0), sides)
