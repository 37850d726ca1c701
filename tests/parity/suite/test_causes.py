"""A run's disagreements before the diagnosis: whose numbers, which mistake, in which cases."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any

import numpy as np
import pytest

import parity.mistakes.convolution
import refimpl
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.wrong_code import computed
from parity.mistakes.catalogue import MISTAKES
from parity.results.findings import Findings
from parity.results.rows import CauseRow
from parity.results.settings import DEFAULT_SEED, Settings
from parity.suite import causes as module
from parity.suite.causes import causes
from parity.suite.planting import in_torch, known, replaced
from parity.suite.run import run
from parity.suite.stand_ins import right_functions
from parity.suite.task import Task
from parity.witnesses.problem import Problem

SETTINGS = Settings(seed=DEFAULT_SEED)


def found(wrong: AbstractContextManager[Any], *ids: str) -> Sequence[CauseRow]:
    """The causes that a run of these cases names while something is wrong."""
    tasks = [Task("case", case, "float64") for case in ids]
    with wrong:
        findings = run(tasks, SETTINGS)
        return causes(tasks, findings, SETTINGS)


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("dweight-turned", "conv2d[plain]"),
        ("dx-stride-forgotten", "conv2d[stride(2,1)]"),
        ("max-ties-last", "max_pool2d[ties]"),
        ("dweight-of-last-sample", "conv2d[plain]"),
        ("conv-stride-ignored", "conv2d[stride(2,1)]"),
    ],
)
def test_a_known_mistake_in_refimpl(name: str, case: str) -> None:
    """One failing case is enough: the other cases of its function are asked, too."""
    named = [cause for cause in found(known(MISTAKES[name]), case) if name in cause.mistakes]
    assert named
    assert {(cause.side, cause.function) for cause in named} == {("refimpl", case.split("[")[0])}


def test_a_mistake_that_changes_nothing_is_not_named() -> None:
    """Wrong code that calls the wrong refimpl would give exactly its numbers where it is idle.

    What is done to groups shows in two of conv1d's cases, the mistake in all.
    """
    right = refimpl.conv2d_backward

    @wraps(right)
    def wrong(dy: Any, x: Any, weight: Any, **how: Any) -> Any:
        gradients = right(dy, x, weight, **how)
        return gradients._replace(dweight=np.where(gradients.dweight > 0, gradients.dweight, 0))

    said = found(replaced(refimpl, "conv2d_backward", wrong), "conv2d[plain]")
    assert not [cause for cause in said if cause.mistakes]


def test_what_is_wrong_in_torch() -> None:
    """Exact values speak for refimpl: torch's numbers are looked at."""
    said = found(in_torch("linear", 2.0), "linear[plain]")
    assert {cause.side for cause in said} == {"torch"}
    assert any("2 times" in cause.text for cause in said), said


def test_where_alone() -> None:
    """What the failing cases share that the passing ones lack."""
    right = refimpl.avg_pool2d

    @wraps(right)
    def wrong(x: Any, kernel_size: Any, **how: Any) -> Any:
        return right(x, kernel_size, **how) + (0.5 if how.get("ceil_mode") else 0)

    said = found(replaced(refimpl, "avg_pool2d", wrong), "avg_pool2d[window 2 ceil_mode]")
    assert [cause.text for cause in said] == [
        "y: to each element of y ½ is added, only where ceil_mode is on"
    ]


def test_what_refimpl_raises_has_a_place() -> None:
    """A call that fails in some cases alone: which they are."""
    right = refimpl.conv2d

    @wraps(right)
    def wrong(*given: Any, **how: Any) -> Any:
        if how.get("groups", 1) > 1:
            raise NotImplementedError("groups")
        return right(*given, **how)

    said = found(replaced(refimpl, "conv2d", wrong), "conv2d[groups 2]")
    assert any("groups > 1" in cause.text for cause in said), said


def test_a_run_that_holds_has_no_causes() -> None:
    """Nothing is asked where nothing fails, nor of a network."""
    assert causes([], Findings(), SETTINGS) == []


def test_a_diagnosis_that_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on and says so."""

    def broken(seen: object) -> object:
        raise ZeroDivisionError("by 0")

    monkeypatch.setattr(module, "diagnose", broken)
    (said,) = found(known(MISTAKES["add-halved"]), "add[plain]")
    assert said.text == "no diagnosis: it broke off: ZeroDivisionError: by 0"


# --- torch in refimpl's place ---------------------------------------------------------------


def test_known_mistakes_call_torch() -> None:
    """With a wrong function they give what they give with a right one, and then it is back."""
    rng = np.random.default_rng(5)
    x, weight, dy = (rng.normal(size=n) for n in ((2, 3, 6, 5), (4, 3, 3, 2), (2, 4, 4, 4)))
    problem = Problem("conv2d", {"x": x, "weight": weight, "bias": rng.normal(size=4)}, {}, dy)
    right = computed(MISTAKES["dweight-turned"], problem)
    assert right is not None
    before = parity.mistakes.convolution.BACKWARD[2]
    with right_functions(["conv2d"]):
        assert parity.mistakes.convolution.BACKWARD[2] is not before
        stood_in = computed(MISTAKES["dweight-turned"], problem)
    assert parity.mistakes.convolution.BACKWARD[2] is before
    assert stood_in is not None
    for name, tensor in right.items():
        np.testing.assert_allclose(stood_in[name], tensor, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["max-ties-all", "concatenate-reversed", "relu-passes-at-zero"])
def test_what_torch_does_not_know_is_asked_of_refimpl(name: str) -> None:
    """Options that torch lacks; any number of arguments."""
    function = MISTAKES[name].function.removesuffix("_backward")
    x = np.arange(16.0).reshape(1, 1, 4, 4) % 5
    arrays = {"a": x, "b": -x} if function == "concatenate" else {"x": x}
    options = {"kernel_size": 2} if function == "max_pool2d" else {}
    y = FUNCTIONS[function].forward(arrays, options)
    problem = Problem(function, arrays, options, np.ones_like(y) * 3)
    right = computed(MISTAKES[name], problem)
    with right_functions([function]):
        stood_in = computed(MISTAKES[name], problem)
    assert right is not None
    assert stood_in is not None
    assert all(np.array_equal(right[tensor], stood_in[tensor]) for tensor in right)
