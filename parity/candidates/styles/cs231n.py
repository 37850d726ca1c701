"""Stanford's CS231n: f_forward(x, w, b, f_param) -> (out, cache), f_backward(dout, cache).

Weights of the dense layer are (D, M), its x (N, d_1, …, d_k). The losses give value and gradient
at once, dy = 1. Normalisations have their options in bn_param, ln_param or gn_param, and batchnorm
keeps its running statistics there. Dropout draws its mask itself, and p is the probability to keep:
the mask is taken from out, and what is judged is that value and gradient belong to one mask which
can have been drawn with that p.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from parity.candidates.styles.as_refimpl import inputs
from parity.candidates.styles.dropping import drawn, reseeded
from parity.candidates.styles.keywords import degenerate, only_for_some, settled, special
from parity.candidates.styles.moves import Move, moves, ours, theirs, turned
from parity.candidates.styles.requests import CACHE, call
from parity.candidates.styles.style import (
    BACKWARD,
    BOTH,
    FORWARD,
    Exchange,
    Plain,
    Reply,
    Step,
    Told,
    steps,
    value_of,
)
from parity.candidates.wire import Kept
from parity.cases.case import Array, Shape
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem

SEED = 20261120  # of the candidate's mask

EXPRESSED: dict[str, tuple[str, ...]] = {  # the options of refimpl that can be expressed
    "conv2d": ("stride", "padding"),
    "max_pool2d": ("kernel_size", "stride"),
    "linear": (),
    "relu": (),
    "dropout": ("p",),
    "cross_entropy": (),
    "batch_norm": ("training", "eps"),
    "layer_norm": ("eps",),
    "group_norm": ("num_groups", "eps"),
}
MOMENTUM = 0.9  # the share that is kept


class Cs231n(Plain):
    """The course's functions; a backward alone gets the cache that the course's forward makes."""

    name = "cs231n"

    def functions(self) -> tuple[str, ...]:
        return tuple(EXPRESSED)

    def lacks(self, problem: Problem, told: Told) -> str:
        found = (
            degenerate(problem),
            *(name for name in special(problem) if name not in EXPRESSED[problem.function]),
            number_lacking(problem, ("stride", "padding")),
            "a bias left out" if without_bias(problem) else "",
            LACKING.get(problem.function, nothing)(problem, told),
            norm_lacking(problem, told) if problem.function in NORMS else "",
        )
        return next(filter(None, found), "")

    def exchange(self, problem: Problem, told: Told) -> Exchange:
        if problem.function == "cross_entropy":
            return loss(problem, told)
        judged = drawn(problem) if problem.function == "dropout" else None
        return steps(problem, *course_steps(problem, told, COURSE), judged=judged)


# --- what cannot be expressed -------------------------------------------------------------


def number_lacking(problem: Problem, options: tuple[str, ...]) -> str:
    """The first option that is more than one number."""
    values = settled(problem)
    apart = any(not isinstance(values.get(option, 0), int | np.integer) for option in options)
    return only_for_some(problem) if apart else ""


def without_bias(problem: Problem) -> bool:
    """Whether the function has a bias that the problem leaves out."""
    return "bias" in FUNCTIONS[problem.function].inputs and "bias" not in problem.arrays


def nothing(problem: Problem, told: Told) -> str:
    return ""


def dense_lacking(problem: Problem, told: Told) -> str:
    return "" if problem.arrays["x"].ndim == 2 else "x of other than two axes"


def dropout_lacking(problem: Problem, told: Told) -> str:
    """Masks are kept in more ways than one: a backward is judged behind its own forward."""
    return "a backward without its forward" if told.part == BACKWARD else ""


def loss_lacking(problem: Problem, told: Told) -> str:
    logits, target = problem.arrays["logits"], problem.arrays["target"]
    if "weight" in problem.arrays:
        return "class weights"
    if logits.ndim != 2:
        return "logits of other than two axes"
    return "" if target.dtype.kind in "iu" else "targets that are probabilities"


def norm_lacking(problem: Problem, told: Told) -> str:
    """Rows, or maps where a name says spatial; a backward gets the cache of its own forward."""
    if told.part == BACKWARD:
        return "a backward without its forward"
    if FUNCTIONS[problem.function].extras & set(problem.arrays):
        return "" if told.part == FORWARD else "running statistics"
    if "weight" not in problem.arrays:
        return "a weight left out"
    spatial = any("spatial" in name for name in told.names)
    axes = 4 if spatial or problem.function == "group_norm" else 2
    return "" if problem.arrays["x"].ndim == axes else f"x of other than {AXES[axes]} axes"


AXES = {2: "two", 4: "four"}
NORMS = ("batch_norm", "layer_norm", "group_norm")


LACKING: dict[str, Callable[[Problem, Told], str]] = {
    "linear": dense_lacking,
    "dropout": dropout_lacking,
    "cross_entropy": loss_lacking,
}


# --- a forward, a backward, and the cache between them ------------------------------------


class Course:
    """What a course's functions are called with: the layout, the arguments, the cache."""

    def ways(self, problem: Problem, told: Told) -> Mapping[str, Move]:
        ways = moves(problem, told.layout)
        if problem.function == "group_norm":
            weights = (name for name in ("weight", "bias") if name in problem.arrays)
            return {n: Move((), (1, problem.arrays[n].size, 1, 1)) for n in weights}
        if problem.function != "linear":
            return ways
        x, weight = problem.arrays["x"], problem.arrays["weight"]
        return {"x": Move((), (len(x), *factors(x.shape[1]))), "weight": turned(weight)}

    def forward(self, problem: Problem, arrays: Mapping[str, Array]) -> tuple[Any, ...]:
        """The arguments of the forward: the arrays, then the dict of options, if there is one."""
        given = [arrays[name] for name in inputs(problem)]
        values = settled(problem)
        if problem.function == "group_norm":
            given.append(values["num_groups"])
        options = OPTIONS.get(problem.function, of_none)(values)
        kept = {n: a for n, a in arrays.items() if n.startswith("running")}
        return (*given, {**options, **kept}) if options else tuple(given)

    def cache(self, problem: Problem, arrays: Mapping[str, Array]) -> Any:
        """What the course's own forward hands to the backward."""
        given = self.forward(problem, arrays)
        return given if len(given) > 1 else given[0]

    def gradients(self, problem: Problem, told: Told, found: Mapping[str, Any]) -> dict[str, Any]:
        """What the backward gave, as refimpl means it."""
        return dict(found)

    def keywords(self, problem: Problem) -> dict[str, Any]:
        return {}


COURSE = Course()


def factors(size: int) -> Shape:
    """The features of one sample, along two axes where that is possible.

    >>> factors(12), factors(7)
    ((2, 6), (7,))
    """
    divisor = next((d for d in range(2, size) if size % d == 0), 0)
    return (divisor, size // divisor) if divisor else (size,)


def of_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def of_convolution(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"stride": int(values["stride"]), "pad": int(values["padding"])}


def of_pooling(values: Mapping[str, Any]) -> dict[str, Any]:
    K_h, K_w = np.broadcast_to(values["kernel_size"], 2).tolist()
    return {"pool_height": K_h, "pool_width": K_w, "stride": int(values["stride"])}


def of_dropout(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"p": 1 - values["p"], "mode": "train", "seed": SEED}


def of_batch(values: Mapping[str, Any]) -> dict[str, Any]:
    mode = "train" if values["training"] else "test"
    return {"mode": mode, "eps": values["eps"], "momentum": MOMENTUM}


def of_sample(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"eps": values["eps"]}


OPTIONS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "conv2d": of_convolution,
    "max_pool2d": of_pooling,
    "dropout": of_dropout,
    "batch_norm": of_batch,
    "layer_norm": of_sample,
    "group_norm": of_sample,
}


def course_steps(problem: Problem, told: Told, course: Course) -> list[Step]:
    """The forward, the backward, or one behind the other with the cache that the first made."""
    ways = course.ways(problem, told)
    arrays, keywords = theirs(problem, ways), course.keywords(problem)
    gradients = tuple(f"d{name}" for name in inputs(problem))

    def value(reply: Reply) -> dict[str, Any]:
        return ours(problem, ways, {"y": first(value_of(reply))})

    def grads(reply: Reply) -> dict[str, Any]:
        found = value_of(reply)
        parts = found if isinstance(found, tuple | list) else (found,)
        named = dict(zip(gradients, parts, strict=False))
        return ours(problem, ways, course.gradients(problem, told, named))

    keep = {"1": CACHE} if told.part == BOTH else {}
    forward = call(told.names[0], course.forward(problem, arrays), keywords, keep=keep)
    cache = Kept(CACHE) if told.part == BOTH else course.cache(problem, arrays)
    backward = call(told.names[-1], (arrays["dy"], cache), keywords)
    back = Step(backward, gradients, grads)
    both = [Step(forward, ("y",), value), reseeded(back) if problem.function == "dropout" else back]
    return {FORWARD: both[:1], BACKWARD: both[1:], BOTH: both}[told.part]


def first(value: Any) -> Any:
    """out of (out, cache); a value without a cache is out itself."""
    return value[0] if isinstance(value, tuple | list) and value else value


# --- losses -------------------------------------------------------------------------------


def loss(problem: Problem, told: Told) -> Exchange:
    """softmax_loss(x, y) -> (loss, dx): both in one call, the gradient for dy = 1."""
    logits, target = problem.arrays["logits"], problem.arrays["target"]
    one = problem._replace(dy=np.ones_like(problem.dy))

    def read(reply: Reply) -> dict[str, Any]:
        found = value_of(reply)
        parts = found if isinstance(found, tuple | list) else (found,)
        return ours(one, {}, dict(zip(("y", "dlogits"), parts, strict=False)))

    step = Step(call(told.names[0], (logits, target)), ("y", "dlogits"), read)
    return steps(one, step)
