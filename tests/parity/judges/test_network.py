"""Networks, layer by layer from identical inputs, and both sides free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planting import plant, raise_
from sharing import share

import refimpl
import refimpl.activations
import refimpl.average_pooling
import refimpl.convolution
import refimpl.dense
from parity.bounds.propagation.error import Accumulated
from parity.cases.case import Array
from parity.cases.network_case import NetworkCase, described
from parity.cases.networks import NETWORKS
from parity.judges import accumulated
from parity.judges import network as module
from parity.judges.accumulated import accumulated_power, conclude_free, over_values
from parity.judges.network import check_network
from parity.results.findings import Findings
from parity.results.judging import Place
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import BLIND, IDENTICAL, OUTSIDE, WITHIN
from refimpl import AvgPool2d, Conv2d, Flatten, Linear, Sequential, Sigmoid

SETTINGS = Settings(seed=11)


def build(rng: np.random.Generator) -> Sequential:
    """conv 3@2×3 → sigmoid → mean 2×1 → dense 4."""
    return Sequential(
        {
            "conv": Conv2d(rng.normal(size=(3, 2, 2, 3)), rng.normal(size=3), stride=(1, 2)),
            "act": Sigmoid(),
            "pool": AvgPool2d((2, 1)),
            "flatten": Flatten(),
            "output": Linear(rng.normal(size=(4, 18)) / 4, rng.normal(size=4)),
        }
    )


def batches(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(rng.normal(size=(6, 2, 5, 8)), rng.integers(0, 4, 6)) for _ in range(steps)]


DESCRIBED = {
    "conv": described("conv2d", stride=(1, 2)),
    "act": described("sigmoid"),
    "pool": described("avg_pool2d", kernel_size=(2, 1)),
    "flatten": described("flatten"),
    "output": described("linear"),
}
TINY = NetworkCase("tiny", build, DESCRIBED, batches, documents=("D0.9", "D0.14"))

TENSORS = {
    "conv": ("conv2d", ["z", "dx", "dweight", "dbias"]),
    "act": ("sigmoid", ["a", "delta"]),
    "pool": ("avg_pool2d", ["y", "dx"]),
    "flatten": ("flatten", ["y", "dx"]),
    "output": ("linear", ["z", "dx", "dweight", "dbias"]),
    "loss": ("cross_entropy", ["loss", "dlogits"]),
}
EVERY_TENSOR = [
    (layer, function, name) for layer, (function, names) in TENSORS.items() for name in names
]


def of(findings: Findings, how: str) -> list[Row]:
    """The local or the accumulated rows."""
    return [row for row in findings.rows if row.case.endswith(f"[{how}]")]


def wrong(findings: Findings, how: str) -> set[tuple[str, str]]:
    """Layer and tensor of what is outside."""
    return {(row.layer, row.tensor) for row in of(findings, how) if row.failed}


@pytest.fixture(autouse=True)
def _shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch's side and the bounds, which take a description and numbers, are the same for all."""
    share(monkeypatch, module, "run_torch", "accumulated_bounds", "tensor_bounds")


# --- rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["local", "accumulated"])
def test_a_row_for_every_tensor(how: str) -> None:
    """Every layer's value and gradients, and the loss, each once."""
    rows = of(check_network(TINY, "float32", SETTINGS), how)
    found = [(row.layer, row.function, row.tensor) for row in rows]
    assert sorted(found) == sorted(EVERY_TENSOR)
    assert {(row.case, row.network) for row in rows} == {(f"tiny[{how}]", "tiny")}
    assert {row.documents for row in rows} == {"D0.9 D0.14"}
    assert {(row.dtype, row.seed) for row in rows} == {("float32", 11)}


def test_local_rows_come_in_the_order_of_the_layers() -> None:
    """Local rows follow the network from its input to its loss."""
    rows = of(check_network(TINY, "float64", SETTINGS), "local")
    assert [(row.layer, row.function, row.tensor) for row in rows] == EVERY_TENSOR


def test_shapes_are_those_of_the_network() -> None:
    """Each tensor is compared as a whole."""
    rows = of(check_network(TINY, "float64", SETTINGS), "local")
    shapes = {(row.layer, row.tensor): row.shape for row in rows}
    assert shapes["conv", "z"] == shapes["act", "delta"] == "(6, 3, 4, 3)"
    assert shapes["conv", "dx"] == "(6, 2, 5, 8)"
    assert shapes["conv", "dweight"] == "(3, 2, 2, 3)"
    assert shapes["output", "dweight"] == "(4, 18)"
    assert shapes["loss", "loss"] == "()"
    assert {row.kind for row in rows} == {"local"}
    arguments = {(row.layer, row.tensor): (row.direction, row.argument) for row in rows}
    assert arguments["conv", "z"] == ("forward", "")
    assert arguments["act", "delta"] == ("backward", "output")
    assert arguments["output", "dweight"] == ("backward", "weight")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [n.name for n in NETWORKS.values() if not n.full])
def test_small_networks_hold(name: str, dtype: str) -> None:
    """Every local row of the catalogue's small networks is within its bound or exact."""
    findings = check_network(NETWORKS[name], dtype, SETTINGS)
    assert {row.verdict for row in of(findings, "local")} <= {WITHIN, IDENTICAL}
    assert findings.failures == []


def test_a_timing_for_the_network() -> None:
    """Each network says how long both sides took."""
    (timing,) = check_network(TINY, "float32", SETTINGS).timings
    assert (timing.case, timing.dtype) == ("tiny", "float32")
    assert min(timing.refimpl_seconds, timing.torch_seconds) > 0


def test_bound_over_value_is_that_of_the_largest_values() -> None:
    """Of either sign; the largest bound may stand elsewhere."""
    error = np.array([0.5, 0.0, 2.0])
    for values in ([1, -8, 4], [1, 8, -4]):
        assert over_values(error, np.array(values, np.float32)) == (0.25, 8)


@pytest.mark.parametrize("how", ["local", "accumulated"])
def test_bound_over_value_is_there(how: str) -> None:
    """Every row says how large its bound is beside the values."""
    rows = of(check_network(TINY, "float32", SETTINGS), how)
    assert all(row.bound_over_value is not None for row in rows)
    assert all(row.largest_value is not None for row in rows)
    conv = next(row for row in rows if (row.layer, row.tensor) == ("conv", "z"))
    assert conv.bound_over_value is not None
    assert 0 < conv.bound_over_value < 1


def test_accumulated_bounds_grow_with_depth() -> None:
    """Behind the first layer the accumulated bound is above the layer's own."""
    findings = check_network(TINY, "float64", SETTINGS)
    local, free = (
        {(row.layer, row.tensor): row.bound_over_value or 0 for row in of(findings, how)}
        for how in ("local", "accumulated")
    )
    assert all(free[key] > local[key] for key in local if key[0] not in ("conv", "act"))


def test_an_override_is_in_every_note() -> None:
    """Local and accumulated rows that rest on --rtol and --atol say so."""
    settings = replace(SETTINGS, rtol=0.5, atol=0.5)
    rows = check_network(TINY, "float64", settings).rows
    assert len(rows) == 2 * len(EVERY_TENSOR)
    assert [row for row in rows if settings.override not in row.note] == []


def test_the_seed_draws_network_and_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed gives the same rows, another one other values."""
    monkeypatch.undo()  # nothing is shared: everything is computed again
    first, again = (check_network(TINY, "float64", SETTINGS).rows for _ in range(2))
    other = check_network(TINY, "float64", Settings(seed=12)).rows
    assert first == again
    assert all(
        a.torch_value != b.torch_value for a, b in zip(first, other, strict=True) if a.elements > 99
    )


# --- mistakes -----------------------------------------------------------------------------

SLIGHT = 1.0005  # 0.05 % too large


def slightly(array: Array) -> Array:
    scaled: Array = (array * SLIGHT).astype(array.dtype)
    return scaled


def bias_summed_wrongly(grads: Any) -> Any:
    return grads._replace(dbias=slightly(grads.dbias))


def weight_wrong(grads: Any) -> Any:
    return grads._replace(dweight=slightly(grads.dweight))


def dx_wrong(grads: Any) -> Any:
    return grads._replace(dx=slightly(grads.dx))


MISTAKES: dict[str, tuple[Any, str, Callable[[Any], Any], tuple[str, str]]] = {
    "conv z": (refimpl.convolution, "conv2d", slightly, ("conv", "z")),
    "conv dx": (refimpl.convolution, "conv2d_backward", dx_wrong, ("conv", "dx")),
    "conv dweight": (refimpl.convolution, "conv2d_backward", weight_wrong, ("conv", "dweight")),
    "conv dbias": (refimpl.convolution, "conv2d_backward", bias_summed_wrongly, ("conv", "dbias")),
    "act delta": (refimpl.activations, "sigmoid_backward", slightly, ("act", "delta")),
    "pool y": (refimpl.average_pooling, "avg_pool2d", slightly, ("pool", "y")),
    "pool dx": (refimpl.average_pooling, "avg_pool2d_backward", slightly, ("pool", "dx")),
    "flatten dx": (refimpl.dense, "flatten_backward", slightly, ("flatten", "dx")),
    "output z": (refimpl.dense, "linear", slightly, ("output", "z")),
    "output dweight": (refimpl.dense, "linear_backward", weight_wrong, ("output", "dweight")),
    "loss": (refimpl, "cross_entropy", slightly, ("loss", "loss")),
    "dlogits": (refimpl, "cross_entropy_backward", slightly, ("loss", "dlogits")),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_outside_in_its_layer_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, name: str, dtype: str
) -> None:
    """0.05 % in one tensor of one layer: locally that tensor is outside, and it alone."""
    owner, function, change, place = MISTAKES[name]
    plant(monkeypatch, owner, function, change)
    assert wrong(check_network(TINY, dtype, SETTINGS), "local") == {place}


def test_a_mistake_spreads_where_both_sides_run_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accumulated rows show a wrong pooling gradient in everything that comes from it."""
    plant(monkeypatch, refimpl.average_pooling, "avg_pool2d_backward", slightly)
    assert wrong(check_network(TINY, "float64", SETTINGS), "accumulated") == {
        ("pool", "dx"),
        ("act", "delta"),
        *(("conv", name) for name in ("dx", "dweight", "dbias")),
    }


def test_a_mistake_in_the_glue_is_seen_by_accumulated_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A network that hands on a wrong upstream gradient: every layer alone is still right."""
    right = Sequential.backward
    monkeypatch.setattr(Sequential, "backward", lambda self, dy, a: right(self, slightly(dy), a))
    findings = check_network(TINY, "float64", SETTINGS)
    assert wrong(findings, "local") == set()
    backward = {(layer, name) for layer, _, name in EVERY_TENSOR if name[0] == "d"}
    assert wrong(findings, "accumulated") == backward - {("loss", "dlogits")}


def test_an_outside_row_writes_its_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    """The elements of the tensor that disagrees are reported with their layer."""
    plant(monkeypatch, refimpl.dense, "linear_backward", bias_summed_wrongly)
    elements = check_network(TINY, "float64", SETTINGS).elements
    assert {(e.case, e.layer, e.tensor) for e in elements} == {
        (f"tiny[{how}]", "output", "dbias") for how in ("local", "accumulated")
    }
    assert len(elements) == 2 * 4


def test_a_layer_that_writes_to_dy_is_blamed_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backward whose result is right but that works in dy is outside, and no other layer."""

    def in_place(dy: Array, x: Array) -> Array:
        o = refimpl.activations.sigmoid(x)
        dy *= o * (1 - o)
        return dy

    monkeypatch.setattr(refimpl.activations, "sigmoid_backward", in_place)
    assert {layer for layer, _ in wrong(check_network(TINY, "float64", SETTINGS), "local")} == {
        "act"
    }


# --- exceptions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "function", "layer", "tensor"),
    [
        (refimpl.activations, "sigmoid_backward", "act", "a"),
        (refimpl.convolution, "conv2d", "conv", "z"),
        (refimpl.average_pooling, "avg_pool2d", "pool", "y"),
    ],
)
def test_an_exception_in_a_layer_is_a_row(
    monkeypatch: pytest.MonkeyPatch, owner: Any, function: str, layer: str, tensor: str
) -> None:
    """The layer that raises is outside with its text, the others are judged; so is the whole."""
    plant(monkeypatch, owner, function, lambda _: raise_(IndexError("off by one")))
    findings = check_network(TINY, "float64", SETTINGS)
    assert wrong(findings, "local") == {(layer, tensor)}
    (free,) = of(findings, "accumulated")
    assert (free.tensor, free.verdict) == ("loss", OUTSIDE)
    (note,) = {row.note for row in findings.failures}
    assert note.startswith("refimpl raised IndexError: off by one (refimpl/layers.py:")
    others = {(row.layer, row.tensor) for row in of(findings, "local") if not row.failed}
    assert others == {(name, t) for name, _, t in EVERY_TENSOR if name != layer}


def test_an_exception_in_the_loss_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss is judged like a layer."""
    monkeypatch.setattr(refimpl, "cross_entropy", lambda *args: raise_(ValueError("no")))
    findings = check_network(TINY, "float64", SETTINGS)
    assert wrong(findings, "local") == {("loss", "loss")}
    assert [row.note for row in findings.failures] == ["refimpl raised ValueError: no"]


def test_a_gradient_of_another_shape_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transposed weight gradient is outside, locally and accumulated."""
    plant(monkeypatch, refimpl.dense, "linear_backward", lambda g: g._replace(dweight=g.dweight.T))
    findings = check_network(TINY, "float64", SETTINGS)
    assert wrong(findings, "local") == wrong(findings, "accumulated") == {("output", "dweight")}
    note = "refimpl gives shape (18, 4), torch (4, 18)"
    assert all(row.note.startswith(note) for row in findings.failures)


# --- blind rows ---------------------------------------------------------------------------

LARGE = "the bound is as large as the values"
UNSEEN = "a gradient 0.05 % too large would stay under the bound"
KINKS = "kinks in more than 1 % of the elements"
ONES = np.ones(100)


@pytest.mark.parametrize(
    ("error", "kinks", "reasons"),
    [
        (np.full(100, 4e-4), 0, []),
        (np.full(100, 4e-4), 1, []),
        (np.full(100, 4e-4), 2, [KINKS]),
        (np.full(100, 5e-4), 0, [UNSEEN]),
        (np.append(np.full(99, 5e-4), 4e-4), 0, []),
        (np.append(np.full(99, 1e-9), 1.0), 0, [LARGE]),
        (np.full(100, 0.999), 0, [UNSEEN]),
        (np.full(100, 1.0), 2, [LARGE, UNSEEN, KINKS]),
        (np.full(100, np.inf), 0, [LARGE, UNSEEN]),
    ],
)
def test_why_a_row_is_blind(error: Array, kinks: int, reasons: list[str]) -> None:
    """A bound as large as the values, a known mistake that fits under it, or too many kinks."""
    power = accumulated_power(-ONES, Accumulated(error, kinks))
    assert power == (error.max(), 1, kinks, "; ".join(reasons))


def free_row(ours: Array, error: Array, settings: Settings = SETTINGS) -> Row:
    """The row of a tensor of ones in torch, of both free runs."""
    place = Place("n[accumulated]", "relu", "float64", ())
    return conclude_free(Findings(), place, "a", (ours, ONES), Accumulated(error, 2), settings)


def test_reasons_follow_what_the_row_says_already() -> None:
    """The reasons are added to the row's own note."""
    row = free_row(ONES, ONES, replace(SETTINGS, rtol=1e-9))
    assert row.verdict == BLIND
    assert row.note == f"{replace(SETTINGS, rtol=1e-9).override}; {LARGE}; {UNSEEN}; {KINKS}"
    assert (row.bound_over_value, row.largest_value, row.kinks) == (1, 1, 2)


def test_outside_is_never_blind() -> None:
    """What disagrees by more than even this bound is a disagreement."""
    row = free_row(ONES * 3, ONES)
    assert (row.verdict, row.bound_over_value, row.kinks) == (OUTSIDE, 1, 2)
    assert LARGE not in row.note


def test_blind_rows_of_a_network_do_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no mistake could be seen, the accumulated rows are blind and the network holds."""
    monkeypatch.setattr(accumulated, "MISTAKE", 0.0)
    findings = check_network(TINY, "float32", SETTINGS)
    assert {row.verdict for row in of(findings, "accumulated")} == {BLIND}
    assert BLIND not in {row.verdict for row in of(findings, "local")}
    assert findings.holds


@pytest.mark.parametrize(
    ("error", "values", "expected"),
    [
        ([1.0, 2.0], [-8.0, 3.0], 0.25),
        ([0.0], [0.0], 0.0),
        ([1.0], [0.0], np.inf),
        ([np.inf], [1.0], np.inf),
        ([], [], 0.0),
    ],
)
def test_bound_over_value(error: list[float], values: list[float], expected: float) -> None:
    """The largest bound over the largest |value|; 0/0 is 0, x/0 infinite."""
    largest = np.max(np.abs(values), initial=0)
    assert over_values(np.array(error), np.array(values)) == (expected, largest)
