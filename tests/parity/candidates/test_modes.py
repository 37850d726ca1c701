"""deeplearning.ai's poolings: both modes are judged, and the verdict covers both."""

from __future__ import annotations

from typing import Any

import other_peoples_layers as other
import pytest
from calling import Call

import parity


def scaled(only: str, code: Any, factor: float) -> Any:
    """The same code, wrong in one mode."""

    def pool_backward(dA, cache, mode="max"):  # type: ignore[no-untyped-def]
        dx = code(dA, cache, mode)
        return dx * factor if mode == only else dx

    return pool_backward


def pool_backward(dA, cache, mode="max"):  # type: ignore[no-untyped-def]
    if mode != "max":
        raise ValueError(mode)
    return other.pool_backward(dA, cache)


def test_both_modes() -> None:
    """Their cases are counted together."""
    pair = (other.pool_forward, other.pool_backward)
    found = parity.check(pair)
    assert found, str(found)
    assert found.function == "max_pool2d, avg_pool2d"
    each = [parity.check(pair, like=like) for like in ("max_pool2d", "avg_pool2d")]
    assert found.cases.asked == sum(one.cases.asked for one in each)
    assert found.tensors["dx"].right == sum(one.tensors["dx"].right for one in each)
    assert len(found.answers) == sum(len(one.answers) for one in each)
    assert found.said == f"mode max: {each[0].said}; mode average: {each[1].said}"
    assert not any(name.startswith("mode of") for name in found.unchecked)


@pytest.mark.parametrize(("mode", "function"), [("max", "max_pool2d"), ("average", "avg_pool2d")])
def test_one_mode_is_wrong(mode: str, function: str) -> None:
    """Its example and its cause; the other mode's cases are right."""
    wrong = parity.check((other.pool_forward, scaled(mode, other.pool_backward, 4)))
    assert wrong.status == "wrong"
    assert wrong.said.startswith(f"mode {mode}: dx is wrong in ")
    assert 0 < wrong.tensors["dx"].right < wrong.tensors["dx"].asked
    assert wrong.tensors["y"].right == wrong.tensors["y"].asked
    assert wrong.example is not None
    assert wrong.example.problem.function == function
    assert "dx is 4 times the right one" in str(wrong)


def test_a_mode_that_is_missing() -> None:
    """What it raises is said."""
    wrong = parity.check((other.pool_forward, pool_backward))
    assert wrong.status == "wrong"
    assert wrong.said.startswith("mode average: ")
    assert "ValueError: average" in wrong.said


def test_from_the_shell(call: Call, tmp_path: Any) -> None:
    """The mean is divided by the side of its window only."""
    path = tmp_path / "pool.py"
    path.write_text(
        "import numpy as np\n"
        "def pool_forward(A_prev, hparameters, mode='max'):\n"
        "    f, s = hparameters['f'], hparameters['stride']\n"
        "    m, H, W, C = A_prev.shape\n"
        "    A = np.zeros((m, 1 + (H - f) // s, 1 + (W - f) // s, C), A_prev.dtype)\n"
        "    for h, w in np.ndindex(*A.shape[1:3]):\n"
        "        part = A_prev[:, h * s:h * s + f, w * s:w * s + f]\n"
        "        A[:, h, w] = part.max((1, 2)) if mode == 'max' else part.sum((1, 2)) / f\n"
        "    return A, (A_prev, hparameters)\n"
    )
    code, out, _ = call("check", f"{path}:pool_forward")
    assert code == 1
    assert "WRONG: mode average: y is wrong in " in out
    assert "judged as max_pool2d, avg_pool2d, forward, style deeplearning.ai, NHWC" in out
