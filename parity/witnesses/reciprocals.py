"""Means that multiply by a rounded reciprocal: on exact integers as right as those that divide.

A window's sum Σ x of multiples of its divisor d comes out even when it is divided. Code that
multiplies by fl(1/d), rounded to the dtype, is off by at most

    γ_(K+1)·Σ|x|/d    K terms: the reciprocal, the product and K − 1 additions round,

(of an adaptive pooling, which torch divides by one side after another, γ_(K+D), D sides),
whichever comes first: of a sum formed first two roundings, of the sums of a gradient K + 1. That,
and no more, is allowed where d is no power of 2.

What it costs. On one pattern an element is a linear form Σ a_i·x_i, and a_i = 1/d. Let code have
one coefficient wrong by ε/d at least, d the smallest divisor, and round no more than right code
does. With t the largest γ_(K+1)·Σ|x|/d it is accepted only where |P| ≤ 2t, P the difference of the
two forms. All other elements fixed, P moves by at least (step·ε/d) with each of the |S| = 2M + 1
values of x_i, so at most 4t·d/(step·ε) + 1 of them are accepted; and t ≤ γ_(K+1)·K·step·M/d. So
a repetition accepts with probability at most

    p = 1/|S| + 2K·γ_(K+1)/ε    which is 1/|S| + 2⁻⁶ for ε = 128·K·γ_(K+1).

A coefficient wrong by less than that is not excluded by integers: the exact values judge it. An
added constant would be no coefficient: of zeros, which round nothing, the mean must be 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parity import oracle
from parity.bounds import sampling
from parity.bounds.arithmetic import arithmetic, gamma
from parity.bounds.terms import Terms, terms_of
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.lattices import Geometry, divisors

SHARE = 2.0**-6  # of the values of an element that hide a coefficient wrong by ε/d


@dataclass(frozen=True)
class Means:
    """The means of one geometry: what their elements may be off by in a dtype."""

    shape: Geometry  # of an average pooling
    terms: Terms
    u: float

    @property
    def wrong(self) -> float:
        """ε: by how much of its largest value a coefficient must be off to be seen."""
        K = self.terms.most
        return float(2 / SHARE * K * gamma(np.asarray(K + self.terms.division), self.u))

    def only_rounded(
        self, name: str, ours: Array, theirs: Array, arrays: Mapping[str, Array], dy: Array
    ) -> bool:
        """Whether every element of a tensor, "y" or "dx", is as near as rounding lets it be."""
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
            return False
        magnitude, terms = self._sums(name, np.abs(arrays["x"]), np.abs(dy))
        limit = gamma(terms + self.terms.division, self.u) * magnitude
        with np.errstate(invalid="ignore"):
            difference = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
        return bool(np.all(difference <= limit))

    def _sums(self, name: str, x: Array, dy: Array) -> tuple[Array, Array]:
        """Σ|x/d| or Σ|dy/d|, by torch in float64, and K; a divisor may be negative."""
        x, dy = x.astype(np.float64), dy.astype(np.float64)
        function, options = self.shape.function, self.shape.options
        if name == "y":
            return np.abs(oracle.forward(function, {"x": x}, options)), self.terms.value
        found = oracle.gradients(function, {"x": x}, options, dy, ["x"])
        return np.abs(found.gradients["x"]), self.terms.gradients["x"]


def means_of(shape: Geometry, dtype: str) -> Means | None:
    """The means of a geometry; None where nothing is divided, or by powers of 2 alone."""
    rule = FUNCTIONS[shape.function].integers
    if rule not in ("averages", "downsampled") or not all(shape.shapes["x"]):
        return None
    if rule == "downsampled":
        if sampling.is_maximum(shape.options):
            return None
        shape = Geometry("avg_pool2d", shape.shapes, sampling.as_pooling(shape.options))
    if not any(abs(d) & (abs(d) - 1) for d in divisors(shape)):
        return None
    terms = terms_of(shape.function, shape.shapes, shape.options)
    return Means(shape, terms, arithmetic("numpy", dtype).u)
