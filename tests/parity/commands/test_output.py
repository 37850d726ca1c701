"""What a command says can be read in every encoding, and an output that fails ends nothing."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from calling import Call

import parity
import parity.report.run_words
from parity.commands.output import Guarded, Output, guarded_output, readable
from parity.report.files import REPORTS

ROOT = Path(parity.__file__).parents[1]
RUN = ("run", "relu", "--case", "maps", "--quick", "--jobs", 1)
LACKING = ("cp1252", "cp437", "cp850", "latin-1", "ascii")


class Stream(io.TextIOWrapper):
    """A pipe of an encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    @property
    def said(self) -> str:
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined, no-any-return]


class Full(io.RawIOBase):
    """A device that takes so many writes."""

    def __init__(self, writes: int = 0) -> None:
        self.left = writes

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:
        self.left -= 1
        if self.left < 0:
            raise OSError(28, "No space left on device")
        return len(data)


# --- encodings ----------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", LACKING)
def test_a_run_in_an_encoding_that_lacks_signs(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """Arrows and infinities are written with what there is; exit code 0, and reports."""
    said = "loss 2.4504 → 1.6930, at most ∞, ≤ 2⁻⁶⁰, Σ|terms|"
    monkeypatch.setattr(parity.report.run_words, "training_notes", lambda rows: [said])
    stream = Stream(encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    assert call(*RUN, "--out", tmp_path).code == 0
    assert "loss 2.4504 -> 1.6930, at most " in stream.said
    assert "all hold" in stream.said
    assert "\\u" not in stream.said
    assert sorted(os.listdir(tmp_path)) == sorted(REPORTS)


@pytest.mark.parametrize("arguments", [("list",), ("audit", "D1.22", "--no-torch"), ("--help",)])
def test_other_commands_in_such_an_encoding(
    call: Call, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """Chinese headings too, which are escaped."""
    monkeypatch.setattr(sys, "stdout", Stream("ascii"))
    assert call(*arguments).code == 0


def test_without_a_guard_such_a_stream_fails() -> None:
    """What the tests above rule out."""
    with pytest.raises(UnicodeEncodeError):
        Stream("cp1252").write("→")


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("3×3 → ∞", "utf-8", "3×3 → ∞"),
        ("3×3 → ∞", "cp1252", "3×3 -> inf"),
        ("3×3 → ∞", "cp437", "3x3 -> ∞"),
        ("u·Σ|terms| ≤ 10⁻⁶", "ascii", "u*sum|terms| <= 10^-6"),
        ("x² − θ", "latin-1", "x² - theta"),
        ("μοναδα", "ascii", "muomicronnualphadeltaalpha"),
        ("Gauß, rôle", "ascii", "Gau\\u00df, role"),
        ("池.npz", "cp850", "\\u6c60.npz"),
        ("😀", "ascii", "\\ud83d\\ude00"),
        ("a\udcffb", "utf-8", "a\\udcffb"),
    ],
)
def test_readable(text: str, encoding: str, said: str) -> None:
    """Signs that an encoding has stay; others are written out, and escaped as in JSON at last."""
    assert readable(text, encoding) == said


# --- failures -----------------------------------------------------------------------------


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_run_whose_output_fails(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    """Wherever the output ends, the reports are whole; one sentence, exit code 2."""
    full = io.BufferedWriter(Full(writes), 16)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(full, encoding="utf-8"))
    outcome = call(*RUN, "--out", tmp_path)
    assert outcome.code == 2
    assert outcome.err == "parity: the output cannot be written: no space left on device\n"
    assert sorted(os.listdir(tmp_path)) == sorted(REPORTS)
    monkeypatch.undo()


def test_an_error_whose_stderr_fails(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can be told; the exit code stays."""
    full = io.BufferedWriter(Full(), 16)
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(full, encoding="utf-8"))
    assert call("run", "rleu").code == 2
    monkeypatch.undo()


def test_a_closed_pipe(tmp_path: Path) -> None:
    """`parity run … | head -0`, as processes."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "parity", *map(str, RUN), "--out", str(tmp_path)],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    said = "parity: the output cannot be written: broken pipe\n"
    assert (ended.returncode, ended.stderr) == (2, said)
    assert sorted(os.listdir(tmp_path)) == sorted(REPORTS)


def test_no_output_at_all(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """`parity list >&-`: nobody wants to read it."""
    monkeypatch.setattr(sys, "stdout", None)
    assert call("list").code == 0


def test_only_the_first_failure_is_kept() -> None:
    """Behind it nothing is written, so that the output has no holes."""
    guarded = Guarded(Full(1))
    for _ in range(3):
        assert guarded.write(b"abc") == 3
    assert guarded.failure is not None
    assert guarded.inner.left == -1


def test_a_pipe_that_does_not_wait() -> None:
    """A reader that is slow loses nothing."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with open(reading, "rb") as end, ThreadPoolExecutor(1) as reader:
        with open(writing, "w", encoding="utf-8") as pipe:
            output = Output(pipe)
            read = reader.submit(end.read)
            output.write("x" * 300_000)
            output.flush()
        assert len(read.result()) == 300_000


def test_streams_are_given_back() -> None:
    """Also behind an exception."""
    before = sys.stdout, sys.stderr
    with suppress(ZeroDivisionError), guarded_output():
        assert sys.stdout is not before[0]
        raise ZeroDivisionError
    assert (sys.stdout, sys.stderr) == before
