"""The witness of the forward formula, on the catalogue: right backwards agree, wrong ones don't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import refimpl
from parity.cases.case import Array, Case, Draw
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS, backward_of
from parity.cases.networks import NETWORKS
from parity.results.rows import WitnessRow
from parity.results.settings import Settings
from parity.results.verdicts import AGREES, INAPPLICABLE, OUTSIDE
from parity.witnesses import derivative, differences
from parity.witnesses.derivative import (
    CASE_PRODUCTS,
    NETWORK_PRODUCTS,
    check_derivative,
    check_network_derivative,
)
from parity.witnesses.directional import FALSE_ACCEPT
from parity.witnesses.lattices import NotExactError, geometry, without_branch

SETTINGS = Settings(seed=17)
DIFFERENTIATED = [name for name, function in FUNCTIONS.items() if function.inputs]
SMALL = [name for name, case in NETWORKS.items() if not case.full and "lenet" not in name]


def ordinary(function: str, gradient: str = "") -> Case:
    """A case of random numbers in which a gradient occurs, small and with more than one row."""
    for case in GOOD:
        sources = list(case.arrays.values())
        first = sources[0]
        if (
            case.function == function
            and (not gradient or gradient in case.arrays)
            and isinstance(first, Draw)
            and first.values in ("normal", "positive")
            and case.upstream == "normal"
            and min(first.shape, default=0) > 1
        ):
            return case
    raise LookupError(f"{function}: no ordinary case")


def row(case: Case, dtype: str = "float64") -> WitnessRow:
    (found,) = check_derivative(case, dtype, SETTINGS).witnesses
    return found


def differs_exactly(case: Case) -> bool:
    """Whether it only adds and multiplies, so that its own numbers decide nothing."""
    return without_branch(geometry(case))


@pytest.mark.parametrize("name", DIFFERENTIATED)
def test_every_backward_agrees_with_its_forward(name: str) -> None:
    """On an ordinary case: all elements of all gradients, without anything to excuse."""
    case = ordinary(name)
    found = row(case)
    assert found.verdict == AGREES
    if differs_exactly(case):
        assert found.note.startswith("exact differences: ")
        assert found.false_accept is not None
        assert found.false_accept <= FALSE_ACCEPT
    else:
        assert (found.note, found.false_accept) == ("", FALSE_ACCEPT)
    assert (found.case, found.function, found.network) == (case.id, name, "")
    assert (found.witness, found.dtype) == ("derivative", "float64")
    inputs = [n for n in FUNCTIONS[name].inputs if n in case.arrays]
    assert found.tensors == " ".join(f"d{n}" for n in inputs)
    drawn = [case.arrays[n] for n in inputs]
    assert found.elements == sum(np.prod(s.shape) for s in drawn if isinstance(s, Draw))


# Why a case has no derivative that can be asked.
WITHOUT = (
    *("NaN or ∞", "no elements", "the value is not finite"),
    "at a kink: there is no derivative",
)


@pytest.mark.parametrize("name", DIFFERENTIATED)
def test_every_kind_of_values(name: str) -> None:
    """Huge, subnormal, tied, saturated: everything but NaN and ∞, in float32's numbers too."""
    for case in GOOD:
        sizes = [np.prod(getattr(source, "shape", ())) for source in case.arrays.values()]
        if case.function != name or max(sizes) > 400:
            continue
        found = row(case, case.dtypes[0])
        assert found.verdict in (AGREES, INAPPLICABLE), (case.id, found.note)
        if found.verdict == INAPPLICABLE:
            assert found.note.startswith(WITHOUT), case.id
            assert found.false_accept is None


# --- wrong backwards ----------------------------------------------------------------------

Mistake = Callable[[Array], Array]


def wrong_sign(gradient: Array) -> Array:
    return -gradient


def a_little_too_large(gradient: Array) -> Array:
    """0.05 %"""
    return gradient * 2001 / 2000


def one_element_off(gradient: Array) -> Array:
    wrong = gradient.copy()
    wrong.flat[-1] = wrong.flat[-1] + 1
    return wrong


def last_row_left_out(gradient: Array) -> Array:
    return gradient[:-1]


def last_row_zero(gradient: Array) -> Array:
    wrong = gradient.copy()
    wrong[-1] = wrong[-1] * 0
    return wrong


MISTAKES = (wrong_sign, a_little_too_large, one_element_off, last_row_left_out, last_row_zero)
PLANTED = [
    (name, gradient, mistake)
    for name in DIFFERENTIATED
    for gradient in FUNCTIONS[name].inputs
    for mistake in (MISTAKES[2:4] if name == "sign" else MISTAKES)  # its gradient is 0
]


@pytest.mark.parametrize(
    ("name", "gradient", "mistake"), PLANTED, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_wrong_gradient_is_refuted(
    name: str, gradient: str, mistake: Mistake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every function, of every input."""
    case = ordinary(name, gradient)
    right = getattr(refimpl, backward_of(name))

    def wrong(*args: Any, **options: Any) -> Any:
        grads = right(*args, **options)
        if not isinstance(grads, tuple):
            return mistake(grads)
        place = [n for n in FUNCTIONS[name].inputs if n in case.arrays].index(gradient)
        spoilt = [mistake(g) if k == place else g for k, g in enumerate(grads)]
        return type(grads)(*spoilt) if hasattr(grads, "_fields") else tuple(spoilt)

    monkeypatch.setattr(refimpl, backward_of(name), wrong)
    found = row(case)
    assert found.verdict == OUTSIDE
    assert found.false_accept is None
    assert f"the backward gives {'' if mistake is not last_row_left_out else 'd'}" in found.note


def test_a_forward_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the row."""

    def broken(x: Array) -> Array:
        raise IndexError("off by one")

    monkeypatch.setattr(refimpl, "relu", broken)
    found = row(ordinary("relu"))
    assert (found.verdict, found.note) == (OUTSIDE, "refimpl raised IndexError: off by one")


@pytest.mark.parametrize("function", ["conv2d", "correlate2d", "linear", "softmax"])
def test_what_is_too_large(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For dual numbers, where nothing else is left: not judged, and the row says by how much."""

    def refuse(*_: object) -> None:
        raise NotExactError("too wide")

    case = ordinary(function)
    monkeypatch.setattr(derivative, "CASE_PRODUCTS", 0)
    monkeypatch.setattr(differences, "judged", refuse)
    found = row(case)
    assert found.verdict == INAPPLICABLE
    said, _, size = found.note.rpartition("too large: ")
    assert said == ("" if function == "softmax" else "no exact differences (too wide); ")
    products = int(size.removesuffix(" products"))
    y = FUNCTIONS[function].forward(derivative.case_arrays(case, "float64", 17), case.options)
    assert products % y.size == 0
    second = case.arrays.get("kernel", case.arrays.get("weight"))
    shape: tuple[int, ...] = second.shape if isinstance(second, Draw) else (1,)
    terms = shape if function in ("correlate2d", "softmax") else shape[1:]
    assert products // y.size == np.prod(terms)
    monkeypatch.setattr(derivative, "CASE_PRODUCTS", products)
    assert row(case).verdict == AGREES


def test_no_case_is_too_large() -> None:
    """What is left to dual numbers is small enough for them, or has patterns of branches."""
    left = [case for case in GOOD if FUNCTIONS[case.function].inputs and not differs_exactly(case)]
    assert 0 < len(left) < len(GOOD)
    for case in left:
        arrays = derivative.case_arrays(case, "float64", 17)
        with np.errstate(all="ignore"):
            y = FUNCTIONS[case.function].forward(arrays, case.options)
        small = derivative._case_products(y, arrays) <= CASE_PRODUCTS
        assert small or differences.has_patterns(geometry(case)), case.id


# --- networks -----------------------------------------------------------------------------


def network_row(name: str) -> WitnessRow:
    (found,) = check_network_derivative(NETWORKS[name], "float64", SETTINGS).witnesses
    return found


@pytest.mark.parametrize("name", SMALL)
def test_networks_agree(name: str) -> None:
    """All parameters and the input at once, through every layer and the loss."""
    found = network_row(name)
    assert (found.verdict, found.note) == (AGREES, "")
    assert (found.case, found.network, found.function) == (name, name, "")
    layers = NETWORKS[name].network("float64", 17).layers
    parameters = [p for layer in layers.values() for p in layer.parameters.values()]
    x = NETWORKS[name].data("float64", 17)[0][0]
    assert found.elements == x.size + sum(p.size for p in parameters)
    assert found.tensors.split()[0] == "dx"
    assert found.tensors.count("weight") == sum("weight" in la.parameters for la in layers.values())


@pytest.mark.parametrize("tensor", ["dx", "weight", "bias"])
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.__name__)
def test_a_mistake_in_one_layer_of_a_network(
    mistake: Mistake, tensor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong convolution in front of three other layers is refuted."""
    right = refimpl.Conv2d.backward

    def wrong(self: refimpl.Conv2d, dy: Array, x: Array) -> refimpl.LayerGrads:
        grads = right(self, dy, x)
        if tensor == "dx":
            return grads._replace(dx=mistake(grads.dx))
        spoilt = mistake(grads.dparameters[tensor])
        return grads._replace(dparameters={**grads.dparameters, tensor: spoilt})

    monkeypatch.setattr(refimpl.Conv2d, "backward", wrong)
    assert network_row("small_tanh").verdict == OUTSIDE


def test_a_shortcut_that_gets_no_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum of a residual block hands its gradient to one branch only."""

    def wrong(self: refimpl.Add, dy: Array, x: Array, branch: Array) -> refimpl.LayerGrads:
        return refimpl.LayerGrads((dy * 0, dy), {})

    monkeypatch.setattr(refimpl.Add, "backward", wrong)
    assert network_row("residual").verdict == OUTSIDE


def test_a_network_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forward or backward: it stands in the row."""

    def broken(*_: object) -> None:
        raise IndexError("off by one")

    for where in ("forward", "backward"):
        with monkeypatch.context() as patched:
            patched.setattr(refimpl.Tanh, where, broken)
            found = network_row("small_tanh")
        assert found.verdict == OUTSIDE
        assert found.note.startswith("refimpl raised IndexError: off by one (refimpl/")


def test_as_many_samples_as_there_is_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer samples, of which the row tells; and none where one is too much."""
    case = replace(NETWORKS["small_tanh"], name="smaller")
    products = 9060  # of five samples
    monkeypatch.setattr(derivative, "NETWORK_PRODUCTS", products * 3 // 5)
    (found,) = check_network_derivative(case, "float64", SETTINGS).witnesses
    assert (found.verdict, found.note) == (AGREES, "fewer samples: 3 of 5")
    monkeypatch.setattr(derivative, "NETWORK_PRODUCTS", products // 5 - 1)
    (found,) = check_network_derivative(case, "float64", SETTINGS).witnesses
    assert (found.verdict, found.note) == (INAPPLICABLE, f"too large: {products} products")


def test_lenet_fits_with_one_sample() -> None:
    """13 328 640 products with 32."""
    model = NETWORKS["lenet"].network("float32", 17)
    x, _ = NETWORKS["lenet"].data("float32", 17)[0]
    assert derivative._network_products(model, x[:2]) * 16 == 13_328_640
    assert 1 <= 32 * NETWORK_PRODUCTS // 13_328_640 < 2


def test_parameters_that_start_at_zero_are_drawn() -> None:
    """A residual network's biases; what is drawn already stays."""
    case = NETWORKS["residual"]
    network = case.network("float64", 17)
    (x, target), *_ = case.data("float64", 17)
    arrays = derivative._network_question(case, network, SETTINGS, x, target).arrays
    zero = 0
    for name, layer in network.layers.items():
        for key, value in layer.parameters.items():
            zero += not value.any()
            assert np.array_equal(arrays[f"{name} {key}"], value) == value.any()
    assert zero > 0
    assert all(array.any() for array in arrays.values())


def test_at_a_kink_no_probability_is_claimed() -> None:
    """Directions that see zeros not at all would pass the wrong branch there."""
    case = next(c for c in GOOD if c.id == "relu[zero and minus zero]")
    (row,) = check_derivative(case, "float64", SETTINGS).witnesses
    assert row.verdict == AGREES
    assert row.note.startswith("at a kink")
    assert row.false_accept is None
