"""A training watched step by step: which steps, what they cost, and what a crash leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (as everybody calls it)
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from watched_model import Net

import parity
from parity.models import watch_files
from parity.models.errors_of_watch import WatchError
from parity.models.watch_report import WatchReport

LOOP = """
import os, sys, torch
import parity

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
out, steps = sys.argv[1], int(sys.argv[2])
with parity.watch(model, every=2, out=out) as seen:
    for step in range(steps):
        x, target = torch.randn(5, 3), torch.tensor([0, 1, 1, 0, 1])
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), target)
        if step == int(sys.argv[3]):
            os.kill(os.getpid(), 9)
        loss.backward()
        optimizer.step()
        seen.step()
        print(step, flush=True)
"""


def train(
    steps: int, model: Net | None = None, nan_in: int = -1, **how: Any
) -> tuple[parity.watch, Net]:
    """A training loop as everybody writes it, with two lines more."""
    torch.manual_seed(3)
    model = model or Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    batches, target = [torch.randn(2, 3, 8, 8) for _ in range(steps)], torch.tensor([1, 2])
    if nan_in >= 0:
        batches[nan_in][0, 0, 0, 0] = float("nan")
    with parity.watch(model, **how) as seen:
        for x in batches:
            optimizer.zero_grad()
            F.cross_entropy(model(x), target).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            seen.step()
    return seen, model


# --- which steps --------------------------------------------------------------------------


@pytest.mark.parametrize("out", [False, True])
def test_every_nth_step_is_watched(tmp_path: Path, out: bool) -> None:
    """In memory and on disk the same; rows carry the step, and each step has all tensors."""
    where = {"out": tmp_path / "w"} if out else {}
    report = train(7, every=3, **where)[0].report
    assert list(report.steps.step) == [0, 3, 6]
    assert set(report.frame.step) == set(report.operations.step) == {0, 3, 6}
    first = report.frame[report.frame.step == 3]
    alone = train(1, every=1)[0].report.frame
    assert list(first.case) == list(alone.case)
    assert str(report).startswith("Net: right: steps 0, 3, 6: ")


def test_a_training_is_the_same_with_and_without() -> None:
    """Bit by bit, after steps that were watched and steps that were not."""
    _, watched = train(5, every=2)
    torch.manual_seed(3)
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    batches, target = [torch.randn(2, 3, 8, 8) for _ in range(5)], torch.tensor([1, 2])
    for x in batches:
        optimizer.zero_grad()
        F.cross_entropy(model(x), target).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    for one, other in zip(watched.state_dict().values(), model.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_nothing_of_torch_is_changed_between_watched_steps() -> None:
    """So that such a step costs what it costs without a watch."""
    plain = torch.autograd._engine_run_backward  # type: ignore[attr-defined]
    apply = torch.autograd.Function.__dict__["apply"].__func__.__code__
    model = nn.Linear(3, 2)
    with parity.watch(model, every=2) as seen:
        assert torch.autograd._engine_run_backward is not plain  # type: ignore[attr-defined]
        seen.step()
        assert torch.autograd._engine_run_backward is plain  # type: ignore[attr-defined]
        assert torch.autograd.Function.__dict__["apply"].__func__.__code__ is apply
        assert not torch.utils._python_dispatch._get_current_dispatch_mode_stack()
        model(torch.randn(4, 3)).sum().backward()
        assert model.weight.grad is not None
        assert model.weight.grad.grad_fn is None
        assert not model.weight._backward_hooks
        seen.step()
    with pytest.raises(WatchError, match="no operation of torch was seen"):
        seen.report  # noqa: B018


def test_a_mistake_from_a_step_on_is_found_in_its_step(tmp_path: Path) -> None:
    model = Net()
    with parity.watch(model, every=1, out=tmp_path / "w") as seen:
        for step in range(3):
            model.planted = "backward" if step == 2 else ""
            F.cross_entropy(model(torch.randn(2, 3, 8, 8)), torch.tensor([1, 2])).backward()  # type: ignore[no-untyped-call]
            model.zero_grad()
            seen.step()
    assert {row.step for row in seen.report.wrong} == {2}
    assert list(seen.report.steps.status) == ["right", "right", "wrong"]
    assert "  step 2: Net: dx of Swish, backward: at (" in str(seen.report)


@pytest.mark.parametrize(("every", "step"), [(1, 2), (2, 3)])
def test_nan_is_told_where_it_comes_from(every: int, step: int) -> None:
    """In the step in which it comes; in a later one that it came before what was watched."""
    report = train(step + 2, every=every, nan_in=step)[0].report
    first = report.noticed[report.noticed.what.str.contains("NaN")].iloc[0]
    assert first.step == (step if every == 1 else 4)
    assert "has NaN that came before what was watched" in first.what
    assert ("input of convolution" in first.what) == (every == 1)
    assert (first.module.startswith("conv.weight")) == (every == 2)
    assert not train(3, every=1)[0].report.noticed.what.str.contains("NaN").any()


def test_a_step_without_its_end_is_one_step_and_said() -> None:
    """The last step needs no step(); none at all is a slip."""
    model = nn.Linear(3, 2)
    said = pytest.warns(UserWarning, match=r"every=5, but step\(\) was never called")
    with said, parity.watch(model, every=5) as seen:
        model(torch.randn(4, 3)).sum().backward()
    assert list(seen.report.steps.step) == [0]


# --- what a crash leaves ------------------------------------------------------------------


def loop(folder: Path, out: Path, steps: int, killed_in: int = -1) -> int:
    """A training in a process of its own; how it ended."""
    (folder / "loop.py").write_text(LOOP)
    words = [sys.executable, folder / "loop.py", out, str(steps), str(killed_in)]
    return subprocess.run(words, capture_output=True, timeout=120).returncode


def test_a_killed_training_loses_the_step_under_way_alone(tmp_path: Path) -> None:
    out = tmp_path / "w"
    assert loop(tmp_path, out, 9, killed_in=6) == -signal.SIGKILL
    report = WatchReport.read(out)
    assert report
    assert list(report.steps.step) == [0, 2, 4]
    assert set(report.frame.step) == {0, 2, 4}
    assert loop(tmp_path, out, 3) == 0  # goes on behind step 4: 5, 6, 7
    assert list(WatchReport.read(out).steps.step) == [0, 2, 4, 6]


def test_killed_at_any_time_it_can_be_read(tmp_path: Path) -> None:
    """As soon as a step is said to be done it is on disk."""
    (tmp_path / "loop.py").write_text(LOOP)
    out = tmp_path / "w"
    words = [sys.executable, tmp_path / "loop.py", out, "100000", "-1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 8:
                break
        time.sleep(0.037)
        process.kill()
    steps = list(WatchReport.read(out).steps.step)
    assert steps[:5] == [0, 2, 4, 6, 8]
    assert steps == list(range(0, 2 * len(steps), 2))


@pytest.mark.parametrize("file", [*watch_files.TABLES, watch_files.STEPS])
def test_what_was_broken_off_is_not_read_and_is_written_over(tmp_path: Path, file: str) -> None:
    """Of each file the end, and all but the first byte, of what the last step has added."""
    out = tmp_path / "w"
    train(2, Net("hook"), every=1, out=out)
    whole, tables = WatchReport.read(out), {f: (out / f).read_bytes() for f in watch_files.TABLES}
    lines = (out / watch_files.STEPS).read_bytes()
    kept = lines.rpartition(b"\n")[0].rpartition(b"\n")[0] + b"\n"  # without the last step
    for cut in (1, len(lines) - len(kept) - 1):
        for name, content in tables.items():
            (out / name).write_bytes(content if name != file else content[: len(content) - cut])
        torn = lines if file == watch_files.STEPS else kept
        (out / watch_files.STEPS).write_bytes(torn[: len(torn) - cut] if torn is lines else torn)
        assert list(WatchReport.read(out).steps.step) == [0]
    train(1, Net("hook"), every=1, out=out)
    again = WatchReport.read(out)
    assert list(again.steps.step) == [0, 1]
    assert len(again.rows) == len(whole.rows)


def test_a_table_that_is_shorter_than_its_steps_is_refused(tmp_path: Path) -> None:
    train(1, every=1, out=tmp_path)
    content = (tmp_path / "summary.csv").read_bytes()
    (tmp_path / "summary.csv").write_bytes(content[:-10])
    with pytest.raises(WatchError, match=r"summary\.csv: is cut off: it had \d+ bytes"):
        WatchReport.read(tmp_path)


def test_a_full_disk_ends_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and what was written before can be read."""

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    model = nn.Linear(3, 2)
    with parity.watch(model, every=1, out=tmp_path / "w") as seen:
        for step in range(3):
            model(torch.randn(4, 3)).sum().backward()
            model.zero_grad()
            with monkeypatch.context() as patched, warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                if step == 1:
                    patched.setattr(os, "fsync", full)
                seen.step()
            assert [str(one.message)[:38] for one in said] == (
                ["parity.watch: step 1 is not in the rep"] if step == 1 else []
            )
    assert list(WatchReport.read(tmp_path / "w").steps.step) == [0, 2]


# --- going on -----------------------------------------------------------------------------


def test_going_on_begins_behind_the_last_step_or_at_start(tmp_path: Path) -> None:
    train(3, every=1, out=tmp_path)
    train(1, every=1, out=tmp_path)
    train(2, every=1, out=tmp_path, start=10)
    assert list(WatchReport.read(tmp_path).steps.step) == [0, 1, 2, 3, 10, 11]


def test_a_step_that_is_there_is_not_written_twice(tmp_path: Path) -> None:
    train(3, every=1, out=tmp_path)
    said = r"has the steps up to 2 already; start must be 3 or more, but is 1: give another folder"
    with pytest.raises(WatchError, match=said):
        train(1, every=1, out=tmp_path, start=1)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    """Before anything runs, and in one sentence."""
    train(1, every=1, out=tmp_path)
    text = (tmp_path / "summary.csv").read_text().replace("worst_ratio", "ratio", 1)
    (tmp_path / "summary.csv").write_text(text)
    before = text.encode()
    with pytest.raises(WatchError, match=r"summary\.csv: has not the \d+ columns of this version"):
        train(1, every=1, out=tmp_path)
    assert (tmp_path / "summary.csv").read_bytes() == before


def test_a_report_in_one_piece_is_not_gone_on_with(tmp_path: Path) -> None:
    with parity.watch() as seen:
        torch.ones(2) + 1
    seen.report.to_csv(tmp_path)
    with pytest.raises(WatchError, match="holds the report of a watch in one piece, which has no"):
        train(1, every=1, out=tmp_path)


def test_another_model_is_refused(tmp_path: Path) -> None:
    """Its training runs on, and is not in the report."""
    train(1, every=1, out=tmp_path)
    model = nn.Linear(3, 2)
    with parity.watch(model, every=1, out=tmp_path) as seen:
        model(torch.randn(4, 3)).sum().backward()
        with pytest.warns(UserWarning, match="holds the report of Net, not of Linear; give anothe"):
            seen.step()
    assert len(WatchReport.read(tmp_path).steps) == 1


def test_two_watches_in_one_folder_are_seen(tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    with parity.watch(model, every=1, out=tmp_path) as seen:
        for step in range(2):
            if step == 1:
                with open(tmp_path / "summary.csv", "a") as file:
                    file.write("somebody else's\n")
            model(torch.randn(4, 3)).sum().backward()
            model.zero_grad()
            if step == 0:
                seen.step()
        with pytest.warns(UserWarning, match="somebody else has written to it; two watches need"):
            seen.step()


# --- reading back, and wrong calls ---------------------------------------------------------


def test_a_report_is_read_back_as_it_was(tmp_path: Path) -> None:
    """Of steps and in one piece, with strange text in it."""
    for name, report in (
        ("steps", train(2, every=1)[0].report),
        ("piece", _in_one_piece(Net("hook"))),
    ):
        report.to_csv(tmp_path / name)
        again = WatchReport.read(tmp_path / name)
        assert str(again) == str(report)
        assert again.frame.equals(report.frame)
        assert again.operations.equals(report.operations)
        assert again.noticed.equals(report.noticed)
        again.to_csv(tmp_path / f"{name} again")
        for file in ("summary.csv", "operations.csv", "noticed.csv"):
            written = (tmp_path / name / file).read_bytes()
            assert written == (tmp_path / f"{name} again" / file).read_bytes()


def _in_one_piece(model: Net) -> WatchReport:
    with parity.watch(model) as seen:
        F.cross_entropy(model(torch.randn(2, 3, 8, 8)), torch.tensor([1, 2])).backward()  # type: ignore[no-untyped-call]
    return seen.report


def test_written_whole_or_step_by_step_the_files_are_the_same(tmp_path: Path) -> None:
    report = train(3, every=1, out=tmp_path / "steps")[0].report
    report.to_csv(tmp_path / "whole")
    for file in (*watch_files.TABLES, watch_files.STEPS):
        one, other = ((tmp_path / where / file).read_text() for where in ("steps", "whole"))
        assert one == other
    train(1, every=1, out=tmp_path / "whole")
    assert list(WatchReport.read(tmp_path / "whole").steps.step) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"every": 0}, "watch: every must be a whole number from 1 on, but is 0"),
        ({"every": 1.5}, "watch: every must be a whole number from 1 on, but is 1.5"),
        ({"every": True}, "watch: every must be a whole number from 1 on, but is True"),
        ({"start": -1}, "watch: start must be a whole number from 0 on, but is -1"),
        ({"out": 7}, "watch: out must be a folder, but is int"),
    ],
)
def test_wrong_calls(how: dict[str, Any], said: str) -> None:
    with pytest.raises(WatchError) as raised:
        parity.watch(**how)
    assert str(raised.value) == said


def test_a_step_outside_of_the_watch_is_refused() -> None:
    with pytest.raises(WatchError, match=r"watch: step\(\) belongs into the watch's `with`"):
        parity.watch().step()


def test_another_mode_inside_is_refused() -> None:
    """Which of them ends would not be known."""

    class Other(TorchDispatchMode):  # type: ignore[no-untyped-call]
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Tensor:
            return func(*args, **(kwargs or {}))  # type: ignore[no-any-return]

    with parity.watch(every=1) as seen, Other():  # type: ignore[no-untyped-call]
        torch.ones(2) + 1
        with pytest.raises(WatchError, match="where another dispatch mode of torch is active"):
            seen.step()
        seen._watching._asked_for_steps = True


def test_a_folder_without_a_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WatchError, match=r"has no watch\.json: no report of a watch lies there"):
        WatchReport.read(tmp_path)
    (tmp_path / "watch.json").write_text("{")
    with pytest.raises(WatchError, match=r"watch\.json: is no JSON"):
        WatchReport.read(tmp_path)
    (tmp_path / "watch.json").write_text('{"model": "Net"}')
    with pytest.raises(WatchError, match="is of another version; watch the model anew"):
        WatchReport.read(tmp_path)
