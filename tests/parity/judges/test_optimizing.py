"""A training by an optimiser, judged: what is wrong in one step, or only in the free run, shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import refimpl
from parity.bounds.arithmetic import sides
from parity.bounds.optimizers import drifted
from parity.cases.networks import NETWORKS
from parity.cases.optimized_networks import OPTIMIZED
from parity.judges import training as module
from parity.judges.training import check_training
from parity.results.settings import Settings

SETTINGS = Settings(seed=11)


def shortened(name: str) -> Any:
    return replace(NETWORKS[name], steps=3)


@pytest.mark.parametrize("name", [case.name for case in OPTIMIZED])
def test_it_holds(name: str) -> None:
    """Right code; rows of the steps are named after the optimiser's function."""
    findings = check_training(shortened(name), "float64", SETTINGS)
    assert not findings.failures
    functions = {row.function for row in findings.rows if row.tensor.startswith("new ")}
    assert functions == {NETWORKS[name].optimizer.function}


def test_a_step_that_is_slightly_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """From torch's weights, gradient and state."""
    right = module.optimized
    monkeypatch.setattr(module, "optimized", lambda *given: right(*given) * 1.0005)
    rows = check_training(shortened("small_adam"), "float64", SETTINGS).rows
    wrong = {row.case for row in rows if row.failed}
    assert wrong == {f"small_adam[step {n}]" for n in (1, 2, 3)}


@pytest.mark.parametrize("name", ["small_momentum", "small_adam"])
def test_a_state_that_is_lost(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Each step alone is right; the free run is not, from the second step on."""
    right = refimpl.Optimizer.step

    def forgetful(self: Any, *given: Any) -> Any:
        stepped = right(self, *given)
        self.state.clear()
        self.steps.clear()
        return stepped

    monkeypatch.setattr(refimpl.Optimizer, "step", forgetful)
    failures = check_training(shortened(name), "float64", SETTINGS).failures
    wrong = {row.case for row in failures}
    assert f"{name}[free step 2]" in wrong
    assert f"{name}[free step 1]" not in wrong
    assert not any("[step" in case for case in wrong)


@pytest.mark.parametrize("function", ["sgd_step", "adam_step"])
def test_the_drift_encloses_moved_arguments(function: str) -> None:
    """Arguments anywhere within their errors give results within theirs; nearly at the limit."""
    options: dict[str, Any] = {"weight_decay": 0.1, "learning_rate": 0.5}
    names = ["value", "gradient", "velocity"]
    if function == "adam_step":
        names = ["value", "gradient", "first_moment", "second_moment"]
        options |= {"step": 4, "betas": (0.75, 0.875)}
    else:
        options |= {"momentum": 0.5, "nesterov": True}
    worst, rng = 0.0, np.random.default_rng(5)
    for _ in range(50):
        arrays = {name: rng.normal(size=7) for name in names}
        if "second_moment" in arrays:
            arrays["second_moment"] = np.abs(arrays["second_moment"]) + 0.1
        errors = {name: np.full(7, 1e-6) for name in names}
        signs = {name: rng.choice([-1.0, 1.0], 7) for name in names}
        moved = {name: array + errors[name] * signs[name] for name, array in arrays.items()}
        step = getattr(refimpl, function)
        apart = np.abs(step(**moved, **options) - step(**arrays, **options))
        limit = drifted(function, arrays, errors, options, sides("float64"))
        assert np.all(apart <= limit)
        worst = max(worst, float(np.max(apart / limit)))
    assert worst > 0.9
