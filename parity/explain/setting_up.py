"""Small arguments for each function: what its example is, and other sizes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from inspect import signature
from math import prod
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array, generator
from parity.cases.functions import forward_of
from parity.cases.worked.convolution import WORKED
from parity.explain.demonstration import Demonstration
from parity.explain.recording import elements
from parity.explain.sizes_said import LARGEST, Picked, SizeError, Sizes, picked

SEED = 2
Arguments = dict[str, Array]
Maker = Callable[[str, Picked], Arguments]

# --- numbers ------------------------------------------------------------------------------


def exact(numbers: Any) -> Array:
    """An array of Fractions."""
    given = np.asarray(numbers, dtype=object)
    array = np.empty(given.shape, object)
    for index, number in elements(given):
        array[index] = Fraction(int(number))
    return array


def drawn(label: str, shape: Sizes, low: int = -4, high: int = 5) -> Array:
    """Small whole numbers, the same whenever they are drawn; all different if there are enough."""
    if prod(shape) > LARGEST:
        raise SizeError(
            f"--size: {label} would have {prod(shape)} elements, but a drawing has at most "
            f"{LARGEST}"
        )
    rng = generator(SEED, label)
    count = high - low + 1
    if prod(shape) <= count:
        return exact(rng.permutation(np.arange(low, high + 1))[: prod(shape)].reshape(shape))
    return exact(rng.integers(low, high + 1, shape))


def different(label: str, shape: Sizes) -> Array:
    """Whole numbers that all differ: no maximum stands twice."""
    count = prod(shape)
    drawn(label, shape)
    return exact(generator(SEED, label).permutation(np.arange(1, count + 1)).reshape(shape))


def upstream(shape: Sizes) -> Array:
    """dy: small whole numbers, none of them 0."""
    array = drawn("dy", shape, -3, 5)
    for index in np.ndindex(shape):
        array[index] = array[index] or Fraction(6)
    return array


# --- arguments by kind of function --------------------------------------------------------


def as_sizes(value: Any, axes: int, name: str) -> Sizes:
    """A size for each axis."""
    sizes = value if isinstance(value, tuple) else (value,) * axes
    if len(sizes) != axes or not all(isinstance(size, int) for size in sizes):
        raise SizeError(
            f"--size: {name} must be {'x'.join(['3'] * axes)} or the like, but is {value}"
        )
    return sizes


def _shape(said: Picked, otherwise: Sizes) -> Sizes:
    shape = otherwise if said.shape is None else said.shape
    if said.shape is not None and len(shape) == 1 < len(otherwise):
        return shape * len(otherwise)
    if len(shape) != len(otherwise):
        raise SizeError(
            f"--size: the input has {len(otherwise)} axes, as in {'x'.join(map(str, otherwise))}, "
            f"but {'x'.join(map(str, shape))} was given"
        )
    return shape


def _axes(name: str) -> int:
    return int(forward_of(name).removesuffix("_with_indices")[-2])


def _convolution(name: str, said: Picked) -> Arguments:
    n = _axes(name)
    shape = _shape(said, {1: (5,), 2: (4, 4), 3: (3, 3, 3)}[n])
    kernel = as_sizes(said.get("kernel", {1: 3, 2: 3, 3: 2}[n]), n, "kernel")
    N, C, C_out = (said.get(key, 1) for key in ("batch", "channels", "outputs"))
    groups = said.get("groups", 1)
    if C % groups:
        raise SizeError(f"--size: {groups} groups cannot share {C} channels; give channels, too")
    arrays = {
        "x": drawn("x", (N, C, *shape)),
        "weight": drawn("weight", (C_out, C // groups, *kernel), -2, 3),
        "bias": drawn("bias", (C_out,), 1, 4),
    }
    worked = {"x": (1, 1, 4, 4), "weight": (1, 1, 3, 3), "bias": (1,)}
    if {key: array.shape for key, array in arrays.items()} == worked:  # D2's sizes, and numbers
        (case,) = (case for case in WORKED if case.name == "4×4 by 3×3")
        arrays = {key: exact(source.values) for key, source in case.arrays.items()}  # type: ignore[union-attr]
    return arrays


def _transposed(name: str, said: Picked) -> Arguments:
    n = _axes(name)
    shape = _shape(said, {1: (3,), 2: (2, 2), 3: (1, 2, 2)}[n])
    kernel = as_sizes(said.get("kernel", {1: 3, 2: 3, 3: 2}[n]), n, "kernel")
    N, C, C_out = (said.get(key, 1) for key in ("batch", "channels", "outputs"))
    groups = said.get("groups", 1)
    if C % groups or C_out % groups:
        raise SizeError(f"--size: {groups} groups cannot share {C} channels and {C_out} outputs")
    return {
        "x": drawn("x", (N, C, *shape)),
        "weight": drawn("weight", (C, C_out // groups, *kernel), -2, 3),
        "bias": drawn("bias", (C_out,), 1, 4),
    }


def _shared(name: str, said: Picked) -> Arguments:
    shape, kernel = _shape(said, (3, 3)), as_sizes(said.get("kernel", 2), 2, "kernel")
    usual = (("batch", 1), ("channels", 2), ("outputs", 1))
    N, C, C_out = (said.get(key, n) for key, n in usual)
    return {
        "x": drawn("x", (N, C, *shape)),
        "weight": drawn("weight", (C_out, *kernel), -2, 3),
        "bias": drawn("bias", (C_out,), 1, 4),
    }


def _pooling(name: str, said: Picked) -> Arguments:
    n = _axes(name)
    shape = _shape(said, {1: (6,), 2: (4, 4), 3: (2, 2, 4)}[n])
    x = different("x", (said.get("batch", 1), said.get("channels", 1), *shape))
    usual = "equal" if said.get("ties", "first") == "all" else "different"
    return {"x": _of_kind(x, said.get("values", usual))}


def _adaptive(name: str, said: Picked) -> Arguments:
    shape = _shape(said, {1: (5,), 2: (3, 3), 3: (2, 3, 3)}[_axes(name)])
    return _maps_of(shape, said)


def _whole_maps(name: str, said: Picked) -> Arguments:
    return _maps_of((2, 2) if said.shape is None else said.shape, said)


def _maps_of(shape: Sizes, said: Picked) -> Arguments:
    x = different("x", (said.get("batch", 1), said.get("channels", 1), *shape))
    return {"x": _of_kind(x, said.get("values", "different"))}


def _framed(name: str, said: Picked) -> Arguments:
    return _maps_of((2, 3) if said.shape is None else said.shape, said)


def _of_kind(x: Array, values: Any) -> Array:
    """The numbers all different, some of them equal, or all negative."""
    if values not in VALUES:
        raise SizeError(f"--size: values must be one of {', '.join(VALUES)}, but is {values}")
    return exact(VALUES[values](x))


def _weighted_pool(name: str, said: Picked) -> Arguments:
    kernel, C = as_sizes(said.get("kernel", 2), 2, "kernel"), said.get("channels", 1)
    x = _pooling("max_pool2d", said)["x"]
    return {
        "x": x,
        "weight": drawn("weight", (C, *kernel), -2, 3),
        "bias": drawn("bias", (C,), 1, 4),
    }


def _gaussian_pool(name: str, said: Picked) -> Arguments:
    return {"x": drawn("x", (1, 1, *_shape(said, (3, 3))))}


def _matrix_and_kernel(name: str, said: Picked) -> Arguments:
    kernel = as_sizes(said.get("kernel", 2), 2, "kernel")
    return {"a": drawn("a", _shape(said, (3, 3))), "kernel": drawn("kernel", kernel, -2, 3)}


def _matrix(name: str, said: Picked) -> Arguments:
    return {"a": different("a", _shape(said, (2, 3)))}


def _elements(name: str, said: Picked) -> Arguments:
    (first, *_) = (key for key in signature(getattr(refimpl, forward_of(name))).parameters)
    shape = (5,) if said.shape is None else said.shape
    small = 3 if name.startswith("sign") else 1  # the sign of 1 is no other number than 1
    x = exact([2, -3, 0, small, -small]) if shape == (5,) else drawn("x", shape)
    return {first: x}


def _sloped(name: str, said: Picked) -> Arguments:
    """A slope for each channel of x."""
    shape = _shape(said, (1, 2, 3))
    x = exact([[[2, -3, 0], [1, -1, -4]]]) if shape == (1, 2, 3) else drawn("x", shape)
    return {"x": x, "weight": exact(np.arange(1, shape[1] + 1)) / Fraction(4)}


def _values(name: str, said: Picked) -> Arguments:
    """Values of a sigmoid or a tanh, between 0 and 1."""
    shape = (3,) if said.shape is None else said.shape
    return {"o": drawn("o", shape, 1, 3) / Fraction(4)}


def _scores(name: str, said: Picked) -> Arguments:
    shape = (3,) if said.shape is None else said.shape
    return {"x": exact([1, 2, 4]) if shape == (3,) else drawn("x", shape, -2, 4)}


def _classified(name: str, said: Picked) -> Arguments:
    N, C = _shape(said, (2, 3))
    logits = exact([[1, 2, 4], [3, 0, 1]]) if (N, C) == (2, 3) else drawn("logits", (N, C), -2, 4)
    if said.get("weights", False):  # several classes, so that the weights count
        target = np.arange(N) % max(C, 1)
        return {"logits": logits, "target": target, "weight": exact(np.arange(1, C + 1))}
    return {"logits": logits, "target": generator(SEED, "target").integers(0, max(C, 1), N)}


def _two_classes(name: str, said: Picked) -> Arguments:
    shape = (3,) if said.shape is None else said.shape
    logits = exact([2, -1, 1]) if shape == (3,) else drawn("logits", shape, -2, 3)
    target = np.resize(exact([1, 0, 1]), shape)
    return {"logits": logits, "target": target}


def _margins(name: str, said: Picked) -> Arguments:
    shape = (3,) if said.shape is None else said.shape
    score = exact([2, -1, 3]) if shape == (3,) else drawn("score", shape, -3, 4)
    return {"score": score, "target": np.resize(exact([1, 1, -1]), shape)}


def _squares(name: str, said: Picked) -> Arguments:
    shape = (3,) if said.shape is None else said.shape
    if shape == (3,):
        return {"output": exact([1, 5, 2]), "target": exact([2, 3, 2])}
    return {"output": drawn("output", shape, 0, 5), "target": drawn("target", shape, 0, 5)}


def _dense(name: str, said: Picked) -> Arguments:
    shape = (3,) if said.shape is None else said.shape
    if len(shape) != 1:
        raise SizeError(
            "--size: the input of a dense layer has one size, the features: 3 outputs 2"
        )
    N, K = said.get("batch", 1), said.get("outputs", 2)
    if name.startswith("linear"):
        N = said.get("batch", 2)
    weight = drawn("weight", (K, *shape), -2, 3)
    return {
        "x": drawn("x", (N, *shape), -2, 4),
        "weight": weight,
        "bias": drawn("bias", (K,), 1, 4),
    }


def _regression(name: str, said: Picked) -> Arguments:
    """Three classes of two features: scores near each other, so that no probability is tiny."""
    if said.shape is None and not said.named:
        weight, bias = exact([[1, 0], [0, 1], [1, 1]]), exact([1, 0, -1])
        return {"x": exact([[1, 2]]), "weight": weight, "bias": bias}
    return _dense(name, said)


def _maps(name: str, said: Picked) -> Arguments:
    shape = _shape(said, (2, 2))
    return {"x": different("x", (said.get("batch", 1), said.get("channels", 2), *shape))}


def _two_arrays(name: str, said: Picked) -> Arguments:
    """A matrix, and a row that is repeated for each of its rows."""
    shape = (2, 3) if said.shape is None else said.shape
    return {"x": drawn("x", shape), "other": drawn("other", shape[-1:], 1, 5)}


def _powers(name: str, said: Picked) -> Arguments:
    """A matrix without 0, and a row of exponents."""
    shape = (2, 3) if said.shape is None else said.shape
    return {"x": drawn("x", shape, 1, 6), "exponent": drawn("exponent", shape[-1:], 2, 4)}


def _averaged(name: str, said: Picked) -> Arguments:
    return {"x": different("x", (2, 3) if said.shape is None else said.shape)}


def _stacked(name: str, said: Picked) -> Arguments:
    shape = _shape(said, (1, 2))
    return {f"maps[{k}]": drawn(f"map {k}", (1, k + 1, *shape)) for k in range(2)}


def _turned(name: str, said: Picked) -> Arguments:
    return {"x": different("x", (2, 3) if said.shape is None else said.shape)}


def _grouped(name: str, said: Picked) -> Arguments:
    """Six channels of one pixel, unless more are asked for."""
    return {"x": different("x", (said.get("batch", 1), *_shape(said, (6, 1))))}


def _places(name: str, said: Picked) -> Arguments:
    """A row, along which parts are taken."""
    return {"x": different("x", (6,) if said.shape is None else said.shape)}


def _dropped(name: str, said: Picked) -> Arguments:
    shape = (4,) if said.shape is None else said.shape
    return {"x": drawn("x", shape, 1, 9), "mask": np.resize(np.array([1, 0, 0, 1]), shape)}


def _normalised(name: str, said: Picked) -> Arguments:
    """Values of mean 3 and variance 4: with eps 5 the divisor is 3."""
    if said.shape is None and not said.named:
        x: Any = {
            "batch_norm": [[1, 2], [1, 4], [5, 6], [5, 4]],
            "layer_norm": [[[1, 1], [5, 5]], [[0, 4], [2, 2]]],
            "group_norm": [[1, 5, 0, 6], [5, 1, 2, 4]],
        }[forward_of(name)]
        weight: Any = [[1, 2], [3, 4]] if name.startswith("layer") else [1, 2, 3, 4][: len(x[0])]
        return {"x": exact(x), "weight": exact(weight), "bias": exact(weight)[::-1]}
    is_batch, given = name.startswith("batch"), said.shape or ()
    shape = given if is_batch and len(given) > 2 else _shape(said, (4, 2))
    arrays = {"x": different("x", shape), "weight": drawn("weight", shape[1:2], 1, 3)}
    if is_batch and said.get("training", True) is False:
        running = {key: drawn(key, shape[1:2], 1, 3) for key in ("running_mean", "running_var")}
        return {"x": arrays["x"], **running, "weight": arrays["weight"]}
    return arrays


def _running(name: str, said: Picked) -> Arguments:
    x = exact([[1], [1], [5], [5]]) if said.shape is None else drawn("x", _shape(said, (4, 1)))
    ones = exact([1] * x.shape[1])
    return {"x": x, "running_mean": ones, "running_var": ones}


def _responses(name: str, said: Picked) -> Arguments:
    shape = _shape(said, (3, 1))
    return {"x": exact([[[1], [2], [4]]]) if shape == (3, 1) else drawn("x", (1, *shape))}


def _stepped(name: str, said: Picked) -> Arguments:
    """A weight and its gradient; of SGD behind another step."""
    if said.shape is None:
        arrays = {"value": exact([1, 2]), "gradient": exact([4, -2])}
    else:
        arrays = {key: drawn(key, said.shape, 1, 9) for key in ("value", "gradient")}
    if name == "sgd_step":
        arrays["velocity"] = drawn("velocity", arrays["value"].shape, 1, 9)
    return arrays


def _edge(name: str, said: Picked) -> Arguments:
    x = different("x", (1, said.get("channels", 1), *_shape(said, (3, 4))))
    if "values" in said.named:
        return {"x": _of_kind(x, said.named["values"])}
    return {"x": exact(x - 6) if said.shape is None else x}


VALUES: dict[str, Callable[[Array], Array]] = {
    "different": lambda x: x,
    "equal": lambda x: x // 3,
    "negative": lambda x: x - x.size - 1,
}
ONE = ("kernel", "channels", "outputs", "batch")
# Of each kind of function: what makes its arguments, and the names of sizes that it takes.
KINDS: dict[Maker, tuple[str, tuple[str, ...]]] = {
    _convolution: ("conv1d conv2d conv3d", ONE),
    _transposed: ("conv_transpose1d conv_transpose2d conv_transpose3d", ONE),
    _shared: ("shared_conv2d", ONE),
    _pooling: (
        "max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d "
        "max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices",
        ("kernel", "channels", "batch", "values"),
    ),
    _adaptive: (
        "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
        "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d "
        "adaptive_max_pool1d_with_indices adaptive_max_pool2d_with_indices "
        "adaptive_max_pool3d_with_indices",
        ("channels", "batch", "values"),
    ),
    _whole_maps: ("global_avg_pool global_max_pool", ("channels", "batch", "values")),
    _framed: ("pad", ("channels", "batch", "values")),
    _weighted_pool: ("weighted_pool2d", ("kernel", "channels", "batch")),
    _gaussian_pool: ("gaussian_pool2d", ("kernel",)),
    _matrix_and_kernel: ("correlate2d convolve2d", ("kernel",)),
    _matrix: ("rot180", ()),
    _elements: (
        "relu leaky_relu hardtanh sign sigmoid tanh "
        "exp softplus silu gelu elu hardsigmoid hardswish",
        (),
    ),
    _sloped: ("prelu", ()),
    _values: ("dsigmoid dtanh", ()),
    _scores: ("softmax log_softmax", ()),
    _classified: ("cross_entropy", ("weights",)),
    _two_classes: ("binary_cross_entropy_with_logits log_likelihood", ()),
    _margins: ("perceptron_loss", ()),
    _squares: ("mse_loss squared_error", ()),
    _dense: ("linear perceptron logistic_regression", ("outputs", "batch")),
    _regression: ("softmax_regression", ("outputs", "batch")),
    _maps: ("flatten", ("channels", "batch")),
    _two_arrays: ("add multiply subtract divide", ()),
    _powers: ("power", ()),
    _averaged: ("mean", ()),
    _stacked: ("concatenate", ()),
    _turned: ("transpose reshape", ()),
    _grouped: ("channel_shuffle", ("batch",)),
    _places: ("slice_axis split", ()),
    _dropped: ("dropout", ()),
    _normalised: ("batch_norm layer_norm group_norm", ()),
    _running: ("running_statistics", ()),
    _responses: ("local_response_norm", ()),
    _stepped: ("sgd_step adam_step", ()),
    _edge: ("downsample", ("kernel", "channels", "values")),
}
MAKERS = {name: maker for maker, (names, _) in KINDS.items() for name in names.split()}
NAMED = {name: words for _, (names, words) in KINDS.items() for name in names.split()}
# Options that a function's example has, and what it is called where people say "kernel".
USUAL: dict[str, Mapping[str, Any]] = {
    **{name: {"output_size": 2} for name in KINDS[_adaptive][0].split()},
    "pad": {"padding": 1, "mode": "reflect"},
    "leaky_relu": {"negative_slope": Fraction(1, 10)},
    "gaussian_pool2d": {"sigma": 1},
    "batch_norm": {"training": True, "eps": 5},
    "layer_norm": {"normalized_shape": (2, 2), "eps": 5},
    "group_norm": {"num_groups": 2, "eps": 5},
    "running_statistics": {"momentum": Fraction(1, 4)},
    "local_response_norm": {"size": 2, "alpha": 2, "beta": 1, "k": 1},
    "sgd_step": {"learning_rate": Fraction(1, 2), "momentum": Fraction(1, 2)},
    "adam_step": {
        "learning_rate": Fraction(1, 2),
        "betas": (Fraction(1, 2), Fraction(15, 16)),
        "eps": 0,
    },
    "reshape": {"shape": (-1, 2)},
    "channel_shuffle": {"groups": 2},
    "slice_axis": {"axis": 0, "start": 1, "step": 2},
    "split": {"sizes": 3},
    "softplus": {"beta": 2},
    "elu": {"alpha": 2},
    "mean": {"axis": 1},
}
WINDOWS = {"kernel_size": 2, "size": 2}
EXAMPLES: dict[Maker, str] = {
    _convolution: "4x4 kernel 3x3 stride 1 padding 1",
    _transposed: "2x2 kernel 3x3 stride 2 padding 1",
    _pooling: "4x4 kernel 2 stride 2",
    _adaptive: "5x5 output_size 3",
    _whole_maps: "3x3",
    _framed: "2x3 padding 1:0x2:1 mode circular",
    _dense: "3 outputs 2 batch 2",
    _classified: "2x3 reduction sum",
}


def has_example(name: str) -> bool:
    """Whether a function has small arguments here.

    >>> has_example("conv2d_backward"), has_example("lenet")
    (True, False)
    """
    return forward_of(name) in MAKERS and callable(getattr(refimpl, name, None))


def options_of(name: str) -> list[str]:
    """The options that a function takes by name."""
    known = signature(getattr(refimpl, name)).parameters.values()
    arrays = MAKERS[forward_of(name)](name, Picked())
    return [
        one.name
        for one in known
        if one.name not in (*arrays, "dy", "bias") and one.kind is not one.VAR_POSITIONAL
    ]


def demonstration(name: str, text: str = "") -> Demonstration:
    """A function's example, of other sizes if a text says so.

    Raises: SizeError for a text that cannot be read; ValueError, TypeError of refimpl's own for
        sizes that do not fit.

    >>> demonstration("conv2d", "5x5 kernel 3x3 stride 2").results["y"].shape
    (1, 1, 2, 2)
    """
    forward = forward_of(name)
    maker = MAKERS[forward]
    options = options_of(name)
    names = (*NAMED[forward], *(o for o in options if o not in WINDOWS))
    said = picked(text, names, EXAMPLES.get(maker, "5"))
    arrays = maker(name, said)
    usual = dict(USUAL.get(forward, {}))
    given = {o: said.named[o] for o in options if o in said.named}
    axes = 3 if forward == "gaussian_pool2d" else 2
    window = {o: said.get("kernel", axes) for o in options if o in WINDOWS}
    made = Demonstration(forward, arrays, {**window, **_taken(forward, {**usual, **given})})
    if name == forward:
        return made
    return backward(name, made, {**window, **usual, **given})


def _taken(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    known = signature(getattr(refimpl, name)).parameters
    return {key: value for key, value in options.items() if key in known}


def backward(name: str, forward: Demonstration, options: Mapping[str, Any]) -> Demonstration:
    """The backward of an example: the same arguments without the bias, and a dy."""
    shape = forward.results["y"].shape
    arrays = {key: array for key, array in forward.arguments.items() if key != "bias"}
    dy = upstream(shape) if shape else exact(2)
    return Demonstration(name, {"dy": dy, **arrays}, options)
