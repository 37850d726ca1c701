"""The fully connected layer, term by term, and the rasterisation."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, Place, unpacked
from parity.witnesses.definitions.numbers import fractions
from parity.witnesses.definitions.sums import SumOfProducts, Term


def terms(arrays: Arrays, options: Options) -> tuple[Place, list[Term]]:
    """Each output of each sample with all of the sample's inputs."""
    x, weight = arrays["x"].shape, arrays["weight"].shape
    found = [
        Term((*n, k), (*n, j), (k, j)) for n in np.ndindex(x[:-1]) for k, j in np.ndindex(weight)
    ]
    return (*x[:-1], weight[0]), found


def flatten(dy: Any, x: Any) -> dict[str, Any]:
    """Each sample row by row, map by map."""
    return {
        "y": fractions(x).reshape(len(x), prod(x.shape[1:])),
        "dx": fractions(dy).reshape(x.shape),
    }


DEFINITIONS: dict[str, Definition] = {
    "linear": SumOfProducts(terms, bias_axis=-1),
    "flatten": unpacked(flatten),
}
