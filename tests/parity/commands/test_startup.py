"""Nothing heavy is imported before it is needed: what fresh processes have loaded in the end."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import parity
from parity.cli import app

ROOT = Path(parity.__file__).parents[1]
HEAVY = (
    *("numpy", "torch", "flint", "mpmath", "sympy", "pandas", "scipy", "junitparser"),
    *("matplotlib", "dask", "distributed", "jax", "mygrad"),
)
COMMANDS = ("run", "list", "audit", "mistakes", "sweep", "bench", "diff")
CASE = ("relu", "--case", "maps", "--dtype", "float32")

PROBE = """
import sys
{before}
{statement}
print("loaded:", *sorted({{name.partition(".")[0] for name in sys.modules}} & set({heavy})))
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


def loaded(statement: str, before: str = "") -> set[str]:
    """The heavy packages that a fresh process has loaded after a statement."""
    code = PROBE.format(before=before, statement=statement, heavy=HEAVY)
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(said.stdout.splitlines()[-1].split()[1:])


def loaded_by(*arguments: object, before: str = "") -> set[str]:
    """The same, after `parity …`."""
    return loaded(CALL.format(arguments=list(map(str, arguments))), before)


@cache
def loaded_by_torch() -> set[str]:
    """What `import torch` brings, which is torch's own affair."""
    return loaded("import torch")


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)],
    ids=" ".join,
)
def test_help_is_light(arguments: list[str]) -> None:
    """Neither NumPy nor anything that computes, reads tables or draws."""
    assert loaded_by(*arguments) == set()


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
        assert loaded_by(*arguments, before=planted) == set(HEAVY)


def test_refimpl_loads_numpy_alone() -> None:
    """And a second import beside it is seen."""
    assert loaded("import refimpl") == {"numpy"}
    assert loaded("import refimpl, mpmath") == {"numpy", "mpmath"}


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["list"], {"numpy"}),
        (["list", "relu"], {"numpy"}),
        (["diff", "missing.csv", "missing.csv"], {"numpy", "pandas"}),
        (["sweep", "--function", "rellu"], {"numpy"}),
        (["bench", "rellu"], {"numpy"}),
    ],
    ids=["list", "list relu", "diff", "sweep of nothing", "bench of nothing"],
)
def test_what_computes_nothing_needs_no_torch(arguments: list[str], needed: set[str]) -> None:
    """Cases are data; summaries are tables."""
    assert loaded_by(*arguments) == needed


def test_a_quick_run(tmp_path: Path) -> None:
    """Without witnesses no exact arithmetic, no symbols, no tables and no XML."""
    found = loaded_by("run", *CASE, "--quick", "--out", tmp_path)
    assert (tmp_path / "summary.csv").exists()
    assert found == {"numpy", "torch"} | loaded_by_torch()


def test_a_run(tmp_path: Path) -> None:
    """One case asks no symbols; exact values need flint, and their second opinion mpmath."""
    found = loaded_by("run", *CASE, "--out", tmp_path, "--junit", tmp_path / "junit.xml")
    assert found == {"numpy", "torch", "flint", "mpmath", "junitparser"} | loaded_by_torch()


def test_an_audit_without_torch() -> None:
    """It is not imported where it is installed either."""
    found = loaded_by("audit", "--no-torch", "D1.22", "D2.9")
    assert found == {"numpy", "sympy", "mpmath", "flint"}  # sympy brings the other two


def test_a_sweep(tmp_path: Path) -> None:
    """Judged in this process or others, but without a cluster: no Dask."""
    found = loaded_by("sweep", "--cases", 3, "--function", "relu", "--jobs", 1, "--out", tmp_path)
    assert (tmp_path / "sweep.csv").exists()
    assert found == {"numpy", "torch"} | loaded_by_torch()
