"""Arrays of a library that nobody knows: by `__array__`, DLPack and its `asarray`."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from parity.candidates.many import judged
from parity.candidates.verdict import Verdict
from parity.candidates.whole import Wanted

HEAD = """
import numpy as np

class Array:
    "What it holds can be had by DLPack alone."
    def __init__(self, numbers):
        self.numbers = np.array(numbers, order="C")
    def __dlpack__(self, **how):
        return self.numbers.__dlpack__(**how)
    def __dlpack_device__(self):
        return self.numbers.__dlpack_device__()
    def __mul__(self, other):
        return type(self)(self.numbers * other.numbers)
    def positive(self):
        return type(self)(self.numbers > 0)

class OldArray(Array):
    "As before NumPy 2."
    def __dlpack__(self, stream=None):
        return self.numbers.__dlpack__()

class Convertible:
    "The numbers by the other protocol."
    def __init__(self, numbers):
        self.numbers = np.asarray(numbers)
    def __array__(self, dtype=None, copy=None):
        return self.numbers

class Elsewhere(Array):
    "On a graphics card."
    def __dlpack__(self, **how):
        raise BufferError("not on the processor")
    def __dlpack_device__(self):
        return 2, 0
    def __array__(self, dtype=None, copy=None):
        raise TypeError("no")

class OnTheWay(Elsewhere):
    "Of a kind of device that is newer than we are."
    def __dlpack_device__(self):
        return 99, 0

class Locked(Array):
    "Here, but not to be had."
    def __dlpack__(self, **how):
        raise BufferError("it is locked")

class OneWay(Array):
    "The second way is open."
    def __array__(self, dtype=None, copy=None):
        raise TypeError("no")

def asarray(numbers):
    return Array(numbers)
"""


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "arrays.py").write_text(HEAD, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def verdict(folder: Path, text: str, name: str, style: str = "refimpl") -> Verdict:
    path = folder / "layers.py"
    text = "import numpy as np\nimport arrays\n" + dedent(text)
    path.write_text(text, encoding="utf-8")
    return judged(f"{path}:{name}", Wanted(style=style))


@pytest.mark.parametrize("kind", ["Array", "OldArray", "Convertible", "OneWay"])
@pytest.mark.parametrize("wrong", ["", " + 1"], ids=["right", "wrong"])
def test_results(tmp_path: Path, kind: str, wrong: str) -> None:
    """Their numbers are judged, not their type."""
    text = f"def relu(x): return arrays.{kind}(np.maximum(x, 0){wrong})"
    found = verdict(tmp_path, text, "relu")
    assert found.status == ("wrong" if wrong else "right"), str(found)
    assert ("y is wrong in " in found.said) == bool(wrong)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("Elsewhere", " on a device (CUDA) that is not the processor"),
        ("OnTheWay", " on a device (DLPack 99) that is not the processor"),
        ("Locked", " whose __dlpack__ raises BufferError: it is locked"),
        ("object", ""),
    ],
)
def test_results_that_cannot_be_read(tmp_path: Path, kind: str, said: str) -> None:
    """The type, and why."""
    made = "object()" if kind == "object" else f"arrays.{kind}(np.maximum(x, 0))"
    found = verdict(tmp_path, f"def relu(x): return {made}", "relu")
    name = kind if kind == "object" else f"arrays.{kind}"
    assert found.status == "wrong"
    assert found.said.startswith(f"y is a {name}{said}, no numbers (")


BY_HAND = """
    def relu(x):
        assert type(x) is arrays.Array
        return x * x.positive()
    def relu_backward(dy, x):
        assert type(dy) is arrays.Array
        return dy * {other}.positive()
"""


@pytest.mark.parametrize("other", ["x", "dy"])
def test_arguments(tmp_path: Path, other: str) -> None:
    """`array:LIBRARY`: they are what its `asarray` makes."""
    found = verdict(tmp_path, BY_HAND.format(other=other), "relu,relu_backward", "array:arrays")
    assert found.status == ("right" if other == "x" else "wrong"), str(found)
    assert found.tensors["y"].right == found.tensors["y"].asked


@pytest.mark.parametrize(
    ("library", "said"),
    [
        ("nowhere", "the style needs nowhere, which "),
        ("math", "ValueError: math makes no arrays: it has neither asarray nor from_dlpack"),
    ],
)
def test_no_such_library(tmp_path: Path, library: str, said: str) -> None:
    """Before anything is asked: it is not the candidate that is wrong."""
    found = verdict(tmp_path, "def relu(x): return x", "relu", f"array:{library}")
    assert found.status == "failed"
    assert said in found.said
