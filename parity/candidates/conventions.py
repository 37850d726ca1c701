"""Which convention a candidate follows where more than one is right: at ties and at kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.definitions.windows import each
from parity.witnesses.problem import Problem

Given = Mapping[str, Any]  # a candidate's tensors
Answer = Callable[[Problem], Given | str]  # or why there are none


@dataclass(frozen=True)
class Followed:
    """What a candidate does at a kink or tie: by its name, or by none that is known."""

    text: str
    known: bool


POOLINGS = {"max_pool1d": 1, "max_pool2d": 2, "max_pool3d": 3}  # along so many axes
# Of windows of 2×2: three equal maxima each.
TIED: Array = np.array([[[[2.0, 2.0, 1.0, 5.0], [0.0, 2.0, 5.0, 5.0]]]])
TIMES = 8  # that ties are asked about: what is drawn at random differs
DY: Array = np.array([[[[3.0, 7.0]]]])
DY_AT_KINKS: Array = np.array([[2.0, 3.0, 5.0], [7.0, 11.0, 13.0]])
SLOPES = {0.0: "0, as in torch", 1.0: "1", 0.5: "½"}
# Of which tensor, where, and what is usual there.
AT_KINKS: Mapping[str, tuple[str, str, Mapping[float, str]]] = {
    "relu": ("dx", "the derivative at 0", SLOPES),
    "leaky_relu": ("dx", "the derivative at 0", {1.0: "1"}),
    "hardtanh": ("dx", "the derivative at the limits", SLOPES),
    "sign": ("y", "the sign of 0", {0.0: "0, as in torch", 1.0: "1", -1.0: "−1"}),
}


def conventions(
    function: str, answer: Answer, options: Mapping[str, Any] | None = None
) -> Iterator[Followed]:
    """What a function that chooses does where it may choose; nothing of the others.

    options: those that an object was made with.
    """
    if function in POOLINGS:
        yield from _ties(function, answer, options or {"kernel_size": 2, "stride": 2})
    elif function in AT_KINKS:
        yield from _kink(function, answer, options or {})


def _ties(function: str, answer: Answer, options: Mapping[str, Any]) -> Iterator[Followed]:
    """Two windows side by side with equal maxima."""
    asked = tied(function, options)
    dx, *others = (_numbers(answer(asked), "dx") for _ in range(TIMES))
    if dx is None:
        return
    if any(other is None or not np.array_equal(dx, other) for other in others):
        yield Followed("at ties dx is not the same every time", known=False)
        return
    for name, wanted in tied_gradients(asked).items():
        if _alike(dx, wanted):
            yield Followed(f"at ties {name}", known=True)
            return
    yield Followed("at ties dx is none of what is usual: the first, the last, all, shared", False)


def tied(function: str, options: Mapping[str, Any]) -> Problem:
    """Two windows of such a pooling, side by side, over numbers most of which are equal."""
    n = POOLINGS[function]
    window, padding = each(options["kernel_size"], n), each(options.get("padding", 0), n)
    steps, apart = each(options.get("stride") or window, n), each(options.get("dilation", 1), n)
    one = [(k - 1) * d + 1 - 2 * p for k, d, p in zip(window, apart, padding, strict=True)]
    sizes = (*(max(size, 1) for size in one[:-1]), max(one[-1] + steps[-1], 1))
    x = np.resize(TIED, (1, 1, *sizes))
    y = FUNCTIONS[function].forward({"x": x}, options)
    return Problem(function, {"x": x}, options, np.resize(DY, y.shape))


def tied_gradients(asked: Problem) -> dict[str, Array]:
    """dx by the convention: dy to the first maximum, to the last, to all, a share to each."""
    x, options = asked.arrays["x"], asked.options
    backward = getattr(refimpl, f"{asked.function}_backward")
    shares, first, last, every = (np.zeros_like(x) for _ in range(4))
    for place in np.ndindex(*asked.dy.shape):
        dy = np.zeros_like(asked.dy)
        dy[place] = asked.dy[place]
        maxima = backward(dy, x, **options, ties="all")
        places = np.argwhere(maxima)
        every += maxima
        shares += maxima / len(places)
        first[tuple(places[0])] += dy[place]
        last[tuple(places[-1])] += dy[place]
    return {
        "the first maximum of a window gets dy, as in torch": first,
        "the last maximum of a window gets dy": last,
        "every maximum of a window gets dy": every,
        "the maxima of a window share dy": shares,
    }


def _kink(function: str, answer: Answer, options: Mapping[str, Any]) -> Iterator[Followed]:
    """Where the value or the derivative jumps: 0, or hardtanh's limits."""
    tensor, where, known = AT_KINKS[function]
    kinks = (options.get("min_val", -1.0), options.get("max_val", 1.0))
    kinks = kinks if function == "hardtanh" else (0.0, 0.0)
    x = np.array([[1.5, kinks[0], -2.0], [0.5, -0.5, kinks[1]]])
    given = answer(Problem(function, {"x": x}, options, DY_AT_KINKS))
    found = _numbers(given, tensor)
    if found is None:
        return
    if function == "leaky_relu":
        known = {options.get("negative_slope", 0.01): "the slope, as in torch", **known}
    right = FUNCTIONS[function].tensors(DY_AT_KINKS, {"x": x}, options)[tensor]
    upstream = DY_AT_KINKS if tensor != "y" else np.ones_like(x)
    for value, said in known.items():
        if _alike(found, np.where(np.isin(x, kinks), value * upstream, right)):
            yield Followed(f"{where} is {said}", known=True)
            return
    yield Followed(f"{where} is none of {', '.join(known.values())}", known=False)


def _alike(found: Array, wanted: Array) -> bool:
    """Whether the numbers are the same up to some roundings."""
    return found.shape == wanted.shape and np.allclose(found, wanted, rtol=1e-12, atol=0)


def _numbers(given: Given | str, tensor: str) -> Array | None:
    found = None if isinstance(given, str) else given.get(tensor)
    try:
        array = np.asarray(found, np.float64)
    except (TypeError, ValueError):
        return None
    return array if found is not None else None
