"""Mistakes planted in every backward and in a layer of LeNet: the run must refuse each one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sharing import remembered, share
from typer.testing import CliRunner

import refimpl
from parity.bounds.arithmetic import sides
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array, Case, case_arrays
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS, backward_of
from parity.cases.networks import NETWORKS
from parity.cli import app
from parity.judges import layer, network
from parity.judges.network import check_network
from parity.judges.training import check_training
from parity.results.message import describe
from parity.results.settings import Settings
from parity.results.verdicts import OUTSIDE
from parity.suite.run import run_task
from parity.suite.task import Task
from parity.witnesses import integers
from parity.witnesses.exact import opinion
from parity.witnesses.integers import Judges, judges_of

DTYPE = "float64"
Mistake = Callable[[Array, Array], Array]  # (gradient, its bound) -> wrong gradient


def wrong_sign(gradient: Array, limit: Array) -> Array:
    return -gradient


def a_little_too_large(gradient: Array, limit: Array) -> Array:
    """0.05 %"""
    return gradient * np.asarray(1.0005, gradient.dtype)


def one_element_off(gradient: Array, limit: Array) -> Array:
    """By 8 times its bound; where the bound is 0, by one unit in the last place."""
    wrong = gradient.copy()
    place = np.unravel_index(np.argmax(limit), limit.shape)
    if limit[place]:
        wrong[place] += 8 * limit[place]
    else:
        wrong[place] = np.nextafter(wrong[place], np.inf)
    return wrong


def last_row_left_out(gradient: Array, limit: Array) -> Array:
    return gradient[:-1]


def last_row_zero(gradient: Array, limit: Array) -> Array:
    wrong = gradient.copy()
    wrong[-1] = 0
    return wrong


MISTAKES = (wrong_sign, a_little_too_large, one_element_off, last_row_left_out, last_row_zero)
IN_FLOAT32 = (a_little_too_large, last_row_zero)
# The gradient of sign is 0 everywhere: the other mistakes leave it as it is.
SEEN_IN_ZEROS = (one_element_off, last_row_left_out)
PLANTED = [
    (function.name, name, mistake, dtype)
    for function in FUNCTIONS.values()
    for name in function.inputs
    for mistake in (SEEN_IN_ZEROS if function.name == "sign" else MISTAKES)
    for dtype in (DTYPE, *(["float32"] if mistake in IN_FLOAT32 else []))
]
FORWARD_ONLY = [function.name for function in FUNCTIONS.values() if not function.inputs]


def example(function: str, gradient: str = "") -> Case:
    """An ordinary case of a function in which the gradient occurs: random numbers, not empty."""
    for case in GOOD:
        arrays = case.arrays
        first = next(iter(arrays.values()))
        if (
            case.function == function
            and (not gradient or gradient in arrays)
            and getattr(first, "values", None) in ("normal", "positive")
            and case.upstream == "normal"
            and min(first.shape, default=0) > 1
        ):
            return case
    raise LookupError(f"{function}: no ordinary case")


def plant(
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
    gradient: str,
    mistake: Mistake,
    dtype: str = DTYPE,
) -> None:
    """Replace the function's backward in refimpl by one that makes the mistake."""
    detour(monkeypatch, case, gradient, mistake, dtype)
    share_what_is_right(monkeypatch)


def detour(
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
    gradient: str,
    mistake: Mistake,
    dtype: str = DTYPE,
) -> None:
    """The same, with torch asked anew."""
    name, function = backward_of(case.function), FUNCTIONS[case.function]
    right = getattr(refimpl, name)
    arrays = case_arrays(case, dtype, Settings().seed)
    shape = function.forward(arrays, case.options).shape

    def wrong(dy: Any, *args: Any, **options: Any) -> Any:
        # Balls and symbols have no bounds, a sample alone and another convention have others.
        one = function.as_one(dy)
        if one.dtype != dtype or one.shape != shape or {"ties", "indices"} & options.keys():
            return right(dy, *args, **options)
        limits = backward_bounds(case.function, one, arrays, options, sides(dtype))
        grads = right(dy, *args, **options)
        if not isinstance(grads, tuple):
            return mistake(grads, limits[gradient].limit)
        if not hasattr(grads, "_replace"):
            place = function.inputs.index(gradient)
            spoilt = mistake(grads[place], limits[gradient].limit)
            return (*grads[:place], spoilt, *grads[place + 1 :])
        field = f"d{gradient}"
        spoilt = mistake(getattr(grads, field), limits[gradient].limit)
        return grads._replace(**{field: spoilt})

    monkeypatch.setattr(refimpl, name, wrong)


def share_what_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch, the bounds, and what refimpl gives on exact elements: the same for every mistake."""
    share(monkeypatch, layer, "prepare")
    share(monkeypatch, opinion, "exact")
    exact = remembered(on_fractions)
    monkeypatch.setattr(
        integers, "judges_of", lambda *a: Judges(lambda: exact(*a), judges_of(*a).double)
    )


def on_fractions(*asked: Any) -> Array:
    """refimpl's own formula without rounding, which no mistake here changes."""
    return judges_of(*asked).exact()


def run(case: Case, out: Path, dtype: str = DTYPE) -> tuple[int, str]:
    """`parity run` on one case: its exit code and output."""
    words = ["run", case.function, "--case", case.id, "--dtype", dtype, "--out", str(out)]
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("function", "gradient", "mistake", "dtype"),
    PLANTED,
    ids=lambda value: getattr(value, "__name__", value),
)
def test_planted_in_a_backward(
    function: str,
    gradient: str,
    mistake: Mistake,
    dtype: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run exits with 1 and names tensor, place and both values."""
    case = example(function, gradient)
    plant(monkeypatch, case, gradient, mistake, dtype)
    code, output = run(case, tmp_path, dtype)
    assert code == 1, output
    assert f"FAIL {backward_of(function)} d{gradient} · case {case.name} · {dtype}" in output
    assert " at (" in output
    if mistake is not a_little_too_large:  # which the exact value may see alone
        assert ": refimpl " in output
        assert ", torch " in output


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.__name__)
@pytest.mark.parametrize("function", FORWARD_ONLY)
def test_planted_in_a_forward(
    function: str, mistake: Mistake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function without a backward of its own is judged by its value."""
    case, right = example(function), getattr(refimpl, function)
    names = list(case.arrays)

    def wrong(*given: Array) -> Array:
        arrays = dict(zip(names, given, strict=True))
        return mistake(right(*given), forward_bound(function, arrays, {}, sides(DTYPE)).limit)

    monkeypatch.setattr(refimpl, function, wrong)
    code, output = run(case, tmp_path)
    assert code == 1, output
    assert f"FAIL {function} y · case {case.name} · {DTYPE}" in output


@pytest.mark.parametrize("function", FORWARD_ONLY)
def test_forward_control(function: str, tmp_path: Path) -> None:
    """Without a mistake that value is refused by nothing."""
    code, output = run(example(function), tmp_path)
    assert code == 0, output


def test_a_sign_that_lets_gradients_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dx = dy, by which networks of signs are trained, is not the derivative."""
    monkeypatch.setattr(refimpl, "sign_backward", lambda dy, x: dy)
    code, output = run(example("sign", "x"), tmp_path)
    assert code == 1
    assert "FAIL sign_backward dx" in output


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if name not in FORWARD_ONLY])
def test_control(function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same detour without a mistake is refused by nothing.

    torch is asked anew: the run plants mistakes on its side, too, and must see them.
    """
    case = example(function, FUNCTIONS[function].inputs[0])
    detour(monkeypatch, case, FUNCTIONS[function].inputs[0], lambda gradient, limit: gradient)
    code, output = run(case, tmp_path)
    assert code == 0, output


@pytest.mark.parametrize("tensor", ["dx", "dweight", "dbias"])
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.__name__)
def test_planted_in_a_layer_of_lenet(
    mistake: Mistake, tensor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in conv2 is outside there, locally, and no other layer is blamed."""
    right = refimpl.Conv2d.backward

    def wrong(self: refimpl.Conv2d, dy: Array, x: Array) -> refimpl.LayerGrads:
        grads = right(self, dy, x)
        if len(self.parameters["weight"]) != 16:  # conv1 has 6 maps, conv2 has 16
            return grads
        arrays = {"x": x, **self.parameters}
        limits = backward_bounds("conv2d", dy, arrays, self.options, sides(DTYPE))
        limit = limits[tensor[1:]].limit
        if tensor == "dx":
            return grads._replace(dx=mistake(grads.dx, limit))
        spoilt = mistake(grads.dparameters[tensor[1:]], limit)
        return grads._replace(dparameters={**grads.dparameters, tensor[1:]: spoilt})

    monkeypatch.setattr(refimpl.Conv2d, "backward", wrong)
    share(monkeypatch, network, "run_torch", "accumulated_bounds", "tensor_bounds")
    share(monkeypatch, opinion, "exact")
    rows = check_network(NETWORKS["lenet"], DTYPE, Settings()).rows
    local = [row for row in rows if row.case == "lenet[local]" and row.verdict == OUTSIDE]
    assert [(row.layer, row.tensor) for row in local] == [("conv2", tensor)]
    message = describe(local[0])
    assert f"FAIL lenet conv2 {tensor} · [local] · {DTYPE}" in message
    assert " at (" in message
    assert ": refimpl " in message


# --- layers that forget an option ---------------------------------------------------------

FORGOTTEN: dict[tuple[str, str], tuple[type[refimpl.Layer], dict[str, Any]]] = {
    ("options", "conv"): (refimpl.Conv2d, {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}),
    ("options", "bend"): (refimpl.LeakyReLU, {"negative_slope": 0.01}),
    ("options", "max"): (
        refimpl.MaxPool2d,
        {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False},
    ),
    ("options", "mean"): (
        refimpl.AvgPool2d,
        {"stride": None, "padding": 0, "ceil_mode": False, "count_include_pad": True},
    ),
    ("options", "sum"): (refimpl.AvgPool2d, {"divisor_override": None}),
    ("options", "shares"): (refimpl.Softmax, {"axis": -1}),
    ("autoencoder", "elu"): (refimpl.ELU, {"alpha": 1}),
    ("autoencoder", "pool"): (refimpl.AdaptiveAvgPool2d, {"output_size": (3, 4)}),
    ("autoencoder", "up1"): (refimpl.ConvTranspose2d, {"stride": 1, "dilation": 1}),
    ("autoencoder", "up2"): (
        refimpl.ConvTranspose2d,
        {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1},
    ),
    ("activated", "group"): (refimpl.GroupNorm, {"num_groups": 1}),
    ("activated", "gelu by tanh"): (refimpl.GELU, {"approximate": "none"}),
    ("activated", "softplus"): (refimpl.Softplus, {"beta": 1}),
    ("activated", "pool"): (refimpl.AdaptiveMaxPool2d, {"output_size": (2, 3)}),
    ("small_resnet", "bn1"): (refimpl.BatchNorm, {"training": False}),
}


@pytest.mark.parametrize(
    ("network_name", "layer", "option"),
    [(*place, option) for place, (_, defaults) in FORGOTTEN.items() for option in defaults],
)
def test_a_layer_that_forgets_an_option(
    network_name: str, layer: str, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch's side is built from the description, so the layer has no twin and is outside."""
    kind, defaults = FORGOTTEN[network_name, layer]
    right = kind.__init__

    def forgetful(self: Any, *args: Any, **options: Any) -> None:
        right(self, *args, **options)
        self.options[option] = defaults[option]

    monkeypatch.setattr(kind, "__init__", forgetful)
    share(monkeypatch, network, "run_torch", "accumulated_bounds", "tensor_bounds")
    findings = run_task(Task("network", network_name, DTYPE), Settings())
    local = [row for row in findings.failures if row.case == f"{network_name}[local]"]
    assert layer in {row.layer for row in local}


def test_a_training_that_steps_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update that is made twice is seen in the free-running weights."""
    right = refimpl.training.update

    def twice(*args: Any) -> None:
        right(*args)
        right(*args)

    monkeypatch.setattr(refimpl.training, "update", twice)
    case = replace(NETWORKS["lenet"], steps=1)
    failed = check_training(case, DTYPE, Settings()).failures
    assert {row.tensor for row in failed} == {"new weight", "new bias"}
