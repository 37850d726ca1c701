"""The command line: exit codes, one line for an error, and reports that survive."""

from __future__ import annotations

import csv
import importlib
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from calling import Call, Outcome
from forked import dying, finish, has_ended, no_room, start, workers
from junitparser import JUnitXml
from rich.console import Console
from typer.testing import CliRunner

import parity.suite.scope
import refimpl
from parity import cli
from parity.cases.catalogue import GOOD
from parity.cases.covering.every import pair_cases
from parity.cases.functions import FUNCTIONS
from parity.cases.networks import NETWORKS
from parity.commands import run as run_command
from parity.commands import terminal
from parity.commands.options import START, default_jobs
from parity.results.settings import DEFAULT_SEED

ROOT = Path(parity.__file__).parents[1]
NAMES = [
    *("gradients.csv", "run.json", "summary.csv", "timings.csv"),
    *("torch.csv", "training.csv", "witnesses.csv"),
]
SENTENCE = r"parity: interrupted after 0 of \d+ tasks; nothing was written, earlier reports stand\n"
QUICK = ("run", "relu", "--case", "maps", "--dtype", "float32")


def rows(out: Path, name: str = "summary.csv") -> list[dict[str, str]]:
    """The rows of a report."""
    with (out / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def negated(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **options: -right(*args, **options)


# --- run ----------------------------------------------------------------------------------


def test_a_run_that_holds(call: Call, tmp_path: Path) -> None:
    """Exit code 0, a table, one sentence, the names of the files; nothing on stderr."""
    outcome = call("run", "relu", "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    _, header, heading, line, exact, *notes, half, summary, reports, planted = (
        outcome.out.splitlines()
    )
    _empty, integers, derivative, symbols, properties = notes
    assert header.split()[:2] == ["cases", "tensors"]
    assert heading.strip() == "activations"
    assert (line.split()[0], line.split()[-1]) == ("relu", "holds")
    assert re.fullmatch(r"exact values: \d+ elements of \d+ tensors; 0 sampled", exact)
    assert integers.startswith("integers: ")
    assert re.fullmatch(r"derivative: \d+ agrees \(.*passes with probability 2\^-40", derivative)
    assert symbols == "symbols: 1 agrees"
    assert re.fullmatch(r"properties: \d+ agrees", properties)
    assert half.startswith("torch in float16 and bfloat16, for information: 8 tensors, ")
    judged = [row for row in rows(tmp_path) if row["verdict"] != "information"]
    tensors, cases = len(judged), len({row["case"] for row in judged})
    assert re.fullmatch(
        rf"{tensors} tensors \({cases} layer cases, 0 networks\), 4 of them blind or empty and not "
        r"counted, \d+ bad inputs: "
        r"all hold; \d+\.\d s",
        summary,
    )
    assert reports.startswith(f"reports: {tmp_path / 'summary.csv'}, ")
    assert planted == "planted: 6 mistakes in refimpl and 2 in torch's side, all seen"
    assert sorted(os.listdir(tmp_path)) == NAMES


def test_what_a_run_writes_is_what_it_ran(call: Call, tmp_path: Path) -> None:
    """The default seed, both dtypes and the command are in the reports."""
    call("run", "tanh", "--case", "maps", "--out", tmp_path)
    found = rows(tmp_path)
    assert [(row["dtype"], row["tensor"]) for row in found] == [
        (dtype, tensor) for dtype in ("float32", "float64") for tensor in ("y", "dx")
    ]
    assert {row["seed"] for row in found} == {str(DEFAULT_SEED)}
    about = json.loads((tmp_path / "run.json").read_text())
    assert about["command"] == [
        "parity", "run", "tanh", "--case", "maps", "--out", str(tmp_path)
    ]  # fmt: skip
    assert (about["holds"], about["jobs"], about["override"]) == (True, 1, None)


def test_reports_is_the_default_folder(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --out the reports of a part of the suite go to ./reports/part, beside whole ones."""
    monkeypatch.chdir(tmp_path)
    assert call(*QUICK).code == 0
    assert os.listdir(tmp_path / "reports") == ["part"]
    assert sorted(os.listdir(tmp_path / "reports" / "part")) == NAMES
    assert json.loads((tmp_path / "reports" / "part" / "run.json").read_text())["scope"] == (
        "part: relu --case 'maps' --dtype float32 of default"
    )


def test_a_part_never_replaces_a_whole_report(call: Call, tmp_path: Path) -> None:
    """What runs a failure again would destroy the report that shows it; another part may go."""
    (tmp_path / "run.json").write_text('{"scope": "quick"}')
    outcome = call(*QUICK, "--out", tmp_path)
    assert outcome.code == 2
    assert outcome.err == (
        f"parity: {tmp_path}: holds the report of a whole run, which that of a part would "
        "replace; give another folder\n"
    )
    assert os.listdir(tmp_path) == ["run.json"]
    (tmp_path / "run.json").write_text('{"scope": "part: tanh of quick"}')
    assert call(*QUICK, "--out", tmp_path).code == 0
    assert sorted(os.listdir(tmp_path)) == NAMES


def test_a_disagreement(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, and which tensor, where, both values, how to see it again."""
    monkeypatch.setattr(refimpl, "relu_backward", negated(refimpl.relu_backward))
    outcome = call(*QUICK, "--out", tmp_path, "--seed", 5)
    assert (outcome.code, outcome.err) == (1, "")
    dx = next(row for row in rows(tmp_path) if row["tensor"] == "dx")
    ours, theirs = (f"{float(dx[f'{side}_value']):.6g}" for side in ("refimpl", "torch"))
    said = outcome.out.splitlines()
    first = next(i for i, line in enumerate(said) if line.startswith("FAIL"))
    assert re.fullmatch(
        r"FAIL relu_backward dx · case maps · float32 · seed 5: "
        r"\d+ of 120 elements outside the bound",
        said[first],
    )
    assert said[first + 1].startswith(
        f"     worst at {dx['worst_index']}: refimpl {ours}, torch {theirs}; difference "
    )
    assert said[first + 2].endswith("refimpl stands alone (its formula is wrong)")
    assert said[first + 3] == ("     again: parity run relu --case 'maps' --dtype float32 --seed 5")
    assert said[first + 4 : first + 6] == [
        "relu, refimpl’s numbers:",
        "  looks like: dx has the opposite sign",
    ]
    assert said[first + 6].startswith(
        "FAIL relu · case maps · witness integers · float32 · seed 5: dx at ("
    )
    assert re.fullmatch(
        r"FAIL relu_backward · case maps · witness derivative · float32 · seed 5: the forward's "
        r"own derivative along v is \S+, the backward gives \S+",
        said[first + 8],
    )
    assert said[first + 7] == said[first + 9] == said[first + 3]
    assert "4 DO NOT HOLD" in said[-3]
    assert json.loads((tmp_path / "run.json").read_text())["holds"] is False
    elements = rows(tmp_path, "gradients.csv")
    assert Counter(row["chosen"] for row in elements) == {"worst": 20, "sample": 20}
    assert {row["verdict"] for row in elements if row["chosen"] == "worst"} == {"outside"}
    assert all(float(row["exact_value"]) == float(row["torch_value"]) for row in elements)
    call(*QUICK, "--out", tmp_path, "--seed", 5, "--elements", "all")
    assert {row["chosen"] for row in rows(tmp_path, "gradients.csv")} == {"all"}
    assert len(rows(tmp_path, "gradients.csv")) == 120


def test_an_exception_of_refimpl_is_a_disagreement(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code under test that raises ends in exit code 1 and a message, not in a traceback."""

    def broken(*args: object) -> None:
        raise IndexError("off by one")

    monkeypatch.setattr(refimpl, "relu", broken)
    outcome = call(*QUICK, "--out", tmp_path)
    assert outcome.code == 1
    assert "refimpl raised IndexError: off by one" in outcome.out
    assert "Traceback" not in outcome.out + outcome.err


def test_an_accepted_bad_input_is_a_disagreement(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad input that is computed with ends in exit code 1."""
    monkeypatch.setattr(refimpl, "flatten", lambda x: x.reshape(len(x), -1))
    outcome = call("run", "flatten", "--jobs", 1, "--out", tmp_path)
    assert outcome.code == 1
    assert re.search(r"^  flatten .* FAILS *$", outcome.out, re.MULTILINE)
    assert re.search(r"^FAIL bad input flatten\[.*got|accepted it", outcome.out, re.MULTILINE)


def test_seed(call: Call, tmp_path: Path) -> None:
    """--seed is that of all random numbers: the same gives the same report."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        call(*QUICK, "--seed", seed, "--out", tmp_path / name)
    a, b, c = ((tmp_path / name / "summary.csv").read_bytes() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize(
    ("option", "text"),
    [("--rtol", "rtol 0.25, atol 0.0"), ("--atol", "rtol 0.0, atol 0.25")],
)
def test_an_override_is_said_everywhere(call: Call, tmp_path: Path, option: str, text: str) -> None:
    """On the terminal, in every row's note, in run.json."""
    outcome = call(*QUICK, option, 0.25, "--out", tmp_path)
    said = f"bound overridden: {text}"
    line = f"The verdicts rest on an override, not on derived bounds: {said}"
    assert line in outcome.out.splitlines()
    assert {row["note"] for row in rows(tmp_path)} == {said}
    assert json.loads((tmp_path / "run.json").read_text())["override"] == said


def test_an_override_decides(call: Call, tmp_path: Path) -> None:
    """With no tolerance at all, rounding is a disagreement."""
    run = ("run", "sigmoid", "--case", "maps", "--dtype", "float32", "--out", tmp_path)
    assert call(*run).code == 0
    assert call(*run, "--atol", 0).code == 1


@pytest.mark.parametrize("words", [[], ["--full"]])
def test_full(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """--full, and nothing else, asks for the networks that take long."""
    asked, right = [], parity.suite.scope.select

    def select(names: Any, case: Any, dtypes: Any, full: bool, *more: Any) -> Any:
        asked.append({t.id for t in right(names, case, dtypes, full)} & set(NETWORKS))
        return right(["relu"], "maps", ["float32"])

    monkeypatch.setattr(parity.suite.scope, "select", select)
    assert call("run", *words, "--out", tmp_path).code == 0
    assert asked == [{n.name for n in NETWORKS.values() if words or not n.full}]


def test_elements(call: Call, tmp_path: Path) -> None:
    """--elements writes every element of the cases named; the default is the worked examples."""
    call("run", "relu", "--out", tmp_path / "a")
    call("run", "relu", "--out", tmp_path / "b", "--elements", "relu[maps]")
    worked = {case.id for case in GOOD if case.worked_example and case.function == "relu"}
    assert {row["case"] for row in rows(tmp_path / "a", "gradients.csv")} == worked != set()
    asked = rows(tmp_path / "b", "gradients.csv")
    assert {row["case"] for row in asked} == {"relu[maps]"}
    assert len(asked) == 2 * 2 * 120


def test_junit(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--junit writes the run as XML too, wherever it is asked for, and says so."""
    monkeypatch.setattr(refimpl, "relu_backward", negated(refimpl.relu_backward))
    path = tmp_path / "ci" / "junit.xml"
    outcome = call(*QUICK, "--out", tmp_path / "out", "--junit", path)
    assert outcome.out.splitlines()[-2].endswith(f", {path}")
    xml = JUnitXml.fromfile(str(path))
    assert (xml.tests, xml.failures) == (8, 4)  # torch, three witnesses; four mistakes are planted


def test_jobs(call: Call, tmp_path: Path) -> None:
    """--jobs says how many processes; few tasks are done in one."""
    call(*QUICK, "--out", tmp_path, "--jobs", 1)
    assert json.loads((tmp_path / "run.json").read_text())["jobs"] == 1


@pytest.mark.parametrize(
    ("seconds", "cores", "jobs"),
    [
        (0.5, 4, 1),
        (START, 64, 1),
        (2 * START, 2, 1),
        (2.1 * START, 2, 2),
        (2 * START, 4, 4),
        (500, 64, 8),
        (500, 1, 1),
    ],
)
@pytest.mark.parametrize("linux", [True, False])
def test_default_jobs(
    monkeypatch: pytest.MonkeyPatch, seconds: float, cores: int, jobs: int, linux: bool
) -> None:
    """A process for each core, at most 8, where that saves more than it takes to start them."""
    if linux:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    else:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
        monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert default_jobs(seconds) == jobs


@pytest.mark.parametrize(
    ("asked", "loads"),
    [
        ([], [run_command.EXACT]),
        (["--quick"], [()]),
        (["--jobs", "1"], []),
        (["relu"], []),
        (["--case", "maps"], []),
    ],
)
def test_the_server_of_a_whole_suite_loads_at_once(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str], loads: object
) -> None:
    """Several processes are sure to be needed then, and torch takes long to load."""
    begun: list[tuple[str, ...]] = []
    monkeypatch.setattr(run_command, "most_jobs", lambda: 2)
    monkeypatch.setattr(run_command, "load_ahead", lambda *also: begun.append(also))
    call("run", *asked, "--seed", 3, "--device", "cube", "--out", tmp_path)
    assert begun == loads
    assert all(map(importlib.import_module, run_command.EXACT))


# --- wrong calls --------------------------------------------------------------------------

WRONG = {
    "function": (["rleu"], "no function or network is called 'rleu'; did you mean relu or prelu?"),
    "case": (["relu", "--case", "mapz"], "no case is called 'mapz'; did you mean maps?"),
    "elements": (["--elements", "relu[mapz]"], "no case is called 'relu[mapz]'"),
    "dtype": (
        ["relu", "--dtype", "float16"],
        "--dtype must be float32 or float64, but is 'float16'",
    ),
    "device": (["relu", "--device", "cube"], "device cube: torch cannot use it here"),
    "device without memory": (["relu", "--device", "meta"], "device meta: torch cannot use it"),
    "tf32": (["relu", "--tf32"], "--tf32: only CUDA devices have TF32, but the device is cpu"),
    "jobs": (["relu", "--jobs", "0"], "--jobs"),
    "seed": (["relu", "--seed", "-1"], "--seed"),
    "rtol": (["relu", "--rtol", "-0.5"], "--rtol"),
    "option": (["relu", "--tolerance", "1"], "--tolerance"),
    "a case of one alone": (["relu", "conv2d", "--case", "plain"], "relu has no case 'plain'"),
    "two suites": (["relu", "--quick", "--full"], "--quick and --full are two different suites"),
    "infinite rtol": (["relu", "--rtol", "inf"], "--rtol and --atol must be finite"),
    "atol no number": (["relu", "--atol", "nan"], "--atol"),
    "junit is a report": (["relu", "--junit", "reports/run.json"], "one of the run's own reports"),
    "junit is a folder": (["relu", "--junit", "."], "is a folder"),
    "junit is a device": (["relu", "--junit", os.devnull], "is a device, a file is needed"),
    "out is a file": (["relu", "--out", "taken"], "taken"),
    "out in a file": (["relu", "--out", "taken/deeper"], "taken: is not a folder"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Exit code 2, one line on stderr that names what is wrong, and nothing computed."""
    arguments, said = WRONG[name]
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("mine")
    outcome = call("run", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert Path("taken").read_text() == "mine"
    assert not Path("reports/summary.csv").exists()


def test_an_unwritable_folder(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without the right to write is refused before anything is computed."""
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    outcome = call(*QUICK, "--out", tmp_path)
    assert outcome == Outcome(2, "", f"parity: {tmp_path}: cannot be written to\n")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the reports cannot be written the old ones stand, and that is said in one line."""
    assert call(*QUICK, "--out", tmp_path).code == 0
    before = contents(tmp_path)

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = call(*QUICK, "--out", tmp_path, "--seed", 5)
    assert outcome.code == 2
    assert outcome.err == (
        "parity: the reports could not be written, the old ones stand: no space left on device\n"
    )
    assert contents(tmp_path) == before


def test_an_unwritable_junit_file(call: Call, tmp_path: Path) -> None:
    """Where the JUnit file cannot be written, the old reports stand, as the message says."""
    call(*QUICK, "--out", tmp_path)
    before = contents(tmp_path)
    outcome = call(*QUICK, "--out", tmp_path, "--seed", 5, "--junit", tmp_path / "run.json" / "x")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 1
    assert contents(tmp_path) == before


@pytest.mark.parametrize("command", ["rnu", ""])
def test_an_unknown_command(call: Call, command: str) -> None:
    """A mistyped command is a wrong call."""
    outcome = call(command)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Traceback" not in outcome.err


# --- list ---------------------------------------------------------------------------------


def test_list(call: Call) -> None:
    """Every function with its cases and bad inputs, every network with its steps."""
    outcome = call("list")
    assert (outcome.code, outcome.err) == (0, "")
    said = outcome.out.splitlines()
    assert {line.split(":")[0] for line in said} == {*FUNCTIONS, *NETWORKS}
    assert "lenet: network, 50 steps of training" in said
    assert "small_relu: network" in said
    assert "xor: network, 40 steps of training" in said
    assert "alexnet: network, with --full or by name" in said
    assert sum("--full" in line for line in said) == sum(n.full for n in NETWORKS.values())
    good = sum(case.function == "conv2d" for case in GOOD)
    assert any(re.fullmatch(rf"conv2d: {good} cases, \d+ bad inputs", line) for line in said)


@pytest.mark.parametrize("name", ["relu", "conv3d"])
def test_list_of_a_function(call: Call, name: str) -> None:
    """The ids of its cases, each once, as --case takes them."""
    said = call("list", name).out.splitlines()
    listed = [case.id for case in GOOD if case.function == name]
    assert said == [*listed, *(case.id for case in pair_cases(name, 1))]


def test_list_of_a_network(call: Call) -> None:
    """A network is listed once."""
    assert call("list", "lenet") == Outcome(0, "lenet\n", "")


def test_list_of_a_network_that_takes_long(call: Call) -> None:
    """Its name asks for it."""
    assert call("list", "alexnet").out.splitlines() == ["alexnet"]


def test_list_of_something_unknown(call: Call) -> None:
    """Exit code 2, one line."""
    assert call("list", "rleu") == Outcome(
        2, "", "parity: no function or network is called 'rleu'; did you mean relu or prelu?\n"
    )


# --- diff ---------------------------------------------------------------------------------


def test_diff_of_the_same(call: Call, tmp_path: Path) -> None:
    """Exit code 0, what was compared, and that nothing changed."""
    call(*QUICK, "--out", tmp_path)
    said = (
        "2 tensors in both: 2 equal in every digit, 0 with other values; "
        "largest error/bound 0 → 0\nno verdict changed, no error grew tenfold\n"
    )
    assert call("diff", tmp_path, tmp_path / "summary.csv") == Outcome(0, said, "")


def test_diff_of_two_runs(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, what was compared, a line for each change; folders are as good as files."""
    call("run", "relu", "--case", "maps", "--out", tmp_path / "a")
    monkeypatch.setattr(refimpl, "relu_backward", negated(refimpl.relu_backward))
    call(*QUICK, "--out", tmp_path / "b", "--seed", 5)
    outcome = call("diff", tmp_path / "a", tmp_path / "b" / "summary.csv")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.splitlines() == [
        "scope: part: relu --case 'maps' of default → "
        "part: relu --case 'maps' --dtype float32 of default",
        f"seed: {DEFAULT_SEED} → 5",
        "2 tensors in both: 0 equal in every digit, 2 with other values; "
        "largest error/bound 0 → inf",
        "only in A: 2 tensors (relu 2)",
        "another seed draws other numbers: verdicts are compared, errors are not",
        "the two runs are of another scope: what only one has is no change",
        "verdict  relu[maps] dx float32 cpu: identical → outside",
        "1 verdict changed",
    ]


def test_diff_of_other_values(call: Call, tmp_path: Path) -> None:
    """Another seed has other values, which are counted and are no change."""
    for seed in (5, 6):
        call(
            "run",
            "sigmoid",
            "--case",
            "maps",
            "--quick",
            "--seed",
            seed,
            "--out",
            tmp_path / f"{seed}",
        )
    outcome = call("diff", tmp_path / "5", tmp_path / "6")
    assert outcome.code == 0
    assert "4 tensors in both: 0 equal in every digit, 4 with other values" in outcome.out
    assert outcome.out.endswith("no verdict changed, no error grew tenfold\n")


@pytest.mark.parametrize("content", [None, "a,b\n1,2\n", "a,b\n1\n1,2,3\n"])
def test_diff_of_what_is_no_summary(call: Call, tmp_path: Path, content: str | None) -> None:
    """Exit code 2 and one line that names the file."""
    call(*QUICK, "--out", tmp_path)
    if content is not None:
        (tmp_path / "other.csv").write_text(content)
    outcome = call("diff", tmp_path / "summary.csv", tmp_path / "other.csv")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"parity: {tmp_path / 'other.csv'}: ")
    assert len(outcome.err.splitlines()) == 1


# --- colours ------------------------------------------------------------------------------


def test_no_terminal_no_escape_codes(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into a file or a pipe goes plain text, failures included."""
    monkeypatch.setattr(refimpl, "relu_backward", negated(refimpl.relu_backward))
    outcome = call(*QUICK, "--out", tmp_path)
    assert outcome.code == 1
    assert "\x1b" not in outcome.out + outcome.err


@pytest.mark.parametrize("forbidden", [False, True])
def test_no_color(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forbidden: bool
) -> None:
    """On a terminal a disagreement is red, but not where NO_COLOR asks for none."""
    monkeypatch.setattr(refimpl, "relu_backward", negated(refimpl.relu_backward))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    if forbidden:
        monkeypatch.setenv("NO_COLOR", "1")
    outcome = call(*QUICK, "--out", tmp_path)
    coloured = re.search(r"\x1b\[(\d+;)*(3|4|9|10)\d(;\d+)*m", outcome.out + outcome.err)
    assert bool(coloured) != forbidden


# --- typer's own runner -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["list"], 0),
        (["list", "rleu"], 2),
        (["diff", "no.csv", "no.csv"], 2),
        (["run", "rleu"], 2),
        (["--help"], 0),
        (["run", "-h"], 0),
    ],
)
def test_exit_codes_of_the_app(arguments: list[str], code: int) -> None:
    """The app itself ends as the entry point does."""
    assert CliRunner().invoke(cli.app, arguments).exit_code == code


def test_help_names_every_command(call: Call) -> None:
    """The help says what there is."""
    for arguments in ((), ("--help",), ("-h",)):
        outcome = call(*arguments)
        said = outcome.out + outcome.err
        assert all(f"  {name} " in said for name in ("run", "list", "diff"))


def test_help_shows_how_to_name_functions(call: Call) -> None:
    """The usage line has each bracket once."""
    usage = call("run", "--help").out.splitlines()[0]
    assert usage.endswith("parity run [OPTIONS] [NAME]...")


def test_an_interruption(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while computing: exit code 130, one sentence, no files."""

    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(refimpl, "relu", interrupted)
    outcome = call(*QUICK, "--out", tmp_path)
    assert outcome.code == 130
    assert re.fullmatch(SENTENCE, outcome.err)
    assert list(tmp_path.iterdir()) == []


# --- real processes -----------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="asks for a device that is full")
@pytest.mark.parametrize("arguments", [["--help"], ["list"], [*QUICK, "--quick"]], ids=" ".join)
def test_an_output_that_is_full(tmp_path: Path, arguments: list[str]) -> None:
    """`parity … > /dev/full`: one sentence and exit code 2, whether Python buffers or not."""
    if "run" in arguments:
        arguments = [*arguments, "--out", str(tmp_path)]
    for unbuffered in ("", "1"):
        with open("/dev/full", "w") as full:
            ended = subprocess.run(
                [sys.executable, "-m", "parity", *arguments],
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
            )
        assert (ended.returncode, ended.stderr) == (
            2,
            "parity: the output cannot be written: no space left on device\n",
        )


def test_a_disk_that_takes_no_more(old: Path) -> None:
    """For real: the kernel refuses to let a file grow; the old reports stand."""
    before = contents(old)
    outcome = finish(start(*QUICK, "--quick", "--out", old, before=no_room))
    assert outcome.code == 2
    assert outcome.err == (
        "parity: the reports could not be written, the old ones stand: file too large\n"
    )
    assert contents(old) == before


def test_a_real_run(tmp_path: Path) -> None:
    """As a process: exit code 0, plain text, whole reports."""
    command = [sys.executable, "-m", "parity", *QUICK, "--out", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\x1b" not in ended.stdout
    assert sorted(os.listdir(tmp_path)) == NAMES


@pytest.fixture
def old(call: Call, tmp_path: Path) -> Path:
    """The folder of an earlier report."""
    assert call(*QUICK, "--out", tmp_path).code == 0
    return tmp_path


def started_computing(pid: int) -> None:
    """Wait until the process has loaded flint: all else is loaded, a witness is at work."""
    maps = Path(f"/proc/{pid}/maps")
    deadline = time.monotonic() + 120
    while "flint" not in maps.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="asks Linux what is loaded")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)], ids=["kill -9", "Ctrl-C"]
)
def test_a_run_that_is_stopped_leaves_the_old_report(
    old: Path, number: signal.Signals, code: int
) -> None:
    """In the middle of a long run: the earlier report is there, byte by byte, and whole."""
    before = contents(old)
    started = start("run", "lenet", "--jobs", 1, "--out", old)
    started_computing(started.process.pid)
    assert started.process.is_alive()
    os.killpg(started.process.pid, number)
    outcome = finish(started)
    assert outcome.code == code
    assert "Traceback" not in outcome.err
    assert contents(old) == before


def test_a_run_that_dies_while_writing_leaves_the_old_report(old: Path) -> None:
    """Killed after all files are written, before the first is moved: the old ones are whole."""
    before = contents(old)
    outcome = finish(start(*QUICK, "--seed", 5, "--out", old, before=dying))
    assert outcome.code == -9
    assert {name: text for name, text in contents(old).items() if name[0] != "."} == before


def test_version(call: Call) -> None:
    """The version of the distribution."""
    assert call("--version").out == f"cnn-parity {importlib.metadata.version('cnn-parity')}\n"


def test_as_a_module() -> None:
    """`python -m parity` is `parity`."""
    said = subprocess.run(
        [sys.executable, "-m", "parity", "list", "relu"], cwd=ROOT, capture_output=True, text=True
    )
    assert said.stdout.splitlines()[0].startswith("relu[")


def test_flags_of_several_processes(call: Call, tmp_path: Path) -> None:
    """run.json tells the flags that were in force in the workers: no TF32."""
    call("run", "relu", "--jobs", 2, "--out", tmp_path)
    flags = json.loads((tmp_path / "run.json").read_text())["torch"]
    assert flags["allow_tf32_cudnn"] is flags["allow_tf32_matmul"] is False


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """A run that is killed leaves no process behind."""
    started = start("run", "lenet", "--jobs", 2, "--out", tmp_path)
    pid = started.process.pid
    deadline = time.monotonic() + 30
    while len(left := workers(pid)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    every = psutil.Process(pid).children(recursive=True)
    assert {*left} < {*every}  # and their server, and multiprocessing's tracker
    time.sleep(1)
    assert not any(map(has_ended, every))
    os.kill(pid, signal.SIGKILL)
    finish(started)
    deadline = time.monotonic() + 30
    while not all(map(has_ended, every)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_verdicts_on_a_narrow_terminal(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A narrow terminal cuts nothing off."""
    monkeypatch.setattr(terminal, "console", lambda **_: Console(width=50, color_system=None))
    assert re.search(r"^  relu .* holds *$", call(*QUICK, "--out", tmp_path).out, re.MULTILINE)
    said = call("run", "relu", "--verbose", "--out", tmp_path).out
    assert re.search(r"\b\d+ identical", said)
