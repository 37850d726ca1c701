"""The list of frameworks, their adapters as files, and which interpreter runs them."""

from __future__ import annotations

import ast
import doctest
import runpy
import sys
from pathlib import Path

import pytest

from parity.peers.chosen_cases import EVERY
from parity.peers.gathering import question
from parity.peers.libraries import (
    ADAPTERS,
    SCRIPTS,
    Peer,
    PeerError,
    interpreter,
    named,
    pairs,
    peers,
)
from parity.peers.probe import Probe

SHARED = [path for path in ADAPTERS.glob("*.py") if not path.name.startswith("peer_")]
OWN = [path for path in ADAPTERS.glob("peer_*.py") if path.name != "peer_tools.py"]


def imported(path: Path) -> set[str]:
    """The packages that a script imports, wherever it does."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


def test_every_adapter_is_listed_and_every_listed_one_is_there() -> None:
    """By its file."""
    assert {peer.adapter.name for peer in peers().values() if not peer.absent} == {
        path.name for path in OWN
    }


@pytest.mark.parametrize("path", [*OWN, *SHARED], ids=lambda path: path.name)
def test_an_adapter_imports_nothing_of_ours(path: Path) -> None:
    """It runs where neither refimpl nor parity is."""
    assert not imported(path) & {"refimpl", "parity"}


def functions(path: Path) -> dict[str, list[str]]:
    """The functions of a script, or of its neighbours, and their parameters."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    beside = [node for node in body if isinstance(node, ast.ImportFrom)]
    found: dict[str, list[str]] = {}
    for node in beside:
        neighbour = ADAPTERS / f"{node.module}.py"
        if neighbour.exists():
            found |= functions(neighbour)
    own = [node for node in body if isinstance(node, ast.FunctionDef)]
    return found | {node.name: [a.arg for a in node.args.args] for node in own}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_an_adapter_has_what_is_asked_of_it(path: Path) -> None:
    """Two functions with these parameters."""
    found = functions(path)
    assert found["about"] == []
    assert found["answer"] == ["function", "arrays", "options", "dy", "wanted"]


def test_an_adapter_never_hides_its_library() -> None:
    """Its folder stands first on the path: no file there is called as a package is."""
    files = {path.stem for path in (*OWN, *SHARED)} | {"peer_tools"}
    packages = set().union(*(imported(path) for path in OWN)) - files
    assert {"torch", "jax", "numpy"} <= packages
    assert all(name.startswith("peer_") or "_" in name for name in files)


def test_the_examples_of_the_tools_run() -> None:
    """peer_tools.py is no module of ours, so no other test runs them."""
    found = runpy.run_path(str(ADAPTERS / "peer_tools.py"))
    runner = doctest.DocTestRunner()
    for name in ("need", "each", "pairs"):
        for test in doctest.DocTestFinder().find(found[name], name, globs=dict(found)):
            assert test.examples
            runner.run(test)
    assert runner.failures == 0


def test_a_compiler_is_asked_fifteen() -> None:
    """Ten probes, then cases, self-tests included; what it has not is not counted."""
    asked = question(EVERY, full=False, compiler=True)
    steps = list(asked.steps())
    place = next(n for n, step in enumerate(steps) if not isinstance(step.what, Probe))
    assert len(steps) == asked.count
    assert all(not isinstance(step.what, Probe) for step in steps[place:])
    assert steps[place].is_test
    assert [asked.is_enough(steps[0], count) for count in (9, 10)] == [False, True]
    assert [asked.is_enough(steps[place], count) for count in (14, 15)] == [False, True]
    usual = question(EVERY, full=False, compiler=False)
    assert len(usual.tested) + len(usual.cases) == 120
    assert len(question(("relu",), full=True, compiler=True).cases) > 15


def test_which_interpreter_runs_a_peer(tmp_path: Path) -> None:
    """The one that is named, its environment's, for torch this one."""
    jax = Peer("jax", Path("peer_jax.py"), venv="jax")
    assert interpreter(jax, {"jax": "/my/python"}, tmp_path) == "/my/python"
    assert interpreter(jax, {}, tmp_path) is None
    there = tmp_path / "jax" / SCRIPTS
    there.parent.mkdir(parents=True)
    there.touch()
    assert interpreter(jax, {}, tmp_path) == str(there)
    torch = Peer("torch", Path("peer_torch.py"), venv="torch")
    assert interpreter(torch, {}, tmp_path) == sys.executable


def test_a_path_is_taken_from_where_the_command_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's process has a folder of its own; a program of PATH is found there."""
    monkeypatch.chdir(tmp_path)
    jax = Peer("jax", Path("peer_jax.py"), venv="jax")
    assert interpreter(jax, {"jax": "bin/python"}) == str(tmp_path / "bin" / "python")
    program = tmp_path / "python9"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path.parent)
    assert interpreter(jax, {"jax": "python9"}) == str(program)


def test_names_are_known_or_given(tmp_path: Path) -> None:
    """A peer of one's own by its adapter; another adapter for one that is listed."""
    mine = tmp_path / "peer_mine.py"
    mine.touch()
    assert named(["mine"], {"mine": mine}) == [Peer("mine", mine)]
    [jax] = named(["jax"], {"jax": mine})
    assert (jax.adapter, jax.venv) == (mine, "jax")
    with pytest.raises(PeerError, match="no peer is called 'jaxx': did you mean jax"):
        named(["jaxx"], {})
    with pytest.raises(PeerError, match=r"--adapter mine: there is no file /no/such\.py"):
        named(["mine"], {"mine": Path("/no/such.py")})
    with pytest.raises(PeerError, match="--python takes NAME=PATH"):
        pairs(["/usr/bin/python"], "--python")
