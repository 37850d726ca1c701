"""Gradient descent, by hand and on a toy."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import reals
from plain import ELEMENTS, assert_exact, assert_same, draw, fractions
from reals import assert_agree

from refimpl import (
    Linear,
    Sequential,
    Step,
    Tanh,
    cross_entropy,
    cross_entropy_backward,
    descend,
    loss_and_grads,
    squared_error,
    squared_error_backward,
    train,
    update,
)


@pytest.mark.parametrize("elements", ELEMENTS)
def test_descend(rng: np.random.Generator, elements: str) -> None:
    """D0.14: W ← W − α · ∂J/∂W, and the type of W stays."""
    value, gradient = draw(rng, (2, 3), elements), draw(rng, (2, 3), elements)
    expected = fractions(value) - Fraction(1, 4) * fractions(gradient)
    assert_exact(descend(value, gradient, 0.25), expected, elements)


def test_descend_by_a_fraction() -> None:
    """The learning rate may be a Fraction."""
    stepped = descend(fractions([1]), fractions([2]), Fraction(1, 3))
    assert_exact(stepped, [Fraction(1, 3)], "fraction")


def test_descend_from_integers() -> None:
    """Integers become float64, as everywhere: a step of half a unit is not lost."""
    assert_exact(descend(np.array([1, 2]), np.array([10, -10]), 0.5), [-4.0, 7.0], "float64")


def network_of(w1: Any, b1: Any, w2: Any, b2: Any) -> Sequential:
    return Sequential({"first": Linear(w1, b1), "second": Linear(w2, b2)})


def test_step_by_hand() -> None:
    """D1.4 to D1.9, D0.14: one step on ½(t − y)² through two layers, in exact numbers.

    x = (1, 2), h = x·W₁ᵀ + b₁ = 1·3 + 2·(−1) + ½ = 3/2, y = 4h − 1 = 5, t = 2: δ = 3.
    """
    network = network_of(
        fractions([[3, -1]]), fractions([Fraction(1, 2)]), fractions([[4]]), fractions([-1])
    )
    x, t = fractions([[1, 2]]), fractions([[2]])
    activations = network.activations(x)
    assert squared_error(activations[-1], t) == Fraction(9, 2)
    dy = squared_error_backward(fractions(1), activations[-1], t)
    grads = network.backward(dy, activations)
    assert_exact(grads.dparameters["second"]["weight"], [[Fraction(9, 2)]], "fraction")
    assert_exact(grads.dparameters["second"]["bias"], [3], "fraction")
    assert_exact(grads.dparameters["first"]["weight"], [[12, 24]], "fraction")
    assert_exact(grads.dparameters["first"]["bias"], [12], "fraction")
    assert_exact(grads.dx["first"], [[36, -12]], "fraction")

    update(network, grads.dparameters, Fraction(1, 12))
    first, second = (layer.parameters for layer in network.layers.values())
    assert_exact(first["weight"], [[2, -3]], "fraction")
    assert_exact(first["bias"], [Fraction(-1, 2)], "fraction")
    assert_exact(second["weight"], [[Fraction(29, 8)]], "fraction")
    assert_exact(second["bias"], [Fraction(-5, 4)], "fraction")


def test_update_changes_no_array(rng: np.random.Generator) -> None:
    """A step makes new arrays: weights that were recorded stay as they were."""
    weight = draw(rng, (2, 3), "float64")
    network = Sequential({"fc": Linear(weight, np.zeros(2))})
    update(network, {"fc": {"weight": np.ones((2, 3))}}, 1.0)
    assert_same(network.layers["fc"].parameters["weight"], weight - 1)
    assert_same(network.layers["fc"].parameters["bias"], np.zeros(2))


def test_loss_and_grads(rng: np.random.Generator) -> None:
    """D2.29: the loss is the mean cross entropy, and its gradients are its slopes, to 40 digits."""
    arrays = [reals.draw(rng, shape) for shape in ((3, 2), (3,), (4, 3), (4,))]
    x, target = reals.draw(rng, (5, 2)), np.array([0, 3, 1, 1, 2])

    def layers(w1: Any, b1: Any, w2: Any, b2: Any) -> Sequential:
        return Sequential({"fc1": Linear(w1, b1), "tanh": Tanh(), "fc2": Linear(w2, b2)})

    step = loss_and_grads(layers(*arrays), x, target)
    assert_agree(step.loss, cross_entropy(layers(*arrays).forward(x), target))
    keys = [("fc1", "weight"), ("fc1", "bias"), ("fc2", "weight"), ("fc2", "bias")]
    for i, (name, key) in enumerate(keys):
        v = reals.draw(rng, arrays[i].shape)

        def loss(moved: Any, i: int = i) -> Any:
            network = layers(*arrays[:i], moved, *arrays[i + 1 :])
            return cross_entropy(network.forward(x), target)

        expected = reals.slope(loss, reals.reals(1), arrays[i], v)
        found = reals.dot(step.grads.dparameters[name][key], v)
        assert_agree(np.array(reals.Real(found)), np.array(expected))


def test_step_records_everything(rng: np.random.Generator) -> None:
    """A step holds the activations it went through and where its gradients started."""
    network = Sequential({"fc": Linear(draw(rng, (3, 2), "float64"), np.zeros(3)), "tanh": Tanh()})
    x, target = draw(rng, (4, 2), "float64"), np.array([0, 2, 1, 1])
    step = loss_and_grads(network, x, target)
    for actual, expected in zip(step.activations, network.activations(x), strict=True):
        assert_same(actual, expected)
    logits = step.activations[-1]
    assert_same(step.loss, cross_entropy(logits, target))
    assert_same(step.doutput, cross_entropy_backward(np.array(1.0), logits, target))
    grads = network.backward(step.doutput, step.activations)
    assert_same(step.grads.dx["fc"], grads.dx["fc"])


def test_descend_refuses_two_dtypes() -> None:
    """A float32 weight does not turn into float64 by a float64 gradient."""
    with pytest.raises(TypeError) as info:
        descend(np.ones(1, "float32"), np.ones(1), 0.1)
    assert str(info.value) == (
        "descend: value is float32, but gradient is float64; give both the same dtype"
    )


def test_descend_refuses_text() -> None:
    """The learning rate is a number."""
    with pytest.raises(TypeError) as info:
        descend(np.ones(1), np.ones(1), "0.1")
    assert str(info.value) == "descend: learning_rate must be a number, but is '0.1'"


def test_gradients_of_an_infinite_loss() -> None:
    """A loss of ∞ has a finite gradient, O_t − 1 = −1 at the class that got the probability 0."""
    network = Sequential({"fc": Linear(np.zeros((2, 1)), np.array([-np.inf, 0.0]))})
    step = loss_and_grads(network, np.zeros((1, 1)), np.array([0]))
    assert step.loss == np.inf
    assert_same(step.grads.dparameters["fc"]["bias"], [-1.0, 1.0])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_training_keeps_the_dtype(dtype: str) -> None:
    """Loss, gradients and parameters stay in the dtype of the network."""
    network = Sequential({"fc": Linear(np.zeros((3, 2), dtype), np.zeros(3, dtype))})
    (step,) = train(network, [(np.ones((4, 2), dtype), np.array([0, 1, 2, 2]))], 0.1)
    assert step.loss.dtype == dtype
    assert step.grads.dparameters["fc"]["weight"].dtype == dtype
    assert network.layers["fc"].parameters["weight"].dtype == dtype


def test_train_steps_one_by_one() -> None:
    """Each step is done when it is yielded, with the loss before it; no batch is read ahead."""
    network = Sequential({"fc": Linear(np.zeros((2, 1)), np.zeros(2))})
    batch, read = (np.array([[3.0]]), np.array([1])), []

    def batches() -> Iterator[Any]:
        for number in range(3):
            read.append(number)
            yield batch

    steps = train(network, batches(), 1.0)
    assert read == []
    step = next(steps)
    assert read == [0]
    assert isinstance(step, Step)
    assert step.loss == np.log(2)
    assert_same(step.grads.dparameters["fc"]["weight"], [[1.5], [-1.5]])
    assert_same(network.layers["fc"].parameters["weight"], [[-1.5], [1.5]])
    assert next(steps).loss == loss_of_two(np.array([-5.0, 5.0]))


def loss_of_two(logits: Any) -> Any:
    """The loss of the second of two classes."""
    return cross_entropy(logits[None], np.array([1]))


def test_training_learns_xor() -> None:
    """D1.3: what one perceptron cannot learn, two layers do; the loss falls and all four fit."""
    rng = np.random.default_rng(3)
    network = Sequential(
        {
            "hidden": Linear(rng.uniform(-1, 1, (4, 2)), np.zeros(4)),
            "tanh": Tanh(),
            "output": Linear(rng.uniform(-1, 1, (2, 4)), np.zeros(2)),
        }
    )
    x = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    target = np.array([0, 1, 1, 0])
    losses = [float(step.loss) for step in train(network, [(x, target)] * 200, 0.5)]
    assert losses[-1] < losses[100] < losses[0]
    assert network.forward(x).argmax(axis=1).tolist() == target.tolist()


def test_one_layer_cannot_learn_xor() -> None:
    """D1.3: one layer stays at the loss of a guess, log 2, where all its gradients are 0."""
    network = Sequential({"fc": Linear(np.zeros((2, 2)), np.zeros(2))})
    x = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    (step,) = train(network, [(x, np.array([0, 1, 1, 0]))], 0.5)
    assert step.loss == np.log(2)
    assert_same(step.grads.dparameters["fc"]["weight"], np.zeros((2, 2)))
    assert_same(step.grads.dparameters["fc"]["bias"], np.zeros(2))
