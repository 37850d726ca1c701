"""Which frameworks can be asked, by which adapter, and which interpreter runs it."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

ADAPTERS = Path(__file__).with_name("adapters")
LIST = Path(__file__).with_name("libraries.toml")
VENVS = Path(".peers")  # where `make peers` puts their environments
HERE = ("torch",)  # venvs in whose place this interpreter does
SCRIPTS = Path("Scripts/python.exe") if os.name == "nt" else Path("bin/python")


class PeerError(ValueError):
    """A call that names what is not there; one sentence."""


@dataclass(frozen=True)
class Peer:
    """A framework as it can be asked.

    adapter: the script that speaks to it. venv: the folder of its environment. requirements: what
    pip installs there; size_mb and seconds: what that takes; needs: what pip cannot bring.
    compiler: each case takes seconds. absent: why it cannot be installed.
    """

    name: str
    adapter: Path
    venv: str = ""
    requirements: tuple[str, ...] = ()
    size_mb: int = 0
    seconds: int = 0
    needs: str = ""
    compiler: bool = False
    absent: str = ""


@cache
def peers() -> Mapping[str, Peer]:
    """All that `libraries.toml` lists, in its order."""
    return {name: _peer(name, row) for name, row in tomllib.loads(LIST.read_text("utf-8")).items()}


def _peer(name: str, row: Mapping[str, Any]) -> Peer:
    return Peer(
        name,
        ADAPTERS / row.get("adapter", f"peer_{name.replace('-', '_')}.py"),
        row.get("venv", ""),
        tuple(row.get("requirements", ())),
        row.get("size_mb", 0),
        row.get("seconds", 0),
        row.get("needs", ""),
        row.get("compiler", False),
        row.get("not_installable", ""),
    )


def named(names: Sequence[str], adapters: Mapping[str, Path]) -> list[Peer]:
    """The peers of these names, or all; adapters: of peers that the list has not.

    Raises: PeerError for a name that is in neither, and for an adapter that is no file.
    """
    known = dict(peers())
    for name, file in adapters.items():
        if not file.is_file():
            raise PeerError(f"--adapter {name}: there is no file {file}")
        known[name] = replace(known.get(name, Peer(name, file)), adapter=file.absolute())
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 3, 0.5)
            said = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
            raise PeerError(f"no peer is called {name!r}: {said}")
    return [known[name] for name in names or known]


def interpreter(peer: Peer, given: Mapping[str, str], venvs: Path = VENVS) -> str | None:
    """The Python that runs a peer's adapter; None where it is not installed."""
    if peer.name in given:
        return _found(given[peer.name])
    found = venvs / peer.venv / SCRIPTS
    if peer.venv and found.exists():
        return str(found.absolute())
    return sys.executable if peer.venv in HERE else None


def _found(python: str) -> str:
    """A path from where the command is called, or a program of PATH; links stay, for venvs."""
    if os.sep in python or Path(python).exists():
        return str(Path(python).expanduser().absolute())
    return shutil.which(python) or python


def how_to_get(peer: Peer) -> str:
    """What to do where no interpreter is known."""
    if peer.absent:
        return peer.absent
    if peer.venv:
        return f"not installed: make peers PEERS={peer.name}"
    return f"which Python runs it? --python {peer.name}=PATH says so"


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """NAME=PATH, as the command line has it.

    Raises: PeerError for what is no such pair.

    >>> pairs(["jax=/opt/jax/bin/python"], "--python")
    {'jax': '/opt/jax/bin/python'}
    """
    found = {}
    for one in given:
        name, sign, path = one.partition("=")
        if not (name and sign and path):
            raise PeerError(f"{option} takes NAME=PATH, as jax=/opt/jax/bin/python, not {one!r}")
        found[name] = path
    return found
