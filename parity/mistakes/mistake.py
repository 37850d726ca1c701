"""What a known mistake is, and the register that each wrong version enters itself in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS

Wrong = Callable[..., Any]


@dataclass(frozen=True)
class Mistake:
    """A wrong version of one function of `refimpl`, as people write it.

    wrong: takes the function's arguments, options by keyword, and gives the same kind of value.
    loses_digits: right as a formula; on floats it loses the digits that `refimpl` keeps.
    """

    name: str
    function: str  # of refimpl, forward or backward
    title: str  # what goes wrong, in a line that a learner understands
    misconception: str  # what the person thought
    formulas: tuple[str, ...]  # the statements that it violates: ids of the ledger
    wrong: Wrong
    control: bool = False  # the right code, which nothing may refuse
    loses_digits: bool = False


MISTAKES: dict[str, Mistake] = {}
LOSING_DIGITS: dict[str, Mistake] = {}  # apart: nothing but exact values tells them from right code


def mistake(
    function: str, title: str, misconception: str, *formulas: str, loses_digits: bool = False
) -> Callable[[Wrong], Wrong]:
    """Enter the decorated wrong version of `function`, under its own name, as `add` does.

    Raises: ValueError for a name that is already there.
    """

    def enter(wrong: Wrong) -> Wrong:
        name = wrong.__name__.replace("_", "-")
        facts = (name, function, title, misconception, formulas, wrong)
        add(Mistake(*facts, loses_digits=loses_digits))
        return wrong

    return enter


def add(known: Mistake) -> None:
    """Enter a mistake in `MISTAKES`, or in `LOSING_DIGITS`.

    Raises: ValueError for a name that is already there.
    """
    if known.name in {**MISTAKES, **LOSING_DIGITS}:
        raise ValueError(f"every mistake needs a name of its own, but {known.name} repeats")
    (LOSING_DIGITS if known.loses_digits else MISTAKES)[known.name] = known


def add_relatives(titles: Mapping[str, Mapping[str, str]]) -> None:
    """Enter mistakes again for functions that work along one or three axes.

    titles: by the function, "max_pool1d_backward", and by the name of the mistake.
    """
    for function, named in titles.items():
        axes = function.removesuffix("_backward")[-2:]
        for name, title in named.items():
            add(replace(MISTAKES[name], name=f"{name}-{axes}", function=function, title=title))


def is_forward(known: Mistake) -> bool:
    """Whether a mistake stands in the place of a forward."""
    return known.function in FUNCTIONS


def tensors_of(
    known: Mistake,
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    dy: Array,
) -> dict[str, Array]:
    """What the wrong code gives for a forward's arguments, by the names of the right tensors."""
    called = FUNCTIONS[function]
    if is_forward(known):
        return {"y": called.forward(arrays, options, known.wrong)}
    gradients = called.backward(dy, arrays, options, known.wrong)
    return {f"d{name}": gradient for name, gradient in gradients.items()}


def control(function: str) -> Mistake:
    """The correct code in the place of a mistake: no case may refuse it.

    >>> control("relu").wrong is refimpl.relu
    True
    """
    right: Wrong = getattr(refimpl, function)
    return Mistake(f"control-{function}", function, "the correct code", "", (), right, control=True)
