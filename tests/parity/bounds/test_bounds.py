"""Bounds of selections and losses, overflow, and for every function: mistakes that are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from exact import DTYPES, bounds, computed, random, too_far, worst_shares

from parity import oracle
from parity.bounds.arithmetic import arithmetic, sides
from parity.bounds.bound import Bound, exact_bound, is_exact
from parity.bounds.rules import forward_bound
from parity.cases.case import Draw, draw
from parity.cases.functions import FUNCTIONS
from parity.judges.half_precision import half_cases
from parity.results.comparison import compare
from parity.results.verdicts import BLIND, IDENTICAL, OUTSIDE, WITHIN

every_dtype = pytest.mark.parametrize("dtype", DTYPES)
Options = Mapping[str, Any]

# A well-conditioned case: shapes ("classes": indices; a Draw keeps its kind of values), options.
CHOSEN: dict[str, tuple[dict[str, Any], Options]] = {
    "conv1d": ({"x": (2, 3, 7), "weight": (4, 3, 2), "bias": (4,)}, {"padding": 1}),
    "conv2d": ({"x": (2, 3, 5, 6), "weight": (4, 3, 3, 2), "bias": (4,)}, {"stride": (2, 1)}),
    "conv3d": ({"x": (2, 1, 3, 4, 5), "weight": (3, 1, 2, 1, 4), "bias": (3,)}, {}),
    "max_pool1d": ({"x": (2, 3, 7)}, {"kernel_size": 3, "stride": 1}),
    "max_pool2d": ({"x": (2, 3, 5, 6)}, {"kernel_size": 3, "stride": 1, "padding": 1}),
    "max_pool3d": ({"x": (2, 1, 3, 4, 5)}, {"kernel_size": 2, "stride": 1}),
    "avg_pool1d": ({"x": (2, 3, 7)}, {"kernel_size": 3, "stride": 2}),
    "avg_pool2d": ({"x": (2, 3, 5, 6)}, {"kernel_size": 3, "stride": 1, "padding": 1}),
    "avg_pool3d": ({"x": (2, 1, 3, 4, 5)}, {"kernel_size": 2, "stride": 1}),
    "conv_transpose3d": (
        {"x": (2, 3, 1, 2, 3), "weight": (3, 5, 2, 1, 2), "bias": (5,)},
        {"stride": (1, 2, 1), "output_padding": (0, 1, 0)},
    ),
    "adaptive_avg_pool3d": ({"x": (2, 3, 5, 4, 3)}, {"output_size": (3, 2, None)}),
    "adaptive_max_pool3d": ({"x": (2, 3, 5, 4, 3)}, {"output_size": (3, 2, None)}),
    "correlate2d": ({"a": (2, 5, 6), "kernel": (3, 2)}, {"mode": "same"}),
    "convolve2d": ({"a": (2, 5, 6), "kernel": (3, 2)}, {"mode": "full"}),
    "rot180": ({"a": (2, 5, 6)}, {}),
    "shared_conv2d": ({"x": (2, 3, 5, 6), "weight": (4, 3, 2), "bias": (4,)}, {}),
    "weighted_pool2d": ({"x": (2, 3, 5, 6), "weight": (3, 3, 2), "bias": (3,)}, {"stride": 1}),
    "gaussian_pool2d": ({"x": (2, 3, 5, 6)}, {"kernel_size": 3, "sigma": 0.8, "stride": 1}),
    "downsample": ({"x": (2, 3, 5, 7)}, {"size": 2, "how": "mean"}),
    "linear": ({"x": (3, 7), "weight": (4, 7), "bias": (4,)}, {}),
    "flatten": ({"x": (3, 2, 4)}, {}),
    "add": ({"x": (3, 2, 4), "other": (3, 2, 4)}, {}),
    "mean": ({"x": (3, 2, 4)}, {"axis": 1}),
    "concatenate": (
        {name: (3, k, 4) for name, k in zip("abcdef", (2, 1, 5, 6, 7, 8), strict=True)},
        {},
    ),
    "relu": ({"x": (3, 7)}, {}),
    "leaky_relu": ({"x": (3, 7)}, {"negative_slope": 0.1}),
    "sigmoid": ({"x": (3, 7)}, {}),
    "tanh": ({"x": (3, 7)}, {}),
    "dsigmoid": ({"o": (3, 7)}, {}),
    "dtanh": ({"o": (3, 7)}, {}),
    "sign": ({"x": (3, 7)}, {}),
    "softmax": ({"x": (3, 7)}, {}),
    "log_softmax": ({"x": (3, 7)}, {}),
    "cross_entropy": ({"logits": (3, 7), "target": "classes"}, {}),
    "dropout": ({"x": (3, 7), "mask": Draw((3, 7), "mask")}, {"p": 0.3}),
    "binary_cross_entropy_with_logits": (
        {"logits": (3, 7), "target": Draw((3, 7), "certainty")},
        {},
    ),
    "log_likelihood": ({"logits": (3, 7), "target": Draw((3, 7), "certainty")}, {}),
    **{
        name: ({"x": (3, 7), "weight": (4, 7), "bias": (4,)}, {})
        for name in ("perceptron", "logistic_regression", "softmax_regression")
    },
    "perceptron_loss": ({"score": (3, 7), "target": Draw((3, 7), "labels")}, {}),
    "mse_loss": ({"output": (3, 7), "target": (3, 7)}, {}),
    "squared_error": ({"output": (3, 7), "target": (3, 7)}, {}),
}
# Of every other function, the first ordinary case of the catalogue.
CASES = {
    **{
        case.function: (dict(case.arrays), case.options) for case in reversed(half_cases().values())
    },
    **CHOSEN,
}
TENSORS = [
    (name, tensor)
    for name, (shapes, _) in CASES.items()
    for tensor in ("y", *(f"d{n}" for n in FUNCTIONS[name].inputs if n in shapes))
]
every_tensor = pytest.mark.parametrize(("function", "tensor"), TENSORS)
every_function = pytest.mark.parametrize("function", CASES)


def inputs(function: str, dtype: str, kind: str = "normal") -> tuple[Any, dict[str, Any], Options]:
    """(dy, arrays, options) of a function's case."""
    shapes, options = CASES[function]
    arrays = {
        name: np.array([3, 0, 6])
        if shape == "classes"
        else draw(shape, dtype, np.random.default_rng(i))
        if isinstance(shape, Draw)
        else np.asarray(random(kind, shape, dtype, 1, i))
        for i, (name, shape) in enumerate(shapes.items())
    }
    y = oracle.forward(function, arrays, options)
    return np.asarray(random(kind, y.shape, dtype, 2)), arrays, options


@cache
def tensors(function: str, dtype: str) -> tuple[Any, Any, dict[str, Bound]]:
    """By name, refimpl's results, torch's and their bounds."""
    dy, arrays, options = inputs(function, dtype)
    ours, theirs = (
        computed(library, function, dy, arrays, options) for library in ("numpy", "torch")
    )
    return ours, theirs, bounds(function, dy, arrays, options, sides(dtype))


def judged(function: str, tensor: str, dtype: str = "float64") -> tuple[Any, Any, Bound]:
    """(refimpl's result, torch's, their bound)."""
    ours, theirs, limits = tensors(function, dtype)
    return ours[tensor].copy(), theirs[tensor].copy(), limits[tensor]


# --- every function -----------------------------------------------------------------------


def test_every_function_has_a_case() -> None:
    """The cases of this module are of all functions."""
    assert set(FUNCTIONS) == set(CASES)


@every_tensor
@every_dtype
def test_right_results_pass(function: str, tensor: str, dtype: str) -> None:
    """The control: refimpl's own result is within its bound, which has the result's shape."""
    ours, theirs, bound = judged(function, tensor, dtype)
    assert bound.limit.shape == bound.overflow.shape == theirs.shape
    assert compare(ours, theirs, bound).verdict in (WITHIN, IDENTICAL)


def one_off(right: Any, bound: Bound) -> Any:
    """One element off by eight times its bound, or to the next number where that is 0."""
    wrong = right.copy()
    index = np.unravel_index(np.argmax(np.abs(right)), right.shape)
    limit = bound.limit[index]
    wrong[index] = right[index] + 8 * limit if limit else np.nextafter(right[index], np.inf)
    return wrong


def last_row_zero(right: Any, bound: Bound) -> Any:
    wrong = right.copy()
    wrong[-1 if right.ndim else ()] = 0
    return wrong


MISTAKES: dict[str, Callable[[Any, Bound], Any]] = {
    "0.05 % too large": lambda right, bound: right * right.dtype.type(1.0005),
    "negated": lambda right, bound: -right,
    "one element off": one_off,
    "last row zero": last_row_zero,
    "first axis reversed": lambda right, bound: right[::-1] if right.ndim else right + 1,
}


# The gradient of sign is 0 everywhere: most of these leave it as it is.
PLANTED = [
    (function, tensor, mistake)
    for function, tensor in TENSORS
    for mistake in MISTAKES
    if (function, tensor) != ("sign", "dx") or mistake == "one element off"
]


@pytest.mark.parametrize(("function", "tensor", "mistake"), PLANTED)
@every_dtype
def test_mistakes_are_refused(function: str, tensor: str, mistake: str, dtype: str) -> None:
    """A small factor, a sign, one element, a missing row, an order: all outside the bound."""
    ours, theirs, bound = judged(function, tensor, dtype)
    assert compare(MISTAKES[mistake](ours, bound), theirs, bound).verdict == OUTSIDE


@every_function
@every_dtype
@pytest.mark.parametrize("kind", ["normal", "special"])
def test_limits_are_numbers(function: str, kind: str, dtype: str) -> None:
    """No limit is negative, NaN or ∞, even beside NaN and ∞, and where it is exact it is 0."""
    dy, arrays, options = inputs(function, dtype, kind)
    for bound in bounds(function, dy, arrays, options, sides(dtype)).values():
        assert np.all(bound.limit >= 0)
        assert np.all(np.isfinite(bound.limit))
        assert bound.limit.dtype == np.float64
        assert not (bound.exact and bound.limit.any())


# --- selections ---------------------------------------------------------------------------

MOVING = ("transpose", "reshape", "channel_shuffle", "slice_axis", "split")
SELECTIONS = (
    *("max_pool1d", "max_pool2d", "max_pool3d"),
    *("flatten", "concatenate", "relu", "sign", *MOVING),
)


@pytest.mark.parametrize("function", SELECTIONS)
@every_dtype
def test_selected_values_are_exact(function: str, dtype: str) -> None:
    """A maximum, a cut and a copy round nothing: limit 0 and exact."""
    bound = judged(function, "y", dtype)[2]
    assert bound.exact
    assert not bound.limit.any()


@pytest.mark.parametrize("tensor", ["y", "da"])
def test_turned_values_are_exact(tensor: str) -> None:
    """A turn by 180° rounds nothing, forward and backward."""
    bound = judged("rot180", tensor)[2]
    assert bound.exact
    assert not bound.limit.any()


@pytest.mark.parametrize("edge", ["zero_pad", "drop"])
def test_downsampled_maxima_are_exact(edge: str) -> None:
    """Windows side by side: the maximum is selected, its gradient moved."""
    x, dy = (
        random("normal", (1, 2, 4, 6), "float64", 3),
        random("normal", (1, 2, 2, 3), "float64", 4),
    )
    found = bounds("downsample", dy, {"x": x}, {"size": 2, "edge": edge}, sides("float64"))
    assert {name: (b.exact, bool(b.limit.any())) for name, b in found.items()} == {
        "y": (True, False),
        "dx": (True, False),
    }


@pytest.mark.parametrize("function", ["flatten", "relu", "sign", "add", "concatenate", *MOVING])
def test_moved_gradients_are_exact(function: str) -> None:
    """The gradients of what moves, of relu, sign and the joins are copies of dy and zeros."""
    for name in FUNCTIONS[function].inputs:
        bound = judged(function, f"d{name}")[2]
        assert bound.exact
        assert not bound.limit.any()


def test_disjoint_windows_give_an_exact_gradient() -> None:
    """Max pooling without overlap adds nothing, so its gradient is exact."""
    x, dy = (
        random("normal", (1, 2, 4, 6), "float64", 3),
        random("normal", (1, 2, 2, 3), "float64", 4),
    )
    bound = bounds("max_pool2d", dy, {"x": x}, {"kernel_size": 2}, sides("float64"))["dx"]
    assert bound.exact
    assert not bound.limit.any()


def test_overlapping_windows_round_once_less_than_they_win() -> None:
    """An element that wins three windows has two additions: K = 2, and K = 0 elsewhere."""
    x, dy = np.array([[[0.0, 0.0, 9.0, 0.0, 0.0]]]), np.array([[[0.1, 0.2, 0.4]]])
    options = {"kernel_size": 3, "stride": 1}
    side = sides("float64")[0]
    limit = bounds("max_pool1d", dy, {"x": x}, options, (side, side))["dx"].limit
    gamma_2 = 2 * side.u / (1 - 2 * side.u)
    assert limit[0, 0, [0, 1, 3, 4]].tolist() == [0, 0, 0, 0]
    assert 2 * gamma_2 * 0.7 <= limit[0, 0, 2] <= 2 * gamma_2 * 0.7 * (1 + 2.0**-21)


def test_overlapping_windows_are_exact_on_integers() -> None:
    """Integer upstream gradients add exactly, whatever x holds."""
    x, dy = random("normal", (2, 3, 7), "float32", 5), random("integers", (2, 3, 5), "float32", 6)
    options = {"kernel_size": 3, "stride": 1}
    assert bounds("max_pool1d", dy, {"x": x}, options, sides("float32"))["dx"].exact


@every_dtype
@pytest.mark.parametrize("kind", ["normal", "ties", "wide", "huge", "subnormal", "negative"])
@pytest.mark.parametrize(
    "function",
    [
        *("max_pool1d", "max_pool2d", "relu", "leaky_relu", "flatten"),
        *("rot180", "add", "concatenate", *MOVING),
    ],
)
def test_selections_stay_under_their_half(function: str, kind: str, dtype: str) -> None:
    """Both sides' selections and their gradients lie within each side's half of the bound."""
    _, arrays, options = inputs(function, dtype, kind)
    y = oracle.forward(function, arrays, options)
    dy = random("wide" if kind == "ties" else kind, y.shape, dtype, 7)
    assert too_far(worst_shares(function, dy, arrays, options, dtype)) == {}


def test_leaky_relu_rounds_on_the_left_only() -> None:
    """leaky_relu's limit is 0 where x > 0 and one rounding of slope·x elsewhere."""
    x, side = np.array([2.0, -3.0, 0.0]), sides("float64")[0]
    limit = forward_bound("leaky_relu", {"x": x}, {"negative_slope": 0.5}, (side, side)).limit
    one = 2 * side.u / (1 - side.u) * 1.5
    assert limit[0] == 0
    assert one <= limit[1] <= one * (1 + 2.0**-21)
    assert limit[2] == 2 * side.eta


# --- squared error ------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("kind", ["normal", "wide", "huge", "tiny", "subnormal"])
def test_squared_error_stays_under_its_half(kind: str, dtype: str) -> None:
    """Half the squared distance and its gradient lie within each side's half of the bound."""
    dy, arrays, options = inputs("squared_error", dtype, kind)
    assert too_far(worst_shares("squared_error", dy, arrays, options, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("kind", ["normal", "wide", "huge", "tiny", "subnormal"])
def test_mse_loss_stays_under_its_half(kind: str, reduction: str, dtype: str) -> None:
    """The squares, their sum or mean, and the gradient, within each side's half of the bound."""
    _, arrays, _ = inputs("mse_loss", dtype, kind)
    shape = (3, 7) if reduction == "none" else ()
    dy, options = random("normal", shape, dtype, 9), {"reduction": reduction}
    assert too_far(worst_shares("mse_loss", dy, arrays, options, dtype)) == {}


@every_dtype
def test_nearly_equal_outputs_stay_under_the_bound(dtype: str) -> None:
    """The difference of neighbouring numbers is exact, and its square in the bound."""
    output = random("normal", (30,), dtype, 8)
    target = np.nextafter(output, output.dtype.type(9))
    arrays, dy = {"output": output, "target": target}, np.asarray(1.5, dtype)
    assert too_far(worst_shares("squared_error", dy, arrays, {}, dtype)) == {}


@every_dtype
def test_squared_error_may_overflow_before_it_is_halved(dtype: str) -> None:
    """A sum of squares past the largest number counts as overflow though its half would fit."""
    output = np.full(2, float(np.finfo(dtype).max) ** 0.5 * 0.8, dtype)
    arrays = {"output": output, "target": np.zeros(2, dtype)}
    assert np.isinf(computed("numpy", "squared_error", np.ones((), dtype), arrays, {})["y"])
    assert forward_bound("squared_error", arrays, {}, sides(dtype)).overflow


@every_dtype
def test_a_difference_that_overflows_is_counted(dtype: str) -> None:
    """dy·(y − t) fits, but y − t does not: that element is counted as overflow."""
    largest = np.finfo(dtype).max
    arrays = {"output": np.array([largest, 1], dtype), "target": np.array([-largest, 0], dtype)}
    dy = np.asarray(0.25, dtype)
    found = bounds("squared_error", dy, arrays, {}, sides(dtype))["doutput"]
    assert found.overflow.tolist() == [True, False]


# --- the parts ----------------------------------------------------------------------------


def test_is_exact_asks_for_integers_and_small_sums() -> None:
    """Integers whose partial sums stay below 1/u are exact; fractions and NaN are not."""
    both, small = sides("float32"), np.array(1.0)
    assert is_exact({"x": np.array([1.0, -2.0])}, small, both)
    assert not is_exact({"x": np.array([1.0, 0.5])}, small, both)
    assert not is_exact({"x": np.array([1.0, np.nan])}, small, both)
    assert not is_exact({"x": np.array([1.0])}, np.array(2.0**24), both)
    assert is_exact({"x": np.zeros((0, 2))}, np.zeros((0, 3)), both)


def test_exact_bound_asks_for_equality() -> None:
    """An exact bound has limit 0, masks nothing and says that it is exact."""
    bound = exact_bound((2, 3))
    assert (bound.limit.shape, bound.overflow.shape) == ((2, 3), (2, 3))
    assert (bound.limit.any(), bound.overflow.any(), bound.exact) == (False, False, True)


def test_a_void_bound_is_blind() -> None:
    """Once K·u reaches 1 the limit is infinite, and nothing is `within` it."""
    coarse = replace(arithmetic("numpy", "float32"), u=1 / 8)
    arrays = {"x": np.full((1, 8), 0.5), "weight": np.full((1, 8), 0.5)}
    bound = forward_bound("linear", arrays, {}, (coarse, coarse))
    assert np.isinf(bound.limit).all()
    assert not bound.overflow.any()
    y = np.full((1, 1), 2.0)
    assert compare(y, y, bound).verdict == BLIND
