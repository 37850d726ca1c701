"""Sizes, parameters, connections and receptive fields: counted one by one on real layers."""

from collections.abc import Callable
from math import ceil, prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain import Conv, Pool

import refimpl
from refimpl import (
    Parameters,
    ReceptiveField,
    conv_output_size,
    conv_parameters,
    dense_connections,
    dense_parameters,
    local_connections,
    local_parameters,
    pool_output_size,
    receptive_field,
    shared_conv_parameters,
    window_counts,
)

# --- outputs ------------------------------------------------------------------------------


@given(st.data())
def test_windows_of_a_convolution_are_counted(data: st.DataObject) -> None:
    """Along one axis, two or three: as many windows as start and end inside the padded input."""
    n = data.draw(st.integers(1, 3))
    each = {
        name: tuple(data.draw(st.integers(least, most)) for _ in range(n))
        for name, (least, most) in {
            "kernel": (1, 4),
            "stride": (1, 4),
            "dilation": (1, 3),
            "before": (0, 3),
            "after": (0, 3),
            "spare": (0, 9),
        }.items()
    }
    sizes = tuple(
        max(1, d * (k - 1) + 1 - b - a + more)
        for k, d, b, a, more in zip(
            *(each[key] for key in ("kernel", "dilation", "before", "after", "spare")), strict=True
        )
    )
    pairs = tuple(zip(each["before"], each["after"], strict=True))
    case = Conv((2, 3, *sizes), (4, 3, *each["kernel"]), each["stride"], pairs, each["dilation"])
    options = (each["kernel"], each["stride"], pairs, each["dilation"])
    assert conv_output_size(sizes, *options) == case.output
    if n == 1:
        assert conv_output_size(sizes[0], *options) == case.output[0]


@given(st.data())
def test_windows_of_a_pooling_are_counted(data: st.DataObject) -> None:
    """The same for poolings, whether what is left over is dropped or kept."""
    n = data.draw(st.integers(1, 3))
    kernel = tuple(data.draw(st.integers(1, 4)) for _ in range(n))
    stride = tuple(data.draw(st.integers(1, 4)) for _ in range(n))
    dilation = tuple(data.draw(st.integers(1, 2)) for _ in range(n))
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    sizes = tuple(
        max(1, d * (k - 1) + 1 - 2 * p + data.draw(st.integers(0, 9)))
        for k, d, p in zip(kernel, dilation, padding, strict=True)
    )
    ceil_mode = data.draw(st.booleans())
    case = Pool((2, 3, *sizes), kernel, stride, padding, dilation, ceil_mode)
    found = pool_output_size(sizes, kernel, stride, padding, dilation, ceil_mode)
    assert found == case.output
    if n == 1:
        found = pool_output_size(sizes[0], kernel, stride, padding, dilation, ceil_mode)
        assert found == case.output[0]


@pytest.mark.parametrize("padding", ["valid", "same", "full", 1, (2, 0), ((1, 0), (0, 2))])
@pytest.mark.parametrize("stride", [1, 2, (3, 1)])
def test_sizes_are_those_of_conv2d(padding: Any, stride: Any) -> None:
    """Every kind of padding that `conv2d` takes gives the size of its output."""
    y = refimpl.conv2d(
        np.zeros((2, 1, 9, 8)), np.zeros((3, 1, 4, 2)), None, stride, padding, (1, 2)
    )
    assert conv_output_size((9, 8), (4, 2), stride, padding, (1, 2)) == y.shape[2:]


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_sizes_are_those_of_max_pool2d(ceil_mode: bool) -> None:
    """With and without what is left over; stride is kernel_size unless given."""
    x = np.zeros((2, 3, 11, 10))
    for kernel, stride in ((3, None), ((2, 4), None), (3, 2), ((4, 3), (3, 5))):
        y = refimpl.max_pool2d(x, kernel, stride, ceil_mode=ceil_mode)
        assert pool_output_size((11, 10), kernel, stride, ceil_mode=ceil_mode) == y.shape[2:]


def test_a_list_is_a_tuple() -> None:
    """Sizes may come as a list or an array, as options do."""
    assert conv_output_size([7, 6], [3, 2]) == (5, 5)  # type: ignore[type-var]
    assert conv_output_size(np.int64(7), 3) == 5  # type: ignore[type-var]
    assert pool_output_size(np.array([8, 6]), 2) == (4, 3)  # type: ignore[type-var]


# --- what the documents say ---------------------------------------------------------------


def test_valid_and_same_as_printed() -> None:
    """D2.12: ⌈(W − w + 1)/stride⌉ and ⌈W/stride⌉ hold for every stride."""
    for W in range(1, 24):
        for stride in range(1, 7):
            for w in range(1, W + 1):
                found = conv_output_size(W, w, stride, "valid")
                assert found == ceil((W - w + 1) / stride)
                assert conv_output_size(W, w, stride, "same") == ceil(W / stride)


def test_valid_and_full_of_matrices() -> None:
    """D1.15: (m − p + 1)×(n − q + 1) and (m + p − 1)×(n + q − 1)."""
    assert conv_output_size((9, 7), (4, 2), padding="valid") == (6, 6)
    assert conv_output_size((9, 7), (4, 2), padding="full") == (12, 8)


def test_narrow_wide_and_equal() -> None:
    """D4.17; equal width with (m − 1)/2 zeros on both sides needs an odd m."""
    for n, m in ((9, 3), (8, 5), (12, 4)):
        assert conv_output_size(n, m) == n - m + 1
        assert conv_output_size(n, m, padding=m - 1) == n + m - 1
        assert (conv_output_size(n, m, padding=(m - 1) // 2) == n) == (m % 2 == 1)


def test_output_of_d3() -> None:
    """D3.5, with its 7×7 image, 3×3 kernel, one ring of zeros and stride 2: (7 + 2 − 3)/2 + 1."""
    assert conv_output_size((7, 7), 3, 2, padding=1) == (4, 4)


def test_pooling_991() -> None:
    """D1.12: 496×496 if the edge is kept; 991 is odd, and dropping the edge leaves 495×495."""
    maps = conv_output_size((1000, 1000), 10)
    assert maps == (991, 991)
    assert pool_output_size(maps, 2, ceil_mode=True) == (496, 496)
    assert pool_output_size(maps, 2) == (495, 495)


def test_wasted_pixels() -> None:
    """D3.3: of 7×7 under a 3×3 kernel, strides 1 and 2 read all, stride 3 wastes 13 pixels."""
    wasted = [int((window_counts((7, 7), 3, stride) == 0).sum()) for stride in (1, 2, 3)]
    assert wasted == [0, 0, 13]


def test_use_of_the_edge() -> None:
    """D3.4 says that an edge pixel is used once at most: a corner is, the edge up to 3 times."""
    counts = window_counts((7, 7), 3)
    assert counts[0].tolist() == [1, 2, 3, 3, 3, 2, 1]
    assert counts[3, 3] == 9
    assert window_counts((7, 7), 3, padding=1)[0].tolist() == [4, 6, 6, 6, 6, 6, 4]
    assert (window_counts((7, 7), 3, padding=2) == 9).all()


def test_parameters_of_a_perceptron_and_of_fields() -> None:
    """D1.11: 10⁹ weights and 1000 biases; 98 208 100 in fields; 100 and 1 shared."""
    dense = dense_parameters(1000 * 1000, 1000)
    local = local_parameters((1000, 1000), 10)
    shared = conv_parameters(1, 1, (10, 10))
    assert dense == (10**9, 1000)
    assert local == (98_208_100, 991 * 991)
    assert shared == (100, 1)
    assert 10 < dense.weights / local.weights < 11  # one order of magnitude, as worded
    assert dense.weights // shared.weights == 10_000_000


def test_connections_of_a_large_image() -> None:
    """D2.7: a neuron has 9 connections under a 3×3 kernel, 1024·1024 in a dense layer."""
    size = (1024, 1024)
    neurons = prod(conv_output_size(size, 3))
    assert local_connections(size, 3) == 9 * neurons
    assert dense_connections(1024 * 1024, neurons) == 1024 * 1024 * neurons


def test_connections_are_the_neurons_times_m() -> None:
    """D4.12: n·m connections, n being the layer that is computed; D4.13: n = before − m + 1."""
    for before, m in ((20, 5), (9, 2), (7, 7)):
        n = conv_output_size(before, m)
        assert n == before - m + 1
        assert local_connections(before, m) == n * m
        assert dense_connections(before, n) == before * n
        assert conv_parameters(1, 1, m).total == m + 1


def test_parameters_of_maps() -> None:
    """D4.14: P·D·(m·n) + P."""
    for P, D, m, n in ((6, 3, 5, 4), (96, 3, 11, 11), (1, 1, 2, 3)):
        assert conv_parameters(D, P, (m, n)).total == P * D * (m * n) + P


ALEXNET = (  # D2.13, sizes from Krizhevsky et al. 2012, in one piece
    conv_parameters(3, 96, (11, 11)),
    conv_parameters(96, 256, (5, 5)),
    conv_parameters(256, 384, (3, 3)),
    conv_parameters(384, 384, (3, 3)),
    conv_parameters(384, 256, (3, 3)),
    dense_parameters(256 * 6 * 6, 4096),
    dense_parameters(4096, 4096),
    dense_parameters(4096, 1000),
)


def test_parameters_of_alexnet() -> None:
    """62 378 344; in two groups, as it was first trained, 60 965 224."""
    assert sum(layer.total for layer in ALEXNET) == 62_378_344
    halves = {1: (96, 256, 5), 3: (384, 384, 3), 4: (384, 256, 3)}
    grouped = [
        conv_parameters(halves[i][0], halves[i][1], (halves[i][2],) * 2, groups=2)
        if i in halves
        else layer
        for i, layer in enumerate(ALEXNET)
    ]
    assert sum(layer.total for layer in grouped) == 60_965_224


def test_maps_and_fields_of_alexnet() -> None:
    """227 → 55 → 27 → 13 → 6, and a field of 195×195 behind the last pooling."""
    layers = ((11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2))
    paddings = (0, 0, 2, 0, 1, 1, 1, 0)
    size, sizes = (227, 227), []
    for (kernel, stride), padding in zip(layers, paddings, strict=True):
        size = conv_output_size(size, kernel, stride, padding)
        sizes.append(size[0])
    assert sizes == [55, 27, 27, 13, 13, 13, 13, 6]
    assert receptive_field(layers) == (195, 32)


# --- counted on real layers ---------------------------------------------------------------


def held(*arrays: Any) -> int:
    return sum(a.size for a in arrays)


def test_parameters_are_those_that_layers_hold() -> None:
    """LeNet's layers hold as many weights and biases as the formulas say."""
    layers = refimpl.lenet(np.random.default_rng(0)).layers
    expected = {
        "conv1": conv_parameters(1, 6, (5, 5)),
        "conv2": conv_parameters(6, 16, (5, 5)),
        "fc1": dense_parameters(400, 120),
        "fc2": dense_parameters(120, 84),
        "output": dense_parameters(84, 10),
    }
    counted = {
        name: Parameters(held(layer.parameters["weight"]), held(layer.parameters["bias"]))
        for name, layer in layers.items()
        if layer.parameters
    }
    assert counted == expected


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_grouped_parameters_fit(groups: int) -> None:
    """A kernel of so many weights is the one that `conv2d` takes."""
    weight = np.zeros((8, 4 // groups, 3, 2))
    refimpl.conv2d(np.zeros((1, 4, 5, 6)), weight, groups=groups)
    assert conv_parameters(4, 8, (3, 2), groups) == (weight.size, 8)


def test_one_kernel_for_all_maps() -> None:
    """D1.16: however many maps come in, a kernel of (C_out, K_h, K_w)."""
    assert shared_conv_parameters(6, (5, 4)) == (held(np.zeros((6, 5, 4))), 6)


def changed(layer: Callable[[Any], Any], shape: tuple[int, ...]) -> Any:
    """For each input, which outputs change when it does: (inputs, outputs), flattened."""
    at_rest = layer(np.zeros(shape))
    moved = []
    for place in np.ndindex(shape):
        x = np.zeros(shape)
        x[place] = 1
        moved.append((layer(x) != at_rest).ravel())
    return np.array(moved)


CONVOLUTIONS = (  # size, kernel, stride, padding, dilation, channels in and out
    ((7,), (3,), (1,), 0, (1,), 1, 1),
    ((9,), (4,), (2,), ((3, 1),), (1,), 2, 3),
    ((6, 5), (3, 2), (1, 1), 0, (1, 1), 1, 1),
    ((6, 5), (3, 2), (2, 1), "same", (1, 2), 3, 2),
    ((5, 4), (2, 3), (1, 1), "full", (1, 1), 2, 1),
    ((7, 7), (3, 3), (3, 3), 0, (1, 1), 1, 2),
    ((4, 5), (1, 2), (3, 2), (2, 1), (1, 1), 1, 1),
)


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_connections_by_perturbing_inputs(case: Any, rng: np.random.Generator) -> None:
    """Each input is changed alone, and the outputs that follow are counted."""
    size, kernel, stride, padding, dilation, c_in, c_out = case
    weight = rng.uniform(1, 2, (c_out, c_in, *kernel))
    conv = refimpl.conv1d if len(size) == 1 else refimpl.conv2d
    moved = changed(lambda x: conv(x, weight, None, stride, padding, dilation), (1, c_in, *size))
    options = (kernel, stride, padding, dilation)
    assert local_connections(size, *options, c_in, c_out) == moved.sum()
    counts = moved.sum(axis=1).reshape(c_in, *size) / c_out
    for channel in counts:
        np.testing.assert_array_equal(window_counts(size, *options), channel)
    neurons = moved.shape[1]
    assert local_parameters(size, *options, c_in, c_out) == (neurons * weight[0].size, neurons)


def test_fields_without_padding_have_a_weight_for_each_connection() -> None:
    """Sharing nothing, connections and weights are the same number."""
    assert local_connections((9, 8), (4, 2), 2) == local_parameters((9, 8), (4, 2), 2).weights
    padded = local_parameters((9, 8), (4, 2), 2, 1).weights
    assert local_connections((9, 8), (4, 2), 2, 1) < padded


def test_dense_connections_by_perturbing_inputs(rng: np.random.Generator) -> None:
    """Every output follows every input."""
    weight = rng.uniform(1, 2, (4, 6))
    moved = changed(lambda x: refimpl.linear(x, weight), (1, 6))
    assert dense_connections(6, 4) == moved.sum() == dense_parameters(6, 4).weights


CHAINS = (
    (((3,), 1, 1),),
    (((5,), 1, 1), ((2,), 2, 1), ((3,), 1, 1), ((2,), 2, 1)),
    (((3,), 2, 1), ((3,), 1, 3), ((1,), 3, 1), ((4,), 1, 2)),
    (((3, 2), (2, 1), (1, 1)), ((2, 4), (1, 2), (1, 2))),
    (((2, 2), (2, 2), (1, 1)), ((1, 3), (1, 1), (1, 1)), ((2, 2), (1, 3), (2, 1))),
)


@pytest.mark.parametrize("chain", CHAINS, ids=str)
def test_receptive_fields_by_perturbing_inputs(chain: Any) -> None:
    """The first and last place that a neuron follows, and how far on its neighbour's are."""
    n = len(chain[0][0])
    field = receptive_field(chain)
    size, jump = ((v,) if isinstance(v, int) else v for v in (field.size, field.jump))
    shape = tuple(s + j for s, j in zip(size, jump, strict=True))  # two neurons along each axis
    conv = refimpl.conv1d if n == 1 else refimpl.conv2d

    def run(x: Any) -> Any:
        for kernel, stride, dilation in chain:
            x = conv(x, np.ones((1, 1, *kernel)), None, stride, 0, dilation)
        return x

    assert run(np.zeros((1, 1, *shape))).shape[2:] == (2,) * n
    moved = changed(run, (1, 1, *shape)).reshape(*shape, *(2,) * n)
    for neuron in np.ndindex(*(2,) * n):
        places = np.argwhere(moved[(..., *neuron)])
        assert places.min(axis=0).tolist() == [o * j for o, j in zip(neuron, jump, strict=True)]
        assert (np.ptp(places, axis=0) + 1).tolist() == list(size)


def test_chain_of_numbers() -> None:
    """Numbers stand for every axis; what is left out is 1; no layer at all sees one place."""
    assert receptive_field([(3, 2), (3,)]) == (7, 2)
    assert receptive_field([(3, 2), ((3, 1),)]) == ((7, 3), (2, 2))
    assert receptive_field([((3,), (2, 1)), ((3, 5), (1,), (1, 2))]) == ((7, 11), (2, 1))
    assert receptive_field([]) == ReceptiveField(1, 1)


def test_pooling_widens_the_field() -> None:
    """D4.15: the same two convolutions see more with a pooling between them."""
    assert receptive_field([(3,), (3,)]).size == 5
    assert receptive_field([(3,), (2, 2), (3,)]).size == 8


# --- bad input ----------------------------------------------------------------------------

REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "size of text": (
        lambda: conv_output_size("7", 3),  # type: ignore[type-var]
        TypeError,
        "conv_output_size: size must be an integer or a tuple of 1 to 3, but is '7'",
    ),
    "size of four axes": (
        lambda: window_counts((7, 6, 5, 4), 3),
        TypeError,
        "window_counts: size must be an integer or a tuple of 1 to 3, but is (7, 6, 5, 4)",
    ),
    "size of no axis": (
        lambda: pool_output_size((), 3),
        TypeError,
        "pool_output_size: size must be an integer or a tuple of 1 to 3, but is ()",
    ),
    "negative size": (
        lambda: local_connections((7, -1), 3),
        ValueError,
        "local_connections: size must be at least 0, but is (7, -1)",
    ),
    "kernel beyond the input": (
        lambda: local_parameters((7, 6), (3, 9), padding=1),
        ValueError,
        "local_parameters: the window spans 9 along W, but the padded input has only 8 "
        "(6 and 2 of padding)",
    ),
    "empty kernel": (
        lambda: conv_output_size(7, 0),
        ValueError,
        "conv_output_size: kernel_size must be at least 1, but is 0",
    ),
    "kernel of two axes on one": (
        lambda: conv_output_size(7, (3, 3)),
        ValueError,
        "conv_output_size: kernel_size must be one integer or 1, but has 2 ((3, 3))",
    ),
    "stride 0": (
        lambda: conv_output_size(7, 3, 0),
        ValueError,
        "conv_output_size: stride must be at least 1, but is 0",
    ),
    "unknown padding": (
        lambda: conv_output_size(7, 3, padding="wide"),
        ValueError,
        "conv_output_size: padding must be one of 'valid', 'same', 'full', but is 'wide'",
    ),
    "nothing to pool": (
        lambda: pool_output_size((7, 0), 2),
        ValueError,
        "pool_output_size: size is empty along W, there is nothing to pool",
    ),
    "pooling padded by more than half": (
        lambda: pool_output_size(7, 2, padding=2),
        ValueError,
        "pool_output_size: padding must be at most half of kernel_size, but along L padding is 2 "
        "and kernel_size 2",
    ),
    "no inputs": (
        lambda: dense_parameters(0, 3),
        ValueError,
        "dense_parameters: inputs must be at least 1, but is 0",
    ),
    "outputs of no number": (
        lambda: dense_connections(3, 2.0),  # type: ignore[arg-type]
        TypeError,
        "dense_connections: outputs must be an integer, but is 2.0",
    ),
    "no channels": (
        lambda: local_parameters(7, 3, channels_out=0),
        ValueError,
        "local_parameters: channels_out must be at least 1, but is 0",
    ),
    "channels in that cannot be shared": (
        lambda: conv_parameters(3, 4, (5, 5), groups=2),
        ValueError,
        "conv_parameters: 2 groups cannot share channels_in 3 equally",
    ),
    "channels out that cannot be shared": (
        lambda: conv_parameters(4, 3, (5, 5), groups=2),
        ValueError,
        "conv_parameters: 2 groups cannot share channels_out 3 equally",
    ),
    "kernel of no size": (
        lambda: shared_conv_parameters(4, (5, 0)),
        ValueError,
        "shared_conv_parameters: kernel_size must be at least 1, but is (5, 0)",
    ),
    "no chain": (
        lambda: receptive_field(3),  # type: ignore[arg-type]
        TypeError,
        "receptive_field: layers must be a sequence of (kernel_size, stride, dilation), but is 3",
    ),
    "a layer that is a number": (
        lambda: receptive_field([(3, 1), 5]),  # type: ignore[list-item]
        TypeError,
        "receptive_field: layer 2 must be (kernel_size, stride, dilation) or the first one or two "
        "of them, but is 5",
    ),
    "a layer of four": (
        lambda: receptive_field([(3, 1, 1, 0)]),
        TypeError,
        "receptive_field: layer 1 must be (kernel_size, stride, dilation) or the first one or two "
        "of them, but is (3, 1, 1, 0)",
    ),
    "layers of different axes": (
        lambda: receptive_field([(3, (2, 1)), ((3, 3, 3),)]),
        ValueError,
        "receptive_field: kernel_size of layer 2 must be one integer or 2, but has 3 ((3, 3, 3))",
    ),
    "a layer without axes": (
        lambda: receptive_field([((),)]),
        ValueError,
        "receptive_field: kernel_size of layer 1 must be one integer or 1, but has 0 (())",
    ),
    "dilation 0": (
        lambda: receptive_field([(3,), (3, 2, 0)]),
        ValueError,
        "receptive_field: dilation of layer 2 must be at least 1, but is 0",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    """The whole text."""
    call, error, text = REFUSED[what]
    with pytest.raises(error) as raised:
        call()
    assert (type(raised.value), str(raised.value)) == (error, text)


# The smallest arguments of each function; every one is 1.
LEAST = {
    "conv_output_size": ("kernel_size", "stride", "dilation"),
    "pool_output_size": ("kernel_size", "stride", "dilation"),
    "window_counts": ("kernel_size", "stride", "dilation"),
    "local_parameters": ("kernel_size", "stride", "dilation", "channels_in", "channels_out"),
    "local_connections": ("kernel_size", "stride", "dilation", "channels_in", "channels_out"),
    "dense_parameters": ("inputs", "outputs"),
    "dense_connections": ("inputs", "outputs"),
    "conv_parameters": ("channels_in", "channels_out", "kernel_size", "groups"),
    "shared_conv_parameters": ("channels_out", "kernel_size"),
}
SIZED = [name for name, arguments in LEAST.items() if "stride" in arguments]


def ones(function: str) -> dict[str, int]:
    return dict.fromkeys((*LEAST[function], *(["size"] if function in SIZED else [])), 1)


@pytest.mark.parametrize("function", LEAST)
def test_one_of_everything(function: str) -> None:
    """One place, one channel, one neuron: the smallest layer there is has one of everything."""
    counted = getattr(refimpl, function)(**ones(function))
    assert set(np.ravel(counted)) == {1}


@pytest.mark.parametrize(
    ("function", "argument"), [(name, argument) for name in LEAST for argument in LEAST[name]]
)
def test_none_of_anything_is_refused(function: str, argument: str) -> None:
    """0 is refused of every argument by its name."""
    with pytest.raises(ValueError, match=f"^{function}: {argument} must be at least 1, but is 0$"):
        getattr(refimpl, function)(**{**ones(function), argument: 0})


@pytest.mark.parametrize("function", SIZED)
def test_a_negative_size_is_refused(function: str) -> None:
    """An input may be empty, where the padding holds the window, but not less."""
    with pytest.raises(ValueError, match=f"^{function}: size must be at least 0, but is -1$"):
        getattr(refimpl, function)(**{**ones(function), "size": -1})
