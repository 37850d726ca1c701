"""How a number was formed: sums, products, quotients and functions of named elements.

Only what is no step of a formula is left out: adding a constant 0, multiplying by a constant 1
or 0. A named element whose value is 0 stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Index: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Leaf:
    """An element of a named array."""

    name: str
    index: Index


@dataclass(frozen=True)
class Constant:
    """A number that the code brings along."""

    value: Fraction


@dataclass(frozen=True)
class Sum:
    """Terms, each with its sign."""

    terms: tuple[tuple[int, Formed], ...]


@dataclass(frozen=True)
class Product:
    """Two or more factors."""

    factors: tuple[Formed, ...]


@dataclass(frozen=True)
class Quotient:
    """One number by another."""

    top: Formed
    bottom: Formed


@dataclass(frozen=True)
class Call:
    """exp, log or tanh of a number."""

    function: str
    of: Formed


@dataclass(frozen=True)
class Power:
    """One number to the power of another."""

    base: Formed
    exponent: Formed


Formed: TypeAlias = Leaf | Constant | Sum | Product | Quotient | Call | Power

ZERO, ONE = Constant(Fraction(0)), Constant(Fraction(1))


def added(left: Formed, right: Formed, sign: int = 1) -> Formed:
    """left + right, or left − right, as one flat sum.

    >>> added(Leaf("x", ()), ZERO)
    Leaf(name='x', index=())
    """
    terms = [*_terms(left), *((sign * s, term) for s, term in _terms(right))]
    numbers = [s * term.value for s, term in terms if isinstance(term, Constant)]
    rest: list[tuple[int, Formed]] = [p for p in terms if not isinstance(p[1], Constant)]
    if not rest:
        return Constant(sum(numbers, Fraction(0)))
    constant = sum(numbers, Fraction(0))
    if constant:
        front = (1 if constant > 0 else -1, Constant(abs(constant)))
        place = 0 if isinstance(terms[0][1], Constant) else len(rest)
        rest.insert(place, front)
    return rest[0][1] if len(rest) == 1 and rest[0][0] == 1 else Sum(tuple(rest))


def _terms(formed: Formed) -> tuple[tuple[int, Formed], ...]:
    if formed == ZERO:
        return ()
    return formed.terms if isinstance(formed, Sum) else ((1, formed),)


def negative(formed: Formed) -> Formed:
    """−formed."""
    return added(ZERO, formed, -1)


def multiplied(left: Formed, right: Formed) -> Formed:
    """left · right as one flat product, the sign and the number in front.

    >>> multiplied(Leaf("x", ()), Constant(Fraction(-1)))
    Sum(terms=((-1, Leaf(name='x', index=())),))
    """
    if ZERO in (left, right):
        return ZERO
    signs, number = 1, Fraction(1)
    factors: list[Formed] = []
    for one in (left, right):
        sign, bare = _sign(one)
        signs *= sign
        for factor in bare.factors if isinstance(bare, Product) else (bare,):
            if isinstance(factor, Constant):
                number *= factor.value
            else:
                factors.append(factor)
    if number < 0:
        signs, number = -signs, -number
    if number != 1:
        factors.insert(0, Constant(number))
    whole = Product(tuple(factors)) if len(factors) > 1 else factors[0] if factors else ONE
    return negative(whole) if signs < 0 else whole


def _sign(formed: Formed) -> tuple[int, Formed]:
    """A single negative term as its sign and the rest."""
    if isinstance(formed, Sum) and len(formed.terms) == 1:
        return formed.terms[0]
    return 1, formed


def divided(top: Formed, bottom: Formed) -> Formed:
    """top / bottom.

    >>> divided(Leaf("x", ()), ONE)
    Leaf(name='x', index=())
    """
    if bottom == ONE or top == ZERO:
        return top
    if isinstance(top, Constant) and isinstance(bottom, Constant):
        return Constant(top.value / bottom.value)
    sign, bare = _sign(top)
    return negative(Quotient(bare, bottom)) if sign < 0 else Quotient(bare, bottom)


def parts(formed: Formed) -> tuple[Formed, ...]:
    """What a number is directly formed of."""
    match formed:
        case Sum(terms):
            return tuple(term for _, term in terms)
        case Product(factors):
            return factors
        case Quotient(top, bottom):
            return top, bottom
        case Call(_, of):
            return (of,)
        case Power(base, exponent):
            return base, exponent
        case _:
            return ()


def leaves(formed: Formed) -> Iterator[Leaf]:
    """The named elements in it, as often as they occur.

    >>> x = Leaf("x", (0,))
    >>> list(leaves(multiplied(x, x))) == [x, x]
    True
    """
    if isinstance(formed, Leaf):
        yield formed
    for part in parts(formed):
        yield from leaves(part)
