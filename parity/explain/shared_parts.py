"""Parts of a formula that get a name of their own, because they occur again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from parity.explain.formed import (
    Call,
    Formed,
    Leaf,
    Power,
    Product,
    Quotient,
    Sum,
    parts,
)

LETTERS = "STUVXYZ"
LEAST = 5  # elements, numbers and operations in a part that is worth a name


def size(formed: Formed) -> int:
    """How many elements, numbers and operations a formula has."""
    return 1 + sum(map(size, parts(formed)))


def subformulas(formed: Formed) -> Iterator[Formed]:
    """The formula and all that is in it, as often as it occurs."""
    yield formed
    for part in parts(formed):
        yield from subformulas(part)


def with_names(formed: Formed, known: Mapping[Formed, Leaf]) -> Formed:
    """A formula in which the known parts stand by their names.

    >>> o = Quotient(Leaf("x", ()), Leaf("y", ()))
    >>> with_names(Sum(((1, o), (-1, Leaf("t", ())))), {o: Leaf("o", ())})
    Sum(terms=((1, Leaf(name='o', index=())), (-1, Leaf(name='t', index=()))))
    """
    if formed in known:
        return known[formed]
    return _rebuilt(formed, known)


def _rebuilt(formed: Formed, known: Mapping[Formed, Leaf]) -> Formed:
    match formed:
        case Sum(terms):
            return Sum(tuple((sign, with_names(term, known)) for sign, term in terms))
        case Product(factors):
            return Product(tuple(with_names(factor, known) for factor in factors))
        case Quotient(top, bottom):
            return Quotient(with_names(top, known), with_names(bottom, known))
        case Call(function, of):
            return Call(function, with_names(of, known))
        case Power(base, exponent):
            return Power(with_names(base, known), with_names(exponent, known))
        case _:
            return formed


def shortened(
    formed: Formed, known: Mapping[Formed, Leaf]
) -> tuple[Formed, list[tuple[Leaf, Formed]]]:
    """A formula by the names of its repeated parts, and what each name stands for.

    known: parts that have a name already, such as o = softmax(x); they are explained, too.

    >>> e = Call("exp", Sum(((1, Leaf("x", (0,))), (-1, Leaf("x", (1,))), (1, Leaf("t", ())))))
    >>> short, names = shortened(Quotient(e, Sum(((1, Leaf("x", (2,))), (1, e)))), {})
    >>> short.top, names[0][1] == e
    (Leaf(name='S', index=()), True)
    """
    names: dict[Formed, Leaf] = {part: leaf for part, leaf in known.items() if part != formed}
    short = with_names(formed, names)
    used = set(subformulas(short))
    told = [(leaf, part) for part, leaf in names.items() if leaf in used]
    letters = iter(LETTERS)
    while repeated := _repeated([short, *(part for _, part in told)]):
        letter = next(letters, None)
        if letter is None:
            break
        leaf = Leaf(letter, ())
        short = with_names(short, {repeated: leaf})
        told = [(name, with_names(part, {repeated: leaf})) for name, part in told]
        told.append((leaf, repeated))
    return short, told


def _repeated(formulas: list[Formed]) -> Formed | None:
    """The largest part that occurs twice or more."""
    counts = Counter(part for formula in formulas for part in subformulas(formula))
    large = [part for part, count in counts.items() if count > 1 and size(part) >= LEAST]
    return max(large, key=size, default=None)
