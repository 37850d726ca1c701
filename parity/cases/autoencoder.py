"""A small autoencoder: strided and transposed convolutions, trained to give its input back."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.cases.network_case import Loss, NetworkCase, described
from refimpl import ELU, AdaptiveAvgPool2d, Conv2d, ConvTranspose2d, Sequential, Tanh, uniform

ARCHITECTURE = {
    "conv": described("conv2d", stride=2, padding=1),
    "elu": described("elu", alpha=0.5),
    "pool": described("adaptive_avg_pool2d", output_size=(3, 2)),
    "up1": described("conv_transpose2d", stride=(1, 2), dilation=(2, 1)),
    "tanh": described("tanh"),
    "up2": described(
        "conv_transpose2d", stride=(2, 1), padding=(1, 0), output_padding=(1, 0), groups=2
    ),
}


def _network(rng: np.random.Generator) -> Sequential:
    """9×6 → conv 3@3×2/2 → ELU → mean 3×2 → transposed 4@2×3 → tanh → transposed 2@2×2 → 9×6."""
    return Sequential(
        {
            "conv": Conv2d(
                uniform(rng, (3, 2, 3, 2), 1), rng.normal(size=3) / 10, stride=2, padding=1
            ),
            "elu": ELU(0.5),
            "pool": AdaptiveAvgPool2d((3, 2)),
            "up1": ConvTranspose2d(uniform(rng, (3, 4, 2, 3), 1), stride=(1, 2), dilation=(2, 1)),
            "tanh": Tanh(),
            "up2": ConvTranspose2d(
                uniform(rng, (4, 1, 2, 2), 1),
                rng.normal(size=2) / 10,
                stride=(2, 1),
                padding=(1, 0),
                output_padding=(1, 0),
                groups=2,
            ),
        }
    )


def _images(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Random images, each its own target: the same at every step."""
    x = rng.normal(size=(5, 2, 9, 6))
    return [(x, x)] * steps


AUTOENCODER = NetworkCase(
    "autoencoder",
    _network,
    ARCHITECTURE,
    _images,
    documents=(),
    steps=5,
    learning_rate=2.0,
    loss=Loss("mse_loss", {}),
)
