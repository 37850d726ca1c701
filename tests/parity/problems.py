"""Problems for exact arithmetic, and errors of floats measured by other code."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import frexp
from typing import Any

import numpy as np
from exact import real

from parity.cases.case import Array, Draw, draw
from parity.cases.functions import FUNCTIONS
from parity.witnesses.exact.truth import Truth
from parity.witnesses.problem import Problem


def problem(
    function: str,
    dtype: str,
    values: str = "normal",
    options: Mapping[str, Any] | None = None,
    seed: int = 5,
    **shapes: tuple[int, ...],
) -> Problem:
    """A problem on random numbers of a kind."""
    rng, options = np.random.default_rng(seed), options or {}
    arrays = {name: draw(Draw(shape, values), dtype, rng) for name, shape in shapes.items()}
    y = FUNCTIONS[function].forward(arrays, options)
    return Problem(function, arrays, options, draw(Draw(y.shape), dtype, rng).reshape(y.shape))


def tensors_of(asked: Problem) -> dict[str, Array]:
    """refimpl's floats."""
    with np.errstate(all="ignore"):
        return FUNCTIONS[asked.function].tensors(asked.dy, asked.arrays, asked.options)


def number(value: Any) -> Any:
    """A Fraction or an mpmath number, as an mpmath number."""
    return real.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else +value


def off_in_ulp(value: Any, exact: Any, dtype: str) -> Any:
    """|value − exact| in the spacing of the dtype at the exact value, rounded; in 1200 bits."""
    info = np.finfo(dtype)
    rounded = float(np.dtype(dtype).type(float(abs(number(exact)))))
    exponent = frexp(rounded)[1] if rounded else info.minexp
    last = max(exponent - 1 - info.nmant, info.minexp - info.nmant)
    return abs(real.mpf(float(value)) - number(exact)) / real.mpf(2) ** last


def check_errors(truth: Truth, values: Array, exact: Array, dtype: str) -> None:
    """Where the truth judges, it finds floats as many ULP off as they are off the exact numbers."""
    errors = truth.errors(values)
    for k, place in enumerate(truth.flat_places()):
        if truth.judges[k]:
            other = off_in_ulp(values.flat[place], exact.flat[place], dtype)
            assert abs(real.mpf(errors[k]) - other) <= 1e-9 + 1e-9 * other
