"""Ctrl-C in every command: soon over, one sentence, exit code 130, no process and no file left."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from forked import Started, finish, none_is_left, start, workers
from typer.testing import CliRunner

import parity
from parity.cli import app
from parity.commands import interruption
from parity.models.watch_files import read
from parity.results.findings import Findings
from parity.results.settings import Settings
from parity.suite import processes as server
from parity.suite import run as module
from parity.suite.run import run_task
from parity.suite.task import Task

ROOT = Path(parity.__file__).parents[1]
SOON = 4.0  # seconds; 2 where nothing else is at work on the machine
CHILD = [sys.executable, "-c"]
NOTHING = "nothing was written, earlier reports stand"
ENDLESS = "def relu(x):\n    while True: pass\n"


def candidates(folder: Path) -> list[str]:
    """Files that never answer."""
    folder.mkdir()
    paths = [folder / f"{name}.py" for name in "abcd"]
    for path in paths:
        path.write_text(ENDLESS, encoding="utf-8")
    return list(map(str, paths))


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def until(there: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def interrupted(started: Started, whole_group: bool = True) -> tuple[str, list[psutil.Process]]:
    """What the command says after Ctrl-C, and the processes that it had."""
    pid = started.process.pid
    processes = family(pid)
    begun = time.monotonic()
    (os.killpg if whole_group else os.kill)(pid, signal.SIGINT)
    code, out, err = finish(started)
    assert time.monotonic() - begun < SOON
    assert (code, out) == (130, "")
    return err, processes


def test_a_training_under_watch_keeps_its_steps(tmp_path: Path) -> None:
    """And says how many, and where."""
    (tmp_path / "nets.py").write_text("from torch import nn\n\nnet = nn.Linear(3, 2)\n")
    target, out = f"{tmp_path}/nets.py:net", tmp_path / "kept"
    started = start("watch", target, "--shape", "4,3", "--steps", 100000, "--out", out)
    until(lambda: (out / "watch.json").exists() and len(read(out).steps) > 2)
    said, _ = interrupted(started)
    found = re.fullmatch(
        rf"parity: interrupted after (\d+) of 100000 steps; those that were watched are in {out}\n",
        said,
    )
    assert found
    assert len(read(out).steps) >= int(found[1])


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "kill -INT"])
@pytest.mark.parametrize("command", ["run", "mistakes"])
def test_several_processes(tmp_path: Path, command: str, whole_group: bool) -> None:
    """While they compute."""
    started = start(command, "--jobs", 2, "--out", tmp_path)
    until(lambda: len(workers(started.process.pid)) == 2)
    time.sleep(0.5)
    err, processes = interrupted(started, whole_group)
    what = {"run": "task", "mistakes": "step"}[command]
    kept = f"({NOTHING}|what they found goes to {tmp_path / 'interrupted'})"
    assert re.fullmatch(rf"parity: interrupted after \d+ of \d+ {what}s; {kept}\n", err)
    none_is_left(processes, SOON)
    assert [path.name for path in tmp_path.iterdir()] in ([], ["interrupted"])


def test_what_a_run_has_found_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own, beside a report that stands as it was."""
    (tmp_path / "summary.csv").write_text("of an earlier run")
    ended: list[int] = []

    def broken_off(task: Task, settings: Settings) -> Findings:
        if len(ended) == 3:
            raise KeyboardInterrupt
        ended.append(1)
        return run_task(task, settings)

    monkeypatch.setattr(module, "run_task", broken_off)
    arguments = ["run", "relu", "--case", "maps", "--jobs", "1", "--out", str(tmp_path)]
    assert CliRunner().invoke(app, arguments).exit_code == interruption.INTERRUPTED
    assert (tmp_path / "summary.csv").read_text() == "of an earlier run"
    folder = tmp_path / "interrupted"
    with (folder / "summary.csv").open(newline="") as file:
        assert {row["case"] for row in csv.DictReader(file)} == {"relu[maps]"}
    about = json.loads((folder / "run.json").read_text())
    assert re.fullmatch(r"part: 3 of \d+ tasks of part: relu .*", about["scope"])


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "kill -INT"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_candidates_that_never_end(tmp_path: Path, jobs: int, whole_group: bool) -> None:
    """`parity check`: they end with it, long before their time is over."""
    files = candidates(tmp_path / "handed in")
    limit = ("--time-limit", 300)
    started = start("check", *files, "--like", "relu", "--jobs", jobs, *limit)

    def at_work() -> bool:
        asked = [one for one in family(started.process.pid) if "runner.py" in " ".join(words(one))]
        return len(asked) == jobs and all(sum(one.cpu_times()[:2]) > 0.5 for one in asked)

    until(at_work)
    err, processes = interrupted(started, whole_group)
    assert err.startswith("parity: interrupted after 0 of 4 candidates; ")
    none_is_left(processes, SOON)


def test_a_table_of_candidates(tmp_path: Path) -> None:
    """What is known is in it, and said; the same command goes on."""
    quick, table = tmp_path / "quick.py", tmp_path / "results.csv"
    quick.write_text("def relu(x):\n    return x * (x > 0)\n", encoding="utf-8")
    files = [str(quick), *candidates(tmp_path / "handed in")]
    limit = ("--time-limit", 300)
    started = start("check", *files, "--like", "relu", "--jobs", 1, *limit, "--out", table)
    until(table.exists)
    err, processes = interrupted(started)
    kept = f"1 of 5 are in {table}, the same command goes on"
    assert err == f"parity: interrupted after 1 of 5 candidates; {kept}\n"
    none_is_left(processes, SOON)
    assert len(table.read_text(encoding="utf-8").splitlines()) == 2
    assert {path for path in tmp_path.iterdir() if path.is_file()} == {quick, table}


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.mark.parametrize("command", ["audit", "bench"])
def test_one_process(tmp_path: Path, command: str) -> None:
    """While it imports or computes."""
    started = start(command, "--out", tmp_path)
    time.sleep(1.5)
    pid = started.process.pid
    os.killpg(pid, signal.SIGINT)
    begun = time.monotonic()
    code, _, err = finish(started)
    assert time.monotonic() - begun < SOON
    assert code == 130
    assert re.fullmatch(rf"parity: interrupted .*; {NOTHING}\n", err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", [0.3, 0.7, 1.2, 2.0])
@pytest.mark.parametrize("command", ["run", "sweep"])
def test_while_everything_is_imported(tmp_path: Path, command: str, seconds: float) -> None:
    """From the first moment on, also where a server of processes is loading torch."""
    process = subprocess.Popen(
        [sys.executable, "-m", "parity", command, "--jobs", "2", "--out", tmp_path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(seconds)
    processes = family(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=SOON)  # the pipes are closed: nobody else has them
    assert (process.returncode, out) == (130, "")
    assert re.fullmatch(r"parity: interrupted.*\n", err)
    none_is_left(processes, SOON)


def test_what_was_swallowed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the work begins, unless the sentence is said."""
    monkeypatch.setattr(interruption, "_ctrl", interruption._Ctrl(came=True))
    with pytest.raises(KeyboardInterrupt):
        interruption.counts(3, "task")
    assert interruption._ctrl.says_it()
    interruption.counts(3, "task")


def test_the_sentence_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By whoever asks first."""
    monkeypatch.setattr(interruption, "_ctrl", interruption._Ctrl(came=True))
    for sentence in ("first", "second"):
        interruption.answer(sentence)
    assert capsys.readouterr().err == "parity: first\n"
    assert not interruption._ctrl.says_it()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system does not tell")
def test_whom_a_process_has_started() -> None:
    """They end with the server of processes."""
    code = (
        "import subprocess as s; p = s.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        started = int(process.stdout.readline())
        assert server._started_by(process.pid) == [started]
        os.kill(started, signal.SIGKILL)
    assert server._started_by(process.pid) == []


def test_code_that_swallows_it() -> None:
    """A library that goes on, or computes on and on, is ended from outside."""
    code = (
        "import time\n"
        "from parity.commands import interruption\n"
        "interruption.watch()\n"
        "interruption.counts(7, 'task')\n"
        "interruption.advance(3)\n"
        "while True:\n"
        "    try:\n"
        "        print('ready', flush=True)\n"
        "        time.sleep(60)\n"
        "    except KeyboardInterrupt:\n"
        "        pass\n"
    )
    process = subprocess.Popen(
        [*CHILD, code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert interruption.PATIENCE < time.monotonic() - begun < SOON
    assert (process.returncode, err) == (
        130,
        f"parity: interrupted after 3 of 7 tasks; {NOTHING}\n",
    )


def test_an_interrupted_exec() -> None:
    """The exit code is 130 there, too: a dataclass that was about to be made."""
    code = (
        "import contextlib\n"
        "from parity.commands import interruption\n"
        "with contextlib.suppress(KeyboardInterrupt):\n"
        "    exec('raise KeyboardInterrupt')\n"
        "interruption.end()\n"
    )
    for way in (CHILD, [sys.executable, "-"]):
        ended = subprocess.run(
            way if way[-1] == "-" else [*way, code],
            input=code,
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        assert ended.returncode == 130


def test_who_has_it_ignored_keeps_it_ignored() -> None:
    """`nohup parity … &` in a script: Ctrl-C is for what runs before it."""
    code = (
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from parity.commands import interruption\n"
        "interruption.watch()\n"
        "print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)\n"
    )
    said = subprocess.run([*CHILD, code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert said.stdout == "True\n"


def test_the_reports_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Who is interrupted after that is told so."""
    interruption.begin()
    interruption.counts(1, "task")
    interruption.advance(1)
    interruption.keeps("the reports are written")
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            interruption.end()
        assert ended.value.code == 130
    said = capsys.readouterr().err
    assert said == "parity: interrupted after 1 of 1 task; the reports are written\n"
    interruption.begin()
