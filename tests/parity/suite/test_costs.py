"""How long tasks take, about: what a run takes as a measure for how many processes it starts."""

from __future__ import annotations

import pytest

from parity.cases.case import FLOATS
from parity.commands.options import MOST, START
from parity.results.settings import DEFAULT_SEED
from parity.suite.costs import FULL, STEP, seconds
from parity.suite.task import Task
from parity.suite.tasks import select
from parity.suite.vouching import planted_tasks


def cost(*names: str, quick: bool = False, full: bool = False) -> float:
    """Of a run with these options."""
    tasks = select(names, None, FLOATS, full, not quick, DEFAULT_SEED)
    return seconds([*tasks, *planted_tasks(tasks, quick)], quick)


def test_small_runs_are_not_worth_a_second_process() -> None:
    """A function by torch alone, a small network, one case."""
    assert 0 < cost("max_pool2d", quick=True) < START
    assert cost("relu") < 2 * START
    assert cost("xor", quick=True) < START


def test_large_runs_are() -> None:
    """Everything; a network that is trained; what takes long."""
    assert cost() > 20 * START > 2 * cost("lenet", quick=True)
    assert cost("lenet") > 2 * START
    assert cost("alexnet") >= 2 * FULL
    assert cost(full=True) > cost() + FULL


@pytest.mark.parametrize(("quick", "steps"), [(False, 40), (True, 10)])
def test_a_training_costs_by_its_steps(quick: bool, steps: int) -> None:
    """A quick one has the first of them."""
    assert seconds([Task("training", "xor", "float32")], quick) == steps * STEP


def test_more_costs_more() -> None:
    """Witnesses, and another function."""
    assert cost("relu", quick=True) < cost("relu") < cost("relu", "tanh") < cost("conv2d", "relu")
    assert MOST > 1
