"""A mistake in the place of a function, for as long as a block runs: in refimpl, or in torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

import refimpl
from parity import oracle
from parity.cases.case import Array
from parity.judges import training
from parity.judges.optimizing import optimized
from parity.mistakes.mistake import Mistake
from parity.results import judging
from refimpl import Layer, descend
from refimpl.layers import LayerGrads

T = TypeVar("T")

SLIGHT = 1.0005
# Where the factors of a product are rounded first (TF32), a sum may be off by that itself.
COARSE = 1.1


def off(array: Any, factor: float) -> Array:
    """An array off by a factor; zeros alone are off by what it is more than 1, integers by 1.

    >>> off([2.0, 0.0], 1.5), off([0.0], 1.5), off([3], 1.5)
    (array([3., 0.]), array([0.5]), array([4]))
    """
    right = np.asarray(array)
    if right.dtype.kind != "f":
        return np.asarray(right + 1)
    with np.errstate(all="ignore"):
        wrong = right * factor if np.any(right) else right + (factor - 1)
    return np.asarray(wrong, right.dtype)


def all_off(result: Any, factor: float) -> Any:
    """What a function gives, one array or several, each off by a factor."""
    if not isinstance(result, tuple):
        return result if result is None else off(result, factor)
    parts = [all_off(part, factor) for part in result]
    return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)


def slipping(code: Callable[..., Any], factor: float) -> Callable[..., Any]:
    """The same code, its result off by a factor."""
    return lambda *given, **options: all_off(code(*given, **options), factor)


@contextmanager
def replaced(owner: Any, name: str, code: Any) -> Iterator[None]:
    """Another attribute of a module or class; the old one is back at the end, come what may."""
    right = getattr(owner, name)
    try:  # from here on, as Ctrl-C may come between two lines
        setattr(owner, name, code)
        yield
    finally:
        setattr(owner, name, right)


@contextmanager
def entered(table: dict[str, T], name: str, value: T) -> Iterator[None]:
    """Another entry of a table; the old one is back at the end."""
    right = table[name]
    try:
        table[name] = value
        yield
    finally:
        table[name] = right


@contextmanager
def unwritten() -> Iterator[None]:
    """Nothing writes out the elements of a tensor that is outside, which takes long."""
    with replaced(judging, "element_rows", lambda *given: []):
        yield


@contextmanager
def in_refimpl(name: str, factor: float) -> Iterator[list[tuple[Any, ...]]]:
    """A function of refimpl whose results are off by a factor; what it was called with."""
    right, calls = getattr(refimpl, name), []

    def wrong(*given: Any, **options: Any) -> Any:
        calls.append(given)
        return all_off(right(*given, **options), factor)

    with replaced(refimpl, name, wrong):
        yield calls


@contextmanager
def known(mistake: Mistake) -> Iterator[None]:
    """A known mistake in the place of its function; what it calls itself is the right code."""
    right = getattr(refimpl, mistake.function)

    def wrong(*given: Any, **options: Any) -> Any:
        with replaced(refimpl, mistake.function, right):
            return mistake.wrong(*given, **options)

    with replaced(refimpl, mistake.function, wrong):
        yield


@contextmanager
def in_torch(function: str, factor: float) -> Iterator[None]:
    """A function of torch's side whose value, and so every gradient, is off by a factor."""
    right = oracle.FUNCTIONS[function]
    with entered(oracle.FUNCTIONS, function, lambda *given, **o: right(*given, **o) * factor):
        yield


@contextmanager
def in_layer(kind: type[Layer], factor: float) -> Iterator[None]:
    """A kind of layer whose output and gradients are off by a factor."""
    forward, backward = kind.forward, kind.backward

    def wrong_backward(layer: Layer, dy: Array, *xs: Any, **named: Any) -> LayerGrads:
        dx, dparameters = backward(layer, dy, *xs, **named)
        return LayerGrads(
            all_off(dx, factor), {name: off(d, factor) for name, d in dparameters.items()}
        )

    with (
        replaced(kind, "forward", slipping(forward, factor)),
        replaced(kind, "backward", wrong_backward),
    ):
        yield


@contextmanager
def in_update(factor: float) -> Iterator[None]:
    """A step of gradient descent, repeated from torch's weights, that is off by a factor."""
    with (
        replaced(training, "descend", slipping(descend, factor)),
        replaced(training, "optimized", slipping(optimized, factor)),
    ):
        yield
