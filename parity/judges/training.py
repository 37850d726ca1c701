"""Gradient descent on both sides, step by step.

Every step is judged locally: refimpl repeats torch's step from torch's weights. Beside it both
sides run free; their losses and weights stand beside an accumulated bound until that bound is
as large as what it bounds, and from there on they are `blind`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from parity import oracle
from parity.bounds.arithmetic import Sides
from parity.bounds.propagation.error import Accumulated, without_nan
from parity.bounds.rules import forward_bound
from parity.bounds.sums import descend_bound
from parity.cases.case import Array
from parity.cases.graph import Tensor
from parity.cases.network_case import Model, NetworkCase
from parity.judges.accumulated import accumulated_bounds, conclude_free
from parity.judges.network import check_locally, run_torch
from parity.judges.optimizing import Kept, optimized
from parity.results.findings import Findings
from parity.results.judging import Place, attempt, failure_row, judge
from parity.results.rows import Row, TrainingRow
from parity.results.settings import Settings
from parity.results.verdicts import VERDICTS
from refimpl import Network, Optimizer, Step, descend, train

Parameters = dict[str, dict[str, Array]]  # by layer, by parameter
QUICK_STEPS = 10  # of a training, in a quick run


@dataclass
class Descent:
    """Where a training stands: torch's network, refimpl's, and how far they may be apart.

    blind: the bound of the loss has become as large as the loss; nothing follows from it.
    optimizer, kept: of a training by an optimiser, refimpl's, and torch's state beside its errors.
    """

    torch: Model
    refimpl: Network
    errors: Parameters
    rate: float
    blind: bool = False
    optimizer: Optimizer | None = None
    kept: Kept | None = None


def check_training(case: NetworkCase, dtype: str, settings: Settings) -> Findings:
    """All steps of a network's training, judged locally and accumulated; a quick run's first."""
    findings = Findings()
    theirs, ours = case.model(dtype, settings.seed), case.network(dtype, settings.seed)
    errors = {
        name: {key: np.zeros(p.shape) for key, p in layer.parameters.items()}
        for name, layer in theirs.network.layers.items()
    }
    descent = Descent(theirs, ours, errors, case.learning_rate)
    if case.optimizer:
        descent.optimizer = Optimizer(case.optimizer.name, **case.optimizer.options)
        descent.kept = Kept(case.optimizer, case.learning_rate)
    batches = case.data(dtype, settings.seed)[: QUICK_STEPS if settings.quick else None]
    for number, (x, target) in enumerate(batches, start=1):
        place = Place(f"{case.name}[step {number}]", "", dtype, case.documents, case.name)
        if not _check_step(findings, place, descent, (x, target), number, settings):
            break
    return findings


def _check_step(
    findings: Findings,
    place: Place,
    descent: Descent,
    batch: tuple[Array, Array],
    number: int,
    settings: Settings,
) -> bool:
    """One step; False if refimpl could not go on."""
    x, target = batch
    first = len(findings.rows)
    recorded = run_torch(descent.torch, x, target, settings)
    check_locally(findings, place, descent.torch, target, recorded, settings)
    stepped = _check_update(findings, place, descent, recorded.dparameters, settings)
    local = findings.rows[first:]
    free_place = replace(place, case=f"{place.network}[free step {number}]")
    with np.errstate(all="ignore"):
        loss = descent.torch.loss
        free = attempt(
            lambda: next(
                train(
                    *(descent.refimpl, [batch], descent.rate, loss.function, descent.optimizer),
                    **loss.options,
                )
            )
        )
    if isinstance(free, str):
        findings.rows.append(failure_row(free_place, "loss", free, settings))
        return False
    loss_error = _accumulate(descent, target, recorded, settings.sides(place.dtype))
    for name, parameters in stepped.items():
        descent.torch.network.layers[name].parameters = parameters
    if descent.kept:
        descent.kept.advance()
    accumulated = _check_free(findings, free_place, descent, (free, recorded, loss_error), settings)
    findings.training.append(
        _training_row(place, number, (loss.function, target), (free, recorded), local, accumulated)
    )
    return True


def _check_update(
    findings: Findings,
    place: Place,
    descent: Descent,
    gradients: Mapping[str, Mapping[str, Array]],
    settings: Settings,
) -> Parameters:
    """Judge the update from torch's weights and gradients; give torch's new weights."""
    stepped: Parameters = {}
    for name, layer in descent.torch.network.layers.items():
        stepped[name] = {}
        for key, value in layer.parameters.items():
            gradient = gradients[name][key]
            if descent.kept:
                step = (descent.kept, (name, key), value, gradient)
                stepped[name][key] = _check_optimized(findings, place, step, settings)
                continue
            theirs = oracle.descend(value, gradient, descent.rate, settings.device)
            stepped[name][key] = theirs
            here = replace(place, layer=name, function="descend")
            ours = attempt(partial(descend, value, gradient, descent.rate))
            if isinstance(ours, str):
                findings.rows.append(failure_row(here, f"new {key}", ours, settings))
                continue
            bound = descend_bound(value, gradient, descent.rate, settings.sides(place.dtype))
            judge(findings, here, f"new {key}", (np.asarray(ours), theirs), bound, settings)
    return stepped


def _check_optimized(
    findings: Findings,
    place: Place,
    step: tuple[Kept, tuple[str, str], Array, Array],
    settings: Settings,
) -> Array:
    """Judge a step of an optimiser from torch's weights, gradients and state; torch's new weight.

    A row has the new value and the new state together, as the function gives them.
    """
    kept, (name, key), value, gradient = step
    arrays, options = kept.asked((name, key), value, gradient)
    theirs = oracle.forward(kept.function, arrays, options, settings.device)
    kept.next_state((name, key), theirs)
    here = replace(place, layer=name, function=kept.function)
    ours = attempt(partial(optimized, kept.function, arrays, options))
    if isinstance(ours, str):
        findings.rows.append(failure_row(here, f"new {key}", ours, settings))
    else:
        bound = forward_bound(kept.function, arrays, options, settings.sides(place.dtype))
        judge(findings, here, f"new {key}", (np.asarray(ours), theirs), bound, settings)
    return np.asarray(theirs[0])


def _accumulate(
    descent: Descent, target: Array, recorded: oracle.NetworkResult, both: Sides
) -> Array:
    """The error of the loss; the errors of the parameters are taken one step further."""
    if descent.blind:
        return np.asarray(np.inf)
    bounds = accumulated_bounds(descent.torch, target, recorded, descent.errors, both)
    for name, layer in descent.torch.network.layers.items():
        for key, value in layer.parameters.items():
            function = descent.torch.architecture[name].function
            moved = bounds[Tensor(name, function, f"d{key}")].error
            gradient = recorded.dparameters[name][key]
            if descent.kept:
                errors = {"value": descent.errors[name][key], "gradient": moved}
                found = descent.kept.drifted((name, key), value, gradient, errors, both)
                descent.errors[name][key] = found
                continue
            wide_value = np.abs(value) + descent.errors[name][key]
            wide_gradient = np.abs(gradient) + moved
            rounding = descend_bound(wide_value, wide_gradient, descent.rate, both).limit
            error = descent.errors[name][key] + descent.rate * moved + rounding
            descent.errors[name][key] = without_nan(error)
    return bounds[Tensor("loss", descent.torch.loss.function, "loss")].error


def _check_free(
    findings: Findings,
    place: Place,
    descent: Descent,
    step: tuple[Step, oracle.NetworkResult, Array],
    settings: Settings,
) -> list[Row]:
    """The free-running loss and the weights after the step, beside their accumulated bounds."""
    free, recorded, loss_error = step
    first = len(findings.rows)
    tensors = [("loss", "loss", np.asarray(free.loss), recorded.loss, loss_error)]
    for name, layer in descent.torch.network.layers.items():
        for key, theirs in layer.parameters.items():
            ours = descent.refimpl.layers[name].parameters[key]
            tensors.append((name, f"new {key}", ours, theirs, descent.errors[name][key]))
    for layer_name, tensor, ours, theirs, error in tensors:
        if descent.blind:
            error = np.full(theirs.shape, np.inf)
        stepping = descent.kept.function if descent.kept else "descend"
        function = descent.torch.loss.function if tensor == "loss" else stepping
        here = replace(place, layer=layer_name, function=function)
        conclude_free(findings, here, tensor, (ours, theirs), Accumulated(error), settings)
    rows = findings.rows[first:]
    descent.blind |= (rows[0].bound_over_value or 0) >= 1
    return rows


def _training_row(
    place: Place,
    number: int,
    answers: tuple[str, Array],
    sides_of: tuple[Step, oracle.NetworkResult],
    local: list[Row],
    accumulated: list[Row],
) -> TrainingRow:
    free, recorded = sides_of
    loss, *weights = accumulated
    loss_name, target = answers
    return TrainingRow(
        network=place.network,
        dtype=place.dtype,
        step=number,
        refimpl_loss=float(free.loss),
        torch_loss=float(recorded.loss),
        loss_difference=loss.max_abs_error,
        loss_bound=loss.bound_at_worst,
        weight_difference=max(row.max_abs_error for row in weights),
        weight_bound_over_value=max(row.bound_over_value or 0.0 for row in weights),
        refimpl_accuracy=_accuracy(loss_name, free.activations[-1], target),
        torch_accuracy=_accuracy(loss_name, list(recorded.outputs.values())[-1], target),
        local_worst_ratio=max(row.worst_ratio for row in local),
        local_verdict=_worst(local),
        accumulated_verdict=_worst([loss]),
    )


# Where an output, and a target, turn from one answer into the other.
MIDDLE = {
    "squared_error": (1 / 2, 1 / 2),
    "mse_loss": (0, 0),
    "binary_cross_entropy_with_logits": (0, 1 / 2),
    "perceptron_loss": (0, 0),
}


def _accuracy(loss: str, output: Array, target: Array) -> float:
    """The share of the batch that is answered right.

    Of classes by the largest logit; of numbers by being on their side of the middle.
    """
    if loss in MIDDLE:
        of_output, of_target = MIDDLE[loss]
        return float(np.mean((output > of_output) == (target > of_target)))
    return float(np.mean(np.argmax(output, axis=1) == target))


def _worst(rows: list[Row]) -> str:
    return min((row.verdict for row in rows), key=VERDICTS.index)
