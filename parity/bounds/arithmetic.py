"""How a side computes: unit roundoff, range, and the errors of its elementary functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from math import ceil, log2

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
ELEMENTARY_ULP = {"numpy": 4.0, "refimpl": 4.0, "torch": 2.0}

# How refimpl/sums.py forms long sums: a matrix product in parts of so many terms, in any order
# within one; arrays in runs of 16, and these pairwise; all else pairwise; long float32 sums in
# float64.
PRODUCT_TERMS = 256
RUN = 16
FEW_TERMS = 64
IN_FLOAT64 = 2.0**-29  # a rounding to float64, in roundings to float32
PAIRWISE = 4  # roundings of a pairwise sum beside log2 K
ALONG = 3.5  # times log2 K, where a pairwise sum begins with terms in a row


@dataclass(frozen=True)
class Arithmetic:
    """Floating-point arithmetic of one side of a comparison."""

    u: float  # unit roundoff: a rounded result is off by at most u times itself
    eta: float  # smallest positive number: what underflow may lose
    largest: float  # largest finite number
    elementary: float  # relative error of exp, log, log1p and tanh
    factor: float = 0.0  # relative rounding of the factors of a product before it is formed
    shaped: bool = False  # its long sums have a known shape; otherwise any order is possible
    keeps_digits: bool = False  # it subtracts no rounded numbers where the exact value needs none

    @property
    def addition(self) -> float:
        """Relative error of an addition to a sum of products: 2u where it is cut off."""
        return 2 * self.u if self.factor else self.u

    @property
    def product(self) -> float:
        """Relative error of a product whose two factors were rounded first: (1 + f)² − 1."""
        return (1 + self.factor) ** 2 - 1

    @property
    def widened(self) -> bool:
        """Whether long sums are formed in float64 and rounded once."""
        return self.shaped and self.u == 2.0**-24

    def roundings_of_sum(self, terms: float) -> float:
        """How often a term of a sum of so many is rounded (`refimpl.sums.total`).

        refimpl takes ⌈log2 K⌉ roundings, or one of float32 formed in float64. What is allowed is
        4 + log2 K, so that other pairwise sums, which begin with a few terms in a row, hold too.
        """
        if not self.shaped:
            return terms
        wide = terms * IN_FLOAT64 if self.widened else 0.0
        return min(terms, PAIRWISE + _halvings(terms) + wide)

    def roundings_along(self, terms: float) -> float:
        """How often a term of a sum over one axis is rounded (`refimpl.sums.along`).

        NumPy adds 128 terms in eight runs of 16 (15 roundings), these in pairs (3), what is left
        over one by one (7 at most); such sums in pairs. Up to 16 terms are a matrix product.
        """
        if not self.shaped:
            return terms
        return min(terms, PAIRWISE + ALONG * log2(max(terms, 1)))

    def roundings_of_product(self, terms: float) -> float:
        """How often a term of a matrix product's sums is rounded (`refimpl.sums.matmul`)."""
        if not self.shaped or terms <= PRODUCT_TERMS:
            return terms
        return PRODUCT_TERMS + self.roundings_of_long_sum(ceil(terms / PRODUCT_TERMS))

    def roundings_of_long_sum(self, parts: float) -> float:
        """How often one of so many arrays is rounded (`refimpl.sums.LongSum`)."""
        if not self.shaped or parts <= RUN:
            return parts
        return RUN - 1 + _halvings(ceil(parts / RUN))

    def roundings_of_long_product(self, terms: float) -> float:
        """The same of a product that runs over all samples (`refimpl.sums.long_product`)."""
        if self.widened and terms > FEW_TERMS:
            return self.roundings_of_sum(terms)
        return self.roundings_of_product(terms)


def _halvings(terms: float) -> float:
    """⌈log2 n⌉"""
    return float(ceil(log2(max(terms, 1))))


Sides = tuple[Arithmetic, Arithmetic]

# TF32, in torch on CUDA alone: the tensor cores round both factors of each product of a
# convolution or matrix product from float32's 23 bits of mantissa to 10, at the same range, so by
# at most 2⁻¹¹ of the factor (to nearest, as cvt.rna.tf32.f32 does). The products are exact; they
# are added in float32, but sums are cut off, not rounded to nearest: an error of 2u of the largest
# partial sum for each addition. NVIDIA A100 Tensor Core GPU Architecture (white paper, 2020), TF32;
# Fasi, Higham, Mikaitis & Pranesh, Numerical behavior of NVIDIA tensor cores, 2021.
TF32 = 2.0**-11

# Half precision, in torch alone: u, smallest and largest number. Its elementary functions are
# computed in float32 and rounded, which is less than one ULP.
HALVES = {
    "float16": (2.0**-11, 2.0**-24, 65504.0),
    "bfloat16": (2.0**-8, 2.0**-133, (2 - 2.0**-7) * 2.0**127),
}


@cache
def arithmetic(library: str, dtype: str, tf32: bool = False) -> Arithmetic:
    """The arithmetic of "numpy", "refimpl" or "torch" in a dtype.

    refimpl computes in NumPy, and its long sums have a shape. tf32: torch's float32 products use
    TF32.

    One ULP of a number is at most 2u times the number.

    >>> arithmetic("numpy", "float32").u == 2.0**-24
    True
    """
    if dtype in HALVES:
        return Arithmetic(*HALVES[dtype], elementary=2 * HALVES[dtype][0])
    info = np.finfo(dtype)
    u = float(info.eps) / 2
    rounds_factors = tf32 and (library, dtype) == ("torch", "float32")
    return Arithmetic(
        u,
        float(info.smallest_subnormal),
        float(info.max),
        ELEMENTARY_ULP[library] * 2 * u,
        TF32 if rounds_factors else 0.0,
        shaped=library == "refimpl",
        keeps_digits=library == "refimpl",
    )


def sides(dtype: str, tf32: bool = False) -> Sides:
    """refimpl's arithmetic and torch's."""
    return arithmetic("refimpl", dtype), arithmetic("torch", dtype, tf32)


@cache
def add_alike(both: Sides) -> bool:
    """Whether both sides round a few terms alike: elementary functions and long sums may differ.

    >>> add_alike(sides("float32")), add_alike(sides("float32", tf32=True))
    (True, False)
    """
    here, there = both
    alike = replace(here, elementary=there.elementary, shaped=there.shaped)
    return replace(alike, keeps_digits=there.keeps_digits) == there


def gamma(terms: Array, u: float) -> Array:
    """γ_K = K·u/(1 − K·u): relative error of K roundings one after another, ∞ past K·u = 1.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, ch. 3.

    >>> float(gamma(np.array(2.0), 0.25))
    1.0
    """
    product = np.asarray(terms, np.float64) * u
    if product.max(initial=0.0) < 0.5:
        return np.asarray(product / (1 - product))
    return np.where(product < 1, product / np.maximum(1 - product, u), np.inf)
