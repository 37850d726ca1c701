"""The pages of docs/ and CONTRIBUTING.md say what is true today; their examples run as doctests."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import shlex
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from calling import Call
from pages import ROOT, blocks, rows, sessions, shows, text
from typer.testing import CliRunner

import parity.documents.checks.every  # noqa: F401 (registers the evidence)
import refimpl
from parity.cases.case import FLOATS
from parity.cases.catalogue import BAD, GOOD
from parity.cases.covering.every import TABLES, pair_cases
from parity.cli import app
from parity.documents.audit import audit_row
from parity.documents.ledger import VERDICTS, ledger
from parity.judges.layer import check_case
from parity.mistakes.catalogue import EVERY
from parity.report.audit import describe
from parity.report.torch_page import TEXT as TORCH_PAGE
from parity.results.settings import DEFAULT_SEED, Settings
from parity.suite.generated import RANDOM_CASES
from parity.suite.task import CASES
from parity.suite.tasks import select
from parity.witnesses.definitions.every import DEFINITIONS

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^parity (\w+)([^#\n]*?)(?:  |$)", text("commands.md"), re.MULTILINE)
FAST = (
    "convolution",
    "transposed_convolution",
    "correlation",
    "max_pooling",
    "average_pooling",
    "adaptive_pooling",
    "weighted_pooling",
    "sampling",
)


# --- commands.md, run.md, ci.md -------------------------------------------------------------


def options_of(command: str) -> set[str]:
    """Those that its help names."""
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    return set(re.findall(r"--[\w-]+", shown))


@pytest.mark.parametrize(("command", "words"), COMMANDS)
def test_commands_are_accepted(command: str, words: str) -> None:
    """Each names options that exist (for gradients those of a function), and cases that exist."""
    given = shlex.split(words)
    known = options_of(command) | ({"--stride"} if command == "gradients" else set())
    assert {word for word in given if word.startswith("--")} <= known
    if "--case" in given:
        assert select(given[:1], given[given.index("--case") + 1], FLOATS, seed=DEFAULT_SEED)


def test_every_command_is_listed() -> None:
    """All that the command line has, and no other."""
    listed = {command.name for command in app.registered_commands}
    assert {command for command, _ in COMMANDS} == listed


def test_the_run_as_shown(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small run that docs/run.md explains."""
    monkeypatch.chdir(tmp_path)
    ((command, shown),) = sessions(text("run.md"))
    code, out, _ = call(*shlex.split(command)[1:])
    assert (code, shows(shown, out)) == (0, None)


def test_counts() -> None:
    """The numbers of cases and of known mistakes are those of the catalogue."""
    page = text("run.md")
    assert f"{len(GOOD)} layer cases are data" in page
    pairs = sum(len(pair_cases(function, 1)) for function in TABLES)
    assert f"{pairs} more are generated" in page
    assert f"So are {RANDOM_CASES} random cases" in page
    assert f"{len(GOOD)} layer cases" in CHANGELOG
    assert f"{len(BAD)} bad inputs" in CHANGELOG
    assert f"{len(EVERY)} mistakes, all refused" in text("mistakes.md")
    assert f"{len(EVERY)} known mistakes" in CHANGELOG


def test_the_ci_files() -> None:
    """They can be read; what they run has the options that they give, on functions there are."""
    actions, gitlab = (yaml.safe_load(block) for block in blocks(text("ci.md"), "yaml"))
    steps = [step["run"] for step in actions["jobs"]["parity"]["steps"] if "run" in step]
    assert steps == gitlab["parity"]["script"]
    (command,) = (step for step in steps if step.startswith("parity run "))
    given = shlex.split(command)[2:]
    names = given[: next(i for i, word in enumerate(given) if word.startswith("-"))]
    assert names
    assert set(names) <= set(TABLES)
    assert {word for word in given if word.startswith("--")} <= options_of("run")


# --- torch.md -------------------------------------------------------------------------------


def test_torch_page() -> None:
    """It is of the versions that `make torch` asks, and has the form that is made today."""
    (versions,) = re.findall(r"^TORCHES := (.*)$", MAKEFILE, re.MULTILINE)
    page = text("torch.md")
    head, _, *table = ([cell.strip() for cell in row] for row in rows(page))
    assert head[4:-2] == [f"torch {version}" for version in versions.split()]
    before, _, after = TORCH_PAGE.partition("{table}")
    names = " and one with ".join(head[4:-2])
    assert page.startswith(before.format(runs=f"a run with {names}"))
    assert after.partition("{made}")[0] in page
    assert all(float(row[-2]) > 2**10 for row in table)


@pytest.mark.parametrize("function", ["sigmoid", "tanh", "log_softmax", "cross_entropy"])
def test_torch_page_is_true(function: str) -> None:
    """Where the page says that torch has no digit left, this torch has none either."""
    shown = [row for row in rows(text("torch.md")) if row[0].startswith(f" {function} ")]
    for tensor, case, *_ in shown:
        name, dtype = tensor.strip().removeprefix(f"{function} ").split(", ")
        lost = check_case(CASES[case.strip().partition("]")[0] + "]"], dtype, Settings()).lost
        assert name in {row.tensor for row in lost}
    assert shown


# --- documents.md, refimpl.md ---------------------------------------------------------------


def test_the_ledger_as_shown() -> None:
    """The number of statements, the counts of verdicts, and one row as `parity audit` prints it."""
    statements, page = list(ledger().values()), text("documents.md")
    assert f"{len(statements)} statements, " in page
    assert f"{len(statements)} statements of the five documents" in CHANGELOG
    counts = Counter(row.verdict for row in statements)
    line = next(line for line in page.splitlines() if line.startswith("all  "))
    assert line.split()[1:6] == [str(n) for n in (len(statements), *(counts[v] for v in VERDICTS))]
    assert describe(audit_row(ledger()["D1.23"])) in page


def test_error_text() -> None:
    """The error text that docs/refimpl.md quotes is the one that refimpl gives."""
    quoted = re.search(r"`(conv2d: x has 3 channels[^`]+)`", text("refimpl.md"))
    assert quoted
    x, weight = ([[[[0.0] * 6] * 7] * 3] * 2, [[[[0.0] * 2] * 3] * 5] * 4)
    with pytest.raises(ValueError, match=re.escape(quoted[1])):
        refimpl.conv2d(x, weight)


# --- reading.md -----------------------------------------------------------------------------


def test_every_file_of_refimpl_is_listed() -> None:
    """In the table that says where a formula is."""
    table = text("reading.md").partition("## Where a formula is")[2].partition("\n\nThe def")[0]
    named = re.findall(r"\]\(\.\./refimpl/(\w+)\.py\)", table)
    files = {path.stem for path in (ROOT / "refimpl").glob("*.py")} - {"__init__"}
    assert Counter(named) == Counter(files)


def private_names(file: str) -> dict[str, ast.FunctionDef]:
    """The private functions of a file of refimpl."""
    tree = ast.parse((ROOT / "refimpl" / file).read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return {node.name: node for node in functions if node.name.startswith("_")}


def reached(file: str, first: str) -> set[str]:
    """The private functions of a file that one of them calls, and those that these call."""
    private, found, new = private_names(file), set(), {first}
    while new:
        found |= new
        nodes = (node for name in new for node in ast.walk(private[name]))
        new = {node.id for node in nodes if isinstance(node, ast.Name)} & set(private) - found
    return found


@pytest.mark.parametrize(
    ("heading", "file", "firsts"),
    [
        ("## Convolution", "convolution.py", ["_forward", "_backward"]),
        ("## Max pooling", "max_pooling.py", ["_max_pool_backward"]),
    ],
)
def test_the_walk_meets_every_function(heading: str, file: str, firsts: list[str]) -> None:
    """Its table names each private function that is on the way, and no other."""
    section = text("reading.md").partition(heading + "\n")[2].partition("\n## ")[0]
    named = [name for row in rows(section) for name in re.findall(r"`(_\w+)`", row[0])]
    assert sorted(named) == sorted(set().union(*(reached(file, first) for first in firsts)))


def defined_as(function: str) -> str:
    """The name under which the definitions have a function, its backward or its indices."""
    name = "downsample" if function == "upsample" else function
    return name.removesuffix("_backward").removesuffix("_with_indices")


@pytest.mark.parametrize("subject", FAST)
def test_fast_functions_name_their_definition(subject: str) -> None:
    """In the docstring of each public function, and in docs/reading.md; it is defined there."""
    module = importlib.import_module(f"refimpl.{subject}")
    definition = importlib.import_module(f"parity.witnesses.definitions.{subject}")
    (row,) = (row for row in rows(text("reading.md")) if f"[definitions/{subject}.py]" in row[1])
    functions = [
        (name, function)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert functions
    plain = f"Plain: parity/witnesses/definitions/{subject}.py."
    for name, function in functions:
        assert plain in (function.__doc__ or ""), name
        assert DEFINITIONS[defined_as(name)] is definition.DEFINITIONS[defined_as(name)]
        assert defined_as(name) in row[0], name


# --- architecture.md, CONTRIBUTING.md -------------------------------------------------------


def folders() -> set[str]:
    """Those of parity that hold code, by their last name."""
    found = (path.parent for path in (ROOT / "parity").rglob("*.py"))
    return {path.name for path in found} - {"parity"}


def test_the_house_has_every_folder() -> None:
    """Each folder of parity stands in its table, and each folder that is named is there."""
    table = "\n".join("|".join(row) for row in rows(text("architecture.md")))
    linked = set(re.findall(r"\]\(\.\./parity/(?:\w+/)*(\w+)\)", table))
    assert linked | set(re.findall(r"`(\w+)/`", table)) == folders()


def test_rooms_are_linked() -> None:
    """Each room has its own line or link."""
    linked = set(re.findall(r"\]\(\.\./parity/(\w+)\)", text("architecture.md")))
    assert linked == {path.parent.name for path in (ROOT / "parity").glob("*/__init__.py")}


def targets() -> set[str]:
    """What can be made."""
    return set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_make_help() -> None:
    """It names every target, and says something of each, as CONTRIBUTING.md shows it."""
    printed = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    told = re.findall(r"^make (\w+) +(\S.*)$", printed, re.MULTILINE)
    assert {target for target, _ in told} == targets()
    ((command, shown),) = sessions(CONTRIBUTING)
    assert (command, shown) == ("make help", printed)


def test_targets_are_phony() -> None:
    """No file of a target's name is in its way."""
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert set(phony.split()) == targets()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/run.md"])
def test_make_targets_exist(page: str) -> None:
    """Every make target that a page names is in the Makefile."""
    said = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^|\$ )make ([a-z]+)", said, re.MULTILINE))
    assert named
    assert named <= targets()
