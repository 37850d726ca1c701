"""Steps of optimisers: every parameter and its state beside refimpl's step from the same state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.models.references import NotUnderstoodError, OfRefimpl
from parity.oracle.observed.held import Held
from parity.oracle.observed.operation import OptimizerStep, ParameterStep

# What torch calls the state, and refimpl.
SGD = {"momentum_buffer": "velocity"}
ADAM = {
    "exp_avg": "first_moment",
    "exp_avg_sq": "second_moment",
    "max_exp_avg_sq": "max_second_moment",
}


class Moved(NamedTuple):
    """A parameter, or a part of its state, behind a step."""

    parameter: str
    tensor: str
    torch: Array
    row: int  # of what refimpl's step gives


def known_step(step: OptimizerStep) -> str:
    """refimpl's function of an optimiser, by its class or a class that it is made of.

    Raises: NotUnderstoodError.
    """
    for base in step.bases:
        if base in ("Adam", "AdamW"):
            return "adam_step"
        if base == "SGD":
            return "sgd_step"
    raise NotUnderstoodError(f"refimpl has no step of {step.name}")


def judged_steps(step: OptimizerStep) -> Iterator[tuple[OfRefimpl, list[Moved]]]:
    """Each parameter's step in refimpl, and what torch has in the place of its rows."""
    function = known_step(step)
    for parameter in step.parameters:
        arrays = _arrays(parameter, SGD if function == "sgd_step" else ADAM)
        options = _sgd(step) if function == "sgd_step" else _adam(step, parameter)
        yield OfRefimpl(function, arrays, options), list(_moved(function, step, parameter))


def _moved(function: str, step: OptimizerStep, parameter: ParameterStep) -> Iterator[Moved]:
    yield Moved(parameter.name, "new value", parameter.after.array(), 0)
    names = SGD if function == "sgd_step" else ADAM
    for row, (theirs, ours) in enumerate(names.items(), start=1):
        held = parameter.state_after.get(theirs)
        if isinstance(held, Held):
            yield Moved(parameter.name, f"new {ours}", held.array(), row)


def _arrays(parameter: ParameterStep, names: Mapping[str, str]) -> dict[str, Array]:
    if not parameter.gradient.readable or not parameter.before.readable:
        raise NotUnderstoodError(f"numbers of {parameter.gradient.dtype}, sparse or not in memory")
    arrays = {"value": parameter.before.array(), "gradient": parameter.gradient.array()}
    for theirs, ours in names.items():
        held = parameter.state_before.get(theirs)
        if isinstance(held, Held):
            arrays[ours] = held.array()
    return arrays


def _sgd(step: OptimizerStep) -> dict[str, Any]:
    return {
        "learning_rate": float(step.options["lr"]),
        **{
            name: step.options[name]
            for name in ("momentum", "dampening", "weight_decay", "nesterov", "maximize")
            if name in step.options
        },
    }


def _adam(step: OptimizerStep, parameter: ParameterStep) -> dict[str, Any]:
    decoupled = "AdamW" in step.bases or step.options.get("decoupled_weight_decay", False)
    before = parameter.state_before.get("step", 0.0)
    assert isinstance(before, float)
    return {
        "step": int(before) + 1,
        "learning_rate": float(step.options["lr"]),
        "betas": tuple(map(float, step.options["betas"])),
        "decoupled_weight_decay": bool(decoupled),
        **{
            name: step.options[name]
            for name in ("eps", "weight_decay", "amsgrad", "maximize")
            if name in step.options
        },
    }


def looks_like(reference: OfRefimpl, torch: Array) -> str:
    """The known slip that gives these values, where it is one of these."""
    if reference.function != "adam_step":
        return ""
    zeros = np.zeros_like(reference.arrays["value"])
    first = dict.fromkeys(("value", "gradient", "first_moment", "second_moment"), zeros)
    late = {**reference.options, "step": 10**9}
    uncorrected = OfRefimpl("adam_step", {**first, **reference.arrays}, late).value()[0]
    u = float(np.finfo(torch.dtype).eps)
    near = np.allclose(uncorrected, torch, rtol=8 * u, atol=8 * u * float(np.max(np.abs(torch))))
    return "this is the step without the correction of the moments’ bias" if near else ""
