"""The docstring formulas of refimpl as loops over indices, on exact numbers.

Nothing here is shared with refimpl: sizes are counted, windows are enumerated, sums are loops.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np

ELEMENTS = ("fraction", "float64", "float32")
DIVISIBLE = 5040  # by every divisor that the average pooling cases have

Place = tuple[int, ...]


# --- numbers ------------------------------------------------------------------------------


def draw(
    rng: np.random.Generator, shape: Place, elements: str = "fraction", factor: int = 1
) -> Any:
    """Random numbers that refimpl computes with exactly, in an array that cannot be changed."""
    numerators = np.asarray(rng.integers(-9, 10, shape) * factor)
    if elements == "fraction":
        denominators = np.asarray(rng.integers(1, 8, shape))
        array = np.asarray(np.frompyfunc(Fraction, 2, 1)(numerators.astype(object), denominators))
    else:
        array = np.asarray(numerators.astype(elements))
    return frozen(array)


def distinct(rng: np.random.Generator, shape: Place, elements: str = "fraction") -> Any:
    """Whole numbers, no two of them alike, in a random order."""
    numbers = (rng.permutation(int(np.prod(shape))) - np.prod(shape) // 2).reshape(shape)
    return frozen(fractions(numbers) if elements == "fraction" else numbers.astype(elements))


def fractions(numbers: Any) -> Any:
    """The same numbers as an object array of Fraction."""
    exact = np.frompyfunc(lambda v: Fraction(v.item() if isinstance(v, np.generic) else v), 1, 1)
    return np.asarray(exact(np.asarray(numbers, object)), object)


def frozen(array: Any) -> Any:
    """The array itself, which from now on refuses to be written to."""
    array.flags.writeable = False
    return array


def blank(shape: Place) -> Any:
    """Zeros to count into."""
    return np.full(shape, Fraction(0), object)


def dot(a: Any, b: Any) -> Fraction:
    """⟨a, b⟩, the sum of the products."""
    return sum(
        (Fraction(p) * Fraction(q) for p, q in zip(a.flat, b.flat, strict=True)), Fraction(0)
    )


def assert_same(actual: Any, expected: Any) -> None:
    """Equal shapes and equal numbers, every one of them."""
    expected = np.asarray(expected)
    assert isinstance(actual, np.ndarray)
    assert actual.shape == expected.shape
    wrong = [place for place in np.ndindex(actual.shape) if actual[place] != expected[place]]
    assert not wrong, (
        f"{len(wrong)} differ; at {wrong[0]}: {actual[wrong[0]]!r}, not {expected[wrong[0]]!r}"
    )


def assert_exact(actual: Any, expected: Any, elements: str) -> None:
    """`assert_same`, and the elements have the type that they were given."""
    assert_same(actual, expected)
    if elements == "fraction":
        assert actual.dtype == object
        assert {type(element) for element in actual.flat} <= {Fraction}
    else:
        assert actual.dtype == elements


# --- convolution --------------------------------------------------------------------------


class Conv(NamedTuple):
    """A convolution: shapes, options as refimpl takes them, `pairs` as the loops read them."""

    x: Place
    weight: Place
    stride: Place
    pairs: tuple[Place, ...]
    dilation: Place
    groups: int = 1

    @property
    def axes(self) -> int:
        return len(self.stride)

    @property
    def options(self) -> dict[str, Any]:
        return {
            "stride": self.stride,
            "padding": self.pairs,
            "dilation": self.dilation,
            "groups": self.groups,
        }

    @property
    def output(self) -> Place:
        """Windows that fit, counted one by one."""
        return tuple(
            len([o for o in range(0, b + n + a, s) if o + (k - 1) * d < b + n + a])
            for n, k, s, (b, a), d in zip(
                self.x[2:], self.weight[2:], self.stride, self.pairs, self.dilation, strict=True
            )
        )

    @property
    def y(self) -> Place:
        return (self.x[0], self.weight[0], *self.output)

    def taps(self) -> Iterator[tuple[Place, Place, Place]]:
        """Every (place in y, place in the kernel, place in x) that meet."""
        for o in product(*map(range, self.output)):
            for i in product(*map(range, self.weight[2:])):
                place = tuple(
                    p * s + q * d - b
                    for p, q, s, d, (b, _) in zip(
                        o, i, self.stride, self.dilation, self.pairs, strict=True
                    )
                )
                if all(0 <= p < n for p, n in zip(place, self.x[2:], strict=True)):
                    yield o, i, place

    def channels(self) -> Iterator[tuple[int, int, int, int]]:
        """Every (sample, output channel, input channel, its number inside the group)."""
        outputs, inputs = self.weight[0] // self.groups, self.weight[1]
        for n, o, c in product(range(self.x[0]), range(self.weight[0]), range(inputs)):
            yield n, o, o // outputs * inputs + c, c


def conv(case: Conv, x: Any, weight: Any, bias: Any = None) -> Any:
    """y[n,o,h] = bias[o] + Σ x[n, c, h·s + i·d − before] · weight[o,c,i]."""
    x, weight, y = fractions(x), fractions(weight), blank(case.y)
    taps = list(case.taps())
    for n, o, channel, c in case.channels():
        for h, i, u in taps:
            y[n, o, *h] += x[n, channel, *u] * weight[o, c, *i]
    if bias is not None:
        for n, o in product(range(case.x[0]), range(case.weight[0])):
            for h in product(*map(range, case.output)):
                y[n, o, *h] += fractions(bias)[o]
    return y


def conv_backward(case: Conv, dy: Any, x: Any, weight: Any) -> tuple[Any, Any, Any]:
    """dx, dweight and dbias, each share put where the docstring's sums collect it."""
    dy, x, weight = fractions(dy), fractions(x), fractions(weight)
    dx, dweight, dbias = blank(case.x), blank(case.weight), blank(case.weight[:1])
    taps = list(case.taps())
    for n, o, channel, c in case.channels():
        for h, i, u in taps:
            dx[n, channel, *u] += dy[n, o, *h] * weight[o, c, *i]
            dweight[o, c, *i] += dy[n, o, *h] * x[n, channel, *u]
    for place in np.ndindex(dy.shape):
        dbias[place[1]] += dy[place]
    return dx, dweight, dbias


# --- pooling ------------------------------------------------------------------------------


class Pool(NamedTuple):
    """A pooling: the shape of x and the options."""

    x: Place
    kernel: Place
    stride: Place
    padding: Place
    dilation: Place
    ceil_mode: bool = False

    @property
    def axes(self) -> int:
        return len(self.kernel)

    @property
    def options(self) -> dict[str, Any]:
        """What max_pool takes."""
        return {
            "kernel_size": self.kernel,
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "ceil_mode": self.ceil_mode,
        }

    @property
    def starts(self) -> list[list[int]]:
        """For each axis the first place of each window; x starts at 0."""
        starts = []
        for n, k, s, p, d in zip(
            self.x[2:], self.kernel, self.stride, self.padding, self.dilation, strict=True
        ):
            windows, at = [], -p
            while at + (k - 1) * d < n + p:
                windows.append(at)
                at += s
            uncovered = windows[-1] + (k - 1) * d < n + p - 1
            if self.ceil_mode and uncovered and at < n:
                windows.append(at)
            starts.append(windows)
        return starts

    @property
    def output(self) -> Place:
        return tuple(map(len, self.starts))

    @property
    def y(self) -> Place:
        return (*self.x[:2], *self.output)

    def windows(self) -> Iterator[tuple[Place, list[Place]]]:
        """Every place in y, and the places of its window, row by row, padding included."""
        for o in product(*map(range, self.output)):
            yield (
                o,
                [
                    tuple(
                        starts[p] + q * d
                        for p, q, starts, d in zip(o, i, self.starts, self.dilation, strict=True)
                    )
                    for i in product(*map(range, self.kernel))
                ],
            )

    def inside(self, place: Place, margins: Place | None = None) -> bool:
        """Whether x, with so many zeros around it, holds the place."""
        margins = margins or (0,) * self.axes
        return all(-m <= p < n + m for p, n, m in zip(place, self.x[2:], margins, strict=True))

    def number(self, place: Place) -> int:
        """The place counted row by row, as torch counts indices."""
        return list(product(*map(range, self.x[2:]))).index(place)


def max_pool(case: Pool, x: Any) -> tuple[Any, Any]:
    """The largest element of each window, and the number of the first place that holds it."""
    x, y, indices = fractions(x), blank(case.y), np.zeros(case.y, int)
    for n, c in product(range(case.x[0]), range(case.x[1])):
        for o, window in case.windows():
            held = [place for place in window if case.inside(place)]
            y[n, c, *o] = max(x[n, c, *place] for place in held)
            first = next(place for place in held if x[n, c, *place] == y[n, c, *o])
            indices[n, c, *o] = case.number(first)
    return y, indices


def max_pool_backward(case: Pool, dy: Any, x: Any, ties: str) -> Any:
    """Each window's dy goes to its first maximum, to all of them, or in equal shares to them."""
    dy, x, dx = fractions(dy), fractions(x), blank(case.x)
    for n, c in product(range(case.x[0]), range(case.x[1])):
        for o, window in case.windows():
            held = [place for place in window if case.inside(place)]
            largest = max(x[n, c, *place] for place in held)
            winners = [place for place in held if x[n, c, *place] == largest]
            share = Fraction(1, len(winners)) if ties == "split" else 1
            for place in winners[:1] if ties == "first" else winners:
                dx[n, c, *place] += share * dy[n, c, *o]
    return dx


def divisor(
    case: Pool, window: list[Place], count_include_pad: bool, divisor_override: int | None
) -> int:
    """How many places of the window count."""
    if divisor_override is not None:
        return divisor_override
    margins = case.padding if count_include_pad else (0,) * case.axes
    return len([place for place in window if case.inside(place, margins)])


def avg_pool(
    case: Pool, x: Any, count_include_pad: bool = True, divisor_override: int | None = None
) -> Any:
    """The sum of each window over the number of its places that count."""
    x, y = fractions(x), blank(case.y)
    for n, c in product(range(case.x[0]), range(case.x[1])):
        for o, window in case.windows():
            total = sum(x[n, c, *place] for place in window if case.inside(place))
            y[n, c, *o] = total / divisor(case, window, count_include_pad, divisor_override)
    return y


def avg_pool_backward(
    case: Pool, dy: Any, count_include_pad: bool = True, divisor_override: int | None = None
) -> Any:
    """Each window's dy over its divisor, given to every place of the window in x."""
    dy, dx = fractions(dy), blank(case.x)
    for n, c in product(range(case.x[0]), range(case.x[1])):
        for o, window in case.windows():
            share = dy[n, c, *o] / divisor(case, window, count_include_pad, divisor_override)
            for place in window:
                if case.inside(place):
                    dx[n, c, *place] += share
    return dx
