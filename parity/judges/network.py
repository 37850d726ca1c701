"""A network end to end: every layer locally, from identical inputs, and both sides free.

Local rows decide: refimpl's layer gets the inputs, the upstream gradient and the
parameters that torch recorded, so that the layer's own bound applies at any depth. Where several
layers take one output, the sum of what comes back from them is a row of its own (`dsum`).
Accumulated rows (`parity.judges.accumulated`) are reported beside: there each side used its own
values throughout. They can be blind; one that is outside its bound is a disagreement too, of how
the layers are joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import refimpl
from parity import oracle
from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound
from parity.bounds.rules import forward_bound, tensor_bounds
from parity.bounds.sums import parts_bound
from parity.cases.case import Array, generator
from parity.cases.functions import FUNCTIONS
from parity.cases.graph import (
    RUNNING,
    SUM,
    consumers,
    gradient_name,
    input_names,
    loss_arrays,
    loss_gradient_name,
    output_name,
)
from parity.cases.network_case import Described, Loss, Model, NetworkCase
from parity.judges.accumulated import accumulated_bounds, check_accumulated, over_values
from parity.results.findings import Findings
from parity.results.judging import (
    Compared,
    Place,
    Power,
    attempt,
    compared,
    concluded,
    failure_row,
    shapes_apart,
    timed,
)
from parity.results.rows import TimingRow
from parity.results.settings import Settings
from parity.witnesses.problem import SUM as PARTS
from parity.witnesses.problem import Problem
from refimpl import Layer, Step, loss_and_grads
from refimpl.networks import as_tuple, sum_of_parts

if TYPE_CHECKING:  # flint, which a quick run does without
    from parity.witnesses.closeness import Exact

NETWORK_BUDGET = 500_000  # multiply-adds of a layer that exact arithmetic computes whole


def check_network(case: NetworkCase, dtype: str, settings: Settings) -> Findings:
    """One forward and backward of a network, judged locally and accumulated."""
    findings = Findings()
    model, (x, target) = case.model(dtype, settings.seed), case.data(dtype, settings.seed)[0]
    recorded, torch_seconds = timed(lambda: run_torch(model, x, target, settings))
    free, refimpl_seconds = timed(lambda: run_refimpl(model, x, target))
    findings.timings.append(TimingRow(case.name, dtype, refimpl_seconds, torch_seconds))
    local = Place(f"{case.name}[local]", "", dtype, case.documents, case.name)
    check_locally(findings, local, model, target, recorded, settings, exactly=True)
    accumulated = replace(local, case=f"{case.name}[accumulated]")
    if isinstance(free, str):
        findings.rows.append(failure_row(accumulated, "loss", free, settings))
    else:
        bounds = accumulated_bounds(model, target, recorded, {}, settings.sides(dtype))
        check_accumulated(findings, accumulated, model, free, recorded, bounds, settings)
    return findings


def run_torch(model: Model, x: Array, target: Array, settings: Settings) -> oracle.NetworkResult:
    """The described network in torch, from the parameters that refimpl's network has now."""
    layers = {
        name: oracle.NetworkLayer(
            said.function, said.inputs, layer.parameters, layer.constants, said.options
        )
        for name, layer, said in model.layers()
    }
    loss = model.loss
    return oracle.network(layers, x, target, loss.function, loss.options, settings.device)


def run_refimpl(model: Model, x: Array, target: Array) -> Step | str:
    """The network in refimpl, or what it raised."""
    loss = model.loss
    with np.errstate(all="ignore"):
        return attempt(
            lambda: loss_and_grads(model.network, x, target, loss.function, **loss.options)
        )


# --- locally ------------------------------------------------------------------------------


def check_locally(
    findings: Findings,
    place: Place,
    model: Model,
    target: Array,
    recorded: oracle.NetworkResult,
    settings: Settings,
    exactly: bool = False,
) -> None:
    """Every layer, and the loss, from the values that torch recorded.

    exactly: every tensor is judged by exact arithmetic too, otherwise only where it has to be.
    """
    for name, layer, said in model.layers():
        here = replace(place, layer=name, function=said.function)
        xs, dy = recorded.inputs[name], recorded.doutputs[name]
        ours = _layer_tensors(layer, said, dy, xs)
        dparameters = {f"d{k}": d for k, d in recorded.dparameters[name].items()}
        theirs = {
            output_name(said.function): recorded.outputs[name],
            **_named_gradients(said, recorded.dinputs[name]),
            **dparameters,
        }
        if isinstance(ours, str):
            first = output_name(said.function)
            y = attempt(lambda layer=layer, xs=xs: layer.forward(*xs))  # type: ignore[misc]
            reason = shapes_apart(first, y, theirs[first]) or ours
            findings.rows.append(failure_row(here, first, reason, settings))
            continue
        problem = layer_problem(layer, said, dy, xs)
        arrays = problem.arrays
        bounds = _layer_bounds(said, dy, arrays, len(xs), settings.sides(place.dtype))
        labels = _labels(said.function, arrays, len(xs))
        asked = _Asked(problem, labels, exactly)
        _judge_all(findings, here, (ours, theirs), bounds, asked, settings)
        _check_running(findings, here, layer, said, xs[0], settings, exactly)
    _check_sums(findings, place, model, recorded, settings, exactly)
    _check_loss(findings, place, model.loss, target, recorded, settings, exactly)


class _Asked(NamedTuple):
    """What exact arithmetic may be asked of a layer.

    labels: what the problem's tensors are called in the reports. exactly: of all of them, otherwise
    of those alone about which the bound of both sides leaves something open.
    """

    problem: Problem
    labels: Mapping[str, str]
    exactly: bool


def _exact(
    place: Place,
    asked: _Asked,
    bounds: Mapping[str, Bound],
    found: Mapping[str, Compared],
    settings: Settings,
) -> Exact | None:
    """The exact witness of a layer."""
    if settings.quick:
        return None
    labels = asked.labels
    if not asked.exactly:
        labels = {t: n for t, n in labels.items() if n in found and found[n].is_open}
    if not labels:
        return None
    from parity.witnesses.closeness import exact_witness

    named = {tensor: bounds[label] for tensor, label in labels.items()}
    names = {label: tensor for tensor, label in labels.items()}
    rng = generator(settings.seed, place.case, place.layer, "exact")
    pairs = {t: found[label].pair for t, label in labels.items() if label in found}
    return exact_witness(asked.problem, named, pairs, rng, NETWORK_BUDGET, names)


def _labels(function: str, arrays: Mapping[str, Array], inputs: int) -> dict[str, str]:
    """y, dx, dweight, … of a layer and what they are called in the reports."""
    names = input_names(function, inputs)
    gradients = [name for name in FUNCTIONS[function].inputs if name in arrays]
    return {
        "y": output_name(function),
        **{f"d{n}": gradient_name(function, n) if n in names else f"d{n}" for n in gradients},
    }


def _named_gradients(said: Described, gradients: tuple[Array, ...]) -> dict[str, Array]:
    names = input_names(said.function, len(gradients))
    return {gradient_name(said.function, n): g for n, g in zip(names, gradients, strict=True)}


def _layer_tensors(
    layer: Layer, said: Described, dy: Array, xs: tuple[Array, ...]
) -> dict[str, Array] | str:
    def run() -> dict[str, Array]:
        y, grads = layer.forward(*xs), layer.backward(dy, *xs)
        return {
            output_name(said.function): y,
            **_named_gradients(said, as_tuple(grads.dx)),
            **{f"d{name}": gradient for name, gradient in grads.dparameters.items()},
        }

    with np.errstate(all="ignore"):
        return attempt(run)


def layer_problem(layer: Layer, said: Described, dy: Array, xs: tuple[Array, ...]) -> Problem:
    """A layer on its own, from given inputs and upstream gradient."""
    names = input_names(said.function, len(xs))
    arrays = {**dict(zip(names, xs, strict=True)), **layer.parameters, **layer.constants}
    return Problem(said.function, arrays, said.options, dy)


def loss_problem(loss: Loss, output: Array, target: Array) -> Problem:
    """A loss on its own, from the network's output."""
    arrays = loss_arrays(loss, output, target)
    return Problem(loss.function, arrays, loss.options, np.ones((), output.dtype))


def _layer_bounds(
    said: Described, dy: Array, arrays: Mapping[str, Array], inputs: int, both: Sides
) -> dict[str, Bound]:
    names = input_names(said.function, inputs)
    value, gradients = tensor_bounds(said.function, dy, arrays, said.options, both)
    bounds = {output_name(said.function): value}
    for name, bound in gradients.items():
        label = gradient_name(said.function, name) if name in names else f"d{name}"
        bounds[label] = bound
    return bounds


def _check_running(
    findings: Findings,
    place: Place,
    layer: Layer,
    said: Described,
    x: Array,
    settings: Settings,
    exactly: bool,
) -> None:
    """Behind a batch normalisation in training: the running statistics with this batch in them."""
    if said.function != "batch_norm" or not (said.options.get("training") and layer.constants):
        return
    here, arrays = replace(place, function="running_statistics"), {"x": x, **layer.constants}
    with np.errstate(all="ignore"):
        ours = attempt(lambda: {RUNNING: refimpl.running_statistics(x, **layer.constants)})
    theirs = {RUNNING: oracle.forward(here.function, arrays, {}, settings.device)}
    bounds = {RUNNING: forward_bound(here.function, arrays, {}, settings.sides(place.dtype))}
    problem = Problem(here.function, arrays, {}, np.zeros_like(theirs[RUNNING]))
    asked = _Asked(problem, {"y": RUNNING}, exactly)
    _judge_all(findings, here, (ours, theirs), bounds, asked, settings)


def _check_sums(
    findings: Findings,
    place: Place,
    model: Model,
    recorded: oracle.NetworkResult,
    settings: Settings,
    exactly: bool,
) -> None:
    """Where several layers take one output: the sum of their gradients."""
    for name, takers in consumers(model.architecture).items():
        if len(takers) < 2:
            continue
        parts = [recorded.dinputs[taker][position] for taker, position in takers]
        ours = attempt(lambda parts=parts: {SUM: sum_of_parts(parts)})  # type: ignore[misc]
        bounds = {SUM: parts_bound(parts, settings.sides(place.dtype))}
        here, theirs = replace(place, layer=name, function="add"), {SUM: recorded.doutputs[name]}
        problem = Problem(
            PARTS, {str(k): part for k, part in enumerate(parts)}, {}, np.zeros_like(parts[0])
        )
        asked = _Asked(problem, {"y": SUM}, exactly)
        _judge_all(findings, here, (ours, theirs), bounds, asked, settings)


def _check_loss(
    findings: Findings,
    place: Place,
    loss: Loss,
    target: Array,
    recorded: oracle.NetworkResult,
    settings: Settings,
    exactly: bool,
) -> None:
    last = list(recorded.outputs)[-1]
    output = recorded.outputs[last]
    problem, dname = loss_problem(loss, output, target), loss_gradient_name(loss)
    arrays, one = problem.arrays, problem.dy

    def run() -> dict[str, Array]:
        value = getattr(refimpl, loss.function)(output, target, **loss.options)
        backward = getattr(refimpl, f"{loss.function}_backward")
        return {"loss": np.asarray(value), dname: backward(one, output, target, **loss.options)}

    both = settings.sides(place.dtype)
    value, gradients = tensor_bounds(loss.function, one, arrays, loss.options, both)
    bounds = {"loss": value, dname: next(iter(gradients.values()))}
    theirs = {"loss": recorded.loss, dname: recorded.doutputs[last]}
    here = replace(place, layer="loss", function=loss.function)
    with np.errstate(all="ignore"):
        ours = attempt(run)
    asked = _Asked(problem, {"y": "loss", dname: dname}, exactly)
    _judge_all(findings, here, (ours, theirs), bounds, asked, settings)


def _judge_all(
    findings: Findings,
    place: Place,
    sides: tuple[dict[str, Array] | str, Mapping[str, Array]],
    bounds: Mapping[str, Bound],
    asked: _Asked,
    settings: Settings,
) -> None:
    """A row for each of torch's tensors."""
    ours, theirs = sides
    if isinstance(ours, str):
        findings.rows.append(failure_row(place, next(iter(theirs)), ours, settings))
        return
    found = {
        name: compared((ours[name], expected), bounds[name], settings)
        for name, expected in theirs.items()
        if name in ours
    }
    exact = _exact(place, asked, bounds, found, settings)
    for name, expected in theirs.items():
        if name not in found:
            row = failure_row(place, name, f"refimpl gives no {name}", settings)
            findings.rows.append(row)
            continue
        power = Power(*over_values(bounds[name].limit, expected))
        concluded(findings, place, name, found[name], settings, exact, power)
