"""Geometries that everybody has and the catalogue has not, for candidates that take few of its own.

Each option by itself and with others, square windows and others, one sample and many, with a bias
and without one: a layer that has but some of this is asked all of it that it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

from parity.cases.case import Case, Draw, Shape
from parity.cases.padding import MODES

# Windows: height, width, and how far a map goes beyond it. All maps have H ≠ W.
PLAIN = (
    (1, 1, 3, 2),
    (2, 2, 3, 4),
    (3, 3, 2, 1),
    (3, 3, 9, 7),
    (4, 4, 3, 2),
    (5, 5, 1, 2),
    (3, 2, 2, 4),
    (2, 3, 5, 3),
    (1, 3, 4, 3),
    (4, 1, 2, 5),
    (5, 4, 2, 4),
    (2, 5, 9, 4),
    (3, 4, 3, 1),
)
# One number for all axes of window, stride and padding, and how far a map goes beyond the window.
WITH_OPTIONS = (
    (3, 1, 1, 2, 4),
    (3, 1, 2, 4, 1),
    (2, 1, 1, 3, 2),
    (5, 1, 2, 3, 1),
    (1, 2, 0, 4, 7),
    (2, 2, 0, 4, 5),
    (3, 2, 0, 4, 3),
    (3, 2, 1, 5, 4),
    (4, 2, 1, 5, 3),
    (5, 2, 2, 4, 2),
    (2, 3, 0, 7, 4),
    (3, 3, 0, 6, 4),
    (3, 3, 1, 5, 8),
    (4, 3, 2, 4, 7),
    (5, 3, 2, 6, 4),
    (3, 2, 2, 3, 6),
)
COUNTS = ((2, 3, 4), (1, 4, 2), (6, 2, 3), (3, 4, 2), (7, 1, 2), (2, 3, 5))  # N, C in, C out
ROWS = ((1, 3), (2, 5), (3, 1), (5, 4), (6, 3), (7, 2), (8, 5), (9, 4), (10, 3), (6, 7), (12, 2))
OF_ROWS = (
    *("softmax", "log_softmax", "relu", "leaky_relu", "hardtanh", "sigmoid", "tanh", "exp"),
    *("softplus", "silu", "gelu", "elu", "hardsigmoid", "hardswish"),
)
NORMALISED_ROWS = ((3, 4), (4, 6), (5, 3), (6, 8), (7, 2), (9, 5))
NORMALISATIONS = ("batch_norm", "layer_norm", "group_norm")
MAPS = ((2, 3, 5, 4), (6, 2, 3, 4), (1, 4, 7, 6), (7, 3, 4, 5))

Geometry = tuple[Shape, Shape, dict[str, Any]]  # window, how much larger the map is, options


@cache
def usual(function: str) -> tuple[Case, ...]:
    """Cases of a function, without names; none of one that has no such geometry."""
    kind, axes = function[:-2], function[-2:]
    n = int(axes[0]) if axes in ("1d", "2d", "3d") else 0
    if kind == "conv":
        return tuple(_with_and_without_bias(_convolutions(function, n)))
    if kind in ("max_pool", "avg_pool"):
        return tuple(_poolings(function, n))
    if function == "linear":
        return tuple(_with_and_without_bias(_dense()))
    if function in NORMALISATIONS:
        return tuple(_normalisations(function))
    if function == "pad":
        return tuple(_frames())
    if function in OF_ROWS:
        shapes = ROWS if "softmax" in function else (*ROWS, *MAPS)
        return tuple(Case(function, "", {"x": Draw(x)}) for x in shapes)
    return ()


def _frames() -> Iterator[Case]:
    """Each mode along one axis, two and three; numbers for all axes and pairs."""
    for place, (n, mode) in enumerate(product((1, 2, 3), MODES)):
        N, C, _ = COUNTS[place % len(COUNTS)]
        x = Draw((N, C, *(5 + axis + place % 3 for axis in range(n))))
        pairs = tuple((1 + axis, 3 - axis) for axis in range(n))
        for padding in (1, 2, 3, pairs, ((2, 0), *pairs[1:])):
            named = {} if mode == "constant" else {"mode": mode}
            yield Case("pad", "", {"x": x}, {"padding": padding, **named})


def _convolutions(function: str, n: int) -> Iterator[Case]:
    """Windows without an option on two maps: else they were too few."""
    windows = list(_windows(n))
    larger: list[Geometry] = [
        (k, tuple(m + 2 for m in more), {}) for k, more, options in windows if not options
    ]
    for place, (window, more, given) in enumerate((*windows, *larger)):
        N, C, F = _counts(place, n)
        x, weight = (N, C, *_map(window, more, given)), (F, C, *window)
        arrays = {"x": Draw(x), "weight": Draw(weight), "bias": Draw((F,))}
        options = {name: v for name, v in given.items() if (name, v) != ("stride", 1)}
        yield Case(function, "", arrays, options)


def _poolings(function: str, n: int) -> Iterator[Case]:
    """Unless something else is said windows touch: the maps are larger by more."""
    for place, (window, more, options) in enumerate(_windows(n)):
        N, C, _ = _counts(place, n)
        if options:
            yield _pooling(function, (N, C, *_map(window, more, options)), window, options)
            continue
        for times in (1, 2):
            extent = tuple(times * k + m for k, m in zip(window, more, strict=True))
            yield _pooling(function, (N, C, *extent), window, {})


def _pooling(function: str, x: Shape, window: Shape, options: dict[str, Any]) -> Case:
    size = window[0] if len(set(window)) == 1 else window
    options = {"kernel_size": size, **options}
    return Case(function, "", {"x": Draw(x)}, options)


def _dense() -> Iterator[Case]:
    for place, (N, C) in enumerate(ROWS):
        F = 1 + (C + place) % 6
        arrays = {"x": Draw((N, C)), "weight": Draw((F, C)), "bias": Draw((F,))}
        yield Case("linear", "", arrays)


def _normalisations(function: str) -> Iterator[Case]:
    """Of rows and of maps, each with a weight and a bias; a group has more than one element."""
    for place, x in enumerate((*NORMALISED_ROWS, *MAPS)):
        C = x[-1] if function == "layer_norm" else x[1]
        arrays = {"x": Draw(x), "weight": Draw((C,)), "bias": Draw((C,))}
        divisors = [n for n in range(1, C + (len(x) > 2)) if C % n == 0]
        options: dict[str, dict[str, Any]] = {
            "batch_norm": {"training": True},
            "layer_norm": {"normalized_shape": C},
            "group_norm": {"num_groups": divisors[place % len(divisors)]},
        }
        yield Case(function, "", arrays, options[function])
        if function == "batch_norm" and place % 2:
            running = {"running_mean": Draw((C,)), "running_var": Draw((C,), "certainty")}
            yield Case(function, "", {"x": Draw(x), **running, **arrays}, {})


def _with_and_without_bias(cases: Iterator[Case]) -> Iterator[Case]:
    for case in cases:
        yield case
        arrays = {name: source for name, source in case.arrays.items() if name != "bias"}
        yield Case(case.function, "", arrays, case.options)


def _windows(n: int) -> Iterator[Geometry]:
    """Windows of n axes, by how much a map is larger, and the options."""
    for height, width, *more in PLAIN:
        yield _axes(n, height, width), _axes(n, *more), {}
    for k, stride, padding, *more in WITH_OPTIONS:
        options = {"stride": stride, "padding": padding}
        yield (k,) * n, _axes(n, *more), {name: v for name, v in options.items() if v}


def _axes(n: int, first: int, second: int) -> Shape:
    """Two numbers for n axes: of one the first, of three the smaller a second time."""
    return (min(first, second), first, second)[3 - n :] if n > 1 else (first,)


def _map(window: Shape, more: Shape, options: dict[str, Any]) -> Shape:
    """As large as a window less its frame, and larger."""
    frame = 2 * options.get("padding", 0)
    return tuple(max(k - frame, 1) + m for k, m in zip(window, more, strict=True))


def _counts(place: int, n: int) -> tuple[int, int, int]:
    """Samples, channels in and out; few where maps have three axes."""
    N, C, F = COUNTS[place % len(COUNTS)]
    return (N, C, F) if n < 3 else (1 + N % 3, 1 + C % 2, 2 + F % 2)
