"""Evidence on D2's order of the whole backward pass."""

from __future__ import annotations

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.documents.asking import autograd, floats, integers
from parity.documents.evidence import TORCH, Evidence, evidence
from parity.documents.printed import d2_backward as printed
from parity.documents.printed.notation import build

SHAPES = {"W1": (3, 3), "W2": (3, 3), "W3": (6, 5), "W4": (5, 3), "W5": (3, 4)}
CLASS = 2


def example() -> tuple[Array, dict[str, Array]]:
    """An image and parameters for which every prediction is 1/4: all gradients are exact.

    Large enough numbers that no two positive ones tie in a window.
    """
    image = integers("D2.29 image", 14, 18, low=-99, high=99)
    p = {}
    for number, (name, shape) in enumerate(SHAPES.items(), start=1):
        p[name] = integers(f"D2.29 {name}", *shape)
        biases = shape[-1] if number > 2 else 1
        p[f"B{number}"] = integers(f"D2.29 B{number}", biases)
    p["B5"] = p["B5"] - printed.forward(image, p)["Z5"]  # every Z5 is then 0
    return image, p


@evidence("D2.29")
def whole_pass(evidence: Evidence) -> None:
    """Step by step from the loss to the image: torch's gradients of every parameter."""
    image, p = example()
    dL = 3  # an upstream gradient

    def loss(image: Array, **p: Array) -> Array:
        return build((1,), lambda _: printed.loss(image, p, CLASS))

    right = autograd(loss, np.array([dL]), image=image, **p).gradients
    gradients = printed.backward(image, p, CLASS)
    for name in reversed(p):
        evidence.printed(TORCH, f"D{name}", dL * gradients[name], right[name])
    evidence.printed(TORCH, "of the image", dL * gradients["A0"], right["image"])
    step = refimpl.loss_and_grads(network(p), floats(image)[None, None], np.array([CLASS]))
    for number, name in enumerate(LAYERS, start=1):
        ours = step.grads.dparameters[name]
        weight = ours["weight"].T if name.startswith("fc") else ours["weight"][0, 0]
        for what, gradient in ((f"W{number}", weight), (f"B{number}", ours["bias"])):
            evidence.implemented(TORCH, f"loss_and_grads D{what}", dL * gradient, right[what])
    of_image = step.grads.dx["conv1"][0, 0]
    evidence.implemented(TORCH, "loss_and_grads, of the image", dL * of_image, right["image"])


LAYERS = ("conv1", "conv2", "fc3", "fc4", "fc5")


def network(p: dict[str, Array]) -> refimpl.Sequential:
    """The same network of refimpl's layers, in float64."""
    layers: dict[str, refimpl.Layer] = {}
    for number in printed.CONVOLUTIONS:
        weight, bias = floats(p[f"W{number}"]), floats(p[f"B{number}"])
        layers[f"conv{number}"] = refimpl.Conv2d(weight[None, None], bias)
        layers[f"relu{number}"] = refimpl.ReLU()
        layers[f"pool{number}"] = refimpl.MaxPool2d(2)
    layers["flatten"] = refimpl.Flatten()
    for number in (*printed.DENSE, printed.OUTPUT):
        layers[f"fc{number}"] = refimpl.Linear(floats(p[f"W{number}"]).T, floats(p[f"B{number}"]))
        if number != printed.OUTPUT:
            layers[f"relu{number}"] = refimpl.ReLU()
    return refimpl.Sequential(layers)
