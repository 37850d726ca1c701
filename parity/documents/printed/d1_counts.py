"""D1's counts as printed: parameters and sizes on the way from the MLP to the CNN.

Each is worked out from the article's image and kernel; the printed digits stand in the checks.
"""

from __future__ import annotations

IMAGE, KERNEL, HIDDEN, POOL = 1000, 10, 1000, 2  # D1.11, D1.12: side lengths, hidden nodes


def dense_weights() -> int:
    """D1.11: every one of the hidden nodes sees every pixel."""
    return HIDDEN * IMAGE * IMAGE


def neurons_along_a_side() -> int:
    """D1.11: the places of the kernel on one side of the image, one by one."""
    return sum(1 for first in range(1, IMAGE + 1) if first + KERNEL - 1 <= IMAGE)


def local_weights() -> int:
    """D1.11: a weight for every place of every neuron's receptive field, nothing shared."""
    return neurons_along_a_side() ** 2 * KERNEL * KERNEL


def pooled_side(keep: bool) -> int:
    """D1.12: squares along a side, one by one; the last one is cut off by the edge, keep it?"""
    side = neurons_along_a_side()
    whole = sum(1 for first in range(1, side + 1, POOL) if first + POOL - 1 <= side)
    return whole + 1 if keep and side % POOL else whole


def dense_weights_behind_the_pooling() -> int:
    """D1.36: the same hidden nodes on the one pooled map."""
    return HIDDEN * pooled_side(keep=True) ** 2
