"""Evidence on D0's algorithms: the whole forward pass and the whole training (§8, §9, §15)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

import refimpl
from parity.bounds.arithmetic import sides
from parity.cases.case import Array
from parity.documents.absent import if_found
from parity.documents.asking import autograd, floats, forward_bound, integers, rationals, value
from parity.documents.evidence import RATIONALS, SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d0_network as printed
from parity.documents.printed.d0_forward import relu
from parity.documents.printed.notation import build, total


@evidence("D0.8")
def fully_connected_layer(evidence: Evidence) -> None:
    """σ(W a + b) of maps in a row, and softmax of the output layer."""
    a = integers("D0.8 a", 2, 3, 4)
    W, b = integers("D0.8 W", 5, 24, low=-1, high=1), integers("D0.8 b", 5)
    z = value("linear", {"x": value("flatten", {"x": a[None]}), "weight": W, "bias": b})
    right = value("relu", {"x": z})[0]
    evidence.printed(TORCH, "σ(W a + b)", relu(printed.affine(W, a, b)), right)
    ours = refimpl.relu(refimpl.linear(refimpl.flatten(a[None]), W, b))[0]
    evidence.implemented(TORCH, "relu(linear(flatten))", ours, right)
    softmax_of(evidence, z[0])


def softmax_of(evidence: Evidence, z: Array) -> None:
    """Softmax as printed, exactly, beside torch's and refimpl's within the derived bound."""
    exact, logits = if_found(printed.softmax)(z), floats(z)
    limit = forward_bound("softmax", {"x": logits}, {}, sides("float64")).limit
    evidence.printed(TORCH, "softmax", exact, value("softmax", {"x": z}), limit)
    evidence.implemented(SYMPY, "softmax", if_found(refimpl.softmax)(logits), exact, limit)


# --- a small network with every type of layer ---------------------------------------------

SHAPES = {
    "W2": (2, 1, 2, 2),
    "b2": (2,),
    "W4": (3, 2, 2, 1),
    "b4": (3,),
    "W5": (4, 9),
    "b5": (4,),
    "W6": (5, 4),
    "b6": (5,),
}


def drawn(label: str) -> dict[str, Array]:
    """Parameters of the network: integers, most of them positive, which keeps ReLU alive."""
    return {
        name: integers(f"{label} {name}", *shape, low=-1, high=2) for name, shape in SHAPES.items()
    }


def network(how: str, p: dict[str, Array]) -> list[printed.Layer]:
    """Input 1×5×7 → conv → 2×4×6 → pool → 2×2×3 → conv → 3×1×3 → 4 → 5."""
    return [
        printed.Convolution(p["W2"], p["b2"]),
        printed.Pooling(2, how),
        printed.Convolution(p["W4"], p["b4"]),
        printed.FullyConnected(p["W5"], p["b5"]),
        printed.FullyConnected(p["W6"], p["b6"]),
    ]


def by_torch(how: str, p: dict[str, Array], x: Array) -> Array:
    """zᴸ by torch's own layers, one after the other."""
    pooling = {"MAX": "max_pool2d", "Average": "avg_pool2d"}[how]
    a = value("relu", {"x": value("conv2d", {"x": x[None], "weight": p["W2"], "bias": p["b2"]})})
    a = value(pooling, {"x": a}, {"kernel_size": 2})
    a = value("relu", {"x": value("conv2d", {"x": a, "weight": p["W4"], "bias": p["b4"]})})
    a = value("flatten", {"x": a})
    a = value("relu", {"x": value("linear", {"x": a, "weight": p["W5"], "bias": p["b5"]})})
    logits: Array = value("linear", {"x": a, "weight": p["W6"], "bias": p["b6"]})[0]
    return logits


def in_refimpl(how: str, p: dict[str, Array]) -> refimpl.Sequential:
    """The same network as a chain of refimpl's layers, up to the logits."""
    return refimpl.Sequential(
        {
            "conv2": refimpl.Conv2d(p["W2"], p["b2"]),
            "relu2": refimpl.ReLU(),
            "pool3": refimpl.MaxPool2d(2) if how == "MAX" else refimpl.AvgPool2d(2),
            "conv4": refimpl.Conv2d(p["W4"], p["b4"]),
            "relu4": refimpl.ReLU(),
            "flatten": refimpl.Flatten(),
            "fc5": refimpl.Linear(p["W5"], p["b5"]),
            "relu5": refimpl.ReLU(),
            "fc6": refimpl.Linear(p["W6"], p["b6"]),
        }
    )


@evidence("D0.9")
def forward_algorithm(evidence: Evidence) -> None:
    """Layer by layer, every type, to the logits exactly and through softmax."""
    x, p = integers("D0.9 x", 1, 5, 7, low=-3, high=3), drawn("D0.9")
    for how in ("MAX", "Average"):
        right = by_torch(how, p, x)
        found = printed.forward(x, network(how, p), printed.identity)
        evidence.printed(TORCH, f"{how}: zᴸ", found.a[-1], right)
        ours = in_refimpl(how, p).forward(x[None])[0]
        evidence.implemented(TORCH, f"{how}: Sequential", ours, right)
    softmax_of(evidence, scaled(right))


@if_found
def scaled(logits: Array) -> Array:
    """Divided by a power of 2, so that none exceeds 1."""
    less: Array = logits / 2 ** int(max(abs(v) for v in logits)).bit_length()
    return less


# --- training -----------------------------------------------------------------------------


def difference(a: Array, y: Array) -> Array:
    """δᴸ of J = ½ Σ (a − y)² at an output layer without activation."""
    return a - y


@evidence("D0.14")
def training(evidence: Evidence) -> None:
    """One step with the sum over the batch, against autograd of Σ_i J_i; both ways to end."""
    alpha = Fraction(1, 8)
    samples = [
        (
            integers(f"D0.14 x{i}", 1, 5, 7, low=-3, high=3),
            integers(f"D0.14 y{i}", 5),
        )
        for i in range(3)
    ]
    for how in ("MAX", "Average"):
        p = drawn("D0.14")
        trained = printed.gradient_descent(
            samples, network(how, p), alpha, 1, 0, difference, printed.identity
        )
        found = parameters_of(trained.layers)
        slopes = autograd(batch_loss(how, samples), rationals([1]), **p).gradients
        ours = one_step(in_refimpl(how, p), samples, alpha)
        for name in p:
            right = p[name] - alpha * slopes[name]
            evidence.printed(TORCH, f"{how}: {name} after a step", found[name], right)
            evidence.implemented(TORCH, f"{how}: {name} after a step", ours[name], right)
    ends(evidence)


def parameters_of(layers: list[printed.Layer]) -> dict[str, Array]:
    """W2, b2, W4, … of the layers."""
    found = {}
    for index, layer in enumerate(layers, start=2):
        if not isinstance(layer, printed.Pooling):
            found[f"W{index}"], found[f"b{index}"] = layer.W, layer.b
    return found


def batch_loss(how: str, samples: list[tuple[Array, Array]]) -> Callable[..., Array]:
    """Σ_i J_i as a function of the parameters, by the printed forward."""

    def loss(**p: Array) -> Array:
        given = [(floats(x).astype(object), floats(y).astype(object)) for x, y in samples]
        layers = network(how, p)
        errors = [printed.forward(x, layers, printed.identity).a[-1] - y for x, y in given]
        return build((1,), lambda _: total(v * v for error in errors for v in error) / 2)

    return loss


def one_step(
    chain: refimpl.Sequential, samples: list[tuple[Array, Array]], alpha: Fraction
) -> dict[str, Array]:
    """refimpl's parameters after one step on the whole batch."""
    x, y = (np.stack(parts) for parts in zip(*samples, strict=True))
    refimpl.gradient_descent(chain, x, y, alpha, 0, 1, "squared_error")
    return {
        f"{letter}{name[-1]}": layer.parameters[key]
        for name, layer in chain.layers.items()
        for letter, key in (("W", "weight"), ("b", "bias"))
        if layer.parameters
    }


def ends(evidence: Evidence) -> None:
    """How many iterations one weight takes, by its closed form.

    J = ½ Σ (w x − y)² over x = ±1, ±2 and y = 3x: the bias stays 0, w_t = 3 − 3(1 − 10α)^t, and
    iteration t moves w by 30α(1 − 10α)^(t−1).
    """
    alpha = Fraction(1, 20)
    x = rationals([[1], [-1], [2], [-2]])
    samples = list(zip(x, 3 * x, strict=True))
    for most, epsilon in ((50, Fraction(1, 100)), (4, Fraction(1, 100)), (50, Fraction(2, 3))):
        W, b = rationals([[0]]), rationals([0])
        found = printed.gradient_descent(
            samples,
            [printed.FullyConnected(W, b)],
            alpha,
            most,
            epsilon,
            difference,
            printed.identity,
        )
        below = (t for t in range(1, most) if 30 * alpha * (1 - 10 * alpha) ** (t - 1) < epsilon)
        iterations = next(below, most)
        weight = [[3 - 3 * (1 - 10 * alpha) ** iterations]]
        label = f"ε = {epsilon}, at most {most}"
        evidence.printed(RATIONALS, f"{label}: iterations", found.iterations, iterations)
        evidence.printed(RATIONALS, f"{label}: weight", parameters_of(found.layers)["W2"], weight)
        ours = refimpl.Sequential({"fc": refimpl.Linear(W, b)})
        end = refimpl.gradient_descent(ours, x, 3 * x, alpha, epsilon, most, "squared_error")
        evidence.implemented(RATIONALS, f"{label}: iterations", len(end.losses), iterations)
        evidence.implemented(
            RATIONALS, f"{label}: weight", ours.layers["fc"].parameters["weight"], weight
        )
