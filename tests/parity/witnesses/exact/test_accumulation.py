"""Sums of integers: the exact value, told apart into a float and the rest."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from problems import check_errors

from parity.cases.case import Array
from parity.witnesses.exact import accumulation as module
from parity.witnesses.exact.accumulation import Digits, ImpossibleError, carry
from parity.witnesses.exact.slices import UnfitError
from parity.witnesses.exact.truth import Truth

RNG = np.random.default_rng(20261129)
BITS = 20


def summed(
    levels: dict[int, list[Array]], unit: int, divisor: int = 1
) -> tuple[Digits, list[Fraction]]:
    """Digits, and the same sums as fractions."""
    digits = Digits(BITS, unit)
    size = next(iter(levels.values()))[0].size
    exact = [Fraction(0)] * size
    for level, addends in levels.items():
        for addend in addends:
            digits.add(level, addend)
            for k, value in enumerate(addend.tolist()):
                exact[k] += Fraction(int(value)) * Fraction(2) ** (unit - level * BITS) / divisor
    return digits, exact


def truth(digits: Digits, dtype: str, divisor: int = 1) -> Truth:
    size = next(iter(digits.levels.values())).size
    return digits.truth(dtype, (slice(0, size), size), divisor)


def whole_numbers(most: int, size: int = 40) -> Array:
    return RNG.integers(-most, most, size, endpoint=True).astype(np.float64)


def is_right(digits: Digits, exact: list[Fraction], dtype: str, divisor: int = 1) -> bool:
    """Whether floats near the exact numbers are found as far off as they are."""
    found = truth(digits, dtype, divisor)
    near = np.array([float(value) for value in exact]).astype(dtype)
    given = near * (1 + np.asarray(RNG.integers(-3, 4, near.size), dtype) * np.finfo(dtype).eps)
    try:
        check_errors(found, given.astype(dtype), np.array(exact, object), dtype)
    except AssertionError:
        return False
    return bool(found.judges.all())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("divisor", [1, 9, 176_400])
@pytest.mark.parametrize("unit", [0, -70, 40])
def test_errors_are_those_of_fractions(dtype: str, divisor: int, unit: int) -> None:
    """Of sums at several levels, over any divisor."""
    levels = {k: [whole_numbers(2**40), whole_numbers(2**38)] for k in range(5)}
    digits, exact = summed(levels, unit, divisor)
    assert is_right(digits, exact, dtype, divisor)


def test_cancellation() -> None:
    """What is left after the first digits cancel is exact, down to the last unit, and 0."""
    top = whole_numbers(2**45)
    digits, exact = summed({0: [top, -top], 4: [np.arange(40.0) - 20]}, 0)
    assert is_right(digits, exact, "float64")
    found = truth(digits, "float64")
    assert found.nearest[20] == found.rest[20] == 0


def test_a_dropped_carry_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: digits that are masked, but not carried."""
    levels = {k: [whole_numbers(2**50)] for k in range(4)}
    assert is_right(*summed(levels, 0), "float64")

    def dropped(given: list[Array], bits: int) -> list[Array]:
        half = 1 << (bits - 1)
        return [given[0], *(((level + half) & (2 * half - 1)) - half for level in given[1:])]

    monkeypatch.setattr(module, "carry", dropped)
    assert not is_right(*summed(levels, 0), "float64")


def test_more_sums_than_an_int64_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """2053 sums of 2⁵³ are past 2⁶³: they are carried in between, into levels above the first."""
    addends = [np.full(3, 2.0**53)] * 2053
    digits, exact = summed({0: addends, 1: [whole_numbers(5, 3)]}, 0)
    assert min(digits.levels) < 0
    assert is_right(digits, exact, "float64")
    monkeypatch.setattr(module, "ADDENDS", 10**6)  # planted: nothing is carried
    assert not is_right(*summed({0: addends, 1: [whole_numbers(5, 3)]}, 0), "float64")


def test_carries() -> None:
    """The same number, digits in their range."""
    levels = [RNG.integers(-(2**40), 2**40, 6) for _ in range(4)]
    digits = carry(levels, BITS)
    for before, after in zip(zip(*levels, strict=True), zip(*digits, strict=True), strict=True):
        numbers = [sum(int(d) << BITS * (3 - k) for k, d in enumerate(n)) for n in (before, after)]
        assert numbers[0] == numbers[1]
    assert max(np.abs(digit).max() for digit in digits[1:]) <= 2 ** (BITS - 1)


@pytest.mark.parametrize(
    ("value", "said"),
    [(2.0**53 + 2, "more than all terms"), (0.5, "no integers"), (np.nan, "gives nan")],
)
def test_what_is_no_sum_of_such_products_is_refused(value: float, said: str) -> None:
    """A formula that gives it is wrong."""
    with pytest.raises(ImpossibleError, match=said):
        Digits(BITS, 0).add(0, np.array([1.0, value]))


def test_values_that_are_far_off() -> None:
    """A given value 10³⁰ off, NaN and ∞: the error is that large, and nothing overflows."""
    digits, _ = summed({0: [np.array([3.0])], 2: [np.array([1.0])]}, 0)
    found = truth(digits, "float64")
    for given, least in ((1e30, 1e45), (-1e300, 1e300), (np.nan, np.inf), (np.inf, np.inf)):
        assert found.errors(np.array([given]))[0] >= least


def test_past_the_largest_number_nothing_is_judged() -> None:
    """In float32; in float64 it is judged."""
    digits, _ = summed({0: [np.array([2.0**50, 1.0])]}, 100)
    assert truth(digits, "float32").judges.tolist() == [False, True]
    assert truth(digits, "float64").judges.tolist() == [True, True]


def test_near_the_smallest_numbers() -> None:
    """Where float64 does not hold a value and its rest, slices don't fit; float32's do."""
    with pytest.raises(UnfitError, match="near the smallest numbers"):
        truth(summed({0: [np.array([3.0])]}, -1050)[0], "float64")
    digits, exact = summed({0: [whole_numbers(2**30)], 1: [whole_numbers(2**30)]}, -160)
    assert is_right(digits, exact, "float32")
