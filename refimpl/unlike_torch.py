"""Arguments that torch's function has and refimpl's lacks: a sentence says what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

INPLACE = "no array is changed in place; take what is returned"
OUT = "nothing is written into an array that is given; take what is returned"
REDUCTION = 'give reduction="none", "mean" or "sum"'
WEIGHT = 'give reduction="none" and weigh the losses that it returns'


def unlike_torch(**advice: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Refuse, by name, the arguments that only torch's function has.

    advice: for each what to do instead; what torch calls `input` has the first argument's name.

    >>> @unlike_torch(alpha="give alpha · other")
    ... def add(x, other):
    ...     return x + other
    >>> add(1.0, other=2.0)
    3.0
    >>> add(1.0, 2.0, alpha=3)
    Traceback (most recent call last):
    TypeError: add: alpha is an argument of torch's alone: give alpha · other
    >>> add(input=1.0, other=2.0)
    Traceback (most recent call last):
    TypeError: add: input is an argument of torch's alone: it is called x here
    """

    def told(function: Callable[P, R]) -> Callable[P, R]:
        first = next(iter(signature(function).parameters))
        instead = {"input": called(first)} | advice

        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            for name in kwargs:
                if name in instead:
                    raise TypeError(
                        f"{function.__name__}: {name} is an argument of torch's alone: "
                        f"{instead[name]}"
                    )
            return function(*args, **kwargs)

        return asked

    return told


def called(name: str) -> str:
    """What to do where only the names differ.

    >>> called("axis")
    'it is called axis here'
    """
    return f"it is called {name} here"
