"""A run asks for properties, and a function that lacks one fails it."""

from __future__ import annotations

import pytest
from planting import plant, raise_

import refimpl
from parity.report.witnesses import describe
from parity.results.settings import Settings
from parity.suite.run import run_task
from parity.suite.task import Task
from parity.suite.tasks import select

TASK = Task("properties", "tanh[maps]", "float64")


def test_a_case_that_has_all() -> None:
    """One row, which says what was judged."""
    (row,) = run_task(TASK, Settings()).witnesses
    assert (row.case, row.function, row.dtype, row.witness) == (
        "tanh[maps]",
        "tanh",
        "float64",
        "properties",
    )
    assert (row.verdict, row.note, row.tensors) == ("agrees", "", "y dx")
    assert row.elements > 0
    assert row.false_accept is None


def test_a_case_that_lacks_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence with both values, and the command that asks again."""
    plant(monkeypatch, refimpl, "tanh", list)
    findings = run_task(TASK, Settings(seed=5))
    (row,) = findings.witnesses
    assert not findings.holds
    assert row.note == "y is a builtins.list, not an array"
    assert describe(row, 5).splitlines() == [
        f"FAIL tanh · case maps · witness properties · float64 · seed 5: {row.note}",
        "     again: parity run tanh --case 'maps' --dtype float64 --seed 5",
    ]


def test_code_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one of the ways in which it is called."""
    right = refimpl.tanh_backward
    monkeypatch.setattr(
        refimpl,
        "tanh_backward",
        lambda dy, x: right(dy, x) if dy.flags.c_contiguous else raise_(ValueError("order")),
    )
    (row,) = run_task(TASK, Settings()).witnesses
    assert row.verdict == "outside"
    assert row.note == "laid out otherwise: ValueError: order"


@pytest.mark.parametrize("witnesses", [True, False])
def test_properties_are_part_of_every_run(witnesses: bool) -> None:
    """Of a quick one, too, for fewer cases; of a case that is named, and of networks."""
    tasks = select(["tanh", "xor"], None, ["float64"], witnesses=witnesses)
    asked = [task for task in tasks if task.kind == "properties"]
    assert Task("properties", "xor", "float64") in asked
    assert len([task for task in asked if task.id.startswith("tanh[")]) > (3 if witnesses else 1)
    assert TASK in select([], "tanh[maps]", ["float64"], witnesses=witnesses)
