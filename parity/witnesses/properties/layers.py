"""A layer does what its function does, with every option that it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from inspect import Parameter
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.function import parameters_of
from parity.witnesses.properties.apart import apart
from parity.witnesses.properties.arguments import ORDER, in_order
from parity.witnesses.properties.situation import Call, Situation, Tensors
from refimpl import Layer, LayerGrads

PARAMETERS, CONSTANTS = ("weight", "bias"), ("mask", "running_mean", "running_var")
# Their layers have a weight and a bias.
AFFINE = ("batch_norm", "layer_norm", "group_norm")


@cache
def layer_classes() -> Mapping[str, Callable[..., Layer]]:
    """The layer of each function that has one."""
    found = (value for value in vars(refimpl).values() if isinstance(value, type))
    return {c.function: c for c in found if issubclass(c, Layer) and c is not Layer}


def as_layer(given: Situation) -> Iterator[str]:
    """Forward, backward and the gradients of the parameters, bit by bit those of the function.

    Its options have names, or stand in the order that they have in the function. The layer has
    run forward on other numbers before, so that it can have kept none; another of its kind, with
    no options but those that it must have, has been made in between.
    """
    call, kind = given.call, layer_classes().get(given.call.function.name)
    if kind is None or (call.function.name in AFFINE and not {*PARAMETERS} <= {*call.arrays}):
        return
    said = f"{kind.__name__}({', '.join(f'{k}={v!r}' for k, v in call.options.items())})"
    yield from _as_function(said, kind(*_held(kind, call), **call.options), given)
    placed = _by_place(kind, call)
    if placed:
        said = f"{kind.__name__}({', '.join(map(repr, placed))}), options by place"
        yield from _as_function(said, kind(*_held(kind, call), *placed), given)
    if call.function.name == "dropout":
        yield from _without_mask(call)


def _as_function(said: str, layer: Layer, given: Situation) -> Iterator[str]:
    call = given.call
    y = layer.forward(*_taken(call).values())
    layer.forward(*_taken(given.other).values())
    _another(type(layer), call)
    grads = layer.backward(call.dy, *_taken(call).values())
    if type(grads) is not LayerGrads or set(grads.dparameters) != set(layer.parameters):
        yield f"{said} returns {grads!r}, not LayerGrads of {', '.join(layer.parameters)}"
        return
    # linear_backward has a dbias where there is no bias, too; the layer has none.
    first = {k: v for k, v in given.first.items() if k != "dbias" or "bias" in call.arrays}
    yield from apart(said, _tensors(call, y, grads), first)


def _by_place(kind: Callable[..., Layer], call: Call) -> list[Any]:
    """All options that the layer has, the function's defaults among them, in the given order."""
    defaults = parameters_of(getattr(refimpl, call.function.name))
    names = [name for name in _known(kind) if name in ORDER and name not in PARAMETERS]
    return [call.options.get(name, defaults[name].default) for name in in_order(names)]


def _another(kind: Callable[..., Layer], call: Call) -> None:
    """A layer of the same kind at its defaults: what it was given is not the first one's."""
    known = _known(kind).values()
    needed = [p.name for p in known if p.default is p.empty and p.name in call.options]
    kind(*_held(kind, call), **{name: call.options[name] for name in needed})


def _held(kind: Callable[..., Layer], call: Call) -> list[Array | None]:
    """The arrays that a layer takes, in its order; what may be left out is None."""
    names = (*PARAMETERS, *CONSTANTS)
    return [call.arrays.get(k) for k in _known(kind) if k in names]


def _known(kind: Any) -> Mapping[str, Parameter]:
    """What a layer is made from, behind itself."""
    return parameters_of(kind.__init__)


def _taken(call: Call) -> Mapping[str, Array]:
    return {k: a for k, a in call.arrays.items() if k not in (*PARAMETERS, *CONSTANTS)}


def _tensors(call: Call, y: Array, grads: LayerGrads) -> Tensors:
    dxs = grads.dx if isinstance(grads.dx, tuple) else (grads.dx,)
    of_inputs = {f"d{k}": dx for k, dx in zip(_taken(call), dxs, strict=True)}
    return {"y": y, **of_inputs, **{f"d{k}": d for k, d in grads.dparameters.items()}}


def _without_mask(call: Call) -> Iterator[str]:
    """Dropout as in use: x passes, in memory of its own."""
    x, layer = call.arrays["x"], refimpl.Dropout(**call.options)
    y, grads = layer.forward(x), layer.backward(call.dy, x)
    yield from apart("Dropout without a mask", {"y": y, "dx": grads.dx}, {"y": x, "dx": call.dy})
    if np.shares_memory(y, x) or np.shares_memory(grads.dx, call.dy):
        yield "Dropout without a mask returns memory of its argument"
