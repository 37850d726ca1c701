"""Keras 3 on JAX, on the CPU."""

from __future__ import annotations

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"

from jax_calls import compute
from keras_functions import FUNCTIONS, MISSING, about
from peer_tools import answered

__all__ = ["about", "answer"]


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, compute, function, arrays, options, dy, wanted, MISSING)
