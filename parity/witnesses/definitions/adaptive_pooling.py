"""Adaptive pooling along one, two and three axes, and pooling of whole maps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, Place
from parity.witnesses.definitions.max_pooling import max_pool
from parity.witnesses.definitions.sums import SumOfProducts, Term
from parity.witnesses.definitions.windows import pool_windows


def terms(arrays: Arrays, options: Options) -> tuple[Place, list[Term]]:
    """The places of each window, over how many there are."""
    x = arrays["x"].shape
    output, windows = pool_windows(x, options)
    found = [
        Term((n, c, *h), (n, c, *u), (), Fraction(1, len(places)))
        for h, places in windows
        for n, c in np.ndindex(*x[:2])
        for u in places
    ]
    return (*x[:2], *output), found


MEANS = (*(f"adaptive_avg_pool{n}d" for n in (1, 2, 3)), "global_avg_pool")
MAXIMA = (*(f"adaptive_max_pool{n}d" for n in (1, 2, 3)), "global_max_pool")
DEFINITIONS: dict[str, Definition] = {
    **dict.fromkeys(MEANS, SumOfProducts(terms)),
    **dict.fromkeys(MAXIMA, max_pool),
}
