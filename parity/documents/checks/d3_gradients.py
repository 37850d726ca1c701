"""Evidence on D3: pooling and the backward pass (§2, §3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.documents.asking import (
    autograd,
    derivative,
    distinct,
    expanded,
    integers,
    layer,
    rationals,
    value,
)
from parity.documents.evidence import SYMPY, TORCH, Evidence, evidence, small_integers, smallest
from parity.documents.printed import d3_convolution
from parity.documents.printed import d3_gradients as printed
from parity.witnesses.symbols import symbols


@evidence("D3.6")
def pooling(evidence: Evidence) -> None:
    """2×2, stride 2, on each map: the maximum and the mean."""
    x = 4 * distinct("D3.6 x", 1, 3, 4, 6)
    options = {"kernel_size": 2, "stride": 2}
    for function, formula, ours in (
        ("max_pool2d", printed.max_pooling, refimpl.max_pool2d),
        ("avg_pool2d", printed.mean_pooling, refimpl.avg_pool2d),
    ):
        right = value(function, {"x": x}, options)
        evidence.printed(TORCH, function, np.stack([formula(m) for m in x[0]]), right[0])
        evidence.implemented(TORCH, function, ours(x, 2, 2), right)
        size = refimpl.pool_output_size((4, 6), 2, 2)
        evidence.implemented(TORCH, "pool_output_size", size, right.shape[2:])


# --- the chain rule -----------------------------------------------------------------------


@evidence("D3.8")
def chain_rule(evidence: Evidence) -> None:
    """dw = dout · x holds; of A = B · C, A and C must be the gradients."""
    x, w, dout = integers("D3.8 x", 3), integers("D3.8 w", 3), distinct("D3.8 dout", 3)
    right = autograd(lambda w, x: w * x, dout, w=w, x=x).gradients
    evidence.printed(TORCH, "dw = dout · x", printed.dw(dout, x), right["w"])
    image, kernel = integers("D3.8 image", 1, 1, 3, 2), integers("D3.8 kernel", 1, 1, 3, 2)
    dy = rationals([[[[5]]]])
    back = layer("conv2d", dy, {"x": image, "weight": kernel}).gradients["weight"]
    evidence.printed(TORCH, "dw of one window", printed.dw(dy, image), back)
    ours = refimpl.conv2d_backward(dy, image, kernel).dweight
    evidence.implemented(TORCH, "dweight", ours, back)

    A, B = integers("D3.8 A", 4), integers("D3.8 B", 4)
    dC = distinct("D3.8 dC", 4)
    right = autograd(lambda A, B: A * B, dC, A=A, B=B).gradients
    evidence.refuted(TORCH, "backward: A = B · C", printed.example_backward(B, A * B), right["A"])
    evidence.corrected(TORCH, "dA = B · dC", printed.example_backward(B, dC), right["A"])
    evidence.corrected(TORCH, "dB = A · dC", printed.example_backward(A, dC), right["B"])

    def gradient_of_a(A: Array, B: Array, dC: Array) -> Array:
        return autograd(lambda A, B: A * B, dC, A=A, B=B).gradients["A"]

    (A, B, dC), said, expected = smallest(
        (given for given in small_integers((1,), (1,), (1,)) if all(v > 0 for (v,) in given)),
        lambda A, B, dC: printed.example_backward(B, A * B),
        gradient_of_a,
    )
    evidence.false_at(
        f"A = {A[0]}, B = {B[0]}, C = {A[0] * B[0]}, gradient of C {dC[0]}: B · C = {said[0]}, "
        f"but the gradient of A is {expected[0]}"
    )


# --- the gradient of a filter -------------------------------------------------------------

OPTIONS: dict[str, Any] = {"stride": 2, "padding": 1}


@evidence("D3.9")
def slices(evidence: Evidence) -> None:
    """Each of the three terms is one of the sixteen; their sum is not the gradient."""
    x, w = integers("D3.9 x", 1, 2, 7, 7), integers("D3.9 w", 3, 2, 3, 3)
    dout = integers("D3.9 dout", 1, 3, 4, 4)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    right = layer("conv2d", dout, {"x": x, "weight": w}, OPTIONS).gradients["weight"][0, 0]
    for place, term in TERMS.items():
        alone = np.full(dout.shape, dout[0, 0, 0, 0] * 0)
        alone[0, 0, *place] = dout[0, 0, *place]
        part = layer("conv2d", alone, {"x": x, "weight": w}, OPTIONS).gradients["weight"][0, 0]
        evidence.printed(TORCH, f"the term of dout{place}", term(padded, dout[0]), part)
    three = np.full(dout.shape, dout[0, 0, 0, 0] * 0)
    for place in TERMS:
        three[0, 0, *place] = dout[0, 0, *place]
    part = layer("conv2d", three, {"x": x, "weight": w}, OPTIONS).gradients["weight"][0, 0]
    said = printed.dw_00(padded, three[0])
    evidence.printed(TORCH, "the sum, dout 0 at the other places", said, part)
    evidence.refuted(TORCH, "the sum", printed.dw_00(padded, dout[0]), right)
    evidence.corrected(TORCH, "all sixteen", all_terms(padded, dout), right)
    x, dout = integers("D3.9 xs", 2, 2, 7, 7), integers("D3.9 douts", 2, 3, 4, 4)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    right = layer("conv2d", dout, {"x": x, "weight": w}, OPTIONS).gradients["weight"]
    found = all_terms(padded, dout)
    evidence.corrected(TORCH, "all sixteen of two images", found, right[0, 0])
    ours = refimpl.conv2d_backward(dout, x, w, **OPTIONS).dweight
    evidence.implemented(TORCH, "dweight", ours, right)
    slices_on_symbols(evidence)
    evidence.false_at(counterexample())


TERMS = {(0, 0): printed.first_term, (0, 1): printed.second_term, (3, 3): printed.third_term}


def all_terms(x: Array, dout: Array) -> Array:
    """The correction: all sixteen terms, and every image n; x padded, dout (n, f, h, w)."""
    N, _, rows, columns = dout.shape
    terms = [
        x[n, 0, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] * dout[n, 0, i, j]
        for n in range(N)
        for i in range(rows)
        for j in range(columns)
    ]
    return np.asarray(sum(terms[1:], terms[0]))


def slices_on_symbols(evidence: Evidence) -> None:
    """The same term by term: sympy's derivative of the forward, and refimpl's sums."""
    x, w, dout = symbols("x", 1, 1, 9, 9), symbols("w", 1, 1, 3, 3), symbols("d", 1, 1, 4, 4)
    y = d3_convolution.inner_products(x[0], w, rationals([0]), stride=2)
    right = derivative(y, w, dout[0])[0, 0]
    for (i, j), term in TERMS.items():
        d = dout[0, 0, i, j]
        part = np.array([d * sympy.diff(v, d) for v in right.ravel()], object).reshape(3, 3)
        evidence.printed(SYMPY, f"the term of dout({i}, {j})", term(x, dout[0]), part)
    evidence.refuted(SYMPY, "the sum", printed.dw_00(x, dout[0]), right)
    evidence.corrected(SYMPY, "all sixteen", all_terms(x, dout), right)
    ours = refimpl.conv2d_backward(dout, x, w, stride=2).dweight[0, 0]
    evidence.implemented(SYMPY, "dweight", expanded(ours), expanded(right))


def counterexample() -> str:
    """One pixel and one upstream gradient, at the first place that has no term."""
    x, w, dout = (rationals(np.zeros(s)) for s in ((1, 1, 7, 7), (1, 1, 3, 3), (1, 1, 4, 4)))
    x[0, 0, 0, 4], dout[0, 0, 0, 2] = 1, 1
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    right = layer("conv2d", dout, {"x": x, "weight": w}, OPTIONS).gradients["weight"]
    said = printed.dw_00(padded, dout[0])
    return (
        f"padded x 0 but for x[0,0,1,5] = 1, dout 0 but for place (0, 2) = 1: the three terms "
        f"give {said.astype(int).tolist()}, but dw is {right[0, 0].astype(int).tolist()}"
    )


# --- pooling ------------------------------------------------------------------------------


@evidence("D3.10")
def pooling_backward(evidence: Evidence) -> None:
    """What arrives goes to the maximum unchanged; a mean shares it equally."""
    x, dout = distinct("D3.10 x", 4, 6), 4 * distinct("D3.10 dout", 2, 3)
    for function, formula, ours in (
        ("max_pool2d", printed.max_pooling_backward, refimpl.max_pool2d_backward),
        ("avg_pool2d", printed.mean_pooling_backward, refimpl.avg_pool2d_backward),
    ):
        arrays = {"x": x[None, None]}
        right = layer(function, dout[None, None], arrays, {"kernel_size": 2}).gradients["x"]
        evidence.printed(TORCH, f"{function}, backward", formula(dout, x), right[0, 0])
        found = ours(dout[None, None], x[None, None], 2)
        evidence.implemented(TORCH, f"{function}_backward", found, right)
