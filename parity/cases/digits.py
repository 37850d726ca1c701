"""The handwritten digits that LeNet is run on; provenance and licence: digits.md."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from parity.cases.case import Array

BATCH = 32


@cache
def digits() -> tuple[Array, Array]:
    """All images (400, 1, 32, 32) in [0, 1] as float64, and their labels (400,).

    >>> images, labels = digits()
    >>> images.shape, float(images.max()), labels[:3].tolist()
    ((400, 1, 32, 32), 1.0, [0, 1, 2])
    """
    with (
        files("parity.cases").joinpath("digits.npz").open("rb") as file,
        np.load(file) as stored,
    ):
        images, labels = stored["images"], stored["labels"].astype(np.int64)
    enlarged = images.repeat(4, axis=1).repeat(4, axis=2)  # (400, 8, 8) -> (400, 32, 32)
    return enlarged[:, None] / 16, labels


def batches(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Batches of 32 for so many steps: every image once, in random order, then again.

    >>> [len(x) for x, _ in batches(2, np.random.default_rng(0))]
    [32, 32]
    """
    images, labels = digits()
    rounds = -(-steps * BATCH // len(images))
    order = np.concatenate([rng.permutation(len(images)) for _ in range(rounds)])
    chosen = (order[i * BATCH : (i + 1) * BATCH] for i in range(steps))
    return [(images[places], labels[places]) for places in chosen]
