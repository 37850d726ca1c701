"""A file, or an object that is there, and the verdict on it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handed_in import CHANNELS_LAST, FORWARD, RIGHT, STRIDE_FORGOTTEN

import parity
import refimpl
from parity.candidates.in_python import check
from parity.candidates.many import check_many, digest
from parity.candidates.process import Limits
from parity.candidates.whole import Wanted, check_file

NAMES = ["conv_forward_naive", "conv_backward_naive"]


def file(folder: Path, text: str, name: str = "mine.py") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


# --- files --------------------------------------------------------------------------------


def test_a_file(tmp_path: Path) -> None:
    """Forward, backward, both; by their names, or by what they are like."""
    source = file(tmp_path, RIGHT)
    both = check_file(source, NAMES, Wanted())
    assert (both.status, both.style, both.function, both.part) == (
        *("right", "cs231n", "conv2d", "both"),
    )
    assert set(both.tensors) == {"y", "dx", "dweight", "dbias"}
    assert both.candidate == f"{source}:{','.join(NAMES)}"
    for like, part in (("conv2d", "both"), ("conv2d_backward", "backward")):
        found = check_file(source, [], Wanted(like))
        assert (found.status, found.part) == ("right", part), str(found)


def test_a_wrong_file(tmp_path: Path) -> None:
    """Every third convolution has a stride; those without one are right."""
    found = check_file(file(tmp_path, STRIDE_FORGOTTEN), NAMES, Wanted())
    assert found.status == "wrong"
    assert found.tensors["y"].right == found.tensors["y"].asked
    assert 0 < found.tensors["dx"].right < found.tensors["dx"].asked
    assert found.example is not None
    assert found.example.problem.options.get("stride", 1) != 1


def test_channels_last_are_found_by_trying(tmp_path: Path) -> None:
    """And it is said; a layout that is named is not tried."""
    source = file(tmp_path, CHANNELS_LAST)
    found = check_file(source, ["my_max_pool2d"], Wanted("max_pool2d"))
    assert (found.status, found.layout) == ("right", "NHWC"), str(found)
    assert found.remarks[-1].startswith("its axes are NHWC: found by trying, ")
    assert found.remarks[-1].endswith(" cases are right otherwise")
    named = check_file(source, ["my_max_pool2d"], Wanted("max_pool2d", layout="NCHW"))
    assert (named.status, named.layout) == ("wrong", "NCHW")


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("def f(:", "failed", "cannot be imported: SyntaxError"),
        ("import os; os._exit(3)", "failed", "ended its process with exit code 3"),
        ("print('x' * 9)\ndef g(): pass", "failed", "has no f: it has g"),
        ("def f(a, b): return a", "unclear", "f(a, b): its style (--style)"),
        (
            "def f(x):\n    while True: pass",
            "failed",
            "did not end within the time limit of 1 s (--time-limit)",
        ),
        ("def f(x): raise SystemExit(4)", "failed", "calls sys.exit(4)"),
        (
            "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGSEGV)",
            "failed",
            "a segmentation fault",
        ),
        ("def f(x): return 'text'", "wrong", "y is a str, no numbers"),
        ("def f(x): return x[99]", "wrong", "f raises IndexError"),
    ],
)
def test_what_ends_badly(tmp_path: Path, text: str, status: str, said: str) -> None:
    """One sentence each."""
    like = None if "a, b" in text else "relu"
    wanted = Wanted(like, None if like is None else "refimpl", limits=Limits(seconds=1.0))
    found = check_file(file(tmp_path, text), ["f"], wanted)
    assert (found.status, bool(found)) == (status, False)
    assert said in found.said
    assert "\n" not in found.said


def test_what_it_prints_is_kept(tmp_path: Path) -> None:
    """And not in the way."""
    text = "def relu(x):\n    print('hello')\n    return x * (x > 0)"
    found = check_file(file(tmp_path, text), ["relu"], Wanted())
    assert found
    assert found.output.startswith("hello\n")


def test_arguments_that_are_changed_in_its_process(tmp_path: Path) -> None:
    """By the candidate's own name of the argument."""
    text = "def relu(x):\n    x *= x > 0\n    return x"
    found = check_file(file(tmp_path, text), ["relu"], Wanted())
    assert found.status == "wrong"
    assert "it changes its arguments in place: x" in found.faults


# --- many ---------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_many(tmp_path: Path, jobs: int) -> None:
    """None stops the others; the same verdicts in one process and in two."""
    texts = {"right.py": RIGHT, "gone.py": "import os; os._exit(1)", "half.py": FORWARD}
    targets = [file(tmp_path, text, name) for name, text in texts.items()]
    found = dict(check_many(targets, Wanted("conv2d"), jobs))
    assert [found[n].status for n in range(3)] == ["right", "failed", "right"]
    assert dict(check_many([], Wanted(), jobs)) == {}
    assert len({digest(target) for target in targets}) == 3


def test_what_a_candidate_imports_is_part_of_its_state(tmp_path: Path) -> None:
    """Files beside it, and those that these import; not all of the folder."""
    target = file(tmp_path, "import numpy\nfrom helper import f\n", "mine.py")
    helper, deeper, other = (tmp_path / name for name in ("helper.py", "deeper.py", "other.py"))
    states = [digest(target)]
    for path, text in (
        (helper, "import deeper"),
        (deeper, "from helper import g"),
        (deeper, "f = 1"),
    ):
        path.write_text(text)
        states.append(digest(target))
    assert len(set(states)) == 4
    other.write_text("f = 1")
    assert digest(target) == states[-1]


def test_an_error_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and is no verdict."""
    from parity.candidates import many

    def broken(*given: Any) -> Any:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(many, "check_target", broken)
    ((_, found),) = check_many(["mine.py:f"], Wanted())
    assert (found.status, found.said) == (
        *("failed", "parity itself went wrong: ZeroDivisionError: no"),
    )


# --- objects ------------------------------------------------------------------------------


class Affine:
    """A layer as people write it."""

    def __init__(self, in_features: int, out_features: int) -> None:
        self.weight = np.zeros((out_features, in_features))
        self.bias = np.zeros(out_features)

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, dy: Any) -> Any:
        self.dweight = dy.T @ self.x
        self.dbias = dy.sum(axis=0)
        return dy @ self.weight


class FromScratch:
    """Given its arrays, the weights as (in, out)."""

    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Any) -> Any:
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


def test_weights_of_the_other_order() -> None:
    """No shape tells which: it is tried, and said."""
    found = check(FromScratch, like="linear")
    assert found, str(found)
    assert set(found.tensors) == {"y", "dx", "dweight", "dbias"}
    assert found.remarks[-1].startswith("its weights are (in, out): found by trying, ")


def test_objects() -> None:
    """A function, a pair, a class; `parity.check` is the same."""
    assert parity.check(refimpl.relu)
    assert parity.check((refimpl.conv2d, refimpl.conv2d_backward))
    found = check(Affine, like="linear")
    assert found, str(found)
    assert set(found.tensors) == {"y", "dx", "dweight", "dbias"}
    assert "a bias left out" in found.unchecked
    wrong = check(lambda dy, x: dy, like="relu_backward", style="refimpl")
    assert (wrong.status, wrong.candidate) == ("wrong", "candidate")
    with pytest.raises(AssertionError, match="candidate: WRONG: dx is wrong in "):
        wrong.raise_if_wrong()


def test_a_file_by_its_name(tmp_path: Path) -> None:
    """As on the command line."""
    source = file(tmp_path, RIGHT)
    assert check(f"{source}:{NAMES[0]}")
    assert not check(f"{source}:nothing")


def test_nothing_random_is_disturbed() -> None:
    """A candidate that draws is asked from a state of its own."""

    def relu(x: Any) -> Any:
        return x * (x > 0) + 0 * np.random.rand() + 0 * random.random()  # noqa: NPY002

    np.random.seed(3)  # noqa: NPY002
    random.seed(4)
    before = np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index,union-attr] # noqa: NPY002
    assert check(relu)
    after = np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index,union-attr] # noqa: NPY002
    assert before == after


def test_an_interrupt_is_the_users() -> None:
    """It is no answer of the candidate."""

    def relu(x: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(relu)


def test_what_others_replaced_is_not_its_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook puts an `input` of its own into Python for each cell; a candidate may not."""
    monkeypatch.setattr("builtins.input", lambda prompt="": "")
    assert check(lambda x: np.maximum(x, 0), like="relu", style="refimpl")

    def replacing(x: Any) -> Any:
        monkeypatch.setattr("builtins.breakpoint", lambda: None)
        return np.maximum(x, 0)

    found = check(replacing, like="relu", style="refimpl")
    assert found.faults == ("it replaces functions that are not its own: builtins.breakpoint",)
