"""What `parity` does where packages are not installed: fresh processes that do not find them.

tests/wheel.sh looks at environments in which pip really has not installed them.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from calling import Call, Outcome
from sweeping import ROOT, environment

from parity.environment.needs import EXTRAS, NeedError, explanation, is_installed, missing, need

# Python finds none of the blocked packages, and says so as it does of any other. Before each
# call it looks into one more folder, for a torch that no earlier call has found.
PROCESS = """
import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
from parity.__main__ import main

outcomes = []
for words, folder in zip({calls}, {folders}, strict=True):
    if folder:
        sys.path.insert(0, folder)
        sys.modules.pop("torch", None)
    sys.argv = ["parity", *words]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main()
        except SystemExit as end:
            code = end.code
    outcomes.append((code or 0, out.getvalue(), err.getvalue()))
print(json.dumps(outcomes))
"""
COMMANDS = ("run", "gradients", "list", "audit", "mistakes", "sweep", "bench", "diff")
QUICK = ("run", "relu", "--case", "maps", "--dtype", "float32", "--quick")
PARITY = "which is not installed: pip install 'cnn-parity[parity]'"
TYPER = f"parity: the command line needs typer, {PARITY}"
TORCH = "needs torch, which is not installed: pip install 'cnn-parity[torch]'"


def without(*blocked: str, call: tuple[object, ...]) -> Outcome:
    """`parity …` in a process that lacks these packages."""
    (outcome,) = each_without(*blocked, calls=[call])
    return outcome


def each_without(
    *blocked: str, calls: Sequence[tuple[object, ...]], folders: Sequence[Path] = ()
) -> list[Outcome]:
    """The same for several calls, one after the other; each may find packages in a folder."""
    words = [list(map(str, call)) for call in calls]
    paths = list(map(str, folders)) or [""] * len(words)
    code = PROCESS.format(blocked=blocked, calls=words, folders=paths)
    command = [sys.executable, "-W", "error", "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert said.returncode == 0, said.stderr
    return [Outcome(*outcome) for outcome in json.loads(said.stdout)]


# --- one sentence -------------------------------------------------------------------------


SENTENCES: dict[str, dict[tuple[object, ...], str]] = {
    "typer": {(): TYPER, ("--help",): TYPER, ("run", "relu"): TYPER},
    "torch": {
        ("run", "relu"): f"parity run {TORCH}",
        ("gradients", "relu", "x.npz"): f"parity gradients {TORCH}",
        ("mistakes", "dx-kernel-not-turned"): f"parity mistakes {TORCH}",
        ("bench", "relu"): f"parity bench {TORCH}",
        ("bench", "--check"): f"parity bench {TORCH}",
        ("bench", "--sweep"): f"parity bench {TORCH}",
        ("bench", "--exact"): f"parity bench {TORCH}",
        ("sweep", "--cases", 3): f"parity sweep {TORCH}",
        ("sweep", "--only", 3): f"parity sweep {TORCH}",
        ("audit",): f"parity audit {TORCH}, or leave it out with --no-torch",
    },
    "pandas": {("diff", "a.csv", "b.csv"): f"parity diff needs pandas, {PARITY}"},
    "sympy": {("audit", "--no-torch"): f"parity audit needs sympy, {PARITY}"},
    "rich": {
        ("audit", "--no-torch"): f"parity audit needs rich, {PARITY}",
        QUICK: f"parity run needs rich, {PARITY}",
    },
    "threadpoolctl": {QUICK: f"parity run needs threadpoolctl, {PARITY}"},
    "flint": {
        QUICK[:-1]: f"parity run needs flint, {PARITY}",
        ("gradients", "relu", "x.npz"): f"parity gradients needs flint, {PARITY}",
        ("bench", "--exact"): f"parity bench --exact needs flint, {PARITY}",
    },
    "junitparser": {
        (*QUICK, "--junit", "junit.xml"): f"parity run --junit needs junitparser, {PARITY}"
    },
    "distributed": {
        ("sweep", "--dask", "tcp://127.0.0.1:9"): (
            "parity sweep --dask needs distributed, which is not installed: "
            "pip install 'cnn-parity[dask]', here and on every worker"
        )
    },
}


@pytest.mark.parametrize("blocked", SENTENCES)
def test_what_to_install_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocked: str
) -> None:
    """The package and the extra in one sentence, exit code 2, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    found = each_without(blocked, calls=list(SENTENCES[blocked]))
    assert found == [(2, "", f"{sentence}\n") for sentence in SENTENCES[blocked].values()]
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == []


def test_a_package_that_is_there_is_not_asked_for(tmp_path: Path) -> None:
    """The tests above can fail: with nothing blocked the same processes do what they are for."""
    code, out, err = without("matplotlib", call=(*QUICK, "--out", tmp_path))
    assert (code, err) == (0, "")
    assert out.splitlines()[-2].endswith("/run.json")


# What a torch that is there does when it is imported, and what is said of it.
BROKEN = {
    "raise ImportError('libtorch.so: wrong\\nELF')": "ImportError: libtorch.so: wrong ELF",
    "raise OSError('libgomp.so.1: cannot open')": "OSError: libgomp.so.1: cannot open",
    "import no_such_thing": "ModuleNotFoundError: No module named 'no_such_thing'",
    "from torch._C import nothing": "ModuleNotFoundError: No module named 'torch._C'",
    "": "ImportError: cannot import name 'Tensor' from 'torch' ({torch})",
}


@pytest.mark.parametrize("call", [QUICK, ("audit", "D1.35")], ids=["run", "audit"])
def test_a_broken_package_is_not_called_missing(tmp_path: Path, call: tuple[str, ...]) -> None:
    """What was raised is said: installing once more would be no help."""
    files = [tmp_path / str(k) / "torch" / "__init__.py" for k in range(len(BROKEN))]
    for file, broken in zip(files, BROKEN, strict=True):
        file.parent.mkdir(parents=True)
        file.write_text(broken)
    folders = [file.parents[1] for file in files]
    said = f"parity {call[0]} needs torch, which is installed but cannot be imported: "
    assert each_without("matplotlib", calls=[call] * len(BROKEN), folders=folders) == [
        (2, "", f"{said}{reason.format(torch=file)}\n")
        for reason, file in zip(BROKEN.values(), files, strict=True)
    ]


def test_errors_of_our_own_are_not_explained() -> None:
    """A module of parity's that is not there, an import of a name: tracebacks, as any mistake."""
    for error in (
        ModuleNotFoundError("No module named 'parity.nothing'", name="parity.nothing"),
        ImportError("cannot import name 'nothing' from 'parity.oracle'", name="parity.oracle"),
        ModuleNotFoundError("No module named 'scipy'", name="scipy"),
        OSError("disk full"),
    ):
        assert explanation(error, "parity run") is None
    with pytest.raises(ModuleNotFoundError):
        need("no_such_package_of_ours", "parity run")
    assert not is_installed("no_such_package_of_ours")


def test_the_whole_sentence_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a caller adds is there, and a sentence is not explained again."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NeedError) as raised:
        need("distributed", "parity x", ", or not")
    assert str(raised.value) == missing("distributed", "parity x") + ", or not"
    assert explanation(raised.value, "parity y") == str(raised.value)


# --- in Python ----------------------------------------------------------------------------

IN_PYTHON = {
    ("torch", "parity.run"): f"parity.run {TORCH}",
    ("torch", "parity.gradients"): f"parity.gradients {TORCH}",
    ("rich", "parity.run"): f"parity.run needs rich, {PARITY}",
    ("flint", "parity.run('relu')"): f"parity.run needs flint, {PARITY}",
    ("matplotlib", "parity.check(abs, like='relu', style='refimpl').plot()"): (
        ".plot() needs matplotlib, which is not installed: pip install 'cnn-parity[page]'"
    ),
}


@pytest.mark.parametrize(("blocked", "expression"), IN_PYTHON)
def test_python_says_what_to_install(blocked: str, expression: str) -> None:
    """An ImportError with the sentence of the command line."""
    before, _, _ = PROCESS.partition("from parity.__main__")
    code = before.format(blocked=(blocked,)) + f"import parity\n{expression}\n"
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert said.returncode == 1
    last = said.stderr.splitlines()[-1]
    assert last == f"parity.environment.needs.NeedError: {IN_PYTHON[blocked, expression]}"


# --- without torch ------------------------------------------------------------------------


def test_help_needs_no_torch() -> None:
    """Every help is there without anything but typer."""
    others = [package for package in EXTRAS if package not in ("typer", "rich")]
    calls: list[tuple[str, ...]] = [("--help",), *((command, "--help") for command in COMMANDS)]
    for words, (code, out, err) in zip(calls, each_without(*others, calls=calls), strict=True):
        assert (code, err) == (0, "")
        assert " ".join(["Usage: parity", *words[:-1], "[OPTIONS]"]) in out


def test_what_there_is_needs_no_torch(call: Call, tmp_path: Path) -> None:
    """The version, the cases, and what changed between two runs."""
    used = ("typer", "rich", "pandas")
    others = [package for package in EXTRAS if package not in used]
    call(*QUICK, "--out", tmp_path)
    summary = tmp_path / "summary.csv"
    calls: list[tuple[object, ...]] = [
        *(("--version",), ("list",), ("list", "conv2d")),
        ("diff", summary, summary),
    ]
    found = each_without(*others, calls=calls)
    assert found[:3] == [call(*arguments) for arguments in calls[:3]]
    assert (found[3].code, found[3].err) == (0, "")
    assert found[3].out.endswith("no verdict changed, no error grew tenfold\n")


def test_names_are_looked_up_without_torch() -> None:
    """A name that is not there is said before torch is missed."""
    calls = [("sweep", "--function", "rellu"), ("bench", "rellu"), ("bench", "--exact", "rellu")]
    for kind, (code, _, err) in zip(
        ("function", "workload", "workload"), each_without("torch", calls=calls), strict=True
    ):
        assert (code, err.count("\n")) == (2, 1)
        assert f"no {kind} is called 'rellu'" in err


def test_an_audit_without_torch(call: Call, tmp_path: Path) -> None:
    """Every check that does not ask torch, in a process that has none and in one that has it."""
    arguments = ("audit", "--no-torch", "D1.21", "D1.35", "D2.5", "D2.17", "--out")
    missed = without("torch", call=(*arguments, tmp_path / "missed"))
    assert missed.err == ""
    assert missed.code == 0
    left = call(*arguments, tmp_path / "left")
    assert missed.out.replace("missed", "left") == left.out
    tables = [(tmp_path / name / "audit.csv").read_bytes() for name in ("missed", "left")]
    assert tables[0] == tables[1]
    with (tmp_path / "missed" / "audit.csv").open(encoding="utf-8", newline="") as file:
        assert all(int(row["checks"]) > 0 for row in csv.DictReader(file))


# --- which extra brings what --------------------------------------------------------------

PYPI = {"PIL": "pillow", "flint": "python-flint"}  # packages that PyPI calls otherwise


def test_the_extras_bring_what_is_said() -> None:
    """NumPy comes alone; what a sentence says an extra brings, it brings; all of it is pinned."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {
        extra: {requirement.partition(">=")[0] for requirement in requirements}
        for extra, requirements in project["optional-dependencies"].items()
    }
    assert project["dependencies"] == ["numpy>=2.0"]
    said: dict[str, set[str]] = {extra: set() for extra in EXTRAS.values()}
    for package, extra in EXTRAS.items():
        said[extra].add(PYPI.get(package, package))
    assert extras["parity"] == said["parity"]
    assert extras["page"] == said["page"] | {"cnn-parity[parity]"}
    assert extras["torch"] == said["torch"] | {"cnn-parity[page]"}
    assert extras["dask"] == said["dask"] | {"cnn-parity[torch]"}
    assert "cnn-parity[dask]" in extras["test"]
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {line.partition("==")[0] for line in pins if "==" in line}
    needed = {name for names in extras.values() for name in names if "[" not in name}
    assert needed | {"numpy"} <= pinned
