"""What a layer, a network and a block say they are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from refimpl import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool2d,
    Concatenate,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    Mean,
    Multiply,
    Network,
    Pad,
    ReLU,
    Sequential,
    Softmax,
    inception_block,
    lenet,
    mlp,
    residual_block,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (Conv2d(np.ones((4, 3, 5, 2)), np.ones(4)), "<Conv2d 3 -> 4, kernel 5x2, 124 parameters>"),
        (
            Conv2d(np.ones((4, 3, 5, 2)), np.ones(4), (2, 1), "same", 3, 2),
            "<Conv2d 6 -> 4, kernel 5x2, stride (2, 1), padding same, dilation 3, groups 2, "
            "124 parameters>",
        ),
        (
            Conv2d(np.ones((1, 1, 2, 3)), np.ones(1), np.int64(1)),
            "<Conv2d 1 -> 1, kernel 2x3, 7 parameters>",
        ),
        (
            ConvTranspose2d(np.ones((6, 2, 3, 4)), np.ones(4), 2, output_padding=1, groups=2),
            "<ConvTranspose2d 6 -> 4, kernel 3x4, stride 2, output_padding 1, groups 2, "
            "148 parameters>",
        ),
        (AdaptiveAvgPool2d((1, None)), "<AdaptiveAvgPool2d output_size (1, None)>"),
        (AdaptiveMaxPool2d(6), "<AdaptiveMaxPool2d output_size 6>"),
        (GlobalAvgPool(), "<GlobalAvgPool>"),
        (GlobalMaxPool(), "<GlobalMaxPool>"),
        (Pad(1), "<Pad padding 1>"),
        (Pad((0, (2, 1)), "reflect"), "<Pad padding (0, (2, 1)), mode reflect>"),
        (Linear(np.ones((2, 3)), np.ones(2)), "<Linear 3 -> 2, 8 parameters>"),
        (Layer({"shift": np.ones(1)}), "<Layer 1 parameter>"),
        (Layer({"weight": np.ones(5)}, rate=None, size=3), "<Layer size 3, 5 parameters>"),
        (MaxPool2d(3), "<MaxPool2d kernel_size 3>"),
        (
            MaxPool2d((3, 2), 1, ceil_mode=True),
            "<MaxPool2d kernel_size (3, 2), stride 1, ceil_mode True>",
        ),
        (
            AvgPool2d(2, count_include_pad=False),
            "<AvgPool2d kernel_size 2, count_include_pad False>",
        ),
        (LeakyReLU(), "<LeakyReLU>"),
        (LeakyReLU(Fraction(1, 3)), "<LeakyReLU negative_slope 1/3>"),
        (Softmax(axis=1), "<Softmax axis 1>"),
        (Dropout(np.ones((2, 5)), 0.25), "<Dropout p 0.25, mask 2x5>"),
        (Dropout(), "<Dropout>"),
        (Flatten(), "<Flatten>"),
        (Add(), "<Add>"),
        (Multiply(), "<Multiply>"),
        (Mean((2, 3), keepdims=True), "<Mean axis (2, 3), keepdims True>"),
        (Concatenate(), "<Concatenate>"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)  # fmt: skip
def test_a_layer(layer: Layer, said: str) -> None:
    """Its kind, sizes, the options that are not the usual ones, what learns."""
    assert repr(layer) == said


def test_the_parameters_that_learn_now() -> None:
    """Not those that it was made with."""
    layer = Linear(np.ones((2, 3)), np.ones(2))
    layer.parameters["weight"] = np.ones((7, 3))
    assert repr(layer) == "<Linear 3 -> 7, 23 parameters>"


def test_a_graph() -> None:
    """A line for each layer; what is not the layer before is named."""
    layers = {"a": ReLU(), "wide name": LeakyReLU(0.5), "b": Softmax(), "sum": Add()}
    inputs = {"a": ("x",), "wide name": ("a",), "b": ("x",), "sum": ("wide name", "b")}
    assert repr(Network(layers, inputs)).splitlines() == [
        "<Network of 4 layers",
        "  a          ReLU",
        "  wide name  LeakyReLU negative_slope 0.5",
        "  b          Softmax; takes x",
        "  sum        Add; takes wide name, b>",
    ]


def test_a_chain() -> None:
    """By its own kind; one layer is one."""

    class Mine(Sequential):
        pass

    layers = {"fc": Linear(np.ones((1, 2)), np.ones(1))}
    assert (
        repr(Mine(layers)) == "<Mine of 1 layer, 3 parameters\n  fc  Linear 2 -> 1, 3 parameters>"
    )


def test_the_networks_of_the_documents() -> None:
    """LeNet's parameters as LeCun's paper counts them, but for its partial connections."""
    first, *lines = repr(lenet(RNG)).splitlines()
    assert first == "<Sequential of 12 layers, 61706 parameters"
    assert lines[3] == "  conv2     Conv2d 6 -> 16, kernel 5x5, 2416 parameters"
    assert len(lines) == 12
    assert repr(mlp(RNG, (3, 4, 2))).splitlines()[0] == "<Sequential of 3 layers, 26 parameters"


def test_blocks() -> None:
    """They say from which layer they take."""
    lines = repr(residual_block(RNG, "b", "stem", 4, 6, 2)).splitlines()
    assert lines[0] == "<Block of 6 layers, 582 parameters"
    assert lines[1].endswith("222 parameters; takes stem")
    assert lines[4:] == [
        "  b.shortcut  Conv2d 4 -> 6, kernel 1x1, stride 2, 30 parameters; takes stem",
        "  b.add       Add; takes b.shortcut, b.conv2",
        "  b.relu2     ReLU>",
    ]
    maps = {"1×1": 2, "3×3 reduce": 1, "3×3": 3, "5×5 reduce": 1, "5×5": 4, "pool": 1}
    shown = repr(inception_block(RNG, "mix", "x", 5, maps))
    assert shown.startswith("<Block of 14 layers, ")
    assert shown.endswith("mix.3×3 relu, mix.5×5 relu, mix.pool relu>")
