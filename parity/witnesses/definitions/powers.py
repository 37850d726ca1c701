"""Powers of two arrays: each pair of elements adds to the gradients at its own places."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.witnesses.definitions.broadcasting import place_in
from parity.witnesses.definitions.definition import Arrays, Definition, Options
from parity.witnesses.definitions.numbers import real, reals


def power(dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
    """e^(p·log x), negative where x is and p is odd; by the product and chain rules."""
    base = arrays["x"]
    number = base.dtype.type(options["exponent"]) if "exponent" in options else None
    p = reals(arrays.get("exponent", np.asarray(number)))
    x, upstream = reals(base), reals(dy)
    y, dx, dexponent = (reals(np.zeros(np.shape(a))) for a in (dy, x, p))
    for place in np.ndindex(*y.shape):
        at_x, at_p = place_in(x.shape, place), place_in(p.shape, place)
        y[place], by_x, by_p = _slopes(x[at_x], p[at_p])
        dx[at_x] += upstream[place] * by_x
        dexponent[at_p] += upstream[place] * by_p
    return {"y": y, "dx": dx, "dexponent": dexponent}


def _slopes(x: Any, p: Any) -> tuple[Any, Any, Any]:
    """x^p, and its derivatives by x and by p."""
    by_x = p * _raised(x, p - 1) if p else real.mpf(0)
    if x < 0:
        return _raised(x, p), by_x, real.nan
    growth = _raised(x, p) * real.log(x) if x or p < 0 else real.mpf(0)
    return _raised(x, p), by_x, growth


def _raised(x: Any, p: Any) -> Any:
    """One number to the power of another."""
    if x > 0:
        return real.exp(p * real.log(x))
    if x == 0:
        return real.mpf(0) if p > 0 else real.mpf(1) if p == 0 else real.inf
    if p != real.floor(p):
        return real.nan
    size = real.exp(p * real.log(-x))
    return -size if int(p) % 2 else size


DEFINITIONS: dict[str, Definition] = {"power": power}
