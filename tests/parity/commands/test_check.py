"""`parity check`: what is printed, exit codes, a table that goes on, wrong calls."""

from __future__ import annotations

import csv
import json
import os
import re
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


def test_rows_of_other_candidates_stay(call: Call, right: str, wrong: str, tmp_path: Path) -> None:
    """A table with one more candidate loses nobody; what cannot be judged ends with 2."""
    table = tmp_path / "results.csv"
    asked = ("--like", "conv2d_backward", "--out", table, "--jobs", "1")
    call("check", wrong, *asked)
    before = table.read_text(encoding="utf-8").splitlines()
    code, out, _ = call("check", right, *asked)
    assert (code, out) == (0, f"1 candidate: 1 right; 1 checked now; {table}\n")
    after = table.read_text(encoding="utf-8").splitlines()
    assert after[:2] == before
    assert len(after) == 3
    lost = tmp_path / "lost.py"
    lost.write_text("import nowhere_at_all\n", encoding="utf-8")
    assert call("check", lost, wrong, *asked).code == 2
    assert len(table.read_text(encoding="utf-8").splitlines()) == 4


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
        (("{right}", "--like", "linear"), "no name in it is like linear; the file defines: conv_"),
        (("",), "FAILED: the target is empty: FILE:NAME is needed, layers.py:conv for example"),
        ((":f",), "FAILED: “:f” names no file: FILE:NAME is needed"),
        (("{folder}",), "FAILED: {folder} is a folder: give its files, {folder}/*.py"),
        (("{folder}:f",), "FAILED: {folder} is a folder: give its files, {folder}/*.py"),
        (
            ("{right}:f,",),
            "FAILED: “f,” is no name in {right}: a function, a class or forward,backw",
        ),
        (("{folder}/image.py:f",), "FAILED: {folder}/image.py is no Python file: it is no text"),
        (("{folder}/nul.py:f",), "FAILED: {folder}/nul.py is no Python file: it is no text"),
        (("{folder}/prose.py:f",), "cannot be imported: SyntaxError: "),
        (
            ("{right}:conv_forward_naive", "--python", "/nowhere/python"),
            "--python /nowhere/python cannot run a candidate",
        ),
    ],
)
def test_targets_that_are_none(
    call: Call, right: str, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Exit code 2, and what to do; the verdict of others is not touched."""
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "image.py").write_bytes(bytes(range(256)))
    (folder / "nul.py").write_bytes(b"x = 1\0")
    (folder / "prose.py").write_text("Dear all,", encoding="utf-8")
    places = {"right": right, "folder": folder}
    code, out, err = call("check", *(one.format(**places) for one in arguments))
    assert (code, err) == (2, "")
    assert said.format(**places) in out
    assert len(out.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--like", "zzz"), "--like: no function is called 'zzz'; `parity list` shows them all"),
        (("--style", "cs213n"), 'no style is called "cs213n"; did you mean cs231n?'),
        (("--style", "mine"), 'no style is called "mine"; styles: refimpl, cs231n, '),
        (
            ("--layout", "nhwc"),
            "HWC, HW, D, DN, D1 or NC, but is 'nhwc'; did you mean NHWC?",
        ),
        (
            ("--layout", "x"),
            "--layout must be NCHW, NHWC, CHW, HWC, HW, D, DN, D1 or NC, but is 'x'",
        ),
        (("--format", "jsno"), "csv or gradescope, but is 'jsno'; did you mean json?"),
        (("--jobs", "0"), "--jobs must be at least 1, but is 0"),
        (("--jobs", "two"), "--jobs must be a whole number, but is two"),
        (("--time-limit", "-1"), "--time-limit must be at least 0.1, but is -1"),
        (("--time-limit", "long"), "--time-limit must be a number, but is long"),
        (("--memory-limit", "1"), "--memory-limit must be at least 16, but is 1"),
        (("--seed", "-1"), "--seed must be at least 0, but is -1"),
        (("--out", "{folder}/none/x.csv"), "x.csv: there is no folder {folder}/none"),
        (("--out", "{folder}"), "--out {folder}: is a folder, a file is needed"),
        (("--out", os.devnull), f"--out {os.devnull}: is a device, a file is needed"),
        (("other.py:f", "--format", "gradescope"), "is for one candidate, but 2 are given"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else None,
)
def test_wrong_calls(
    call: Call, right: str, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """One sentence, exit code 2, and nothing is asked."""
    given = (one.format(folder=tmp_path) for one in arguments)
    code, out, err = call("check", f"{right}:conv_forward_naive", *given)
    assert (code, out) == (2, "")
    assert said.format(folder=tmp_path) in err
    assert err.startswith("parity: ")
    assert len(err.splitlines()) == 1


def test_a_folder_that_takes_nothing(
    call: Call, right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before anything is asked."""
    monkeypatch.setattr(os, "access", lambda *given: False)
    code, _, err = call("check", f"{right}:{NAMES}", "--out", tmp_path / "x.json")
    assert code == 2
    said = f"--out {tmp_path / 'x.json'}: {tmp_path} cannot be written to"
    assert err == f"parity: {said}\n"


@pytest.mark.parametrize("form", ["json", "txt"])
def test_a_file(call: Call, right: str, wrong: str, tmp_path: Path, form: str) -> None:
    """By its ending, what is printed without it; an old one is replaced as a whole."""
    path = tmp_path / f"verdict.{form}"
    path.write_text("old", encoding="utf-8")
    asked = ("check", right, wrong, "--like", "conv2d_backward", "--no-answers", "--jobs", "1")
    code, out, _ = call(*asked, "--out", path)
    assert (code, out) == (1, f"2 candidates: 1 right, 1 wrong; {path}\n")
    named = {"json": "json", "txt": "text"}[form]
    assert path.read_text(encoding="utf-8") == call(*asked, "--format", named)[1]
    assert {one.name for one in tmp_path.iterdir()} == {"right.py", "wrong.py", path.name}


def test_the_format_is_said(call: Call, right: str, tmp_path: Path) -> None:
    """It counts, whatever the file is called."""
    path = tmp_path / "verdict"
    call("check", f"{right}:{NAMES}", "--out", path, "--format", "json")
    assert json.loads(path.read_text(encoding="utf-8"))["status"] == "right"
    results = tmp_path / "results.json"
    call("check", f"{right}:{NAMES}", "--out", results, "--format", "gradescope", "--points", "8")
    assert json.loads(results.read_text(encoding="utf-8"))["score"] == 8


def test_a_file_that_cannot_be_written(
    call: Call, right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one stands."""
    path = tmp_path / "verdict.json"
    path.write_text("old", encoding="utf-8")

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = call("check", f"{right}:{NAMES}", "--out", path)
    assert (code, err) == (2, f"parity: --out {path}: No space left on device\n")
    assert path.read_text(encoding="utf-8") == "old"


def test_cases_that_were_not_reached(call: Call, tmp_path: Path) -> None:
    """They are counted, and are not right."""
    path = tmp_path / "later.py"
    path.write_text(
        "count = 0\n"
        "def relu(x):\n"
        "    global count\n"
        "    count += 1\n"
        "    while count > 5: pass\n"
        "    return x * (x > 0)\n",
        encoding="utf-8",
    )
    asked = ("check", f"{path}:relu", "--time-limit", "0.5")
    code, out, _ = call(*asked)
    assert code == 2
    assert re.search(r"right in 5 of 6 cases \(y 5/6\); \d+ more were not reached\n", out)
    found = json.loads(call(*asked, "--format", "json")[1])
    jsonschema.validate(found, schema())
    left = found["unreached"]
    assert left > 0
    (row,) = csv.DictReader(call(*asked, "--format", "csv")[1].splitlines())
    assert (row["unreached"], float(row["score"])) == (str(left), 5 / (6 + left))
    results = json.loads(call(*asked, "--format", "gradescope")[1])
    (one,) = (test for test in results["tests"] if test["name"] == "gives an answer")
    assert one["output"] == f"5 of {6 + left}"


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
