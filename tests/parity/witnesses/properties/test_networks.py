"""A network that keeps what it has seen, or mixes up its layers, is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import refimpl
from parity.cases.networks import NETWORKS
from parity.results.settings import Settings
from parity.witnesses.properties.networks import (
    follows_its_arguments,
    one_layer_twice,
    updates_what_it_is_given,
)
from refimpl import Network

SMALL = [name for name, case in NETWORKS.items() if not case.full]


def said(ask: Any, name: str = "residual", dtype: str = "float64") -> list[str]:
    return list(ask(NETWORKS[name], dtype, Settings()))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SMALL)
def test_the_right_code(name: str, dtype: str) -> None:
    """Every network."""
    assert said(follows_its_arguments, name, dtype) == []
    assert said(one_layer_twice, name, dtype) == []
    assert said(updates_what_it_is_given, name, dtype) == []


def test_a_network_of_somebody_elses_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which are emptied behind it."""
    right = Network.__init__

    def keeping(self: Any, layers: Any, inputs: Any = None) -> None:
        right(self, layers, inputs)
        self.inputs |= inputs or {}

    monkeypatch.setattr(Network, "__init__", keeping)
    with pytest.raises(TypeError):
        said(follows_its_arguments)


def test_an_update_of_more_than_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights decay; gradients are scaled in place."""
    right = refimpl.update

    def decaying(network: Any, dparameters: Any, rate: Any) -> None:
        right(network, dparameters, rate)
        for layer in network.layers.values():
            layer.parameters = {key: p * 0.999 for key, p in layer.parameters.items()}

    def in_place(network: Any, dparameters: Any, rate: Any) -> None:
        right(network, dparameters, rate)
        for by_key in dparameters.values():
            for gradient in by_key.values():
                gradient *= rate

    monkeypatch.setattr(refimpl, "update", decaying)
    assert said(updates_what_it_is_given)[0].startswith("update of conv weight alone: conv weight")
    monkeypatch.setattr(refimpl, "update", in_place)
    assert said(updates_what_it_is_given)[0].startswith("update: its gradient at ")


def test_activations_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the last forward, instead of the ones given."""
    forward, backward = Network.activations, Network.backward

    def keeping(self: Any, x: Any) -> Any:
        self.kept = forward(self, x)
        return list(self.kept)

    monkeypatch.setattr(Network, "activations", keeping)
    monkeypatch.setattr(
        Network, "backward", lambda self, dy, a: backward(self, dy, getattr(self, "kept", a))
    )
    found = said(follows_its_arguments)
    assert found[0].startswith("backward behind a forward on other numbers: ")


def test_gradients_that_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in torch, where nobody sets them to zero."""
    backward = Network.backward

    def adding(self: Any, dy: Any, activations: Any) -> Any:
        grads, kept = backward(self, dy, activations), getattr(self, "kept", None)
        if kept:
            for name, by_key in grads.dparameters.items():
                for key in by_key:
                    by_key[key] = by_key[key] + kept.dparameters[name][key]
        self.kept = grads
        return grads

    monkeypatch.setattr(Network, "backward", adding)
    assert "dweight at " in said(follows_its_arguments)[0]


def test_activations_that_are_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backward that saves memory."""
    backward = Network.backward

    def saving(self: Any, dy: Any, activations: Any) -> Any:
        grads = backward(self, dy, activations)
        activations[1][...] = 0
        return grads

    monkeypatch.setattr(Network, "backward", saving)
    assert any(
        text.startswith("an argument, or a parameter, behind forward and backward: a 1 at ")
        for text in said(follows_its_arguments)
    )


def test_gradients_that_are_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that an optimiser would write to."""
    backward = Network.backward

    def sharing(self: Any, dy: Any, activations: Any) -> Any:
        grads = backward(self, dy, activations)
        name = next(name for name, by_key in grads.dparameters.items() if by_key)
        grads.dparameters[name]["bias"] = self.layers[name].parameters["bias"]
        return grads

    monkeypatch.setattr(Network, "backward", sharing)
    assert any("shares memory with" in text for text in said(follows_its_arguments))


def test_a_gradient_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the network's own input."""
    backward = Network.backward

    def without(self: Any, dy: Any, activations: Any) -> Any:
        grads = backward(self, dy, activations)
        del grads.doutputs["x"]
        return grads

    monkeypatch.setattr(Network, "backward", without)
    assert said(follows_its_arguments)[0] == "backward: gradients doutput x too few or too many"


def test_a_layer_under_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its first place learns."""

    def by_object(network: Any, dparameters: Any, rate: Any) -> None:
        seen = set()
        for name, by_key in dparameters.items():
            layer = network.layers[name]
            for key in by_key if id(layer) not in seen else ():
                layer.parameters[key] = refimpl.descend(layer.parameters[key], by_key[key], rate)
            seen.add(id(layer))

    monkeypatch.setattr(refimpl, "update", by_object)
    assert said(one_layer_twice)[0].startswith("update of one layer twice: weight at ")


def test_gradients_of_one_layer_in_one_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both names get the gradient of both places."""
    backward = Network.backward

    def summed(self: Any, dy: Any, activations: Any) -> Any:
        grads = backward(self, dy, activations)
        if "first" in self.layers and self.layers["first"] is self.layers["second"]:
            first, second = (grads.dparameters[name] for name in ("first", "second"))
            for key in first:
                first[key] = second[key] = np.asarray(first[key] + second[key])
        return grads

    monkeypatch.setattr(Network, "backward", summed)
    assert said(one_layer_twice)[0].startswith("one layer twice: second dweight at ")
