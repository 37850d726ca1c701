"""Evidence on D1's perceptron, the scale of its inputs, and the layers made of perceptrons."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import numpy as np
import sympy

import refimpl
from parity.bounds.arithmetic import sides
from parity.cases.case import Array
from parity.documents.absent import if_found
from parity.documents.asking import (
    autograd,
    backward_bounds,
    derivative,
    distinct,
    expanded,
    forward_bound,
    integers,
    layer,
    rationals,
    value,
)
from parity.documents.evidence import (
    COUNTING,
    RATIONALS,
    SYMPY,
    TORCH,
    Evidence,
    evidence,
)
from parity.documents.printed import d1_mlp as printed
from parity.documents.printed.notation import build, log, tanh
from parity.witnesses.symbols import symbols

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
XOR = {(0, 0): -1, (0, 1): 1, (1, 0): 1, (1, 1): -1}
AND = {corner: 1 if corner == (1, 1) else -1 for corner in CORNERS}


@evidence("D1.1")
def scale_of_inputs(evidence: Evidence) -> None:
    """The intervals are the ranges of the two activations, ends included."""
    x, far = sympy.Symbol("x", real=True), np.array([-1e4, 1e4])
    functions = {"sigmoid": printed.sigmoid(x), "tanh": sympy.tanh(x)}
    ours = {"sigmoid": refimpl.sigmoid, "tanh": refimpl.tanh}
    for name, function in functions.items():
        interval = printed.INPUTS[name]
        ends = [sympy.limit(function, x, end) for end in (-sympy.oo, sympy.oo)]
        evidence.printed(SYMPY, f"range of {name}", interval, ends)
        evidence.printed(TORCH, f"{name}(±10⁴)", interval, value(name, {"x": far}))
        evidence.implemented(SYMPY, name, ours[name](far), ends)
        evidence.implemented(RATIONALS, f"linear, inputs of {name}", *rescaled(*interval))


def rescaled(low: int, high: int) -> tuple[Array, Array]:
    """A layer on pixels 0 … 255, and one on pixels scaled to low … high: the same values."""
    pixels = integers("D1.1 pixels", 3, 5, low=0, high=255)
    weight, bias = integers("D1.1 weight", 2, 5), integers("D1.1 bias", 2)
    factor = Fraction(255, high - low)  # pixels = factor · (scaled − low)
    scaled = pixels / factor + low
    absorbed = bias - factor * low * weight.sum(axis=1)
    return refimpl.linear(scaled, factor * weight, absorbed), refimpl.linear(pixels, weight, bias)


# --- one perceptron -----------------------------------------------------------------------


@evidence("D1.2")
def perceptron(evidence: Evidence) -> None:
    """sigmoid as worded; sign needs a loss without sign in it, tanh a rescaled output."""
    forward(evidence)
    descent_with_sign(evidence)
    likelihood(evidence)
    several_classes(evidence)


def forward(evidence: Evidence) -> None:
    """act(θᵀ x + b) for each of the three."""
    theta, x, b = distinct("D1.2 θ", 4), integers("D1.2 x", 4), Fraction(1, 2)
    n = printed.perceptron(theta, x, b, lambda n: n)
    given = {"x": rationals([n])}
    signed = printed.perceptron(theta, x, b, printed.sign)
    evidence.under_convention(TORCH, "act = sign", [signed], value("sign", given))
    ours = refimpl.perceptron(x[None], theta[None], rationals([b]))
    evidence.implemented(TORCH, "perceptron", ours[0], value("sign", given))
    numbers = {"x": np.array([float(n / 16)])}
    for name, act in (("sigmoid", printed.sigmoid), ("tanh", tanh)):
        exact = act(sympy.Rational(n.numerator, 16 * n.denominator))
        limit = forward_bound(name, numbers, {}, sides("float64")).limit
        evidence.under_convention(TORCH, f"act = {name}", [exact], value(name, numbers), limit)


def descent_with_sign(evidence: Evidence) -> None:
    """The gradient of ½(t − sign)² is 0; that of the perceptron criterion is not."""
    x, t = distinct("D1.2 samples", 3), 1
    theta = -x  # on the wrong side

    def through_sign(theta: Array, b: Array) -> Array:
        y = printed.perceptron(theta, x.astype(int), b[0], printed.sign)
        return build((1,), lambda _: (t - y) ** 2 / 2)

    def criterion(theta: Array, b: Array) -> Array:
        n = printed.perceptron(theta, x.astype(int), b[0], lambda n: n)
        return build((1,), lambda _: (-t * n).relu())

    given = {"theta": theta, "b": rationals([0])}
    stuck = autograd(through_sign, rationals([1]), **given).gradients["theta"]
    evidence.refuted(TORCH, "½(t − sign)² moves θ", True, if_found(bool)(stuck.any()))
    moved = autograd(criterion, rationals([1]), **given).gradients
    evidence.under_convention(TORCH, "Σ max(0, −t n) moves θ", -t * x, moved["theta"])
    evidence.under_convention(TORCH, "Σ max(0, −t n) moves b", [-t], moved["b"])
    ours = refimpl.sign_backward(rationals([5]), rationals([-3]))
    evidence.implemented(
        TORCH,
        "sign_backward",
        ours,
        layer("sign", rationals([5]), {"x": rationals([-3])}).gradients["x"],
    )
    score, targets = rationals([[printed.perceptron(theta, x, 0, lambda n: n)]]), rationals([[t]])
    dscore = refimpl.perceptron_loss_backward(np.array(Fraction(1)), score, targets)
    backward = refimpl.linear_backward(dscore, x[None], theta[None])
    evidence.implemented(TORCH, "perceptron_loss_backward", backward.dweight[0], moved["theta"])
    loss = autograd(criterion, None, **given).y[0]
    evidence.implemented(TORCH, "perceptron_loss", refimpl.perceptron_loss(score, targets), loss)


def likelihood(evidence: Evidence) -> None:
    """Ascent on the likelihood is descent on the loss; tanh is the sigmoid of 2n, rescaled."""
    theta, x, b, t = symbols("theta", 2), symbols("x", 2), sympy.Symbol("b"), sympy.Symbol("t")
    total, n = printed.perceptron(theta, x, b, lambda n: n), sympy.Symbol("n", real=True)
    y = printed.sigmoid(total)
    found = derivative(t * log(y) + (1 - t) * log(1 - y), theta)
    slope = [d.subs(total, n) for d in found]
    evidence.under_convention(SYMPY, "∂ log-likelihood/∂θ", (t - printed.sigmoid(n)) * x, slope)
    probability = printed.sigmoid(n)
    evidence.refuted(SYMPY, "y = tanh(n) at n = 0", sympy.tanh(0), probability.subs(n, 0))
    half = sympy.log(sympy.Symbol("p", positive=True)) / 2  # any real number
    rescaled = (1 + sympy.tanh(half).rewrite(sympy.exp)) / 2
    evidence.under_convention(SYMPY, "y = (1 + tanh n)/2", rescaled, probability.subs(n, 2 * half))
    regression(evidence)


def regression(evidence: Evidence) -> None:
    """refimpl's log-likelihood and loss, which are one another's negative, beside torch."""
    logits, target, dy = np.array([-2.5, 0.75, 3.0]), np.array([0.0, 1.0, 0.0]), np.array(3.0)
    given = {"logits": logits, "target": target}
    options = {"reduction": "sum"}
    name, both = "binary_cross_entropy_with_logits", sides("float64")
    found = layer(name, dy, given, options)
    limit = forward_bound(name, given, options, both).limit
    ours = refimpl.binary_cross_entropy_with_logits(logits, target, "sum")
    evidence.implemented(TORCH, name, ours, found.y, limit)
    negative = -refimpl.log_likelihood(logits, target)
    evidence.implemented(TORCH, "log_likelihood", negative, found.y, limit)
    limit = backward_bounds(name, dy, given, options, both)["logits"].limit
    dlogits = found.gradients["logits"]
    ours = refimpl.binary_cross_entropy_with_logits_backward(dy, logits, target, "sum")
    evidence.implemented(TORCH, f"{name}_backward", ours, dlogits, limit)
    ours = -refimpl.log_likelihood_backward(dy, logits, target)
    evidence.implemented(TORCH, "log_likelihood_backward", ours, dlogits, limit)


def several_classes(evidence: Evidence) -> None:
    """Softmax regression; with two classes it is logistic regression on the difference."""
    n = symbols("n", 2)
    first = sympy.exp(n[0]) / (sympy.exp(n[0]) + sympy.exp(n[1]))
    one = printed.sigmoid(n[0] - n[1])
    evidence.under_convention(SYMPY, "softmax regression of two classes", first, one)
    samples, weight = np.array([[2.0, -1.0]]), np.array([[1.0, 3.0], [-2.0, 4.0]])
    bias = np.array([0.5, -1.0])
    given = {"x": samples @ weight.T + bias}  # exact
    limit = forward_bound("softmax", given, {}, sides("float64")).limit
    ours = refimpl.softmax_regression(samples, weight, bias)
    evidence.implemented(TORCH, "softmax_regression", ours, value("softmax", given), limit)
    difference = (weight[0] - weight[1])[None]
    sigma = refimpl.logistic_regression(samples, difference, bias[:1] - bias[1:])
    exact = {"x": given["x"][:, :1] - given["x"][:, 1:]}
    limit = forward_bound("sigmoid", exact, {}, sides("float64")).limit
    found = value("sigmoid", exact)
    evidence.implemented(TORCH, "logistic_regression", sigma, found, limit)


# --- several perceptrons ------------------------------------------------------------------


@evidence("D1.3")
def layers(evidence: Evidence) -> None:
    """Θ is n×m; no perceptron computes XOR, a perceptron on two perceptrons does."""
    n, m = 3, 5
    theta, b, x = integers("D1.3 Θ", n, m), integers("D1.3 b", n), integers("D1.3 x", m)
    found = value("linear", {"x": x[None], "weight": theta, "bias": b})[0]
    signs = value("sign", {"x": found})
    nodes = [printed.perceptron(theta[j], x, b[j], printed.sign) for j in range(n)]
    evidence.printed(TORCH, "act(θ_jᵀ x + b_j)", nodes, signs)
    layer_ = printed.hidden_layer(theta, x, b, printed.sign)
    evidence.printed(TORCH, "act(Θ x + b), Θ n×m", layer_, signs)
    ours = refimpl.perceptron(x[None], theta, b)[0]
    evidence.implemented(TORCH, "perceptron", ours, signs)
    xor_is_out_of_reach(evidence)
    xor_is_within_reach(evidence)


def xor_is_out_of_reach(evidence: Evidence) -> None:
    """n(0,0) + n(1,1) = n(0,1) + n(1,0): two negative numbers are not two positive ones."""
    theta, b = symbols("theta", 2), sympy.Symbol("b")
    n = {
        corner: printed.perceptron(theta, np.array(corner, object), b, lambda n: n)
        for corner in CORNERS
    }
    wrong, right = n[0, 0] + n[1, 1], n[0, 1] + n[1, 0]
    evidence.printed(SYMPY, "n(0,0) + n(1,1) = n(0,1) + n(1,0)", expanded([wrong]), [right])
    weights = list(product(range(-4, 5), repeat=3))
    evidence.printed(
        COUNTING, "perceptrons with XOR", 0, sum(computes(XOR, w[:2], w[2]) for w in weights)
    )
    some = any(computes(AND, w[:2], w[2]) for w in weights)
    evidence.printed(COUNTING, "a perceptron with AND is among them", True, some)


def computes(wanted: dict[tuple[int, int], int], theta: Sequence[int], b: int) -> bool:
    """Whether the perceptron gives these signs."""
    weights = np.array(theta, object)
    return all(
        printed.perceptron(weights, np.array(corner, object), b, printed.sign) == sign
        for corner, sign in wanted.items()
    )


def xor_is_within_reach(evidence: Evidence) -> None:
    """Integers that compute it, and a network of refimpl that learns it."""
    outputs = [printed.xor_mlp(*corner) for corner in CORNERS]
    evidence.printed(RATIONALS, "XOR by an MLP", outputs, list(XOR.values()))
    x = rationals(CORNERS)
    hidden = refimpl.perceptron(x, rationals([[2, 2], [2, 2]]), rationals([-1, -3]))
    ours = refimpl.perceptron(hidden, rationals([[1, -1]]), rationals([-1]))
    evidence.implemented(RATIONALS, "perceptron on perceptrons", ours[:, 0], list(XOR.values()))
    evidence.implemented(RATIONALS, "XOR learnt", learnt_xor(), list(XOR.values()))


def learnt_xor() -> list[int]:
    """The signs that an MLP of three hidden nodes has learnt in 200 steps."""
    network = refimpl.mlp(np.random.default_rng(1), (2, 3, 2), hidden=refimpl.Tanh)
    x, classes = np.array(CORNERS, float), np.array([int(sign > 0) for sign in XOR.values()])
    for _ in refimpl.train(network, [(x, classes)] * 200, 2.0):
        pass
    return [1 if chosen else -1 for chosen in network.forward(x).argmax(axis=1)]


@evidence("D1.37")
def linearly_separable(evidence: Evidence) -> None:
    """The perceptron's rule ends on AND with all right; on XOR it never does."""
    for name, wanted, ends in (("AND", AND, True), ("XOR", XOR, False)):
        samples = [(np.array(corner, object), sign) for corner, sign in wanted.items()]
        theta, b, ended = printed.train_perceptron(samples, passes=100)
        evidence.printed(RATIONALS, f"{name}: ends", ends, ended)
        right = computes(wanted, theta.tolist(), b)
        evidence.printed(RATIONALS, f"{name}: all right", ends, right)
        evidence.implemented(RATIONALS, f"{name}: by refimpl", *both_rules(samples, theta, b))
        x, targets = rationals(list(wanted)), rationals(list(wanted.values()))
        signs = refimpl.perceptron(x, theta[None], rationals([b]))[:, 0]
        ours = bool((signs == targets).all())
        evidence.implemented(RATIONALS, f"{name}: all right by perceptron", ours, ends)


def both_rules(samples: list[tuple[Array, int]], theta: Array, b: int) -> tuple[Array, Array]:
    """100 passes by `perceptron_loss_backward`, one sample after another; and by the rule."""
    weight, bias = rationals([[0, 0]]), rationals([0])
    for _ in range(100):
        for sample, sign in samples:
            x, target = rationals([sample]), rationals([[sign]])
            score = refimpl.linear(x, weight, bias)
            dscore = refimpl.perceptron_loss_backward(
                np.array(Fraction(1)), score, target, at_zero=1
            )
            _, dweight, dbias = refimpl.linear_backward(dscore, x, weight)
            weight, bias = refimpl.descend(weight, dweight, 1), refimpl.descend(bias, dbias, 1)
    return np.append(weight, bias), np.append(theta, b)
