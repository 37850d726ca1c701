"""Functions that are sums of products: their terms, and value and gradients term by term.

Each term (p, q, r) is one product x[q] · weight[r], or x[q] times a fixed factor, in the sum y[p]:

    y[p]           = Σ x[q] · weight[r] + bias[b]   over the terms of y[p], b the place of p
    ∂L/∂x[q]       = Σ dy[p] · weight[r]            over the terms with x[q]
    ∂L/∂weight[r]  = Σ dy[p] · x[q]                 over the terms with weight[r]
    ∂L/∂bias[b]    = Σ dy[p]                        over the p whose place is b
"""

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


class Totals(NamedTuple):
    """Tensors of a sum of products, by name: y, dx, dweight, dbias."""

    values: dict[str, Any]
    terms: dict[str, Any]  # K of each element

    @classmethod
    def of(cls, shapes: dict[str, Place]) -> Totals:
        """Sums without a term, of these shapes."""
        return cls(
            {name: fractions(np.zeros(shape)) for name, shape in shapes.items()},
            {name: np.zeros(shape, int) for name, shape in shapes.items()},
        )

    def add(self, name: str, place: Place, term: Fraction) -> None:
        """One more term of an element."""
        self.values[name][place] += term
        self.terms[name][place] += 1


@dataclass(frozen=True)
class SumOfProducts:
    """The definition of a function by its terms."""

    terms: Callable[[Arrays, Options], tuple[Place, list[Term]]]  # and the shape of y; no bias
    bias_axis: int = 1  # of y

    def __call__(self, dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
        """Value and gradients."""
        return self.sums(dy, arrays, options).values

    def sums(self, dy: Any, arrays: Arrays, options: Options) -> Totals:
        """Value and gradients and how many terms each element has."""
        shape, terms = self.terms(arrays, options)
        first, second = factors(arrays)
        found = Totals.of({"y": shape, **{f"d{name}": a.shape for name, a in arrays.items()}})
        exact = {name: fractions(array) for name, array in {**arrays, "dy": dy}.items()}
        for p, q, r, factor in terms:
            x, dy_p, w = exact[first][q], exact["dy"][p], exact[second][r] if r else factor
            found.add("y", p, x * w)
            found.add(f"d{first}", q, dy_p * w)
            if r:
                found.add(f"d{second}", r, dy_p * x)
        if "bias" in arrays:
            for p in np.ndindex(shape):
                b = p[self.bias_axis]
                found.add("y", p, exact["bias"][b])
                found.add("dbias", (b,), exact["dy"][p])
        return found

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
