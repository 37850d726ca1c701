"""What a case is: arrays described as data, and how they are drawn from a seed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from parity.cases.expected import Expected
from parity.cases.photograph import grey, photograph

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
FLOATS = ("float32", "float64")


@dataclass(frozen=True)
class Draw:
    """A random array: its shape, the kind of its values (a key of `VALUES`), its layout.

    The layouts hold the same numbers at other places in memory: "contiguous", "reversed"
    (negative strides), "strided" (every second element of a larger array), "transposed".
    """

    shape: Shape
    values: str = "normal"
    layout: str = "contiguous"


@dataclass(frozen=True)
class Given:
    """An array written out, as nested tuples or lists; integers become the dtype under test.

    dtype: its own, where that is another one, as of class indices.
    """

    values: Any
    dtype: str = ""

    @property
    def shape(self) -> Shape:
        """Of the array."""
        return np.shape(self.values)


@dataclass(frozen=True)
class Classes:
    """Random class indices 0 … classes − 1, of an integer dtype."""

    shape: Shape
    classes: int
    dtype: str = "int64"
    layout: str = "contiguous"


@dataclass(frozen=True)
class Probabilities:
    """Random probabilities that add up to 1 along one axis."""

    shape: Shape
    axis: int = 1
    layout: str = "contiguous"


@dataclass(frozen=True)
class Photograph:
    """Part of the photograph as one sample of one channel or of three, from 0 to 255."""

    rows: tuple[int, int]  # from, to
    columns: tuple[int, int]
    colour: bool = False

    @property
    def shape(self) -> Shape:
        """(1, C, H, W)"""
        (top, bottom), (left, right) = self.rows, self.columns
        return 1, 3 if self.colour else 1, bottom - top, right - left


Source: TypeAlias = Draw | Given | Classes | Probabilities | Photograph


ORDINARY = {"normal", "integers", "mask", "labels", "certainty", "positive"}  # kinds of values


@dataclass(frozen=True)
class Case:
    """Valid arguments of one function: forward and backward are compared on them.

    dy lies in memory as `upstream_layout` says; where that says nothing, as the random arrays
    do, if they all lie alike. `block_bytes` is how large refimpl's blocks then are, where that is
    not their real size. `expect` says in which tensor, where and how torch is known to do
    otherwise, and why; of several tensors a tuple does.
    """

    function: str
    name: str
    arrays: Mapping[str, Source]
    options: Mapping[str, Any] = field(default_factory=dict)
    upstream: str = "normal"  # the kind of values of dy
    documents: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = FLOATS
    expect: Expected | tuple[Expected, ...] | None = None
    upstream_layout: str = ""
    block_bytes: int | None = None

    @property
    def dy_layout(self) -> str:
        """The layout of dy, a key of `LAYOUTS`.

        >>> Case("relu", "views", {"x": Draw((2, 3), layout="reversed")}).dy_layout
        'reversed'
        """
        layouts = {s.layout for s in self.arrays.values() if isinstance(s, Draw)}
        alike = layouts.pop() if len(layouts) == 1 else "contiguous"
        return self.upstream_layout or alike

    @property
    def expected(self) -> tuple[Expected, ...]:
        """What is expected, one tensor each.

        >>> Case("relu", "maps", {"x": Draw((2, 3))}).expected
        ()
        """
        if isinstance(self.expect, tuple):
            return self.expect
        return (self.expect,) if self.expect else ()

    @property
    def id(self) -> str:
        """`function[name]`, unique in the catalogue."""
        return f"{self.function}[{self.name}]"

    @property
    def elements(self) -> int:
        """How many its arrays have together.

        >>> Case("relu", "maps", {"x": Draw((2, 3)), "other": Given([1, 2])}).elements
        8
        """
        return sum(prod(source.shape) for source in self.arrays.values())

    @property
    def ordinary(self) -> bool:
        """Whether all its random numbers are of the kinds that everybody has."""
        if any(isinstance(source, Given) for source in self.arrays.values()):
            return False
        drawn = {source.values for source in self.arrays.values() if isinstance(source, Draw)}
        return drawn | {self.upstream} <= ORDINARY

    @property
    def worked_example(self) -> bool:
        """Whether a document gives the numbers: every element is then reported."""
        kinds = {type(source) for source in self.arrays.values()}
        return bool(self.documents) and Given in kinds and Photograph not in kinds


@dataclass(frozen=True)
class BadCase:
    """Invalid arguments of one function, forward or backward, and the whole error text."""

    function: str
    name: str
    arguments: Mapping[str, Any]  # a Source, or a value that is passed as it is
    error: type[Exception]
    message: str
    dtypes: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`function[name]`, unique in the catalogue."""
        return f"{self.function}[{self.name}]"

    @property
    def by_position(self) -> bool:
        """Whether an argument is one of any number, "maps[0]": it has no keyword."""
        return any(name.endswith("]") for name in self.arguments)


def generator(seed: int, *labels: str) -> np.random.Generator:
    """Random numbers that depend on the seed and the labels alone, not on what ran before."""
    words: Any = [seed, *(zlib.crc32(label.encode()) for label in labels)]
    if 0 <= seed < 1 << 32:  # NumPy takes words of 32 bits as they are, a list number by number
        words = np.array(words, np.uint32)
    return np.random.default_rng(words)


def draw(source: Source, dtype: str, rng: np.random.Generator) -> Array:
    """The array that a source describes."""
    match source:
        case Given(values, kind):
            array = np.asarray(values, kind or None)
            if kind:
                return array
            return array.astype(dtype) if array.dtype.kind in "iuf" else array
        case Classes(shape, classes, kind, layout):
            return _laid_out(rng.integers(0, classes, shape).astype(kind), layout)
        case Probabilities(shape, axis, layout):
            weights = rng.random(shape) + 0.05
            shares: Array = (weights / weights.sum(axis=axis, keepdims=True)).astype(dtype)
            return _laid_out(shares, layout)
        case Photograph(rows, columns, colour):
            maps = photograph().transpose(2, 0, 1) if colour else grey()[None]
            return maps[None, :, slice(*rows), slice(*columns)].astype(dtype)
        case Draw(shape, values, layout):
            numbers = np.asarray(VALUES[values](rng, shape, np.finfo(dtype)), dtype)
            return _laid_out(numbers, layout)


def _laid_out(numbers: Array, layout: str) -> Array:
    """One number lies in one way only."""
    return LAYOUTS[layout](numbers) if np.ndim(numbers) else numbers


def case_arrays(case: Case, dtype: str, seed: int) -> dict[str, Array]:
    """The arguments of a case; read-only, because a function must not change its inputs."""
    arrays = {
        name: draw(source, dtype, generator(seed, case.id, name))
        for name, source in case.arrays.items()
    }
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


# --- kinds of values ----------------------------------------------------------------------

Drawer: TypeAlias = Callable[[np.random.Generator, Shape, Any], Array]


def _normal(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    return rng.normal(size=shape)


def _integers(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Small enough that sums of products stay exact in float32."""
    return rng.integers(-8, 9, shape)


def _ties(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Three values only, so that most windows hold their maximum twice."""
    return rng.integers(-1, 2, shape)


def _huge(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Up to a quarter of the square root of the largest number: products fit, sums may not."""
    numbers: Array = rng.normal(size=shape) * (float(info.max) ** 0.5 / 4)
    return numbers


def _largest(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Of the order of the largest number: sums overflow or not by the order of their terms."""
    numbers: Array = rng.uniform(-1, 1, shape) * float(info.max)
    return numbers


def _some_largest(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Ordinary numbers, a third of them replaced by the largest."""
    return np.where(rng.random(shape) < 1 / 3, float(info.max), rng.normal(size=shape))


def _tiny(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Products lie below the smallest normal number."""
    numbers: Array = rng.normal(size=shape) * float(info.tiny) ** 0.5
    return numbers


def _subnormal(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Multiples of the smallest number there is."""
    numbers: Array = rng.integers(-99, 100, shape) * float(info.smallest_subnormal)
    return numbers


def _negative_zero(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Minus zero, zero and ordinary numbers mixed."""
    return rng.choice(np.array([-0.0, 0.0, 1.5, -2.5]), size=shape)


def _equal(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """One number everywhere: what is rounded in a long sum is rounded the same way each time."""
    return np.full(shape, rng.uniform(0.5, 1))


def _zeros(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    return np.zeros(shape)


def _negative(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    return -np.abs(rng.normal(size=shape)) - 0.01


def _wide(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Magnitudes from 1e-9 to 1e9 beside each other: cancellation."""
    numbers: Array = rng.normal(size=shape) * 10.0 ** rng.uniform(-9, 9, shape)
    return numbers


def _saturated(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Between −120 and 120: past where e^x leaves float32, sigmoid and tanh are flat."""
    return rng.uniform(-120, 120, shape)


def _spread(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Logits of standard deviation 30."""
    return rng.normal(size=shape) * 30


def _ascending(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Of standard deviation 300, in order along the last axis: the far largest stand at its end."""
    return np.sort(rng.normal(size=shape) * 300, axis=-1) if shape else rng.normal(size=shape)


def _logits_1e4(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    return rng.choice(np.array([-1e4, 1e4, 0.0, 9.99e3]), size=shape)


def _minus_inf(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Ordinary numbers, a third of them replaced by −∞."""
    return np.where(rng.random(shape) < 1 / 3, -np.inf, rng.normal(size=shape))


def _special(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Ordinary numbers, one in eight replaced by NaN, ∞ or −∞."""
    odd = rng.choice(np.array([np.nan, np.inf, -np.inf]), size=shape)
    return np.where(rng.random(shape) < 1 / 8, odd, rng.normal(size=shape))


def _mask(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """0 and 1, of a dropout."""
    return rng.integers(0, 2, shape)


def _labels(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """−1 and 1, the two classes of a perceptron."""
    return rng.choice(np.array([-1, 1]), size=shape)


def _certainty(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Probabilities of one of two classes: between 0 and 1, every fourth 0, every fourth 1."""
    return np.clip(rng.uniform(-0.5, 1.5, shape), 0, 1)


def _near_ties(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Three numbers, each beside itself, one ULP off and a relative 10⁻¹² off."""
    steps = np.array([0, info.eps, -info.eps, 1e-12])
    numbers: Array = rng.choice([1.0, -2.5, 0.75], shape) * (1 + rng.choice(steps, shape))
    return numbers


def _nans(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Ordinary numbers, a third of them NaN: most windows have several."""
    return np.where(rng.random(shape) < 1 / 3, np.nan, rng.normal(size=shape))


def _tails(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Ordinary numbers, every second pushed out to 10 … 40 on its own side."""
    numbers = rng.normal(size=shape)
    far = numbers + np.sign(numbers) * rng.uniform(10, 40, shape)
    return np.where(rng.random(shape) < 1 / 2, far, numbers)


def _far(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Around 1000, of standard deviation 1: far from 0, near each other."""
    return 1000 + rng.normal(size=shape)


def _marks(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Numbers between −2 and 2 that are the same whenever they are drawn."""
    numbers: Array = 2 * np.sin(1 + np.arange(prod(shape), dtype=float)).reshape(shape)
    return numbers


def _near_marks(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """The `marks` of this shape, some ULP off or 10⁻⁶ off: differences that cancel."""
    marks = np.asarray(_marks(rng, shape, info), info.dtype)
    off = rng.choice([-3 * info.eps, -info.eps, 0, info.eps, 2 * info.eps, 1e-6, -1e-6], shape)
    numbers: Array = marks * (1 + off)
    return numbers


def _positive(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Numbers above 0, most of them between 1/3 and 3."""
    return rng.lognormal(size=shape)


def _positive_wide(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """Numbers from 1e-9 to 1e9."""
    numbers: Array = 10.0 ** rng.uniform(-9, 9, shape)
    return numbers


def _near_one(rng: np.random.Generator, shape: Shape, info: Any) -> Array:
    """1, some ULP off or some 10⁻⁶ off: the logarithm is small, and its digits are these."""
    steps = np.array([0, info.eps, -info.eps, 3 * info.eps, 1e-6, -1e-6])
    numbers: Array = 1 + rng.choice(steps, shape)
    return numbers


VALUES: dict[str, Drawer] = {
    "normal": _normal,
    "integers": _integers,
    "ties": _ties,
    "huge": _huge,
    "largest": _largest,
    "some_largest": _some_largest,
    "tiny": _tiny,
    "subnormal": _subnormal,
    "negative_zero": _negative_zero,
    "zeros": _zeros,
    "equal": _equal,
    "negative": _negative,
    "wide": _wide,
    "saturated": _saturated,
    "spread": _spread,
    "ascending": _ascending,
    "logits_1e4": _logits_1e4,
    "minus_inf": _minus_inf,
    "special": _special,
    "mask": _mask,
    "labels": _labels,
    "certainty": _certainty,
    "near_ties": _near_ties,
    "nans": _nans,
    "tails": _tails,
    "far": _far,
    "marks": _marks,
    "near_marks": _near_marks,
    "positive": _positive,
    "positive_wide": _positive_wide,
    "near_one": _near_one,
}


# Families of values of a layer with a weight: name, then the values of x, weight and dy.
WEIGHTED_VALUES = (
    ("integers", "integers", "integers", "integers"),
    ("ternary", "ties", "ties", "ties"),
    ("wide values", "wide", "wide", "wide"),
    ("huge", "huge", "huge", "huge"),
    ("largest", "largest", "normal", "normal"),
    # Of the products y and dweight fit, whatever x is times; dx overflows.
    ("largest weight and upstream", "tiny", "largest", "largest"),
    ("tiny", "tiny", "tiny", "tiny"),
    ("subnormal", "subnormal", "integers", "subnormal"),
    ("negative zero", "negative_zero", "negative_zero", "negative_zero"),
    ("special", "special", "normal", "normal"),
)


# --- layouts ------------------------------------------------------------------------------


def _reversed(numbers: Array) -> Array:
    return np.ascontiguousarray(np.flip(numbers))[(slice(None, None, -1),) * numbers.ndim]


def _strided(numbers: Array) -> Array:
    room = np.zeros(tuple(2 * n for n in numbers.shape), numbers.dtype)
    view = room[(slice(None, None, 2),) * numbers.ndim]
    view[...] = numbers
    return view


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": np.ascontiguousarray,
    "reversed": _reversed,
    "strided": _strided,
    "transposed": np.asfortranarray,
}
