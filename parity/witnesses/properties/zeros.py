"""The sign of a zero where nothing is summed, beside torch's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parity import oracle
from parity.cases.case import Array
from parity.witnesses.properties.situation import Call, Situation, Tensors

# Functions that select, or compute each element from its own place: sums are compared as numbers,
# because a sum that begins with 0 forgets the sign of its zeros and one that begins with its first
# term does not.
SIGNED = (
    "rot180",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "global_max_pool",
    "flatten",
    "add",
    "concatenate",
    "transpose",
    "reshape",
    "channel_shuffle",
    "slice_axis",
    "split",
    "relu",
    "leaky_relu",
    "hardtanh",
    "sign",
    "sigmoid",
    "tanh",
    "dtanh",
    "dropout",
)
VALUES = np.array([-0.0, 0.0, 1.5, -2.5])


def signs_of_zeros(given: Situation) -> Iterator[str]:
    """−0 and 0 are told apart where torch tells them apart.

    sign(−0) is −0 here, as its docstring says, 0 in torch: an odd function is kept odd.
    """
    if given.call.function.name not in SIGNED:
        return
    call = _with_zeros(given)
    ours, theirs = call.tensors(), _of_torch(call)
    if call.function.name == "sign":
        theirs["y"] = np.where(call.arrays["x"] == 0, call.arrays["x"], theirs["y"])
    for name, expected in theirs.items():
        found = ours[name]
        if call.function.name == "add" and found.size < call.dy.size:
            continue  # what was repeated has a sum
        both = (found == 0) & (expected == 0)
        unlike = both & (np.signbit(found) != np.signbit(expected))
        if unlike.any():
            place = tuple(int(i) for i in np.unravel_index(np.argmax(unlike), unlike.shape))
            yield f"{name} at {place} is {found[place].item()!r}, torch {expected[place].item()!r}"


def _with_zeros(given: Situation) -> Call:
    call, rng = given.call, given.rng("zeros")

    def drawn(array: Array) -> Array:
        return rng.choice(VALUES, array.shape).astype(array.dtype)

    inputs = call.function.inputs or tuple(call.arrays)
    arrays = {k: drawn(a) if k in inputs else a for k, a in call.arrays.items()}
    return call._replace(arrays=arrays, dy=drawn(call.dy))


def _of_torch(call: Call) -> Tensors:
    wanted = [name for name in call.function.inputs if name in call.arrays]
    found = oracle.gradients(call.function.name, call.arrays, call.options, call.dy, wanted)
    return {"y": found.y, **{f"d{name}": array for name, array in found.gradients.items()}}
