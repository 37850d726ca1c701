"""What docs/check.md shows is what comes out."""

from __future__ import annotations

import doctest
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from calling import Call
from handed_in import STRIDE_FORGOTTEN

ROOT = Path(__file__).parents[3]
NOTEBOOK = ROOT / "examples" / "check_your_own_layer.ipynb"
PAGE = ROOT / "docs" / "check.md"
BLOCK = re.compile(r"```console\n\$ parity (check .*?)\n(.*?)```", re.DOTALL)
SCRIPTS = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
BLOCKS = [
    found
    for found in BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    if "submissions" not in found[0]
]


def numberless(text: str) -> str:
    """Without the sizes of rounding errors, which another processor has otherwise."""
    lines = text.replace("\n\n", "\n").splitlines()
    return "\n".join(
        re.sub(r"\d+(\.\d+)?(e[+-]\d+)?", "#", line)
        if "roundings" in line or "times what" in line
        else line
        for line in lines
    ).strip()


@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_commands(call: Call, command: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example, to the letter."""
    monkeypatch.chdir(ROOT)
    code, out, err = call(*shlex.split(command))
    assert err == ""
    assert numberless(out) == numberless(shown)
    assert code == int("WRONG" in shown.partition(":")[2].splitlines()[0])


def test_a_notebook_is_a_file(call: Call) -> None:
    """Its definitions are taken, the checks in it are not run."""
    code, out, _ = call("check", f"{NOTEBOOK}:conv_forward,mended", "--style", "cs231n")
    assert code == 0
    assert ": RIGHT: all " in out


def test_python() -> None:
    """The lines of Python run, too."""
    found = doctest.testfile(str(PAGE), module_relative=False, verbose=False)
    assert found.attempted > 3
    assert not found.failed


def test_the_autograder(tmp_path: Path) -> None:
    """`run_autograder` as it stands, in Gradescope’s folders, for a wrong and a lost layer."""
    (script,) = (one for one in SCRIPTS if "gradescope" in one)
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "parity").symlink_to(Path(sys.executable).with_name("parity"))
    results, layers = tmp_path / "results" / "results.json", tmp_path / "submission" / "layers.py"
    for path in (results, layers):
        path.parent.mkdir()
    run = script.replace("/autograder", str(tmp_path))
    layers.write_text(STRIDE_FORGOTTEN, encoding="utf-8")
    subprocess.run(["bash", "-c", run], check=True, capture_output=True)
    found = json.loads(results.read_text(encoding="utf-8"))
    assert 0 < found["score"] < 20
    assert "WRONG: dx is wrong" in found["output"]
    layers.write_text("import nothing_of_that_name", encoding="utf-8")
    subprocess.run(["bash", "-c", run], check=True, capture_output=True)
    assert json.loads(results.read_text(encoding="utf-8"))["score"] == 0
