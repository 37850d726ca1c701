"""Evidence on two things D1 says about depth: an inverse function, and a fading gradient."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.documents.absent import asks_torch, if_found
from parity.documents.asking import autograd, distinct, integers, rationals, value
from parity.documents.evidence import RATIONALS, SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d1_mlp as printed
from parity.documents.printed.notation import build

# --- the inverse function -----------------------------------------------------------------


@evidence("D1.31")
def inverse(evidence: Evidence) -> None:
    """Two outputs of layer q with one n_r: no inverse; the chain rule needs none."""
    Theta, b = rationals([[1, 1]]), rationals([0])
    outputs = [rationals(o) for o in np.ndindex(2, 2)]
    collisions = [
        (o, other)
        for o, other in combinations(outputs, 2)
        if not printed.is_function_of_next(Theta, b, o, other)
    ]
    evidence.refuted(RATIONALS, "pairs of o_q with the same n_r", 0, len(collisions))
    o, other = collisions[0]
    n_r = value("linear", {"x": np.array([o, other]), "weight": Theta, "bias": b})
    evidence.refuted(TORCH, "n_r differs where o_q does", True, differ(n_r))
    right_without_inverse(evidence, Theta, "one node behind two")
    right_without_inverse(evidence, distinct("D1.31 Θ", 2, 3), "two behind three")
    evidence.false_at(
        f"Θ_r = {whole(Theta)}, b_r = {whole(b)}: o_q = {whole(o)} and o_q = {whole(other)} both "
        f"give n_r = {whole(n_r[0])}"
    )


@if_found
def differ(pair: Array) -> bool:
    """Whether two vectors have an element that is not the same."""
    return bool((pair[0] != pair[1]).any())


def whole(array: Array) -> list[object]:
    """Whole numbers as a nested list."""
    numbers: list[object] = array.astype(int).tolist()
    return numbers


def right_without_inverse(evidence: Evidence, theta_r: Array, label: str) -> None:
    """Layers that have no inverse: Σ_k ∂E/∂n_k ∂n_k/∂o_j is the gradient all the same."""
    n, m = theta_r.shape
    arrays = {"o": integers(f"D1.31 o {label}", m), "theta": theta_r}
    arrays["b"] = integers(f"D1.31 b {label}", n)
    t = integers(f"D1.31 t {label}", n).astype(float)

    def error(o: Array, theta: Array, b: Array) -> Array:
        y = printed.forward([(theta, b)], o, lambda n: n**2 + n)
        return build((1,), lambda _: printed.loss(t, y))

    found = autograd(error, rationals([1]), **arrays).gradients
    ours = if_found(printed.error_by_output)(found["b"], arrays["theta"])
    evidence.corrected(TORCH, f"Σ_k ∂E/∂n_k θ_kj, {label}", ours, found["o"])
    backward = if_found(refimpl.linear_backward)
    dx = backward(found["b"][None], arrays["o"][None], arrays["theta"]).dx[0]
    evidence.implemented(TORCH, f"linear_backward, {label}", dx, found["o"])


# --- the gradient that fades --------------------------------------------------------------


@evidence("D1.32")
def fading(evidence: Evidence) -> None:
    """Through sigmoids a residual shrinks by a factor of at most ¼ Σ|θ|, which may exceed 1."""
    shrinks = if_found(printed.shrinks)
    for theta in (1, -3):
        evidence.corrected(TORCH, f"θ = {theta}: smaller", True, shrinks(chain(theta)))
    evidence.refuted(TORCH, "θ = 5: smaller", True, shrinks(chain(5)))
    for theta in (1, 4, 5):
        deltas, ours = chain(theta), chain_of_refimpl(theta)
        exact = [Fraction(theta, 4) ** depth for depth in range(4)]
        evidence.corrected(TORCH, f"θ = {theta}: δ = (θ/4)^depth", exact, deltas)
        evidence.implemented(TORCH, f"θ = {theta}: sigmoid_backward", ours, deltas)
    n = sympy.Symbol("n", real=True)
    gap = (sympy.Rational(1, 2) - printed.sigmoid(n)) ** 2
    slope = sympy.diff(printed.sigmoid(n), n)
    evidence.corrected(SYMPY, "σ' = ¼ − (½ − σ)²", sympy.Rational(1, 4) - gap, slope)
    evidence.corrected(TORCH, "|δ_q| ≤ ¼ max_j Σ_k |θ_kj| · |δ_r|", True, within_a_quarter())
    evidence.false_at(counterexample())


@asks_torch
def counterexample() -> str:
    """The smallest weight with which every residual is larger than the one behind it."""
    theta = next(theta for theta in range(1, 10) if growing(chain(theta)))
    return (
        f"one node a layer, θ = {theta}, b = −{theta}/2, every output 1/2: from the last layer "
        f"to the first δ = {', '.join(map(str, chain(theta)))}"
    )


def chain(theta: int, layers: int = 4) -> list[Fraction]:
    """δ of layers of one node with sigmoid, the last first; b = −θ/2 keeps every output at ½."""

    def last_output(**b: Array) -> Array:
        weights = [(np.array([[theta]], object), b[f"b{q}"]) for q in range(layers)]
        return printed.forward(weights, np.array([0.5], object), printed.sigmoid)

    biases = {f"b{q}": rationals([-theta / 2]) for q in range(layers)}
    found = autograd(last_output, rationals([4]), **biases).gradients  # times σ' = ¼: δ = 1
    return [found[f"b{q}"][0] for q in reversed(range(layers))]


def chain_of_refimpl(theta: int, layers: int = 4) -> list[Fraction]:
    """The same by `sigmoid_backward` and `linear_backward`."""
    x, weight, bias = np.array([[0.5]]), np.array([[float(theta)]]), np.array([-theta / 2])
    dy, deltas = np.array([[4.0]]), []
    for _ in range(layers):
        deltas.append(refimpl.sigmoid_backward(dy, refimpl.linear(x, weight, bias)))
        dy = refimpl.linear_backward(deltas[-1], x, weight).dx
    return [Fraction(float(delta[0, 0])) for delta in deltas]


def growing(deltas: Sequence[Fraction]) -> bool:
    """Every residual is larger than the one behind it."""
    return all(front > behind for behind, front in pairwise(deltas))


@asks_torch
def within_a_quarter() -> bool:
    """The bound on the recursion, through random layers of sigmoids of 4, 3 and 5 nodes."""
    theta_q, theta_r = integers("D1.32 Θ_q", 3, 4), integers("D1.32 Θ_r", 5, 3)
    arrays = {"b_q": integers("D1.32 b_q", 3), "b_r": integers("D1.32 b_r", 5)}
    o_p = np.array([0.5, -0.25, 0.125, 1.0], object)

    def output(b_q: Array, b_r: Array) -> Array:
        layers = [(theta_q.astype(int), b_q), (theta_r.astype(int), b_r)]
        return printed.forward(layers, o_p, printed.sigmoid)

    found = autograd(output, integers("D1.32 dy", 5), **arrays).gradients
    largest = max(sum(abs(theta_r[k, j]) for k in range(5)) for j in range(3))
    return bool(max(abs(found["b_q"])) <= Fraction(largest, 4) * max(abs(found["b_r"])))
