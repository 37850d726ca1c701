"""The witness of symbols: a hand-written backward is sympy's derivative of its forward.

On arrays of symbols a forward gives formulas. Σ dy·y, differentiated by sympy, has to be what the
backward gives, as expressions: for all numbers at once, within the branches taken. Shapes are the
smallest in which every axis and every option takes part. Of a function that adds and multiplies
alone the symbols are the generators of one of sympy's rings of polynomials, which are faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy
from sympy.polys.rings import PolyElement, ring, sring

from parity.cases.case import Array, Shape, generator
from parity.cases.catalogue import SYMBOLIC
from parity.cases.functions import FUNCTIONS
from parity.cases.symbol_case import AnyNumber, SymbolCase
from parity.results.findings import Findings
from parity.results.judging import attempt
from parity.results.rows import WitnessRow
from parity.results.verdicts import AGREES, OUTSIDE, SYMBOLS
from parity.witnesses.object_arrays import of_objects
from parity.witnesses.symbols import Branched, branched, expressions, symbols
from parity.witnesses.vanishing import vanishes


def check_symbols(name: str) -> Findings:
    """Every case of a function."""
    return Findings(witnesses=[check_case(case) for case in SYMBOLIC[name]])


def check_case(case: SymbolCase) -> WitnessRow:
    """Whether each element of each gradient is the derivative, as an expression."""
    named = {name: _symbols(name, a) for name, a in case.arrays.items() if isinstance(a, tuple)}
    inputs = [name for name in FUNCTIONS[case.function].inputs if name in case.arrays]
    answer = attempt(lambda: _wrong(case, named, inputs))
    wrong = [answer] if isinstance(answer, str) else answer
    return WitnessRow(
        case.id,
        case.function,
        "",
        "",
        SYMBOLS,
        " ".join(f"d{name}" for name in inputs),
        sum(named[name].size for name in inputs),
        OUTSIDE if wrong else AGREES,
        None,
        "; ".join(wrong),
    )


POLYNOMIALS = ("sums", "averages", "repeated", "squares")  # rules of lattices without a branch


def _symbols(name: str, shape: Shape) -> Array:
    return symbols(f"{name}_", *shape)


def _wrong(case: SymbolCase, named: Mapping[str, Array], inputs: list[str]) -> list[str]:
    """The first element that is not the derivative, of each gradient that has one."""
    function = FUNCTIONS[case.function]
    arrays = {name: _elements(case, named, name) for name in case.arrays}
    options = {name: option(value) for name, value in case.options.items()}
    if _is_polynomial(case):
        zeros = {name: np.zeros(a.shape) if name in named else a for name, a in arrays.items()}
        dy = symbols("dy_", *function.forward(zeros, options).shape)
        generators = _generators([*named.values(), dy])
        arrays |= {name: _in_ring(array, generators) for name, array in named.items()}
        upstream = _in_ring(dy, generators)
        y = function.forward(arrays, options)
        derivatives = _Derivatives((upstream * y).ravel().tolist(), generators)
    else:
        y = function.forward(arrays, options)
        dy = symbols("dy_", *y.shape)
        upstream = branched(dy, 1) if case.ordered else dy
        derivatives = _Derivatives(
            [d * e for d, e in zip(dy.flat, expressions(y).flat, strict=True)]
        )
    gradients = function.backward(upstream, arrays, options)
    found = []
    for name in inputs:
        theirs = expressions(gradients[name])
        if theirs.shape != named[name].shape:
            found.append(f"d{name} has shape {theirs.shape}, {name} {named[name].shape}")
            continue
        for place, symbol in np.ndenumerate(named[name]):
            if not derivatives.is_by(symbol, theirs[place]):
                derivative = derivatives.by(symbol)
                found.append(f"d{name}{list(place)} is {theirs[place]}, not {derivative}")
                break
    return found


def _is_polynomial(case: SymbolCase) -> bool:
    """Whether y and the gradients are polynomials in the elements of the arrays."""
    any_number = any(isinstance(value, AnyNumber) for value in case.options.values())
    sums = FUNCTIONS[case.function].integers in POLYNOMIALS
    return sums and not case.ordered and not any_number


def _generators(arrays: list[Array]) -> dict[Any, Any]:
    """For each symbol the generator of a ring of polynomials in all of them."""
    every = [symbol for array in arrays for symbol in array.flat]
    _, *generators = ring(every, sympy.QQ)
    return dict(zip(every, generators, strict=True))


def _in_ring(array: Array, generators: Mapping[Any, Any]) -> Array:
    return of_objects((generators[symbol] for symbol in array.flat), array.shape)


class _Derivatives:
    """The derivatives of Σ parts: of polynomials in sympy's rings, which are faster."""

    def __init__(self, parts: list[Any], generators: Mapping[Any, Any] | None = None) -> None:
        self.parts, self.total, self.generators = parts, None, generators or {}
        if generators:
            self.total = sum(parts)
            return
        self.parts = [sympy.sympify(part) for part in parts]
        if all(part.is_polynomial() for part in self.parts):
            found, elements = sring(self.parts)
            self.total = sum(elements, found.zero)
            self.generators = dict(zip(found.symbols, found.gens, strict=True))

    def is_by(self, symbol: Any, expression: Any) -> bool:
        """Whether an expression is the derivative by a symbol."""
        if self.total is not None and symbol in self.generators:
            derivative = self.total.diff(self.generators[symbol])
            if isinstance(expression, PolyElement):
                return bool(derivative == expression)
            try:
                return bool(derivative == derivative.ring.from_expr(sympy.sympify(expression)))
            except ValueError:  # no polynomial in these symbols, as it stands
                pass
        return vanishes(self.by(symbol) - expression)

    def by(self, symbol: Any) -> Any:
        """The derivative as an expression."""
        if self.total is not None and symbol in self.generators:
            return self.total.diff(self.generators[symbol]).as_expr()
        return sum(sympy.diff(part, symbol) for part in self.parts if part.has(symbol))


def _elements(case: SymbolCase, named: Mapping[str, Array], name: str) -> Array:
    """An argument: symbols that stand for numbers where that is needed, or what is written out."""
    if name not in named:
        return np.asarray(case.arrays[name])
    array = named[name]
    if not case.ordered:
        return array
    rng = generator(0, case.id, name)
    sizes = rng.permutation(array.size) + 1  # no two alike, none 0
    signs = np.where(np.arange(array.size) % 2, 1, -1)
    numbers = rng.permutation(signs * sizes).reshape(array.shape)
    return branched(array, numbers.astype(object))


def option(value: Any) -> Any:
    """An option of a case as `refimpl` gets it: any number is a symbol.

    >>> option(AnyNumber("slope", 2)), option(AnyNumber("p")), option((2, 1))
    (Branched(slope, 2), p, (2, 1))
    """
    if not isinstance(value, AnyNumber):
        return value
    symbol = sympy.Symbol(value.name, positive=True)
    return symbol if value.number is None else Branched(symbol, value.number)
