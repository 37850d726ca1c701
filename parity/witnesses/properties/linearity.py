"""A gradient is linear in the upstream gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parity.cases.case import Array
from parity.witnesses.properties.apart import beyond
from parity.witnesses.properties.situation import Situation, Tensors, named


def linear_in_upstream(given: Situation) -> Iterator[str]:
    """backward(−2·dy) = −2·backward(dy), without any rounding.

    What has another factor for another size or sign of dy is refused: |dy|, a sign, a constant.
    Where numbers underflow, twice the number is rounded otherwise: by less than the smallest
    normal number. Upstream gradients that share no element are added without rounding: the
    gradients of both add up to that of their sum, within the bounds of the three, of which none
    is larger than that of the sum, and one addition.
    """
    if not given.call.function.inputs:
        return
    name = given.call.function.backward_name
    first = {key: tensor for key, tensor in given.first.items() if key != "y"}
    smallest = float(np.finfo(given.dtype).tiny)
    wanted = {key: np.asarray(-2 * tensor) for key, tensor in first.items()}
    found = _of(given, -2 * given.call.dy)
    yield from beyond(f"{name} of −2·dy beside −2·{name}", found, wanted, lambda _: smallest)
    yield from _additive(given)


def _additive(given: Situation) -> Iterator[str]:
    dy = given.call.dy
    if dy.size < 2:
        return
    kept = given.rng("linearity").random(dy.shape) < 1 / 2
    one, another = (_of(given, dy * part) for part in (kept, ~kept))
    total = {key: one[key] + another[key] for key in one}
    gradients = {key: tensor for key, tensor in given.bounded.items() if key != "y"}
    what = f"{given.call.function.backward_name} of a sum beside the sum"
    yield from beyond(what, total, gradients, lambda key: 2 * given.limit(key))


def _of(given: Situation, dy: Array) -> Tensors:
    call = given.call._replace(dy=np.asarray(dy))  # arithmetic makes numbers of 0-d arrays
    tensors = named(call, (), call.backward())
    del tensors["y"]
    return tensors
