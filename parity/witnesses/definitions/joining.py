"""Where branches meet, and where gradients of several layers do."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, unpacked
from parity.witnesses.definitions.numbers import fractions


def summed(dy: Any, *parts: Any) -> dict[str, Any]:
    """Of the gradients that several layers send back; nothing differentiates it."""
    return {"y": sum(map(fractions, parts))}


def concatenate(dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
    """Each element of each map has its own place behind the maps before it."""
    found = {f"d{name}": fractions(np.zeros(a.shape)) for name, a in arrays.items()}
    y = fractions(np.zeros(np.shape(dy)))
    before = 0
    for name, given in arrays.items():
        for n, c, *u in np.ndindex(*given.shape):
            y[n, before + c, *u] = Fraction(float(given[n, c, *u]))
            found[f"d{name}"][n, c, *u] = Fraction(float(dy[n, before + c, *u]))
        before += given.shape[1]
    return {"y": y, **found}


DEFINITIONS: dict[str, Definition] = {
    "sum": unpacked(summed),
    "concatenate": concatenate,
}
