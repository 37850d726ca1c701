"""Gradient descent, judged step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from planting import plant, raise_

import refimpl.activations
import refimpl.dense
import refimpl.losses
import refimpl.training
from parity.cases.case import Array
from parity.cases.network_case import Loss, NetworkCase, described
from parity.judges import training as module
from parity.judges.training import check_training
from parity.results.findings import Findings
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import BLIND, OUTSIDE, WITHIN
from refimpl import Add, Linear, Network, Sequential, Sigmoid, Tanh

SETTINGS = Settings(seed=11)


def build(rng: np.random.Generator) -> Sequential:
    """dense 3 → sigmoid → dense 4."""
    return Sequential(
        {
            "hidden": Linear(rng.normal(size=(3, 5)), rng.normal(size=3)),
            "act": Sigmoid(),
            "output": Linear(rng.normal(size=(4, 3)), rng.normal(size=4)),
        }
    )


def batches(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(rng.normal(size=(7, 5)), rng.integers(0, 4, 7)) for _ in range(steps)]


DESCRIBED = {
    "hidden": described("linear"),
    "act": described("sigmoid"),
    "output": described("linear"),
}
TINY = NetworkCase("tiny", build, DESCRIBED, batches, ("D0.14",), steps=3, learning_rate=0.5)
UPDATES = [(layer, f"new {key}") for layer in ("hidden", "output") for key in ("weight", "bias")]


def of(findings: Findings, how: str) -> list[Row]:
    """The rows of a step: "step 2" (local), "free step 2"."""
    return [row for row in findings.rows if row.case == f"tiny[{how}]"]


def wrong(findings: Findings, how: str) -> list[tuple[str, str]]:
    return [(row.layer, row.tensor) for row in of(findings, how) if row.failed]


# --- rows ---------------------------------------------------------------------------------


def test_a_quick_run_trains_the_first_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows as a whole run has for them."""
    monkeypatch.setattr("parity.judges.training.QUICK_STEPS", 2)
    quick = check_training(TINY, "float32", replace(SETTINGS, quick=True))
    whole = check_training(TINY, "float32", SETTINGS)
    assert [row.step for row in quick.training] == [1, 2]
    assert quick.training == whole.training[:2]
    assert quick.rows == whole.rows[: len(quick.rows)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_step_is_judged_and_holds(dtype: str) -> None:
    """Steps are numbered from 1, local rows before the free ones, and nothing is outside."""
    findings = check_training(TINY, dtype, SETTINGS)
    cases = list(dict.fromkeys(row.case for row in findings.rows))
    assert cases == [f"tiny[{free}step {n}]" for n in (1, 2, 3) for free in ("", "free ")]
    assert [row.step for row in findings.training] == [1, 2, 3]
    assert findings.failures == []
    assert {(row.network, row.dtype) for row in findings.rows} == {("tiny", dtype)}


def test_local_rows_of_a_step() -> None:
    """Every layer, the loss and every updated parameter."""
    rows = of(check_training(TINY, "float64", SETTINGS), "step 2")
    linear = ("z", "dx", "dweight", "dbias")
    assert [(row.layer, row.tensor) for row in rows] == [
        *(("hidden", name) for name in linear),
        *(("act", name) for name in ("a", "delta")),
        *(("output", name) for name in linear),
        *(("loss", name) for name in ("loss", "dlogits")),
        *UPDATES,
    ]
    assert {row.function for row in rows if row.tensor.startswith("new ")} == {"descend"}


def test_free_rows_of_a_step() -> None:
    """The loss and every parameter after the step, with how large the bound is beside them."""
    rows = of(check_training(TINY, "float64", SETTINGS), "free step 2")
    assert [(row.layer, row.tensor) for row in rows] == [("loss", "loss"), *UPDATES]
    assert all(0 < (row.bound_over_value or 0) < 1 for row in rows)


def test_the_free_loss_is_a_cross_entropy() -> None:
    """The function of the loss is the loss, as it is locally."""
    loss, *weights = of(check_training(TINY, "float64", SETTINGS), "free step 1")
    assert loss.function == "cross_entropy"
    assert {row.function for row in weights} == {"descend"}


def test_bounds_of_the_free_run_grow() -> None:
    """What both sides may be apart adds up step by step."""
    training = check_training(TINY, "float64", SETTINGS).training
    bounds = [row.loss_bound for row in training]
    weights = [row.weight_bound_over_value for row in training]
    assert bounds == sorted(set(bounds))
    assert weights == sorted(set(weights))


def test_an_override_is_in_every_note() -> None:
    """All rows of a training that rests on --rtol and --atol say so."""
    settings = replace(SETTINGS, rtol=0.5, atol=0.5)
    rows = check_training(TINY, "float64", settings).rows
    assert [row for row in rows if settings.override not in row.note] == []


# --- against torch's own optimiser --------------------------------------------------------


def torch_training(rate: float) -> list[tuple[float, float]]:
    """Loss and accuracy of each step with torch.nn and torch.optim.SGD."""
    start = TINY.network("float64", SETTINGS.seed)
    model = torch.nn.Sequential(
        torch.nn.Linear(5, 3), torch.nn.Sigmoid(), torch.nn.Linear(3, 4)
    ).double()
    with torch.no_grad():
        for ours, theirs in (
            (start.layers["hidden"], model[0]),
            (start.layers["output"], model[2]),
        ):
            for key, value in ours.parameters.items():
                getattr(theirs, key).copy_(torch.from_numpy(value))
    optimiser = torch.optim.SGD(model.parameters(), lr=rate)
    found = []
    for x, target in TINY.data("float64", SETTINGS.seed):
        optimiser.zero_grad()
        logits, classes = model(torch.from_numpy(x)), torch.from_numpy(target)
        loss = torch.nn.functional.cross_entropy(logits, classes)
        loss.backward()
        optimiser.step()
        hits = sum(int(row.argmax()) == int(c) for row, c in zip(logits, classes, strict=True))
        found.append((loss.item(), hits / len(classes)))
    return found


def test_torchs_side_is_torchs_own_training() -> None:
    """The next step starts from torch's weights: the losses are those of torch.optim.SGD."""
    training = check_training(TINY, "float64", SETTINGS).training
    assert [(r.torch_loss, r.torch_accuracy) for r in training] == torch_training(0.5)
    assert [r.torch_loss for r in training[1:]] != [loss for loss, _ in torch_training(0.25)][1:]


@pytest.mark.parametrize("owner", [module, refimpl.training], ids=["local", "free"])
def test_a_mistake_of_refimpl_never_moves_torchs_weights(
    monkeypatch: pytest.MonkeyPatch, owner: Any
) -> None:
    """Whatever refimpl's step gives, torch goes on from its own."""
    before = [row.torch_loss for row in check_training(TINY, "float64", SETTINGS).training]
    plant(monkeypatch, owner, "descend", lambda value: value * 2)
    after = check_training(TINY, "float64", SETTINGS)
    assert [row.torch_loss for row in after.training] == before
    assert after.failures != []


# --- half the squared distance, in a graph ------------------------------------------------


def residual(rng: np.random.Generator) -> Network:
    """tanh(x + Wx + b) against numbers."""
    fc = Linear(rng.normal(size=(3, 3)) / 2, rng.normal(size=3) / 2)
    return Network({"fc": fc, "add": Add(), "act": Tanh()}, {"add": ("x", "fc")})


def answers(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(rng.normal(size=(5, 3)), rng.uniform(0, 1, (5, 3))) for _ in range(steps)]


SQUARED = NetworkCase(
    "tiny",
    residual,
    {"fc": described("linear"), "add": described("add", "x", "fc"), "act": described("tanh")},
    answers,
    ("D1.7", "D4.16"),
    steps=3,
    learning_rate=0.25,
    loss=Loss("squared_error", {}),
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_squared_error_is_trained_on(dtype: str) -> None:
    """Every step holds, locally and free; the loss is the one that the case names."""
    findings = check_training(SQUARED, dtype, SETTINGS)
    assert findings.failures == []
    assert [row.step for row in findings.training] == [1, 2, 3]
    for how in ("step 2", "free step 2"):
        (loss,) = (row for row in of(findings, how) if row.tensor == "loss")
        assert loss.function == "squared_error"
        assert loss.verdict == WITHIN
    local = [(row.layer, row.tensor) for row in of(findings, "step 2")]
    assert ("loss", "doutput") in local
    assert ("x", "dsum") in local


def test_torchs_side_of_it_is_torchs_own_training() -> None:
    """The same losses as with torch.nn and torch.optim.SGD, and answers right above one half."""
    start = SQUARED.network("float64", SETTINGS.seed).layers["fc"].parameters
    fc = torch.nn.Linear(3, 3).double()
    with torch.no_grad():
        fc.weight.copy_(torch.from_numpy(start["weight"]))
        fc.bias.copy_(torch.from_numpy(start["bias"]))
    optimiser = torch.optim.SGD(fc.parameters(), lr=0.25)
    expected = []
    for x, target in SQUARED.data("float64", SETTINGS.seed):
        optimiser.zero_grad()
        x, target = torch.from_numpy(x), torch.from_numpy(target)
        output = torch.tanh(x + fc(x))
        loss = torch.nn.functional.mse_loss(output, target, reduction="sum") / 2
        loss.backward()
        optimiser.step()
        right = ((output > 0.5) == (target > 0.5)).double().mean()
        expected.append((loss.item(), right.item()))
    training = check_training(SQUARED, "float64", SETTINGS).training
    assert [(r.torch_loss, r.torch_accuracy) for r in training] == expected
    assert len({loss for loss, _ in expected}) == 3


def doubled(dy: Any, output: Any, target: Any) -> Any:
    return 2 * dy * (output - target)


@pytest.mark.parametrize("owner", [refimpl, refimpl.losses], ids=["local", "free"])
def test_a_squared_error_without_its_half_is_seen(
    monkeypatch: pytest.MonkeyPatch, owner: Any
) -> None:
    """Its gradient twice as large: outside in the loss locally, in the weights when free."""
    monkeypatch.setattr(owner, "squared_error_backward", doubled)
    findings = check_training(SQUARED, "float64", SETTINGS)
    if owner is refimpl:
        assert wrong(findings, "step 1") == [("loss", "doutput")]
        assert wrong(findings, "free step 1") == []
    else:
        assert wrong(findings, "step 1") == []
        assert wrong(findings, "free step 1") == [("fc", "new weight"), ("fc", "new bias")]


def test_a_shortcut_that_is_forgotten_is_seen() -> None:
    """A network that adds f(x) twice: each step of each layer is right, the free loss is not."""

    def twice(rng: np.random.Generator) -> Network:
        layers = residual(rng).layers
        return Network(layers, {"add": ("fc", "fc")})

    findings = check_training(replace(SQUARED, build=twice), "float64", SETTINGS)
    assert wrong(findings, "step 1") == []
    assert ("loss", "loss") in wrong(findings, "free step 1")
    assert findings.training[0].accumulated_verdict == OUTSIDE


# --- mistakes -----------------------------------------------------------------------------


def test_a_wrong_update_is_outside_in_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step too long is found in every parameter, locally, and nowhere else."""
    right = refimpl.training.descend
    monkeypatch.setattr(module, "descend", lambda w, g, rate: right(w, g, rate * 1.0005))
    findings = check_training(TINY, "float64", SETTINGS)
    for step in (1, 2, 3):
        assert wrong(findings, f"step {step}") == UPDATES
        assert wrong(findings, f"free step {step}") == []
    assert {row.local_verdict for row in findings.training} == {OUTSIDE}


def test_a_wrong_free_update_is_outside_in_the_free_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in how the whole network is updated: each local step is still right."""
    right = refimpl.training.descend
    monkeypatch.setattr(refimpl.training, "descend", lambda w, g, rate: right(w, g, rate * 1.0005))
    findings = check_training(TINY, "float64", SETTINGS)
    assert {row.local_verdict for row in findings.training} == {WITHIN}
    assert wrong(findings, "free step 1") == UPDATES
    assert [row.accumulated_verdict for row in findings.training] == [WITHIN, OUTSIDE, OUTSIDE]


def test_a_wrong_gradient_is_outside_in_its_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong delta is found in every step, in that tensor alone."""
    plant(monkeypatch, refimpl.activations, "sigmoid_backward", lambda dx: dx * 1.0005)
    findings = check_training(TINY, "float64", SETTINGS)
    for step in (1, 2, 3):
        assert wrong(findings, f"step {step}") == [("act", "delta")]


# --- exceptions ---------------------------------------------------------------------------


def test_an_exception_ends_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where refimpl cannot go on there is a row that says why, and no further step."""
    plant(monkeypatch, refimpl.activations, "sigmoid", lambda _: raise_(IndexError("off by one")))
    findings = check_training(TINY, "float64", SETTINGS)
    assert {row.case for row in findings.rows} == {"tiny[step 1]", "tiny[free step 1]"}
    assert wrong(findings, "step 1") == [("act", "a")]
    (free,) = of(findings, "free step 1")
    assert (free.tensor, free.verdict) == ("loss", OUTSIDE)
    assert free.note.startswith("refimpl raised IndexError: off by one (refimpl/")
    assert findings.training == []


def test_an_exception_in_a_later_step_keeps_the_earlier_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The steps before the one that fails stay in the report."""
    right, calls = module.train, iter(range(9))
    monkeypatch.setattr(
        module, "train", lambda *args: right(*args) if next(calls) < 2 else raise_(OSError("gone"))
    )
    findings = check_training(TINY, "float64", SETTINGS)
    assert [row.step for row in findings.training] == [1, 2]
    assert [(row.case, row.note) for row in findings.failures] == [
        ("tiny[free step 3]", "refimpl raised OSError: gone")
    ]


def test_an_exception_in_an_update_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of descent that raises is outside in each parameter."""
    monkeypatch.setattr(module, "descend", lambda *args: raise_(ValueError("no")))
    findings = check_training(TINY, "float64", SETTINGS)
    assert wrong(findings, "step 1") == UPDATES
    assert {row.note for row in findings.failures} == {"refimpl raised ValueError: no"}


def test_a_gradient_of_another_shape_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transposed weight gradient is outside; that no step can be made of it is no crash."""
    plant(monkeypatch, refimpl.dense, "linear_backward", lambda g: g._replace(dweight=g.dweight.T))
    findings = check_training(TINY, "float64", SETTINGS)
    assert wrong(findings, "step 1") == [("hidden", "dweight"), ("output", "dweight")]


# --- blind steps --------------------------------------------------------------------------

WILD = replace(TINY, steps=12, learning_rate=64.0)


def test_from_a_blind_step_on_nothing_is_claimed() -> None:
    """Once the loss's bound is as large as the loss, every later free row is blind."""
    findings = check_training(WILD, "float32", SETTINGS)
    over = [of(findings, f"free step {n}")[0].bound_over_value or 0 for n in range(1, 13)]
    first = next(n for n, value in enumerate(over, start=1) if value >= 1)
    assert 1 < first < 12
    assert all(value < 1 for value in over[: first - 1])
    for row in findings.training[first:]:
        later = of(findings, f"free step {row.step}")
        assert {r.verdict for r in later} == {BLIND}
        assert (row.loss_bound, row.weight_bound_over_value) == (np.inf, np.inf)
    assert findings.training[first - 1].accumulated_verdict == BLIND
    assert findings.training[0].accumulated_verdict == WITHIN


def test_local_rows_judge_blind_steps_too() -> None:
    """However wild the training, every step is judged from identical inputs."""
    training = check_training(WILD, "float32", SETTINGS).training
    assert len(training) == 12
    assert {row.local_verdict for row in training} == {WITHIN}


# --- training.csv -------------------------------------------------------------------------


def test_a_training_row_sums_up_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses, differences, bounds and verdicts are those of the step's rows."""
    right = refimpl.training.descend
    monkeypatch.setattr(refimpl.training, "descend", lambda w, g, rate: right(w, g, rate * 1.25))
    findings = check_training(TINY, "float64", SETTINGS)
    for row in findings.training:
        local = of(findings, f"step {row.step}")
        loss, *weights = of(findings, f"free step {row.step}")
        assert (row.refimpl_loss, row.torch_loss) == (loss.refimpl_value, loss.torch_value)
        assert row.loss_difference == abs(row.refimpl_loss - row.torch_loss)
        assert row.loss_bound == loss.bound_at_worst
        assert row.weight_difference == max(r.max_abs_error for r in weights) > 0
        assert row.weight_bound_over_value == max(r.bound_over_value or 0 for r in weights)
        assert row.local_worst_ratio == max(r.worst_ratio for r in local)
        assert (row.local_verdict, row.accumulated_verdict) == (WITHIN, loss.verdict)
    assert findings.training[-1].refimpl_loss != findings.training[-1].torch_loss


def test_accuracy_is_each_sides_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The share of right classes is counted from each side's own logits."""
    plant(monkeypatch, refimpl.training, "descend", lambda value: -4 * value)
    training = check_training(replace(TINY, steps=8), "float64", SETTINGS).training
    assert [r.refimpl_accuracy for r in training[1:]] != [r.torch_accuracy for r in training[1:]]
    assert training[0].refimpl_accuracy == training[0].torch_accuracy
