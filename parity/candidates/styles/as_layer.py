"""Layers: a class or an object with forward and backward, its parameters in attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from parity.candidates.styles import constructing
from parity.candidates.styles.as_refimpl import inputs, tensors
from parity.candidates.styles.constructing import (
    LAYERS,
    PARAMETERS,
    SWITCHED,
    made,
    parameter_ways,
)
from parity.candidates.styles.cs231n import LACKING, nothing
from parity.candidates.styles.dropping import drawn, flags, reseeded, switching
from parity.candidates.styles.keywords import degenerate, other_than_fixed, without_fixed
from parity.candidates.styles.moves import Move, ours, theirs
from parity.candidates.styles.naming import gradient_held, gradients_in, is_upstream, value_in
from parity.candidates.styles.requests import LAYER, attributes, call
from parity.candidates.styles.style import (
    BACKWARD,
    FORWARD,
    Ask,
    Exchange,
    Reply,
    Signature,
    Step,
    Told,
    Unclear,
    steps,
    value_of,
)
from parity.cases.case import Array
from parity.witnesses.problem import Problem

FORWARDS = ("forward", "output", "forward_pass", "feedforward", "fprop", "__call__", "call")
BACKWARDS = (
    *("backward", "backpropagate", "backprop", "backward_pass", "back_propagate"),
    *("bprop", "gradient", "backward_propagation"),
)
ZEROS = (
    *("zero_grad", "zero_gradients", "zero_grads", "zero_gradient", "reset_gradients"),
    *("reset_grads", "reset_grad", "clear_gradients", "clear_grads", "clear_grad"),
)
RATES = ("lr", "learn_rate", "learning_rate", "eta", "alpha")  # of a backward that descends


class AsLayer:
    """Made for each problem; the gradients of its parameters are returned or held by it."""

    name = "layer"

    def functions(self) -> tuple[str, ...]:
        return LAYERS

    def lacks(self, problem: Problem, told: Told) -> str:
        other = other_than_fixed(problem, told.fixed)
        problem = without_fixed(problem, told.fixed)
        lacking = LACKING.get(problem.function, nothing)(without_weights(problem), told)
        return degenerate(problem) or lacking or other or constructing.lacking(problem, told)

    def probe(self, told: Told) -> list[Ask]:
        return constructing.probe(told)

    def learned(self, told: Told, replies: Sequence[Reply]) -> Told | Unclear:
        return constructing.learned(told, replies)

    def exchange(self, problem: Problem, told: Told) -> Exchange:
        if takes_no_upstream(told):
            problem = problem._replace(dy=np.ones_like(problem.dy))
        ways = parameter_ways(problem, told)
        start = [Step(made(problem, told, told.library)), *zeroing(told)]
        start += switching(told, True) if problem.function == "batch_norm" else []
        forward = forward_step(problem, told, ways)
        if problem.function == "dropout":
            return dropout(problem, told, forward)
        if told.part == FORWARD:
            return steps(problem, *start, forward)
        if told.part == BACKWARD:
            forward = Step(forward.ask)
        return steps(problem, *start, forward, *backward_steps(problem, told, ways))


def without_weights(problem: Problem) -> Problem:
    """The problem without weights of classes, which a layer takes when it is made."""
    if problem.function != "cross_entropy":
        return problem
    arrays = {name: array for name, array in problem.arrays.items() if name != "weight"}
    return problem._replace(arrays=arrays)


def dropout(problem: Problem, told: Told, forward: Step) -> Exchange:
    """A layer that draws its mask while it is training."""
    start = Step(made(problem, told, told.library))
    ways = parameter_ways(problem, told)
    back = map(reseeded, backward_steps(problem, told, ways)) if told.part != FORWARD else ()
    judged = drawn(problem, told.dropping.inverted)
    return steps(problem, start, *switching(told, True), forward, *back, judged=judged)


def evaluating(problem: Problem, told: Told) -> Exchange:
    """A dropout that is not training."""
    start = Step(made(problem, told, told.library, training=False))
    forward = forward_step(problem, told, parameter_ways(problem, told), training=False)
    return steps(problem, start, *switching(told, False), forward)


def zeroing(told: Told) -> list[Step]:
    """The call that sets gradients to 0, of a layer that adds them up and has one."""
    named = next((name for name in ZEROS if name in told.methods), "")
    parameters = told.methods.get(named)
    needs = any(not p.has_default and p.name != "self" for p in parameters or ())
    return [Step(call(f"{LAYER}.{named}", ()))] if named and not needs else []


def forward_step(
    problem: Problem, told: Told, ways: Mapping[str, Move], training: bool = True
) -> Step:
    arrays = theirs(problem, ways)
    given = [arrays[name] for name in problem.arrays if name not in (*PARAMETERS, "mask")]
    name = method(told, FORWARDS)
    target, said = f"{LAYER}.{name}", {}
    if problem.function in SWITCHED:
        said = flags(told.methods.get(name), training)

    def read(reply: Reply) -> dict[str, Any]:
        return ours(problem, ways, {"y": value_in(value_of(reply))})

    return Step(call(target, given, said, library=told.library), ("y",), read)


def backward_steps(problem: Problem, told: Told, ways: Mapping[str, Move]) -> list[Step]:
    """The call of the backward, and the look at what the object holds afterwards."""
    name, names = method(told, BACKWARDS), inputs(problem)
    args = arguments(told.methods.get(name), theirs(problem, ways))

    def returned(reply: Reply) -> dict[str, Any]:
        return ours(problem, ways, gradients_in(value_of(reply), names, told.like))

    def held(reply: Reply) -> dict[str, Any]:
        return ours(problem, ways, gradients_held(value_of(reply), names, told.like))

    return [
        Step(
            call(f"{LAYER}.{name}", args, library=told.library),
            tensors(problem, BACKWARD)[:1],
            returned,
        ),
        Step(attributes(), tensors(problem, BACKWARD)[1:], held),
    ]


def method(told: Told, known: Sequence[str]) -> str:
    """What the object calls its forward or backward."""
    return next((name for name in known if name in told.methods), known[0])


def arguments(parameters: Signature, arrays: Mapping[str, Array]) -> list[Any]:
    """dy, where the backward also asks for x that, and a learning rate of 0."""
    required = [p.name for p in parameters or () if not p.has_default and not p.variadic]
    rest = [name for name in required if not is_upstream(name) and name != "self"]
    x = next(iter(arrays.values()))
    given = {"x": x, "input": x, "inputs": x}
    more = [0.0 if name in RATES else given[name] for name in rest if name in (*RATES, *given)]
    return [arrays["dy"], *more] if parameters is None or len(own(parameters)) else []


def own(parameters: Signature) -> list[str]:
    """The names of the parameters without `self`."""
    return [p.name for p in parameters or () if p.name != "self"]


def takes_no_upstream(told: Told) -> bool:
    """Whether the backward of a loss has no parameter: dy is 1."""
    parameters = told.methods.get(method(told, BACKWARDS))
    return parameters is not None and not own(parameters)


def gradients_held(found: Any, arrays: Sequence[str], like: str = "") -> dict[str, Any]:
    """The gradients among an object's attributes, also inside of a dict or list `grads`."""
    if not isinstance(found, Mapping):
        return {}
    called = {key: gradient_held(str(key), arrays, like) for key in found}
    return {f"d{array}": found[key] for key, array in called.items() if array}
