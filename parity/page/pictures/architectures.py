"""LeNet on a handwritten digit: what each layer makes of it, before and after training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from markupsafe import Markup

from parity.cases.case import Array
from parity.cases.digits import digits
from parity.page.bilingual import both
from parity.page.pictures import rasters
from parity.page.pictures.equations import shown
from parity.page.pictures.picture import Picture, Row
from refimpl import Sequential, Step, loss_and_grads, softmax, train
from refimpl.architectures import lenet

DIGIT = 2  # the place of the digit shown
STEPS, LEARNING_RATE = 100, 0.5


@dataclass(frozen=True)
class State:
    """A network as it sees the digit: the output of each layer, and the gradients."""

    step: Step
    names: tuple[str, ...]

    @property
    def outputs(self) -> dict[str, Array]:
        """By layer, the sample's alone; "x" is the digit."""
        return {
            name: array[0]
            for name, array in zip(("x", *self.names), self.step.activations, strict=True)
        }

    @property
    def probabilities(self) -> Array:
        """Of the ten digits."""
        return softmax(self.outputs["output"])


def seen(network: Sequential) -> State:
    """How a network sees the digit."""
    images, labels = digits()
    x = images[DIGIT : DIGIT + 1].astype(np.float32)
    return State(loss_and_grads(network, x, labels[DIGIT : DIGIT + 1]), tuple(network.layers))


def in_float32(network: Sequential) -> Sequential:
    """Its parameters in float32: twice as fast."""
    for layer in network.layers.values():
        for name, value in layer.parameters.items():
            layer.parameters[name] = value.astype(np.float32)
    return network


@cache
def before_and_after() -> tuple[State, State, list[float]]:
    """The digit in LeNet with its initial weights and after training on ten digits; the losses."""
    network = in_float32(lenet(np.random.default_rng(0)))
    before = seen(network)
    images, labels = digits()
    batch = images[:10].astype(np.float32), labels[:10]  # one of each
    steps = train(network, [batch] * STEPS, np.float32(LEARNING_RATE))
    losses = [float(step.loss) for step in steps]
    return before, seen(network), losses


# --- what is shown of it ------------------------------------------------------------------


def layers(states: tuple[State, State]) -> Iterator[Row]:
    """A row for each layer, from the digit to the output."""
    for name in states[0].outputs:
        if name == "flatten":  # the same numbers once more
            continue
        outputs = [state.outputs[name] for state in states]
        images = (rasters.grey(as_matrix(output)) for output in outputs)
        yield Row(
            Markup("<code>{}</code> {}").format(name, sizes(outputs[0])),
            tuple(
                rasters.as_image(png, "What layer {layer} gives, dark to bright", layer=name)
                for png in images
            ),
        )


def as_matrix(output: Array) -> Array:
    """Feature maps (C, H, W) side by side, or the values (n,) of a dense layer in lines.

    >>> as_matrix(np.zeros((6, 28, 28))).shape, as_matrix(np.zeros(120)).shape
    ((57, 86), (6, 20))
    """
    if output.ndim == 1:
        return output.reshape(-1, {120: 20, 84: 14, 10: 10}[len(output)])
    return rasters.side_by_side(output, {1: 1, 6: 3, 16: 8}[len(output)])


def sizes(output: Array) -> str:
    """As D2 writes them.

    >>> sizes(np.zeros((6, 28, 28))), sizes(np.zeros(84))
    ('6@28×28', '84')
    """
    if output.ndim == 1:
        return str(len(output))
    return f"{len(output)}@" + "×".join(map(str, output.shape[1:]))


def answers(states: tuple[State, State]) -> Row:
    """The likeliest digit, and its probability."""
    return Row(
        both("Answer"),
        tuple(
            both(
                "{digit}, with probability {probability}",
                digit=state.probabilities.argmax(),
                probability=shown(state.probabilities.max(), ".2f"),
            )
            for state in states
        ),
    )


def gradients(states: tuple[State, State]) -> Row:
    """∂L/∂x: which pixels would change the loss."""
    images = (rasters.signed(state.step.grads.doutputs["x"][0, 0]) for state in states)
    alt = "The gradient at the input image"
    return Row(both("Gradient ∂L/∂x"), tuple(rasters.as_image(png, alt) for png in images))


def pictures() -> Iterator[Picture]:
    """LeNet on one digit."""
    before, after, losses = before_and_after()
    states = before, after
    yield Picture(
        "lenet",
        "LeNet on a handwritten digit",
        (
            "What each layer makes of the image, each scaled from its smallest value, black, to "
            "its largest, white. The training of {steps} steps with learning rate {rate} on ten "
            "digits, one of each, the same in every step, takes the loss from {first} to {last}.",
            "Below, the gradient at the image: where it is orange, a brighter pixel would raise "
            "the loss, where it is blue, lower it; each by its own largest value.",
        ),
        ("conv2d", "sigmoid", "avg_pool2d", "linear", "loss_and_grads", "train"),
        ("D2.11", "D2.29", "D0.14"),
        columns=("Layer", "Initial weights", "After training"),
        rows=(*layers(states), answers(states), gradients(states)),
        values={
            "steps": STEPS,
            "rate": LEARNING_RATE,
            "first": shown(losses[0], ".2f"),
            "last": shown(losses[-1], ".2f"),
        },
    )
