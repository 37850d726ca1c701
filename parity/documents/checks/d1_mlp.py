"""Evidence on D1's multi-layer perceptron: backpropagation node by node and in matrices.

The judges see the forward formulas only: torch differentiates a network p → q → r → s of
4, 3, 5 and 2 nodes with φ(n) = n² + n, on integers and hence exactly; sympy one of 2, 3 and 2
nodes with a φ of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import NamedTuple

import numpy as np
import sympy

import refimpl
from parity.bounds.arithmetic import sides
from parity.cases.case import Array
from parity.documents.absent import asks_torch, if_found
from parity.documents.asking import (
    autograd,
    backward_bounds,
    derivative,
    integers,
    layer,
    rationals,
    value,
)
from parity.documents.evidence import SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d1_mlp as printed
from parity.documents.printed.notation import Array as Printed
from parity.documents.printed.notation import build
from parity.witnesses.symbols import branched, expressions, symbols

P, Q, R, S = range(4)


class Network(NamedTuple):
    """A network by its layers: Θ and b by the layer that they lead to, o and n by layer."""

    theta: dict[int, Array]
    b: dict[int, Array]
    o: dict[int, Array]
    n: dict[int, Array]
    t: Array
    phi: printed.Function
    dphi: printed.Function

    def slope(self, layer: int) -> Array:
        """φ'(n) of a layer."""
        return printed.each(self.dphi, self.n[layer])


class Gradients(NamedTuple):
    """What a judge finds: ∂E/∂Θ, ∂E/∂b and ∂E/∂o by layer."""

    theta: dict[int, Array]
    b: dict[int, Array]
    o: dict[int, Array]


def network(
    theta: Sequence[Array], b: Sequence[Array], o_p: Array, t: Array, **phi: printed.Function
) -> Network:
    """Everything that the forward pass computes."""
    found = Network(dict(enumerate(theta, Q)), dict(enumerate(b, Q)), {P: o_p}, {}, t, **phi)
    for q in found.theta:
        found.n[q] = printed.net_input(found.theta[q], found.o[q - 1], found.b[q])
        found.o[q] = printed.each(found.phi, found.n[q])
    return found


def signs(label: str, *shape: int) -> Array:
    """Random entries −1 and 1: no gradient is 0 by chance, and none outgrows float64."""
    return 2 * integers(label, *shape, low=0, high=1) - 1


@cache
def numbers() -> Network:
    sizes = (4, 3, 5, 2)
    pairs = list(zip(sizes[1:], sizes, strict=False))
    return network(
        [signs(f"D1 Θ{shape}", *shape) for shape in pairs],
        [integers(f"D1 b{shape}", shape[0], low=-2, high=2) for shape in pairs],
        signs("D1 o", sizes[0]) * [1, 2, 3, 1],
        integers("D1 t", sizes[-1]),
        phi=lambda n: n**2 + n,
        dphi=lambda n: 2 * n + 1,
    )


@asks_torch
@cache
def by_torch() -> Gradients:
    """torch.autograd through the printed forward, started at each layer in turn."""
    net, found = numbers(), Gradients({}, {}, {})

    def error(**given: Array) -> Array:
        rest = [(given[f"theta{q}"], given[f"b{q}"]) for q in net.theta if f"b{q}" in given]
        y = printed.forward(rest, given["o"], net.phi)
        return build((1,), lambda _: printed.loss(net.t.astype(float), y))

    for start in net.o:
        behind = [q for q in net.theta if q > start]
        arrays = {f"theta{q}": net.theta[q] for q in behind} | {f"b{q}": net.b[q] for q in behind}
        gradients = autograd(error, rationals([1]), o=net.o[start], **arrays).gradients
        found.o[start] = gradients["o"]
        for q in behind:
            found.theta[q], found.b[q] = gradients[f"theta{q}"], gradients[f"b{q}"]
    return found


@cache
def unknown() -> Network:
    """Symbols for all numbers, and a function of which nothing is known."""
    phi, n = sympy.Function("phi"), sympy.Symbol("n")
    slope = sympy.diff(phi(n), n)
    return network(
        [symbols("Q", 3, 2), symbols("R", 2, 3)],
        [symbols("b", 3), symbols("c", 2)],
        symbols("o", 2),
        symbols("t", 2),
        phi=phi,
        dphi=lambda at: slope.subs(n, at),
    )


@cache
def by_sympy() -> Gradients:
    """E differentiated by sympy; to an output, as a function of it, which is then put in."""
    net = unknown()
    y = symbols("y", 2)
    E = printed.loss(net.t, net.o[R])
    to_y = derivative(printed.loss(net.t, y), y)
    outputs = dict(zip(y, net.o[R], strict=True))
    o_q = symbols("z", 3)
    to_q = derivative(
        printed.loss(net.t, printed.forward([(net.theta[R], net.b[R])], o_q, net.phi)), o_q
    )
    inner = dict(zip(o_q, net.o[Q], strict=True))
    return Gradients(
        {q: derivative(E, theta) for q, theta in net.theta.items()},
        {q: derivative(E, b) for q, b in net.b.items()},
        {
            P: derivative(E, net.o[P]),
            Q: build((3,), lambda j: to_q[j - 1].subs(inner)),
            R: build((2,), lambda k: to_y[k - 1].subs(outputs)),
        },
    )


def both() -> list[tuple[str, Network, Gradients]]:
    """The two judges, their networks and what they find."""
    return [(TORCH, numbers(), by_torch()), (SYMPY, unknown(), by_sympy())]


def column(v: Array) -> Array:
    return v.reshape(-1, 1)


# --- forward ------------------------------------------------------------------------------


@evidence("D1.4")
def forward(evidence: Evidence) -> None:
    """n_j and E as torch's linear layer and half its summed squared error; φ on each node."""
    net = numbers()
    o, theta, b = net.o[P], net.theta[Q], net.b[Q]
    n = value("linear", {"x": o[None], "weight": theta, "bias": b})[0]
    evidence.printed(TORCH, "n_j", printed.net_input(theta, o, b), n)
    evidence.implemented(TORCH, "linear", refimpl.linear(o[None], theta, b)[0], n)
    t, y = integers("D1.4 t", 3), integers("D1.4 y", 3)
    E = value("squared_error", {"output": y, "target": t})
    evidence.printed(TORCH, "E", printed.loss(t, y), E)
    evidence.implemented(TORCH, "squared_error", refimpl.squared_error(y, t), E)


# --- chain rule ---------------------------------------------------------------------------


@evidence("D1.5")
def chain_rule(evidence: Evidence) -> None:
    """The product of the three derivatives is the gradient, in every layer."""
    for judge, net, found in both():
        for q in net.theta:
            theta = if_found(printed.chain_theta)(found.o[q], net.slope(q), net.o[q - 1])
            evidence.printed(judge, f"∂E/∂θ, layer {q}", theta, found.theta[q])
            b = if_found(printed.chain_b)(found.o[q], net.slope(q))
            evidence.printed(judge, f"∂E/∂b, layer {q}", b, found.b[q])
            if judge == TORCH:
                dn = found.o[q] * net.slope(q)
                ours = if_found(refimpl.linear_backward)(dn[None], net.o[q - 1][None], net.theta[q])
                evidence.implemented(
                    TORCH, f"linear_backward, layer {q}", ours.dweight, found.theta[q]
                )


@evidence("D1.6")
def residuals(evidence: Evidence) -> None:
    """∂E/∂o_j is the sum over the next layer's residuals; δ_j is ∂E/∂n_j."""
    for judge, net, found in both():
        for q in net.theta:
            o = if_found(printed.error_by_output)(found.b[q], net.theta[q])
            evidence.printed(judge, f"∂E/∂o, layer {q - 1}", o, found.o[q - 1])
            delta = if_found(printed.delta)(found.o[q], net.slope(q))
            evidence.printed(judge, f"δ, layer {q}", delta, found.b[q])
            if judge == TORCH:
                there = found.b[q][None], net.o[q - 1][None], net.theta[q]
                ours = if_found(refimpl.linear_backward)(*there)
                evidence.implemented(TORCH, f"linear_backward dx {q}", ours.dx[0], found.o[q - 1])


@evidence("D1.7")
def two_cases(evidence: Evidence) -> None:
    """δ of the output and, from the layer behind, of each hidden layer."""
    for judge, net, found in both():
        last = max(net.theta)
        y = net.o[last]
        evidence.printed(judge, "∂E/∂o of the output", y - net.t, found.o[last])
        output = printed.delta_output(y, net.t, net.slope(last))
        evidence.printed(judge, "δ of the output", output, found.b[last])
        for q in range(Q, last):
            hidden = if_found(printed.delta_hidden)(found.b[q + 1], net.theta[q + 1], net.slope(q))
            evidence.printed(judge, f"δ, layer {q}", hidden, found.b[q])
            if judge == TORCH:
                there = found.b[q + 1][None], net.o[q][None], net.theta[q + 1]
                ours = if_found(refimpl.linear_backward)(*there).dx[0] * net.slope(q)
                evidence.implemented(TORCH, f"linear_backward, φ', layer {q}", ours, found.b[q])
        if judge == TORCH:
            ours = refimpl.squared_error_backward(np.array(Fraction(1)), y, net.t)
            evidence.implemented(TORCH, "squared_error_backward", ours, found.o[last])


@evidence("D1.8")
def gradients(evidence: Evidence) -> None:
    """∂E/∂θ_ji = δ_j o_i and ∂E/∂b_j = δ_j, δ from the output backwards as printed."""
    for judge, net, found in both():
        for q, delta in backward(net).items():
            evidence.printed(
                judge, f"∂E/∂θ, layer {q}", printed.dtheta(delta, net.o[q - 1]), found.theta[q]
            )
            evidence.printed(judge, f"∂E/∂b, layer {q}", printed.db(delta), found.b[q])
            if judge == TORCH:
                ours = refimpl.linear_backward(delta[None], net.o[q - 1][None], net.theta[q])
                evidence.implemented(
                    TORCH, f"linear_backward dweight {q}", ours.dweight, found.theta[q]
                )
                evidence.implemented(TORCH, f"linear_backward dbias {q}", ours.dbias, found.b[q])


def backward(net: Network) -> dict[int, Printed]:
    """δ of every layer by D1.7."""
    last = max(net.theta)
    deltas = {last: printed.delta_output(net.o[last], net.t, net.slope(last))}
    for q in range(last - 1, P, -1):
        deltas[q] = printed.delta_hidden(deltas[q + 1], net.theta[q + 1], net.slope(q))
    return deltas


@evidence("D1.9")
def matrices(evidence: Evidence) -> None:
    """The same as products of matrices and columns, with the sizes as printed."""
    for judge, net, found in both():
        last = max(net.theta)
        slope = {q: column(net.slope(q)) for q in net.theta}
        delta = printed.delta_q_output(column(net.o[last]), column(net.t), slope[last])
        for q in range(last, P, -1):
            if q < last:
                delta = printed.delta_q_hidden(net.theta[q + 1], delta, slope[q])
            evidence.printed(judge, f"δ, layer {q}", delta, column(found.b[q]))
            dtheta = printed.dtheta_matrix(delta, column(net.o[q - 1]))
            evidence.printed(judge, f"∂E/∂Θ, layer {q}", dtheta, found.theta[q])
    net, found = numbers(), by_torch()
    last = max(net.theta)
    dE = refimpl.squared_error_backward(np.array(Fraction(1)), net.o[last], net.t)
    evidence.implemented(TORCH, "squared_error_backward", dE * net.slope(last), found.b[last])
    o, delta = net.o[Q][None], found.b[R][None]
    ours = if_found(refimpl.linear_backward)(delta, o, net.theta[R])
    evidence.implemented(TORCH, "linear_backward", ours.dweight, found.theta[R])
    evidence.implemented(TORCH, "linear_backward", ours.dx[0], found.o[Q])


@evidence("D1.10")
def derivatives(evidence: Evidence) -> None:
    """Both derivatives by the output: sympy's of the functions, and torch's within its bound."""
    n = sympy.Symbol("n", real=True)
    sigmoid, hyperbolic = printed.sigmoid(n), sympy.tanh(n)
    slopes = {"sigmoid": sympy.diff(sigmoid, n), "tanh": sympy.diff(hyperbolic, n)}
    by_output = {"sigmoid": printed.dsigmoid(sigmoid), "tanh": printed.dtanh(hyperbolic)}
    ours = {"sigmoid": refimpl.dsigmoid, "tanh": refimpl.dtanh}
    outputs = {"sigmoid": sigmoid, "tanh": hyperbolic}
    x, dy = np.array([-2.5, -0.75, 0.5, 3.0]), np.array([3.0, -2.0, 5.0, 7.0])
    exact_x, exact_dy = rationals(x), rationals(dy)
    for name, slope in slopes.items():
        evidence.printed(SYMPY, f"{name}'", by_output[name], slope)
        exact = exact_dy * [by_output[name].subs(n, sympy.Rational(v)) for v in exact_x]
        limit = backward_bounds(name, dy, {"x": x}, {}, sides("float64"))["x"].limit
        found = layer(name, dy, {"x": x}).gradients["x"]
        evidence.printed(TORCH, f"{name}_backward", exact, found, limit)
        evidence.implemented(SYMPY, f"d{name}", ours[name](np.array([outputs[name]]))[0], slope)
        backward = getattr(refimpl, f"{name}_backward")
        for branch in (1, -1):
            at = branched(np.array([n]), branch)
            dx = expressions(backward(at * 0 + 1, at))[0]
            evidence.implemented(SYMPY, f"{name}_backward, branch {branch}", dx, slope)
