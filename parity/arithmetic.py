"""How a side computes: unit roundoff, range, and the errors of its elementary functions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from parity.cases.case import Array

# Largest error of exp, log, log1p and tanh in units in the last place (ULP), float32 and float64.
#
# NumPy: 4. Its SIMD float32 kernels state 2.52 for exp and 3.83 for log (comments in
# numpy/_core/src/umath/loops_exponent_log.dispatch.c.src), SVML, which serves the rest where
# AVX-512 is there, less than 4 (NumPy 1.22 release notes); elsewhere the C library's 1 to 2.
# torch: 2. SLEEF's `u10` functions state 1.0, its `exp_u20`, used by softmax, 2.0 (SLEEF
# reference); MKL's vector functions in high accuracy 1.0; CUDA's expf, logf, tanhf 1 to 2
# (CUDA C++ Programming Guide, mathematical functions); the C library 1 to 2 (glibc manual).
# For log1p: SVML at most 4 (NumPy pull request 19478), SLEEF 1.0, CUDA's log1pf and log1p 1.
# Largest measured on 2,000,000 points a range against exact values: NumPy 3.56, torch 0.73;
# of log1p on 60,000 points a range: NumPy 0.80, torch 1.00.
ELEMENTARY_ULP = {"numpy": 4.0, "torch": 2.0}


@dataclass(frozen=True)
class Arithmetic:
    """Floating-point arithmetic of one side of a comparison."""

    u: float  # unit roundoff: a rounded result is off by at most u times itself
    eta: float  # smallest positive number: what underflow may lose
    largest: float  # largest finite number
    elementary: float  # relative error of exp, log, log1p and tanh


Sides = tuple[Arithmetic, Arithmetic]

# Half precision, in torch alone: u, smallest and largest number. Its elementary functions are
# computed in float32 and rounded, which is less than one ULP.
HALVES = {
    "float16": (2.0**-11, 2.0**-24, 65504.0),
    "bfloat16": (2.0**-8, 2.0**-133, (2 - 2.0**-7) * 2.0**127),
}


@cache
def arithmetic(library: str, dtype: str) -> Arithmetic:
    """The arithmetic of "numpy" or "torch" in a dtype.

    One ULP of a number is at most 2u times the number.

    >>> arithmetic("numpy", "float32").u == 2.0**-24
    True
    """
    if dtype in HALVES:
        return Arithmetic(*HALVES[dtype], elementary=2 * HALVES[dtype][0])
    info = np.finfo(dtype)
    u = float(info.eps) / 2
    return Arithmetic(
        u, float(info.smallest_subnormal), float(info.max), ELEMENTARY_ULP[library] * 2 * u
    )


def sides(dtype: str) -> Sides:
    """refimpl's arithmetic and torch's."""
    return arithmetic("numpy", dtype), arithmetic("torch", dtype)


def gamma(terms: Array, u: float) -> Array:
    """γ_K = K·u/(1 − K·u): relative error of K roundings one after another, ∞ past K·u = 1.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, ch. 3.

    >>> float(gamma(np.array(2.0), 0.25))
    1.0
    """
    product = np.asarray(terms, np.float64) * u
    return np.where(product < 1, product / np.maximum(1 - product, u), np.inf)
