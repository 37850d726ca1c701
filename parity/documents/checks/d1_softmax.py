"""Evidence on D1's softmax layer, and on its plan of an implementation."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

import refimpl
from parity.bounds.arithmetic import sides
from parity.cases.case import Array
from parity.documents.absent import if_found
from parity.documents.asking import (
    backward_bounds,
    derivative,
    distinct,
    forward_bound,
    integers,
    layer,
    rationals,
    value,
)
from parity.documents.evidence import COUNTING, SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d1_backward as printed
from parity.documents.printed import d1_mlp
from parity.documents.printed.d1_mlp import each
from parity.documents.printed.notation import log, total
from parity.witnesses.symbols import symbols

SIDES = sides("float64")
FLOATS = np.array([[0.5, -1.0, 2.0]])


@evidence("D1.28")
def compatible(evidence: Evidence) -> None:
    """y − t takes the place of the output's δ, and everything behind it stays as it is."""
    o, theta, b, t = symbols("o", 2), symbols("theta", 3, 2), symbols("b", 3), one_hot(3)
    inputs, n = d1_mlp.net_input(theta, o, b), each(log, symbols("p", 3))  # e^n is p
    E = -log(printed.softmax(inputs)[1])
    delta = printed.softmax(n) - t

    def by_sympy(x: Array) -> Array:
        """∂E/∂x, with the b_j that make n_j of the sums."""
        chosen = dict(zip(b, n - (inputs - b), strict=True))
        return np.array([d.subs(chosen) for d in derivative(E, x).flat], object).reshape(x.shape)

    evidence.printed(SYMPY, "∂E/∂b = δ", d1_mlp.db(delta), by_sympy(b))
    evidence.printed(SYMPY, "∂E/∂θ = δ o", d1_mlp.dtheta(delta, o), by_sympy(theta))
    evidence.printed(SYMPY, "∂E/∂o = Σ δ θ", d1_mlp.error_by_output(delta, theta), by_sympy(o))
    logits, target, dy = np.array([[1.5, -0.25, 3.0]]), np.array([1]), np.array(1.0)
    exact = printed.softmax(rationals(logits)[0]) - t
    given = {"logits": logits, "target": target}
    limit = backward_bounds("cross_entropy", dy, given, {}, SIDES)["logits"].limit[0]
    found = layer("cross_entropy", dy, given).gradients["logits"][0]
    evidence.printed(TORCH, "δ = y − t", exact, found, limit)
    ours = refimpl.cross_entropy_backward(dy, logits, target)[0]
    evidence.implemented(SYMPY, "cross_entropy_backward", ours, exact, limit)
    slope = np.array([[0.0, 1.0, 0.0]])  # ∂E/∂y but for its factor −1/y_t
    limit = backward_bounds("softmax", slope, {"x": logits}, {}, SIDES)["x"].limit[0]
    through = -exact * printed.softmax(rationals(logits)[0])[1]
    ours = refimpl.softmax_backward(slope, logits)[0]
    evidence.implemented(SYMPY, "softmax_backward", ours, through, limit)
    loss = -log(printed.softmax(rationals(logits)[0])[1])
    limit = forward_bound("cross_entropy", given, {}, SIDES).limit
    evidence.implemented(SYMPY, "cross_entropy", refimpl.cross_entropy(logits, target), loss, limit)


def one_hot(k: int) -> Array:
    """The second of k classes."""
    return np.array([int(j == 1) for j in range(k)], object)


@evidence("D1.29")
def classes(evidence: Evidence) -> None:
    """k nodes share the whole probability: nothing is left for a class beside them."""
    n = symbols("n", 3)
    y = printed.softmax(n)
    left = sympy.simplify(1 - total(y))
    found = len(y) + (0 if left == 0 else 1)
    evidence.refuted(SYMPY, "classes of 3 nodes", printed.classes_of_softmax(3), found)
    evidence.corrected(SYMPY, "Σ y = 1", total(y), 1)
    evidence.corrected(SYMPY, "softmax(n − n_k)", printed.softmax(n - n[2]), y)
    reference = printed.softmax(np.append(n, sympy.Integer(0)))
    powers = total(map(sympy.exp, n))
    evidence.under_convention(SYMPY, "a node of 0 beside the k", reference[3], 1 / (1 + powers))
    x = np.array([[0.75, -2.5, 1.0]])
    exact = printed.softmax(rationals(x)[0])
    limit = forward_bound("softmax", {"x": x}, {}, SIDES).limit[0]
    evidence.corrected(TORCH, "k classes", exact, value("softmax", {"x": x})[0], limit)
    evidence.implemented(SYMPY, "softmax", refimpl.softmax(x)[0], exact, limit)
    halves = value("softmax", {"x": np.zeros(2)})
    evidence.false_at(nothing_left(halves))


@if_found
def nothing_left(halves: Array) -> str:
    """Two classes that have the whole probability."""
    return (
        f"k = 2, n = [0, 0]: y = [{', '.join(map(str, halves))}], whose sum is {sum(halves)}: "
        "a class beside the two has probability 0"
    )


# --- the plan -----------------------------------------------------------------------------


@evidence("D1.30")
def plan(evidence: Evidence) -> None:
    """Five kinds of layers with a forward and a backward, and the helpers, all of them right."""
    x, features = distinct("D1.30 x", 1, 2, 5, 6), distinct("D1.30 features", 3, 4)
    weight, bias = distinct("D1.30 weight", 3, 2, 2, 3), integers("D1.30 bias", 3)
    dense = distinct("D1.30 dense", 2, 4)
    kinds: dict[str, list[tuple[refimpl.Layer, Array]]] = {
        "convolution": [(refimpl.Conv2d(weight, bias), x)],
        "pooling": [(refimpl.MaxPool2d(2), x), (refimpl.AvgPool2d(2), 4 * x)],
        "rasterisation": [(refimpl.Flatten(), x)],
        "MLP hidden": [(refimpl.Linear(dense, bias[:2]), features)],
        "softmax": [(refimpl.Softmax(), FLOATS)],
    }
    kinds["MLP hidden"] += [(refimpl.Sigmoid(), FLOATS), (refimpl.Tanh(), FLOATS)]
    whole = [
        kind
        for kind, layers in kinds.items()
        if all({"forward", "backward"} <= set(vars(type(made))) for made, _ in layers)
    ]
    evidence.printed(COUNTING, "layers with a forward and a backward", 5, len(whole))
    for layers in kinds.values():
        for made, given in layers:
            of_layer(evidence, made, given)
    helpers(evidence, x)


def of_layer(evidence: Evidence, made: refimpl.Layer, x: Array) -> None:
    """A layer's forward and backward beside torch's: exact, or within the bounds on floats."""
    name, y = made.function, made.forward(x)
    dy = 4 * integers(f"D1.30 dy {name}", *y.shape)
    arrays = {"x": x, **made.parameters}
    found = layer(name, dy, arrays, made.options)
    limits: dict[str, Any] = {}
    if x is FLOATS:
        dy = dy.astype(float)
        limits["y"] = forward_bound(name, arrays, made.options, SIDES).limit
        limits["x"] = backward_bounds(name, dy, arrays, made.options, SIDES)["x"].limit
    evidence.implemented(TORCH, f"{name}, output", y, found.y, limits.get("y"))
    dx, dparameters = made.backward(dy, x)
    dx_found = found.gradients["x"]
    evidence.implemented(TORCH, f"{name}, backpropagate", dx, dx_found, limits.get("x"))
    for key, gradient in dparameters.items():
        evidence.implemented(TORCH, f"{name}, d{key}", gradient, found.gradients[key])


def helpers(evidence: Evidence, x: Array) -> None:
    """conv2d in two modes, downsample with two rules for the edge, upsample, two derivatives."""
    a, kernel = x[0, 0], distinct("D1.30 kernel", 2, 3)
    for mode in ("valid", "full"):
        given = {"x": a[None, None], "weight": kernel[None, None, ::-1, ::-1]}
        right = value("conv2d", given, {"padding": mode})[0, 0]
        evidence.implemented(
            TORCH, f"convolve2d, {mode}", refimpl.convolve2d(a, kernel, mode), right
        )
    filled = np.pad(x, ((0, 0), (0, 0), (0, 1), (0, 0)))
    for edge, maps in (("drop", x[:, :, :4]), ("zero_pad", filled)):
        dy = integers(f"D1.30 dy {edge}", 1, 2, (maps.shape[2]) // 2, 3)
        found = layer("max_pool2d", dy, {"x": maps}, {"kernel_size": 2})
        ours = refimpl.downsample(x, 2, "max", edge)
        evidence.implemented(TORCH, f"downsample, {edge}", ours, found.y)
        dx = refimpl.upsample(dy, x, 2, "max", edge)
        rows = min(5, maps.shape[2])
        right = found.gradients["x"][:, :, :rows]
        evidence.implemented(TORCH, f"upsample, {edge}", dx[:, :, :rows], right)
        evidence.implemented(TORCH, f"upsample, {edge}, rest", bool(dx[:, :, rows:].any()), False)
    for name, o in (("sigmoid", 0.5), ("tanh", 0.0)):
        slope = layer(name, np.array([3.0]), {"x": np.array([0.0])}).gradients["x"]
        ours = 3 * getattr(refimpl, f"d{name}")(np.array([o]))
        evidence.implemented(TORCH, f"d{name}", ours, slope)
