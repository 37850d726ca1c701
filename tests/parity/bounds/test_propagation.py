"""Accumulated bounds: no input within its error moves a value or a gradient past them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from exact import DTYPES, computed, random

from parity import oracle
from parity.bounds.arithmetic import sides
from parity.bounds.propagation import multilinear
from parity.bounds.propagation.error import Accumulated, widened
from parity.bounds.propagation.max_pooling import _Pool
from parity.bounds.propagation.rules import RULES, backward_errors, forward_error
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Draw, draw

Options = Mapping[str, Any]
CASES: dict[str, tuple[str, dict[str, Any], Options]] = {
    "conv2d": (
        "conv2d",
        {"x": (2, 4, 5, 3), "weight": (6, 2, 3, 2), "bias": (6,)},
        {"stride": (2, 1), "padding": 1, "groups": 2},
    ),
    "conv2d no bias": ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": "full"}),
    "conv_transpose2d": (
        "conv_transpose2d",
        {"x": (2, 4, 5, 3), "weight": (4, 3, 3, 2), "bias": (6,)},
        {"stride": (2, 1), "padding": 1, "output_padding": (1, 0), "groups": 2},
    ),
    "linear": ("linear", {"x": (3, 7), "weight": (4, 7), "bias": (4,)}, {}),
    "avg_pool2d": ("avg_pool2d", {"x": (2, 3, 5, 4)}, {"kernel_size": 2, "stride": 1}),
    "adaptive_avg_pool2d": ("adaptive_avg_pool2d", {"x": (2, 3, 5, 4)}, {"output_size": (3, 2)}),
    "adaptive_avg_pool2d of more windows": (
        "adaptive_avg_pool2d",
        {"x": (2, 3, 3, 4)},
        {"output_size": (5, None)},
    ),
    "global_avg_pool": ("global_avg_pool", {"x": (2, 3, 5, 4)}, {}),
    "flatten": ("flatten", {"x": (3, 2, 4)}, {}),
    "pad by a value": ("pad", {"x": (2, 3, 5, 4)}, {"padding": ((1, -2), (0, 3)), "value": 2.5}),
    **{
        f"pad, {mode}": ("pad", {"x": (2, 3, 5, 4)}, {"padding": ((1, 2), (3, 0)), "mode": mode})
        for mode in ("reflect", "replicate", "circular")
    },
    "add": ("add", {"x": (3, 4), "other": (3, 4)}, {}),
    "add what is repeated": ("add", {"x": (2, 3, 4), "other": (3, 1)}, {}),
    "multiply": ("multiply", {"x": (3, 4), "other": (3, 4)}, {}),
    "multiply by a gate": ("multiply", {"x": (2, 3, 4, 2), "other": (2, 3, 1, 1)}, {}),
    "multiply, both repeated": ("multiply", {"x": (4, 1, 3), "other": (2, 1)}, {}),
    "mean": ("mean", {"x": (2, 3, 4)}, {"axis": (0, -1)}),
    "mean, axes kept": ("mean", {"x": (2, 3, 4)}, {"axis": 1, "keepdims": True}),
    "concatenate": ("concatenate", {"a": (2, 1, 3), "b": (2, 4, 3), "c": (2, 2, 3)}, {}),
    "transpose": ("transpose", {"x": (2, 3, 4)}, {"axes": (-1, 0, 1)}),
    "reshape": ("reshape", {"x": (2, 3, 4)}, {"shape": (-1, 8)}),
    "channel_shuffle": ("channel_shuffle", {"x": (2, 6, 5)}, {"groups": 2}),
    "slice_axis": ("slice_axis", {"x": (2, 9, 3)}, {"axis": -2, "start": 1, "step": 3}),
    "relu": ("relu", {"x": (5, 8)}, {}),
    "leaky_relu": ("leaky_relu", {"x": (5, 8)}, {"negative_slope": 0.1}),
    "leaky_relu default": ("leaky_relu", {"x": (5, 8)}, {}),
    "leaky_relu steep": ("leaky_relu", {"x": (5, 8)}, {"negative_slope": 1.5}),
    "sigmoid": ("sigmoid", {"x": (5, 8)}, {}),
    "tanh": ("tanh", {"x": (5, 8)}, {}),
    "softplus": ("softplus", {"x": Draw((5, 8), "tails")}, {}),
    "softplus of beta": ("softplus", {"x": (5, 8)}, {"beta": 2.5}),
    "softplus with a threshold": ("softplus", {"x": (5, 8)}, {"beta": 2, "threshold": 1}),
    "silu": ("silu", {"x": (5, 8)}, {}),
    "gelu": ("gelu", {"x": (5, 8)}, {}),
    "gelu by tanh": ("gelu", {"x": (5, 8)}, {"approximate": "tanh"}),
    "elu": ("elu", {"x": (5, 8)}, {}),
    "elu of alpha": ("elu", {"x": (5, 8)}, {"alpha": 0.3}),
    "prelu": ("prelu", {"x": (4, 3, 2), "weight": (3,)}, {}),
    "prelu of one slope": ("prelu", {"x": (5, 8), "weight": (1,)}, {}),
    "hardsigmoid": ("hardsigmoid", {"x": Draw((5, 8), "spread")}, {}),
    "hardswish": ("hardswish", {"x": Draw((5, 8), "integers")}, {}),
    "dropout": ("dropout", {"x": (5, 8), "mask": Draw((5, 8), "mask")}, {"p": 0.3}),
    "dropout of half": ("dropout", {"x": (5, 8), "mask": Draw((5, 8), "mask")}, {}),
    "max_pool2d": ("max_pool2d", {"x": (2, 3, 6, 4)}, {"kernel_size": 2}),
    "max_pool2d overlapping": (
        "max_pool2d",
        {"x": (2, 3, 6, 5)},
        {"kernel_size": 3, "stride": (1, 2), "padding": 1},
    ),
    "max_pool2d dilated": ("max_pool2d", {"x": (1, 2, 6, 7)}, {"kernel_size": 2, "dilation": 2}),
    "adaptive_max_pool2d": ("adaptive_max_pool2d", {"x": (2, 3, 6, 5)}, {"output_size": (4, 3)}),
    "global_max_pool": ("global_max_pool", {"x": (2, 3, 4, 5)}, {}),
    "softmax": ("softmax", {"x": (5, 8)}, {}),
    "softmax of the first axis": ("softmax", {"x": (5, 3, 2)}, {"axis": 0}),
    "cross_entropy": ("cross_entropy", {"logits": (3, 7), "target": "classes"}, {}),
    "squared_error": ("squared_error", {"output": (3, 4), "target": (3, 4)}, {}),
    "mse_loss": ("mse_loss", {"output": (3, 4), "target": (3, 4)}, {}),
    "mse_loss summed": (
        "mse_loss",
        {"output": (3, 4), "target": (3, 4)},
        {"reduction": "sum"},
    ),
    "binary_cross_entropy_with_logits": (
        "binary_cross_entropy_with_logits",
        {"logits": (5, 4), "target": Draw((5, 4), "certainty")},
        {},
    ),
    "batch_norm": (
        "batch_norm",
        {"x": (4, 3, 5), "weight": (3,), "bias": (3,)},
        {"training": True},
    ),
    "batch_norm in use": (
        "batch_norm",
        {
            "x": (4, 3, 5),
            "running_mean": (3,),
            "running_var": Draw((3,), "certainty"),
            "weight": (3,),
            "bias": (3,),
        },
        {"eps": 0.1},
    ),
    "layer_norm": (
        "layer_norm",
        {"x": (4, 7), "weight": (7,), "bias": (7,)},
        {"normalized_shape": (7,), "eps": 0.5},
    ),
    "layer_norm of maps": ("layer_norm", {"x": (2, 3, 4)}, {"normalized_shape": (3, 4)}),
    "group_norm": (
        "group_norm",
        {"x": (2, 6, 5), "weight": (6,), "bias": (6,)},
        {"num_groups": 3, "eps": 0.5},
    ),
    "local_response_norm": (
        "local_response_norm",
        {"x": (2, 6, 4)},
        {"size": 4, "alpha": 2.0, "k": 2.0},
    ),
    "perceptron_loss": (
        "perceptron_loss",
        {"score": (5, 4), "target": Draw((5, 4), "labels")},
        {},
    ),
}
every_case = pytest.mark.parametrize("name", CASES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)
SIZES = (0.0, 1e-5, 1e-2, 1.0)  # of the errors, beside values of order 1


class Setting:
    """A centre, the most by which each input may be off, and the accumulated bounds."""

    def __init__(self, name: str, dtype: str, size: float, values: str = "normal") -> None:
        self.function, shapes, self.options = CASES[name]
        self.rng = np.random.default_rng([1, *name.encode()])
        self.dtype = dtype
        self.arrays = {
            key: np.array([3, 0, 6])
            if s == "classes"
            else draw(s, dtype, self.rng)
            if isinstance(s, Draw)
            else random(values, s, dtype, 2, i)
            for i, (key, s) in enumerate(shapes.items())
        }
        y = oracle.forward(self.function, self.arrays, self.options)
        self.dy = np.asarray(random("normal", y.shape, dtype, 3))
        if self.function == "cross_entropy":
            self.dy = np.asarray(1.5, dtype)
        self.errors = {
            key: self.rng.uniform(0, size, a.shape) * (self.rng.random(a.shape) < 0.8)
            for key, a in {**self.arrays, "dy": self.dy}.items()
            if key not in ("target", "mask", "running_mean", "running_var")
        }

    def bounds(self) -> dict[str, Accumulated]:
        both = sides(self.dtype)
        y = forward_error(self.function, self.arrays, self.errors, self.options, both)
        grads = backward_errors(
            self.function, self.dy, self.arrays, self.errors, self.options, both
        )
        return {"y": y, **{f"d{name}": found for name, found in grads.items()}}

    def moved(self, how: str) -> tuple[Any, dict[str, Any]]:
        """dy and the arrays, each element moved by at most its error, towards the inside."""
        found = {}
        for name, array in {**self.arrays, "dy": self.dy}.items():
            if name not in self.errors:
                found[name] = array
                continue
            error, centre = self.errors[name], array.astype(np.float64)
            sign = self.rng.choice([-1.0, 1.0], error.shape)
            shift = {
                "corner": sign,
                "up": np.ones_like(sign),
                "down": -np.ones_like(sign),
                "away": np.sign(centre),
                "inside": self.rng.uniform(-1, 1, error.shape),
            }[how]
            near = np.asarray((centre + shift * error).astype(array.dtype))
            while np.any(far := np.abs(near.astype(np.float64) - centre) > error):
                near = np.where(far, np.nextafter(near, array), near)
            found[name] = near
        return found.pop("dy"), found

    def check(self, how: str) -> None:
        """refimpl on moved inputs stays within the bounds of torch on the centre."""
        dy, arrays = self.moved(how)
        ours = computed("numpy", self.function, dy, arrays, self.options)
        theirs = computed("torch", self.function, self.dy, self.arrays, self.options)
        for tensor, bound in self.bounds().items():
            difference = np.abs(ours[tensor].astype(np.float64) - theirs[tensor])
            assert bound.error.shape == difference.shape
            assert np.all(difference <= bound.error), tensor


def test_every_rule_has_a_case() -> None:
    """Each function that errors are propagated through is tried here."""
    assert {function for function, _, _ in CASES.values()} == set(RULES)


@every_case
@every_dtype
@pytest.mark.parametrize("size", SIZES)
def test_moved_inputs_stay_within_the_bound(name: str, size: float, dtype: str) -> None:
    """Value and every gradient of inputs within their errors lie within the bound."""
    setting = Setting(name, dtype, size)
    if name == "cross_entropy":
        setting.errors["dy"] = np.zeros(())  # see the test of its own
    for how in ("corner", "corner", "up", "down", "away", "inside"):
        setting.check(how)


@pytest.mark.parametrize("how", ["up", "down"])
def test_an_error_of_the_losses_upstream_gradient_is_carried(how: str) -> None:
    """∂L/∂logits moves with dy as well."""
    setting = Setting("cross_entropy", "float64", 0.0)
    setting.errors["dy"] = np.asarray(0.25)
    setting.check(how)


@pytest.mark.parametrize("slope", [-0.5, -2.0])
def test_a_negative_slope_bends_further(slope: float) -> None:
    """Across a kink the two branches differ by |1 − slope|, which a negative slope widens."""
    setting = Setting("leaky_relu", "float64", 0.0)
    setting.options = {"negative_slope": slope}
    setting.arrays = {"x": np.array([[0.5, -0.5]])}
    setting.dy = np.array([[1.0, 1.0]])
    setting.errors = {"x": np.ones((1, 2)), "dy": np.zeros((1, 2))}
    setting.check("up")
    setting.check("down")


@every_case
@pytest.mark.parametrize("values", ["ties", "zeros"])
def test_ties_and_zeros_stay_within_the_bound(name: str, values: str) -> None:
    """Where errors make ties and zeros fall to either side, the bound holds both."""
    setting = Setting(name, "float64", 1e-2, values)
    if name == "cross_entropy":
        setting.errors["dy"] = np.zeros(())
    for how in ("corner", "corner", "away"):
        setting.check(how)


def test_a_bound_that_is_too_small_is_noticed() -> None:
    """The check can fail: with a tenth of the errors declared, it does."""
    setting = Setting("conv2d", "float64", 1e-2)
    moved = setting.moved("away")
    setting.errors = {name: error / 10 for name, error in setting.errors.items()}
    setting.moved = lambda how: moved  # type: ignore[method-assign]
    with pytest.raises(AssertionError):
        setting.check("away")


@pytest.mark.parametrize("output", [0.25, 1.0])
def test_an_output_on_its_target_may_still_be_rounded(output: float) -> None:
    """½ Σ d² at d = 0: within the error d is not 0, and the rounding there is in the bound."""
    target, error = np.full((3, 4), 0.25), np.full((3, 4), 1e-3)
    arrays, both = {"output": np.full((3, 4), output), "target": target}, sides("float64")
    errors = {"output": error, "dy": np.zeros(())}
    found = forward_error("squared_error", arrays, errors, {}, both).error
    away = {"output": arrays["output"] + error, "target": target}
    d = arrays["output"] - target
    drift = np.sum(((d + error) ** 2 - d**2) / 2)
    rounding = forward_bound("squared_error", away, {}, both).limit
    assert drift + rounding <= found * (1 + 2.0**-50)
    assert found <= drift * (1 + 2.0**-20) + 2 * rounding
    back = backward_errors("squared_error", np.ones(()), arrays, errors, {}, both)["output"]
    least = backward_bounds("squared_error", np.ones(()), away, {}, both)["output"].limit
    assert np.all(back.error >= (error + least) * (1 - 2.0**-50))


# --- how wide -----------------------------------------------------------------------------

POSITIVE = {"x": np.array([[3.0, 5.0]]), "weight": np.array([[2.0, 7.0]])}
BOTH_OFF = {"x": np.array([[0.5, 0.25]]), "weight": np.array([[0.125, 1.0]])}


@pytest.mark.parametrize("function", ["linear", "conv2d"])
def test_the_cross_term_of_both_errors_is_carried(function: str) -> None:
    """(x + e)(w + d) − x·w = e·w + x·d + e·d: all of it, and no more than rounding beside."""
    shape = (1, 2) if function == "linear" else (1, 1, 1, 2)
    arrays = {name: a.reshape(shape) for name, a in POSITIVE.items()}
    errors = {name: e.reshape(shape) for name, e in BOTH_OFF.items()}
    found = forward_error(function, arrays, errors, {}, sides("float64")).error.item()
    reached = 3.5 * 2.125 + 5.25 * 8.0 - 3 * 2 - 5 * 7
    without_cross_term = 0.5 * 2 + 0.25 * 7 + 3 * 0.125 + 5 * 1.0
    assert without_cross_term < reached <= found <= reached * (1 + 2.0**-20)


@every_case
@every_dtype
@pytest.mark.parametrize("values", ["normal", "ties", "zeros"])
def test_without_errors_there_are_no_kinks(name: str, values: str, dtype: str) -> None:
    """At ties and at 0 the convention decides as long as nothing carries an error."""
    found = Setting(name, dtype, 0.0, values).bounds()
    assert {tensor: bound.kinks for tensor, bound in found.items()} == dict.fromkeys(found, 0)


@pytest.mark.parametrize("name", ["flatten", "relu", "max_pool2d", "dropout of half"])
@every_dtype
@pytest.mark.parametrize("values", ["normal", "ties", "zeros"])
def test_without_errors_selections_are_equal(name: str, values: str, dtype: str) -> None:
    """What only selects and moves leaves no error where none comes in."""
    for found in Setting(name, dtype, 0.0, values).bounds().values():
        assert not found.error.any()


def test_dropout_carries_the_errors_of_what_it_keeps() -> None:
    """An error grows by 1/(1 − p) where the mask is 1 and ends where it is 0, either way."""
    arrays = {"x": np.array([3.0, 5.0]), "mask": np.array([True, False])}
    errors, both = {"x": np.array([0.5, 0.5]), "dy": np.array([2.0, 2.0])}, sides("float64")
    options = {"p": 0.75}
    assert forward_error("dropout", arrays, errors, options, both).error.tolist() == [2.0, 0.0]
    found = backward_errors("dropout", np.ones(2), arrays, errors, options, both)
    assert found["x"].error.tolist() == [8.0, 0.0]


# --- kinks --------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["relu", "leaky_relu"])
@pytest.mark.parametrize(
    ("x", "error", "kinks"),
    [(0.0, 0.0, 0), (0.0, 0.1, 1), (0.5, 0.1, 0), (0.5, 0.5, 1), (-0.5, 0.6, 1), (-0.5, 0.4, 0)],
)
def test_kinks_are_where_an_interval_holds_zero(
    function: str, x: float, error: float, kinks: int
) -> None:
    """An interval that reaches 0 is a kink; 0 itself without an error is none."""
    arrays, errors = {"x": np.array([x, 9.0])}, {"x": np.array([error, error]), "dy": np.zeros(2)}
    both = sides("float64")
    assert forward_error(function, arrays, errors, {}, both).kinks == kinks
    found = backward_errors(function, np.ones(2), arrays, errors, {}, both)["x"]
    assert found.kinks == kinks
    slope = {"relu": 0.0, "leaky_relu": 0.01}[function]
    jump = (1 - slope) * kinks
    assert jump <= found.error[0] <= jump + 2.0**-50


@pytest.mark.parametrize(
    ("x", "error", "kinks", "reached"),
    [
        ([1, 1], [0, 0], 0, [0, 0]),  # a tie without error: the convention decides
        ([1, 1], [0.1, 0], 1, [3, 3]),
        ([1, 1.5], [0.1, 0.1], 0, [0, 0]),
        ([1, 1.5], [0.3, 0.1], 0, [0, 0]),
        ([1, 1.5], [0.3, 0.25], 1, [3, 3]),
        ([1, 1.5], [0, 0.5], 1, [3, 3]),  # the intervals touch
    ],
)
def test_kinks_of_a_maximum_are_contested_windows(
    x: list[float], error: list[float], kinks: int, reached: list[float]
) -> None:
    """A window whose winner may change is one kink, and dy may go to any of its candidates."""
    arrays = {"x": np.array(x).reshape(1, 1, 1, 2)}
    errors = {"x": np.array(error, float).reshape(1, 1, 1, 2), "dy": np.zeros((1, 1, 1, 1))}
    dy, options = np.full((1, 1, 1, 1), -3.0), {"kernel_size": (1, 2)}
    found = backward_errors("max_pool2d", dy, arrays, errors, options, sides("float64"))["x"]
    assert found.kinks == kinks
    assert np.all(found.error.ravel() >= reached)
    assert np.all(found.error.ravel() <= np.array(reached) * (1 + 2.0**-20))


def test_a_place_that_may_win_many_windows_carries_their_rounding() -> None:
    """64 windows whose maximum moves to one place: its sum is rounded 63 times."""
    x = np.ones((1, 1, 15, 15), np.float32)
    x[0, 0, 7, 7] = 0.75
    other = x.copy()
    other[0, 0, 7, 7] = 1.25
    # Each addition past 32 loses nearly half a unit of 2⁻¹⁸.
    dy = np.full((1, 1, 8, 8), 1 + 2.0**-19 + 2.0**-22, np.float32)
    options = {"kernel_size": 8, "stride": 1}
    errors = {"x": np.abs(other - x).astype(np.float64), "dy": np.zeros(dy.shape)}
    found = backward_errors("max_pool2d", dy, {"x": x}, errors, options, sides("float32"))["x"]
    ours = computed("numpy", "max_pool2d", dy, {"x": other}, options)["dx"]
    theirs = computed("torch", "max_pool2d", dy, {"x": x}, options)["dx"]
    assert np.all(np.abs(ours.astype(np.float64) - theirs) <= found.error)


def test_ceil_mode_is_propagated() -> None:
    """Windows that hang over the edge carry errors like the others."""
    arrays = {"x": random("normal", (1, 2, 5, 4), "float64", 4)}
    options = {"kernel_size": 2, "ceil_mode": True}
    y = oracle.forward("max_pool2d", arrays, options)
    errors = {"x": np.zeros((1, 2, 5, 4)), "dy": np.ones(y.shape)}
    dy = np.ones(y.shape)
    found = backward_errors("max_pool2d", dy, arrays, errors, options, sides("float64"))["x"]
    assert found.error.shape == (1, 2, 5, 4)
    assert np.all(found.error[:, :, 4].sum(axis=-1) >= 1)


# --- NaN and ∞ ----------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("special", [np.inf, np.nan])
def test_an_error_without_limit_bounds_nothing(name: str, special: float) -> None:
    """Where an input may be anything, so may what is made of it: ∞, never NaN."""
    setting = Setting(name, "float64", 1e-3)
    first = next(iter(setting.errors))
    setting.errors[first] = np.full(setting.errors[first].shape, special)
    found = setting.bounds()
    assert not any(np.isnan(bound.error).any() for bound in found.values())
    if setting.function == "concatenate":  # only the maps of that input
        assert np.isinf(found["y"].error[:, : setting.errors[first].shape[1]]).all()
    elif name == "pad by a value":  # only what is copied: of 5·4 places two rows are taken away
        assert np.isinf(found["y"].error).sum() == 2 * 3 * 3 * 4
    elif setting.function not in ("sigmoid", "tanh"):
        assert np.isinf(found["y"].error).all()


@pytest.mark.parametrize("name", ["max_pool2d", "max_pool2d overlapping"])
@pytest.mark.parametrize("centre", ["numbers", "NaN"])
def test_a_maximum_of_anything_may_be_anywhere(name: str, centre: str) -> None:
    """Where nothing is known of x, every place may receive dy or not."""
    setting = Setting(name, "float64", 0.0)
    if centre == "NaN":
        setting.arrays["x"] = np.full_like(setting.arrays["x"], np.nan)
    setting.errors["x"] = np.full(setting.errors["x"].shape, np.inf)
    least = np.abs(setting.dy).min()
    assert least > 0
    assert np.all(setting.bounds()["dx"].error >= least)


def test_widened_reaches_past_the_error() -> None:
    """|array| + error, rounded outward even in float32."""
    arrays, errors = {"x": np.array([-1.0, 2.0], np.float32)}, {"x": np.array([1e-9, 0.1])}
    found = widened(arrays, errors)["x"]
    assert found.dtype == np.float32
    assert np.all(found.astype(np.float64) >= np.array([1 + 1e-9, 2.1]))


# --- the losses of two classes --------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "error", "kinks", "moved"),
    [
        (2.0, 0.5, 0, 0.5),  # −t·s = 2: on the wrong side, whatever the error
        (-2.0, 0.5, 0, 0.0),
        (-2.0, 2.0, 1, 2.0),  # the interval reaches the hyperplane
        (0.0, 0.0, 0, 0.0),  # on it, without an error: the convention decides
    ],
)
def test_the_perceptrons_loss_moves_on_the_wrong_side(
    score: float, error: float, kinks: int, moved: float
) -> None:
    """t = −1: a score moves the loss where it may be positive; a kink is counted."""
    arrays = {"score": np.array([score]), "target": np.array([-1.0])}
    errors, both = {"score": np.array([error]), "dy": np.array(0.25)}, sides("float64")
    forward = forward_error("perceptron_loss", arrays, errors, {}, both)
    assert (forward.error, forward.kinks) == (moved, kinks)
    back = backward_errors("perceptron_loss", np.array(3.0), arrays, errors, {}, both)["score"]
    assert back.kinks == kinks
    assert back.error.tolist() == [3.25 if kinks else 0.25 if score > 0 else 0.0]


@pytest.mark.parametrize("z", [-800.0, -3.0, 0.0, 0.5, 60.0, 800.0])
@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("error", [1e-3, 2.0, 300.0])
def test_wide_errors_of_a_logit_stay_in_the_bound(z: float, t: float, error: float) -> None:
    """Loss and gradient anywhere in the interval, and what is rounded there."""
    target, both, name = np.array([t]), sides("float32"), "binary_cross_entropy_with_logits"
    arrays = {"logits": np.array([z], np.float32), "target": target.astype(np.float32)}
    errors, one = {"logits": np.array([error]), "dy": np.zeros(())}, np.ones((), np.float32)
    value = forward_error(name, arrays, errors, {}, both).error
    slope = backward_errors(name, one, arrays, errors, {}, both)["logits"].error
    centre = computed("torch", name, one, arrays, {})
    for there in np.linspace(z - error, z + error, 41).astype(np.float32):
        if abs(float(there) - z) > error:
            continue
        moved = {"logits": there[None], "target": arrays["target"]}
        found = computed("numpy", name, one, moved, {})
        least = forward_bound(name, moved, {}, (both[0], both[0])).limit / 2
        assert abs(float(found["y"]) - float(centre["y"])) + least <= value * (1 + 2.0**-20)
        least = backward_bounds(name, one, moved, {}, (both[0], both[0]))["logits"].limit / 2
        difference = np.abs(found["dlogits"].astype(float) - centre["dlogits"])
        assert np.all(difference <= slope)
        assert np.all(least <= slope)


# --- what does not move is not computed ---------------------------------------------------


@every_dtype
@pytest.mark.parametrize("still", ["x", "weight"])
@pytest.mark.parametrize("name", ["conv2d", "conv2d no bias", "linear"])
def test_bounds_are_the_same_where_nothing_is_left_out(
    monkeypatch: pytest.MonkeyPatch, name: str, still: str, dtype: str
) -> None:
    """A factor without an error is left out of the drift, and nothing changes; one with is not."""
    function, shapes, options = CASES[name]
    arrays = {k: random("normal", s, dtype, 1, i) for i, (k, s) in enumerate(shapes.items())}
    dy = random("normal", oracle.forward(function, arrays, options).shape, dtype, 2)
    errors = {k: np.full(a.shape, 0.0 if k == still else 1e-3) for k, a in arrays.items()}
    errors["dy"] = np.zeros(dy.shape)

    def found() -> dict[str, Any]:
        y = forward_error(function, arrays, errors, options, sides(dtype))
        of_gradients = backward_errors(function, dy, arrays, errors, options, sides(dtype))
        return {"y": y.error, **{n: bound.error for n, bound in of_gradients.items()}}

    short = found()
    monkeypatch.setattr(multilinear, "_moves", lambda name, errors: True)
    for tensor, error in found().items():
        np.testing.assert_array_equal(short[tensor], error, tensor)
    monkeypatch.setattr(multilinear, "_moves", lambda name, errors: False)
    assert not all(np.array_equal(short[tensor], error) for tensor, error in found().items())


# --- the windows of max pooling, which no code under test makes ------------------------------

GEOMETRIES: list[Options] = [
    {"kernel_size": 2},
    {"kernel_size": (3, 2), "stride": (2, 1), "padding": 1},
    {"kernel_size": 2, "dilation": (2, 3), "stride": 3},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
]


@pytest.mark.parametrize("options", GEOMETRIES)
def test_the_windows_of_a_maximum(options: Options) -> None:
    """Their largest elements are torch's maxima, and their sums are the windows' adjoint."""
    x = np.asarray(random("normal", (2, 3, 8, 7), "float64", 1))
    y = oracle.forward("max_pool2d", {"x": x}, options)
    pool = _Pool.of(x, y, options)
    of_x = pool.windows(x, -np.inf)
    assert np.array_equal(of_x.max(axis=(2, 3)), y)
    parts = np.asarray(random("integers", of_x.shape, "float64", 2))
    inside = np.where(np.isfinite(of_x), of_x, 0)
    assert np.isclose(np.sum(pool.sums(parts) * x), np.sum(parts * inside), rtol=1e-12)
    wrong = pool._replace(stride=(1, 1)).windows(x, -np.inf)
    assert max(pool.stride) == 1 or wrong.shape != of_x.shape
