"""Evidence on D2's gradients of pooling."""

from __future__ import annotations

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.documents.asking import distinct, integers, layer, right_hand
from parity.documents.evidence import RATIONALS, TORCH, Evidence, evidence
from parity.documents.printed import d2_pooling as printed


def maxima(A: Array) -> Array:
    """The maximum of every 2×2."""
    H, W = A.shape
    blocks = A.reshape(H // 2, 2, W // 2, 2).transpose(0, 2, 1, 3).reshape(H // 2, W // 2, 4)
    return np.array([[max(block) for block in row] for row in blocks], dtype=object)


def gradient(function: str, DZ: Array, A: Array) -> Array:
    """torch's gradient of a pooling by 2×2."""
    found = layer(function, DZ[None, None], {"x": A[None, None]}, {"kernel_size": 2})
    dx: Array = found.gradients["x"][0, 0]
    return dx


@evidence("D2.28")
def pooling(evidence: Evidence) -> None:
    """Every maximum of a window gets DZ: torch's gradient but for ties; a quarter for the mean."""
    A, DZ = distinct("D2.28 A", 4, 6), 4 * distinct("D2.28 DZ", 2, 3)
    found = gradient("max_pool2d", DZ, A)
    evidence.under_convention(TORCH, "maximum, no ties", printed.max_pooling(DZ, A), found)
    mean = gradient("avg_pool2d", DZ, A)
    evidence.under_convention(TORCH, "mean", printed.avg_pooling(DZ, A), mean)
    x, dy = A[None, None], DZ[None, None]
    ours = refimpl.avg_pool2d_backward(dy, x, 2)[0, 0]
    evidence.implemented(TORCH, "avg_pool2d_backward", ours, mean)
    ours = refimpl.max_pool2d_backward(dy, x, 2)[0, 0]
    evidence.implemented(TORCH, "max_pool2d_backward", ours, found)
    evidence.implemented(RATIONALS, "max_pool2d", refimpl.max_pool2d(x, 2)[0, 0], maxima(A))
    quarter = (A[::2, ::2] + A[::2, 1::2] + A[1::2, ::2] + A[1::2, 1::2]) / 4
    evidence.implemented(RATIONALS, "avg_pool2d", refimpl.avg_pool2d(x, 2)[0, 0], quarter)
    tied = integers("D2.28 tied", 4, 6, low=0, high=1)
    evidence.refuted(TORCH, "ties", printed.max_pooling(DZ, tied), gradient("max_pool2d", DZ, tied))
    right = right_hand(maxima, DZ, tied)
    evidence.under_convention(
        RATIONALS, "ties, right-hand derivatives", printed.max_pooling(DZ, tied), right
    )
    ours = refimpl.max_pool2d_backward(dy, tied[None, None], 2, ties="all")[0, 0]
    evidence.implemented(RATIONALS, 'max_pool2d_backward, ties="all"', ours, right)
