"""The networks that are run end to end, as data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parity.cases.activated_network import ACTIVATED
from parity.cases.alexnet import ALEXNET
from parity.cases.autoencoder import AUTOENCODER
from parity.cases.blocks import INCEPTION, RESIDUAL, depth_images, tall_images
from parity.cases.case import Array
from parity.cases.digits import batches
from parity.cases.gated_network import GATED
from parity.cases.network_case import Described, Loss, NetworkCase, described
from parity.cases.normalized_network import NORMALIZED
from parity.cases.optimized_networks import OPTIMIZED
from parity.cases.resnet import RESNET18, SMALL_RESNET
from parity.cases.squeeze_network import SQUEEZE
from refimpl import (
    Add,
    AvgPool2d,
    Concatenate,
    Conv2d,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    Network,
    Pad,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    inception_network,
    lenet,
    mlp,
    residual_network,
    uniform,
)

# --- LeNet --------------------------------------------------------------------------------

LENET = {
    "conv1": described("conv2d"),
    "sigmoid1": described("sigmoid"),
    "pool1": described("avg_pool2d", kernel_size=2),
    "conv2": described("conv2d"),
    "sigmoid2": described("sigmoid"),
    "pool2": described("avg_pool2d", kernel_size=2),
    "flatten": described("flatten"),
    "fc1": described("linear"),
    "sigmoid3": described("sigmoid"),
    "fc2": described("linear"),
    "sigmoid4": described("sigmoid"),
    "output": described("linear"),
}


def _two_digits(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """So few that exact arithmetic computes every layer whole."""
    return [(x[:2], target[:2]) for x, target in batches(steps, rng)]


# --- one small network for each activation ------------------------------------------------

ACTIVATIONS: dict[str, tuple[Layer, Described]] = {
    "relu": (ReLU(), described("relu")),
    "leaky_relu": (LeakyReLU(0.1), described("leaky_relu", negative_slope=0.1)),
    "sigmoid": (Sigmoid(), described("sigmoid")),
    "tanh": (Tanh(), described("tanh")),
    "softmax": (Softmax(axis=1), described("softmax", axis=1)),
}


def _small(activation: Layer) -> Callable[[np.random.Generator], Sequential]:
    """conv 3@3×2, stride (2, 1) → activation → max 2×3, overlapping → dense 4."""

    def build(rng: np.random.Generator) -> Sequential:
        return Sequential(
            {
                "conv": Conv2d(
                    uniform(rng, (3, 2, 3, 2), 1), rng.normal(size=3) / 10, stride=(2, 1), padding=1
                ),
                "activation": activation,
                "pool": MaxPool2d((2, 3), stride=(1, 2)),
                "flatten": Flatten(),
                "output": Linear(uniform(rng, (4, 3 * 4 * 4), 1), rng.normal(size=4) / 10),
            }
        )

    return build


def _small_described(activation: Described) -> dict[str, Described]:
    return {
        "conv": described("conv2d", stride=(2, 1), padding=1),
        "activation": activation,
        "pool": described("max_pool2d", kernel_size=(2, 3), stride=(1, 2)),
        "flatten": described("flatten"),
        "output": described("linear"),
    }


def _images(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Batches of five random images of two channels, and their classes."""
    return [(rng.normal(size=(5, 2, 9, 8)), rng.integers(0, 4, 5)) for _ in range(steps)]


# --- a perceptron of two layers that learns XOR -------------------------------------------

XOR = {
    "fc1": described("linear"),
    "act1": described("tanh"),
    "fc2": described("linear"),
    "act2": described("sigmoid"),
}


def _xor(rng: np.random.Generator) -> Sequential:
    return mlp(rng, (2, 3, 1), hidden=Tanh, output=Sigmoid)


def _xor_table(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """All four inputs and their answers, at every step."""
    x = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
    return [(x, np.array([[0.0], [1.0], [1.0], [0.0]]))] * steps


# --- the models of one layer, each trained on its own loss --------------------------------


def _one_layer(nodes: int) -> Callable[[np.random.Generator], Sequential]:
    """A dense layer from four features, and its weights."""

    def build(rng: np.random.Generator) -> Sequential:
        return Sequential({"fc": Linear(uniform(rng, (nodes, 4), 1), rng.normal(size=nodes) / 10)})

    return build


def _points(rng: np.random.Generator) -> tuple[Array, Array]:
    """Seven points and the sum of a random hyperplane's weights at each."""
    x = rng.normal(size=(7, 4))
    return x, x @ rng.normal(size=(4, 1))


def _sided(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Points and the side, −1 or 1, of a hyperplane that each is on: the same at every step."""
    x, z = _points(rng)
    return [(x, np.where(z > 0, 1.0, -1.0))] * steps


def _likely(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Points and probabilities, two of them certain."""
    x, z = _points(rng)
    t = 1 / (1 + np.exp(-z))
    t[:2] = [[0.0], [1.0]]
    return [(x, t)] * steps


def _classed(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Points and one of three classes."""
    return [(rng.normal(size=(7, 4)), rng.integers(0, 3, 7))] * steps


def _model(
    name: str,
    nodes: int,
    batches: Callable[[int, np.random.Generator], list[tuple[Array, Array]]],
    loss: str,
    learning_rate: float,
    documents: tuple[str, ...],
) -> NetworkCase:
    return NetworkCase(
        f"{name}_descent",
        _one_layer(nodes),
        {"fc": described("linear")},
        batches,
        documents=(*documents, "D0.14"),
        steps=10,
        learning_rate=learning_rate,
        loss=Loss(loss, {}),
    )


MODELS = (
    _model("perceptron", 1, _sided, "perceptron_loss", 0.04, ("D1.2", "D1.37")),
    _model("logistic_regression", 1, _likely, "binary_cross_entropy_with_logits", 0.5, ("D1.2",)),
    _model("softmax_regression", 3, _classed, "cross_entropy", 0.5, ("D1.2", "D1.3")),
)

# --- every option of every layer, none of them the default --------------------------------


def _options(rng: np.random.Generator) -> Sequential:
    return Sequential(
        {
            "frame": Pad(((0, 1), (1, 0)), "circular"),
            "conv": Conv2d(
                uniform(rng, (6, 2, 3, 2), 1),
                rng.normal(size=6) / 10,
                stride=(1, 2),
                padding=((1, 0), (2, 1)),
                dilation=(2, 1),
                groups=2,
                padding_mode="reflect",
            ),
            "bend": LeakyReLU(0.3),
            "max": MaxPool2d((3, 2), stride=2, padding=1, dilation=(1, 2), ceil_mode=True),
            "mean": AvgPool2d(
                (2, 3), stride=(1, 2), padding=1, ceil_mode=True, count_include_pad=False
            ),
            "sum": AvgPool2d((2, 1), stride=1, divisor_override=3),
            "shares": Softmax(axis=2),
            "flatten": Flatten(),
            "output": Linear(uniform(rng, (5, 6 * 5 * 3), 1), rng.normal(size=5) / 10),
        }
    )


OPTIONS = {
    "frame": described("pad", padding=((0, 1), (1, 0)), mode="circular"),
    "conv": described(
        "conv2d",
        stride=(1, 2),
        padding=((1, 0), (2, 1)),
        dilation=(2, 1),
        groups=2,
        padding_mode="reflect",
    ),
    "bend": described("leaky_relu", negative_slope=0.3),
    "max": described(
        "max_pool2d", kernel_size=(3, 2), stride=2, padding=1, dilation=(1, 2), ceil_mode=True
    ),
    "mean": described(
        "avg_pool2d",
        kernel_size=(2, 3),
        stride=(1, 2),
        padding=1,
        ceil_mode=True,
        count_include_pad=False,
    ),
    "sum": described("avg_pool2d", kernel_size=(2, 1), stride=1, divisor_override=3),
    "shares": described("softmax", axis=2),
    "flatten": described("flatten"),
    "output": described("linear"),
}


def _wide_images(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(rng.normal(size=(3, 4, 10, 9)), rng.integers(0, 5, 3)) for _ in range(steps)]


# --- an output that six layers take -------------------------------------------------------

FAN_OUT = {
    "conv": described("conv2d"),
    "relu": described("relu", "conv"),
    "tanh": described("tanh", "conv"),
    "max": described("max_pool2d", "conv", kernel_size=3, stride=1, padding=1),
    "mean": described("avg_pool2d", "conv", kernel_size=1),
    "stack": described("concatenate", "conv", "relu", "tanh", "max"),
    "add": described("add", "mean", "conv"),
    "twice": described("add", "add", "add"),
    "both": described("concatenate", "stack", "twice"),
    "flatten": described("flatten"),
    "output": described("linear"),
}


def _fan_out(rng: np.random.Generator) -> Network:
    """conv 2@2×3 → ReLU, tanh, max, mean, itself twice → stacked, added, that twice → dense 3."""
    return Network(
        {
            "conv": Conv2d(uniform(rng, (2, 3, 2, 3), 1), rng.normal(size=2) / 10),
            "relu": ReLU(),
            "tanh": Tanh(),
            "max": MaxPool2d(3, stride=1, padding=1),
            "mean": AvgPool2d(1),
            "stack": Concatenate(),
            "add": Add(),
            "twice": Add(),
            "both": Concatenate(),
            "flatten": Flatten(),
            "output": Linear(uniform(rng, (3, 10 * 4 * 5), 1), rng.normal(size=3) / 10),
        },
        {
            **dict.fromkeys(("relu", "tanh", "max", "mean"), ("conv",)),
            "stack": ("conv", "relu", "tanh", "max"),
            "add": ("mean", "conv"),
            "twice": ("add", "add"),
            "both": ("stack", "twice"),
        },
    )


def _five_by_seven(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(rng.normal(size=(4, 3, 5, 7)), rng.integers(0, 3, 4)) for _ in range(steps)]


NETWORKS = {
    case.name: case
    for case in (
        NetworkCase(
            "lenet",
            lenet,
            LENET,
            batches,
            documents=("D0.9", "D0.14", "D2.11", "D2.29"),
            steps=50,
            learning_rate=0.5,
        ),
        NetworkCase(
            "small_lenet", lenet, LENET, _two_digits, documents=("D0.9", "D0.14", "D2.11", "D2.29")
        ),
        *(
            NetworkCase(
                f"small_{name}",
                _small(layer),
                _small_described(said),
                _images,
                documents=("D0.9", "D2.29"),
            )
            for name, (layer, said) in ACTIVATIONS.items()
        ),
        NetworkCase(
            "xor",
            _xor,
            XOR,
            _xor_table,
            documents=("D1.3", "D1.7", "D1.9"),
            steps=40,
            learning_rate=2.0,
            loss=Loss("squared_error", {}),
        ),
        *MODELS,
        NetworkCase("residual", residual_network, RESIDUAL, tall_images, documents=("D4.16",)),
        NetworkCase("inception", inception_network, INCEPTION, depth_images, documents=("D4.18",)),
        NetworkCase("fan_out", _fan_out, FAN_OUT, _five_by_seven, documents=("D0.9", "D1.6")),
        NetworkCase("options", _options, OPTIONS, _wide_images, documents=("D0.9", "D2.29")),
        NORMALIZED,
        SMALL_RESNET,
        ACTIVATED,
        SQUEEZE,
        AUTOENCODER,
        GATED,
        *OPTIMIZED,
        ALEXNET,
        RESNET18,
    )
}
