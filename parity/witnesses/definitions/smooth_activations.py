"""Smooth activation functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Definition, unpacked
from parity.witnesses.definitions.numbers import either, exp, log, real, reals

_erfc, _tanh, _cosh, _expm1 = (
    np.frompyfunc(function, 1, 1) for function in (real.erfc, real.tanh, real.cosh, real.expm1)
)


def _held(x: Any, value: Any) -> Any:
    """An option as x's dtype holds it."""
    return real.mpf(float(x.dtype.type(value)))


def exponential(dy: Any, x: Any) -> dict[str, Any]:
    return {"y": exp(reals(x)), "dx": reals(dy) * exp(reals(x))}


def softplus(dy: Any, x: Any, beta: Any = 1, threshold: Any = None) -> dict[str, Any]:
    steep = _held(x, beta)
    powers = exp(steep * reals(x))
    y, dx = log(1 + powers) / steep, reals(dy) * powers / (1 + powers)
    if threshold is None:
        return {"y": y, "dx": dx}
    linear = np.asarray(steep * reals(x) > _held(x, threshold), bool)
    return {"y": either(linear, reals(x), y), "dx": either(linear, reals(dy), dx)}


def silu(dy: Any, x: Any) -> dict[str, Any]:
    """x/(1 + e^(−x)), by the quotient rule."""
    v, powers = reals(x), exp(-reals(x))
    slope = ((1 + powers) + v * powers) / (1 + powers) ** 2
    return {"y": v / (1 + powers), "dx": reals(dy) * slope}


def gelu(dy: Any, x: Any, approximate: str = "none") -> dict[str, Any]:
    v = reals(x)
    if approximate == "tanh":
        return _by_tanh(reals(dy), v)
    below = _erfc(-v / real.sqrt(2)) / 2
    density = exp(-v * v / 2) / real.sqrt(2 * real.pi)
    return {"y": v * below, "dx": reals(dy) * (below + v * density)}


def _by_tanh(d: Any, v: Any) -> dict[str, Any]:
    """½·v·(1 + tanh(n)), n = √(2/π)·(v + 0.044715·v³), by the product and chain rules."""
    root, cubic = real.sqrt(2 / real.pi), real.mpf(44715) / 10**6
    n = root * (v + cubic * v**3)
    inner = root * (1 + 3 * cubic * v**2)
    slope = (1 + _tanh(n)) / 2 + v * inner / _cosh(n) ** 2 / 2
    return {"y": v * (1 + _tanh(n)) / 2, "dx": d * slope}


def elu(dy: Any, x: Any, alpha: Any = 1) -> dict[str, Any]:
    v, scale = reals(x), _held(x, alpha)
    above = np.asarray(x > 0)
    below = np.minimum(x, 0)
    return {
        "y": either(above, v, scale * _expm1(reals(below))),
        "dx": reals(dy) * either(above, real.mpf(1), scale * exp(reals(below))),
    }


DEFINITIONS: dict[str, Definition] = {
    "exp": unpacked(exponential),
    "softplus": unpacked(softplus),
    "silu": unpacked(silu),
    "gelu": unpacked(gelu),
    "elu": unpacked(elu),
}
