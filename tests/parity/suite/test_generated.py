"""Generated cases in a run: which, by whom they are judged, and that each can be run again."""

from __future__ import annotations

import shlex

import pytest

from parity.cases.case import FLOATS, Case
from parity.cases.covering.every import TABLES, pair_cases
from parity.cases.random_cases import Selection, case_at
from parity.results.message import again
from parity.results.settings import Settings
from parity.suite import generated as module
from parity.suite.generated import RANDOM_CASES, RANDOM_QUICK, generated_tasks
from parity.suite.run import run, run_task
from parity.suite.selection import SelectionError
from parity.suite.task import GENERATED, Task
from parity.suite.tasks import select

SEED = 11


def tasks_of(names: list[str], full: bool = False, quick: bool = False) -> list[Task]:
    tasks = select(names, None, FLOATS, full, not quick, SEED)
    return [task for task in tasks if task.kind == GENERATED]


def numbered(kind: str, tasks: list[Task]) -> list[str]:
    return [task.id for task in tasks if f"[{kind} " in task.id]


def test_without_a_seed_there_are_none() -> None:
    """What is listed depends on no seed."""
    assert all(task.unlisted is None for task in select([], None, FLOATS))


def test_a_run_has_all_pairs_and_some_random_cases() -> None:
    """A quick one random ones only, and fewer."""
    tasks = tasks_of([])
    assert len(numbered("pairs", tasks)) == sum(len(pair_cases(f, SEED)) for f in TABLES) > 1000
    assert len(numbered("random", tasks)) == RANDOM_CASES
    quick = tasks_of([], quick=True)
    assert len(numbered("random", quick)) == len(quick) == RANDOM_QUICK < RANDOM_CASES


def test_of_some_functions_and_dtypes() -> None:
    """Those that are selected."""
    tasks = tasks_of(["conv2d", "relu"])
    assert {task.id.partition("[")[0] for task in tasks} == {"conv2d", "relu"}
    narrow = generated_tasks({"relu"}, ["float32"], SEED, full=False, quick=False)
    assert {(task.case.function, task.dtype) for task in narrow if task.case} == {
        ("relu", "float32")
    }


def test_the_exact_witness_is_asked_about_some() -> None:
    """Which ones, the seed says; with --full all."""
    tasks = tasks_of([])
    share = sum(task.exactly for task in tasks) / len(tasks)
    assert share == pytest.approx(module.EXACT, abs=0.05)
    other = generated_tasks(list(TABLES), FLOATS, SEED + 1, full=False, quick=False)
    assert [t.exactly for t in other if "[pairs" in t.id] != [
        t.exactly for t in tasks if "[pairs" in t.id
    ]
    assert all(task.exactly for task in tasks_of([], full=True))


def test_the_witness_says_something_where_it_is_asked() -> None:
    """And nothing elsewhere, or in a quick run."""
    case = next(c for c in pair_cases("conv2d", SEED) if "values" not in c.name)
    asked, alone = (
        Task(GENERATED, case.id, case.dtypes[0], case, exactly) for exactly in (True, False)
    )
    exact = [row.refimpl_ulp is not None for row in run_task(asked, Settings(seed=SEED)).rows]
    assert all(exact)
    for task, settings in ((alone, Settings(seed=SEED)), (asked, Settings(seed=SEED, quick=True))):
        assert not any(row.refimpl_ulp is not None for row in run_task(task, settings).rows)


PAIRS = pair_cases("max_pool2d", SEED)[17]
RANDOM = case_at(Selection(SEED), 17)[0]


@pytest.mark.parametrize("case", [PAIRS, RANDOM], ids=["pairs", "random"])
def test_a_case_is_found_by_its_names(case: Case) -> None:
    """Short or whole, with its function or without: the same case with all its witnesses."""
    short = case.name.partition(":")[0]
    whole = [Task(GENERATED, case.id, case.dtypes[0], case)]
    for name in (case.name, short, case.id, f"{case.function}[{short}]"):
        found = select([case.function], name, FLOATS, seed=SEED)
        assert found == whole
        assert found[0].unlisted == case
    assert select([], case.id, FLOATS, seed=SEED) == whole


def test_the_command_that_a_message_names_finds_it() -> None:
    """Whatever stands in the name."""
    for task in tasks_of(["cross_entropy", "avg_pool3d"])[::7]:
        (row, *_) = run_task(task, Settings(seed=SEED, quick=True)).rows
        words = shlex.split(again(row))
        assert words[:2] == ["parity", "run"]
        assert words[-1] == str(SEED)
        assert select([words[2]], words[4], [words[6]], seed=SEED)[0].id == task.id


@pytest.mark.parametrize(
    ("names", "case", "text"),
    [
        (["relu"], "pairs 900", "no case is called 'pairs 900'"),
        (["relu"], "pairs x", "no case is called 'pairs x'"),
        (["relu"], "random", "no case is called 'random'"),
        (["add"], RANDOM.name, f"case 'random 17' is one of {RANDOM.function}, not of add"),
        ([], "max_pool2d[pairs 17: something else]", "no case is called"),
    ],
)
def test_a_case_that_is_not_there(names: list[str], case: str, text: str) -> None:
    """One sentence says so."""
    with pytest.raises(SelectionError) as error:
        select(names, case, FLOATS, seed=SEED)
    assert text in str(error.value)


def test_a_case_of_another_dtype() -> None:
    """It has one of its own."""
    (other,) = set(FLOATS) - set(PAIRS.dtypes)
    with pytest.raises(SelectionError, match=f"runs in {PAIRS.dtypes[0]} only"):
        select(["max_pool2d"], "pairs 17", [other], seed=SEED)


def test_processes_find_the_same() -> None:
    """Cases travel with their tasks."""
    tasks = tasks_of(["sampling", "downsample"][1:])[::9]
    one, two = (run(tasks, Settings(seed=SEED, quick=True), jobs) for jobs in (1, 2))
    assert one.rows == two.rows
    assert one.holds
