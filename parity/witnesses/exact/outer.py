"""The weights' gradient of a dense layer for few samples, by its definition in double-double.

dweight[o, i] = Σ_n dy[n, o]·x[n, i] has few terms and many elements: two exact products and a sum
take less time than the products of all slices. Products are exact as pairs, of float32 numbers
even as one float64; two of those add up exactly, too. Otherwise each addition is off by at most
3u²·Σ|terms| (`parity.witnesses.exact.double_double`); an element that cancels to less than that
can tell is worked out in fractions. No line is shared with refimpl.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from parity.cases.case import Array
from parity.witnesses.exact.double_double import Pair, pair, plus, two_product, two_sum
from parity.witnesses.exact.truth import Truth, truth_near
from parity.witnesses.problem import Problem

FEW = 4  # samples
BLOCK = 1 << 15  # elements at a time: they stay in the processor's cache
SMALLEST, LARGEST = 2.0**-400, 2.0**400
SQUARE = 2.0**-106  # u²


def is_outer(problem: Problem) -> bool:
    """Whether dweight is a sum of few outer products, of numbers that double-double holds."""
    x = problem.arrays.get("x")
    if problem.function != "linear" or x is None or x.ndim != 2 or not 0 < len(x) <= FEW:
        return False
    sizes = [np.abs(array.astype(np.float64)) for array in (x, problem.dy)]
    return all(np.all((s == 0) | (s >= SMALLEST) & (s <= LARGEST)) for s in sizes)


def dweight_of(problem: Problem) -> Iterator[Truth]:
    """Its exact values, some outputs at a time."""
    x, dy = (a.astype(np.float64) for a in (problem.arrays["x"], problem.dy))
    features, outputs = x.shape[1], dy.shape[1]
    single = problem.dy.dtype == np.float32
    step = max(1, BLOCK // max(1, features))
    for start in range(0, outputs, step):
        rows = dy[:, start : start + step]
        places = slice(start * features, start * features + rows.shape[1] * features)
        value, radius = _summed(rows, x, single)
        where = (places, outputs * features)
        truth = truth_near(value.hi, value.lo, radius, problem.dy.dtype.name, where)
        if not truth.decided.all():
            _work_out(truth, rows, x)
        yield truth


def _summed(dy: Array, x: Array, single: bool) -> tuple[Pair, Array]:
    """Σ_n dy[n]·x[n] and how far it may be off."""
    terms = [_product(d[:, None], v, single) for d, v in zip(dy, x, strict=True)]
    total, size = terms[0], np.abs(terms[0].hi)
    if single and len(terms) == 2:
        return two_sum(terms[0].hi, terms[1].hi), np.zeros(size.shape)
    for term in terms[1:]:
        total = plus(total, term)
        size += np.abs(term.hi)
    return total, size * (4 * (len(terms) - 1) * SQUARE)


def _product(d: Array, x: Array, single: bool) -> Pair:
    return pair(d * x) if single else two_product(d, x)


def _work_out(truth: Truth, dy: Array, x: Array) -> None:
    """In fractions, where terms cancel."""
    for k in np.flatnonzero(~truth.decided):
        output, feature = divmod(int(k), x.shape[1])
        exact = sum(
            (Fraction(d) * Fraction(v) for d, v in zip(dy[:, output], x[:, feature], strict=True)),
            Fraction(0),
        )
        truth.nearest[k] = float(exact)
        left = exact - Fraction(float(exact))
        truth.rest[k] = float(left / Fraction(float(truth.ulp[k])))
        truth.radius[k] = abs(truth.rest[k]) * 2.0**-52  # rounded twice
