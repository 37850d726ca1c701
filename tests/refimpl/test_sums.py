"""Sums of a known shape: right values, and no more roundings than they promise."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, log2
from typing import Any

import numpy as np
import pytest

import refimpl
from refimpl import sums as module
from refimpl.elements import Array
from refimpl.sums import (
    FEW,
    RUN,
    TERMS,
    LongSum,
    along,
    is_narrow,
    long_product,
    matmul,
    quotient,
    total,
    wide,
)

U = {"float32": 2.0**-24, "float64": 2.0**-53}


def roundings(found: np.ndarray, exact: Fraction, magnitude: Fraction, dtype: str) -> float:
    """|error| in u·Σ|terms|."""
    return float(abs(Fraction(float(found)) - exact) / (Fraction(U[dtype]) * magnitude))


def hard(terms: int, dtype: str) -> np.ndarray:
    """Numbers of one sign whose serial sum rounds the same way again and again."""
    return np.full(terms, 1 / 3, dtype)


@pytest.mark.parametrize("dtype", U)
@pytest.mark.parametrize("terms", [1, 2, 3, 7, 127, 128, 129, 1000, 4097])
def test_total_takes_log2_roundings(terms: int, dtype: str) -> None:
    """Pairwise: ⌈log2 K⌉; float32 in float64: one."""
    numbers = hard(terms, dtype)
    exact = sum(map(Fraction, numbers.tolist()))
    most = 1.01 if dtype == "float32" else ceil(log2(terms))
    assert roundings(total(numbers), exact, exact, dtype) <= most


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 2), (0, 1, 2), None, ()])
@pytest.mark.parametrize("dtype", ["float32", "float64", "object"])
def test_total_over_axes(axes: tuple[int, ...] | None, dtype: str) -> None:
    """Small integers: as NumPy adds them; the input stays."""
    numbers = np.random.default_rng(1).integers(-9, 10, (5, 3, 4)).astype(dtype)
    before = numbers.copy()
    found = total(numbers, axes)
    kept = range(3) if axes is None else axes
    expected = numbers.astype(float).sum(axis=tuple(kept))
    np.testing.assert_array_equal(found.astype(float), expected)
    assert (found.dtype, found.shape) == (numbers.dtype, expected.shape)
    np.testing.assert_array_equal(numbers, before)
    assert not np.shares_memory(found, numbers) or axes == ()


@pytest.mark.parametrize("shape", [(4, 3), (3, 5, 2), (20, 3)])
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("order", ["C", "F"])
def test_along_an_axis(shape: tuple[int, ...], axis: int, order: Any) -> None:
    """Also over a first axis whose elements lie side by side in memory."""
    x = np.asarray(np.random.default_rng(3).integers(-9, 9, shape).astype(float), order=order)
    assert along(x, axis).tolist() == x.sum(axis=axis, keepdims=True).tolist()


def test_total_of_nothing() -> None:
    """No terms add up to 0."""
    assert total(np.zeros((0, 3)), axes=(0,)).tolist() == [0.0] * 3
    assert total(np.zeros((0, 3, 2)), axes=(0,)).tolist() == [[0.0] * 2] * 3
    assert total(np.zeros((0, 3), np.float32)) == 0


@pytest.mark.parametrize("dtype", ["float32", "float64", "object"])
def test_total_of_one_is_a_copy(dtype: str) -> None:
    """An axis of length 1 goes away; what is added to the sum does not reach the input."""
    numbers = np.ones((1, 3), dtype)
    found = total(numbers, axes=(0,))
    found += 1
    assert found.tolist() == [2.0] * 3
    assert numbers.tolist() == [[1.0] * 3]


@pytest.mark.parametrize("order", ["C", "F"])
def test_total_keeps_the_order_in_memory(order: Any) -> None:
    """The halves lie as the input does, so that adding them reads memory in its order."""
    numbers = np.ones((5, 3, 4), order=order)
    assert total(numbers, axes=(0,)).flags[f"{order}_CONTIGUOUS"]


def test_sizes_that_bounds_rest_on() -> None:
    """Runs of 16; at most 256 terms in any order; up to 64 terms of float32 stay in float32."""
    assert (RUN, TERMS, FEW) == (16, 256, 64)


@pytest.mark.parametrize("count", [*range(1, 20), 31, 32, 33, 100])
def test_long_sum_is_a_tree_of_runs(count: int) -> None:
    """Every array goes through 15 additions in its run, and ⌈log2⌉ of the number of runs."""
    depth = LongSum(nothing=np.zeros(count))

    class Counted(np.ndarray):
        """Adds 1 to what has been added: an array's depth in the tree."""

        def __iadd__(self, other):  # type: ignore[no-untyped-def, override]
            np.maximum(self, other, out=self)
            np.add(self, np.asarray(self) > -1, out=self)
            return self

    for place in range(count):
        leaf = np.full(count, -1.0).view(Counted)
        leaf[place] = 0
        depth.add(leaf)
    found = depth.result()
    assert np.max(found) == min(count, RUN) - 1 + ceil(log2(ceil(count / RUN)))
    assert np.min(found) >= 0  # every one of them is in the sum


@pytest.mark.parametrize("dtype", ["float32", "float64", "object"])
@pytest.mark.parametrize("inner", [1, TERMS - 1, TERMS, TERMS + 1, 5 * TERMS + 3])
def test_products_of_integers(inner: int, dtype: str) -> None:
    """The parts add up to the product, with and without an array to put it into."""
    rng = np.random.default_rng(inner)
    a = rng.integers(-3, 4, (2, 3, inner)).astype(dtype)
    b = rng.integers(-3, 4, (2, inner, 4)).astype(dtype)
    expected = a.astype(float) @ b.astype(float)
    np.testing.assert_array_equal(matmul(a, b).astype(float), expected)
    out = np.zeros((4, 2, 3), dtype).transpose(1, 2, 0)
    assert matmul(a, b, out=out) is out
    np.testing.assert_array_equal(out.astype(float), expected)
    np.testing.assert_array_equal(long_product(a[0], b[0]).astype(float), expected[0])


class Products:
    """What `np.matmul` was given: each left factor's shape and dtype, and whether an `out`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[tuple[int, ...], str, bool]] = []
        self._right = np.matmul
        monkeypatch.setattr(np, "matmul", self)

    def __call__(self, a: Any, b: Any, out: Any = None) -> Any:
        self.seen.append((a.shape, a.dtype.name, out is not None))
        return self._right(a, b, out=out)


@pytest.mark.parametrize(
    ("inner", "parts"),
    [(0, [0]), (256, [256]), (257, [128, 129]), (512, [256] * 2), (1000, [250] * 4)],
)
def test_products_are_cut_evenly(
    inner: int, parts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than 256 terms each, and no more parts than that takes; one part goes into `out`."""
    products = Products(monkeypatch)
    a, b = np.ones((300, 3, inner)), np.ones((300, inner, 2))
    out = np.zeros((300, 3, 2))
    assert matmul(a, b, out=out) is out
    assert (out == inner).all()
    alone = len(parts) == 1
    assert products.seen == [((300, 3, part), "float64", alone) for part in parts]


@pytest.mark.parametrize(
    ("dtype", "terms", "seen"),
    [
        ("float32", 64, [((3, 2, 64), "float32", False)]),
        ("float32", 65, []),
        ("float64", 65, [((3, 2, 65), "float64", False)]),
        ("float64", 300, [((3, 2, 150), "float64", False)] * 2),
        ("object", 300, [((3, 2, 150), "object", False)] * 2),
    ],
)
def test_long_products_of_stacks(
    dtype: str, terms: int, seen: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few terms, float64 and objects as `matmul` does them; many of float32 in float64."""
    rng = np.random.default_rng(terms)
    a = rng.integers(-3, 4, (3, 2, terms)).astype(dtype)
    b = rng.integers(-3, 4, (terms, 5)).astype(dtype)
    expected = a.astype(float) @ b.astype(float)
    products = Products(monkeypatch)
    found = long_product(a, b)
    assert products.seen == seen
    assert (found.dtype, found.shape) == (a.dtype, (3, 2, 5))
    np.testing.assert_array_equal(found.astype(float), expected)


@pytest.mark.parametrize(
    ("limit", "rows", "columns", "expected"),
    [
        (None, 2097, 1000, [1048, 1048, 1]),  # 8 MiB hold 1048.6 rows of 8000 bytes
        (100, 9, 3, [4, 4, 1]),
        (23, 2, 3, [1, 1]),  # not even one row
        (100, 200, 0, [100, 100]),  # rows of no bytes
    ],
)
def test_rows_of_a_long_product_at_a_time(
    limit: int | None,
    rows: int,
    columns: int,
    expected: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many rows as fit into the limit in float64, at least one; every one of them once."""
    if limit is not None:
        monkeypatch.setattr(module, "ROWS_BYTES", limit)
    made: list[int] = []
    monkeypatch.setattr(module, "wide", lambda x: made.append(len(x)) or wide(x))
    a = np.zeros((rows, FEW + 1), np.float32)
    a[:, 0] = np.arange(rows)
    found = long_product(a, np.ones((FEW + 1, columns), np.float32))
    assert made == [FEW + 1, *expected]
    np.testing.assert_array_equal(found, np.arange(rows)[:, None].repeat(columns, axis=1))


@pytest.mark.parametrize("terms", [FEW, FEW + 1, 10_000])
def test_long_products_are_rounded_once(terms: int) -> None:
    """float32: K roundings of few terms, one of many."""
    numbers = hard(terms, "float32")
    exact = sum(Fraction(float(n)) ** 2 for n in numbers.tolist())
    found = long_product(numbers[None], numbers[:, None])
    assert found.dtype == np.float32
    most = terms if terms <= FEW else 1.01
    assert roundings(found[0, 0], exact, exact, "float32") <= most


def test_wide_is_exact_for_products() -> None:
    """float64 holds the product of two float32 numbers."""
    x = np.float32([1 / 3, 1e-20])
    assert Fraction(float(wide(x)[0] * wide(x)[1])) == Fraction(float(x[0])) * Fraction(float(x[1]))
    same = np.ones(2)
    assert wide(same) is same


@pytest.mark.parametrize(
    ("dtype", "narrow"),
    [("float16", True), ("float32", True), ("float64", False), ("object", False), ("int32", False)],
)
def test_narrow_numbers(dtype: str, narrow: bool) -> None:
    """Floats of fewer bits than float64, and nothing else of few bytes."""
    x = np.ones(2, dtype)
    assert is_narrow(x) is narrow
    assert wide(x).dtype == (np.dtype(float) if narrow else x.dtype)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "object"])
def test_quotients(dtype: str) -> None:
    """Of the numbers' own type, and the number divides, not the count."""
    x = np.array([6, 3], dtype) if dtype != "object" else np.array([Fraction(6), Fraction(3)])
    found = quotient(x, 12)
    assert found.dtype == x.dtype
    assert [float(y) for y in found] == [0.5, 0.25]
    assert dtype != "object" or found.tolist() == [Fraction(1, 2), Fraction(1, 4)]


@pytest.mark.parametrize("terms", [65_000, 65_520, 90_000])
def test_float16_counts_beyond_its_largest_number(terms: int) -> None:
    """Means of more than 65,504 terms: losses, their gradients, pooling; sums overflow alone."""
    logits, target = np.full((1, terms), 0.01, np.float16), np.zeros((1, terms), np.float16)
    one = np.ones((), np.float16)
    loss = refimpl.binary_cross_entropy_with_logits(logits, target)
    assert (loss.dtype, float(loss)) == (np.float16, pytest.approx(0.698, rel=1e-3))
    slope = refimpl.binary_cross_entropy_with_logits_backward(one, logits, target)
    np.testing.assert_allclose(slope, 0.5025 / terms, rtol=0.05)  # a subnormal number
    x = np.full((1, 1, terms), 0.5, np.float16)
    y = refimpl.avg_pool1d(x, terms)
    assert (y.dtype, y.tolist()) == (np.float16, [[[0.5]]])
    share = refimpl.avg_pool1d_backward(np.ones((1, 1, 1), np.float16), x, terms)
    np.testing.assert_allclose(share, 1 / terms, rtol=0.05)


def test_a_mean_of_float16_whose_sum_is_too_large() -> None:
    """40,000 losses of 2.127: their sum is beyond 65,504, their mean is not."""
    logits, target = np.full((1, 40_000), 2, np.float16), np.zeros((1, 40_000), np.float16)
    loss = refimpl.binary_cross_entropy_with_logits(logits, target)
    assert (loss.dtype, float(loss)) == (np.float16, float(np.float16(np.log1p(np.exp(2)))))
    with pytest.warns(RuntimeWarning, match="overflow"):
        whole = refimpl.binary_cross_entropy_with_logits(logits, target, reduction="sum")
    assert (whole.dtype, float(whole)) == (np.float16, np.inf)


def test_a_bias_gradient_of_many_samples() -> None:
    """900,000 terms of one sign in float32: to the last bit, where a serial sum is 10⁻³ off."""
    dy = np.full((100_000, 2, 3, 3), np.float32(1 / 3))
    x, weight = np.zeros((100_000, 1, 3, 3), np.float32), np.zeros((2, 1, 1, 1), np.float32)
    exact = 900_000 * Fraction(float(np.float32(1 / 3)))
    dbias = refimpl.conv2d_backward(dy, x, weight).dbias
    assert dbias.dtype == np.float32
    assert dbias.tolist() == [float(np.float32(float(exact)))] * 2


class Product(int):
    """Integers that multiply matrices themselves."""

    asked = 0

    @classmethod
    def matmul(cls, a: Array, b: Array) -> Array:
        cls.asked += 1
        return np.asarray(np.matmul(a.astype(int), b.astype(int)), object)


@pytest.mark.parametrize("inner", [3, 2 * TERMS])
def test_objects_bring_their_own_product(inner: int) -> None:
    """Asked once, whatever the number of terms; into an array that is given, too."""
    rng = np.random.default_rng(2)
    numbers = [rng.integers(-9, 9, size) for size in ((2, inner), (inner, 4))]
    a, b = (np.vectorize(Product, otypes=[object])(side) for side in numbers)
    before, out = Product.asked, np.empty((2, 4), object)
    assert np.array_equal(matmul(a, b), numbers[0] @ numbers[1])
    assert matmul(a, b, out=out) is out
    assert np.array_equal(out, numbers[0] @ numbers[1])
    assert Product.asked == before + 2


def test_of_vectors_objects_are_added_as_they_come() -> None:
    """What brings a product of matrices has none of a sample alone."""
    rng = np.random.default_rng(3)
    row, columns = rng.integers(-9, 9, 5), rng.integers(-9, 9, (5, 4))
    a, b = (np.vectorize(Product, otypes=[object])(side) for side in (row, columns))
    before = Product.asked
    assert np.array_equal(matmul(a, b), row @ columns)
    assert np.array_equal(matmul(b.T, a), columns.T @ row)
    assert Product.asked == before
