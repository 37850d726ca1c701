"""Max pooling along one, two and three axes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options
from parity.witnesses.definitions.numbers import fractions
from parity.witnesses.definitions.windows import is_inside, pool_windows


def max_pool(dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
    """The first maximum of each window, and dy given to it."""
    (x,) = arrays.values()
    output, found = pool_windows(x.shape, options)
    y, dx = fractions(np.zeros((*x.shape[:2], *output))), fractions(np.zeros(x.shape))
    for h, places in found:
        inside = [u for u in places if is_inside(u, x.shape)]
        for n, c in np.ndindex(*x.shape[:2]):
            winner = inside[int(np.argmax([x[n, c, *u] for u in inside]))]  # the first of them
            y[n, c, *h] = Fraction(float(x[n, c, *winner]))
            dx[n, c, *winner] += Fraction(float(dy[n, c, *h]))
    return {"y": y, "dx": dx}


DEFINITIONS: dict[str, Definition] = {f"max_pool{n}d": max_pool for n in (1, 2, 3)}
