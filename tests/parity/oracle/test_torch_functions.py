"""Everything that is compared, said in torch: the values of the definitions, on integers."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
from exact import DTYPES, exact, random
from integer_arrays import integer_arrays

import refimpl
from parity import oracle
from parity.cases.case import Draw
from parity.cases.functions import FUNCTIONS
from parity.oracle import torch_functions


def test_every_function_has_a_twin() -> None:
    """The functions that are compared are those that the oracle knows."""
    with_indices = {f"{name}_with_indices" for name, f in FUNCTIONS.items() if f.has_indices}
    assert set(torch_functions.FUNCTIONS) == set(FUNCTIONS) | with_indices


@pytest.mark.parametrize("name", sorted(torch_functions.FUNCTIONS))
def test_it_stands_in_the_file_of_its_subject(name: str) -> None:
    """Which is called as refimpl's file of the function."""
    subject = getattr(refimpl, name).__module__.removeprefix("refimpl.")
    table = import_module(f"parity.oracle.{subject}").TORCH
    assert table[name] is torch_functions.FUNCTIONS[name]


OTHERS: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
    ("max_pool1d", {"x": (2, 3, 7)}, {"kernel_size": 3, "stride": 2, "padding": 1}),
    ("max_pool2d", {"x": (2, 3, 6, 5)}, {"kernel_size": 2, "ceil_mode": True}),
    ("max_pool3d", {"x": (1, 2, 3, 4, 5)}, {"kernel_size": 2, "stride": 1}),
    *(
        (function, {"a": (2, *a), "kernel": kernel}, {"mode": mode})
        for function in ("correlate2d", "convolve2d")
        for a, kernel, modes in (
            ((5, 4), (3, 2), ("full", "same", "valid")),
            ((4, 5), (2, 4), ("full", "same", "valid")),
            ((3, 2), (4, 5), ("full", "same", "valid")),
            ((2, 5), (4, 3), ("full", "same")),
        )
        for mode in modes
    ),
    ("correlate2d", {"a": (5, 4), "kernel": (3, 2)}, {}),
    ("convolve2d", {"a": (5, 4), "kernel": (3, 2)}, {}),
    ("rot180", {"a": (2, 3, 4)}, {}),
    ("shared_conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 2), "bias": (4,)}, {}),
    ("shared_conv2d", {"x": (2, 3, 5, 4), "weight": (4, 2, 3)}, {}),
    ("weighted_pool2d", {"x": (2, 3, 5, 7), "weight": (3, 2, 3), "bias": (3,)}, {}),
    ("weighted_pool2d", {"x": (2, 3, 5, 7), "weight": (3, 2, 3)}, {"stride": (1, 2)}),
    ("downsample", {"x": (2, 3, 5, 7)}, {"size": 2}),
    ("downsample", {"x": (2, 3, 5, 7)}, {"size": (2, 3), "edge": "drop"}),
    ("downsample", {"x": (2, 3, 5, 7)}, {"size": (2, 4), "how": "mean"}),
    ("downsample", {"x": (2, 3, 5, 7)}, {"size": 4, "how": "mean", "edge": "drop"}),
    ("flatten", {"x": (2, 3, 4)}, {}),
    ("relu", {"x": (3, 5)}, {}),
    ("leaky_relu", {"x": (3, 5)}, {"negative_slope": 0.25}),
    ("linear", {"x": (3, 5), "weight": (2, 5), "bias": (2,)}, {}),
    ("perceptron", {"x": (3, 5), "weight": (2, 5), "bias": (2,)}, {}),
    ("add", {"x": (3, 5, 2), "other": (3, 5, 2)}, {}),
    ("concatenate", {"a": (3, 2, 5), "b": (3, 1, 5), "c": (3, 4, 5)}, {}),
    *(
        ("mse_loss", {"output": (4, 8), "target": (4, 8)}, {"reduction": reduction})
        for reduction in ("mean", "sum", "none")
    ),
    ("squared_error", {"output": (3, 4), "target": (3, 4)}, {}),
    ("sign", {"x": (3, 5)}, {}),
    ("dsigmoid", {"o": (3, 5)}, {}),
    ("dtanh", {"o": (3, 5)}, {}),
    ("dropout", {"x": (3, 5), "mask": Draw((3, 5), "mask")}, {}),
    ("dropout", {"x": (3, 5), "mask": Draw((3, 5), "mask")}, {"p": 0}),
    ("perceptron_loss", {"score": (3, 5), "target": Draw((3, 5), "labels")}, {}),
]


@pytest.mark.parametrize(("function", "shapes", "options"), OTHERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_other_functions_follow_their_definition(
    function: str, shapes: Mapping[str, Any], options: Mapping[str, Any], dtype: str
) -> None:
    """On integers torch gives exactly the definition's value and gradients, in their dtype."""
    arrays = integer_arrays(shapes, dtype)
    y = oracle.forward(function, arrays, options)
    dy = np.asarray(random("integers", y.shape, dtype, 2))
    truth = exact(function, dy, arrays, options)
    wanted = [name for name in FUNCTIONS[function].inputs if name in arrays]
    found = oracle.gradients(function, arrays, options, dy, wanted)
    for name, value in {"y": found.y, **{f"d{n}": g for n, g in found.gradients.items()}}.items():
        np.testing.assert_array_equal(value, np.asarray(truth[name], float).astype(dtype))
        assert value.dtype == dtype


@pytest.mark.parametrize("p", [0.5, 0.3, 0.9])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dropout_is_torchs_own(p: float, dtype: str) -> None:
    """With the mask that torch drew, the twin of dropout gives what torch's dropout gave."""
    x = random("normal", (20, 30), dtype, 6)
    torch.manual_seed(7)
    theirs = torch.nn.functional.dropout(torch.from_numpy(x), p).numpy()
    mask = theirs != 0
    assert 0 < mask.mean() < 1
    twin = oracle.forward("dropout", {"x": x, "mask": mask}, {"p": p})
    np.testing.assert_array_equal(twin, theirs, strict=True)


STEPS: list[tuple[str, dict[str, Any]]] = [
    ("sgd_step", {}),
    ("sgd_step", {"momentum": 0.9}),
    ("sgd_step", {"momentum": 0.9, "dampening": 0.25, "weight_decay": 0.05, "maximize": True}),
    ("sgd_step", {"momentum": 0.9, "nesterov": True}),
    ("adam_step", {}),
    ("adam_step", {"betas": (0.5, 0.75), "eps": 0.1, "weight_decay": 0.3, "maximize": True}),
    ("adam_step", {"amsgrad": True}),
]


@pytest.mark.parametrize(("function", "options"), STEPS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_steps_are_those_of_torchs_optimisers(
    function: str, options: dict[str, Any], dtype: str
) -> None:
    """Three steps of an optimiser of torch, and of its twin, what is left out included."""
    value, gradient = (random("normal", (3, 5), dtype, k) for k in (8, 9))
    parameter = torch.from_numpy(value.copy()).requires_grad_()
    kind = {"sgd_step": torch.optim.SGD, "adam_step": torch.optim.Adam}[function]
    optimizer = kind([parameter], foreach=False, fused=False, **options)
    names = ["velocity"] if function == "sgd_step" else ["first_moment", "second_moment"]
    names += ["max_second_moment"] if options.get("amsgrad") else []
    state: dict[str, Any] = {}
    for step in (1, 2, 3):
        parameter.grad = torch.from_numpy(gradient.copy())
        optimizer.step()
        number = {"step": step} if function == "adam_step" else {}
        given = {"value": value, "gradient": gradient, **state}
        value, *moments = oracle.forward(function, given, options | number)
        np.testing.assert_array_equal(value, parameter.detach().numpy(), strict=True)
        state = dict(zip(names, moments, strict=True))
