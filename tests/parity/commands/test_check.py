"""`parity check`: what is printed, exit codes, a table that goes on, wrong calls."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from calling import Call
from handed_in import RIGHT, STRIDE_FORGOTTEN

from parity.report.check import COLUMNS, schema
from parity.report.submissions import ALL

NAMES = "conv_forward_naive,conv_backward_naive"


@pytest.fixture
def right(tmp_path: Path) -> str:
    path = tmp_path / "right.py"
    path.write_text(RIGHT, encoding="utf-8")
    return str(path)


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    path = tmp_path / "wrong.py"
    path.write_text(STRIDE_FORGOTTEN, encoding="utf-8")
    return str(path)


def test_text(call: Call, right: str, wrong: str) -> None:
    """Right 0, wrong 1, not judged 2; the worst of several counts."""
    code, out, err = call("check", f"{right}:{NAMES}")
    assert (code, err) == (0, "")
    assert out.startswith(f"{right}:{NAMES}: RIGHT: all ")
    code, out, _ = call("check", f"{wrong}:{NAMES}")
    assert code == 1
    assert "looks like: dx: dy is not spread out by the stride; dweight: x is read" in out
    assert "smallest problem: stride=2; dx is wrong in " in out
    code, out, _ = call("check", f"{right}:{NAMES}", f"{right}:nothing", "--jobs", "1")
    assert code == 2
    assert out.count("RIGHT") == 1
    assert "FAILED: " in out


def test_json(call: Call, right: str, wrong: str) -> None:
    """One object, or a list of them; both keep the schema."""
    code, out, _ = call("check", f"{wrong}:{NAMES}", "--format", "json", "--no-answers")
    found = json.loads(out)
    jsonschema.validate(found, schema())
    assert (code, found["status"]) == (1, "wrong")
    assert "expected" not in found["example"]
    strided = found["scores"]["cases where stride > 1"]
    assert strided["right"] < strided["asked"]
    _, out, _ = call("check", right, wrong, "--like", "conv2d_backward", "--format", "json")
    both = json.loads(out)
    assert [one["status"] for one in both] == ["right", "wrong"]
    for one in both:
        jsonschema.validate(one, schema())


def test_csv(call: Call, right: str) -> None:
    """A row for each."""
    code, out, _ = call("check", right, "--like", "conv2d", "--format", "csv")
    (row,) = csv.DictReader(out.splitlines())
    assert code == 0
    assert tuple(row) == COLUMNS
    assert (row["status"], row["score"]) == ("right", "1.0")


def test_a_table_that_goes_on(call: Call, right: str, wrong: str, tmp_path: Path) -> None:
    """What has not changed is not asked again; what has, is."""
    table = tmp_path / "results.csv"
    command = ("check", right, wrong, "--like", "conv2d_backward", "--out", table, "--jobs", "1")
    code, out, _ = call(*command)
    assert code == 1
    assert out == f"2 candidates: 1 right, 1 wrong; 2 checked now; {table}\n"
    before = table.read_text(encoding="utf-8")
    rows = list(csv.DictReader(before.splitlines()))
    assert tuple(rows[0]) == ALL
    assert call(*command)[1] == f"2 candidates: 1 right, 1 wrong; 0 checked now; {table}\n"
    assert table.read_text(encoding="utf-8") == before
    Path(wrong).write_text(RIGHT, encoding="utf-8")
    assert call(*command)[:2] == (0, f"2 candidates: 2 right; 1 checked now; {table}\n")
    assert "2 checked now" in call(*command, "--seed", "5")[1]


def test_another_table_is_not_overwritten(call: Call, right: str, tmp_path: Path) -> None:
    """Nothing is lost."""
    table = tmp_path / "grades.csv"
    table.write_text("name,grade\nme,1\n", encoding="utf-8")
    code, _, err = call("check", right, "--like", "conv2d", "--out", table)
    assert code == 2
    assert "is no table of parity check: move it away or name another" in err
    assert table.read_text(encoding="utf-8") == "name,grade\nme,1\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no file.py:f",), "there is no file no file.py"),
        (("{right}:conv_backwrd_naive",), "has no conv_backwrd_naive: it has conv_backward_naive"),
        (("{right}:conv_forward_naive", "--like", "conv9d"), "no function is called 'conv9d'"),
        (("{right}:conv_forward_naive", "--style", "mine"), 'no style is called "mine"'),
        (("{right}",), "no name is given; the file defines: conv_forward_naive"),
        (
            ("{right}:conv_forward_naive", "--python", "/nowhere/python"),
            "--python /nowhere/python cannot run a candidate",
        ),
    ],
)
def test_wrong_calls(call: Call, right: str, arguments: tuple[str, ...], said: str) -> None:
    """Exit code 2, and what to do."""
    code, out, _ = call("check", *(one.format(right=right) for one in arguments))
    assert code == 2
    assert said in out


def test_what_it_printed(call: Call, tmp_path: Path) -> None:
    """Only if one asks for it."""
    path = tmp_path / "loud.py"
    path.write_text("print('hello')\ndef relu(x):\n    return x * (x > 0)\n", encoding="utf-8")
    assert "hello" not in call("check", f"{path}:relu")[1]
    assert "  it printed:\nhello\n" in call("check", f"{path}:relu", "--show-output")[1]


def test_limits(call: Call, tmp_path: Path) -> None:
    """Time and memory are the person's to say."""
    path = tmp_path / "slow.py"
    path.write_text(
        "import numpy as np\n"
        "def relu(x):\n    while True: pass\n"
        "def tanh(x):\n    return np.tanh(x) + np.zeros(1 << 28)[:1]\n",
        encoding="utf-8",
    )
    _, out, _ = call("check", f"{path}:relu", "--time-limit", "0.5")
    assert "did not end within the time limit of 0.5 s (--time-limit)" in out
    _, out, _ = call("check", f"{path}:tanh", "--memory-limit", "64")
    assert "asked for more memory than the limit of 64 MB (--memory-limit)" in out


def test_the_fixture(tmp_path: Path) -> None:
    """In somebody's own tests: right passes, wrong fails with the verdict."""
    test = tmp_path / "test_mine.py"
    test.write_text(
        "import numpy as np\n"
        "def test_right(parity_check):\n"
        "    parity_check(lambda x: np.maximum(x, 0), like='relu', style='refimpl')\n"
        "def test_wrong(parity_check):\n"
        "    parity_check(lambda dy, x: dy + x, like='relu_backward', style='refimpl')\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 failed, 1 passed" in found.stdout
    assert "candidate: WRONG: dx is wrong in " in found.stdout
    code = "import sys, parity.candidates.plugin; print('numpy' in sys.modules)"
    light = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert light.stdout == "False\n"
