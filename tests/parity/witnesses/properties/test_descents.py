"""A descent that changes on its way, from any step on, is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planting import plant, raise_

import refimpl
from parity.cases.networks import NETWORKS
from parity.results.settings import Settings
from parity.suite.run import run_task
from parity.suite.task import Task
from parity.witnesses.properties.descents import ITERATIONS

LAST = 9  # of xor's 40 steps
TASK = Task("properties", "xor", "float64")


def note(settings: Settings = Settings(), name: str = "xor") -> str:  # noqa: B008 (immutable)
    (row,) = run_task(Task("properties", name, "float64"), settings).witnesses
    assert row.failed is bool(row.note)
    return row.note


@pytest.mark.parametrize("name", [n for n, case in NETWORKS.items() if not case.full])
def test_the_right_code(name: str) -> None:
    """Every network; those without training for their initial weights."""
    assert note(Settings(quick=True), name) == ""


def changing(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, wrong: Any, first: int
) -> None:
    """Let a function be another one from a call on."""
    right, calls = getattr(owner, name), []

    def changed(*args: Any, **options: Any) -> Any:
        calls.append(name)
        return (right if len(calls) < first else wrong)(*args, **options)

    monkeypatch.setattr(owner, name, changed)


@pytest.mark.parametrize("first", [1, 5, LAST])
def test_a_rate_that_changes_in_train(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    """From some step on: the free-running rows have long been blind."""
    right = refimpl.training.update
    changing(
        monkeypatch,
        refimpl.training,
        "update",
        lambda network, gradients, rate, by: right(network, gradients, rate * 1.001),
        first,
    )
    assert note().startswith(f"train, step {first}: fc1 weight at (0, 0) is ")


def test_a_layer_that_freezes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last layer learns no more."""
    right = refimpl.training.update
    changing(
        monkeypatch,
        refimpl.training,
        "update",
        lambda network, gradients, rate, by: right(
            network, {name: g for name, g in gradients.items() if name != "fc2"}, rate
        ),
        LAST,
    )
    assert note().startswith(f"train, step {LAST}: fc2 weight at (0, 0) is ")


def test_an_ascent(monkeypatch: pytest.MonkeyPatch) -> None:
    """`descend` climbs, whoever asks it."""
    right = refimpl.training.descend
    monkeypatch.setattr(refimpl.training, "descend", lambda w, g, rate: right(w, g, -rate))
    assert note().startswith("train, step 1: fc1 weight at (0, 0) is ")


def test_update_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As users call it: train has its own."""
    right = refimpl.update
    changing(monkeypatch, refimpl, "update", lambda n, g, rate, by: right(n, g, rate / 2), LAST)
    assert note().startswith(f"update, step {LAST}: fc1 weight at (0, 0) is ")


def test_a_train_that_remembers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Momentum: one step alone is right."""
    right, velocity = refimpl.training.descend, {}

    def heavy(w: Any, g: Any, rate: Any) -> Any:
        velocity[g.shape] = g + 0.1 * velocity.get(g.shape, 0 * g)
        return right(w, velocity[g.shape], rate)

    monkeypatch.setattr(refimpl.training, "descend", heavy)
    assert note().startswith("update, step 1: fc1 weight at (0, 0) is ")  # the second that it takes


def test_a_batch_that_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Augmented in place."""
    right = refimpl.train

    def spoiling(network: Any, batches: Any, *args: Any, **options: Any) -> Any:
        kept = list(batches)
        yield from right(network, kept, *args, **options)
        kept[0][0][...] += 1

    monkeypatch.setattr(refimpl, "train", spoiling)
    assert note() == "train changed a batch"


def test_initial_arrays_that_are_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step in place: who made the layer has the array, too."""
    right = refimpl.training.descend

    def in_place(value: Any, gradient: Any, rate: Any) -> Any:
        value[...] = right(value, gradient, rate)
        return value

    monkeypatch.setattr(refimpl.training, "descend", in_place)
    assert note().startswith("the array that a layer was given, behind train: fc1 weight at (0, 0)")


def test_a_rate_of_another_dtype(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate in float64 makes float32 weights wider."""
    monkeypatch.setattr(refimpl.training, "descend", lambda w, g, rate: w - rate * g)
    (row,) = run_task(Task("properties", "xor", "float32"), Settings()).witnesses
    assert row.note.startswith("train, step 1: fc1 weight has dtype float64, else float32")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda end: end._replace(losses=end.losses[:-1]), f"{ITERATIONS - 1} losses, converged "),
        (lambda end: end._replace(converged=not end.converged), "losses, converged True, not "),
        (lambda end: end._replace(losses=[v * 2 for v in end.losses]), ": loss 0 at () is "),
    ],
)
def test_how_a_descent_ends(monkeypatch: pytest.MonkeyPatch, change: Any, text: str) -> None:
    """Its losses and whether it has converged."""
    plant(monkeypatch, refimpl, "gradient_descent", change)
    said = note()
    assert said.startswith("gradient_descent with tolerance 0")
    assert text in said


@pytest.mark.parametrize(
    ("most", "text"),
    [
        (0, "0 iterations at most: 1 losses, converged True, not 0, False"),
        (1, "1 iterations at most: 2 losses, converged False, not 1, False"),
    ],
)
def test_a_descent_of_one_iteration_too_many(
    monkeypatch: pytest.MonkeyPatch, most: int, text: str
) -> None:
    """Where the iterations have run out at once."""
    right = refimpl.gradient_descent

    def longer(
        network: Any,
        x: Any,
        target: Any,
        rate: Any,
        tolerance: Any,
        n: Any,
        *more: Any,
        **options: Any,
    ) -> Any:
        return right(network, x, target, rate, tolerance, n + (n == most), *more, **options)

    monkeypatch.setattr(refimpl, "gradient_descent", longer)
    assert text in note()


def test_a_rate_of_the_first_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean over as many samples as the first batch had."""
    right, sizes = refimpl.training.loss_and_grads, []

    def first(network: Any, x: Any, target: Any, *more: Any, **options: Any) -> Any:
        sizes.append(len(x))
        step = right(network, x, target, *more, **options)
        if len(x) == sizes[0]:
            return step
        return step._replace(loss=step.loss * np.asarray(len(x) / sizes[0], x.dtype))

    monkeypatch.setattr(refimpl.training, "loss_and_grads", first)
    assert note().startswith("train, step 3: loss at () is ")


def test_a_descent_on_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    """It promises the sum."""
    right = refimpl.gradient_descent

    def on_mean(*args: Any, **options: Any) -> Any:
        return right(*args, **{**options, "reduction": "mean"})

    monkeypatch.setattr(refimpl, "gradient_descent", on_mean)
    assert "loss 0 at () is " in note(name="softmax_regression_descent")


def test_a_descent_that_remembers_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reduction said once is not the next descent's."""
    right, kept = refimpl.gradient_descent, {}

    def remembering(*args: Any, **options: Any) -> Any:
        kept.update(options)
        return right(*args, **kept)

    monkeypatch.setattr(refimpl, "gradient_descent", remembering)
    assert "loss 0 at () is " in note(name="softmax_regression_descent")


def test_code_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question has its answer."""
    monkeypatch.setattr(refimpl, "train", lambda *args, **options: raise_(ValueError("no")))
    assert note() == "trained by steps: ValueError: no"


@pytest.mark.parametrize(
    ("name", "change", "text"),
    [
        ("uniform", lambda w: w / 2, "uniform: standard deviation "),
        ("uniform", lambda w: np.abs(w), "uniform: mean "),
        (
            "uniform",
            lambda w: np.sign(w) * np.abs(w).max() / 3**0.5,
            "uniform: the largest of 6000",
        ),
        ("he_normal", lambda w: w * 1.1, "he_normal: standard deviation "),
        ("he_normal", lambda w: w + 0.05, "he_normal: mean "),
        ("he_normal", lambda w: w[0], "he_normal: shape (25, 2, 3), not (40, 25, 2, 3)"),
    ],
)
def test_another_distribution(
    monkeypatch: pytest.MonkeyPatch, name: str, change: Any, text: str
) -> None:
    """Its mean, its spread, its range."""
    plant(monkeypatch, refimpl, name, change)
    assert note(Settings(quick=True), "small_tanh").startswith(text)


def test_a_fan_that_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights by fan_in, whatever is asked."""
    right = refimpl.he_normal
    monkeypatch.setattr(refimpl, "he_normal", lambda rng, shape, fan="in": right(rng, shape))
    assert note(Settings(quick=True), "small_tanh").startswith("he_normal by fan_out: standard ")


def test_weights_that_are_not_the_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn from somewhere else."""
    rng = np.random.default_rng(1)
    plant(monkeypatch, refimpl.architectures, "uniform", lambda w: w + rng.normal(size=w.shape))
    assert "drawn again from its seed: fc1 weight at (0, 0) is " in note(Settings(quick=True))
