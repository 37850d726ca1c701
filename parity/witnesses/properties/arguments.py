"""The same arguments, written in other ways, give the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import Parameter
from typing import Any, NamedTuple

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.function import parameters_of
from parity.witnesses.properties.apart import apart
from parity.witnesses.properties.situation import Call, Situation, named

# Options of which one integer stands for every axis.
BY_AXIS = (
    *("kernel_size", "output_size", "stride", "padding", "output_padding", "dilation", "size"),
)
OF_CHANNELS = ("local_response_norm",)  # whose size has no axes
# The order in which options stand behind the arrays; torch has it where it has the options.
ORDER = (
    *("exponent", "kernel_size", "output_size", "size", "sigma", "stride", "padding"),
    "output_padding",
    *("dilation", "groups", "padding_mode"),
    *("ceil_mode", "count_include_pad", "divisor_override", "mode", "value", "how", "edge"),
    *("negative_slope", "min_val", "max_val", "sizes", "axis", "keepdims", "p", "reduction"),
    *("axes", "shape", "start", "stop"),
    *("ignore_index", "label_smoothing", "ties", "at_zero"),
    *("normalized_shape", "num_groups", "training", "alpha", "beta", "k"),
    *("threshold", "approximate", "indices"),
    *("velocity", "first_moment", "second_moment", "max_second_moment", "step", "learning_rate"),
    *("momentum", "dampening", "betas", "eps", "weight_decay", "nesterov", "amsgrad", "maximize"),
    "decoupled_weight_decay",
)


def in_order(names: Iterable[str]) -> list[str]:
    """Options as they stand; in a transposed convolution groups stand before dilation.

    >>> options = ["groups", "dilation", "padding"]
    >>> in_order(options), in_order([*options, "output_padding"])
    (['padding', 'dilation', 'groups'], ['padding', 'output_padding', 'groups', 'dilation'])
    """
    ordered = sorted(names, key=ORDER.index)
    if "output_padding" in ordered:
        at = ordered.index("dilation")
        ordered[at : at + 2] = reversed(ordered[at : at + 2])
    return ordered


class Way(NamedTuple):
    """A way of writing a call: how each option is written, and whether arguments have names.

    alone: one integer that stands for every axis is the only entry of its sequence.
    """

    said: str
    integer: Callable[[int], Any]
    sequence: Callable[[list[Any]], Any]
    number: Callable[[float], Any]
    by_keyword: bool
    alone: bool = False


def narrow(value: int) -> Any:
    """The integer in the smallest of NumPy's types: arithmetic in that type would wrap around.

    >>> narrow(3), narrow(-1)
    (np.uint8(3), np.int8(-1))
    """
    return np.min_scalar_type(value).type(value)


WAYS = (
    Way("options as lists of np.int64, all by keyword", np.int64, list, np.float64, True),
    Way(
        "options as tuples of narrow integers, one for all axes, all by place",
        narrow,
        tuple,
        float,
        by_keyword=False,
        alone=True,
    ),
)


def written_otherwise(given: Situation) -> Iterator[str]:
    """Lists, tuples, NumPy's integers; by place, by keyword; a default said or not."""
    call = given.call
    for way in WAYS:
        y = call.function.as_one(_called(call.function.name, call.arrays, call, way))
        gradients: Any = ()
        if call.function.inputs:
            dy = call.function.upstream(call.dy, next(iter(call.arrays.values())), call.options)
            backward = {"dy": dy, **call.of_backward}
            gradients = _called(call.function.backward_name, backward, call, way)
        yield from apart(
            f"{call.function.name} with {way.said}", named(call, y, gradients), given.first
        )


def _called(name: str, arrays: Mapping[str, Array], call: Call, way: Way) -> Any:
    """Call a function with every argument that it has, those at their defaults as well."""
    code = getattr(refimpl, name)
    known = parameters_of(code)
    axes = next(iter(call.arrays.values())).ndim - 2
    axes = 0 if call.function.name in OF_CHANNELS else axes
    if any(p.kind is Parameter.VAR_POSITIONAL for p in known.values()):
        return call.function.called(code, arrays, call.options)
    optional = ("bias", *call.function.by_name)
    given = {key: arrays.get(key) for key in known if key in arrays or key in optional}
    options = {
        key: _written(call.options.get(key, parameter.default), way, axes if key in BY_AXIS else 0)
        for key, parameter in known.items()
        if key not in given
    }
    if way.by_keyword:
        return code(**given, **options)
    if call.function.by_name:
        return code(*({**given, **options}[key] for key in known))
    given = {key: given[key] for key in (*arrays, *given)}  # the arrays in the case's order
    return code(*given.values(), *(options[key] for key in in_order(options)))


def _written(value: Any, way: Way, axes: int) -> Any:
    """An option in another way; one integer for each of `axes` axes, or for all."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, tuple | list):
        return way.sequence([_written(entry, way, 0) for entry in value])
    if isinstance(value, int):
        times = min(axes, 1) if way.alone else axes
        return way.sequence([way.integer(value)] * times) if axes else way.integer(value)
    return way.number(value) if isinstance(value, float) else value
