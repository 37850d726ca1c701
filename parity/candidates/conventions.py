"""Which convention a candidate follows where more than one is right: at ties and at kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.witnesses.problem import Problem

Given = Mapping[str, Any]  # a candidate's tensors
Answer = Callable[[Problem], Given | str]  # or why there are none


@dataclass(frozen=True)
class Followed:
    """What a candidate does at a kink or tie: by its name, or by none that is known."""

    text: str
    known: bool


TIED: Array = np.array([[[[2.0, 2.0, 1.0, 5.0], [0.0, 2.0, 5.0, 5.0]]]])
DY: Array = np.array([[[[3.0, 7.0]]]])
ZEROS: Array = np.array([[1.5, 0.0, -2.0], [0.0, -1.0, 4.0]])
DY_AT_ZEROS: Array = np.array([[2.0, 3.0, 5.0], [7.0, 11.0, 13.0]])


def conventions(function: str, answer: Answer) -> Iterator[Followed]:
    """What a function that chooses does where it may choose; nothing of the others."""
    if function == "max_pool2d":
        yield from _ties(answer)
    elif function == "relu":
        yield from _zero(answer)


def _ties(answer: Answer) -> Iterator[Followed]:
    """Windows of 2×2 with three equal maxima each."""
    given = answer(Problem("max_pool2d", {"x": TIED}, {"kernel_size": 2, "stride": 2}, DY))
    dx = _gradient(given)
    if dx is None:
        return
    for name, wanted in _tied_gradients().items():
        if np.array_equal(dx, wanted):
            yield Followed(f"at ties {name}", known=True)
            return
    yield Followed("at ties dx is none of what is usual: the first, the last, all, shared", False)


def _tied_gradients() -> dict[str, Array]:
    """dx by the convention: dy to the first maximum, to the last, to all, a share to each."""
    first = refimpl.max_pool2d_backward(DY, TIED, 2)
    turned = refimpl.max_pool2d_backward(DY[..., ::-1], TIED[..., ::-1, ::-1], 2)
    every = refimpl.max_pool2d_backward(DY, TIED, 2, ties="all")
    return {
        "the first maximum of a window gets dy, as in torch": first,
        "the last maximum of a window gets dy": turned[..., ::-1, ::-1],
        "every maximum of a window gets dy": every,
        "the maxima of a window share dy": every / 3,
    }


def _zero(answer: Answer) -> Iterator[Followed]:
    given = answer(Problem("relu", {"x": ZEROS}, {}, DY_AT_ZEROS))
    dx = _gradient(given)
    if dx is None:
        return
    for at_zero, said in ((0.0, "0, as in torch"), (1.0, "1"), (0.5, "½")):
        if np.array_equal(dx, refimpl.relu_backward(DY_AT_ZEROS, ZEROS, at_zero)):
            yield Followed(f"the derivative at 0 is {said}", known=True)
            return
    yield Followed("the derivative at 0 is none of 0, ½ and 1", known=False)


def _gradient(given: Given | str) -> Array | None:
    dx = None if isinstance(given, str) else given.get("dx")
    try:
        array = np.asarray(dx, np.float64)
    except (TypeError, ValueError):
        return None
    return array if dx is not None else None
