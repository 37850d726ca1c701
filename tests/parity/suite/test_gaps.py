"""What was chosen and judged by nobody is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from parity.cases.case import FLOATS
from parity.results.findings import Findings
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.suite.gaps import gaps
from parity.suite.run import run
from parity.suite.task import Task
from parity.suite.tasks import select

SETTINGS = Settings(seed=11)
TASKS = [*select(["tanh", "xor"], None, FLOATS), *select(["dtanh"], "maps", FLOATS)]


@pytest.fixture(scope="module")
def whole() -> Findings:
    """A run that lacks nothing."""
    return run(TASKS, SETTINGS)


def without(findings: Findings, lacks: Callable[[Row], bool]) -> Findings:
    """The run without some rows of its tensors."""
    kept = [row for row in findings.rows if not lacks(row)]
    return Findings(kept, refusals=findings.refusals, witnesses=findings.witnesses)


def changed(findings: Findings, **values: object) -> Findings:
    """The run with other values in every row of tanh."""
    rows = [
        replace(r, **values) if r.function == "tanh" and not r.network else r for r in findings.rows
    ]  # type: ignore[arg-type]
    return Findings(rows, refusals=findings.refusals, witnesses=findings.witnesses)


def test_a_whole_run(whole: Findings) -> None:
    """Nothing is missing; a function without a backward lacks none."""
    assert gaps(TASKS, whole) == []
    assert whole.holds


@pytest.mark.parametrize("tasks", [[], TASKS])
def test_nothing_at_all(tasks: list[Task]) -> None:
    """No tasks, or none that found anything."""
    assert gaps(tasks, Findings()) == ["no tensor was judged"]
    assert not Findings(gaps=gaps(tasks, Findings())).holds


def test_blind_rows_alone(whole: Findings) -> None:
    """Rows that say nothing are counted by what they say instead."""
    blind = Findings([replace(row, verdict="blind") for row in whole.rows])
    assert gaps(TASKS, blind) == [f"no tensor was judged: {len(blind.rows)} blind"]


@pytest.mark.parametrize(
    ("values", "why"),
    [({"verdict": "blind"}, "blind"), ({"elements": 0}, "empty"), ({"overflow": 9999}, "overflow")],
)
def test_a_function_of_which_nothing_was_judged(
    whole: Findings, values: dict[str, object], why: str
) -> None:
    """Blind, empty, or masked as a whole: value and gradients are named for each dtype."""
    said = gaps(TASKS, changed(whole, **values))
    assert len(said) == 4
    assert all(why in sentence for sentence in said)
    assert said[0].startswith("tanh in float32: no value was judged: ")
    assert said[1].startswith("tanh in float32: no gradient was judged: ")


@pytest.mark.parametrize(("tensor", "kind"), [("y", "value"), ("dx", "gradient")])
def test_one_direction_alone(whole: Findings, tensor: str, kind: str) -> None:
    """Without the value, or without the gradients."""
    rest = without(whole, lambda row: row.function == "tanh" and row.tensor == tensor)
    said = gaps(TASKS, rest)
    assert {f"tanh in {dtype}: no {kind} was judged" for dtype in FLOATS} <= set(said)
    assert f"tanh[maps] in float32: nobody looked at {tensor}" in said


def test_one_dtype_alone(whole: Findings) -> None:
    """Both were asked for."""
    said = gaps(TASKS, without(whole, lambda row: row.dtype == "float32"))
    assert "tanh in float32: no value was judged" in said
    assert "network xor float32 was judged by nobody" in said
    assert not any("float64" in sentence for sentence in said)


def test_one_tensor_of_one_case(whole: Findings) -> None:
    """The others of the function don't hide it."""
    rest = without(whole, lambda r: (r.case, r.tensor, r.dtype) == ("tanh[maps]", "dx", "float64"))
    assert gaps(TASKS, rest) == ["tanh[maps] in float64: nobody looked at dx"]


def test_networks_bad_inputs_and_witnesses(whole: Findings) -> None:
    """Tasks that left nothing behind."""
    rest = without(whole, lambda row: row.case in ("xor[local]", "xor[step 1]"))
    said = gaps(TASKS, Findings(rest.rows))
    kinds = {sentence.split()[0] for sentence in said}
    assert kinds == {"network", "training", "bad", "derivative", "symbols"}
    assert "training xor float64 was judged by nobody" in said
    assert "symbols tanh was judged by nobody" in said


def test_what_was_refused_lacks_nothing(whole: Findings) -> None:
    """refimpl raised: that is a failure already, which says more."""
    broken = [replace(r, verdict="outside", compared=False) for r in whole.rows if r.tensor == "y"]
    rows = [*broken, *(row for row in whole.rows if row.network)]
    found = Findings(rows, refusals=whole.refusals, witnesses=whole.witnesses)
    assert gaps(TASKS, found) == []
