"""`parity peers`, and `parity explain conventions`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from peers_made_up import adapter
from typer.testing import CliRunner

from parity.cli import app
from parity.peers.atlas import read
from parity.peers.chosen_cases import EVERY
from parity.peers.gathering import gather, question
from parity.peers.libraries import Peer
from parity.peers.probe import Probe


def called(*arguments: object) -> tuple[int, str, str]:
    """Exit code, what is printed, what goes to stderr."""
    found = CliRunner().invoke(app, list(map(str, arguments)))
    return found.exit_code, found.stdout, found.stderr


def made_up(folder: Path, planted: str = "", name: str = "mine") -> list[str]:
    """The call of a made-up library."""
    path = adapter(folder, planted, f"peer_{name}.py")
    return [name, "--adapter", f"{name}={path}", "--python", f"{name}={sys.executable}"]


def test_a_table_and_a_page_of_it(tmp_path: Path) -> None:
    """A row in the terminal for each group, a line for the library, two files."""
    code, said, _ = called("peers", *made_up(tmp_path), "--function", "relu", "--out", tmp_path)
    assert code == 0
    assert "kinks: the derivative at 0" in said
    assert "mine 1.0: " in said
    assert {row.function for row in read(tmp_path / "peers.csv")} == {"relu"}
    assert "mine" in (tmp_path / "conventions.md").read_text(encoding="utf-8")


def test_what_changed(tmp_path: Path) -> None:
    """Exit code 1 and a line for each; 0 if nothing did."""
    asked = ["--function", "relu"]
    assert called("peers", *made_up(tmp_path), *asked, "--out", tmp_path)[0] == 0
    before = ["--diff", tmp_path / "peers.csv"]
    code, said, _ = called("peers", *made_up(tmp_path), *asked, *before)
    assert (code, said.splitlines()[-1]) == (0, "nothing changed")
    planted = """
def backward(function, dy, arrays, options, wanted):
    return {"dx": dy * (arrays["x"] >= 0)}
"""
    code, said, _ = called("peers", *made_up(tmp_path, planted), *asked, *before)
    assert code == 1
    assert said.splitlines()[-1] == (
        "mine 1.0: relu, kinks: the derivative at 0: convention (the derivative at 0 is 0) → "
        "convention (the derivative at 0 is 1)"
    )


def test_a_library_that_hangs_is_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it answered before is kept."""
    monkeypatch.setattr("parity.peers.peer_line.SECONDS", 5.0)
    planted = """
def answer(function, arrays, options, dy, wanted):
    if function == "sum":
        time.sleep(60)
    return _right_answer(function, arrays, options, dy, wanted)
"""
    functions = ["--function", "relu", "--function", "sum"]
    code, said, _ = called("peers", *made_up(tmp_path, planted), *functions)
    assert code == 0
    assert "incomplete: stopped after 5 s, at sum" in said
    assert "the derivative at 0 is 0" in said


def test_brackets_are_shown_and_what_crashes_always_is_not_missing(tmp_path: Path) -> None:
    """[nan, nan] is no style of the terminal; an end without an answer is a difference."""
    planted = """
def answer(function, arrays, options, dy, wanted):
    if function == "tanh":
        os._exit(3)
    return {"y": np.full_like(arrays["x"], np.nan)}
"""
    functions = ["--function", "relu", "--function", "tanh"]
    _, said, _ = called("peers", *made_up(tmp_path, planted), *functions, "--out", tmp_path)
    assert "none of the known answers: y [nan, nan]" in said
    rows = {(row.function, row.group): row for row in read(tmp_path / "peers.csv")}
    crashed = rows["tanh", "cases, float32"]
    assert (crashed.verdict, crashed.answered) == ("differs", 0)
    assert crashed.said == "ended its process with exit code 3"
    assert crashed.incomplete.endswith("ended its process with exit code 3, at tanh")


def test_a_compiler_answers_fifteen_of_what_it_has(tmp_path: Path) -> None:
    """Though it has none of the functions that are asked first."""
    planted = """
def answer(function, arrays, options, dy, wanted):
    if "pool" in function or "conv" in function:
        return {"missing": "no windows"}
    return _right_answer(function, arrays, options, dy, wanted)
"""
    path = adapter(tmp_path, planted, "peer_mine.py")
    peer = Peer("mine", path, compiler=True)
    asked = gather(peer, sys.executable, question(EVERY, full=False, compiler=True))
    answered = [step for step, answer in asked.answers if not answer.missing]
    assert len(answered) == 15
    assert sum(isinstance(step.what, Probe) for step in answered) == 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mygard"], "no peer is called 'mygard': did you mean mygrad or tinygrad?"),
        (
            ["torch", "--python", "torch"],
            "--python takes NAME=PATH, as jax=/opt/jax/bin/python, not 'torch'",
        ),
        (
            ["torch", "--function", "relu7"],
            "libraries are not asked for 'relu7': did you mean relu or prelu or elu?",
        ),
        (["torch", "--python", "jaxx=/p"], "no peer is called 'jaxx': did you mean jax?"),
        (["torch", "--diff", "/no/such.csv"], "/no/such.csv: no such file or directory"),
    ],
)
def test_a_wrong_call(arguments: list[str], said: str) -> None:
    """One sentence, exit code 2."""
    code, _, error = called("peers", *arguments)
    assert (code, error) == (2, f"parity: {said}\n")


def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    """Nothing could be asked."""
    path = adapter(tmp_path, "", "peer_mine.py")
    code, said, error = called(
        *("peers", "mine", "--adapter", f"mine={path}", "--python", "mine=/no/python")
    )
    assert code == 2
    assert "mine: /no/python: No such file or directory" in said
    assert error == "parity: no library could be asked\n"


def test_a_library_without_an_environment(tmp_path: Path) -> None:
    """It says how to get one."""
    path = adapter(tmp_path, "", "peer_mine.py")
    code, said, _ = called("peers", "mine", "--adapter", f"mine={path}")
    assert code == 2
    assert said.startswith("mine: which Python runs it? --python mine=PATH says so")


def test_conventions_are_explained(tmp_path: Path) -> None:
    """From one library to another, by a table of one's own."""
    planted = """
def backward(function, dy, arrays, options, wanted):
    return {"dx": dy * ((arrays["x"] > 0) + (arrays["x"] == 0) / 2)}
"""
    asked = ["--function", "relu", "--out", tmp_path]
    calls = [*made_up(tmp_path), *made_up(tmp_path, planted, "yours")]
    assert called("peers", *calls, *asked)[0] == 0
    table = ["--table", tmp_path / "peers.csv"]
    conventions = ["explain", "conventions", "relu"]
    code, said, _ = called(*conventions, "--from", "yours", "--to", "mine", *table)
    assert code == 0
    assert said.splitlines() == [
        "relu, from yours 1.0 to mine 1.0",
        "",
        "kinks: the derivative at 0",
        "  yours: the derivative at 0 is ½",
        "  mine: the derivative at 0 is 0",
        "  in yours as mine does: where(x > 0, x, 0)",
    ]
    code, said, _ = called(*conventions, "NaN", "--from", "yours", "--to", "mine", *table)
    assert said.splitlines()[-1] == ("nothing that both answered about NaN comes out otherwise")
    code, _, error = called("explain", "relu", "--from", "yours")
    assert (code, error.splitlines()[0]) == (
        2,
        "parity: --from and --to belong to a function's conventions: parity explain conventions "
        "max_pool2d --from tensorflow --to torch",
    )
