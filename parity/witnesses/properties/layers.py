"""A layer does what its function does, with every option that it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.witnesses.properties.apart import apart
from parity.witnesses.properties.situation import Call, Situation, Tensors
from refimpl import Layer, LayerGrads

PARAMETERS, CONSTANTS = ("weight", "bias"), ("mask",)
AFFINE = ("conv2d", "linear")  # their layers have a bias


def layer_classes() -> dict[str, Callable[..., Layer]]:
    """The layer of each function that has one."""
    found = (value for value in vars(refimpl).values() if isinstance(value, type))
    return {c.function: c for c in found if issubclass(c, Layer) and c is not Layer}


def as_layer(given: Situation) -> Iterator[str]:
    """Forward, backward and the gradients of the parameters, bit by bit those of the function.

    The layer has run forward on other numbers before, so that it can have kept none.
    """
    call, kind = given.call, layer_classes().get(given.call.function.name)
    if kind is None or (call.function.name in AFFINE and "bias" not in call.arrays):
        return
    layer = kind(*_held(call), **call.options)
    said = f"{type(layer).__name__}({', '.join(f'{k}={v!r}' for k, v in call.options.items())})"
    y = layer.forward(*_taken(call).values())
    layer.forward(*_taken(given.other).values())
    grads = layer.backward(call.dy, *_taken(call).values())
    if type(grads) is not LayerGrads or set(grads.dparameters) != set(layer.parameters):
        yield f"{said} returns {grads!r}, not LayerGrads of {', '.join(layer.parameters)}"
        return
    yield from apart(said, _tensors(call, y, grads), given.first)
    if call.function.name == "dropout":
        yield from _without_mask(call)


def _held(call: Call) -> list[Array]:
    return [call.arrays[k] for k in (*PARAMETERS, *CONSTANTS) if k in call.arrays]


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
