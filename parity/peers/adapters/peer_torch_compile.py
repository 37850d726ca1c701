"""torch through torch.compile (inductor), on the CPU, one thread."""

from __future__ import annotations

from typing import Any

import torch
from peer_tools import answered
from torch_calls import FUNCTIONS

torch.set_num_threads(1)


def about() -> dict[str, Any]:
    return {
        "library": "torch",
        "version": torch.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": "torch.compile, inductor, CPU",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    torch._dynamo.reset()
    tensors = {name: torch.tensor(array) for name, array in arrays.items()}
    inputs = [tensors[name].requires_grad_() for name in wanted]
    compiled = torch.compile(lambda given: function(**given, **options), dynamic=False)
    y = compiled(tensors)
    found = {"y": y.detach().numpy()}
    if inputs and tuple(y.shape) == dy.shape:
        gradients = torch.autograd.grad(y, inputs, torch.tensor(dy))
        found.update({f"d{n}": g.numpy() for n, g in zip(wanted, gradients)})  # noqa: B905
    return found
