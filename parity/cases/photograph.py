"""The photograph that filters and AlexNet are run on; provenance and licence: photograph.md."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray


@cache
def photograph() -> NDArray[np.uint8]:
    """The photograph (227, 227, 3): rows, columns, red, green and blue from 0 to 255.

    >>> image = photograph()
    >>> image.shape, int(image.max()), image[0, 0].tolist()
    ((227, 227, 3), 255, [145, 140, 148])
    """
    with (
        files("parity.cases").joinpath("photograph.npz").open("rb") as file,
        np.load(file) as stored,
    ):
        image: NDArray[np.uint8] = stored["image"]
    image.setflags(write=False)
    return image


@cache
def grey() -> NDArray[np.uint8]:
    """Its grey levels (227, 227), from 0 to 255.

    >>> grey()[0, :3].tolist()
    [142, 98, 131]
    """
    levels = photograph() @ np.array([299, 587, 114])  # (227, 227, 3) @ (3,) -> (227, 227)
    image: NDArray[np.uint8] = ((levels + 500) // 1000).astype(np.uint8)
    image.setflags(write=False)
    return image


def images(dtype: str = "float64") -> NDArray[Any]:
    """The photograph and its mirror image (2, 3, 227, 227), scaled from 0 … 255 to [−1, 1].

    >>> x = images("float32")
    >>> x.shape, x.dtype.name, float(x.min()), float(x.max())
    ((2, 3, 227, 227), 'float32', -1.0, 1.0)
    """
    maps = photograph().transpose(2, 0, 1)  # (227, 227, 3) -> (3, 227, 227)
    both = np.stack([maps, maps[:, :, ::-1]]).astype(np.float64)
    return ((2 * both - 255) / 255).astype(dtype)
