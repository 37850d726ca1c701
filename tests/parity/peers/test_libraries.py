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
    """Its self-tests included."""
    asked = question(EVERY, full=False, compiler=True)
    assert asked.count == 15
    assert asked.cases
    assert asked.probes
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


def test_names_are_known_or_given() -> None:
    """A peer of one's own by its adapter."""
    mine = named(["mine"], {"mine": Path("/adapters/peer_mine.py")})
    assert mine == [Peer("mine", Path("/adapters/peer_mine.py"))]
    with pytest.raises(PeerError, match="no peer is called 'jaxx': did you mean jax"):
        named(["jaxx"], {"jax": Path("peer_jax.py")})
    with pytest.raises(PeerError, match="--python takes NAME=PATH"):
        pairs(["/usr/bin/python"], "--python")
