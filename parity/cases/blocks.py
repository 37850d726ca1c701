"""What the residual and the Inception network are meant to be, and their images."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.cases.network_case import Described, described


def _residual_block(name: str, source: str, shortcut: str, stride: int) -> dict[str, Described]:
    return {
        f"{name}.conv1": described("conv2d", source, stride=stride, padding=1),
        f"{name}.relu1": described("relu"),
        f"{name}.conv2": described("conv2d", padding=1),
        **(
            {}
            if shortcut == source
            else {shortcut: described("conv2d", source, stride=stride, padding=0)}
        ),
        f"{name}.add": described("add", shortcut, f"{name}.conv2"),
        f"{name}.relu2": described("relu"),
    }


RESIDUAL = {
    "conv": described("conv2d", padding=1),
    "relu": described("relu"),
    **_residual_block("block1", "relu", "relu", 1),
    **_residual_block("block2", "block1.relu2", "block2.shortcut", 2),
    "flatten": described("flatten"),
    "output": described("linear"),
}

INCEPTION = {
    "mix.1×1": described("conv2d", "x"),
    "mix.1×1 relu": described("relu"),
    "mix.3×3 reduce": described("conv2d", "x"),
    "mix.3×3 reduce relu": described("relu"),
    "mix.3×3": described("conv2d", padding=1),
    "mix.3×3 relu": described("relu"),
    "mix.5×5 reduce": described("conv2d", "x"),
    "mix.5×5 reduce relu": described("relu"),
    "mix.5×5": described("conv2d", padding=2),
    "mix.5×5 relu": described("relu"),
    "mix.max": described("max_pool2d", "x", kernel_size=3, stride=1, padding=1),
    "mix.pool": described("conv2d"),
    "mix.pool relu": described("relu"),
    "mix.stack": described(
        "concatenate", "mix.1×1 relu", "mix.3×3 relu", "mix.5×5 relu", "mix.pool relu"
    ),
    "flatten": described("flatten"),
    "output": described("linear"),
}


def tall_images(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Batches of two random images of three channels, and their classes."""
    return [(rng.normal(size=(2, 3, 11, 9)), rng.integers(0, 5, 2)) for _ in range(steps)]


def depth_images(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Batches of three random images of six channels, and their classes."""
    return [(rng.normal(size=(3, 6, 7, 8)), rng.integers(0, 4, 3)) for _ in range(steps)]
