"""Networks of integers: exact through all layers, and mistakes between layers are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from planting import plant

import refimpl
from parity.cases.case import FLOATS, Array
from parity.cases.chains import CHAINS
from parity.cases.networks import NETWORKS
from parity.oracle import torch_functions
from parity.report.witnesses import describe
from parity.results.rows import WitnessRow
from parity.results.settings import Settings
from parity.suite.run import run_task
from parity.suite.task import Task
from parity.suite.tasks import select
from parity.witnesses import integer_networks
from parity.witnesses.integer_networks import (
    BRANCHING,
    Integers,
    check_integer_network,
    largest_integers,
)
from parity.witnesses.lattices import EXACT, NotExactError
from refimpl import Network, networks

SETTINGS = Settings(seed=17)


def row_of(name: str, dtype: str = "float64") -> WitnessRow:
    (row,) = check_integer_network(name, dtype, SETTINGS).witnesses
    return row


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_network_of_sums_is_certain(dtype: str) -> None:
    """No branch: a polynomial, so that the probability of accepting a mistake holds."""
    row = row_of("sums", dtype)
    assert (row.verdict, row.network, row.function) == ("identical", "sums", "")
    assert row.false_accept is not None
    assert row.false_accept <= -60
    assert row.elements > 2000


@pytest.mark.parametrize("name", ["small_relu", "residual", "inception"])
def test_networks_with_branches_agree_and_claim_no_probability(name: str) -> None:
    """Their patterns fall anew at each repetition."""
    row = row_of(name)
    assert (row.verdict, row.false_accept) == ("identical", None)
    assert "patterns as they fall, no probability claimed" in row.note


def test_too_many_layers_for_float32_are_said() -> None:
    """Seven layers of products leave no integer but 0."""
    row = row_of("residual", "float32")
    assert (row.verdict, row.failed) == ("blind", False)
    assert row.note == "no integers are small enough for exact sums through all layers"


def test_chains_are_made_of_functions_that_are_exact_on_integers() -> None:
    """And every function with a kink counts as a branch."""
    for case in CHAINS.values():
        functions = {said.function for said in case.architecture.values()}
        assert functions <= set(EXACT)
        assert functions & {"sign", "dropout", "max_pool1d", "max_pool3d", "downsample"} == set()
    assert set(BRANCHING) <= set(EXACT)


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_largest_integers_fit_and_the_next_do_not(dtype: str) -> None:
    """Every sum of |products| on refimpl's side stays below the limit, just below it."""
    case, limit = CHAINS["sums"], {"float32": 2**24, "float64": 2**53}[dtype]
    model = case.model("float64", 0)
    shapes = integer_networks._shapes(case, model, "float64", SETTINGS)
    most = largest_integers(model, shapes, limit)

    def largest(m: int) -> Any:
        numbers = integer_networks._mapped(shapes, lambda array: array * m)
        return max(np.max(t) for t in integer_networks._refimpl(model.network, numbers).values())

    assert largest(most) < limit <= largest(most + 1)


def test_a_limit_that_nothing_fits() -> None:
    """Not even ones."""
    case = CHAINS["sums"]
    model = case.model("float64", 0)
    shapes = integer_networks._shapes(case, model, "float64", SETTINGS)
    with pytest.raises(NotExactError):
        largest_integers(model, shapes, 100)
    assert largest_integers(model, shapes, 100_000) >= 1


# --- mistakes -----------------------------------------------------------------------------


def test_a_forgotten_branch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient of an output that two layers take: one part of it is left out."""
    monkeypatch.setattr(networks, "sum_of_parts", lambda parts: parts[0])
    row = row_of("sums")
    assert (row.verdict, row.failed) == ("outside", True)
    assert row.note.startswith("d x at (")
    assert "the formulas differ" in row.note
    assert row.note.endswith("repetition 1, torch with 1 thread, channels_last")


def test_a_wrong_gradient_in_the_middle_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One bias gradient is averaged."""
    plant(
        monkeypatch,
        refimpl.convolution,
        "conv2d_backward",
        lambda grads: grads._replace(dbias=grads.dbias / 2),
    )
    row = row_of("small_relu")
    assert row.verdict == "outside"
    assert row.note.startswith("conv dbias at (")


def test_rounding_in_torch_is_torchs(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one layer of torch, in float32 alone."""
    right = torch_functions.FUNCTIONS["linear"]

    def rounded(*args: Any) -> Any:
        y = right(*args)
        return y if y.dtype == torch.float64 else y + (y.detach().half() - y.detach())

    monkeypatch.setitem(torch_functions.FUNCTIONS, "linear", rounded)
    row = row_of("sums", "float32")
    assert row.verdict == "outside"
    assert "torch is off: both formulas give" in row.note


def test_an_exception_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    """refimpl's own, in words."""

    def broken(self: Network, dy: Array, activations: list[Array]) -> Any:
        raise KeyError("lost")

    monkeypatch.setattr(Network, "backward", broken)
    row = row_of("sums")
    assert (row.verdict, row.note.partition(";")[0]) == (
        "outside",
        "refimpl raised KeyError: 'lost'",
    )


# --- in a run -----------------------------------------------------------------------------


def test_chains_are_tasks_of_a_run() -> None:
    """By name too; none without witnesses."""
    assert select(["sums"], None, FLOATS) == [Task("integers", "sums", d) for d in FLOATS]
    kinds = [task.kind for task in select(["small_relu"], None, ["float32"])]
    assert sorted(kinds) == ["derivative", "integers", "network", "properties"]
    assert select(["sums"], None, FLOATS, witnesses=False) == []
    assert set(CHAINS) - set(NETWORKS) == {"sums"}


def test_the_message_of_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """What, where, and the command that shows it again."""
    monkeypatch.setattr(networks, "sum_of_parts", lambda parts: parts[0])
    findings = run_task(Task("integers", "sums", "float64"), SETTINGS)
    assert not findings.holds
    text = describe(findings.witnesses[0], 17)
    assert text.startswith("FAIL sums · witness integers · float64 · seed 17: d x at (")
    assert text.endswith("again: parity run sums --dtype float64 --seed 17")


def test_integers_are_drawn_for_every_array() -> None:
    """From −M to M, all of them integers."""
    shapes = Integers(np.ones((40, 5)), np.ones((40, 2)), {"fc": {"weight": np.ones((2, 5))}})
    drawn = integer_networks._draw(shapes, 3, "float32", np.random.default_rng(1))
    assert drawn.x.dtype == np.float32
    assert set(drawn.x.ravel().tolist()) == {-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0}
    assert integer_networks._arrays(drawn) == 3
