"""Nothing heavy is imported before it is needed: what fresh processes have loaded in the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import parity
from parity.cli import app

ROOT = Path(parity.__file__).parents[1]
HEAVY = (
    *("numpy", "torch", "flint", "mpmath", "sympy", "pandas", "scipy", "junitparser"),
    *("matplotlib", "dask", "distributed", "jax", "mygrad"),
)
COMMANDS = (
    "run",
    "page",
    "check",
    "gradients",
    "watch",
    "peers",
    "explain",
    "list",
    "audit",
    "mistakes",
    "accuracy",
    "sweep",
    "bench",
    "diff",
    "help",
)
CASE = ("relu", "--case", "maps", "--dtype", "float32")

PROBE = """
import sys
from contextlib import redirect_stdout

{before}
for statement in {statements}:
    with redirect_stdout(sys.stderr):
        exec(statement)
    print(*sorted({{name.partition(".")[0] for name in sys.modules}} & set({heavy})))
"""
CALL = """
from parity.cli import app
try:
    app({arguments}, standalone_mode=False)
except SystemExit:
    pass
"""
# While parity's file for `diff` is loaded, everything heavy is, too: empty files of these names.
PLANTED = """
class Planted:
    def find_spec(self, name, path=None, target=None):
        if name == "parity.commands.diff":
            for heavy in {heavy}:
                __import__(heavy)

sys.path.insert(0, {folder!r})
sys.meta_path.insert(0, Planted())
"""


def loaded(*statements: str, before: str = "") -> list[set[str]]:
    """The heavy packages that a fresh process has loaded after each of these statements."""
    code = PROBE.format(before=before, statements=statements, heavy=HEAVY)
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [set(line.split()) for line in said.stdout.splitlines()]


def called(*arguments: object) -> str:
    """The statement that calls `parity …`."""
    return CALL.format(arguments=list(map(str, arguments)))


def test_help_is_light() -> None:
    """Neither NumPy nor anything that computes, reads tables or draws."""
    helps = [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)]
    assert loaded(*(called(*arguments) for arguments in helps)) == [set()] * len(helps)


def test_every_command_is_asked() -> None:
    """The list above is that of the commands."""
    names = [info.name or info.callback.__name__ for info in app.registered_commands]
    assert sorted(names) == sorted(COMMANDS)


def test_a_heavy_import_is_seen(tmp_path: Path) -> None:
    """The tests here can fail: an import in one command's file loads it for all of them."""
    for name in HEAVY:
        (tmp_path / f"{name}.py").touch()
    planted = PLANTED.format(heavy=HEAVY, folder=str(tmp_path))
    for arguments in (["--help"], ["sweep", "--help"]):
        assert loaded(called(*arguments), before=planted) == [set(HEAVY)]


def test_refimpl_loads_numpy_alone() -> None:
    """And a second import beside it is seen."""
    assert loaded("import refimpl", "import mpmath") == [{"numpy"}, {"numpy", "mpmath"}]


def test_what_computes_nothing_needs_no_torch() -> None:
    """Cases are data; summaries are tables."""
    calls: dict[tuple[str, ...], set[str]] = {
        ("list",): {"numpy"},
        ("list", "relu"): {"numpy"},
        ("explain", "conv2d_backward"): {"numpy"},
        ("explain", "--lang", "zh", "stride", "--symbols"): {"numpy"},
        ("sweep", "--function", "rellu"): {"numpy"},
        ("bench", "rellu"): {"numpy"},
        ("bench", "--exact", "rellu"): {"numpy"},
        ("diff", "missing.csv", "missing.csv"): {"numpy", "pandas"},
    }
    assert loaded(*(called(*arguments) for arguments in calls)) == list(calls.values())


def test_what_computes_loads_what_it_needs(tmp_path: Path) -> None:
    """Each call beside what `import torch` brings, which is torch's own affair.

    Without witnesses no exact arithmetic, no symbols, no tables and no XML. A sweep is judged in
    this process or others, but without a cluster: no Dask. One case asks no symbols; exact
    values need flint, and their second opinion mpmath.
    """
    torch, quick, swept, run = loaded(
        "import torch",
        called("run", *CASE, "--quick", "--out", tmp_path / "quick"),
        called("sweep", "--cases", 3, "--function", "relu", "--jobs", 1, "--out", tmp_path),
        called("run", *CASE, "--out", tmp_path, "--junit", tmp_path / "junit.xml"),
    )
    assert (tmp_path / "quick" / "summary.csv").exists()
    assert (tmp_path / "sweep.csv").exists()
    assert (tmp_path / "junit.xml").exists()
    assert "flint" not in torch
    assert quick == swept == torch
    assert run == torch | {"flint", "mpmath", "junitparser"}


def test_an_audit_without_torch() -> None:
    """It is not imported where it is installed either."""
    (found,) = loaded(called("audit", "--no-torch", "D1.22", "D2.9"))
    assert found == {"numpy", "sympy", "mpmath", "flint"}  # sympy brings the other two
