"""Average pooling along one, two and three axes, term by term."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, Place
from parity.witnesses.definitions.sums import SumOfProducts, Term
from parity.witnesses.definitions.windows import each, is_inside, pool_windows


def terms(arrays: Arrays, options: Options) -> tuple[Place, list[Term]]:
    """What is inside each window, over the number of places that count."""
    x = arrays["x"].shape
    output, windows = pool_windows(x, options)
    padding = each(options.get("padding", 0), len(x) - 2)
    counted = padding if options.get("count_include_pad", True) else (0,) * len(padding)
    found = []
    for h, places in windows:
        inside = [u for u in places if is_inside(u, x)]
        counts = [
            u
            for u in places
            if all(-m <= p < n + m for p, n, m in zip(u, x[2:], counted, strict=True))
        ]
        factor = Fraction(1, options.get("divisor_override") or len(counts))
        for n, c in np.ndindex(*x[:2]):
            found += [Term((n, c, *h), (n, c, *u), (), factor) for u in inside]
    return (*x[:2], *output), found


DEFINITIONS: dict[str, Definition] = {f"avg_pool{n}d": SumOfProducts(terms) for n in (1, 2, 3)}
