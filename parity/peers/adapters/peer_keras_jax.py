"""Keras 3 on JAX, on the CPU."""

from __future__ import annotations

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"

import jax
import jax.numpy as jnp
import numpy as np
from keras_functions import FUNCTIONS, MISSING, about
from peer_tools import answered

__all__ = ["about", "answer"]


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted, MISSING)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    given = {name: jnp.asarray(array) for name, array in arrays.items()}

    def of_wanted(inputs: dict[str, Any]) -> Any:
        return function(**{**given, **inputs}, **options)

    y, pulled = jax.vjp(of_wanted, {name: given[name] for name in wanted})
    found = {"y": np.asarray(y)}
    if wanted and y.shape == dy.shape:
        (gradients,) = pulled(jnp.asarray(dy, y.dtype))
        found.update({f"d{name}": np.asarray(gradients[name]) for name in wanted})
    return found
