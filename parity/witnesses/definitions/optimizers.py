"""Steps of optimisers, element by element: SGD in fractions, Adam in numbers of 1200 bits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Definition, unpacked
from parity.witnesses.definitions.numbers import fractions, real, reals


def sgd_step(
    dy: Any,
    value: Any,
    gradient: Any,
    velocity: Any = None,
    learning_rate: float = 1e-3,
    momentum: float = 0,
    dampening: float = 0,
    weight_decay: float = 0,
    nesterov: bool = False,
    maximize: bool = False,
) -> dict[str, Any]:
    rate, mu, tau, decay = map(Fraction, (learning_rate, momentum, dampening, weight_decay))
    start = fractions(value)
    downhill = fractions(gradient) * (-1 if maximize else 1) + decay * start
    speed = downhill
    if velocity is not None and mu:
        speed = fractions(velocity) * mu + downhill - tau * downhill
    direction = downhill + mu * speed if nesterov else speed
    return {"y": np.stack([start - rate * direction, speed])}


def adam_step(
    dy: Any,
    value: Any,
    gradient: Any,
    first_moment: Any = None,
    second_moment: Any = None,
    max_second_moment: Any = None,
    step: int = 1,
    learning_rate: float = 1e-3,
    betas: Any = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0,
    amsgrad: bool = False,
    maximize: bool = False,
    decoupled_weight_decay: bool = False,
) -> dict[str, Any]:
    rate, decay, added = (real.mpf(float(v)) for v in (learning_rate, weight_decay, eps))
    of_mean, of_square = (real.mpf(float(beta)) for beta in betas)
    blank = np.zeros(np.shape(value))
    mean, square, most = (
        reals(blank if moment is None else moment)
        for moment in (first_moment, second_moment, max_second_moment)
    )
    weight = reals(value)
    slope = reals(gradient) * (-1 if maximize else 1)
    shrunk = weight - rate * decay * weight if decoupled_weight_decay else weight
    slope = slope if decoupled_weight_decay else slope + decay * weight
    mean = np.asarray(mean + (slope - mean) * (1 - of_mean), object)
    square = np.asarray(square + (slope**2 - square) * (1 - of_square), object)
    kept = np.frompyfunc(max, 2, 1)(most, square) if amsgrad else square
    unbiased = mean / (1 - of_mean**step)
    root = np.frompyfunc(real.sqrt, 1, 1)(kept / (1 - of_square**step))
    moved = shrunk - rate * unbiased / (root + added)
    return {"y": np.stack([moved, mean, square, *([kept] if amsgrad else [])])}


DEFINITIONS: dict[str, Definition] = {
    "sgd_step": unpacked(sgd_step),
    "adam_step": unpacked(adam_step),
}
