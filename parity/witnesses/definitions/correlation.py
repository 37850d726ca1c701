"""Correlation, true convolution and the convolution layer of D1, term by term; rot180."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, Place, unpacked
from parity.witnesses.definitions.numbers import fractions
from parity.witnesses.definitions.sums import SumOfProducts, Term


def correlation_terms(
    arrays: Arrays, options: Options, turned: bool = False
) -> tuple[Place, list[Term]]:
    """A convolution: Σ a[p]·kernel[q] over p + q = place; a correlation: with the turned kernel.

    "full" has every place, "same" the middle of them, "valid" those where one lies in the other.
    """
    *batch, H, W = arrays["a"].shape
    H_k, W_k = arrays["kernel"].shape
    mode = options.get("mode", "full")
    starts, output = [], []
    for n, k in ((H, H_k), (W, W_k)):
        middle = (k - 1) // 2 if turned else k - 1 - (k - 1) // 2
        starts.append({"full": 0, "same": middle, "valid": min(n, k) - 1}[mode])
        output.append({"full": n + k - 1, "same": n, "valid": abs(n - k) + 1}[mode])
    terms = []
    for b in np.ndindex(*batch):
        for (u, v), (i, j) in product(np.ndindex(H, W), np.ndindex(H_k, W_k)):
            place = (u + i - starts[0], v + j - starts[1])
            tap = (i, j) if turned else (H_k - 1 - i, W_k - 1 - j)
            if all(0 <= p < n for p, n in zip(place, output, strict=True)):
                terms.append(Term((*b, *place), (*b, u, v), tap))
    return (*batch, *output), terms


def shared_terms(arrays: Arrays, options: Options) -> tuple[Place, list[Term]]:
    """Every map with the same kernel, turned."""
    N, C, H, W = arrays["x"].shape
    outputs, K_h, K_w = arrays["weight"].shape
    y = (N, outputs, H - K_h + 1, W - K_w + 1)
    terms = [
        Term((n, o, h, w), (n, c, h + K_h - 1 - i, w + K_w - 1 - j), (o, i, j))
        for (n, o, h, w), c, (i, j) in product(np.ndindex(*y), range(C), np.ndindex(K_h, K_w))
    ]
    return y, terms


def rot180(dy: Any, a: Any) -> dict[str, Any]:
    """Every place (h, w) of a matrix goes to (H − 1 − h, W − 1 − w)."""
    y, da = fractions(a), fractions(dy)
    for *b, h, w in np.ndindex(a.shape):
        there = (*b, a.shape[-2] - 1 - h, a.shape[-1] - 1 - w)
        y[there] = Fraction(float(a[*b, h, w]))
        da[*b, h, w] = Fraction(float(dy[there]))
    return {"y": y, "da": da}


DEFINITIONS: dict[str, Definition] = {
    "correlate2d": SumOfProducts(correlation_terms),
    "convolve2d": SumOfProducts(partial(correlation_terms, turned=True)),
    "shared_conv2d": SumOfProducts(shared_terms),
    "rot180": unpacked(rot180),
}
