"""The line to a library: versions, crashes, hangs, interpreters that are not there."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from peers_made_up import adapter

from parity.peers.peer_line import About, Answer, PeerLine, options_of, read, spoken
from parity.witnesses.problem import Problem

X = np.array([[1.0, -2.0, 3.0]], np.float32)
RELU = Problem("relu", {"x": X}, {}, np.array([[2.0, 3.0, 5.0]], np.float32))


def line(
    folder: Path, planted: str = "", python: str = sys.executable, seconds: float = 30.0
) -> PeerLine:
    """To a made-up library."""
    return PeerLine(adapter(folder, planted), python, folder, seconds)


def test_it_answers_in_the_dtype_that_it_is_asked_in(tmp_path: Path) -> None:
    """Value and gradient, and the version beside them."""
    with line(tmp_path) as asked:
        about = asked.about()
        assert isinstance(about, About)
        assert (about.library, about.version) == ("made up", "1.0")
        answer = asked.answer(RELU, ["x"])
    np.testing.assert_array_equal(answer.tensors["y"], [[1, 0, 3]])
    np.testing.assert_array_equal(answer.tensors["dx"], [[2, 0, 5]])
    assert answer.tensors["y"].dtype == np.float32


ODD = """
def answer(function, arrays, options, dy, wanted):
    if arrays["x"].size == 1:
        {code}
    return _right_answer(function, arrays, options, dy, wanted)
"""
ONE = Problem("relu", {"x": X[:, :1]}, {}, RELU.dy[:, :1])


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "os.kill(os.getpid(), signal.SIGSEGV)",
            "ended its process by a segmentation fault (SIGSEGV)",
        ),
        ("os._exit(3)", "ended its process with exit code 3"),
    ],
)
def test_a_crash_is_one_cases(tmp_path: Path, code: str, said: str) -> None:
    """The next case has a new process."""
    with line(tmp_path, ODD.format(code=code)) as asked:
        assert asked.answer(ONE, ["x"]).crashed == said
        assert asked.ended == ""
        assert asked.answer(RELU, ["x"]).tensors["y"].shape == (1, 3)


def test_a_library_that_crashes_again_and_again_is_asked_no_more(tmp_path: Path) -> None:
    """After the fourth crash."""
    with line(tmp_path, ODD.format(code="os._exit(3)")) as asked:
        crashed = [asked.answer(ONE, ["x"]).crashed for _ in range(3)]
        assert len(set(crashed)) == 1
        assert asked.answer(ONE, ["x"]) == Answer()
        assert asked.ended == "answer ended its process with exit code 3"


def test_a_hang_ends_the_library(tmp_path: Path) -> None:
    """In its time; what it answered before is kept by who asked."""
    with line(tmp_path, ODD.format(code="time.sleep(60)"), seconds=4.0) as asked:
        assert asked.answer(RELU, ["x"]).tensors
        assert asked.answer(ONE, ["x"]) == Answer()
        assert asked.ended == "stopped after 4 s"


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (
            "import no_such_library",
            "peer_made_up.py cannot run: ModuleNotFoundError: No module named 'no_such_library' "
            "(line 55: `import no_such_library`)",
        ),
        (
            "def about():\n    return {'library': 'made up'}",
            "peer_made_up.py: about() gives {'library': 'made up'}, no library with a version",
        ),
        (
            "def about():\n    return 3",
            "peer_made_up.py: about() gives 3, no library with a version",
        ),
        (
            "raise RuntimeError('needs NumPy 1')",
            "peer_made_up.py cannot run: RuntimeError: needs NumPy 1 "
            "(line 55: `raise RuntimeError('needs NumPy 1')`)",
        ),
        ("del about", "peer_made_up.py has no about: it has forward, backward, answer"),
    ],
    ids=["not installed", "no version", "no dict", "raises", "no about"],
)
def test_a_library_that_cannot_be_asked_says_why(tmp_path: Path, planted: str, said: str) -> None:
    """One sentence."""
    with line(tmp_path, planted) as asked:
        assert asked.about() is None
        assert asked.ended == said


def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    """Its path and why."""
    with line(tmp_path, python="/no/such/python") as asked:
        assert asked.about() is None
        assert asked.ended == "/no/such/python: No such file or directory"


def test_an_interpreter_without_numpy(tmp_path: Path) -> None:
    """The runner's own words."""
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\necho \"ModuleNotFoundError: No module named 'numpy'\" >&2\nexit 1\n"
    )
    python.chmod(0o755)
    with line(tmp_path, python=str(python)) as asked:
        assert asked.about() is None
        assert asked.ended == f"{python}: ModuleNotFoundError: No module named 'numpy'"


def test_an_error_of_the_library_is_its_answer(tmp_path: Path) -> None:
    """And the next case is asked."""
    with line(tmp_path, ODD.format(code="raise ValueError('no single numbers')")) as asked:
        assert asked.answer(ONE, ["x"]).raised == "raises ValueError: no single numbers"
        assert asked.answer(RELU, ["x"]).tensors


def test_what_is_no_answer_is_the_adapters() -> None:
    """Text, or a tensor that is none."""
    assert read("text").raised == "the adapter gives str, no dict of tensors"
    assert read({"y": "text"}).raised == "the adapter gives y as 'text', no numbers"
    assert read({"missing": "no dilation"}) == Answer(missing="no dilation")


def test_options_are_said_in_full() -> None:
    """refimpl's defaults, arrays left out, None left out, the stride of a pooling filled in."""
    assert spoken({**options_of("max_pool2d"), "kernel_size": 3}) == {
        "kernel_size": 3,
        "stride": 3,
        "padding": 0,
        "dilation": 1,
        "ceil_mode": False,
    }
    assert "weight" not in options_of("layer_norm")
    assert spoken(options_of("softplus")) == {"beta": 1}
