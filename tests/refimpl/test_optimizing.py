"""An optimiser in a training: beside torch's own, its state, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from refimpl import Linear, Optimizer, Sequential, train

RULES = (
    ("sgd", "SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("adam", "Adam", {"betas": (0.5, 0.75), "amsgrad": True}),
    ("adamw", "AdamW", {}),
    ("adamw", "AdamW", {"weight_decay": 0.5, "eps": 0.01}),
)


@pytest.mark.parametrize(("name", "theirs", "options"), RULES)
def test_a_training_beside_torch(
    rng: np.random.Generator, name: str, theirs: str, options: dict[str, Any]
) -> None:
    """Eight batches: torch's model, loss and optimiser of the same name and options."""
    torch = pytest.importorskip("torch")
    weight, bias = rng.normal(size=(3, 4)), rng.normal(size=3)
    batches = [(rng.normal(size=(5, 4)), rng.integers(0, 3, 5)) for _ in range(8)]
    parameters = [torch.tensor(array, requires_grad=True) for array in (weight, bias)]
    stepping = getattr(torch.optim, theirs)(parameters, lr=0.1, **options)
    for x, target in batches:
        stepping.zero_grad()
        logits = torch.nn.functional.linear(torch.tensor(x), *parameters)
        torch.nn.functional.cross_entropy(logits, torch.tensor(target)).backward()
        stepping.step()
    network = Sequential({"fc": Linear(weight, bias)})
    list(train(network, batches, 0.1, optimizer=Optimizer(name, **options)))
    for key, expected in zip(("weight", "bias"), parameters, strict=True):
        found = network.layers["fc"].parameters[key]
        np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-10, atol=1e-12)


def test_each_parameter_has_its_own_state(rng: np.random.Generator) -> None:
    """Also where two of them have one shape; a second training goes on from there."""
    layer = Linear(rng.normal(size=(3, 1)), rng.normal(size=3))
    network = Sequential({"a": layer, "b": Linear(rng.normal(size=(2, 3)), rng.normal(size=2))})
    batch, optimizer = (rng.normal(size=(4, 1)), rng.integers(0, 2, 4)), Optimizer("adam")
    list(train(network, [batch, batch], 0.1, optimizer=optimizer))
    list(train(network, [batch], 0.1, optimizer=optimizer))
    places = {(name, key) for name in "ab" for key in ("weight", "bias")}
    assert optimizer.steps == dict.fromkeys(places, 3)
    shapes = {place: [moment.shape for moment in optimizer.state[place]] for place in places}
    assert shapes["a", "weight"] == [(3, 1)] * 2
    assert shapes["b", "bias"] == [(2,)] * 2


def test_without_a_name_it_is_plain_descent(rng: np.random.Generator) -> None:
    """What a training does without an optimiser, bit by bit."""
    weight, batch = rng.normal(size=(2, 1)), (rng.normal(size=(4, 1)), rng.integers(0, 2, 4))
    plain, stepped = (Sequential({"fc": Linear(weight, np.zeros(2))}) for _ in range(2))
    list(train(plain, [batch] * 3, 0.1))
    list(train(stepped, [batch] * 3, 0.1, optimizer=Optimizer()))
    for key, expected in plain.layers["fc"].parameters.items():
        np.testing.assert_array_equal(stepped.layers["fc"].parameters[key], expected)


def test_what_it_was_given_stays(rng: np.random.Generator) -> None:
    """The arrays of a network are replaced, not written to."""
    weight = rng.normal(size=(2, 1))
    copy = weight.copy()
    network = Sequential({"fc": Linear(weight, np.zeros(2))})
    batch = rng.normal(size=(4, 1)), rng.integers(0, 2, 4)
    list(train(network, [batch] * 3, 0.1, optimizer=Optimizer("sgd", momentum=0.5)))
    np.testing.assert_array_equal(weight, copy)


REFUSED = (
    ({"name": "rmsprop"}, "name must be one of 'sgd', 'adam', 'adamw', but is 'rmsprop'"),
    *(
        (
            {"name": "adam", how: True},
            f"{how} says how torch computes, not what, and there is one way here; leave it out",
        )
        for how in ("foreach", "fused", "capturable", "differentiable")
    ),
    *(
        (
            {"name": "sgd", rate: 0.1},
            f"{rate} is an argument of train, and of update; "
            "give train(network, batches, learning_rate, …)",
        )
        for rate in ("lr", "learning_rate")
    ),
    (
        {"name": "sgd", "betas": (0.9, 0.99)},
        "'sgd' has no option 'betas'; it has momentum, dampening, weight_decay, nesterov, maximize",
    ),
    (
        {"name": "adam", "step": 3},
        "'adam' has no option 'step'; it has betas, eps, weight_decay, amsgrad, maximize, "
        "decoupled_weight_decay",
    ),
)


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=lambda given: str(given)[:30])
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r"^Optimizer: ") as error:
        Optimizer(**options)
    assert str(error.value) == f"Optimizer: {message}"
