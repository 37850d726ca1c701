"""Sums of products written out, in symbols and in numbers, with their result."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from markupsafe import Markup

Place = tuple[int, ...]


class Factor(NamedTuple):
    """An element of an array; without a symbol, such as a zero of the margin, a number alone."""

    symbol: str
    place: Place | None
    value: Any


Term = tuple[Factor, ...]


def sum_of_products(result: Factor, terms: Sequence[Term], divisor: int = 1) -> Markup:
    """`y₁₁ = x₁₁·w₁₁ + … = 1·2 + … = 2`, places counted from 0 and written from 1.

    Raises: ValueError if the products, divided, do not add up to the result.

    >>> two, three = Factor("x", (0, 1), 2), Factor("w", (1, 0), -3)
    >>> sum_of_products(Factor("y", (0, 0), -6), [(two, three)]).striptags()
    'y11 = x12·w21 = 2·(−3) = −6'
    >>> sum_of_products(Factor("y", (0, 0), -0.5), [(two,), (three,)], 2).striptags()
    'y11 = (x12 + w21)/2 = (2 + (−3))/2 = −0.5'
    """
    total = sum(prod(factor.value for factor in term) for term in terms) / divisor
    if total != result.value:
        raise ValueError(
            f"{named(result).striptags()} is {shown(result.value)}, "
            f"but its products add up to {shown(total)}"
        )
    symbols = [Markup("·").join(map(named, term)) for term in terms]
    numbers = [_in_numbers(term, first=term is terms[0]) for term in terms]
    computed = [_divided(numbers, divisor), shown(total)]
    line = Markup("<span>{} = {}</span> <span>= {}</span>")
    return line.format(
        named(result), _divided(symbols, divisor), Markup(" = ").join(dict.fromkeys(computed))
    )


def _divided(terms: Sequence[Markup], divisor: int) -> Markup:
    line = Markup(" + ").join(terms)
    if divisor == 1:
        return line
    return Markup("({})/{}" if len(terms) > 1 else "{}/{}").format(line, divisor)


def named(factor: Factor) -> Markup:
    """Its symbol with its place, if it has several, or its value.

    >>> named(Factor("dx", (1, 2), 5))
    Markup('dx<sub>23</sub>')
    """
    if factor.place is None:
        return Markup(shown(factor.value))
    if not factor.place:
        return Markup(factor.symbol)
    number = "".join(str(k + 1) for k in factor.place)
    return Markup("{}<sub>{}</sub>").format(factor.symbol, number)


def _in_numbers(term: Term, first: bool) -> Markup:
    """A product in numbers; a negative one in parentheses, unless the line begins with it."""
    numbers = [f"({shown(f.value)})" if f.value < 0 else shown(f.value) for f in term]
    if first:
        numbers[0] = shown(term[0].value)
    return Markup("·").join(numbers)


def shown(value: Any, digits: str = "g") -> str:
    """A number as the pictures write it.

    >>> shown(-2), shown(3.25)
    ('−2', '3.25')
    """
    return format(value, digits).replace("-", "−")
