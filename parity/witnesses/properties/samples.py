"""A sample is computed as if it were alone in its batch, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from parity.cases.case import Array
from parity.witnesses.properties.apart import beyond
from parity.witnesses.properties.situation import Call, Situation

OF_ALL = ("weight", "bias", "kernel")  # what all samples share
STACKED = ("sgd_step", "adam_step", "split")  # results along the first axis
ELSEWHERE = ("transpose", "reshape")  # which move the first axis
MATRICES = ("rot180", "correlate2d", "convolve2d")  # the last two axes are no samples

OF_WHOLE_BATCH = ("batch_norm", "running_statistics")  # what each sample takes part in

Take = Callable[[Array], Array]


def samples_apart(given: Situation) -> Iterator[str]:
    """Samples in another order give the same in that order, and the last one alone the same.

    Within the bounds: where a sample stands may decide in which order BLAS adds.
    """
    if not has_batch(given.call):
        return
    name = given.call.function.name
    shifted = _with(given.call, lambda a: np.roll(a, 1, axis=0))
    yield from _compared(f"{name} of samples in another order", given, shifted, _shift, OF_ALL)
    if given.call.dy.ndim:
        last = _with(given.call, lambda a: a[-1:].copy())
        yield from _compared(f"{name} of a sample alone", given, last, _last)


def has_batch(call: Call) -> bool:
    """Whether the first axis of the first array numbers samples, two at least."""
    if call.function.name in (*STACKED, *ELSEWHERE):
        return False
    shape = next(iter(call.arrays.values())).shape
    if call.function.subject == "broadcasting":
        return False  # what is repeated has no axis of samples
    if call.function.name in OF_WHOLE_BATCH:
        return False
    if np.ndim(last := call.options.get("normalized_shape", ())) and len(last) == len(shape):
        return False  # all samples are one
    least = 3 if call.function.name in MATRICES else 2
    if len(shape) < least or shape[0] < 2:
        return False
    if call.function.name == "mean" and call.options.get("axis") is None:
        return False  # over everything
    axes = call.options.get("axis", len(shape) - 1)
    return 0 not in np.atleast_1d(axes) % len(shape)


def _shift(tensor: Array) -> Array:
    return np.roll(tensor, 1, axis=0)


def _last(tensor: Array) -> Array:
    return tensor[-1:]


def _with(call: Call, take: Take) -> Call:
    arrays = {k: a if k in OF_ALL else take(a) for k, a in call.arrays.items()}
    return call._replace(arrays=arrays, dy=take(call.dy) if call.dy.ndim else call.dy)


def _compared(
    what: str, given: Situation, call: Call, take: Take, also: tuple[str, ...] = ()
) -> Iterator[str]:
    """also: arrays of all samples whose gradients must be the same."""
    shared = {f"d{name}" for name in OF_ALL}

    def taken(name: str, tensor: Array) -> Array:
        return tensor if name in shared or not tensor.ndim else take(tensor)

    wanted = {
        name: taken(name, tensor)
        for name, tensor in given.bounded.items()
        if name not in shared or name.removeprefix("d") in also
    }
    yield from beyond(what, call.tensors(), wanted, lambda name: taken(name, given.limit(name)))
