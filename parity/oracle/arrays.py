"""NumPy arrays as tensors of torch and back, and where the channels stand in memory."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from parity.cases.case import Array

# Where the channels of a tensor stand in memory: outermost, or beside each other.
CONTIGUOUS, CHANNELS_LAST = LAYOUTS = ("contiguous", "channels_last")


def to_tensor(array: Array, device: str) -> Tensor:
    """A tensor of its own memory; torch has no negative strides, others are kept in order."""
    return torch.from_numpy(np.array(array, order="K")).to(device)


def laid_out(tensor: Tensor, layout: str) -> Tensor:
    """Maps and volumes in the layout asked for; others have one only."""
    if layout == CHANNELS_LAST and tensor.ndim in (4, 5):
        last = torch.channels_last if tensor.ndim == 4 else torch.channels_last_3d
        return tensor.contiguous(memory_format=last)
    return tensor


def to_array(tensor: Tensor) -> Array:
    """The same numbers without their history; zeros that torch has no memory for are formed."""
    return tensor.detach().cpu().numpy(force=tensor._is_zerotensor())


def recorded(tensor: Tensor) -> Array:
    """Read-only: a layer that works in place must not spoil its neighbour's input."""
    array = to_array(tensor)
    array.setflags(write=False)
    return array
