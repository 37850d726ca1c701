"""Pairs of float64 numbers: exact sums and products, and the errors that the table promises."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from parity.cases.case import Array
from parity.witnesses.balls import precision
from parity.witnesses.exact import double_double as module
from parity.witnesses.exact.double_double import (
    Pair,
    exp,
    exp_minus_1,
    over,
    plus,
    times,
    two_product,
    two_sum,
)

RNG = np.random.default_rng(20261129)
SQUARE = Fraction(2) ** -106  # u²


def numbers(size: int = 300) -> Array:
    return np.ldexp(RNG.normal(size=size), RNG.integers(-40, 40, size))


def pairs() -> Pair:
    return two_sum(numbers(), numbers() * 2.0**-55)


def fractions(given: Pair) -> list[Fraction]:
    return [
        Fraction(hi) + Fraction(lo)
        for hi, lo in zip(given.hi.tolist(), given.lo.tolist(), strict=True)
    ]


def test_sums_and_products_without_an_error() -> None:
    """hi + lo is the sum, the product."""
    a, b = numbers(), numbers()
    exact = [(Fraction(x), Fraction(y)) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert fractions(two_sum(a, b)) == [x + y for x, y in exact]
    assert fractions(two_product(a, b)) == [x * y for x, y in exact]


@pytest.mark.parametrize(
    ("operation", "exact", "most"),
    [
        (plus, lambda a, b: a + b, 3),
        (times, lambda a, b: a * b, 7),
        (over, lambda a, b: a / b, 15),
    ],
    ids=["plus", "times", "over"],
)
def test_errors_of_the_operations(
    operation: Callable[[Pair, Pair], Pair],
    exact: Callable[[Fraction, Fraction], Fraction],
    most: int,
) -> None:
    """At most so many u², of a sum relative to |a| + |b|."""
    a, b = pairs(), pairs()
    for x, y, z in zip(fractions(a), fractions(b), fractions(operation(a, b)), strict=True):
        right = exact(x, y)
        size = abs(x) + abs(y) if operation is plus else abs(right)
        assert abs(z - right) <= most * SQUARE * size


def largest_error(function: Callable[[Array], Pair], exact: str, most: float) -> float:
    """Relative, on random numbers up to `most` in size; log2."""
    x = np.concatenate([RNG.uniform(-most, most, 400), [most, -most, most / 1e6]])
    found, worst = function(x), 2.0**-200
    with precision(400):
        for value, hi, lo in zip(x.tolist(), found.hi.tolist(), found.lo.tolist(), strict=True):
            right = getattr(arb(value), exact)()
            worst = max(worst, abs(float((arb(hi) + arb(lo) - right) / right)))
    return float(np.log2(worst))


@pytest.mark.parametrize("most", [1e-200, 1e-8, 0.0027, 0.0055, 0.5, 20, 600])
@pytest.mark.parametrize(
    ("function", "exact"), [(exp, "exp"), (exp_minus_1, "expm1")], ids=["exp", "exp_minus_1"]
)
def test_powers(function: Callable[[Array], Pair], exact: str, most: float) -> None:
    """Within 2⁻⁸⁰, also where e^x is near 1 and e^x − 1 near 0."""
    assert largest_error(function, exact, most) < -80


def test_a_wrong_table_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the second halves of 2^(j/128) forgotten."""
    table = module._table()
    monkeypatch.setattr(module, "_table", lambda: Pair(table.hi, 0 * table.lo))
    assert largest_error(exp, "exp", 20) > -60
