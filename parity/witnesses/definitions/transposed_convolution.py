"""Transposed convolutions along one, two and three axes, term by term."""

from __future__ import annotations

from itertools import product

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, Place
from parity.witnesses.definitions.sums import SumOfProducts, Term
from parity.witnesses.definitions.windows import each


def terms(arrays: Arrays, options: Options) -> tuple[Place, list[Term]]:
    """Each place of x with the taps that it writes into the output, within its group."""
    x, weight = arrays["x"].shape, arrays["weight"].shape
    axes, groups = len(x) - 2, options.get("groups", 1)
    stride, dilation = each(options.get("stride", 1), axes), each(options.get("dilation", 1), axes)
    crop = each(options.get("padding", 0), axes)
    more = each(options.get("output_padding", 0), axes)
    output = tuple(
        (n - 1) * s + d * (k - 1) + 1 - 2 * p + m
        for n, k, s, d, p, m in zip(x[2:], weight[2:], stride, dilation, crop, more, strict=True)
    )
    found = []
    for h, i in product(np.ndindex(x[2:]), np.ndindex(weight[2:])):
        u = tuple(
            q * s - p + k * d for q, s, p, k, d in zip(h, stride, crop, i, dilation, strict=True)
        )
        if all(0 <= place < n for place, n in zip(u, output, strict=True)):
            for n, c, o in np.ndindex(x[0], x[1], weight[1]):
                channel = c // (x[1] // groups) * weight[1] + o
                found.append(Term((n, channel, *u), (n, c, *h), (c, o, *i)))
    return (x[0], weight[1] * groups, *output), found


DEFINITIONS: dict[str, Definition] = {
    f"conv_transpose{n}d": SumOfProducts(terms) for n in (1, 2, 3)
}
