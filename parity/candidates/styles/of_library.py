"""Code on another library's arrays: its autograd is judged, or a backward written by hand.

torch: a function on tensors, a module, an `autograd.Function`. jax: a function. array: refimpl's
convention on the library's arrays, `told.library` says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from parity.candidates.styles import constructing, keywords
from parity.candidates.styles.as_refimpl import AsRefimpl, inputs
from parity.candidates.styles.constructing import (
    LAYERS,
    PARAMETERS,
    attribute_of,
    made,
    parameter_ways,
)
from parity.candidates.styles.dropping import drawn, switching
from parity.candidates.styles.framing import PAD, flat_padding
from parity.candidates.styles.moves import AS_IT_IS, Move, moves, ours, theirs
from parity.candidates.styles.naming import array_called
from parity.candidates.styles.replies import decoded
from parity.candidates.styles.requests import LAYER, call, vjp
from parity.candidates.styles.style import (
    Ask,
    Exchange,
    Plain,
    Reply,
    Signature,
    Step,
    Told,
    Unclear,
    steps,
    value_of,
)
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem

MODULE, AUTOGRAD = "torch module", "torch function"
MODULES = ("class", "instance", MODULE)  # kinds whose parameters are inside


class OfLibrary(Plain):
    """A function whose gradients the library takes itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def functions(self) -> tuple[str, ...]:
        return tuple(FUNCTIONS)

    def lacks(self, problem: Problem, told: Told) -> str:
        parameters, other = parameters_of(told), keywords.other_than_fixed(problem, told.fixed)
        problem = keywords.without_fixed(problem, told.fixed)
        lacking = keywords.lacking(problem, parameters, len(problem.arrays))
        odd = keywords.unusual_padding(problem) if problem.function != PAD else ""
        return other or lacking or odd

    def exchange(self, problem: Problem, told: Told) -> Exchange:
        ways = moves(problem, told.layout)
        arrays = theirs(problem, ways)
        parameters = parameters_of(told)
        named = {} if told.kind == AUTOGRAD else keywords.arrays_named(problem, parameters)
        placed = [name for name in problem.arrays if name not in named]
        options = keywords.keywords(problem, parameters)
        options |= flat_padding(problem, parameters) if self.name == "torch" else {}
        options |= {name: arrays[array] for array, name in named.items()}
        args: list[Any] = [arrays[name] for name in placed]
        if told.kind == AUTOGRAD:
            args, options = by_position(args, options, parameters), {}
        target = f"{told.names[0]}.apply" if told.kind == AUTOGRAD else told.names[0]
        names = inputs(problem)
        if not names:
            return steps(problem, value_alone(problem, target, args, options, self.name))
        places = [named.get(name) or placed.index(name) for name in names]
        ask = vjp(target, args, options, arrays["dy"], places, self.name)
        return steps(problem, derived(problem, ask, ways, names))


class Torch(OfLibrary):
    """Functions as above, and modules, whose parameters are set before they are called."""

    def lacks(self, problem: Problem, told: Told) -> str:
        if told.kind not in MODULES:
            return super().lacks(problem, told)
        if problem.function not in LAYERS:
            return "a function instead of a module"
        named = told.own is not None or problem.function == PAD
        odd = "" if named else keywords.unusual_padding(problem)
        other = keywords.other_than_fixed(problem, told.fixed)
        problem = keywords.without_fixed(problem, told.fixed)
        return other or constructing.lacking(problem, told) or odd

    def probe(self, told: Told) -> list[Ask]:
        return constructing.probe(told) if told.kind in MODULES else []

    def learned(self, told: Told, replies: Sequence[Reply]) -> Told | Unclear:
        return constructing.learned(told, replies) if told.kind in MODULES else told

    def exchange(self, problem: Problem, told: Told) -> Exchange:
        if told.kind not in MODULES:
            return super().exchange(problem, told)
        start = Step(made(problem, told, "torch"))
        if problem.function == "dropout":
            judged = drawn(problem, told.dropping.inverted)
            called = (*switching(told, True), of_module(problem, told))
            return steps(problem, start, *called, judged=judged)
        # A batch normalisation is judged in training, however it stands.
        train = switching(told, True) if problem.function == "batch_norm" else []
        return steps(problem, start, *train, of_module(problem, told))


class OfArrays(AsRefimpl):
    """Forward and backward by hand, on arrays of `told.library`."""

    name = "array"


def parameters_of(told: Told) -> Signature:
    """The parameters of the function; those of an autograd.Function without its context."""
    parameters = told.methods.get("forward") if told.kind == AUTOGRAD else None
    parameters = parameters or told.signature(told.names[0])
    context = parameters and parameters[0].name in ("ctx", "context", "self")
    return parameters[1:] if parameters and context else parameters


def by_position(args: list[Any], options: Mapping[str, Any], parameters: Signature) -> list[Any]:
    """The arrays, then the options in the order of the parameters: apply takes no names."""
    rest = [p.name for p in parameters or () if p.name in options]
    first = [p.name for p in parameters or () if p.name not in options]
    missing = len(first) - len(args) if rest else 0  # a bias left out is None
    return [*args, *[None] * missing, *(options[name] for name in rest)]


def of_module(problem: Problem, told: Told) -> Step:
    """The call of a module that has been made, and its gradients."""
    ways = parameter_ways(problem, told)
    arrays = theirs(problem, ways)
    given = [name for name in problem.arrays if name not in (*PARAMETERS, "mask")]
    names = [name for name in inputs(problem) if name in given]
    places = [given.index(name) for name in names]
    args = [arrays[name] for name in given]
    ask = vjp(LAYER, args, {}, arrays["dy"], places, "torch", parameters=True)
    return derived(problem, ask, ways, names, parameters_called(told))


def evaluating(problem: Problem, told: Told) -> Exchange:
    """A module that is not training."""
    start = Step(made(problem, told, "torch"))
    return steps(problem, start, *switching(told, False), of_module(problem, told))


def value_alone(
    problem: Problem, target: str, args: Sequence[Any], options: Mapping[str, Any], library: str
) -> Step:
    """The call of a function that has no gradient."""
    ask = call(target, args, options, library=library)
    return Step(ask, ("y",), lambda reply: ours(problem, {}, {"y": value_of(reply)}))


def parameters_called(told: Told) -> dict[str, str]:
    """The arrays by the module's names of its parameters."""
    found = {attribute_of(told, array): array for array in ("weight", "bias")}
    found.pop("", None)
    return found


def derived(
    problem: Problem,
    ask: Ask,
    ways: Mapping[str, Move],
    names: Sequence[str],
    parameters: Mapping[str, str] | None = None,
) -> Step:
    """The value and the gradients by the library's autograd."""

    shape = ways.get("y", AS_IT_IS).there(problem.dy).shape

    def read(reply: Reply) -> dict[str, Any]:
        said, arrays = reply
        value = value_of(reply)
        if isinstance(value, tuple) and value and np.shape(value[0]) == shape:
            value = value[0]  # (y, what it keeps)
        found = {"y": value}
        gradients = [decoded(one, arrays) for one in said.get("gradients", [])]
        found |= {f"d{n}": g for n, g in zip(names, gradients, strict=False)}
        for name, gradient in dict(decoded(said.get("parameters") or {}, arrays)).items():
            array = (parameters or {}).get(name) or array_called(name, ("weight", "bias"))
            found[f"d{array}"] = gradient
        return ours(problem, ways, found)

    held = [array for array in (parameters or {}).values() if array in problem.arrays]
    return Step(ask, ("y", *(f"d{name}" for name in (*names, *held))), read)
