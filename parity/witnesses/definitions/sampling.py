"""Downsampling, by the maximum and by the mean; at the edge the windows hold zeros."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, Place
from parity.witnesses.definitions.numbers import fractions
from parity.witnesses.definitions.sums import SumOfProducts, Term
from parity.witnesses.definitions.windows import each, is_inside


def blocks(x: Place, options: Options) -> tuple[Place, list[tuple[Place, Any]]]:
    """The spatial output, and the places of each window, zeros included."""
    size = each(options["size"], 2)
    keeps = options.get("edge", "zero_pad") == "zero_pad"
    output = tuple(ceil(n / k) if keeps else n // k for n, k in zip(x[2:], size, strict=True))
    found = []
    for h in np.ndindex(*output):
        rows = [[o * k + i for i in range(k)] for o, k in zip(h, size, strict=True)]
        found.append((h, list(product(*rows))))
    return output, found


def mean_terms(arrays: Arrays, options: Options) -> tuple[Place, list[Term]]:
    """What is inside each window, over the number of its places."""
    (x,) = (array.shape for array in arrays.values())
    output, found = blocks(x, options)
    terms = [
        Term((n, c, *h), (n, c, *u), (), Fraction(1, len(places)))
        for n, c in np.ndindex(*x[:2])
        for h, places in found
        for u in places
        if is_inside(u, x)
    ]
    return (*x[:2], *output), terms


def downsampled_max(dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
    """The first maximum of each window, zeros of the padding included, and dy given to it."""
    (x,) = arrays.values()
    output, found = blocks(x.shape, options)
    y, dx = fractions(np.zeros((*x.shape[:2], *output))), fractions(np.zeros(x.shape))
    for (h, places), (n, c) in product(found, np.ndindex(*x.shape[:2])):
        held = [float(x[n, c, *u]) if is_inside(u, x.shape) else 0.0 for u in places]
        winner = held.index(max(held))
        y[n, c, *h] = Fraction(held[winner])
        if is_inside(places[winner], x.shape):
            dx[n, c, *places[winner]] += Fraction(float(dy[n, c, *h]))
    return {"y": y, "dx": dx}


downsampled_mean = SumOfProducts(mean_terms)


def downsample(dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
    """By the maximum, unless the mean is asked for."""
    way = downsampled_max if options.get("how", "max") == "max" else downsampled_mean
    return way(dy, arrays, options)


DEFINITIONS: dict[str, Definition] = {"downsample": downsample}
