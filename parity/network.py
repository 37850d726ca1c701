"""A network end to end: every layer locally, from identical inputs, and both sides free.

Local rows decide: refimpl's layer gets the input, the upstream gradient and the
parameters that torch recorded, so that the layer's own bound applies at any depth. Accumulated
rows are reported beside: there each side used its own values throughout. They can be blind; one
that is outside its bound is a disagreement too, of how the layers are joined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from parity import oracle
from parity.arithmetic import Sides, sides
from parity.bounds import Bound, backward_bounds, forward_bound
from parity.cases.case import Array
from parity.cases.networks import Described, Model, NetworkCase
from parity.compare import BLIND, OUTSIDE, ratios
from parity.findings import (
    Findings,
    Place,
    Settings,
    attempt,
    failure_row,
    joined,
    judge,
    timed,
)
from parity.propagation import Accumulated, backward_errors, forward_error
from parity.rows import Row, TimingRow
from refimpl import Layer, Sequential, Step, cross_entropy, cross_entropy_backward, loss_and_grads

ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "softmax")
MISTAKE = 5e-4  # a gradient 0.05 % too large: the known mistake that an accumulated row must see
MAX_KINKS = 0.01  # the share of kinks past which a row is blind

Errors = Mapping[str, Mapping[str, Array]]  # by layer, by parameter


class Tensor(NamedTuple):
    """One tensor of a network: its layer, the layer's function, its name in the reports."""

    layer: str
    function: str
    name: str


def check_network(case: NetworkCase, dtype: str, settings: Settings) -> Findings:
    """One forward and backward of a network, judged locally and accumulated."""
    findings = Findings()
    model, (x, target) = case.model(dtype, settings.seed), case.data(dtype, settings.seed)[0]
    recorded, torch_seconds = timed(lambda: run_torch(model, x, target, settings))
    free, refimpl_seconds = timed(lambda: run_refimpl(model.network, x, target))
    findings.timings.append(TimingRow(case.name, dtype, refimpl_seconds, torch_seconds))
    local = Place(f"{case.name}[local]", "", dtype, case.documents, case.name)
    check_locally(findings, local, model, target, recorded, settings)
    accumulated = replace(local, case=f"{case.name}[accumulated]")
    if isinstance(free, str):
        findings.rows.append(failure_row(accumulated, "loss", free, settings))
    else:
        bounds = accumulated_bounds(model, target, recorded, {}, sides(dtype))
        check_accumulated(findings, accumulated, free, recorded, bounds, settings)
    return findings


def run_torch(model: Model, x: Array, target: Array, settings: Settings) -> oracle.NetworkResult:
    """The described network in torch, from the parameters that refimpl's network has now."""
    layers = {
        name: oracle.NetworkLayer(said.function, layer.parameters, said.options)
        for name, layer, said in model.layers()
    }
    return oracle.network(layers, x, target, settings.device)


def run_refimpl(network: Sequential, x: Array, target: Array) -> Step | str:
    """The network in refimpl, or what it raised."""
    with np.errstate(all="ignore"):
        return attempt(lambda: loss_and_grads(network, x, target))


def output_name(function: str) -> str:
    """z before an activation, a behind it, y elsewhere."""
    return {"conv2d": "z", "linear": "z"}.get(function, "a" if function in ACTIVATIONS else "y")


def gradient_name(function: str) -> str:
    """delta is ∂L/∂z, the gradient to the input of an activation."""
    return "delta" if function in ACTIVATIONS else "dx"


# --- locally ------------------------------------------------------------------------------


def check_locally(
    findings: Findings,
    place: Place,
    model: Model,
    target: Array,
    recorded: oracle.NetworkResult,
    settings: Settings,
) -> None:
    """Every layer, and the loss, from the values that torch recorded."""
    for name, layer, said in model.layers():
        here = replace(place, layer=name, function=said.function)
        x, dy = recorded.inputs[name], recorded.doutputs[name]
        ours = _layer_tensors(layer, said, dy, x)
        dparameters = {f"d{k}": d for k, d in recorded.dparameters[name].items()}
        theirs = {
            output_name(said.function): recorded.outputs[name],
            gradient_name(said.function): recorded.dinputs[name],
            **dparameters,
        }
        bounds = _layer_bounds(layer, said, dy, x, sides(place.dtype))
        _judge_all(findings, here, ours, theirs, bounds, settings)
    _check_loss(findings, place, target, recorded, settings)


def _layer_tensors(layer: Layer, said: Described, dy: Array, x: Array) -> dict[str, Array] | str:
    def run() -> dict[str, Array]:
        y, grads = layer.forward(x), layer.backward(dy, x)
        return {
            output_name(said.function): y,
            gradient_name(said.function): grads.dx,
            **{f"d{name}": gradient for name, gradient in grads.dparameters.items()},
        }

    with np.errstate(all="ignore"):
        return attempt(run)


def _layer_bounds(
    layer: Layer, said: Described, dy: Array, x: Array, both: Sides
) -> dict[str, Bound]:
    arrays = {"x": x, **layer.parameters}
    backward = backward_bounds(said.function, dy, arrays, said.options, both)
    return {
        output_name(said.function): forward_bound(said.function, arrays, said.options, both),
        gradient_name(said.function): backward.pop("x"),
        **{f"d{name}": bound for name, bound in backward.items()},
    }


def _check_loss(
    findings: Findings,
    place: Place,
    target: Array,
    recorded: oracle.NetworkResult,
    settings: Settings,
) -> None:
    last = list(recorded.outputs)[-1]
    logits = recorded.outputs[last]
    one = np.ones((), logits.dtype)

    def run() -> dict[str, Array]:
        return {
            "loss": np.asarray(cross_entropy(logits, target)),
            "dlogits": cross_entropy_backward(one, logits, target),
        }

    arrays, both = {"logits": logits, "target": target}, sides(place.dtype)
    bounds = {
        "loss": forward_bound("cross_entropy", arrays, {}, both),
        "dlogits": backward_bounds("cross_entropy", one, arrays, {}, both)["logits"],
    }
    theirs = {"loss": recorded.loss, "dlogits": recorded.doutputs[last]}
    here = replace(place, layer="loss", function="cross_entropy")
    with np.errstate(all="ignore"):
        ours = attempt(run)
    _judge_all(findings, here, ours, theirs, bounds, settings)


def _judge_all(
    findings: Findings,
    place: Place,
    ours: dict[str, Array] | str,
    theirs: Mapping[str, Array],
    bounds: Mapping[str, Bound],
    settings: Settings,
) -> None:
    if isinstance(ours, str):
        findings.rows.append(failure_row(place, next(iter(theirs)), ours, settings))
        return
    for name, expected in theirs.items():
        if name not in ours:
            row = failure_row(place, name, f"refimpl gives no {name}", settings)
            findings.rows.append(row)
            continue
        row = judge(findings, place, name, (ours[name], expected), bounds[name], settings)
        over = bound_over_value(bounds[name].limit, expected)
        findings.rows[-1] = replace(row, bound_over_value=over)


# --- accumulated --------------------------------------------------------------------------


def accumulated_bounds(
    model: Model,
    target: Array,
    recorded: oracle.NetworkResult,
    errors: Errors,
    both: Sides,
) -> dict[Tensor, Accumulated]:
    """How far each tensor may lie apart when both sides run free.

    `errors` holds the most by which the parameters of the two sides differ already.
    """
    bounds: dict[Tensor, Accumulated] = {}
    inputs: dict[str, Array] = {}  # the error of each layer's input
    error = np.zeros(next(iter(recorded.inputs.values())).shape)
    for name, layer, said in model.layers():
        inputs[name] = error
        arrays, moved = _layer_arrays(name, layer, recorded, errors, error)
        found = forward_error(said.function, arrays, moved, said.options, both)
        bounds[Tensor(name, said.function, output_name(said.function))] = found
        error = found.error
    dx = _accumulated_loss(bounds, target, recorded, error, both)
    for name, layer, said in reversed(list(model.layers())):
        arrays, moved = _layer_arrays(name, layer, recorded, errors, inputs[name])
        found_grads = backward_errors(
            said.function,
            recorded.doutputs[name],
            arrays,
            {**moved, "dy": dx},
            said.options,
            both,
        )
        dx = found_grads["x"].error
        for key, found in found_grads.items():
            label = gradient_name(said.function) if key == "x" else f"d{key}"
            bounds[Tensor(name, said.function, label)] = found
    return bounds


def _layer_arrays(
    name: str, layer: Layer, recorded: oracle.NetworkResult, errors: Errors, error: Array
) -> tuple[dict[str, Array], dict[str, Array]]:
    """A layer's input and parameters, and the error of each."""
    arrays = {"x": recorded.inputs[name], **layer.parameters}
    known = errors.get(name, {})
    moved = {key: known.get(key, np.zeros(p.shape)) for key, p in layer.parameters.items()}
    return arrays, {"x": error, **moved}


def _accumulated_loss(
    bounds: dict[Tensor, Accumulated],
    target: Array,
    recorded: oracle.NetworkResult,
    error: Array,
    both: Sides,
) -> Array:
    """Adds the loss and its gradient; gives the error of ∂L/∂logits."""
    logits = list(recorded.outputs.values())[-1]
    arrays, one = {"logits": logits, "target": target}, np.ones((), logits.dtype)
    moved = {"logits": error, "dy": np.zeros(())}
    loss = forward_error("cross_entropy", arrays, moved, {}, both)
    grads = backward_errors("cross_entropy", one, arrays, moved, {}, both)
    bounds[Tensor("loss", "cross_entropy", "loss")] = loss
    bounds[Tensor("loss", "cross_entropy", "dlogits")] = grads["logits"]
    return grads["logits"].error


def check_accumulated(
    findings: Findings,
    place: Place,
    free: Step,
    recorded: oracle.NetworkResult,
    bounds: Mapping[Tensor, Accumulated],
    settings: Settings,
) -> None:
    """The tensors of both free runs, each beside its accumulated bound."""
    for tensor, ours, theirs in _pairs(bounds, free, recorded):
        here = replace(place, layer=tensor.layer, function=tensor.function)
        found = bounds[tensor]
        bound = Bound(found.error, np.zeros(found.error.shape, bool))
        row = judge(findings, here, tensor.name, (np.asarray(ours), theirs), bound, settings)
        findings.rows[-1] = with_power(row, theirs, found)


def with_power(row: Row, theirs: Array, found: Accumulated) -> Row:
    """The row with its bound_over_value; blind if it could not see a known mistake."""
    values, over = np.abs(theirs.astype(np.float64)), bound_over_value(found.error, theirs)
    reasons = []
    if over >= 1:
        reasons.append("the bound is as large as the values")
    if np.all(MISTAKE * values <= found.error):
        reasons.append("a gradient 0.05 % too large would stay under the bound")
    if found.kinks > MAX_KINKS * theirs.size:
        reasons.append("kinks in more than 1 % of the elements")
    row = replace(row, bound_over_value=over, kinks=found.kinks)
    if row.verdict == OUTSIDE or not reasons:
        return row
    return replace(row, verdict=BLIND, note=joined(row.note, *reasons))


def bound_over_value(error: Array, theirs: Array) -> float:
    """The largest bound over the largest |value| of a tensor."""
    largest = np.max(np.abs(theirs.astype(np.float64)), initial=0)
    return float(ratios(np.max(error, initial=0), largest))


def _pairs(
    tensors: Mapping[Tensor, Any], free: Step, recorded: oracle.NetworkResult
) -> Iterator[tuple[Tensor, Array, Array]]:
    """Each tensor with refimpl's value and torch's."""
    last = list(recorded.outputs)[-1]
    outputs = dict(zip(recorded.outputs, free.activations[1:], strict=True))
    for tensor in tensors:
        layer, function, name = tensor
        if name == "loss":
            yield tensor, free.loss, recorded.loss
        elif name == "dlogits":
            yield tensor, free.dlogits, recorded.doutputs[last]
        elif name == output_name(function):
            yield tensor, outputs[layer], recorded.outputs[layer]
        elif name == gradient_name(function):
            yield tensor, free.grads.dx[layer], recorded.dinputs[layer]
        else:
            key = name[1:]
            yield tensor, free.grads.dparameters[layer][key], recorded.dparameters[layer][key]
