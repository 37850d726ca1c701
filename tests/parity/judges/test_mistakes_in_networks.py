"""Known mistakes in the layers of networks: each is refused in the layers that make it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from sharing import share

import refimpl
from parity import oracle
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS, forward_of
from parity.cases.network_case import Model
from parity.cases.networks import NETWORKS
from parity.judges import network as module
from parity.judges.network import check_locally, layer_problem, run_torch
from parity.mistakes.catalogue import MISTAKES
from parity.mistakes.mistake import Mistake
from parity.results.findings import Findings
from parity.results.judging import Place, attempt
from parity.results.settings import Settings
from parity.results.verdicts import OUTSIDE
from refimpl import Layer
from refimpl.layers import LayerGrads

SETTINGS = Settings(quick=True)
DTYPE = "float64"
CLEAR = 1e-3  # of the largest value: so far off must a mistake be to be shown by a layer

PLACES = [
    (network, function)
    for network in ("small_resnet", "activated", "squeeze_and_excitation", "autoencoder")
    for function in dict.fromkeys(said.function for said in NETWORKS[network].architecture.values())
]
# Whose value shows no mistake: maps of one place in any order, padding below what ReLU gives.
HIDDEN = (("small_resnet", "flatten"), ("small_resnet", "max_pool2d"))


@cache
def recorded(network: str) -> tuple[Model, Array, oracle.NetworkResult]:
    """A network, its targets, and what torch found of it."""
    case = NETWORKS[network]
    model, (x, target) = case.model(DTYPE, 11), case.data(DTYPE, 11)[0]
    return model, target, run_torch(model, x, target, SETTINGS)


def tensors(function: str, arrays: Mapping[str, Array], asked: tuple[Any, ...]) -> Any:
    """The value, or the gradients, of a known mistake, of the right code without one."""
    options, dy, known = asked
    code = known.wrong if known else None
    row = FUNCTIONS[function]
    if known is None or known.function == function:
        found = {"y": row.forward(arrays, options, code)}
        return found if known else {**found, **row.backward(dy, arrays, options)}
    return row.backward(dy, arrays, options, code)


def showing(known: Mistake, function: str, network: str) -> set[str]:
    """The layers of a network in which a mistake gives numbers that are clearly others."""
    model, _, result = recorded(network)
    found = set()
    for name, layer, said in model.layers():
        if said.function != function:
            continue
        problem = layer_problem(layer, said, result.doutputs[name], result.inputs[name])
        right = tensors(function, problem.arrays, (problem.options, problem.dy, None))
        asked = problem.options, problem.dy, known
        wrong = attempt(partial(tensors, function, problem.arrays, asked))
        if not isinstance(wrong, str) and any(_far(w, right[key]) for key, w in wrong.items()):
            found.add(name)
    return found


def _far(wrong: Array, right: Array) -> bool:
    if wrong.shape != right.shape:
        return False
    return bool(np.max(np.abs(wrong - right), initial=0) > CLEAR * np.max(np.abs(right)))


def plant(monkeypatch: pytest.MonkeyPatch, known: Mistake, kind: type[Layer]) -> None:
    """Let a kind of layer make the mistake."""
    row = FUNCTIONS[kind.function]

    def arrays(layer: Layer, xs: tuple[Array, ...]) -> dict[str, Array]:
        names = row.inputs[: len(xs)]
        return {**dict(zip(names, xs, strict=True)), **layer.parameters, **layer.constants}

    def forward(layer: Layer, *xs: Array) -> Array:
        return row.forward(arrays(layer, xs), layer.options, known.wrong)

    def backward(layer: Layer, dy: Array, *xs: Array) -> LayerGrads:
        found = row.backward(dy, arrays(layer, xs), layer.options, known.wrong)
        dxs = tuple(found[name] for name in row.inputs[: len(xs)])
        return LayerGrads(
            dxs if len(xs) > 1 else dxs[0], {name: found[name] for name in layer.parameters}
        )

    if known.function == kind.function:
        monkeypatch.setattr(kind, "forward", forward)
    else:
        monkeypatch.setattr(kind, "backward", backward)


def outside(network: str) -> set[str]:
    """The layers with a tensor that is outside its bound; an exception is no refusal."""
    model, target, result = recorded(network)
    findings = Findings()
    check_locally(findings, Place(network, "", DTYPE, ()), model, target, result, SETTINGS)
    return {row.layer for row in findings.rows if row.verdict == OUTSIDE and row.compared}


@pytest.mark.parametrize(("network", "function"), PLACES)
def test_known_mistakes_are_refused_in_their_layers(
    network: str, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each function at least one that shows in its value, and one in its gradients."""
    share(monkeypatch, module, "tensor_bounds")
    layers = recorded(network)[0].layers()
    kind = next(type(layer) for _, layer, said in layers if said.function == function)
    refused = set()
    for known in MISTAKES.values():
        if forward_of(known.function) == function and (found := showing(known, function, network)):
            with monkeypatch.context() as patch:
                plant(patch, known, kind)
                assert outside(network) == found, known.name
            refused.add(known.function == function)
    assert refused == ({False} if (network, function) in HIDDEN else {True, False})


@pytest.mark.parametrize("network", dict.fromkeys(network for network, _ in PLACES))
def test_right_code_in_their_place_is_not(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted the same way, the right code is refused nowhere."""
    for _, layer, said in recorded(network)[0].layers():
        for name in (said.function, FUNCTIONS[said.function].backward_name):
            right = Mistake("right", name, "", "", (), getattr(refimpl, name), control=True)
            plant(monkeypatch, right, type(layer))
    assert outside(network) == set()
