"""The same object asked twice: what is left of the first call shows in the second."""

from __future__ import annotations

from parity.candidates.styles.as_layer import (
    backward_steps,
    forward_step,
    zeroing,
)
from parity.candidates.styles.constructing import made, parameter_ways
from parity.candidates.styles.of_library import MODULES, of_module
from parity.candidates.styles.style import BOTH, Exchange, Step, Told, steps
from parity.witnesses.problem import Problem

# What is asked for the second time, and whether gradients are set to 0 before.
WHOLE, NOT_ZEROED, BACKWARD_ALONE = "", "not zeroed", "backward alone"


def again(told: Told, first: Problem, second: Problem, how: str = WHOLE) -> Exchange | None:
    """The second problem behind the first, whose parameters are the same; None of functions."""
    if told.style == "torch" and told.kind in MODULES:
        if how != WHOLE:
            return None
        asked = [of_module(first, told)], [of_module(second, told)]
    elif told.style == "layer":
        asked = calls(first, told), calls(second, told)
        if told.part != BOTH and how != WHOLE:
            return None
    else:
        return None
    before = [Step(step.ask) for step in asked[0]]
    between = zeroing(told) if how != NOT_ZEROED else []
    after = asked[1][1:] if how == BACKWARD_ALONE else asked[1]
    start = [Step(made(second, told, told.library)), *zeroing(told)]
    return steps(second, *start, *before, *between, *after)


def calls(problem: Problem, told: Told) -> list[Step]:
    """What a layer is asked once it is made."""
    ways = parameter_ways(problem, told)
    forward = forward_step(problem, told, ways)
    return [forward, *(backward_steps(problem, told, ways) if told.part == BOTH else ())]
