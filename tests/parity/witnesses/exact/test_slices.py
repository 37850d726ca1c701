"""Floats cut into integers: nothing is lost, no slice is too wide, what does not fit is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from parity.cases.case import Array
from parity.witnesses.exact.slices import (
    Slices,
    UnfitError,
    bits_of_products,
    bits_of_sums,
    cut,
    exponent_of,
    on_grid,
)

RNG = np.random.default_rng(20261129)


def joined(slices: Slices) -> list[Fraction]:
    """Σ parts[i]·2^(unit − i·bits) of each element."""
    return [
        sum(
            (
                Fraction(int(part)) * Fraction(2) ** (slices.unit - level * slices.bits)
                for level, part in enumerate(parts)
            ),
            Fraction(0),
        )
        for parts in zip(*(part.ravel().tolist() for part in slices.parts), strict=True)
    ]


def is_whole(slices: Slices, array: Array) -> bool:
    """Whether nothing of an array is lost."""
    return joined(slices) == [Fraction(float(value)) for value in array.ravel()]


@pytest.mark.parametrize("bits", [4, 11, 20, 23, 37, 50])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_slices_add_up_to_the_floats(bits: int, dtype: str, scale: float) -> None:
    """Every float is the sum of its slices; each is an integer of at most 2^(b−1)."""
    array = (RNG.normal(size=(5, 7)) * scale).astype(dtype)
    if bits == 4:  # six of them reach over 24 bits: numbers of one size
        array = np.ldexp(RNG.integers(2**15, 2**16, (5, 7)).astype(dtype), -8)
    slices = cut(array, bits)
    assert is_whole(slices, array)
    assert slices.largest <= 2 ** (bits - 1)
    for part in slices.parts:
        assert np.array_equal(part, np.trunc(part))


def test_a_lost_slice_is_seen() -> None:
    """The test above can fail."""
    slices = cut(RNG.normal(size=9), 20)
    assert len(slices.parts) > 2
    assert not is_whole(replace(slices, parts=slices.parts[:-1]), np.array(joined(slices)))


@pytest.mark.parametrize("largest", [5e-324, 2.0**-1030, 1.7e308])
def test_the_ends_of_float64(largest: float) -> None:
    """Subnormal numbers and the largest are cut like any other."""
    array = np.array([largest, -largest, 0.0])
    assert is_whole(cut(array, 23), array)


def test_a_tie_gives_the_largest_slice() -> None:
    """Half of a unit is rounded to even; what is left is the whole of 2^(b−1)."""
    slices = cut(np.array([5.5, 6.5, -6.5]), 4)
    assert slices.largest == 2**3
    assert np.abs(slices.parts[1]).tolist() == [8, 8, 8]


def test_zeros_and_nothing() -> None:
    """There is one slice at least."""
    assert [part.tolist() for part in cut(np.zeros(2), 20).parts] == [[0, 0]]
    assert cut(np.zeros((0, 3)), 20).parts[0].shape == (0, 3)
    assert exponent_of([np.zeros(2), np.zeros(0)]) == 0


@pytest.mark.parametrize(
    "array", [[1e300, 5e-324], [1.0, 2.0**-600], [1.0, 2.0**-540 + 2.0**-592]], ids=str
)
def test_numbers_far_apart_are_refused(array: list[float]) -> None:
    """Data over 600 orders of magnitude: nothing is lost without a word."""
    with pytest.raises(UnfitError, match=r"^sizes from "):
        cut(np.array(array), 23)


def test_empty_slices_are_left_out() -> None:
    """One number far below the others takes many slices, of which most are zeros."""
    slices = cut(np.array([1.5, -0.75, 2.0**-200]), 23)
    assert [k for k, _ in slices.occupied] == [0, 8]
    assert len(slices.parts) == 9
    assert [k for k, _ in cut(np.zeros(3), 23).occupied] == [0]


def test_a_coarse_grid() -> None:
    """A number above the first slice stays below 2⁵³, or is refused; one far below has zeros."""
    array = np.array([2.0**52 + 1, -3.0])
    parts = on_grid(array, 0, 20)
    assert is_whole(Slices(parts, 0, 20), array)
    with pytest.raises(UnfitError):
        on_grid(array, -2, 20)
    below = on_grid(np.array([2.0**-50]), 0, 20, 4)
    assert [float(part[0]) for part in below] == [0, 0, 0, 2.0**10]


@pytest.mark.parametrize("terms", [1, 2, 3, 25, 150, 2**13, 2**13 + 1, 10**6, 3 * 10**9])
def test_the_width_is_as_large_as_is_exact(terms: int) -> None:
    """K·2^(2(b−1)) ≤ 2⁵³ < K·2^(2b): one bit more, or one term more at the limit, is too much."""
    bits = bits_of_products(terms)
    assert terms * 2 ** (2 * (bits - 1)) <= 2**53 < terms * 2 ** (2 * bits)
    bits = bits_of_sums(terms)
    assert terms * 2 ** (bits - 1) <= 2**53


def test_one_term_too_few_is_one_bit_too_many() -> None:
    """At a power of 2 the number of terms decides."""
    assert bits_of_products(2**13) == 21
    assert bits_of_products(2**13 + 1) == 20
