"""Networks on exact integers: layers behind each other, forward and backward, without rounding.

x, all parameters and the upstream gradient are integers from −M to M, with M so small that no
sum of |products| in any layer reaches 2²⁴ or 2⁵³. That is checked by torch in float64 on the
network of |values|, in which a maximum is replaced by the sum of its window.

Without a kink every tensor is a polynomial of degree at most 1 in each array, and the probability
of `parity.witnesses.integers` holds. With one, the numbers in front of a branch decide where it
goes: patterns fall as they do at each repetition, and no probability is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import log2
from typing import NamedTuple

import numpy as np

from parity import oracle
from parity.cases.case import Array, generator
from parity.cases.chains import CHAINS
from parity.cases.network_case import Described, Model, NetworkCase
from parity.results.findings import Findings
from parity.results.judging import attempt, joined
from parity.results.rows import WitnessRow
from parity.results.settings import Settings
from parity.results.verdicts import BLIND, IDENTICAL, INTEGERS, OUTSIDE
from parity.witnesses.integers import Judges, Manner, difference, exactly, manner, repetitions_for
from parity.witnesses.lattices import EXACT_BELOW, NotExactError
from refimpl import Network
from refimpl.networks import as_tuple

BRANCHING = ("relu", "leaky_relu", "max_pool2d")
REPETITIONS = 6  # of networks with branches

# --- the check ----------------------------------------------------------------------------


class Integers(NamedTuple):
    """x, the upstream gradient, and the parameters by layer."""

    x: Array
    dy: Array
    parameters: dict[str, dict[str, Array]]


def check_integer_network(name: str, dtype: str, settings: Settings) -> Findings:
    """A network on exact integers: every output and every gradient of both sides."""
    case = CHAINS[name]
    model = case.model(dtype, settings.seed)
    shapes = _shapes(case, model, dtype, settings)
    try:
        if settings.tf32 and dtype == "float32":
            raise NotExactError("what layers compute has more digits than TF32 holds")
        most = largest_integers(model, shapes, EXACT_BELOW[dtype])
        chance = _arrays(shapes) / (2 * most + 1)
        branches = any(said.function in BRANCHING for said in model.architecture.values())
        repetitions = REPETITIONS if branches else repetitions_for(chance)
    except NotExactError as error:
        return Findings(witnesses=[_row(name, dtype, BLIND, None, {}, str(error))])
    rng = generator(settings.seed, name, INTEGERS)
    tensors: dict[str, Array] = {}
    for repetition in range(repetitions):
        numbers = _draw(shapes, most, dtype, rng)
        how = manner(dtype, 0, repetition)
        tensors, said = _compare_once(model, numbers, how, settings.device)
        if said:
            note = joined(said, f"repetition {repetition + 1}, torch with {how}")
            row = _row(name, dtype, OUTSIDE, None, tensors, note)
            return Findings(witnesses=[row])
    note = joined(
        f"{repetitions} repetitions",
        "patterns as they fall, no probability claimed" if branches else "",
        f"|S| {2 * most + 1}",
    )
    false_accept = None if branches else repetitions * log2(chance)
    row = _row(name, dtype, IDENTICAL, false_accept, tensors, note)
    return Findings(witnesses=[row])


def _shapes(case: NetworkCase, model: Model, dtype: str, settings: Settings) -> Integers:
    """Ones of the right shapes."""
    x = np.ones_like(case.data(dtype, settings.seed)[0][0])
    parameters = {
        name: {key: np.ones_like(p) for key, p in layer.parameters.items()}
        for name, layer in model.network.layers.items()
    }
    return Integers(x, np.ones_like(model.network.forward(x)), parameters)


def _each(numbers: Integers) -> Iterator[Array]:
    yield numbers.x
    yield numbers.dy
    for parameters in numbers.parameters.values():
        yield from parameters.values()


def _arrays(numbers: Integers) -> int:
    return sum(1 for _ in _each(numbers))


def _mapped(numbers: Integers, change: Callable[[Array], Array]) -> Integers:
    """Every array changed in the same way."""
    parameters = {
        name: {key: change(p) for key, p in arrays.items()}
        for name, arrays in numbers.parameters.items()
    }
    return Integers(change(numbers.x), change(numbers.dy), parameters)


def _draw(shapes: Integers, most: int, dtype: str, rng: np.random.Generator) -> Integers:
    return _mapped(
        shapes, lambda array: rng.integers(-most, most, array.shape, endpoint=True).astype(dtype)
    )


def largest_integers(model: Model, shapes: Integers, limit: int) -> int:
    """The largest M with which every sum stays exact.

    Raises: NotExactError where not even 1 does.
    """
    ones = _mapped(shapes, lambda array: array.astype(np.float64))
    summed = {name: _without_maximum(said) for name, said in model.architecture.items()}

    def fits(most: int) -> bool:
        largest = _mapped(ones, lambda array: array * most)
        result = _run(summed, largest, Manner(1, oracle.CONTIGUOUS), "cpu")
        return all(np.max(array, initial=0.0) < limit for array in _named(result).values())

    if not fits(1):
        raise NotExactError("no integers are small enough for exact sums through all layers")
    most = 1
    while fits(2 * most):
        most *= 2
    for step in (most // 2 ** (k + 1) for k in range(most.bit_length() - 1)):
        most += step if fits(most + step) else 0
    return most


def _without_maximum(said: Described) -> Described:
    """Of positive numbers a window's sum is at least its maximum, and so it is backwards."""
    if said.function != "max_pool2d":
        return said
    return said._replace(function="avg_pool2d", options={**said.options, "divisor_override": 1})


# --- one repetition -----------------------------------------------------------------------


def _compare_once(
    model: Model, numbers: Integers, how: Manner, device: str
) -> tuple[dict[str, Array], str]:
    """torch's tensors, and in words the first element in which refimpl's are not equal."""
    theirs = _named(_run(model.architecture, numbers, how, device))
    ours = attempt(lambda: _refimpl(model.network, numbers))
    if isinstance(ours, str):
        return theirs, ours
    for name, expected in theirs.items():
        said = difference(name, ours[name], expected, _judges(name, model, numbers, device))
        if said:
            return theirs, said
    return theirs, ""


def _judges(name: str, model: Model, numbers: Integers, device: str) -> Judges:
    def exact() -> Array:
        return _refimpl(model.network, _mapped(numbers, exactly))[name]

    def double() -> Array:
        wide = _mapped(numbers, lambda array: array.astype(np.float64))
        return _named(_run(model.architecture, wide, Manner(1, oracle.CONTIGUOUS), device))[name]

    return Judges(exact, double)


def _run(
    architecture: Mapping[str, Described], numbers: Integers, how: Manner, device: str
) -> oracle.NetworkResult:
    layers = {
        name: oracle.NetworkLayer(
            said.function, said.inputs, numbers.parameters[name], {}, said.options
        )
        for name, said in architecture.items()
    }
    with oracle.threads(how.threads):
        return oracle.network(layers, numbers.x, numbers.dy, "", None, device, how.layout)


def _named(result: oracle.NetworkResult) -> dict[str, Array]:
    """Every output and every gradient, by its name."""
    return {
        **result.outputs,
        **{f"d {name}": gradient for name, gradient in result.doutputs.items()},
        **{
            f"{name} d{key}": gradient
            for name, parameters in result.dparameters.items()
            for key, gradient in parameters.items()
        },
        **{
            f"{name} dx[{k}]": part
            for name, parts in result.dinputs.items()
            for k, part in enumerate(parts)
        },
    }


def _refimpl(network: Network, numbers: Integers) -> dict[str, Array]:
    """The same of refimpl."""
    for name, layer in network.layers.items():
        layer.parameters = dict(numbers.parameters[name])
    activations = network.activations(numbers.x)
    grads = network.backward(numbers.dy, activations)
    return {
        **dict(zip(network.layers, activations[1:], strict=True)),
        **{f"d {name}": gradient for name, gradient in grads.doutputs.items()},
        **{
            f"{name} d{key}": gradient
            for name, parameters in grads.dparameters.items()
            for key, gradient in parameters.items()
        },
        **{
            f"{name} dx[{k}]": part
            for name, parts in grads.dx.items()
            for k, part in enumerate(as_tuple(parts))
        },
    }


def _row(
    name: str,
    dtype: str,
    verdict: str,
    false_accept: float | None,
    tensors: Mapping[str, Array],
    note: str,
) -> WitnessRow:
    return WitnessRow(
        case=f"{name}[{INTEGERS}]",
        function="",
        network=name,
        dtype=dtype,
        witness=INTEGERS,
        tensors="every output and gradient",
        elements=sum(array.size for array in tensors.values()),
        verdict=verdict,
        false_accept=false_accept,
        note=note,
    )
