"""The runner's parts without a process of their own: requests, and frames that are none."""

from __future__ import annotations

import io
import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.candidates import failures, runner, wire
from parity.candidates.child import confining, describing, frames, serving, watching
from parity.candidates.child.answering import Room
from parity.candidates.child.confining import Confinement

TEXT = """
import numpy as np
class Layer:
    "A layer."
    def __init__(self, c): self.w, self.more = np.ones(c), {"b": np.zeros(1)}
    def forward(self, x): return x * self.w
def f(x):
    x += 1
    return x, {"cache": 1}, [np.float32(1), 1j, float("nan"), {1}]
def wrong(x): return x / [1, 2, 3, 4, 5]
def leaves(): raise SystemExit(3)
def square(x): return x * x
"""


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A room whose traces are taken away."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before, states = set(sys.modules), (random.getstate(), np.random.get_state())  # noqa: NPY002
    yield Room(Confinement(4096))
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002
    for name in set(sys.modules) - before:
        if name.startswith("in_one"):
            del sys.modules[name]


def ask(room: Room, request: wire.Request) -> tuple[dict[str, Any], list[Any]]:
    """A request and its reply, each once through a frame."""
    frame = frames.pack(request[0], wire.blobs(request[1]))
    reply, blobs = room.answer(*frames.read(io.BytesIO(frame)))
    message, blobs = frames.read(io.BytesIO(frames.pack(reply, blobs)))
    return message, wire.unpacked(blobs)


def test_requests(room: Room, tmp_path: Path) -> None:
    """Load, call, construct and read."""
    path = tmp_path / "in_one.py"
    path.write_text(TEXT)
    loaded, _ = ask(room, wire.load(str(path), ["f", "Layer", "Layer.forward"]))
    assert [one["kind"] for one in loaded["names"].values()] == ["function", "class", "function"]
    assert loaded["patched"] == []
    x = np.arange(3.0)
    called, arrays = ask(room, wire.call("f", [x], keep={"1": "cache"}))
    assert (called["changed"], called["shares"]) == (["args[0]"], [["value[0]", "args[0]"]])
    y, kept, rest = wire.decode(called["value"], arrays)
    np.testing.assert_array_equal(y, x + 1)
    assert kept == wire.Kept("cache")
    assert (rest[:2], rest[3]) == ([1, 1j], wire.Unsendable("set"))
    made, _ = ask(room, wire.construct("Layer", "layer", [3], attributes={"w": x}))
    assert made["attributes"] == [["w", [3]], ["more['b']", [1]]]
    ask(room, wire.construct("layer", "copy"))
    called, arrays = ask(room, wire.call("copy.forward", [x]))
    np.testing.assert_array_equal(wire.decode(called["value"], arrays), x * x)
    read, arrays = ask(room, wire.attributes("layer"))
    assert wire.decode(read["value"], arrays).keys() == {"w", "more['b']"}


def test_errors(room: Room, tmp_path: Path) -> None:
    """An error of the candidate is a reply, with the line of its file."""
    path = tmp_path / "in_one_more.py"
    path.write_text(TEXT)
    ask(room, wire.load(str(path), ["f"]))
    request = wire.call("wrong", [np.ones(3)])
    error = ask(room, request)[0]["error"]
    assert (error["type"], error["line"], error["where"]) == ("ValueError", 10, "call")
    found = failures.of_error(error, request[0], 2048)
    assert found.said.endswith("(line 10: `def wrong(x): return x / [1, 2, 3, 4, 5]`)")
    assert ask(room, wire.call("leaves"))[0]["error"]["message"] == "3"
    assert ask(room, wire.load(str(path), ["g"]))[0]["error"]["type"] == "NoName"
    assert ask(room, wire.load("no.py", ["g"]))[0]["error"]["type"] == "NoFile"


def test_torch(room: Room, tmp_path: Path) -> None:
    """Gradients by torch's autograd."""
    path = tmp_path / "in_one_torch.py"
    path.write_text(TEXT)
    ask(room, wire.load(str(path), ["square"]))
    x = np.arange(3.0)
    message, arrays = ask(room, wire.vjp("square", [x], x, [0], "torch"))
    np.testing.assert_array_equal(wire.decode(message["gradients"][0], arrays), 2 * x * x)


def test_a_notebook(room: Room, tmp_path: Path) -> None:
    """Cells, less what is not taken; what is no notebook, and a module, by name."""
    path = tmp_path / "in_one_notebook.ipynb"
    cells = ("%magic\nimport no_such_package", "%%bash\nls", "A, [B] = 1, [2]\nA.x = 3\nC: int = A")
    code = [{"cell_type": "code", "source": text} for text in (*cells, "def f():\n    return A")]
    path.write_text(json.dumps({"cells": [*code, {"cell_type": "markdown", "source": ["#"]}]}))
    loaded, _ = ask(room, wire.load(str(path), ["f"]))
    assert (loaded["set_aside"], loaded["public"]) == (["no_such_package"], ["f"])
    assert ask(room, wire.call("f"))[0]["value"] == 1
    everything, _ = ask(room, wire.load(str(path), ["f"], everything=True))
    assert everything["error"]["type"] == "ModuleNotFoundError"
    path.write_text("[]")
    assert ask(room, wire.load(str(path), ["f"]))[0]["error"]["type"] == "NoNotebook"
    assert ask(room, wire.load("json.no", ["f"]))[0]["error"]["type"] == "NoModule"
    assert ask(room, wire.load("json", ["dumps"]))[0]["names"]["dumps"]["kind"] == "function"
    path.with_suffix(".py").write_text("def f(:")
    assert ask(room, wire.load(str(path.with_suffix(".py")), ["f"]))[0]["error"]["line"] == 1


BAD = {
    "a part of 2147483648 bytes, at most 1073741824 are sent": (2**31).to_bytes(8, "little"),
    "a frame without a message": b"\x02" + bytes(7) + b"{}",
    "a frame that does not say how many arrays follow": frames._sized(b'{"message":{}}'),
    "Expecting value": frames._sized(b"no JSON"),
}


@pytest.mark.parametrize("said", BAD)
def test_what_is_no_frame(said: str) -> None:
    """It is refused before anything of its size is read."""
    with pytest.raises(ValueError, match=f"^{said}"):
        frames.read(io.BytesIO(BAD[said]))


@pytest.mark.parametrize("cut", [0, 5, 12, 60])
def test_half_a_frame(cut: int) -> None:
    """The other side has hung up."""
    whole = frames.pack({"do": "call"}, [frames.to_npy(np.ones(3))])
    with pytest.raises(EOFError):
        frames.read(io.BytesIO(whole[:cut]))


def test_arrays_as_files() -> None:
    """NumPy reads what is written without it; objects are refused."""
    x = np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3))
    np.testing.assert_array_equal(np.load(io.BytesIO(frames.to_npy(x))), x, strict=True)
    np.testing.assert_array_equal(frames.from_npy(wire.blobs([x])[0]), x, strict=True)
    with pytest.raises(ValueError, match=r"^an array that is no npy file of version 1$"):
        frames.from_npy(b"nothing")
    with pytest.raises(ValueError, match=r"^an array of object, which is not sent$"):
        frames.from_npy(frames.to_npy(np.array([None])))


def test_serving_until_the_end(room: Room) -> None:
    """Requests and replies over descriptors; the loop ends with the requests."""
    there, here = os.pipe()
    back, replies = os.pipe()
    request = frames.pack(wire.call("f")[0], [])
    os.write(here, request * 2)
    os.close(here)
    with os.fdopen(there, "rb") as requests:
        serving.serve(serving.Line(requests, replies), room)
    os.close(replies)
    with os.fdopen(back, "rb") as stream:
        for _ in range(2):
            assert frames.read(stream)[0]["error"]["type"] == "NoName"
        with pytest.raises(EOFError):
            frames.read(stream)


def test_the_runner_names_its_parts() -> None:
    """The package is loaded under a name that no candidate has."""
    try:
        runner.load(str(Path(runner.__file__).parent))
        assert sys.modules[runner.NAME].__doc__
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == runner.NAME]:
            del sys.modules[name]


def test_a_system_without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are none, there is no memory limit; the time limit is the parent's."""
    monkeypatch.setattr(confining, "resource", None)
    monkeypatch.setattr(confining, "STATM", "/nowhere")
    monkeypatch.delattr(confining.signal, "alarm")
    with Confinement(1).around_candidate(1.0):
        assert np.ones(10**6).sum() == 10**6


def test_a_changed_function_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """By module and name, until it is what it was."""
    monkeypatch.setattr(np.linalg, "norm", np.add)
    assert watching.patched() == ["numpy.linalg.norm"]
    monkeypatch.undo()
    assert watching.patched() == []


def test_methods_that_cannot_be_described() -> None:
    """Names that an object lists and does not have."""

    class Odd:
        def __dir__(self) -> list[str]:
            return ["missing", "here"]

        def here(self) -> None:
            pass

    assert describing.methods(Odd()) == {"here": []}
