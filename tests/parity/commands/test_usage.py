"""What is said of a command line that cannot be understood, and the help for it."""

from __future__ import annotations

import re
import shlex

import pytest
from calling import Call, Outcome

from parity.cli import COMMANDS, app
from parity.commands.examples import EXAMPLES
from parity.suite.tasks import element_cases, select

RAW = ("Invalid value", "Input should", "Value error", "Errno", "No such", "Got ", "Missing ")
WRONG = {
    "rnu": "there is no command 'rnu', did you mean run?; `parity --help` shows what there is",
    "--foo": "there is no option --foo; `parity --help` shows what there is",
    "run --jobz 3": "there is no option --jobz, did you mean --jobs?; `parity run --help`",
    "run --jobs 0": "--jobs must be at least 1, but is 0; `parity run --help`",
    "run --seed=-1": "--seed must be at least 0, but is -1",
    "run --seed x": "--seed must be a whole number, but is x",
    "run --rtol abc": "--rtol must be a number, but is abc",
    "run --dtype float16": "--dtype must be float32 or float64, but is 'float16'",
    "run --seed": "--seed needs a value behind it; `parity run --help`",
    "run --quick=3": "--quick takes no value",
    "check": "FILE:NAME… is missing; `parity check --help`",
    "check a --layout x": "--layout must be NCHW, NHWC, CHW, HWC, HW, D, DN, D1 or NC, but is 'x'",
    "diff a.csv": "B is missing",
    "list a b": "too many arguments: b",
    "help rnu": "there is no command 'rnu', did you mean run?; there are run, page, check, ",
    "check a.py:f --out /none/t.csv": "--out /none/t.csv: there is no folder /none",
    "run relu --out /proc/nowhere": "/proc/nowhere: no such file or directory",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_call_in_plain_words(call: Call, words: str) -> None:
    """One line in words of ours: what is wrong, what was given, where to read on."""
    outcome = call(*words.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"parity: {WRONG[words]}")
    assert len(outcome.err.splitlines()) == 1
    assert not any(raw in outcome.err for raw in RAW)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(call: Call, command: str) -> None:
    """`parity help run` is `parity run --help`, whose examples fit 80 columns."""
    shown = call("help", command)
    assert (shown.code, shown.err) == (0, "")
    assert shown == call(command, "--help")
    examples = shown.out.partition("Examples:\n")[2].splitlines()
    for line, (example, what) in zip(examples, EXAMPLES[command], strict=True):
        assert line.strip().startswith(f"{example}  ")
        assert line.endswith(what)
    assert max(map(len, examples)) <= 80


def test_help_of_all(call: Call) -> None:
    """`parity help` is `parity --help`."""
    assert call("help") == Outcome(0, call("--help").out, "")


EVERY = [(name, example) for name, given in EXAMPLES.items() for example, _ in given]


@pytest.mark.parametrize(("name", "example"), EVERY)
def test_examples_are_accepted(name: str, example: str) -> None:
    """Each example is a call of its command, with options and cases that exist."""
    import typer.main

    parity, command, *words = shlex.split(example)
    assert (parity, command) == ("parity", name)
    asked = typer.main.get_command(app).get_command(None, name)  # type: ignore[attr-defined]
    given = asked.make_context(name, words).params
    if name == "run":
        assert select(given["names"] or [], given["case"], ["float32"], witnesses=False)
        assert not given["elements"] or element_cases(given["elements"], given["names"])


def test_every_command_has_examples() -> None:
    """And no other has."""
    assert list(EXAMPLES) == list(COMMANDS)
    assert all(re.match(f"parity {name}( |$)", example) for name, example in EVERY)
