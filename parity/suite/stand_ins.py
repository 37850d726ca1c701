"""torch in the place of refimpl's functions, where known mistakes call them.

A known mistake is wrong code around right functions. Where refimpl itself is wrong it would be
wrong twice, and a mistake that changes nothing would give exactly what refimpl gives.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from inspect import signature
from typing import Any
from unittest.mock import patch

import numpy as np

import refimpl
from parity import oracle
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.cases.parts import apart

MISTAKES = "parity.mistakes."
# What torch answers to an option that it does not have: which maximum of a tie, say.
UNKNOWN = (oracle.TorchError, TypeError)
NUMBERS = (np.ndarray, np.floating)  # an array without axes may have become a number
Code = Callable[..., Any]
Arguments = dict[str, Any]


@contextmanager
def right_functions(functions: Collection[str]) -> Iterator[None]:
    """Known mistakes call torch for these functions and gradients, as long as a block runs."""
    stand_ins = {
        right: stand_in for name in functions for right, stand_in in _stand_ins(name).items()
    }
    with ExitStack() as changed:
        for table in _tables():
            others = {
                key: stand_ins[code] for key, code in table.items() if _is_in(code, stand_ins)
            }
            changed.enter_context(patch.dict(table, others))
        yield


def _tables() -> Iterator[dict[Any, Any]]:
    """Where known mistakes find the functions: what they import, and tables by number of axes."""
    yield vars(refimpl)
    for name, module in sys.modules.items():
        if name.startswith(MISTAKES):
            yield vars(module)
            yield from (value for value in vars(module).values() if type(value) is dict)


def _is_in(code: Any, stand_ins: dict[Code, Code]) -> bool:
    return callable(code) and code.__hash__ is not None and code in stand_ins


def _stand_ins(function: str) -> dict[Code, Code]:
    """By a function of refimpl, and by its backward, what torch says in their place."""
    known = FUNCTIONS[function]
    value: Code = getattr(refimpl, known.name)
    found = {value: _forward(function, value)}
    if known.inputs:
        gradients: Code = getattr(refimpl, known.backward_name)
        found[gradients] = _backward(function, gradients)
    return found


def _forward(function: str, right: Code) -> Code:
    @wraps(right)
    def by_torch(*given: Any, **options: Any) -> Any:
        try:
            y = oracle.forward(function, *_told(function, right, given, options))
            return _parts(y, right(*given, **options)) if FUNCTIONS[function].several else y
        except UNKNOWN:
            return right(*given, **options)

    return by_torch


def _parts(y: Array, right: tuple[Array, ...]) -> tuple[Array, ...]:
    """torch's numbers in the shapes of the right parts."""
    return tuple(apart(y, [part.shape for part in right]))


def _backward(function: str, right: Code) -> Code:
    @wraps(right)
    def by_torch(*given: Any, **options: Any) -> Any:
        try:
            arrays, rest = _told(function, right, given, options)
            dy = arrays.pop("dy")
            return _as_refimpl(right, _gradients(function, arrays, rest, dy))
        except UNKNOWN:
            return right(*given, **options)

    return by_torch


def _gradients(function: str, arrays: Arguments, options: Arguments, dy: Array) -> dict[str, Array]:
    """By the names of the arguments; a backward is not given the bias, which has a gradient."""
    inputs = FUNCTIONS[function].inputs
    if "bias" in inputs:
        weight = arrays["weight"]
        arrays = {**arrays, "bias": np.zeros(len(weight), weight.dtype)}
    wanted = [name for name in inputs if name in arrays]
    return oracle.gradients(function, arrays, options, dy, wanted).gradients


def _as_refimpl(right: Code, gradients: dict[str, Array]) -> Any:
    """One array, a tuple of them, or one with names, as refimpl's backward gives them back."""
    kind = str(signature(right).return_annotation)
    named = vars(sys.modules[right.__module__]).get(kind)
    if named is not None and hasattr(named, "_fields"):
        return named(**{f"d{name}": gradient for name, gradient in gradients.items()})
    values = tuple(gradients.values())
    return values if kind.startswith("tuple") else values[0]


def _told(
    function: str, right: Code, given: Any, options: Arguments
) -> tuple[dict[str, Array], Arguments]:
    """The arrays of a call and its options, by the names of refimpl's arguments."""
    called = dict(signature(right).bind(*given, **options).arguments)
    if "dy" in called:
        called["dy"] = FUNCTIONS[function].as_one(called["dy"])
    maps = [name for name, value in called.items() if isinstance(value, tuple) and _arrays(value)]
    for name in maps:
        called |= zip(FUNCTIONS[function].inputs, called.pop(name), strict=False)
    arrays = {
        n: np.asarray(a) for n, a in called.items() if isinstance(a, np.ndarray | np.floating)
    }
    rest = {n: value for n, value in called.items() if n not in arrays and value is not None}
    return arrays, rest


def _arrays(values: tuple[Any, ...]) -> bool:
    return any(isinstance(value, np.ndarray) for value in values)
