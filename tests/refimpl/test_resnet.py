"""ResNet-18: the numbers of its paper and of torchvision; its block by loops, exactly."""

from math import prod
from typing import Any

import numpy as np
import pytest
from plain import Conv, assert_same, conv

from refimpl import Network, basic_block, resnet18

Array = Any
STAGES = ((64, 64), (64, 128), (128, 256), (256, 512))  # maps before and of each


@pytest.fixture(scope="module")
def network() -> Network:
    return resnet18(np.random.default_rng(1))


# --- as torchvision has it ----------------------------------------------------------------


def wanted() -> dict[str, tuple[int, ...]]:
    """torchvision's state_dict without the counters of batches, by its rules for names."""
    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (64, 3, 7, 7)}

    def norm(name: str, maps: int) -> None:
        for key in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.{key}"] = (maps,)

    norm("bn1", 64)
    for stage, (before, maps) in enumerate(STAGES, start=1):
        for place in (0, 1):
            name = f"layer{stage}.{place}"
            c_in = maps if place else before
            shapes[f"{name}.conv1.weight"] = (maps, c_in, 3, 3)
            norm(f"{name}.bn1", maps)
            shapes[f"{name}.conv2.weight"] = (maps, maps, 3, 3)
            norm(f"{name}.bn2", maps)
            if c_in != maps:
                shapes[f"{name}.downsample.0.weight"] = (maps, c_in, 1, 1)
                norm(f"{name}.downsample.1", maps)
    return {**shapes, "fc.weight": (1000, 512), "fc.bias": (1000,)}


def test_names_and_shapes_are_torchvisions(network: Network) -> None:
    """Whoever has its weights can put them in by their names."""
    found = {
        f"{name}.{key}": np.shape(array)
        for name, layer in network.layers.items()
        for key, array in (*layer.parameters.items(), *layer.constants.items())
    }
    assert found == wanted()


def test_parameters(network: Network) -> None:
    """11 689 512 numbers to learn in 62 arrays, as torchvision counts them."""
    arrays = [p for layer in network.layers.values() for p in layer.parameters.values()]
    assert (len(arrays), sum(a.size for a in arrays)) == (62, 11_689_512)
    running = [np.size(c) for layer in network.layers.values() for c in layer.constants.values()]
    assert sum(running) == 9600


def test_options(network: Network) -> None:
    """Table 1 of the paper: stride 2 in conv1, the maximum, and where stages 2 to 4 begin."""
    strides, paddings = {}, {}
    for name, layer in network.layers.items():
        if "stride" in layer.options:
            strides[name], paddings[name] = layer.options["stride"], layer.options["padding"]
    assert {name for name, stride in strides.items() if stride == 2} == {
        *("conv1", "maxpool"),
        *(f"layer{n}.0.{conv}" for n in (2, 3, 4) for conv in ("conv1", "downsample.0")),
    }
    assert set(strides.values()) == {1, 2}
    kernels = {
        name: layer.parameters["weight"].shape[-1] if layer.parameters else 3
        for name, layer in network.layers.items()
        if name in strides
    }
    assert {name: k // 2 for name, k in kernels.items()} == paddings
    norms = [la.options for la in network.layers.values() if la.function == "batch_norm"]
    assert len(norms) == 20
    assert {(o["training"], o["eps"]) for o in norms} == {(True, 1e-5)}


def test_sizes(network: Network) -> None:
    """224 → 112 → 56 → 28 → 14 → 7 → 1, with 64 to 512 maps, and 1000 outputs."""
    x = np.random.default_rng(2).normal(size=(1, 3, 224, 224))
    a = dict(zip(("x", *network.layers), network.activations(x), strict=True))
    shapes = {name: array.shape[1:] for name, array in a.items()}
    for name in ("conv1", "bn1", "relu"):
        assert shapes.pop(name) == (64, 112, 112)
    assert shapes.pop("maxpool") == (64, 56, 56)
    for stage, (_, maps) in enumerate(STAGES, start=1):
        size = 112 // 2**stage
        ours = [name for name in shapes if name.startswith(f"layer{stage}.")]
        assert len(ours) == 14 + 2 * (stage > 1)
        assert {shapes.pop(name) for name in ours} == {(maps, size, size)}
    assert shapes == {
        "x": (3, 224, 224),
        "avgpool": (512, 1, 1),
        "flatten": (512,),
        "fc": (1000,),
    }


def test_training_and_use() -> None:
    """In use the running statistics normalise, which a batch of one image can be given to."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1, 3, 32, 32))  # one place is left in layer 4: no variance of its own
    ours = {t: resnet18(np.random.default_rng(1), training=t) for t in (True, False)}
    for training, one in ours.items():
        options = [la.options for la in one.layers.values() if la.function == "batch_norm"]
        assert {o["training"] for o in options} == {training}
    assert np.isfinite(ours[False].forward(x)).all()
    assert not np.allclose(ours[True].forward(np.tile(x, (2, 1, 1, 1))), ours[False].forward(x))


# --- initial weights ----------------------------------------------------------------------


def test_initial_weights(network: Network) -> None:
    """Normal with variance 2/fan_out; 1 and 0; uniform in ±1/√512: as torchvision begins.

    A standard error of a standard deviation is σ/√(2n); five of them are allowed.
    """
    for layer in network.layers.values():
        if layer.function == "conv2d":
            (weight,) = layer.parameters.values()
            std = (2 / prod((weight.shape[0], *weight.shape[2:]))) ** 0.5
            assert abs(weight.std() / std - 1) < 5 / (2 * weight.size) ** 0.5
            assert abs(weight.mean()) < 5 * std / weight.size**0.5
        elif layer.function == "batch_norm":
            given = {**layer.parameters, **layer.constants}
            for key in ("weight", "running_var"):
                assert (given[key] == 1).all()
            for key in ("bias", "running_mean"):
                assert (given[key] == 0).all()
    limit = 512**-0.5
    for parameter in network.layers["fc"].parameters.values():
        assert 0.99 * limit < abs(parameter).max() <= limit
        assert abs(parameter.std() - limit / 3**0.5) < 0.05 * limit


def test_norms_share_nothing(network: Network) -> None:
    """A step of one changes no other."""
    arrays = [
        array
        for layer in network.layers.values()
        for array in (*layer.parameters.values(), *layer.constants.values())
    ]
    assert len({id(array) for array in arrays}) == len(arrays)


def test_reproducible() -> None:
    """The same seed, the same weights; another one, others."""
    first, again, other = (
        resnet18(np.random.default_rng(seed)).layers["fc"].parameters["weight"]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


# --- the block ----------------------------------------------------------------------------


def halving(block: Any) -> Network:
    """The block in use, its normalisations by √(1 + 3), its weights small integers."""
    rng = np.random.default_rng(5)
    for layer in block.layers.values():
        if layer.function == "batch_norm":
            layer.options["eps"] = 3
        elif layer.parameters:
            weight = layer.parameters["weight"]
            layer.parameters["weight"] = rng.integers(-2, 3, weight.shape) * 2.0
    return Network(*block)


def halved(network: Network, name: str, x: Array, stride: int) -> Array:
    """A convolution by loops, and half of it."""
    weight = network.layers[name].parameters["weight"]
    K = weight.shape[-1]
    case = Conv(x.shape, weight.shape, (stride, stride), ((K // 2, K // 2),) * 2, (1, 1))
    return conv(case, x, weight) / 2


@pytest.mark.parametrize(
    ("c_out", "stride", "shape"),
    [(2, 1, (2, 2, 5, 4)), (3, 1, (2, 3, 5, 4)), (2, 2, (2, 2, 3, 2)), (3, 2, (2, 3, 3, 2))],
)
def test_a_block_by_loops(rng: np.random.Generator, c_out: int, stride: int, shape: Any) -> None:
    """h = x + f(θ, x), x through a 1×1 convolution where depth or size change; ReLU behind it."""
    network = halving(basic_block(rng, "b", "x", 2, c_out, stride, training=False))
    x = rng.integers(-3, 4, (2, 2, 5, 4)).astype(float)
    inner = np.maximum(halved(network, "b.conv1", x, stride), 0)
    shortcut = x
    if (c_out, stride) != (2, 1):
        shortcut = halved(network, "b.downsample.0", x, stride)
    h = shortcut + halved(network, "b.conv2", inner, 1)
    y = network.forward(x)
    assert y.shape == shape
    assert_same(y, np.maximum(h, 0))
    assert (h < 0).any()


def test_what_a_block_takes(rng: np.random.Generator) -> None:
    """The plain shortcut is the source itself; a projected one stands behind its normalisation."""
    plain, projected = (basic_block(rng, "b", "before", 4, c_out) for c_out in (4, 5))
    names = ["b.conv1", "b.bn1", "b.relu1", "b.conv2", "b.bn2"]
    assert list(plain.layers) == [*names, "b.add", "b.relu2"]
    assert plain.inputs == {"b.conv1": ("before",), "b.add": ("before", "b.bn2")}
    downsample = ["b.downsample.0", "b.downsample.1"]
    assert list(projected.layers) == [*names, *downsample, "b.add", "b.relu2"]
    assert projected.inputs["b.downsample.0"] == ("before",)
    assert projected.inputs["b.add"] == ("b.downsample.1", "b.bn2")
