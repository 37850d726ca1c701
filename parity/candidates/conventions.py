"""Which convention a candidate follows where more than one is right: at ties and at kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem

Given = Mapping[str, Any]  # a candidate's tensors
Answer = Callable[[Problem], Given | str]  # or why there are none


@dataclass(frozen=True)
class Followed:
    """What a candidate does at a kink or tie: by its name, or by none that is known."""

    text: str
    known: bool


TIED: Array = np.array([[[[2.0, 2.0, 1.0, 5.0], [0.0, 2.0, 5.0, 5.0]]]])
TIMES = 8  # that ties are asked about: what is drawn at random differs
DY: Array = np.array([[[[3.0, 7.0]]]])
KINKS: Array = np.array([[1.5, 0.0, -2.0], [0.0, -1.0, 1.0]])
DY_AT_KINKS: Array = np.array([[2.0, 3.0, 5.0], [7.0, 11.0, 13.0]])
SLOPES = {0.0: "0, as in torch", 1.0: "1", 0.5: "½"}
# Of which tensor, where, and what is usual there.
AT_KINKS: Mapping[str, tuple[str, str, Mapping[float, str]]] = {
    "relu": ("dx", "the derivative at 0", SLOPES),
    "leaky_relu": ("dx", "the derivative at 0", {0.01: "the slope, as in torch", 1.0: "1"}),
    "hardtanh": ("dx", "the derivative at the limits", SLOPES),
    "sign": ("y", "the sign of 0", {0.0: "0, as in torch", 1.0: "1", -1.0: "−1"}),
}


def conventions(function: str, answer: Answer) -> Iterator[Followed]:
    """What a function that chooses does where it may choose; nothing of the others."""
    if function == "max_pool2d":
        yield from _ties(answer)
    elif function in AT_KINKS:
        yield from _kink(function, answer)


def _ties(answer: Answer) -> Iterator[Followed]:
    """Windows of 2×2 with three equal maxima each."""
    asked = Problem("max_pool2d", {"x": TIED}, {"kernel_size": 2, "stride": 2}, DY)
    dx, *others = (_numbers(answer(asked), "dx") for _ in range(TIMES))
    if dx is None:
        return
    if any(other is None or not np.array_equal(dx, other) for other in others):
        yield Followed("at ties dx is not the same every time", known=False)
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


def _kink(function: str, answer: Answer) -> Iterator[Followed]:
    """Where the value or the derivative jumps: 0, or hardtanh's limits."""
    tensor, where, known = AT_KINKS[function]
    given = answer(Problem(function, {"x": KINKS}, {}, DY_AT_KINKS))
    found = _numbers(given, tensor)
    if found is None:
        return
    right = FUNCTIONS[function].tensors(DY_AT_KINKS, {"x": KINKS}, {})[tensor]
    at = np.isin(KINKS, (-1.0, 1.0) if function == "hardtanh" else (0.0,))
    upstream = DY_AT_KINKS if tensor != "y" else np.ones_like(KINKS)
    for value, said in known.items():
        if np.array_equal(found, np.where(at, value * upstream, right)):
            yield Followed(f"{where} is {said}", known=True)
            return
    yield Followed(f"{where} is none of {', '.join(known.values())}", known=False)


def _numbers(given: Given | str, tensor: str) -> Array | None:
    found = None if isinstance(given, str) else given.get(tensor)
    try:
        array = np.asarray(found, np.float64)
    except (TypeError, ValueError):
        return None
    return array if found is not None else None
