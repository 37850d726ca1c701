"""Circumstances in which alone a mistake may be made: what a call is like, or a part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS, forward_of
from parity.mistakes.mistake import Mistake

MAPS = (
    *("convolution", "transposed_convolution", "max_pooling", "average_pooling"),
    *("adaptive_pooling", "weighted_pooling", "sampling", "padding"),
)
BATCHES = (*MAPS, "dense", "joining", "losses", "linear_models")


@dataclass(frozen=True)
class Call:
    """One call of a function: its arguments, and what refimpl made of them."""

    function: str
    dtype: str
    arrays: Mapping[str, Array]
    dy: Array
    options: Mapping[str, Any]
    blocks: tuple[tuple[slice, slice], ...]  # in which it worked, samples and rows, or maps
    first: bool  # of all calls of the function

    @property
    def x(self) -> Array:
        """The first array."""
        return next(iter(self.arrays.values()))

    def option(self, name: str) -> Any:
        """An option as it is given or by default; None in a function without it."""
        known = signature(getattr(refimpl, self.function)).parameters
        return self.options.get(name, known[name].default) if name in known else None


@dataclass(frozen=True)
class Circumstance:
    """When a mistake is made: in such calls, or in such a part of the output.

    part: which elements of y are computed, or which of dy are taken, in the wrong way; None where
    there is no such part.
    """

    name: str
    holds: Callable[[Call], bool]
    applies: Callable[[Mistake], bool]  # whether the function of a mistake knows such calls
    part: Callable[[Call], Array | None] | None = None


# --- which mistakes -----------------------------------------------------------------------


def any_mistake(known: Mistake) -> bool:
    return True


def in_backward(known: Mistake) -> bool:
    return known.function not in FUNCTIONS


def with_option(*names: str, kind: str = "") -> Callable[[Mistake], bool]:
    """In a function that has one of these options, annotated with a word."""

    def applies(known: Mistake) -> bool:
        parameters = signature(getattr(refimpl, forward_of(known.function))).parameters
        return any(n in parameters and kind in str(parameters[n].annotation) for n in names)

    return applies


def of_subject(*subjects: str) -> Callable[[Mistake], bool]:
    """In a function of these files of refimpl."""
    return lambda known: FUNCTIONS[forward_of(known.function)].subject in subjects


def of_several_arrays(known: Mistake) -> bool:
    return len(FUNCTIONS[forward_of(known.function)].inputs) > 1


# --- what calls are like ------------------------------------------------------------------


def _numbers(value: Any) -> list[int]:
    """An option for one axis or several, as numbers."""
    if isinstance(value, (tuple, list)):
        return [number for part in value for number in _numbers(part)]
    return [] if value is None or isinstance(value, str) else [int(value)]


def _above(name: str, least: int) -> Callable[[Call], bool]:
    return lambda call: any(number > least for number in _numbers(call.option(name)))


def _strides(call: Call) -> list[int]:
    """Of a pooling without a stride, its window."""
    return _numbers(call.option("stride")) or _numbers(call.option("kernel_size"))


def _asymmetric(call: Call) -> bool:
    """Whether an axis has more padding at one end than at the other."""
    padding = call.option("padding")
    pairs = padding if isinstance(padding, tuple) else ()
    return any(isinstance(pair, tuple) and pair[0] != pair[1] for pair in pairs)


def _view(array: Array) -> bool:
    return array.size > 1 and not array.flags.c_contiguous


def _others(call: Call) -> list[Array]:
    return [array for array in list(call.arrays.values())[1:] if array.dtype.kind == "f"]


def _batch(call: Call) -> int:
    return call.x.shape[0] if call.x.ndim > 1 else 0


def _channels(call: Call) -> int:
    return call.x.shape[1] if call.x.ndim > 2 else 0


# --- parts --------------------------------------------------------------------------------


def _last(axis: int) -> Callable[[Call], Array | None]:
    """The last index along an axis of the output, of several."""

    def part(call: Call) -> Array | None:
        if call.dy.ndim < 2 or call.dy.shape[axis] < 2:
            return None
        mask = np.zeros(call.dy.shape, bool)
        mask[(slice(None),) * axis + (-1,)] = True
        return mask

    return part


def _last_block(call: Call) -> Array | None:
    """What refimpl computes last of all, where it works in several blocks."""
    if len(call.blocks) < 2:
        return None
    mask = np.zeros(call.dy.shape, bool)
    samples, rows = call.blocks[-1]
    if FUNCTIONS[call.function].subject == "convolution":
        mask[samples, :, rows] = True
    else:
        mask.reshape(-1, *call.dy.shape[2:])[samples] = True
    return mask


def _has(part: Callable[[Call], Array | None]) -> Callable[[Call], bool]:
    return lambda call: part(call) is not None


def _in_part(name: str, part: Callable[[Call], Array | None], *subjects: str) -> Circumstance:
    return Circumstance(name, _has(part), of_subject(*subjects), part)


CIRCUMSTANCES = (
    Circumstance("groups > 1", _above("groups", 1), with_option("groups")),
    Circumstance("stride > 1", lambda c: max(_strides(c), default=1) > 1, with_option("stride")),
    Circumstance("strides differ", lambda c: len(set(_strides(c))) > 1, with_option("stride")),
    Circumstance("dilation > 1", _above("dilation", 1), with_option("dilation")),
    Circumstance("padding > 0", _above("padding", 0), with_option("padding")),
    Circumstance("padding asymmetric", _asymmetric, with_option("padding", kind="Padding")),
    Circumstance("ceil_mode", lambda c: bool(c.option("ceil_mode")), with_option("ceil_mode")),
    Circumstance(
        "padding not counted",
        lambda c: not c.option("count_include_pad"),
        with_option("count_include_pad"),
    ),
    Circumstance(
        "divisor given",
        lambda c: c.option("divisor_override") is not None,
        with_option("divisor_override"),
    ),
    Circumstance("without bias", lambda c: "bias" not in c.arrays, with_option("bias")),
    Circumstance("with bias", lambda c: "bias" in c.arrays, with_option("bias")),
    Circumstance("one sample", lambda c: _batch(c) == 1, of_subject(*BATCHES)),
    Circumstance("3 samples and more", lambda c: _batch(c) >= 3, of_subject(*BATCHES)),
    Circumstance("one channel", lambda c: _channels(c) == 1, of_subject(*MAPS)),
    Circumstance("more than 4 channels", lambda c: _channels(c) > 4, of_subject(*MAPS)),
    Circumstance(
        "a side above 40", lambda c: max(c.x.shape[2:], default=0) > 40, of_subject(*MAPS)
    ),
    Circumstance("float32", lambda c: c.dtype == "float32", any_mistake),
    Circumstance("float64", lambda c: c.dtype == "float64", any_mistake),
    Circumstance("x is a view", lambda c: _view(c.x), any_mistake),
    Circumstance(
        "another array is a view", lambda c: any(map(_view, _others(c))), of_several_arrays
    ),
    Circumstance("dy is a view", lambda c: _view(c.dy), in_backward),
    Circumstance(
        "dy in Fortran order",
        lambda c: _view(c.dy) and c.dy.flags.f_contiguous,
        in_backward,
    ),
    Circumstance("from the second call on", lambda c: not c.first, any_mistake),
    Circumstance(
        "several blocks",
        lambda c: len(c.blocks) > 1,
        of_subject("convolution", "max_pooling", "average_pooling"),
    ),
    _in_part("in the last block", _last_block, "convolution", "max_pooling", "average_pooling"),
    _in_part("in the last sample", _last(0), *MAPS, "dense", "joining"),
    _in_part("in the last channel", _last(1), *MAPS, "dense"),
)
