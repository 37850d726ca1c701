"""The layers of somebody's own network as tasks: who is asked, and that mistakes are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import refimpl
from parity.cases.case import FLOATS, Array
from parity.own_data.layers import read_layers
from parity.results.findings import Findings
from parity.results.settings import Settings
from parity.results.verdicts import DERIVATIVE, INTEGERS, PROPERTIES, SEEN
from parity.suite.causes import _cases
from parity.suite.gaps import gaps
from parity.suite.own_layers import OwnLayer, element_layers, layers_meant, not_asked, own_tasks
from parity.suite.run import run
from parity.suite.selection import SelectionError
from parity.suite.task import PLANTED, Task
from parity.suite.vouching import planted_tasks

MINE = """function,x,out_channels,kernel_size,stride,out_features,bias,name
conv,2x3x6x6,4,3,,,true,square
conv,2x3x5x8,4,3,2,,,oblong
relu,,,,,,,
maxpool,3x2x7x9,,3,,,,
flatten,,,,,,,
dense,,,,,5,true,dense
softmax_loss,,,,,,,
"""
SETTINGS = Settings()


@pytest.fixture
def mine(tmp_path: Path) -> list[OwnLayer]:
    """Layers of which all sizes differ."""
    (tmp_path / "mine.csv").write_text(MINE)
    return read_layers(tmp_path / "mine.csv")


def judged(layers: Sequence[OwnLayer], jobs: int = 1, quick: bool = False) -> Findings:
    """A run of them, with what vouches for it."""
    tasks = own_tasks(layers, FLOATS, not quick)
    everything = [*tasks, *planted_tasks(tasks, quick)]
    findings = run(everything, replace(SETTINGS, quick=quick), jobs)
    findings.gaps = gaps(tasks, findings)
    return findings


def ids(tasks: Sequence[Task], kind: str) -> list[str]:
    return list(dict.fromkeys(task.id for task in tasks if task.kind == kind))


def test_right_layers_hold(mine: list[OwnLayer]) -> None:
    """In one process and in two; every tensor has exact values; the run vouches for itself."""
    found = judged(mine)
    assert found.holds
    assert found.rows == judged(mine, jobs=2).rows
    assert {row.case for row in found.rows} == {layer.case.id for layer in mine}
    assert all(row.exact_elements == row.elements for row in found.rows if row.tensor != "indices")
    functions = {layer.case.function for layer in mine}
    assert {one.function for one in found.planted} == functions
    assert {one.case for one in found.planted} <= {layer.case.id for layer in mine}
    assert {one.verdict for one in found.planted} == {SEEN}


def test_who_is_asked(mine: list[OwnLayer]) -> None:
    """The witnesses of the listed cases, about these; no formula for its own sake."""
    tasks = own_tasks(mine, FLOATS)
    everyone = [layer.case.id for layer in mine]
    assert ids(tasks, "case") == ids(tasks, DERIVATIVE) == everyone
    assert ids(tasks, INTEGERS) == everyone[:-1]
    assert set(ids(tasks, PROPERTIES)) <= set(everyone)
    assert {task.kind for task in tasks} == {"case", DERIVATIVE, INTEGERS, PROPERTIES}
    assert all(task.unlisted for task in tasks)
    assert {task.dtype for task in own_tasks(mine, ["float64"])} == {"float64"}
    quick = own_tasks(mine, FLOATS, witnesses=False)
    assert {task.kind for task in quick} == {"case", PROPERTIES}


def test_integers_in_each_dtype(mine: list[OwnLayer]) -> None:
    """Of one layer, and with `full`; else in turns."""

    def asked(layers: Sequence[OwnLayer], full: bool = False) -> int:
        return sum(task.kind == INTEGERS for task in own_tasks(layers, FLOATS, full=full))

    assert (asked(mine), asked(mine, full=True), asked(mine[:1])) == (6, 12, 2)


def test_large_layers(mine: list[OwnLayer]) -> None:
    """torch judges them; `full` asks everything; what is not asked is said."""
    layers = [replace(mine[0], large=True), *mine[1:]]
    tasks = own_tasks(layers, FLOATS)
    first = layers[0].case.id
    assert {task.id: task.exactly for task in tasks if task.kind == "case"} == {
        layer.case.id: layer.case.id != first for layer in layers
    }
    assert first not in {task.id for task in tasks if task.kind != "case"}
    assert own_tasks(layers, FLOATS, full=True) == own_tasks(mine, FLOATS, full=True)
    (said,) = not_asked(layers, witnesses=True, full=False)
    assert said.startswith("too large for exact values and integers: square: torch judges")
    assert not [*not_asked(layers, witnesses=True, full=True)]
    assert not [*not_asked(layers, witnesses=False, full=False)]


def test_properties_of_layers_with_many_numbers(tmp_path: Path) -> None:
    """They are not asked, and it is said."""
    (tmp_path / "mine.csv").write_text("function,x\nrelu,2x1501\ntanh,2x3\n")
    said = [*not_asked(read_layers(tmp_path / "mine.csv"), witnesses=True, full=False)]
    assert said == ["properties: not asked of 1 of 2 layers, those with more than 3000 numbers"]


def test_a_larger_layer_takes_longer(mine: list[OwnLayer]) -> None:
    """By its products; torch alone takes less."""
    large = replace(mine[0], products=10**9)
    times = [
        task.seconds or 0
        for layer, witnesses in ((large, True), (large, False), (mine[0], True))
        for task in own_tasks([layer], ["float32"], witnesses)[:1]
    ]
    assert times == sorted(times, reverse=True)
    assert times[0] > 10 > 1 < times[1]


# --- which --------------------------------------------------------------------------------


def test_by_function_and_name(mine: list[OwnLayer]) -> None:
    """In any words; a case by name or id."""
    assert layers_meant(mine, [], None) == mine
    assert layers_meant(mine, ["conv2d_backward"], None) == mine[:2]
    assert layers_meant(mine, ["conv", "relu"], "oblong") == mine[1:2]
    assert layers_meant(mine, [], "relu[line 4]") == mine[2:3]
    assert element_layers(mine, ["dense", "relu[line 4]"]) == ("linear[dense]", "relu[line 4]")


@pytest.mark.parametrize(
    ("names", "case", "said"),
    [
        (["tanh"], None, "no layer is of tanh: the layers are of conv2d, relu, max_pool2d"),
        (["lenet"], None, "no function is called 'lenet'"),
        ([], "oblongs", "no layer is called 'oblongs'; did you mean oblong?"),
        (["relu"], "x", "no layer is called 'x'; they are line 4"),
    ],
)  # fmt: skip
def test_one_that_is_not_there(
    mine: list[OwnLayer], names: list[str], case: str | None, said: str
) -> None:
    with pytest.raises(SelectionError) as raised:
        layers_meant(mine, names, case)
    assert str(raised.value).startswith(said)


# --- mistakes -----------------------------------------------------------------------------


def where_oblong(function: str, tensor: str) -> Any:
    """A backward one of whose gradients is turned where H ≠ W, in samples alone."""
    right = getattr(refimpl, function)

    def wrong(dy: Array, x: Array, *rest: Any, **options: Any) -> Any:
        found = right(dy, x, *rest, **options)
        if x.shape[-1] == x.shape[-2]:
            return found
        if isinstance(found, np.ndarray):
            return np.asarray(found[::-1])
        return found._replace(**{tensor: getattr(found, tensor)[::-1]})

    return wrong


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize(
    ("function", "tensor", "case"),
    [
        ("conv2d_backward", "dx", "conv2d[oblong]"),
        ("conv2d_backward", "dweight", "conv2d[oblong]"),
        ("max_pool2d_backward", "dx", "max_pool2d[line 5]"),
    ],
)
def test_a_mistake_in_some_sizes_is_refused(
    mine: list[OwnLayer],
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    tensor: str,
    case: str,
    quick: bool,
) -> None:
    """Where H ≠ W alone: in that layer, in that tensor, in both dtypes."""
    monkeypatch.setattr(refimpl, function, where_oblong(function, tensor))
    found = judged(mine, quick=quick)
    assert not found.holds
    assert [(row.case, row.tensor) for row in found.failures] == 2 * [(case, tensor)]
    if not quick:
        assert {row.witness for row in found.refuted} >= {INTEGERS, DERIVATIVE}
        assert {row.case for row in found.refuted} == {case}


def test_a_name_that_a_listed_case_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own numbers are judged and diagnosed, not those of the listed one."""
    (tmp_path / "mine.csv").write_text("function,x,weight,name\nconv2d,2x3x5x8,4x3x2x3,plain\n")
    (layer,) = layers = read_layers(tmp_path / "mine.csv")
    monkeypatch.setattr(refimpl, "conv2d_backward", where_oblong("conv2d_backward", "dx"))
    found = judged(layers, quick=True)
    assert {row.shape for row in found.failures} == {"(2, 3, 5, 8)"}
    named = [case for case, _ in _cases("conv2d", found.failures, own_tasks(layers, FLOATS))]
    assert [case for case in named if case.id == "conv2d[plain]"] == 2 * [layer.case]


def test_a_run_that_sees_nothing_does_not_vouch(
    mine: list[OwnLayer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Layers of zeros show no mistake: the run must not say that they hold."""
    monkeypatch.setattr(
        "parity.cases.case.draw", lambda source, dtype, rng: np.zeros(source.shape, dtype)
    )
    found = judged([mine[0]], quick=True)
    assert found.agrees
    assert not found.holds


def test_exact_values_vouch_where_torch_is_blind(tmp_path: Path) -> None:
    """A dbias of many float32 numbers: by torch alone nothing small is seen."""
    (tmp_path / "mine.csv").write_text(
        "function,x,out_channels,kernel_size,bias\nconv2d,2x1x31x28,3,5,true\n"
    )
    layers = read_layers(tmp_path / "mine.csv")
    (task, _) = planted_tasks(own_tasks(layers, FLOATS))
    assert (task.kind, task.dtype) == (PLANTED[0], "float32")
    alone = run([replace(task, exactly=False)], SETTINGS).planted
    assert any("blind" in one.note for one in alone)
    assert {one.verdict for one in run([task], SETTINGS).planted} == {SEEN}
