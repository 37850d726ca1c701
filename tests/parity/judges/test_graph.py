"""Graphs: shortcuts, branches and masks, judged edge by edge; and how the edges are joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planting import plant
from sharing import share

import refimpl
from parity.bounds.arithmetic import sides
from parity.cases.case import Array
from parity.cases.graph import SUM, Tensor, consumers
from parity.cases.network_case import Loss, Model, NetworkCase, described
from parity.judges import network as module
from parity.judges.accumulated import accumulated_bounds
from parity.judges.network import check_network, run_refimpl, run_torch
from parity.results.findings import Findings
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import IDENTICAL, OUTSIDE, WITHIN
from refimpl import (
    Add,
    Concatenate,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Network,
    Tanh,
)

SETTINGS = Settings(seed=11)
INPUTS = {"right": ("act",), "stack": ("left", "right"), "add": ("act", "stack")}


def build(inputs: Mapping[str, tuple[str, ...]] = INPUTS) -> Callable[..., Network]:
    """conv 4@2×3 → tanh, of it two branches of 2 maps, stacked, added to it, half of it dropped."""

    def of(rng: np.random.Generator) -> Network:
        layers: dict[str, Layer] = {
            "stem": Conv2d(rng.normal(size=(4, 3, 2, 3)) / 4, rng.normal(size=4)),
            "act": Tanh(),
            "left": Conv2d(rng.normal(size=(2, 4, 1, 1)), rng.normal(size=2)),
            "right": Conv2d(rng.normal(size=(2, 4, 3, 1)), rng.normal(size=2), padding=(1, 0)),
            "stack": Concatenate(),
            "add": Add(),
            "drop": Dropout(rng.random((5, 4, 6, 3)) < 0.7, 0.3),
            "flatten": Flatten(),
            "output": Linear(rng.normal(size=(2, 72)) / 8, rng.normal(size=2)),
        }
        return Network(layers, inputs)

    return of


def batches(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(rng.normal(size=(5, 3, 7, 5)), rng.normal(size=(5, 2))) for _ in range(steps)]


DESCRIBED = {
    "stem": described("conv2d"),
    "act": described("tanh"),
    "left": described("conv2d"),
    "right": described("conv2d", "act", padding=(1, 0)),
    "stack": described("concatenate", "left", "right"),
    "add": described("add", "act", "stack"),
    "drop": described("dropout", p=0.3),
    "flatten": described("flatten"),
    "output": described("linear"),
}
GRAPH = NetworkCase(
    "graph", build(), DESCRIBED, batches, documents=("D4.16",), loss=Loss("squared_error", {})
)

AFFINE = ("z", "dx", "dweight", "dbias")
TENSORS = {
    "stem": ("conv2d", AFFINE),
    "act": ("tanh", ("a", "delta")),
    "left": ("conv2d", AFFINE),
    "right": ("conv2d", AFFINE),
    "stack": ("concatenate", ("y", "da", "db")),
    "add": ("add", ("y", "dx", "dother")),
    "drop": ("dropout", ("y", "dx")),
    "flatten": ("flatten", ("y", "dx")),
    "output": ("linear", AFFINE),
    "loss": ("squared_error", ("loss", "doutput")),
}
EVERY_TENSOR = [
    *((layer, function, name) for layer, (function, names) in TENSORS.items() for name in names),
    ("act", "add", SUM),
]


def of(findings: Findings, how: str) -> list[Row]:
    """The local or the accumulated rows."""
    return [row for row in findings.rows if row.case == f"graph[{how}]"]


def wrong(findings: Findings, how: str) -> set[tuple[str, str]]:
    """Layer and tensor of what is outside."""
    return {(row.layer, row.tensor) for row in of(findings, how) if row.failed}


@pytest.fixture(autouse=True)
def _shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch's side and the bounds, which take a description and numbers, are the same for all."""
    share(monkeypatch, module, "run_torch", "accumulated_bounds", "tensor_bounds")


# --- rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["local", "accumulated"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_for_every_tensor(how: str, dtype: str) -> None:
    """Every layer's value, a gradient for each of its inputs, and the sum at the fan-out."""
    findings = check_network(GRAPH, dtype, SETTINGS)
    rows = of(findings, how)
    assert sorted((row.layer, row.function, row.tensor) for row in rows) == sorted(EVERY_TENSOR)
    assert findings.failures == []


def test_shapes_are_those_of_the_edges() -> None:
    """Each input of a join has its own gradient, and the sum the shape of the output."""
    rows = of(check_network(GRAPH, "float64", SETTINGS), "local")
    shapes = {(row.layer, row.tensor): row.shape for row in rows}
    assert shapes["stack", "y"] == shapes["add", "dx"] == shapes["act", SUM] == "(5, 4, 6, 3)"
    assert shapes["stack", "da"] == shapes["stack", "db"] == "(5, 2, 6, 3)"
    assert shapes["loss", "loss"] == "()"


def test_verdicts_of_the_joins() -> None:
    """What is moved is identical; what is added is within a bound that is there."""
    rows = {(r.layer, r.tensor): r for r in of(check_network(GRAPH, "float64", SETTINGS), "local")}
    for place in (("stack", "y"), ("stack", "da"), ("stack", "db"), ("add", "dx")):
        assert rows[place].verdict == IDENTICAL
    for place in (("add", "y"), ("act", SUM)):
        assert rows[place].verdict == WITHIN
        assert 0 < (rows[place].bound_over_value or 0) < 1e-14


def test_an_input_that_two_layers_take_has_its_sum() -> None:
    """h = x + f(x) on the network's own input: the sum is that of "x"."""

    def two(rng: np.random.Generator) -> Network:
        fc = Linear(rng.normal(size=(3, 3)), rng.normal(size=3))
        return Network({"fc": fc, "add": Add()}, {"add": ("x", "fc")})

    case = replace(
        GRAPH,
        build=two,
        architecture={"fc": described("linear"), "add": described("add", "x", "fc")},
        batches=lambda steps, rng: [(rng.normal(size=(4, 3)), rng.normal(size=(4, 3)))],
    )
    findings = check_network(case, "float32", SETTINGS)
    assert findings.failures == []
    sums = [(row.case, row.layer, row.function) for row in findings.rows if row.tensor == SUM]
    assert sums == [("graph[local]", "x", "add"), ("graph[accumulated]", "x", "add")]


def test_who_takes_what() -> None:
    """For each output its takers, and as which of their inputs."""
    takers = consumers(GRAPH.model("float64", 1).architecture)
    assert takers["x"] == [("stem", 0)]
    assert takers["act"] == [("left", 0), ("right", 0), ("add", 0)]
    assert takers["stack"] == [("add", 1)]
    assert takers["output"] == []


# --- a network that is joined in another way than it is meant to be -----------------------


def joined_otherwise(**inputs: tuple[str, ...]) -> Findings:
    case = replace(GRAPH, build=build({**INPUTS, **inputs}))
    return check_network(case, "float64", SETTINGS)


def values_behind(*layers: str) -> set[tuple[str, str]]:
    """The values of layers, and the loss."""
    names = {"loss": "loss"} | {layer: TENSORS[layer][1][0] for layer in layers}
    return {(layer, names[layer]) for layer in layers}


def test_the_wrong_shortcut_is_seen() -> None:
    """The block adds what stands before the tanh: each layer is right, the network is not."""
    findings = joined_otherwise(add=("stem", "stack"))
    assert wrong(findings, "local") == set()
    found = wrong(findings, "accumulated")
    assert found >= values_behind("add", "drop", "flatten", "output", "loss")
    assert found >= {("act", SUM), ("act", "delta"), ("stem", "dweight"), ("loss", "doutput")}
    assert found.isdisjoint(values_behind("stem", "act", "left", "right", "stack"))


def test_branches_in_another_order_are_seen() -> None:
    """Two maps of equal shape the other way round: what is stacked is another thing."""
    findings = joined_otherwise(stack=("right", "left"))
    assert wrong(findings, "local") == set()
    found = wrong(findings, "accumulated")
    assert found >= values_behind("stack", "add", "drop", "flatten", "output", "loss")
    assert found.isdisjoint(values_behind("stem", "act", "left", "right"))


def test_a_branch_that_takes_another_output_is_seen() -> None:
    """The right branch before the tanh instead of behind it."""
    found = wrong(joined_otherwise(right=("stem",)), "accumulated")
    assert found >= values_behind("right", "stack", "add", "loss")
    assert found.isdisjoint(values_behind("stem", "act", "left"))


def test_joined_as_described_is_seen_by_nothing() -> None:
    """The control: the same detour with the right inputs."""
    assert joined_otherwise().failures == []


def first_only(parts: Any) -> Any:
    return parts[0]


def last_only(parts: Any) -> Any:
    return parts[-1]


def average(parts: Any) -> Any:
    return sum(parts) / len(parts)


def slightly_more(parts: Any) -> Any:
    return sum(parts) * 1.0005


FORGETFUL = [first_only, last_only, average, slightly_more]


@pytest.mark.parametrize("mistake", FORGETFUL, ids=lambda m: m.__name__)
def test_a_network_that_does_not_sum_at_a_fan_out_is_seen(
    monkeypatch: pytest.MonkeyPatch, mistake: Any
) -> None:
    """Free running, the gradient of act's output is wrong, and all that comes from it."""
    right = refimpl.networks.sum_of_parts
    monkeypatch.setattr(
        refimpl.networks, "sum_of_parts", lambda p: mistake(p) if len(p) > 1 else right(p)
    )
    findings = check_network(GRAPH, "float64", SETTINGS)
    assert wrong(findings, "local") == set()
    assert wrong(findings, "accumulated") == {
        ("act", SUM),
        ("act", "delta"),
        *(("stem", name) for name in ("dx", "dweight", "dbias")),
    }


@pytest.mark.parametrize("mistake", FORGETFUL, ids=lambda m: m.__name__)
def test_a_wrong_sum_is_outside_locally(monkeypatch: pytest.MonkeyPatch, mistake: Any) -> None:
    """The function that sums the parts is judged from the parts that torch recorded."""
    monkeypatch.setattr(module, "sum_of_parts", mistake)
    findings = check_network(GRAPH, "float64", SETTINGS)
    assert wrong(findings, "local") == {("act", SUM)}
    assert wrong(findings, "accumulated") == set()


def test_a_sum_that_raises_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Like any layer."""
    monkeypatch.setattr(module, "sum_of_parts", lambda parts: parts["all"])
    (row,) = check_network(GRAPH, "float64", SETTINGS).failures
    assert (row.layer, row.tensor, row.verdict) == ("act", SUM, OUTSIDE)
    assert row.note.startswith("refimpl raised TypeError: ")


# --- a layer that is wrong ----------------------------------------------------------------


def without_mask(self: Dropout, x: Array) -> Array:
    return x


def dx_without_mask(self: Dropout, dy: Array, x: Array) -> Any:
    return refimpl.layers.LayerGrads(dy, {})


def dx_without_division(self: Dropout, dy: Array, x: Array) -> Any:
    return refimpl.layers.LayerGrads(dy * self.constants["mask"], {})


@pytest.mark.parametrize(
    ("method", "mistake", "tensor"),
    [
        ("forward", without_mask, "y"),
        ("backward", dx_without_mask, "dx"),
        ("backward", dx_without_division, "dx"),
    ],
)
def test_a_mask_that_is_ignored_is_seen(
    monkeypatch: pytest.MonkeyPatch, method: str, mistake: Any, tensor: str
) -> None:
    """In its layer, and nowhere else locally."""
    monkeypatch.setattr(Dropout, method, mistake)
    findings = check_network(GRAPH, "float64", SETTINGS)
    assert wrong(findings, "local") == {("drop", tensor)}
    assert ("drop", tensor) in wrong(findings, "accumulated")


def test_a_dropout_that_forgets_its_share_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default p instead of its own."""
    right = Dropout.__init__
    monkeypatch.setattr(Dropout, "__init__", lambda self, mask, p: right(self, mask))
    found = wrong(check_network(GRAPH, "float64", SETTINGS), "local")
    assert found == {("drop", "y"), ("drop", "dx")}


MISTAKES: dict[str, tuple[str, Callable[[Any], Any], set[tuple[str, str]]]] = {
    "gradients of equal branches exchanged": (
        "concatenate_backward",
        lambda grads: grads[::-1],
        {("stack", "da"), ("stack", "db")},
    ),
    "a branch without gradient": (
        "concatenate_backward",
        lambda grads: (grads[0], grads[1] * 0),
        {("stack", "db")},
    ),
    "the shortcut gets nothing": (
        "add_backward",
        lambda grads: grads._replace(dx=grads.dx * 0),
        {("add", "dx")},
    ),
    "each gets half": (
        "add_backward",
        lambda grads: type(grads)(grads.dx / 2, grads.dother / 2),
        {("add", "dx"), ("add", "dother")},
    ),
    "maps stacked from behind": ("concatenate", lambda y: y[:, ::-1], {("stack", "y")}),
    "a sum that is a mean": ("add", lambda h: h / 2, {("add", "y")}),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_join_is_outside_there(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Locally the tensor that is wrong is outside, and it alone; free, whatever follows too."""
    function, change, places = MISTAKES[name]
    file = refimpl.broadcasting if function.startswith("add") else refimpl.joining
    plant(monkeypatch, file, function, change)
    findings = check_network(GRAPH, "float64", SETTINGS)
    assert wrong(findings, "local") == places
    assert wrong(findings, "accumulated") >= places


def test_a_gradient_for_one_input_of_two_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A join that gives back too few gradients is outside, not the end of the comparison."""
    plant(monkeypatch, refimpl.joining, "concatenate_backward", lambda grads: grads[:1])
    findings = check_network(GRAPH, "float64", SETTINGS)
    assert wrong(findings, "local") == {("stack", "db")}
    assert {row.note for row in of(findings, "local") if row.failed} == {"refimpl gives no db"}
    (free,) = of(findings, "accumulated")
    assert (free.tensor, free.verdict) == ("loss", OUTSIDE)


# --- accumulated bounds of a graph --------------------------------------------------------


def moved(model: Model, size: float) -> tuple[Model, dict[str, dict[str, Array]]]:
    """The same network with every parameter moved by up to `size`, and by how much."""
    rng = np.random.default_rng(12)
    other, errors = GRAPH.network("float64", SETTINGS.seed), {}
    for name, layer, _ in model.layers():
        errors[name] = {
            key: np.abs(rng.uniform(-size, size, p.shape)) for key, p in layer.parameters.items()
        }
        for key, p in layer.parameters.items():
            sign = rng.choice([-1.0, 1.0], p.shape)
            other.layers[name].parameters[key] = p + sign * errors[name][key] * (1 - 1e-9)
    return Model(other, model.architecture, model.loss), errors


def past_their_bounds(share: float) -> set[tuple[str, str]]:
    """The tensors of a network with moved parameters that lie past a share of their bounds."""
    model = GRAPH.model("float64", SETTINGS.seed)
    x, target = GRAPH.data("float64", SETTINGS.seed)[0]
    other, errors = moved(model, 1e-3)
    recorded = run_torch(model, x, target, SETTINGS)
    bounds = accumulated_bounds(model, target, recorded, errors, sides("float64"))
    free = run_refimpl(other, x, target)
    assert not isinstance(free, str)
    outputs = dict(zip(recorded.outputs, free.activations[1:], strict=True))
    pairs: dict[tuple[str, str], tuple[Array, Array]] = {
        ("act", SUM): (free.grads.doutputs["act"], recorded.doutputs["act"]),
        ("loss", "loss"): (free.loss, recorded.loss),
        ("loss", "doutput"): (free.doutput, recorded.doutputs["output"]),
        ("stem", "dx"): (free.grads.dx["stem"], recorded.dinputs["stem"][0]),
    }
    for layer, (_, names) in TENSORS.items():
        if layer in outputs:
            pairs[layer, names[0]] = outputs[layer], recorded.outputs[layer]
        for key, gradient in recorded.dparameters.get(layer, {}).items():
            pairs[layer, f"d{key}"] = free.grads.dparameters[layer][key], gradient
    functions = {(layer, name): function for layer, function, name in EVERY_TENSOR}
    return {
        (layer, name)
        for (layer, name), (ours, theirs) in pairs.items()
        if np.any(
            np.abs(ours - theirs)
            > share * bounds[Tensor(layer, functions[layer, name], name)].error
        )
    }


def test_moved_parameters_stay_within_the_accumulated_bounds() -> None:
    """Errors of the weights go through every join and every sum, forward and back."""
    assert past_their_bounds(1.0) == set()


def test_accumulated_bounds_that_are_too_small_are_noticed() -> None:
    """The check can fail: past a hundredth of the bounds there is much, the sum among it."""
    assert past_their_bounds(0.01) >= {("add", "y"), ("act", SUM), ("stem", "dx")}


def test_the_bound_of_a_sum_holds_its_parts_and_a_rounding() -> None:
    """As wide as the parts' bounds together, and a little more."""
    model = GRAPH.model("float64", SETTINGS.seed)
    x, target = GRAPH.data("float64", SETTINGS.seed)[0]
    recorded = run_torch(model, x, target, SETTINGS)
    bounds = accumulated_bounds(model, target, recorded, {}, sides("float64"))
    parts = (
        bounds[Tensor("left", "conv2d", "dx")].error
        + bounds[Tensor("right", "conv2d", "dx")].error
        + bounds[Tensor("add", "add", "dx")].error
    )
    whole = bounds[Tensor("act", "add", SUM)].error
    sizes = sum(np.abs(g) for g in (recorded.dinputs[n][0] for n in ("left", "right", "add")))
    u = 2.0**-53
    assert np.all(whole >= parts + 2 * 2 * u * sizes)
    assert np.all(whole <= parts + 2 * 2 * u * (sizes + parts) * (1 + 2.0**-20) + 2.0**-1060)
