"""A function of JAX arrays, and its gradients by reverse-mode differentiation."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    given = {name: jnp.asarray(array) for name, array in arrays.items()}

    def of_wanted(inputs: dict[str, Any]) -> Any:
        return function(**{**given, **inputs}, **options)

    y, pulled = jax.vjp(of_wanted, {name: given[name] for name in wanted})
    found = {"y": np.asarray(y)}
    if wanted and y.shape == dy.shape:
        (gradients,) = pulled(jnp.asarray(dy, y.dtype))
        found.update({f"d{name}": np.asarray(gradients[name]) for name in wanted})
    return found
