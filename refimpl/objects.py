"""What an array of objects may hold: anything that is added and multiplied as numbers are."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from refimpl.elements import Array

NOT_REAL = (str, bytes, bool, np.bool_, complex, np.complexfloating, type(None), list, np.ndarray)


def check_elements(where: str, name: str, array: Array) -> None:
    """Refuse an object array with elements that are no numbers: with no sum, no product."""
    for kind, element in one_of_each(array).items():
        if issubclass(kind, NOT_REAL) or not computes(element, element):
            raise TypeError(
                f"{where}: {name} must hold real numbers, but holds {element!r} ({kind.__name__})"
            )


def check_one_kind(where: str, objects: dict[str, Array]) -> None:
    """Refuse objects that are numbers, but not of one kind: Fractions beside Decimals."""
    elements = [(name, e) for name, array in objects.items() for e in one_of_each(array).values()]
    if len({type(element) for _, element in elements}) < 2:
        return
    for (first, a), (second, b) in combinations(elements, 2):
        if type(a) is not type(b) and not computes(a, b):
            raise TypeError(
                f"{where}: {first} holds {a!r} ({type(a).__name__}), but {second} holds {b!r} "
                f"({type(b).__name__}), and they cannot be added; give numbers of one type"
            )


def one_of_each(array: Array) -> dict[type, Any]:
    """An element of each type that an object array holds: few, of however many elements.

    >>> one_of_each(np.array([1, 0.5, 2], object))
    {<class 'int'>: 2, <class 'float'>: 0.5}
    """
    elements = array.ravel().tolist()
    return dict(zip(map(type, elements), elements, strict=True))


def computes(a: Any, b: Any) -> bool:
    """Whether two objects are added, subtracted and multiplied, as numbers and symbols are.

    What is too large for that, or infinite, is a number all the same.

    >>> from fractions import Fraction
    >>> computes(Fraction(1, 2), 3), computes({}, {}), computes((1,), (2,))
    (True, False, False)
    """
    try:
        with np.errstate(all="ignore"):
            _ = a + b, a - b, a * b
    except TypeError:
        return False
    except ArithmeticError:
        return True
    return True


def holds_masked(value: Any) -> bool:
    """Whether something is a masked array, or a list that holds one.

    >>> holds_masked([[1.0], np.ma.array([1.0])]), holds_masked([[1.0, 2.0]])
    (True, False)
    """
    if isinstance(value, np.ndarray):
        return hasattr(value, "mask")  # np.ma is not loaded for it
    if not isinstance(value, list | tuple) or {float, int}.issuperset(map(type, value)):
        return False
    return any(map(holds_masked, value))
