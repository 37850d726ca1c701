"""Functions that are sums of products: their terms, and value and gradients term by term."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Options, Place
from parity.witnesses.definitions.numbers import fractions


class Term(NamedTuple):
    """One product of a sum: factor · x[x] · weight[weight], added to y[y]."""

    y: Place
    x: Place
    weight: Place = ()
    factor: Fraction = Fraction(1)


class Sums(NamedTuple):
    """Tensors of a sum of products, by name: y, dx, dweight, dbias."""

    values: dict[str, Any]
    terms: dict[str, Any]  # K of each element


@dataclass(frozen=True)
class SumOfProducts:
    """The definition of a function by its terms."""

    terms: Callable[[Arrays, Options], tuple[Place, list[Term]]]  # and the shape of y; no bias
    bias_axis: int = 1  # of y

    def __call__(self, dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
        """Value and gradients."""
        return self.sums(dy, arrays, options).values

    def sums(self, dy: Any, arrays: Arrays, options: Options) -> Sums:
        """Value and gradients and how many terms each element has."""
        shape, terms = self.terms(arrays, options)
        exact = {name: fractions(array) for name, array in {**arrays, "dy": dy}.items()}
        shapes = {"y": shape, **{f"d{name}": array.shape for name, array in arrays.items()}}
        values = {name: fractions(np.zeros(s)) for name, s in shapes.items()}
        counts = {name: np.zeros(s, int) for name, s in shapes.items()}
        first, second = factors(arrays)
        for y, x, w, factor in terms:
            w_value = exact[second][w] if w else factor
            values["y"][y] += exact[first][x] * w_value
            values[f"d{first}"][x] += exact["dy"][y] * w_value
            counts["y"][y] += 1
            counts[f"d{first}"][x] += 1
            if w:
                values[f"d{second}"][w] += exact["dy"][y] * exact[first][x]
                counts[f"d{second}"][w] += 1
        if "bias" in arrays:
            for y in np.ndindex(shape):
                b = y[self.bias_axis]
                values["y"][y] += exact["bias"][b]
                values["dbias"][b] += exact["dy"][y]
                counts["y"][y] += 1
                counts["dbias"][b] += 1
        return Sums(values, counts)

    def element(
        self, dy: Any, arrays: Arrays, options: Options, tensor: str, place: Place
    ) -> Fraction:
        """One element of one tensor, from the terms that lead to it alone."""
        shape, terms = self.terms(arrays, options)
        given, (first, second) = {**arrays, "dy": dy}, factors(arrays)

        def at(name: str, where: Place) -> Fraction:
            return Fraction(float(given[name][where]))

        def weighted(value: Fraction, term: Term) -> Fraction:
            return value * (at(second, term.weight) if term.weight else term.factor)

        if tensor == "y":
            bias = at("bias", (place[self.bias_axis],)) if "bias" in arrays else Fraction(0)
            return sum((weighted(at(first, t.x), t) for t in terms if t.y == place), bias)
        if tensor == f"d{first}":
            parts = (weighted(at("dy", t.y), t) for t in terms if t.x == place)
        elif tensor == f"d{second}":
            parts = (at("dy", t.y) * at(first, t.x) for t in terms if t.weight == place)
        else:
            there = (y for y in np.ndindex(shape) if y[self.bias_axis] == place[0])
            parts = (at("dy", y) for y in there)
        return sum(parts, Fraction(0))


def factors(arrays: Arrays) -> tuple[str, str]:
    """What the two factors of each term are called."""
    return ("a", "kernel") if "kernel" in arrays else ("x", "weight")
