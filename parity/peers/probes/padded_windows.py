"""What padding holds and counts, which windows there are, where the odd zero of "same" stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.peers.probe import Probe
from parity.peers.probes.topics import CEIL_MODE, LOWEST, PADDING, SAME, numbers, row_of_map


def paddings() -> Iterator[Probe]:
    four = np.array([[1.0, 2.0], [3.0, 6.0]])[None, None]
    counted, left = [[0.75, 0.75], [0.75, 1.5]], [[1.0, 2.0], [3.0, 6.0]]
    counted = (four / 4).tolist()[0][0]
    yield Probe(
        "avg_pool2d",
        PADDING,
        "what the library counts by itself",
        {"x": four},
        {"kernel_size": 2, "stride": 2, "padding": 1},
        np.array([[[[2.0, 3.0], [5.0, 7.0]]]]),
        {
            "padding is counted": {"y": np.array(counted)[None, None]},
            "padding is not counted": {"y": np.array(left)[None, None]},
        },
        every_option=False,
    )
    x = -numbers(5, 3, 4, 9).reshape(1, 1, 4)
    yield Probe(
        "max_pool1d",
        PADDING,
        "what stands in it",
        {"x": x},
        {"kernel_size": 3, "stride": 2, "padding": 1},
        [[[2.0, 3.0]]],
        {
            "padding never is the maximum": {"y": -numbers(3, 3).reshape(1, 1, 2)},
            "padding is 0": {"y": numbers(0, -3).reshape(1, 1, 2)},
        },
    )


def ceil_modes() -> Iterator[Probe]:
    """Six ones, k = 3, s = 2, p = 1: the last window holds a one, a zero, and a place beyond."""
    for counted in (True, False):
        answers = {
            "the place beyond the padding is not counted": (2 / 3, 1.0, 1.0, 1 / 2),
            "the last window is divided by its whole size": (2 / 3, 1.0, 1.0, 1 / 3),
            "padding is not counted": (1.0, 1.0, 1.0, 1.0),
        }
        if not counted:
            answers = {
                "padding is not counted": (1.0, 1.0, 1.0, 1.0),
                "the place beyond the padding is counted": (1.0, 1.0, 1.0, 1 / 2),
                "padding is counted": (2 / 3, 1.0, 1.0, 1 / 2),
                "the last window is divided by its whole size": (2 / 3, 1.0, 1.0, 1 / 3),
            }
        for function, shape in (("avg_pool2d", (1, 1, 3, 6)), ("avg_pool1d", (1, 1, 6))):
            n = len(shape) - 2
            yield Probe(
                function,
                CEIL_MODE,
                f"the divisor of the last window, padding {'' if counted else 'not '}counted",
                {"x": np.ones(shape)},
                {
                    "kernel_size": (3,) * n,
                    "stride": (2,) * n,
                    "padding": (0, 1)[2 - n :] if n == 2 else 1,
                    "ceil_mode": True,
                    "count_include_pad": counted,
                },
                numbers(2, 3, 5, 7).reshape((1,) * (n + 1) + (4,)),
                {
                    said: {"y": numbers(*y).reshape((1,) * (n + 1) + (4,))}
                    for said, y in answers.items()
                },
            )
    x = numbers(4, 1, 3, 2, 5).reshape(1, 1, 5)
    yield Probe(
        "max_pool1d",
        CEIL_MODE,
        "a last window that begins in the padding",
        {"x": x},
        {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True},
        [[[2.0, 3.0]]],
        {
            "it is left out": {"y": numbers(4, 3).reshape(1, 1, 2)},
            "it gives −∞": {"y": numbers(4, 3, -inf).reshape(1, 1, 3)},
            "it gives the lowest number": {"y": numbers(4, 3, LOWEST).reshape(1, 1, 3)},
            "it gives 0": {"y": numbers(4, 3, 0).reshape(1, 1, 3)},
        },
    )


BEHIND, BEFORE = "the odd zero stands behind", "the odd zero stands in front"


def same_paddings() -> Iterator[Probe]:
    x, weight = row_of_map(1, 2, 3, 4, 5, 6), row_of_map(1, 10, 100)
    yield _same_conv("stride 2", x, weight, {"stride": (1, 2)}, {BEHIND: (0, 1), BEFORE: (1, 0)})
    even = row_of_map(1, 10)
    yield _same_conv("an even kernel", x, even, {}, {BEHIND: (0, 1), BEFORE: (1, 0)})
    yield from _same_of_matrices()
    yield _same_dilated(row_of_map(1, 2, 3, 4, 5, 6, 7), weight)
    for name, at_end in (("same", True), ("same_lower", False)):
        question = f"padding {name}, stride 2"
        options = {"kernel_size": (1, 3), "stride": (1, 2), "padding": name}
        behind = {
            f"{BEHIND}, padding is not counted": row_of_map(2, 4, 5.5),
            f"{BEHIND}, padding is counted": row_of_map(2, 4, 11 / 3),
            f"{BEHIND}, the edge is repeated": row_of_map(2, 4, 17 / 3),
        }
        front = {
            f"{BEFORE}, padding is not counted": row_of_map(1.5, 3, 5),
            f"{BEFORE}, padding is counted": row_of_map(1, 3, 5),
            f"{BEFORE}, the edge is repeated": row_of_map(4 / 3, 3, 5),
        }
        found = {**behind, **front} if at_end else {**front, **behind}
        dy = row_of_map(2, 3, 5)
        averages = {said: {"y": y} for said, y in found.items()}
        yield Probe("avg_pool2d", SAME, question, {"x": x}, options, dy, averages,
                    every_option=False)  # fmt: skip
        maxima = {
            BEHIND: row_of_map(3, 5, 6),
            BEFORE: row_of_map(2, 4, 6),
            "a window is missing": row_of_map(3, 5),
        }
        order = maxima if at_end else {BEFORE: maxima[BEFORE], **maxima}
        tops = {said: {"y": y} for said, y in order.items()}
        yield Probe("max_pool2d", SAME, question, {"x": x}, options, dy, tops,
                    every_option=False)  # fmt: skip


def _same_conv(
    name: str, x: Array, weight: Array, options: Mapping[str, Any], sides: Mapping[str, Any]
) -> Probe:
    """A row of numbers, and the sides of the zeros that "same" may mean."""
    answers = {
        said: {"y": refimpl.conv2d(x, weight, padding=((0, 0), pair), **options)}
        for said, pair in sides.items()
    }
    first = next(iter(answers.values()))["y"]
    dy = row_of_map(*range(2, 2 + first.size))
    arrays = {"x": x, "weight": weight}
    return Probe("conv2d", SAME, name, arrays, {"padding": "same", **options}, dy, answers)


PLACES = ("(k − 1)//2", "k//2")


def _same_of_matrices() -> Iterator[Probe]:
    """An even kernel has no middle: "same" begins at (k − 1)//2 or at k//2 of "full"."""
    a, kernel = numbers(1, 2, 3, 4, 5).reshape(1, 5), numbers(1, 10).reshape(1, 2)
    for function, usual in (("correlate2d", 1), ("convolve2d", 0)):
        full = getattr(refimpl, function)(a, kernel, mode="full")
        answers = {
            f"the middle of “full” begins at {PLACES[first]}": {"y": full[:, first : first + 5]}
            for first in (usual, 1 - usual)
        }
        arrays = {"a": a, "kernel": kernel}
        dy = numbers(2, 3, 5, 7, 11).reshape(1, 5)
        yield Probe(function, SAME, "an even kernel", arrays, {"mode": "same"}, dy, answers)


def _same_dilated(x: Array, weight: Array) -> Probe:
    """Of seven numbers by a kernel of three, dilation 2."""
    by: dict[str, dict[str, Any]] = {
        "the zeros are those of the dilated kernel": {"padding": (0, 2), "dilation": (1, 2)},
        "the dilation is left out": {"padding": (0, 1)},
    }
    answers = {said: {"y": refimpl.conv2d(x, weight, **more)} for said, more in by.items()}
    options = {"padding": "same", "dilation": (1, 2)}
    dy = row_of_map(*range(2, 9))
    arrays = {"x": x, "weight": weight}
    return Probe("conv2d", SAME, "dilation 2", arrays, options, dy, answers, choice=False)
