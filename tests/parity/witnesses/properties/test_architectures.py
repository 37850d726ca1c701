"""A block or a network that is right at the sizes of the catalogue alone is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import refimpl
from parity.cases.networks import NETWORKS
from parity.results.settings import Settings
from parity.suite.run import run_task
from parity.suite.task import Task
from parity.witnesses.properties.architectures import BUILDERS, built_as_promised
from refimpl import Linear, Sequential, architectures


def said(name: str, seed: int = 20261120) -> list[str]:
    return list(built_as_promised(NETWORKS[name], "float64", Settings(seed=seed)))


@pytest.mark.parametrize("name", [*BUILDERS, "fan_out"])
def test_the_right_code(name: str) -> None:
    """Whatever is drawn."""
    assert [text for seed in range(20) for text in said(name, seed)] == []


def test_a_shortcut_where_both_depth_and_size_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither alone."""
    right = refimpl.residual_block

    def wrong(rng: Any, name: str, source: str, c_in: int, c_out: int, stride: int = 1) -> Any:
        block = right(rng, name, source, c_in, c_out, stride)
        if stride != 1 and c_in == c_out:
            block.layers[f"{name}.shortcut"] = refimpl.MaxPool2d(1, stride)
        return block

    monkeypatch.setattr(refimpl, "residual_block", wrong)
    (row,) = run_task(Task("properties", "residual", "float64"), Settings()).witnesses
    assert row.note == "built as promised: KeyError: 'weight'"


def test_a_stride_in_the_second_convolution(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sizes are the same."""
    right = refimpl.residual_block

    def wrong(rng: Any, name: str, source: str, c_in: int, c_out: int, stride: int = 1) -> Any:
        block = right(rng, name, source, c_in, c_out, stride)
        one, two = (block.layers[f"{name}.conv{k}"] for k in (1, 2))
        one.options, two.options = (
            {**layer.options, "stride": s} for layer, s in ((one, 1), (two, stride))
        )
        return block

    monkeypatch.setattr(refimpl, "residual_block", wrong)
    assert said("residual")[0].startswith("residual_block 4, 4, 2: y at ")


@pytest.mark.parametrize(
    ("layer", "change", "text"),
    [
        ("b.conv2", lambda conv: conv.parameters["weight"] * 1.5, "b.conv2 weight: standard"),
        ("b.bn1", lambda norm: norm.parameters["weight"] * 0, "b.bn1: weight at (0,)"),
    ],
)
def test_a_basic_block_with_other_weights(
    monkeypatch: pytest.MonkeyPatch, layer: str, change: Any, text: str
) -> None:
    """Not He's by fan_out, or a normalisation that begins with 0."""
    right = refimpl.basic_block

    def wrong(*args: Any) -> Any:
        block = right(*args)
        block.layers[layer].parameters["weight"] = change(block.layers[layer])
        return block

    monkeypatch.setattr(refimpl, "basic_block", wrong)
    assert said("small_resnet")[0].startswith(f"basic_block 4, 4, 1, training True, {text}")


def test_a_basic_block_that_strides_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """In its second convolution: the sizes are the same."""
    right = refimpl.basic_block

    def wrong(*args: Any) -> Any:
        block = right(*args)
        one, two = (block.layers[f"b.conv{k}"] for k in (1, 2))
        one.options, two.options = two.options, one.options
        return block

    monkeypatch.setattr(refimpl, "basic_block", wrong)
    assert said("small_resnet")[0].startswith("basic_block 4, 4, 2, training True: y at ")


def test_branches_in_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pooling first."""
    right = refimpl.inception_block

    def wrong(*args: Any) -> Any:
        block = right(*args)
        block.inputs["b.stack"] = block.inputs["b.stack"][::-1]
        return block

    monkeypatch.setattr(refimpl, "inception_block", wrong)
    assert said("inception")[0].startswith("inception_block: y at ")


@pytest.mark.parametrize(
    ("name", "layer"), [("inception_block", "b.max"), ("residual_block", "b.add")]
)
def test_a_branch_of_the_networks_input(
    monkeypatch: pytest.MonkeyPatch, name: str, layer: str
) -> None:
    """Wherever the block stands."""
    right = getattr(refimpl, name)

    def wrong(*args: Any) -> Any:
        block = right(*args)
        if "b.shortcut" not in block.layers:
            block.inputs[layer] = ("x", *block.inputs[layer][1:])
        return block

    monkeypatch.setattr(refimpl, name, wrong)
    assert said(name.partition("_")[0])[0].startswith(name)


def test_activations_of_a_perceptron(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sigmoids, whatever was asked for; none behind the third layer."""
    right = refimpl.mlp
    monkeypatch.setattr(refimpl, "mlp", lambda rng, sizes, hidden, output: right(rng, sizes))
    assert said("xor")[0].startswith("mlp of (45, 55) has Linear")

    def short(rng: Any, sizes: Any, hidden: Any, output: Any) -> Any:
        layers = dict(right(rng, sizes, hidden, output).layers)
        layers.pop("act3", None) if len(sizes) > 3 else layers.pop("act2", None)
        return Sequential(layers)

    monkeypatch.setattr(refimpl, "mlp", short)
    assert said("xor")


def test_initial_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gain that is forgotten, biases that are not 0, and those of a perceptron that are."""
    right = architectures.uniform
    monkeypatch.setattr(architectures, "uniform", lambda rng, shape, gain: right(rng, shape, 4))
    assert [text.partition(":")[0] for text in said("lenet")] == ["lenet output weight"] * 2
    monkeypatch.setattr(architectures, "uniform", right)
    ones = SimpleNamespace(zeros=np.ones, sqrt=np.sqrt)
    monkeypatch.setattr(architectures, "np", ones)
    assert said("lenet")[0].startswith("lenet conv1: bias at (0,) is 1.0, else 0.0")
    assert said("residual")[0].startswith("residual_block 4, 4, 1, b.conv1: bias at (0,) is 1.0")
    monkeypatch.undo()
    mlp = refimpl.mlp

    def without_biases(*args: Any) -> Any:
        network = mlp(*args)
        for layer in network.layers.values():
            if isinstance(layer, Linear):
                layer.parameters["bias"] = np.zeros(len(layer.parameters["bias"]))
        return network

    monkeypatch.setattr(refimpl, "mlp", without_biases)
    assert said("xor")[0].startswith("mlp of (60, 50, 40, 30), a bias: standard deviation 0, not")
