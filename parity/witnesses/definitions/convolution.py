"""Convolutions along one, two and three axes, term by term."""

from __future__ import annotations

from itertools import product

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, Place
from parity.witnesses.definitions.padding import filled
from parity.witnesses.definitions.sums import SumOfProducts, Term
from parity.witnesses.definitions.windows import each, is_inside, margins


def terms(arrays: Arrays, options: Options) -> tuple[Place, list[Term]]:
    """Each output with the taps of its window that are inside, within its group."""
    x, weight = arrays["x"].shape, arrays["weight"].shape
    axes, groups = len(x) - 2, options.get("groups", 1)
    stride, dilation = each(options.get("stride", 1), axes), each(options.get("dilation", 1), axes)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(weight[2:], dilation, strict=True))
    pads = margins(options.get("padding", 0), x[2:], spans, stride)
    output = tuple(
        (n + b + a - span) // s + 1
        for n, (b, a), span, s in zip(x[2:], pads, spans, stride, strict=True)
    )
    found, mode = [], options.get("padding_mode", "zeros")
    for h, i in product(np.ndindex(output), np.ndindex(weight[2:])):
        u = tuple(
            p * s + q * d - b
            for p, s, q, d, (b, _) in zip(h, stride, i, dilation, pads, strict=True)
        )
        u = filled(u, x[2:], mode)
        if is_inside(u, x):
            for n, o, c in np.ndindex(x[0], weight[0], weight[1]):
                channel = o // (weight[0] // groups) * weight[1] + c
                found.append(Term((n, o, *h), (n, channel, *u), (o, c, *i)))
    return (x[0], weight[0], *output), found


DEFINITIONS: dict[str, Definition] = {f"conv{n}d": SumOfProducts(terms) for n in (1, 2, 3)}
