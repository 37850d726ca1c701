"""Evidence on D4's residual and Inception networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.documents.absent import if_found
from parity.documents.asking import autograd, floats, integers, layer, rationals, value
from parity.documents.evidence import COUNTING, RATIONALS, SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d4_architecture as printed

# --- networks of refimpl, each layer by torch ---------------------------------------------


class ByTorch:
    """The layers of a network, with parameters −1, 0, 1, each run by torch."""

    def __init__(self, network: refimpl.Network, label: str) -> None:
        self.layers = network.layers
        for name, made in self.layers.items():
            for key, p in made.parameters.items():
                drawn = integers(f"{label} {name} {key}", *p.shape, low=-1, high=1)
                made.parameters[key] = floats(drawn)

    def __call__(self, name: str, x: Array) -> Array:
        made: Any = self.layers[name]
        return value(made.function, {"x": x, **made.parameters}, made.options)

    def then_relu(self, name: str, x: Array) -> Array:
        """The layer and ReLU."""
        return value("relu", {"x": self(name, x)})


# --- residual network ---------------------------------------------------------------------


@evidence("D4.16")
def residual(evidence: Evidence) -> None:
    """h = x + (h − x); a unit x + f(θ, x) with f = h − x gives the same h."""
    x, h = integers("D4.16 x", 2, 5, 4), integers("D4.16 h", 2, 5, 4)
    evidence.printed(RATIONALS, "x + (h − x)", printed.residual(x, h), h)
    x_, h_ = np.array(sympy.symbols("x h"), object)[:, None]
    evidence.printed(SYMPY, "x + (h − x)", printed.residual(x_, h_), h_)
    W, dh = integers("D4.16 W", 2, 2, 3, 3), integers("D4.16 dh", 2, 5, 4)
    right = equal_width(W, x)
    less_x = W.copy()
    for c in range(2):
        less_x[c, c, 1, 1] -= 1  # the kernel of x itself is taken off
    found = printed.residual_unit(x, less_x, equal_width)
    evidence.printed(TORCH, "x + f(θ, x) where f = h − x", found, right)
    judged = autograd(
        lambda x, theta: printed.residual_unit(x, theta, same_width), dh, x=x, theta=W
    )
    branch = refimpl.conv2d(x[None], W, padding="same")
    ours = refimpl.add_backward(dh[None], x[None], branch)
    dx, dW, _ = refimpl.conv2d_backward(ours.dother, x[None], W, padding="same")
    evidence.implemented(TORCH, "add", refimpl.add(x[None], branch)[0], judged.y)
    evidence.implemented(TORCH, "add_backward dx", (ours.dx + dx)[0], judged.gradients["x"])
    evidence.implemented(TORCH, "add_backward dother", dW, judged.gradients["theta"])
    unit_backward(evidence, x, W, dh, judged.gradients["x"])
    network = refimpl.residual_network(np.random.default_rng(0))
    x, by_torch = integers("D4.16 image", 1, 3, 11, 9), ByTorch(network, "D4.16")
    first = residual_block(by_torch, "block1", by_torch.then_relu("conv", x))
    second = residual_block(by_torch, "block2", first)
    logits = by_torch("output", second.reshape(1, -1))
    evidence.implemented(TORCH, "residual_network", network.forward(floats(x)), logits)
    evidence.implemented(RATIONALS, "Add", refimpl.Add().forward(x, x * x), x + x * x)
    where_nothing_is_learnt(evidence)


def unit_backward(evidence: Evidence, x: Array, W: Array, dh: Array, right: Array) -> None:
    """∂L/∂x of h = x + f(θ, x): the parts of both ways are summed."""
    f = refimpl.Conv2d(W, rationals([0, 0]), padding=1)
    unit = refimpl.Network({"f": f, "h": refimpl.Add()}, {"h": ("x", "f")})
    grads = unit.backward(dh[None], unit.activations(x[None]))
    evidence.implemented(TORCH, "Network.backward", grads.doutputs["x"][0], right)


def where_nothing_is_learnt(evidence: Evidence) -> None:
    """ResNet's blocks with f = 0, the last normalisation's weight being 0: h is x, behind ReLU."""
    block = refimpl.basic_block(np.random.default_rng(0), "b", "x", 2, 2)
    network = refimpl.resnet18(np.random.default_rng(0))
    for name, made in (*block.layers.items(), *network.layers.items()):
        if name.endswith("bn2"):
            made.parameters["weight"] = np.zeros_like(made.parameters["weight"])
    x = integers("D4.16 maps", 2, 2, 5, 4)
    h = refimpl.Network(*block).forward(floats(x))
    evidence.implemented(TORCH, "basic_block where f = 0", h, value("relu", {"x": x}))
    image = floats(integers("D4.16 images", 2, 3, 64, 64))
    a = dict(zip(("x", *network.layers), network.activations(image), strict=True))
    stage = value("relu", {"x": a["maxpool"]})
    evidence.implemented(TORCH, "resnet18 where f = 0", a["layer1.1.relu2"], stage)


def residual_block(by_torch: ByTorch, name: str, x: Array) -> Array:
    """ReLU(x + f(θ, x)), x by a 1×1 convolution where its size changes."""
    shortcut = by_torch(f"{name}.shortcut", x) if f"{name}.shortcut" in by_torch.layers else x
    f = by_torch(f"{name}.conv2", by_torch.then_relu(f"{name}.conv1", x))
    return value("relu", {"x": shortcut + f})


def equal_width(W: Array, x: Array) -> Array:
    """torch's convolution of maps x whose width stays."""
    maps: Array = value("conv2d", {"x": x[None], "weight": W}, {"padding": "same"})[0]
    return maps


def same_width(W: Array, x: Array) -> Array:
    """The same, element by element: a printed forward that autograd can take."""
    return printed.side_by_side(x, [W])


# --- Inception ----------------------------------------------------------------------------


@evidence("D4.18")
def inception(evidence: Evidence) -> None:
    """Maps of three kernel sizes fit on each other; 1×1 kernels make the depth smaller."""
    D, X = 4, integers("D4.18 X", 4, 7, 6)
    kernels = [integers(f"D4.18 W {k}", maps, D, k, k) for maps, k in ((2, 1), (1, 3), (3, 5))]
    branches = [value("conv2d", {"x": X[None], "weight": W}, {"padding": "same"}) for W in kernels]
    right = np.concatenate(branches, axis=1)
    found = printed.side_by_side(X, kernels)
    evidence.printed(TORCH, "1×1, 3×3, 5×5, stacked", found, right[0])
    evidence.printed(COUNTING, "depths add up", len(found), sum(map(len, kernels)))
    ours = [refimpl.conv2d(X[None], W, padding="same") for W in kernels]
    evidence.implemented(TORCH, "concatenate", refimpl.concatenate(*ours), right)
    dy = integers("D4.18 dy", 1, *found.shape)
    parts = refimpl.concatenate_backward(dy, *ours)
    names = ("a", "b", "c")
    judged = layer("concatenate", dy, dict(zip(names, branches, strict=True))).gradients
    for name, part in zip(names, parts, strict=True):
        evidence.implemented(TORCH, f"concatenate_backward d{name}", part, judged[name])
    stacked = if_found(refimpl.Concatenate().forward)(*branches)
    evidence.implemented(TORCH, "Concatenate", stacked, right)
    reduction(evidence, X, kernels[0], kernels[2])
    restored(evidence)
    network = refimpl.inception_network(np.random.default_rng(0))
    x, by_torch = integers("D4.18 image", 1, 6, 7, 8), ByTorch(network, "D4.18")
    maps = [
        by_torch.then_relu("mix.1×1", x),
        by_torch.then_relu("mix.3×3", by_torch.then_relu("mix.3×3 reduce", x)),
        by_torch.then_relu("mix.5×5", by_torch.then_relu("mix.5×5 reduce", x)),
        by_torch.then_relu("mix.pool", by_torch("mix.max", x)),
    ]
    logits = by_torch("output", np.concatenate(maps, axis=1).reshape(1, -1))
    evidence.implemented(TORCH, "inception_network", network.forward(floats(x)), logits)


def reduction(evidence: Evidence, X: Array, small: Array, large: Array) -> None:
    """1×1 kernels in front of 5×5 ones: fewer maps, and so fewer weights."""
    (few, D, *_), maps = small.shape, len(large)
    reduced = value("conv2d", {"x": X[None], "weight": small})
    evidence.printed(TORCH, "1×1: fewer maps", True, reduced.shape[1] < D)
    evidence.printed(TORCH, "1×1: the same size", X.shape[1:], reduced.shape[2:])
    behind = integers("D4.18 behind", maps, few, 5, 5)
    evidence.printed(COUNTING, "fewer weights", True, small.size + behind.size < large.size)
    value("conv2d", {"x": reduced, "weight": behind})  # torch takes them for the reduced maps
    pixels = X.reshape(D, -1)
    mixed = (small.reshape(few, D) @ pixels).reshape(1, few, *X.shape[1:])
    evidence.implemented(RATIONALS, "conv2d 1×1", refimpl.conv2d(X[None], small), mixed)


def restored(evidence: Evidence) -> None:
    """A map that is a sum of two others is redundant: two maps of 1×1 kernels keep all three."""
    a, b = integers("D4.18 a", 4, 3), integers("D4.18 b", 4, 3)
    X = np.stack([a, b, a + b])
    reduce = np.array([[1, 1, 1], [1, -1, 0]], object)[:, :, None, None]
    back = np.array([[1, 2], [1, -2], [2, 0]], object)[:, :, None, None] / rationals(4)
    kept = value("conv2d", {"x": X[None], "weight": reduce})
    again = value("conv2d", {"x": kept, "weight": back})
    evidence.printed(TORCH, "redundant maps survive", again[0], X)
