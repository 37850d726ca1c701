"""K of sums of products: how many terms each element of the value and of the gradients has.

Torch counts them, by the operation itself on ones, but on one sample of one channel: all samples
and channels have as many terms at the same place, and how many of them a sum runs over is known.
So the counts are small, and they broadcast to the tensors that they speak of.

| tensor | its sums also run over |
|---|---|
| y | input channels of a group; 1 more for the bias |
| dx | output channels of a group |
| dweight | samples, and maps that share a kernel |
| dbias | samples and places of the output |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from parity.bounds import operations
from parity.bounds.adaptive import spans
from parity.bounds.arithmetic import Arithmetic
from parity.bounds.bound import Shaped
from parity.cases.case import Array, Shape

Shapes = Mapping[str, Shape]
Options = Mapping[str, Any]


class Terms(NamedTuple):
    """K of y and, by the input's name, of each gradient, without the division of an average.

    division: how often each sum is divided afterwards. shapes: by "y" or the input's name, how
    often a side whose sums have a known shape rounds a term; elsewhere K times.
    """

    value: Array
    gradients: dict[str, Array]
    division: int = 0
    shapes: Mapping[str, Shaped] = {}

    @property
    def most(self) -> int:
        """The largest K of any element of any tensor."""
        counts = (self.value, *self.gradients.values())
        return max(int(count.max(initial=0)) for count in counts)


def terms_of(function: str, shapes: Shapes, options: Options) -> Terms:
    """K for a geometry, counted once."""
    return _counted(function, tuple(shapes.items()), _frozen(options))


def _frozen(options: Options) -> tuple[tuple[str, Any], ...]:
    def freeze(value: Any) -> Any:
        return tuple(map(freeze, value)) if isinstance(value, list | tuple) else value

    return tuple((name, freeze(value)) for name, value in options.items())


@lru_cache(maxsize=4096)
def _counted(function: str, shapes: Any, options: Any) -> Terms:
    return RULES[function](function, dict(shapes), dict(options))


def forget_terms() -> None:
    """Empty the cache of K: where no geometry comes twice, it only takes memory."""
    _counted.cache_clear()


def _of_ones(function: str, shapes: Shapes, options: Options) -> tuple[Array, dict[str, Array]]:
    """The operation on ones, forward and backward."""
    ones = {name: np.ones(shape) for name, shape in shapes.items()}
    y = operations.forward(function, ones, options)
    found = operations.gradients(function, ones, options, np.ones(y.shape), list(ones))
    return y, found.gradients


def _convolution(function: str, shapes: Shapes, options: Options) -> Terms:
    (N, C_in, *places), (C_out, _, *kernel) = shapes["x"], shapes["weight"]
    groups = options.get("groups", 1)
    small = {"x": (1, 1, *places), "weight": (1, 1, *kernel)}
    y, of = _of_ones(function, small, {**options, "groups": 1})
    gradients = {"x": of["x"] * (C_out // groups), "weight": of["weight"] * N}
    found = _with_bias(y * (C_in // groups), gradients, shapes, N)
    products = _matrix_products(C_in // groups, C_out // groups, kernel, N, y.size, shapes)
    if options.get("padding_mode", "zeros") != "zeros":
        products.pop("x")  # whose copies are added up, too: K roundings
    return found._replace(shapes=products)


def _transposed_convolution(function: str, shapes: Shapes, options: Options) -> Terms:
    """y is what dx is of a convolution, dx what y is."""
    (N, C_in, *places), (_, outputs, *kernel) = shapes["x"], shapes["weight"]
    inputs = C_in // options.get("groups", 1)
    small = {"x": (1, 1, *places), "weight": (1, 1, *kernel)}
    y, of = _of_ones(function, small, {**options, "groups": 1})
    gradients = {"x": of["x"] * outputs, "weight": of["weight"] * N}
    found = _with_bias(y * inputs, gradients, shapes, N)
    products = _matrix_products(outputs, inputs, kernel, N, prod(places), {})
    biases = int("bias" in shapes)
    return found._replace(
        shapes={
            "y": lambda side: products["x"](side) + biases,
            "x": products["y"],
            "weight": products["weight"],
            "bias": lambda side: side.roundings_of_sum(N * y.size) + 1,
        }
    )


def _matrix_products(
    inputs: int, outputs: int, kernel: Sequence[int], N: int, places: int, shapes: Shapes
) -> dict[str, Shaped]:
    """A convolution as products of matrices: patches by kernels.

    y: one product. dx: a product over the output channels, then sums along each axis of the
    kernel. dweight: one product for each sample, or each block of places of one, added up.
    """
    biases = int("bias" in shapes)

    def of_weight(side: Arithmetic) -> float:
        if side.widened:
            return side.roundings_of_sum(N * places)
        return side.roundings_of_product(places) + side.roundings_of_long_sum(N * places)

    return {
        "y": lambda side: side.roundings_of_product(inputs * prod(kernel)) + biases,
        "x": lambda side: side.roundings_of_product(outputs) + sum(k - 1 for k in kernel),
        "weight": of_weight,
        "bias": lambda side: side.roundings_of_sum(N * places) + 1,
    }


def _weighted_pooling(function: str, shapes: Shapes, options: Options) -> Terms:
    (N, _, *places), (_, *kernel) = shapes["x"], shapes["weight"]
    y, of = _of_ones(function, {"x": (1, 1, *places), "weight": (1, *kernel)}, options)
    found = _with_bias(y, {"x": of["x"], "weight": of["weight"] * N}, shapes, N)
    of_samples = _one_by_one(N, y.shape[2:])
    return found._replace(shapes={"weight": of_samples, "bias": of_samples})


def _one_by_one(N: int, places: Sequence[int]) -> Shaped:
    """Products that are rounded, then added: samples and places of the output."""
    return lambda side: 1 + sum(side.roundings_of_sum(n) for n in (N, *places))


def _shared_kernel(function: str, shapes: Shapes, options: Options) -> Terms:
    (N, maps, *places), (C_out, *kernel) = shapes["x"], shapes["weight"]
    y, of = _of_ones(function, {"x": (1, 1, *places), "weight": (1, *kernel)}, options)
    gradients = {"x": of["x"] * C_out, "weight": of["weight"] * (N * maps)}
    found = _with_bias(y * maps, gradients, shapes, N)
    products = _matrix_products(1, C_out, kernel, N, y.size, shapes)

    def behind_sum(name: str) -> Shaped:
        """The maps are added up first."""
        return lambda side: products[name](side) + side.roundings_of_sum(maps)

    added = {name: behind_sum(name) for name in ("y", "weight")}
    return found._replace(shapes={**products, **added})


def _with_bias(y: Array, gradients: dict[str, Array], shapes: Shapes, N: int) -> Terms:
    """A bias is one more term of y; its gradient adds up a map of every sample."""
    if "bias" not in shapes:
        return Terms(y, gradients)
    return Terms(y + 1, {**gradients, "bias": np.asarray(float(N * y.size))})


def _matrices(function: str, shapes: Shapes, options: Options) -> Terms:
    """One kernel for a batch of matrices."""
    *batch, height, width = shapes["a"]
    y, of = _of_ones(function, {"a": (height, width), "kernel": shapes["kernel"]}, options)
    found = Terms(y, {"a": of["a"], "kernel": of["kernel"] * prod(batch)})
    kernel = shapes["kernel"]
    if options.get("mode") == "valid" and (kernel[0] > height or kernel[1] > width):
        return found  # a slides inside the kernel: the roles are exchanged
    products = _matrix_products(1, 1, kernel, prod(batch), y.size, shapes)
    return found._replace(
        shapes={"y": products["y"], "a": products["x"], "kernel": products["weight"]}
    )


def _dense(function: str, shapes: Shapes, options: Options) -> Terms:
    """Every sum is over one axis: no ones are needed."""
    (*batch, _), (features_out, features_in) = shapes["x"], shapes["weight"]
    counts = {"x": features_out, "weight": prod(batch), "bias": prod(batch)}
    gradients = {name: np.asarray(float(counts[name])) for name in shapes}
    biases, samples = int("bias" in shapes), prod(batch)
    return Terms(
        np.asarray(float(features_in + biases)),
        gradients,
        shapes={
            "y": lambda side: side.roundings_of_product(features_in) + biases,
            "x": lambda side: side.roundings_of_product(features_out),
            "weight": lambda side: side.roundings_of_long_product(samples),
            "bias": lambda side: side.roundings_of_sum(samples),
        },
    )


def _averages(function: str, shapes: Shapes, options: Options) -> Terms:
    places = shapes["x"][2:]
    plain, whole, undivided = without_division(function, {"x": np.ones((1, 1, *places))}, options)
    y, of = _of_ones(plain, {"x": whole["x"].shape}, undivided)
    if plain != function:
        return Terms(y[:, :, 0], {"x": of["x"][:, :, 0]}, 1)
    return Terms(y, of, 1)


def without_division(
    function: str, arrays: Mapping[str, Array], options: Options
) -> tuple[str, dict[str, Array], dict[str, Any]]:
    """An average pooling as the sums that it divides: with divisor 1.

    torch has no divisor along one axis: the same windows along W, at a height of 1.
    """
    if function != "avg_pool1d":
        return function, dict(arrays), {**options, "divisor_override": 1}
    kernel = options["kernel_size"]
    of_rows = {
        "kernel_size": (1, _one(kernel)),
        "stride": (1, _one(options.get("stride") or kernel)),
        "padding": (0, _one(options.get("padding", 0))),
        "ceil_mode": options.get("ceil_mode", False),
        "divisor_override": 1,
    }
    return "avg_pool2d", {"x": arrays["x"][:, :, None]}, of_rows


def _adaptive_averages(function: str, shapes: Shapes, options: Options) -> Terms:
    """Each window has a size of its own; torch divides by one side after another."""
    sides = shapes["x"][2:]
    every = spans(sides, options.get("output_size", 1))
    windows = [[stop - start for start, stop in along] for along in every]
    places = [
        [sum(start <= u < stop for start, stop in along) for u in range(n)]
        for n, along in zip(sides, every, strict=True)
    ]
    widest = [max(counts, default=0) for counts in windows]
    return Terms(
        _outer(windows),
        {"x": _outer(places)},
        len(sides),
        {"y": lambda side: 1 + sum(map(side.roundings_along, widest))},
    )


def _outer(counts: Sequence[Sequence[int]]) -> Array:
    """The products of a count along each axis: (1, 1, *S)."""
    return np.asarray(prod(np.ix_(*counts)), np.float64)[None, None]


def _mean(function: str, shapes: Shapes, options: Options) -> Terms:
    """One sum over all places of some axes; a reciprocal is one rounding more of a gradient."""
    x = shapes["x"]
    axis = options.get("axis")
    axes = range(len(x)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    N = prod(x[place] for place in axes)
    return Terms(
        np.asarray(float(N)),
        {"x": np.asarray(1.0)},
        1,
        {"y": lambda side: 1 + side.roundings_of_sum(N)},
    )


def _one(value: Any) -> int:
    return int(value[0]) if isinstance(value, tuple | list) else int(value)


Rule = Callable[[str, Shapes, Options], Terms]
RULES: dict[str, Rule] = {
    "conv1d": _convolution,
    "conv2d": _convolution,
    "conv3d": _convolution,
    "conv_transpose1d": _transposed_convolution,
    "conv_transpose2d": _transposed_convolution,
    "conv_transpose3d": _transposed_convolution,
    "weighted_pool2d": _weighted_pooling,
    "shared_conv2d": _shared_kernel,
    "correlate2d": _matrices,
    "convolve2d": _matrices,
    "linear": _dense,
    "avg_pool1d": _averages,
    "avg_pool2d": _averages,
    "avg_pool3d": _averages,
    "adaptive_avg_pool1d": _adaptive_averages,
    "adaptive_avg_pool2d": _adaptive_averages,
    "adaptive_avg_pool3d": _adaptive_averages,
    "global_avg_pool": _adaptive_averages,
    "mean": _mean,
}
