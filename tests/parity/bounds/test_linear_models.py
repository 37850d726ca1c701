"""Bounds of the losses of two classes, of dropout, of derivatives by the output: exact values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from exact import DTYPES, bounds, computed, exact, random, too_far, worst_shares

from parity.bounds.arithmetic import sides
from parity.bounds.rules import forward_bound
from parity.cases.case import Draw, draw
from parity.results.comparison import compare
from parity.results.verdicts import OUTSIDE, WITHIN

every_dtype = pytest.mark.parametrize("dtype", DTYPES)

# --- binary_cross_entropy_with_logits, log_likelihood -------------------------------------

N = 30
Drawer = Callable[[np.random.Generator, Any], Any]
LOGITS: dict[str, Drawer] = {
    "normal": lambda rng, info: rng.normal(size=N) * 3,
    "saturated": lambda rng, info: rng.uniform(-120, 120, N),
    "where 1 − σ has few digits": lambda rng, info: rng.uniform(10, 40, N) * rng.choice([-1, 1], N),
    "where e^(−|z|) is subnormal": lambda rng, info: (
        (np.log(float(info.tiny)) - rng.uniform(-5, 40, N)) * rng.choice([-1, 1], N)
    ),
    "small": lambda rng, info: rng.normal(size=N) * 10.0 ** rng.uniform(-9, 0, N),
    "subnormal": lambda rng, info: rng.normal(size=N) * float(info.tiny),
    "far out": lambda rng, info: rng.uniform(-1e5, 1e5, N),
}
TARGETS: dict[str, Drawer] = {
    "zeros and ones": lambda rng, info: rng.integers(0, 2, N),
    "any": lambda rng, info: rng.random(N),
    "nearly certain": lambda rng, info: np.abs(rng.integers(0, 2, N) - float(info.eps)),
    "nearly impossible": lambda rng, info: np.full(N, float(info.smallest_subnormal)),
}
LOSSES = {
    "mean": ("binary_cross_entropy_with_logits", {}),
    "sum": ("binary_cross_entropy_with_logits", {"reduction": "sum"}),
    "none": ("binary_cross_entropy_with_logits", {"reduction": "none"}),
    "likelihood": ("log_likelihood", {}),
}
every_loss = pytest.mark.parametrize("loss", LOSSES)


def pair(logits: str, target: str, dtype: str) -> dict[str, Any]:
    rng, info = np.random.default_rng(1), np.finfo(dtype)
    return {
        "logits": LOGITS[logits](rng, info).astype(dtype),
        "target": TARGETS[target](rng, info).astype(dtype),
    }


def upstream(kind: str, loss: str, dtype: str) -> Any:
    return np.asarray(random(kind, (N,) if loss == "none" else (), dtype, 2))


@every_dtype
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("logits", LOGITS)
@every_loss
def test_losses_of_two_classes_stay_under_their_half(
    loss: str, logits: str, target: str, dtype: str
) -> None:
    """Loss, likelihood and their gradients lie within each side's half of the bound."""
    function, options = LOSSES[loss]
    arrays, dy = pair(logits, target, dtype), upstream("normal", loss, dtype)
    assert too_far(worst_shares(function, dy, arrays, options, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("kind", ["huge", "largest", "tiny", "subnormal"])
@every_loss
def test_any_upstream_gradient_stays_under_its_half(loss: str, kind: str, dtype: str) -> None:
    """Products with dy, and dy/N, may underflow; the bound holds what they lose."""
    function, options = LOSSES[loss]
    arrays, dy = pair("saturated", "any", dtype), upstream(kind, loss, dtype)
    assert too_far(worst_shares(function, dy, arrays, options, dtype)) == {}


@every_dtype
@every_loss
def test_a_small_mistake_in_a_loss_of_two_classes_is_seen(loss: str, dtype: str) -> None:
    """A value or a gradient 0.05 % too large is refused for ordinary logits."""
    function, options = LOSSES[loss]
    arrays, dy = pair("normal", "any", dtype), upstream("normal", loss, dtype)
    right = computed("torch", function, dy, arrays, options)
    for tensor, bound in bounds(function, dy, arrays, options, sides(dtype)).items():
        off = (right[tensor] * right[tensor].dtype.type(1.0005)).astype(dtype)
        assert compare(off, right[tensor], bound).verdict == OUTSIDE


@every_dtype
def test_likelihood_bound_is_relative(dtype: str) -> None:
    """Nothing cancels in a log-likelihood, so its bound shrinks with it: 30 nats from certain."""
    arrays = {"logits": np.array([30.0, -30.0], dtype), "target": np.array([1.0, 0.0], dtype)}
    limit = forward_bound("log_likelihood", arrays, {}, sides(dtype)).limit
    truth = exact("log_likelihood", np.ones((), dtype), arrays, {})["y"].item()
    assert limit < 100 * np.finfo(dtype).eps * abs(float(truth)) < 1e-11


@every_dtype
@every_loss
def test_other_elements_keep_their_bound_beside_nan(loss: str, dtype: str) -> None:
    """NaN or ∞ among the logits changes no other element's limit, and none becomes NaN."""
    function, options = LOSSES[loss]
    arrays, dy = pair("normal", "any", dtype), upstream("normal", loss, dtype)
    plain = bounds(function, dy, arrays, options, sides(dtype))
    arrays["logits"][[0, 1, 2]] = [np.nan, np.inf, -np.inf]
    for tensor, bound in bounds(function, dy, arrays, options, sides(dtype)).items():
        assert np.all(np.isfinite(bound.limit))
        if bound.limit.shape == (N,):
            np.testing.assert_array_equal(bound.limit[3:], plain[tensor].limit[3:])


@every_dtype
def test_a_sum_of_losses_that_overflows_is_counted(dtype: str) -> None:
    """Two losses that fit, and whose sum does not."""
    z = np.full(2, float(np.finfo(dtype).max) * 0.75, dtype)
    arrays = {"logits": z, "target": np.zeros(2, dtype)}
    function = "binary_cross_entropy_with_logits"
    assert forward_bound(function, arrays, {"reduction": "sum"}, sides(dtype)).overflow
    assert forward_bound(function, arrays, {"reduction": "mean"}, sides(dtype)).overflow
    each = forward_bound(function, arrays, {"reduction": "none"}, sides(dtype))
    assert not each.overflow.any()
    assert np.isfinite(each.limit).all()


# --- perceptron_loss ----------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("kind", ["normal", "wide", "huge", "tiny", "subnormal", "ties"])
def test_perceptron_loss_stays_under_its_half(kind: str, dtype: str) -> None:
    """The sum of distances, and its gradient, lie within each side's half of the bound."""
    arrays = {
        "score": random(kind, (300,), dtype, 3),
        "target": random("labels", (300,), dtype, 4),
    }
    dy = np.asarray(random("normal", (), dtype, 5))
    assert too_far(worst_shares("perceptron_loss", dy, arrays, {}, dtype)) == {}


@pytest.mark.parametrize(
    ("score", "is_exact"),
    [([3.0, -2.0], True), ([0.5, 0.25], False), ([0.1], True), ([], True), ([2.0**24, 1.0], False)],
)
def test_perceptron_loss_is_exact_where_nothing_is_rounded(
    score: list[float], is_exact: bool
) -> None:
    """Whole numbers below 2²⁴ add exactly, and so does a single one."""
    arrays = {"score": np.array(score, np.float32), "target": -np.ones(len(score), np.float32)}
    assert forward_bound("perceptron_loss", arrays, {}, sides("float32")).exact == is_exact


# --- dropout ------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("p", [0, 0.1, 0.3, 1 / 3, 0.5, 0.9, 0.999, 1e-9])
@pytest.mark.parametrize("kind", ["normal", "wide", "huge", "tiny", "subnormal"])
def test_dropout_stays_under_its_half(kind: str, p: float, dtype: str) -> None:
    """Three roundings cover what both sides do to a node that is kept."""
    x, dy = (random(kind, (4, 50), dtype, seed) for seed in (6, 7))
    arrays = {"x": x, "mask": random("mask", x.shape, dtype, 8)}
    assert too_far(worst_shares("dropout", dy, arrays, {"p": p}, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("p", [0.1, 0.3, 0.9])
def test_dropout_by_other_orders_stays_under_the_bound(p: float, dtype: str) -> None:
    """Torch's order on other devices, and the textbook's: x·(1/(1 − p)) and (x·mask)/(1 − p)."""
    x, mask = random("normal", (4, 50), dtype, 9), random("mask", (4, 50), dtype, 10)
    arrays, dy, keep = {"x": x, "mask": mask}, x, np.dtype(dtype).type(1 - p)
    bound = bounds("dropout", dy, arrays, {"p": p}, sides(dtype))["y"]
    theirs = computed("torch", "dropout", dy, arrays, {"p": p})["y"]
    for ours in (x * mask * (1 / keep), x * mask / keep, x / keep * mask):
        assert compare(ours, theirs, bound).verdict == WITHIN


@pytest.mark.parametrize(("p", "is_exact"), [(0, True), (0.5, True), (0.875, True), (0.25, False)])
def test_dropout_is_exact_where_a_power_of_two_is_kept(p: float, is_exact: bool) -> None:
    """Division by a power of 2 rounds nothing; 1 − 0.25 is none."""
    arrays = {"x": random("wide", (5, 6), "float32", 11), "mask": np.ones((5, 6), bool)}
    assert forward_bound("dropout", arrays, {"p": p}, sides("float32")).exact == is_exact


def test_a_dropped_node_has_no_room() -> None:
    """Where the mask is 0 the limit is 0: a scaled rest of the node is refused."""
    arrays = {"x": np.array([2.0, 3.0]), "mask": np.array([0.0, 1.0])}
    bound = forward_bound("dropout", arrays, {"p": 0.3}, sides("float64"))
    assert bound.limit[0] == 0 < bound.limit[1]


# --- derivatives by the output ------------------------------------------------------------

OUTPUTS: dict[str, Drawer] = {
    "0 to 1": lambda rng, info: rng.random(N),
    "−1 to 1": lambda rng, info: rng.uniform(-1, 1, N),
    "near 1": lambda rng, info: 1 - rng.integers(-9, 10, N) * float(info.eps) / 2,
    "small": lambda rng, info: rng.normal(size=N) * 10.0 ** rng.uniform(-30, 0, N),
    "subnormal": lambda rng, info: rng.normal(size=N) * float(info.tiny),
    "square root of subnormal": lambda rng, info: rng.normal(size=N) * float(info.tiny) ** 0.5,
    "wide": lambda rng, info: rng.normal(size=N) * 10.0 ** rng.uniform(-9, 9, N),
}


@every_dtype
@pytest.mark.parametrize("kind", OUTPUTS)
@pytest.mark.parametrize("function", ["dsigmoid", "dtanh"])
def test_derivatives_stay_under_their_half(function: str, kind: str, dtype: str) -> None:
    """o(1 − o) and 1 − o² lie within each side's half of the bound."""
    o = OUTPUTS[kind](np.random.default_rng(12), np.finfo(dtype)).astype(dtype)
    assert too_far(worst_shares(function, o, {"o": o}, {}, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("function", ["dsigmoid", "dtanh"])
def test_a_square_that_overflows_is_counted(function: str, dtype: str) -> None:
    """An o whose square is past the largest number counts as overflow, its neighbour does not."""
    o = np.array([float(np.finfo(dtype).max) * 0.5, 0.5], dtype)
    assert forward_bound(function, {"o": o}, {}, sides(dtype)).overflow.tolist() == [True, False]


# --- kinds of values ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "within"),
    [("mask", {0, 1}), ("labels", {-1, 1})],
)
def test_masks_and_labels_hold_both_values(kind: str, within: set[int]) -> None:
    """A random mask or label is one of two numbers, and both occur."""
    assert set(draw(Draw((9, 31), kind), "float32", np.random.default_rng(13)).flat) == within


def test_certainty_reaches_both_ends() -> None:
    """Random targets of two classes lie between 0 and 1, and some are 0, 1 and neither."""
    target = draw(Draw((9, 31), "certainty"), "float32", np.random.default_rng(14))
    assert (target.min(), target.max()) == (0, 1)
    assert 0.3 < np.mean((target > 0) & (target < 1)) < 0.7


# --- perceptron, logistic regression, softmax regression ------------------------------------

MODELS = ("perceptron", "logistic_regression", "softmax_regression")
SPREADS: dict[str, Drawer] = {
    "normal": lambda rng, info: rng.normal(size=(5, 30)),
    "near the hyperplane": lambda rng, info: rng.normal(size=(5, 30)) * 10.0 ** rng.uniform(-4, 4),
    "integers": lambda rng, info: rng.integers(-9, 10, (5, 30)),
    "subnormal": lambda rng, info: rng.normal(size=(5, 30)) * float(info.tiny),
}


def affine(kind: str, dtype: str) -> dict[str, Any]:
    """x, weight and bias of thirty features, whose sum may cancel."""
    rng, info = np.random.default_rng(15), np.finfo(dtype)
    x = SPREADS[kind](rng, info).astype(dtype)
    weight = rng.normal(size=(4, 30)).astype(dtype)
    # The first node's sum is 0 but for rounding, at the first sample.
    bias = np.array([-float(x[0].astype(float) @ weight[0].astype(float)), 1, 2, -3]).astype(dtype)
    return {"x": x, "weight": weight, "bias": bias}


@every_dtype
@pytest.mark.parametrize("kind", SPREADS)
@pytest.mark.parametrize("function", MODELS)
def test_models_stay_under_their_half(function: str, kind: str, dtype: str) -> None:
    """An activation of a rounded sum lies within each side's half of the bound."""
    shares = worst_shares(function, np.ones((5, 4), dtype), affine(kind, dtype), {}, dtype)
    assert too_far(shares) == {}


def test_a_sign_is_certain_past_the_sums_error() -> None:
    """2 for each side where the sum may be on either side of 0, exact everywhere else."""
    bound = forward_bound("perceptron", affine("normal", "float32"), {}, sides("float32"))
    assert bound.limit[0, 0] == 4
    assert np.count_nonzero(bound.limit) == 1
    assert not bound.exact
    certain = {"x": np.array([[1.0, 2.0]]), "weight": np.array([[1.0, 0.5]])}
    bound = forward_bound("perceptron", certain, {}, sides("float64"))
    assert bound.exact
    assert not bound.limit.any()


@every_dtype
@pytest.mark.parametrize("function", ["logistic_regression", "softmax_regression"])
def test_a_forgotten_bias_of_a_model_is_refused(function: str, dtype: str) -> None:
    """Without its bias, 0.1 % of it even, a probability is far outside."""
    arrays, dy = affine("normal", dtype), np.ones((5, 4), dtype)
    right = computed("torch", function, dy, arrays, {})["y"]
    less = {**arrays, "bias": arrays["bias"] * np.asarray(0.999, dtype)}
    bound = forward_bound(function, arrays, {}, sides(dtype))
    assert compare(right, right, bound).verdict == WITHIN
    assert (
        compare(computed("numpy", function, None, less, {})["y"], right, bound).verdict == OUTSIDE
    )


@every_dtype
@pytest.mark.parametrize("function", MODELS)
def test_a_sum_that_overflows_or_not_is_not_judged(function: str, dtype: str) -> None:
    """Where the order of the terms decides about ∞, it decides the probability."""
    largest = float(np.finfo(dtype).max)
    arrays = {
        "x": np.array([[largest, -largest, 1], [1, 2, 3]], dtype),
        "weight": np.array([[1.5, 1.5, 1], [1, 1, 1]], dtype),
    }
    bound = forward_bound(function, arrays, {}, sides(dtype))
    assert bound.overflow[0, 0]
    assert not bound.overflow[1].any()
