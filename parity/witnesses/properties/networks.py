"""A network's gradients follow from its layers, dy and the activations that it is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array, generator
from parity.cases.network_case import NetworkCase
from parity.results.settings import Settings
from parity.witnesses.properties.apart import apart
from parity.witnesses.properties.situation import Tensors
from refimpl import Linear, Network, NetworkGrads, Sequential

ELEMENTS = 2048  # of a batch: few samples take the same steps
PARAMETERS = ("weight", "bias")
RATE = 0.5  # of a step on integers, where nothing is rounded


def follows_its_arguments(case: NetworkCase, dtype: str, settings: Settings) -> Iterator[str]:
    """Its backward is the same before any forward, behind one on other numbers, and again."""
    x, other = _inputs(case, dtype, settings)
    network, fresh = case.network(dtype, settings.seed), _built_from_lists(case, dtype, settings)
    activations = network.activations(x)
    dy = generator(settings.seed, case.name, "dy").normal(size=activations[-1].shape).astype(dtype)
    given = {"x": x, "dy": dy, **_numbered(activations), **parameters(network)}
    copies = {name: array.copy() for name, array in given.items()}
    first = _copied(gradients(network.backward(dy, activations)))
    yield from _labelled(network, first)
    network.forward(other)
    last = {"y": copies[f"a {len(activations) - 1}"]}
    yield from apart("forward behind another", {"y": network.forward(x)}, last)
    network.activations(other)
    behind = gradients(network.backward(dy, activations))
    yield from apart("backward behind a forward on other numbers", behind, first)
    yield from _in_own_memory(behind, given)
    early = gradients(fresh.backward(dy, activations))
    yield from apart("backward before any forward", early, first)
    yield from apart("an argument, or a parameter, behind forward and backward", given, copies)


def _built_from_lists(case: NetworkCase, dtype: str, settings: Settings) -> Network:
    """The same network from a mapping and lists that are emptied behind it."""
    network = case.network(dtype, settings.seed)
    layers = dict(network.layers)
    inputs = {name: list(sources) for name, sources in network.inputs.items()}
    fresh = Network(layers, inputs)
    for sources in inputs.values():
        sources.clear()
    layers.clear()
    inputs.clear()
    return fresh


def _labelled(network: Network, found: Tensors) -> Iterator[str]:
    """A gradient for each parameter, input and output, by the layer's name."""
    wanted = {
        f"{name} d{key}" for name, layer in network.layers.items() for key in layer.parameters
    }
    wanted |= {f"doutput {name}" for name in ("x", *network.layers)}
    for name, sources in network.inputs.items():
        wanted |= {f"{name} dx {k}" for k in range(len(sources))}
    if wanted != set(found):
        yield f"backward: gradients {', '.join(sorted(wanted ^ set(found)))} too few or too many"


def _in_own_memory(found: Tensors, given: Mapping[str, Array]) -> Iterator[str]:
    """Gradients of parameters may be changed in place: an optimiser does."""
    for name, gradient in found.items():
        if name.partition(" ")[2] in {f"d{key}" for key in PARAMETERS}:
            for other, array in given.items():
                if np.shares_memory(gradient, array):
                    yield f"backward: {name} shares memory with {other}"


def one_layer_twice(case: NetworkCase, dtype: str, settings: Settings) -> Iterator[str]:
    """One layer under two names: a gradient for each, and a step with both.

    On integers nothing is rounded, so that the order of the steps does not matter.
    """
    rng = generator(settings.seed, case.name, "twice")
    weight, bias, x, dy = (
        rng.integers(-3, 4, shape).astype(dtype) for shape in ((4, 4), (4,), (3, 4), (3, 4))
    )
    layer, one, another = (Linear(weight.copy(), bias.copy()) for _ in range(3))
    shared, plain = (
        Sequential({"first": first, "between": refimpl.ReLU(), "second": second})
        for first, second in ((layer, layer), (one, another))
    )
    ours, others = (n.backward(dy, n.activations(x)) for n in (shared, plain))
    yield from apart("one layer twice", gradients(ours), gradients(others))
    refimpl.update(shared, ours.dparameters, RATE)
    steps = [others.dparameters[name] for name in ("first", "second")]
    both = {key: sum(by_key[key] for by_key in steps) for key in PARAMETERS}
    before = {"weight": weight, "bias": bias}
    wanted = {k: np.asarray(p - p.dtype.type(RATE) * both[k]) for k, p in before.items()}
    yield from apart("update of one layer twice", layer.parameters, wanted)


def updates_what_it_is_given(case: NetworkCase, dtype: str, settings: Settings) -> Iterator[str]:
    """A step with the gradient of one parameter alone changes that one, and no gradient."""
    network = case.network(dtype, settings.seed)
    before = {name: p.copy() for name, p in parameters(network).items()}
    for name, layer in network.layers.items():
        for key, value in list(layer.parameters.items()):
            gradient = np.asarray(value[::-1] + value.dtype.type(1))
            kept = gradient.copy()
            refimpl.update(network, {name: {key: gradient}}, RATE)
            stepped = np.asarray(before[f"{name} {key}"] - value.dtype.type(RATE) * kept)
            wanted = {**before, f"{name} {key}": stepped}
            yield from apart(f"update of {name} {key} alone", parameters(network), wanted)
            yield from apart("update", {"its gradient": gradient}, {"its gradient": kept})
            layer.parameters[key] = value


# --- what a network has -------------------------------------------------------------------


def few(case: NetworkCase, dtype: str, settings: Settings) -> list[tuple[Array, Array]]:
    """The batches, of few samples where a sample is large."""
    batches = case.data(dtype, settings.seed)
    count = max(1, ELEMENTS // batches[0][0][0].size)
    return [(x[:count], target[:count]) for x, target in batches]


def parameters(network: Network) -> Tensors:
    """Every parameter of a network, by its layer and name."""
    return {
        f"{name} {key}": p
        for name, layer in network.layers.items()
        for key, p in layer.parameters.items()
    }


def gradients(grads: NetworkGrads) -> Tensors:
    """Every gradient of a network, by its layer and name."""
    found = {f"doutput {name}": d for name, d in grads.doutputs.items()}
    for name, dx in grads.dx.items():
        parts: tuple[Any, ...] = dx if isinstance(dx, tuple) else (dx,)
        found |= {f"{name} dx {k}": part for k, part in enumerate(parts)}
    for name, by_key in grads.dparameters.items():
        found |= {f"{name} d{key}": d for key, d in by_key.items()}
    return found


def _inputs(case: NetworkCase, dtype: str, settings: Settings) -> tuple[Array, Array]:
    """A batch, and other numbers of its shape."""
    (x, _), *_ = few(case, dtype, settings)
    return x, np.asarray(x[::-1] * x.dtype.type(-0.5) + x.dtype.type(0.25))


def _numbered(activations: list[Array]) -> Tensors:
    return {f"a {k}": a for k, a in enumerate(activations)}


def _copied(tensors: Tensors) -> Tensors:
    return {name: np.array(tensor) for name, tensor in tensors.items()}
