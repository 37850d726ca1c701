"""Exact values (`parity.witnesses.definitions`) beside what the two sides compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from parity import oracle
from parity.bounds.arithmetic import Sides, arithmetic
from parity.bounds.bound import Bound
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Draw, draw
from parity.cases.functions import FUNCTIONS
from parity.witnesses.definitions.definition import Arrays, Place
from parity.witnesses.definitions.every import DEFINITIONS, exact
from parity.witnesses.definitions.numbers import fractions, real
from parity.witnesses.definitions.sampling import downsampled_mean
from parity.witnesses.definitions.sums import SumOfProducts, Totals

__all__ = ["exact", "fractions", "real"]

DTYPES = ("float32", "float64")


def random(kind: str, shape: Place, dtype: str, seed: int, *labels: int) -> Any:
    """Random numbers of one of the catalogue's kinds."""
    return draw(Draw(shape, kind), dtype, np.random.default_rng([seed, *labels]))


def sums(function: str, dy: Any, arrays: Arrays, options: Mapping[str, Any]) -> Totals:
    """A sum of products by its definition, and how many terms each element has."""
    definition = downsampled_mean if function == "downsample" else DEFINITIONS[function]
    assert isinstance(definition, SumOfProducts)
    return definition.sums(dy, arrays, options)


def computed(
    library: str, function: str, dy: Any, arrays: Arrays, options: Mapping[str, Any]
) -> dict[str, Any]:
    """What one side gives for the value and the gradients."""
    inputs = [name for name in FUNCTIONS[function].inputs if name in arrays]
    if library == "torch":
        result = oracle.gradients(function, arrays, options, dy, inputs)
        return {"y": result.y, **{f"d{n}": g for n, g in result.gradients.items()}}
    with np.errstate(all="ignore"):
        y = FUNCTIONS[function].forward(arrays, options)
        gradients = FUNCTIONS[function].backward(dy, arrays, options)
    return {"y": y, **{f"d{n}": g for n, g in gradients.items()}}


def bounds(
    function: str, dy: Any, arrays: Arrays, options: Mapping[str, Any], sides: Sides
) -> dict[str, Bound]:
    """The bound of each tensor."""
    backward = backward_bounds(function, dy, arrays, options, sides)
    return {
        "y": forward_bound(function, arrays, options, sides),
        **{f"d{name}": bound for name, bound in backward.items()},
    }


def twice(library: str, dtype: str) -> Sides:
    """One side's arithmetic on both sides: its own error is then half the limit."""
    side = arithmetic(library, dtype)
    return side, side


def share(value: Any, truth: Any, limit: float) -> float:
    """error/half the limit, evaluated exactly; 0/0 = 0, x/0 = ∞."""
    if not np.isfinite(value):
        return float("inf")
    number = real.mpf if isinstance(truth, real.mpf) else Fraction
    error = abs(number(float(value)) - truth)
    if error == 0 or limit == float("inf"):
        return 0.0
    return float(error / (number(float(limit)) / 2)) if limit else float("inf")


def worst_share(values: Any, truth: Any, bound: Bound) -> float:
    """The largest share of its own half of the bound that a side's error takes."""
    assert values.shape == np.shape(truth) == bound.limit.shape
    judged = [place for place in np.ndindex(values.shape) if not bound.overflow[place]]
    return max((share(values[p], truth[p], bound.limit[p]) for p in judged), default=0.0)


def worst_shares(
    function: str, dy: Any, arrays: Arrays, options: Mapping[str, Any], dtype: str
) -> dict[str, float]:
    """By "library tensor": how much of its half of the bound each side's error takes."""
    truth = exact(function, dy, arrays, options)
    found = {}
    for library in ("numpy", "torch"):
        values = computed(library, function, dy, arrays, options)
        side = {"numpy": "refimpl"}.get(library, library)
        limits = bounds(function, dy, arrays, options, twice(side, dtype))
        for name, bound in limits.items():
            found[f"{library} {name}"] = worst_share(values[name], truth[name], bound)
    return found


def too_far(shares: Mapping[str, float]) -> dict[str, float]:
    """Those tensors whose error exceeds the bound."""
    return {name: found for name, found in shares.items() if not found <= 1}


def reductions(numbers: Any, rng: np.random.Generator) -> Iterator[Any]:
    """The sum of an array in several orders, each addition rounded to the array's dtype."""
    for _ in range(4):
        shuffled = rng.permutation(numbers)
        total = shuffled[0]
        for number in shuffled[1:]:
            total = total + number
        yield total
    for order in (np.argsort(np.abs(numbers)), np.argsort(-np.abs(numbers))):
        yield np.add.accumulate(numbers[order])[-1]
    tree = rng.permutation(numbers)
    while len(tree) > 1:
        odd = tree[len(tree) // 2 * 2 :]
        tree = np.concatenate([tree[: len(tree) // 2 * 2 : 2] + tree[1::2], odd])
    yield tree[0]
