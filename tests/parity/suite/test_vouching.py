"""A run plants mistakes where it judged; one that it does not see is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planting import plant as change
from planting import raise_

import refimpl
from parity.cases.case import FLOATS
from parity.cases.networks import NETWORKS
from parity.judges import layer
from parity.results import judging
from parity.results.findings import Findings
from parity.results.rows import Planted
from parity.results.settings import Settings
from parity.results.verdicts import BLIND, IMPOSSIBLE, SEEN, UNSEEN, WITHIN
from parity.suite import vouching
from parity.suite.run import run, run_task
from parity.suite.task import CASES, Task
from parity.suite.tasks import select
from parity.suite.vouching import plant, planted_tasks

SETTINGS = Settings(seed=11, quick=True)
EXACT = ("flatten", "relu", "sign", "concatenate")


def planted(task: Task, settings: Settings = SETTINGS) -> list[Planted]:
    """What a run says of the mistakes of one task."""
    found = run_task(task, settings)
    assert found.rows == found.elements == found.timings == []
    return found.planted


def verdicts(found: list[Planted]) -> set[str]:
    return {one.verdict for one in found}


def of_function(name: str, **options: Any) -> list[Task]:
    return planted_tasks(select([name], None, FLOATS, witnesses=False), **options)


# --- which --------------------------------------------------------------------------------


def test_every_function_and_network_of_a_run() -> None:
    """One task each, in each dtype; a quick run takes a network in one, each run AlexNet."""
    tasks = select([], None, FLOATS, witnesses=False)
    cases = {(CASES[t.id].function, t.dtype) for t in tasks if t.kind == "case"}
    networks = [(t.kind, t.id, t.dtype) for t in tasks if t.kind in ("network", "training")]
    chosen = planted_tasks(tasks)
    functions = [t for t in chosen if t.id in CASES]
    assert {(CASES[t.id].function, t.dtype) for t in functions} == cases
    assert len(functions) == len(cases)
    assert len(chosen) == len(cases) + len(networks)
    long = planted_tasks(select(["alexnet"], None, FLOATS, witnesses=False))
    assert [(t.kind, t.id, t.dtype) for t in long] == [("planted", "alexnet", "float32")]
    quick = [t for t in planted_tasks(tasks, quick=True) if t.id in NETWORKS]
    assert len(quick) == len({(kind, name) for kind, name, _ in networks})


def test_an_ordinary_case_is_taken() -> None:
    """Random numbers, several of them, and every gradient."""
    (task, _) = of_function("conv2d")
    case = CASES[task.id]
    assert set(case.arrays) == {"x", "weight", "bias"}
    assert {source.values for source in case.arrays.values()} == {"normal"}  # type: ignore[union-attr]
    assert (CASES[task.id] in task.instead, len(task.instead)) == (False, vouching.TRIES - 1)


def test_the_only_case_that_was_run() -> None:
    """There is no other to take instead."""
    tasks = select(["conv2d"], "special", FLOATS, witnesses=False)
    assert planted_tasks(tasks) == [Task("planted", "conv2d[special]", d) for d in FLOATS]


# --- seen ---------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["conv2d", "max_pool2d", "sigmoid", "cross_entropy", *EXACT])
def test_all_are_seen(function: str) -> None:
    """In the value, the gradients, by a mistake that people make, and on torch's side."""
    for task in of_function(function):
        found = planted(task)
        assert verdicts(found) == {SEEN}
        assert not any(one.failed for one in found)
        sides = [one.side for one in found]
        assert (sides.count("torch"), sides.count("refimpl")) == (1, 3)


def test_a_function_without_a_backward() -> None:
    """Its value alone is planted."""
    (task, _) = of_function("dsigmoid")
    assert [one.mistake for one in planted(task)][:1] == ["the value is 0.05 % too large"]
    assert not any("gradient" in one.mistake for one in planted(task))


@pytest.mark.parametrize("name", ["xor", "small_relu"])
def test_a_network_and_its_training(name: str) -> None:
    """One mistake in its last layer, one in its update."""
    tasks = of_function(name)
    assert len(tasks) == (4 if NETWORKS[name].steps else 2)
    right = NETWORKS[name]
    for task in tasks:
        (found,) = planted(task)
        assert (found.network, found.side, found.verdict) == (name, "refimpl", SEEN)
    assert NETWORKS[name] is right


def test_processes_see_the_same() -> None:
    """The mistakes are planted where the work is done."""
    tasks = [*of_function("relu"), *of_function("xor")]
    alone, together = (run(tasks, SETTINGS, jobs) for jobs in (1, 2))
    assert alone.planted == together.planted
    assert len(alone.planted) == 12


# --- not seen -----------------------------------------------------------------------------


def test_a_comparison_that_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is compared holds: every mistake is named, and the run fails."""
    change(monkeypatch, judging, "compare", lambda found: replace(found, verdict=WITHIN))
    for name in ("tanh", "xor"):
        for task in of_function(name):
            found = planted(task)
            assert verdicts(found) == {UNSEEN}
            assert all(one.failed for one in found)
            assert not Findings(planted=found).holds


def test_one_side_alone_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge of gradients that lets them pass is seen in these."""

    def judge(task: Task, settings: Settings) -> Findings:
        rows = run_task(task, settings).rows
        return Findings([r if r.tensor == "y" else replace(r, verdict=WITHIN) for r in rows])

    (task, _) = of_function("tanh")
    found = plant(task, SETTINGS, judge).planted
    unseen = {one.mistake for one in found if one.verdict == UNSEEN}
    assert "every gradient is 0.05 % too large" in unseen
    assert "torch's value is 0.05 % too large" in unseen
    assert "the value is 0.05 % too large" not in unseen


def test_arrays_of_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing follows from them, though a bound of 0 would refuse any plant."""
    monkeypatch.setattr(
        "parity.cases.case.draw", lambda source, dtype, rng: np.zeros((2, 3), dtype)
    )
    found = planted(of_function("tanh")[0])
    assert verdicts(found) == {IMPOSSIBLE}
    assert all(one.failed for one in found)
    assert {one.note for one in found} >= {"y: x is 0 everywhere", "dx: x is 0 everywhere"}


def test_an_upstream_gradient_of_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    """No gradient can show anything."""
    change(monkeypatch, layer, "draw", np.zeros_like)
    found = planted(of_function("tanh")[0])
    assert {one.note for one in found} >= {"dx: dy is 0 everywhere"}
    assert any(one.failed for one in found)


def test_a_backward_that_nobody_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradients come from somewhere else."""
    right = refimpl.tanh_backward
    monkeypatch.setattr(
        "parity.cases.function.Function.backward",
        lambda self, dy, arrays, options, code=None: {"x": right(dy, **arrays)},
    )
    found = planted(of_function("tanh")[0])
    assert "dx: refimpl's backward is not called" in {one.note for one in found}
    assert any(one.failed for one in found)


def test_a_case_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception is no refusal; what is said names the case."""
    monkeypatch.setattr(vouching, "_on_case", lambda *given: raise_(IndexError("off by one")))
    (found,) = planted(of_function("tanh")[0])
    assert (found.function, found.verdict, found.failed) == ("tanh", UNSEEN, True)
    assert found.note == "the comparison broke off: IndexError: off by one"


def test_another_case_is_taken_instead() -> None:
    """One that cannot show it does no harm where another one can."""
    found = planted(Task("planted", "tanh[empty batch]", "float32", instead=(CASES["tanh[maps]"],)))
    assert verdicts(found) == {SEEN}
    assert {one.case for one in found} == {"tanh[maps]"}


def test_a_case_without_numbers_excuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one case should have shown and did not is not forgiven for the next being empty."""
    change(monkeypatch, judging, "compare", lambda found: replace(found, verdict=WITHIN))
    found = planted(Task("planted", "tanh[maps]", "float32", instead=(CASES["tanh[empty batch]"],)))
    assert verdicts(found) == {UNSEEN}


def test_a_case_that_shows_a_part() -> None:
    """The user's only case: what it cannot show is said, and the run does not fail for it."""
    found = planted(Task("planted", "conv2d[special]", "float32"))
    assert verdicts(found) == {SEEN, IMPOSSIBLE}
    assert not any(one.failed for one in found)
    assert "y: it holds no number that can be off" in {one.note for one in found}


def test_a_case_that_shows_nothing() -> None:
    """The user's only case is empty: the run must not say that all hold."""
    found = planted(Task("planted", "relu[empty batch]", "float32"))
    assert verdicts(found) == {IMPOSSIBLE}
    assert all(one.failed for one in found)


def test_blind_rows_show_nothing() -> None:
    """A row that says itself that it sees nothing is named as that."""

    def judge(task: Task, settings: Settings) -> Findings:
        return Findings([replace(r, verdict=BLIND) for r in run_task(task, settings).rows])

    found = plant(of_function("tanh")[0], SETTINGS, judge).planted
    assert verdicts(found) == {IMPOSSIBLE}
    assert found[0].note == "y is blind"


def test_under_an_override() -> None:
    """The user says what may differ: unseen is said, and does not make the run fail."""
    found = planted(of_function("tanh")[0], replace(SETTINGS, rtol=0.1))
    assert UNSEEN in verdicts(found)
    assert not any(one.failed for one in found)


def test_where_factors_are_rounded_first() -> None:
    """TF32 may itself be off by 0.05 %: what is planted in float32 is larger."""
    tf32 = replace(SETTINGS, tf32=True)
    assert vouching._factor("float32", tf32) > vouching._factor("float64", tf32)


def test_a_generated_case_alone() -> None:
    """Its function's listed cases show what is planted, in its dtype."""
    tasks = select(["conv2d"], "pairs 17", FLOATS, witnesses=False, seed=SETTINGS.seed)
    (generated,) = [task for task in tasks if task.unlisted]
    (task,) = planted_tasks(tasks)
    assert (CASES[task.id].function, task.dtype) == ("conv2d", generated.dtype)
    assert verdicts(planted(task)) == {SEEN}
