"""ResNet-18 at full size, on the photograph and its mirror image, and a small residual network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parity.cases.case import Array
from parity.cases.network_case import Described, NetworkCase, described
from parity.cases.photograph import images
from refimpl import (
    BatchNorm,
    Block,
    Conv2d,
    Flatten,
    GlobalAvgPool,
    Layer,
    Linear,
    MaxPool2d,
    Network,
    ReLU,
    basic_block,
    he_normal,
    resnet18,
    uniform,
)

NORM = described("batch_norm", training=True)


def _described_block(
    name: str, source: str, stride: int = 1, projected: bool = False
) -> dict[str, Described]:
    shortcut = f"{name}.downsample.1" if projected else source
    projection = {
        f"{name}.downsample.0": described("conv2d", source, stride=stride),
        f"{name}.downsample.1": NORM,
    }
    return {
        f"{name}.conv1": described("conv2d", source, stride=stride, padding=1),
        f"{name}.bn1": NORM,
        f"{name}.relu1": described("relu"),
        f"{name}.conv2": described("conv2d", padding=1),
        f"{name}.bn2": NORM,
        **(projection if projected else {}),
        f"{name}.add": described("add", shortcut, f"{name}.bn2"),
        f"{name}.relu2": described("relu"),
    }


def _around(conv: Described, blocks: Mapping[str, Described]) -> dict[str, Described]:
    """The convolution and the maximum before the blocks, the mean and the dense layer behind."""
    return {
        "conv1": conv,
        "bn1": NORM,
        "relu": described("relu"),
        "maxpool": described("max_pool2d", kernel_size=3, stride=2, padding=1),
        **blocks,
        "avgpool": described("global_avg_pool"),
        "flatten": described("flatten"),
        "fc": described("linear"),
    }


# --- at full size -------------------------------------------------------------------------

ARCHITECTURE = _around(
    described("conv2d", stride=2, padding=3),
    {
        **_described_block("layer1.0", "maxpool"),
        **_described_block("layer1.1", "layer1.0.relu2"),
        **_described_block("layer2.0", "layer1.1.relu2", stride=2, projected=True),
        **_described_block("layer2.1", "layer2.0.relu2"),
        **_described_block("layer3.0", "layer2.1.relu2", stride=2, projected=True),
        **_described_block("layer3.1", "layer3.0.relu2"),
        **_described_block("layer4.0", "layer3.1.relu2", stride=2, projected=True),
        **_described_block("layer4.1", "layer4.0.relu2"),
    },
)


def _photograph(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Cut to 224×224, then mirrored."""
    cut = images("float64")[0, :, :224, :224]
    return [(np.stack([cut, cut[:, :, ::-1]]), rng.integers(0, 1000, 2)) for _ in range(steps)]


RESNET18 = NetworkCase(
    "resnet18", resnet18, ARCHITECTURE, _photograph, documents=("D4.16",), full=True
)

# --- small --------------------------------------------------------------------------------

SMALL = _around(
    described("conv2d", padding=1),
    {
        **_described_block("layer1.0", "maxpool"),
        **_described_block("layer2.0", "layer1.0.relu2", stride=2, projected=True),
    },
)


def _norm(rng: np.random.Generator, channels: int) -> BatchNorm:
    """None of its numbers is where a training begins."""
    return BatchNorm(
        1 + rng.normal(size=channels) / 4,
        rng.normal(size=channels) / 10,
        rng.normal(size=channels),
        rng.uniform(0.5, 2, channels),
        training=True,
    )


def _block(
    rng: np.random.Generator, name: str, source: str, c_in: int, c_out: int, stride: int = 1
) -> Block:
    block = basic_block(rng, name, source, c_in, c_out, stride)
    layers: dict[str, Layer] = {
        key: _norm(rng, c_out) if isinstance(layer, BatchNorm) else layer
        for key, layer in block.layers.items()
    }
    return Block(layers, block.inputs)


def _small(rng: np.random.Generator) -> Network:
    """conv 4@3×2 → batch norm → max 3×3/2 → two basic blocks, 4 and 6/2 maps → mean → dense 5."""
    plain = _block(rng, "layer1.0", "maxpool", 4, 4)
    projected = _block(rng, "layer2.0", "layer1.0.relu2", 4, 6, stride=2)
    return Network(
        {
            "conv1": Conv2d(he_normal(rng, (4, 3, 3, 2), fan="out"), padding=1),
            "bn1": _norm(rng, 4),
            "relu": ReLU(),
            "maxpool": MaxPool2d(3, stride=2, padding=1),
            **plain.layers,
            **projected.layers,
            "avgpool": GlobalAvgPool(),
            "flatten": Flatten(),
            "fc": Linear(uniform(rng, (5, 6), 1), rng.normal(size=5) / 10),
        },
        {**plain.inputs, **projected.inputs},
    )


def _images(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Random images and their classes: the same at every step."""
    return [(rng.normal(size=(3, 3, 11, 8)), rng.integers(0, 5, 3))] * steps


SMALL_RESNET = NetworkCase(
    "small_resnet", _small, SMALL, _images, documents=("D4.16",), steps=5, learning_rate=0.05
)
