"""Formulas as text: with the names of the elements, or with their values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from parity.explain.formed import (
    Call,
    Constant,
    Formed,
    Index,
    Leaf,
    Power,
    Product,
    Quotient,
    Sum,
    leaves,
)
from parity.explain.recording import DIGITS, erfc_of, power_of_e, raised_to, root_of

SHOWN = 6  # digits of a number that no short fraction gives
POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
Say = Callable[[Leaf], str]


def number(value: Fraction, exact: bool = True) -> str:
    """A number as people write it.

    >>> number(Fraction(-3)), number(Fraction(1, 4)), number(Fraction(2, 3))
    ('−3', '0.25', '2/3')
    >>> number(Fraction("0.0420100661"), exact=False)
    '0.0420101'
    """
    text = str(value) if exact else f"{float(value):.{SHOWN}g}"
    if exact and value.denominator > 1:
        decimal = f"{float(value):.4f}".rstrip("0")
        if Fraction(decimal) == value:
            text = decimal
        elif len(text) > 9:
            text = f"{float(value):.{SHOWN}g}"
    return text.replace("-", "−")


def approximately(result: Fraction, exact: bool) -> str:
    """= 5, or ≈ 0.0420101 where the digits go on.

    >>> approximately(Fraction(5), True), approximately(Fraction(5, 7), False)
    ('= 5', '≈ 0.714286')
    """
    said = number(result, exact)
    whole = exact and ("/" in said or Fraction(said.replace("−", "-")) == result)
    return f"{'=' if whole else '≈'} {said}"


def place(name: str, index: Index) -> str:
    """An element by its name and index, counted from 0 as in the code.

    >>> place("x", (0, 1)), place("dy", ())
    ('x[0,1]', 'dy')
    """
    return f"{name}[{','.join(map(str, index))}]" if index else name


def named(leaf: Leaf) -> str:
    """An element's name."""
    return place(leaf.name, leaf.index)


def written(formed: Formed, say: Say = named, order: Sequence[str] = (), joint: str = "·") -> str:
    """A formula on one line.

    order: the arrays, by which the factors of a product are sorted; joint: what stands between.

    >>> x, y = Leaf("x", (0,)), Leaf("y", (0,))
    >>> written(Quotient(Sum(((1, x), (-1, y))), Call("exp", x)))
    '(x[0] − y[0]) / e^x[0]'
    """
    match formed:
        case Leaf():
            return say(formed)
        case Constant(value):
            return number(value)
        case Sum():
            return _sum(ordered_terms(formed, order), say, order, joint)
        case Product(factors):
            ranked = sorted(factors, key=lambda f: _rank(f, order))
            return joint.join(_powers(ranked, say, order, joint))
        case Quotient(top, bottom):
            below = _factor(bottom, say, order, joint, below=True)
            return f"{_factor(top, say, order, joint)} / {below}"
        case Call("exp", Leaf() | Constant() as power):
            text = written(power, say, order, joint)
            return f"e^{text}" if text[0] not in "−(" else f"e^({text.strip('()')})"
        case Call("exp", power):
            return f"e^({written(power, say, order, joint)})"
        case Power(base, exponent):
            raised = written(exponent, say, order, joint)
            closed = isinstance(exponent, Leaf | Constant) and raised[0] != "−"
            text = _factor(base, say, order, joint, below=True)
            return f"{text}^{raised}" if closed and "/" not in raised else f"{text}^({raised})"
        case Call("sqrt", of):
            return f"√({written(of, say, order, joint)})"
        case Call(function, of):
            return f"{function}({written(of, say, order, joint)})"


def _sum(terms: Sequence[tuple[int, Formed]], say: Say, order: Sequence[str], joint: str) -> str:
    said = ""
    for sign, term in terms:
        text = written(term, say, order, joint)
        if isinstance(term, Sum) or (isinstance(term, Leaf) and text.startswith("−")):
            text = f"({text})"
        signs = (" + ", " − ") if said else ("", "−")
        said += signs[sign < 0] + text
    return said


def _powers(factors: Sequence[Formed], say: Say, order: Sequence[str], joint: str) -> Iterator[str]:
    """Each factor once; one that stands twice is squared."""
    for factor, same in groupby(factors):
        count = len(list(same))
        text = _factor(factor, say, order, joint)
        closed = text[-1] in ")]" or text.replace(".", "").isalnum()
        yield text if count == 1 else f"{text if closed else f'({text})'}{POWERS[count]}"


def _factor(formed: Formed, say: Say, order: Sequence[str], joint: str, below: bool = False) -> str:
    text = written(formed, say, order, joint)
    inner = isinstance(formed, Sum | Quotient) or (below and isinstance(formed, Product))
    is_open = text.startswith("−") or (isinstance(formed, Leaf | Constant) and "/" in text)
    return f"({text})" if inner or is_open else text


def _rank(formed: Formed, order: Sequence[str]) -> tuple[int, Index]:
    """Constants first, then elements by their array and place, then the rest."""
    if isinstance(formed, Leaf):
        known = order.index(formed.name) if formed.name in order else len(order)
        return known, formed.index
    return (-1 if isinstance(formed, Constant) else len(order) + 1), ()


def is_plain(formed: Formed) -> bool:
    """Whether it is an element, a multiple of one or a product of elements."""
    match formed:
        case Leaf():
            return True
        case Product(factors):
            return all(isinstance(factor, Leaf | Constant) for factor in factors)
        case Quotient(top, bottom):
            return is_plain(top) and isinstance(bottom, Constant)
        case _:
            return False


def ordered_terms(formed: Formed, order: Sequence[str]) -> list[tuple[int, Formed]]:
    """The terms of a sum: what is added in front, products of elements by the elements' places.

    The code adds in an order that loses few digits; the sum is the same.
    """
    terms = list(formed.terms) if isinstance(formed, Sum) else [(1, formed)]
    first = [signed for signed in terms if signed[0] > 0]
    then = [signed for signed in terms if signed[0] < 0]
    if not then or all(is_plain(term) for _, term in first):
        first.sort(key=lambda signed: _order_of_term(signed[1], order))
    if all(is_plain(term) for _, term in then):
        then.sort(key=lambda signed: _order_of_term(signed[1], order))
    return [*first, *then]


def _order_of_term(term: Formed, order: Sequence[str]) -> tuple[bool, int, Any]:
    """Constants, then what has many factors, by the elements' places."""
    ranks = sorted(_rank(leaf, order) for leaf in leaves(term))
    return not isinstance(term, Constant), -len(ranks), ranks


def value(
    formed: Formed, numbers: Mapping[Leaf, Fraction], rough: Collection[Leaf] = ()
) -> tuple[Fraction, bool]:
    """The value of a formula, and whether it is exact; rough: elements that are not.

    >>> value(Call("exp", Constant(Fraction(0))), {})
    (Fraction(1, 1), True)
    """
    match formed:
        case Leaf():
            return numbers[formed], formed not in rough
        case Constant(known):
            return known, True
        case Sum(terms):
            found = [(s * v, e) for s, (v, e) in ((s, value(t, numbers, rough)) for s, t in terms)]
            return sum((v for v, _ in found), Fraction(0)), all(e for _, e in found)
        case Product(factors):
            product, exact = Fraction(1), True
            for one, one_exact in (value(factor, numbers, rough) for factor in factors):
                product, exact = product * one, exact and one_exact
            return product, exact
        case Quotient(top, bottom):
            (above, first), (below, second) = (
                value(top, numbers, rough),
                value(bottom, numbers, rough),
            )
            return above / below, first and second
        case Call(function, of):
            return _called(function, *value(of, numbers, rough))
        case Power(base, exponent):
            (below, first), (above, second) = (
                value(base, numbers, rough),
                value(exponent, numbers, rough),
            )
            return raised_to(below, above), first and second and above.denominator == 1


def _called(function: str, at: Fraction, exact: bool) -> tuple[Fraction, bool]:
    if function == "exp":
        return power_of_e(at), exact and at == 0
    if function == "sqrt":
        root = root_of(at)
        return root, exact and root * root == at
    if function == "tanh":
        squared = power_of_e(2 * at)
        return (squared - 1) / (squared + 1), exact and at == 0
    if function == "erfc":
        return erfc_of(at), exact and at == 0
    if function == "sqrt":
        root = root_of(at)
        return root, exact and root * root == at
    digits = DIGITS.divide(DIGITS.create_decimal(at.numerator), at.denominator)
    return Fraction(DIGITS.ln(digits)), exact and at == 1
