"""Mistakes that are not in the catalogue, and what a diagnosis has to say of each.

Each takes a problem and its right tensors and gives the tensors that it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import NamedTuple

import numpy as np
from observing import Tensors

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.call import Call
from parity.diagnosis.circumstances import CIRCUMSTANCES
from parity.witnesses.problem import Problem

EMPTY = np.zeros(0)
Code = Callable[[Problem, Tensors], Mapping[str, Array | str]]


class Unlisted(NamedTuple):
    """A mistake in a function; `kind` and `text` are those of a cause that has to be named."""

    name: str
    function: str
    code: Code
    kind: str
    text: str


def changed(tensor: str, of: Callable[[Problem, Array], Array]) -> Code:
    """One tensor made from the right one."""
    return lambda problem, right: (
        {tensor: np.asarray(of(problem, right[tensor]))} if right.get(tensor, EMPTY).size else {}
    )


def times(tensor: str, factor: Callable[[Problem], float]) -> Code:
    return changed(tensor, lambda p, a: a * a.dtype.type(factor(p)))


def where(text: str, code: Code) -> Code:
    """Made only where a circumstance holds."""
    holds = next(c.holds for c in CIRCUMSTANCES if c.text.startswith(text))
    return lambda problem, right: code(problem, right) if holds(Call(problem)) else {}


def uneven(tensor: str) -> Code:
    """Each element times another number: wrong in a way that has no name."""
    return changed(
        tensor, lambda p, a: a * np.linspace(1.5, 2.5, a.size).astype(a.dtype).reshape(a.shape)
    )


def with_dy(tensor: str, of: Callable[[Problem], Array]) -> Code:
    """The right backward of another dy."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        function = FUNCTIONS[problem.function]
        gradients = function.backward(of(problem), problem.arrays, problem.options)
        return {tensor: gradients[tensor[1:]]} if tensor in right else {}

    return code


def with_arrays(tensor: str, of: Callable[[Problem, Tensors], Mapping[str, Array]]) -> Code:
    """The right backward at another place."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        function = FUNCTIONS[problem.function]
        arrays = {**problem.arrays, **of(problem, right)}
        return {tensor: function.backward(problem.dy, arrays, problem.options)[tensor[1:]]}

    return code


def put(index: tuple[object, ...], value: float) -> Callable[[Problem, Array], Array]:
    """Something added to part of a tensor."""

    def of(problem: Problem, right: Array) -> Array:
        wrong = right.copy()
        if all(n > 1 for n in right.shape[-2:]):
            wrong[index] = wrong[index] + wrong.dtype.type(value)
        return wrong

    return of


def first_window(problem: Problem) -> Array:
    dy = np.zeros_like(problem.dy)
    dy[(slice(1),) * dy.ndim] = problem.dy[(slice(1),) * dy.ndim]
    return dy


def from_sample(problem: Problem, start: int) -> Array:
    """dy of the first sample, or of all but the first."""
    dy = problem.dy.copy()
    dy[: start or None] = 0
    if not start:
        dy[:1] = problem.dy[:1]
    return dy


def one_sample(problem: Problem, right: Array) -> Array:
    """All samples but the first are wrong in a way that has no name."""
    wrong = right * np.linspace(1.5, 2.5, right.size).astype(right.dtype).reshape(right.shape)
    wrong[:1] = right[:1]
    return wrong


def conv_places(problem: Problem) -> float:
    return float(max(len(problem.dy), 1) * prod(problem.dy.shape[2:]))


def kernel_places(problem: Problem) -> float:
    return float(prod(Call(problem).kernel))


def border(problem: Problem, right: Array) -> Array:
    wrong = right + right.dtype.type(0.75)
    if min(right.shape[-2:]) < 3:
        return right
    wrong[..., 1:-1, 1:-1] = right[..., 1:-1, 1:-1]
    return wrong


def rolled(axis: int) -> Callable[[Problem, Array], Array]:
    return lambda problem, right: np.roll(right, 1, axis)


CONV = "conv2d"
UNLISTED = (
    Unlisted("dx doubled", CONV, times("dx", lambda p: 2), "factor", "dx is 2 times"),
    Unlisted("dx halved", CONV, times("dx", lambda p: 0.5), "factor", "dx is ½ of"),
    Unlisted("dbias negated", CONV, times("dbias", lambda p: -1), "factor", "opposite sign"),
    Unlisted("dx over N", CONV, times("dx", lambda p: 1 / len(p.dy)), "factor", "dx is 1/N of"),
    Unlisted(
        "dweight over all places",
        CONV,
        times("dweight", lambda p: 1 / conv_places(p)),
        "factor",
        "dweight is 1/(N·H_out·W_out) of",
    ),
    Unlisted(
        "dx over the kernel",
        CONV,
        times("dx", lambda p: 1 / kernel_places(p)),
        "factor",
        "1/(k_h·k_w)",
    ),
    Unlisted("pixels of 255", "avg_pool2d", times("dx", lambda p: 1 / 255), "factor", "1/255"),
    Unlisted(
        "dropout divided twice",
        "dropout",
        times("dx", lambda p: 1 / (1 - p.options.get("p", 0.5))),
        "factor",
        "1/(1 − p)",
    ),
    Unlisted(
        "mean of squares",
        "squared_error",
        times("doutput", lambda p: 2 / p.arrays["target"].size),
        "factor",
        "2/n",
    ),
    Unlisted(
        "times C", "max_pool2d", times("dx", lambda p: p.dy.shape[1]), "factor", "dx is C times"
    ),
    Unlisted(
        "dweight of exchanged channels",
        "conv2d",
        changed("dweight", lambda p, a: a.swapaxes(0, 1)),
        "transposed",
        "axes 0 and 1 exchanged",
    ),
    Unlisted(
        "dx in NHWC",
        "max_pool2d",
        changed("dx", lambda p, a: a.transpose(0, 2, 3, 1)),
        "transposed",
        "(0, 2, 3, 1)",
    ),
    Unlisted(
        "kernel axes exchanged",
        CONV,
        changed("dweight", lambda p, a: a.swapaxes(2, 3).reshape(a.shape)),
        "transposed",
        "axes 2 and 3 exchanged",
    ),
    Unlisted(
        "dx mirrored", CONV, changed("dx", lambda p, a: a[..., ::-1]), "flipped", "reversed along W"
    ),
    Unlisted(
        "dx turned",
        "avg_pool2d",
        changed("dx", lambda p, a: a[..., ::-1, ::-1]),
        "flipped",
        "turned by 180°",
    ),
    Unlisted("dx shifted", CONV, changed("dx", rolled(-1)), "shifted", "one place along W"),
    Unlisted("dx a row down", "max_pool2d", changed("dx", rolled(-2)), "shifted", "along H"),
    Unlisted(
        "gradients exchanged",
        "linear",
        lambda p, right: {"dx": right["dweight"], "dweight": right["dx"]},
        "exchanged",
        "dx is what dweight should be",
    ),
    Unlisted(
        "dx is 0", CONV, changed("dx", lambda p, a: np.zeros_like(a)), "taken", "dx is 0 everywhere"
    ),
    Unlisted(
        "dy passed on", "leaky_relu", lambda p, right: {"dx": p.dy}, "taken", "dx is dy itself"
    ),
    Unlisted(
        "the mask without dy",
        "max_pool2d",
        with_dy("dx", lambda p: np.ones_like(p.dy)),
        "linearity",
        "does not depend on dy",
    ),
    Unlisted(
        "a share without dy",
        "avg_pool2d",
        with_dy("dx", lambda p: np.ones_like(p.dy)),
        "linearity",
        "does not depend on dy",
    ),
    Unlisted(
        "|dy|", CONV, with_dy("dx", lambda p: abs(p.dy)), "wrong variable", "takes |dy| for dy"
    ),
    Unlisted(
        "the derivative at dy",
        "tanh",
        with_arrays("dx", lambda p, right: {"x": p.dy}),
        "wrong variable",
        "the derivative at dy",
    ),
    Unlisted(
        "the derivative at −x",
        "log_softmax",
        with_arrays("dx", lambda p, right: {"x": -p.arrays["x"]}),
        "wrong variable",
        "−x for x",
    ),
    Unlisted(
        "softmax at y",
        "softmax",
        with_arrays("dx", lambda p, right: {"x": right["y"]}),
        "wrong variable",
        "the derivative at y where it should be at x",
    ),
    Unlisted(
        "the first window",
        "max_pool2d",
        with_dy("dx", first_window),
        "part",
        "only the very first window",
    ),
    Unlisted(
        "return in the loop",
        CONV,
        with_dy("dweight", lambda p: from_sample(p, 0)),
        "part",
        "only the first sample",
    ),
    Unlisted(
        "without the first sample",
        CONV,
        with_dy("dbias", lambda p: from_sample(p, 1)),
        "part",
        "the first sample is left out",
    ),
    Unlisted(
        "dx through float32",
        CONV,
        changed("dx", lambda p, a: a.astype(np.float32).astype(a.dtype)),
        "precision",
        "float32",
    ),
    *(
        Unlisted(f"only where {text}", function, where(text, uneven(tensor)), "only where", text)
        for text, function, tensor in (
            ("stride > 1", CONV, "dx"),
            ("the stride leaves pixels over", CONV, "dx"),
            ("the stride leaves pixels over", "avg_pool2d", "dx"),
            ("H ≠ W", CONV, "dweight"),
            ("H ≠ W", "max_pool2d", "dx"),
            ("the kernel is not square", CONV, "dweight"),
            ("windows overlap", "max_pool2d", "dx"),
            ("windows overlap", CONV, "dx"),
            ("padding > 0", CONV, "y"),
            ("dilation > 1", "conv2d", "y"),
            ("groups > 1", CONV, "dweight"),
            ("a window holds its maximum twice", "max_pool2d", "dx"),
            ("the two largest of a window are equal", "max_pool2d", "dx"),
            ("the two largest of a window are less than 0.01 apart", "max_pool2d", "dx"),
            ("the arrays are float32", "linear", "y"),
            ("there is more than one sample", "linear", "dx"),
            ("there is more than one channel", "max_pool2d", "y"),
            ("there is a bias", CONV, "y"),
            ("ceil_mode", "avg_pool2d", "y"),
            ("reduction is mean", "cross_entropy", "dlogits"),
        )
    ),
    Unlisted(
        "the first sample alone",
        "avg_pool2d",
        changed("dx", one_sample),
        "places",
        "only the first sample is right",
    ),
    Unlisted(
        "the last column",
        CONV,
        changed("dx", put((..., -1), 0.5)),
        "places",
        "only the last column is wrong",
    ),
    Unlisted(
        "a corner",
        "max_pool2d",
        changed("dx", put((..., 0, 0), 0.5)),
        "places",
        "only the first corner is wrong",
    ),
    Unlisted("the border", CONV, changed("dx", border), "places", "only the border is wrong"),
    Unlisted(
        "the last channel",
        "max_pool2d",
        changed("y", lambda p, a: np.concatenate([a[:, :-1], a[:, -1:] + (a.shape[1] > 1)], 1)),
        "places",
        "only the last channel is wrong",
    ),
)
