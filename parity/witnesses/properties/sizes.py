"""Sizes and numbers of parameters, as the arrays of a case have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np

import refimpl
from parity import oracle
from parity.cases.case import Array, Shape
from parity.witnesses.definitions.windows import each
from parity.witnesses.properties.arguments import narrow
from parity.witnesses.properties.situation import Call, Situation

CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
POOLINGS = tuple(f"{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3))
OF_SIZE = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")


class Counted(NamedTuple):
    """A function of sizes, how it is called, and what it must give."""

    name: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    wanted: Any

    @property
    def in_one_number(self) -> Counted | None:
        """The same with one number for the only axis: of a size of one number, one comes back."""
        if not (isinstance(self.arguments[0], tuple) and len(self.arguments[0]) == 1):
            return None
        size, wanted = self.arguments[0][0], self.wanted
        wanted = wanted[0] if self.name.endswith("output_size") else wanted
        return self._replace(arguments=(size, *self.arguments[1:]), wanted=wanted)


def sizes_as_counted(given: Situation) -> Iterator[str]:
    """The output's size beside torch's; weights, biases, connections beside those of the arrays.

    Asked with Python's integers and with narrow ones of NumPy, which give Python's all the same.
    """
    for asked in _counted(given.call):
        for counted in filter(None, (asked, asked.in_one_number)):
            for said, integer in (("", int), (" of narrow integers", narrow)):
                found = _called(counted, integer)
                if not _is(found, counted.wanted):
                    yield f"{counted.name}{said} says {found!r}, not {counted.wanted!r}"


def _called(counted: Counted, integer: Callable[[int], Any]) -> Any:
    arguments = (_written(argument, integer) for argument in counted.arguments)
    options = {name: _written(value, integer) for name, value in counted.options.items()}
    return getattr(refimpl, counted.name)(*arguments, **options)


def _written(value: Any, integer: Callable[[int], Any]) -> Any:
    if isinstance(value, tuple | list):
        return tuple(_written(entry, integer) for entry in value)
    return value if isinstance(value, str | bool) or value is None else integer(value)


def _is(found: Any, wanted: Any) -> bool:
    """Whether the same numbers came back, as Python's own or in an array."""
    if isinstance(wanted, np.ndarray):
        return isinstance(found, np.ndarray) and np.array_equal(found, wanted)
    if isinstance(wanted, tuple):
        return (
            isinstance(found, tuple) and len(found) == len(wanted) and all(map(_is, found, wanted))
        )
    return type(found) is int and found == wanted


def _counted(call: Call) -> Iterator[Counted]:
    name, arrays = call.function.name, call.arrays
    if name in POOLINGS:
        yield from _of_pooling(call)
    if name in CONVOLUTIONS:
        yield from _of_convolution(call)
    if name == "shared_conv2d":
        weight = arrays["weight"]
        shape = len(weight), weight.shape[1:]
        yield Counted("shared_conv_parameters", shape, {}, (weight.size, len(weight)))
    if name == "linear":
        weight = arrays["weight"]
        sizes = weight.shape[::-1]
        yield Counted("dense_parameters", sizes, {}, (weight.size, len(weight)))
        yield Counted("dense_connections", sizes, {}, weight.size)


def _of_pooling(call: Call) -> Iterator[Counted]:
    x = next(iter(call.arrays.values()))
    options = {key: value for key, value in call.options.items() if key in OF_SIZE}
    yield Counted("pool_output_size", (x.shape[2:],), options, call.dy.shape[2:])


def _of_convolution(call: Call) -> Iterator[Counted]:
    """Weights are shared, or not; an input is read by as many windows as send dx something."""
    x, weight = call.arrays["x"], call.arrays["weight"]
    options = {key: value for key, value in call.options.items() if key in OF_SIZE}
    groups = call.options.get("groups", 1)
    sizes, kernel, output = x.shape[2:], weight.shape[2:], call.dy.shape[2:]
    inputs, outputs = x.shape[1], len(weight)
    yield Counted("conv_output_size", (sizes, kernel), options, output)
    shared = (inputs, outputs, kernel)
    yield Counted("conv_parameters", shared, {"groups": groups}, (weight.size, outputs))
    channels = {"channels_in": inputs, "channels_out": outputs}
    neurons = outputs * prod(output)
    own = neurons * inputs * prod(kernel), neurons
    yield Counted("local_parameters", (sizes, kernel), {**options, **channels}, own)
    counts = _windows(call, options)
    yield Counted("window_counts", (sizes, kernel), options, counts)
    connections = inputs * outputs * int(counts.sum())
    yield Counted("local_connections", (sizes, kernel), {**options, **channels}, connections)
    yield Counted("receptive_field", *_seen(call, kernel))


def _windows(call: Call, options: dict[str, Any]) -> Array:
    """How many windows read each place: torch's gradient where every factor is 1."""
    x, weight = call.arrays["x"], call.arrays["weight"]
    given = {"x": np.zeros((1, 1, *x.shape[2:])), "weight": np.ones((1, 1, *weight.shape[2:]))}
    dy = np.ones((1, 1, *call.dy.shape[2:]))
    counts = oracle.gradients(call.function.name, given, options, dy, ["x"]).gradients["x"]
    return np.asarray(counts[0, 0], np.int64)


def _seen(call: Call, kernel: Shape) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Twice the same layer: the first window's last place, and the next window's first."""
    options = [call.options.get(name, 1) for name in ("stride", "dilation")]
    stride, dilation = (each(option, len(kernel)) for option in options)
    steps = list(zip(kernel, stride, dilation, strict=True))
    size = tuple((k - 1) * d * (s + 1) + 1 for k, s, d in steps)
    jump = tuple(s * s for _, s, _ in steps)
    wanted = (size, jump) if len(kernel) > 1 else (size[0], jump[0])
    layer = (kernel, *options)
    return ((layer, layer),), {}, wanted
