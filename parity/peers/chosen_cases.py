"""Which cases of the catalogue a framework is asked: few, and every level of every option."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import zip_longest
from typing import Any

import numpy as np

from parity.candidates.asked import (
    NEAR_0,
    Asked,
    chooses,
    named_by_sizes,
    problem_of,
    suits,
)
from parity.candidates.coverage_of_options import aspects
from parity.candidates.geometries import usual
from parity.candidates.styles.keywords import defaults, settled
from parity.cases.case import Case, Classes, Draw
from parity.cases.catalogue import GOOD

MOST, COMPILED = 120, 15  # cases of one library, of one that compiles each of them
NARROW = 3  # how many cases in float32 to one that is asked in float64, too
FEW = 2  # options beside those that have to be given
SEED = 20261120
REQUIRED = ("kernel_size", "normalized_shape", "num_groups", "size")
TAKEN = (*REQUIRED, "padding", "axis", "output_size")

# What frameworks have functions for, those that differ most first.
FUNCTIONS = (
    *("conv2d", "max_pool2d", "avg_pool2d", "cross_entropy", "conv_transpose2d", "pad", "linear"),
    *("conv1d", "max_pool1d", "avg_pool1d", "conv3d", "max_pool3d", "avg_pool3d"),
    *("relu", "leaky_relu", "softmax", "log_softmax", "sigmoid", "tanh", "softplus", "gelu"),
    *("batch_norm", "layer_norm", "group_norm", "local_response_norm"),
    *("binary_cross_entropy_with_logits", "mse_loss", "elu", "silu", "hardtanh", "prelu"),
    *("hardsigmoid", "hardswish", "exp", "divide", "multiply", "add", "subtract", "power", "mean"),
    *("conv_transpose1d", "conv_transpose3d", "correlate2d", "convolve2d"),
)
OFTEN = FUNCTIONS[:6]  # those with most options: two cases in each turn
EXTRA = ("maximum", "absolute", "sum", "cumprod")  # of which there are probes only
EVERY = (*FUNCTIONS, *EXTRA)


def chosen(functions: Sequence[str], most: int | None) -> list[Asked]:
    """At most so many cases of these functions (None: all), one of each in turn.

    The first case of a function shows most of its options, the next what is then not shown.
    """
    orders = [
        order[start::often]
        for function in functions
        if function in FUNCTIONS
        for order, often in [(ordered(function), 2 if function in OFTEN else 1)]
        for start in range(often)
    ]
    turns = [one for turn in zip_longest(*orders) for one in turn if one is not None]
    found = list(_in_both(turns)) if most is None else list(_in_both(turns[:most]))
    return found[:most]


def _in_both(turns: Sequence[Asked]) -> Iterator[Asked]:
    """Each in float32, some in float64, too."""
    for place, one in enumerate(turns):
        yield one
        if place % NARROW == 0:
            wide = problem_of(one.case, "float64", SEED)
            if wide is not None:
                yield wide


@cache
def ordered(function: str) -> tuple[Asked, ...]:
    """Its cases in float32, those first that show most of what was not shown before.

    Behind all others stand those with many options together: what a library has not hides there
    what it has.
    """
    found = sorted(candidates(function), key=_options)
    rich = [one for one in found if _options(one) > FEW]
    others = found[: len(found) - len(rich)]
    return (*_in_order(others), *_in_order(rich))


def _options(asked: Asked) -> int:
    """How many options are other than usual, those aside that have to be given."""
    given, usual = settled(asked.problem), defaults(asked.problem)
    taken = TAKEN if asked.problem.function in ("pad", "mean") else REQUIRED
    return sum(name not in taken and given[name] != usual[name] for name in given)


def _in_order(asked: Sequence[Asked]) -> Sequence[Asked]:
    left = list(asked)
    shown = [features(one) for one in left]
    found: list[Asked] = []
    seen: set[str] = set()
    while left:
        gains = [len(s - seen) / (1 + len(s)) for s in shown]
        place = int(np.argmax(gains))
        found.append(left.pop(place))
        seen |= shown.pop(place)
    return found


def candidates(function: str) -> Iterator[Asked]:
    """The catalogue's ordinary cases of a function, each geometry once; ties ask for y alone."""
    known: set[str] = set()
    cases = [case for case in GOOD if case.function == function]
    for case in (*cases, *map(named_by_sizes, usual(function))):
        if not suits(case) or case.name == NEAR_0 or _of_short_integers(case):
            continue
        asked = problem_of(_contiguous(case), "float32", SEED)
        key = repr((features(asked), _shapes(asked))) if asked else ""
        if asked is None or key in known or not _is_finite(asked):
            continue
        known.add(key)
        yield asked


def _of_short_integers(case: Case) -> bool:
    """Whether its classes are of a type that few libraries take."""
    sources = case.arrays.values()
    return any(isinstance(s, Classes) and s.dtype != "int64" for s in sources)


def _contiguous(case: Case) -> Case:
    """The case without layouts, which do not pass the line to another process."""
    arrays = {
        name: replace(source, layout="contiguous") if isinstance(source, Draw) else source
        for name, source in case.arrays.items()
    }
    return replace(case, arrays=arrays)


def _is_finite(asked: Asked) -> bool:
    arrays = (*asked.problem.arrays.values(), asked.problem.dy)
    return all(np.isfinite(array).all() for array in arrays)


def _shapes(asked: Asked) -> list[tuple[int, ...]]:
    return [array.shape for array in asked.problem.arrays.values()]


def features(asked: Asked) -> frozenset[str]:
    """What a case shows: options other than usual, arrays, numbers of axes, values."""
    problem = asked.problem
    given: Mapping[str, Any] = settled(problem)
    options = {f"{n} {v}" for n, v in given.items() if n in problem.options}
    arrays = {f"{name} of {array.ndim} axes" for name, array in problem.arrays.items()}
    values = {s.values for s in asked.case.arrays.values() if isinstance(s, Draw)}
    return frozenset({*options, *arrays, *values, *aspects(problem)})


def wanted(asked: Asked, inputs: Sequence[str]) -> tuple[str, ...]:
    """What a case is differentiated by: at ties and kinks nothing."""
    if asked.forward_only and chooses(asked.problem.function):
        return ()
    return tuple(name for name in inputs if name in asked.problem.arrays)
