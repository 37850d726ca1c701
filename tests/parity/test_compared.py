"""Everything public is compared by something."""

from __future__ import annotations

from typing import Any

import pytest
from compared import BY_AUDIT, BY_NETWORKS, BY_PROPERTIES, BY_TRAINING, RETURNED
from planting import raise_

import parity.cases.alexnet
import parity.cases.networks
import parity.cases.resnet
import refimpl
from parity.cases.functions import FUNCTIONS
from parity.cases.networks import NETWORKS
from parity.documents.ledger import ledger
from parity.results.settings import Settings
from parity.suite.run import run_task
from parity.suite.task import Task

BY_CASES = {f.name for f in FUNCTIONS.values()} | {
    f.backward_name for f in FUNCTIONS.values() if f.inputs
}


def refuse(*args: Any, **options: Any) -> Any:
    raise_(NotImplementedError("refused"))


def uncompared(names: list[str]) -> set[str]:
    """The names that stand in no table."""
    return set(names) - BY_CASES.union(BY_PROPERTIES, BY_NETWORKS, BY_TRAINING, BY_AUDIT, RETURNED)


def test_everything_public_is_compared() -> None:
    """A new name belongs in a table of compared.py, or is a function with cases."""
    assert uncompared(refimpl.__all__) == set()


def test_a_new_name_is_missed() -> None:
    """The test above can fail."""
    assert uncompared([*refimpl.__all__, "attention"]) == {"attention"}


def test_the_tables_name_what_there_is() -> None:
    """Each name once, and none that is gone."""
    tables = (*BY_PROPERTIES, *BY_NETWORKS, *BY_TRAINING, *BY_AUDIT, *RETURNED)
    assert len(set(tables)) == len(tables)
    assert set(tables) <= set(refimpl.__all__)
    assert not BY_CASES & set(tables)


@pytest.mark.parametrize("name", BY_PROPERTIES)
def test_properties_ask_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without it, the case lacks a property."""
    task = Task("properties", BY_PROPERTIES[name], "float64")
    assert run_task(task, Settings()).holds
    right = getattr(refimpl, name)
    if isinstance(right, type):
        monkeypatch.setattr(right, "backward" if hasattr(right, "backward") else "step", refuse)
    else:
        monkeypatch.setattr(refimpl, name, refuse)
    assert not run_task(task, Settings()).holds


@pytest.mark.parametrize("name", BY_NETWORKS)
def test_a_network_is_built_by_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without it, there is no network to compare."""
    right, case = getattr(refimpl, name), NETWORKS[BY_NETWORKS[name]]
    if isinstance(right, type) and issubclass(right, refimpl.Network):
        monkeypatch.setattr(right, "__init__", refuse)
    else:
        cases = (parity.cases.networks, parity.cases.alexnet, parity.cases.resnet)
        for module in (refimpl.architectures, *cases):
            monkeypatch.setattr(module, name, refuse, raising=False)
    if case.build is not right:  # else the case builds with the function itself
        with pytest.raises(NotImplementedError):
            case.network("float64", 1)


@pytest.mark.parametrize("name", BY_TRAINING)
def test_training_calls_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Every step of a descent goes through it."""
    monkeypatch.setattr(refimpl.training, name, refuse)
    assert not run_task(Task("training", "perceptron_descent", "float64"), Settings()).holds


@pytest.mark.parametrize("name", BY_AUDIT)
def test_the_audit_names_it(name: str) -> None:
    """A statement of the documents has it as its implementation."""
    assert any(f"refimpl.{name}" in row.implementation for row in ledger().values())


@pytest.mark.parametrize("name", RETURNED)
def test_it_is_what_another_name_returns(name: str) -> None:
    """That name stands in another table."""
    assert RETURNED[name] not in RETURNED
    assert uncompared([RETURNED[name]]) == set()
