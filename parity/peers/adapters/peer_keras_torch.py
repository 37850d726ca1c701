"""Keras 3 on torch, on the CPU, one thread."""

from __future__ import annotations

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import torch
from keras_functions import FUNCTIONS, MISSING, about
from peer_tools import answered

torch.set_num_threads(1)
__all__ = ["about", "answer"]


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted, MISSING)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    tensors = {name: torch.tensor(array) for name, array in arrays.items()}
    inputs = [tensors[name].requires_grad_() for name in wanted]
    y = function(**tensors, **options)
    found = {"y": y.detach().numpy()}
    if inputs and tuple(y.shape) == dy.shape:
        gradients = torch.autograd.grad(y, inputs, torch.tensor(dy))
        found.update({f"d{n}": g.numpy() for n, g in zip(wanted, gradients)})  # noqa: B905
    return found
