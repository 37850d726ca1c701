"""Small networks that are trained by an optimiser, with every rule of refimpl's `Optimizer`."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.cases.network_case import NetworkCase, Stepped, described
from refimpl import Linear, Sequential, Tanh, uniform

ARCHITECTURE = {
    "hidden": described("linear"),
    "tanh": described("tanh"),
    "output": described("linear"),
}


def _network(rng: np.random.Generator) -> Sequential:
    """dense 5 → tanh → dense 3, of 4 features."""
    return Sequential(
        {
            "hidden": Linear(uniform(rng, (5, 4), 1), rng.normal(size=5) / 10),
            "tanh": Tanh(),
            "output": Linear(uniform(rng, (3, 5), 1), rng.normal(size=3) / 10),
        }
    )


def _points(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Other points at each step, and their classes."""
    return [(rng.normal(size=(7, 4)), rng.integers(0, 3, 7)) for _ in range(steps)]


def _trained(name: str, rate: float, stepped: Stepped) -> NetworkCase:
    return NetworkCase(
        name,
        _network,
        ARCHITECTURE,
        _points,
        documents=(),
        steps=10,
        learning_rate=rate,
        optimizer=stepped,
    )


def _said(name: str, function: str, more: dict[str, Any], **options: Any) -> Stepped:
    return Stepped(name, options, function, {**options, **more})


DECOUPLED = {"decoupled_weight_decay": True}
OPTIMIZED = (
    _trained(
        "small_momentum",
        0.1,
        _said("sgd", "sgd_step", {}, momentum=0.9, dampening=0.25, weight_decay=0.01),
    ),
    _trained("small_nesterov", 0.1, _said("sgd", "sgd_step", {}, momentum=0.75, nesterov=True)),
    _trained("small_adam", 0.01, _said("adam", "adam_step", {}, weight_decay=0.1)),
    _trained(
        "small_amsgrad", 0.02, _said("adam", "adam_step", {}, betas=(0.5, 0.75), amsgrad=True)
    ),
    _trained("small_adamw", 0.01, _said("adamw", "adam_step", DECOUPLED, weight_decay=0.2)),
)
