"""deeplearning.ai: conv_forward(A_prev, W, b, hparameters) -> (Z, cache), NHWC.

Kernels are square, (f, f, C_in, C_out), biases (1, 1, 1, C_out). The poolings get a mode, "max"
or "average", and their cache is (A_prev, hparameters). Of the first courses linear_forward,
whose samples are columns; relu, sigmoid and tanh, whose cache is Z.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from parity.candidates.styles.cs231n import (
    Course,
    course_steps,
    number_lacking,
    without_bias,
)
from parity.candidates.styles.keywords import degenerate, settled, special
from parity.candidates.styles.moves import OF_MAPS, Move, moves
from parity.candidates.styles.style import NHWC, Exchange, Plain, Told, steps
from parity.cases.case import Array
from parity.witnesses.problem import Problem

MODES = {"max_pool2d": "max", "avg_pool2d": "average"}
EXPRESSED = {
    "conv2d": ("stride", "padding"),
    "max_pool2d": ("kernel_size", "stride"),
    "avg_pool2d": ("kernel_size", "stride"),
    **dict.fromkeys(("linear", "relu", "sigmoid", "tanh"), ()),
}
MEANS = "means"  # in `Told.fixed`: gradients of parameters are means over the samples


class DeeplearningAi(Plain):
    """The course's convolution and poolings."""

    name = "deeplearning.ai"

    def functions(self) -> tuple[str, ...]:
        return tuple(EXPRESSED)

    def lacks(self, problem: Problem, told: Told) -> str:
        found = (
            degenerate(problem),
            *(name for name in special(problem) if name not in EXPRESSED[problem.function]),
            number_lacking(problem, ("stride", "padding")),
            "" if is_square(problem) else "kernels that are not square",
            "a bias left out" if without_bias(problem) else "",
            "numbers of samples that are no power of 2" if is_rounded(problem, told) else "",
        )
        return next(filter(None, found), "")

    def exchange(self, problem: Problem, told: Told) -> Exchange:
        return steps(problem, *course_steps(problem, told, COURSE))


def is_rounded(problem: Problem, told: Told) -> bool:
    """Whether a mean over the samples, times their number, is rounded once more than the sum."""
    N = len(problem.arrays["x"]) if problem.arrays["x"].ndim else 1
    return MEANS in told.fixed and N & (N - 1) != 0


def is_square(problem: Problem) -> bool:
    """Whether kernel or window have one size."""
    if problem.function == "conv2d":
        K_h, K_w = problem.arrays["weight"].shape[2:]
        return bool(K_h == K_w)
    if problem.function not in MODES:
        return True
    return not isinstance(settled(problem)["kernel_size"], tuple | list)


class Hparameters(Course):
    """Channels last, options in `hparameters`, a pooling's mode behind them."""

    def ways(self, problem: Problem, told: Told) -> Mapping[str, Move]:
        if problem.function not in OF_MAPS:
            return moves(problem, told.layout)
        ways = moves(problem, NHWC)
        if "bias" in problem.arrays:
            ways["bias"] = Move((), (1, 1, 1, problem.arrays["bias"].size))
        return ways

    def forward(self, problem: Problem, arrays: Mapping[str, Array]) -> tuple[Any, ...]:
        if problem.function not in OF_MAPS:
            return super().forward(problem, arrays)
        values = settled(problem)
        stride = int(values["stride"])
        if problem.function != "conv2d":
            return arrays["x"], {"f": int(values["kernel_size"]), "stride": stride}
        hparameters = {"stride": stride, "pad": int(values["padding"])}
        return arrays["x"], arrays["weight"], arrays["bias"], hparameters

    def gradients(self, problem: Problem, told: Told, found: Mapping[str, Any]) -> dict[str, Any]:
        N = len(problem.arrays["x"]) if MEANS in told.fixed else 1
        return {
            name: value * N if name != "dx" and isinstance(value, np.ndarray) else value
            for name, value in found.items()
        }

    def keywords(self, problem: Problem) -> dict[str, Any]:
        mode = MODES.get(problem.function)
        return {"mode": mode} if mode else {}


COURSE = Hparameters()
