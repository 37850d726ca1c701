"""deeplearning.ai's course 4: conv_forward(A_prev, W, b, hparameters) -> (Z, cache), NHWC.

Kernels are square, (f, f, C_in, C_out), biases (1, 1, 1, C_out). The poolings get a mode, "max"
or "average", and their cache is (A_prev, hparameters).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity.candidates.styles.cs231n import (
    Course,
    course_steps,
    number_lacking,
    without_bias,
)
from parity.candidates.styles.keywords import degenerate, settled, special
from parity.candidates.styles.moves import Move, moves
from parity.candidates.styles.style import NHWC, Exchange, Plain, Told, steps
from parity.cases.case import Array
from parity.witnesses.problem import Problem

MODES = {"max_pool2d": "max", "avg_pool2d": "average"}
EXPRESSED = {
    "conv2d": ("stride", "padding"),
    "max_pool2d": ("kernel_size", "stride"),
    "avg_pool2d": ("kernel_size", "stride"),
}


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
        )
        return next(filter(None, found), "")

    def exchange(self, problem: Problem, told: Told) -> Exchange:
        return steps(problem, *course_steps(problem, told, COURSE))


def is_square(problem: Problem) -> bool:
    """Whether kernel or window have one size."""
    if problem.function == "conv2d":
        K_h, K_w = problem.arrays["weight"].shape[2:]
        return bool(K_h == K_w)
    return not isinstance(settled(problem)["kernel_size"], tuple | list)


class Hparameters(Course):
    """Channels last, options in `hparameters`, a pooling's mode behind them."""

    def ways(self, problem: Problem, told: Told) -> Mapping[str, Move]:
        ways = moves(problem, NHWC)
        if "bias" in problem.arrays:
            ways["bias"] = Move((), (1, 1, 1, problem.arrays["bias"].size))
        return ways

    def forward(self, problem: Problem, arrays: Mapping[str, Array]) -> tuple[Any, ...]:
        values = settled(problem)
        stride = int(values["stride"])
        if problem.function != "conv2d":
            return arrays["x"], {"f": int(values["kernel_size"]), "stride": stride}
        hparameters = {"stride": stride, "pad": int(values["padding"])}
        return arrays["x"], arrays["weight"], arrays["bias"], hparameters

    def keywords(self, problem: Problem) -> dict[str, Any]:
        mode = MODES.get(problem.function)
        return {"mode": mode} if mode else {}


COURSE = Hparameters()
