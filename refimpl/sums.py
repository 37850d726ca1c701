"""Sums of a known shape, so that a bound on their rounding errors can be told.

BLAS adds in an order that nobody knows, and n roundings in a row lose n·u of Σ|terms|. So matrix
products are cut into parts of at most `TERMS` terms, and what remains is added pairwise, or in
short runs whose sums are: about log2 n roundings. Numbers of float32 that many terms make are
formed in float64 and rounded once.

Source: Higham, Accuracy and Stability of Numerical Algorithms, ch. 3 and 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from refimpl.elements import Array, zeros

RUN = 16  # arrays that are added one after another
TERMS = 256  # of a matrix product that the BLAS may add in any order
FEW = 64  # float32 products of so many terms stay in float32: they lose 2⁻¹⁸ of Σ|terms| at most
ROWS_BYTES = 8 << 20  # of a product in float64 that are made at a time


class LongSum:
    """The sum of arrays that come one after another, in runs of `RUN`; the runs pairwise.

    n arrays: RUN − 1 + ⌈log2(n / RUN)⌉ roundings. Arrays are added in place: they must be the
    caller's to give away. nothing: what none add up to.

    >>> sums = LongSum(nothing=np.zeros(1))
    >>> for part in (1.0, 2.0, 4.0):
    ...     sums.add(np.array([part]))
    >>> sums.result()
    array([7.])
    """

    def __init__(self, nothing: Array) -> None:
        self._nothing = nothing
        self._run: list[Array] = []  # the sum of the run that is not complete
        self._length = 0  # of this run
        self._sums: list[tuple[int, Array]] = []  # of 2^k runs each, the largest first

    def add(self, part: Array) -> None:
        """Take one more array."""
        if not self._run:
            self._run.append(part)
        else:
            self._run[0] += part
        self._length += 1
        if self._length == RUN:
            self._close_run()

    def _close_run(self) -> None:
        """Add sums of equally many runs."""
        part, count = self._run.pop(), 1
        while self._sums and self._sums[-1][0] == count:
            _, before = self._sums.pop()
            before += part
            part, count = before, 2 * count
        self._sums.append((count, part))
        self._length = 0

    def result(self) -> Array:
        """The sum of all that came."""
        if self._run:
            self._close_run()
        if not self._sums:
            return self._nothing
        _, result = self._sums.pop()
        while self._sums:
            _, before = self._sums.pop()
            before += result
            result = before
        return result


def total(x: Array, axes: Sequence[int] | None = None) -> Array:
    """Σ over some axes (all if None), halved again and again: ⌈log2 n⌉ roundings for n terms.

    x[:n/2] + x[n/2:] is half as long, and so on, axis by axis; float32 numbers in float64.

    Shapes: x (…) -> x without these axes.

    >>> total(np.arange(6.0).reshape(2, 3), axes=(0,))
    array([3., 5., 7.])
    >>> total(np.full(3, 1 / 3, np.float32))
    array(1., dtype=float32)
    """
    axes = range(x.ndim) if axes is None else axes
    if is_narrow(x):
        return np.asarray(x.sum(axis=tuple(axes), dtype=np.float64).astype(x.dtype))
    for gone, axis in enumerate(sorted(axes)):  # the first axis' halves lie apart, in long rows
        x = _halved(x, axis - gone)
    return x.copy(order="K")  # of what is left, not of all that was added in its place


def _halved(x: Array, axis: int) -> Array:
    """Σ over one axis; of one term a view of it."""
    rest = x.transpose(axis, *range(axis), *range(axis + 1, x.ndim))
    if len(rest) < 2:
        return rest[0, ...] if len(rest) else zeros(rest.shape[1:], like=x)
    middle = (len(rest) + 1) // 2
    if len(rest) % 2:
        sums = rest[:middle].copy(order="K")
        first = sums[:-1]
        first += rest[middle:]
    else:
        sums = rest[:middle] + rest[middle:]
    while len(sums) > 1:
        middle = (len(sums) + 1) // 2
        first = sums[: len(sums) - middle]
        first += sums[middle:]
        sums = sums[:middle]
    half: Array = sums[0, ...]
    return half


def matmul(a: Array, b: Array, out: Array | None = None) -> Array:
    """a @ b, the inner axis in parts of at most `TERMS` terms, which `LongSum` adds up.

    K terms: min(K, `TERMS`) roundings and those of a `LongSum` of K / `TERMS` parts. Exact
    objects bring their own `matmul`, or are added as they come.

    Shapes: a (…, M, K), b (…, K, L) -> (…, M, L), as NumPy's matmul broadcasts them.

    >>> matmul(np.ones((1, 1000)), np.ones((1000, 1)))
    array([[1000.]])
    """
    inner = a.shape[-1]
    own = getattr(a.flat[0], "matmul", None) if a.dtype == object and a.size else None
    if own and min(a.ndim, b.ndim) > 1:
        product: Array = own(a, b)
    elif inner <= TERMS:
        return np.asarray(np.matmul(a, b, out=out))
    else:
        parts = -(-inner // TERMS)
        ends = [inner * k // parts for k in range(parts + 1)]
        sums = LongSum(nothing=a[:0])
        for start, end in pairwise(ends):
            sums.add(np.matmul(a[..., start:end], b[..., start:end, :]))
        product = sums.result()
    if out is None:
        return product
    out[...] = product
    return out


def along(x: Array, axis: int) -> Array:
    """Σ over one axis, which stays with one place.

    K terms: at most 4 + 3.5 · log2 K roundings. `total`, or over the last axis a matrix product of
    K ≤ `RUN` terms, or NumPy's own sum, which adds 128 terms in eight runs, then pairwise.

    Shapes: x (…, K, …) -> (…, 1, …).

    >>> along(np.arange(6.0).reshape(2, 3), axis=1)
    array([[ 3.],
           [12.]])
    """
    axis %= x.ndim
    if axis < x.ndim - 1 or x.strides[axis] != x.itemsize:
        return np.expand_dims(total(x, (axis,)), axis)
    if (K := x.shape[axis]) > RUN:
        return np.asarray(x.sum(axis=axis, keepdims=True))
    sums = np.matmul(x.reshape(-1, K), np.ones((K, 1), x.dtype))
    return np.asarray(sums.reshape(*x.shape[:-1], 1))


def is_narrow(x: Array) -> bool:
    """Whether float64 holds every product of two such numbers: float32 and float16."""
    return x.dtype.kind == "f" and x.dtype.itemsize < 8


def wide(x: Array) -> Array:
    """float32 numbers in float64, where their products are exact; others as they are.

    >>> wide(np.ones(1, np.float32)).dtype.name
    'float64'
    """
    return x.astype(np.float64) if is_narrow(x) else x


def wide_half(maps: Array) -> Array:
    """float16 in float32: a window's sum, and its size, may exceed 65504."""
    return maps.astype(np.float32) if maps.dtype == np.float16 else maps


def quotient(x: Array, count: int | Array) -> Array:
    """x / count, which may be larger than the largest number of float16.

    >>> quotient(np.array(70_000.0), 70_000), quotient(np.ones((), np.float16), 70_000)
    (array(1.), array(1.43e-05, dtype=float16))
    """
    if x.dtype == np.float16:
        return np.asarray(x / np.asarray(count, np.float32), np.float16)
    return np.asarray(x / np.asarray(count, x.dtype), x.dtype)


def long_product(a: Array, b: Array) -> Array:
    """a @ b over many terms, such as all samples: of float32 numbers in float64, rounded once.

    Shapes: a (…, K), b (K, L) -> (…, L).

    >>> long_product(np.ones((1, 9), np.float32), np.ones((9, 1), np.float32))
    array([[9.]], dtype=float32)
    """
    if not is_narrow(a) or a.shape[-1] <= FEW:
        return matmul(a, b)
    rows, columns = a.reshape(-1, a.shape[-1]), wide(b)
    product = np.empty((len(rows), b.shape[-1]), a.dtype)
    step = max(1, ROWS_BYTES // max(1, 8 * b.shape[-1]))
    for start in range(0, len(rows), step):
        product[start : start + step] = wide(rows[start : start + step]) @ columns
    return product.reshape(*a.shape[:-1], b.shape[-1])
