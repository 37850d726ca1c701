"""Layers in a row, and the network that D2 describes."""

from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import pytest
from plain import assert_exact, assert_same, dot, draw

import refimpl
from refimpl import (
    AvgPool2d,
    Conv2d,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    lenet,
    uniform,
)


@pytest.fixture
def network(rng: np.random.Generator) -> Sequential:
    """Two convolutions, two kinds of pooling, two dense layers, all of Fractions."""
    return Sequential(
        {
            "conv1": Conv2d(draw(rng, (3, 2, 2, 3)), draw(rng, (3,)), padding=(1, 0)),
            "act1": LeakyReLU(Fraction(1, 10)),
            "pool1": MaxPool2d((2, 3), stride=(2, 1)),
            "conv2": Conv2d(draw(rng, (4, 3, 2, 1)), draw(rng, (4,)), padding=1),
            "pool2": AvgPool2d(2),
            "flatten": Flatten(),
            "fc1": Linear(draw(rng, (5, 16)), draw(rng, (5,))),
            "act2": ReLU(),
            "fc2": Linear(draw(rng, (3, 5)), draw(rng, (3,))),
        }
    )


@pytest.fixture
def x(rng: np.random.Generator) -> Any:
    return draw(rng, (2, 2, 5, 7))


def by_hand(network: Sequential, x: Any) -> list[Any]:
    """D0.9 with the functions alone: the input and the output of every layer."""
    p = {name: layer.parameters for name, layer in network.layers.items()}
    a = [x]
    a.append(refimpl.conv2d(a[-1], **p["conv1"], padding=(1, 0)))
    a.append(refimpl.leaky_relu(a[-1], Fraction(1, 10)))
    a.append(refimpl.max_pool2d(a[-1], (2, 3), (2, 1)))
    a.append(refimpl.conv2d(a[-1], **p["conv2"], padding=1))
    a.append(refimpl.avg_pool2d(a[-1], 2))
    a.append(refimpl.flatten(a[-1]))
    a.append(refimpl.linear(a[-1], **p["fc1"]))
    a.append(refimpl.relu(a[-1]))
    a.append(refimpl.linear(a[-1], **p["fc2"]))
    return a


def test_activations(network: Sequential, x: Any) -> None:
    """D0.9: a⁰, a¹, … aᴸ, each the layer's function of the one before."""
    activations = network.activations(x)
    assert len(activations) == 10
    for actual, expected in zip(activations, by_hand(network, x), strict=True):
        assert_exact(actual, expected, "fraction")
    assert_same(network.forward(x), activations[-1])


def test_backward(rng: np.random.Generator, network: Sequential, x: Any) -> None:
    """D0.14, D2.29: from the output back, each layer's backward fed by the one behind it."""
    p = {name: layer.parameters.get("weight") for name, layer in network.layers.items()}
    a, dy = by_hand(network, x), draw(rng, (2, 3))
    fc2 = refimpl.linear_backward(dy, a[8], p["fc2"])
    act2 = refimpl.relu_backward(fc2.dx, a[7])
    fc1 = refimpl.linear_backward(act2, a[6], p["fc1"])
    flat = refimpl.flatten_backward(fc1.dx, a[5])
    pool2 = refimpl.avg_pool2d_backward(flat, a[4], 2)
    conv2 = refimpl.conv2d_backward(pool2, a[3], p["conv2"], padding=1)
    pool1 = refimpl.max_pool2d_backward(conv2.dx, a[2], (2, 3), (2, 1))
    act1 = refimpl.leaky_relu_backward(pool1, a[1], Fraction(1, 10))
    conv1 = refimpl.conv2d_backward(act1, a[0], p["conv1"], padding=(1, 0))

    grads = network.backward(dy, network.activations(x))
    dx = [conv1.dx, act1, pool1, conv2.dx, pool2, flat, fc1.dx, act2, fc2.dx]
    for name, expected in zip(network.layers, dx, strict=True):
        assert_exact(grads.dx[name], expected, "fraction")
    for name, layer in {"fc2": fc2, "fc1": fc1, "conv2": conv2, "conv1": conv1}.items():
        assert_exact(grads.dparameters[name]["weight"], layer.dweight, "fraction")
        assert_exact(grads.dparameters[name]["bias"], layer.dbias, "fraction")
    assert list(grads.dx) == list(reversed(network.layers))
    assert {name for name, found in grads.dparameters.items() if found} == {
        "conv1",
        "conv2",
        "fc1",
        "fc2",
    }


@pytest.mark.parametrize("name", ["conv1", "conv2", "fc1", "fc2"])
@pytest.mark.parametrize("key", ["weight", "bias"])
def test_parameter_gradients_are_the_derivative(
    rng: np.random.Generator, network: Sequential, x: Any, name: str, key: str
) -> None:
    """The whole network's output changes by ⟨gradient, step⟩, exactly, for one layer's step.

    Between its kinks the network is a polynomial of degree 1 in each parameter array.
    """
    dy, parameters = draw(rng, (2, 3)), network.layers[name].parameters
    activations = network.activations(x)
    gradient = network.backward(dy, activations).dparameters[name][key]
    step = draw(rng, parameters[key].shape) / 10**9
    parameters[key] = parameters[key] + step
    assert dot(dy, network.forward(x) - activations[-1]) == dot(gradient, step)
    assert dot(gradient, gradient) > 0


def test_input_gradient_is_the_derivative(
    rng: np.random.Generator, network: Sequential, x: Any
) -> None:
    """The output changes by ⟨dx of the first layer, step⟩, exactly, for a step of the input."""
    dy, step = draw(rng, (2, 3)), draw(rng, x.shape) / 10**9
    activations = network.activations(x)
    dx = network.backward(dy, activations).dx["conv1"]
    assert dot(dy, network.forward(x + step) - activations[-1]) == dot(dx, step)
    assert dot(dx, dx) > 0


def test_backward_needs_every_activation(network: Sequential, x: Any) -> None:
    """A list that lost one activation is refused."""
    activations = network.activations(x)
    with pytest.raises(ValueError, match="must have 10 entries, but has 9"):
        network.backward(activations[-1], activations[1:])


def test_no_layers() -> None:
    """A row of no layers passes everything on."""
    x, network = np.ones(2), Sequential({})
    assert network.forward(x) is x
    assert network.backward(x, [x]) == ({}, {}, {"x": x})


# --- LeNet --------------------------------------------------------------------------------


def test_lenet_shapes() -> None:
    """D2.11: 32 → 28 → 14 → 10 → 5, then 400 → 120 → 84 → 10."""
    shapes = [
        a.shape[1:] for a in lenet(np.random.default_rng(0)).activations(np.zeros((2, 1, 32, 32)))
    ]
    maps = [(1, 32, 32), (6, 28, 28), (6, 28, 28), (6, 14, 14)]
    maps += [(16, 10, 10), (16, 10, 10), (16, 5, 5)]
    assert shapes == [*maps, (400,), (120,), (120,), (84,), (84,), (10,)]


def test_lenet_layers() -> None:
    """D2.11: two convolutions of 5×5, two mean poolings, sigmoid; 120, 84 and the output."""
    functions = [layer.function for layer in lenet(np.random.default_rng(0)).layers.values()]
    stage = ["conv2d", "sigmoid", "avg_pool2d"]
    dense = ["linear", "sigmoid"]
    assert functions == stage * 2 + ["flatten"] + dense * 2 + ["linear"]


def test_lenet_parameters() -> None:
    """6·(25 + 1), 16·(6·25 + 1), 120·401, 84·121 and 10·85 numbers to learn, by shared kernels."""
    counts = {
        name: sum(parameter.size for parameter in layer.parameters.values())
        for name, layer in lenet(np.random.default_rng(0)).layers.items()
        if layer.parameters
    }
    expected = {"conv1": 156, "conv2": 2416, "fc1": 48120, "fc2": 10164, "output": 850}
    assert counts == expected


def test_lenet_is_reproducible() -> None:
    """One seed, one network; biases start at 0."""
    one, same, other = (lenet(np.random.default_rng(seed)).layers for seed in (1, 1, 2))
    for name in ("conv1", "output"):
        weight = one[name].parameters["weight"]
        assert_same(same[name].parameters["weight"], weight)
        assert (other[name].parameters["weight"] != weight).all()
        assert not one[name].parameters["bias"].any()


@pytest.mark.parametrize(
    ("shape", "gain"), [((120, 84), 4), ((16, 6, 5, 5), 4), ((10, 84), 1)], ids=str
)
def test_uniform(rng: np.random.Generator, shape: Any, gain: int) -> None:
    """Glorot & Bengio: within ±gain·√(6/(fan_in + fan_out)), and out to nearly that."""
    field = prod(shape[2:])
    limit = gain * (6 / (shape[1] * field + shape[0] * field)) ** 0.5
    weights = uniform(rng, shape, gain)
    assert weights.shape == shape
    assert 0.98 * limit < weights.max() <= limit
    assert 0.98 * limit < -weights.min() <= limit


def test_lenet_uses_its_gains() -> None:
    """4 in front of a sigmoid, 1 in front of the logits."""
    layers = lenet(np.random.default_rng(0)).layers
    for name, fans, gain in (("conv1", 7 * 25, 4), ("fc2", 84 + 120, 4), ("output", 94, 1)):
        limit = gain * (6 / fans) ** 0.5
        assert 0.9 * limit < abs(layers[name].parameters["weight"]).max() <= limit
