"""Where each maximum stands, beside the maximum itself."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

import refimpl
from parity.witnesses.properties.apart import difference
from parity.witnesses.properties.situation import Situation


def with_indices(given: Situation) -> Iterator[str]:
    """Both results of `…_with_indices`: the values are the function's, the places are int64.

    At every place x holds the value, and the backward that is handed the places gives the same.
    Which of several places it is, torch judges as a tensor.
    """
    call = given.call
    if not call.function.has_indices:
        return
    name = f"{call.function.name}_with_indices"
    found = getattr(refimpl, name)(*call.arrays.values(), **call.options)
    if type(found) is not tuple or len(found) != 2:
        yield f"{name} returns {type(found).__name__}, not two arrays"
        return
    y, places = found
    if said := difference(np.asarray(y), given.first["y"]):
        yield f"{name}: the value {said}"
    if type(places) is not np.ndarray or places.dtype != np.int64:
        yield f"{name}: indices are {getattr(places, 'dtype', type(places).__name__)}, not int64"
        return
    x = call.arrays["x"]
    maps = x.reshape(*x.shape[:2], prod(x.shape[2:]))
    read = np.take_along_axis(maps, places.reshape(*places.shape[:2], -1), axis=2)
    if said := difference(read.reshape(places.shape), given.first["y"]):
        yield f"{name}: x at the indices {said}"
    backward = getattr(refimpl, call.function.backward_name)
    dx = backward(call.dy, x, **call.options, indices=places)
    if said := difference(dx, given.first["dx"]):
        yield f"{call.function.backward_name}, handed these indices: dx {said}"
