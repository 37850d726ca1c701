"""Pooling with weights of its own, term by term, and with those of a Gaussian."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, Place
from parity.witnesses.definitions.numbers import real, reals
from parity.witnesses.definitions.sums import SumOfProducts, Term
from parity.witnesses.definitions.windows import each, pool_windows


def terms(arrays: Arrays, options: Options) -> tuple[Place, list[Term]]:
    """The windows of each channel with that channel's weights."""
    x, (_, *kernel) = arrays["x"].shape, arrays["weight"].shape
    output, found = pool_windows(x, {"kernel_size": kernel, **options})
    taps = [
        Term((n, c, *h), (n, c, *u), (c, *i))
        for n, c in np.ndindex(*x[:2])
        for h, places in found
        for u, i in zip(places, np.ndindex(*kernel), strict=True)
    ]
    return (*x[:2], *output), taps


def gaussian_pool(dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
    """Σ g·x over each window, g = e^(−r²/(2σ²))/Σ e^(−r²/(2σ²)), σ as x's dtype holds it."""
    (x,) = arrays.values()
    kernel, sigma = each(options["kernel_size"], 2), real.mpf(float(x.dtype.type(options["sigma"])))
    powers = {}
    for i in np.ndindex(*kernel):
        square = sum(
            (real.mpf(p) - real.mpf(k - 1) / 2) ** 2 for p, k in zip(i, kernel, strict=True)
        )
        powers[i] = real.exp(-square / (2 * sigma**2))
    total = sum(powers.values())
    output, found = pool_windows(x.shape, options)
    y, dx = reals(np.zeros((*x.shape[:2], *output))), reals(np.zeros(x.shape))
    for (h, places), (n, c) in product(found, np.ndindex(*x.shape[:2])):
        for u, power in zip(places, powers.values(), strict=True):
            y[n, c, *h] += power / total * real.mpf(float(x[n, c, *u]))
            dx[n, c, *u] += power / total * real.mpf(float(dy[n, c, *h]))
    return {"y": y, "dx": dx}


DEFINITIONS: dict[str, Definition] = {
    "weighted_pool2d": SumOfProducts(terms),
    "gaussian_pool2d": gaussian_pool,
}
