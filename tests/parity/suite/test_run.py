"""Which tasks a run has, and the same findings however many processes do them."""

from __future__ import annotations

import gc
from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from planting import raise_

from parity import oracle
from parity.cases.case import FLOATS, Array
from parity.cases.catalogue import BAD, GOOD
from parity.cases.chains import CHAINS
from parity.cases.function import Function
from parity.cases.functions import FUNCTIONS
from parity.cases.network_case import NetworkCase, described
from parity.cases.networks import NETWORKS
from parity.judges.half_precision import half_cases
from parity.oracle import torch_functions
from parity.results.findings import Findings
from parity.results.message import again
from parity.results.rows import ElementRow, Row, TrainingRow, WitnessRow, columns
from parity.results.settings import Settings
from parity.results.writing import to_csv
from parity.suite import run as module
from parity.suite import tasks as catalogue
from parity.suite import witness_tasks
from parity.suite.run import CHUNK, chunks, run, run_task
from parity.suite.selection import SelectionError
from parity.suite.task import Task
from parity.suite.tasks import element_cases, select
from parity.witnesses import symbolic
from parity.witnesses.derivative import COVERED
from parity.witnesses.integers import representatives
from parity.witnesses.properties.choice import chosen, suits
from refimpl import Linear, Sequential

SETTINGS = Settings(seed=11)


def build(rng: np.random.Generator) -> Sequential:
    return Sequential({"output": Linear(rng.normal(size=(4, 3)), rng.normal(size=4))})


def batches(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(rng.normal(size=(7, 3)), rng.integers(0, 4, 7)) for _ in range(steps)]


TINY = NetworkCase(
    "tiny", build, {"output": described("linear")}, batches, ("D0.14",), steps=2, learning_rate=0.5
)


@pytest.fixture
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more network in the catalogue, small and trained."""
    monkeypatch.setitem(NETWORKS, "tiny", TINY)


def kinds(tasks: list[Task]) -> Counter[str]:
    return Counter(task.kind for task in tasks)


# --- selection ----------------------------------------------------------------------------


def test_everything_is_selected_by_default() -> None:
    """Every case in its dtypes, every bad input once, every network and training."""
    tasks = select([], None, FLOATS, full=True)
    assert kinds(tasks) == {
        "case": sum(len(case.dtypes) for case in GOOD),
        "bad": len(BAD),
        "network": 2 * len(NETWORKS),
        "training": 2 * sum(network.steps > 0 for network in NETWORKS.values()),
        "integers": sum(len(case.dtypes) for case in representatives(GOOD).values())
        + 2 * len(CHAINS),
        "derivative": sum(bool(FUNCTIONS[case.function].inputs) for case in GOOD)
        + len(NETWORKS)
        - len(COVERED),
        "symbols": sum(bool(function.inputs) for function in FUNCTIONS.values()),
        "half": 2 * len(half_cases()),
        "properties": len(chosen(GOOD, FLOATS))
        + 2 * sum(not network.full for network in NETWORKS.values()),
    }
    assert len(set(tasks)) == len(tasks)


def test_a_function_without_cases_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing would be compared, so nothing may hold."""
    monkeypatch.setitem(FUNCTIONS, "square", Function("square", ("x",), ()))
    with pytest.raises(SelectionError, match="square has no cases yet: add some in parity/cases/"):
        select(["square"], None, FLOATS)


def test_what_takes_long_is_left_out_unless_asked_for() -> None:
    """AlexNet and ResNet-18 run with `full`, or by their names."""
    short, full = (select([], None, FLOATS, full=wanted) for wanted in (False, True))
    more = {task.id for task in set(full) - set(short) if task.kind != "integers"}
    assert more == {"alexnet", "resnet18"}
    assert {task.id for task in select(["alexnet"], None, FLOATS)} == {"alexnet"}


def test_a_function_is_its_cases_and_its_bad_inputs() -> None:
    """Forward and backward, good and bad, and nothing of another function."""
    tasks = select(["relu"], None, FLOATS)
    good = [case.id for case in GOOD if case.function == "relu"]
    bad = [case.id for case in BAD if case.function in ("relu", "relu_backward")]
    cases = [task.id for task in tasks if task.kind == "case"]
    assert cases == [i for i in good for _ in FLOATS]
    assert [task.id for task in tasks if task.kind == "bad"] == bad
    beside = {"integers", "derivative", "symbols", "half", "properties"}
    assert kinds(tasks).keys() == {"case", "bad", *beside}
    asked = [task for task in tasks if task.kind == "derivative"]
    assert asked == [Task("derivative", i, "float64") for i in good]
    assert [task for task in tasks if task.kind == "symbols"] == [Task("symbols", "relu", "")]
    halves = {(task.id, task.dtype) for task in tasks if task.kind == "half"}
    assert halves == {(i, d) for i in half_cases() if i in good for d in ("float16", "bfloat16")}


def test_what_has_no_backward_is_not_differentiated() -> None:
    """dsigmoid is a derivative itself."""
    assert kinds(select(["dsigmoid"], None, FLOATS)).keys() == {"case", "bad", "half", "properties"}


def test_half_precision_is_looked_at_with_both_dtypes() -> None:
    """Whoever asks for one dtype, or for one case, gets what was asked for."""
    for tasks in (select(["relu"], None, ["float32"]), select([], "relu[maps]", FLOATS)):
        assert "half" not in kinds(tasks)


def test_several_functions_in_the_order_of_the_catalogue() -> None:
    """The order of the names does not matter, nor does naming one twice."""
    assert select(["tanh", "relu", "tanh"], None, FLOATS) == select(["relu", "tanh"], None, FLOATS)


@pytest.mark.usefixtures("_tiny")
def test_a_network_is_compared_and_trained() -> None:
    """A network with steps has both tasks, in each dtype; it is differentiated once."""
    assert select(["tiny"], None, FLOATS) == [
        *(Task(kind, "tiny", dtype) for kind in ("network", "training") for dtype in FLOATS),
        Task("derivative", "tiny", "float64"),
        *(Task("properties", "tiny", dtype) for dtype in FLOATS),
    ]


def test_a_network_without_steps_is_not_trained() -> None:
    """The small networks have no training."""
    assert select(["small_tanh"], None, ["float32"]) == [
        Task(kind, "small_tanh", "float32") for kind in ("network", "derivative", "properties")
    ]


@pytest.mark.parametrize("dtype", FLOATS)
def test_one_dtype(dtype: str) -> None:
    """Everything but bad inputs and symbols, which have none, is narrowed to the dtype."""
    tasks = select(["relu", "small_relu"], None, [dtype])
    assert {task.dtype for task in tasks if task.kind not in ("bad", "symbols")} == {dtype}
    assert kinds(tasks)["bad"] > 0


@pytest.mark.parametrize(
    ("names", "case", "ids"),
    [
        ([], "relu[maps]", ["relu[maps]"]),
        (["relu"], "relu[maps]", ["relu[maps]"]),
        (["relu"], "maps", ["relu[maps]"]),
        (["relu", "tanh"], "maps", ["relu[maps]", "tanh[maps]"]),
        ([], "maps", [case.id for case in GOOD if case.name == "maps"]),
    ],
)
def test_one_case_by_id_or_bare_name(names: list[str], case: str, ids: list[str]) -> None:
    """A case is named by its id, or by its name within the functions; no bad input comes along."""
    tasks = select(names, case, ["float32"], witnesses=False)
    asked = {i for i in ids if suits(catalogue.CASES[i])}
    assert tasks[: len(ids)] == [Task("case", i, "float32") for i in ids]
    assert {task.id for task in tasks[len(ids) :] if task.kind == "properties"} <= asked
    asked = select(names, case, ["float32"])[len(ids) :]
    differentiated = [i for i in ids if FUNCTIONS[i[: i.index("[")]].inputs]
    assert [task.id for task in asked if task.kind == "derivative"] == differentiated


@pytest.mark.parametrize(
    ("names", "case", "text"),
    [
        (["rleu"], None, "no function or network is called 'rleu'; did you mean relu or prelu?"),
        (
            ["sigmoid", "conv4d"],
            None,
            "no function or network is called 'conv4d'; did you mean conv3d or conv2d or conv1d?",
        ),
        (
            ["lenett"],
            None,
            "no function or network is called 'lenett'; did you mean lenet or alexnet?",
        ),
        (
            ["XYZ"],
            None,
            "no function or network is called 'XYZ'; `parity list` shows them all",
        ),
        (["relu"], "mapz", "no case is called 'mapz'; did you mean maps?"),
        (["relu"], "XYZ", "no case is called 'XYZ'; `parity list` shows them all"),
    ],
)
def test_an_unknown_name_is_refused(names: list[str], case: str | None, text: str) -> None:
    """The error names what was asked for and what comes near it."""
    with pytest.raises(SelectionError) as raised:
        select(names, case, FLOATS)
    assert str(raised.value) == text


@pytest.mark.parametrize(
    ("names", "case", "dtype"),
    [
        (["relu"], "sigmoid[maps]", "float32"),
        (["lenet"], "sigmoid[maps]", "float32"),
        (["half"], "half only", "float32"),
        ([], "half[half only]", "float32"),
    ],
)
def test_what_was_asked_for_is_not_suggested(
    monkeypatch: pytest.MonkeyPatch, names: list[str], case: str, dtype: str
) -> None:
    """A case of another function, or without this dtype, is not said to be unknown."""
    only = replace(GOOD[0], function="half", name="half only", dtypes=("float64",))
    monkeypatch.setattr(catalogue, "GOOD", (*GOOD, only))
    monkeypatch.setitem(FUNCTIONS, "half", FUNCTIONS["relu"])
    monkeypatch.setitem(catalogue.CASES, only.id, only)
    with pytest.raises(SelectionError) as raised:
        select(names, case, [dtype])
    suggestions = str(raised.value).partition("did you mean ")[2].removesuffix("?").split(" or ")
    assert case not in suggestions


FOUND_ONCE = cache(half_cases)  # the same for every selection, found in the whole catalogue


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.id)
def test_every_case_can_be_selected_alone(case: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name that a message gives is enough to run the case again."""
    monkeypatch.setattr(witness_tasks, "half_cases", FOUND_ONCE)
    alone = select([], case.id, FLOATS)
    assert select([case.function], case.name, FLOATS) == alone
    assert kinds(alone)["case"] == len(case.dtypes)


# --- elements -----------------------------------------------------------------------------


def test_elements_of_the_worked_examples_by_default() -> None:
    """What the documents work out by hand is written out in full."""
    ids = element_cases(None)
    assert ids == tuple(case.id for case in GOOD if case.worked_example)
    assert "relu[both sides of the kink]" in ids
    assert "relu[maps]" not in ids


def test_elements_of_named_cases() -> None:
    """Only the cases that were asked for."""
    assert element_cases(["relu[maps]", "tanh[maps]"]) == ("relu[maps]", "tanh[maps]")
    assert element_cases([]) == ()


def test_elements_without_the_function() -> None:
    """As --case takes them: of the functions chosen, or of all that have such a case."""
    assert element_cases(["maps"], ["relu", "tanh"]) == ("relu[maps]", "tanh[maps]")
    assert element_cases(["plain", "conv2d[plain]"], ["conv2d_backward"]) == ("conv2d[plain]",)
    everywhere = element_cases(["maps"])
    assert set(everywhere) == {case.id for case in GOOD if case.name == "maps"}
    with pytest.raises(SelectionError, match="no case is called 'mapz'"):
        element_cases(["mapz"], ["relu"])


def test_elements_of_an_unknown_case_are_refused() -> None:
    """A mistyped id is an error with what comes near it."""
    with pytest.raises(SelectionError) as raised:
        element_cases(["relu[maps]", "lenet[mops]"])
    assert str(raised.value).startswith("no case is called 'lenet[mops]'; did you mean ")


# --- running ------------------------------------------------------------------------------


def csv(findings: Findings) -> tuple[str, str, str, str]:
    """All that a run finds, without its times."""
    return (
        to_csv(Row, findings.rows),
        to_csv(ElementRow, findings.elements),
        to_csv(TrainingRow, findings.training),
        to_csv(WitnessRow, findings.witnesses),
    )


@pytest.mark.usefixtures("_tiny")
@pytest.mark.parametrize(
    ("task", "rows", "steps", "refusals", "witnesses"),
    [
        (Task("case", "relu[maps]", "float32"), 2, 0, 0, 0),
        (Task("bad", BAD[0].id, ""), 0, 0, 1, 0),
        (Task("network", "tiny", "float64"), 12, 0, 0, 0),
        (Task("training", "tiny", "float64"), 22, 2, 0, 0),
        (Task("derivative", "relu[maps]", "float64"), 0, 0, 0, 1),
        (Task("derivative", "tiny", "float64"), 0, 0, 0, 1),
        (Task("symbols", "conv2d", ""), 0, 0, 0, 3),
        (Task("properties", "relu[maps]", "float64"), 0, 0, 0, 1),
        (Task("properties", "tiny", "float64"), 0, 0, 0, 1),
    ],
    ids=lambda value: value.kind if isinstance(value, Task) else "",
)
def test_each_kind_of_task(
    task: Task, rows: int, steps: int, refusals: int, witnesses: int
) -> None:
    """A case, a bad input, a network, a training and each witness find their own."""
    findings = run_task(task, SETTINGS)
    assert (len(findings.rows), len(findings.training)) == (rows, steps)
    assert (len(findings.refusals), len(findings.witnesses)) == (refusals, witnesses)
    assert {row.dtype for row in findings.rows} <= {task.dtype}
    assert findings.holds


def test_a_quick_run_asks_no_witness() -> None:
    """torch alone judges there."""
    assert kinds(select([], None, FLOATS)).keys() - kinds(
        select([], None, FLOATS, witnesses=False)
    ) == {
        "integers",
        "derivative",
        "symbols",
        "half",
    }


def test_a_network_is_differentiated_unless_a_smaller_one_of_its_layers_is() -> None:
    """LeNet alone is; beside the one of two digits it would only take longer."""
    alone = [task.id for task in select(["lenet"], None, ["float64"]) if task.kind == "derivative"]
    both = select(["lenet", "small_lenet"], None, ["float64"])
    assert alone == ["lenet"]
    assert [task.id for task in both if task.kind == "derivative"] == ["small_lenet"]


@pytest.mark.usefixtures("_tiny")
def test_findings_come_in_the_order_of_the_tasks() -> None:
    """Rows follow the tasks, whatever order they are given in."""
    tasks = select(["relu", "tiny"], None, ["float64"])
    forward, backward = run(tasks, SETTINGS), run(tasks[::-1], SETTINGS)
    alone = [run_task(task, SETTINGS) for task in tasks]
    assert forward.rows == [row for findings in alone for row in findings.rows]
    assert backward.rows == [row for findings in alone[::-1] for row in findings.rows]


def test_two_processes_find_what_one_finds() -> None:
    """Byte by byte the same reports, in the same order, and every task is told as done."""
    tasks = select(["conv1d", "max_pool1d", "softmax", "small_tanh"], None, FLOATS)
    every_kind = kinds(tasks).keys()
    # Of layer cases every third; of networks and symbols, which are few, all.
    tasks = [task for k, task in enumerate(tasks) if k % 3 == 0 or "[" not in task.id]
    assert kinds(tasks).keys() == every_kind
    settings = replace(SETTINGS, elements=(next(t.id for t in tasks if "softmax" in t.id),))
    told: list[int] = []
    one = run(tasks, settings, 1, told.append)
    assert told == [1] * len(tasks)
    two = run(tasks, settings, 2, told.append)
    assert sum(told) == 2 * len(tasks)
    assert csv(one) == csv(two)
    assert len(one.elements) > 0
    assert one.refusals == two.refusals
    assert [(t.case, t.dtype) for t in one.timings] == [(t.case, t.dtype) for t in two.timings]


def test_what_takes_long_is_handed_out_first_and_symbols_together() -> None:
    """Each task once; no worker is left with a long one at the end."""
    tasks = list(enumerate(select(["relu", "lenet", "softmax"], None, FLOATS, seed=SETTINGS.seed)))
    first, *others = chunks(tasks)
    assert [(task.kind, task.id) for _, task in first] == [
        ("symbols", "relu"),
        ("symbols", "softmax"),
    ]
    alone = sum(task.id == "lenet" for _, task in tasks)
    assert all(task.id == "lenet" for chunk in others[:alone] for _, task in chunk)
    assert {len(chunk) for chunk in others[alone:-1]} == {CHUNK}
    assert sorted(pair[0] for chunk in (first, *others) for pair in chunk) == [*range(len(tasks))]
    assert chunks([]) == []


def test_another_seed_gives_another_report() -> None:
    """The comparison above can fail."""
    tasks = select(["sigmoid"], "maps", FLOATS)
    assert csv(run(tasks, SETTINGS)) == csv(run(tasks, SETTINGS))
    assert csv(run(tasks, SETTINGS)) != csv(run(tasks, Settings(seed=12)))


def test_a_run_alone_gives_the_same_row() -> None:
    """A case's numbers depend on the seed alone, not on what ran before it."""
    together = run(select(["sigmoid"], None, FLOATS), SETTINGS)
    alone = run(select(["sigmoid"], "maps", FLOATS), SETTINGS)
    assert alone.rows == [row for row in together.judged if row.case == "sigmoid[maps]"]


def test_torch_has_its_threads_back_after_a_run() -> None:
    """A run computes with one thread and leaves torch as it found it."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        seen: list[int] = []
        run(select([], "relu[maps]", FLOATS), SETTINGS, 1, lambda n: seen.append(threads()))
        assert set(seen) == {1}
        assert len(seen) == 7
        assert threads() == 2
    finally:
        torch.set_num_threads(before)


def threads() -> int:
    import torch

    return torch.get_num_threads()


def test_garbage_is_looked_for_as_before_after_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within it seldom, whatever a task does: what a run makes has no cycles."""
    within: list[tuple[int, int, int]] = []
    monkeypatch.setattr(module, "run_task", lambda *given: within.append(gc.get_threshold()))
    kept, before = gc.get_threshold(), (701, 11, 12)
    gc.set_threshold(*before)
    try:
        with pytest.raises(AttributeError):  # None is no findings
            run([Task("case", "relu[maps]", "float32")], SETTINGS)
        assert gc.get_threshold() == before < within[0]
        assert gc.get_freeze_count() == 0
    finally:
        gc.set_threshold(*kept)


def test_an_empty_run_finds_nothing() -> None:
    """Without tasks there are no findings."""
    assert run([], SETTINGS).rows == []


def test_again_runs_the_case_again() -> None:
    """The command of a message selects exactly the case, the dtype and the seed of its row."""
    import shlex

    for case in GOOD:
        given = dict.fromkeys(columns(Row), "") | {"case": case.id, "function": case.function}
        row = Row(**{**given, "dtype": case.dtypes[0], "device": "cpu", "seed": 5})
        words = shlex.split(again(row))
        assert words[:3] == ["parity", "run", case.function]
        assert words[3::2] == ["--case", "--dtype", "--seed"]
        assert words[4::2] == [case.name, case.dtypes[0], "5"]
        assert select([words[2]], words[4], [words[6]])[0] == Task("case", case.id, words[6])


# --- what breaks off ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["case", "network"])
def test_an_error_of_the_comparison_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """If torch raises, the task fails with what was said, and the other tasks go on."""

    def refuse(*_: object) -> None:
        raise RuntimeError("mat1 and mat2")

    monkeypatch.setattr(oracle, "differentiable" if kind == "case" else "network", refuse)
    name = "relu[maps]" if kind == "case" else "small_relu"
    broken = Task(kind, name, "float32")
    findings = module.run([broken, Task("bad", BAD[0].id, "")], Settings())
    (row,) = findings.failures
    assert row.note == "the comparison broke off: RuntimeError: mat1 and mat2"
    assert len(findings.refusals) == 1


def give_more(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Let torch's side of a function give a column too many."""
    right = torch_functions.FUNCTIONS[function]
    wrong = lambda *given, **options: torch.nn.functional.pad(right(*given, **options), (0, 1))  # noqa: E731
    monkeypatch.setitem(torch_functions.FUNCTIONS, function, wrong)


ASKED = [
    Task("case", "relu[maps]", "float32"),
    Task("integers", "relu[maps]", "float32"),
    Task("network", "small_relu", "float32"),
]


@pytest.mark.parametrize("task", ASKED, ids=lambda task: task.kind)
def test_torch_raises(monkeypatch: pytest.MonkeyPatch, task: Task) -> None:
    """The message says so, in one line: nothing was compared."""
    refuse = lambda x: raise_(RuntimeError("no kernel\nfor relu"))  # noqa: E731
    monkeypatch.setitem(torch_functions.FUNCTIONS, "relu", refuse)
    findings = run_task(task, SETTINGS)
    (row,) = (*findings.failures, *findings.refuted)
    layer = "activation: " if task.kind == "network" else ""
    assert row.note == f"{layer}torch raised RuntimeError: no kernel for relu"


@pytest.mark.parametrize(
    ("task", "shape"),
    [
        (Task("case", "relu[maps]", "float32"), (2, 3, 5, 4)),  # refimpl's backward raises
        (Task("integers", "relu[maps]", "float32"), (2, 3, 5, 4)),
        (Task("case", "softmax[axis -1]", "float32"), (2, 3, 5)),  # its bound cannot be derived
        (Task("case", "gaussian_pool2d[one channel]", "float64"), (2, 1, 4, 1)),
    ],
    ids=lambda given: f"{given.kind} {given.id}" if isinstance(given, Task) else "",
)
def test_torch_returns_another_shape(
    monkeypatch: pytest.MonkeyPatch, task: Task, shape: tuple[int, ...]
) -> None:
    """Both shapes, and whose they are; not what goes wrong with the upstream gradient later."""
    function = task.id.partition("[")[0]
    give_more(monkeypatch, function)
    findings = run_task(task, SETTINGS)
    (row,) = (*findings.failures, *findings.refuted)
    wider = (*shape[:-1], shape[-1] + 1)
    assert row.note.startswith(f"torch returned {wider}, refimpl {shape} for y")


@pytest.mark.usefixtures("_tiny")
def test_the_last_layer_of_torchs_network_has_another_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The layer's row says what each side returned."""
    give_more(monkeypatch, "linear")
    findings = run_task(Task("network", "tiny", "float64"), SETTINGS)
    notes = {row.note for row in findings.failures}
    assert "torch returned (7, 5), refimpl (7, 4) for z" in notes


@pytest.mark.parametrize(
    ("task", "place"),
    [
        (Task("derivative", "relu[maps]", "float64"), ("relu[maps]", "relu", "")),
        (Task("derivative", "small_relu", "float32"), ("small_relu", "", "small_relu")),
        (Task("symbols", "relu", ""), ("relu", "relu", "")),
    ],
)
def test_an_error_of_a_witness_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, task: Task, place: tuple[str, str, str]
) -> None:
    """It stands in the witness's own row, and the run does not hold."""

    def refuse(*_: object) -> None:
        raise MemoryError("too many digits")

    for name in ("check_derivative", "check_network_derivative"):
        monkeypatch.setattr(witness_tasks, name, refuse)
    monkeypatch.setattr(symbolic, "check_symbols", refuse)
    findings = run_task(task, SETTINGS)
    (row,) = findings.refuted
    assert (row.case, row.function, row.network) == place
    assert (row.witness, row.dtype) == (task.kind, task.dtype)
    assert row.note == "the comparison broke off: MemoryError: too many digits"
    assert not findings.holds
