"""The room that imports torch: no other does, and what its door offers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import parity
import refimpl
from parity import oracle, peers
from parity.candidates import child


def imports(source: str, package: str) -> bool:
    """Whether a file imports a package, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            if called in ("import_module", "__import__"):
                names = [str(node.args[0].value)]
        if any(name.split(".")[0] == package for name in names):
            return True
    return False


def test_only_the_oracle_imports_torch() -> None:
    """No file of another room imports torch, at its top or inside a function.

    But for what runs in a candidate's process, where somebody's layer may be one of torch's, and
    the adapters of other libraries, which are scripts for interpreters of their own.
    """
    files = [
        file
        for package in (parity, refimpl)
        for file in Path(next(iter(package.__path__))).rglob("*.py")
    ]
    assert len(files) > 30
    rooms = {Path(next(iter(package.__path__))) for package in (oracle, child)}
    rooms.add(Path(next(iter(peers.__path__))) / "adapters")
    places = [file for file in files if imports(file.read_text(encoding="utf-8"), "torch")]
    found = {next((r for r in rooms if r in place.parents), place) for place in places}
    assert found == rooms


@pytest.mark.parametrize(
    "source",
    [
        "import torch",
        "import numpy, torch.nn as nn",
        "from torch.nn import functional",
        "def f():\n    import torch",
        "if True:\n    from torch import Tensor",
        "import importlib\nimportlib.import_module('torch.nn')",
        "__import__('torch')",
    ],
)
def test_an_import_of_torch_is_seen(source: str) -> None:
    """The scan finds torch however it is imported."""
    assert imports(source, "torch")


@pytest.mark.parametrize("source", ["import torchvision", "from . import torch", "torch = 1"])
def test_what_only_looks_like_torch_is_not_counted(source: str) -> None:
    """The control: other names with torch in them do not count."""
    assert not imports(source, "torch")


def test_nothing_in_the_door_is_called_like_a_file() -> None:
    """`oracle.name` would be the one or the other, whichever was imported last."""
    files = {file.stem for file in Path(next(iter(oracle.__path__))).glob("*.py")}
    assert len(files) > 10
    assert files & set(oracle.__all__) == set()


def test_steps_do_not_load_torchs_compiler() -> None:
    """It takes a second in each process of a run, and no step needs it."""
    code = (
        "import sys, numpy as np; from parity import oracle; x = np.ones(2); given = "
        "{'value': x, 'gradient': x}; oracle.forward('sgd_step', given, {'momentum': 0.9}); "
        "oracle.forward('adam_step', given, {}); print('torch._dynamo' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
