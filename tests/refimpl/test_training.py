"""Gradient descent, by hand and on a toy."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import reals
from plain import ELEMENTS, assert_exact, assert_same, dot, draw, fractions
from reals import assert_agree

from refimpl import (
    Add,
    Descent,
    Linear,
    Network,
    Sequential,
    Sigmoid,
    Step,
    Tanh,
    cross_entropy,
    cross_entropy_backward,
    descend,
    gradient_descent,
    loss_and_grads,
    mlp,
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


# --- other losses, other graphs -----------------------------------------------------------


def test_training_by_half_the_squared_distance(rng: np.random.Generator) -> None:
    """D1.7: the gradient to the output is y − t, and the step is what it makes of it, exactly."""
    weight, bias = draw(rng, (3, 2)), draw(rng, (3,))
    x, target = draw(rng, (4, 2)), draw(rng, (4, 3))
    network = Sequential({"fc": Linear(weight, bias)})
    (step,) = train(network, [(x, target)], Fraction(1, 7), "squared_error")
    residual = x @ weight.T + bias - target
    assert step.loss == dot(residual, residual) / 2
    assert_exact(step.doutput, residual, "fraction")
    learnt = network.layers["fc"].parameters
    assert_exact(learnt["weight"], weight - residual.T @ x / 7, "fraction")
    assert_exact(learnt["bias"], bias - residual.sum(axis=0) / 7, "fraction")


def test_options_reach_the_loss(rng: np.random.Generator) -> None:
    """reduction="sum" gives the sum over the batch, and gradients as many times as large."""
    network = Sequential({"fc": Linear(draw(rng, (3, 2), "float64"), np.zeros(3))})
    x, target = draw(rng, (4, 2), "float64"), np.array([0, 2, 1, 1])
    mean, total = (loss_and_grads(network, x, target, reduction=r) for r in ("mean", "sum"))
    assert_same(total.loss, cross_entropy(network.forward(x), target, reduction="sum"))
    assert_same(total.doutput, 4 * mean.doutput)


def test_a_graph_is_trained(rng: np.random.Generator) -> None:
    """h = x + Wx + b: the shortcut passes by what the layer learns."""
    weight, x, target = draw(rng, (2, 2)), draw(rng, (3, 2)), draw(rng, (3, 2))
    bias = fractions([0, 0])
    network = Network({"fc": Linear(weight, bias), "add": Add()}, {"add": ("x", "fc")})
    (step,) = train(network, [(x, target)], Fraction(1, 5), "squared_error")
    residual = x + x @ weight.T - target
    learnt = network.layers["fc"].parameters["weight"]
    assert_exact(learnt, weight - residual.T @ x / 5, "fraction")
    assert_exact(step.grads.doutputs["x"], residual + residual @ weight, "fraction")


@pytest.mark.parametrize("loss", ["mean_squared_error", "relu", "", None, 1])
def test_an_unknown_loss_is_refused(loss: Any) -> None:
    """Only the losses that are there, whatever else the package has."""
    network, x = Sequential({"fc": Linear(np.zeros((1, 1)), np.zeros(1))}), np.zeros((1, 1))
    known = (
        "'cross_entropy', 'squared_error', 'mse_loss', 'binary_cross_entropy_with_logits', "
        "'perceptron_loss'"
    )
    with pytest.raises(ValueError) as info:  # noqa: PT011 (the whole text follows)
        loss_and_grads(network, x, x, loss)
    assert str(info.value) == f"loss_and_grads: loss must be one of {known}, but is {loss!r}"
    with pytest.raises(ValueError) as info:  # noqa: PT011 (the whole text follows)
        gradient_descent(network, x, x, 0.1, 0.1, 0, loss)
    assert str(info.value) == f"gradient_descent: loss must be one of {known}, but is {loss!r}"


def test_update_refuses_what_is_not_there() -> None:
    """A gradient for another layer is refused with the layers that there are."""
    network = network_of(np.zeros((1, 1)), np.zeros(1), np.zeros((1, 1)), np.zeros(1))
    with pytest.raises(ValueError) as info:  # noqa: PT011 (the whole text follows)
        update(network, {"third": {"weight": np.zeros((1, 1))}}, 0.1)
    assert str(info.value) == "update: there is no layer 'third', but first, second"


# --- gradient descent until it stands still -----------------------------------------------

GENTLE = Fraction(1, 4)


def parabola() -> Sequential:
    """½(w·1 + b − t)² of one sample, at w = b = 0: every step halves the distance to t."""
    return network_of_one(fractions([[0]]), fractions([0]))


def network_of_one(weight: Any, bias: Any) -> Sequential:
    return Sequential({"fc": Linear(weight, bias)})


def test_descent_by_hand() -> None:
    """D0.14: y = w + b goes to t = 1 by ½ at a time; w and b change by ¼, ⅛, … in exact numbers.

    The change of iteration k is 1/2ᵏ⁺¹: below 1/10 for the first time in iteration 3.
    """
    network, one = parabola(), fractions([[1]])
    end = gradient_descent(network, one, one, GENTLE, Fraction(1, 10), 99, "squared_error")
    assert isinstance(end, Descent)
    assert end.converged
    assert end.losses == [Fraction(1, 2), Fraction(1, 8), Fraction(1, 32)]
    learnt = network.layers["fc"].parameters
    assert_exact(learnt["weight"], [[Fraction(7, 16)]], "fraction")
    assert_exact(learnt["bias"], [Fraction(7, 16)], "fraction")


@pytest.mark.parametrize(
    ("tolerance", "iterations"),
    [
        (1, 1),
        (Fraction(1, 4) + Fraction(1, 10**9), 1),
        (Fraction(1, 4), 2),  # a change of ¼ is not below ¼
        (Fraction(1, 8), 3),
        (0.125, 3),
        (Fraction(1, 10**6), 19),
    ],
)
def test_descent_ends_in_the_right_iteration(tolerance: Any, iterations: int) -> None:
    """It ends in the first iteration whose change is below the threshold, not at it."""
    one = fractions([[1]])
    end = gradient_descent(parabola(), one, one, GENTLE, tolerance, 99, "squared_error")
    assert (len(end.losses), end.converged) == (iterations, True)
    again = gradient_descent(
        parabola(), one, one, GENTLE, tolerance, iterations - 1, "squared_error"
    )
    assert (again.losses, again.converged) == (end.losses[:-1], False)


@pytest.mark.parametrize("epsilon", [Fraction(1, 5), Fraction(1, 3)])
def test_every_element_of_every_parameter_has_to_stand_still(epsilon: Fraction) -> None:
    """What moves by ¼ in one layer, or in one weight of two, decides; the rest stands still."""
    one = fractions([[1]])
    chain = network_of(one, fractions([0]), fractions([[0]]), fractions([0]))  # second moves
    pair = network_of_one(fractions([[0, 0]]), fractions([0]))
    for network, x in ((chain, one), (pair, fractions([[1, 0]]))):
        end = gradient_descent(network, x, one, GENTLE, epsilon, 1, "squared_error")
        assert end.converged == (epsilon > GENTLE)
    assert_exact(chain.layers["first"].parameters["weight"], one, "fraction")
    assert_exact(chain.layers["second"].parameters["weight"], [[GENTLE]], "fraction")
    assert_exact(pair.layers["fc"].parameters["weight"], [[GENTLE, 0]], "fraction")


def test_the_iterations_run_out() -> None:
    """After the last iteration it says that it has not converged; 0 iterations do nothing."""
    one, network = fractions([[1]]), parabola()
    end = gradient_descent(network, one, one, GENTLE, Fraction(1, 10**9), 4, "squared_error")
    assert not end.converged
    assert end.losses == [Fraction(1, 2 * 4**k) for k in range(4)]
    untouched = parabola()
    assert gradient_descent(untouched, one, one, GENTLE, 1, 0, "squared_error") == ([], False)
    assert_exact(untouched.layers["fc"].parameters["weight"], [[0]], "fraction")


@pytest.mark.parametrize("tolerance", [0, 0.0, Fraction(0)])
def test_no_change_is_below_zero(tolerance: Any) -> None:
    """With ε = 0 even a descent that stands still runs through its iterations."""
    zero = fractions([[0]])
    end = gradient_descent(parabola(), zero, zero, GENTLE, tolerance, 3, "squared_error")
    assert end == ([0, 0, 0], False)


def test_the_gradients_are_sums_over_the_batch() -> None:
    """D0.14: W ← W − α Σ_i ∂J_i/∂W; the mean would go a third of the way."""
    x, target = np.array([[1.0], [2.0], [4.0]]), np.array([0, 1, 1])
    network = network_of_one(np.zeros((2, 1)), np.zeros(2))
    end = gradient_descent(network, x, target, 0.5, 1e-9, 1)
    parts = [
        loss_and_grads(
            network_of_one(np.zeros((2, 1)), np.zeros(2)), x[i : i + 1], target[i : i + 1]
        )
        for i in range(3)
    ]
    weights = sum(part.grads.dparameters["fc"]["weight"] for part in parts)
    assert_same(network.layers["fc"].parameters["weight"], -0.5 * weights)
    assert end.losses == [pytest.approx(3 * np.log(2), rel=1e-15)]
    mean = network_of_one(np.zeros((2, 1)), np.zeros(2))
    gradient_descent(mean, x, target, 0.5, 1e-9, 1, reduction="mean")
    assert_same(mean.layers["fc"].parameters["weight"] * 3, -0.5 * weights)


def test_a_network_that_learns_nothing_has_converged() -> None:
    """Without parameters nothing changes."""
    network, x = Sequential({"act": Tanh()}), np.array([[0.5]])
    assert gradient_descent(network, x, x, 0.1, 1e-9, 5, "squared_error").converged


def test_a_descent_into_nan_has_not_converged() -> None:
    """A change that is no number is not below the threshold."""
    network = network_of_one(np.zeros((1, 1)), np.zeros(1))
    x = np.array([[np.nan]])
    end = gradient_descent(network, x, np.ones((1, 1)), 0.1, 1.0, 4, "squared_error")
    assert (len(end.losses), end.converged) == (4, False)


def test_descent_takes_nested_lists() -> None:
    """As every function does."""
    network = network_of_one(np.array([[1.0]]), np.zeros(1))
    end = gradient_descent(network, [[1.0]], [[1.0]], 0.1, 1e-9, 2, "squared_error")  # type: ignore[arg-type]
    assert end.converged


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"max_iterations": -1},
            ValueError,
            "gradient_descent: max_iterations must be at least 0, but is -1",
        ),
        (
            {"max_iterations": 2.5},
            TypeError,
            "gradient_descent: max_iterations must be an integer, but is 2.5",
        ),
        (
            {"tolerance": "1e-6"},
            TypeError,
            "gradient_descent: tolerance must be a number, but is '1e-6'",
        ),
        (
            {"tolerance": None},
            TypeError,
            "gradient_descent: tolerance must be a number, but is None",
        ),
        (
            {"learning_rate": "fast"},
            TypeError,
            "gradient_descent: learning_rate must be a number, but is 'fast'",
        ),
    ],
)
def test_what_descent_refuses(changes: Any, error: type[Exception], message: str) -> None:
    """Numbers that are none, with the whole text."""
    given = {"learning_rate": 0.1, "tolerance": 1e-6, "max_iterations": 3, **changes}
    network, x = network_of_one(np.zeros((2, 1)), np.zeros(2)), np.ones((1, 1))
    with pytest.raises(error) as info:
        gradient_descent(network, x, np.array([1]), **given)
    assert str(info.value) == message


# --- XOR ----------------------------------------------------------------------------------

INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
ANSWERS = np.array([[0.0], [1.0], [1.0], [0.0]])


@pytest.mark.parametrize(("hidden", "seed"), [(Tanh, 1), (Sigmoid, 2)])
def test_two_layers_learn_xor(hidden: Any, seed: int) -> None:
    """D1.3: an MLP answers all four, with tanh and with sigmoid nodes, and ends by itself."""
    network = mlp(np.random.default_rng(seed), (2, 3, 1), hidden=hidden, output=Sigmoid)
    end = gradient_descent(network, INPUTS, ANSWERS, 2.0, 1e-3, 5000, "squared_error")
    assert end.converged
    assert end.losses[-1] < 0.01 < end.losses[0]
    assert_same(network.forward(INPUTS) > 0.5, ANSWERS > 0.5)


@pytest.mark.parametrize("seed", range(4))
def test_one_layer_never_learns_xor(seed: int) -> None:
    """D1.3: out of reach of one layer: whatever it learns, the loss stays at 1/2 or above.

    For y = act(z), z = w·x + b, the sums of z over both diagonals are equal, so that not all
    four can be on their side of 1/2; and the least loss is that of the guess 1/2 everywhere.
    """
    network = mlp(np.random.default_rng(seed), (2, 1), output=Sigmoid)
    end = gradient_descent(network, INPUTS, ANSWERS, 1.0, 1e-9, 3000, "squared_error")
    assert min(end.losses) >= 1 / 2 - 4 * 2.0**-52
    assert ((network.forward(INPUTS) > 0.5) != (ANSWERS > 0.5)).any()


def test_the_least_loss_of_one_linear_layer_is_one_half() -> None:
    """The guess ½ everywhere is where the gradient of the exact loss is 0, and it costs ½."""
    network = network_of_one(fractions([[0, 0]]), fractions([Fraction(1, 2)]))
    step = loss_and_grads(network, fractions(INPUTS), fractions(ANSWERS), "squared_error")
    assert step.loss == Fraction(1, 2)
    for gradient in step.grads.dparameters["fc"].values():
        assert_exact(gradient, gradient * 0, "fraction")


def test_one_element_that_moves_is_no_convergence() -> None:
    """D0.14: every element must change by less than ε; here the second output is right already."""
    network = Sequential({"fc": Linear(np.zeros((2, 1)), np.zeros(2))})
    x, target = np.array([[1.0]]), np.array([[8.0, 0.0]])
    end = gradient_descent(network, x, target, 0.25, 1e-9, 1, "squared_error")
    assert not end.converged
    end = gradient_descent(network, x, target, 0.25, 1e-9, 99, "squared_error")
    assert end.converged
    assert abs(network.forward(x) - target).max() < 1e-8
