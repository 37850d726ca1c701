"""Both sides of a network run free: how far apart they may be, and what that could have seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from parity import oracle
from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound
from parity.bounds.propagation.error import Accumulated, widened
from parity.bounds.propagation.rules import backward_errors, forward_error
from parity.bounds.sums import parts_bound
from parity.cases.case import Array
from parity.cases.graph import (
    SUM,
    Tensor,
    consumers,
    gradient_name,
    input_names,
    loss_arrays,
    loss_gradient_name,
    output_name,
)
from parity.cases.network_case import Described, Loss, Model
from parity.results.comparison import ratios
from parity.results.findings import Findings
from parity.results.judging import Place, Power, compared, concluded, joined
from parity.results.rows import Row
from parity.results.settings import Settings
from refimpl import Layer, Step
from refimpl.networks import as_tuple

MISTAKE = 5e-4  # a gradient 0.05 % too large: the known mistake that an accumulated row must see
MAX_KINKS = 0.01  # the share of kinks past which a row is blind

Errors = Mapping[str, Mapping[str, Array]]  # by layer, by parameter
Bounds = dict[Tensor, Accumulated]


def accumulated_bounds(
    model: Model,
    target: Array,
    recorded: oracle.NetworkResult,
    errors: Errors,
    both: Sides,
) -> Bounds:
    """How far each tensor may lie apart when both sides run free.

    `errors` holds the most by which the parameters of the two sides differ already.
    """
    bounds: Bounds = {}
    first = recorded.doutputs["x"]
    outputs = {"x": np.zeros(first.shape)}  # the error of each layer's output
    for name, layer, said in model.layers():
        taken = tuple(outputs[source] for source in said.inputs)
        arrays, moved = _layer_arrays(name, layer, said, recorded, errors, taken)
        found = forward_error(said.function, arrays, moved, said.options, both)
        bounds[Tensor(name, said.function, output_name(said.function))] = found
        outputs[name] = found.error
    last = list(recorded.outputs)[-1]
    backward = _Backward(model, recorded, errors, both, outputs)
    backward.come_back[last] = [
        (recorded.doutputs[last], _accumulated_loss(bounds, model.loss, target, backward))
    ]
    for name, layer, said in reversed(list(model.layers())):
        _accumulate_back(bounds, backward, name, layer, said)
    _error_of_sum(bounds, backward, "x")
    return bounds


class _Backward:
    """The way back: torch's values, the errors of the outputs, what came back to each."""

    def __init__(
        self,
        model: Model,
        recorded: oracle.NetworkResult,
        errors: Errors,
        both: Sides,
        outputs: Mapping[str, Array],
    ) -> None:
        self.recorded = recorded
        self.errors = errors
        self.both = both
        self.outputs = outputs
        self.takers = consumers(model.architecture)
        # (gradient, its error) from each layer that takes an output
        self.come_back: dict[str, list[tuple[Array, Array]]] = {name: [] for name in self.takers}


def _accumulate_back(
    bounds: Bounds, backward: _Backward, name: str, layer: Layer, said: Described
) -> None:
    """The errors of one layer's gradients, handed on to the layers that it takes."""
    taken = tuple(backward.outputs[source] for source in said.inputs)
    arrays, moved = _layer_arrays(name, layer, said, backward.recorded, backward.errors, taken)
    found = backward_errors(
        said.function,
        backward.recorded.doutputs[name],
        arrays,
        {**moved, "dy": _error_of_sum(bounds, backward, name)},
        said.options,
        backward.both,
    )
    names = input_names(said.function, len(said.inputs))
    for key, bound in found.items():
        label = gradient_name(said.function, key) if key in names else f"d{key}"
        bounds[Tensor(name, said.function, label)] = bound
    parts = zip(said.inputs, names, backward.recorded.dinputs[name], strict=True)
    for source, key, gradient in parts:
        backward.come_back[source].append((gradient, found[key].error))


def _error_of_sum(bounds: Bounds, backward: _Backward, name: str) -> Array:
    """The error of an output's gradient, the sum of what came back from its takers."""
    gradients, errors = zip(*backward.come_back[name], strict=True)
    total: Array = sum(errors, np.zeros(errors[0].shape))
    if len(gradients) > 1:
        wide = [widened({"d": g}, {"d": e})["d"] for g, e in zip(gradients, errors, strict=True)]
        total = total + parts_bound(wide, backward.both).limit
        bounds[Tensor(name, "add", SUM)] = Accumulated(total)
    return total


def _layer_arrays(
    name: str,
    layer: Layer,
    said: Described,
    recorded: oracle.NetworkResult,
    errors: Errors,
    taken: tuple[Array, ...],
) -> tuple[dict[str, Array], dict[str, Array]]:
    """A layer's inputs, parameters and constants, and the error of each."""
    names = input_names(said.function, len(taken))
    given = dict(zip(names, recorded.inputs[name], strict=True))
    known = errors.get(name, {})
    moved = {key: known.get(key, np.zeros(p.shape)) for key, p in layer.parameters.items()}
    exact = {key: np.zeros(c.shape) for key, c in layer.constants.items()}
    arrays = {**given, **layer.parameters, **layer.constants}
    return arrays, {**dict(zip(names, taken, strict=True)), **moved, **exact}


def _accumulated_loss(bounds: Bounds, loss: Loss, target: Array, backward: _Backward) -> Array:
    """Adds the loss and its gradient; gives the error of ∂L/∂(the network's output)."""
    last, output = list(backward.recorded.outputs.items())[-1]
    arrays, one = loss_arrays(loss, output, target), np.ones((), output.dtype)
    key = next(iter(arrays))
    moved = {key: backward.outputs[last], "dy": np.zeros(())}
    both, options = backward.both, loss.options
    value = forward_error(loss.function, arrays, moved, options, both)
    grads = backward_errors(loss.function, one, arrays, moved, options, both)
    bounds[Tensor("loss", loss.function, "loss")] = value
    bounds[Tensor("loss", loss.function, loss_gradient_name(loss))] = grads[key]
    return grads[key].error


def check_accumulated(
    findings: Findings,
    place: Place,
    model: Model,
    free: Step,
    recorded: oracle.NetworkResult,
    bounds: Mapping[Tensor, Accumulated],
    settings: Settings,
) -> None:
    """The tensors of both free runs, each beside its accumulated bound."""
    for tensor, ours, theirs in _pairs(bounds, model, free, recorded):
        here = replace(place, layer=tensor.layer, function=tensor.function)
        found = bounds[tensor]
        conclude_free(findings, here, tensor.name, (np.asarray(ours), theirs), found, settings)


def conclude_free(
    findings: Findings,
    place: Place,
    tensor: str,
    pair: tuple[Array, Array],
    found: Accumulated,
    settings: Settings,
) -> Row:
    """Judge one tensor of both free runs, and add its row."""
    bound = Bound(found.error, np.zeros(found.error.shape, bool))
    beside, power = compared(pair, bound, settings), accumulated_power(pair[1], found)
    return concluded(findings, place, tensor, beside, settings, power=power)


def accumulated_power(theirs: Array, found: Accumulated) -> Power:
    """How large an accumulated bound is; blind if it could not see a known mistake."""
    over, largest = over_values(found.error, theirs)
    reasons = []
    if over >= 1:
        reasons.append("the bound is as large as the values")
    if _is_hidden(MISTAKE, theirs, found.error):
        reasons.append("a gradient 0.05 % too large would stay under the bound")
    if found.kinks > MAX_KINKS * theirs.size:
        reasons.append("kinks in more than 1 % of the elements")
    return Power(over, largest, found.kinks, joined(*reasons))


def _is_hidden(mistake: float, theirs: Array, error: Array) -> bool:
    """Whether every value may be off by so much of itself; the largest mostly says no."""
    if theirs.size and error.shape == theirs.shape:
        largest = np.unravel_index(theirs.argmax(), theirs.shape)
        if not mistake * abs(float(theirs[largest])) <= error[largest]:
            return False
    return bool(np.all(mistake * np.abs(theirs.astype(np.float64)) <= error))


def over_values(error: Array, theirs: Array) -> tuple[float, float]:
    """The largest bound over the largest |value| of a tensor, and that value.

    >>> over_values(np.array([0.25, 2]), np.array([1, -8], np.float32))
    (0.25, 8.0)
    """
    largest = largest_value(theirs)
    return float(ratios(error.max(initial=0), np.asarray(largest))), largest


def largest_value(tensor: Array) -> float:
    """The largest |value| of a tensor; 0 of an empty one.

    >>> largest_value(np.array([1, -8, 4], np.float32))
    8.0
    """
    return max(float(tensor.max(initial=0)), -float(tensor.min(initial=0)))


def _pairs(
    tensors: Mapping[Tensor, Any], model: Model, free: Step, recorded: oracle.NetworkResult
) -> Iterator[tuple[Tensor, Array, Array]]:
    """Each tensor with refimpl's value and torch's."""
    last = list(recorded.outputs)[-1]
    outputs = dict(zip(recorded.outputs, free.activations[1:], strict=True))
    for tensor in tensors:
        layer, function, name = tensor
        if name == SUM:
            yield tensor, free.grads.doutputs[layer], recorded.doutputs[layer]
        elif name == "loss":
            yield tensor, free.loss, recorded.loss
        elif layer == "loss":
            yield tensor, free.doutput, recorded.doutputs[last]
        elif name == output_name(function):
            yield tensor, outputs[layer], recorded.outputs[layer]
        else:
            yield tensor, *_gradients(tensor, model, free, recorded)


def _gradients(
    tensor: Tensor, model: Model, free: Step, recorded: oracle.NetworkResult
) -> tuple[Array, Array]:
    """Both sides' gradient to one input or parameter of a layer."""
    layer, function, name = tensor
    names = input_names(function, len(model.architecture[layer].inputs))
    for position, key in enumerate(names):
        if name == gradient_name(function, key):
            ours = as_tuple(free.grads.dx[layer])[position]
            return ours, recorded.dinputs[layer][position]
    key = name[1:]
    return free.grads.dparameters[layer][key], recorded.dparameters[layer][key]
