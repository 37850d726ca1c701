"""Evidence on D1's convolutional network."""

from __future__ import annotations

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.documents.evidence import RATIONALS, TORCH, Evidence, evidence, small_integers, smallest
from parity.documents.judges import distinct, integers, layer
from parity.documents.printed import d1_cnn as printed


@evidence("D1.23")
def upsampling(evidence: Evidence) -> None:
    """Mean: shared equally, as printed. Max: copied to all four places, which is false."""
    x, dy = distinct("D1.23 x", 1, 1, 4, 6), 4 * integers("D1.23 dy", 1, 1, 2, 3)
    mean = layer("avg_pool2d", dy, {"x": x}, {"kernel_size": 2}).gradients["x"]
    evidence.printed(TORCH, "mean pooling shares", printed.upsample_mean(dy[0, 0]), mean[0, 0])

    def right(x: Array, dy: Array) -> Array:
        return layer("max_pool2d", dy, {"x": x}, {"kernel_size": 2}).gradients["x"]

    found = right(x, dy)
    evidence.printed(TORCH, "max pooling copies", printed.upsample_max(dy[0, 0]), found[0, 0])
    evidence.corrected(TORCH, "only the maximum gets it", only_the_maximum(x, dy), found)
    ours = refimpl.max_pool2d_backward(dy, x, 2)
    evidence.implemented(RATIONALS, "max_pool2d_backward", ours, only_the_maximum(x, dy))
    (x, dy), copied, expected = smallest(
        small_integers((1, 1, 2, 2), (1, 1, 1, 1)),
        lambda x, dy: printed.upsample_max(dy[0, 0]),
        lambda x, dy: right(x, dy)[0, 0],
    )
    evidence.false_at(
        f"window {x[0, 0].tolist()}, residual {dy[0, 0].tolist()}: copied "
        f"{copied.tolist()}, but the gradient is {as_integers(expected)}"
    )


def only_the_maximum(x: Array, dy: Array) -> Array:
    """The correction: the place of the maximum gets the residual, the other three get 0."""
    dx = np.zeros(x.shape, dtype=object)
    for n, c, i, j in np.ndindex(*dy.shape):
        window = x[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        u, v = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, 2 * i + u, 2 * j + v] = dy[n, c, i, j]
    return dx


def as_integers(array: Array) -> list[object]:
    """Whole numbers as a nested list."""
    whole: list[object] = array.astype(int).tolist()
    return whole
