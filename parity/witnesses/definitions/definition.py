"""What a definition is: dy, arrays and options in, the exact y and gradients out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Arrays = Mapping[str, Any]
Options = Mapping[str, Any]
Place = tuple[int, ...]  # of an element; also the shape of an array
Definition = Callable[[Any, Arrays, Options], dict[str, Any]]


def unpacked(evaluate: Callable[..., dict[str, Any]]) -> Definition:
    """A definition written with arguments: dy, the arrays one by one, the options by name.

    >>> unpacked(lambda dy, x, slope: {"y": slope * x, "dx": slope * dy})(5, {"x": 3}, {"slope": 2})
    {'y': 6, 'dx': 10}
    """
    return lambda dy, arrays, options: evaluate(dy, *arrays.values(), **options)
