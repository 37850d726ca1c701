"""A layer is its function, with its parameters and options."""

from inspect import Parameter, signature
from typing import Any

import numpy as np
import pytest
from plain import assert_same, draw

import refimpl
from refimpl import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelShuffle,
    Concatenate,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    GroupNorm,
    Hardsigmoid,
    Hardswish,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Mean,
    Multiply,
    Pad,
    PReLU,
    ReLU,
    Reshape,
    Sigmoid,
    SiLU,
    SliceAxis,
    Softmax,
    Softplus,
    Tanh,
    Transpose,
)

KERNELS = draw(np.random.default_rng(1), (4, 3, 3, 2), "float64")
ROWS = draw(np.random.default_rng(2), (4, 6), "float64")
BIAS = draw(np.random.default_rng(3), (4,), "float64")
GEOMETRY = {"stride": (2, 1), "padding": (1, 0)}
MASK = np.random.default_rng(4).random((2, 3, 5, 6)) < 1 / 2
AFFINE = draw(np.random.default_rng(5), (2, 3), "float64")
RUNNING = draw(np.random.default_rng(6), (3,), "float64"), np.array([4.0, 0.5, 9.0])
OF_MAPS = draw(np.random.default_rng(7), (2, 5, 6), "float64")
RESPONSE = {"size": 3, "alpha": 0.5, "beta": 0.25, "k": 2.0}
PART = {"axis": 3, "start": 1, "stop": 4, "step": 2}
POOLING = {"kernel_size": (4, 2), **GEOMETRY, "ceil_mode": True}

# a layer, the options of its function
LAYERS = {
    "conv2d": (Conv2d(KERNELS, BIAS), {}),
    "conv2d with options": (
        Conv2d(
            KERNELS[:, :1], BIAS, **GEOMETRY, dilation=(1, 2), groups=1, padding_mode="circular"
        ),
        {**GEOMETRY, "dilation": (1, 2), "padding_mode": "circular"},
    ),
    "conv_transpose2d": (ConvTranspose2d(KERNELS, BIAS[:3]), {}),
    "conv_transpose2d with options": (
        ConvTranspose2d(KERNELS, BIAS[:3], **GEOMETRY, output_padding=(1, 0), dilation=(2, 1)),
        {**GEOMETRY, "output_padding": (1, 0), "dilation": (2, 1)},
    ),
    "pad": (Pad((1, 2)), {"padding": (1, 2)}),
    "pad with a value": (Pad((1, 2), value=5), {"padding": (1, 2), "value": 5}),
    "pad with a mode": (Pad((1, 2), "reflect"), {"padding": (1, 2), "mode": "reflect"}),
    "linear": (Linear(ROWS, BIAS), {}),
    "conv2d without a bias": (Conv2d(KERNELS, **GEOMETRY), GEOMETRY),
    "conv_transpose2d without a bias": (ConvTranspose2d(KERNELS, **GEOMETRY), GEOMETRY),
    "linear without a bias": (Linear(ROWS), {}),
    "max_pool2d": (MaxPool2d(2), {"kernel_size": 2}),
    "max_pool2d with options": (
        MaxPool2d(**POOLING, dilation=(1, 2)),
        {**POOLING, "dilation": (1, 2)},
    ),
    "avg_pool2d": (AvgPool2d(2), {"kernel_size": 2}),
    "avg_pool2d with options": (
        AvgPool2d(**POOLING, count_include_pad=False),
        {**POOLING, "count_include_pad": False},
    ),
    "avg_pool2d with its own divisor": (
        AvgPool2d(**POOLING, divisor_override=5),
        {**POOLING, "divisor_override": 5},
    ),
    "adaptive_avg_pool2d": (AdaptiveAvgPool2d((3, 4)), {"output_size": (3, 4)}),
    "adaptive_max_pool2d": (AdaptiveMaxPool2d((3, 4)), {"output_size": (3, 4)}),
    "global_avg_pool": (GlobalAvgPool(), {}),
    "global_max_pool": (GlobalMaxPool(), {}),
    "mean": (Mean(), {}),
    "mean over axes": (Mean((2, 3), keepdims=True), {"axis": (2, 3), "keepdims": True}),
    "flatten": (Flatten(), {}),
    "relu": (ReLU(), {}),
    "leaky_relu": (LeakyReLU(), {}),
    "leaky_relu with a slope": (LeakyReLU(0.25), {"negative_slope": 0.25}),
    "sigmoid": (Sigmoid(), {}),
    "tanh": (Tanh(), {}),
    "softplus": (Softplus(), {}),
    "softplus with options": (Softplus(2, 5), {"beta": 2, "threshold": 5}),
    "silu": (SiLU(), {}),
    "gelu": (GELU(), {}),
    "gelu by tanh": (GELU("tanh"), {"approximate": "tanh"}),
    "elu": (ELU(), {}),
    "elu with alpha": (ELU(0.5), {"alpha": 0.5}),
    "prelu": (PReLU(np.array([0.25, -0.5, 2.0])), {}),
    "hardsigmoid": (Hardsigmoid(), {}),
    "hardswish": (Hardswish(), {}),
    "softmax": (Softmax(), {}),
    "softmax along an axis": (Softmax(axis=1), {"axis": 1}),
    "dropout": (Dropout(MASK), {}),
    "batch_norm": (BatchNorm(*AFFINE, training=True), {"training": True}),
    "batch_norm in use": (BatchNorm(*AFFINE, *RUNNING, eps=0.5), {"eps": 0.5}),
    "layer_norm": (LayerNorm(*OF_MAPS), {"normalized_shape": (5, 6)}),
    "layer_norm with eps": (
        LayerNorm(*OF_MAPS, (5, 6), 0.5),
        {"normalized_shape": (5, 6), "eps": 0.5},
    ),
    "group_norm": (GroupNorm(*AFFINE, 3), {"num_groups": 3}),
    "local_response_norm": (LocalResponseNorm(2), {"size": 2}),
    "local_response_norm with options": (LocalResponseNorm(**RESPONSE), RESPONSE),
    "transpose": (Transpose(), {}),
    "transpose in an order": (Transpose((0, 2, 3, 1)), {"axes": (0, 2, 3, 1)}),
    "reshape": (Reshape((-1, 30)), {"shape": (-1, 30)}),
    "channel_shuffle": (ChannelShuffle(3), {"groups": 3}),
    "slice_axis": (SliceAxis(2), {"axis": 2}),
    "slice_axis of a part": (SliceAxis(**PART), PART),
    "dropout with a share": (Dropout(MASK, 0.25), {"p": 0.25}),
}
JOINS: dict[str, tuple[Layer, int]] = {
    "add": (Add(), 2),
    "multiply": (Multiply(), 2),
    "concatenate": (Concatenate(), 3),
}
EVERY_LAYER = pytest.mark.parametrize(("layer", "options"), LAYERS.values(), ids=LAYERS)


def is_needed(option: str, thing: Any) -> bool:
    """Whether a function or a layer has no default for an option."""
    return signature(thing).parameters[option].default is Parameter.empty


def draw_input(rng: np.random.Generator, layer: Layer) -> Any:
    """Something the layer can be given: a batch of images, of one channel for one-slice kernels."""
    channels = 3
    if layer.function.startswith("conv"):
        channels = layer.parameters["weight"].shape[layer.function == "conv2d"]
    return draw(rng, (2, channels, 5, 6), "float64")


@EVERY_LAYER
def test_forward(rng: np.random.Generator, layer: Layer, options: Any) -> None:
    """forward is the function with the layer's parameters and options."""
    x = draw_input(rng, layer)
    given = {**layer.parameters, **layer.constants}
    expected = getattr(refimpl, layer.function)(x, **given, **options)
    assert_same(layer.forward(x), expected)


@EVERY_LAYER
def test_backward(rng: np.random.Generator, layer: Layer, options: Any) -> None:
    """backward is the function's backward; every parameter has its gradient, and dx is first."""
    x = draw_input(rng, layer)
    dy = draw(rng, layer.forward(x).shape, "float64")
    weights = {"weight": layer.parameters["weight"]} if layer.parameters else {}
    given = {**weights, **layer.constants}
    expected = getattr(refimpl, f"{layer.function}_backward")(dy, x, **given, **options)
    dx, dparameters = layer.backward(dy, x)
    assert set(dparameters) == set(layer.parameters)
    if not weights:
        assert_same(dx, expected)
        return
    assert_same(dx, expected.dx)
    assert_same(dparameters["weight"], expected.dweight)
    if "bias" in dparameters:
        assert_same(dparameters["bias"], expected.dbias)


@EVERY_LAYER
def test_options_are_kept(layer: Layer, options: Any) -> None:
    """What the layer was made with can be read again, to check its function alone."""
    assert options.items() <= layer.options.items()


def test_options_change_the_output(rng: np.random.Generator) -> None:
    """Every option of the cases matters, so a layer that dropped one would be seen."""
    for name, (layer, options) in LAYERS.items():
        x = draw_input(rng, layer)
        for option in options if " " in name else ():
            if option in ("groups", "normalized_shape"):
                continue
            fewer = {key: value for key, value in options.items() if key != option}
            if is_needed(option, getattr(refimpl, layer.function)):
                fewer[option] = 2
            given = {**layer.parameters, **layer.constants}
            y = getattr(refimpl, layer.function)(x, **given, **fewer)
            assert not np.array_equal(y, layer.forward(x)), (name, option)


def test_groups_reach_the_function(rng: np.random.Generator) -> None:
    """A layer of three groups has one slice for each kernel."""
    weight, x = draw(rng, (6, 1, 2, 2), "float64"), draw(rng, (2, 3, 4, 5), "float64")
    layer = Conv2d(weight, np.zeros(6), groups=3)
    assert_same(layer.forward(x), refimpl.conv2d(x, weight, groups=3))
    dy = draw(rng, (2, 6, 3, 4), "float64")
    expected = refimpl.conv2d_backward(dy, x, weight, groups=3)
    assert_same(layer.backward(dy, x).dparameters["weight"], expected.dweight)


@pytest.mark.parametrize(("layer", "count"), JOINS.values(), ids=JOINS)
def test_a_join_takes_several_inputs(rng: np.random.Generator, layer: Layer, count: int) -> None:
    """forward and backward are the function's, with a gradient for each input, as a tuple."""
    xs = [draw(rng, (2, 3, 5, 6), "float64") for _ in range(count)]
    y = layer.forward(*xs)
    assert_same(y, getattr(refimpl, layer.function)(*xs))
    dy = draw(rng, y.shape, "float64")
    dx, dparameters = layer.backward(dy, *xs)
    expected = getattr(refimpl, f"{layer.function}_backward")(dy, *xs)
    assert type(dx) is tuple
    assert dparameters == {}
    for actual, right in zip(dx, expected, strict=True):
        assert_same(actual, right)


def test_a_layer_without_a_bias_learns_none() -> None:
    """Nothing stands for it, so that nothing is stepped or counted."""
    for layer in (Conv2d(KERNELS), ConvTranspose2d(KERNELS), Linear(ROWS)):
        assert set(layer.parameters) == {"weight"}
    assert repr(Linear(ROWS)) == "<Linear 6 -> 4, 24 parameters>"


def test_a_gate_is_summed_over_its_map(rng: np.random.Generator) -> None:
    """One factor for each map: its gradient is the sum of dy · x over the map."""
    x, gate = draw(rng, (2, 3, 5, 4), "float64"), draw(rng, (2, 3, 1, 1), "float64")
    dy = draw(rng, (2, 3, 5, 4), "float64")
    dx, dgate = Multiply().backward(dy, x, gate).dx
    assert_same(dx, dy * gate)
    assert_same(dgate, np.einsum("nchw,nchw->nc", dy, x).reshape(2, 3, 1, 1))


def test_dropout_keeps_its_mask_as_a_constant() -> None:
    """The mask does not learn: it is no parameter, and what becomes 0 is where it is 0."""
    layer = Dropout(MASK)
    assert layer.parameters == {}
    assert set(layer.constants) == {"mask"}
    x = np.full(MASK.shape, 3.0)
    assert_same(layer.forward(x), np.where(MASK, 6.0, 0.0))
    assert_same(layer.backward(x, x).dx, np.where(MASK, 6.0, 0.0))


def test_dropout_without_a_mask_passes_everything(rng: np.random.Generator) -> None:
    """In use nothing is dropped, forward and backward."""
    layer, x, dy = Dropout(), draw(rng, (2, 3), "float64"), draw(rng, (2, 3), "float64")
    assert layer.constants == {}
    assert_same(layer.forward(x), x)
    assert_same(layer.backward(dy, x).dx, dy)
    assert layer.backward(dy, x).dparameters == {}


def test_layers_do_not_share_parameters() -> None:
    """A layer keeps a dictionary of its own."""
    parameters = {"weight": np.ones(1)}
    layer = Layer(parameters)
    layer.parameters["weight"] = np.zeros(1)
    assert parameters["weight"] == 1
    assert Layer().parameters is not Layer().parameters


def test_layers_keep_no_activations(rng: np.random.Generator) -> None:
    """backward looks only at what it is given, whatever the layer saw before."""
    layer, x, dy = Tanh(), draw(rng, (2, 3), "float64"), draw(rng, (2, 3), "float64")
    before = layer.backward(dy, x).dx
    layer.forward(x + 1)
    assert_same(layer.backward(dy, x).dx, before)
    assert vars(layer) == {"parameters": {}, "constants": {}, "options": {}}


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_a_bare_layer_refuses(method: str) -> None:
    """Layer itself computes nothing, and says so under the name of its subclass."""

    class Dream(Layer):
        pass

    arrays = [np.zeros(1)] * (1 if method == "forward" else 2)
    with pytest.raises(TypeError) as info:
        getattr(Dream(), method)(*arrays)
    assert str(info.value) == f"Dream is no layer: it has no {method}"


def test_every_layer_is_tested() -> None:
    """A new layer has to be put on the list above."""
    made = {
        cls for cls in vars(refimpl).values() if isinstance(cls, type) and issubclass(cls, Layer)
    }
    tried = [layer for layer, _ in (*LAYERS.values(), *JOINS.values())]
    assert {type(layer) for layer in tried} == made - {Layer}


# --- what a layer is made with ------------------------------------------------------------

ONES = np.ones((2, 3))
GIVEN: dict[type[Layer], tuple[dict[str, Any], dict[str, Any]]] = {  # parameters, options
    Conv2d: (
        {"weight": KERNELS, "bias": BIAS},
        {"stride": 2, "padding": 3, "dilation": 4, "groups": 5, "padding_mode": "reflect"},
    ),
    ConvTranspose2d: (
        {"weight": KERNELS, "bias": BIAS},
        {"stride": 2, "padding": 3, "output_padding": 1, "groups": 5, "dilation": 4},
    ),
    AdaptiveAvgPool2d: ({}, {"output_size": 7}),
    AdaptiveMaxPool2d: ({}, {"output_size": 7}),
    Linear: ({"weight": ROWS, "bias": BIAS}, {}),
    MaxPool2d: (
        {},
        {"kernel_size": 9, "stride": 2, "padding": 3, "dilation": 4, "ceil_mode": True},
    ),
    AvgPool2d: (
        {},
        {
            "kernel_size": 9,
            "stride": 2,
            "padding": 3,
            "ceil_mode": True,
            "count_include_pad": False,
            "divisor_override": 5,
        },
    ),
    Pad: ({}, {"padding": 2, "mode": "reflect", "value": 0.5}),
    LeakyReLU: ({}, {"negative_slope": 0.25}),
    Softplus: ({}, {"beta": 2, "threshold": 5}),
    GELU: ({}, {"approximate": "tanh"}),
    ELU: ({}, {"alpha": 0.5}),
    PReLU: ({"weight": BIAS}, {}),
    Softmax: ({}, {"axis": 0}),
    Transpose: ({}, {"axes": (1, 0)}),
    Reshape: ({}, {"shape": (-1, 2)}),
    ChannelShuffle: ({}, {"groups": 2}),
    SliceAxis: ({}, PART),
    Dropout: ({}, {"p": 0.25}),
}


@pytest.mark.parametrize("kind", GIVEN, ids=lambda kind: kind.__name__)
def test_a_layer_keeps_what_it_is_given(kind: type[Layer]) -> None:
    """Parameters and options by the names that the function has for them."""
    parameters, options = GIVEN[kind]
    layer = kind(**parameters, **options)
    assert layer.parameters == parameters
    assert layer.options == options
    assert layer.constants == {}


@pytest.mark.parametrize("kind", GIVEN, ids=lambda kind: kind.__name__)
def test_defaults_are_those_of_the_function(kind: type[Layer]) -> None:
    """What a layer is not given, it takes as its function does."""
    parameters, options = GIVEN[kind]
    needed = {name: value for name, value in options.items() if is_needed(name, kind)}
    made = kind(**parameters, **needed).options
    of_function = signature(getattr(refimpl, kind.function)).parameters
    assert made.keys() == options.keys()
    for name in options.keys() - needed.keys():
        assert made[name] == of_function[name].default


def test_add_backward_keeps_the_order() -> None:
    """An error names the summands as the forward does."""
    with pytest.raises(ValueError, match=r"x is \(2, 3\), but other is \(2, 2\)"):
        Add().backward(ONES, ONES, ONES[:, :2])
